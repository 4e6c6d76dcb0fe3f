//! A script as plain data. `script_file` reads the file format.

use std::io;
use std::path::Path;
use std::time::Duration;

use axum::http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};

use super::pattern::Pattern;
use crate::error::Failure;
use crate::support::{named_file, thread};

/// The text of a script. The process that plays the script parses it.
/// The default is the built-in script: no replies at all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScriptText {
    text: String,
    name: String,
}

/// Limit of a script, in bytes.
const LONGEST: usize = 16 * 1024 * 1024;

impl ScriptText {
    /// Reads a script file, or a pipe that holds one; the format is described at [`crate::rehearsal`]. Dropping the future
    /// stops waiting.
    ///
    /// # Errors
    ///
    /// A usage failure when the file cannot be read.
    pub async fn read(path: &Path) -> Result<Self, Failure> {
        let name = path.display().to_string();
        let path = path.to_path_buf();
        let bytes = thread::run(move || named_file::read(&path, LONGEST)).await.flatten();
        let too_long = || io::Error::other("it is longer than 16 MB");
        let text = bytes
            .and_then(|bytes| bytes.ok_or_else(too_long))
            .and_then(|bytes| String::from_utf8(bytes).map_err(io::Error::other));
        let text =
            text.map_err(|error| Failure::usage(format!("cannot read rehearsal script `{name}`")).caused_by(&error))?;
        Ok(Self { text, name })
    }

    /// # Errors
    ///
    /// A usage failure with line and reason.
    pub fn parse(&self) -> Result<Script, Failure> {
        Script::parse(&self.text, &self.name)
    }
}

/// The replies of a scripted model. By default, it answers that this is a rehearsal, and repeats the first line of the
/// prompt.
#[derive(Debug, Clone, Default)]
pub struct Script {
    pub(super) replies: Vec<ScriptedReply>,
    pub(super) afterwards: Afterwards,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Afterwards {
    /// The built-in answer.
    #[default]
    Plain,
    /// The last reply again.
    Repeat,
    /// HTTP 400, which the engine does not retry.
    Fail,
}

/// The sender of a request, as well as the request shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Caller {
    /// The prompted agent, or any other program.
    Main,
    Subagent,
    /// The engine, to name a session.
    Title,
    /// The engine, to shorten a conversation.
    Summary,
}

/// A reply, and its conditions.
#[derive(Debug, Clone)]
pub(super) struct ScriptedReply {
    pub(super) conditions: Conditions,
    /// How often the reply is given at most.
    pub(super) times: u64,
    /// The pause before the headers; [`Duration::MAX`] never ends.
    pub(super) hang: Duration,
    pub(super) action: ReplyAction,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Conditions {
    pub(super) user: Option<Pattern>,
    pub(super) tool_result: Option<Pattern>,
    pub(super) system: Option<Pattern>,
    pub(super) model: Option<Pattern>,
    pub(super) offers: Option<Pattern>,
    pub(super) tool_choice: Option<Pattern>,
    /// `None`: any sender.
    pub(super) caller: Option<Caller>,
}

#[derive(Debug, Clone)]
pub(super) enum ReplyAction {
    Answer(ReplyBody),
    HttpError(HttpError),
}

#[derive(Debug, Clone, Default)]
pub(super) struct ReplyBody {
    pub(super) reasoning: String,
    pub(super) text: String,
    pub(super) repeat: usize,
    pub(super) tool_calls: Vec<ScriptedCall>,
    pub(super) delay: Duration,
    /// In characters; a word without it.
    pub(super) chunk_size: Option<usize>,
    pub(super) chunk_delay: Duration,
    pub(super) usage: Option<ScriptedUsage>,
    pub(super) finish: Option<Finish>,
    pub(super) fault: Option<Fault>,
}

impl ReplyBody {
    pub(super) fn of_text(text: String) -> Self {
        Self {
            text,
            repeat: 1,
            ..Self::default()
        }
    }

    pub(super) fn finish(&self) -> Finish {
        self.finish.unwrap_or(if self.tool_calls.is_empty() {
            Finish::Stop
        } else {
            Finish::ToolCalls
        })
    }
}

#[derive(Debug, Clone)]
pub(super) struct ScriptedCall {
    pub(super) id: Option<String>,
    pub(super) name: String,
    /// Sent unchanged; a script may want invalid JSON.
    pub(super) arguments: String,
}

/// Token counts; each token is in exactly one of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "ScriptUsage")]
pub(super) struct ScriptedUsage {
    pub(super) input: u64,
    pub(super) output: u64,
    pub(super) reasoning: u64,
    pub(super) cache_read: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Finish {
    Stop,
    Length,
    ContentFilter,
    ToolCalls,
}

#[derive(Debug, Clone)]
pub(super) struct Fault {
    pub(super) kind: FaultKind,
    /// How many chunks precede the fault; `None`: all of them.
    pub(super) after_chunks: Option<usize>,
    pub(super) message: String,
}

impl Fault {
    /// Whether the connection ends before the first byte of an answer.
    pub(super) fn is_before_headers(&self) -> bool {
        self.after_chunks == Some(0) && matches!(self.kind, FaultKind::Reset | FaultKind::Close)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum FaultKind {
    /// A TCP reset.
    Reset,
    /// The connection is closed in the middle of the body.
    Close,
    /// The stream ends properly, but without a finish reason.
    Eof,
    /// Nothing more comes, and the connection stays open.
    Stall,
    /// A chunk that is not JSON.
    Garbage,
    /// An error inside the stream.
    ErrorChunk,
}

#[derive(Debug, Clone)]
pub(super) struct HttpError {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}
