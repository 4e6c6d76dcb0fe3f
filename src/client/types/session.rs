//! Sessions.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::lenient;
use super::permission::Rule;
use crate::request::ModelRef;

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Session {
    pub id: String,
    /// The session that started this subagent's session.
    #[serde(rename = "parentID", deserialize_with = "lenient")]
    pub parent_id: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub title: String,
    #[serde(deserialize_with = "lenient")]
    pub directory: String,
    #[serde(deserialize_with = "lenient")]
    pub agent: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub model: Option<SessionModel>,
    /// Its rules, if the engine reports them. They follow all other rules.
    #[serde(deserialize_with = "lenient")]
    pub permission: Option<Vec<Rule>>,
    #[serde(deserialize_with = "lenient")]
    pub revert: Option<Revert>,
    /// When it was created and last used.
    #[serde(deserialize_with = "lenient")]
    pub time: SessionTimes,
}

/// From which message on a session is reverted; the next prompt deletes the reverted messages.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Revert {
    #[serde(rename = "messageID", deserialize_with = "lenient")]
    pub message_id: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct SessionModel {
    #[serde(rename = "providerID")]
    pub provider: String,
    /// The model's id at that provider.
    pub id: String,
    /// `default` when no variant was named.
    #[serde(deserialize_with = "lenient")]
    pub variant: Option<String>,
}

/// Times of a session in milliseconds since 1970.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct SessionTimes {
    #[serde(deserialize_with = "lenient")]
    pub created: f64,
    #[serde(deserialize_with = "lenient")]
    pub updated: f64,
    /// When it was archived, if it was.
    #[serde(deserialize_with = "lenient")]
    pub archived: Option<f64>,
}

/// Which sessions a list has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SessionFilter {
    /// Only sessions of this directory.
    pub directory: Option<String>,
    /// Only sessions whose title contains this text, in any case.
    pub search: Option<String>,
    pub children: bool,
    pub archived: bool,
    pub limit: Option<usize>,
}

/// The request for a new session.
#[derive(Debug, Clone, Default, Serialize)]
pub struct NewSession {
    /// With a title the engine makes no model call to create one.
    pub title: String,
    /// Its rules, judged after all other rules.
    pub permission: Vec<Rule>,
}

/// Changes to a session. Empty fields stay as they are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SessionChange {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Rules to append to the session's rules.
    #[serde(rename = "permission", skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Rule>,
}

/// A message that is stored briefly and removed: its ids, and the session's current model and agent.
#[derive(Debug, Clone, Copy)]
pub struct PassingMessage<'a> {
    pub message_id: &'a str,
    /// The id of its only part.
    pub part_id: &'a str,
    pub model: Option<&'a ModelRef>,
    pub agent: Option<&'a str>,
    pub variant: Option<&'a str>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum SessionStatus {
    Busy,
    /// Waiting for a provider retry.
    Retry {
        /// The number of the next attempt, from 1.
        #[serde(default)]
        attempt: u32,
        #[serde(default)]
        message: String,
        /// Time of the next attempt, in milliseconds since 1970.
        #[serde(default)]
        next: u64,
    },
    Idle,
    /// Any state of a newer engine.
    #[serde(other)]
    Unknown,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TodoItem {
    #[serde(default)]
    pub content: String,
    /// `pending`, `in_progress`, `completed`, `cancelled`, or a state of a newer engine.
    #[serde(default)]
    pub status: String,
    #[serde(default)]
    pub priority: String,
}

impl TodoItem {
    /// The status as a box in front of the text.
    pub fn mark(&self) -> &'static str {
        match self.status.as_str() {
            "completed" => "[x]",
            "in_progress" => "[>]",
            "cancelled" => "[-]",
            _ => "[ ]",
        }
    }
}
