//! Which model answers, and how: options that `run` and `chat` share.

use std::path::PathBuf;

use clap::Args;

use super::choice::value;
use super::values;
use crate::error::Failure;
use crate::request::{
    Effort, ModelChoice, NamesRequest, RehearsalChoice, RunRequest, SystemPrompt, TypedNames, VariantChoice,
};
use crate::settings::{Setting, Settings};

#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "Model")]
pub(super) struct ModelOptions {
    /// Use this model, `provider/model` or `model` alone [default: the engine's]
    #[arg(short, long, value_name = "MODEL")]
    model: Option<ModelChoice>,

    /// Use this agent [default: the engine's]
    #[arg(long, value_name = "NAME", value_parser = values::parse_name)]
    agent: Option<String>,

    /// Use this variant of the model [default: the model's own]
    #[arg(long, value_name = "NAME", value_parser = values::parse_name, conflicts_with = "effort")]
    variant: Option<String>,

    /// Choose how hard the model thinks, by the variants that it has [default: the model's own]
    #[arg(long, value_name = "LEVEL", value_parser = values::word::<Effort>())]
    effort: Option<Effort>,

    /// Add this text to the system prompt
    #[arg(
        long,
        alias = "append-system-prompt",
        value_name = "TEXT",
        conflicts_with = "system_file"
    )]
    system: Option<String>,

    /// Add the text of this file to the system prompt
    #[arg(long, value_name = "FILE")]
    system_file: Option<PathBuf>,
}

impl ModelOptions {
    /// A request that says this, and nothing else.
    ///
    /// # Errors
    ///
    /// When two settings of the same source exclude each other.
    pub(super) fn resolve(self, settings: &Settings, rehearsal: &RehearsalChoice) -> Result<RunRequest, Failure> {
        // The scripted model answers, whatever real one is usual.
        let is_real = *rehearsal == RehearsalChoice::Off;
        let typed = TypedNames {
            model: self.model.is_some(),
            agent: self.agent.is_some(),
            variant: self.variant.is_some() || self.effort.is_some(),
        };
        let variant = match (self.variant, self.effort) {
            (Some(name), _) => (Some(name), None),
            (None, Some(effort)) => (None, Some(effort)),
            (None, None) if is_real => higher((&settings.variant, "variant"), (&settings.effort, "effort"))?,
            (None, None) => (None, None),
        };
        let system = match (self.system, self.system_file) {
            (Some(text), _) => (Some(text), None),
            (None, Some(file)) => (None, Some(file)),
            (None, None) => higher((&settings.system, "system"), (&settings.system_file, "system_file"))?,
        };
        Ok(RunRequest {
            names: NamesRequest {
                model: self.model.or(usual_model(settings, rehearsal)),
                agent: self.agent.or(value(&settings.agent)),
                variant: match variant {
                    (Some(name), _) => VariantChoice::Named(name),
                    (None, Some(effort)) => VariantChoice::Effort(effort),
                    (None, None) => VariantChoice::Default,
                },
                typed,
            },
            system: system.0.map(SystemPrompt::Text).or(system.1.map(SystemPrompt::File)),
            ..RunRequest::default()
        })
    }
}

/// Of two settings that exclude each other, the one of the higher source.
fn higher<A: Clone, B: Clone>(
    (first, first_name): (&Option<Setting<A>>, &str),
    (second, second_name): (&Option<Setting<B>>, &str),
) -> Result<(Option<A>, Option<B>), Failure> {
    let rank = |origin: Option<u8>| origin.map_or(-1, i16::from);
    let ranks = (
        rank(first.as_ref().map(|setting| setting.origin.rank())),
        rank(second.as_ref().map(|setting| setting.origin.rank())),
    );
    match first {
        Some(setting) if ranks.0 == ranks.1 => {
            let problem = format!("cannot use both settings `{first_name}` and `{second_name}`");
            Err(Failure::usage(problem).hint(format!("remove one of them from {}", setting.origin)))
        }
        Some(setting) if ranks.0 > ranks.1 => Ok((Some(setting.value.clone()), None)),
        _ => Ok((None, value(second))),
    }
}

/// The model that the settings choose for runs. The scripted model answers a rehearsal, whatever they say.
pub(super) fn usual_model(settings: &Settings, rehearsal: &RehearsalChoice) -> Option<ModelChoice> {
    value(&settings.model).filter(|_| *rehearsal == RehearsalChoice::Off)
}
