//! An answer that has to follow a schema: checked, sent back while it is wrong, and the end of the turn once it is right.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::answer_schema::{AnswerSchema, listed};
use crate::client::types::MessageInfo;
use crate::error::{Failure, FailureKind};
use crate::gate::AnswerTool;

/// What the model reads about the tool.
const TOOL_DESCRIPTION: &str = "Give the final answer to the user. Call this tool exactly once, when all other work is done: \
                                the arguments are the answer, and nothing follows it.";
/// The plugin's error when the turn needs no further call of the model. The engine stores this text as a message.
pub(super) const ENOUGH: &str = "opencode-rs has all that it needs of the model";
/// The engine's agent that names sessions. Its calls of the model do not belong to the turn.
pub(super) const TITLE_AGENT: &str = "title";
/// The error of a second answer.
const ALREADY: &str = "The answer was given already.";
/// How many errors the message of a failure tells.
const MOST_TOLD_ERRORS: usize = 3;
/// How many errors the record keeps.
const MOST_KEPT_ERRORS: usize = 100;

/// What `--schema` wants of a turn.
#[derive(Debug, Clone)]
pub struct WantedAnswer {
    pub schema: AnswerSchema,
    /// How many wrong answers are sent back.
    pub retries: u32,
    /// The tool that gives the answer; `None` where the model has none, and answers with text.
    pub tool: Option<String>,
}

/// How the answer came about.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AnswerChecks {
    /// How many answers the model gave up to the first right one, the wrong ones included.
    pub attempts: u32,
    /// What was wrong with them, each error behind the place that it is about, such as `/items/0/severity: …`.
    pub errors: Vec<String>,
}

/// What a turn brought of what was wanted.
#[derive(Debug, Default)]
pub struct GivenAnswer {
    /// The answer that follows the schema.
    pub value: Option<Value>,
    /// The last wrong answer, as it was given.
    pub last: Option<String>,
    pub checks: AnswerChecks,
}

impl WantedAnswer {
    /// The tool for the model.
    pub fn offer(schema: &AnswerSchema) -> AnswerTool {
        AnswerTool {
            description: TOOL_DESCRIPTION.to_owned(),
            parameters: schema.parameters(),
        }
    }

    /// What the system prompt says of it.
    pub fn instructions(&self) -> String {
        match &self.tool {
            Some(tool) => format!(
                "The user reads your final answer with a program. When all work is done, give it by calling the tool \
                 `{tool}`, whose arguments are the answer. Do not write the answer as text."
            ),
            None => format!(
                "The user reads your final answer with a program. It has to be one JSON value that follows this JSON \
                 Schema, without any other text:\n{}",
                self.schema.schema()
            ),
        }
    }
}

/// The answers of a turn so far.
#[derive(Debug)]
pub(super) struct CheckedAnswer {
    wanted: WantedAnswer,
    pub(super) given: GivenAnswer,
    retries_left: u32,
    /// Whether no further answer counts.
    pub(super) is_over: bool,
}

impl CheckedAnswer {
    pub(super) fn new(wanted: WantedAnswer) -> Self {
        Self {
            retries_left: wanted.retries,
            wanted,
            given: GivenAnswer::default(),
            is_over: false,
        }
    }

    /// Whether a tool is the one that gives the answer.
    pub(super) fn is_given_by(&self, tool: &str) -> bool {
        self.wanted.tool.as_deref() == Some(tool)
    }

    /// Takes the arguments of the tool; an error is for the model.
    pub(super) fn take_arguments(&mut self, arguments: &Value) -> Result<(), String> {
        if self.is_over {
            return Err(ALREADY.to_owned());
        }
        let found = self.wanted.schema.of_arguments(arguments);
        self.take(found, || arguments.to_string())
    }

    /// Takes arguments that are no JSON; gives what the model is told.
    pub(super) fn take_broken(&mut self) -> String {
        if self.is_over {
            return ALREADY.to_owned();
        }
        let found = Err(vec!["the arguments of the tool are no JSON".to_owned()]);
        self.take(found, String::new).err().unwrap_or_default()
    }

    /// Takes the text with which the model ended; an error is the prompt with which it is asked again.
    pub(super) fn take_text(&mut self, text: &str) -> Result<(), String> {
        let found = self.wanted.schema.of_text(text);
        self.take(found, || text.to_owned()).map_err(|errors| {
            let how = match &self.wanted.tool {
                Some(tool) => format!("Give the answer by calling the tool `{tool}`."),
                None => "Give the whole answer again, as JSON alone.".to_owned(),
            };
            format!("{errors}{how}")
        })
    }

    fn take(&mut self, found: Result<Value, Vec<String>>, given: impl FnOnce() -> String) -> Result<(), String> {
        self.given.checks.attempts += 1;
        match found {
            Ok(value) => {
                self.given.value = Some(value);
                self.is_over = true;
                Ok(())
            }
            Err(errors) => {
                self.given.last = Some(given());
                let told = format!("This answer does not follow the schema:\n{}", listed(&errors));
                self.given.checks.errors.extend(errors);
                self.given.checks.errors.truncate(MOST_KEPT_ERRORS);
                self.is_over = self.retries_left == 0;
                self.retries_left = self.retries_left.saturating_sub(1);
                Err(told)
            }
        }
    }

    /// The failure of a turn without a right answer.
    pub(super) fn failure(&self) -> Failure {
        let why = match self.given.checks.attempts {
            0 => "the model gave no answer to check".to_owned(),
            1 => "it does not follow the schema".to_owned(),
            attempts => format!("none of {attempts} answers follows the schema"),
        };
        let mut failure = Failure::new(FailureKind::InvalidResult, format!("cannot use the answer: {why}"));
        let errors = self.given.checks.errors.iter().rev().take(MOST_TOLD_ERRORS).rev();
        failure.causes = errors.cloned().collect();
        failure.hint("`--schema-retries` lets the model try more often; a simpler schema or another model may help")
    }
}

/// Whether a message says only that the plugin refused a further call of the model.
pub(super) fn is_end(info: &MessageInfo) -> bool {
    let error = info.error.as_ref();
    error.is_some_and(|error| error.data.message.contains(ENOUGH))
}
