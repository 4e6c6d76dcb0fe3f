//! The modules import each other as the table in `src/lib.rs` says, and the files of a module in one direction.

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

#[test]
fn the_walk_of_a_prompt_leads_through_functions_that_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let map = std::fs::read_to_string(root.join("src/lib.rs")).unwrap();
    let walk = map.split("# The walk of a prompt").nth(1).unwrap();
    let steps: Vec<&str> = walk
        .lines()
        .filter(|line| line.starts_with("//! ") && line.contains(". `src/"))
        .collect();
    assert_eq!(steps.len(), 12);
    for step in steps {
        let words: Vec<&str> = step.split('`').skip(1).step_by(2).collect();
        for pair in words
            .windows(2)
            .filter(|pair| pair[0].ends_with(".rs") && !pair[1].contains(['.', ':']))
        {
            let source = std::fs::read_to_string(root.join(pair[0])).unwrap();
            assert!(
                source.contains(&format!("fn {}", pair[1])),
                "{} has no `{}`",
                pair[0],
                pair[1]
            );
        }
    }
}

/// Files that import each other, and why they may.
const CIRCLES: [(&str, &str); 1] = [(
    "commands/chat: dialog names sessions shell",
    "a dialog and its commands: each works on the whole dialog",
)];

/// `mod.rs` is left out: it declares the others.
#[test]
fn files_of_a_module_import_each_other_in_one_direction() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files: BTreeMap<Vec<String>, String> = rust_files(&root)
        .into_iter()
        .map(|file| {
            let place = file.strip_prefix(&root).unwrap().with_extension("");
            let mut path: Vec<String> = place.iter().map(|name| name.to_str().unwrap().to_owned()).collect();
            path.retain(|name| name != "mod");
            (path, std::fs::read_to_string(&file).unwrap())
        })
        .collect();
    let is_parent = |path: &Vec<String>| {
        files
            .keys()
            .any(|other| other.len() > path.len() && other.starts_with(path))
    };
    let mut arrows: BTreeMap<&Vec<String>, BTreeSet<&Vec<String>>> = BTreeMap::new();
    for (file, source) in files.iter().filter(|(file, _)| !is_parent(file)) {
        let used = used_paths(source, file).into_iter().filter_map(|path| {
            let (used, _) = (1..=path.len())
                .rev()
                .find_map(|length| files.get_key_value(&path[..length]))?;
            (used != file && used[0] == file[0] && !is_parent(used)).then_some(used)
        });
        arrows.insert(file, used.collect());
    }
    let reach = |from| {
        let mut reached: BTreeSet<&Vec<String>> = BTreeSet::new();
        let mut open: Vec<&Vec<String>> = vec![from];
        while let Some(file) = open.pop() {
            open.extend(arrows[file].iter().copied().filter(|next| reached.insert(next)));
        }
        reached
    };
    let reached: BTreeMap<_, _> = arrows.keys().map(|file| (*file, reach(*file))).collect();
    let circles: BTreeSet<String> = reached
        .iter()
        .filter(|(file, reached)| reached.contains(*file))
        .map(|(file, around)| {
            let names: Vec<&str> = around
                .iter()
                .filter(|other| reached[*other].contains(file))
                .map(|other| other.last().unwrap().as_str())
                .collect();
            format!("{}: {}", file[..file.len() - 1].join("/"), names.join(" "))
        })
        .collect();
    let allowed: BTreeSet<String> = CIRCLES.iter().map(|(files, _)| (*files).to_owned()).collect();
    assert_eq!(circles, allowed);
}

/// The paths in a source that begin with `super::` or `crate::`, from the root; without those of its tests.
fn used_paths(source: &str, file: &[String]) -> Vec<Vec<String>> {
    let product = source.split("#[cfg(test)]\nmod ").next().unwrap();
    let code: Vec<&str> = product
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect();
    let code = code.join("\n");
    let mut paths = Vec::new();
    for start in ["super::", "crate::"] {
        for (at, _) in code.match_indices(start) {
            if !code[..at].ends_with(|c: char| c == ':' || c == '_' || c.is_alphanumeric()) {
                read_tree(&code[at..], &[], &mut paths);
            }
        }
    }
    for path in &mut paths {
        let up = path.iter().take_while(|name| *name == "super").count();
        let (inner, start) = match path[0].as_str() {
            "crate" => (path.split_off(1), Vec::new()),
            _ => (path.split_off(up), file[..file.len() - up.min(file.len())].to_vec()),
        };
        *path = [start, inner].concat();
    }
    paths
}

/// Adds the paths of a tree of imports, such as `a::{b, c::d}`, and gives its length.
fn read_tree(text: &str, before: &[String], paths: &mut Vec<Vec<String>>) -> usize {
    let length = text
        .find(|c: char| c != '_' && !c.is_alphanumeric())
        .unwrap_or(text.len());
    let path = [before, &[text[..length].to_owned()]].concat();
    let Some(rest) = text[length..].strip_prefix("::") else {
        paths.push(path);
        return length;
    };
    let Some(list) = rest.strip_prefix('{') else {
        return length + 2 + read_tree(rest, &path, paths);
    };
    let mut at = 0;
    loop {
        at += list[at..].find(|c: char| !c.is_whitespace() && c != ',').unwrap();
        if list[at..].starts_with('}') {
            return length + 3 + at + 1;
        }
        at += read_tree(&list[at..], &path, paths);
        at += list[at..].find([',', '}']).unwrap();
    }
}
