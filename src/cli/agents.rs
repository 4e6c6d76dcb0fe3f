//! `agents`: what the engine offers.

use clap::Args;

use super::options::{ConnectOptions, ListOptions};
use crate::context::Environment;
use crate::error::Failure;
use crate::request::AgentsRequest;
use crate::settings::Settings;

pub(super) const EXAMPLES: &str = "\
Examples:
  opencode-rs agents
  opencode-rs agents -d ~/project --output-format json";

/// Arguments of `agents`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct AgentsArgs {
    #[command(flatten)]
    list: ListOptions,

    #[command(flatten)]
    pub(super) connect: ConnectOptions,
}

impl AgentsArgs {
    /// Turns flags and settings into what was asked for.
    ///
    /// # Errors
    ///
    /// When flags contradict each other in a way that the parser does not see.
    pub fn resolve(self, settings: &Settings, environment: &Environment) -> Result<AgentsRequest, Failure> {
        Ok(AgentsRequest {
            connect: self.connect.resolve(settings, environment)?,
            output: self.list.resolve(settings),
        })
    }
}
