//! What is done with conversations.

use std::path::PathBuf;
use std::time::Duration;

use super::{ConnectRequest, ListOutput, ModelChoice, Reasoning, Rendering};

/// `session`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRequest {
    /// The engine to ask, where one is needed.
    pub connect: ConnectRequest,
    /// The format.
    pub output: ListOutput,
    /// Who says yes to what cannot be taken back.
    pub confirmation: Confirmation,
    /// What to do.
    pub action: SessionAction,
}

/// Who says yes to what cannot be taken back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Confirmation {
    /// A person at the terminal is asked.
    #[default]
    Ask,
    /// `--yes`: it was said.
    Given,
    /// `--no-input`: nobody may be asked.
    NobodyToAsk,
}

/// Whose sessions are meant.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SessionScope {
    /// Those of this directory.
    #[default]
    Directory,
    /// `--all`: those of every directory.
    Everywhere,
}

/// Whether something is among what is listed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Inclusion {
    /// It is left out.
    #[default]
    LeftOut,
    /// It is included.
    Included,
}

/// The session that is meant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SessionTarget {
    /// An id, the beginning of one, a title or a kept name; none is the last session of the directory.
    pub reference: Option<String>,
    /// Where it is looked for.
    pub scope: SessionScope,
}

/// The format of an exported session.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ExportFormat {
    /// The engine's own, which can be imported.
    #[default]
    Json,
    /// For people.
    Markdown,
}

/// What an export holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Redaction {
    /// Everything.
    #[default]
    Nothing,
    /// `--sanitize`: no contents of files, no output of tools.
    Sanitized,
}

/// What happens to a file that is there already.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Existing {
    /// It stays, and the command fails.
    #[default]
    Kept,
    /// `--force`: it is replaced.
    Replaced,
}

/// Where an imported session comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImportSource {
    /// A file.
    File(PathBuf),
    /// `-`.
    Stdin,
}

/// What becomes of the ids of an imported session.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ImportIds {
    /// It is the session that was exported, and must not be there.
    #[default]
    Same,
    /// `--copy`: it is another one.
    New,
}

/// Whether anything is changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Execution {
    /// It is done.
    #[default]
    Real,
    /// `--dry-run`: it is told what would be done.
    DryRun,
}

/// A verb of `session`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionAction {
    /// `list`.
    List {
        /// Whose.
        scope: SessionScope,
        /// Only those whose title holds this.
        search: Option<String>,
        /// At most so many.
        limit: Option<usize>,
        /// Subagents' sessions.
        children: Inclusion,
        /// Sessions that were put away.
        archived: Inclusion,
    },
    /// `show`.
    Show {
        /// Which.
        target: SessionTarget,
        /// Whether the model's reasoning is shown.
        reasoning: Reasoning,
        /// Markdown or plain text on a terminal.
        rendering: Rendering,
    },
    /// `rename`.
    Rename {
        /// Which.
        target: SessionTarget,
        /// The new title.
        title: String,
    },
    /// `fork`.
    Fork {
        /// Which.
        target: SessionTarget,
        /// The last message of the copy.
        at: Option<String>,
        /// The title of the copy.
        title: Option<String>,
    },
    /// `delete`.
    Delete {
        /// Which.
        targets: Vec<SessionTarget>,
    },
    /// `abort`.
    Abort {
        /// Which.
        target: SessionTarget,
    },
    /// `compact`.
    Compact {
        /// Which.
        target: SessionTarget,
        /// The model that writes the summary.
        model: Option<ModelChoice>,
    },
    /// `revert`.
    Revert {
        /// Which.
        target: SessionTarget,
        /// The first message that is undone.
        to: Option<String>,
    },
    /// `unrevert`.
    Unrevert {
        /// Which.
        target: SessionTarget,
    },
    /// `diff`.
    Diff {
        /// Which.
        target: SessionTarget,
        /// Only what this message changed.
        message: Option<String>,
    },
    /// `todo`.
    Todo {
        /// Which.
        target: SessionTarget,
    },
    /// `export`.
    Export {
        /// Which.
        target: SessionTarget,
        /// As what.
        format: ExportFormat,
        /// What is left out.
        redaction: Redaction,
        /// The file; stdout without one.
        file: Option<PathBuf>,
        /// What happens to a file that is there.
        existing: Existing,
    },
    /// `import`.
    Import {
        /// From where.
        source: ImportSource,
        /// Its ids.
        ids: ImportIds,
        /// Its title, instead of its own.
        title: Option<String>,
    },
    /// `share`.
    Share {
        /// Which.
        target: SessionTarget,
    },
    /// `unshare`.
    Unshare {
        /// Which.
        target: SessionTarget,
    },
    /// `prune`.
    Prune {
        /// Those that nothing happened in for so long.
        older_than: Duration,
        /// Whose.
        scope: SessionScope,
        /// Kept conversations.
        kept: Inclusion,
        /// Whether it is done.
        execution: Execution,
    },
}
