//! The values of the interface, one file per resource: what this program says to an engine and hears from it. Their serde
//! attributes are how version 1 writes them.
//!
//! All are tolerant: an unknown field is ignored, a missing field or one of another type is empty, an unknown value of
//! an enumeration has a case of its own. A new engine must not break a run.

mod message;
mod offers;
mod permission;
mod session;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

pub use message::{
    EngineError, ErrorData, FileDiff, FilePart, MessageInfo, MessageWithParts, Part, PartKind, Prompt, PromptPart,
    Tokens, ToolState,
};
pub use offers::{
    Agent, CacheCost, Capabilities, CommandCall, Cost, EngineCommand, Health, Limit, McpState, Modalities, Model,
    Provider, Providers,
};
pub(super) use permission::NO_TOOL;
pub use permission::{AskingCall, PermissionAsk, QuestionAsk, Rule, RuleAction, no_rules};
pub use session::{
    NewSession, PassingMessage, Revert, Session, SessionChange, SessionFilter, SessionModel, SessionStatus,
    SessionTimes, TodoItem,
};

/// Reads a field; a value of an unexpected type becomes the default.
fn lenient<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned + Default,
{
    let value = Value::deserialize(deserializer)?;
    Ok(serde_json::from_value(value).unwrap_or_default())
}
