//! What makes the archives of a release, and what downloads them, name the same files.

use std::collections::BTreeSet;
use std::path::Path;

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// The targets that a file names after `key`.
fn targets(text: &str, key: &str) -> BTreeSet<String> {
    text.lines()
        .filter_map(|line| line.split_once(key)?.1.split_whitespace().next())
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_action_knows_every_archive_of_a_release() {
    let built = targets(&read(".github/workflows/release.yml"), "target: ");
    assert_eq!(targets(&read(".github/action/install"), " target="), built);
    assert!(built.len() > 4, "{built:?}");
}

#[test]
fn cargo_binstall_and_the_action_take_the_name_that_is_packed() {
    let manifest: toml::Table = read("Cargo.toml").parse().unwrap();
    let package = &manifest["package"];
    let binstall = &package["metadata"]["binstall"];
    let text = |value: &toml::Value| value.as_str().unwrap().to_owned();
    let name = format!("{}-{{ target }}", text(&package["name"]));
    assert_eq!(
        text(&binstall["pkg-url"]),
        format!("{{ repo }}/releases/download/v{{ version }}/{name}{{ archive-suffix }}")
    );
    assert_eq!(text(&binstall["bin-dir"]), format!("{name}/{{ bin }}{{ binary-ext }}"));
    for script in [".github/pack", ".github/action/install"] {
        let expected = format!("name={}", name.replace("{ target }", "$target"));
        assert!(read(script).lines().any(|line| line.trim() == expected), "{script}");
    }
}
