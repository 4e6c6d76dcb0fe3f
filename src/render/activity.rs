//! Output on stderr in every mode: tool activity, retries, warnings, reasoning, summary, failure.
//!
//! Invariants: text of a model, a tool or a provider is sanitised, and cut to one line if it has only one line.

use std::collections::HashSet;

use serde_json::Value;

use super::console::OutputStreams;
use super::duration::milliseconds;
use super::failure::failure_lines;
use super::paint::Paint;
use crate::error::FailureKind;
use crate::request::{HOSTED_PROVIDER, OutputMode, OutputRequest, Reasoning, Verbosity};
use crate::terminal::{Sanitizer, Stream, joined, one_line, sanitize, wrapped};
use crate::turn::{
    DecidedBy, Decision, FileChange, INVALID, Outcome, PermissionRecord, QuestionRecord, TextDelta, ToolCall,
    ToolStatus, TurnStart, TurnStatus, Update, Usage,
};

/// Columns of a line in a log, without a terminal to set a limit.
const LOG_COLUMNS: usize = 200;
/// Limit of rows for a text of a provider or a tool.
const MAX_ROWS: usize = 4;
/// Minimum of columns that remain beside a label and a time.
const MIN_COLUMNS: usize = 24;

pub(super) struct Activity {
    verbosity: Verbosity,
    reasoning: Reasoning,
    shows_cost: bool,
    paint: Paint,
    thinking: Option<ShownReasoning>,
    rehearsal_said: bool,
    /// Refused calls that have not ended yet: session and call id.
    refused: HashSet<(String, String)>,
}

/// Reasoning (or a subagent's text) that is being shown.
struct ShownReasoning {
    part_id: String,
    sanitizer: Sanitizer,
    at_line_start: bool,
}

impl Activity {
    pub(super) fn new(request: &OutputRequest, color: bool) -> Self {
        Self {
            verbosity: request.verbosity,
            reasoning: request.reasoning,
            shows_cost: request.shows_cost && request.mode == OutputMode::Text,
            paint: Paint::new(color),
            thinking: None,
            rehearsal_said: false,
            refused: HashSet::new(),
        }
    }

    /// Whether the call was refused: it does not run, and its end is not shown.
    pub(super) fn is_refused(&self, call: &ToolCall) -> bool {
        self.refused.contains(&(call.session_id.clone(), call.call_id.clone()))
    }

    /// Shows a change, as the verbosity demands.
    pub(super) fn update(&mut self, update: &Update, console: &mut OutputStreams) {
        match update {
            Update::Started(started) => self.started(started, console),
            Update::Text(delta) if delta.subagent => {
                if self.says(Verbosity::Verbose) {
                    self.piece(delta, "subagent", console);
                }
            }
            Update::Reasoning(delta) => {
                let wanted = !delta.subagent || self.says(Verbosity::Verbose);
                if self.reasoning == Reasoning::Shown && wanted {
                    self.piece(delta, "thinking", console);
                }
            }
            Update::Text(_) | Update::TextVoid { .. } => self.end_piece(console),
            Update::Tool(call) => self.tool(call, console),
            Update::Permission(record) => self.permission(record, console),
            Update::Question(record) => self.question(record, console),
            Update::Retry(retry) if self.says(Verbosity::Normal) => {
                let head = format!(
                    "retrying in {} (attempt {} of {}): ",
                    milliseconds(retry.delay_ms),
                    retry.attempt,
                    retry.max_attempts
                );
                self.line(&self.paint.yellow(head.trim_end()), &retry.message, head.len(), console);
            }
            Update::Status(status) => self.status(status, console),
            Update::Todo(items) if self.says(Verbosity::Verbose) => {
                for item in items {
                    self.line(&format!("todo: {}", item.mark()), &item.content, 10, console);
                }
            }
            Update::FileChange(change) if self.says(Verbosity::Verbose) => {
                self.line("changed:", &change.path, 9, console);
            }
            Update::Warning(message) => self.warning(message, console),
            Update::Retry(_) | Update::Todo(_) | Update::FileChange(_) | Update::Usage(_) | Update::Raw(_) => {}
        }
    }

    pub(super) fn warning(&mut self, message: &str, console: &mut OutputStreams) {
        if self.says(Verbosity::Normal) {
            // Not cut: the program's own warning, which says at its end what to do about it.
            self.end_piece(console);
            console.line(&format!(
                "{} {}",
                self.paint.yellow("warning:"),
                one_line(message, 2_000)
            ));
        }
    }

    pub(super) fn finish(&mut self, outcome: &Outcome, console: &mut OutputStreams) {
        self.end_piece(console);
        // A command line that is refused has asked no model.
        if outcome.rehearsal && !outcome.failed_with(FailureKind::Usage) {
            self.rehearsal(console);
        }
        if outcome.failed_with(FailureKind::BrokenPipe) {
            return;
        }
        if self.says(Verbosity::Normal)
            && let Some(changed) = changed(&outcome.files)
        {
            console.line(&changed);
        }
        if self.says(Verbosity::Verbose) {
            console.line(&self.paint.dim(&summary(outcome)));
        } else if self.shows_cost
            && self.says(Verbosity::Normal)
            && outcome.failure.is_none()
            && console.terminal().is_terminal(Stream::Stderr)
        {
            for line in joined(&costs(outcome), console.terminal().columns().saturating_sub(1)) {
                console.line(&self.paint.dim(&line));
            }
        }
        if let Some(failure) = &outcome.failure {
            console.line(failure_lines(failure, self.paint).trim_end_matches('\n'));
        }
        if let Some(worktree) = &outcome.worktree {
            // The place of a kept worktree is shown in every verbosity.
            let lines = match (self.says(Verbosity::Normal), worktree.kept) {
                (true, _) => worktree.notes.len(),
                (false, kept) => usize::from(kept),
            };
            for note in worktree.notes.iter().take(lines) {
                // Not cut, since notes contain commands; a path must not end the line.
                console.line(&sanitize(note).replace('\n', "\u{fffd}"));
            }
        }
    }

    fn says(&self, verbosity: Verbosity) -> bool {
        self.verbosity >= verbosity
    }

    fn started(&mut self, started: &TurnStart, console: &mut OutputStreams) {
        if started.rehearsal {
            self.rehearsal(console);
        }
        if let Some(model) = started.model.as_ref().filter(|_| started.is_engines_choice)
            && self.says(Verbosity::Normal)
        {
            let hosted = if model.provider == HOSTED_PROVIDER {
                " on the engine's own service"
            } else {
                ""
            };
            let model = one_line(&model.to_string(), LOG_COLUMNS);
            console.line(&format!(
                "model: {model}{hosted}, since none was chosen; choose with `-m`, see `opencode-rs models`"
            ));
        }
        if !self.says(Verbosity::Verbose) {
            return;
        }
        let mut facts = Vec::new();
        if let Some(engine) = &started.engine {
            let source = engine.path.as_deref().unwrap_or("attached");
            facts.push(format!("engine {} ({source})", engine.version));
        }
        facts.extend(started.model.as_ref().map(|model| format!("model {model}")));
        facts.extend(started.variant.as_ref().map(|variant| format!("variant {variant}")));
        facts.extend(started.agent.as_ref().map(|agent| format!("agent {agent}")));
        facts.extend(started.session_id.as_ref().map(|session| format!("session {session}")));
        facts.extend(started.conversation.as_ref().map(|name| format!("conversation {name}")));
        facts.push(format!("directory {}", started.directory));
        for fact in facts {
            console.line(&self.paint.dim(&one_line(&fact, LOG_COLUMNS)));
        }
    }

    /// Shown in every verbosity: a scripted answer must never pass for a model's.
    fn rehearsal(&mut self, console: &mut OutputStreams) {
        if !std::mem::replace(&mut self.rehearsal_said, true) {
            console.line("rehearsal: the scripted model answers, no real one");
        }
    }

    fn tool(&mut self, call: &ToolCall, console: &mut OutputStreams) {
        // The refusal was shown already. A call that did run is shown, even when it has the same id.
        let key = (call.session_id.clone(), call.call_id.clone());
        if call.status == ToolStatus::Error && self.refused.remove(&key) {
            return;
        }
        let ended = matches!(call.status, ToolStatus::Completed | ToolStatus::Error);
        if !ended || !self.says(Verbosity::Normal) {
            return;
        }
        let label = if call.subagent { "subagent:" } else { "tool:" };
        let name = one_line(name_of(call), 40);
        let failure = failure_of(call);
        let time = call.duration_ms.map(|millis| format!("({})", milliseconds(millis)));
        let time = time.as_deref().unwrap_or_default();
        let reserved = label.len() + name.len() + time.len() + 6;
        let room = room(console, reserved);
        let title = title(call).map(|title| {
            // A failure is more important than the end of a long command.
            let room = if failure.is_some() {
                (room / 2).max(MIN_COLUMNS)
            } else {
                room
            };
            one_line(title, room)
        });
        let mut text = format!("{} {name}", self.paint.cyan(label));
        if let Some(title) = title.as_deref().filter(|title| !title.is_empty()) {
            text.push(' ');
            text.push_str(title);
        }
        if let Some(failure) = failure {
            let used = title.as_deref().map_or(0, console::measure_text_width);
            let failure = one_line(&failure, room.saturating_sub(used + 2).max(MIN_COLUMNS));
            text.push_str(": ");
            text.push_str(&self.paint.red(&failure));
        }
        if !time.is_empty() {
            text.push(' ');
            text.push_str(&self.paint.dim(time));
        }
        self.end_piece(console);
        console.line(&text);
    }

    fn permission(&mut self, record: &PermissionRecord, console: &mut OutputStreams) {
        if record.decision == Decision::Denied {
            self.refused.insert((record.session_id.clone(), record.id.clone()));
        }
        if record.by == DecidedBy::Person && console.terminal().is_terminal(Stream::Stderr) {
            // The question left the same information on this terminal.
            return;
        }
        let (label, least) = match record.decision {
            Decision::Denied => (self.paint.yellow("denied:"), Verbosity::Normal),
            Decision::Allowed => ("allowed:".to_owned(), Verbosity::Verbose),
        };
        if !self.says(least) {
            return;
        }
        let who = if record.subagent { " (subagent)" } else { "" };
        let patterns = record.patterns.join(" ");
        let gap = if patterns.is_empty() { "" } else { " " };
        let what = format!("{}{gap}{patterns}{who}: {}", record.permission, record.reason);
        self.line(&label, &what, 9, console);
    }

    fn question(&mut self, record: &QuestionRecord, console: &mut OutputStreams) {
        if !self.says(Verbosity::Normal) {
            return;
        }
        for (at, question) in record.questions.iter().enumerate() {
            let answer = match record.answers.as_ref().map(|answers| answers.get(at)) {
                Some(Some(answer)) => answer.join(", "),
                Some(None) => String::new(),
                None => "(not answered)".to_owned(),
            };
            self.line("asked:", &format!("{} {answer}", question.question), 9, console);
        }
    }

    fn status(&mut self, status: &TurnStatus, console: &mut OutputStreams) {
        let text = match status {
            TurnStatus::Busy { .. } | TurnStatus::Idle { .. } => return,
            TurnStatus::Compacted { .. } => "older messages were replaced by a summary".to_owned(),
            TurnStatus::SubagentStarted { session_id, .. } => format!("subagent started: {session_id}"),
            TurnStatus::Waiting { pid } => {
                let process = pid.map(|pid| format!(" (process {pid})")).unwrap_or_default();
                format!("waiting for another command on this conversation{process}")
            }
            TurnStatus::AtWork { session_id } => {
                format!("waiting until session {session_id} is done with an earlier prompt")
            }
            TurnStatus::Replaced {
                conversation,
                session_id,
            } => format!("conversation {conversation} was session {session_id} until now, which stays in the store"),
            TurnStatus::Disconnected => "the engine's event stream stopped, reconnecting".to_owned(),
            TurnStatus::Reconnected => "reconnected, no event is lost".to_owned(),
        };
        let least = match status {
            TurnStatus::Compacted { .. } | TurnStatus::Waiting { .. } | TurnStatus::AtWork { .. } => Verbosity::Normal,
            _ => Verbosity::Verbose,
        };
        if self.says(least) {
            self.line("note:", &text, 6, console);
        }
    }

    /// Writes a label of `reserved` columns and `text`, which takes a few rows of a terminal, and one line of a log.
    fn line(&mut self, label: &str, text: &str, reserved: usize, console: &mut OutputStreams) {
        self.end_piece(console);
        let room = room(console, reserved);
        if !console.terminal().is_terminal(Stream::Stderr) {
            console.line(&format!("{label} {}", one_line(text, room)));
            return;
        }
        let rows = wrapped(&one_line(text, MAX_ROWS * room), room, "");
        for (at, row) in rows.iter().enumerate() {
            let begin = if at == 0 { label } else { " " };
            console.line(&format!("{begin} {row}"));
        }
    }

    /// Writes a piece of reasoning, or of a subagent's text.
    fn piece(&mut self, delta: &TextDelta, label: &str, console: &mut OutputStreams) {
        if self
            .thinking
            .as_ref()
            .is_none_or(|thinking| thinking.part_id != delta.part_id)
        {
            self.end_piece(console);
            console.line(&self.paint.dim(&format!("{label}:")));
            self.thinking = Some(ShownReasoning {
                part_id: delta.part_id.clone(),
                sanitizer: Sanitizer::default(),
                at_line_start: true,
            });
        }
        let Some(thinking) = &mut self.thinking else { return };
        let clean = thinking.sanitizer.push(&delta.text);
        let mut text = String::with_capacity(clean.len() + 8);
        if !thinking.at_line_start && !console.mid_line() && console.terminal().is_terminal(Stream::Stderr) {
            thinking.at_line_start = true;
        }
        // Every line is indented, so that none can pass for a line of this program.
        for row in clean.split_inclusive('\n') {
            if thinking.at_line_start && row != "\n" {
                text.push_str("  ");
            }
            let (words, end) = row.strip_suffix('\n').map_or((row, ""), |words| (words, "\n"));
            if !words.is_empty() {
                text.push_str(&self.paint.dim(words));
            }
            text.push_str(end);
            thinking.at_line_start = !end.is_empty();
        }
        console.err(text.as_bytes());
    }

    /// Ends the line of the piece that is being shown.
    fn end_piece(&mut self, console: &mut OutputStreams) {
        let Some(thinking) = self.thinking.take() else { return };
        let on_terminal = console.terminal().is_terminal(Stream::Stderr);
        // On a terminal a question may have ended the line already.
        if !thinking.at_line_start && (!on_terminal || console.mid_line()) {
            console.err(b"\n");
        }
    }
}

/// Columns of a line on stderr that remain beside `reserved` columns.
fn room(console: &OutputStreams, reserved: usize) -> usize {
    let columns = if console.terminal().is_terminal(Stream::Stderr) {
        console.terminal().columns()
    } else {
        LOG_COLUMNS
    };
    columns.saturating_sub(reserved).max(MIN_COLUMNS)
}

/// A tool's name and title in one clean line.
pub(super) fn words_of(call: &ToolCall) -> String {
    let what = title(call).unwrap_or_default();
    one_line(&format!("{} {what}", name_of(call)), LOG_COLUMNS)
}

fn name_of(call: &ToolCall) -> &str {
    let called = call.input.get("tool").and_then(Value::as_str);
    called.filter(|_| call.tool == INVALID).unwrap_or(&call.tool)
}

/// The object of a tool call: for a shell the command itself, whose title is only the model's description of it.
fn title(call: &ToolCall) -> Option<&str> {
    let argument = |name: &str| call.input.get(name).and_then(Value::as_str);
    if let Some(command) = argument("command") {
        return Some(command);
    }
    if call.tool == INVALID {
        // The engine's title adds nothing.
        return None;
    }
    call.title
        .as_deref()
        .filter(|title| !title.trim().is_empty())
        .or_else(|| {
            ["filePath", "path", "pattern", "url", "query", "description"]
                .into_iter()
                .find_map(argument)
        })
}

/// Describes the fault in a call that the engine could not start; the engine's own description is written for the
/// model.
fn broken(call: &ToolCall) -> String {
    let said = call.error.as_deref().unwrap_or_default();
    if said.contains("unavailable tool") {
        "there is no tool of this name for the model".to_owned()
    } else if said.contains("JSON parsing failed") {
        "the arguments that the model gave are no JSON".to_owned()
    } else {
        format!("the arguments that the model gave are wrong: {said}")
    }
}

/// Why a tool call failed; `None` when it did not.
fn failure_of(call: &ToolCall) -> Option<String> {
    match (call.status, call.exit_code) {
        (ToolStatus::Error, _) if call.tool == INVALID => Some(format!("failed: {}", broken(call))),
        (ToolStatus::Error, _) => {
            let reason = call.error.as_deref().filter(|reason| !reason.trim().is_empty());
            Some(reason.map_or_else(|| "failed".to_owned(), |reason| format!("failed: {reason}")))
        }
        (_, Some(status)) if status != 0 => Some(format!("exit status {status}")),
        _ => None,
    }
}

/// The line at the end of a verbose run: `changed: 2 files, +10 -3`. When some numbers are unknown, the sums are lower
/// bounds.
fn changed(files: &[FileChange]) -> Option<String> {
    let noun = match files.len() {
        0 => return None,
        1 => "file",
        _ => "files",
    };
    let sum = |lines: fn(&FileChange) -> Option<u64>| files.iter().filter_map(lines).sum::<u64>();
    let unknown = files
        .iter()
        .any(|file| file.additions.is_none() || file.deletions.is_none());
    let (added, deleted) = (sum(|file| file.additions), sum(|file| file.deletions));
    let least = if unknown { "at least " } else { "" };
    Some(format!("changed: {} {noun}, {least}+{added} -{deleted}", files.len()))
}

/// Tokens, cost and time, as far as they are known.
fn costs(outcome: &Outcome) -> Vec<String> {
    let tokens = outcome.usage.as_ref().map(tokens).map(|counts| counts.join(", "));
    let cost = outcome.cost_usd.as_ref().map(|cost| format!("${cost}"));
    let time = milliseconds(outcome.phases.total_ms);
    tokens.into_iter().chain(cost).chain([time]).collect()
}

fn tokens(usage: &Usage) -> [String; 2] {
    [
        match usage.cache_read {
            0 => format!("{} tokens in", usage.input),
            cached => format!("{} tokens in and {cached} from cache", usage.input),
        },
        match usage.reasoning {
            0 => format!("{} out", usage.output),
            reasoning => format!("{} out and {reasoning} reasoning", usage.output),
        },
    ]
}

fn summary(outcome: &Outcome) -> String {
    let mut facts = Vec::new();
    facts.extend(outcome.model.as_ref().map(ToString::to_string));
    match &outcome.usage {
        None => facts.push("tokens unknown".to_owned()),
        Some(usage) => facts.extend(tokens(usage)),
    }
    facts.push(match &outcome.cost_usd {
        Some(cost) => format!("${cost}"),
        None => "cost unknown".to_owned(),
    });
    let counted = |count: usize, one: &str, many: &str| match count {
        0 => None,
        1 => Some(format!("1 {one}")),
        _ => Some(format!("{count} {many}")),
    };
    facts.extend(counted(outcome.tool_calls.len(), "tool call", "tool calls"));
    facts.extend(counted(outcome.files.len(), "file changed", "files changed"));
    facts.extend(counted(
        usize::try_from(outcome.retries).unwrap_or(usize::MAX),
        "retry",
        "retries",
    ));
    facts.push(milliseconds(outcome.phases.total_ms));
    one_line(&format!("summary: {}", facts.join(", ")), 1_000)
}
