//! One prompt, and everything that was asked about it.

use std::num::{NonZeroU32, NonZeroU64};
use std::path::PathBuf;
use std::time::Duration;

use super::{ConnectRequest, Dollars, NamesRequest, OutputRequest, PermissionRequest, SessionChoice};

/// The source of the prompt's own text; piped stdin may be added to it, see [`StdinUse`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum PromptSource {
    /// Words of the command line, joined by one space.
    Arguments(String),
    /// The words of the command line, then the text of a file.
    File { words: String, path: PathBuf },
    /// `-e`: an editor, opened with this text.
    Editor {
        /// What the editor shows at first.
        initial: String,
    },
    /// Nothing but stdin: `-`, or no prompt at all.
    #[default]
    Stdin,
}

/// What is done with our stdin.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum StdinUse {
    /// Read when it is a pipe or a file.
    #[default]
    WhenPiped,
    /// `-`: read, also from a terminal.
    Always,
    /// `-n`: never read.
    Never,
}

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
    /// `--schema`: what the answer has to be.
    pub schema: Option<SchemaChoice>,
    /// What has to hold after the turn for the run to succeed.
    pub checks: Checks,
    /// `--worktree`: a fresh git worktree to work in.
    pub worktree: Option<WorktreeChoice>,
}

/// What the answer has to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaChoice {
    pub source: SchemaSource,
    /// `--schema-retries`: how many wrong answers are sent back.
    pub retries: u32,
}

/// Where a JSON Schema is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SchemaSource {
    /// On the command line.
    Text(String),
    File(PathBuf),
    Stdin,
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

/// An option that a dialog has no use for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot use `{0}` without a prompt")]
pub struct NotInADialog(pub &'static str);

impl RunRequest {
    /// The dialog that a run without a prompt is. A dialog sends every prompt with what its request says; the words of
    /// the request, and its attachments, are for the first prompt, and its time limit is one for each turn.
    ///
    /// # Errors
    ///
    /// When something was asked for that only a single prompt can give.
    pub fn into_dialog(self) -> Result<Self, NotInADialog> {
        let refused = [
            ("--worktree", self.worktree.is_some()),
            ("--verify", self.checks.verify.is_some()),
            ("--require-change", self.checks.require_change),
            ("--output-last-message", self.output.last_message_file.is_some()),
        ];
        if let Some((option, _)) = refused.into_iter().find(|(_, is_wanted)| *is_wanted) {
            return Err(NotInADialog(option));
        }
        Ok(Self {
            prompt: PromptSource::Arguments(String::new()),
            stdin: StdinUse::Never,
            output: OutputRequest {
                shows_cost: false,
                ..self.output
            },
            ..self
        })
    }
}
