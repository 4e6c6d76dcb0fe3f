//! The server that a command wants, and how it is started.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Server, Sink, StartRequest, guard_engine, start, this_program};
use crate::context::{Directories, Environment};
use crate::engine::Engine;
use crate::error::Failure;
use crate::gate::Hub;
use crate::rehearsal::{self, Rehearsal, ScriptText};
use crate::support::overlay::overlay;

/// How long a server may take to be ready. It takes one second on an idle machine, and tens on a crowded one.
const START_TIMEOUT: Duration = Duration::from_secs(60);
/// Names the engine's model catalog: a path.
pub const CATALOG_VARIABLE: &str = "OPENCODE_MODELS_PATH";

/// Everything but the environment that decides whether a running server fits a request. A server is started from it, by
/// the command itself or by a supervisor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ServerSpec {
    pub engine: Engine,
    /// The engine's working directory, absolute.
    pub directory: PathBuf,
    /// `--port`; the engine picks a free one without it.
    pub port: Option<u16>,
    /// Configuration that is laid over the user's own.
    pub config: Value,
    /// The provider of a model server on this machine, `{ "provider": { … } }`, laid over as well.
    pub local_provider: Option<Value>,
    /// Variables of the engine that win over the user's.
    pub variables: Vec<(OsString, OsString)>,
    /// The scripted model that answers.
    pub rehearsal: Option<ScriptText>,
    /// Whether every tool call passes the tool gate.
    pub gated: bool,
    /// How many commands at a time can have the model answer by a tool.
    pub answer_tools: usize,
    /// Whether the command needs all models that there are, and not only those of the providers in use.
    pub whole_catalog: bool,
}

/// A server that is ready, and what it needs to stay so.
#[derive(Debug)]
pub struct StartedServer {
    pub server: Server,
    /// Where gates are made known to the engine; `None` when the spec is not gated.
    pub hub: Option<Hub>,
    /// The scripted model, which answers until this is dropped.
    pub rehearsal: Option<Rehearsal>,
}

impl ServerSpec {
    /// The path of the model catalog that the engine reads instead of its own.
    pub fn catalog(&self) -> Option<&OsString> {
        let variable = self.variables.iter().find(|(name, _)| name == CATALOG_VARIABLE);
        variable.map(|(_, path)| path)
    }

    /// Whether the engine reads a part of its catalog only, so that a model which it does not know may exist.
    pub fn catalog_is_cut(&self) -> bool {
        self.rehearsal.is_none() && self.catalog().is_some()
    }

    /// Starts the server. Dropping the future leaves no process.
    ///
    /// # Errors
    ///
    /// When the script of the rehearsal is wrong, or there is no server within a minute.
    pub async fn start(
        &self,
        environment: &Environment,
        directories: &Directories,
        sink: Option<Arc<dyn Sink>>,
    ) -> Result<StartedServer, Failure> {
        let mut config = self.config.clone();
        let mut variables = self.variables.clone();
        if let Some(local) = &self.local_provider {
            overlay(&mut config, local.clone());
        }
        let mut rehearsal = None;
        if let Some(script) = &self.rehearsal {
            let model = rehearsal::serve(script.parse()?, None).await?;
            overlay(&mut config, model.engine_config());
            rehearsal = Some(model);
        }
        let mut hub = None;
        if self.gated {
            let opened = Hub::open(&directories.cache, self.answer_tools).await?;
            guard_engine(&opened, &self.directory, environment, &mut config, &mut variables);
            hub = Some(opened);
        }
        let guard =
            this_program().map_err(|error| Failure::engine("cannot find our own program file").caused_by(&error))?;
        let server = start(StartRequest {
            engine: &self.engine,
            guard,
            directory: &self.directory,
            port: self.port,
            environment,
            directories,
            config,
            variables,
            deadline: START_TIMEOUT,
            sink,
        })
        .await?;
        Ok(StartedServer { server, hub, rehearsal })
    }
}
