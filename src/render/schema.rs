//! The JSON that we promise to programs, apart from our own types and from the engine's.
//!
//! Every record has a `type`. Within one [`SCHEMA_VERSION`] fields and record types are only ever added; consumers
//! ignore what they do not know. Fields are always present; what is unknown is `null`.
//!
//! `stream-json` writes one record a line: first `init`, last `result`. `json` writes `result` alone. The doc comments of
//! the types here become the descriptions in `schemas/` and `docs/records.md`.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde_json::Value;

use crate::error::{ErrorClass, ErrorSubclass, Failure, FailureKind, Recovery};
use crate::request::ModelRef;
use crate::support::json;
use crate::turn::{
    AnswerChecks, CheckResults, EngineInfo, FileChange, MissingMcp, Outcome, PermissionRecord, Phases, QuestionRecord,
    Retry, StepUsage, TextDelta, TodoItem, ToolCall, TurnStart, TurnStatus, Update, Usage, Worktree,
};

/// The version of the format. It changes only when a consumer of the old version could misread the new one.
pub const SCHEMA_VERSION: u32 = 1;

/// A line of `--output-format stream-json`. The first line is `init`, the last one `result`.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Record<'a> {
    /// The facts known when a run starts.
    Init(InitRecord<'a>),
    /// A piece of the answer.
    Text(&'a TextDelta),
    /// A piece of the model's reasoning.
    Reasoning(&'a TextDelta),
    /// A tool call as known so far. There are several for one `call_id`; each replaces the one before.
    Tool(&'a ToolCall),
    Permission(&'a PermissionRecord),
    Question(&'a QuestionRecord),
    /// The engine asks the provider again.
    Retry(&'a Retry),
    /// The state of the run changed.
    Status(&'a TurnStatus),
    /// The text of a part does not count: the model writes it anew, in another part.
    #[serde(rename = "status")]
    TextVoid {
        #[schemars(extend("const" = "text_void"))]
        status: &'static str,
        session_id: &'a str,
        part_id: &'a str,
    },
    /// The whole list of things to do.
    Todo {
        items: &'a [TodoItem],
    },
    /// A file was changed. There can be several for one `path`; each replaces the one before.
    FileChange(&'a FileChange),
    /// A call of the model has ended: what it used up.
    Usage(&'a StepUsage),
    Warning {
        message: &'a str,
    },
    /// An event of the engine, unchanged, with `--include-raw`.
    Raw {
        event: &'a Value,
    },
    /// How the run ended.
    Result(Box<ResultRecord<'a>>),
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct InitRecord<'a> {
    #[schemars(extend("const" = SCHEMA_VERSION))]
    schema_version: u32,
    /// The version of opencode-rs.
    version: &'static str,
    /// The engine that answers; null when no engine could be used.
    engine: Option<&'a EngineInfo>,
    /// The features of this version of opencode-rs.
    capabilities: &'a [String],
    /// The model, `provider/model`; null until it is known.
    model: Option<String>,
    agent: Option<&'a str>,
    /// The variant of the model.
    variant: Option<&'a str>,
    /// The directory in which the agent works.
    directory: &'a str,
    session_id: Option<&'a str>,
    /// The name under which the session is kept.
    conversation: Option<&'a str>,
    /// Whether the session existed before the run.
    resumed: bool,
    /// Whether the scripted model answers.
    rehearsal: bool,
}

/// How a run ended: what `--output-format json` prints, and the last line of `stream-json`.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "result")]
pub struct ResultRecord<'a> {
    #[schemars(extend("const" = SCHEMA_VERSION))]
    schema_version: u32,
    /// `ok`, or the reason why the run failed.
    #[schemars(schema_with = "outcomes")]
    outcome: &'static str,
    /// The exit status of the program.
    exit_code: u8,
    /// The whole answer: all text of the turn, its parts separated by a blank line. After a failure, the text so far.
    result: &'a str,
    /// The text of the last message that has text: the answer without the text before tool calls.
    last_message: &'a str,
    /// The session; null when the run failed before it had one.
    session_id: Option<&'a str>,
    message_id: Option<&'a str>,
    /// The directory in which the agent worked.
    directory: &'a str,
    /// The model, `provider/model`.
    model: Option<String>,
    agent: Option<&'a str>,
    /// Tokens of all messages of this run, those of subagents too; null when the provider does not report them.
    usage: Option<Usage>,
    /// Dollars, as a decimal text such as `0.0123`; null when the price is unknown.
    cost_usd: Option<&'a str>,
    /// How many messages the assistant wrote.
    turns: u32,
    tool_calls: &'a [ToolCall],
    permissions: &'a [PermissionRecord],
    /// The files that the run changed.
    files: &'a [FileChange],
    /// How often the engine asked the provider again.
    retries: u32,
    duration_ms: u64,
    phases: Phases,
    engine: Option<&'a EngineInfo>,
    /// What failed; null after success.
    error: Option<ErrorRecord>,
    /// The name under which the session is kept.
    conversation: Option<&'a str>,
    /// Whether the session existed before the run.
    resumed: bool,
    /// Whether the scripted model answered.
    rehearsal: bool,
    checks: &'a CheckResults,
    /// The git worktree of the run, with `--worktree`.
    worktree: Option<&'a Worktree>,
    /// The answer, with `--schema`; null without one that follows the schema.
    structured: Option<&'a Value>,
    /// How often the model answered, and what was wrong, with `--schema`.
    schema: Option<&'a AnswerChecks>,
    /// Whether the file of `--event-log` has every record; null without one.
    event_log_complete: Option<bool>,
    /// MCP servers whose tools the model did not have.
    missing_mcp: &'a [MissingMcp],
    /// Whether the run stopped waiting for a silent, open stdin and sent the prompt without it.
    stdin_given_up: bool,
}

/// A failure, with its hint.
#[derive(Debug, Serialize, JsonSchema)]
struct ErrorRecord {
    kind: FailureKind,
    /// What failed, followed by its causes after `: `.
    message: String,
    /// What helps, one hint a line.
    hint: Option<String>,
    /// The cause, for programs. Null where it is not known.
    class: Option<ErrorClass>,
    /// The case within the class.
    subclass: Option<ErrorSubclass>,
    /// The provider that failed.
    provider: Option<String>,
    /// The status of the provider's answer.
    http_status: Option<u16>,
    /// Whether the same run may succeed later, unchanged.
    retryable: bool,
    /// The pause that the provider asks for, in milliseconds.
    retry_after_ms: Option<u64>,
    /// What helps, for programs.
    recovery: Recovery,
}

/// The words that `outcome` can be.
fn outcomes(_: &mut SchemaGenerator) -> Schema {
    let mut words: Vec<&str> = FailureKind::ALL.iter().map(|kind| kind.outcome()).collect();
    words.insert(0, "ok");
    words.dedup();
    json_schema!({ "type": "string", "enum": words })
}

impl<'a> Record<'a> {
    /// The record of an update.
    pub fn of(update: &'a Update) -> Self {
        match update {
            Update::Started(started) => Self::Init(InitRecord::of(started)),
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
            Update::Usage(usage) => Self::Usage(usage),
            Update::Warning(message) => Self::Warning { message },
            Update::Raw(event) => Self::Raw { event },
        }
    }

    pub fn result(outcome: &'a Outcome) -> Self {
        Self::Result(Box::new(ResultRecord {
            schema_version: SCHEMA_VERSION,
            outcome: outcome.word(),
            exit_code: outcome.exit_code(),
            result: &outcome.result,
            last_message: &outcome.last_message,
            session_id: outcome.session_id.as_deref(),
            message_id: outcome.message_id.as_deref(),
            directory: &outcome.directory,
            model: outcome.model.as_ref().map(ModelRef::to_string),
            agent: outcome.agent.as_deref(),
            usage: outcome.usage,
            cost_usd: outcome.cost_usd.as_deref(),
            turns: outcome.turns,
            tool_calls: &outcome.tool_calls,
            permissions: &outcome.permissions,
            files: &outcome.files,
            retries: outcome.retries,
            duration_ms: outcome.phases.total_ms,
            phases: outcome.phases,
            engine: outcome.engine.as_ref(),
            error: outcome.failure.as_ref().map(ErrorRecord::of),
            conversation: outcome.conversation.as_deref(),
            resumed: outcome.resumed,
            rehearsal: outcome.rehearsal,
            checks: &outcome.checks,
            worktree: outcome.worktree.as_ref(),
            structured: outcome.structured.as_ref(),
            schema: outcome.schema.as_ref(),
            event_log_complete: outcome.event_log_complete,
            missing_mcp: &outcome.missing_mcp,
            stdin_given_up: outcome.stdin_given_up,
        }))
    }

    /// The `init` record of a run that ended before it began: `null` for all that the outcome does not know.
    pub fn init_of(outcome: &'a Outcome) -> Self {
        Self::Init(InitRecord {
            engine: outcome.engine.as_ref(),
            model: outcome.model.as_ref().map(ModelRef::to_string),
            agent: outcome.agent.as_deref(),
            directory: &outcome.directory,
            session_id: outcome.session_id.as_deref(),
            conversation: outcome.conversation.as_deref(),
            resumed: outcome.resumed,
            rehearsal: outcome.rehearsal,
            ..InitRecord::default()
        })
    }

    /// Appends the record to `line` as one line of JSON, with its line feed.
    pub fn write_line(&self, line: &mut Vec<u8>) -> serde_json::Result<()> {
        json::append_line(self, line)
    }
}

impl Default for InitRecord<'_> {
    fn default() -> Self {
        Self {
            schema_version: SCHEMA_VERSION,
            version: env!("CARGO_PKG_VERSION"),
            engine: None,
            capabilities: &[],
            model: None,
            agent: None,
            variant: None,
            directory: "",
            session_id: None,
            conversation: None,
            resumed: false,
            rehearsal: false,
        }
    }
}

impl<'a> InitRecord<'a> {
    fn of(started: &'a TurnStart) -> Self {
        Self {
            engine: started.engine.as_ref(),
            capabilities: &started.capabilities,
            model: started.model.as_ref().map(ModelRef::to_string),
            agent: started.agent.as_deref(),
            variant: started.variant.as_deref(),
            directory: &started.directory,
            session_id: started.session_id.as_deref(),
            conversation: started.conversation.as_deref(),
            resumed: started.resumed,
            rehearsal: started.rehearsal,
            ..Self::default()
        }
    }
}

impl ErrorRecord {
    fn of(failure: &Failure) -> Self {
        let facts = failure.facts.as_deref().cloned().unwrap_or_default();
        let (class, recovery) = failure.class_and_recovery();
        Self {
            kind: failure.kind,
            message: failure.to_string(),
            hint: (!failure.hints.is_empty()).then(|| failure.hints.join("\n")),
            class,
            subclass: facts.subclass,
            provider: facts.provider,
            http_status: facts.http_status,
            retryable: recovery == Recovery::WaitAndRetry,
            retry_after_ms: facts.retry_after_ms,
            recovery,
        }
    }
}
