//! Permission rules, and the engine's permission requests and questions.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::lenient;

/// A rule of the engine: both names are wildcards, the last matching rule wins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// The permission, for example `bash`, or `*`.
    pub permission: String,
    /// The object, for example `git *`, or `*`.
    pub pattern: String,
    pub action: RuleAction,
}

impl Rule {
    pub fn new(permission: impl Into<String>, pattern: impl Into<String>, action: RuleAction) -> Self {
        Self {
            permission: permission.into(),
            pattern: pattern.into(),
            action,
        }
    }
}

/// A tool that no engine has; a rule about it means "no earlier rules".
pub(in crate::client) const NO_TOOL: &str = "opencode-rs";

/// The only rule of a session after [`take_rules_away`](crate::client::Client::take_rules_away).
pub fn no_rules() -> Rule {
    Rule::new(NO_TOOL, "*", RuleAction::Deny)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RuleAction {
    Allow,
    Deny,
    /// Ask; also the reading of an unknown action, because asking is never wider than the intended action.
    #[serde(other)]
    Ask,
}

/// A permission request of the engine.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct PermissionAsk {
    /// Id of the request, for the reply.
    pub id: String,
    #[serde(rename = "sessionID")]
    pub session_id: String,
    #[serde(deserialize_with = "lenient")]
    pub permission: String,
    #[serde(deserialize_with = "lenient")]
    pub patterns: Vec<String>,
    /// Command, diff, and similar facts.
    pub metadata: Value,
    /// Empty when no tool call asks.
    #[serde(deserialize_with = "lenient")]
    pub tool: AskingCall,
}

/// The tool call that asks for a permission.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct AskingCall {
    /// The engine's id of the call; empty when the engine does not report it.
    #[serde(rename = "callID", deserialize_with = "lenient")]
    pub call_id: String,
}

/// The model asks the user a question.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct QuestionAsk {
    pub id: String,
    #[serde(rename = "sessionID")]
    pub session_id: String,
    #[serde(deserialize_with = "lenient")]
    pub questions: Vec<Value>,
}
