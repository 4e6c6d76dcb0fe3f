//! Servers that are kept warm.

use std::path::PathBuf;

use super::{ConnectRequest, ListOutput, Verbosity};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerCommandRequest {
    pub action: ServerAction,
    pub output: ListOutput,
    /// How much is written to stderr.
    pub verbosity: Verbosity,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerAction {
    /// `server start`: the server that `-k` would use; started where it is not there.
    Start {
        connect: Box<ConnectRequest>,
        /// The provider of the usual model; it may be a server on this machine.
        provider: Option<String>,
    },
    /// `server list`: those of this directory, or all.
    List(Option<PathBuf>),
    Status(ServerReference),
    Stop {
        which: StopChoice,
        /// What becomes of those that commands use.
        in_use: InUse,
    },
    Logs {
        server: ServerReference,
        /// `-n`: the last lines only.
        lines: Option<usize>,
        follow: Follow,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerReference {
    /// The one with this id, or the only one whose id begins like this.
    Id(String),
    /// Those of a directory: `-d`, or the current one.
    OfDirectory(Option<PathBuf>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StopChoice {
    These(Vec<ServerReference>),
    /// `--all`: every one, and what is left of those that were killed.
    All,
}

/// What happens to a server that is in use.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum InUse {
    #[default]
    Spare,
    /// `--force`: it is stopped too.
    Stop,
}

/// Whether a log is followed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Follow {
    /// What is there is shown.
    #[default]
    No,
    /// What is added is shown too, until the server ends.
    UntilTheEnd,
}
