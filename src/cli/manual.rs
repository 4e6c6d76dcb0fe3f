//! The manual pages: one for each command, made from the command tree, and what the main page has besides.
//!
//! In: the tree, and the tables of exit statuses, variables and settings. Out: the pages. Invariant: a pure function of
//! these, with no date and nothing of the platform.

use clap::{Arg, Command};
use clap_mangen::roff::{Inline, Roff, bold, italic, roman};
use schemars::{Schema, schema_for};
use serde_json::Value;

use super::{Cli, run};
use crate::env_vars;
use crate::error::{ErrorClass, exit_statuses};
use crate::settings::{ENTRIES, Fallback, ProjectMay, SettingKey};

/// A generated file: its path in the repository, and its contents.
pub type GeneratedFile = (String, Vec<u8>);

const NAME: &str = "opencode-rs";

/// Every variable that the program reads, and those of libraries and the engine on which it depends.
pub const VARIABLES: &[(&str, &str)] = &[
    (
        env_vars::ENGINE,
        "Path of the engine, as with `--engine`. An unusable path is an error; no other engine is tried.",
    ),
    (
        env_vars::PROFILE,
        "The `[profiles.NAME]` table of the user's settings to apply, as with `--profile`.",
    ),
    (env_vars::GITHUB_API, "Base address of the GitHub API, for a mirror."),
    (
        env_vars::GITHUB_DOWNLOAD,
        "Base address of GitHub's release downloads, for a mirror.",
    ),
    (
        env_vars::GITHUB_TOKEN,
        "Token for the GitHub API, sent to that host alone.",
    ),
    (env_vars::GH_TOKEN, "The same, where `GITHUB_TOKEN` is not set."),
    (
        env_vars::NPM_REGISTRY,
        "Address of the npm registry, from which the engine comes when GitHub cannot be reached.",
    ),
    (
        env_vars::NODE_EXTRA_CA_CERTS,
        "A file of certificates to trust in addition to the system's.",
    ),
    (
        "SSL_CERT_FILE",
        "A file of certificates to trust instead of the system's.",
    ),
    (
        "HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY",
        "Proxies for downloads and for the engine. `NO_PROXY` gets `localhost,127.0.0.1,::1` in addition.",
    ),
    (
        env_vars::SERVER_PASSWORD,
        "Password of the server that `--attach` names.",
    ),
    (
        env_vars::SERVER_USERNAME,
        "User name for `--attach` [default: opencode].",
    ),
    (
        env_vars::ENGINE_CONFIG_CONTENT,
        "The engine's inline configuration. What the options of this program need is merged over it.",
    ),
    (
        "OPENCODE_CONFIG, OPENCODE_CONFIG_DIR",
        "The engine's configuration file and configuration directory. In the project, their files need trust.",
    ),
    (
        "OPENCODE_DB",
        "The database of the engine's conversations; rehearsals use it too.",
    ),
    (
        "OPENCODE_PURE",
        "With `1` the engine loads no plugins, and so no tool gate: `--auto-tools` is refused.",
    ),
    (env_vars::NO_COLOR, "Turns colour off when it is not empty."),
    (
        env_vars::CLICOLOR_FORCE,
        "Turns colour on, also without a terminal, unless it is `0`.",
    ),
    (env_vars::FORCE_COLOR, "The same as `CLICOLOR_FORCE`."),
    (env_vars::CLICOLOR, "Turns colour off when it is `0`."),
    (
        env_vars::TERM,
        "The kind of terminal; `dumb` has no colour and no cursor.",
    ),
    (env_vars::VISUAL, "The editor of `--editor`."),
    (env_vars::EDITOR, "The editor where `VISUAL` is not set [default: vi]."),
    (
        "XDG_CONFIG_HOME, XDG_DATA_HOME, XDG_STATE_HOME, XDG_CACHE_HOME",
        "Directories in place of `~/.config`, `~/.local/share`, `~/.local/state` and `~/.cache`.",
    ),
];

const FILES: &[(&str, &str)] = &[
    ("~/.config/opencode-rs/config.toml", "The user's settings."),
    (
        ".opencode-rs.toml",
        "Settings of a project, in its directory. They may narrow what is allowed; see SETTINGS.",
    ),
    (
        "~/.local/share/opencode-rs/engines/",
        "Installed engines, each with a receipt.",
    ),
    (
        "~/.local/share/opencode-rs/rehearsal/",
        "The conversations of rehearsals.",
    ),
    (
        "~/.local/state/opencode-rs/servers/",
        "Addresses of the warm servers, without secrets, and their logs.",
    ),
    (
        "~/.local/state/opencode-rs/",
        "Trusted directories, kept conversations, the audit log (`audit.jsonl`), locks, worktrees with changes.",
    ),
    (
        "~/.cache/opencode-rs/",
        "Probes of engines and cut model catalogs; may be deleted at any time.",
    ),
    (
        "~/.local/share/opencode/",
        "The engine's own store: conversations and logins, as if `opencode` had been run.",
    ),
];

const RULES: &[&str] = &[
    "A rule is `TOOL` or `TOOL:PATTERN`. In both, `*` stands for any text and `?` for one character. A tool that no rule \
     names is judged by the table in `docs/permissions.md`; `opencode-rs policy show` prints what holds.",
    "Deny beats ask, and ask beats allow, whatever the order. Rules that allow count only with `--auto-tools`. A tool name \
     with a typo is refused.",
    "`bash:git diff *` matches `git diff` with any words after it, but not with options that run other programs, write \
     files or read elsewhere. A line of several commands is allowed when each of them is; it is denied when one of them is.",
    "`edit:docs/**` matches every tool that writes files, for paths in the working directory. `read:*.env`, `glob`, `grep` \
     and `list` are about reading; `webfetch:https://docs.rs/*` is about an address, `task:explore` about a subagent, and \
     `github_*` about the tools of an MCP server.",
    "A policy file (`--policy`) is TOML with the lists `deny`, `ask`, `allow` and `add_dirs` and the key `read_only`.",
];

const SETTINGS: &[&str] = &[
    "A value comes from the first of these that has one: options, the policy file, variables, the project's \
     `.opencode-rs.toml`, the profile, the user's `config.toml`, the default. The lists `deny`, `ask`, `allow` and \
     `add_dirs` add up over all of them. Each setting but the lists can be set by a variable: `OPENCODE_RS_MODEL` sets `model`.",
];

/// The end of the program's help: examples, and the exit statuses in short.
pub(super) fn end_of_help() -> String {
    let mut outcomes: Vec<(String, &str)> = Vec::new();
    for (code, (outcome, _)) in exit_statuses() {
        match outcomes.last_mut() {
            Some((codes, last)) if *last == outcome => *codes = format!("{codes}/{code}"),
            _ => outcomes.push((code.to_string(), outcome)),
        }
    }
    let outcomes: Vec<String> = outcomes
        .iter()
        .map(|(codes, outcome)| format!("{codes} {outcome}"))
        .collect();
    format!(
        "{}\n\nExit status:\n  {}\n  `man opencode-rs` and README.md explain them.",
        run::EXAMPLES,
        outcomes.join(", ")
    )
}

/// The settings as rows: key, meaning, default, what a project's file may do.
pub fn settings_table() -> impl Iterator<Item = [&'static str; 4]> {
    ENTRIES
        .iter()
        .map(|entry| [entry.key, entry.about, default_of(entry), project_may(entry.project)])
}

fn default_of(entry: &SettingKey) -> &'static str {
    match entry.default {
        Fallback::Is(text) | Fallback::Said(text) => text,
    }
}

fn project_may(project: ProjectMay) -> &'static str {
    match project {
        ProjectMay::Set => "set it",
        ProjectMay::TurnOn => "turn it on",
        ProjectMay::TurnOff => "turn it off",
        ProjectMay::NotSet => "not set it",
    }
}

/// The pages of all commands, that of the program first.
pub(super) fn pages() -> Vec<GeneratedFile> {
    let mut tree = Cli::tree().after_help(run::EXAMPLES);
    // Gives every command the options that it has from the ones above it, and its full name.
    tree.build();
    let mut files = Vec::new();
    add_pages(&tree, &tree, NAME, &mut files);
    files
}

/// Adds the page of a command and those of the commands below it.
fn add_pages(root: &Command, command: &Command, name: &str, files: &mut Vec<GeneratedFile>) {
    let mut shown = command.clone().name(name.to_owned());
    let end = if name == NAME {
        end_of_main_page(root)
    } else {
        let usage = shown.render_usage().to_string();
        let shared: Vec<Arg> = command
            .get_arguments()
            .filter(|arg| is_shared(root, arg))
            .cloned()
            .collect();
        shown = shown
            .override_usage(usage.trim_start_matches("Usage: ").to_owned())
            .mut_args(|arg| {
                let is_shared = is_shared(root, &arg);
                arg.hide(is_shared)
            });
        end_of_page(&shared)
    };
    let page = clap_mangen::Man::new(shown)
        .title(name.to_uppercase())
        .source(format!("{NAME} {}", env!("CARGO_PKG_VERSION")))
        .manual("User Commands");
    let mut contents = Vec::new();
    page.render(&mut contents).expect("a vector takes every byte");
    // An empty date would be left out, and the version take its place.
    let contents = String::from_utf8(contents)
        .expect("a page is text")
        .replacen(" 1  \"", " 1 \"\" \"", 1);
    let contents = with_examples(&contents);
    let end = end.replace('\'', "\\*(Aq");
    files.push((format!("man/{name}.1"), format!("{contents}{end}").into_bytes()));
    for below in command.get_subcommands().filter(|below| !below.is_hide_set()) {
        add_pages(root, below, &format!("{name}-{}", below.get_name()), files);
    }
}

/// Whether the main page explains this option of a command, in the same words.
fn is_shared(root: &Command, arg: &Arg) -> bool {
    let heading = arg.get_help_heading();
    let same = |of_root: &Arg| of_root.get_id() == arg.get_id() && of_root.get_help() == arg.get_help();
    matches!(heading, Some("Engine" | "Messages")) && root.get_arguments().any(same)
}

/// What follows the generated sections of a command's page.
fn end_of_page(shared: &[Arg]) -> String {
    let mut roff = Roff::new();
    if !shared.is_empty() {
        roff.control("SH", ["COMMON OPTIONS"]);
        let mut line = vec![roman("Explained in opencode-rs(1): ")];
        for (at, arg) in shared.iter().enumerate() {
            line.push(roman(if at == 0 { "" } else { ", " }));
            line.extend(arg.get_short().map(|short| bold(format!("-{short}"))));
            line.push(roman(if arg.get_short().is_some() { ", " } else { "" }));
            line.push(bold(format!("--{}", arg.get_long().unwrap_or_default())));
            let value = arg.get_value_names().filter(|_| arg.get_action().takes_values());
            line.extend(value.map(|names| match (names.join(" "), arg.is_require_equals_set()) {
                (names, true) => italic(format!("[={names}]")),
                (names, false) => italic(format!(" {names}")),
            }));
        }
        line.push(roman("."));
        roff.text(line);
    }
    roff.control("SH", ["SEE ALSO"]);
    roff.text([roman(
        "opencode-rs(1), which has the exit statuses, variables, files, rules and settings",
    )]);
    roff.to_roff()
}

/// The words that a value can be, each with its meaning.
fn described_words(schema: &Schema) -> Vec<(String, String)> {
    let text = |form: &Value, key: &str| form[key].as_str().unwrap_or_default().to_owned();
    let forms = schema.get("oneOf").and_then(Value::as_array).into_iter().flatten();
    forms
        .map(|form| (text(form, "const"), text(form, "description")))
        .collect()
}

/// The sections of the main page that the command tree does not have.
fn end_of_main_page(root: &Command) -> String {
    let mut roff = Roff::new();
    roff.control("SH", ["EXIT STATUS"]);
    for (code, (outcome, meaning)) in exit_statuses() {
        let head = vec![bold(code.to_string()), roman(format!(" ({outcome})"))];
        entry(&mut roff, head, &meaning);
    }
    roff.control("SH", ["ERROR CLASSES"]);
    roff.text([roman(
        "The key error.class of a result record. Where error.retryable is true, the same run may succeed later.",
    )]);
    for (class, about) in described_words(&schema_for!(ErrorClass)) {
        entry(&mut roff, vec![bold(class)], &about);
    }
    roff.control("SH", ["ENVIRONMENT"]);
    entry(
        &mut roff,
        vec![bold(env_vars::PREFIX), italic("SETTING")],
        "The setting of this name, in capitals; see SETTINGS.",
    );
    for (names, about) in VARIABLES {
        entry(&mut roff, vec![bold(*names)], about);
    }
    roff.control("SH", ["FILES"]);
    for (path, about) in FILES {
        entry(&mut roff, vec![bold(*path)], about);
    }
    roff.control("SH", ["RULES"]);
    paragraphs(&mut roff, RULES);
    roff.control("SH", ["SETTINGS"]);
    paragraphs(&mut roff, SETTINGS);
    for [key, about, default, project] in settings_table() {
        let about = format!("{about} [default: {default}]. A project's file may {project}.");
        entry(&mut roff, vec![bold(key)], &about);
    }
    roff.control("SH", ["SEE ALSO"]);
    let pages = root.get_subcommands().filter(|below| !below.is_hide_set());
    let pages: Vec<String> = pages.map(|below| format!("{NAME}-{}(1)", below.get_name())).collect();
    roff.text([roman(pages.join(", "))]);
    roff.to_roff()
}

/// A term with its explanation below it.
fn entry(roff: &mut Roff, term: Vec<Inline>, about: &str) {
    roff.control("TP", []);
    roff.text(term);
    roff.text([roman(about)]);
}

fn paragraphs(roff: &mut Roff, paragraphs: &[&str]) {
    for (at, paragraph) in paragraphs.iter().enumerate() {
        if at > 0 {
            roff.control("PP", []);
        }
        roff.text([roman(*paragraph)]);
    }
}

/// Gives the text at the end of a command's help the heading that it announces, and keeps its lines apart.
fn with_examples(page: &str) -> String {
    let Some((before, after)) = page.split_once(".SH EXTRA\nExamples:\n") else {
        return page.to_owned();
    };
    let end = after.find(".SH ").unwrap_or(after.len());
    let (examples, rest) = after.split_at(end);
    format!("{before}.SH EXAMPLES\n.nf\n{}\n.fi\n{rest}", examples.trim_end())
}
