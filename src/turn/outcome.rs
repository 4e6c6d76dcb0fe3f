//! How a run ended: exactly one per run.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::changes::FileChange;
use super::checked_answer::AnswerChecks;
use super::update::{EngineInfo, PermissionRecord, ToolCall};
use super::usage::Usage;
use crate::error::{Failure, FailureKind};
use crate::request::ModelRef;

#[derive(Debug, Default)]
pub struct Outcome {
    /// `None` is success.
    pub failure: Option<Failure>,
    /// The whole answer: all text of the turn, its parts separated by a blank line. After a failure, the text so far.
    pub result: String,
    /// The text of the assistant's last message that has text: the answer without the text before tool calls.
    pub last_message: String,
    /// `None` when the run failed before it had a session.
    pub session_id: Option<String>,
    pub message_id: Option<String>,
    pub directory: String,
    pub model: Option<ModelRef>,
    pub agent: Option<String>,
    /// Tokens, summed over all messages of the session tree that this run added; `None` when the provider does not
    /// report them.
    pub usage: Option<Usage>,
    /// Dollars, as a decimal string, summed likewise; `None` when the price is unknown.
    pub cost_usd: Option<String>,
    /// How many messages the assistant wrote.
    pub turns: u32,
    pub tool_calls: Vec<ToolCall>,
    pub permissions: Vec<PermissionRecord>,
    pub files: Vec<FileChange>,
    pub retries: u32,
    pub phases: Phases,
    pub engine: Option<EngineInfo>,
    /// The name under which the session is kept.
    pub conversation: Option<String>,
    /// Whether the session existed before the run.
    pub resumed: bool,
    /// Whether the scripted model answered.
    pub rehearsal: bool,
    /// The results of the checks after the turn.
    pub checks: CheckResults,
    pub worktree: Option<Worktree>,
    /// The answer that follows the schema of `--schema`.
    pub structured: Option<Value>,
    /// How it came about; `None` without `--schema`.
    pub schema: Option<AnswerChecks>,
    /// Whether the file of `--event-log` has every record; `None` without one.
    pub event_log_complete: Option<bool>,
    /// MCP servers whose tools the model did not have, with the reason.
    pub missing_mcp: Vec<MissingMcp>,
    /// Whether the run gave up waiting for a silent, open stdin and sent the prompt without it.
    pub stdin_given_up: bool,
}

/// An MCP server of the engine's configuration that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct MissingMcp {
    pub name: String,
    /// The engine's word for the server's state, for example `failed` or `needs_auth`.
    pub status: String,
    /// The engine's description of the error, if any.
    pub error: Option<String>,
}

/// The results of the checks after a successful turn.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CheckResults {
    /// The command of `--verify`, if it has run.
    pub verify: Option<Verification>,
    /// Whether files changed, when `--require-change` asked for it.
    pub require_change: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Verification {
    pub command: String,
    /// Its exit status; null when a signal or this program ended it.
    pub exit_code: Option<i32>,
    pub duration_ms: u64,
}

/// The git worktree of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Worktree {
    pub path: String,
    pub branch: String,
    /// The commit that it started from.
    pub base: String,
    pub kept: bool,
    /// Notes for a person, line by line; the first line says where the worktree is, or that it is gone.
    #[serde(skip)]
    pub notes: Vec<String>,
}

impl Outcome {
    /// The outcome of a run before anything but the directory is known.
    pub fn empty(directory: String) -> Self {
        Self {
            directory,
            usage: Some(Usage::default()),
            ..Self::default()
        }
    }

    pub fn exit_code(&self) -> u8 {
        self.failure.as_ref().map_or(0, |failure| failure.kind.exit_code())
    }

    pub fn word(&self) -> &'static str {
        self.failure.as_ref().map_or("ok", |failure| failure.kind.outcome())
    }

    pub fn failed_with(&self, kind: FailureKind) -> bool {
        self.failure.as_ref().is_some_and(|failure| failure.kind == kind)
    }
}

/// Durations of the phases of a run, in milliseconds; null for a phase that was not reached.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Phases {
    /// Finding (or installing) the engine.
    pub engine_ms: Option<u64>,
    /// From there to the server's ready line.
    pub server_ms: Option<u64>,
    /// From there to the prompt being sent: model and agent checked, session made.
    pub session_ms: Option<u64>,
    /// From the prompt being sent to the first text.
    pub first_token_ms: Option<u64>,
    /// Everything, from the start of the program.
    pub total_ms: u64,
}
