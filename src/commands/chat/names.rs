//! `/model`, `/agent`, `/effort`: what the next prompt is sent with.

use super::dialog::Dialog;
use crate::chat::{Choice, NamedItem};
use crate::error::Failure;
use crate::input::PromptParts;
use crate::prompting::names::ResolvedNames;
use crate::prompting::ready::EngineCatalog;
use crate::request::{Effort, ModelChoice, NamesRequest, VariantChoice, Word as _};

/// The level that leaves the effort to the model.
const DEFAULT_EFFORT: &str = "default";

/// The models, as they are chosen.
pub(super) fn models(catalog: &EngineCatalog) -> Vec<NamedItem> {
    let models = catalog.providers.providers.iter().flat_map(|provider| {
        provider.models.iter().map(|(id, model)| NamedItem {
            name: format!("{}/{id}", provider.id),
            about: if model.name == *id {
                String::new()
            } else {
                model.name.clone()
            },
        })
    });
    models.collect()
}

/// The agents that a person talks to.
pub(super) fn agents(catalog: &EngineCatalog) -> Vec<NamedItem> {
    let agents = catalog
        .agents
        .iter()
        .filter(|agent| !agent.hidden && agent.mode != "subagent");
    agents
        .map(|agent| NamedItem {
            name: agent.name.clone(),
            about: agent.description.clone().unwrap_or_default(),
        })
        .collect()
}

impl Dialog<'_, '_> {
    pub(super) async fn choose_model(&mut self, typed: &str) -> Result<(), Failure> {
        let all = self.chat.catalog().map(models).unwrap_or_default();
        let in_use = self.names_in_use().await.model;
        let Some(name) = self.name("model", typed, &all, in_use.as_deref()).await? else {
            return Ok(());
        };
        let model: ModelChoice = name
            .parse()
            .map_err(|error| Failure::usage(format!("cannot use model `{name}`")).caused_by(&error))?;
        let mut wanted = self.chat.run.names.clone();
        wanted.model = Some(model);
        wanted.typed.model = true;
        let chosen = match self.try_names(&wanted).await {
            Err(failure) if wanted.variant != VariantChoice::Default => {
                // Another model has other variants.
                wanted.variant = VariantChoice::Default;
                let chosen = self.try_names(&wanted).await.map_err(|_| failure);
                let chosen = chosen.map_err(|failure| listed_by(failure, "/model"))?;
                self.note("the effort is the model's own again: this one has other variants");
                chosen
            }
            chosen => chosen.map_err(|failure| listed_by(failure, "/model"))?,
        };
        self.chat.run.names = wanted;
        if let Some(model) = chosen.model {
            self.note(&format!("model {model}"));
        }
        Ok(())
    }

    pub(super) async fn choose_agent(&mut self, typed: &str) -> Result<(), Failure> {
        let all = self.chat.catalog().map(agents).unwrap_or_default();
        let in_use = self.names_in_use().await.agent;
        let Some(name) = self.name("agent", typed, &all, in_use.as_deref()).await? else {
            return Ok(());
        };
        let mut wanted = self.chat.run.names.clone();
        wanted.agent = Some(name.clone());
        wanted.typed.agent = true;
        let tried = self.try_names(&wanted).await;
        tried.map_err(|failure| listed_by(failure, "/agent"))?;
        self.chat.run.names = wanted;
        self.note(&format!("agent {name}"));
        Ok(())
    }

    pub(super) async fn choose_effort(&mut self, typed: &str) -> Result<(), Failure> {
        let in_use = self.names_in_use().await;
        let model = in_use
            .model
            .as_deref()
            .and_then(|model| model.parse::<ModelChoice>().ok());
        let model = model.as_ref().and_then(ModelChoice::as_ref);
        let known = model
            .as_ref()
            .zip(self.chat.catalog())
            .and_then(|(model, catalog)| catalog.providers.model(model));
        if let (Some(model), Some(known)) = (&model, known)
            && known.variants.is_empty()
        {
            self.note(&format!("model {model} has no levels of effort"));
            return Ok(());
        }
        let variants = known.into_iter().flat_map(|model| model.variants.keys());
        let all: Vec<NamedItem> = std::iter::once(DEFAULT_EFFORT)
            .chain(variants.map(String::as_str))
            .map(|level| NamedItem {
                name: level.to_owned(),
                about: String::new(),
            })
            .collect();
        let level = in_use.variant.as_deref().unwrap_or(DEFAULT_EFFORT);
        let Some(name) = self.name("effort", typed, &all, Some(level)).await? else {
            return Ok(());
        };
        let mut wanted = self.chat.run.names.clone();
        wanted.variant = match name.as_str() {
            DEFAULT_EFFORT => VariantChoice::Default,
            name => Effort::of_word(name).map_or_else(|| VariantChoice::Named(name.to_owned()), VariantChoice::Effort),
        };
        wanted.typed.variant = true;
        let chosen = self.try_names(&wanted).await?;
        self.chat.run.names = wanted;
        self.note(&format!(
            "effort {name}, variant {}",
            chosen.variant.as_deref().unwrap_or("none")
        ));
        Ok(())
    }

    /// The name that was typed, or chosen from a list.
    async fn name(
        &mut self,
        what: &str,
        typed: &str,
        all: &[NamedItem],
        in_use: Option<&str>,
    ) -> Result<Option<String>, Failure> {
        if !typed.is_empty() {
            return Ok(Some(typed.to_owned()));
        }
        let choice = |item: &NamedItem| Choice::new(&item.name, &item.about, in_use);
        self.choose(what, all.iter().map(choice).collect()).await
    }

    /// Checks names against what the engine has.
    pub(super) async fn try_names(&self, wanted: &NamesRequest) -> Result<ResolvedNames, Failure> {
        let Some(link) = self.chat.link.as_ref() else {
            return Err(Failure::usage("there is no engine yet").hint("send a prompt first"));
        };
        let nothing = PromptParts::from(String::new());
        let ready = &link.ready;
        let resolving = ResolvedNames::resolve(self.chat.context, wanted, &ready.connection, &ready.catalog, &nothing);
        self.waiting(resolving).await
    }
}

/// A failure whose hint names the list of the dialog, and not a command for the shell.
fn listed_by(mut failure: Failure, command: &str) -> Failure {
    for hint in &mut failure.hints {
        if hint.ends_with("lists what there is") {
            *hint = format!("`{command}` lists what there is");
        }
    }
    failure
}
