//! The modules import each other as the table in `src/lib.rs` says.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::test_files::rust_files;

type Arrows = BTreeMap<String, BTreeSet<String>>;

#[test]
fn modules_import_only_what_the_map_allows() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let map = std::fs::read_to_string(root.join("lib.rs")).unwrap();
    let modules: BTreeSet<String> = map
        .lines()
        .filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'))
        .map(str::to_owned)
        .collect();
    let allowed = table(&map, &modules);
    assert_eq!(
        allowed.keys().cloned().collect::<BTreeSet<_>>(),
        modules,
        "the table names every module"
    );

    let mut wrong = Vec::new();
    for file in rust_files(&root) {
        let relative = file.strip_prefix(&root).unwrap();
        let first = relative.iter().next().unwrap().to_str().unwrap();
        let module = first.trim_end_matches(".rs");
        let Some(allowed) = allowed.get(module) else {
            continue;
        };
        for used in used_modules(&std::fs::read_to_string(&file).unwrap()) {
            if modules.contains(&used) && used != module && !allowed.contains(&used) {
                wrong.push(format!("{} imports `{used}`", relative.display()));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

fn table(map: &str, modules: &BTreeSet<String>) -> Arrows {
    let rows = map
        .lines()
        .skip_while(|line| !line.contains("# Who may import whom"))
        .filter_map(|line| line.strip_prefix("//! | `"));
    let mut arrows = Arrows::new();
    for row in rows {
        let (module, imports) = row.split_once("` |").unwrap();
        let mut imports: BTreeSet<String> = if imports.contains("everything above but `cli`") {
            arrows.keys().filter(|known| *known != "cli").cloned().collect()
        } else if imports.contains("everything") {
            modules.clone()
        } else {
            imports.split('`').skip(1).step_by(2).map(str::to_owned).collect()
        };
        imports.remove(module);
        arrows.insert(module.to_owned(), imports);
    }
    arrows
}

/// The first names of the `crate::` paths in a source.
fn used_modules(source: &str) -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    for (at, _) in source.match_indices("crate::") {
        let rest = &source[at + "crate::".len()..];
        let name = |text: &str| -> String {
            text.trim_start()
                .chars()
                .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
                .collect()
        };
        match rest.strip_prefix('{') {
            Some(list) => used.extend(list.split(';').next().unwrap_or_default().split(',').map(name)),
            None => {
                used.insert(name(rest));
            }
        }
    }
    used
}
