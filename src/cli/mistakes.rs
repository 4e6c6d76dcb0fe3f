//! Command lines that are refused, and what to type instead.
//!
//! In: the words, and clap's error about them. Out: a [`Failure`]. Invariants: a hint never names an option that does the
//! opposite; what is meant by an option of a neighbour is said by a table, and only what no table knows is guessed.

use std::ffi::OsString;

use clap::Command as ClapCommand;
use clap::error::{ContextKind, ContextValue, Error, ErrorKind};

use super::Cli;
use crate::error::Failure;
use crate::support::names::Names;
use crate::support::nearest::quoted;

/// Options of other programs, and what to type here.
const FOREIGN_OPTIONS: &[(Names, &str)] = &[
    (
        Names(
            "--dangerously-skip-permissions --dangerously-bypass-approvals-and-sandbox --yolo --full-auto --auto \
             --auto-approve --force --allow-all --allow-all-tools --trust-all-tools",
        ),
        "`--auto-tools -y` allows what would be asked; `--auto-tools --allow RULE` allows some of it",
    ),
    (
        Names("--allowedTools --allowed-tools --allow-tool --tools"),
        "`--auto-tools --allow RULE` allows some calls, such as `--allow \"bash:git diff *\"`",
    ),
    (
        Names("--disallowedTools --disallowed-tools --deny-tool"),
        "`--deny RULE` denies some calls, such as `--deny \"bash:rm *\"`",
    ),
    (
        Names("--permission-mode --approval-mode --ask-for-approval --sandbox"),
        "a run only reads unless `--auto-tools` is given; with it, `--read-only` lets nothing be changed",
    ),
    (
        Names("--format --output --output-mode"),
        "`--output-format text|json|stream-json` chooses the format; `-o FILE` writes the last message to a file",
    ),
    (
        Names("--system-prompt --system-prompt-file"),
        "`--system` and `--system-file` add to the engine's system prompt; nothing replaces it",
    ),
    (
        Names("--message --text --query"),
        "a prompt needs no option: `opencode-rs \"explain this\"`",
    ),
    (
        Names("--mcp --mcp-config"),
        "MCP servers stand in the engine's configuration, under `mcp`",
    ),
    (
        Names("--debug --log-level"),
        "`-vv` shows the engine's output and a trace",
    ),
    (Names("--no-color"), "`--color never`, or the variable NO_COLOR"),
    (
        Names("--no-session-persistence --no-session"),
        "`--ephemeral` deletes the session afterwards",
    ),
    (
        Names("--reasoning-effort --reasoning"),
        "`--effort LEVEL` chooses how hard the model thinks",
    ),
    (
        Names("--include-directories"),
        "`--add-dir DIR` adds a directory, with `--auto-tools`",
    ),
    (
        Names("--oss --local-provider"),
        "`-m ollama/NAME`, `-m lmstudio/NAME` and `-m llamacpp/NAME` use a model of this machine; `opencode-rs models --local` lists them",
    ),
    (Names("--print-logs"), "`-vv` shows the engine's output and a trace"),
    (
        Names("--test-cmd"),
        "`--verify COMMAND` succeeds only if the command does",
    ),
    (
        Names("--yes-always"),
        "`-y` says yes to every question, with `--auto-tools`",
    ),
    (
        Names("--interactive --prompt-interactive"),
        "`opencode-rs chat` is the dialog",
    ),
    (Names("--list-sessions"), "`opencode-rs session list` lists them"),
    (Names("--list-models --models"), "`opencode-rs models` lists them"),
    (
        Names("--mode"),
        "`--output-format text|json|stream-json` chooses the format",
    ),
    (
        Names("--skip-git-repo-check"),
        "no repository is needed: leave the option out",
    ),
];

/// Commands of other programs: the word, the words that may follow it, and what to type here. `*` is anything; none, the
/// word alone.
const FOREIGN_COMMANDS: &[(Names, Names, &str)] = &[
    (Names("login signin setup-token"), Names(""), "`opencode-rs auth login`"),
    (Names("logout"), Names(""), "`opencode-rs auth logout`"),
    (
        Names("upgrade update self-update"),
        Names(""),
        "`opencode-rs engine install` for the engine; this program is renewed in the way in which it was installed",
    ),
    (Names("serve"), Names(""), "`opencode-rs server start`"),
    (
        Names("sessions history"),
        Names("list ls show"),
        "`opencode-rs session list`",
    ),
    (
        Names("stats usage cost"),
        Names(""),
        "`opencode-rs session list --output-format json`, which has the cost of each session",
    ),
    (Names("export"), Names(""), "`opencode-rs session export`"),
    (Names("import"), Names(""), "`opencode-rs session import FILE`"),
    (
        Names("mcp"),
        Names("list ls add auth remove rm logout debug"),
        "`opencode-rs engine exec -- mcp list`: it is the engine that knows MCP servers",
    ),
    (
        Names("exec"),
        Names("*"),
        "`opencode-rs \"explain this\"`, or `opencode-rs run`",
    ),
    (
        Names("resume continue"),
        Names(""),
        "`opencode-rs -c PROMPT`, or `opencode-rs chat -c`",
    ),
    (
        Names("ls list ps"),
        Names(""),
        "`opencode-rs session list`, or `opencode-rs server list`",
    ),
    (Names("init"), Names(""), "`/init` in the dialog: `opencode-rs chat`"),
    (Names("model"), Names("list ls"), "`opencode-rs models`"),
    (
        Names("agent"),
        Names("list ls create"),
        "`opencode-rs agents`; `engine exec -- agent create` makes one",
    ),
    (Names("settings preferences"), Names(""), "`opencode-rs config show`"),
    (
        Names("install"),
        Names(""),
        "`opencode-rs engine install` for the engine",
    ),
    (
        Names("uninstall"),
        Names(""),
        "`cargo uninstall opencode-rs` for this program, `opencode-rs engine remove VERSION` for an engine",
    ),
    (
        Names("clear compact undo redo"),
        Names(""),
        "it in the dialog, with a slash: `opencode-rs chat`",
    ),
    (
        Names("plugin plugins extensions skills hooks features sandbox cloud apply proto migrate"),
        Names("list ls"),
        "`opencode-rs --help`, which lists the commands that there are",
    ),
    (
        Names("completion"),
        Names("bash zsh fish elvish powershell"),
        "`opencode-rs completions SHELL`",
    ),
    (Names("logs log"), Names(""), "`opencode-rs server logs`"),
    (Names("status debug"), Names(""), "`opencode-rs doctor`"),
    (Names("stop kill"), Names(""), "`opencode-rs server stop`"),
    (Names("attach"), Names("*"), "`opencode-rs --attach URL PROMPT`"),
    (Names("tui interactive"), Names(""), "`opencode-rs chat`"),
    (
        Names("acp github pr web"),
        Names(""),
        "`opencode-rs engine exec -- NAME`: it is a command of the engine",
    ),
];

/// Refuses a prompt that is a command of a neighbour, or one of ours with a typo in it: a model would be paid for it.
pub(super) fn refuse_command_as_prompt(prompt: &[String]) -> Result<(), Failure> {
    let (first, rest) = match prompt {
        [first] => (first, None),
        [first, second] => (first, Some(second.as_str())),
        [first, ..] if first == "exec" => (first, Some("")),
        _ => return Ok(()),
    };
    let refused = |meant: &str| {
        Failure::usage(format!("`{first}` is no command of this program"))
            .hint(format!("type {meant}"))
            .hint(format!("to send it as a prompt: `opencode-rs -- {}`", prompt.join(" ")))
    };
    let follows = |words: &Names| rest.is_none_or(|rest| words.contains(rest) || words.contains("*"));
    let foreign = FOREIGN_COMMANDS
        .iter()
        .find(|(names, words, _)| names.contains(first) && follows(words));
    if let Some((_, _, meant)) = foreign {
        return Err(refused(meant));
    }
    let is_typo = |command: &&ClapCommand| {
        let has_below = |word: &str| command.find_subcommand(word).is_some();
        rest.is_none_or(has_below) && is_typo_of(first, command.get_name())
    };
    match Cli::tree().get_subcommands().find(is_typo) {
        Some(command) => {
            let meant = [command.get_name()].into_iter().chain(rest).collect::<Vec<_>>();
            Err(refused(&format!("`opencode-rs {}`", meant.join(" "))))
        }
        None => Ok(()),
    }
}

/// The commands that a word is, with a typo in it.
pub(super) fn commands_like<'a>(command: &'a ClapCommand, typed: &str) -> Vec<&'a str> {
    let names = command.get_subcommands().map(ClapCommand::get_name);
    names.filter(|name| is_typo_of(typed, name)).collect()
}

/// There is no such command of the one that is called `name`.
pub(super) fn no_command(command: &ClapCommand, name: &str, typed: &[String]) -> Failure {
    let typed = typed.first().map_or("", String::as_str);
    let meant = commands_like(command, typed);
    let failure = Failure::usage(format!("cannot find a command `{typed}` of `{name}`"));
    failure.hint_if(!meant.is_empty(), format!("did you mean {}?", quoted(&meant)))
}

/// There is no help about such a command. It may have been meant as a prompt.
pub(super) fn no_help(typed: &[String]) -> Failure {
    no_command(&Cli::tree(), "opencode-rs", typed).hint(format!(
        "to send it as a prompt: `opencode-rs -- help {}`",
        typed.join(" ")
    ))
}

/// Whether one typed word is another with letters wrong, missing, too many or exchanged: one of a short word, two of a
/// longer one.
fn is_typo_of(typed: &str, name: &str) -> bool {
    let typos = strsim::damerau_levenshtein(typed, name);
    typed.len() > 3 && typos <= if name.len() < 6 { 1 } else { 2 }
}

/// What clap says, in the words of this program.
pub fn mistake(words: &[OsString], error: &Error) -> Failure {
    let tree = &Cli::tree();
    let (command, name) = command_of(tree, words);
    let is_of_clap = error.context().next().is_some();
    let failure = match error.kind() {
        _ if !is_of_clap => return in_own_words(error),
        ErrorKind::UnknownArgument => unknown(command, &text(error, ContextKind::InvalidArg)),
        ErrorKind::InvalidSubcommand => no_command(command, &name, &texts(error, ContextKind::InvalidSubcommand)),
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            let option = text(error, ContextKind::InvalidArg);
            let typed = text(error, ContextKind::InvalidValue);
            let why = std::error::Error::source(error).map(|why| format!(": {why}"));
            let failure = Failure::usage(match why {
                None if typed.is_empty() => format!("`{option}` needs a value"),
                why => format!("invalid value `{typed}` for `{option}`{}", why.unwrap_or_default()),
            });
            let values = texts(error, ContextKind::ValidValue);
            let is_prompt = option.starts_with("--port") && typed.parse::<u64>().is_err();
            failure
                .hint_if(!values.is_empty(), format!("one of {}", quoted(&values)))
                .hint_if(
                    is_prompt,
                    "`-p` is the port of the server; a prompt needs no option: `opencode-rs \"explain this\"`",
                )
        }
        ErrorKind::ArgumentConflict => {
            let others = texts(error, ContextKind::PriorArg);
            let option = text(error, ContextKind::InvalidArg);
            Failure::usage(format!("`{option}` cannot be used together with {}", quoted(&others)))
        }
        ErrorKind::MissingRequiredArgument => {
            let missing = texts(error, ContextKind::InvalidArg);
            Failure::usage(format!("`{name}` needs {}", quoted(&missing)))
        }
        _ => in_own_words(error),
    };
    failure.hint(format!("`{name} --help` shows what it takes"))
}

/// The first line of a message, and its tips.
fn in_own_words(error: &Error) -> Failure {
    let text = error.render().to_string();
    let mut lines = text.lines().map(str::trim);
    let line = lines.next().unwrap_or_default();
    let failure = Failure::usage(line.strip_prefix("error: ").unwrap_or(line));
    lines
        .filter_map(|line| line.strip_prefix("tip: "))
        .fold(failure, Failure::hint)
}

/// An option, or a word, that a command does not take.
fn unknown(command: &ClapCommand, typed: &str) -> Failure {
    if !typed.starts_with('-') {
        return Failure::usage(format!("unexpected word `{typed}`"));
    }
    let failure = Failure::usage(format!("unknown option `{typed}`"));
    let option = typed.split('=').next().unwrap_or(typed);
    if let Some((_, hint)) = FOREIGN_OPTIONS.iter().find(|(names, _)| names.contains(option)) {
        return failure.hint(*hint);
    }
    let known: Vec<&str> = command
        .get_arguments()
        .filter_map(|argument| argument.get_long())
        .collect();
    let name = option.trim_start_matches('-');
    if known.contains(&name) {
        return failure.hint(format!("write `{option}` after the command"));
    }
    let meant: Vec<String> = known
        .iter()
        .filter(|known| is_typo_of(name, known))
        .map(|known| format!("--{known}"))
        .collect();
    failure.hint_if(!meant.is_empty(), format!("did you mean {}?", quoted(&meant)))
}

/// The command that the words name, and how it is typed.
fn command_of<'a>(tree: &'a ClapCommand, words: &[OsString]) -> (&'a ClapCommand, String) {
    let mut found = (tree, "opencode-rs".to_owned());
    for word in words.iter().skip(1).filter_map(|word| word.to_str()) {
        let Some(below) = found.0.find_subcommand(word) else {
            break;
        };
        found = (below, format!("{} {}", found.1, below.get_name()));
    }
    found
}

fn texts(error: &Error, kind: ContextKind) -> Vec<String> {
    match error.get(kind) {
        Some(ContextValue::String(text)) => vec![text.clone()],
        Some(ContextValue::Strings(texts)) => texts.clone(),
        _ => Vec::new(),
    }
}

fn text(error: &Error, kind: ContextKind) -> String {
    texts(error, kind).into_iter().next().unwrap_or_default()
}
