//! The limits of an agent: model calls, tool calls, tokens, cost.
//!
//! The engine has no enforced limits (its `steps` is advice to the model), so this module checks them, from the state
//! of the whole session tree, after each event. Invariants: with a limit of `n`, `n` are allowed; the next one ends the
//! turn, as early as the events announce it.

use super::TurnState;
use super::usage::decimal;
use crate::error::{Failure, FailureKind};
use crate::request::AgentLimits;

/// Whether a limit is exceeded, or the next step will exceed it; the failure names the limit.
pub(super) fn exceeded(state: &TurnState, limits: &AgentLimits) -> Option<Failure> {
    // Runs on every event: computes nothing that no limit asks for.
    let goes_on = || state.will_call_the_model();
    if let Some(limit) = limits.turns {
        let turns = state.model_calls();
        if turns > limit.get() || turns == limit.get() && goes_on() {
            return Some(failure(
                &format!("it needs more than {}", counted(limit.get().into(), "turn")),
                "--max-turns",
            ));
        }
    }
    if limits.tool_calls.is_some_and(|limit| calls(state) > limit.get()) {
        return Some(too_many_tool_calls(limits));
    }
    if limits.tokens.is_none() && limits.cost.is_none() {
        return None;
    }
    let (usage, dollars) = state.usage();
    if let Some(limit) = limits.tokens
        && (usage.total > limit.get() || usage.total == limit.get() && goes_on())
    {
        return Some(failure(
            &format!("it used {}, and may use {limit}", counted(usage.total, "token")),
            "--max-tokens",
        ));
    }
    if let Some(limit) = limits.cost
        && (dollars > limit.as_f64() + ROUNDING || dollars >= limit.as_f64() && goes_on())
    {
        return Some(failure(
            &format!("it cost {} dollars, and may cost {limit}", decimal(dollars)),
            "--max-cost",
        ));
    }
    None
}

/// Half of the smallest amount that can be typed, in dollars: sums of prices are not exact.
const ROUNDING: f64 = 0.000_000_000_5;

/// Whether the call with the id `call_id`, announced or not, is within the limit: a call counts from its announcement. When several calls share the id,
/// which the model chooses, this judges the last of them.
pub(super) fn allows_tool_call(state: &TurnState, limits: &AgentLimits, session_id: &str, call_id: &str) -> bool {
    let Some(limit) = limits.tool_calls else { return true };
    let known = &state.tools.calls;
    let before = known
        .iter()
        .rposition(|call| call.session_id == session_id && call.call_id == call_id)
        .unwrap_or(known.len());
    before < limit.get() as usize
}

/// The failure of a turn that asked for one tool call too many.
pub(super) fn too_many_tool_calls(limits: &AgentLimits) -> Failure {
    let limit = limits.tool_calls.map_or(0, |limit| limit.get().into());
    failure(
        &format!("it needs more than {}", counted(limit, "tool call")),
        "--max-tool-calls",
    )
}

fn calls(state: &TurnState) -> u32 {
    u32::try_from(state.tools.calls.len()).unwrap_or(u32::MAX)
}

fn counted(number: u64, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

fn failure(what: &str, flag: &str) -> Failure {
    Failure::new(FailureKind::Limit, format!("cannot finish the turn: {what}"))
        .hint(format!("raise `{flag}`, or leave it out"))
}

#[cfg(test)]
mod tests {
    use std::num::{NonZeroU32, NonZeroU64};

    use serde_json::{Value, json};

    use super::*;
    use crate::client::{Event, decode};

    fn event(value: &Value) -> Event {
        decode(value.to_string().as_bytes()).unwrap().event
    }

    fn message(id: &str, session: &str, more: &Value) -> Event {
        let mut info = json!({"id": id, "sessionID": session, "role": "assistant", "parentID": "msg_p"});
        for (key, value) in more.as_object().unwrap() {
            info[key] = value.clone();
        }
        event(&json!({"type": "message.updated", "properties": {"info": info}}))
    }

    fn tool(id: &str, message: &str, tool: &str) -> Event {
        event(&json!({"type": "message.part.updated", "properties": {"part": {
            "id": format!("prt_{id}"), "messageID": message, "sessionID": "ses_1", "type": "tool", "tool": tool,
            "callID": id, "state": {"status": "running", "input": {}},
        }}}))
    }

    fn begun() -> TurnState {
        let mut state = TurnState::new("ses_1", "msg_p", 5);
        let prompt = json!({"type": "message.updated", "properties": {"info":
            {"id": "msg_p", "sessionID": "ses_1", "role": "user"}}});
        let child = json!({"type": "session.created", "properties": {"info": {"id": "ses_2", "parentID": "ses_1"}}});
        for value in [prompt, child] {
            state.apply(&event(&value), 0, &mut Vec::new());
        }
        state
    }

    /// The message of the failure, if any, after each event.
    fn said(limits: &AgentLimits, events: &[Event]) -> Vec<Option<String>> {
        let mut state = begun();
        events
            .iter()
            .map(|event| {
                state.apply(event, 0, &mut Vec::new());
                exceeded(&state, limits).map(|failure| failure.message)
            })
            .collect()
    }

    fn turns(limit: u32) -> AgentLimits {
        AgentLimits {
            turns: NonZeroU32::new(limit),
            ..AgentLimits::default()
        }
    }

    #[test]
    fn the_turn_after_the_last_one_is_seen_coming() {
        let tool_calls = json!({"finish": "tool-calls"});
        let events = [
            message("msg_1", "ses_1", &json!({})),
            message("msg_1", "ses_1", &tool_calls),
            message("msg_2", "ses_2", &json!({})),
            message("msg_2", "ses_2", &json!({"finish": "stop"})),
            message("msg_3", "ses_1", &json!({})),
        ];
        let more_than = |n: &str| Some(format!("cannot finish the turn: it needs more than {n}"));
        assert_eq!(said(&turns(1), &events[..2]), [None, more_than("1 turn")]);
        let two = said(&turns(2), &events);
        // The subagent's model call counts, and the call that must follow is the third.
        assert_eq!(two[..2], [None, None]);
        assert_eq!(two[4], more_than("2 turns"));
        assert_eq!(said(&turns(3), &events), [None, None, None, None, None]);
        assert_eq!(said(&AgentLimits::default(), &events), [None, None, None, None, None]);
    }

    #[test]
    fn a_structured_answer_is_the_last_turn() {
        let events = [
            message("msg_1", "ses_1", &json!({})),
            tool("call_1", "msg_1", "StructuredOutput"),
            message("msg_1", "ses_1", &json!({"finish": "tool-calls"})),
        ];
        assert_eq!(said(&turns(1), &events), [None, None, None]);
    }

    #[test]
    fn the_call_after_the_last_one_is_not_allowed() {
        let limits = AgentLimits {
            tool_calls: NonZeroU32::new(2),
            ..AgentLimits::default()
        };
        let mut state = begun();
        assert!(allows_tool_call(&state, &limits, "ses_1", "call_1"));
        let events = [
            message("msg_1", "ses_1", &json!({})),
            tool("call_1", "msg_1", "read"),
            tool("call_2", "msg_1", "glob"),
        ];
        for event in &events {
            state.apply(event, 0, &mut Vec::new());
        }
        let allowed = ["call_1", "call_2", "call_3"].map(|id| allows_tool_call(&state, &limits, "ses_1", id));
        assert_eq!(allowed, [true, true, false]);
        assert!(exceeded(&state, &limits).is_none());
        state.apply(&tool("call_3", "msg_1", "glob"), 0, &mut Vec::new());
        let failure = exceeded(&state, &limits).unwrap();
        assert_eq!(failure.kind, FailureKind::Limit);
        assert_eq!(
            failure.message,
            "cannot finish the turn: it needs more than 2 tool calls"
        );
        assert_eq!(failure.hints, ["raise `--max-tool-calls`, or leave it out"]);
        assert!(allows_tool_call(&state, &AgentLimits::default(), "ses_1", "call_3"));
    }

    #[test]
    fn tokens_and_money_are_summed_over_the_tree() {
        let used = |total: u32, cost: f64| json!({"finish": "stop", "tokens": {"total": total}, "cost": cost});
        let events = [
            message("msg_1", "ses_1", &used(60, 0.1)),
            message("msg_2", "ses_2", &used(40, 0.2)),
            message("msg_3", "ses_1", &used(1, 0.000_000_1)),
        ];
        let limits = AgentLimits {
            tokens: NonZeroU64::new(100),
            ..AgentLimits::default()
        };
        assert_eq!(
            said(&limits, &events),
            [
                None,
                None,
                Some("cannot finish the turn: it used 101 tokens, and may use 100".to_owned())
            ]
        );
        let limits = AgentLimits {
            cost: Some("0.3".parse().unwrap()),
            ..AgentLimits::default()
        };
        assert_eq!(
            said(&limits, &events),
            [
                None,
                None,
                Some("cannot finish the turn: it cost 0.3000001 dollars, and may cost 0.3".to_owned())
            ]
        );
        // The limit is used up exactly, and the turn is not over.
        let goes_on = message(
            "msg_1",
            "ses_1",
            &json!({"finish": "tool-calls", "tokens": {"total": 100}}),
        );
        let limits = AgentLimits {
            tokens: NonZeroU64::new(100),
            ..AgentLimits::default()
        };
        assert!(said(&limits, &[goes_on])[0].is_some());
    }
}
