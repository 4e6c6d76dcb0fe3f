//! The document, and what is read out of it everywhere.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::request::ModelRef;

/// A session with all its messages.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Transcript {
    pub info: Value,
    /// Its messages, the oldest first.
    pub messages: Vec<TranscriptMessage>,
}

/// A message with its parts.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TranscriptMessage {
    pub info: Value,
    pub parts: Vec<Value>,
}

impl Transcript {
    /// The document of these, as the engine gives them. What is no message is left out.
    pub fn new(info: Value, messages: Vec<Value>) -> Self {
        let messages = messages
            .into_iter()
            .filter_map(|message| serde_json::from_value(message).ok())
            .collect();
        Self { info, messages }
    }

    pub fn id(&self) -> &str {
        text(&self.info, "id")
    }

    pub fn title(&self) -> &str {
        text(&self.info, "title")
    }

    /// Where it is reverted to: this message and all after it are hidden.
    pub fn reverted_from(&self) -> Option<usize> {
        let message = self.info.get("revert")?.get("messageID")?;
        self.messages
            .iter()
            .position(|known| known.info.get("id") == Some(message))
    }

    /// The messages that count, without those that are reverted.
    pub fn visible(&self) -> &[TranscriptMessage] {
        &self.messages[..self.reverted_from().unwrap_or(self.messages.len())]
    }

    /// The model of the last message that names one.
    pub fn last_model(&self) -> Option<ModelRef> {
        self.messages.iter().rev().find_map(TranscriptMessage::model)
    }
}

impl TranscriptMessage {
    pub fn id(&self) -> &str {
        text(&self.info, "id")
    }

    /// Whether the user wrote it, or the engine in the user's place.
    pub fn is_of_user(&self) -> bool {
        text(&self.info, "role") == "user"
    }

    /// Whether it is the summary that a compaction made.
    pub fn is_summary(&self) -> bool {
        self.info.get("summary") == Some(&Value::Bool(true))
    }

    /// The model that it names.
    pub fn model(&self) -> Option<ModelRef> {
        let of = |value: &Value| {
            Some(ModelRef {
                provider: value.get("providerID")?.as_str()?.to_owned(),
                model: value.get("modelID")?.as_str()?.to_owned(),
            })
        };
        of(&self.info).or_else(|| of(self.info.get("model")?))
    }
}

/// The text of a field; empty where there is none.
pub(super) fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// Whether a field is `true`.
pub(super) fn holds(value: &Value, name: &str) -> bool {
    value.get(name) == Some(&Value::Bool(true))
}
