//! What can be typed: the command tree, with clap's structs and nothing that does work.
//!
//! In: the words of the command line. Out: a [`Cli`], whose command resolves into a request. Invariants:
//! parsing reads no file and no variable; a word that is a command's name is a command only where it is the first word.
#![expect(
    clippy::struct_excessive_bools,
    reason = "flags are booleans until they become a request"
)]

mod api;
mod auth;
mod bash;
mod chat;
mod choice;
mod config;
mod conversation;
mod engine;
mod generate;
mod inventory;
mod limits;
mod manual;
mod mistakes;
mod model;
mod options;
mod permission;
mod policy;
mod rehearse;
mod run;
mod server;
mod session;
mod values;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{Arg, Command as ClapCommand, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use crate::error::Failure;
use crate::request::{OutputMode, Word as _};
use crate::settings::Flags;

pub use api::ApiArgs;
pub use auth::AuthArgs;
pub use chat::ChatArgs;
pub use config::ConfigArgs;
pub use engine::EngineArgs;
pub use generate::{
    COMPLETION_VARIABLE, CompletionsArgs, Generate, GenerateArgs, SHELLS, files as completion_and_manual_files,
};
pub use inventory::{ModelsArgs, VisitArgs};
pub use manual::{GeneratedFile, VARIABLES, settings_table};
pub use mistakes::mistake;
pub use options::{ConnectOptions, GlobalOptions, ListOptions};
pub use permission::{InputOptions, PermissionOptions};
pub use policy::PolicyArgs;
pub use rehearse::RehearseArgs;
pub use run::RunArgs;
pub use server::ServerArgs;
pub use session::{
    SessionAction, SessionArgs, SessionExport, SessionList, SessionPrune, SessionRequest, SessionTarget,
};

/// Run the opencode coding agent from shells, scripts, pipes and CI
///
/// Without a command, `opencode-rs PROMPT` is the same as `opencode-rs run PROMPT`; on a terminal, and without a prompt,
/// it is `opencode-rs chat`. A first word that is a command's
/// name is that command; write `opencode-rs -- models` or `opencode-rs run models` to send such a word as a prompt.
#[derive(Debug, Clone, PartialEq, Eq, Parser)]
#[command(
    name = "opencode-rs",
    bin_name = "opencode-rs",
    version,
    after_help = manual::end_of_help(),
    args_conflicts_with_subcommands = true,
    disable_help_subcommand = true,
    override_usage = "opencode-rs [OPTIONS] [PROMPT]...\n       opencode-rs [OPTIONS] <COMMAND>"
)]
pub struct Cli {
    #[command(flatten)]
    pub global: GlobalOptions,

    #[command(flatten)]
    run: RunArgs,

    #[command(subcommand)]
    command: Option<CliCommand>,
}

/// A command with its arguments.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
#[command(disable_help_subcommand = true)]
pub enum CliCommand {
    /// Send one prompt, print the answer, exit
    #[command(after_help = run::EXAMPLES)]
    Run(Box<RunArgs>),
    /// Open a dialog; piped in, send one prompt a line
    #[command(after_help = chat::EXAMPLES)]
    Chat(Box<ChatArgs>),
    /// Start, show and stop the servers that are kept warm
    #[command(after_help = server::EXAMPLES)]
    Server(Box<ServerArgs>),
    /// List, show, copy, export and delete conversations
    ///
    /// A SESSION is an id, the beginning of one (four characters or more, with or without `ses_`), an exact title, or the
    /// name that a conversation is kept under. In `[SESSION]` it is optional: the default is the last session of the directory.
    /// `list`, `show`, `todo` and `export` start no engine when the engine's own store can be read.
    #[command(after_help = session::EXAMPLES)]
    Session(SessionArgs),
    /// Find, install and remove the engine program
    #[command(after_help = engine::EXAMPLES)]
    Engine(EngineArgs),
    /// List the models that the engine offers
    #[command(after_help = inventory::MODELS_EXAMPLES)]
    Models(ModelsArgs),
    /// List the agents that the engine offers
    #[command(after_help = inventory::AGENTS_EXAMPLES)]
    Agents(VisitArgs),
    /// Call any endpoint of the engine's HTTP interface
    #[command(after_help = api::EXAMPLES)]
    Api(ApiArgs),
    /// Show which calls are allowed, asked and denied, and past decisions
    #[command(after_help = policy::EXAMPLES)]
    Policy(Box<PolicyArgs>),
    /// Check engine, server, model access, terminal and disk
    #[command(after_help = inventory::DOCTOR_EXAMPLES)]
    Doctor(VisitArgs),
    /// Show the settings in use, with their origin
    #[command(after_help = config::EXAMPLES)]
    Config(ConfigArgs),
    /// Serve the scripted model on its own, for other programs
    #[command(after_help = rehearse::EXAMPLES)]
    Rehearse(RehearseArgs),
    /// Log in to a provider, log out, list the logins; the engine itself asks
    #[command(after_help = auth::EXAMPLES)]
    Auth(AuthArgs),
    /// Print the completions for a shell
    #[command(after_help = generate::COMPLETIONS_EXAMPLES)]
    Completions(CompletionsArgs),
    /// Show the help of a command
    #[command(after_help = "Examples:\n  opencode-rs help session list")]
    Help {
        /// The command
        #[arg(value_name = "COMMAND")]
        command: Vec<String>,
    },
    /// Show the version
    #[command(after_help = "Examples:\n  opencode-rs version")]
    Version,
    /// Write shell completions and manual pages
    #[command(after_help = generate::EXAMPLES)]
    Generate(GenerateArgs),
}

impl Cli {
    /// Parses the words of a command line, the program's name first.
    ///
    /// # Errors
    ///
    /// When this program does not know the words; also for `--help` and `--version`, which clap treats alike. [`mistake`]
    /// says what is meant.
    pub fn parse_words(words: Vec<OsString>) -> Result<Self, clap::Error> {
        let mut tree = Self::command();
        let words = command_first(&tree, with_our_words(&tree, words));
        let words = as_options(&tree, words);
        if let Some(word) = prompt_like_option(&tree, &words) {
            let message = format!("unknown option `{word}`\n\n  tip: write `--` before a prompt that begins with `-`");
            return Err(tree.error(ErrorKind::UnknownArgument, message));
        }
        let mut matches = tree.try_get_matches_from(words)?;
        Self::from_arg_matches_mut(&mut matches)
    }

    /// Refuses a prompt that is a command of another program, or a command of ours with a typo in it.
    ///
    /// # Errors
    ///
    /// A usage failure that says what to type.
    pub fn refuse_commands(&self) -> Result<(), Failure> {
        match &self.command {
            None => mistakes::refuse_command_as_prompt(self.run.words()),
            Some(CliCommand::Help { command }) => Err(mistakes::no_help(command)),
            Some(_) => Ok(()),
        }
    }

    pub fn tree() -> ClapCommand {
        Self::command()
    }

    /// The command, which is `run` where none is named.
    pub fn into_command(self) -> CliCommand {
        self.command.unwrap_or(CliCommand::Run(Box::new(self.run)))
    }

    /// The flags that are a source of settings.
    pub fn flags(&self) -> Flags {
        let permission = match &self.command {
            Some(CliCommand::Chat(args)) => Some(&args.permission),
            Some(CliCommand::Policy(args)) => args.permission(),
            _ => self.run_args().map(|args| &args.permission),
        };
        Flags {
            policy: permission.and_then(|options| options.policy.clone()),
            added_directories: permission.map_or_else(Vec::new, |options| options.add_dirs.clone()),
            ..self.global.flags()
        }
    }

    /// The agent's directory, as typed; it decides which project's settings count.
    pub fn directory(&self) -> Option<&PathBuf> {
        match &self.command {
            Some(CliCommand::Config(args)) => args.directory(),
            Some(CliCommand::Policy(args)) => args.directory(),
            Some(CliCommand::Server(args)) => args.directory(),
            _ => self.connect()?.directory.as_ref(),
        }
    }

    /// The arguments of `generate`, which needs neither a home nor settings.
    pub fn generate(&self) -> Option<GenerateArgs> {
        match &self.command {
            Some(CliCommand::Generate(args)) => Some(args.clone()),
            Some(CliCommand::Completions(args)) => Some(args.clone().into()),
            _ => None,
        }
    }

    /// Whether this is `config edit`.
    pub fn edits_config(&self) -> bool {
        matches!(&self.command, Some(CliCommand::Config(args)) if args.is_edit())
    }

    /// The format in which a run reports, where it was typed; `None` for other commands.
    pub fn run_mode(&self) -> Option<OutputMode> {
        self.run_args()?.output_format
    }

    /// Whether the command is `run`.
    pub fn is_run(&self) -> bool {
        self.run_args().is_some()
    }

    fn run_args(&self) -> Option<&RunArgs> {
        match &self.command {
            None => Some(&self.run),
            Some(CliCommand::Run(args)) => Some(args),
            Some(_) => None,
        }
    }

    /// Whether neither a command nor a prompt was typed: on a terminal that opens a dialog.
    pub fn is_empty(&self) -> bool {
        self.command.is_none() && self.run.is_without_prompt()
    }

    /// Whether `--bare` was typed.
    pub fn bare(&self) -> bool {
        self.connect().is_some_and(|connect| connect.bare)
    }

    fn connect(&self) -> Option<&ConnectOptions> {
        match &self.command {
            Some(CliCommand::Session(args)) => Some(args.connect()),
            Some(CliCommand::Chat(args)) => Some(&args.connect),
            Some(CliCommand::Models(args)) => Some(&args.visit.connect),
            Some(CliCommand::Agents(args) | CliCommand::Doctor(args)) => Some(&args.connect),
            Some(CliCommand::Api(args)) => Some(&args.connect),
            Some(CliCommand::Server(args)) => args.connect(),
            _ => self.run_args().map(|args| &args.connect),
        }
    }
}

/// Options of neighbours that mean the same here, in our words.
fn with_our_words(tree: &ClapCommand, words: Vec<OsString>) -> Vec<OsString> {
    let run = is_run_of(tree, &words);
    let is_free = words.iter().position(|word| word == "--").unwrap_or(words.len());
    let in_our_words = |(at, word): (usize, OsString)| match word.to_str() {
        _ if at >= is_free => Some(word),
        // The answer is printed anyway, and the words behind the options are the prompt.
        Some("--print" | "--prompt") if run => None,
        Some("--json") if run => Some("--output-format=stream-json".into()),
        Some("--json") => Some("--output-format=json".into()),
        _ => Some(word),
    };
    words.into_iter().enumerate().filter_map(in_our_words).collect()
}

/// `help COMMAND`, `COMMAND help` and `version` as the options that they are; a prompt may begin with `help` too.
fn as_options(tree: &ClapCommand, mut words: Vec<OsString>) -> Vec<OsString> {
    let (mut command, mut at) = (tree, 1);
    while let Some(below) = words.get(at).and_then(|word| command.find_subcommand(word))
        && below.has_subcommands()
    {
        (command, at) = (below, at + 1);
    }
    match words.get(at).and_then(|word| word.to_str()) {
        Some("help") => {
            let mut others = words[at + 1..].iter().filter_map(|word| word.to_str());
            let first = others.find(|word| !word.starts_with('-'));
            if at > 1 || first.is_none_or(|first| tree.find_subcommand(first).is_some()) {
                words.remove(at);
                words.push("--help".into());
            } else if first.is_some_and(|first| mistakes::commands_like(tree, first).is_empty()) && words.len() > 3 {
                // `help me with this` is a prompt; one word more is a name.
                words.insert(1, "run".into());
            }
        }
        Some("version") if words.len() == 2 => words[1] = "--version".into(),
        _ => {}
    }
    words
}

/// Whether the words, which need not parse, are those of a run.
pub fn is_run(words: &[OsString]) -> bool {
    is_run_of(&Cli::command(), words)
}

fn is_run_of(tree: &ClapCommand, words: &[OsString]) -> bool {
    let words = command_first(tree, words.to_vec());
    let first = words.get(1).and_then(|word| word.to_str()).unwrap_or_default();
    first == "run" || tree.find_subcommand(first).is_none()
}

/// The format of stdout that was typed in words which do not parse as a whole; none where they are not those of a run.
pub fn mode_of_refused(words: &[OsString]) -> Option<OutputMode> {
    const OPTION: &str = "--output-format";
    if !is_run(words) {
        return None;
    }
    let before_prompt = words
        .iter()
        .map_while(|word| word.to_str().filter(|word| *word != "--"));
    let mut typed = None;
    let mut words = before_prompt.peekable();
    while let Some(word) = words.next() {
        let value = match word.strip_prefix(OPTION) {
            Some("") => words.peek().copied(),
            Some(rest) => rest.strip_prefix('='),
            None => None,
        };
        typed = value.and_then(OutputMode::of_word).or(typed);
    }
    typed
}

/// Puts a command's name before the options that precede it: `-q models` becomes `models -q`.
///
/// Clap would take `models` for a prompt there, as it does with every word after an option. With the name in front it
/// has no such choice; and where the first word is no command's name, nothing changes and all words are a prompt.
fn command_first(tree: &ClapCommand, mut words: Vec<OsString>) -> Vec<OsString> {
    let mut at = 1;
    while let Some(word) = words.get(at).and_then(|word| word.to_str())
        && !matches!(word, "--" | "-")
    {
        if !word.starts_with('-') {
            if tree.find_subcommand(word).is_some() {
                words[1..=at].rotate_right(1);
            }
            break;
        }
        at += 1 + usize::from(value_is_next(tree, word));
    }
    words
}

/// The first word before `--` that clap would take for several short options and that is none of the kind: one that holds
/// white space, that begins the name of a long option, or in which `-h` or `-V` would be found, so that a prompt ends with help or the version and success.
///
/// Long options are left to clap: their value may hold white space, and no prompt begins with the name of one.
fn prompt_like_option(tree: &ClapCommand, words: &[OsString]) -> Option<String> {
    let mut tree = tree;
    let mut takes_prompt = true;
    let mut is_command = true;
    let mut words = words.iter().skip(1);
    while let Some(word) = words.next() {
        // What is not UTF-8 is no prompt either.
        let Some(word) = word.to_str() else { continue };
        if word == "--" {
            return None;
        }
        if let Some(shorts) = word.strip_prefix('-') {
            let is_long = shorts.starts_with('-');
            // `-m=name` cannot be prose.
            let has_equals = shorts.chars().nth(1) == Some('=');
            let is_prose = takes_prompt && word.contains(char::is_whitespace) && !has_equals;
            if !is_long && (is_prose || hides_help(tree, shorts) || begins_long_option(tree, shorts)) {
                return Some(word.to_owned());
            }
            if value_is_next(tree, word) {
                words.next();
            }
        } else if let Some(command) = tree.find_subcommand(word).filter(|_| is_command) {
            tree = command;
            takes_prompt = matches!(word, "run" | "chat");
        } else {
            is_command = false;
        }
    }
    None
}

/// Whether it is a long option with one dash too few, of which clap would take the rest for a value: `-continue` is no
/// `-c -o ntinue`.
fn begins_long_option(tree: &ClapCommand, shorts: &str) -> bool {
    let is_long = |arg: &Arg| arg.get_long().is_some_and(|long| long.starts_with(shorts));
    shorts.len() > 3 && tree.get_arguments().any(is_long)
}

/// Whether `-h` or `-V` is one of several short options in one word.
fn hides_help(tree: &ClapCommand, shorts: &str) -> bool {
    let flags = shorts.chars().take_while(|short| {
        let mut arguments = tree.get_arguments();
        !arguments.any(|arg| is_short(arg, *short) && takes_next(arg))
    });
    shorts.chars().count() > 1 && flags.into_iter().any(|short| matches!(short, 'h' | 'V'))
}

fn is_short(arg: &Arg, short: char) -> bool {
    let aliases = arg.get_all_short_aliases().unwrap_or_default();
    arg.get_short() == Some(short) || aliases.contains(&short)
}

/// Whether the option's value is the next word.
fn takes_next(arg: &Arg) -> bool {
    arg.get_action().takes_values() && !arg.is_require_equals_set()
}

/// Whether an option, or the last of several short ones in one word, has its value in the next word.
fn value_is_next(tree: &ClapCommand, word: &str) -> bool {
    if let Some(long) = word.strip_prefix("--") {
        let has_name = |arg: &Arg| {
            let aliases = arg.get_all_aliases().unwrap_or_default();
            arg.get_long() == Some(long) || aliases.contains(&long)
        };
        return tree.get_arguments().any(|arg| has_name(arg) && takes_next(arg));
    }
    let shorts = word.trim_start_matches('-');
    for (at, short) in shorts.char_indices() {
        if tree.get_arguments().any(|arg| is_short(arg, short) && takes_next(arg)) {
            return at + short.len_utf8() == shorts.len();
        }
    }
    false
}

#[cfg(test)]
mod tests;
