//! `models`, `agents`: what the engine offers. `doctor`: whether everything is in place.

use clap::Args;

use super::choice::choice;
use super::model::usual_model;
use super::options::{ConnectOptions, ListOptions};
use super::values;
use crate::request::{Ability, ModelPlace, ModelsRequest, VisitRequest};
use crate::settings::Settings;

pub(super) const AGENTS_EXAMPLES: &str = "\
Examples:
  opencode-rs agents
  opencode-rs agents -d ~/project --output-format json";

pub(super) const DOCTOR_EXAMPLES: &str = "\
Examples:
  opencode-rs doctor
  opencode-rs doctor --offline --output-format json";

pub(super) const MODELS_EXAMPLES: &str = "\
Examples:
  opencode-rs models
  opencode-rs models anthropic
  opencode-rs models --local
  opencode-rs models --can tools,image
  opencode-rs models --output-format json | jq -r '.items[].id'";

/// What `agents` and `doctor` take.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct VisitArgs {
    #[command(flatten)]
    list: ListOptions,

    #[command(flatten)]
    pub(super) connect: ConnectOptions,
}

impl VisitArgs {
    pub fn resolve(self, settings: &Settings) -> VisitRequest {
        let connect = self.connect.resolve(settings);
        VisitRequest {
            model: usual_model(settings, &connect.rehearsal),
            connect,
            output: self.list.resolve(settings),
        }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct ModelsArgs {
    /// List only the models of this provider [default: all]
    #[arg(value_name = "PROVIDER", value_parser = values::parse_name)]
    provider: Option<String>,

    /// List the models of Ollama, LM Studio and llama.cpp on this machine, without an engine
    #[arg(long, help_heading = "Model")]
    local: bool,

    /// List only the models that can do all of these, such as `tools,image`
    #[arg(long, value_name = "ABILITY,…", value_delimiter = ',', value_parser = values::word::<Ability>(), help_heading = "Model")]
    can: Vec<Ability>,

    #[command(flatten)]
    pub(super) visit: VisitArgs,
}

impl ModelsArgs {
    pub fn resolve(self, settings: &Settings) -> ModelsRequest {
        let visit = self.visit.resolve(settings);
        ModelsRequest {
            connect: visit.connect,
            provider: self.provider,
            place: choice(self.local, ModelPlace::ThisMachine),
            can: self.can,
            usual: visit.model,
            output: visit.output,
        }
    }
}
