//! `completions/`, `man/`, `schemas/` and `docs/records.md` hold what the command tree and the types say.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

#[test]
fn generated_files_are_those_of_the_command_tree_and_the_types() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let expected: BTreeMap<String, Vec<u8>> = opencode_rs::commands::generate::files().into_iter().collect();
    let mut found = BTreeMap::new();
    for folder in ["completions", "man", "schemas"] {
        let entries = fs::read_dir(root.join(folder)).map(|entries| entries.collect::<Vec<_>>());
        for entry in entries.unwrap_or_default() {
            let entry = entry.unwrap();
            let path = format!("{folder}/{}", entry.file_name().to_str().unwrap());
            found.insert(path, fs::read(entry.path()).unwrap());
        }
    }
    let records = "docs/records.md";
    found.extend(
        fs::read(root.join(records))
            .ok()
            .map(|contents| (records.to_owned(), contents)),
    );
    let mut faults = Vec::new();
    for (path, contents) in &expected {
        match found.remove(path) {
            None => faults.push(format!("{path} is missing")),
            Some(there) if there != *contents => faults.push(format!("{path} is stale")),
            Some(_) => {}
        }
    }
    faults.extend(found.into_keys().map(|path| format!("{path} is left over")));
    assert!(
        faults.is_empty(),
        "{}\nto write them anew:\n  rm -r completions man schemas\n  for shell in bash elvish fish powershell zsh; do cargo run -- \
         generate completions $shell --out completions; done\n  cargo run -- generate man --out man\n  cargo run -- generate schema --out schemas\n  \
         cargo run -- generate docs --out docs",
        faults.join("\n")
    );
}

#[test]
fn nothing_internal_appears_in_generated_files() {
    for (path, contents) in opencode_rs::commands::generate::files() {
        let text = String::from_utf8(contents).unwrap();
        for word in ["__guard", "[CWD]", env!("CARGO_MANIFEST_DIR")] {
            assert!(!text.contains(word), "{path} holds `{word}`");
        }
    }
}

#[test]
fn the_pages_are_the_same_at_any_time() {
    assert_eq!(
        opencode_rs::commands::generate::files(),
        opencode_rs::commands::generate::files()
    );
}
