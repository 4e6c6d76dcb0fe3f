//! `agents`: what the engine offers.

use clap::Args;

use super::options::{ConnectOptions, ListOptions};
use crate::request::AgentsRequest;
use crate::settings::Settings;

pub(super) const EXAMPLES: &str = "\
Examples:
  opencode-rs agents
  opencode-rs agents -d ~/project --output-format json";

#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct AgentsArgs {
    #[command(flatten)]
    list: ListOptions,

    #[command(flatten)]
    pub(super) connect: ConnectOptions,
}

impl AgentsArgs {
    pub fn resolve(self, settings: &Settings) -> AgentsRequest {
        AgentsRequest {
            connect: self.connect.resolve(settings),
            output: self.list.resolve(settings),
        }
    }
}
