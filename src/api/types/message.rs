//! Messages, their parts, and prompts.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::lenient::lenient;
use crate::request::ModelRef;

/// A message and all its parts.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct MessageWithParts {
    pub info: MessageInfo,
    pub parts: Vec<Part>,
}

/// A message, of the user or of the assistant.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct MessageInfo {
    pub id: String,
    #[serde(rename = "sessionID", deserialize_with = "lenient")]
    pub session_id: String,
    #[serde(deserialize_with = "lenient")]
    pub role: String,
    /// The user message that it answers; another one than ours after a compaction.
    #[serde(rename = "parentID", deserialize_with = "lenient")]
    pub parent_id: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub agent: Option<String>,
    /// The model of a user message.
    #[serde(deserialize_with = "lenient")]
    pub model: Option<ModelRef>,
    /// The provider of an assistant message.
    #[serde(rename = "providerID", deserialize_with = "lenient")]
    pub provider_id: Option<String>,
    /// The model of an assistant message.
    #[serde(rename = "modelID", deserialize_with = "lenient")]
    pub model_id: Option<String>,
    /// The variant of the model.
    #[serde(deserialize_with = "lenient")]
    pub variant: Option<String>,
    /// Why the model stopped: `stop`, `length`, `tool-calls`, `content-filter`, `unknown`, ...
    #[serde(deserialize_with = "lenient")]
    pub finish: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub error: Option<EngineError>,
    /// Dollars, of this step.
    #[serde(deserialize_with = "lenient")]
    pub cost: f64,
    #[serde(deserialize_with = "lenient")]
    pub tokens: Tokens,
    /// When it began and ended.
    #[serde(deserialize_with = "lenient")]
    pub time: Times,
    /// `true` on the summary of a compaction (an object on a user message).
    #[serde(deserialize_with = "lenient")]
    pub summary: Value,
    #[serde(deserialize_with = "lenient")]
    pub path: MessagePath,
    /// The value of a structured answer.
    #[serde(deserialize_with = "lenient")]
    pub structured: Option<Value>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct MessagePath {
    /// The root of the working tree; that of the file system where there is none.
    #[serde(deserialize_with = "lenient")]
    pub root: String,
}

impl MessageInfo {
    /// Whether the assistant wrote it.
    pub fn is_assistant(&self) -> bool {
        self.role == "assistant"
    }

    /// Whether it is the summary that a compaction made, which is no answer.
    pub fn is_summary(&self) -> bool {
        self.summary == Value::Bool(true)
    }

    /// The model that wrote it.
    pub fn model_ref(&self) -> Option<ModelRef> {
        if let (Some(provider), Some(model)) = (&self.provider_id, &self.model_id) {
            return Some(ModelRef {
                provider: provider.clone(),
                model: model.clone(),
            });
        }
        self.model.clone()
    }
}

/// Times in milliseconds since 1970.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Times {
    /// When the message was made.
    #[serde(deserialize_with = "lenient")]
    pub created: f64,
    #[serde(deserialize_with = "lenient")]
    pub completed: Option<f64>,
    #[serde(deserialize_with = "lenient")]
    pub start: Option<f64>,
    #[serde(deserialize_with = "lenient")]
    pub end: Option<f64>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Tokens {
    /// The sum, where the provider gives one.
    #[serde(deserialize_with = "lenient")]
    pub total: Option<f64>,
    #[serde(deserialize_with = "lenient")]
    pub input: f64,
    #[serde(deserialize_with = "lenient")]
    pub output: f64,
    #[serde(deserialize_with = "lenient")]
    pub reasoning: f64,
    #[serde(deserialize_with = "lenient")]
    pub cache: CacheTokens,
}

/// Tokens that went through the provider's cache.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct CacheTokens {
    #[serde(deserialize_with = "lenient")]
    pub read: f64,
    #[serde(deserialize_with = "lenient")]
    pub write: f64,
}

/// The engine's description of an error.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct EngineError {
    /// Its kind, for example `APIError`.
    #[serde(deserialize_with = "lenient")]
    pub name: String,
    #[serde(deserialize_with = "lenient")]
    pub data: ErrorData,
}

/// Facts of an error. The provider's headers and body are left out on purpose: they may hold secrets.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct ErrorData {
    #[serde(deserialize_with = "lenient")]
    pub message: String,
    /// HTTP status of the provider.
    #[serde(rename = "statusCode", deserialize_with = "lenient")]
    pub status_code: Option<u16>,
    /// Whether the engine would have tried again.
    #[serde(rename = "isRetryable", deserialize_with = "lenient")]
    pub is_retryable: bool,
    #[serde(rename = "providerID", deserialize_with = "lenient")]
    pub provider_id: Option<String>,
}

/// A part of a message.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Part {
    pub id: String,
    #[serde(rename = "messageID", deserialize_with = "lenient")]
    pub message_id: String,
    #[serde(rename = "sessionID", deserialize_with = "lenient")]
    pub session_id: String,
    #[serde(rename = "type", deserialize_with = "lenient")]
    pub kind: PartKind,
    /// The text of a text or reasoning part.
    #[serde(deserialize_with = "lenient")]
    pub text: String,
    /// Text that the engine added for the model.
    #[serde(deserialize_with = "lenient")]
    pub synthetic: bool,
    /// Text that is shown and not sent.
    #[serde(deserialize_with = "lenient")]
    pub ignored: bool,
    /// When it began and ended.
    #[serde(deserialize_with = "lenient")]
    pub time: Times,
    /// The tool of a tool part.
    #[serde(deserialize_with = "lenient")]
    pub tool: String,
    /// The id of a tool call.
    #[serde(rename = "callID", deserialize_with = "lenient")]
    pub call_id: String,
    /// The state of a tool call.
    #[serde(deserialize_with = "lenient")]
    pub state: ToolState,
    /// The files of a patch part.
    #[serde(deserialize_with = "lenient")]
    pub files: Vec<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PartKind {
    Text,
    Reasoning,
    Tool,
    /// A call of the model begins; a retried one begins anew.
    StepStart,
    /// A call of the model ended well.
    StepFinish,
    Patch,
    File,
    /// What a newer engine sends.
    #[default]
    #[serde(other)]
    Unknown,
}

/// The state of a tool call.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct ToolState {
    /// `pending`, `running`, `completed` or `error`.
    #[serde(deserialize_with = "lenient")]
    pub status: String,
    /// The arguments; whole from `running` on.
    #[serde(deserialize_with = "lenient")]
    pub input: Value,
    /// What the model sees of the result.
    #[serde(deserialize_with = "lenient")]
    pub output: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub error: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub title: Option<String>,
    /// Exit status, session of a subagent, and the like.
    #[serde(deserialize_with = "lenient")]
    pub metadata: Value,
    /// When it began and ended.
    #[serde(deserialize_with = "lenient")]
    pub time: Times,
}

/// A prompt. Its ids are ours, which makes sending it twice the same as once.
#[derive(Debug, Clone, Serialize)]
pub struct Prompt {
    /// Our id of the user message.
    #[serde(rename = "messageID")]
    pub message_id: String,
    /// The model; always named, since the engine otherwise takes the session's last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<ModelRef>,
    /// The agent; always named, likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// Text added to the system prompt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
    pub parts: Vec<PromptPart>,
}

/// A part of a prompt.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum PromptPart {
    Text {
        id: String,
        text: String,
    },
    File {
        id: String,
        #[serde(flatten)]
        file: FilePart,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FilePart {
    pub mime: String,
    /// The name that the model sees.
    pub filename: String,
    /// A `data:` or `file:` URL.
    pub url: String,
}
