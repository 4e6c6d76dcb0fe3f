//! What the engine offers in a directory: models, agents, commands, MCP servers, and its configuration.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::super::error::Error;
use super::super::transport::Client;
use super::super::types::{Agent, EngineCommand, Health, McpState, Providers};

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

    /// Lets the engine open the directory, and with it its database.
    pub async fn open_directory(&self) -> Result<(), Error> {
        let _: Value = self.get("/path").await?;
        Ok(())
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

    /// The usable providers, as the engine describes them.
    ///
    /// # Errors
    ///
    /// When the configuration is broken.
    pub async fn provider_documents(&self) -> Result<Value, Error> {
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

    /// The engine's slash commands, including the directory's.
    ///
    /// # Errors
    ///
    /// When the configuration is broken.
    pub async fn commands(&self) -> Result<Vec<EngineCommand>, Error> {
        self.get("/command").await
    }
}
