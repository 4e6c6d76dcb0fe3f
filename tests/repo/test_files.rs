//! Every file of the tests is part of them.

use std::path::{Path, PathBuf};

/// All Rust files below a directory.
pub(super) fn rust_files(directory: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

#[test]
fn no_test_file_is_forgotten() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut forgotten = Vec::new();
    for file in rust_files(&root) {
        let relative = file.strip_prefix(&root).unwrap();
        if relative == Path::new("main.rs") {
            continue;
        }
        let (name, folder) = match file.file_stem().unwrap().to_str().unwrap() {
            "mod" => (
                file.parent().unwrap().file_name().unwrap(),
                file.parent().unwrap().parent().unwrap(),
            ),
            _ => (file.file_stem().unwrap(), file.parent().unwrap()),
        };
        let declaration = format!("mod {}", name.to_str().unwrap());
        let declares = |parent: PathBuf| {
            std::fs::read_to_string(parent).is_ok_and(|text| {
                text.lines()
                    .any(|line| line.trim_end_matches([';', '{', ' ']).ends_with(&declaration))
            })
        };
        if !declares(folder.join("mod.rs")) && !declares(root.join("main.rs")) {
            forgotten.push(relative.to_path_buf());
        }
    }
    assert_eq!(forgotten, Vec::<PathBuf>::new());
}
