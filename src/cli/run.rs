//! `run`: one prompt.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;

use super::choice::{choice, is_on, limit, value};
use super::conversation::ConversationOptions;
use super::limits::{LimitOptions, retries};
use super::model::ModelOptions;
use super::options::{ConnectOptions, output};
use super::permission::{PermissionOptions, ToolArgs};
use super::values;
use crate::error::Failure;
use crate::request::{
    AnswerExtent, Limits, OutputMode, OutputRequest, PromptSource, RunRequest, SchemaChoice, SchemaSource,
    SessionChoice, StdinUse, Word as _,
};
use crate::settings::Settings;
use crate::support::duration;

/// The examples at the end of the help of `run` and of the program.
pub(super) const EXAMPLES: &str = "\
Examples:
  opencode-rs explain what this project does
  git diff | opencode-rs \"write a commit message\"
  opencode-rs -m anthropic/claude-sonnet-4-5 -f plan.md \"review this plan\"
  opencode-rs --output-format json \"name three risks\" | jq -r .result
  opencode-rs -k \"my name is Alice\"
  opencode-rs -k \"what is my name?\"
  opencode-rs -k --name review --keep-for 2h \"review the last commit\"
  opencode-rs --auto-tools --allow \"bash:cargo *\" \"run the tests and fix what fails\"
  opencode-rs --rehearse hello
  opencode-rs -- models are words here, not a command";

#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct RunArgs {
    /// Send these words, joined by one space; a last word `-` waits for stdin
    ///
    /// Everything after `--` is prompt too, also what looks like an option or a command. Piped stdin is added to the
    /// prompt in a `<stdin>` block.
    #[arg(value_name = "PROMPT")]
    prompt: Vec<String>,

    /// Send these words as they are
    #[arg(last = true, value_name = "PROMPT", hide = true)]
    verbatim: Vec<String>,

    /// Read the prompt from this file; words of the command line come before it
    #[arg(long, value_name = "FILE", conflicts_with = "editor", help_heading = "Input")]
    prompt_file: Option<PathBuf>,

    /// Write the prompt in an editor (VISUAL, else EDITOR, else vi), which shows the words given
    #[arg(short, long, help_heading = "Input")]
    editor: bool,

    /// Never read stdin
    #[arg(short, long, help_heading = "Input")]
    no_stdin: bool,

    /// Attach a text file, an image, a PDF or a directory listing (`-` is stdin); may be repeated
    #[arg(
        short,
        short_alias = 'i',
        long = "file",
        alias = "image",
        value_name = "PATH",
        num_args = 1,
        help_heading = "Input"
    )]
    files: Vec<PathBuf>,

    #[command(flatten)]
    model: Box<ModelOptions>,

    #[command(flatten)]
    conversation: Box<ConversationOptions>,

    /// Choose the format of stdout [default: text]
    ///
    /// `text` is the answer as it arrives, `json` one result record at the end, `stream-json` one record a line.
    #[arg(long, value_name = "FORMAT", value_parser = values::word::<OutputMode>(), help_heading = "Output")]
    pub(super) output_format: Option<OutputMode>,

    /// Write the last message of the answer to this file too
    ///
    /// The last message is the answer without what the model said before it called tools.
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    output_last_message: Option<PathBuf>,

    /// Write the last message of the answer alone to stdout, once the turn is over
    #[arg(long, help_heading = "Output")]
    last: bool,

    /// Append the records of `stream-json` to this file too, whatever the format of stdout
    #[arg(long, value_name = "FILE", value_parser = parse_event_log, help_heading = "Output")]
    event_log: Option<PathBuf>,

    /// Write the engine's own events too; needs `--output-format stream-json` or `--event-log`
    #[arg(long, help_heading = "Output")]
    include_raw: bool,

    /// Make the answer JSON that follows this JSON Schema: a file, the schema itself, or `-` for stdin
    ///
    /// A wrong answer is sent back to the model with what is wrong. stdout is the JSON and nothing else; without a right
    /// answer the exit status is 3.
    #[arg(long, alias = "json-schema", alias = "output-schema", value_name = "FILE", value_parser = parse_schema, help_heading = "Output")]
    schema: Option<SchemaSource>,

    /// Send at most this many wrong answers back to the model; needs `--schema` [default: 2]
    #[arg(long, value_name = "N", requires = "schema", help_heading = "Output")]
    schema_retries: Option<u32>,

    /// Show the model's reasoning on stderr
    #[arg(long, help_heading = "Output")]
    thinking: bool,

    /// Write the answer as the model wrote it, without rendering Markdown on a terminal
    #[arg(long, help_heading = "Output")]
    raw: bool,

    /// End the run when model and tools are silent for this time; 0 is no limit [default: 0]
    #[arg(long, value_name = "DURATION", value_parser = duration::parse, help_heading = "Limits")]
    stall_timeout: Option<Duration>,

    /// Let the engine try a failing provider again at most this often [default: 5]
    #[arg(long, value_name = "N", help_heading = "Limits")]
    max_retries: Option<u32>,

    /// Let retries take at most this time in total [default: 5m]
    #[arg(long, value_name = "DURATION", value_parser = duration::parse, help_heading = "Limits")]
    retry_budget: Option<Duration>,

    #[command(flatten)]
    pub(super) permission: PermissionOptions,

    #[command(flatten)]
    limits: Box<LimitOptions>,

    #[command(flatten)]
    pub(super) connect: ConnectOptions,
}

/// How many wrong answers are sent back to the model.
const USUAL_SCHEMA_RETRIES: u32 = 2;

/// A file: stdout has a format of its own.
fn parse_event_log(typed: &str) -> Result<PathBuf, String> {
    match typed {
        "" => Err("an empty name is no file".to_owned()),
        "-" => Err("stdout has its own format: `--output-format stream-json` writes the records there".to_owned()),
        path => Ok(path.into()),
    }
}

/// `-`, a schema itself, else a file.
fn parse_schema(typed: &str) -> Result<SchemaSource, String> {
    match typed {
        "" => Err("an empty name is no file".to_owned()),
        "-" => Ok(SchemaSource::Stdin),
        text if text.trim_start().starts_with('{') || serde_json::from_str::<serde_json::Value>(text).is_ok() => {
            Ok(SchemaSource::Text(text.to_owned()))
        }
        path => Ok(SchemaSource::File(path.into())),
    }
}

impl RunArgs {
    /// Whether no prompt is given here, whatever stdin may bring.
    pub(super) fn is_without_prompt(&self) -> bool {
        self.prompt.is_empty() && self.verbatim.is_empty() && self.prompt_file.is_none() && !self.editor
    }

    /// The words of the prompt that do not stand behind `--`.
    pub(super) fn words(&self) -> &[String] {
        if self.verbatim.is_empty() { &self.prompt } else { &[] }
    }

    pub fn resolve(self, settings: &Settings) -> Result<RunRequest, Failure> {
        let (prompt, stdin) = self.prompt()?;
        let output = self.output(settings)?;
        let session = self.conversation.choice()?;
        let worktree = self.limits.worktree();
        if worktree.is_some() && session != SessionChoice::default() {
            return Err(Failure::usage(
                "cannot use `--worktree` with a conversation that goes on: its directory goes away afterwards",
            )
            .hint("leave out `--worktree`, or begin a new session"));
        }
        self.refuse_setting_behind_continue()?;
        let (fresh, input) = (self.connect.fresh, self.connect.input);
        let mut connect = self.connect.resolve(settings);
        // A worktree is a directory of its own, which goes away.
        if worktree.is_none() {
            self.conversation.keep_warm(settings, fresh, &mut connect)?;
        }
        let names = self.model.resolve(settings, &connect.rehearsal)?;
        Ok(RunRequest {
            prompt,
            stdin,
            words_beside_files: if self.files.is_empty() { Vec::new() } else { self.prompt },
            output,
            attachments: self.files,
            lifetime: self.conversation.lifetime(settings, &session),
            title: self.conversation.title,
            session,
            limits: Limits {
                stall_timeout: limit(self.stall_timeout, &settings.stall_timeout),
                agent: self.limits.agent(settings),
                ..retries(self.max_retries, self.retry_budget, settings)
            },
            checks: self.limits.checks(),
            schema: self.schema.map(|source| SchemaChoice {
                source,
                retries: self.schema_retries.unwrap_or(USUAL_SCHEMA_RETRIES),
            }),
            worktree,
            permission: self.permission.resolve(settings, input, ToolArgs::AsAsked)?,
            connect,
            ..names
        })
    }

    /// `-c KEY=VALUE` is a setting for other programs; here it would be a prompt in the last session.
    fn refuse_setting_behind_continue(&self) -> Result<(), Failure> {
        let is_key = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.');
        let is_setting = |word: &String| {
            let key = word.split_once('=').map(|(key, _)| key);
            key.is_some_and(|key| !key.is_empty() && key.chars().all(is_key)) && !word.contains(char::is_whitespace)
        };
        match self
            .prompt
            .first()
            .filter(|word| self.conversation.continues_latest() && is_setting(word))
        {
            Some(word) => Err(Failure::usage(format!(
                "cannot set `{word}` with `-c`, which continues the last session"
            ))
            .hint(
                "options and `opencode-rs config edit` change settings; to send it as a prompt, write `--` before it",
            )),
            None => Ok(()),
        }
    }

    fn prompt(&self) -> Result<(PromptSource, StdinUse), Failure> {
        // Only before `--` does a last word `-` mean stdin: alone it is the prompt, after a prompt it is waited for.
        let dash = self.verbatim.is_empty() && self.prompt.last().is_some_and(|word| word == "-");
        let file_is_stdin = self.prompt_file.as_deref().is_some_and(|file| file.as_os_str() == "-");
        let is_attached = self.files.iter().any(|file| file.as_os_str() == "-");
        let is_schema = self.schema == Some(SchemaSource::Stdin);
        if is_schema && (dash || file_is_stdin || is_attached) {
            return Err(
                Failure::usage("cannot use stdin twice: `--schema -` reads the schema from it")
                    .hint("name the schema's file, or leave out the other `-`"),
            );
        }
        if (dash || file_is_stdin || is_attached || is_schema) && self.no_stdin {
            return Err(Failure::usage("cannot read stdin (`-`) with `--no-stdin`").hint("leave out one of them"));
        }
        if (dash || file_is_stdin) && is_attached {
            return Err(Failure::usage("cannot use stdin twice: `-f -` attaches it").hint("leave out one `-`"));
        }
        let stdin = match (dash || file_is_stdin, self.no_stdin || is_attached || is_schema) {
            (true, _) => StdinUse::Always,
            (false, true) => StdinUse::Never,
            (false, false) => StdinUse::WhenPiped,
        };
        let words = &self.prompt[..self.prompt.len() - usize::from(dash)];
        let words: Vec<&str> = words.iter().chain(&self.verbatim).map(String::as_str).collect();
        let source = match &self.prompt_file {
            Some(file) if !file_is_stdin => PromptSource::File {
                words: words.join(" "),
                path: file.clone(),
            },
            _ if self.editor => PromptSource::Editor {
                initial: words.join(" "),
            },
            _ if words.is_empty() => PromptSource::Stdin,
            _ => PromptSource::Arguments(words.join(" ")),
        };
        Ok((source, stdin))
    }

    fn output(&self, settings: &Settings) -> Result<OutputRequest, Failure> {
        let mode = self
            .output_format
            .or(value(&settings.output_format))
            .unwrap_or_default();
        let file = self.output_last_message.as_deref().and_then(Path::to_str);
        if let Some(word) = file.filter(|file| OutputMode::of_word(file).is_some()) {
            return Err(
                Failure::usage(format!("`{word}` after `-o` would be the name of a file"))
                    .hint(format!("`--output-format {word}` chooses the format"))
                    .hint(format!("`-o ./{word}` writes a file of that name")),
            );
        }
        if self.include_raw && mode != OutputMode::StreamJson && self.event_log.is_none() {
            return Err(Failure::usage(
                "cannot use `--include-raw` without `--output-format stream-json` or `--event-log`",
            )
            .hint("add `--output-format stream-json`"));
        }
        if self.last && mode != OutputMode::Text {
            return Err(
                Failure::usage("cannot use `--last` with `--output-format` json or stream-json")
                    .hint("leave out `--last`: the result record has `last_message`"),
            );
        }
        Ok(OutputRequest {
            mode,
            shows_cost: true,
            extent: choice(self.last || self.schema.is_some(), AnswerExtent::LastMessage),
            include_raw: is_on(self.include_raw, &settings.include_raw),
            event_log: self.event_log.clone(),
            last_message_file: self.output_last_message.clone(),
            ..output(self.raw || self.schema.is_some(), self.thinking, settings)
        })
    }
}
