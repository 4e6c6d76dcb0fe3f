//! The JSON that we promise to programs, apart from our own types and from the engine's.
//!
//! Every record has a `type`. Within one [`SCHEMA_VERSION`] fields and record types are only ever added; consumers
//! ignore what they do not know. Fields are always present; what is unknown is `null`.
//!
//! `stream-json` writes one record a line: first `init`, last `result`. `json` writes `result` alone.
//!
//! | `type` | fields |
//! | --- | --- |
//! | `init` | `schema_version`, `version` (of this program), `engine{version, path, source}`, `capabilities[]`, `model`, `agent`, `variant`, `directory`, `session_id`, `conversation` (the name that the session is kept under), `resumed` (the session was there before), `rehearsal` |
//! | `text` | `session_id`, `message_id`, `part_id`, `text` (a piece; pieces with one `part_id` belong together), `subagent` |
//! | `reasoning` | as `text` |
//! | `tool` | `session_id`, `parent_session_id`, `message_id`, `call_id`, `tool`, `status` (`pending`, `running`, `completed`, `error`), `title`, `input`, `output`, `error`, `exit_code`, `duration_ms`, `subagent`; several for one `call_id`, each replaces the one before |
//! | `permission` | `id`, `session_id`, `parent_session_id`, `permission`, `tool`, `patterns[]`, `decision` (`allowed`, `denied`), `by` (`preset`, `rule`, `person`, `approver`, `yes`, `nobody`, `limit`), `scope` (`once`, `session`), `rule`, `reason`, `subagent` |
//! | `question` | `id`, `session_id`, `parent_session_id`, `questions[]{question, header, multiple, options[]{label, description}}`, `answers[][]` or `null`, `subagent` |
//! | `retry` | `session_id`, `attempt`, `max_attempts`, `message`, `delay_ms` |
//! | `status` | `status` and what belongs to it: `busy`, `idle`, `compacted` (`session_id`), `subagent_started` (`session_id`, `parent_id`), `text_void` (`session_id`, `part_id`: the text of this part does not count, it comes anew in another part), `waiting` (`pid`: this other command on the conversation is waited for), `at_work` (`session_id`: the session is at work on an earlier prompt, which is waited for), `replaced` (`conversation`, `session_id`: what the name stood for until now), `disconnected`, `reconnected` |
//! | `todo` | `items[]{content, status, priority}`: the whole list |
//! | `file_change` | `path`, `status` (`added`, `modified`, `deleted`), `additions`, `deletions` (lines); several for one `path`, each replaces the one before |
//! | `warning` | `message` |
//! | `raw` | `event`: an event of the engine as it came, with `--include-raw` |
//! | `result` | `schema_version`, `outcome`, `exit_code`, `result`, `structured`, `session_id`, `message_id`, `directory`, `model`, `agent`, `usage{input, output, reasoning, cache_read, cache_write, total}`, `cost_usd` (a decimal string), `turns`, `tool_calls[]` (as `tool`), `permissions[]` (as `permission`), `files[]` (as `file_change`), `retries`, `duration_ms`, `phases{engine_ms, server_ms, session_ms, first_token_ms, total_ms}`, `engine{version, path, source}`, `error{kind, message, hint}`, `conversation`, `resumed` (both as in `init`), `rehearsal`, `checks{verify{command, exit_code, duration_ms}, require_change}` (`null` for what was not asked for, or not come to), `worktree{path, branch, base, kept}` or `null` |

use serde::Serialize;
use serde_json::Value;

use crate::error::{Failure, FailureKind};
use crate::request::ModelRef;
use crate::support::json;
use crate::turn;

/// The version of the format. It changes only when a consumer of the old version could misread the new one.
pub const SCHEMA_VERSION: u32 = 1;

#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Record<'a> {
    Init(Init<'a>),
    Text(TextRecord<'a>),
    Reasoning(TextRecord<'a>),
    Tool(Tool<'a>),
    Permission(Permission<'a>),
    Question(ModelQuestionRecord<'a>),
    Retry(RetryRecord<'a>),
    Status(StatusRecord<'a>),
    Todo { items: Vec<TodoRecord<'a>> },
    FileChange(FileRecord<'a>),
    Warning { message: &'a str },
    Raw { event: &'a Value },
    Result(Box<RunResult<'a>>),
}

impl<'a> Record<'a> {
    /// The record of an update.
    pub fn of(update: &'a turn::Update) -> Self {
        match update {
            turn::Update::Started(started) => Self::Init(started.as_ref().into()),
            turn::Update::Text(piece) => Self::Text(piece.into()),
            turn::Update::TextVoid { part_id, session_id } => {
                Self::Status(StatusRecord::TextVoid { session_id, part_id })
            }
            turn::Update::Reasoning(piece) => Self::Reasoning(piece.into()),
            turn::Update::Tool(call) => Self::Tool(call.into()),
            turn::Update::Permission(record) => Self::Permission(record.into()),
            turn::Update::Question(record) => Self::Question(record.into()),
            turn::Update::Retry(retry) => Self::Retry(retry.into()),
            turn::Update::Status(status) => Self::Status(status.into()),
            turn::Update::Todo(items) => Self::Todo {
                items: items.iter().map(TodoRecord::from).collect(),
            },
            turn::Update::FileChange(change) => Self::FileChange(change.into()),
            turn::Update::Warning(message) => Self::Warning { message },
            turn::Update::Raw(event) => Self::Raw { event },
        }
    }

    pub fn result(outcome: &'a turn::Outcome) -> Self {
        Self::Result(Box::new(outcome.into()))
    }

    /// The `init` record of a run that ended before it began: `null` for all that the outcome does not know.
    pub fn init_of(outcome: &'a turn::Outcome) -> Self {
        Self::Init(Init {
            schema_version: SCHEMA_VERSION,
            version: env!("CARGO_PKG_VERSION"),
            engine: outcome.engine.as_ref().map(EngineRecord::from),
            capabilities: &[],
            model: outcome.model.as_ref().map(ModelRef::to_string),
            agent: outcome.agent.as_deref(),
            variant: None,
            directory: &outcome.directory,
            session_id: outcome.session_id.as_deref(),
            conversation: outcome.conversation.as_deref(),
            resumed: outcome.resumed,
            rehearsal: outcome.rehearsal,
        })
    }

    /// Appends the record to `line` as one line of JSON, with its line feed.
    pub fn write_line(&self, line: &mut Vec<u8>) -> serde_json::Result<()> {
        json::append_line(self, line)
    }
}

#[derive(Debug, Serialize)]
pub struct Init<'a> {
    pub schema_version: u32,
    pub version: &'static str,
    pub engine: Option<EngineRecord<'a>>,
    pub capabilities: &'a [String],
    pub model: Option<String>,
    pub agent: Option<&'a str>,
    pub variant: Option<&'a str>,
    pub directory: &'a str,
    pub session_id: Option<&'a str>,
    pub conversation: Option<&'a str>,
    pub resumed: bool,
    pub rehearsal: bool,
}

impl<'a> From<&'a turn::TurnStart> for Init<'a> {
    fn from(started: &'a turn::TurnStart) -> Self {
        Self {
            schema_version: SCHEMA_VERSION,
            version: env!("CARGO_PKG_VERSION"),
            engine: started.engine.as_ref().map(EngineRecord::from),
            capabilities: &started.capabilities,
            model: started.model.as_ref().map(ModelRef::to_string),
            agent: started.agent.as_deref(),
            variant: started.variant.as_deref(),
            directory: &started.directory,
            session_id: started.session_id.as_deref(),
            conversation: started.conversation.as_deref(),
            resumed: started.resumed,
            rehearsal: started.rehearsal,
        }
    }
}

/// The engine in `init` and `result`.
#[derive(Debug, Serialize)]
pub struct EngineRecord<'a> {
    pub version: &'a str,
    pub path: Option<&'a str>,
    pub source: Option<&'static str>,
}

impl<'a> From<&'a turn::EngineInfo> for EngineRecord<'a> {
    fn from(engine: &'a turn::EngineInfo) -> Self {
        Self {
            version: &engine.version,
            path: engine.path.as_deref(),
            source: engine.source.map(crate::request::EngineSource::as_str),
        }
    }
}

/// A piece of text or reasoning.
#[derive(Debug, Serialize)]
pub struct TextRecord<'a> {
    pub session_id: &'a str,
    pub message_id: &'a str,
    pub part_id: &'a str,
    pub text: &'a str,
    pub subagent: bool,
}

impl<'a> From<&'a turn::TextDelta> for TextRecord<'a> {
    fn from(delta: &'a turn::TextDelta) -> Self {
        Self {
            session_id: &delta.session_id,
            message_id: &delta.message_id,
            part_id: &delta.part_id,
            text: &delta.text,
            subagent: delta.subagent,
        }
    }
}

/// A tool call, in `tool` and in `result.tool_calls`.
#[derive(Debug, Serialize)]
pub struct Tool<'a> {
    pub session_id: &'a str,
    pub parent_session_id: Option<&'a str>,
    pub message_id: &'a str,
    pub call_id: &'a str,
    pub tool: &'a str,
    pub status: &'static str,
    pub title: Option<&'a str>,
    pub input: &'a Value,
    pub output: Option<&'a str>,
    pub error: Option<&'a str>,
    pub exit_code: Option<i64>,
    pub duration_ms: Option<u64>,
    pub subagent: bool,
}

impl<'a> From<&'a turn::ToolCall> for Tool<'a> {
    fn from(call: &'a turn::ToolCall) -> Self {
        Self {
            session_id: &call.session_id,
            parent_session_id: call.parent_session_id.as_deref(),
            message_id: &call.message_id,
            call_id: &call.call_id,
            tool: &call.tool,
            status: match call.status {
                turn::ToolStatus::Pending => "pending",
                turn::ToolStatus::Running => "running",
                turn::ToolStatus::Completed => "completed",
                turn::ToolStatus::Error => "error",
            },
            title: call.title.as_deref(),
            input: &call.input,
            output: call.output.as_deref(),
            error: call.error.as_deref(),
            exit_code: call.exit_code,
            duration_ms: call.duration_ms,
            subagent: call.subagent,
        }
    }
}

/// A permission and its decision, in `permission` and in `result.permissions`.
#[derive(Debug, Serialize)]
pub struct Permission<'a> {
    pub id: &'a str,
    pub session_id: &'a str,
    pub parent_session_id: Option<&'a str>,
    pub permission: &'a str,
    pub tool: &'a str,
    pub patterns: &'a [String],
    pub decision: &'static str,
    pub by: &'static str,
    pub scope: turn::AuditScope,
    pub rule: &'a str,
    pub reason: &'a str,
    pub subagent: bool,
}

impl<'a> From<&'a turn::PermissionRecord> for Permission<'a> {
    fn from(record: &'a turn::PermissionRecord) -> Self {
        Self {
            id: &record.id,
            session_id: &record.session_id,
            parent_session_id: record.parent_session_id.as_deref(),
            permission: &record.permission,
            tool: &record.tool,
            patterns: &record.patterns,
            decision: match record.decision {
                turn::Decision::Allowed => "allowed",
                turn::Decision::Denied => "denied",
            },
            by: record.by.as_str(),
            scope: record.scope,
            rule: &record.rule,
            reason: &record.reason,
            subagent: record.subagent,
        }
    }
}

/// A question of the model, and its answer.
#[derive(Debug, Serialize)]
pub struct ModelQuestionRecord<'a> {
    pub id: &'a str,
    pub session_id: &'a str,
    pub parent_session_id: Option<&'a str>,
    pub questions: Vec<QuestionItem<'a>>,
    /// The chosen labels or typed texts, one list for each question; `null` without an answer.
    pub answers: Option<&'a [Vec<String>]>,
    pub subagent: bool,
}

/// One question in a [`ModelQuestionRecord`].
#[derive(Debug, Serialize)]
pub struct QuestionItem<'a> {
    pub question: &'a str,
    pub header: &'a str,
    pub multiple: bool,
    pub options: Vec<QuestionOptionRecord<'a>>,
}

/// One of the offered answers.
#[derive(Debug, Serialize)]
pub struct QuestionOptionRecord<'a> {
    pub label: &'a str,
    pub description: &'a str,
}

impl<'a> From<&'a turn::QuestionRecord> for ModelQuestionRecord<'a> {
    fn from(record: &'a turn::QuestionRecord) -> Self {
        Self {
            id: &record.id,
            session_id: &record.session_id,
            parent_session_id: record.parent_session_id.as_deref(),
            questions: record
                .questions
                .iter()
                .map(|question| QuestionItem {
                    question: &question.question,
                    header: &question.header,
                    multiple: question.multiple,
                    options: question
                        .options
                        .iter()
                        .map(|option| QuestionOptionRecord {
                            label: &option.label,
                            description: &option.description,
                        })
                        .collect(),
                })
                .collect(),
            answers: record.answers.as_deref(),
            subagent: record.subagent,
        }
    }
}

#[derive(Debug, Serialize)]
pub struct RetryRecord<'a> {
    pub session_id: &'a str,
    pub attempt: u32,
    pub max_attempts: u32,
    pub message: &'a str,
    pub delay_ms: u64,
}

impl<'a> From<&'a turn::Retry> for RetryRecord<'a> {
    fn from(retry: &'a turn::Retry) -> Self {
        Self {
            session_id: &retry.session_id,
            attempt: retry.attempt,
            max_attempts: retry.max_attempts,
            message: &retry.message,
            delay_ms: retry.delay_ms,
        }
    }
}

#[derive(Debug, Serialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum StatusRecord<'a> {
    Busy { session_id: &'a str },
    Idle { session_id: &'a str },
    Compacted { session_id: &'a str },
    SubagentStarted { session_id: &'a str, parent_id: &'a str },
    TextVoid { session_id: &'a str, part_id: &'a str },
    Waiting { pid: Option<u32> },
    AtWork { session_id: &'a str },
    Replaced { conversation: &'a str, session_id: &'a str },
    Disconnected,
    Reconnected,
}

impl<'a> From<&'a turn::TurnStatus> for StatusRecord<'a> {
    fn from(status: &'a turn::TurnStatus) -> Self {
        match status {
            turn::TurnStatus::Busy { session_id } => Self::Busy { session_id },
            turn::TurnStatus::Idle { session_id } => Self::Idle { session_id },
            turn::TurnStatus::Compacted { session_id } => Self::Compacted { session_id },
            turn::TurnStatus::SubagentStarted { session_id, parent_id } => {
                Self::SubagentStarted { session_id, parent_id }
            }
            turn::TurnStatus::Waiting { pid } => Self::Waiting { pid: *pid },
            turn::TurnStatus::AtWork { session_id } => Self::AtWork { session_id },
            turn::TurnStatus::Replaced {
                conversation,
                session_id,
            } => Self::Replaced {
                conversation,
                session_id,
            },
            turn::TurnStatus::Disconnected => Self::Disconnected,
            turn::TurnStatus::Reconnected => Self::Reconnected,
        }
    }
}

#[derive(Debug, Serialize)]
pub struct TodoRecord<'a> {
    pub content: &'a str,
    pub status: &'a str,
    pub priority: &'a str,
}

impl<'a> From<&'a turn::TodoItem> for TodoRecord<'a> {
    fn from(item: &'a turn::TodoItem) -> Self {
        Self {
            content: &item.content,
            status: &item.status,
            priority: &item.priority,
        }
    }
}

/// A changed file, in `file_change` and in `result.files`.
#[derive(Debug, Serialize)]
pub struct FileRecord<'a> {
    pub path: &'a str,
    pub status: Option<&'static str>,
    pub additions: Option<u64>,
    pub deletions: Option<u64>,
}

impl<'a> From<&'a turn::FileChange> for FileRecord<'a> {
    fn from(change: &'a turn::FileChange) -> Self {
        Self {
            path: &change.path,
            status: change.status.map(turn::ChangeStatus::as_str),
            additions: change.additions,
            deletions: change.deletions,
        }
    }
}

#[derive(Debug, Serialize)]
pub struct RunResult<'a> {
    pub schema_version: u32,
    pub outcome: &'static str,
    pub exit_code: u8,
    pub result: &'a str,
    pub last_message: &'a str,
    pub structured: Option<&'a Value>,
    pub session_id: Option<&'a str>,
    pub message_id: Option<&'a str>,
    pub directory: &'a str,
    pub model: Option<String>,
    pub agent: Option<&'a str>,
    pub usage: Option<UsageRecord>,
    pub cost_usd: Option<&'a str>,
    pub turns: u32,
    pub tool_calls: Vec<Tool<'a>>,
    pub permissions: Vec<Permission<'a>>,
    pub files: Vec<FileRecord<'a>>,
    pub retries: u32,
    pub duration_ms: u64,
    pub phases: PhaseRecord,
    pub engine: Option<EngineRecord<'a>>,
    pub error: Option<ResultError>,
    pub conversation: Option<&'a str>,
    pub resumed: bool,
    pub rehearsal: bool,
    pub checks: CheckRecord<'a>,
    pub worktree: Option<WorktreeRecord<'a>>,
    pub missing_mcp: &'a [turn::MissingMcp],
    pub stdin_given_up: bool,
}

impl<'a> From<&'a turn::Outcome> for RunResult<'a> {
    fn from(outcome: &'a turn::Outcome) -> Self {
        Self {
            schema_version: SCHEMA_VERSION,
            outcome: outcome.word(),
            exit_code: outcome.exit_code(),
            result: &outcome.result,
            last_message: &outcome.last_message,
            structured: outcome.structured.as_ref(),
            session_id: outcome.session_id.as_deref(),
            message_id: outcome.message_id.as_deref(),
            directory: &outcome.directory,
            model: outcome.model.as_ref().map(ModelRef::to_string),
            agent: outcome.agent.as_deref(),
            usage: outcome.usage.map(UsageRecord::from),
            cost_usd: outcome.cost_usd.as_deref(),
            turns: outcome.turns,
            tool_calls: outcome.tool_calls.iter().map(Tool::from).collect(),
            permissions: outcome.permissions.iter().map(Permission::from).collect(),
            files: outcome.files.iter().map(FileRecord::from).collect(),
            retries: outcome.retries,
            duration_ms: outcome.phases.total_ms,
            phases: outcome.phases.into(),
            engine: outcome.engine.as_ref().map(EngineRecord::from),
            error: outcome.failure.as_ref().map(ResultError::from),
            conversation: outcome.conversation.as_deref(),
            resumed: outcome.resumed,
            rehearsal: outcome.rehearsal,
            checks: (&outcome.checks).into(),
            worktree: outcome.worktree.as_ref().map(WorktreeRecord::from),
            missing_mcp: &outcome.missing_mcp,
            stdin_given_up: outcome.stdin_given_up,
        }
    }
}

/// The results of the checks after the turn.
#[derive(Debug, Serialize)]
pub struct CheckRecord<'a> {
    pub verify: Option<VerificationRecord<'a>>,
    pub require_change: Option<bool>,
}

impl<'a> From<&'a turn::CheckResults> for CheckRecord<'a> {
    fn from(checks: &'a turn::CheckResults) -> Self {
        Self {
            verify: checks.verify.as_ref().map(|verify| VerificationRecord {
                command: &verify.command,
                exit_code: verify.exit_code,
                duration_ms: verify.duration_ms,
            }),
            require_change: checks.require_change,
        }
    }
}

/// The command of `--verify`, and its result.
#[derive(Debug, Serialize)]
pub struct VerificationRecord<'a> {
    pub command: &'a str,
    pub exit_code: Option<i32>,
    pub duration_ms: u64,
}

/// The git worktree of the run.
#[derive(Debug, Serialize)]
pub struct WorktreeRecord<'a> {
    pub path: &'a str,
    pub branch: &'a str,
    pub base: &'a str,
    pub kept: bool,
}

impl<'a> From<&'a turn::Worktree> for WorktreeRecord<'a> {
    fn from(worktree: &'a turn::Worktree) -> Self {
        Self {
            path: &worktree.path,
            branch: &worktree.branch,
            base: &worktree.base,
            kept: worktree.kept,
        }
    }
}

#[derive(Debug, Serialize)]
pub struct UsageRecord {
    pub input: u64,
    pub output: u64,
    pub reasoning: u64,
    pub cache_read: u64,
    pub cache_write: u64,
    pub total: u64,
}

impl From<turn::Usage> for UsageRecord {
    fn from(usage: turn::Usage) -> Self {
        Self {
            input: usage.input,
            output: usage.output,
            reasoning: usage.reasoning,
            cache_read: usage.cache_read,
            cache_write: usage.cache_write,
            total: usage.total,
        }
    }
}

#[derive(Debug, Serialize)]
pub struct PhaseRecord {
    pub engine_ms: Option<u64>,
    pub server_ms: Option<u64>,
    pub session_ms: Option<u64>,
    pub first_token_ms: Option<u64>,
    pub total_ms: u64,
}

impl From<turn::Phases> for PhaseRecord {
    fn from(phases: turn::Phases) -> Self {
        Self {
            engine_ms: phases.engine_ms,
            server_ms: phases.server_ms,
            session_ms: phases.session_ms,
            first_token_ms: phases.first_token_ms,
            total_ms: phases.total_ms,
        }
    }
}

#[derive(Debug, Serialize)]
pub struct ResultError {
    pub kind: FailureKind,
    /// The failure and its causes, joined by ": ".
    pub message: String,
    /// The hints, one per line.
    pub hint: Option<String>,
}

impl From<&Failure> for ResultError {
    fn from(failure: &Failure) -> Self {
        Self {
            kind: failure.kind,
            message: failure.to_string(),
            hint: (!failure.hints.is_empty()).then(|| failure.hints.join("\n")),
        }
    }
}
