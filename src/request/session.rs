//! What is done with conversations.

use std::path::PathBuf;
use std::time::Duration;

use super::{ConnectRequest, InputSource, ListOutput, ModelChoice, Reasoning, Rendering};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRequest {
    /// The engine to ask, where one is needed.
    pub connect: ConnectRequest,
    pub output: ListOutput,
    /// Who says yes to what cannot be taken back.
    pub confirmation: Confirmation,
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
    /// `--no-input`: no person may be asked.
    NobodyToAsk,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SessionScope {
    #[default]
    Directory,
    /// `--all`: those of every directory.
    Everywhere,
}

/// Whether something is among what is listed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Inclusion {
    #[default]
    LeftOut,
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
    Markdown,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Redaction {
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

/// What becomes of the ids of an imported session.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ImportIds {
    /// It is the session that was exported, and must not be there.
    #[default]
    Same,
    /// `--copy`: it is another one.
    New,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Execution {
    #[default]
    Real,
    /// `--dry-run`: the command only prints what it would do.
    DryRun,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionAction {
    List {
        scope: SessionScope,
        /// Only those whose title holds this.
        search: Option<String>,
        /// At most so many.
        limit: Option<usize>,
        children: Inclusion,
        /// Sessions that were put away.
        archived: Inclusion,
    },
    Show {
        target: SessionTarget,
        /// Whether the model's reasoning is shown.
        reasoning: Reasoning,
        /// Markdown or plain text on a terminal.
        rendering: Rendering,
    },
    Rename {
        target: SessionTarget,
        title: String,
    },
    Fork {
        target: SessionTarget,
        /// The last message of the copy.
        at: Option<String>,
        /// The title of the copy.
        title: Option<String>,
    },
    Delete {
        targets: Vec<SessionTarget>,
    },
    Abort {
        target: SessionTarget,
    },
    Compact {
        target: SessionTarget,
        /// The model that writes the summary.
        model: Option<ModelChoice>,
    },
    Revert {
        target: SessionTarget,
        /// The first message that is undone.
        to: Option<String>,
    },
    Unrevert {
        target: SessionTarget,
    },
    Diff {
        target: SessionTarget,
        /// Only what this message changed.
        message: Option<String>,
    },
    Todo {
        target: SessionTarget,
    },
    Export {
        target: SessionTarget,
        format: ExportFormat,
        redaction: Redaction,
        /// The file; stdout without one.
        file: Option<PathBuf>,
        /// What happens to a file that is there.
        existing: Existing,
    },
    Import {
        source: InputSource,
        ids: ImportIds,
        /// Its title, instead of its own.
        title: Option<String>,
    },
    Share {
        target: SessionTarget,
    },
    Unshare {
        target: SessionTarget,
    },
    Prune {
        /// Those that nothing happened in for so long.
        older_than: Duration,
        scope: SessionScope,
        kept: Inclusion,
        execution: Execution,
    },
}
