//! The options that name a model, an agent, a variant and a system prompt.

use std::path::{Path, PathBuf};

use clap::Args;

use super::options::value;
use super::values::{self, EffortWord};
use crate::error::Failure;
use crate::request::{ModelChoice, NamesRequest, ParseModelError, SystemPrompt, TypedNames, VariantChoice};
use crate::settings::Settings;

#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub(super) struct ModelOptions {
    /// Use this model, `provider/model` or `model` alone [default: the engine's]
    #[arg(short, long, value_name = "MODEL", value_parser = parse_model, help_heading = "Model")]
    model: Option<ModelChoice>,

    /// Use this agent [default: the engine's]
    #[arg(long, value_name = "NAME", value_parser = values::parse_name, help_heading = "Model")]
    agent: Option<String>,

    /// Use this variant of the model [default: the model's own]
    #[arg(long, value_name = "NAME", value_parser = values::parse_name, conflicts_with = "effort", help_heading = "Model")]
    variant: Option<String>,

    /// Choose how hard the model thinks, by the variants that it has [default: the model's own]
    #[arg(long, value_name = "LEVEL", help_heading = "Model")]
    effort: Option<EffortWord>,

    /// Add this text to the system prompt
    #[arg(long, value_name = "TEXT", conflicts_with = "system_file", help_heading = "Model")]
    system: Option<String>,

    /// Add the text of this file to the system prompt
    #[arg(long, value_name = "FILE", help_heading = "Model")]
    system_file: Option<PathBuf>,
}

impl ModelOptions {
    /// # Errors
    ///
    /// When two settings of the same rank exclude each other.
    pub(super) fn names(&self, settings: &Settings) -> Result<NamesRequest, Failure> {
        Ok(NamesRequest {
            model: self.model.clone().or(value(settings.model.as_ref())),
            agent: self.agent.clone().or(value(settings.agent.as_ref())),
            variant: variant_choice(self.variant.as_deref(), self.effort, settings)?,
            typed: TypedNames {
                model: self.model.is_some(),
                agent: self.agent.is_some(),
                variant: self.variant.is_some() || self.effort.is_some(),
            },
        })
    }

    /// # Errors
    ///
    /// When two settings of the same rank exclude each other.
    pub(super) fn system(&self, settings: &Settings) -> Result<Option<SystemPrompt>, Failure> {
        system_prompt(self.system.as_deref(), self.system_file.as_deref(), settings)
    }
}

/// Which variant of the model: by flag, else by setting.
fn variant_choice(
    named: Option<&str>,
    effort: Option<EffortWord>,
    settings: &Settings,
) -> Result<VariantChoice, Failure> {
    if let Some(name) = named {
        return Ok(VariantChoice::Named(name.to_owned()));
    }
    if let Some(word) = effort {
        return Ok(VariantChoice::Effort(word.into()));
    }
    match (&settings.variant, &settings.effort) {
        (None, None) => Ok(VariantChoice::Default),
        (Some(variant), Some(effort)) if variant.origin.rank() == effort.origin.rank() => {
            Err(Failure::usage("cannot use both settings `variant` and `effort`")
                .hint(format!("remove one of them from {}", variant.origin)))
        }
        (Some(variant), effort)
            if effort
                .as_ref()
                .is_none_or(|effort| effort.origin.rank() < variant.origin.rank()) =>
        {
            Ok(VariantChoice::Named(variant.value.clone()))
        }
        (_, effort) => Ok(effort
            .as_ref()
            .map_or(VariantChoice::Default, |effort| VariantChoice::Effort(effort.value))),
    }
}

/// The added system prompt: by flag, else by setting.
fn system_prompt(
    text: Option<&str>,
    file: Option<&Path>,
    settings: &Settings,
) -> Result<Option<SystemPrompt>, Failure> {
    if let Some(text) = text {
        return Ok(Some(SystemPrompt::Text(text.to_owned())));
    }
    if let Some(file) = file {
        return Ok(Some(SystemPrompt::File(file.to_owned())));
    }
    match (&settings.system, &settings.system_file) {
        (Some(text), Some(file)) if text.origin.rank() == file.origin.rank() => {
            Err(Failure::usage("cannot use both settings `system` and `system_file`")
                .hint(format!("remove one of them from {}", text.origin)))
        }
        (Some(text), file) if file.as_ref().is_none_or(|file| file.origin.rank() < text.origin.rank()) => {
            Ok(Some(SystemPrompt::Text(text.value.clone())))
        }
        (_, file) => Ok(file.as_ref().map(|file| SystemPrompt::File(file.value.clone()))),
    }
}

fn parse_model(text: &str) -> Result<ModelChoice, ParseModelError> {
    text.parse()
}
