//! One prompt, and everything that was asked about it.

use std::path::PathBuf;
use std::time::Duration;

use super::{ConnectRequest, ModelChoice, OutputRequest, PermissionRequest, PromptSource, StdinUse, VariantChoice};

/// What is done with the session afterwards.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SessionLifetime {
    /// It stays in the engine's store.
    #[default]
    Kept,
    /// `--ephemeral`: deleted.
    Ephemeral,
}

/// How long, how often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
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
            stall_timeout: None,
            max_retries: 5,
            retry_budget: Duration::from_secs(300),
        }
    }
}

/// A prompt to run.
#[derive(Debug, Clone, PartialEq, Eq)]
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
    /// Where the agent works and which engine answers, with the limit on the whole run.
    pub connect: ConnectRequest,
    /// Limits.
    pub limits: Limits,
    /// What the model may do.
    pub permission: PermissionRequest,
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
