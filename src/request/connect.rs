//! What is needed to talk to an engine: the part that every request for a server shares.

use std::path::PathBuf;
use std::time::Duration;

use url::Url;

use super::{EngineChoice, LocalServers, Network, Verbosity};

/// From "which engine, where, with what" to a connected client.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConnectRequest {
    /// `-d`: the agent's working directory; the current one without it.
    pub directory: Option<PathBuf>,
    /// `--port`, `--attach`.
    pub server: ServerChoice,
    /// `--keep-for`, `--fresh`: whether a server that others use too may answer.
    pub warmth: Warmth,
    pub engine: EngineChoice,
    pub network: Network,
    pub config_scope: ConfigScope,
    pub trust: TrustChoice,
    /// Directories that the user's settings trust; absolute.
    pub trusted_directories: Vec<PathBuf>,
    pub rehearsal: RehearsalChoice,
    /// Where the model servers of this machine listen.
    pub local_servers: LocalServers,
    /// `--timeout`: the whole command, from its start.
    pub timeout: Option<Duration>,
    /// How much goes to stderr; as in [`super::OutputRequest`], for the stages that see only this request.
    pub verbosity: Verbosity,
    /// The directory is in a copy that we made, of this.
    pub copy_of: Option<CopyOf>,
}

/// A copy of a directory, made to be worked in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyOf {
    /// The root of the copy.
    pub root: PathBuf,
    /// The root of what it is a copy of.
    pub original: PathBuf,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerChoice {
    /// One of this program: private, or kept warm.
    Start {
        /// `--port`; without it the engine picks a free one.
        port: Option<u16>,
    },
    /// `--attach`: a server that another program runs; never stopped.
    Attach(Url),
}

impl Default for ServerChoice {
    fn default() -> Self {
        Self::Start { port: None }
    }
}

/// Default time that a warm server stays after its last use.
pub const KEEP_FOR: Duration = Duration::from_secs(30 * 60);

/// Whether a warm server may answer: a server that outlives the command and is shared by several commands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Warmth {
    /// A running warm server that fits; else a private server.
    #[default]
    IfThere,
    /// The same for a command that only reads: it also joins a rehearsing server, which other commands start anew.
    Join,
    /// `-k`: a running warm server that fits; else a new one that stays.
    Keep {
        /// `--keep-for`: how long it stays after the last use.
        keep_for: Duration,
    },
    /// `--fresh`, and `--port`: a private one, gone with the command.
    Fresh,
}

/// Which configuration the engine reads.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ConfigScope {
    /// The user's and the project's.
    #[default]
    Full,
    /// `--bare`: providers and credentials only.
    Bare,
}

/// Whether code that the directory brings along may run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum TrustChoice {
    /// Ask on a terminal, refuse elsewhere, unless it is remembered.
    #[default]
    Ask,
    /// `--no-input`: as [`Self::Ask`] where there is no terminal.
    AskNobody,
    /// `--trust`: yes, for this run.
    Granted,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum RehearsalChoice {
    #[default]
    Off,
    /// The scripted model with its built-in answer.
    Plain,
    /// The scripted model with a script file.
    Script(PathBuf),
}
