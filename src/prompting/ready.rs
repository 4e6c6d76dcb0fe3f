//! A connection that is ready for prompts: its event stream, what its engine has, and the tool gate.

use super::PromptContext;
use crate::client::EventStream;
use crate::client::types::{Agent, Provider, Providers};
use crate::connect::select;
use crate::connect::{self, CatalogExtent, Connection, Needs, Snapshots};
use crate::error::Failure;
use crate::gate::Gate;
use crate::request::{ModelChoice, ModelRef, NamesRequest, Preset, RehearsalChoice, ServerChoice};
use crate::support::offered::OfferedNames;

pub(crate) struct ReadyConnection {
    pub(crate) connection: Connection,
    pub(crate) catalog: EngineCatalog,
    /// The events of the next turn.
    pub(crate) events: Option<EventStream>,
    pub(crate) gate: Option<Gate>,
    /// Whether the model may ask questions.
    questions: bool,
}

/// What the engine has in the directory.
#[derive(Debug, Clone)]
pub(crate) struct EngineCatalog {
    pub(crate) providers: Providers,
    pub(crate) agents: Vec<Agent>,
    config: serde_json::Value,
}

impl EngineCatalog {
    /// What can be typed for `--model` and `--agent`.
    fn names(&self) -> OfferedNames {
        let providers = self.providers.providers.iter();
        let ids = |provider: &Provider| {
            let models = provider.models.keys();
            models
                .map(|model| format!("{}/{model}", provider.id))
                .collect::<Vec<_>>()
        };
        let agents = self.agents.iter().filter(|agent| !agent.hidden);
        OfferedNames {
            models: providers.flat_map(ids).collect(),
            agents: agents.map(|agent| agent.name.clone()).collect(),
        }
    }

    /// Whether a model has a price; without a price a cost of zero means nothing.
    pub(super) fn cost_is_known(&self, model: Option<&ModelRef>) -> bool {
        model
            .and_then(|model| self.providers.model(model))
            .is_some_and(|model| model.cost.is_known())
    }

    /// Whether a model calls tools. The engine's own choice does.
    pub(super) fn has_tools(&self, model: Option<&ModelRef>) -> bool {
        let model = model.and_then(|model| self.providers.model(model));
        model.is_none_or(|model| model.capabilities.toolcall)
    }

    /// Whether the engine's configuration names MCP servers.
    pub(crate) fn has_mcp(&self) -> bool {
        let mcp = self.config.get("mcp").and_then(serde_json::Value::as_object);
        mcp.is_some_and(|mcp| !mcp.is_empty())
    }

    /// A text in the engine's configuration.
    pub(super) fn configured(&self, key: &str) -> Option<&str> {
        self.config.get(key).and_then(serde_json::Value::as_str)
    }

    /// The agent with this name, or the default one.
    pub(super) fn agent(&self, name: Option<&str>) -> Result<Option<&Agent>, Failure> {
        select::agent(name, self.configured("default_agent"), &self.agents)
    }

    pub(super) fn has_no_models(&self) -> bool {
        let mut providers = self.providers.providers.iter();
        providers.all(|provider| provider.models.is_empty())
    }

    /// Whether the engine has the model of the request and that of its agent. Models of other agents do not count: a
    /// provider that could be used would be in the cut catalog, and a second start would find the same.
    fn has(&self, names: &NamesRequest) -> bool {
        let has_model = |choice| select::model(choice, &self.providers).is_ok();
        // An unknown agent is refused later, with the reason.
        let agent = self.agent(names.agent.as_deref()).ok().flatten();
        let of_agent = agent.and_then(|agent| agent.model.as_ref());
        names.model.as_ref().is_none_or(has_model) && of_agent.is_none_or(|model| self.providers.model(model).is_some())
    }
}

impl ReadyConnection {
    /// Connects, and reads what the engine has. A cut catalog never hides a model: when a name is not in it, or the engine
    /// offers something else with it, the engine is started again with the whole catalog.
    ///
    /// # Errors
    ///
    /// Those of the connection, and of the gate.
    pub(crate) async fn open(
        prompt: PromptContext<'_>,
        names: &NamesRequest,
        questions: bool,
    ) -> Result<Self, Failure> {
        let stages = prompt.display.connect_stages(prompt.context, &prompt.request.output);
        let named = names.model.as_ref().and_then(ModelChoice::as_ref);
        let mut needs = Needs {
            provider: named.as_ref().map(|model| model.provider.as_str()),
            catalog: CatalogExtent::InUse,
            // A plain prompt changes nothing.
            snapshots: match prompt.request.permission.preset {
                Preset::AutoTools => Snapshots::AsConfigured,
                Preset::LookOnly | Preset::ReadOnly => Snapshots::Off,
            },
            guarded: is_guarded(prompt),
            questions,
            answer_tools: usize::from(prompt.request.schema.is_some()),
        };
        loop {
            let request = &prompt.request.connect;
            let connection = connect::connect(prompt.context, request, prompt.directory, needs, &stages).await?;
            let mut ready = Self::read(connection, needs).await?;
            let trial = ready.connection.catalog_trial.as_ref();
            let agrees = trial.is_none_or(|trial| trial.agrees(&format!("{:?}", ready.catalog.providers)));
            if agrees && (!ready.connection.catalog_is_cut || ready.catalog.has(names)) {
                if request.rehearsal == RehearsalChoice::Off {
                    ready.catalog.names().remember(&prompt.context.directories.cache);
                }
                return Ok(ready);
            }
            tracing::debug!("the cut catalog lacks a name; starting again with the whole one");
            ready.close().await;
            needs.catalog = CatalogExtent::Whole;
        }
    }

    /// Opens the gate and the event stream, and reads what the engine has.
    async fn read(mut connection: Connection, needs: Needs<'_>) -> Result<Self, Failure> {
        let mut gate = if needs.guarded {
            connection.open_gate().await?
        } else {
            None
        };
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
        let (events, providers, agents, config) = tokio::select! {
            answer = asking => answer?,
            failure = gone => return Err(failure),
        };
        Ok(Self {
            connection,
            catalog: EngineCatalog {
                providers,
                agents,
                config,
            },
            events: Some(events),
            gate,
            questions: needs.questions,
        })
    }

    /// Connects again when the cut catalog lacks one of these names.
    ///
    /// # Errors
    ///
    /// As for [`Self::open`].
    pub(super) async fn require(&mut self, prompt: PromptContext<'_>, names: &NamesRequest) -> Result<(), Failure> {
        if self.connection.catalog_is_cut && !self.catalog.has(names) {
            tracing::debug!("the model of the session is not in the cut catalog; starting again");
            self.close().await;
            *self = Self::open(prompt, names, self.questions).await?;
        }
        Ok(())
    }

    /// Opens the stream of the next turn's events. A stream that is opened just before the prompt is sent misses its first
    /// events.
    ///
    /// # Errors
    ///
    /// When the engine does not answer.
    pub(crate) async fn open_events(&mut self) -> Result<(), Failure> {
        self.events = Some(EventStream::open(self.connection.client.clone()).await?);
        Ok(())
    }

    /// Ends what was started for this connection alone.
    pub(crate) async fn close(&mut self) {
        self.events = None;
        self.connection.close().await;
    }
}

/// Whether every tool call passes a gate, also in a plain prompt. The rules of its session deny everything, and subagents
/// inherit them; but the engine judges a link by its name and not by its target. The engine's permission requests
/// could cover that, but two refusals at once end the turn.
///
/// A server that is not ours has no gate, nor has an engine that loads no plugins.
fn is_guarded(prompt: PromptContext<'_>) -> bool {
    let request = prompt.request;
    let ours = matches!(request.connect.server, ServerChoice::Start { .. });
    let is_plain = request.permission.preset == Preset::LookOnly && request.permission.rules.is_empty();
    ours && !(is_plain && connect::is_pure(prompt.context))
}
