//! `chat`: a dialog.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::conversation::ConversationOptions;
use super::model::ModelOptions;
use super::options::{ConnectOptions, limit, value};
use super::permission::{PermissionOptions, ToolArgs};
use super::values;
use crate::context::Environment;
use crate::error::Failure;
use crate::request::{
    AgentLimits, AnswerExtent, ChatRequest, Checks, Limits, OutputMode, OutputRequest, PromptSource, Reasoning,
    Rendering, RunRequest, StdinUse,
};
use crate::settings::Settings;

pub(super) const EXAMPLES: &str = "\
Examples:
  opencode-rs chat
  opencode-rs chat --auto-tools --allow \"bash:cargo *\"
  opencode-rs chat -c
  opencode-rs chat -k --name review
  opencode-rs chat -m anthropic/claude-sonnet-4-5 what does this project do
  printf 'My name is Alice\\nWhat is my name?\\n' | opencode-rs chat";

/// Arguments of `chat`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct ChatArgs {
    /// Send these words first, joined by one space
    #[arg(value_name = "PROMPT")]
    prompt: Vec<String>,

    /// Attach this to the first prompt; may be repeated
    #[arg(short, long = "file", value_name = "PATH", num_args = 1, help_heading = "Input")]
    files: Vec<PathBuf>,

    #[command(flatten)]
    model: ModelOptions,

    #[command(flatten)]
    conversation: ConversationOptions,

    /// Show the model's reasoning on stderr
    #[arg(long, help_heading = "Output")]
    thinking: bool,

    /// Write answers as the model wrote them, without rendering Markdown on a terminal
    #[arg(long, help_heading = "Output")]
    raw: bool,

    /// End a turn when model and tools are silent for this time; 0 is no limit [default: 0]
    #[arg(long, value_name = "DURATION", value_parser = values::parse_duration, help_heading = "Limits")]
    stall_timeout: Option<Duration>,

    #[command(flatten)]
    permission: PermissionOptions,

    #[command(flatten)]
    pub(super) connect: ConnectOptions,
}

impl ChatArgs {
    /// What the model may do.
    pub(super) fn permission(&self) -> &PermissionOptions {
        &self.permission
    }

    /// Turns flags and settings into what was asked for.
    ///
    /// # Errors
    ///
    /// When flags contradict each other in a way that the parser does not see.
    pub fn resolve(self, settings: &Settings, environment: &Environment) -> Result<ChatRequest, Failure> {
        if self.files.iter().any(|file| file.as_os_str() == "-") {
            return Err(
                Failure::usage("cannot attach stdin (`-f -`) to a dialog: its prompts come from there")
                    .hint("write it to a file, and attach that"),
            );
        }
        let defaults = Limits::default();
        let session = self.conversation.choice()?;
        let fresh = self.connect.fresh();
        let mut connect = self.connect.clone().resolve(settings, environment)?;
        self.conversation.keep_warm(settings, fresh, &mut connect)?;
        let run = RunRequest {
            prompt: PromptSource::Arguments(self.prompt.join(" ")),
            stdin: StdinUse::Never,
            words_beside_files: Vec::new(),
            attachments: self.files,
            names: self.model.names(settings)?,
            system: self.model.system(settings)?,
            title: self.conversation.title(),
            lifetime: self.conversation.lifetime(settings, &session),
            session,
            limits: Limits {
                stall_timeout: limit(self.stall_timeout, settings.stall_timeout.as_ref()),
                max_retries: value(settings.max_retries.as_ref()).unwrap_or(defaults.max_retries),
                retry_budget: value(settings.retry_budget.as_ref()).unwrap_or(defaults.retry_budget),
                agent: AgentLimits {
                    turns: value(settings.max_turns.as_ref()),
                    tool_calls: value(settings.max_tool_calls.as_ref()),
                    tokens: value(settings.max_tokens.as_ref()),
                    cost: value(settings.max_cost.as_ref()),
                },
            },
            permission: self
                .permission
                .resolve(settings, self.connect.input(), ToolArgs::AsAsked)?,
            connect,
            output: OutputRequest {
                mode: OutputMode::Text,
                extent: AnswerExtent::Whole,
                color: value(settings.color.as_ref()).unwrap_or_default(),
                verbosity: value(settings.verbosity.as_ref()).unwrap_or_default(),
                rendering: if self.raw || value(settings.raw.as_ref()) == Some(true) {
                    Rendering::Raw
                } else {
                    Rendering::Markdown
                },
                reasoning: if self.thinking || value(settings.thinking.as_ref()) == Some(true) {
                    Reasoning::Shown
                } else {
                    Reasoning::Hidden
                },
                progress_off: value(settings.progress.as_ref()) == Some(false),
                include_raw: false,
                last_message_file: None,
            },
            checks: Checks::default(),
            worktree: None,
        };
        Ok(ChatRequest { run })
    }
}
