//! What changed in a turn, in our own words: the seam between the turn and everything that shows it.

use serde::Serialize;
use serde_json::Value;

use super::changes::FileChange;
use crate::api::types::TodoItem;
use crate::permission::{AuditScope, DecidedBy, Decision, ModelQuestion};
use crate::request::{EngineSource, ModelRef};

/// One change. The reducer makes them, renderers consume them; a renderer never answers anything.
#[derive(Debug, Clone, PartialEq)]
pub enum Update {
    /// The prompt is on its way; always the first, exactly once, also in a run that then fails.
    Started(Box<TurnStart>),
    /// A piece of the answer, in order. Never sent twice, also after a reconnect.
    Text(TextDelta),
    /// What was sent of this part is void: the step is tried again, and its text comes anew in another part.
    TextVoid {
        /// The part whose text does not count.
        part_id: String,
        /// The session that it belongs to.
        session_id: String,
    },
    /// A piece of the model's reasoning.
    Reasoning(TextDelta),
    /// A tool call began, went on or ended. The first for a call has status `running`, or `pending` at the earliest.
    Tool(ToolCall),
    /// The engine asked for a permission, or got its reply.
    Permission(PermissionRecord),
    /// The model asked the person something, and it was answered or dismissed.
    Question(QuestionRecord),
    /// The engine tries a provider again.
    Retry(Retry),
    /// The session became busy or idle, was compacted, or the stream was interrupted and is whole again.
    Status(TurnStatus),
    /// The agent's list of things to do.
    Todo(Vec<TodoItem>),
    /// A file was changed; several for one path, each replaces the one before.
    FileChange(FileChange),
    /// Something that the person should know and that ends nothing.
    Warning(String),
    /// An event of the engine as it came, for `--include-raw`.
    Raw(Value),
}

/// The facts known when a turn starts.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TurnStart {
    /// The engine that answers; absent when none could be had.
    pub engine: Option<EngineInfo>,
    /// What this version of the program can do, for consumers of stream-json.
    pub capabilities: Vec<String>,
    /// The model, when it is known.
    pub model: Option<ModelRef>,
    pub agent: Option<String>,
    /// The variant of the model.
    pub variant: Option<String>,
    pub directory: String,
    pub session_id: Option<String>,
    /// The name that the session is kept under.
    pub conversation: Option<String>,
    /// Whether the session was there before.
    pub resumed: bool,
    /// Whether the scripted model answers.
    pub rehearsal: bool,
}

/// The engine program in use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EngineInfo {
    /// Its version, for example `1.18.33`.
    pub version: String,
    /// Its file; absent for an attached server.
    pub path: Option<String>,
    /// Where it was found; absent for an attached server.
    pub source: Option<EngineSource>,
}

/// A piece of text of one part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextDelta {
    /// The session that the part belongs to: the run's own, or a subagent's.
    pub session_id: String,
    /// The message that the part belongs to.
    pub message_id: String,
    /// The part. Pieces with one part id belong together.
    pub part_id: String,
    pub text: String,
    /// Whether a subagent wrote it. Its text is not part of the answer.
    pub subagent: bool,
}

/// The state of a tool call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ToolStatus {
    /// Announced; its input is not complete.
    Pending,
    Running,
    /// Finished; a failed command counts as finished too, see `exit_code`.
    Completed,
    Error,
}

/// A tool call and what is known of it by now.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ToolCall {
    /// The session that it belongs to.
    pub session_id: String,
    /// The session that started that one, for a subagent's.
    pub parent_session_id: Option<String>,
    /// The message that it belongs to.
    pub message_id: String,
    /// The engine's id of the call.
    pub call_id: String,
    /// The tool's name, for example `read`.
    pub tool: String,
    pub status: ToolStatus,
    /// The engine's one-line title, for example a path.
    pub title: Option<String>,
    pub input: Value,
    /// What it gave back, as the model sees it.
    pub output: Option<String>,
    pub error: Option<String>,
    /// Exit status of a shell command.
    pub exit_code: Option<i64>,
    /// How long it ran, in milliseconds.
    pub duration_ms: Option<u64>,
    /// Whether a subagent called it.
    pub subagent: bool,
}

/// A permission that was asked for, and the decision.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PermissionRecord {
    /// The id of the tool call, or the engine's id of its request.
    pub id: String,
    pub session_id: String,
    /// The session that started it, for a subagent's.
    pub parent_session_id: Option<String>,
    /// What is asked for, as rules name it, for example `bash`.
    pub permission: String,
    /// The tool as the engine names it, for example `apply_patch`.
    pub tool: String,
    pub patterns: Vec<String>,
    pub decision: Decision,
    pub by: DecidedBy,
    pub scope: AuditScope,
    /// The rule that decided, or that asked.
    pub rule: String,
    /// Why: the rule or the circumstance that decided.
    pub reason: String,
    pub subagent: bool,
}

/// What the model asked the person, and what was answered.
#[derive(Debug, Clone, PartialEq)]
pub struct QuestionRecord {
    /// The engine's id of the request.
    pub id: String,
    pub session_id: String,
    /// The session that started it, for a subagent's.
    pub parent_session_id: Option<String>,
    pub questions: Vec<ModelQuestion>,
    /// For each question the labels chosen and the texts typed; `None` when nobody answered.
    pub answers: Option<Vec<Vec<String>>>,
    pub subagent: bool,
}

/// A provider is tried again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Retry {
    pub session_id: String,
    /// Which attempt comes next, from 1.
    pub attempt: u32,
    pub max_attempts: u32,
    /// What went wrong, in the provider's words.
    pub message: String,
    /// How long the engine waits, in milliseconds.
    pub delay_ms: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum TurnStatus {
    /// The model or a tool is at work.
    Busy {
        session_id: String,
    },
    Idle {
        session_id: String,
    },
    /// Older messages were replaced by a summary.
    Compacted {
        session_id: String,
    },
    SubagentStarted {
        session_id: String,
        /// The session that started it.
        parent_id: String,
    },
    /// Another command of ours is at work on the conversation, and is waited for.
    Waiting {
        /// Its process, as far as it is known.
        pid: Option<u32>,
    },
    /// The session is at work on a prompt of somebody's, which is waited for.
    AtWork {
        session_id: String,
    },
    /// The name of a conversation stands for another session from now on.
    Replaced {
        conversation: String,
        /// The session that it stood for.
        session_id: String,
    },
    /// The stream of events broke.
    Disconnected,
    /// The stream is back, and what was missed has been read again.
    Reconnected,
}
