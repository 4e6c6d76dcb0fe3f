//! `models`: what the engine offers.

use clap::Args;

use super::options::{ConnectOptions, ListOptions};
use super::values;
use crate::context::Environment;
use crate::error::Failure;
use crate::request::ModelsRequest;
use crate::settings::Settings;

pub(super) const EXAMPLES: &str = "\
Examples:
  opencode-rs models
  opencode-rs models anthropic
  opencode-rs models --output-format json | jq -r '.[].id'";

/// Arguments of `models`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct ModelsArgs {
    /// List only the models of this provider [default: all]
    #[arg(value_name = "PROVIDER", value_parser = values::parse_name)]
    provider: Option<String>,

    #[command(flatten)]
    list: ListOptions,

    #[command(flatten)]
    pub(super) connect: ConnectOptions,
}

impl ModelsArgs {
    /// Turns flags and settings into what was asked for.
    ///
    /// # Errors
    ///
    /// When flags contradict each other in a way that the parser does not see.
    pub fn resolve(self, settings: &Settings, environment: &Environment) -> Result<ModelsRequest, Failure> {
        Ok(ModelsRequest {
            connect: self.connect.resolve(settings, environment)?,
            provider: self.provider,
            output: self.list.resolve(settings),
        })
    }
}
