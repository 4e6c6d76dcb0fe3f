//! Who may pass: every tool call and every request of the engine's goes through here.
//!
//! Two things ask. The gate asks before each tool call, with the arguments as they will be used; there the policy decides.
//! The engine asks by its own rules; what has passed the gate is answered `once` without a word, unless the engine asks
//! because the user's own configuration of it says so, and nobody has been asked yet: our presets do not overrule that.
//! On a server that is not ours there is no gate, and the engine's requests are all there is.
//!
//! Always true: what the policy leaves open waits in a queue, one question is put at a time, and a question whose session
//! has come to rest is withdrawn. `always` is never sent to the engine; what a person grants for the session is kept in
//! the policy, here.

use std::collections::{HashMap, HashSet, VecDeque};
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;
use tokio::task::{JoinError, JoinHandle};

use super::limits::{allows_tool_call, too_many_tool_calls};
use super::state::State;
use super::update::{PermissionRecord, QuestionRecord, Update};
use crate::api::Client;
use crate::api::types::{PermissionAsk, QuestionAsk, Rule, Session};
use crate::error::{Failure, FailureKind};
use crate::gate::{Gate, GateCall, Moment};
use crate::permission::{
    self, Action, Answer, Ask, AuditEntry, AuditLog, DOOM_LOOP, DecidedBy, Decision, Faults, Judgement, Policy,
    Prompter, Question, QuestionAnswer, RepeatWatch, Scope, Withdrawal,
};
use crate::request::{AgentLimits, Effect, Preset};

/// How long a withdrawn question may take to disappear from the screen.
const WITHDRAWING: Duration = Duration::from_secs(1);

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
    gate: Option<Gate>,
    agent_rules: Vec<Rule>,
    session_rules: Vec<Rule>,
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
    passed: HashMap<(String, String), DecidedBy>,
    /// The engine's requests that were dealt with, or wait.
    seen: HashSet<String>,
    /// What we answered, by request.
    answered: HashMap<String, bool>,
    /// The rules of subagents' sessions, as they were made.
    rules_of: HashMap<String, Vec<Rule>>,
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

/// Who answers, without the means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    Yes,
    Nobody,
    Somebody(DecidedBy),
}

/// A decision, and what is said about it.
struct Verdict {
    decision: Decision,
    by: DecidedBy,
    scope: Scope,
    reason: String,
    /// What the model is told about a refusal.
    told: String,
}

impl Verdict {
    fn allowed(by: DecidedBy, reason: impl Into<String>) -> Self {
        Self {
            decision: Decision::Allowed,
            by,
            scope: Scope::Once,
            reason: reason.into(),
            told: String::new(),
        }
    }

    fn denied(by: DecidedBy, reason: impl Into<String>, told: impl Into<String>) -> Self {
        Self {
            decision: Decision::Denied,
            by,
            scope: Scope::Once,
            reason: reason.into(),
            told: told.into(),
        }
    }
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
            gate: permissions.gate,
            agent_rules: permissions.agent_rules,
            session_rules: permissions.session_rules,
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
            passed: HashMap::new(),
            seen: HashSet::new(),
            answered: HashMap::new(),
            rules_of: HashMap::new(),
            records: Vec::new(),
        }
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
        let Self { gate, asking, .. } = self;
        let call = async {
            match gate {
                Some(gate) => match gate.next().await {
                    Some(call) => call,
                    None => std::future::pending().await,
                },
                None => std::future::pending().await,
            }
        };
        let given = async {
            match asking {
                Some(asking) => (&mut asking.thread).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            call = call => Happening::Call(call),
            given = given => Happening::Given(given),
        }
    }

    /// Deals with it. A failure ends the run.
    pub(super) async fn handle(
        &mut self,
        happening: Happening,
        state: &mut State,
        out: &mut Vec<Update>,
    ) -> Option<Failure> {
        match happening {
            Happening::Call(call) => {
                let failure = self.call(call, state, out).await;
                self.put_next(state, out).await;
                failure
            }
            Happening::Given(given) => self.given(given, state, out).await,
        }
    }

    /// A call waits at the gate. A failure ends the run.
    async fn call(&mut self, call: GateCall, state: &mut State, out: &mut Vec<Update>) -> Option<Failure> {
        if !state.concerns(&call.session_id) && !self.adopt(&call.session_id, state, out).await {
            tracing::warn!(
                session = call.session_id,
                tool = call.tool,
                "a call of a session that is not ours"
            );
            call.refuse("This session does not belong to the run.");
            return None;
        }
        let key = (call.session_id.clone(), call.call_id.clone());
        if call.moment == Moment::Shell {
            // The last moment before a process starts: only for a call that passed when all of it was seen.
            if self.passed.contains_key(&key) {
                call.pass();
            } else {
                call.refuse("Nothing runs that was not allowed.");
            }
            return None;
        }
        let action = Action::of_call(&call.tool, &call.arguments);
        let mut judgement = self.policy.judge(&action);
        let mut fixed = false;
        let times = self.repeats.seen(&call.session_id, &call.tool, &call.arguments);
        if times >= DOOM_LOOP && !self.repeatable.contains(&key) {
            let repeat = Action::Repeat {
                tool: call.tool.clone(),
            };
            let again = self.policy.judge(&repeat);
            if again.effect > judgement.effect {
                judgement = Judgement {
                    rule: format!("{}; this is call {times} of the same kind in a row", again.rule),
                    grant: Vec::new(),
                    ..again
                };
                fixed = true;
            }
        }
        let ask = self.ask_of(
            &call.call_id,
            &call.session_id,
            &call.tool,
            &call.arguments,
            action,
            judgement,
            state,
        );
        if !allows_tool_call(state, &self.limits, &call.call_id) {
            let failure = too_many_tool_calls(&self.limits);
            let verdict = Verdict::denied(DecidedBy::Limit, failure.message.clone(), "The run is over.");
            self.settle(ask, Source::Gate(call), verdict, state, out).await;
            return Some(failure);
        }
        self.decide(ask, Source::Gate(call), fixed, state, out).await;
        None
    }

    /// A session that the engine has not told us of yet: a subagent's, when its parents are ours.
    async fn adopt(&self, session: &str, state: &mut State, out: &mut Vec<Update>) -> bool {
        let mut line: Vec<Session> = Vec::new();
        let mut next = session.to_owned();
        while !state.concerns(&next) {
            let Ok(found) = self.client.session(&next).await else {
                return false;
            };
            let Some(parent) = found.parent_id.clone().filter(|_| line.len() < 16) else {
                return false;
            };
            line.push(found);
            next = parent;
        }
        for session in line.iter().rev() {
            state.adopt(&session.id, session.parent_id.as_deref().unwrap_or_default(), out);
        }
        true
    }

    /// The engine asks for a permission.
    pub(super) async fn asked(&mut self, ask: &PermissionAsk, state: &State, out: &mut Vec<Update>) {
        if !self.seen.insert(ask.id.clone()) {
            return;
        }
        let key = (ask.session_id.clone(), ask.tool.call_id.clone());
        let by_configuration = self.asks_by_configuration(ask, state);
        match self.passed.get(&key) {
            // Whoever let the call pass has seen what it does; only a preset has to stand back.
            Some(by) if *by != DecidedBy::Preset || !by_configuration => {
                self.reply(&ask.id, None).await;
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
        self.decide(open, Source::Engine(ask.clone()), fixed, state, out).await;
        self.put_next(state, out).await;
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
    async fn decide(&mut self, ask: Ask, source: Source, fixed: bool, state: &State, out: &mut Vec<Update>) {
        match self.verdict(&ask) {
            Some(verdict) => self.settle(ask, source, verdict, state, out).await,
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

    /// The decision, where nobody has to be asked.
    fn verdict(&self, ask: &Ask) -> Option<Verdict> {
        let judgement = &ask.judgement;
        let by = if judgement.by_preset {
            DecidedBy::Preset
        } else {
            DecidedBy::Rule
        };
        Some(match (judgement.effect, self.answerer) {
            (Effect::Allow, _) => Verdict::allowed(by, judgement.rule.clone()),
            (Effect::Deny, _) => Verdict::denied(
                by,
                judgement.rule.clone(),
                format!(
                    "The rules of this run do not allow this ({}). Do not try it in another way; go on without it, or say what you could not do.",
                    judgement.rule
                ),
            ),
            (Effect::Ask, Who::Yes) => Verdict::allowed(DecidedBy::Yes, "`--yes`"),
            (Effect::Ask, Who::Nobody) => nobody(judgement),
            (Effect::Ask, Who::Somebody(_)) => return None,
        })
    }

    /// Puts the next question, once nobody is being asked.
    async fn put_next(&mut self, state: &State, out: &mut Vec<Update>) {
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
                    if let Some(verdict) = self.verdict(&ask) {
                        self.settle(*ask, source, verdict, state, out).await;
                        continue;
                    }
                    if ask.diff.is_none() {
                        ask.diff = permission::proposed_diff(&ask.tool, &ask.arguments, &ask.directory);
                    }
                    What::Permission { ask, source, fixed }
                }
                What::Question { ask, questions } => {
                    if !matches!(self.answerer, Who::Somebody(_)) {
                        self.answer(&ask, questions, None, state, out).await;
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
            // Cannot be: somebody answers and is not being asked. Nothing passes.
            return;
        };
        let withdrawal = Withdrawal::default();
        let theirs = withdrawal.clone();
        let thread = match &what {
            What::Permission { ask, .. } => {
                let ask = ask.clone();
                tokio::task::spawn_blocking(move || {
                    let answer = prompter.ask(&ask, &theirs);
                    (prompter, Given::Permission(answer))
                })
            }
            What::Question { questions, .. } => {
                let questions = questions.clone();
                let subagent = subagent(&session_id, state);
                tokio::task::spawn_blocking(move || {
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
    async fn given(
        &mut self,
        given: Result<(Box<dyn Prompter>, Given), JoinError>,
        state: &State,
        out: &mut Vec<Update>,
    ) -> Option<Failure> {
        let asking = self.asking.take()?;
        let given = match given {
            Ok((prompter, given)) => {
                self.prompter = Some(prompter);
                given
            }
            Err(error) => {
                tracing::error!(%error, "whoever was asked is gone");
                self.answerer = Who::Nobody;
                match &asking.what {
                    What::Permission { .. } => Given::Permission(Answer::Nobody),
                    What::Question { .. } => Given::Question(QuestionAnswer::Nobody),
                }
            }
        };
        let faults = self.faults.as_ref().map(Faults::take).unwrap_or_default();
        out.extend(faults.into_iter().map(Update::Warning));
        let withdrawn = asking.withdrawal.is_withdrawn();
        let interrupted = || Failure::new(FailureKind::Interrupted, "the run was interrupted");
        let failure = match (asking.what, given) {
            // Nobody waits for it any more; whoever withdrew it has dealt with the rest.
            (What::Permission { .. }, _) if withdrawn => None,
            (What::Question { .. }, _) if withdrawn => None,
            (What::Permission { ask, source, .. }, Given::Permission(answer)) => {
                let failure = match answer {
                    Answer::Deny => Some(stopped(&ask)),
                    Answer::Interrupted => Some(interrupted()),
                    _ => None,
                };
                let verdict = self.verdict_of(answer, &ask.judgement);
                if verdict.scope == Scope::Session {
                    self.policy.grant(&ask.judgement.grant);
                }
                self.settle(*ask, source, verdict, state, out).await;
                failure
            }
            (What::Question { ask, questions }, Given::Question(answer)) => {
                let failure = (answer == QuestionAnswer::Interrupted).then(interrupted);
                if answer == QuestionAnswer::Nobody {
                    self.answerer = Who::Nobody;
                }
                let answers = match answer {
                    QuestionAnswer::Answers(answers) => Some(answers),
                    _ => None,
                };
                self.answer(&ask, questions, answers, state, out).await;
                failure
            }
            // A prompter answers what it was asked; anything else allows nothing.
            (What::Permission { ask, source, .. }, Given::Question(_)) => {
                let verdict = nobody(&ask.judgement);
                self.settle(*ask, source, verdict, state, out).await;
                None
            }
            (What::Question { ask, questions }, Given::Permission(_)) => {
                self.answer(&ask, questions, None, state, out).await;
                None
            }
        };
        if failure.is_none() {
            self.put_next(state, out).await;
        }
        failure
    }

    /// What somebody said, as a verdict.
    fn verdict_of(&mut self, answer: Answer, judgement: &Judgement) -> Verdict {
        let Who::Somebody(by) = self.answerer else {
            return nobody(judgement);
        };
        let who = if by == DecidedBy::Approver {
            "the approver"
        } else {
            "the user"
        };
        match answer {
            Answer::Once => Verdict::allowed(by, format!("{who} allowed it once")),
            Answer::Session => Verdict {
                scope: Scope::Session,
                ..Verdict::allowed(by, format!("{who} allowed it for this session"))
            },
            Answer::Deny => Verdict::denied(by, format!("{who} refused it"), "The user refused this."),
            Answer::DenyBecause(why) => Verdict::denied(
                by,
                format!("{who} refused it: {why}"),
                format!("The user refused this and says: {why}"),
            ),
            Answer::Interrupted => Verdict::denied(by, format!("{who} ended the run"), "The run is over."),
            Answer::Nobody => {
                // Who has gone once is not asked again: a terminal does not come back.
                self.answerer = Who::Nobody;
                nobody(judgement)
            }
        }
    }

    /// Carries a decision out and records it.
    async fn settle(&mut self, ask: Ask, source: Source, verdict: Verdict, state: &State, out: &mut Vec<Update>) {
        let allowed = verdict.decision == Decision::Allowed;
        match source {
            Source::Gate(call) => {
                if allowed {
                    self.passed
                        .insert((call.session_id.clone(), call.call_id.clone()), verdict.by);
                    call.pass();
                } else {
                    // The model chooses the ids of its calls, and may use one twice.
                    self.passed.remove(&(call.session_id.clone(), call.call_id.clone()));
                    call.refuse(verdict.told.clone());
                }
            }
            Source::Engine(request) => {
                if allowed && matches!(ask.action, Action::Repeat { .. }) {
                    self.repeatable
                        .insert((request.session_id.clone(), request.tool.call_id.clone()));
                }
                let told = (!allowed).then_some(verdict.told.as_str());
                self.reply(&request.id, told).await;
            }
        }
        let record = PermissionRecord {
            id: ask.id,
            parent_session_id: state.parent_of(&ask.session_id).map(str::to_owned),
            subagent: !state.is_root(&ask.session_id),
            session_id: ask.session_id,
            permission: ask.action.tool().to_owned(),
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

    /// Answers a request of the engine's: `once`, or `reject` with what the model is told.
    async fn reply(&mut self, request: &str, refusal: Option<&str>) {
        // Noted before it is sent: the event about it may be faster than the answer.
        self.answered.insert(request.to_owned(), refusal.is_none());
        let sent = match refusal {
            None => self.client.allow_permission_once(request).await,
            Some(told) => self.client.reject_permission(request, Some(told)).await,
        };
        if let Err(error) = sent {
            tracing::debug!(%error, request, "cannot answer a permission");
        }
    }

    /// The model asks the person.
    pub(super) async fn questioned(&mut self, ask: &QuestionAsk, state: &State, out: &mut Vec<Update>) {
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
        self.put_next(state, out).await;
    }

    /// Sends the answers to the model's questions; without any they are dismissed, and its turn ends.
    async fn answer(
        &mut self,
        ask: &QuestionAsk,
        questions: Vec<Question>,
        answers: Option<Vec<Vec<String>>>,
        state: &State,
        out: &mut Vec<Update>,
    ) {
        let sent = match &answers {
            Some(answers) => self.client.answer_question(&ask.id, answers).await,
            None => self.client.reject_question(&ask.id).await,
        };
        if let Err(error) = sent {
            tracing::debug!(%error, "cannot answer a question");
        }
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
    pub(super) async fn replied(
        &mut self,
        request: &str,
        reply: &str,
        state: &State,
        out: &mut Vec<Update>,
    ) -> Option<Failure> {
        let ours = self.answered.get(request).copied();
        let expected = matches!((ours, reply), (Some(true), "once") | (Some(false), "reject"));
        // A refusal of one request refuses those beside it too; nothing is widened by that.
        if !expected && reply != "reject" {
            return Some(tampered(&format!("a permission was answered `{reply}`")));
        }
        if ours.is_none() {
            self.withdraw(
                |what, _| matches!(what, What::Permission { source: Source::Engine(ask), .. } if ask.id == request),
            );
            self.put_next(state, out).await;
        }
        None
    }

    /// A session was made or changed. A failure ends the run: its rules were changed, and not by us.
    pub(super) fn session(&mut self, session: &Session, state: &State) -> Option<Failure> {
        let rules = session.permission.as_ref()?;
        let expected = if state.is_root(&session.id) {
            &self.session_rules
        } else {
            // Those that the engine made it with.
            self.rules_of.entry(session.id.clone()).or_insert_with(|| rules.clone())
        };
        (rules != expected).then(|| tampered("the rules of a session were changed"))
    }

    /// The engine dropped the directory, and with it the guard and all that waits.
    pub(super) fn disposed(&self) -> Option<Failure> {
        self.gate
            .is_some()
            .then(|| tampered("the engine was told to drop what it holds for the directory"))
    }

    /// A session has come to rest: nothing of it waits any more.
    pub(super) async fn at_rest(&mut self, session: &str, state: &State, out: &mut Vec<Update>) {
        self.withdraw(|_, of| of == session);
        self.put_next(state, out).await;
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

    /// Nothing passes any more: open questions are withdrawn, and what waits at the gate is refused.
    pub(super) async fn close(&mut self) {
        self.queue.clear();
        self.gate = None;
        self.answerer = Who::Nobody;
        if let Some(asking) = self.asking.take() {
            asking.withdrawal.withdraw();
            // The terminal shall be as it was before anything else is written to it.
            let _ = tokio::time::timeout(WITHDRAWING, asking.thread).await;
        }
    }
}

/// The subagent that a session belongs to, in words.
fn subagent(session: &str, state: &State) -> Option<String> {
    (!state.is_root(session)).then(|| state.title_of(session).unwrap_or("a subagent").to_owned())
}

fn nobody(judgement: &Judgement) -> Verdict {
    Verdict::denied(
        DecidedBy::Nobody,
        format!("nobody could be asked ({})", judgement.rule),
        "Nobody is there to approve this, so it is refused. Go on without it, or say what you could not do.",
    )
}

fn stopped(ask: &Ask) -> Failure {
    Failure::new(
        FailureKind::Denied,
        format!("the run was stopped: `{}` was refused", ask.action.tool()),
    )
    .hint("answer with `r` to refuse and let the model go on, or allow it beforehand with `--allow`")
}

fn tampered(what: &str) -> Failure {
    Failure::new(
        FailureKind::Denied,
        format!("cannot go on: {what}, and not by opencode-rs"),
    )
    .hint("something that ran in this session has reached the engine's server; look at what it was before you go on")
}
