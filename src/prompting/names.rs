//! The model, agent and variant of a turn, checked against what the engine has.

use super::agent_files;
use super::ready::EngineCatalog;
use crate::api::types::{Agent, Rule};
use crate::connect::Connection;
use crate::connect::select::{self, Selected};
use crate::context::Context;
use crate::error::Failure;
use crate::input::PromptParts;
use crate::request::{ModelChoice, ModelRef, RunRequest};

#[derive(Debug, Clone)]
pub(crate) struct Chosen {
    pub(crate) model: Option<ModelRef>,
    pub(crate) agent: Option<String>,
    pub(crate) variant: Option<String>,
    /// The agent's rules in the engine's own configuration.
    pub(crate) agent_rules: Vec<Rule>,
}

/// Checks the names against what the engine offers.
pub(crate) async fn choose(
    context: &Context,
    request: &RunRequest,
    connection: &Connection,
    offer: &EngineCatalog,
    prompt: &PromptParts,
) -> Result<Chosen, Failure> {
    let text_of = |key: &str| offer.config.get(key).and_then(serde_json::Value::as_str);
    let default = text_of("default_agent");
    let agent = select::agent(request.agent.as_deref(), default, &offer.agents).map_err(|failure| {
        let file = request.agent.as_deref().or(default).and_then(|name| {
            let is_known = offer.agents.iter().any(|agent| agent.name == name);
            agent_files::find(context, &connection.directory, name).filter(|_| !is_known)
        });
        match file {
            Some(file) => failure.hint(format!("`{}` is there, and the engine did not take it", file.display())),
            None => failure,
        }
    })?;
    let choice = model_choice(request, agent, text_of("model"))?;
    let selected = match &choice {
        Some(choice) => match select::model(choice, &offer.providers) {
            Ok(selected) => Some(selected),
            Err(missing) => return Err(select::explain_missing(missing, context, connection).await),
        },
        None if offer
            .providers
            .providers
            .iter()
            .all(|provider| provider.models.is_empty()) =>
        {
            return Err(select::no_credentials());
        }
        None => None,
    };
    check_abilities(prompt, selected.as_ref())?;
    Ok(Chosen {
        variant: select::variant(&request.variant, selected.as_ref())?,
        model: selected.map(|selected| selected.reference),
        agent: agent.map(|agent| agent.name.clone()),
        agent_rules: agent.map_or_else(Vec::new, |agent| agent.permission.clone()),
    })
}

/// The model to name: the flag's, the agent's own, the configuration's. None leaves the choice to the engine.
fn model_choice(
    request: &RunRequest,
    agent: Option<&Agent>,
    configured: Option<&str>,
) -> Result<Option<ModelChoice>, Failure> {
    if let Some(choice) = &request.model {
        return Ok(Some(choice.clone()));
    }
    let own = agent.and_then(|agent| agent.model.as_ref()).map(ToString::to_string);
    own.as_deref()
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
    .hint("choose a model that does with `--model`; `opencode-rs models` shows what each can do"))
}
