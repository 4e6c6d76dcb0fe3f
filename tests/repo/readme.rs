//! README, `docs/` and the manual pages say what the program does.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use clap::Command;
use opencode_rs::cli::{self, Cli};
use opencode_rs::error::exit_statuses;

/// README is an introduction; the rest belongs into `docs/`.
const LONGEST_README: usize = 180;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The text of a manual page, without fonts and the escapes of its dashes and quotes.
fn page(name: &str) -> String {
    let path = format!("man/{name}.1");
    let (_, contents) = cli::completion_and_manual_files()
        .into_iter()
        .find(|(of, _)| *of == path)
        .unwrap_or_else(|| panic!("no {path}"));
    let escapes = [("\\fB", ""), ("\\fI", ""), ("\\fR", ""), ("\\-", "-"), ("\\*(Aq", "'")];
    let text = String::from_utf8(contents).unwrap();
    escapes
        .iter()
        .fold(text, |text, (escape, plain)| text.replace(escape, plain))
}

/// Whether the text has this word, and not as part of a longer one.
fn has_word(text: &str, word: &str) -> bool {
    let continues = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    text.match_indices(word)
        .any(|(at, _)| !text[at + word.len()..].starts_with(continues) && !text[..at].ends_with(continues))
}

fn documents() -> Vec<PathBuf> {
    let docs = fs::read_dir(root().join("docs")).unwrap();
    let mut documents: Vec<PathBuf> = docs
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .collect();
    documents.extend(["README.md", "CONTRIBUTING.md"].map(|name| root().join(name)));
    documents
}

#[test]
fn the_readme_is_short() {
    let lines = read("README.md").lines().count();
    assert!(
        lines <= LONGEST_README,
        "README.md has {lines} lines, not {LONGEST_README}"
    );
}

#[test]
fn every_option_of_a_command_stands_in_its_manual_page() {
    fn missing_below(command: &Command, name: &str, missing: &mut Vec<String>) {
        let page = page(name);
        let options = command.get_arguments().filter(|argument| !argument.is_hide_set());
        let options = options.filter_map(|argument| argument.get_long());
        let options = options.map(|long| format!("--{long}"));
        missing.extend(
            options
                .filter(|option| !has_word(&page, option))
                .map(|option| format!("{name}: {option}")),
        );
        for below in command.get_subcommands().filter(|below| !below.is_hide_set()) {
            missing_below(below, &format!("{name}-{}", below.get_name()), missing);
        }
    }
    let mut tree = Cli::tree();
    tree.build();
    let mut missing = Vec::new();
    missing_below(&tree, "opencode-rs", &mut missing);
    assert_eq!(missing, Vec::<String>::new());
}

#[test]
fn every_option_of_a_run_and_every_command_stands_in_usage_md() {
    let usage = read("docs/usage.md");
    let tree = Cli::tree();
    let run = tree.find_subcommand("run").unwrap();
    let options = tree.get_arguments().chain(run.get_arguments());
    let options = options
        .filter(|argument| !argument.is_hide_set() && !matches!(argument.get_id().as_str(), "help" | "version"))
        .filter_map(|argument| argument.get_long());
    let mut words: Vec<String> = options.map(|long| format!("--{long}")).collect();
    for command in tree.get_subcommands() {
        words.push(command.get_name().to_owned());
        words.extend(command.get_subcommands().map(|below| below.get_name().to_owned()));
    }
    words.retain(|word| !has_word(&usage, word));
    assert_eq!(words, Vec::<String>::new());
}

#[test]
fn every_command_stands_in_the_main_manual_page() {
    let page = page("opencode-rs");
    for command in Cli::tree().get_subcommands() {
        let name = format!("opencode-rs-{}(1)", command.get_name());
        assert!(page.contains(&name), "{name} is missing");
    }
}

#[test]
fn readme_and_manual_have_the_exit_statuses_of_the_program() {
    let (readme, page) = (read("README.md"), page("opencode-rs"));
    let table: Vec<&str> = readme
        .lines()
        .filter(|line| line.trim_start_matches("| ").starts_with(|c: char| c.is_ascii_digit()))
        .collect();
    let expected: Vec<String> = exit_statuses()
        .iter()
        .map(|(code, (outcome, meaning))| format!("| {code} | `{outcome}` | {meaning} |"))
        .collect();
    assert_eq!(table, expected);
    let (_, statuses) = page.split_once(".SH \"EXIT STATUS\"\n").unwrap();
    for (code, (outcome, meaning)) in exit_statuses() {
        let entry = format!(".TP\n{code} ({outcome})\n{meaning}\n");
        assert!(statuses.contains(&entry), "{entry}");
    }
}

#[test]
fn every_variable_that_the_program_reads_stands_in_settings_md_and_in_the_manual() {
    let source = read("src/env_vars.rs");
    let constants = source.lines().filter_map(|line| {
        let (_, value) = line.strip_prefix("pub const ")?.split_once(": &str = \"")?;
        value.strip_suffix("\";")
    });
    let rows: BTreeSet<&str> = cli::VARIABLES.iter().flat_map(|(names, _)| names.split(", ")).collect();
    let (settings, page) = (read("docs/settings.md"), page("opencode-rs"));
    for name in constants.filter(|name| *name != opencode_rs::env_vars::PREFIX) {
        assert!(rows.contains(name), "`{name}` is missing in the table of the manual");
    }
    for (names, about) in cli::VARIABLES {
        let row = format!("| `{}` | {about} |", names.replace(", ", "`, `"));
        assert!(settings.contains(&row), "docs/settings.md has no line\n{row}");
        assert!(page.contains(names), "`{names}` is not in the manual");
    }
}

#[test]
fn every_setting_stands_in_settings_md_and_in_the_manual() {
    let (settings, page) = (read("docs/settings.md"), page("opencode-rs"));
    for [key, about, default, project] in cli::settings_table() {
        let row = format!("| `{key}` | {about} | {default} | {project} |");
        assert!(settings.contains(&row), "docs/settings.md has no line\n{row}");
        assert!(page.contains(&format!(".TP\n{key}\n")), "`{key}` is not in the manual");
    }
}

#[test]
fn links_of_documents_lead_to_files_and_headings_that_exist() {
    let mut broken = Vec::new();
    for document in documents() {
        let text = fs::read_to_string(&document).unwrap();
        for (at, _) in text.match_indices("](") {
            let link = text[at + 2..].split(')').next().unwrap();
            if link.contains("://") {
                continue;
            }
            let (file, heading) = link.split_once('#').unwrap_or((link, ""));
            let target = match file {
                "" => document.clone(),
                _ => document.parent().unwrap().join(file),
            };
            let is_there = match fs::read_to_string(&target) {
                Ok(target) => {
                    heading.is_empty() || target.lines().any(|line| anchor_of(line).as_deref() == Some(heading))
                }
                Err(_) => target.is_dir(),
            };
            if !is_there {
                broken.push(format!("{}: {link}", document.display()));
            }
        }
    }
    assert_eq!(broken, Vec::<String>::new());
}

/// The anchor of a heading, as GitHub makes it.
fn anchor_of(line: &str) -> Option<String> {
    let heading = line.strip_prefix('#')?.trim_start_matches('#').strip_prefix(' ')?;
    let kept = heading.to_lowercase();
    let kept = kept
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    Some(kept.map(|c| if c == ' ' { '-' } else { c }).collect())
}
