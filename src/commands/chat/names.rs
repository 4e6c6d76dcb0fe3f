//! `/model`, `/agent`, `/effort`: what the next prompt is sent with.

use super::dialog::Dialog;
use crate::chat::{EFFORTS, NamedItem};
use crate::error::Failure;
use crate::input::PromptParts;
use crate::prompting::names::ResolvedNames;
use crate::prompting::ready::EngineCatalog;
use crate::request::{Effort, ModelChoice, NamesRequest, VariantChoice, Word as _};

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
        let Some(name) = self.name("model", typed, &all).await? else {
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
                let chosen = self.try_names(&wanted).await.map_err(|_| failure)?;
                self.note("the effort is the model's own again: this one has other variants");
                chosen
            }
            chosen => chosen?,
        };
        self.chat.run.names = wanted;
        if let Some(model) = chosen.model {
            self.note(&format!("model {model}"));
        }
        Ok(())
    }

    pub(super) async fn choose_agent(&mut self, typed: &str) -> Result<(), Failure> {
        let all = self.chat.catalog().map(agents).unwrap_or_default();
        let Some(name) = self.name("agent", typed, &all).await? else {
            return Ok(());
        };
        let mut wanted = self.chat.run.names.clone();
        wanted.agent = Some(name.clone());
        wanted.typed.agent = true;
        self.try_names(&wanted).await?;
        self.chat.run.names = wanted;
        self.note(&format!("agent {name}"));
        Ok(())
    }

    pub(super) async fn choose_effort(&mut self, typed: &str) -> Result<(), Failure> {
        let all = EFFORTS.map(|level| NamedItem {
            name: level.to_owned(),
            about: String::new(),
        });
        let Some(name) = self.name("effort", typed, &all).await? else {
            return Ok(());
        };
        let mut wanted = self.chat.run.names.clone();
        wanted.variant = match name.as_str() {
            "default" => VariantChoice::Default,
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
    async fn name(&mut self, what: &str, typed: &str, all: &[NamedItem]) -> Result<Option<String>, Failure> {
        if !typed.is_empty() {
            return Ok(Some(typed.to_owned()));
        }
        self.choose(what, all).await
    }

    /// Checks names against what the engine has.
    async fn try_names(&self, wanted: &NamesRequest) -> Result<ResolvedNames, Failure> {
        let Some(link) = self.chat.link.as_ref() else {
            return Err(Failure::usage("there is no engine yet").hint("send a prompt first"));
        };
        let nothing = PromptParts::from(String::new());
        let ready = &link.ready;
        let resolving = ResolvedNames::resolve(self.chat.context, wanted, &ready.connection, &ready.catalog, &nothing);
        self.waiting(resolving).await
    }
}
