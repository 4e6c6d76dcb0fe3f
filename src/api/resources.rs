//! The calls, one method each: path, body, type of the response.
//!
//! Every call fails with an [`Error`] when the server does not respond, refuses, or sends an unreadable response. The
//! docs of a call name only further causes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::error::Error;
use super::transport::{Client, Repeat};
use super::types::{
    Agent, FileDiff, McpState, MessageInfo, MessageWithParts, NewSession, PermissionAsk, Prompt, Providers,
    QuestionAsk, Session, SessionStatus,
};

/// The response of `GET /global/health`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Health {
    pub healthy: bool,
    pub version: String,
}

/// How many of the newest messages are read first. Most turns have fewer, and a conversation may be long.
const FIRST_READ: usize = 8;

impl Client {
    /// The server's health and version.
    ///
    /// # Errors
    ///
    /// When the server does not respond, or is not an engine.
    pub async fn health(&self) -> Result<Health, Error> {
        self.get("/global/health").await
    }

    /// The version of a server of version 2, which has another interface; `None` when the server does not report one.
    pub async fn second_generation_version(&self) -> Option<String> {
        let info: Health = self.get("/api/info").await.ok()?;
        (!info.version.is_empty()).then_some(info.version)
    }

    /// The merged configuration of the directory.
    ///
    /// # Errors
    ///
    /// When the configuration is broken.
    pub async fn config(&self) -> Result<Value, Error> {
        self.get("/config").await
    }

    /// The state of each configured MCP server.
    pub async fn mcp_states(&self) -> Result<BTreeMap<String, McpState>, Error> {
        self.get("/mcp").await
    }

    /// The usable providers, with their models.
    ///
    /// # Errors
    ///
    /// When the configuration is broken.
    pub async fn providers(&self) -> Result<Providers, Error> {
        self.get("/config/providers").await
    }

    /// Every provider that the engine knows, usable or not: id and the variables that would hold its key. Slow (7 MB).
    pub async fn all_providers(&self) -> Result<BTreeMap<String, Vec<String>>, Error> {
        #[derive(Deserialize)]
        struct KnownSession {
            id: String,
            #[serde(default)]
            env: Vec<String>,
        }
        #[derive(Deserialize)]
        struct All {
            #[serde(default)]
            all: Vec<KnownSession>,
        }
        let all: All = self.get("/provider").await?;
        Ok(all.all.into_iter().map(|known| (known.id, known.env)).collect())
    }

    /// The agents of the directory, with their rules.
    ///
    /// # Errors
    ///
    /// When the configuration is broken.
    pub async fn agents(&self) -> Result<Vec<Agent>, Error> {
        self.get("/agent").await
    }

    /// Creates a session.
    ///
    /// Sent once: a repeated request would create a second session.
    pub async fn create_session(&self, new: &NewSession) -> Result<Session, Error> {
        self.post("/session", new, Repeat::Never).await
    }

    /// Deletes a session and its subagents' sessions.
    pub async fn delete_session(&self, session: &str) -> Result<(), Error> {
        let _: Value = self.delete(&format!("/session/{session}")).await?;
        Ok(())
    }

    ///
    /// # Errors
    ///
    /// When no session has this id.
    pub async fn session(&self, session: &str) -> Result<Session, Error> {
        self.get(&format!("/session/{session}")).await
    }

    /// The sessions that a session started.
    pub async fn children(&self, session: &str) -> Result<Vec<Session>, Error> {
        self.get(&format!("/session/{session}/children")).await
    }

    /// The status of each session that is not idle.
    pub async fn session_statuses(&self) -> Result<BTreeMap<String, SessionStatus>, Error> {
        self.get("/session/status").await
    }

    /// Sends a prompt; returns when its turn is over. Sending it again with the same ids joins the turn.
    /// Success does not mean that the turn succeeded.
    pub async fn prompt(&self, session: &str, prompt: &Prompt) -> Result<MessageWithParts, Error> {
        self.post_long(&format!("/session/{session}/message"), prompt, Repeat::Identified)
            .await
    }

    /// Ends the turn of a session and of its subagents. Works on an idle session too.
    pub async fn abort(&self, session: &str) -> Result<(), Error> {
        let _: Value = self
            .post(&format!("/session/{session}/abort"), &json!({}), Repeat::Safe)
            .await?;
        Ok(())
    }

    /// The messages of a session after the message `after`, oldest first; empty when that message is not stored. All
    /// messages when `after` is `None`.
    pub async fn messages_after(&self, session: &str, after: Option<&str>) -> Result<Vec<MessageWithParts>, Error> {
        let Some(after) = after else {
            return self.get(&format!("/session/{session}/message")).await;
        };
        let mut limit = FIRST_READ;
        loop {
            let mut messages: Vec<MessageWithParts> =
                self.get(&format!("/session/{session}/message?limit={limit}")).await?;
            let found = messages.iter().position(|message| message.info.id == after);
            if let Some(position) = found {
                // A prompt that was sent again may be stored after its own answer.
                let mut place = 0..;
                messages.retain(|message| {
                    place.next() > Some(position) || message.info.parent_id.as_deref() == Some(after)
                });
                return Ok(messages);
            }
            if messages.len() < limit {
                return Ok(Vec::new());
            }
            limit *= 4;
        }
    }

    /// The newest message of a session; `None` in an empty session.
    pub async fn newest_message(&self, session: &str) -> Result<Option<MessageInfo>, Error> {
        let newest: Vec<MessageWithParts> = self.get(&format!("/session/{session}/message?limit=1")).await?;
        Ok(newest.into_iter().next().map(|message| message.info))
    }

    /// A message; `None` when it is not stored.
    pub async fn message(&self, session: &str, message: &str) -> Result<Option<MessageWithParts>, Error> {
        match self.get(&format!("/session/{session}/message/{message}")).await {
            Ok(message) => Ok(Some(message)),
            Err(Error::Status { status, .. }) if status.as_u16() == 404 => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The files that the user's message `message` changed, as compared so far.
    ///
    /// Empty without snapshots. The engine compares in the background after each step: the last comparison may come
    /// shortly after the end of the turn.
    pub async fn diff(&self, session: &str, message: &str) -> Result<Vec<FileDiff>, Error> {
        self.get(&format!("/session/{session}/diff?messageID={message}")).await
    }

    /// The permission requests that wait in the directory's sessions.
    pub async fn pending_permissions(&self) -> Result<Vec<PermissionAsk>, Error> {
        self.get("/permission").await
    }

    /// The questions that wait in the directory's sessions.
    pub async fn pending_questions(&self) -> Result<Vec<QuestionAsk>, Error> {
        self.get("/question").await
    }

    /// Allows a permission request, this once.
    ///
    /// # Errors
    ///
    /// When the request is gone.
    pub async fn allow_permission_once(&self, id: &str) -> Result<(), Error> {
        self.reply_to_permission(id, "once", None).await
    }

    /// Refuses a permission request. With a `message` the model reads the reason and goes on; without a message its
    /// turn ends.
    ///
    /// # Errors
    ///
    /// When the request is gone.
    pub async fn reject_permission(&self, id: &str, message: Option<&str>) -> Result<(), Error> {
        self.reply_to_permission(id, "reject", message).await
    }

    /// `always` is never sent: it would hold for every session of the directory.
    async fn reply_to_permission(&self, id: &str, reply: &'static str, message: Option<&str>) -> Result<(), Error> {
        #[derive(Serialize)]
        struct PermissionReply<'a> {
            reply: &'static str,
            #[serde(skip_serializing_if = "Option::is_none")]
            message: Option<&'a str>,
        }
        let _: Value = self
            .post(
                &format!("/permission/{id}/reply"),
                &PermissionReply { reply, message },
                Repeat::Identified,
            )
            .await?;
        Ok(())
    }

    /// Answers the model's questions: for each the chosen labels and the typed texts.
    ///
    /// # Errors
    ///
    /// When the question is gone.
    pub async fn answer_question(&self, id: &str, answers: &[Vec<String>]) -> Result<(), Error> {
        let _: Value = self
            .post(
                &format!("/question/{id}/reply"),
                &json!({ "answers": answers }),
                Repeat::Identified,
            )
            .await?;
        Ok(())
    }

    /// Dismisses a question; the turn ends.
    ///
    /// # Errors
    ///
    /// When the question is gone.
    pub async fn reject_question(&self, id: &str) -> Result<(), Error> {
        let _: Value = self
            .post(&format!("/question/{id}/reject"), &json!({}), Repeat::Identified)
            .await?;
        Ok(())
    }
}
