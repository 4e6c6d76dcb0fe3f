//! The document, and its common queries.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::request::ModelRef;

/// A session with all its messages.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Transcript {
    pub info: Value,
    /// Oldest first.
    pub messages: Vec<TranscriptMessage>,
}

/// A message with its parts.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TranscriptMessage {
    pub info: Value,
    pub parts: Vec<Value>,
}

impl Transcript {
    /// Builds the document from the engine's values. Skips values that are not messages.
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

    /// The first reverted message: this message and all later ones are hidden.
    pub fn reverted_from(&self) -> Option<usize> {
        let message = self.info.get("revert")?.get("messageID")?;
        self.messages
            .iter()
            .position(|known| known.info.get("id") == Some(message))
    }

    /// The messages that are not reverted.
    pub fn visible(&self) -> &[TranscriptMessage] {
        &self.messages[..self.reverted_from().unwrap_or(self.messages.len())]
    }

    /// The model of the last message that names a model.
    pub fn last_model(&self) -> Option<ModelRef> {
        self.messages.iter().rev().find_map(TranscriptMessage::model)
    }
}

impl TranscriptMessage {
    pub fn id(&self) -> &str {
        text(&self.info, "id")
    }

    /// Whether the user wrote the message, or the engine in the user's place.
    pub fn is_of_user(&self) -> bool {
        text(&self.info, "role") == "user"
    }

    /// Whether the message is the summary of a compaction.
    pub fn is_summary(&self) -> bool {
        self.info.get("summary") == Some(&Value::Bool(true))
    }

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

/// The text of a field; empty without the field.
pub(super) fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// Whether a field is `true`.
pub(super) fn holds(value: &Value, name: &str) -> bool {
    value.get(name) == Some(&Value::Bool(true))
}

impl Transcript {
    /// Changes every string in the session, the messages and their parts.
    pub(super) fn change_strings(&mut self, change: &impl Fn(&mut String)) {
        change_strings(&mut self.info, change);
        for message in &mut self.messages {
            change_strings(&mut message.info, change);
            message.parts.iter_mut().for_each(|part| change_strings(part, change));
        }
    }
}

fn change_strings(value: &mut Value, change: &impl Fn(&mut String)) {
    match value {
        Value::String(text) => change(text),
        Value::Array(values) => values.iter_mut().for_each(|value| change_strings(value, change)),
        Value::Object(values) => values.values_mut().for_each(|value| change_strings(value, change)),
        _ => {}
    }
}
