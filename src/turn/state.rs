//! The reducer: events in, updates out, no I/O.
//!
//! Two sources feed it and must agree: the live events, and the stored messages, which are read again after a gap and
//! at the end. Both pass through the same functions, so each source supplies what the other missed, and nothing is sent
//! twice: every text part remembers how much of it was sent.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::answer::TurnText;
use super::changes::{FileChange, TurnChanges};
use super::checked_answer::{ENOUGH, is_end};
use super::tools::TurnTools;
use super::update::{Retry, StepUsage, TurnStatus, Update};
use super::usage::{Usage, decimal};
use crate::client::Event;
use crate::client::types::{EngineError, FileDiff, MessageInfo, MessageWithParts, Part, PartKind, SessionStatus};

/// The state of a turn: of the run's own session and its subagents' sessions.
#[derive(Debug, Default)]
pub struct TurnState {
    root: String,
    prompt_id: String,
    prompt: Option<MessageInfo>,
    /// When the prompt was first stored, in milliseconds since 1970 by the engine's clock.
    prompt_created: Option<f64>,
    /// The newest message that the session held before the prompt was sent.
    newest_before: Option<Box<MessageInfo>>,
    sessions: HashMap<String, SessionState>,
    messages: Vec<AssistantMessage>,
    message_index: HashMap<String, usize>,
    /// Messages that existed before the prompt.
    foreign: HashSet<String>,
    /// Messages with which the turn was ended, and which say nothing.
    ends: Vec<String>,
    answers_older_prompt: bool,
    answer: TurnText,
    /// The whole answer and its last message, when the run ended before the engine's turn did.
    kept_answer: Option<(String, String)>,
    /// Whether the user was told that the engine calls the model again.
    asked_again: bool,
    pub tools: TurnTools,
    changes: TurnChanges,
    pub retries: u32,
    max_retries: u32,
    errors: Vec<(Option<String>, EngineError)>,
}

#[derive(Debug, Default)]
struct SessionState {
    /// The session that started it; `None` for the run's own.
    parent: Option<String>,
    /// The title, in which the engine names the subagent's agent.
    title: String,
    busy: bool,
    was_busy: bool,
    /// How many model calls in a row ended without a finish reason.
    broken_in_a_row: u32,
    /// How many summaries replaced the conversation since the model last finished a step.
    summaries_in_a_row: u32,
}

/// A message of the assistant in this turn.
#[derive(Debug)]
struct AssistantMessage {
    info: MessageInfo,
    parts: Vec<(String, PartKind)>,
}

impl TurnState {
    /// The state before the prompt `prompt_id` is sent to session `root`.
    pub fn new(root: impl Into<String>, prompt_id: impl Into<String>, max_retries: u32) -> Self {
        let root = root.into();
        Self {
            sessions: HashMap::from([(root.clone(), SessionState::default())]),
            root,
            prompt_id: prompt_id.into(),
            max_retries,
            ..Self::default()
        }
    }

    /// Takes an event; `now_ms` is the time in milliseconds since 1970.
    pub fn apply(&mut self, event: &Event, now_ms: u64, out: &mut Vec<Update>) {
        match event {
            Event::Session(session) => {
                let parent = session.parent_id.as_deref();
                if let Some(parent) = parent.filter(|parent| self.sessions.contains_key(*parent)) {
                    self.adopt(&session.id, parent, out);
                }
                if let Some(known) = self.sessions.get_mut(&session.id) {
                    known.title.clone_from(&session.title);
                }
            }
            Event::Status { session_id, status } => self.status(session_id, status, now_ms, out),
            Event::Idle { session_id } => self.status(session_id, &SessionStatus::Idle, now_ms, out),
            Event::Error { session_id, error }
                if !error.data.message.contains(ENOUGH)
                    && session_id.as_ref().is_none_or(|id| self.sessions.contains_key(id)) =>
            {
                self.errors.push((session_id.clone(), error.clone()));
            }
            Event::Compacted { session_id } => {
                if let Some(session) = self.sessions.get_mut(session_id) {
                    session.summaries_in_a_row += 1;
                    out.push(Update::Status(TurnStatus::Compacted {
                        session_id: session_id.clone(),
                    }));
                }
            }
            Event::Message(info) => self.message(info, out),
            Event::Part(part) => self.part(part, /*live*/ true, out),
            Event::Delta {
                part_id,
                text,
                exact: true,
                ..
            } => self.answer.delta(part_id, text, out),
            Event::Delta { part_id, .. } => self.answer.distrust(part_id),
            Event::PermissionAsked(ask) if self.concerns(&ask.session_id) => self.changes.asked(ask),
            Event::Todo { session_id, todos } if self.sessions.contains_key(session_id) => {
                out.push(Update::Todo(todos.clone()));
            }
            _ => {}
        }
    }

    /// Takes note that events were missed: an open text part is sent only when its whole text is known.
    pub fn gap(&mut self) {
        self.answer.distrust_open_text();
    }

    /// Takes the stored messages of a session of this turn after the prompt, oldest first.
    pub fn reconcile(&mut self, messages: &[MessageWithParts], out: &mut Vec<Update>) {
        for stored in messages {
            if !self.may_be_ours(&stored.info) || self.drop_end(&stored.info) {
                continue;
            }
            // The read found the message after our prompt, which overrides the events.
            self.foreign.remove(&stored.info.id);
            self.insert(&stored.info, out);
            let void = parts_of_failed_tries(&stored.parts);
            for part in &stored.parts {
                if void.contains(part.id.as_str()) {
                    self.answer.make_void(&part.id, out);
                } else {
                    self.part(part, /*live*/ false, out);
                }
            }
            self.close_if_complete(&stored.info, out);
        }
        self.answer.give_out(out);
    }

    /// Adds the session of a subagent.
    pub fn adopt(&mut self, session: &str, parent: &str, out: &mut Vec<Update>) {
        if !self.sessions.contains_key(session) {
            let state = SessionState {
                parent: Some(parent.to_owned()),
                ..SessionState::default()
            };
            self.sessions.insert(session.to_owned(), state);
            out.push(Update::Status(TurnStatus::SubagentStarted {
                session_id: session.to_owned(),
                parent_id: parent.to_owned(),
            }));
        }
    }

    /// Whether something of this time, in milliseconds since 1970 by the engine's clock, is older than the prompt. A
    /// resumed session has messages and subagents of earlier turns.
    pub fn is_older(&self, created: f64) -> bool {
        // If the clock was set back, the prompt's time is before that of older messages.
        let newest = self.newest_before.as_ref();
        created > 0.0
            && (self.prompt_created.is_some_and(|prompt| created < prompt)
                || newest.is_some_and(|newest| created <= newest.time.created))
    }

    /// Takes the newest message of the session before the prompt was sent.
    pub fn preceded_by(&mut self, newest: MessageInfo) {
        self.newest_before = Some(Box::new(newest));
    }

    /// Whether a message older than the prompt has a later time than the prompt: the clock was set back.
    pub fn clock_went_back(&self) -> bool {
        self.newest_before
            .as_ref()
            .zip(self.prompt_created)
            .is_some_and(|(newest, prompt)| prompt <= newest.time.created)
    }

    /// Whether the engine answers an older prompt instead of ours.
    pub fn answers_older_prompt(&self) -> bool {
        self.answers_older_prompt
    }

    /// Whether the prompt's id sorts before that of an older message.
    pub fn id_went_back(&self) -> bool {
        self.newest_before
            .as_ref()
            .is_some_and(|newest| self.prompt_id < newest.id)
    }

    /// Takes the stored prompt, in case no event has reported it.
    pub fn prompt_stored(&mut self, prompt: &MessageInfo) {
        if prompt.id == self.prompt_id {
            self.prompt.get_or_insert_with(|| prompt.clone());
            // A prompt that is sent again gets a new time, later than its answer's.
            let created = prompt.time.created;
            self.prompt_created = Some(self.prompt_created.map_or(created, |known| known.min(created)));
        }
    }

    /// The sessions of this turn, including the run's own.
    pub fn sessions(&self) -> impl Iterator<Item = &str> {
        self.sessions.keys().map(String::as_str)
    }

    pub fn concerns(&self, session: &str) -> bool {
        self.sessions.contains_key(session)
    }

    pub fn is_root(&self, session: &str) -> bool {
        session == self.root
    }

    /// The session that started this subagent's session; `None` for the run's own.
    pub fn parent_of(&self, session: &str) -> Option<&str> {
        self.sessions.get(session)?.parent.as_deref()
    }

    pub fn title_of(&self, session: &str) -> Option<&str> {
        let title = self.sessions.get(session)?.title.as_str();
        (!title.is_empty()).then_some(title)
    }

    /// Whether the run's own session was busy and is idle again.
    pub fn is_over(&self) -> bool {
        let root = &self.sessions[&self.root];
        root.was_busy && !root.busy
    }

    /// Whether the model's stream has ended twice in a row without a finish reason. The engine would retry for ever.
    pub fn is_broken(&self) -> bool {
        self.sessions.values().any(|session| session.broken_in_a_row >= 2)
    }

    /// Whether summaries do not help: the provider still finds the conversation too long after two of them. The engine
    /// would go on for ever, and each summary is a model call.
    pub fn is_too_long(&self) -> bool {
        self.sessions.values().any(|session| session.summaries_in_a_row >= 3)
    }

    /// The prompt as the engine stored it, with the model and agent that it chose.
    pub fn prompt(&self) -> Option<&MessageInfo> {
        self.prompt.as_ref()
    }

    /// The assistant's last message in the run's own session, except summaries.
    pub fn last_message(&self) -> Option<&MessageInfo> {
        self.messages
            .iter()
            .map(|message| &message.info)
            .filter(|info| info.session_id == self.root && !info.is_summary())
            // A message that was missed in a gap may have been read after a later message arrived.
            .max_by(|a, b| a.time.created.total_cmp(&b.time.created))
    }

    /// The last error that the engine reported for the run's own session, or without a session.
    pub fn last_error(&self) -> Option<&EngineError> {
        self.errors
            .iter()
            .rev()
            .find(|(session, _)| session.as_ref().is_none_or(|id| *id == self.root))
            .map(|(_, error)| error)
    }

    pub fn answer_text(&self) -> String {
        let kept = self.kept_answer.as_ref();
        kept.map_or_else(|| self.answer.text(), |(whole, _)| whole.clone())
    }

    /// Fixes the answer as it is now: the run ends here, and later output of the engine is not part of it.
    pub fn keep_answer(&mut self) {
        self.kept_answer = Some((self.answer.text(), self.answer.last_message()));
    }

    /// The text of the assistant's last message that has text.
    pub fn last_text(&self) -> String {
        let kept = self.kept_answer.as_ref();
        kept.map_or_else(|| self.answer.last_message(), |(_, last)| last.clone())
    }

    pub fn files(&self) -> &[FileChange] {
        self.changes.files()
    }

    /// The files on which the engine's own comparison of before and after must report.
    pub fn compared_files(&self) -> impl Iterator<Item = &str> {
        self.changes.compared()
    }

    /// The messages that the answers of the run's own session reply to: the prompt, and the messages with which a
    /// compaction replaced it.
    pub fn prompts(&self) -> Vec<&str> {
        let mut prompts: Vec<&str> = Vec::new();
        for message in &self.messages {
            if message.info.session_id == self.root
                && let Some(parent) = message.info.parent_id.as_deref()
                && !prompts.contains(&parent)
            {
                prompts.push(parent);
            }
        }
        prompts
    }

    /// Takes the engine's comparisons for all [prompts](Self::prompts), in the same order.
    pub fn conclude_changes(&mut self, diffs: &[FileDiff]) {
        let root = self.last_message().map(|message| message.path.root.clone());
        self.changes.conclude(&root.unwrap_or_default(), diffs);
    }

    /// How many messages the assistant wrote in the run's own session.
    pub fn turns(&self) -> u32 {
        let count = self.messages.iter().filter(|m| m.info.session_id == self.root).count();
        u32::try_from(count).unwrap_or(u32::MAX)
    }

    /// How many model calls were made, in all sessions of the turn.
    pub fn model_calls(&self) -> u32 {
        u32::try_from(self.messages.len()).unwrap_or(u32::MAX)
    }

    /// Whether a session's last message ended with tool calls, so that the engine will call the model again.
    pub fn will_call_the_model(&self) -> bool {
        self.sessions.keys().any(|session| {
            self.messages
                .iter()
                .rev()
                .map(|message| &message.info)
                .find(|info| info.session_id == *session)
                .is_some_and(|info| {
                    info.finish.as_deref() == Some("tool-calls") && info.error.is_none() && !self.gave_a_value(info)
                })
        })
    }

    /// Whether the last message of the run's own session has a finish reason that ends the turn.
    pub fn is_finishing(&self) -> bool {
        self.last_message().is_some_and(|info| {
            info.finish
                .as_deref()
                .is_some_and(|finish| !matches!(finish, "tool-calls" | "unknown"))
        })
    }

    /// Whether the message ended with the call that holds a structured answer, after which the turn ends.
    fn gave_a_value(&self, info: &MessageInfo) -> bool {
        let is_answer = |call: &super::ToolCall| call.message_id == info.id && call.tool == "StructuredOutput";
        info.structured.is_some() || self.tools.calls.iter().any(is_answer)
    }

    /// Tokens and dollars, summed over all sessions of the turn.
    pub fn usage(&self) -> (Usage, f64) {
        let mut usage = Usage::default();
        let mut dollars = 0.0;
        for message in &self.messages {
            usage += Usage::from(&message.info.tokens);
            dollars += message.info.cost;
        }
        (usage, dollars)
    }

    /// Whether the model answered and the provider reported no tokens: then zero is not their number.
    pub fn usage_is_unknown(&self) -> bool {
        let answered = |info: &MessageInfo| info.finish.is_some() && info.error.is_none();
        self.usage().0 == Usage::default() && self.messages.iter().any(|message| answered(&message.info))
    }

    fn status(&mut self, session_id: &str, status: &SessionStatus, now_ms: u64, out: &mut Vec<Update>) {
        let Some(session) = self.sessions.get_mut(session_id) else {
            return;
        };
        let id = || session_id.to_owned();
        match status {
            SessionStatus::Busy => {
                session.was_busy = true;
                if !std::mem::replace(&mut session.busy, true) {
                    out.push(Update::Status(TurnStatus::Busy { session_id: id() }));
                }
            }
            SessionStatus::Idle => {
                if std::mem::replace(&mut session.busy, false) {
                    out.push(Update::Status(TurnStatus::Idle { session_id: id() }));
                }
            }
            SessionStatus::Retry { attempt, message, next } => {
                session.was_busy = true;
                session.busy = true;
                self.void_current_try(session_id, out);
                out.push(Update::Retry(Retry {
                    session_id: id(),
                    attempt: *attempt,
                    max_attempts: self.max_retries,
                    message: message.clone(),
                    delay_ms: next.saturating_sub(now_ms),
                }));
            }
            SessionStatus::Unknown => {}
        }
    }

    fn message(&mut self, info: &MessageInfo, out: &mut Vec<Update>) {
        if info.id == self.prompt_id {
            self.prompt_stored(info);
            self.prompt = Some(info.clone());
            return;
        }
        if !self.may_be_ours(info) || self.foreign.contains(&info.id) {
            self.answers_older_prompt |= self.is_new_answer_to_older_prompt(info);
            return;
        }
        if self.drop_end(info) {
            return;
        }
        // An answer seen before our prompt was stored replies to another prompt, unless it names ours: the engine
        // confirms a stream a moment before it sends events there, so the event of our prompt may be lost.
        let is_known = self.answers_prompt(info) || self.message_index.contains_key(&info.id);
        if info.session_id == self.root && self.prompt.is_none() && !is_known {
            self.foreign.insert(info.id.clone());
            return;
        }
        self.insert(info, out);
        self.close_if_complete(info, out);
    }

    /// Whether the engine, with our prompt before it, answers one that the session held before. With a clock that was set
    /// back it takes that for the newer one, and answers it over and over.
    fn is_new_answer_to_older_prompt(&self, info: &MessageInfo) -> bool {
        let newest = self.newest_before.as_ref();
        info.is_assistant()
            && info.session_id == self.root
            && info.parent_id.is_some()
            && !self.answers_prompt(info)
            && self.clock_went_back()
            && newest.is_some_and(|newest| info.id != newest.id)
    }

    fn answers_prompt(&self, info: &MessageInfo) -> bool {
        info.parent_id.as_ref() == Some(&self.prompt_id)
    }

    /// Whether a message of the assistant can belong to this turn: it replies to the prompt, or to a message that is
    /// not older than the prompt (a summary and its followers have parents of their own).
    fn may_be_ours(&self, info: &MessageInfo) -> bool {
        let answers_an_older_prompt = info.parent_id.is_some()
            && self.newest_before.as_ref().is_some_and(|newest| {
                info.parent_id == newest.parent_id || info.parent_id.as_ref() == Some(&newest.id)
            });
        info.is_assistant()
            && self.sessions.contains_key(&info.session_id)
            && (self.answers_prompt(info) || !(answers_an_older_prompt || self.is_older(info.time.created)))
    }

    fn close_if_complete(&mut self, info: &MessageInfo, out: &mut Vec<Update>) {
        if info.time.completed.is_some() {
            self.answer.close_message(&info.id);
            self.answer.give_out(out);
        }
    }

    /// Leaves out the message that is left where the engine was not let call the model again, and remembers it.
    fn drop_end(&mut self, info: &MessageInfo) -> bool {
        if !is_end(info) {
            return false;
        }
        if !self.ends.contains(&info.id) {
            self.ends.push(info.id.clone());
        }
        self.messages.retain(|message| message.info.id != info.id);
        let ids = self.messages.iter().enumerate();
        self.message_index = ids.map(|(at, message)| (message.info.id.clone(), at)).collect();
        true
    }

    /// The messages of the run's own session that say nothing but that the turn was ended.
    pub fn ends(&self) -> &[String] {
        &self.ends
    }

    /// Takes a message of this turn.
    fn insert(&mut self, info: &MessageInfo, out: &mut Vec<Update>) {
        if let Some(&index) = self.message_index.get(&info.id) {
            let before = std::mem::replace(&mut self.messages[index].info, info.clone());
            if before.finish != info.finish {
                self.count_broken(info);
            }
            if before.finish.is_none() {
                self.tell_usage(info, out);
            }
            return;
        }
        self.void_unfinished(&info.session_id, out);
        self.message_index.insert(info.id.clone(), self.messages.len());
        self.messages.push(AssistantMessage {
            info: info.clone(),
            parts: Vec::new(),
        });
        self.count_broken(info);
        self.tell_usage(info, out);
    }

    /// Tells what a call of the model has used up, once it has ended.
    fn tell_usage(&self, info: &MessageInfo, out: &mut Vec<Update>) {
        if info.finish.is_none() {
            return;
        }
        let (total, dollars) = self.usage();
        out.push(Update::Usage(StepUsage {
            session_id: info.session_id.clone(),
            message_id: info.id.clone(),
            step: Usage::from(&info.tokens),
            step_cost_usd: decimal(info.cost),
            total,
            total_cost_usd: decimal(dollars),
            subagent: info.session_id != self.root,
        }));
    }

    /// When a message begins after one without finish reason and tool calls, the engine repeats the same model call:
    /// voids the earlier message.
    fn void_unfinished(&mut self, session_id: &str, out: &mut Vec<Update>) {
        let mut messages = self.messages.iter().rev();
        let before = messages.find(|message| message.info.session_id == session_id);
        let Some(before) = before.filter(|message| message.info.finish.as_deref() == Some("unknown")) else {
            return;
        };
        if before.parts.iter().any(|(_, kind)| *kind == PartKind::Tool) {
            return;
        }
        for (id, _) in &before.parts {
            self.answer.make_void(id, out);
        }
        self.answer.give_out(out);
        if !std::mem::replace(&mut self.asked_again, true) {
            out.push(Update::Warning(
                "the provider ends the answer without a finish reason that the engine knows, so the engine asks again"
                    .to_owned(),
            ));
        }
    }

    fn count_broken(&mut self, info: &MessageInfo) {
        let Some(session) = self.sessions.get_mut(&info.session_id) else {
            return;
        };
        if !info.is_summary() && info.error.is_none() && info.finish.is_some() {
            session.summaries_in_a_row = 0;
        }
        match info.finish.as_deref() {
            Some("unknown") => session.broken_in_a_row += 1,
            Some(_) => session.broken_in_a_row = 0,
            None => {}
        }
    }

    /// Takes a part: `live` from an event, so that the following deltas belong to it; or from a stored message, before which
    /// deltas may have been missed.
    fn part(&mut self, part: &Part, live: bool, out: &mut Vec<Update>) {
        // The role comes before the first part, so a part of an unknown message belongs to no answer of this turn. If a
        // gap swallowed the message, reading the stored messages supplies both.
        let Some(&index) = self.message_index.get(&part.message_id) else {
            return;
        };
        let message = &mut self.messages[index];
        if !message.parts.iter().any(|(id, _)| *id == part.id) {
            message.parts.push((part.id.clone(), part.kind));
        }
        let subagent = message.info.session_id != self.root;
        let counts = !message.info.is_summary();
        match part.kind {
            PartKind::Text if counts && !part.synthetic && !part.ignored => {
                self.answer.part(part, subagent, live, out);
            }
            PartKind::Reasoning if counts => self.answer.part(part, subagent, live, out),
            PartKind::Tool => {
                let root = message.info.path.root.clone();
                self.tool(part, &root, out);
            }
            PartKind::Patch => {
                for file in &part.files {
                    out.extend(self.changes.patched(file).map(Update::FileChange));
                }
            }
            _ => {}
        }
    }

    fn tool(&mut self, part: &Part, root: &str, out: &mut Vec<Update>) {
        if let Some(child) = part.state.metadata.get("sessionId").and_then(Value::as_str)
            && part.tool == "task"
        {
            self.adopt(child, &part.session_id, out);
        }
        let parent = self.sessions.get(&part.session_id);
        let parent = parent.and_then(|session| session.parent.as_deref());
        let Some(call) = self.tools.part(part, parent, root) else {
            return;
        };
        let completed = call.status == super::ToolStatus::Completed;
        out.push(Update::Tool(call));
        if completed {
            out.extend(self.changes.tool(part).into_iter().map(Update::FileChange));
        }
    }

    /// Voids the current model call: the engine drops its output and calls the model again.
    fn void_current_try(&mut self, session_id: &str, out: &mut Vec<Update>) {
        let current = self
            .messages
            .iter()
            .rev()
            .find(|message| message.info.session_id == session_id && message.info.time.completed.is_none());
        let Some(message) = current else {
            return;
        };
        let start = message
            .parts
            .iter()
            .rposition(|(_, kind)| *kind == PartKind::StepStart)
            .unwrap_or(0);
        for (id, _) in &message.parts[start..] {
            self.answer.make_void(id, out);
        }
        self.answer.give_out(out);
    }
}

/// The parts of model calls that were retried: a new step began before the earlier step had finished.
fn parts_of_failed_tries(parts: &[Part]) -> HashSet<&str> {
    let mut void = HashSet::new();
    let mut open: Vec<&str> = Vec::new();
    for part in parts {
        match part.kind {
            PartKind::StepStart => void.extend(open.drain(..)),
            PartKind::StepFinish => open.clear(),
            _ => open.push(&part.id),
        }
    }
    void
}

#[cfg(test)]
#[path = "state_tests.rs"]
mod tests;
