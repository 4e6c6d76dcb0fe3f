//! The calls of a continued conversation: its list, its summary, the engine's own commands.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::error::Error;
use super::transport::{Client, Repeat};
use super::types::{CommandCall, EngineCommand, MessageWithParts, Prompt, Session};
use crate::request::ModelRef;

impl Client {
    /// The newest sessions of the directory, without subagents' sessions, newest first.
    pub async fn root_sessions(&self, limit: usize, search: Option<&str>) -> Result<Vec<Session>, Error> {
        let search = search.map_or_else(String::new, |text| {
            format!("&search={}", utf8_percent_encode(text, NON_ALPHANUMERIC))
        });
        self.get(&format!("/session?roots=true&limit={limit}{search}")).await
    }

    /// Lets the model replace the conversation by a summary; returns when the summary is complete, without a time
    /// limit.
    pub async fn summarize(&self, session: &str, model: &ModelRef) -> Result<(), Error> {
        let _: Value = self
            .post_long(&format!("/session/{session}/summarize"), model, Repeat::Never)
            .await?;
        Ok(())
    }

    /// The session's to-do list: items, or the engine's own documents.
    pub async fn todo<T: DeserializeOwned>(&self, session: &str) -> Result<Vec<T>, Error> {
        self.get(&format!("/session/{session}/todo")).await
    }

    /// The engine's slash commands, including the directory's.
    ///
    /// # Errors
    ///
    /// When the configuration is broken.
    pub async fn commands(&self) -> Result<Vec<EngineCommand>, Error> {
        self.get("/command").await
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
        let mut body = json!({
            "messageID": prompt.message_id,
            "command": command.name,
            "arguments": command.arguments,
        });
        if let Some(model) = &prompt.model {
            body["model"] = json!(model.to_string());
        }
        if let Some(agent) = &prompt.agent {
            body["agent"] = json!(agent);
        }
        if let Some(variant) = &prompt.variant {
            body["variant"] = json!(variant);
        }
        self.post_long(&format!("/session/{session}/command"), &body, Repeat::Never)
            .await
    }
}
