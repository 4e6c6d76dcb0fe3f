//! Messages, their parts, and prompts.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::lenient;
use crate::request::ModelRef;

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
    /// The user message that it answers; after a compaction not our prompt.
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
    #[serde(deserialize_with = "lenient")]
    pub variant: Option<String>,
    /// Why the model stopped: `stop`, `length`, `tool-calls`, `content-filter`, `unknown`, ...
    #[serde(deserialize_with = "lenient")]
    pub finish: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub error: Option<EngineError>,
    /// Cost of this step in dollars.
    #[serde(deserialize_with = "lenient")]
    pub cost: f64,
    #[serde(deserialize_with = "lenient")]
    pub tokens: Tokens,
    #[serde(deserialize_with = "lenient")]
    pub time: Times,
    /// `true` on the summary of a compaction (an object on a user message).
    pub summary: Value,
    #[serde(deserialize_with = "lenient")]
    pub path: MessagePath,
    /// The value of a structured answer.
    pub structured: Option<Value>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct MessagePath {
    /// The root of the working tree; the root of the file system outside of a working tree.
    #[serde(deserialize_with = "lenient")]
    pub root: String,
}

impl MessageInfo {
    pub fn is_assistant(&self) -> bool {
        self.role == "assistant"
    }

    /// Whether the message is the summary of a compaction, which is not an answer.
    pub fn is_summary(&self) -> bool {
        self.summary == Value::Bool(true)
    }

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
    /// `None` when the provider gives no sum.
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
    /// For example `APIError`.
    #[serde(deserialize_with = "lenient")]
    pub name: String,
    #[serde(deserialize_with = "lenient")]
    pub data: ErrorData,
}

/// Facts of an error. The provider's body and most of its headers are left out on purpose: they may contain secrets.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct ErrorData {
    #[serde(deserialize_with = "lenient")]
    pub message: String,
    /// HTTP status of the provider's response.
    #[serde(rename = "statusCode", deserialize_with = "lenient")]
    pub status_code: Option<u16>,
    /// Whether the engine could have retried.
    #[serde(rename = "isRetryable", deserialize_with = "lenient")]
    pub is_retryable: bool,
    #[serde(rename = "providerID", deserialize_with = "lenient")]
    pub provider_id: Option<String>,
    #[serde(rename = "responseHeaders", deserialize_with = "lenient")]
    pub retry_headers: RetryHeaders,
}

/// The headers by which a provider asks for a pause.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct RetryHeaders {
    #[serde(rename = "retry-after-ms", deserialize_with = "lenient")]
    pub milliseconds: Option<String>,
    #[serde(rename = "retry-after", deserialize_with = "lenient")]
    pub seconds_or_date: Option<String>,
}

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
    /// Whether the engine added the text for the model.
    #[serde(deserialize_with = "lenient")]
    pub synthetic: bool,
    /// Whether the text is shown but not sent to the model.
    #[serde(deserialize_with = "lenient")]
    pub ignored: bool,
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
    /// A model call begins; also sent again for a retry.
    StepStart,
    StepFinish,
    Patch,
    File,
    /// Any type of a newer engine.
    #[default]
    #[serde(other)]
    Unknown,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct ToolState {
    /// `pending`, `running`, `completed` or `error`.
    #[serde(deserialize_with = "lenient")]
    pub status: String,
    /// The arguments; complete from `running` on.
    pub input: Value,
    /// The result as the model sees it.
    #[serde(deserialize_with = "lenient")]
    pub output: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub error: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub title: Option<String>,
    /// Exit status, session of a subagent, and similar facts.
    pub metadata: Value,
    #[serde(deserialize_with = "lenient")]
    pub time: Times,
}

/// A prompt. The caller chooses its ids, so sending it twice has the effect of sending it once.
#[derive(Debug, Clone, Serialize)]
pub struct Prompt {
    /// Our id of the user message.
    #[serde(rename = "messageID")]
    pub message_id: String,
    /// Always named, because the engine otherwise takes the session's last model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<ModelRef>,
    /// Always named, because the engine otherwise takes the session's last agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// Text added to the system prompt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
    pub parts: Vec<PromptPart>,
}

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

/// A file that differs between before and after a prompt.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct FileDiff {
    /// Relative to the root of the working tree.
    #[serde(deserialize_with = "lenient")]
    pub file: String,
    #[serde(deserialize_with = "lenient")]
    pub status: String,
    #[serde(deserialize_with = "lenient")]
    pub additions: Option<u64>,
    #[serde(deserialize_with = "lenient")]
    pub deletions: Option<u64>,
    /// The change as a unified diff.
    #[serde(deserialize_with = "lenient")]
    pub patch: String,
}
