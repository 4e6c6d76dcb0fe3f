//! The model, agent and variant of a turn, checked against what the engine has.

use super::agent_files;
use super::ready::EngineCatalog;
use crate::client::types::{Agent, Rule};
use crate::connect::Connection;
use crate::connect::select::{self, Selected};
use crate::context::Context;
use crate::error::{ErrorClass, Failure};
use crate::input::PromptParts;
use crate::request::{ModelChoice, ModelRef, NamesRequest};

/// Names that the engine has.
#[derive(Debug, Clone)]
pub(crate) struct ResolvedNames {
    /// `None` leaves the choice to the engine.
    pub(crate) model: Option<ModelRef>,
    pub(crate) agent: Option<String>,
    pub(crate) variant: Option<String>,
    /// The agent's rules in the engine's own configuration.
    pub(super) agent_rules: Vec<Rule>,
}

impl ResolvedNames {
    /// # Errors
    ///
    /// When the engine lacks a name, or the model does not read an attachment of `prompt`.
    pub(crate) async fn resolve(
        context: &Context,
        request: &NamesRequest,
        connection: &Connection,
        catalog: &EngineCatalog,
        prompt: &PromptParts,
    ) -> Result<Self, Failure> {
        let agent = catalog.agent(request.agent.as_deref()).map_err(|failure| {
            let name = request.agent.as_deref().or(catalog.configured("default_agent"));
            let unknown = name.filter(|name| !catalog.agents.iter().any(|agent| agent.name == **name));
            match unknown.and_then(|name| agent_files::find(context, &connection.directory, name)) {
                Some(file) => failure.hint(format!("`{}` is there, and the engine did not take it", file.display())),
                None => failure,
            }
        })?;
        let selected = match model_choice(request.model.as_ref(), agent, catalog.configured("model"))? {
            Some(choice) => match select::model(&choice, &catalog.providers) {
                Ok(selected) => Some(selected),
                Err(missing) => return Err(select::explain_missing(missing, context, connection).await),
            },
            None if catalog.has_no_models() => return Err(select::no_credentials()),
            None => None,
        };
        check_abilities(prompt, selected.as_ref())?;
        Ok(Self {
            variant: select::variant(&request.variant, selected.as_ref())?,
            model: selected.map(|selected| selected.reference),
            agent: agent.map(|agent| agent.name.clone()),
            agent_rules: agent.map_or_else(Vec::new, |agent| agent.permission.clone()),
        })
    }
}

/// The model of the request, else of the agent, else of the engine's configuration.
///
/// # Errors
///
/// When the engine's configuration holds no name of a model.
pub(crate) fn model_choice(
    requested: Option<&ModelChoice>,
    agent: Option<&Agent>,
    configured: Option<&str>,
) -> Result<Option<ModelChoice>, Failure> {
    if let Some(choice) = requested {
        return Ok(Some(choice.clone()));
    }
    let of_agent = agent.and_then(|agent| agent.model.as_ref()).map(ToString::to_string);
    of_agent
        .as_deref()
        .or(configured)
        .map(|name| {
            name.parse().map_err(|error| {
                Failure::usage(format!("cannot use model `{name}` of the engine's configuration")).caused_by(&error)
            })
        })
        .transpose()
}

/// The engine would silently replace an attachment that the model cannot read.
fn check_abilities(prompt: &PromptParts, selected: Option<&Selected<'_>>) -> Result<(), Failure> {
    let Some(selected) = selected else {
        return Ok(());
    };
    let input = &selected.model.capabilities.input;
    let lacking = if prompt.needs_image() && !input.image {
        "images"
    } else if prompt.needs_pdf() && !input.pdf {
        "PDF documents"
    } else {
        return Ok(());
    };
    Err(Failure::usage(format!(
        "cannot attach {lacking}: model `{}` does not read them",
        selected.reference
    ))
    .class(ErrorClass::Capability)
    .hint("choose a model that does with `--model`; `opencode-rs models` shows what each can do"))
}
