//! `session`: conversations.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};

use super::choice::choice;
use super::options::{ConnectOptions, ListOptions};
use super::values;
use crate::request::{
    Confirmation, Execution, Existing, ExportFormat, ImportIds, Inclusion, ModelChoice, Reasoning, Redaction,
    Rendering, SessionAction, SessionRequest, SessionScope, SessionTarget,
};
use crate::settings::Settings;
use crate::support::duration;

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
    List {
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
        common: Box<Common>,
    },
    /// Show a conversation
    ///
    /// It is written as Markdown, and rendered on a terminal. Tool calls have a line each; `--output-format json` has
    /// everything.
    #[command(after_help = SHOW_EXAMPLES)]
    Show {
        #[command(flatten)]
        target: Optional,

        /// Show the model's reasoning too
        #[arg(long, help_heading = "Session")]
        thinking: bool,

        /// Do not render Markdown on a terminal
        #[arg(long, help_heading = "Session")]
        raw: bool,

        #[command(flatten)]
        common: Box<Common>,
    },
    /// Give a session another title
    #[command(after_help = RENAME_EXAMPLES)]
    Rename {
        /// The session
        #[arg(value_name = "SESSION", value_parser = values::parse_name)]
        session: String,

        /// The new title
        #[arg(value_name = "TITLE", value_parser = values::parse_name)]
        title: String,

        #[command(flatten)]
        scope: ScopeArgs,

        #[command(flatten)]
        common: Box<Common>,
    },
    /// Copy a session, and print the id of the copy
    ///
    /// The copy is a session of the same directory; files stay as they are.
    #[command(after_help = FORK_EXAMPLES)]
    Fork {
        #[command(flatten)]
        target: Optional,

        /// Copy up to this message and including it: the number of a prompt, which counts with its answer, or an id
        #[arg(long, value_name = "MESSAGE", value_parser = values::parse_name, help_heading = "Session")]
        at: Option<String>,

        /// Give the copy this title [default: that of the session, and a number]
        #[arg(long, value_name = "TITLE", value_parser = values::parse_name, help_heading = "Session")]
        title: Option<String>,

        #[command(flatten)]
        common: Box<Common>,
    },
    /// Delete sessions, with those of their subagents
    #[command(after_help = DELETE_EXAMPLES)]
    Delete {
        /// The sessions
        #[arg(value_name = "SESSION", value_parser = values::parse_name, required = true)]
        sessions: Vec<String>,

        #[command(flatten)]
        scope: ScopeArgs,

        #[command(flatten)]
        yes: Yes,

        #[command(flatten)]
        common: Box<Common>,
    },
    /// End what a session is doing
    #[command(after_help = ABORT_EXAMPLES)]
    Abort {
        #[command(flatten)]
        target: Optional,
        #[command(flatten)]
        common: Box<Common>,
    },
    /// Let the model replace a conversation by a summary of it
    ///
    /// What was said stays in the session; the model sees the summary from then on. One call of the model is made.
    #[command(after_help = COMPACT_EXAMPLES)]
    Compact {
        #[command(flatten)]
        target: Optional,

        /// Let this model write the summary [default: the last one of the session]
        #[arg(short, long, value_name = "PROVIDER/MODEL", help_heading = "Session")]
        model: Option<ModelChoice>,

        #[command(flatten)]
        common: Box<Common>,
    },
    /// Undo prompts with their answers, and the changes that they made to files
    ///
    /// Files are restored only where the engine keeps snapshots, which needs a git repository. `session unrevert` takes it
    /// back until the next prompt.
    #[command(after_help = REVERT_EXAMPLES)]
    Revert {
        #[command(flatten)]
        target: Optional,

        /// Undo this prompt and all that came after it: its number, or an id [default: the last prompt]
        #[arg(long, value_name = "MESSAGE", value_parser = values::parse_name, help_heading = "Session")]
        to: Option<String>,

        #[command(flatten)]
        yes: Yes,

        #[command(flatten)]
        common: Box<Common>,
    },
    /// Take a revert back
    #[command(after_help = UNREVERT_EXAMPLES)]
    Unrevert {
        #[command(flatten)]
        target: Optional,
        #[command(flatten)]
        common: Box<Common>,
    },
    /// Show what a session changed in files, as a unified diff
    #[command(after_help = DIFF_EXAMPLES)]
    Diff {
        #[command(flatten)]
        target: Optional,

        /// Show only what this prompt changed: its number, or an id [default: each prompt, one after the other]
        #[arg(long, value_name = "MESSAGE", value_parser = values::parse_name, help_heading = "Session")]
        message: Option<String>,

        #[command(flatten)]
        common: Box<Common>,
    },
    /// Show the list of things to do that the model keeps
    #[command(after_help = TODO_EXAMPLES)]
    Todo {
        #[command(flatten)]
        target: Optional,
        #[command(flatten)]
        common: Box<Common>,
    },
    /// Write a whole session to stdout or a file
    #[command(after_help = EXPORT_EXAMPLES)]
    Export {
        #[command(flatten)]
        target: Optional,

        /// Choose the format of the export
        #[arg(long, value_name = "FORMAT", value_parser = export_format(), default_value = "json", help_heading = "Session")]
        format: ExportFormat,

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
        common: Box<Common>,
    },
    /// Store an exported session as one of this directory, and print its id
    ///
    /// Rules of permissions and the link of a shared session are not taken over. A session that is there already is never
    /// overwritten.
    #[command(after_help = IMPORT_EXAMPLES)]
    Import {
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
        common: Box<Common>,
    },
    /// Publish a session on the engine's sharing site, and print its address
    ///
    /// Everybody who has the address can read the whole conversation, and what is said from then on.
    #[command(after_help = SHARE_EXAMPLES)]
    Share {
        #[command(flatten)]
        target: NamedSession,
        #[command(flatten)]
        yes: Yes,
        #[command(flatten)]
        common: Box<Common>,
    },
    /// Take a shared session back
    #[command(after_help = UNSHARE_EXAMPLES)]
    Unshare {
        #[command(flatten)]
        target: NamedSession,
        #[command(flatten)]
        common: Box<Common>,
    },
    /// Delete sessions that nothing happened in for some time
    ///
    /// Conversations that are kept under a name stay, unless `--kept` is given.
    #[command(after_help = PRUNE_EXAMPLES)]
    Prune {
        /// Delete sessions that nothing happened in for this time, such as `30d`
        #[arg(long, value_name = "DURATION", value_parser = duration::parse, help_heading = "Session")]
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
        common: Box<Common>,
    },
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

/// `--format` of `session export`.
fn export_format() -> impl TypedValueParser<Value = ExportFormat> {
    let words = PossibleValuesParser::new([
        PossibleValue::new("json").help("The engine's own format, which can be imported"),
        PossibleValue::new("markdown").help("A page for people"),
    ]);
    words.map(|word| choice(word == "markdown", ExportFormat::Markdown))
}

impl ScopeArgs {
    fn resolve(self) -> SessionScope {
        choice(self.all, SessionScope::Everywhere)
    }

    fn target(self, session: Option<String>) -> SessionTarget {
        SessionTarget {
            reference: session,
            scope: self.resolve(),
        }
    }
}

impl Optional {
    fn resolve(self) -> SessionTarget {
        self.scope.target(self.session)
    }
}

impl NamedSession {
    fn resolve(self) -> SessionTarget {
        self.scope.target(Some(self.session))
    }
}

impl SessionArgs {
    /// The options about the engine.
    pub(super) fn connect(&self) -> &ConnectOptions {
        &self.command.common().connect
    }

    pub fn resolve(self, settings: &Settings) -> SessionRequest {
        let common = self.command.common().clone();
        SessionRequest {
            confirmation: match (self.command.is_confirmed(), common.connect.input.nobody(settings)) {
                (true, _) => Confirmation::Given,
                (false, true) => Confirmation::NobodyToAsk,
                (false, false) => Confirmation::Ask,
            },
            output: common.list.resolve(settings),
            connect: common.connect.resolve(settings),
            action: self.command.resolve(),
        }
    }
}

impl SessionCommand {
    fn common(&self) -> &Common {
        match self {
            Self::List { common, .. }
            | Self::Show { common, .. }
            | Self::Rename { common, .. }
            | Self::Fork { common, .. }
            | Self::Delete { common, .. }
            | Self::Abort { common, .. }
            | Self::Compact { common, .. }
            | Self::Revert { common, .. }
            | Self::Unrevert { common, .. }
            | Self::Diff { common, .. }
            | Self::Todo { common, .. }
            | Self::Export { common, .. }
            | Self::Import { common, .. }
            | Self::Share { common, .. }
            | Self::Unshare { common, .. }
            | Self::Prune { common, .. } => common,
        }
    }

    fn is_confirmed(&self) -> bool {
        match self {
            Self::Delete { yes, .. } | Self::Revert { yes, .. } | Self::Share { yes, .. } | Self::Prune { yes, .. } => {
                yes.yes
            }
            _ => false,
        }
    }

    fn resolve(self) -> SessionAction {
        match self {
            Self::List {
                scope,
                search,
                limit,
                children,
                archived,
                ..
            } => SessionAction::List {
                scope: scope.resolve(),
                search,
                limit: (limit > 0).then_some(limit),
                children: choice(children, Inclusion::Included),
                archived: choice(archived, Inclusion::Included),
            },
            Self::Show {
                target, thinking, raw, ..
            } => SessionAction::Show {
                target: target.resolve(),
                reasoning: choice(thinking, Reasoning::Shown),
                rendering: choice(raw, Rendering::Raw),
            },
            Self::Rename {
                session, title, scope, ..
            } => SessionAction::Rename {
                target: scope.target(Some(session)),
                title,
            },
            Self::Fork { target, at, title, .. } => SessionAction::Fork {
                target: target.resolve(),
                at,
                title,
            },
            Self::Delete { sessions, scope, .. } => SessionAction::Delete {
                targets: sessions
                    .into_iter()
                    .map(|session| scope.target(Some(session)))
                    .collect(),
            },
            Self::Abort { target, .. } => SessionAction::Abort {
                target: target.resolve(),
            },
            Self::Compact { target, model, .. } => SessionAction::Compact {
                target: target.resolve(),
                model,
            },
            Self::Revert { target, to, .. } => SessionAction::Revert {
                target: target.resolve(),
                to,
            },
            Self::Unrevert { target, .. } => SessionAction::Unrevert {
                target: target.resolve(),
            },
            Self::Diff { target, message, .. } => SessionAction::Diff {
                target: target.resolve(),
                message,
            },
            Self::Todo { target, .. } => SessionAction::Todo {
                target: target.resolve(),
            },
            Self::Export {
                target,
                format,
                sanitize,
                output,
                force,
                ..
            } => SessionAction::Export {
                target: target.resolve(),
                format,
                redaction: choice(sanitize, Redaction::Sanitized),
                file: output,
                existing: choice(force, Existing::Replaced),
            },
            Self::Import { file, copy, title, .. } => SessionAction::Import {
                source: file.into(),
                ids: choice(copy, ImportIds::New),
                title,
            },
            Self::Share { target, .. } => SessionAction::Share {
                target: target.resolve(),
            },
            Self::Unshare { target, .. } => SessionAction::Unshare {
                target: target.resolve(),
            },
            Self::Prune {
                older_than,
                all,
                kept,
                dry_run,
                ..
            } => SessionAction::Prune {
                older_than,
                scope: choice(all, SessionScope::Everywhere),
                kept: choice(kept, Inclusion::Included),
                execution: choice(dry_run, Execution::DryRun),
            },
        }
    }
}
