//! Decides which tool calls and which requests of the engine may pass.
//!
//! There are two sources. The tool gate asks before each tool call, with the arguments that the tool will get; here the
//! policy decides. The engine asks by its own rules; a request for a call that has passed the tool gate is answered
//! `once` without a question, unless the engine asks because of the user's own configuration and no approver has been
//! asked yet: our presets do not overrule that configuration. On an attached server there is no tool gate, and only the
//! engine's requests come.
//!
//! Invariants: what the policy leaves open waits in a queue, one question is open at a time, and the question of a
//! session that has become idle is withdrawn. `always` is never sent to the engine; a grant for the session is kept in
//! the policy here. Nothing here waits for the engine: tasks send the replies, so a server that hangs delays no answer,
//! no question and no request to stop.

mod asking;
mod calls;
mod decision;
mod instructions;
mod mentions;
mod order;
mod passed;
mod removed;
mod requests;
mod settling;
mod tamper;

use std::collections::{HashSet, VecDeque};
use std::path::PathBuf;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::{JoinError, JoinHandle, JoinSet};
use tokio::time::timeout;

use self::calls::leave_to_others;
use self::decision::{ApproverKind, GateDecision};
use self::order::CallOrder;
use self::passed::Passed;
use self::tamper::TamperWatch;
use super::checked_answer::{CheckedAnswer, WantedAnswer};
use super::state::TurnState;
use super::update::{PermissionRecord, ToolCall, ToolStatus, Update};
use crate::client::Client;
use crate::client::types::{PermissionAsk, QuestionAsk, Rule, RuleAction, Session};
use crate::error::{Failure, FailureKind};
use crate::gate::{Gate, GateCall};
use crate::permission::{
    Answer, Ask, AuditLog, DecidedBy, Faults, ModelQuestion, Policy, Prompter, QuestionAnswer, RepeatWatch, Withdrawal,
};
use crate::request::{AgentLimits, Preset, ToolsSwitch};

/// Limit for a withdrawn question to disappear from the screen.
///
/// An approver's command has a second to end before it is killed.
const WITHDRAW_TIMEOUT: Duration = Duration::from_secs(2);
/// Delay before a question: the call reaches the tool gate before the model's text is on the screen, and a person wants
/// to read that text first.
const READING_DELAY: Duration = Duration::from_millis(100);
/// How long a refusal waits, so that the other replies of the same session are sent first.
const REFUSAL_DELAY: Duration = Duration::from_millis(150);
/// Limit for the engine to take the last replies.
const FINAL_REPLIES_TIMEOUT: Duration = Duration::from_secs(1);
/// Limit for the engine to return the parents of a session.
const TRACE_TIMEOUT: Duration = Duration::from_secs(10);
const MAX_SUBAGENT_DEPTH: usize = 16;

/// What a turn needs to decide what the model may do.
pub struct Permissions {
    pub policy: Policy,
    /// A plain prompt gets a hint at `--auto-tools` with its first refusal.
    pub preset: Preset,
    pub switch: ToolsSwitch,
    /// `None` on an attached server, and for a plain prompt, which needs no tool gate.
    pub gate: Option<Gate>,
    /// Who answers what the rules leave open.
    pub answerer: Answerer,
    /// The rules of the agent in the engine's configuration, as the engine reported them.
    pub agent_rules: Vec<Rule>,
    /// The rules that we gave to the session. Other rules mean that another client has changed them.
    pub session_rules: Vec<Rule>,
    pub directory: PathBuf,
    /// What the answer has to be.
    pub answer: Option<WantedAnswer>,
    /// The log of all decisions; `None` when a plain prompt has no place for it.
    pub audit: Option<AuditLog>,
}

impl Permissions {
    /// Wants an answer that follows a schema. The session's rules let its tool, and no other run's, be offered.
    pub fn want(&mut self, wanted: WantedAnswer) {
        if let Some(tool) = &wanted.tool {
            self.session_rules.push(Rule::new(tool, "*", RuleAction::Allow));
        }
        self.answer = Some(wanted);
    }
}

pub enum Answerer {
    Yes,
    Nobody,
    /// A person at the terminal, or a command of the user.
    Somebody {
        prompter: Box<dyn Prompter>,
        /// Which of the two, for the records.
        by: DecidedBy,
        /// Faults in the approver's answers, to be shown as warnings.
        faults: Option<Faults>,
    },
}

impl Answerer {
    /// Whether an approver can answer the model's own questions.
    pub fn takes_questions(&self) -> bool {
        matches!(self, Self::Somebody { .. })
    }
}

pub(super) enum GateEvent {
    Call(GateCall),
    /// A call of an unknown session, with the sessions from it up to the child of a known session; `None` when no known
    /// session is above it.
    Traced(GateCall, Option<Vec<Session>>),
    /// The plugin has disconnected, and no tool runs any more.
    GateLost,
    /// The open question needs no answer any more.
    Gone,
    /// The open question was answered, or its thread ended.
    Answered(Result<(Box<dyn Prompter>, ApproverReply), JoinError>),
}

pub(super) enum ApproverReply {
    Permission(Answer),
    Question(QuestionAnswer),
}

pub(super) struct Gatekeeper {
    /// The policy, with the rules that were granted for the rest of the session.
    pub(super) policy: Policy,
    preset: Preset,
    gate: Option<Gate>,
    /// The tool gate, after it was closed, without waiting calls.
    pub(super) left_gate: Option<Gate>,
    /// Whether the turn began with a tool gate; without it, only the session's rules protect.
    has_gate: bool,
    agent_rules: Vec<Rule>,
    directory: PathBuf,
    /// The limits of the run; calls beyond them do not pass.
    limits: AgentLimits,
    repeats: RepeatWatch,
    /// Calls that are already allowed to repeat.
    repeatable: HashSet<(String, String)>,
    audit: Option<AuditLog>,
    /// Whether the user was warned that decisions cannot be logged.
    warned: bool,
    client: Client,
    answerer: ApproverKind,
    /// Asks the approver; `None` while a question is open.
    prompter: Option<Box<dyn Prompter>>,
    faults: Option<Faults>,
    queue: VecDeque<WaitingAsk>,
    asking: Option<PendingAsk>,
    /// Which calls have passed, and who allowed them.
    passed: Passed,
    /// The engine's requests that were handled or wait.
    seen: HashSet<String>,
    watch: TamperWatch,
    /// Tasks that send replies to the engine.
    replies: JoinSet<()>,
    /// How many replies that allow a call the engine has not taken yet.
    allowing: watch::Sender<usize>,
    /// Calls of unknown sessions, whose parents are being looked up.
    tracing: JoinSet<(GateCall, Option<Vec<Session>>)>,
    /// Calls that run and the calls that wait for their end.
    order: CallOrder,
    /// Calls that will not run, because the run is over. The model would go on after a refusal, so the calls wait until
    /// the model is stopped.
    held: Vec<GateCall>,
    /// What the answer has to be, and the answers so far.
    pub(super) answer: Option<CheckedAnswer>,
    /// Every decision that belongs in a record.
    pub(super) records: Vec<PermissionRecord>,
}

/// The reason when the engine's own configuration asks.
const CONFIGURATION: &str = "the engine's own configuration asks";

/// An ask in the queue.
struct WaitingAsk {
    session_id: String,
    what: What,
}

enum What {
    Permission {
        ask: Box<Ask>,
        source: AskSource,
        /// The judgement adds to the policy's, and later grants do not change it.
        fixed: bool,
    },
    Question {
        ask: QuestionAsk,
        questions: Vec<ModelQuestion>,
    },
}

enum AskSource {
    Gate(GateCall),
    Engine(PermissionAsk),
}

struct PendingAsk {
    session_id: String,
    what: What,
    /// Where the paths that are asked about led when the question was put.
    leads_to: Vec<PathBuf>,
    withdrawal: Withdrawal,
    thread: JoinHandle<(Box<dyn Prompter>, ApproverReply)>,
}

impl Gatekeeper {
    pub(super) fn new(permissions: Permissions, limits: AgentLimits, client: Client) -> Self {
        let (answerer, prompter, faults) = match permissions.answerer {
            Answerer::Yes => (ApproverKind::Yes, None, None),
            Answerer::Nobody => (ApproverKind::Nobody, None, None),
            Answerer::Somebody { prompter, by, faults } => (ApproverKind::Somebody(by), Some(prompter), faults),
        };
        Self {
            policy: permissions.policy,
            preset: permissions.preset,
            has_gate: permissions.gate.is_some(),
            gate: permissions.gate,
            left_gate: None,
            agent_rules: permissions.agent_rules,
            directory: permissions.directory,
            limits,
            repeats: RepeatWatch::new(),
            repeatable: HashSet::new(),
            audit: permissions.audit,
            warned: false,
            client,
            answerer,
            prompter,
            faults,
            queue: VecDeque::new(),
            asking: None,
            passed: Passed::default(),
            seen: HashSet::new(),
            watch: TamperWatch::new(permissions.session_rules),
            replies: JoinSet::new(),
            allowing: watch::Sender::new(0),
            tracing: JoinSet::new(),
            order: CallOrder::default(),
            held: Vec::new(),
            answer: permissions.answer.map(CheckedAnswer::new),
            records: Vec::new(),
        }
    }

    /// Checks a changed call. A returned failure ends the run: the call has run without a permission ask.
    pub(super) fn changed(&self, call: &ToolCall) -> Option<Failure> {
        let asks_for_all = self.preset == Preset::AutoTools && !self.has_gate;
        (asks_for_all && call.status == ToolStatus::Completed && !call.subagent)
            .then(|| self.watch.finished(call))
            .flatten()
    }

    /// Judges the calls that waited for others, as far as those have ended; all of them when nothing says any more what has
    /// ended. A returned failure ends the run.
    pub(super) fn judge_waiting(&mut self, is_lost: bool, state: &TurnState, out: &mut Vec<Update>) -> Option<Failure> {
        self.order.forget_ended(is_lost, state);
        if self.order.waiting.is_empty() {
            return None;
        }
        for call in std::mem::take(&mut self.order.waiting) {
            let failure = self.call(call, state, out);
            if failure.is_some() {
                return failure;
            }
        }
        self.put_next(state, out);
        None
    }

    /// Whether a question is open, so that silence of the engine is no stall.
    pub(super) fn is_asking(&self) -> bool {
        self.asking.is_some()
    }

    /// The next event for [`Gatekeeper::handle`]. Cancel-safe.
    pub(super) async fn next(&mut self) -> GateEvent {
        let Self {
            gate,
            asking,
            replies,
            tracing,
            ..
        } = self;
        let call = if_any(gate.as_mut().map(Gate::next));
        let (thread, waits) = match asking {
            Some(PendingAsk {
                thread,
                what,
                withdrawal,
                ..
            }) => (Some(thread), what.call().filter(|_| !withdrawal.is_cancelled())),
            None => (None, None),
        };
        let answered = if_any(thread);
        let gone = if_any(waits.map(GateCall::gone));
        let sent = async {
            while replies.join_next().await.is_some() {}
            std::future::pending::<GateEvent>().await
        };
        let traced = async {
            loop {
                match tracing.join_next().await {
                    Some(Ok(traced)) => return traced,
                    // The lost call is dropped, and so refused.
                    Some(Err(error)) => tracing::error!(%error, "cannot look for a session"),
                    None => std::future::pending().await,
                }
            }
        };
        tokio::select! {
            call = call => call.map_or(GateEvent::GateLost, GateEvent::Call),
            answered = answered => GateEvent::Answered(answered),
            () = gone => GateEvent::Gone,
            (call, line) = traced => GateEvent::Traced(call, line),
            never = sent => never,
        }
    }

    /// Handles one event. A returned failure ends the run.
    pub(super) fn handle(&mut self, event: GateEvent, state: &mut TurnState, out: &mut Vec<Update>) -> Option<Failure> {
        let failure = match event {
            GateEvent::Call(call) if state.concerns(&call.session_id) => self.call(call, state, out),
            GateEvent::Call(call) => {
                self.trace(call, state);
                None
            }
            GateEvent::Traced(call, line) => {
                for session in line.iter().flatten().rev() {
                    let parent = session.parent_id.as_deref().unwrap_or_default();
                    state.adopt(&session.id, parent, out);
                }
                if state.concerns(&call.session_id) {
                    self.call(call, state, out)
                } else {
                    let shared = self.gate.as_ref().is_some_and(Gate::is_shared);
                    leave_to_others(call, shared, out);
                    None
                }
            }
            GateEvent::GateLost => {
                self.gate = None;
                Some(
                    Failure::engine("cannot go on: the engine has lost the connection to the tool gate")
                        .hint("run again with `-vv` to see what the engine said"),
                )
            }
            GateEvent::Gone => {
                if let Some(asking) = &self.asking {
                    asking.withdrawal.cancel();
                }
                None
            }
            GateEvent::Answered(answered) => self.take_answer(answered, state, out),
        };
        if failure.is_none() {
            self.put_next(state, out);
        }
        failure
    }

    /// Lets nothing pass from now on: withdraws and denies open questions, and answers every request that waits in the
    /// engine. Calls at the tool gate go on waiting, until [`release`](Self::release).
    pub(super) async fn close(&mut self, state: &TurnState, out: &mut Vec<Update>) {
        self.answerer = ApproverKind::Nobody;
        let mut open: Vec<What> = Vec::new();
        if let Some(asking) = self.asking.take() {
            let was_withdrawn = asking.withdrawal.is_cancelled();
            asking.withdrawal.cancel();
            // The terminal must be restored before other output.
            let _ = timeout(WITHDRAW_TIMEOUT, asking.thread).await;
            if !was_withdrawn {
                open.push(asking.what);
            }
        }
        open.extend(self.queue.drain(..).map(|waiting| waiting.what));
        for what in open {
            match what {
                What::Permission { ask, source, .. } => {
                    self.settle(*ask, source, GateDecision::unanswered(), state, out)
                }
                What::Question { ask, questions } => self.answer(&ask, questions, None, state, out),
            }
        }
        let sent = async { while self.replies.join_next().await.is_some() {} };
        if timeout(FINAL_REPLIES_TIMEOUT, sent).await.is_err() {
            tracing::debug!("the engine does not take the last answers");
        }
    }

    /// Refuses the calls that wait at the tool gate, and every later call.
    pub(super) fn release(&mut self) {
        self.held.clear();
        self.order.waiting.clear();
        self.tracing.abort_all();
        if let Some(mut gate) = self.gate.take() {
            gate.refuse_waiting();
            self.left_gate = Some(gate);
        }
    }
}

impl What {
    /// The call at the tool gate, for an ask that came from there.
    fn call(&mut self) -> Option<&mut GateCall> {
        match self {
            Self::Permission {
                source: AskSource::Gate(call),
                ..
            } => Some(call),
            _ => None,
        }
    }

    /// The engine's request, for an ask that came from the engine.
    fn request(&self) -> Option<&PermissionAsk> {
        match self {
            Self::Permission {
                source: AskSource::Engine(ask),
                ..
            } => Some(ask),
            _ => None,
        }
    }
}

/// The output of a future; never resolves without one.
async fn if_any<T>(future: Option<impl Future<Output = T>>) -> T {
    match future {
        Some(future) => future.await,
        None => std::future::pending().await,
    }
}

/// The title of the subagent that a session belongs to; `None` for the run's own session.
fn subagent(session: &str, state: &TurnState) -> Option<String> {
    (!state.is_root(session)).then(|| state.title_of(session).unwrap_or("a subagent").to_owned())
}

fn interrupted() -> Failure {
    Failure::new(FailureKind::Interrupted, "the run was interrupted")
}
