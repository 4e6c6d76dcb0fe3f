//! Sessions.

use serde::{Deserialize, Serialize};

use super::lenient::lenient;
use super::permission::Rule;

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Session {
    pub id: String,
    /// The session that started it, for a subagent's.
    #[serde(rename = "parentID", deserialize_with = "lenient")]
    pub parent_id: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub title: String,
    #[serde(deserialize_with = "lenient")]
    pub directory: String,
    /// The agent that it used last.
    #[serde(deserialize_with = "lenient")]
    pub agent: Option<String>,
    /// The model that it used last.
    #[serde(deserialize_with = "lenient")]
    pub model: Option<SessionModel>,
    /// Its rules, where they are told. They come after all others.
    #[serde(deserialize_with = "lenient")]
    pub permission: Option<Vec<Rule>>,
    /// From where on its messages are taken back.
    #[serde(deserialize_with = "lenient")]
    pub revert: Option<Revert>,
    /// When it was made and last used.
    #[serde(deserialize_with = "lenient")]
    pub time: SessionTimes,
}

/// From where on the messages of a session are taken back; the next prompt deletes them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Revert {
    /// The first message that is taken back.
    #[serde(rename = "messageID", deserialize_with = "lenient")]
    pub message_id: String,
}

/// The model of a session.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct SessionModel {
    #[serde(rename = "providerID")]
    pub provider: String,
    /// The model's id at that provider.
    pub id: String,
    /// The variant; `default` where none was named.
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
    /// When it was put away, if it was.
    #[serde(deserialize_with = "lenient")]
    pub archived: Option<f64>,
}

/// What a new session is made of.
#[derive(Debug, Clone, Default, Serialize)]
pub struct NewSession {
    /// With a title the engine does not spend a model call on making one up.
    pub title: String,
    /// Its rules, judged after all others.
    pub permission: Vec<Rule>,
}

/// What a session is doing.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum SessionStatus {
    Busy,
    /// Waiting to try a provider again.
    Retry {
        /// Which try comes next, from 1.
        #[serde(default)]
        attempt: u32,
        #[serde(default)]
        message: String,
        /// When, in milliseconds since 1970.
        #[serde(default)]
        next: u64,
    },
    Idle,
    /// Something that a newer engine says.
    #[serde(other)]
    Unknown,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TodoItem {
    #[serde(default)]
    pub content: String,
    /// `pending`, `in_progress`, `completed`, `cancelled`, or what a newer engine says.
    #[serde(default)]
    pub status: String,
    #[serde(default)]
    pub priority: String,
}
