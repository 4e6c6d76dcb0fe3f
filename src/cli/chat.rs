//! `chat`: a dialog.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::choice::limit;
use super::conversation::ConversationOptions;
use super::limits::{LimitOptions, retries};
use super::model::ModelOptions;
use super::options::{ConnectOptions, output};
use super::permission::{PermissionOptions, ToolArgs};
use crate::error::Failure;
use crate::request::{Limits, PromptSource, RunRequest, StdinUse};
use crate::settings::Settings;
use crate::support::duration;

pub(super) const EXAMPLES: &str = "\
Examples:
  opencode-rs chat
  opencode-rs chat --auto-tools --allow \"bash:cargo *\"
  opencode-rs chat -c
  opencode-rs chat -k --name review
  opencode-rs chat -m anthropic/claude-sonnet-4-5 what does this project do
  printf 'My name is Alice\\nWhat is my name?\\n' | opencode-rs chat";

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
    #[arg(long, value_name = "DURATION", value_parser = duration::parse, help_heading = "Limits")]
    stall_timeout: Option<Duration>,

    #[command(flatten)]
    pub(super) permission: PermissionOptions,

    #[command(flatten)]
    pub(super) connect: ConnectOptions,
}

impl ChatArgs {
    pub fn resolve(self, settings: &Settings) -> Result<RunRequest, Failure> {
        if self.files.iter().any(|file| file.as_os_str() == "-") {
            return Err(
                Failure::usage("cannot attach stdin (`-f -`) to a dialog: its prompts come from there")
                    .hint("write it to a file, and attach that"),
            );
        }
        let session = self.conversation.choice()?;
        let (fresh, input) = (self.connect.fresh, self.connect.input);
        let mut connect = self.connect.resolve(settings);
        self.conversation.keep_warm(settings, fresh, &mut connect)?;
        let names = self.model.resolve(settings, &connect.rehearsal)?;
        Ok(RunRequest {
            prompt: PromptSource::Arguments(self.prompt.join(" ")),
            stdin: StdinUse::Never,
            attachments: self.files,
            lifetime: self.conversation.lifetime(settings, &session),
            title: self.conversation.title,
            session,
            limits: Limits {
                stall_timeout: limit(self.stall_timeout, &settings.stall_timeout),
                agent: LimitOptions::default().agent(settings),
                ..retries(None, None, settings)
            },
            permission: self.permission.resolve(settings, input, ToolArgs::AsAsked)?,
            connect,
            output: output(self.raw, self.thinking, settings),
            ..names
        })
    }
}
