//! `config`: the settings in use.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::options::ListOptions;
use crate::request::ConfigRequest;
use crate::settings::{ENTRIES, Settings};
use crate::support::nearest::{nearest, quoted};

pub(super) const EXAMPLES: &str = "\
Examples:
  opencode-rs config show
  opencode-rs config show --profile work --output-format json
  opencode-rs config get model
  opencode-rs config edit
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
    /// Print the value of one setting; nothing where it has none
    #[command(after_help = EXAMPLES)]
    Get {
        /// The setting, as the file names it
        #[arg(value_name = "KEY", value_parser = parse_key)]
        key: String,

        #[command(flatten)]
        options: ConfigOptions,
    },
    /// Open the user's settings file in the editor (`VISUAL`, `EDITOR`), and check it afterwards
    #[command(after_help = EXAMPLES)]
    Edit,
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
            ConfigCommand::Show(options) | ConfigCommand::Path(options) | ConfigCommand::Get { options, .. } => {
                options.directory.as_ref()
            }
            ConfigCommand::Edit => None,
        }
    }

    /// Whether it works with settings that cannot be read, too.
    pub(super) fn is_edit(&self) -> bool {
        matches!(self.command, ConfigCommand::Edit)
    }

    pub fn resolve(self, settings: &Settings) -> ConfigRequest {
        match self.command {
            ConfigCommand::Show(options) => ConfigRequest::Show(options.list.resolve(settings)),
            ConfigCommand::Get { key, options } => ConfigRequest::Get(key, options.list.resolve(settings)),
            ConfigCommand::Edit => ConfigRequest::Edit,
            ConfigCommand::Path(options) => ConfigRequest::Path(options.list.resolve(settings)),
        }
    }
}

/// Reads the name of a setting.
fn parse_key(text: &str) -> Result<String, String> {
    let known = || ENTRIES.iter().map(|entry| entry.key);
    if known().any(|key| key == text) {
        return Ok(text.to_owned());
    }
    Err(match nearest(text, known()).as_slice() {
        [] => "there is no such setting; `opencode-rs config show` lists them".to_owned(),
        near => format!("there is no such setting; did you mean {}?", quoted(near)),
    })
}
