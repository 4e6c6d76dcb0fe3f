//! `auth`: logins at providers, which the engine keeps.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::choice::{choice, is_on, value};
use super::options::engine;
use crate::request::{EngineAction, EngineCommandRequest, ListOutput, Network};
use crate::settings::Settings;

pub(super) const EXAMPLES: &str = "\
Examples:
  opencode-rs auth login
  opencode-rs auth list
  opencode-rs auth logout";

#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct AuthArgs {
    #[command(subcommand)]
    command: AuthCommand,
}

#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
enum AuthCommand {
    /// Log in to a provider: the engine asks for provider and key
    #[command(after_help = "Examples:\n  opencode-rs auth login")]
    Login(EnginesOwn),
    /// List the logins that the engine keeps, and keys in the environment
    #[command(visible_alias = "ls", after_help = "Examples:\n  opencode-rs auth list")]
    List(EnginesOwn),
    /// Log out of a provider
    #[command(after_help = "Examples:\n  opencode-rs auth logout")]
    Logout(EnginesOwn),
}

/// How a command of the engine is run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub(super) struct EnginesOwn {
    /// Give the engine these words too
    #[arg(value_name = "ARGUMENT", trailing_var_arg = true, allow_hyphen_values = true)]
    words: Vec<OsString>,

    /// Use this engine program [default: searched, else downloaded]
    #[arg(long, value_name = "PATH", help_heading = "Engine")]
    engine: Option<PathBuf>,

    /// Use only an engine that is on this machine
    #[arg(long, help_heading = "Engine")]
    offline: bool,
}

impl EnginesOwn {
    /// The request to run the engine with `first` and the typed words. With words of ours it needs no project.
    pub(super) fn resolve(self, first: &[&str], settings: &Settings) -> EngineCommandRequest {
        EngineCommandRequest {
            action: EngineAction::Exec {
                words: first.iter().map(OsString::from).chain(self.words).collect(),
                is_anywhere: !first.is_empty(),
            },
            choice: engine(self.engine, settings),
            network: choice(is_on(self.offline, &settings.offline), Network::Offline),
            verbosity: value(&settings.verbosity).unwrap_or_default(),
            output: ListOutput::default(),
        }
    }
}

impl AuthArgs {
    pub fn resolve(self, settings: &Settings) -> EngineCommandRequest {
        let (name, own) = match self.command {
            AuthCommand::Login(own) => ("login", own),
            AuthCommand::List(own) => ("list", own),
            AuthCommand::Logout(own) => ("logout", own),
        };
        own.resolve(&["auth", name], settings)
    }
}
