//! Who may pass: every tool call and every request of the engine's goes through here.
//!
//! Two things ask. The gate asks before each tool call, with the arguments as they will be used; there the policy decides.
//! The engine asks by its own rules; what has passed the gate is answered `once` without a word, unless the engine asks
//! because the user's own configuration of it says so, and nobody has been asked yet: our presets do not overrule that.
//! On a server that is not ours there is no gate, and the engine's requests are all there is.
//!
//! Always true: what the policy leaves open waits in a queue, one question is put at a time, and a question whose session
//! has come to rest is withdrawn. `always` is never sent to the engine; what a person grants for the session is kept in
//! the policy, here. Nothing here waits for the engine: what is said to it is said by tasks, so that a server which hangs
//! holds up no answer, no question and no wish to stop.

mod asking;
mod calls;
mod instructions;
mod mentions;
mod passed;
mod removed;
mod requests;
mod settling;
mod tamper;
mod verdict;

use std::collections::{HashSet, VecDeque};
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use tokio::task::{JoinError, JoinHandle, JoinSet};
use tokio::time::timeout;

use self::calls::leave_to_others;
use self::passed::Passed;
use self::tamper::TamperWatch;
use self::verdict::{ApproverKind, GateDecision};
use super::state::TurnState;
use super::update::{PermissionRecord, ToolCall, ToolStatus, Update};
use crate::api::Client;
use crate::api::types::{PermissionAsk, QuestionAsk, Rule, Session};
use crate::error::{Failure, FailureKind};
use crate::gate::{Gate, GateCall};
use crate::permission::{
    Answer, Ask, AuditLog, DecidedBy, Faults, ModelQuestion, Policy, Prompter, QuestionAnswer, RepeatWatch, Withdrawal,
};
use crate::request::{AgentLimits, Preset};

/// How long a withdrawn question may take to disappear from the screen.
///
/// An approver's command has a second to end before it is killed.
const WITHDRAWING: Duration = Duration::from_secs(2);
/// A call is faster at the gate than the words before it are on the screen, and a person wants to read them first.
const WORDS_FIRST: Duration = Duration::from_millis(100);
/// How long a refusal of a request of the engine's waits for those beside it to be answered.
const REFUSED_LAST: Duration = Duration::from_millis(150);
/// How long the engine may take to hear the last answers.
const LAST_ANSWERS: Duration = Duration::from_secs(1);
/// How long the engine may take to say whose a session is.
const TRACING: Duration = Duration::from_secs(10);
/// More sessions above another than anybody has.
const DEEPEST: usize = 16;

/// What a turn needs to decide what the model may do.
#[derive(Debug)]
pub struct Permissions {
    pub policy: Policy,
    /// Whether this is a plain prompt, whose first refusal comes with a hint at `--auto-tools`.
    pub preset: Preset,
    /// The gate in the engine; none on a server that is not ours, and for a plain prompt, which needs none.
    pub gate: Option<Gate>,
    /// Who answers what they leave open.
    pub answerer: Answerer,
    /// The rules of the agent in the engine's own configuration, as it told us.
    pub agent_rules: Vec<Rule>,
    /// The rules that we gave to the session. Should it ever have others, somebody has changed them.
    pub session_rules: Vec<Rule>,
    pub directory: PathBuf,
    /// What the run may use up; the calls that are too many do not pass.
    pub limits: AgentLimits,
    /// Where every decision is written down; none where a plain prompt has no place for it.
    pub audit: Option<AuditLog>,
}

pub enum Answerer {
    Yes,
    Nobody,
    /// A person at the terminal, or a command of the user's.
    Somebody {
        prompter: Box<dyn Prompter>,
        /// Who that is, for the records.
        by: DecidedBy,
        /// What was wrong with their answers.
        faults: Option<Faults>,
    },
}

impl Answerer {
    /// Whether the model's own questions find somebody.
    pub fn takes_questions(&self) -> bool {
        matches!(self, Self::Somebody { .. })
    }
}

impl fmt::Debug for Answerer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Yes => "Yes",
            Self::Nobody => "Nobody",
            Self::Somebody { .. } => "Somebody",
        })
    }
}

/// Something that happened at the gate or at the terminal.
pub(super) enum GateEvent {
    Call(GateCall),
    /// A call of a session that we had not heard of, with the sessions from there up to one that we know; nothing when it
    /// is not ours.
    Traced(GateCall, Option<Vec<Session>>),
    /// The guard in the engine has gone, and no tool runs any more.
    GateLost,
    /// Nobody waits for the answer to the question that was put.
    Gone,
    /// The question that was put has its answer, or its thread ended.
    Given(Result<(Box<dyn Prompter>, ApproverReply), JoinError>),
}

pub(super) enum ApproverReply {
    Permission(Answer),
    Question(QuestionAnswer),
}

/// What is left when a turn is over.
pub(super) struct GateOutcome {
    /// Every decision that is worth a record.
    pub(super) records: Vec<PermissionRecord>,
    /// The rules, with what was granted for the rest of the session.
    pub(super) policy: Policy,
    /// The gate, at which nothing waits.
    pub(super) gate: Option<Gate>,
}

pub(super) struct Gatekeeper {
    policy: Policy,
    preset: Preset,
    gate: Option<Gate>,
    /// The gate, once nothing passes any more.
    left_gate: Option<Gate>,
    /// Whether there ever was a gate; without one the session's rules are all there is.
    has_gate: bool,
    agent_rules: Vec<Rule>,
    directory: PathBuf,
    limits: AgentLimits,
    repeats: RepeatWatch,
    /// Calls of which somebody has said already that they may come again.
    repeatable: HashSet<(String, String)>,
    audit: Option<AuditLog>,
    /// The person has been told that decisions cannot be written down.
    warned: bool,
    client: Client,
    answerer: ApproverKind,
    /// Whoever puts the questions; not here while a question is put.
    prompter: Option<Box<dyn Prompter>>,
    faults: Option<Faults>,
    queue: VecDeque<WaitingAsk>,
    asking: Option<PendingAsk>,
    /// Which calls have passed, and by whose word.
    passed: Passed,
    /// The engine's requests that were dealt with, or wait.
    seen: HashSet<String>,
    watch: TamperWatch,
    /// What the engine is being told.
    replies: JoinSet<()>,
    /// Calls of sessions that we have not heard of.
    tracing: JoinSet<(GateCall, Option<Vec<Session>>)>,
    /// Calls that will not run, since the run is over. Refused now, the model would go on with that; so they wait until it
    /// is stopped.
    held: Vec<GateCall>,
    records: Vec<PermissionRecord>,
}

/// The rule that is named when the engine's own configuration asks.
const CONFIGURATION: &str = "the engine's own configuration asks";

/// Something that waits for an answer.
struct WaitingAsk {
    session_id: String,
    what: What,
}

enum What {
    Permission {
        ask: Box<Ask>,
        source: AskSource,
        /// The judgement is not the policy's alone, and does not change by what is granted meanwhile.
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

/// What is being asked now.
struct PendingAsk {
    session_id: String,
    what: What,
    withdrawal: Withdrawal,
    thread: JoinHandle<(Box<dyn Prompter>, ApproverReply)>,
}

impl Gatekeeper {
    pub(super) fn new(permissions: Permissions, client: Client) -> Self {
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
            limits: permissions.limits,
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
            tracing: JoinSet::new(),
            held: Vec::new(),
            records: Vec::new(),
        }
    }

    /// A call changed. A failure ends the run: it has run, and nobody was asked.
    pub(super) fn changed(&self, call: &ToolCall) -> Option<Failure> {
        let asks_for_all = self.preset == Preset::AutoTools && !self.has_gate;
        (asks_for_all && call.status == ToolStatus::Completed && !call.subagent)
            .then(|| self.watch.finished(call))
            .flatten()
    }

    /// What is left of it when the turn is over.
    pub(super) fn into_left(self) -> GateOutcome {
        GateOutcome {
            records: self.records,
            policy: self.policy,
            gate: self.left_gate,
        }
    }

    pub(super) fn records(&self) -> &[PermissionRecord] {
        &self.records
    }

    /// Whether somebody is being asked, so that silence of the engine's is no stall.
    pub(super) fn is_asking(&self) -> bool {
        self.asking.is_some()
    }

    /// The next thing that needs [`Gatekeeper::handle`]. Cancelling it loses nothing.
    pub(super) async fn next(&mut self) -> GateEvent {
        let Self {
            gate,
            asking,
            replies,
            tracing,
            ..
        } = self;
        let call = async {
            match gate {
                Some(gate) => gate.next().await,
                None => std::future::pending().await,
            }
        };
        let (thread, waits) = match asking {
            Some(PendingAsk {
                thread,
                what,
                withdrawal,
                ..
            }) => (Some(thread), what.call().filter(|_| !withdrawal.is_withdrawn())),
            None => (None, None),
        };
        let given = async {
            match thread {
                Some(thread) => thread.await,
                None => std::future::pending().await,
            }
        };
        let gone = async {
            match waits {
                Some(call) => call.gone().await,
                None => std::future::pending().await,
            }
        };
        let sent = async {
            while replies.join_next().await.is_some() {}
            std::future::pending::<GateEvent>().await
        };
        let traced = async {
            loop {
                match tracing.join_next().await {
                    Some(Ok(traced)) => return traced,
                    // Its call is refused with it.
                    Some(Err(error)) => tracing::error!(%error, "cannot look for a session"),
                    None => std::future::pending().await,
                }
            }
        };
        tokio::select! {
            call = call => call.map_or(GateEvent::GateLost, GateEvent::Call),
            given = given => GateEvent::Given(given),
            () = gone => GateEvent::Gone,
            (call, line) = traced => GateEvent::Traced(call, line),
            never = sent => never,
        }
    }

    /// Deals with it. A failure ends the run.
    pub(super) fn handle(
        &mut self,
        happening: GateEvent,
        state: &mut TurnState,
        out: &mut Vec<Update>,
    ) -> Option<Failure> {
        let failure = match happening {
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
                    Failure::new(
                        FailureKind::Engine,
                        "cannot go on: the engine has lost the guard of its tools",
                    )
                    .hint("run again with `-vv` to see what the engine said"),
                )
            }
            GateEvent::Gone => {
                if let Some(asking) = &self.asking {
                    asking.withdrawal.withdraw();
                }
                None
            }
            GateEvent::Given(given) => self.given(given, state, out),
        };
        if failure.is_none() {
            self.put_next(state, out);
        }
        failure
    }

    /// Nothing passes any more: open questions are withdrawn and denied, and nothing is left waiting in the engine. Calls at
    /// the gate wait on, until this is [released](Self::release).
    pub(super) async fn close(&mut self, state: &TurnState, out: &mut Vec<Update>) {
        self.answerer = ApproverKind::Nobody;
        let mut open: Vec<What> = Vec::new();
        if let Some(asking) = self.asking.take() {
            let was_withdrawn = asking.withdrawal.is_withdrawn();
            asking.withdrawal.withdraw();
            // The terminal shall be as it was before anything else is written to it.
            let _ = timeout(WITHDRAWING, asking.thread).await;
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
        let told = async { while self.replies.join_next().await.is_some() {} };
        if timeout(LAST_ANSWERS, told).await.is_err() {
            tracing::debug!("the engine does not take the last answers");
        }
    }

    /// Refuses what still waits at the gate, and whatever comes.
    pub(super) fn release(&mut self) {
        self.held.clear();
        self.tracing.abort_all();
        if let Some(mut gate) = self.gate.take() {
            gate.refuse_waiting();
            self.left_gate = Some(gate);
        }
    }
}

impl What {
    /// The call at the gate, where it is one.
    fn call(&mut self) -> Option<&mut GateCall> {
        match self {
            Self::Permission {
                source: AskSource::Gate(call),
                ..
            } => Some(call),
            _ => None,
        }
    }

    /// The engine's request, where it is one.
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

/// The subagent that a session belongs to, in words.
fn subagent(session: &str, state: &TurnState) -> Option<String> {
    (!state.is_root(session)).then(|| state.title_of(session).unwrap_or("a subagent").to_owned())
}

fn interrupted() -> Failure {
    Failure::new(FailureKind::Interrupted, "the run was interrupted")
}
