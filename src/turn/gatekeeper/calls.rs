//! Tool calls at the tool gate, before they run.

use std::collections::HashSet;
use std::path::Path;

use serde_json::Value;
use tokio::time::timeout;

use super::super::checked_answer::{ENOUGH, TITLE_AGENT};
use super::super::limits::{allows_tool_call, too_many_tool_calls};
use super::super::state::TurnState;
use super::super::update::Update;
use super::asking::{AskedCall, redirected};
use super::decision::GateDecision;
use super::order::FileAccess;
use super::{AskSource, Gatekeeper, MAX_SUBAGENT_DEPTH, TRACE_TIMEOUT, mentions};
use crate::client::Client;
use crate::client::types::Session;
use crate::error::Failure;
use crate::gate::{GateCall, Moment};
use crate::permission::{Action, DOOM_LOOP, DecidedBy, INVALID, Judgement};
use crate::request::Effect;
use crate::support::visible::visible;

impl Gatekeeper {
    /// Judges a call at the tool gate. A returned failure ends the run.
    pub(super) fn call(&mut self, call: GateCall, state: &TurnState, out: &mut Vec<Update>) -> Option<Failure> {
        let call = self.answer_call(call, state)?;
        let has_passed = |tool| self.passed.by(&call.session_id, &call.call_id, tool).is_some();
        match call.moment {
            Moment::Call | Moment::Model => {}
            // Just before a process starts: passes only for a call whose command was judged and allowed.
            Moment::Shell if has_passed("bash") => {
                call.pass();
                return None;
            }
            Moment::Redirect if has_passed("webfetch") => {}
            Moment::Shell | Moment::Redirect => {
                call.refuse("Nothing runs that was not allowed.");
                return None;
            }
        }
        let mut action = Action::of_call(&call.tool, &call.arguments);
        let access = FileAccess::of(&action, &self.policy);
        if call.moment == Moment::Call && self.order.must_wait(access) {
            self.order.waiting.push(call);
            return None;
        }
        let number = self.passed.count(&call.session_id, &call.call_id);
        let (judgement, fixed) = match call.moment {
            Moment::Redirect => (redirected(self.policy.judge(&action), &call), false),
            _ => self.judge(&call, &action, state),
        };
        if is_anothers(&call) {
            action = Action::Other {
                tool: call.tool.clone(),
                subject: None,
            };
        }
        let asked = AskedCall {
            id: &call.call_id,
            session_id: &call.session_id,
            tool: &call.tool,
            arguments: &call.arguments,
        };
        let ask = self.ask_of(asked, action, judgement, state);
        // When several calls come at once, the events may not have announced all of them yet.
        let too_many = self
            .limits
            .tool_calls
            .is_some_and(|limit| number > limit.get() as usize);
        if too_many || !allows_tool_call(state, &self.limits, &call.session_id, &call.call_id) {
            let failure = too_many_tool_calls(&self.limits);
            let decision = GateDecision::ends_the_run(DecidedBy::Limit, failure.message.clone());
            self.settle(ask, AskSource::Gate(call), decision, state, out);
            return Some(failure);
        }
        self.decide(ask, AskSource::Gate(call), fixed, state, out);
        None
    }

    /// Handles calls of the tool that gives the answer, and calls of the model; gives back any other call.
    fn answer_call(&mut self, call: GateCall, state: &TurnState) -> Option<GateCall> {
        let mut answer = self.answer.as_mut();
        match call.moment {
            Moment::Model => {
                let is_of_turn = call.arguments["agent"] != TITLE_AGENT;
                if is_of_turn && answer.is_some_and(|answer| answer.is_over) {
                    call.refuse(ENOUGH);
                } else {
                    call.pass();
                }
            }
            // The engine's name for a call whose arguments are no JSON.
            Moment::Call if call.tool == INVALID => {
                let meant = call.arguments["tool"].as_str().unwrap_or_default();
                let Some(answer) = answer.filter(|answer| answer.is_given_by(meant) && state.is_root(&call.session_id))
                else {
                    return Some(call);
                };
                call.refuse(answer.take_broken());
            }
            Moment::Call if answer.as_ref().is_some_and(|answer| answer.is_given_by(&call.tool)) => {
                if !state.is_root(&call.session_id) {
                    call.refuse("Only the main agent gives the answer to the user.");
                } else if let Some(Err(wrong)) = answer.as_mut().map(|answer| answer.take_arguments(&call.arguments)) {
                    call.refuse(wrong);
                } else {
                    call.pass();
                }
            }
            _ => return Some(call),
        }
        None
    }

    /// Judges a call; also returns whether that judgement adds to the policy's judgement of the action.
    pub(super) fn judge(&mut self, call: &GateCall, action: &Action, state: &TurnState) -> (Judgement, bool) {
        let mut judgement = self.policy.judge(action);
        let mut fixed = false;
        if is_anothers(call) {
            let why = format!("`{}` is a tool of a plugin or an MCP server here", call.tool);
            judgement = narrowed(judgement, self.policy.of_other_tools(), &why);
            fixed = true;
        } else if matches!(action, Action::Fetch { .. }) && !call.redirects_come {
            (judgement, fixed) = self.unseen_redirects(judgement);
        }
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
        if let Action::Read { path } = action
            && let Some(stricter) = super::instructions::judge(&self.policy, &judgement, path, &self.directory)
        {
            judgement = stricter;
            fixed = true;
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

    /// Judges an address that rules allow when no check sees its redirects; also returns whether that judgement adds to
    /// the policy's.
    pub(super) fn unseen_redirects(&self, judgement: Judgement) -> (Judgement, bool) {
        if judgement.effect != Effect::Allow || self.policy.allows_every_address() {
            return (judgement, false);
        }
        (narrowed(judgement, Effect::Ask, UNSEEN_REDIRECTS), true)
    }

    /// Looks up the parents of a session that no event has announced: a subagent's session belongs to this run when its
    /// parents do.
    pub(super) fn trace(&mut self, call: GateCall, state: &TurnState) {
        let known: HashSet<String> = state.sessions().map(str::to_owned).collect();
        let client = self.client.clone();
        self.tracing.spawn(async move {
            let tracing = timeout(TRACE_TIMEOUT, line_to(&client, &call.session_id, &known));
            let line = tracing.await.ok().flatten();
            (call, line)
        });
    }
}

/// The reason for asking about an address whose redirects cannot be judged.
const UNSEEN_REDIRECTS: &str = "redirects of this address cannot be judged in this engine";

/// Whether a plugin or an MCP server has given a tool of its own the name of a built-in tool.
fn is_anothers(call: &GateCall) -> bool {
    !call.is_engines && call.moment == Moment::Call && Action::is_known(&call.tool)
}

/// Makes a judgement at least as strict as `effect`, for the reason `why`.
fn narrowed(judgement: Judgement, effect: Effect, why: &str) -> Judgement {
    if judgement.effect == Effect::Deny {
        return judgement;
    }
    Judgement {
        effect: judgement.effect.max(effect),
        rule: why.to_owned(),
        by_preset: false,
        parts: Vec::new(),
        grant: Vec::new(),
    }
}

/// The sessions from `session` up to the child of a known session; `None` when no known session is above it.
async fn line_to(client: &Client, session: &str, known: &HashSet<String>) -> Option<Vec<Session>> {
    let mut line: Vec<Session> = Vec::new();
    let mut next = session.to_owned();
    while !known.contains(&next) {
        if next.is_empty() || line.len() == MAX_SUBAGENT_DEPTH {
            return None;
        }
        let found = client.session(&next).await.ok()?;
        next = found.parent_id.clone()?;
        line.push(found);
    }
    Some(line)
}

/// Disowns a call of a session that does not belong to this run. In a shared engine it may belong to another run.
pub(super) fn leave_to_others(call: GateCall, shared: bool, out: &mut Vec<Update>) {
    tracing::debug!(
        session = call.session_id,
        tool = call.tool,
        "a call of a session that is not ours"
    );
    if !shared {
        out.push(Update::Warning(format!(
            "`{}` was refused to a session that does not belong to this run",
            visible(&call.tool)
        )));
    }
    call.disown();
}
