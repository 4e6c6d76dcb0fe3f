//! `session`: conversations.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};

use super::options::{ConnectOptions, ListOptions};
use super::values;
use crate::context::Environment;
use crate::error::Failure;
use crate::request::{
    Confirmation, Execution, Existing, ExportFormat, ImportIds, ImportSource, Inclusion, ModelChoice, Reasoning,
    Redaction, Rendering, SessionAction, SessionRequest, SessionScope, SessionTarget,
};
use crate::settings::Settings;

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
  opencode-rs session list --limit 0 --output-format json | jq -r '.[].id'";

const SHOW_EXAMPLES: &str = "\
Examples:
  opencode-rs session show
  opencode-rs session show \"Fix the parser\" --thinking | less
  opencode-rs session show 4f2a --output-format json | jq '.messages | length'";

const RENAME_EXAMPLES: &str = "\
Examples:
  opencode-rs session rename 4f2a \"Fix the parser\"";

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

const UNREVERT_EXAMPLES: &str = "\
Examples:
  opencode-rs session unrevert";

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

const SHARE_EXAMPLES: &str = "\
Examples:
  opencode-rs session share 4f2a";

const UNSHARE_EXAMPLES: &str = "\
Examples:
  opencode-rs session unshare 4f2a";

const PRUNE_EXAMPLES: &str = "\
Examples:
  opencode-rs session prune --older-than 30d --dry-run
  opencode-rs session prune --older-than 90d --all --yes";

/// Arguments of `session`.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct SessionArgs {
    #[command(subcommand)]
    command: SessionCommand,
}

#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
#[command(disable_help_subcommand = true)]
enum SessionCommand {
    /// List sessions, the last used first
    ///
    /// The sessions of subagents are left out unless `--children` is given, those that were put away unless `--archived` is.
    #[command(after_help = LIST_EXAMPLES)]
    List(Box<ListArgs>),
    /// Show a conversation
    ///
    /// It is written as Markdown, and rendered on a terminal. Tool calls have a line each; `--output-format json` has
    /// everything.
    #[command(after_help = SHOW_EXAMPLES)]
    Show(Box<Show>),
    /// Give a session another title
    #[command(after_help = RENAME_EXAMPLES)]
    Rename(Box<Rename>),
    /// Copy a session, and print the id of the copy
    ///
    /// The copy is a session of the same directory; files stay as they are.
    #[command(after_help = FORK_EXAMPLES)]
    Fork(Box<Fork>),
    /// Delete sessions, with those of their subagents
    #[command(after_help = DELETE_EXAMPLES)]
    Delete(Box<Delete>),
    /// End what a session is doing
    #[command(after_help = ABORT_EXAMPLES)]
    Abort(Box<PlainArgs>),
    /// Let the model replace a conversation by a summary of it
    ///
    /// What was said stays in the session; the model sees the summary from then on. One call of the model is made.
    #[command(after_help = COMPACT_EXAMPLES)]
    Compact(Box<Compact>),
    /// Undo prompts with their answers, and the changes that they made to files
    ///
    /// Files are restored only where the engine keeps snapshots, which needs a git repository. `session unrevert` takes it
    /// back until the next prompt.
    #[command(after_help = REVERT_EXAMPLES)]
    Revert(Box<RevertArgs>),
    /// Take a revert back
    #[command(after_help = UNREVERT_EXAMPLES)]
    Unrevert(Box<PlainArgs>),
    /// Show what a session changed in files, as a unified diff
    #[command(after_help = DIFF_EXAMPLES)]
    Diff(Box<Diff>),
    /// Show the list of things to do that the model keeps
    #[command(after_help = TODO_EXAMPLES)]
    Todo(Box<PlainArgs>),
    /// Write a whole session to stdout or a file
    #[command(after_help = EXPORT_EXAMPLES)]
    Export(Box<Export>),
    /// Store an exported session as one of this directory, and print its id
    ///
    /// Rules of permissions and the link of a shared session are not taken over. A session that is there already is never
    /// overwritten.
    #[command(after_help = IMPORT_EXAMPLES)]
    Import(Box<Import>),
    /// Publish a session on the engine's sharing site, and print its address
    ///
    /// Everybody who has the address can read the whole conversation, and what is said from then on.
    #[command(after_help = SHARE_EXAMPLES)]
    Share(Box<Share>),
    /// Take a shared session back
    #[command(after_help = UNSHARE_EXAMPLES)]
    Unshare(Box<Unshare>),
    /// Delete sessions that nothing happened in for some time
    ///
    /// Conversations that are kept under a name stay, unless `--kept` is given.
    #[command(after_help = PRUNE_EXAMPLES)]
    Prune(Box<Prune>),
}

/// What all verbs have.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
struct Common {
    #[command(flatten)]
    list: ListOptions,

    #[command(flatten)]
    connect: ConnectOptions,
}

/// The session, or the last one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
struct Optional {
    /// The session [default: the last one of the directory]
    #[arg(value_name = "SESSION", value_parser = values::parse_name)]
    session: Option<String>,

    #[command(flatten)]
    scope: ScopeArgs,
}

/// The session, which has to be named.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
struct NamedSession {
    /// The session
    #[arg(value_name = "SESSION", value_parser = values::parse_name)]
    session: String,

    #[command(flatten)]
    scope: ScopeArgs,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Args)]
struct ScopeArgs {
    /// Look among the sessions of all directories
    #[arg(short, long, help_heading = "Session")]
    all: bool,
}

/// The answer that a person would give.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Args)]
struct Yes {
    /// Do not ask
    #[arg(short, long, conflicts_with = "no_input", help_heading = "Session")]
    yes: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
struct PlainArgs {
    #[command(flatten)]
    target: Optional,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
struct ListArgs {
    #[command(flatten)]
    scope: ScopeArgs,

    /// List only sessions whose title holds this
    #[arg(long, value_name = "TEXT", value_parser = values::parse_name, help_heading = "Session")]
    search: Option<String>,

    /// List at most so many; 0 lists all
    #[arg(long, value_name = "N", default_value_t = 30, help_heading = "Session")]
    limit: usize,

    /// List the sessions of subagents too
    #[arg(long, help_heading = "Session")]
    children: bool,

    /// List sessions that were put away too
    #[arg(long, help_heading = "Session")]
    archived: bool,

    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
struct Show {
    #[command(flatten)]
    target: Optional,

    /// Show the model's reasoning too
    #[arg(long, help_heading = "Session")]
    thinking: bool,

    /// Do not render Markdown on a terminal
    #[arg(long, help_heading = "Session")]
    raw: bool,

    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
struct Rename {
    /// The session
    #[arg(value_name = "SESSION", value_parser = values::parse_name)]
    session: String,

    /// The new title
    #[arg(value_name = "TITLE", value_parser = values::parse_name)]
    title: String,

    #[command(flatten)]
    scope: ScopeArgs,

    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
struct Fork {
    #[command(flatten)]
    target: Optional,

    /// Copy up to this message and including it: the number of a prompt, which counts with its answer, or an id
    #[arg(long, value_name = "MESSAGE", value_parser = values::parse_name, help_heading = "Session")]
    at: Option<String>,

    /// Give the copy this title [default: that of the session, and a number]
    #[arg(long, value_name = "TITLE", value_parser = values::parse_name, help_heading = "Session")]
    title: Option<String>,

    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
struct Delete {
    /// The sessions
    #[arg(value_name = "SESSION", value_parser = values::parse_name, required = true)]
    sessions: Vec<String>,

    #[command(flatten)]
    scope: ScopeArgs,

    #[command(flatten)]
    yes: Yes,

    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
struct Compact {
    #[command(flatten)]
    target: Optional,

    /// Let this model write the summary [default: the last one of the session]
    #[arg(short, long, value_name = "PROVIDER/MODEL", help_heading = "Session")]
    model: Option<ModelChoice>,

    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
struct RevertArgs {
    #[command(flatten)]
    target: Optional,

    /// Undo this prompt and all that came after it: its number, or an id [default: the last prompt]
    #[arg(long, value_name = "MESSAGE", value_parser = values::parse_name, help_heading = "Session")]
    to: Option<String>,

    #[command(flatten)]
    yes: Yes,

    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
struct Diff {
    #[command(flatten)]
    target: Optional,

    /// Show only what this prompt changed: its number, or an id [default: each prompt, one after the other]
    #[arg(long, value_name = "MESSAGE", value_parser = values::parse_name, help_heading = "Session")]
    message: Option<String>,

    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum ExportWord {
    /// The engine's own format, which can be imported
    #[default]
    Json,
    /// A page for people
    Markdown,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
struct Export {
    #[command(flatten)]
    target: Optional,

    /// Choose the format of the export
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t, help_heading = "Session")]
    format: ExportWord,

    /// Leave out contents of files, output of tools, reasoning and rules; write the home directory as `~`
    ///
    /// Prompts, answers and the commands that ran stay: look them through before you pass them on.
    #[arg(long, help_heading = "Session")]
    sanitize: bool,

    /// Write to this file [default: stdout]
    #[arg(short, long, value_name = "FILE", help_heading = "Session")]
    output: Option<PathBuf>,

    /// Replace the file if there is one
    #[arg(long, requires = "output", help_heading = "Session")]
    force: bool,

    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
struct Import {
    /// The exported session; `-` reads stdin
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Import it as a session of its own, with new ids
    #[arg(long, help_heading = "Session")]
    copy: bool,

    /// Give it this title [default: its own]
    #[arg(long, value_name = "TITLE", value_parser = values::parse_name, help_heading = "Session")]
    title: Option<String>,

    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
struct Share {
    #[command(flatten)]
    target: NamedSession,
    #[command(flatten)]
    yes: Yes,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
struct Unshare {
    #[command(flatten)]
    target: NamedSession,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
struct Prune {
    /// Delete sessions that nothing happened in for this time, such as `30d`
    #[arg(long, value_name = "DURATION", value_parser = values::parse_duration, help_heading = "Session")]
    older_than: Duration,

    /// Delete sessions of all directories
    #[arg(short, long, help_heading = "Session")]
    all: bool,

    /// Delete conversations that are kept under a name, too
    #[arg(long, help_heading = "Session")]
    kept: bool,

    /// Show what would be deleted, and delete nothing
    #[arg(long, help_heading = "Session")]
    dry_run: bool,

    #[command(flatten)]
    yes: Yes,

    #[command(flatten)]
    common: Common,
}

impl ScopeArgs {
    fn resolve(self) -> SessionScope {
        scope(self.all)
    }
}

impl Optional {
    fn resolve(self) -> SessionTarget {
        SessionTarget {
            reference: self.session,
            scope: self.scope.resolve(),
        }
    }
}

impl NamedSession {
    fn resolve(self) -> SessionTarget {
        SessionTarget {
            reference: Some(self.session),
            scope: self.scope.resolve(),
        }
    }
}

fn scope(all: bool) -> SessionScope {
    if all {
        SessionScope::Everywhere
    } else {
        SessionScope::Directory
    }
}

fn included(flag: bool) -> Inclusion {
    if flag { Inclusion::Included } else { Inclusion::LeftOut }
}

impl SessionArgs {
    /// The options about the engine.
    pub(super) fn connect(&self) -> &ConnectOptions {
        &self.command.common().connect
    }

    /// Turns flags and settings into what was asked for.
    ///
    /// # Errors
    ///
    /// When flags contradict each other in a way that the parser does not see.
    pub fn resolve(self, settings: &Settings, environment: &Environment) -> Result<SessionRequest, Failure> {
        let nobody = self.connect().input().nobody(settings);
        let (action, common, yes) = self.command.resolve();
        Ok(SessionRequest {
            confirmation: match (yes.yes, nobody) {
                (true, _) => Confirmation::Given,
                (false, true) => Confirmation::NobodyToAsk,
                (false, false) => Confirmation::Ask,
            },
            output: common.list.resolve(settings),
            connect: common.connect.resolve(settings, environment)?,
            action,
        })
    }
}

impl SessionCommand {
    fn common(&self) -> &Common {
        match self {
            Self::List(args) => &args.common,
            Self::Show(args) => &args.common,
            Self::Rename(args) => &args.common,
            Self::Fork(args) => &args.common,
            Self::Delete(args) => &args.common,
            Self::Abort(args) | Self::Unrevert(args) | Self::Todo(args) => &args.common,
            Self::Compact(args) => &args.common,
            Self::Revert(args) => &args.common,
            Self::Diff(args) => &args.common,
            Self::Export(args) => &args.common,
            Self::Import(args) => &args.common,
            Self::Share(args) => &args.common,
            Self::Unshare(args) => &args.common,
            Self::Prune(args) => &args.common,
        }
    }

    fn resolve(self) -> (SessionAction, Common, Yes) {
        let no = Yes::default();
        match self {
            Self::List(args) => (
                SessionAction::List {
                    scope: args.scope.resolve(),
                    search: args.search,
                    limit: (args.limit > 0).then_some(args.limit),
                    children: included(args.children),
                    archived: included(args.archived),
                },
                args.common,
                no,
            ),
            Self::Show(args) => (
                SessionAction::Show {
                    target: args.target.resolve(),
                    reasoning: if args.thinking {
                        Reasoning::Shown
                    } else {
                        Reasoning::Hidden
                    },
                    rendering: if args.raw { Rendering::Raw } else { Rendering::Markdown },
                },
                args.common,
                no,
            ),
            Self::Rename(args) => (
                SessionAction::Rename {
                    target: SessionTarget {
                        reference: Some(args.session),
                        scope: args.scope.resolve(),
                    },
                    title: args.title,
                },
                args.common,
                no,
            ),
            Self::Fork(args) => (
                SessionAction::Fork {
                    target: args.target.resolve(),
                    at: args.at,
                    title: args.title,
                },
                args.common,
                no,
            ),
            Self::Delete(args) => {
                let scope = args.scope.resolve();
                let targets = args.sessions.into_iter().map(|session| SessionTarget {
                    reference: Some(session),
                    scope,
                });
                let targets = targets.collect();
                (SessionAction::Delete { targets }, args.common, args.yes)
            }
            Self::Abort(args) => (
                SessionAction::Abort {
                    target: args.target.resolve(),
                },
                args.common,
                no,
            ),
            Self::Compact(args) => (
                SessionAction::Compact {
                    target: args.target.resolve(),
                    model: args.model,
                },
                args.common,
                no,
            ),
            Self::Revert(args) => (
                SessionAction::Revert {
                    target: args.target.resolve(),
                    to: args.to,
                },
                args.common,
                args.yes,
            ),
            Self::Unrevert(args) => (
                SessionAction::Unrevert {
                    target: args.target.resolve(),
                },
                args.common,
                no,
            ),
            Self::Diff(args) => (
                SessionAction::Diff {
                    target: args.target.resolve(),
                    message: args.message,
                },
                args.common,
                no,
            ),
            Self::Todo(args) => (
                SessionAction::Todo {
                    target: args.target.resolve(),
                },
                args.common,
                no,
            ),
            Self::Export(args) => args.resolve(),
            Self::Import(args) => args.resolve(),
            Self::Share(args) => (
                SessionAction::Share {
                    target: args.target.resolve(),
                },
                args.common,
                args.yes,
            ),
            Self::Unshare(args) => (
                SessionAction::Unshare {
                    target: args.target.resolve(),
                },
                args.common,
                no,
            ),
            Self::Prune(args) => args.resolve(),
        }
    }
}

impl Export {
    fn resolve(self) -> (SessionAction, Common, Yes) {
        let action = SessionAction::Export {
            target: self.target.resolve(),
            format: match self.format {
                ExportWord::Json => ExportFormat::Json,
                ExportWord::Markdown => ExportFormat::Markdown,
            },
            redaction: if self.sanitize {
                Redaction::Sanitized
            } else {
                Redaction::Nothing
            },
            file: self.output,
            existing: if self.force { Existing::Replaced } else { Existing::Kept },
        };
        (action, self.common, Yes::default())
    }
}

impl Import {
    fn resolve(self) -> (SessionAction, Common, Yes) {
        let action = SessionAction::Import {
            source: if self.file.as_os_str() == "-" {
                ImportSource::Stdin
            } else {
                ImportSource::File(self.file)
            },
            ids: if self.copy { ImportIds::New } else { ImportIds::Same },
            title: self.title,
        };
        (action, self.common, Yes::default())
    }
}

impl Prune {
    fn resolve(self) -> (SessionAction, Common, Yes) {
        let action = SessionAction::Prune {
            older_than: self.older_than,
            scope: scope(self.all),
            kept: included(self.kept),
            execution: if self.dry_run {
                Execution::DryRun
            } else {
                Execution::Real
            },
        };
        (action, self.common, self.yes)
    }
}
