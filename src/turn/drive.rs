//! The loop that drives a turn: events, the answer to the prompt, permission asks, time limits, and requests to stop.

use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::changes::FileChange;
use super::checked_answer::GivenAnswer;
use super::conclusion::{broken_stream, classify, judge, naming_model, no_answer, of_retry, too_long_after_summaries};
use super::gatekeeper::{GateEvent, Gatekeeper, Permissions};
use super::limits::exceeded;
use super::state::TurnState;
use super::tools::{failed_without_ripgrep, may_have_written};
use super::update::{PermissionRecord, Retry, ToolCall, TurnStart, TurnStatus, Update};
use crate::client::types::{CommandCall, MessageWithParts, PartKind, Prompt, PromptPart};
use crate::client::{Client, Error, Event, EventStream, Received, StreamItem};
use crate::error::{Failure, FailureKind};
use crate::gate::{Gate, Moment};
use crate::permission::{Decision, Policy};
use crate::request::{AgentLimits, Preset, ToolsSwitch};
use crate::support::identifier;
use crate::support::output_files::OutputFiles;
use crate::support::timestamp::now_ms;

/// Limit of a whole abort: the call, the engine's end of the turn, the last read of the messages.
const ABORT_TIMEOUT: Duration = Duration::from_secs(5);
/// Limit of the last read of the messages.
const REREAD_TIMEOUT: Duration = Duration::from_secs(30);
/// After a session has been idle this long, by its events, the turn stops waiting for the answer to the prompt.
const IDLE_GRACE: Duration = Duration::from_secs(10);
/// Limit of the wait for the last events of a turn. The answer to the prompt overtakes them by milliseconds.
const CLOSING_EVENTS_TIMEOUT: Duration = Duration::from_secs(2);
/// Limit for the renderer to take the last updates of a failed turn.
const FINAL_FLUSH_TIMEOUT: Duration = Duration::from_secs(1);
/// How long a call at the tool gate waits for the event that announces it, so that the model's text before the call is
/// shown before the approver is asked.
const ANNOUNCEMENT_TIMEOUT: Duration = Duration::from_millis(500);
/// Time for our wait on the server's process to notice its end, after its connections have closed.
const SERVER_EXIT_GRACE: Duration = Duration::from_secs(2);

#[derive(Debug)]
pub struct Turn {
    /// The connection, for the session's directory.
    pub client: Client,
    pub session_id: String,
    /// The prompt, with its own ids.
    pub prompt: Prompt,
    /// A command of the engine, sent instead of the prompt's parts.
    pub command: Option<CommandCall>,
    pub max_retries: u32,
    /// Limit of the total time that the engine waits between provider retries.
    pub retry_budget: Duration,
    /// Limit of the time without any event.
    pub stall_timeout: Option<Duration>,
    pub limits: AgentLimits,
    /// When the whole run must be over.
    pub deadline: Option<Instant>,
    /// Whether to pass on the engine's own events, for `--include-raw`.
    pub include_raw: bool,
    /// Files that this program writes: their changes are not the model's.
    pub outputs: OutputFiles,
    /// May be read slowly: a full queue blocks the turn, and so the socket.
    pub updates: mpsc::Sender<Update>,
    /// The first update. A model that the engine chooses is filled in.
    pub started: TurnStart,
}

#[derive(Debug)]
pub struct Driven {
    pub state: TurnState,
    pub outputs: OutputFiles,
    pub failure: Option<Failure>,
    pub permissions: Vec<PermissionRecord>,
    /// When the first text of the answer arrived.
    pub first_text: Option<std::time::Instant>,
    /// The policy, with the rules that were granted for the rest of the session.
    pub policy: Policy,
    /// The tool gate, for another turn. New calls wait in it.
    pub gate: Option<Gate>,
    /// `None` where no schema is wanted.
    pub answer: Option<GivenAnswer>,
}

enum EarlyEnd {
    /// The engine answered the prompt; the state holds the result.
    Answered,
    /// The engine refused the prompt, or its answer is lost.
    Refused(Error),
    /// The run stops the turn, with this failure.
    Stopped(Failure),
    ServerGone(Failure),
}

/// Sends the prompt and follows its turn to the end.
///
/// `events` is already open, so that no event of the turn is missed. `stop` resolves when the run must end early;
/// `server_gone` when the server ended by itself. Dropping the future leaves the turn running in the engine.
pub async fn drive(
    turn: Turn,
    permissions: Permissions,
    events: EventStream,
    stop: impl Future<Output = Failure>,
    server_gone: impl Future<Output = Failure>,
) -> Driven {
    tokio::pin!(stop, server_gone);
    let ends = OutsideEnd { stop, server_gone };
    let mut driver = Driver {
        hinted_at_auto_tools: permissions.preset != Preset::LookOnly,
        tools_switch: permissions.switch,
        state: TurnState::new(&turn.session_id, &turn.prompt.message_id, turn.max_retries),
        gatekeeper: Gatekeeper::new(permissions, turn.limits, turn.client.clone()),
        turn,
        pending: Vec::new(),
        waited: Duration::ZERO,
        last_sign: Instant::now(),
        hinted_at_ripgrep: false,
        announced: false,
        first_text: None,
    };
    let failure = driver.run(events, ends).await;
    let model = driver
        .turn
        .started
        .model
        .clone()
        .or_else(|| driver.state.prompt()?.model_ref());
    Driven {
        state: driver.state,
        outputs: driver.turn.outputs,
        failure: failure.map(|failure| naming_model(failure, model.as_ref())),
        permissions: driver.gatekeeper.records,
        first_text: driver.first_text,
        policy: driver.gatekeeper.policy,
        gate: driver.gatekeeper.left_gate,
        answer: driver.gatekeeper.answer.map(|answer| answer.given),
    }
}

/// What ends a turn from outside.
struct OutsideEnd<'a> {
    stop: Pin<&'a mut dyn Future<Output = Failure>>,
    server_gone: Pin<&'a mut dyn Future<Output = Failure>>,
}

impl OutsideEnd<'_> {
    /// The result of `work`, unless the turn must end before.
    async fn before<T>(&mut self, work: impl Future<Output = T>) -> Result<T, EarlyEnd> {
        tokio::select! {
            biased;
            failure = self.stop.as_mut() => Err(EarlyEnd::Stopped(failure)),
            failure = self.server_gone.as_mut() => Err(EarlyEnd::ServerGone(failure)),
            result = work => Ok(result),
        }
    }
}

struct Driver {
    turn: Turn,
    state: TurnState,
    gatekeeper: Gatekeeper,
    /// Updates that are not sent yet.
    pending: Vec<Update>,
    /// The total time that the engine has waited between provider retries.
    waited: Duration,
    last_sign: Instant,
    /// Whether the turn has shown the hint about the limits of a plain prompt, or must not show it.
    hinted_at_auto_tools: bool,
    tools_switch: ToolsSwitch,
    /// Whether the turn has shown the hint that the engine has no ripgrep.
    hinted_at_ripgrep: bool,
    /// Whether the first update was added.
    announced: bool,
    first_text: Option<std::time::Instant>,
}

/// What the loop of a turn remembers between two events.
#[derive(Default)]
struct FollowState {
    /// The event stream has ended for good.
    lost: bool,
    /// The lost answer to the prompt, while the turn may still go on.
    refused: Option<Error>,
    idle_since: Option<Instant>,
    /// A gate event that waits for its announcement, at most until this time.
    waiting: Option<(GateEvent, Instant)>,
}

impl Driver {
    async fn run(&mut self, mut events: EventStream, mut ends: OutsideEnd<'_>) -> Option<Failure> {
        if self.turn.started.model.is_some() {
            self.announce();
        }
        let ending = match ends.before(self.read_newest_before()).await {
            // Boxed, because every caller up to the runtime would carry its state.
            Ok(Ok(())) => Box::pin(self.follow(&mut events, &mut ends)).await,
            Ok(Err(error)) => EarlyEnd::Refused(error),
            Err(ending) => ending,
        };
        // However the turn ended: from here no call passes, and the terminal is restored.
        self.gatekeeper.close(&self.state, &mut self.pending).await;
        if !matches!(ending, EarlyEnd::Stopped(_)) {
            self.gatekeeper.release();
        }
        self.conclude(ending, &mut events, ends).await
    }

    /// Reads what is left of the turn, or aborts it; `None` is success.
    async fn conclude(&mut self, ending: EarlyEnd, events: &mut EventStream, ends: OutsideEnd<'_>) -> Option<Failure> {
        match ending {
            EarlyEnd::Answered => {
                if !self.announced {
                    self.announce();
                }
                let reading = async {
                    // Only an event reports an error that is stored in no message.
                    self.take_events_until(events, TurnState::is_over).await;
                    timeout(REREAD_TIMEOUT, self.read_again()).await
                };
                let read = tokio::select! {
                    read = reading => read,
                    failure = ends.stop => return Some(failure),
                };
                self.flush().await;
                self.delete_ends().await;
                match read {
                    Ok(Ok(())) => self.judge(),
                    // The streamed text may be the whole answer, but that is not certain.
                    Ok(Err(error)) => Some(Failure::from(error)),
                    Err(_) => Some(Failure::engine(
                        "cannot read the answer again: the server does not respond",
                    )),
                }
            }
            EarlyEnd::Refused(error) => {
                let failure = self.explain(error, events).await;
                self.flush().await;
                Some(failure)
            }
            EarlyEnd::Stopped(failure) => {
                // Shows refused calls as ended before the engine has stopped, without waiting for a slow reader.
                let _ = timeout(Duration::ZERO, self.flush()).await;
                // `app` handles a second request to stop: it exits at once.
                let _ = timeout(ABORT_TIMEOUT, self.abort(events)).await;
                self.gatekeeper.release();
                let _ = timeout(FINAL_FLUSH_TIMEOUT, self.flush()).await;
                Some(failure)
            }
            EarlyEnd::ServerGone(failure) => {
                let _ = timeout(FINAL_FLUSH_TIMEOUT, self.flush()).await;
                Some(failure)
            }
        }
    }

    /// Judges a turn that has run to its end; `None` is success.
    fn judge(&mut self) -> Option<Failure> {
        let judged = judge(&self.state, &self.gatekeeper.records).or_else(|| exceeded(&self.state, &self.turn.limits));
        let Some(answer) = &mut self.gatekeeper.answer else {
            return judged;
        };
        if !answer.is_over {
            let kind = judged.as_ref().map(|failure| failure.kind);
            // A text that reached the output limit may be the whole JSON all the same.
            let is_cut = kind == Some(FailureKind::Truncated);
            if !(is_cut || matches!(kind, None | Some(FailureKind::InvalidResult))) {
                return judged;
            }
            if answer.take_text(&self.state.last_text()).is_err() && is_cut {
                return judged;
            }
        }
        answer.given.value.is_none().then(|| answer.failure())
    }

    /// Deletes the messages that say nothing but that the turn was ended. Left there, they do no harm.
    async fn delete_ends(&self) {
        for message in self.state.ends() {
            let deleting = self.turn.client.delete_message(&self.turn.session_id, message);
            match timeout(ABORT_TIMEOUT, deleting).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::debug!(%error, "cannot delete the message that ended the turn"),
                Err(_) => tracing::debug!("the message that ended the turn is not deleted in time"),
            }
        }
    }

    /// Reads the newest message of a resumed session before the prompt is sent: messages up to it are not part of this
    /// turn.
    async fn read_newest_before(&mut self) -> Result<(), Error> {
        if self.turn.started.resumed
            && let Some(newest) = self.turn.client.newest_message(&self.turn.session_id).await?
        {
            self.state.preceded_by(newest);
        }
        Ok(())
    }

    async fn follow(&mut self, events: &mut EventStream, ends: &mut OutsideEnd<'_>) -> EarlyEnd {
        let answer = self.send(self.turn.prompt.clone(), self.turn.command.clone());
        tokio::pin!(answer);
        let mut following = FollowState::default();
        loop {
            if let Some(event) = self.take_due(&mut following) {
                if let Err(end) = self.gate_event(event, ends).await {
                    return end;
                }
                continue;
            }
            let asking = self.gatekeeper.is_asking();
            if asking {
                // A person may take any time to answer.
                self.last_sign = Instant::now();
            }
            let stalled = self
                .turn
                .stall_timeout
                .filter(|_| !asking)
                .map(|limit| self.last_sign + limit);
            let given_up = following.idle_since.map(|since| since + IDLE_GRACE);
            let due = following.waiting.as_ref().map(|(_, until)| *until);
            tokio::select! {
                // Events first, so that the loop sees the cause of the end before the end.
                biased;
                failure = ends.stop.as_mut() => return EarlyEnd::Stopped(failure),
                item = events.next(), if !following.lost => {
                    if let Err(end) = self.stream_item(item, &mut following, ends).await {
                        return end;
                    }
                }
                failure = ends.server_gone.as_mut() => return EarlyEnd::ServerGone(failure),
                event = self.gatekeeper.next(), if following.waiting.is_none() => {
                    following.waiting = Some((event, Instant::now() + ANNOUNCEMENT_TIMEOUT));
                }
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {}
                result = &mut answer, if following.refused.is_none() => match result {
                    Ok(message) => match self.asks_again(&message) {
                        None => return EarlyEnd::Answered,
                        Some(Err(failure)) => return EarlyEnd::Stopped(failure),
                        Some(Ok(prompt)) => {
                            following.idle_since = None;
                            answer.set(self.send(prompt, None));
                        }
                    },
                    // The turn may go on without the connection; its events report when it is over.
                    Err(error) if error.is_transport() && !following.lost => following.refused = Some(error),
                    Err(error) => return EarlyEnd::Refused(error),
                },
                () = sleep_until(given_up.unwrap_or_else(Instant::now)), if given_up.is_some() => {
                    tracing::debug!("the session is idle, and the prompt was not answered");
                    return EarlyEnd::Answered;
                }
                () = sleep_until(stalled.unwrap_or_else(Instant::now)), if stalled.is_some() => {
                    return EarlyEnd::Stopped(self.stalled());
                }
            }
            if let Err(end) = self.flush_or_stop(ends).await {
                return end;
            }
        }
    }

    /// The prompt with which the model is asked again, after a text that is not the wanted answer.
    fn asks_again(&mut self, message: &MessageWithParts) -> Option<Result<Prompt, Failure>> {
        let answer = self.gatekeeper.answer.as_mut().filter(|answer| !answer.is_over)?;
        // A turn that failed, or was cut off, is judged as it is.
        if message.info.error.is_some() || message.info.finish.as_deref() != Some("stop") {
            return None;
        }
        let texts = message.parts.iter().filter(|part| part.kind == PartKind::Text);
        let text: String = texts.map(|part| part.text.as_str()).collect();
        let wrong = answer.take_text(&text).err().filter(|_| !answer.is_over)?;
        let prompt = again(&self.turn.prompt, wrong);
        Some(prompt.map_err(|error| Failure::failed("cannot make an id for the prompt").caused_by(&error)))
    }

    /// Sends a prompt, or the command in its place; the future resolves with the engine's answer.
    fn send(
        &self,
        prompt: Prompt,
        command: Option<CommandCall>,
    ) -> impl Future<Output = Result<MessageWithParts, Error>> + use<> {
        let client = self.turn.client.clone();
        let session = self.turn.session_id.clone();
        async move {
            match command {
                None => client.prompt(&session, &prompt).await,
                Some(command) => client.run_command(&session, &prompt, &command).await,
            }
        }
    }

    /// Takes the waiting gate event once it was announced, or waited long enough.
    fn take_due(&self, following: &mut FollowState) -> Option<GateEvent> {
        let lost = following.lost;
        let is_due =
            |(event, until): &mut (GateEvent, Instant)| lost || Instant::now() >= *until || !self.is_unannounced(event);
        following.waiting.take_if(is_due).map(|(event, _)| event)
    }

    /// Handles a gate event and sends its updates.
    async fn gate_event(&mut self, event: GateEvent, ends: &mut OutsideEnd<'_>) -> Result<(), EarlyEnd> {
        let lost = matches!(event, GateEvent::GateLost);
        let before = self.pending.len();
        let ended = self.gatekeeper.handle(event, &mut self.state, &mut self.pending);
        self.note_refusals(before);
        self.last_sign = Instant::now();
        if let Some(failure) = ended {
            // The plugin's connection ends with the engine; the reason for the engine's end is the better message.
            let grace = if lost { SERVER_EXIT_GRACE } else { Duration::ZERO };
            ends.before(sleep(grace)).await?;
            return Err(EarlyEnd::Stopped(failure));
        }
        self.flush_or_stop(ends).await
    }

    /// Handles an item of the event stream.
    async fn stream_item(
        &mut self,
        item: Option<StreamItem>,
        following: &mut FollowState,
        ends: &mut OutsideEnd<'_>,
    ) -> Result<(), EarlyEnd> {
        match item {
            Some(StreamItem::Event(received)) => {
                if let Some(failure) = self.event(*received) {
                    return Err(EarlyEnd::Stopped(failure));
                }
                if !self.state.is_over() {
                    following.idle_since = None;
                } else if let Some(error) = following.refused.take() {
                    tracing::debug!(%error, "the turn ended although its answer was lost");
                    return Err(EarlyEnd::Answered);
                } else {
                    following.idle_since.get_or_insert_with(Instant::now);
                }
            }
            Some(StreamItem::Disconnected) => {
                self.state.gap();
                self.pending.push(Update::Status(TurnStatus::Disconnected));
            }
            Some(StreamItem::Reconnected) => {
                self.state.gap();
                match ends.before(timeout(REREAD_TIMEOUT, self.catch_up())).await? {
                    Ok(Ok(None)) => {}
                    Ok(Ok(Some(failure))) => return Err(EarlyEnd::Stopped(failure)),
                    Ok(Err(error)) => tracing::debug!(%error, "cannot read everything after a gap"),
                    Err(_) => tracing::debug!("the server does not tell what happened in a gap"),
                }
                self.pending.push(Update::Status(TurnStatus::Reconnected));
            }
            Some(StreamItem::Lost(error)) => {
                tracing::debug!(%error, "the stream of events is lost");
                following.lost = true;
                if let Some(failure) = self.gatekeeper.judge_waiting(true, &self.state, &mut self.pending) {
                    return Err(EarlyEnd::Stopped(failure));
                }
                if let Some(error) = following.refused.take() {
                    return Err(EarlyEnd::Refused(error));
                }
            }
            None => following.lost = true,
        }
        Ok(())
    }

    /// Sends the pending updates. The queue to the renderer may stay full for as long as its reader likes; a request to
    /// stop still gets through.
    async fn flush_or_stop(&mut self, ends: &mut OutsideEnd<'_>) -> Result<(), EarlyEnd> {
        tokio::select! {
            biased;
            () = self.flush() => Ok(()),
            failure = ends.stop.as_mut() => Err(EarlyEnd::Stopped(failure)),
        }
    }

    /// Whether a gate event is a call, in a session of this turn, that no event has announced yet.
    fn is_unannounced(&self, event: &GateEvent) -> bool {
        let GateEvent::Call(call) = event else { return false };
        let is_same = |known: &ToolCall| known.session_id == call.session_id && known.call_id == call.call_id;
        call.moment == Moment::Call
            && self.state.concerns(&call.session_id)
            && !self.state.tools.calls.iter().any(is_same)
    }

    /// Inserts the first update before all others.
    fn announce(&mut self) {
        self.announced = true;
        let mut started = self.turn.started.clone();
        if let Some(prompt) = self.state.prompt() {
            started.model = started.model.or_else(|| prompt.model_ref());
            started.agent = started.agent.or_else(|| prompt.agent.clone());
        }
        self.pending.insert(0, Update::Started(Box::new(started)));
    }

    /// Takes an event; a returned failure ends the turn.
    fn event(&mut self, received: Received) -> Option<Failure> {
        let Received { event, raw } = received;
        if !matches!(event, Event::Heartbeat | Event::Connected | Event::Unknown { .. }) {
            self.last_sign = Instant::now();
        }
        let before = self.pending.len();
        let foreign = self.permissions(&event);
        if foreign.is_some() {
            return foreign;
        }
        self.state.apply(&event, now_ms(), &mut self.pending);
        let ended = self.gatekeeper.judge_waiting(false, &self.state, &mut self.pending);
        if ended.is_some() {
            return ended;
        }
        if !self.announced && self.state.prompt().is_some() {
            self.announce();
        }
        if self.turn.include_raw && self.announced && !matches!(event, Event::Heartbeat) {
            self.pending.push(Update::Raw(raw));
        }
        let unasked = self.pending[before..].iter().find_map(|update| match update {
            Update::Tool(call) => self.gatekeeper.changed(call),
            _ => None,
        });
        if unasked.is_some() {
            return unasked;
        }
        let retry = self.pending[before..]
            .iter()
            .enumerate()
            .find_map(|(at, update)| match update {
                Update::Retry(retry) => Some((before + at, retry.clone())),
                _ => None,
            });
        if let Some((at, retry)) = retry {
            if let Some(failure) = self.judge_retry(&retry) {
                // The retry will not happen, so it is neither shown nor counted.
                self.pending.remove(at);
                return Some(failure);
            }
            self.state.retries += 1;
        }
        self.note_refusals(before);
        self.must_end()
    }

    /// Whether the turn is not to go on, by what the events tell.
    fn must_end(&mut self) -> Option<Failure> {
        if self.state.is_too_long() {
            return Some(too_long_after_summaries());
        }
        if self.state.answers_older_prompt() {
            return Some(no_answer(&self.state));
        }
        if self.state.is_broken() {
            // The engine has already called the model again.
            self.state.keep_answer();
            return Some(broken_stream());
        }
        // A turn that is ending is judged at its end; an abort would only mark its answer as cut off.
        let is_answered = self.gatekeeper.answer.as_ref().is_some_and(|answer| answer.is_over);
        if is_answered || self.state.is_finishing() {
            return None;
        }
        exceeded(&self.state, &self.turn.limits)
    }

    /// Judges whether the engine may wait and call a provider again.
    fn judge_retry(&mut self, retry: &Retry) -> Option<Failure> {
        let delay = Duration::from_millis(retry.delay_ms);
        let failure = |what: String| of_retry(first_line(&retry.message)).hint(what);
        let failure_with_pause = |what: String| {
            let mut failure = failure(what);
            failure.facts.get_or_insert_default().retry_after_ms = Some(retry.delay_ms);
            failure
        };
        if retry.attempt > self.turn.max_retries {
            return Some(failure(match self.turn.max_retries {
                0 => "no retry was allowed; raise `--max-retries` or try again later".to_owned(),
                1 => "1 retry did not help; raise `--max-retries` or try again later".to_owned(),
                n => format!("{n} retries did not help; raise `--max-retries` or try again later"),
            }));
        }
        self.waited += delay;
        if self.waited > self.turn.retry_budget {
            return Some(failure_with_pause(format!(
                "the provider wants a pause of {} s, which is beyond the retry budget of {} s; raise `--retry-budget` or try again later",
                delay.as_secs().max(1),
                self.turn.retry_budget.as_secs(),
            )));
        }
        let at = Instant::now() + delay;
        if self.turn.deadline.is_some_and(|deadline| at > deadline) {
            return Some(failure_with_pause(format!(
                "the provider wants a pause of {} s, which is beyond the `--timeout`",
                delay.as_secs().max(1)
            )));
        }
        // An announced pause is not a stall.
        self.last_sign = at;
        None
    }

    /// Records the calls that the engine refused by itself, among the updates from `from` on, each before the update
    /// that ends it. When the engine refuses a plain prompt something for the first time, adds the hint about its
    /// limits.
    fn note_refusals(&mut self, from: usize) {
        self.note_missing_ripgrep(from);
        for update in self.pending.split_off(from) {
            if let Update::Tool(call) = &update {
                self.gatekeeper.ended(call, &mut self.pending);
            }
            self.pending.push(update);
        }
        if self.hinted_at_auto_tools {
            return;
        }
        let mut records = self.gatekeeper.records.iter();
        if let Some(record) = records.find(|record| record.decision == Decision::Denied) {
            self.hinted_at_auto_tools = true;
            self.pending.push(Update::Warning(format!(
                "the model was refused `{}`: a plain prompt may read files in the working directory and nothing else; {} lets it run tools",
                record.tool, self.tools_switch
            )));
        }
    }

    /// Once a turn, adds the hint that ripgrep is missing, after the first call in the updates from `from` on that
    /// failed for this reason.
    fn note_missing_ripgrep(&mut self, from: usize) {
        let missed = |update: &Update| matches!(update, Update::Tool(call) if failed_without_ripgrep(call));
        if !self.hinted_at_ripgrep && self.pending[from..].iter().any(missed) {
            self.hinted_at_ripgrep = true;
            self.pending.push(Update::Warning(
                "the engine has no ripgrep (`rg`), which its tools that search need, and could not download it: install \
                 ripgrep, so that `rg` is on `PATH`"
                    .to_owned(),
            ));
        }
    }

    /// Passes an event to the gatekeeper; a returned failure ends the turn.
    fn permissions(&mut self, event: &Event) -> Option<Failure> {
        let Self {
            gatekeeper,
            state,
            pending,
            ..
        } = self;
        match event {
            Event::PermissionAsked(ask) if state.concerns(&ask.session_id) => gatekeeper.asked(ask, state, pending),
            Event::QuestionAsked(ask) if state.concerns(&ask.session_id) => {
                gatekeeper.questioned(ask, state, pending);
            }
            Event::PermissionReplied {
                session_id,
                request_id,
                reply,
            } if state.concerns(session_id) => return gatekeeper.replied(request_id, reply, state, pending),
            Event::Session(session) if state.concerns(&session.id) => return gatekeeper.session(session, state),
            Event::InstanceDisposed => return gatekeeper.disposed(),
            Event::Idle { session_id } => gatekeeper.at_rest(session_id, state, pending),
            _ => {}
        }
        None
    }

    /// Reads the missed events after a gap, including permission asks. A returned failure ends the turn.
    async fn catch_up(&mut self) -> Result<Option<Failure>, Error> {
        // Reads the requests before the messages: a request that does not wait any more has left its traces there.
        let permissions = self.turn.client.pending_permissions().await?;
        let questions = self.turn.client.pending_questions().await?;
        let read = self.read_again().await;
        let statuses = self.turn.client.session_statuses().await?;
        let mut sessions = vec![self.turn.client.session(&self.turn.session_id).await?];
        sessions.extend(self.turn.client.children(&self.turn.session_id).await?);
        let (gatekeeper, state, pending) = (&mut self.gatekeeper, &self.state, &mut self.pending);
        if let Some(failure) = sessions.iter().find_map(|session| gatekeeper.session(session, state)) {
            return Ok(Some(failure));
        }
        let waiting = permissions.iter().map(|ask| ask.id.as_str()).collect();
        if let Some(failure) = gatekeeper.after_gap(&waiting, state, pending) {
            return Ok(Some(failure));
        }
        // The requests of an aborted session stay in the list for ever.
        let waits = |session: &str| state.concerns(session) && statuses.contains_key(session);
        for ask in permissions.iter().filter(|ask| waits(&ask.session_id)) {
            gatekeeper.asked(ask, state, pending);
        }
        for ask in questions.iter().filter(|ask| waits(&ask.session_id)) {
            gatekeeper.questioned(ask, state, pending);
        }
        let at_rest: Vec<&str> = state.sessions().filter(|id| !statuses.contains_key(*id)).collect();
        for session in at_rest {
            gatekeeper.at_rest(session, state, pending);
        }
        if !statuses.contains_key(&self.turn.session_id) && self.state.last_message().is_some() {
            let idle = Event::Idle {
                session_id: self.turn.session_id.clone(),
            };
            self.state.apply(&idle, now_ms(), &mut self.pending);
        }
        read.map(|()| None)
    }

    /// Reads the stored messages of all sessions of the turn again.
    async fn read_again(&mut self) -> Result<(), Error> {
        let before = self.pending.len();
        if self.state.prompt().is_none()
            && let Some(prompt) = self
                .turn
                .client
                .message(&self.turn.session_id, &self.turn.prompt.message_id)
                .await?
        {
            self.state.prompt_stored(&prompt.info);
        }
        let mut waiting = vec![self.turn.session_id.clone()];
        let mut done: Vec<String> = Vec::new();
        while let Some(session) = waiting.pop() {
            let after = self
                .state
                .is_root(&session)
                .then_some(self.turn.prompt.message_id.as_str());
            let messages = self.turn.client.messages_after(&session, after).await?;
            self.state.reconcile(&messages, &mut self.pending);
            let delegated = self.state.tools.calls.iter().any(|call| call.tool == "task");
            if delegated {
                for child in self.turn.client.children(&session).await? {
                    // A subagent of an earlier turn may have continued in this turn; then its time of change is newer.
                    if !self.state.is_older(child.time.updated) {
                        self.state.adopt(&child.id, &session, &mut self.pending);
                    }
                }
            }
            done.push(session);
            waiting.extend(
                self.state
                    .sessions()
                    .filter(|id| !done.iter().any(|known| known == id))
                    .map(str::to_owned)
                    .collect::<Vec<_>>(),
            );
            waiting.sort_unstable();
            waiting.dedup();
        }
        self.note_refusals(before);
        Ok(())
    }

    /// The engine refused the prompt, often with a status that explains nothing: the reason comes as an event.
    async fn explain(&mut self, error: Error, events: &mut EventStream) -> Failure {
        if error.is_transport() {
            return Failure::from(error);
        }
        self.take_events_until(events, |state| state.last_error().is_some())
            .await;
        match self.state.last_error() {
            Some(reason) => classify(reason),
            None => Failure::from(error),
        }
    }

    /// Takes events until the state is as wanted, the stream ends, or the time is over.
    async fn take_events_until(&mut self, events: &mut EventStream, wanted: impl Fn(&TurnState) -> bool) {
        let taking = timeout(CLOSING_EVENTS_TIMEOUT, async {
            while !wanted(&self.state) {
                match events.next().await {
                    Some(StreamItem::Event(received)) => {
                        let before = self.pending.len();
                        self.state.apply(&received.event, now_ms(), &mut self.pending);
                        // The turn is over, or being ended: an announced retry will not happen.
                        let new = self.pending.split_off(before);
                        let others = new.into_iter().filter(|update| !matches!(update, Update::Retry(_)));
                        self.pending.extend(others);
                        self.note_refusals(before);
                    }
                    Some(_) => {}
                    None => return,
                }
            }
        });
        if taking.await.is_err() {
            tracing::debug!("the last events of the turn did not come");
        }
    }

    /// Aborts the turn in the engine and reads what the engine stored of it.
    async fn abort(&mut self, events: &mut EventStream) {
        if let Err(error) = self.turn.client.abort(&self.turn.session_id).await {
            tracing::debug!(%error, "cannot abort the turn");
            return;
        }
        // The closing events follow within milliseconds; the engine stores the streamed text only then.
        self.take_events_until(events, TurnState::is_over).await;
        if let Err(error) = self.read_again().await {
            tracing::debug!(%error, "cannot read the messages of an aborted turn");
        }
    }

    fn stalled(&self) -> Failure {
        let limit = self.turn.stall_timeout.unwrap_or_default();
        Failure::new(
            FailureKind::Timeout,
            format!("cannot finish the turn: nothing happened for {} s", limit.as_secs_f64()),
        )
        .hint("raise `--stall-timeout`, or check the provider")
    }

    /// Whether a change can be the model's. The engine compares the directory before and after, and does not know who
    /// wrote.
    fn counts(&self, change: &FileChange) -> bool {
        may_have_written(&self.state.tools, &self.gatekeeper.records)
            && !self.turn.outputs.contains(Path::new(&change.path))
    }

    /// Sends the updates. The owner of the renderer notices when the renderer is gone.
    async fn flush(&mut self) {
        if !self.announced {
            return;
        }
        while !self.pending.is_empty() {
            // Reserving first loses no update when the future is cancelled in between.
            let Ok(permit) = self.turn.updates.reserve().await else {
                self.pending.clear();
                return;
            };
            let update = self.pending.remove(0);
            if matches!(&update, Update::FileChange(change) if !self.counts(change)) {
                continue;
            }
            if matches!(&update, Update::Text(text) if !text.subagent) {
                self.first_text.get_or_insert_with(std::time::Instant::now);
            }
            permit.send(update);
        }
    }
}

/// A prompt with the names of `prompt` and another text.
fn again(prompt: &Prompt, text: String) -> Result<Prompt, getrandom::Error> {
    let id = identifier::ascending("prt")?;
    Ok(Prompt {
        message_id: identifier::ascending("msg")?,
        parts: vec![PromptPart::Text { id, text }],
        ..prompt.clone()
    })
}

fn first_line(text: &str) -> &str {
    text.trim().lines().next().unwrap_or_default()
}
