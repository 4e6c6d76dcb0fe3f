//! The engine's events: its permission requests, the model's questions, replies to them, and changes of rules.

use std::collections::HashSet;

use serde_json::Value;

use super::super::state::TurnState;
use super::super::update::{ToolStatus, Update};
use super::asking::AskedCall;
use super::tamper::tampered;
use super::{AskSource, CONFIGURATION, Gatekeeper, WaitingAsk, What};
use crate::client::types::{PermissionAsk, QuestionAsk, Session};
use crate::error::Failure;
use crate::permission::{self, Action, DecidedBy, Judgement, ModelQuestion};
use crate::request::Effect;

impl Gatekeeper {
    /// Handles a permission request of the engine.
    pub(in crate::turn) fn asked(&mut self, ask: &PermissionAsk, state: &TurnState, out: &mut Vec<Update>) {
        if !self.seen.insert(ask.id.clone()) {
            return;
        }
        self.watch.asked(&ask.tool.call_id);
        let by_configuration = self.asks_by_configuration(ask, state);
        match self.passed.by(&ask.session_id, &ask.tool.call_id, &ask.permission) {
            // The decision on the call covers the engine's request, too; only a preset's decision gives way to the
            // user's configuration.
            Some(by) if by != DecidedBy::Preset || !by_configuration => {
                self.reply(&ask.id, true, None);
                return;
            }
            _ => {}
        }
        let (action, mut judgement) = self.strictest(ask, state);
        let outside = matches!(action, Action::Outside { .. });
        let mut fixed = by_configuration && judgement.effect == Effect::Allow && judgement.by_preset && !outside;
        if fixed {
            judgement.effect = Effect::Ask;
            judgement.grant.clear();
            judgement.rule = CONFIGURATION.to_owned();
        } else if matches!(action, Action::Fetch { .. }) && !self.has_gate {
            (judgement, fixed) = self.unseen_redirects(judgement);
        }
        let id = if ask.tool.call_id.is_empty() {
            &ask.id
        } else {
            &ask.tool.call_id
        };
        let asked = AskedCall {
            id,
            session_id: &ask.session_id,
            tool: &ask.permission,
            arguments: &ask.metadata,
        };
        let mut open = self.ask_of(asked, action, judgement, state);
        if let Some(diff) = ask.metadata.get("diff").and_then(Value::as_str) {
            open.diff = Some(diff.to_owned());
        }
        self.decide(open, AskSource::Engine(ask.clone()), fixed, state, out);
        self.put_next(state, out);
    }

    /// The strictest reading of a request: of the engine's own fields, and of the arguments of the calls with its id.
    /// The engine's fields name a file from the root of the work tree, and leave out where `grep` searches. The model
    /// chooses the ids of its calls, so several calls may share an id.
    fn strictest(&self, ask: &PermissionAsk, state: &TurnState) -> (Action, Judgement) {
        let action = Action::of_ask(ask);
        let judgement = self.policy.judge(&action);
        state
            .tools
            .calls
            .iter()
            .filter(|call| call.session_id == ask.session_id && call.call_id == ask.tool.call_id)
            // The arguments of a pending call are not complete.
            .filter(|call| call.status != ToolStatus::Pending)
            .map(|call| Action::of_call(&call.tool, &call.input))
            .filter(|seen| seen.tool() == action.tool())
            .map(|seen| {
                let judgement = self.policy.judge(&seen);
                (seen, judgement)
            })
            .fold((action.clone(), judgement), |strictest, seen| {
                if seen.1.effect > strictest.1.effect {
                    seen
                } else {
                    strictest
                }
            })
    }

    /// Whether the engine asks because of rules that we did not set: the rules of the run's agent, or of a subagent.
    pub(super) fn asks_by_configuration(&self, ask: &PermissionAsk, state: &TurnState) -> bool {
        if !state.is_root(&ask.session_id) {
            return true;
        }
        ask.patterns
            .iter()
            .any(|pattern| permission::asks(&self.agent_rules, &ask.permission, pattern))
    }

    /// Queues a question of the model.
    pub(in crate::turn) fn questioned(&mut self, ask: &QuestionAsk, state: &TurnState, out: &mut Vec<Update>) {
        if !self.seen.insert(ask.id.clone()) {
            return;
        }
        self.queue.push_back(WaitingAsk {
            session_id: ask.session_id.clone(),
            what: What::Question {
                questions: ask.questions.iter().map(ModelQuestion::read).collect(),
                ask: ask.clone(),
            },
        });
        self.put_next(state, out);
    }

    /// Handles a reply to a request. A returned failure ends the run: another client sent the reply.
    pub(in crate::turn) fn replied(
        &mut self,
        request: &str,
        reply: &str,
        state: &TurnState,
        out: &mut Vec<Update>,
    ) -> Option<Failure> {
        let failure = self.watch.replied(request, reply);
        if failure.is_none() && !self.watch.has_answered(request) {
            self.withdraw(|what, _| what.request().is_some_and(|ask| ask.id == request));
            self.put_next(state, out);
        }
        failure
    }

    /// Takes the requests that wait after a gap in the events. A returned failure ends the run: another client allowed
    /// a request meanwhile, and the call has run.
    pub(in crate::turn) fn after_gap(
        &mut self,
        pending: &HashSet<&str>,
        state: &TurnState,
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
            state.tools.calls.iter().any(|call| {
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

    /// Checks the rules of a new or changed session. A returned failure ends the run: another client changed the rules.
    pub(in crate::turn) fn session(&mut self, session: &Session, state: &TurnState) -> Option<Failure> {
        let rules = session.permission.as_ref()?;
        self.watch.rules(&session.id, state.is_root(&session.id), rules)
    }

    /// The engine discarded its state of the directory, including the tool gate and all waiting calls. A returned
    /// failure ends the run.
    pub(in crate::turn) fn disposed(&self) -> Option<Failure> {
        self.gate
            .is_some()
            .then(|| tampered("the engine was told to drop what it holds for the directory"))
    }

    /// Withdraws all asks of a session that has become idle.
    pub(in crate::turn) fn at_rest(&mut self, session: &str, state: &TurnState, out: &mut Vec<Update>) {
        self.withdraw(|_, of| of == session);
        self.put_next(state, out);
    }
}
