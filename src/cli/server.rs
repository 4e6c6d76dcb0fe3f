//! `server`: the servers that are kept warm.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};

use super::choice::{choice, value};
use super::model::usual_model;
use super::options::{ConnectOptions, ListOptions};
use super::values;
use crate::error::Failure;
use crate::request::{
    Follow, InUse, KEEP_FOR, ServerAction, ServerChoice, ServerCommandRequest, ServerReference, StopChoice, Warmth,
};
use crate::settings::Settings;
use crate::support::duration;

pub(super) const EXAMPLES: &str = "\
Examples:
  opencode-rs server start --keep-for 2h
  opencode-rs server list
  opencode-rs server logs --follow
  opencode-rs server stop --all";

#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct ServerArgs {
    #[command(subcommand)]
    command: ServerCommand,
}

#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
#[command(disable_help_subcommand = true)]
enum ServerCommand {
    /// Start the server that `-k` would use here, or find it; its id is printed
    ///
    /// The server outlives this command, and ends after a time without use (`--keep-for`). It is ready for the first prompt.
    #[command(
        after_help = "Examples:\n  opencode-rs server start\n  opencode-rs server start -d ~/project --keep-for 8h"
    )]
    Start {
        /// Stop it after this time without use [default: 30m]
        #[arg(long, value_name = "DURATION", value_parser = duration::parse, help_heading = "Engine")]
        keep_for: Option<Duration>,

        #[command(flatten)]
        connect: ConnectOptions,

        #[command(flatten)]
        list: ListOptions,
    },
    /// List the servers of all directories
    #[command(
        visible_alias = "ls",
        after_help = "Examples:\n  opencode-rs server list\n  opencode-rs server list -d . --output-format json"
    )]
    List {
        /// List those of this directory only [default: all]
        #[arg(short, long, value_name = "DIR", help_heading = "Server")]
        directory: Option<PathBuf>,

        #[command(flatten)]
        list: ListOptions,
    },
    /// Show one server in detail; the exit status is 1 when there is none that answers
    #[command(after_help = "Examples:\n  opencode-rs server status\n  opencode-rs server status 3f9a")]
    Status {
        #[command(flatten)]
        server: OneServer,

        #[command(flatten)]
        list: ListOptions,
    },
    /// Stop servers, with everything that they started
    ///
    /// A server that a command uses is not stopped without `--force`.
    #[command(
        after_help = "Examples:\n  opencode-rs server stop\n  opencode-rs server stop 3f9a --force\n  opencode-rs server stop --all"
    )]
    Stop {
        /// Stop these, by id or its beginning [default: those of the directory]
        #[arg(value_name = "ID", value_parser = values::parse_name, conflicts_with_all = ["directory", "all"])]
        servers: Vec<String>,

        /// Stop those of this directory [default: the current one]
        #[arg(short, long, value_name = "DIR", conflicts_with = "all", help_heading = "Server")]
        directory: Option<PathBuf>,

        /// Stop every server, and end what is left of servers that were killed
        #[arg(long, help_heading = "Server")]
        all: bool,

        /// Stop them even while commands use them
        #[arg(long, help_heading = "Server")]
        force: bool,

        #[command(flatten)]
        list: ListOptions,
    },
    /// Show the log of a server and its engine; also of a server that has ended
    #[command(after_help = "Examples:\n  opencode-rs server logs -n 20\n  opencode-rs server logs 3f9a --follow")]
    Logs {
        #[command(flatten)]
        server: OneServer,

        /// Follow the log until the server ends
        #[arg(short, long, help_heading = "Output")]
        follow: bool,

        /// Show the last lines only [default: all]
        #[arg(short = 'n', long, value_name = "COUNT", help_heading = "Output")]
        lines: Option<usize>,
    },
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
struct OneServer {
    /// The server, by id or its beginning [default: that of the directory]
    #[arg(value_name = "ID", value_parser = values::parse_name, conflicts_with = "directory")]
    id: Option<String>,

    /// Take the one of this directory [default: the current one]
    #[arg(short, long, value_name = "DIR", help_heading = "Server")]
    directory: Option<PathBuf>,
}

impl From<OneServer> for ServerReference {
    fn from(server: OneServer) -> Self {
        server.id.map_or(Self::OfDirectory(server.directory), Self::Id)
    }
}

impl ServerArgs {
    pub(super) fn directory(&self) -> Option<&PathBuf> {
        match &self.command {
            ServerCommand::Start { connect, .. } => connect.directory.as_ref(),
            ServerCommand::List { directory, .. } | ServerCommand::Stop { directory, .. } => directory.as_ref(),
            ServerCommand::Status { server, .. } | ServerCommand::Logs { server, .. } => server.directory.as_ref(),
        }
    }

    /// How to get to an engine, where one is started.
    pub(super) fn connect(&self) -> Option<&ConnectOptions> {
        match &self.command {
            ServerCommand::Start { connect, .. } => Some(connect),
            _ => None,
        }
    }

    pub fn resolve(self, settings: &Settings) -> Result<ServerCommandRequest, Failure> {
        let (action, list) = match self.command {
            ServerCommand::Start {
                keep_for,
                connect,
                list,
            } => {
                for (typed, option) in [(connect.fresh, "--fresh"), (connect.attach.is_some(), "--attach")] {
                    if typed {
                        return Err(Failure::usage(format!(
                            "cannot use `{option}` with `server start`: the server that it starts is ours, and stays"
                        ))
                        .hint("leave it out"));
                    }
                }
                let mut connect = connect.resolve(settings);
                if let ServerChoice::Attach(_) = connect.server {
                    // The setting is for those who use a server.
                    connect.server = ServerChoice::Start {
                        port: value(&settings.port),
                    };
                }
                connect.warmth = Warmth::Keep {
                    keep_for: keep_for.or(value(&settings.keep_for)).unwrap_or(KEEP_FOR),
                };
                let usual = usual_model(settings, &connect.rehearsal);
                let action = ServerAction::Start {
                    connect: Box::new(connect),
                    provider: usual.and_then(|model| model.as_ref()).map(|model| model.provider),
                };
                (action, list)
            }
            ServerCommand::List { directory, list } => (ServerAction::List(directory), list),
            ServerCommand::Status { server, list } => (ServerAction::Status(server.into()), list),
            ServerCommand::Stop {
                servers,
                directory,
                all,
                force,
                list,
            } => {
                let which = match (all, servers.is_empty()) {
                    (true, _) => StopChoice::All,
                    (false, true) => StopChoice::These(vec![ServerReference::OfDirectory(directory)]),
                    (false, false) => StopChoice::These(servers.into_iter().map(ServerReference::Id).collect()),
                };
                let in_use = choice(force, InUse::Stop);
                (ServerAction::Stop { which, in_use }, list)
            }
            ServerCommand::Logs { server, follow, lines } => {
                let action = ServerAction::Logs {
                    server: server.into(),
                    lines,
                    follow: choice(follow, Follow::UntilTheEnd),
                };
                (action, ListOptions::default())
            }
        };
        Ok(ServerCommandRequest {
            action,
            output: list.resolve(settings),
            verbosity: value(&settings.verbosity).unwrap_or_default(),
        })
    }
}
