//! One prompt, and everything that was asked about it.

use std::path::PathBuf;
use std::time::Duration;

use url::Url;

use super::{EngineChoice, ModelChoice, Network, OutputRequest, PromptSource, StdinUse, VariantChoice};

/// Which server answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerChoice {
    /// A private one, started for this run and gone with it.
    Start {
        /// `--port`; without it the engine picks a free one.
        port: Option<u16>,
    },
    /// `--attach`: somebody else's; never stopped.
    Attach(Url),
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

/// What is done with the session afterwards.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SessionLifetime {
    /// It stays in the engine's store.
    #[default]
    Kept,
    /// `--ephemeral`: deleted.
    Ephemeral,
}

/// Whether code that the directory brings along may run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum TrustChoice {
    /// Ask on a terminal, refuse elsewhere, unless it is remembered.
    #[default]
    Ask,
    /// `--trust`: yes, for this run.
    Granted,
}

/// `--rehearse`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum RehearsalChoice {
    /// A real model.
    #[default]
    Off,
    /// The scripted model with its built-in answer.
    Plain,
    /// The scripted model with a script file.
    Script(PathBuf),
}

/// How long, how often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// `--timeout`: the whole run.
    pub timeout: Option<Duration>,
    /// `--stall-timeout`: without any sign of life from the model or a tool.
    pub stall_timeout: Option<Duration>,
    /// `--max-retries`: how often the engine may try a provider again.
    pub max_retries: u32,
    /// `--retry-budget`: how long it may wait for that in total.
    pub retry_budget: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            timeout: None,
            stall_timeout: None,
            max_retries: 5,
            retry_budget: Duration::from_secs(300),
        }
    }
}

/// A prompt to run.
#[derive(Debug, Clone)]
pub struct RunRequest {
    /// The prompt's text.
    pub prompt: PromptSource,
    /// What is done with stdin.
    pub stdin: StdinUse,
    /// `-f`: attached files and directories, in order.
    pub attachments: Vec<PathBuf>,
    /// `-m`.
    pub model: Option<ModelChoice>,
    /// `--agent`.
    pub agent: Option<String>,
    /// `--variant` or `--effort`.
    pub variant: VariantChoice,
    /// `--system` and `--system-file`, text or file.
    pub system: Option<SystemPrompt>,
    /// `--title`.
    pub title: Option<String>,
    /// `--ephemeral`.
    pub lifetime: SessionLifetime,
    /// `-d`: the agent's working directory; the current one without it.
    pub directory: Option<PathBuf>,
    /// `--port`, `--attach`.
    pub server: ServerChoice,
    /// `--engine`.
    pub engine: EngineChoice,
    /// `--offline`.
    pub network: Network,
    /// `--bare`.
    pub config_scope: ConfigScope,
    /// `--trust`.
    pub trust: TrustChoice,
    /// Directories that the user's settings trust.
    pub trusted_directories: Vec<PathBuf>,
    /// `--rehearse`.
    pub rehearsal: RehearsalChoice,
    /// Limits.
    pub limits: Limits,
    /// Output.
    pub output: OutputRequest,
}

/// The added system prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SystemPrompt {
    /// `--system`.
    Text(String),
    /// `--system-file`.
    File(PathBuf),
}
