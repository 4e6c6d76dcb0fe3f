//! Choices of the `session` commands; their verbs and requests are those of `src/cli/session.rs`.

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
