//! `tests/data/everyday-lines.toml`: lines that agents really run, with rules that a user would give.

use std::path::Path;

use opencode_rs::permission::Policy;
use opencode_rs::request::{Effect, PermissionRequest, Preset};

use super::table::{read_rule, shell};

#[derive(serde::Deserialize)]
struct Everyday {
    allow: Vec<String>,
    line: Vec<Line>,
}

#[derive(serde::Deserialize)]
struct Line {
    command: String,
}

/// Lines that ask, each with its reason.
const ASKED: [(&str, &str); 5] = [
    (
        "CARGO_TARGET_DIR=/tmp/t cargo build",
        "the variable sends files outside",
    ),
    (
        "sed -i 's/foo/bar/g' src/main.rs",
        "`sed *` does not say that it writes",
    ),
    ("cp -r src/ /tmp/backup", "outside"),
    (
        "git diff --name-only | xargs cat",
        "a file that is gone may have had a name with spaces",
    ),
    ("cargo test > /tmp/out.txt 2>&1; tail -20 /tmp/out.txt", "outside"),
];

fn repository(place: &Path) {
    for folder in [
        "src",
        "tests",
        "docs",
        "scripts",
        "sub",
        ".git/objects",
        ".git/refs",
        "target/debug",
    ] {
        std::fs::create_dir_all(place.join(folder)).unwrap();
    }
    for file in [
        "Cargo.toml",
        "README.md",
        "package.json",
        "a.txt",
        "b.txt",
        "log.txt",
        "a.json",
        "script.py",
        "src/main.rs",
        "src/lib.rs",
        "src/a.py",
        "src/a.ts",
        "tests/test_a.py",
        "scripts/test.sh",
        ".git/HEAD",
        ".git/config",
    ] {
        std::fs::write(place.join(file), "").unwrap();
    }
    std::fs::write(place.join(".git/HEAD"), "ref: refs/heads/main\n").unwrap();
    std::fs::write(place.join(".git/config"), "[remote \"origin\"]\n").unwrap();
}

#[test]
fn everyday_lines_are_allowed_by_everyday_rules() {
    let text = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/everyday-lines.toml");
    let everyday: Everyday = toml::from_str(&std::fs::read_to_string(text).unwrap()).unwrap();
    let place = tempfile::tempdir().unwrap();
    let root = place.path().canonicalize().unwrap();
    let directory = root.join("work");
    repository(&directory);
    let request = PermissionRequest {
        preset: Preset::AutoTools,
        rules: everyday
            .allow
            .iter()
            .map(|rule| read_rule(&format!("allow {rule}")))
            .collect(),
        ..PermissionRequest::default()
    };
    let policy = Policy::new(&request, &directory, &root.join("home"));
    let mut wrong = Vec::new();
    let mut allowed = 0;
    for Line { command } in &everyday.line {
        let judgement = policy.judge(&shell(command));
        let expected = match ASKED.iter().any(|(line, _)| line == command) {
            true => Effect::Ask,
            false => Effect::Allow,
        };
        allowed += usize::from(judgement.effect == Effect::Allow);
        if judgement.effect != expected {
            let asked: Vec<_> = judgement
                .parts
                .iter()
                .filter(|part| part.effect != Effect::Allow)
                .collect();
            wrong.push(format!("{command:?}: {:?}, {asked:?}", judgement.effect));
        }
    }
    assert!(
        wrong.is_empty(),
        "{allowed} of {} allowed:\n{}",
        everyday.line.len(),
        wrong.join("\n")
    );
    assert_eq!(everyday.line.len(), 101);
}
