//! Asks the approver about what the rules leave open, one ask at a time, and takes the answers.

use std::time::Duration;

use serde_json::Value;
use tokio::task::JoinError;

use super::super::state::TurnState;
use super::super::update::Update;
use super::decision::{ApproverKind, GateDecision, stopped};
use super::{ApproverReply, AskSource, Gatekeeper, PendingAsk, READING_DELAY, WaitingAsk, What, interrupted, subagent};
use crate::client::types::QuestionAsk;
use crate::error::Failure;
use crate::gate::{GateCall, Moment};
use crate::permission::{
    self, Action, Answer, Ask, AuditScope, DecidedBy, Faults, Judgement, ModelQuestion, Prompter, QuestionAnswer,
    Withdrawal,
};

/// The facts of an ask that the tool gate or the engine supplies.
pub(super) struct AskedCall<'a> {
    pub(super) id: &'a str,
    pub(super) session_id: &'a str,
    pub(super) tool: &'a str,
    pub(super) arguments: &'a Value,
}

/// Adds the redirecting address to the judgement of a redirect.
pub(super) fn redirected(judgement: Judgement, call: &GateCall) -> Judgement {
    let from = call.arguments.get("from").and_then(Value::as_str);
    match from.filter(|_| call.moment == Moment::Redirect) {
        Some(from) => Judgement {
            rule: format!("{}; `{from}` redirects there", judgement.rule),
            ..judgement
        },
        None => judgement,
    }
}

impl Gatekeeper {
    pub(super) fn ask_of(&self, asked: AskedCall<'_>, action: Action, judgement: Judgement, state: &TurnState) -> Ask {
        Ask {
            id: asked.id.to_owned(),
            session_id: asked.session_id.to_owned(),
            subagent: subagent(asked.session_id, state),
            action,
            tool: asked.tool.to_owned(),
            arguments: asked.arguments.clone(),
            diff: None,
            directory: self.directory.clone(),
            judgement,
            policy: self.policy.clone(),
        }
    }

    /// Carries out what the rules decide, and queues the rest.
    pub(super) fn decide(
        &mut self,
        ask: Ask,
        source: AskSource,
        fixed: bool,
        state: &TurnState,
        out: &mut Vec<Update>,
    ) {
        match GateDecision::of_rules(&ask.judgement, self.answerer) {
            Some(decision) => self.settle(ask, source, decision, state, out),
            None => self.queue.push_back(WaitingAsk {
                session_id: ask.session_id.clone(),
                what: What::Permission {
                    ask: Box::new(ask),
                    source,
                    fixed,
                },
            }),
        }
    }

    /// Asks the next question, unless a question is open.
    pub(super) fn put_next(&mut self, state: &TurnState, out: &mut Vec<Update>) {
        while self.asking.is_none() {
            let Some(WaitingAsk { session_id, what }) = self.queue.pop_front() else {
                return;
            };
            let what = match what {
                What::Permission { mut ask, source, fixed } => {
                    if matches!(&source, AskSource::Gate(call) if call.is_gone()) {
                        continue;
                    }
                    // The rules may have changed since, by a grant, and the approver may have gone.
                    ask.policy = self.policy.clone();
                    if !fixed {
                        ask.judgement = self.policy.judge(&ask.action);
                        if let AskSource::Gate(call) = &source {
                            ask.judgement = redirected(ask.judgement, call);
                        }
                    }
                    if let Some(decision) = GateDecision::of_rules(&ask.judgement, self.answerer) {
                        self.settle(*ask, source, decision, state, out);
                        continue;
                    }
                    if ask.diff.is_none() {
                        ask.diff = permission::proposed_diff(&ask.tool, &ask.arguments, &ask.directory);
                    }
                    What::Permission { ask, source, fixed }
                }
                What::Question { ask, questions } => {
                    if !matches!(self.answerer, ApproverKind::Somebody(_)) {
                        self.answer(&ask, questions, None, state, out);
                        continue;
                    }
                    What::Question { ask, questions }
                }
            };
            self.put(session_id, what, state);
        }
    }

    pub(super) fn put(&mut self, session_id: String, what: What, state: &TurnState) {
        let Some(mut prompter) = self.prompter.take() else {
            // The prompter is only missing while a question is open, and then this is not called.
            tracing::error!("the prompter is missing");
            self.answerer = ApproverKind::Nobody;
            self.queue.push_front(WaitingAsk { session_id, what });
            return;
        };
        let withdrawal = Withdrawal::default();
        let theirs = withdrawal.clone();
        let pause = match self.answerer {
            ApproverKind::Somebody(DecidedBy::Person) => READING_DELAY,
            _ => Duration::ZERO,
        };
        let thread = match &what {
            What::Permission { ask, .. } => {
                let ask = ask.clone();
                tokio::task::spawn_blocking(move || {
                    std::thread::sleep(pause);
                    let answer = prompter.ask(&ask, &theirs);
                    (prompter, ApproverReply::Permission(answer))
                })
            }
            What::Question { questions, .. } => {
                let questions = questions.clone();
                let subagent = subagent(&session_id, state);
                tokio::task::spawn_blocking(move || {
                    std::thread::sleep(pause);
                    let answer = prompter.question(&questions, subagent.as_deref(), &theirs);
                    (prompter, ApproverReply::Question(answer))
                })
            }
        };
        let leads_to = match &what {
            What::Permission { ask, .. } => self.policy.leads_to(&ask.action),
            What::Question { .. } => Vec::new(),
        };
        self.asking = Some(PendingAsk {
            session_id,
            what,
            leads_to,
            withdrawal,
            thread,
        });
    }

    /// Takes the approver's answer. A returned failure ends the run.
    pub(super) fn take_answer(
        &mut self,
        answered: Result<(Box<dyn Prompter>, ApproverReply), JoinError>,
        state: &TurnState,
        out: &mut Vec<Update>,
    ) -> Option<Failure> {
        let asking = self.asking.take()?;
        let reply = match answered {
            Ok((prompter, reply)) => {
                self.prompter = Some(prompter);
                Some(reply)
            }
            Err(error) => {
                tracing::error!(%error, "the prompter has failed");
                self.answerer = ApproverKind::Nobody;
                None
            }
        };
        let faults = self.faults.as_ref().map(Faults::take).unwrap_or_default();
        out.extend(faults.into_iter().map(Update::Warning));
        if asking.withdrawal.is_cancelled() {
            // A withdrawn question needs no answer; the code that withdrew it has settled its ask.
            return None;
        }
        // An answer of the wrong kind counts as no answer.
        match asking.what {
            What::Permission { ask, source, fixed } => {
                let answer = match reply {
                    Some(ApproverReply::Permission(answer)) => answer,
                    _ => Answer::Nobody,
                };
                let allows = matches!(answer, Answer::Once | Answer::Session(_));
                if allows && self.policy.leads_to(&ask.action) != asking.leads_to {
                    // The answer is about another file. What stands there now is asked about.
                    out.push(Update::Warning(
                        "what the question named leads elsewhere now, so it is asked again".to_owned(),
                    ));
                    self.queue.push_front(WaitingAsk {
                        session_id: asking.session_id,
                        what: What::Permission { ask, source, fixed },
                    });
                    return None;
                }
                self.take_permission_answer(*ask, source, answer, state, out)
            }
            What::Question { ask, questions } => {
                let answer = match reply {
                    Some(ApproverReply::Question(answer)) => answer,
                    _ => QuestionAnswer::Nobody,
                };
                self.take_question_answer(&ask, questions, answer, state, out)
            }
        }
    }

    pub(super) fn take_permission_answer(
        &mut self,
        ask: Ask,
        source: AskSource,
        answer: Answer,
        state: &TurnState,
        out: &mut Vec<Update>,
    ) -> Option<Failure> {
        let failure = match answer {
            Answer::Deny => Some(stopped(&ask, self.answerer)),
            Answer::Interrupted => Some(interrupted()),
            _ => None,
        };
        if answer == Answer::Nobody {
            // An approver that has gone is not asked again: a terminal does not come back.
            self.answerer = ApproverKind::Nobody;
        }
        let granted = match &answer {
            Answer::Session(rules) => rules.clone(),
            _ => Vec::new(),
        };
        let decision = match self.answerer {
            ApproverKind::Somebody(by) => GateDecision::of_answer(answer, by, &ask.judgement),
            ApproverKind::Yes | ApproverKind::Nobody => GateDecision::nobody(&ask.judgement),
        };
        if decision.scope == AuditScope::Session {
            self.policy.grant(&granted);
        }
        self.settle(ask, source, decision, state, out);
        failure
    }

    pub(super) fn take_question_answer(
        &mut self,
        ask: &QuestionAsk,
        questions: Vec<ModelQuestion>,
        answer: QuestionAnswer,
        state: &TurnState,
        out: &mut Vec<Update>,
    ) -> Option<Failure> {
        let failure = (answer == QuestionAnswer::Interrupted).then(interrupted);
        if answer == QuestionAnswer::Nobody {
            self.answerer = ApproverKind::Nobody;
        }
        let answers = match answer {
            QuestionAnswer::Answers(answers) => Some(answers),
            _ => None,
        };
        self.answer(ask, questions, answers, state, out);
        failure
    }

    pub(super) fn withdraw(&mut self, concerned: impl Fn(&What, &str) -> bool) {
        self.queue
            .retain(|waiting| !concerned(&waiting.what, &waiting.session_id));
        if let Some(asking) = &self.asking
            && concerned(&asking.what, &asking.session_id)
        {
            asking.withdrawal.cancel();
        }
    }
}
