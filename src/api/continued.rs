//! The calls that get a session which is there ready for another prompt.

use serde::Serialize;
use serde_json::{Value, json};

use super::error::Error;
use super::transport::{Client, Repeat};
use super::types::{Rule, RuleAction, Session};
use crate::request::ModelRef;

/// The tool that nobody has; a rule about it stands for "nothing came before".
const NO_TOOL: &str = "opencode-rs";

/// What is changed about a session. What is left out stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SessionChange {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Rules that are added behind those it has.
    #[serde(rename = "permission", skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Rule>,
}

/// A message that is stored for a moment: its ids, and what the session uses anyway.
#[derive(Debug, Clone, Copy)]
pub struct PassingMessage<'a> {
    /// The id of the message.
    pub message_id: &'a str,
    /// The id of its only part.
    pub part_id: &'a str,
    pub model: Option<&'a ModelRef>,
    pub agent: Option<&'a str>,
    /// The variant of the model.
    pub variant: Option<&'a str>,
}

/// The one rule of a session whose rules were [taken away](Client::take_rules_away).
pub fn no_rules() -> Rule {
    Rule::new(NO_TOOL, "*", RuleAction::Deny)
}

impl Client {
    /// Copies a whole session. The copy has another title and no rules.
    ///
    /// Repeating it would make another one, so it is sent once.
    ///
    /// # Errors
    ///
    /// When it is refused, or there is no answer.
    pub async fn copy_session(&self, session: &str) -> Result<Session, Error> {
        self.post_once(&format!("/session/{session}/fork"), &json!({})).await
    }

    /// Changes title and rules of a session.
    ///
    /// Repeated, it would add the rules twice, so it is sent once.
    ///
    /// # Errors
    ///
    /// When it is refused, or there is no answer.
    pub async fn change_session(&self, session: &str, change: &SessionChange) -> Result<Session, Error> {
        self.patch(&format!("/session/{session}"), change, Repeat::Never).await
    }

    /// Takes all rules of a session away but for one that means [nothing](no_rules).
    ///
    /// The engine only ever adds rules, and what a session once denied it would deny its subagents for ever. But the list
    /// of tools of a prompt takes the place of all rules. So one is stored that nobody answers, and removed again; nothing
    /// else of it stays.
    ///
    /// # Errors
    ///
    /// When it is refused (the session is at work), or there is no answer.
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
        // Without a model and an agent the engine would make its defaults those of the session.
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
