//! A turn: the prompt, what it asks, what it has answered so far.

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::super::error::Error;
use super::super::transport::{Client, Repeat};
use super::super::types::{CommandCall, FileDiff, MessageInfo, MessageWithParts, PermissionAsk, Prompt, QuestionAsk};
use super::without_nulls;
use crate::request::ModelRef;

/// How many of the newest messages are read first. Most turns have fewer, and a conversation may be long.
const FIRST_READ: usize = 8;

impl Client {
    /// Sends a prompt; returns when its turn is over. Sending it again with the same ids joins the turn.
    /// Success does not mean that the turn succeeded.
    pub async fn prompt(&self, session: &str, prompt: &Prompt) -> Result<MessageWithParts, Error> {
        self.post_long(&format!("/session/{session}/message"), prompt, Repeat::Identified)
            .await
    }

    /// Runs a command with the model, agent, variant and message id of `prompt`; returns when its turn is over. Sent
    /// once: its template may run shell commands.
    /// Success does not mean that the turn succeeded.
    pub async fn run_command(
        &self,
        session: &str,
        prompt: &Prompt,
        command: &CommandCall,
    ) -> Result<MessageWithParts, Error> {
        let body = without_nulls(json!({
            "messageID": prompt.message_id,
            "command": command.name,
            "arguments": command.arguments,
            "model": prompt.model.as_ref().map(ModelRef::to_string),
            "agent": prompt.agent,
            "variant": prompt.variant,
        }));
        self.post_long(&format!("/session/{session}/command"), &body, Repeat::Never)
            .await
    }

    /// Lets the model replace the conversation by a summary; returns when the summary is complete, without a time
    /// limit.
    pub async fn summarize(&self, session: &str, model: &ModelRef) -> Result<(), Error> {
        let _: Value = self
            .post_long(&format!("/session/{session}/summarize"), model, Repeat::Never)
            .await?;
        Ok(())
    }

    /// Ends the turn of a session and of its subagents. Works on an idle session too.
    pub async fn abort(&self, session: &str) -> Result<(), Error> {
        self.order(&format!("/session/{session}/abort"), &json!({}), Repeat::Safe)
            .await
    }

    /// Deletes a message.
    pub async fn delete_message(&self, session: &str, message: &str) -> Result<(), Error> {
        let _: Value = self.delete(&format!("/session/{session}/message/{message}")).await?;
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

    /// The session's to-do list: items, or the engine's own documents.
    pub async fn todo<T: DeserializeOwned>(&self, session: &str) -> Result<Vec<T>, Error> {
        self.get(&format!("/session/{session}/todo")).await
    }

    /// The permission requests that wait in the directory's sessions.
    pub async fn pending_permissions(&self) -> Result<Vec<PermissionAsk>, Error> {
        self.get("/permission").await
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
        let body = without_nulls(json!({ "reply": reply, "message": message }));
        self.order(&format!("/permission/{id}/reply"), &body, Repeat::Identified)
            .await
    }

    /// The questions that wait in the directory's sessions.
    pub async fn pending_questions(&self) -> Result<Vec<QuestionAsk>, Error> {
        self.get("/question").await
    }

    /// Answers the model's questions: for each the chosen labels and the typed texts.
    ///
    /// # Errors
    ///
    /// When the question is gone.
    pub async fn answer_question(&self, id: &str, answers: &[Vec<String>]) -> Result<(), Error> {
        let body = json!({ "answers": answers });
        self.order(&format!("/question/{id}/reply"), &body, Repeat::Identified)
            .await
    }

    /// Dismisses a question; the turn ends.
    ///
    /// # Errors
    ///
    /// When the question is gone.
    pub async fn reject_question(&self, id: &str) -> Result<(), Error> {
        self.order(&format!("/question/{id}/reject"), &json!({}), Repeat::Identified)
            .await
    }
}
