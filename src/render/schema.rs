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
use serde_json::{Value, json};

use crate::error::Failure;
use crate::request::ModelRef;
use crate::support::json;
use crate::turn::{
    FileChange, Outcome, PermissionRecord, QuestionRecord, Retry, TextDelta, TodoItem, ToolCall, TurnStart, TurnStatus,
    Update,
};

/// The version of the format. It changes only when a consumer of the old version could misread the new one.
pub const SCHEMA_VERSION: u32 = 1;

/// A record. The types of [`crate::turn`] in it name the fields of their records.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Record<'a> {
    Init(Value),
    Text(&'a TextDelta),
    Reasoning(&'a TextDelta),
    Tool(&'a ToolCall),
    Permission(&'a PermissionRecord),
    Question(&'a QuestionRecord),
    Retry(&'a Retry),
    Status(&'a TurnStatus),
    #[serde(rename = "status")]
    TextVoid {
        status: &'static str,
        session_id: &'a str,
        part_id: &'a str,
    },
    Todo {
        items: &'a [TodoItem],
    },
    FileChange(&'a FileChange),
    Warning {
        message: &'a str,
    },
    Raw {
        event: &'a Value,
    },
    Result(Value),
}

impl<'a> Record<'a> {
    /// The record of an update.
    pub fn of(update: &'a Update) -> Self {
        match update {
            Update::Started(started) => Self::Init(init(started)),
            Update::Text(piece) => Self::Text(piece),
            Update::TextVoid { part_id, session_id } => Self::TextVoid {
                status: "text_void",
                session_id,
                part_id,
            },
            Update::Reasoning(piece) => Self::Reasoning(piece),
            Update::Tool(call) => Self::Tool(call),
            Update::Permission(record) => Self::Permission(record),
            Update::Question(record) => Self::Question(record),
            Update::Retry(retry) => Self::Retry(retry),
            Update::Status(status) => Self::Status(status),
            Update::Todo(items) => Self::Todo { items },
            Update::FileChange(change) => Self::FileChange(change),
            Update::Warning(message) => Self::Warning { message },
            Update::Raw(event) => Self::Raw { event },
        }
    }

    pub fn result(outcome: &Outcome) -> Self {
        Self::Result(json!({
            "schema_version": SCHEMA_VERSION,
            "outcome": outcome.word(),
            "exit_code": outcome.exit_code(),
            "result": outcome.result,
            "last_message": outcome.last_message,
            "structured": outcome.structured,
            "session_id": outcome.session_id,
            "message_id": outcome.message_id,
            "directory": outcome.directory,
            "model": outcome.model.as_ref().map(ModelRef::to_string),
            "agent": outcome.agent,
            "usage": outcome.usage,
            "cost_usd": outcome.cost_usd,
            "turns": outcome.turns,
            "tool_calls": outcome.tool_calls,
            "permissions": outcome.permissions,
            "files": outcome.files,
            "retries": outcome.retries,
            "duration_ms": outcome.phases.total_ms,
            "phases": outcome.phases,
            "engine": outcome.engine,
            "error": outcome.failure.as_ref().map(error),
            "conversation": outcome.conversation,
            "resumed": outcome.resumed,
            "rehearsal": outcome.rehearsal,
            "checks": outcome.checks,
            "worktree": outcome.worktree,
            "missing_mcp": outcome.missing_mcp,
            "stdin_given_up": outcome.stdin_given_up,
        }))
    }

    /// The `init` record of a run that ended before it began: `null` for all that the outcome does not know.
    pub fn init_of(outcome: &Outcome) -> Self {
        Self::Init(init(&TurnStart {
            engine: outcome.engine.clone(),
            model: outcome.model.clone(),
            agent: outcome.agent.clone(),
            directory: outcome.directory.clone(),
            session_id: outcome.session_id.clone(),
            conversation: outcome.conversation.clone(),
            resumed: outcome.resumed,
            rehearsal: outcome.rehearsal,
            ..TurnStart::default()
        }))
    }

    /// Appends the record to `line` as one line of JSON, with its line feed.
    pub fn write_line(&self, line: &mut Vec<u8>) -> serde_json::Result<()> {
        json::append_line(self, line)
    }
}

fn init(started: &TurnStart) -> Value {
    json!({
        "schema_version": SCHEMA_VERSION,
        "version": env!("CARGO_PKG_VERSION"),
        "engine": started.engine,
        "capabilities": started.capabilities,
        "model": started.model.as_ref().map(ModelRef::to_string),
        "agent": started.agent,
        "variant": started.variant,
        "directory": started.directory,
        "session_id": started.session_id,
        "conversation": started.conversation,
        "resumed": started.resumed,
        "rehearsal": started.rehearsal,
    })
}

/// A failure: its causes follow the message after ": ", and each hint is a line.
fn error(failure: &Failure) -> Value {
    json!({
        "kind": failure.kind,
        "message": failure.to_string(),
        "hint": (!failure.hints.is_empty()).then(|| failure.hints.join("\n")),
    })
}
