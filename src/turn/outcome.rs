//! How a run ended: exactly one per run.

use serde_json::Value;

use super::changes::FileChange;
use super::update::{EngineInfo, PermissionRecord, ToolCall};
use super::usage::Usage;
use crate::error::{Failure, FailureKind};
use crate::request::ModelRef;

#[derive(Debug)]
pub struct Outcome {
    /// What went wrong; `None` is success.
    pub failure: Option<Failure>,
    /// The whole answer: all text of the turn, the parts separated by a blank line. Also what there is of it in failure.
    pub result: String,
    /// The text of the last message of the assistant that has any: the answer without what came before tool calls.
    pub last_message: String,
    /// The session, once there is one.
    pub session_id: Option<String>,
    /// The last message of the assistant.
    pub message_id: Option<String>,
    pub directory: String,
    pub model: Option<ModelRef>,
    pub agent: Option<String>,
    /// Tokens, summed over all messages of the session tree that this run made; `None` when the provider does not say.
    pub usage: Option<Usage>,
    /// Dollars, as a decimal string, summed likewise; `None` when no price is known.
    pub cost_usd: Option<String>,
    /// How many messages the assistant wrote.
    pub turns: u32,
    pub tool_calls: Vec<ToolCall>,
    /// Every permission that was asked for.
    pub permissions: Vec<PermissionRecord>,
    pub files: Vec<FileChange>,
    /// How often a provider was tried again.
    pub retries: u32,
    pub phases: Phases,
    pub engine: Option<EngineInfo>,
    /// The name that the session is kept under.
    pub conversation: Option<String>,
    /// Whether the session was there before.
    pub resumed: bool,
    /// Whether the scripted model answered.
    pub rehearsal: bool,
    /// The answer as a value, where a schema was asked for.
    pub structured: Option<Value>,
    /// What was checked after the turn.
    pub checks: CheckResults,
    /// The git worktree that was made for the run.
    pub worktree: Option<Worktree>,
    /// MCP servers whose tools the model did not have, with the reason.
    pub missing_mcp: Vec<MissingMcp>,
    /// Whether stdin was open and silent for so long that the prompt went without it.
    pub stdin_given_up: bool,
}

/// An MCP server of the engine's configuration that did not work.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct MissingMcp {
    pub name: String,
    /// The engine's word for its state, for example `failed` or `needs_auth`.
    pub status: String,
    /// What went wrong, as far as the engine says.
    pub error: Option<String>,
}

/// What was checked after a turn that went well.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CheckResults {
    /// The command of `--verify`, once it has run.
    pub verify: Option<Verification>,
    /// Whether files changed, where `--require-change` asked for it.
    pub require_change: Option<bool>,
}

/// A command that has run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verification {
    pub command: String,
    /// Its exit status; none when a signal or we ended it.
    pub exit_code: Option<i32>,
    /// How long it ran, in milliseconds.
    pub duration_ms: u64,
}

/// A git worktree that was made for a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Worktree {
    pub path: String,
    pub branch: String,
    /// The commit that it began as.
    pub base: String,
    /// Whether it is still there.
    pub kept: bool,
    /// What a person wants to know of it, line by line; the first says where it is, or that it is gone.
    pub notes: Vec<String>,
}

impl Outcome {
    /// An outcome of which nothing is known but the directory.
    pub fn empty(directory: String) -> Self {
        Self {
            failure: None,
            result: String::new(),
            last_message: String::new(),
            session_id: None,
            message_id: None,
            directory,
            model: None,
            agent: None,
            usage: Some(Usage::default()),
            cost_usd: None,
            turns: 0,
            tool_calls: Vec::new(),
            permissions: Vec::new(),
            files: Vec::new(),
            retries: 0,
            phases: Phases::default(),
            engine: None,
            conversation: None,
            resumed: false,
            rehearsal: false,
            structured: None,
            checks: CheckResults::default(),
            worktree: None,
            missing_mcp: Vec::new(),
            stdin_given_up: false,
        }
    }

    /// The exit status of the process.
    pub fn exit_code(&self) -> u8 {
        self.failure.as_ref().map_or(0, |failure| failure.kind.exit_code())
    }

    pub fn word(&self) -> &'static str {
        self.failure.as_ref().map_or("ok", |failure| failure.kind.outcome())
    }

    /// Whether the run failed in this way.
    pub fn failed_with(&self, kind: FailureKind) -> bool {
        self.failure.as_ref().is_some_and(|failure| failure.kind == kind)
    }
}

/// Where the time went, in milliseconds since the program began; `None` for a point that was not reached.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
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
