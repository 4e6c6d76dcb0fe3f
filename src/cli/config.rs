//! `config`: the settings in use.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::options::ListOptions;
use crate::request::ConfigRequest;
use crate::settings::Settings;

pub(super) const EXAMPLES: &str = "\
Examples:
  opencode-rs config show
  opencode-rs config show --profile work --output-format json
  opencode-rs config path";

#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct ConfigArgs {
    #[command(subcommand)]
    command: ConfigCommand,
}

#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
enum ConfigCommand {
    /// Show every setting with its value and origin
    #[command(visible_alias = "list", after_help = EXAMPLES)]
    Show(ConfigOptions),
    /// Show the files that settings are read from
    #[command(after_help = EXAMPLES)]
    Path(ConfigOptions),
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
struct ConfigOptions {
    #[command(flatten)]
    list: ListOptions,

    /// Use the project settings of this directory [default: the current one]
    #[arg(short, long, value_name = "DIR", help_heading = "Settings")]
    directory: Option<PathBuf>,
}

impl ConfigArgs {
    pub(super) fn directory(&self) -> Option<&PathBuf> {
        match &self.command {
            ConfigCommand::Show(options) | ConfigCommand::Path(options) => options.directory.as_ref(),
        }
    }

    pub fn resolve(self, settings: &Settings) -> ConfigRequest {
        match self.command {
            ConfigCommand::Show(options) => ConfigRequest::Show(options.list.resolve(settings)),
            ConfigCommand::Path(options) => ConfigRequest::Path(options.list.resolve(settings)),
        }
    }
}
