//! One prompt, and everything that was asked about it.

use std::num::{NonZeroU32, NonZeroU64};
use std::path::PathBuf;
use std::time::Duration;

use super::{
    ConnectRequest, Dollars, NamesRequest, OutputRequest, PermissionRequest, PromptSource, SessionChoice, StdinUse,
};

/// What is done with the session afterwards.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SessionLifetime {
    /// It stays in the engine's store.
    #[default]
    Kept,
    Ephemeral,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// `--stall-timeout`: without any sign of life from the model or a tool.
    pub stall_timeout: Option<Duration>,
    /// `--max-retries`: how often the engine may try a provider again.
    pub max_retries: u32,
    /// `--retry-budget`: how long it may wait for that in total.
    pub retry_budget: Duration,
    /// What the agent may use up.
    pub agent: AgentLimits,
}

/// How much of what costs an agent may use, subagents included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AgentLimits {
    /// `--max-turns`: how often the model may be called.
    pub turns: Option<NonZeroU32>,
    /// `--max-tool-calls`: how many tools it may call.
    pub tool_calls: Option<NonZeroU32>,
    /// `--max-tokens`: how many tokens it may use.
    pub tokens: Option<NonZeroU64>,
    /// `--max-cost`: how much it may cost.
    pub cost: Option<Dollars>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            stall_timeout: None,
            max_retries: 5,
            retry_budget: Duration::from_secs(300),
            agent: AgentLimits::default(),
        }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunRequest {
    pub prompt: PromptSource,
    /// What is done with stdin.
    pub stdin: StdinUse,
    /// The words of the prompt as they were typed, where files are attached: one of them may be meant as a file.
    pub words_beside_files: Vec<String>,
    /// `-f`: attached files and directories, in order.
    pub attachments: Vec<PathBuf>,
    pub names: NamesRequest,
    /// `--system` and `--system-file`, text or file.
    pub system: Option<SystemPrompt>,
    /// The session that it goes to.
    pub session: SessionChoice,
    pub title: Option<String>,
    pub lifetime: SessionLifetime,
    /// Where the agent works and which engine answers, with the limit on the whole run.
    pub connect: ConnectRequest,
    pub limits: Limits,
    /// What the model may do.
    pub permission: PermissionRequest,
    pub output: OutputRequest,
    /// What has to hold after the turn for the run to succeed.
    pub checks: Checks,
    /// `--worktree`: a fresh git worktree to work in.
    pub worktree: Option<WorktreeChoice>,
}

/// What has to hold after a turn that went well.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checks {
    /// `--require-change`: that some file changed.
    pub require_change: bool,
    /// `--verify`: that this shell command succeeds.
    pub verify: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WorktreeChoice {
    /// With a name made up for it.
    Unnamed,
    Named(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SystemPrompt {
    Text(String),
    File(PathBuf),
}
