//! Servers that are kept warm.

use std::path::PathBuf;

use super::{ConnectRequest, ListOutput, Verbosity};

/// `server`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerCommandRequest {
    /// What shall be done.
    pub action: ServerAction,
    /// The format.
    pub output: ListOutput,
    /// How much is said on stderr.
    pub verbosity: Verbosity,
}

/// What `server` does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerAction {
    /// `server start`: the server that `-k` would use; started where it is not there.
    Start(Box<ConnectRequest>),
    /// `server list`: those of this directory, or all.
    List(Option<PathBuf>),
    /// `server status`.
    Status(ServerReference),
    /// `server stop`.
    Stop {
        /// Which ones.
        which: StopChoice,
        /// What becomes of those that commands use.
        in_use: InUse,
    },
    /// `server logs`.
    Logs {
        /// Whose.
        server: ServerReference,
        /// `-n`: the last lines only.
        lines: Option<usize>,
        /// `-f`.
        follow: Follow,
    },
}

/// Which server is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerReference {
    /// The one with this id, or the only one whose id begins like this.
    Id(String),
    /// Those of a directory: `-d`, or the current one.
    OfDirectory(Option<PathBuf>),
}

/// Which servers are stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StopChoice {
    /// Each of these.
    These(Vec<ServerReference>),
    /// `--all`: every one, and what is left of those that were killed.
    All,
}

/// What becomes of a server that somebody uses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum InUse {
    /// It stays.
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
