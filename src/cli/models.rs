//! `models`: what the engine offers.

use clap::Args;

use super::options::{ConnectOptions, ListOptions};
use super::values;
use crate::request::ModelsRequest;
use crate::settings::Settings;

pub(super) const EXAMPLES: &str = "\
Examples:
  opencode-rs models
  opencode-rs models anthropic
  opencode-rs models --output-format json | jq -r '.[].id'";

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
    pub fn resolve(self, settings: &Settings) -> ModelsRequest {
        ModelsRequest {
            connect: self.connect.resolve(settings),
            provider: self.provider,
            output: self.list.resolve(settings),
        }
    }
}
