//! A connection that is ready for prompts: its event stream, what its engine has, and the tool gate.

use std::path::Path;
use std::sync::Arc;

use super::Display;
use crate::api::types::{Agent, Providers};
use crate::connect::select;
use crate::connect::{self, Catalog, ConnectObserver, Connection, DownloadOnScreen, Needs, Snapshots};
use crate::context::Context;
use crate::engine::DownloadBar;
use crate::error::Failure;
use crate::events::EventStream;
use crate::gate::Gate;
use crate::render::spinner::Phase;
use crate::request::{ModelChoice, ModelRef, Preset, RunRequest, ServerChoice};
use crate::support::progress::Progress;

/// A connection with an open stream of events, and what the engine offers.
pub(crate) struct ReadyConnection {
    pub(crate) connection: Connection,
    pub(crate) events: EventStream,
    pub(crate) offer: EngineCatalog,
    pub(crate) gate: Option<Gate>,
}

/// What the engine offers in the directory.
#[derive(Debug, Clone)]
pub(crate) struct EngineCatalog {
    pub(crate) providers: Providers,
    pub(crate) agents: Vec<Agent>,
    pub(crate) config: serde_json::Value,
}

impl EngineCatalog {
    /// Whether a model has a price; without one a cost of zero means nothing.
    pub(crate) fn cost_is_known(&self, model: Option<&ModelRef>) -> bool {
        model
            .and_then(|model| self.providers.model(model))
            .is_some_and(|model| model.cost.is_known())
    }
}

pub(crate) async fn connect_and_ask(
    context: &Context,
    request: &RunRequest,
    directory: &Path,
    display: &Display,
    questions: bool,
) -> Result<ReadyConnection, Failure> {
    let stages = Stages {
        display,
        progress: progress(context, request, display),
    };
    let named = request.model.as_ref().and_then(ModelChoice::as_ref);
    let mut catalog = Catalog::For(named.as_ref().map(|model| model.provider.as_str()));
    loop {
        let guarded = is_guarded(context, request);
        let needs = Needs {
            catalog,
            // A plain prompt changes nothing.
            snapshots: match request.permission.preset {
                Preset::AutoTools => Snapshots::AsConfigured,
                Preset::LookOnly | Preset::ReadOnly => Snapshots::Off,
            },
            guarded,
            questions,
        };
        let connection = connect::connect(context, &request.connect, directory, needs, &stages).await?;
        let gate = if guarded { connection.open_gate().await? } else { None };
        let ready = ask(connection, gate).await?;
        // A part of the catalog must never hide a model: what is not found there is looked for in all of it.
        if ready.connection.catalog_is_cut && !everything_is_there(request, &ready.offer) {
            tracing::debug!("a name is not in the cut catalog; starting again with the whole one");
            drop(ready.events);
            ready.connection.close().await;
            catalog = Catalog::Whole;
            continue;
        }
        return Ok(ready);
    }
}

/// Whether tool calls have to pass a gate: also those of a plain prompt. Rules of its session keep it from touching
/// anything, and subagents inherit them; but the engine takes a link for what it is called, and not for where it leads.
/// Requests of the engine's could say that as well, but two that are refused at once end the turn.
///
/// On somebody else's server there is no place for a gate, nor in an engine that shall load no plugins.
fn is_guarded(context: &Context, request: &RunRequest) -> bool {
    let ours = matches!(request.connect.server, ServerChoice::Start { .. });
    let is_plain = request.permission.preset == Preset::LookOnly && request.permission.rules.is_empty();
    ours && !(is_plain && connect::is_pure(context))
}

async fn ask(mut connection: Connection, mut gate: Option<Gate>) -> Result<ReadyConnection, Failure> {
    let client = connection.client.clone();
    let asking = async {
        // The stream is open before the prompt goes out, and the list of providers is what takes the engine longest.
        let answer = tokio::try_join!(
            EventStream::open(client.clone()),
            client.providers(),
            client.agents(),
            client.config(),
        )?;
        if let Some(gate) = &mut gate {
            gate.ready().await?;
        }
        Ok::<_, Failure>(answer)
    };
    let gone = connect::server_gone(&mut connection.server, connection.lease.as_deref());
    let answer = tokio::select! {
        answer = asking => answer,
        failure = gone => return Err(failure),
    };
    let (events, providers, agents, config) = answer?;
    Ok(ReadyConnection {
        connection,
        events,
        gate,
        offer: EngineCatalog {
            providers,
            agents,
            config,
        },
    })
}

/// Whether the model that was named is there, and that of the agent. What other agents want is not looked for: a provider
/// that could be used would be in the cut catalog, and a second start would only find out the same.
pub(crate) fn everything_is_there(request: &RunRequest, offer: &EngineCatalog) -> bool {
    let named = request
        .model
        .as_ref()
        .is_none_or(|choice| select::model(choice, &offer.providers).is_ok());
    let default = offer.config.get("default_agent").and_then(serde_json::Value::as_str);
    // An agent that is none is refused later, with the reason.
    let agent = select::agent(request.agent.as_deref(), default, &offer.agents)
        .ok()
        .flatten();
    let of_agent = agent.and_then(|agent| agent.model.as_ref());
    named && of_agent.is_none_or(|model| offer.providers.model(model).is_some())
}

/// Shows the stages of a connection on the waiting line.
pub(crate) struct Stages<'a> {
    display: &'a Display,
    progress: Arc<dyn Progress>,
}

impl ConnectObserver for Stages<'_> {
    fn engine(&self) {
        self.display.phase(Phase::StartingEngine);
    }

    fn server(&self) {
        self.display.phase(Phase::StartingServer);
    }

    fn progress(&self) -> Arc<dyn Progress> {
        Arc::clone(&self.progress)
    }
}

/// Who watches a download of the engine.
fn progress(context: &Context, request: &RunRequest, display: &Display) -> Arc<dyn Progress> {
    let draws = context.streams.stderr_is_terminal && !request.output.progress_off;
    Arc::new(DownloadOnScreen::new(
        DownloadBar::new(draws, request.output.verbosity),
        display.screen(),
    ))
}
