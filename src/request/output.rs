//! What the output looks like.

use std::path::PathBuf;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OutputMode {
    /// The answer, as it arrives.
    #[default]
    Text,
    /// One result record at the end.
    Json,
    StreamJson,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ColorChoice {
    /// Decided from the environment and the terminal.
    #[default]
    Auto,
    /// Colour, also into a pipe or a file.
    Always,
    /// No colour, also on a terminal.
    Never,
}

/// How much is written to stderr.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// `-q`: errors and hints only.
    Quiet,
    #[default]
    Normal,
    /// `-v`: phases and decisions too.
    Verbose,
    /// `-vv`: the engine's output and our own trace too.
    Trace,
}

/// How the answer is written to a terminal.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Rendering {
    /// As Markdown, when stdout is a terminal.
    #[default]
    Markdown,
    /// `--raw`: as the model wrote it.
    Raw,
}

/// How much of the answer goes to stdout in text mode.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum AnswerExtent {
    /// All text of the turn, as it arrives.
    #[default]
    Whole,
    /// `--last`: the text of the last message alone, once the turn is over.
    LastMessage,
}

/// Whether the model's reasoning is shown (on stderr).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Reasoning {
    #[default]
    Hidden,
    /// `--thinking`: shown as it arrives.
    Shown,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OutputRequest {
    pub mode: OutputMode,
    /// Colour on stdout and stderr.
    pub color: ColorChoice,
    /// How much is written to stderr.
    pub verbosity: Verbosity,
    /// The whole answer or its last message.
    pub extent: AnswerExtent,
    /// Markdown or raw text on a terminal.
    pub rendering: Rendering,
    pub reasoning: Reasoning,
    /// `--no-progress`: no spinner, no bar.
    pub progress_off: bool,
    /// `--include-raw`: stream-json also holds the engine's events.
    pub include_raw: bool,
    /// On a terminal, tokens, cost and time follow the answer. A dialog shows them itself.
    pub shows_cost: bool,
    /// `--event-log`: the records of stream-json are appended to this file too.
    pub event_log: Option<PathBuf>,
    /// `-o`: the last message goes to this file too.
    pub last_message_file: Option<PathBuf>,
}

/// The format of a list, such as that of `models`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ListFormat {
    #[default]
    Text,
    Json,
}

/// Everything about the output of a list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ListOutput {
    pub format: ListFormat,
    /// Colour on stdout and stderr.
    pub color: ColorChoice,
    /// Whether progress may be drawn on stderr.
    pub progress_off: bool,
}
