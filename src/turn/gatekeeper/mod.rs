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

mod mentions;
mod passed;
mod tamper;
mod verdict;

use std::collections::{HashSet, VecDeque};
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;
use tokio::task::{JoinError, JoinHandle, JoinSet};
use tokio::time::timeout;

use self::passed::Passed;
use self::tamper::{Watch, tampered};
use self::verdict::{Verdict, Who, stopped};
use super::limits::{allows_tool_call, too_many_tool_calls};
use super::state::State;
use super::update::{PermissionRecord, QuestionRecord, ToolCall, ToolStatus, Update};
use crate::api::Client;
use crate::api::types::{PermissionAsk, QuestionAsk, Rule, Session};
use crate::error::{Failure, FailureKind};
use crate::gate::{Gate, GateCall, Moment};
use crate::permission::{
    self, Action, Answer, Ask, AuditEntry, AuditLog, DOOM_LOOP, DecidedBy, Decision, Faults, Judgement, Policy,
    Prompter, Question, QuestionAnswer, RepeatWatch, Scope, Withdrawal,
};
use crate::request::{AgentLimits, Effect, Preset};
use crate::support::visible::visible;

/// How long a withdrawn question may take to disappear from the screen.
///
/// An approver's command has a second to end before it is killed.
const WITHDRAWING: Duration = Duration::from_secs(2);
/// A call is faster at the gate than the words before it are on the screen, and a person wants to read them first.
const WORDS_FIRST: Duration = Duration::from_millis(100);
/// How long the engine may take to hear the last answers.
const LAST_ANSWERS: Duration = Duration::from_secs(1);
/// How long the engine may take to say whose a session is.
const TRACING: Duration = Duration::from_secs(10);
/// More sessions above another than anybody has.
const DEEPEST: usize = 16;

/// What a turn needs to decide what the model may do.
#[derive(Debug)]
pub struct Permissions {
    /// What our rules say.
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
    /// The agent's working directory.
    pub directory: PathBuf,
    /// What the run may use up; the calls that are too many do not pass.
    pub limits: AgentLimits,
    /// Where every decision is written down; none where a plain prompt has no place for it.
    pub audit: Option<AuditLog>,
}

/// Who answers.
pub enum Answerer {
    /// Everything is allowed once.
    Yes,
    /// Everything is refused.
    Nobody,
    /// A person at the terminal, or a command of the user's.
    Somebody {
        /// Puts the questions.
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
pub(super) enum Happening {
    /// A tool call waits.
    Call(GateCall),
    /// A call of a session that we had not heard of, with the sessions from there up to one that we know; nothing when it
    /// is not ours.
    Traced(GateCall, Option<Vec<Session>>),
    /// The guard in the engine has gone, and no tool runs any more.
    GateLost,
    /// The question that was put has its answer, or its thread ended.
    Given(Result<(Box<dyn Prompter>, Given), JoinError>),
}

/// An answer.
pub(super) enum Given {
    Permission(Answer),
    Question(QuestionAnswer),
}

/// Decides, asks, remembers.
pub(super) struct Gatekeeper {
    policy: Policy,
    preset: Preset,
    gate: Option<Gate>,
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
    answerer: Who,
    /// Whoever puts the questions; not here while a question is put.
    prompter: Option<Box<dyn Prompter>>,
    faults: Option<Faults>,
    queue: VecDeque<Waiting>,
    asking: Option<Asking>,
    /// Which calls have passed, and by whose word.
    passed: Passed,
    /// The engine's requests that were dealt with, or wait.
    seen: HashSet<String>,
    watch: Watch,
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
struct Waiting {
    session_id: String,
    what: What,
}

enum What {
    Permission {
        ask: Box<Ask>,
        source: Source,
        /// The judgement is not the policy's alone, and does not change by what is granted meanwhile.
        fixed: bool,
    },
    Question {
        ask: QuestionAsk,
        questions: Vec<Question>,
    },
}

/// Where the answer goes.
enum Source {
    Gate(GateCall),
    Engine(PermissionAsk),
}

/// What is being asked now.
struct Asking {
    session_id: String,
    what: What,
    withdrawal: Withdrawal,
    thread: JoinHandle<(Box<dyn Prompter>, Given)>,
}

impl Gatekeeper {
    pub(super) fn new(permissions: Permissions, client: Client) -> Self {
        let (answerer, prompter, faults) = match permissions.answerer {
            Answerer::Yes => (Who::Yes, None, None),
            Answerer::Nobody => (Who::Nobody, None, None),
            Answerer::Somebody { prompter, by, faults } => (Who::Somebody(by), Some(prompter), faults),
        };
        Self {
            policy: permissions.policy,
            preset: permissions.preset,
            has_gate: permissions.gate.is_some(),
            gate: permissions.gate,
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
            watch: Watch::new(permissions.session_rules),
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

    /// Every decision that is worth a record.
    pub(super) fn into_records(self) -> Vec<PermissionRecord> {
        self.records
    }

    pub(super) fn records(&self) -> &[PermissionRecord] {
        &self.records
    }

    /// Whether somebody is being asked, so that silence of the engine's is no stall.
    pub(super) fn is_asking(&self) -> bool {
        self.asking.is_some()
    }

    /// The next thing that needs [`Gatekeeper::handle`]. Cancelling it loses nothing.
    pub(super) async fn next(&mut self) -> Happening {
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
        let given = async {
            match asking {
                Some(asking) => (&mut asking.thread).await,
                None => std::future::pending().await,
            }
        };
        let sent = async {
            while replies.join_next().await.is_some() {}
            std::future::pending::<Happening>().await
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
            call = call => call.map_or(Happening::GateLost, Happening::Call),
            given = given => Happening::Given(given),
            (call, line) = traced => Happening::Traced(call, line),
            never = sent => never,
        }
    }

    /// Deals with it. A failure ends the run.
    pub(super) fn handle(&mut self, happening: Happening, state: &mut State, out: &mut Vec<Update>) -> Option<Failure> {
        let failure = match happening {
            Happening::Call(call) if state.concerns(&call.session_id) => self.call(call, state, out),
            Happening::Call(call) => {
                self.trace(call, state);
                None
            }
            Happening::Traced(call, line) => {
                for session in line.iter().flatten().rev() {
                    let parent = session.parent_id.as_deref().unwrap_or_default();
                    state.adopt(&session.id, parent, out);
                }
                if state.concerns(&call.session_id) {
                    self.call(call, state, out)
                } else {
                    refuse_stranger(call, out);
                    None
                }
            }
            Happening::GateLost => {
                self.gate = None;
                Some(
                    Failure::new(
                        FailureKind::Engine,
                        "cannot go on: the engine has lost the guard of its tools",
                    )
                    .hint("run again with `-vv` to see what the engine said"),
                )
            }
            Happening::Given(given) => self.given(given, state, out),
        };
        if failure.is_none() {
            self.put_next(state, out);
        }
        failure
    }

    /// A call waits at the gate. A failure ends the run.
    fn call(&mut self, call: GateCall, state: &State, out: &mut Vec<Update>) -> Option<Failure> {
        if call.moment == Moment::Shell {
            // The last moment before a process starts: only for a call that passed when all of it was seen.
            match self.passed.by(&call.session_id, &call.call_id, "bash") {
                Some(_) => call.pass(),
                None => call.refuse("Nothing runs that was not allowed."),
            }
            return None;
        }
        let number = self.passed.count(&call.session_id, &call.call_id);
        let action = Action::of_call(&call.tool, &call.arguments);
        let (judgement, fixed) = self.judge(&call, &action, state);
        let ask = self.ask_of(
            &call.call_id,
            &call.session_id,
            &call.tool,
            &call.arguments,
            action,
            judgement,
            state,
        );
        // Of calls that come at once the events may not have told us yet.
        let too_many = self
            .limits
            .tool_calls
            .is_some_and(|limit| number > limit.get() as usize);
        if too_many || !allows_tool_call(state, &self.limits, &call.session_id, &call.call_id) {
            let failure = too_many_tool_calls(&self.limits);
            let verdict = Verdict::ends_the_run(DecidedBy::Limit, failure.message.clone());
            self.settle(ask, Source::Gate(call), verdict, state, out);
            return Some(failure);
        }
        self.decide(ask, Source::Gate(call), fixed, state, out);
        None
    }

    /// What is to be thought of a call; and whether that is more than the policy's word on the action.
    fn judge(&mut self, call: &GateCall, action: &Action, state: &State) -> (Judgement, bool) {
        let mut judgement = self.policy.judge(action);
        let mut fixed = false;
        if let (Action::Subagent { .. }, Some(prompt)) = (action, call.arguments.get("prompt").and_then(Value::as_str))
        {
            let root = state
                .last_message()
                .map(|message| Path::new(&message.path.root))
                .filter(|root| root.is_absolute());
            if let Some(stricter) = mentions::judge(&self.policy, &judgement, prompt, &self.directory, root) {
                judgement = stricter;
                fixed = true;
            }
        }
        let times = self.repeats.seen(&call.session_id, &call.tool, &call.arguments);
        let key = (call.session_id.clone(), call.call_id.clone());
        if times >= DOOM_LOOP && !self.repeatable.remove(&key) {
            let again = self.policy.judge(&Action::Repeat {
                tool: call.tool.clone(),
            });
            if again.effect > judgement.effect {
                judgement = Judgement {
                    rule: format!("{}; this is call {times} of the same kind in a row", again.rule),
                    grant: Vec::new(),
                    ..again
                };
                fixed = true;
            }
        }
        (judgement, fixed)
    }

    /// Looks whose a session is that the engine has not told us of yet: a subagent's is ours when its parents are.
    fn trace(&mut self, call: GateCall, state: &State) {
        let known: HashSet<String> = state.sessions().map(str::to_owned).collect();
        let client = self.client.clone();
        self.tracing.spawn(async move {
            let tracing = timeout(TRACING, line_to(&client, &call.session_id, &known));
            let line = tracing.await.ok().flatten();
            (call, line)
        });
    }

    /// The engine asks for a permission.
    pub(super) fn asked(&mut self, ask: &PermissionAsk, state: &State, out: &mut Vec<Update>) {
        if !self.seen.insert(ask.id.clone()) {
            return;
        }
        self.watch.asked(&ask.tool.call_id);
        let by_configuration = self.asks_by_configuration(ask, state);
        match self.passed.by(&ask.session_id, &ask.tool.call_id, &ask.permission) {
            // Whoever let the call pass has seen what it does; only a preset has to stand back.
            Some(by) if by != DecidedBy::Preset || !by_configuration => {
                self.reply(&ask.id, true, None);
                return;
            }
            _ => {}
        }
        let action = Action::of_ask(ask);
        let mut judgement = self.policy.judge(&action);
        let outside = matches!(action, Action::Outside { .. });
        let fixed = by_configuration && judgement.effect == Effect::Allow && judgement.by_preset && !outside;
        if fixed {
            judgement.effect = Effect::Ask;
            judgement.grant.clear();
            judgement.rule = CONFIGURATION.to_owned();
        }
        let id = if ask.tool.call_id.is_empty() {
            &ask.id
        } else {
            &ask.tool.call_id
        };
        let mut open = self.ask_of(
            id,
            &ask.session_id,
            &ask.permission,
            &ask.metadata,
            action,
            judgement,
            state,
        );
        if let Some(diff) = ask.metadata.get("diff").and_then(Value::as_str) {
            open.diff = Some(diff.to_owned());
        }
        self.decide(open, Source::Engine(ask.clone()), fixed, state, out);
        self.put_next(state, out);
    }

    /// Whether the engine asks because of rules that are not ours: those of the agent of the run, or of a subagent.
    fn asks_by_configuration(&self, ask: &PermissionAsk, state: &State) -> bool {
        if !state.is_root(&ask.session_id) {
            return true;
        }
        ask.patterns
            .iter()
            .any(|pattern| permission::asks(&self.agent_rules, &ask.permission, pattern))
    }

    #[expect(clippy::too_many_arguments, reason = "an ask has that many sides")]
    fn ask_of(
        &self,
        id: &str,
        session_id: &str,
        tool: &str,
        arguments: &Value,
        action: Action,
        judgement: Judgement,
        state: &State,
    ) -> Ask {
        Ask {
            id: id.to_owned(),
            session_id: session_id.to_owned(),
            subagent: subagent(session_id, state),
            action,
            tool: tool.to_owned(),
            arguments: arguments.clone(),
            diff: None,
            directory: self.directory.clone(),
            judgement,
        }
    }

    /// Decides what the rules decide, and lets the rest wait.
    fn decide(&mut self, ask: Ask, source: Source, fixed: bool, state: &State, out: &mut Vec<Update>) {
        match Verdict::of_rules(&ask.judgement, self.answerer) {
            Some(verdict) => self.settle(ask, source, verdict, state, out),
            None => self.queue.push_back(Waiting {
                session_id: ask.session_id.clone(),
                what: What::Permission {
                    ask: Box::new(ask),
                    source,
                    fixed,
                },
            }),
        }
    }

    /// Puts the next question, once nobody is being asked.
    fn put_next(&mut self, state: &State, out: &mut Vec<Update>) {
        while self.asking.is_none() {
            let Some(Waiting { session_id, what }) = self.queue.pop_front() else {
                return;
            };
            let what = match what {
                What::Permission { mut ask, source, fixed } => {
                    if matches!(&source, Source::Gate(call) if call.is_gone()) {
                        continue;
                    }
                    // What was granted meanwhile counts, and so does that somebody has gone.
                    if !fixed {
                        ask.judgement = self.policy.judge(&ask.action);
                    }
                    if let Some(verdict) = Verdict::of_rules(&ask.judgement, self.answerer) {
                        self.settle(*ask, source, verdict, state, out);
                        continue;
                    }
                    if ask.diff.is_none() {
                        ask.diff = permission::proposed_diff(&ask.tool, &ask.arguments, &ask.directory);
                    }
                    What::Permission { ask, source, fixed }
                }
                What::Question { ask, questions } => {
                    if !matches!(self.answerer, Who::Somebody(_)) {
                        self.answer(&ask, questions, None, state, out);
                        continue;
                    }
                    What::Question { ask, questions }
                }
            };
            self.put(session_id, what, state);
        }
    }

    fn put(&mut self, session_id: String, what: What, state: &State) {
        let Some(mut prompter) = self.prompter.take() else {
            // It is away only while something is asked, and then this is not called.
            tracing::error!("nobody is there to ask");
            self.answerer = Who::Nobody;
            self.queue.push_front(Waiting { session_id, what });
            return;
        };
        let withdrawal = Withdrawal::default();
        let theirs = withdrawal.clone();
        let pause = match self.answerer {
            Who::Somebody(DecidedBy::Person) => WORDS_FIRST,
            _ => Duration::ZERO,
        };
        let thread = match &what {
            What::Permission { ask, .. } => {
                let ask = ask.clone();
                tokio::task::spawn_blocking(move || {
                    std::thread::sleep(pause);
                    let answer = prompter.ask(&ask, &theirs);
                    (prompter, Given::Permission(answer))
                })
            }
            What::Question { questions, .. } => {
                let questions = questions.clone();
                let subagent = subagent(&session_id, state);
                tokio::task::spawn_blocking(move || {
                    std::thread::sleep(pause);
                    let answer = prompter.question(&questions, subagent.as_deref(), &theirs);
                    (prompter, Given::Question(answer))
                })
            }
        };
        self.asking = Some(Asking {
            session_id,
            what,
            withdrawal,
            thread,
        });
    }

    /// What was asked is answered. A failure ends the run.
    fn given(
        &mut self,
        given: Result<(Box<dyn Prompter>, Given), JoinError>,
        state: &State,
        out: &mut Vec<Update>,
    ) -> Option<Failure> {
        let asking = self.asking.take()?;
        let given = match given {
            Ok((prompter, given)) => {
                self.prompter = Some(prompter);
                Some(given)
            }
            Err(error) => {
                tracing::error!(%error, "whoever was asked is gone");
                self.answerer = Who::Nobody;
                None
            }
        };
        let faults = self.faults.as_ref().map(Faults::take).unwrap_or_default();
        out.extend(faults.into_iter().map(Update::Warning));
        if asking.withdrawal.is_withdrawn() {
            // Nobody waits for it any more; whoever withdrew it has dealt with the rest.
            return None;
        }
        // A prompter answers what it was asked; anything else is no answer.
        match asking.what {
            What::Permission { ask, source, .. } => {
                let answer = match given {
                    Some(Given::Permission(answer)) => answer,
                    _ => Answer::Nobody,
                };
                self.permission_given(*ask, source, answer, state, out)
            }
            What::Question { ask, questions } => {
                let answer = match given {
                    Some(Given::Question(answer)) => answer,
                    _ => QuestionAnswer::Nobody,
                };
                self.question_given(&ask, questions, answer, state, out)
            }
        }
    }

    fn permission_given(
        &mut self,
        ask: Ask,
        source: Source,
        answer: Answer,
        state: &State,
        out: &mut Vec<Update>,
    ) -> Option<Failure> {
        let failure = match answer {
            Answer::Deny => Some(stopped(&ask)),
            Answer::Interrupted => Some(interrupted()),
            _ => None,
        };
        if answer == Answer::Nobody {
            // Who has gone once is not asked again: a terminal does not come back.
            self.answerer = Who::Nobody;
        }
        let verdict = match self.answerer {
            Who::Somebody(by) => Verdict::of_answer(answer, by, &ask.judgement),
            Who::Yes | Who::Nobody => Verdict::nobody(&ask.judgement),
        };
        if verdict.scope == Scope::Session {
            self.policy.grant(&ask.judgement.grant);
        }
        self.settle(ask, source, verdict, state, out);
        failure
    }

    fn question_given(
        &mut self,
        ask: &QuestionAsk,
        questions: Vec<Question>,
        answer: QuestionAnswer,
        state: &State,
        out: &mut Vec<Update>,
    ) -> Option<Failure> {
        let failure = (answer == QuestionAnswer::Interrupted).then(interrupted);
        if answer == QuestionAnswer::Nobody {
            self.answerer = Who::Nobody;
        }
        let answers = match answer {
            QuestionAnswer::Answers(answers) => Some(answers),
            _ => None,
        };
        self.answer(ask, questions, answers, state, out);
        failure
    }

    /// Records a decision and carries it out, in this order: what runs has been written down.
    fn settle(&mut self, ask: Ask, source: Source, verdict: Verdict, state: &State, out: &mut Vec<Update>) {
        let allowed = verdict.decision == Decision::Allowed;
        let permission = ask.action.tool().to_owned();
        let is_repeat = matches!(ask.action, Action::Repeat { .. });
        let record = PermissionRecord {
            id: ask.id,
            parent_session_id: state.parent_of(&ask.session_id).map(str::to_owned),
            subagent: !state.is_root(&ask.session_id),
            session_id: ask.session_id,
            permission: permission.clone(),
            tool: ask.tool,
            patterns: ask.action.subjects(),
            decision: verdict.decision,
            by: verdict.by,
            scope: verdict.scope,
            rule: ask.judgement.rule,
            reason: verdict.reason,
        };
        self.write_down(&record, out);
        // What a preset lets pass is no decision that anybody wants to read about in the result.
        if !(allowed && verdict.by == DecidedBy::Preset) {
            self.records.push(record.clone());
            out.push(Update::Permission(record));
        }
        match source {
            Source::Gate(call) if allowed => {
                self.passed
                    .add(&call.session_id, &call.call_id, &permission, verdict.by);
                call.pass();
            }
            Source::Gate(call) => {
                self.passed.remove(&call.session_id, &call.call_id, &permission);
                match verdict.told {
                    Some(told) => call.refuse(told),
                    None => self.held.push(call),
                }
            }
            Source::Engine(request) => {
                if allowed && is_repeat {
                    self.repeatable.insert((request.session_id, request.tool.call_id));
                }
                self.reply(&request.id, allowed, verdict.told);
            }
        }
    }

    /// Writes a decision down, for whoever wants to know afterwards.
    fn write_down(&mut self, record: &PermissionRecord, out: &mut Vec<Update>) {
        let Some(audit) = &self.audit else {
            return;
        };
        let entry = AuditEntry {
            session_id: record.session_id.clone(),
            directory: self.directory.to_string_lossy().into_owned(),
            tool: record.tool.clone(),
            permission: record.permission.clone(),
            patterns: record.patterns.clone(),
            decision: record.decision,
            by: record.by,
            rule: record.rule.clone(),
            scope: (record.decision == Decision::Allowed).then_some(record.scope),
            subagent: record.subagent,
            ..AuditEntry::now()
        };
        if let Err(error) = audit.append(&entry)
            && !std::mem::replace(&mut self.warned, true)
        {
            out.push(Update::Warning(format!(
                "cannot write decisions down in `{}`: {error}",
                audit.path().display()
            )));
        }
    }

    /// Answers a request of the engine's: `once`, or `reject` with what the model is told. Without that its turn ends.
    fn reply(&mut self, request: &str, allowed: bool, told: Option<String>) {
        self.watch.answering(request, allowed);
        let (client, request) = (self.client.clone(), request.to_owned());
        self.replies.spawn(async move {
            let sent = if allowed {
                client.allow_permission_once(&request).await
            } else {
                client.reject_permission(&request, told.as_deref()).await
            };
            if let Err(error) = sent {
                tracing::debug!(%error, request, "cannot answer a permission");
            }
        });
    }

    /// The model asks the person.
    pub(super) fn questioned(&mut self, ask: &QuestionAsk, state: &State, out: &mut Vec<Update>) {
        if !self.seen.insert(ask.id.clone()) {
            return;
        }
        self.queue.push_back(Waiting {
            session_id: ask.session_id.clone(),
            what: What::Question {
                questions: ask.questions.iter().map(Question::read).collect(),
                ask: ask.clone(),
            },
        });
        self.put_next(state, out);
    }

    /// Sends the answers to the model's questions; without any they are dismissed, and its turn ends.
    fn answer(
        &mut self,
        ask: &QuestionAsk,
        questions: Vec<Question>,
        answers: Option<Vec<Vec<String>>>,
        state: &State,
        out: &mut Vec<Update>,
    ) {
        let (client, id, given) = (self.client.clone(), ask.id.clone(), answers.clone());
        self.replies.spawn(async move {
            let sent = match &given {
                Some(answers) => client.answer_question(&id, answers).await,
                None => client.reject_question(&id).await,
            };
            if let Err(error) = sent {
                tracing::debug!(%error, "cannot answer a question");
            }
        });
        out.push(Update::Question(QuestionRecord {
            id: ask.id.clone(),
            session_id: ask.session_id.clone(),
            parent_session_id: state.parent_of(&ask.session_id).map(str::to_owned),
            questions,
            answers,
            subagent: !state.is_root(&ask.session_id),
        }));
    }

    /// Somebody answered a permission. A failure ends the run: it was not us.
    pub(super) fn replied(
        &mut self,
        request: &str,
        reply: &str,
        state: &State,
        out: &mut Vec<Update>,
    ) -> Option<Failure> {
        let failure = self.watch.replied(request, reply);
        if failure.is_none() && !self.watch.has_answered(request) {
            self.withdraw(|what, _| what.request().is_some_and(|ask| ask.id == request));
            self.put_next(state, out);
        }
        failure
    }

    /// Events were missed, and these requests wait now. A failure ends the run: one of ours was answered meanwhile, not by
    /// us, and what it asked for was done.
    pub(super) fn after_gap(
        &mut self,
        pending: &HashSet<&str>,
        state: &State,
        out: &mut Vec<Update>,
    ) -> Option<Failure> {
        let open = self.queue.iter().map(|waiting| &waiting.what);
        let open = open.chain(self.asking.iter().map(|asking| &asking.what));
        let gone: Vec<PermissionAsk> = open
            .filter_map(What::request)
            .filter(|ask| !pending.contains(ask.id.as_str()))
            .cloned()
            .collect();
        let was_done = |ask: &PermissionAsk| {
            state.tools().calls().iter().any(|call| {
                call.session_id == ask.session_id
                    && call.call_id == ask.tool.call_id
                    && call.status == ToolStatus::Completed
            })
        };
        let failure = gone
            .iter()
            .any(was_done)
            .then(|| tampered("a permission was answered while the connection was lost"));
        self.withdraw(|what, _| {
            what.request()
                .is_some_and(|ask| gone.iter().any(|gone| gone.id == ask.id))
        });
        self.put_next(state, out);
        failure
    }

    /// A session was made or changed. A failure ends the run: its rules were changed, and not by us.
    pub(super) fn session(&mut self, session: &Session, state: &State) -> Option<Failure> {
        let rules = session.permission.as_ref()?;
        self.watch.rules(&session.id, state.is_root(&session.id), rules)
    }

    /// The engine dropped the directory, and with it the guard and all that waits.
    pub(super) fn disposed(&self) -> Option<Failure> {
        self.gate
            .is_some()
            .then(|| tampered("the engine was told to drop what it holds for the directory"))
    }

    /// A session has come to rest: nothing of it waits any more.
    pub(super) fn at_rest(&mut self, session: &str, state: &State, out: &mut Vec<Update>) {
        self.withdraw(|_, of| of == session);
        self.put_next(state, out);
    }

    fn withdraw(&mut self, concerned: impl Fn(&What, &str) -> bool) {
        self.queue
            .retain(|waiting| !concerned(&waiting.what, &waiting.session_id));
        if let Some(asking) = &self.asking
            && concerned(&asking.what, &asking.session_id)
        {
            asking.withdrawal.withdraw();
        }
    }

    /// Nothing passes any more: open questions are withdrawn and denied, and nothing is left waiting in the engine. Calls at
    /// the gate wait on, until this is [released](Self::release).
    pub(super) async fn close(&mut self, state: &State, out: &mut Vec<Update>) {
        self.answerer = Who::Nobody;
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
                What::Permission { ask, source, .. } => self.settle(*ask, source, Verdict::unanswered(), state, out),
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
        self.gate = None;
    }
}

impl What {
    /// The engine's request, where it is one.
    fn request(&self) -> Option<&PermissionAsk> {
        match self {
            Self::Permission {
                source: Source::Engine(ask),
                ..
            } => Some(ask),
            _ => None,
        }
    }
}

/// The sessions from this one up to the one whose parent is known; nothing when they do not lead there.
async fn line_to(client: &Client, session: &str, known: &HashSet<String>) -> Option<Vec<Session>> {
    let mut line: Vec<Session> = Vec::new();
    let mut next = session.to_owned();
    while !known.contains(&next) {
        if next.is_empty() || line.len() == DEEPEST {
            return None;
        }
        let found = client.session(&next).await.ok()?;
        next = found.parent_id.clone()?;
        line.push(found);
    }
    Some(line)
}

/// A call of a session that is none of the run's.
fn refuse_stranger(call: GateCall, out: &mut Vec<Update>) {
    tracing::warn!(
        session = call.session_id,
        tool = call.tool,
        "a call of a session that is not ours"
    );
    out.push(Update::Warning(format!(
        "`{}` was refused to a session that does not belong to this run",
        visible(&call.tool)
    )));
    call.refuse("This session does not belong to the run.");
}

/// The subagent that a session belongs to, in words.
fn subagent(session: &str, state: &State) -> Option<String> {
    (!state.is_root(session)).then(|| state.title_of(session).unwrap_or("a subagent").to_owned())
}

fn interrupted() -> Failure {
    Failure::new(FailureKind::Interrupted, "the run was interrupted")
}
