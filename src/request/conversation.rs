//! Which session a prompt goes to.

use super::{ModelChoice, VariantChoice};

/// Default name of a kept conversation.
pub const DEFAULT_CONVERSATION: &str = "default";
/// The longest name of a conversation, in bytes: encoded, it still is the name of a file.
pub const LONGEST_CONVERSATION_NAME: usize = 80;

/// Which session, and what else becomes of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SessionChoice {
    /// The session that it begins with.
    pub start: SessionStart,
    /// Whether that one goes on, or a copy of it.
    pub manner: Manner,
    /// `-k`: the name of the session from now on.
    pub keep_as: Option<String>,
    /// What is done while another command is at work on it.
    pub waiting: BusySession,
}

/// The session that a prompt begins with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum SessionStart {
    #[default]
    New,
    /// `-k`: the session that is kept under the name; a new session if there is none.
    Kept,
    /// `--continue`: the one of the directory that was used last.
    Latest,
    /// `--session`: the one with this id, name or title.
    Named(String),
}

/// How a session goes on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Manner {
    #[default]
    GoOn,
    /// `--fork`: a copy of it does, and it stays as it is.
    Fork,
}

/// What is done about a session that another command is at work on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum BusySession {
    #[default]
    Allowed,
    /// `--no-wait`: it is a failure.
    Refused,
}

/// The model, agent and variant that a prompt names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NamesRequest {
    pub model: Option<ModelChoice>,
    pub agent: Option<String>,
    /// `--variant` or `--effort`.
    pub variant: VariantChoice,
    pub typed: TypedNames,
}

/// Which names were typed. The others are those of settings, and give way to what a session used last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TypedNames {
    pub model: bool,
    pub agent: bool,
    /// `--variant` or `--effort`.
    pub variant: bool,
}
