//! `session`: conversations.

use std::path::PathBuf;
use std::time::Duration;

use clap::ArgAction::SetTrue;
use clap::builder::{PathBufValueParser, PossibleValue, PossibleValuesParser, Resettable, TypedValueParser};
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches, Subcommand, ValueHint};

use super::choice::{choice, flag};
use super::options::{ConnectOptions, ListOptions};
use super::values;
use crate::request::{
    Confirmation, ConnectRequest, Execution, ExportFormat, ImportIds, Inclusion, InputSource, ListOutput, ModelChoice,
    Reasoning, Redaction, Rendering, SessionScope,
};
use crate::settings::Settings;
use crate::support::duration;
use crate::support::named_file::IfPresent;

pub(super) const EXAMPLES: &str = "\
Examples:
  opencode-rs session list
  opencode-rs session show
  opencode-rs session export 4f2a --format markdown -o talk.md
  opencode-rs session prune --older-than 30d --dry-run";

const LIST_EXAMPLES: &str = "\
Examples:
  opencode-rs session list
  opencode-rs session list --all --search release
  opencode-rs session list --limit 0 --output-format json | jq -r '.items[].id'";

const SHOW_EXAMPLES: &str = "\
Examples:
  opencode-rs session show
  opencode-rs session show \"Fix the parser\" --thinking | less
  opencode-rs session show 4f2a --output-format json | jq '.messages | length'";

const FORK_EXAMPLES: &str = "\
Examples:
  opencode-rs session fork
  opencode-rs session fork 4f2a --at 3 --title \"Another way\"";

const DELETE_EXAMPLES: &str = "\
Examples:
  opencode-rs session delete 4f2a
  opencode-rs session delete --yes 4f2a 77c1";

const ABORT_EXAMPLES: &str = "\
Examples:
  opencode-rs session abort
  opencode-rs session abort --attach http://127.0.0.1:4096 4f2a";

const COMPACT_EXAMPLES: &str = "\
Examples:
  opencode-rs session compact
  opencode-rs session compact 4f2a --model anthropic/claude-haiku-4-5";

const REVERT_EXAMPLES: &str = "\
Examples:
  opencode-rs session revert
  opencode-rs session revert --to 3 --yes";

const DIFF_EXAMPLES: &str = "\
Examples:
  opencode-rs session diff
  opencode-rs session diff --message 2 | git apply --reverse";

const TODO_EXAMPLES: &str = "\
Examples:
  opencode-rs session todo
  opencode-rs session todo --output-format json";

const EXPORT_EXAMPLES: &str = "\
Examples:
  opencode-rs session export > talk.json
  opencode-rs session export 4f2a --format markdown -o talk.md
  opencode-rs session export 4f2a --sanitize -o to-show.json";

const IMPORT_EXAMPLES: &str = "\
Examples:
  opencode-rs session import talk.json
  ssh build opencode-rs session export 4f2a | opencode-rs session import - --copy";

const PRUNE_EXAMPLES: &str = "\
Examples:
  opencode-rs session prune --older-than 30d --dry-run
  opencode-rs session prune --older-than 90d --all --yes";

/// A verb, and what all of them take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionArgs {
    action: SessionAction,
    common: Common,
}

/// What is done with conversations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRequest {
    /// The engine to ask, where one is needed.
    pub connect: ConnectRequest,
    pub output: ListOutput,
    /// Who says yes to what cannot be taken back.
    pub confirmation: Confirmation,
    pub action: SessionAction,
}

#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
#[command(disable_help_subcommand = true)]
pub enum SessionAction {
    /// List sessions, the last used first
    ///
    /// Sessions of subagents are listed only with `--children`, archived sessions only with `--archived`.
    #[command(visible_alias = "ls", after_help = LIST_EXAMPLES)]
    List(SessionList),
    /// Show a conversation
    ///
    /// It is written as Markdown, and rendered on a terminal. Tool calls have a line each; `--output-format json` has
    /// everything.
    #[command(after_help = SHOW_EXAMPLES)]
    Show {
        #[command(flatten)]
        target: SessionTarget,

        /// Show the model's reasoning too
        #[arg(long = "thinking", action = SetTrue, value_parser = flag(Reasoning::Shown), help_heading = "Session")]
        reasoning: Reasoning,

        /// Do not render Markdown on a terminal
        #[arg(long = "raw", action = SetTrue, value_parser = flag(Rendering::Raw), help_heading = "Session")]
        rendering: Rendering,
    },
    /// Give a session another title
    #[command(after_help = "Examples:\n  opencode-rs session rename 4f2a \"Fix the parser\"")]
    Rename {
        /// The session: an id, or a kept name
        #[arg(value_name = "SESSION", value_parser = values::parse_name)]
        session: String,

        /// The new title
        #[arg(value_name = "TITLE", value_parser = values::parse_name)]
        title: String,

        /// Look among the sessions of all directories
        #[arg(short = 'a', long = "all", action = SetTrue, value_parser = flag(SessionScope::Everywhere), help_heading = "Session")]
        scope: SessionScope,
    },
    /// Copy a session, and print the id of the copy
    ///
    /// The copy is a session of the same directory; files stay as they are.
    #[command(after_help = FORK_EXAMPLES)]
    Fork {
        #[command(flatten)]
        target: SessionTarget,

        /// Copy up to this message and including it: the number of a prompt, which counts with its answer, or an id
        #[arg(long, value_name = "MESSAGE", value_parser = values::parse_name, help_heading = "Session")]
        at: Option<String>,

        /// Give the copy this title [default: that of the session, and a number]
        #[arg(long, value_name = "TITLE", value_parser = values::parse_name, help_heading = "Session")]
        title: Option<String>,
    },
    /// Delete sessions, with those of their subagents
    #[command(visible_alias = "rm", after_help = DELETE_EXAMPLES)]
    Delete {
        /// The sessions: ids, or kept names
        #[arg(value_name = "SESSION", value_parser = values::parse_name, required = true)]
        sessions: Vec<String>,

        /// Look among the sessions of all directories
        #[arg(short = 'a', long = "all", action = SetTrue, value_parser = flag(SessionScope::Everywhere), help_heading = "Session")]
        scope: SessionScope,

        #[command(flatten)]
        yes: Yes,
    },
    /// End what a session is doing
    #[command(after_help = ABORT_EXAMPLES)]
    Abort(SessionTarget),
    /// Let the model replace a conversation by a summary of it
    ///
    /// What was said stays in the session; the model sees the summary from then on. One call of the model is made.
    #[command(after_help = COMPACT_EXAMPLES)]
    Compact {
        #[command(flatten)]
        target: SessionTarget,

        /// Let this model write the summary [default: the last one of the session]
        #[arg(short, long, value_name = "PROVIDER/MODEL", help_heading = "Session")]
        model: Option<ModelChoice>,
    },
    /// Undo prompts with their answers, and the changes that they made to files
    ///
    /// Files are restored only where the engine keeps snapshots, which needs a git repository. `session unrevert` takes it
    /// back until the next prompt.
    #[command(after_help = REVERT_EXAMPLES)]
    Revert {
        #[command(flatten)]
        target: SessionTarget,

        /// Undo this prompt and all that came after it: its number, or an id [default: the last prompt]
        #[arg(long, value_name = "MESSAGE", value_parser = values::parse_name, help_heading = "Session")]
        to: Option<String>,

        #[command(flatten)]
        yes: Yes,
    },
    /// Take back what `session revert` did
    #[command(after_help = "Examples:\n  opencode-rs session unrevert")]
    Unrevert(SessionTarget),
    /// Show what a session changed in files, as a unified diff
    #[command(after_help = DIFF_EXAMPLES)]
    Diff {
        #[command(flatten)]
        target: SessionTarget,

        /// Show only what this prompt changed: its number, or an id [default: each prompt, one after the other]
        #[arg(long, value_name = "MESSAGE", value_parser = values::parse_name, help_heading = "Session")]
        message: Option<String>,
    },
    /// Show the list of things to do that the model keeps
    #[command(after_help = TODO_EXAMPLES)]
    Todo(SessionTarget),
    /// Write a whole session to stdout or a file
    #[command(after_help = EXPORT_EXAMPLES)]
    Export(SessionExport),
    /// Store an exported session as one of this directory, and print its id
    ///
    /// Rules of permissions and the link of a shared session are not taken over. A session that is there already is never
    /// overwritten.
    #[command(after_help = IMPORT_EXAMPLES)]
    Import {
        /// The exported session; `-` reads stdin
        #[arg(
            id = "file",
            value_name = "FILE",
            value_hint = ValueHint::AnyPath,
            value_parser = PathBufValueParser::new().map(InputSource::from)
        )]
        source: InputSource,

        /// Import it as a session of its own, with new ids
        #[arg(long = "copy", action = SetTrue, value_parser = flag(ImportIds::New), help_heading = "Session")]
        ids: ImportIds,

        /// Give it this title [default: its own]
        #[arg(long, value_name = "TITLE", value_parser = values::parse_name, help_heading = "Session")]
        title: Option<String>,
    },
    /// Publish a session on the engine's sharing site, and print its address
    ///
    /// Everybody who has the address can read the whole conversation, and what is said from then on.
    #[command(
        after_help = "Examples:\n  opencode-rs session share 4f2a",
        mut_arg("session", named)
    )]
    Share {
        #[command(flatten)]
        target: SessionTarget,
        #[command(flatten)]
        yes: Yes,
    },
    /// Take a shared session back
    #[command(
        after_help = "Examples:\n  opencode-rs session unshare 4f2a",
        mut_arg("session", named)
    )]
    Unshare(SessionTarget),
    /// Delete sessions that nothing happened in for some time
    ///
    /// Conversations that are kept under a name stay, unless `--kept` is given.
    #[command(after_help = PRUNE_EXAMPLES)]
    Prune(SessionPrune),
}

#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(next_help_heading = "Session")]
pub struct SessionList {
    /// Look among the sessions of all directories
    #[arg(short = 'a', long = "all", action = SetTrue, value_parser = flag(SessionScope::Everywhere))]
    pub scope: SessionScope,

    /// List only sessions whose title holds this
    #[arg(long, value_name = "TEXT", value_parser = values::parse_name)]
    pub search: Option<String>,

    /// List at most so many; 0 lists all
    #[arg(long, value_name = "N", default_value_t = 30)]
    pub limit: usize,

    /// List the sessions of subagents too
    #[arg(long, action = SetTrue, value_parser = flag(Inclusion::Included))]
    pub children: Inclusion,

    /// List archived sessions too
    #[arg(long, action = SetTrue, value_parser = flag(Inclusion::Included))]
    pub archived: Inclusion,
}

/// What is exported, and how.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct SessionExport {
    #[command(flatten)]
    pub target: SessionTarget,

    /// Choose the format of the export
    #[arg(long, value_name = "FORMAT", value_parser = export_format(), default_value = "json", help_heading = "Session")]
    pub format: ExportFormat,

    /// Leave out contents of files, output of tools, reasoning and rules; write the home directory as `~`
    ///
    /// Prompts, answers and the commands that ran stay: look them through before you pass them on.
    #[arg(long = "sanitize", action = SetTrue, value_parser = flag(Redaction::Sanitized), help_heading = "Session")]
    pub redaction: Redaction,

    /// Write to this file [default: stdout]
    #[arg(short = 'o', long = "output", value_name = "FILE", help_heading = "Session")]
    pub file: Option<PathBuf>,

    /// Replace the file if there is one
    #[arg(
        long = "force",
        action = SetTrue,
        value_parser = flag(IfPresent::Replace),
        requires = "file",
        help_heading = "Session"
    )]
    pub if_present: IfPresent,
}

#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(next_help_heading = "Session")]
pub struct SessionPrune {
    /// Delete sessions that nothing happened in for this time, such as `30d`
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    pub older_than: Duration,

    /// Delete sessions of all directories
    #[arg(short = 'a', long = "all", action = SetTrue, value_parser = flag(SessionScope::Everywhere))]
    pub scope: SessionScope,

    /// Delete conversations that are kept under a name, too
    #[arg(long, action = SetTrue, value_parser = flag(Inclusion::Included))]
    pub kept: Inclusion,

    /// Show what would be deleted, and delete nothing
    #[arg(long = "dry-run", action = SetTrue, value_parser = flag(Execution::DryRun))]
    pub execution: Execution,

    #[command(flatten)]
    pub yes: Yes,
}

/// The session that is meant.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct SessionTarget {
    /// The session [default: the last one of the directory]
    #[arg(id = "session", value_name = "SESSION", value_parser = values::parse_name)]
    pub reference: Option<String>,

    /// Look among the sessions of all directories
    #[arg(short = 'a', long = "all", action = SetTrue, value_parser = flag(SessionScope::Everywhere), help_heading = "Session")]
    pub scope: SessionScope,
}

impl SessionTarget {
    pub fn named(reference: &str, scope: SessionScope) -> Self {
        let reference = Some(reference.to_owned());
        Self { reference, scope }
    }
}

/// A session that has to be named.
fn named(session: Arg) -> Arg {
    session.required(true).help("The session")
}

/// The answer that a person would give.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Args)]
pub struct Yes {
    /// Do not ask for a confirmation
    #[arg(short, long, conflicts_with = "no_input", help_heading = "Session")]
    yes: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
struct Common {
    #[command(flatten)]
    list: ListOptions,

    #[command(flatten)]
    connect: ConnectOptions,
}

/// `--format` of `session export`.
fn export_format() -> impl TypedValueParser<Value = ExportFormat> {
    let words = PossibleValuesParser::new([
        PossibleValue::new("json").help("The engine's own format, which can be imported"),
        PossibleValue::new("markdown").help("A page for people"),
    ]);
    words.map(|word| choice(word == "markdown", ExportFormat::Markdown))
}

impl Args for SessionArgs {
    fn augment_args(command: Command) -> Command {
        let command = command.subcommand_required(true).arg_required_else_help(true);
        SessionAction::augment_subcommands(command).mut_subcommands(|verb| {
            // The options bring a text about themselves.
            let about: Resettable<_> = verb.get_about().cloned().into();
            let long_about: Resettable<_> = verb.get_long_about().cloned().into();
            Common::augment_args(verb).about(about).long_about(long_about)
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for SessionArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let verb = matches.subcommand().map(|(_, verb)| Common::from_arg_matches(verb));
        Ok(Self {
            action: SessionAction::from_arg_matches(matches)?,
            common: verb.transpose()?.unwrap_or_default(),
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl SessionArgs {
    /// The options about the engine.
    pub(super) fn connect(&self) -> &ConnectOptions {
        &self.common.connect
    }

    pub fn resolve(self, settings: &Settings) -> SessionRequest {
        SessionRequest {
            confirmation: match (self.action.is_confirmed(), self.common.connect.input.nobody(settings)) {
                (true, _) => Confirmation::Given,
                (false, true) => Confirmation::NobodyToAsk,
                (false, false) => Confirmation::Ask,
            },
            output: self.common.list.resolve(settings),
            connect: self.common.connect.resolve(settings),
            action: self.action,
        }
    }
}

impl SessionAction {
    fn is_confirmed(&self) -> bool {
        match self {
            Self::Delete { yes, .. } | Self::Revert { yes, .. } | Self::Share { yes, .. } => yes.yes,
            Self::Prune(prune) => prune.yes.yes,
            _ => false,
        }
    }
}
