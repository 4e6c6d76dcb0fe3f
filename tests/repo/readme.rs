//! README says what the program does.

use std::collections::BTreeMap;
use std::path::Path;

use opencode_rs::cli::Cli;
use opencode_rs::error::FailureKind;

fn readme() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap()
}

#[test]
fn every_option_of_a_run_stands_in_the_readme() {
    let readme = readme();
    let tree = Cli::tree();
    let run = tree.find_subcommand("run").unwrap();
    let missing: Vec<String> = tree
        .get_arguments()
        .chain(run.get_arguments())
        .filter(|argument| !argument.is_hide_set() && !matches!(argument.get_id().as_str(), "help" | "version"))
        .filter_map(|argument| argument.get_long())
        .map(|long| format!("--{long}"))
        .filter(|long| {
            !readme
                .match_indices(long.as_str())
                .any(|(at, _)| !readme[at + long.len()..].starts_with(|c: char| c.is_ascii_alphanumeric() || c == '-'))
        })
        .collect();
    assert_eq!(missing, Vec::<String>::new());
}

#[test]
fn every_command_stands_in_the_readme() {
    let readme = readme();
    for command in Cli::tree().get_subcommands() {
        let name = command.get_name();
        assert!(readme.contains(&format!("`{name}")), "`{name}` is missing");
    }
}

#[test]
fn the_table_of_exit_statuses_is_that_of_the_program() {
    let mut expected: BTreeMap<u8, &str> = FailureKind::ALL
        .iter()
        .map(|kind| (kind.exit_code(), kind.outcome()))
        .collect();
    expected.insert(0, "ok");
    let readme = readme();
    let table: BTreeMap<u8, &str> = readme
        .lines()
        .filter_map(|line| {
            let mut cells = line.strip_prefix("| ")?.split(" | ");
            let code = cells.next()?.parse().ok()?;
            Some((code, cells.next()?.trim_matches('`')))
        })
        .collect();
    assert_eq!(table, expected);
}

#[test]
fn every_variable_that_the_program_reads_stands_in_the_readme() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/env_vars.rs");
    let source = std::fs::read_to_string(source).unwrap();
    let readme = readme();
    let variables = source.lines().filter_map(|line| {
        let (_, value) = line.strip_prefix("pub const ")?.split_once("= \"")?;
        value.strip_suffix("\";")
    });
    let missing: Vec<&str> = variables.filter(|name| !readme.contains(*name)).collect();
    assert_eq!(missing, Vec::<&str>::new());
}
