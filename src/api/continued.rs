//! The calls that prepare an existing session for another prompt.

use serde::Serialize;
use serde_json::{Value, json};

use super::error::Error;
use super::transport::{Client, Repeat};
use super::types::{Rule, RuleAction, Session};
use crate::request::ModelRef;

/// A tool that no engine has; a rule about it means "no earlier rules".
const NO_TOOL: &str = "opencode-rs";

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

/// The only rule of a session after [`take_rules_away`](Client::take_rules_away).
pub fn no_rules() -> Rule {
    Rule::new(NO_TOOL, "*", RuleAction::Deny)
}

impl Client {
    /// Changes title and rules of a session.
    ///
    /// Sent once: a repeated request would add the rules twice.
    pub async fn change_session(&self, session: &str, change: &SessionChange) -> Result<Session, Error> {
        self.patch(&format!("/session/{session}"), change, Repeat::Never).await
    }

    /// Replaces all rules of a session by a single rule that means [no rules](no_rules).
    ///
    /// The engine only ever adds rules, and denies the subagents of a session for ever what it once denied the session.
    /// But the list of tools of a prompt replaces all rules. So this stores a prompt without running it, and removes it
    /// again; nothing else of it stays.
    ///
    /// # Errors
    ///
    /// When the server refuses (the session is busy).
    pub async fn take_rules_away(&self, session: &str, passing: PassingMessage<'_>) -> Result<(), Error> {
        let mut body = json!({
            "messageID": passing.message_id,
            "noReply": true,
            "tools": { NO_TOOL: false },
            "parts": [{
                "id": passing.part_id,
                "type": "text",
                "text": "(no message)",
                "synthetic": true,
                "ignored": true,
            }],
        });
        // Without a model and an agent the engine would set its defaults for the session.
        if let Some(model) = passing.model {
            body["model"] = json!(model);
        }
        if let Some(agent) = passing.agent {
            body["agent"] = json!(agent);
        }
        if let Some(variant) = passing.variant {
            body["variant"] = json!(variant);
        }
        let _: Value = self
            .post(&format!("/session/{session}/message"), &body, Repeat::Identified)
            .await?;
        let _: Value = self
            .delete(&format!("/session/{session}/message/{}", passing.message_id))
            .await?;
        Ok(())
    }
}
