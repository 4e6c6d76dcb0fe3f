//! What changed in a turn, in our own format: the seam between the turn and the renderers.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::changes::FileChange;
use super::usage::Usage;
use crate::client::types::TodoItem;
use crate::permission::{AuditScope, DecidedBy, Decision, ModelQuestion};
use crate::request::{EngineSource, ModelRef};

/// One change. The reducer makes updates, renderers consume them and never answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Update {
    /// The prompt is being sent; always the first update, exactly once, also in a run that then fails.
    Started(Box<TurnStart>),
    /// A piece of the answer, in order. Never sent twice, also after a reconnect.
    Text(TextDelta),
    /// The text of this part so far is void: the engine retries the step, and sends its text again in another part.
    TextVoid { part_id: String, session_id: String },
    /// A piece of the model's reasoning.
    Reasoning(TextDelta),
    /// A tool call began, progressed or ended. The first update of a call has status `running`, or `pending` at the
    /// earliest.
    Tool(ToolCall),
    /// The engine asked for a permission, or got its reply.
    Permission(PermissionRecord),
    /// The model asked the user a question, which was answered or dismissed.
    Question(QuestionRecord),
    /// The engine retries a provider.
    Retry(Retry),
    /// The session became busy or idle, was compacted, or the event stream was interrupted and restored.
    Status(TurnStatus),
    /// The agent's to-do list.
    Todo(Vec<TodoItem>),
    /// A file was changed; a later change of the same path replaces the earlier one.
    FileChange(FileChange),
    /// A call of the model has ended.
    Usage(StepUsage),
    /// The user should know this, and it ends nothing.
    Warning(String),
    /// An event of the engine, unchanged, for `--include-raw`.
    Raw(Value),
}

/// The facts known when a turn starts.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TurnStart {
    /// The engine that answers; `None` when no engine could be used.
    pub engine: Option<EngineInfo>,
    /// The features of this version of the program, for consumers of stream-json.
    pub capabilities: Vec<String>,
    /// `None` until the model is known.
    pub model: Option<ModelRef>,
    /// Whether the engine chose the model, since no option, setting, agent or earlier prompt did.
    pub is_engines_choice: bool,
    pub agent: Option<String>,
    pub variant: Option<String>,
    pub directory: String,
    pub session_id: Option<String>,
    /// The name under which the session is kept.
    pub conversation: Option<String>,
    /// Whether the session existed before the run.
    pub resumed: bool,
    /// Whether the scripted model answers.
    pub rehearsal: bool,
}

/// The engine program in use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct EngineInfo {
    /// For example `1.18.33`.
    pub version: String,
    /// The program file; null for an attached server.
    pub path: Option<String>,
    /// Where the file was found; null for an attached server.
    pub source: Option<EngineSource>,
}

/// A piece of text of one part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TextDelta {
    /// The run's own session, or a subagent's.
    pub session_id: String,
    pub message_id: String,
    /// Pieces with the same part id belong together.
    pub part_id: String,
    pub text: String,
    /// Whether a subagent wrote it. A subagent's text is not part of the answer.
    pub subagent: bool,
}

/// The state of a tool call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ToolStatus {
    /// Announced; its input is not complete.
    Pending,
    Running,
    /// Finished; a failed command counts as finished too, see `exit_code`.
    Completed,
    Error,
}

/// A tool call as known so far.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ToolCall {
    pub session_id: String,
    /// The session that started `session_id`, for a subagent's call.
    pub parent_session_id: Option<String>,
    pub message_id: String,
    pub call_id: String,
    /// The name of the tool, such as `read`.
    pub tool: String,
    pub status: ToolStatus,
    /// The engine's one-line title, for example a path.
    pub title: Option<String>,
    pub input: Value,
    /// The output that the model received.
    pub output: Option<String>,
    pub error: Option<String>,
    pub exit_code: Option<i64>,
    pub duration_ms: Option<u64>,
    /// Whether a subagent called it.
    pub subagent: bool,
}

/// A permission that was asked for, and the decision.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct PermissionRecord {
    /// The id of the tool call, or the engine's id of its request.
    pub id: String,
    pub session_id: String,
    /// The session that started `session_id`, for a subagent's request.
    pub parent_session_id: Option<String>,
    /// The permission as rules name it, for example `bash`.
    pub permission: String,
    /// The tool as the engine names it, for example `apply_patch`.
    pub tool: String,
    pub patterns: Vec<String>,
    pub decision: Decision,
    pub by: DecidedBy,
    pub scope: AuditScope,
    /// The rule that decided, or that asked.
    pub rule: String,
    /// The rule or the circumstance that decided.
    pub reason: String,
    pub subagent: bool,
}

/// What a call of the model used up.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct StepUsage {
    /// The run's own session, or a subagent's.
    pub session_id: String,
    pub message_id: String,
    /// Tokens of this call.
    pub step: Usage,
    /// Dollars of this call, as a decimal text, by the engine's price; `0` also where there is none.
    pub step_cost_usd: String,
    /// Tokens of all calls of this run so far, those of subagents too.
    pub total: Usage,
    /// Dollars of all calls of this run so far.
    pub total_cost_usd: String,
    /// Whether it was a subagent's.
    pub subagent: bool,
}

/// A question of the model, and its answer.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct QuestionRecord {
    /// The engine's id of the request.
    pub id: String,
    pub session_id: String,
    /// The session that started `session_id`, for a subagent's question.
    pub parent_session_id: Option<String>,
    pub questions: Vec<ModelQuestion>,
    /// For each question the chosen labels and the typed texts; null without an answer.
    pub answers: Option<Vec<Vec<String>>>,
    pub subagent: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Retry {
    pub session_id: String,
    /// The number of the next attempt, from 1.
    pub attempt: u32,
    pub max_attempts: u32,
    pub message: String,
    /// The engine's pause in milliseconds.
    pub delay_ms: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum TurnStatus {
    /// The model or a tool is working.
    Busy {
        session_id: String,
    },
    Idle {
        session_id: String,
    },
    /// A summary replaced older messages.
    Compacted {
        session_id: String,
    },
    SubagentStarted {
        session_id: String,
        /// The session that started it.
        parent_id: String,
    },
    /// The run waits for another command of this program, which uses the conversation.
    Waiting {
        /// The process id of that command, if known.
        pid: Option<u32>,
    },
    /// The run waits for the session to finish the prompt of another client.
    AtWork {
        session_id: String,
    },
    /// From now on the name of a conversation means another session.
    Replaced {
        conversation: String,
        /// The session that the name meant before.
        session_id: String,
    },
    /// The event stream was interrupted.
    Disconnected,
    /// The event stream is restored, and missed events were read again.
    Reconnected,
}
