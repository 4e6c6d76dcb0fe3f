//! A connection to an engine, and what has to be kept for it to last.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::warm::Lease;
use crate::catalog::CatalogTrial;
use crate::client::{Client, Endpoint};
use crate::engine::Engine;
use crate::error::Failure;
use crate::gate::{Gate, Hub};
use crate::rehearsal::Rehearsal;
use crate::server::{Server, ServerSpec};
use crate::turn::EngineInfo;

/// A connection, and what has to be kept for it to last.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) client: Client,
    /// The server that we started for this command alone.
    pub(crate) server: Option<Server>,
    /// The hold on a warm server.
    pub(crate) lease: Option<Arc<Lease>>,
    /// Where gates are made known to the engine of our own server.
    pub(super) hub: Option<Hub>,
    pub(crate) engine: EngineInfo,
    /// The program of our server; `None` for an attached one.
    pub(crate) program: Option<Engine>,
    pub(crate) directory: PathBuf,
    /// Whether the engine reads a part of its catalog only, so that a model which it does not know may exist.
    pub(crate) catalog_is_cut: bool,
    /// To be told what the engine offers, when the rules of its version are unknown.
    pub(crate) catalog_trial: Option<CatalogTrial>,
    pub(crate) engine_ms: u64,
    pub(crate) server_ms: u64,
    /// The scripted model, which answers as long as this is held.
    pub(super) _rehearsal: Option<Rehearsal>,
}

impl Connection {
    /// A connection to a server that we started from `spec`.
    pub(super) fn to_ours(endpoint: &Endpoint, spec: &ServerSpec) -> Result<Self, Failure> {
        let engine = EngineInfo {
            version: spec.engine.version.to_string(),
            path: Some(spec.engine.path.to_string_lossy().into_owned()),
            source: Some(spec.engine.source),
        };
        Ok(Self {
            program: Some(spec.engine.clone()),
            catalog_is_cut: spec.catalog_is_cut(),
            ..Self::new(
                Client::new(endpoint.clone(), Some(&spec.directory))?,
                engine,
                &spec.directory,
            )
        })
    }

    /// A connection to a server of which nothing but its engine's version is known.
    pub(super) fn new(client: Client, engine: EngineInfo, directory: &Path) -> Self {
        Self {
            client,
            server: None,
            lease: None,
            hub: None,
            engine,
            program: None,
            directory: directory.to_path_buf(),
            catalog_is_cut: false,
            catalog_trial: None,
            engine_ms: 0,
            server_ms: 0,
            _rehearsal: None,
        }
    }

    /// Whether this program started the server, in this command or an earlier one.
    pub(crate) fn is_ours(&self) -> bool {
        self.program.is_some()
    }

    /// Opens a gate for a turn; `None` when the engine has no gate.
    ///
    /// # Errors
    ///
    /// When no port can be listened on, or the supervisor of a warm server does not help.
    pub(crate) async fn open_gate(&self) -> Result<Option<Gate>, Failure> {
        if let Some(lease) = &self.lease {
            return lease.open_gate().await.map(Some);
        }
        let Some(hub) = &self.hub else {
            return Ok(None);
        };
        let (gate, invitation) = Gate::open(hub.plugin().clone(), false).await?;
        hub.invite(invitation);
        Ok(Some(gate))
    }

    /// Says which session is prompted from now on; none when nothing is. A warm server looks after the session of a
    /// command that was killed.
    pub(crate) async fn prompting(&self, session: Option<&str>) {
        if let Some(lease) = &self.lease {
            lease.prompting(session).await;
        }
    }

    /// Ends what was started for it alone.
    pub(crate) async fn close(&mut self) {
        self.lease = None;
        if let Some(server) = self.server.take() {
            server.stop().await;
        }
    }
}

/// Resolves when our server ends by itself; never for an attached one.
pub(crate) async fn server_gone(server: &mut Option<Server>, lease: Option<&Lease>) -> Failure {
    if let Some(lease) = lease {
        lease.gone().await;
        return Failure::engine("cannot go on: the server that was kept has ended")
            .hint("run again; `opencode-rs server list` shows the servers that there are");
    }
    let Some(server) = server else {
        return std::future::pending().await;
    };
    let exit = server.exited().await;
    let mut failure = Failure::engine(format!("cannot go on: the engine ended by itself: {exit}"));
    let tail = server.output_tail();
    if !tail.trim().is_empty() {
        failure.causes.push(tail.trim().to_owned());
    }
    failure.hint("run again with `-vv` to see what the engine said")
}
