//! A turn as bytes.
//!
//! In: [`Update`]s, then one [`Outcome`]. Out: bytes on two streams. Invariants:
//!
//! - In text mode stdout carries the answer and nothing else; in the JSON modes stdout is valid JSON, one document or
//!   one record a line (the vocabulary is in [`schema`]). Everything else goes to stderr.
//! - Output for a pipe is the model's bytes; output for a terminal has passed [`sanitize`](crate::terminal::sanitize).
//! - Rendering never answers anything and keeps layout state only.
//! - The end of a run is reported once: [`Render::finish`] writes the failure of an outcome, [`report_failure`] is for
//!   failures that have no outcome.

mod activity;
mod console;
mod duration;
mod event_log;
mod failure;
mod markdown;
mod paint;
mod records;
pub mod schema;
pub mod spinner;
mod text;

use std::io::{self, Write};

pub use event_log::EventLog;
pub use failure::report_failure;
pub use spinner::{Phase, Spinner};

use activity::Activity;
use console::OutputStreams;
use markdown::Markdown;
use records::{Json, StreamJson};
use text::{Form, LastMessage, TextRender};

use crate::request::{AnswerExtent, OutputMode, OutputRequest, Reasoning, Rendering};
use crate::terminal::{Sanitizer, Screen, Stream, Terminal, sanitize};
use crate::turn::{DecidedBy, Decision, Outcome, PermissionRecord, ToolCall, ToolStatus, Update};

/// A consumer of a turn. Keeps layout state only: the turn matches a tool's end to its beginning.
pub trait Render {
    /// Shows one change.
    ///
    /// # Errors
    ///
    /// When stdout cannot be written; `BrokenPipe` ends the run with 141.
    fn update(&mut self, update: &Update) -> io::Result<()>;

    /// Shows the end. Called exactly once, last.
    fn finish(&mut self, outcome: &Outcome) -> io::Result<()>;
}

pub struct Streams {
    /// The answer or the records.
    pub stdout: Box<dyn Write>,
    pub stderr: Box<dyn Write>,
    pub terminal: Terminal,
    /// Shared with everything that draws.
    pub screen: Screen,
    /// Shown until the first output; the first update sets it to "waiting for the model".
    pub spinner: Spinner,
}

/// The renderer for the requested output mode.
pub fn renderer(request: &OutputRequest, streams: Streams) -> Box<dyn Render> {
    let Streams {
        stdout,
        stderr,
        terminal,
        screen,
        spinner,
    } = streams;
    let color = |stream| terminal.color(request.color, stream);
    let body: Box<dyn Body> = match (request.mode, request.rendering) {
        (OutputMode::Json, _) => Box::new(Json),
        (OutputMode::StreamJson, _) => Box::new(StreamJson::new(request.include_raw)),
        (OutputMode::Text, rendering) => {
            let form = match rendering {
                _ if !terminal.is_terminal(Stream::Stdout) => Form::Bytes,
                Rendering::Raw => Form::Sanitised(Sanitizer::default()),
                Rendering::Markdown => {
                    Form::Markdown(Sanitizer::default(), Box::new(Markdown::new(color(Stream::Stdout))))
                }
            };
            let text = TextRender::new(form, request.verbosity);
            match request.extent {
                AnswerExtent::Whole => Box::new(text),
                AnswerExtent::LastMessage => Box::new(LastMessage(text)),
            }
        }
    };
    Box::new(Renderer {
        body,
        activity: Activity::new(request, color(Stream::Stderr)),
        shows_text: request.extent == AnswerExtent::Whole,
        shows_reasoning: request.reasoning == Reasoning::Shown,
        console: OutputStreams::new(stdout, stderr, terminal, screen),
        spinner,
        model: String::new(),
        running: Vec::new(),
    })
}

/// Formats a whole text as Markdown for a terminal. The text is sanitised here.
pub fn markdown_page(text: &str, columns: usize, color: bool) -> String {
    let mut page = Markdown::new(color);
    let mut out = String::new();
    page.push(&sanitize(text), columns, &mut out);
    page.end(columns, &mut out);
    out
}

/// How a mode uses stdout.
trait Body {
    /// Shows one change; a mode that shows only the end ignores it.
    fn update(&mut self, _update: &Update, _console: &mut OutputStreams) -> io::Result<()> {
        Ok(())
    }

    fn finish(&mut self, outcome: &Outcome, console: &mut OutputStreams) -> io::Result<()>;
}

/// One mode's stdout, and the stderr that all modes share.
struct Renderer {
    body: Box<dyn Body>,
    activity: Activity,
    /// Whether text is shown as it arrives.
    shows_text: bool,
    shows_reasoning: bool,
    console: OutputStreams,
    spinner: Spinner,
    model: String,
    /// The running tools: call id and title line.
    running: Vec<(String, String)>,
}

impl Renderer {
    /// Updates the spinner's line about running tools; the permanent line comes from the activity.
    fn tool(&mut self, call: &ToolCall) {
        self.running.retain(|(id, _)| *id != call.call_id);
        let is_at_work = matches!(call.status, ToolStatus::Pending | ToolStatus::Running);
        if is_at_work && self.activity.is_refused(call) {
            return;
        }
        if is_at_work {
            let words = activity::words_of(call);
            self.running.push((call.call_id.clone(), words));
        }
        if !self.shows_running() {
            // The model reads the tool's result.
            self.wait_for_the_model();
        }
    }

    /// A refused call does not run, although the engine reports it as running until the refusal arrives. Nor do the
    /// calls that wait behind a question which a person denies, because a denial usually ends the run.
    fn permission(&mut self, record: &PermissionRecord) {
        if record.decision == Decision::Denied {
            let by_person = record.by == DecidedBy::Person;
            self.running.retain(|(id, _)| !by_person && *id != record.id);
            if !self.shows_running() {
                self.spinner.clear();
            }
        } else {
            self.shows_running();
        }
    }

    /// Shows the most recently started of the running tools. Returns whether there is one.
    fn shows_running(&self) -> bool {
        let tool = self.running.last().map(|(_, tool)| tool.clone());
        tool.map(|tool| self.spinner.set(Phase::Running { tool })).is_some()
    }

    fn wait_for_the_model(&self) {
        self.spinner.set(Phase::Waiting {
            model: self.model.clone(),
        });
    }
}

impl Render for Renderer {
    fn update(&mut self, update: &Update) -> io::Result<()> {
        self.console.release()?;
        match update {
            Update::Started(started) => {
                self.model = started
                    .model
                    .as_ref()
                    .map_or_else(|| "the model".to_owned(), ToString::to_string);
                self.wait_for_the_model();
            }
            Update::Text(_) if self.shows_text => self.spinner.clear(),
            Update::Tool(call) => self.tool(call),
            Update::Permission(record) => self.permission(record),
            Update::Question(_) => {
                self.shows_running();
            }
            Update::Reasoning(_) if self.shows_reasoning => self.spinner.clear(),
            _ => {}
        }
        // Reasoning or a line of the answer: each is ended before the other goes on.
        if matches!(update, Update::Text(delta) if !delta.subagent) {
            self.activity.update(update, &mut self.console);
            return self.body.update(update, &mut self.console);
        }
        self.body.update(update, &mut self.console)?;
        self.activity.update(update, &mut self.console);
        Ok(())
    }

    fn finish(&mut self, outcome: &Outcome) -> io::Result<()> {
        self.spinner.clear();
        let released = self.console.release_now();
        let finished = self.body.finish(outcome, &mut self.console);
        self.activity.finish(outcome, &mut self.console);
        released.and(finished).and(self.console.release_now())
    }
}
