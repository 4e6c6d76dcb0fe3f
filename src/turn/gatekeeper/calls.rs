//! What comes by the gate: tool calls, before they run.

use std::collections::HashSet;
use std::path::Path;

use serde_json::Value;
use tokio::time::timeout;

use super::super::limits::{allows_tool_call, too_many_tool_calls};
use super::super::state::State;
use super::super::update::Update;
use super::verdict::Verdict;
use super::{DEEPEST, Gatekeeper, Source, TRACING, mentions};
use crate::api::Client;
use crate::api::types::Session;
use crate::error::Failure;
use crate::gate::{GateCall, Moment};
use crate::permission::{Action, DOOM_LOOP, DecidedBy, Judgement};
use crate::support::visible::visible;

impl Gatekeeper {
    /// A call waits at the gate. A failure ends the run.
    pub(super) fn call(&mut self, call: GateCall, state: &State, out: &mut Vec<Update>) -> Option<Failure> {
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
    pub(super) fn judge(&mut self, call: &GateCall, action: &Action, state: &State) -> (Judgement, bool) {
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

    /// Looks whose a session is that the engine has not told us of yet: a subagent's is ours when its parents are.
    pub(super) fn trace(&mut self, call: GateCall, state: &State) {
        let known: HashSet<String> = state.sessions().map(str::to_owned).collect();
        let client = self.client.clone();
        self.tracing.spawn(async move {
            let tracing = timeout(TRACING, line_to(&client, &call.session_id, &known));
            let line = tracing.await.ok().flatten();
            (call, line)
        });
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

/// A call of a session that is none of the run's. In an engine of several it may be another one's.
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
