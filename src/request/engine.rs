//! Which engine program to use.

use std::ffi::OsString;
use std::path::PathBuf;

use semver::Version;

use super::{ListOutput, Verbosity};

/// Where the engine program comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum EngineChoice {
    /// Every `opencode` on `PATH`, then `~/.opencode/bin`, then our own store, then a download.
    #[default]
    Search,
    /// Exactly this file; a failure there is an error.
    Path {
        path: PathBuf,
        /// What named it (`--engine`, `OPENCODE_RS_ENGINE`, a settings file), for messages.
        named_by: String,
    },
}

/// Whether we may go out to the network.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Network {
    #[default]
    Online,
    /// `--offline`: nothing is fetched.
    Offline,
}

/// Where an engine was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EngineSource {
    /// `--engine`, `OPENCODE_RS_ENGINE` or the settings file.
    Explicit,
    Path,
    /// `~/.opencode/bin`, where the engine's own installer puts it.
    Home,
    /// Our own store, installed earlier.
    Store,
    /// Our own store, downloaded just now.
    Download,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineCommandRequest {
    pub action: EngineAction,
    /// The engine that runs would use.
    pub choice: EngineChoice,
    /// Whether anything may be downloaded.
    pub network: Network,
    pub output: ListOutput,
    /// How much is written to stderr.
    pub verbosity: Verbosity,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EngineAction {
    /// `engine which`: the engine that a run would use.
    Which,
    /// `engine list`: everything that could be the engine.
    List,
    /// `engine install`: the pinned version, or this one.
    Install(Option<Version>),
    /// `engine use`: the version of our store that is preferred.
    Use(Version),
    /// `engine verify`: every engine that we installed, or one version.
    Verify(Option<Version>),
    Remove(Version),
    /// `engine probe`: these engines; without any, the engine of a run.
    Probe(Vec<ProbeTarget>),
    /// `engine exec`, `auth`: the engine's own program takes the place of this one.
    Exec {
        words: Vec<OsString>,
        /// Whether it works where no project is, so that none brings code along.
        is_anywhere: bool,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProbeTarget {
    /// This version: the installed one, else a download that no run uses.
    Version(Version),
    Path(PathBuf),
}
