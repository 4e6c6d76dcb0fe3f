use std::path::Path;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::client::decode;
use crate::turn::ToolStatus;

const ROOT: &str = "ses_e07019a22ffedBYpS62WWWsxAz";
const PROMPT: &str = "msg_abc2";
const ANSWER: &str = "Let me look at é日😀 it.\n\nAll done: **alpha** is there.";

fn recording(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/events")
        .join(name);
    std::fs::read_to_string(path).unwrap()
}

fn events() -> Vec<Event> {
    recording("two_steps.jsonl")
        .lines()
        .map(|line| decode(line.as_bytes()).unwrap().event)
        .collect()
}

fn messages() -> Vec<MessageWithParts> {
    let mut messages: Vec<MessageWithParts> = serde_json::from_str(&recording("two_steps.messages.json")).unwrap();
    messages.remove(0);
    messages
}

fn event(value: &serde_json::Value) -> Event {
    decode(value.to_string().as_bytes()).unwrap().event
}

fn given_text(updates: &[Update]) -> String {
    let mut last = None;
    let mut text = String::new();
    for update in updates {
        if let Update::Text(delta) = update {
            if last.is_some_and(|last| last != &delta.part_id) && !text.ends_with("\n\n") {
                text.push('\n');
                if !text.ends_with("\n\n") {
                    text.push('\n');
                }
            }
            text.push_str(&delta.text);
            last = Some(&delta.part_id);
        }
    }
    text
}

#[test]
fn a_recorded_turn_is_given_out_piece_by_piece() {
    let mut state = TurnState::new(ROOT, PROMPT, 5);
    let mut out = Vec::new();
    for event in events() {
        assert!(!state.is_over(), "over before {event:?}");
        state.apply(&event, 0, &mut out);
        if state.is_over() {
            break;
        }
    }
    assert!(state.is_over());
    assert_eq!(given_text(&out), ANSWER);
    assert_eq!(state.answer_text(), ANSWER);
    assert_eq!(
        out.iter().filter(|update| matches!(update, Update::Text(_))).count(),
        10
    );
    let (usage, dollars) = state.usage();
    assert_eq!((usage.input, usage.output, usage.total), (20, 10, 30));
    assert!((dollars - 4e-5).abs() < 1e-12);
    assert_eq!(state.turns(), 2);
    let calls: Vec<_> = state
        .tools
        .calls
        .iter()
        .map(|call| (call.tool.as_str(), call.status))
        .collect();
    assert_eq!(calls, [("read", ToolStatus::Completed), ("bash", ToolStatus::Error)]);
    let finish = state.last_message().unwrap().finish.clone();
    assert_eq!(finish.as_deref(), Some("stop"));
}

#[test]
fn reading_the_messages_again_gives_nothing_out_twice() {
    let mut state = TurnState::new(ROOT, PROMPT, 5);
    let mut out = Vec::new();
    for event in events() {
        state.apply(&event, 0, &mut out);
    }
    let before = out.len();
    state.reconcile(&messages(), &mut out);
    state.reconcile(&messages(), &mut out);
    assert_eq!(out[before..], []);
}

#[test]
fn the_messages_alone_are_enough() {
    let mut state = TurnState::new(ROOT, PROMPT, 5);
    let mut out = Vec::new();
    state.reconcile(&messages(), &mut out);
    assert_eq!(given_text(&out), ANSWER);
    assert_eq!(state.answer_text(), ANSWER);
    assert_eq!(state.tools.calls.len(), 2);
}

/// Builds the stored messages from the events: whole parts, without deltas.
#[derive(Default)]
struct Store(Vec<MessageWithParts>);

impl Store {
    fn apply(&mut self, event: &Event) {
        match event {
            Event::Message(info) if info.is_assistant() => {
                match self.0.iter_mut().find(|message| message.info.id == info.id) {
                    Some(message) => message.info = info.clone(),
                    None => self.0.push(MessageWithParts {
                        info: info.clone(),
                        parts: Vec::new(),
                    }),
                }
            }
            Event::Part(part) => {
                let Some(message) = self.0.iter_mut().find(|message| message.info.id == part.message_id) else {
                    return;
                };
                match message.parts.iter_mut().find(|known| known.id == part.id) {
                    Some(known) => *known = part.clone(),
                    None => message.parts.push(part.clone()),
                }
            }
            _ => {}
        }
    }
}

proptest! {
    #[test]
    fn a_gap_anywhere_loses_nothing_and_repeats_nothing(from in 0_usize..50, length in 0_usize..50) {
        let mut state = TurnState::new(ROOT, PROMPT, 5);
        let mut out = Vec::new();
        let mut stored = Store::default();
        for (at, event) in events().iter().enumerate() {
            stored.apply(event);
            if at < from || at > from + length {
                state.apply(event, 0, &mut out);
            }
            if at == from + length {
                state.gap();
                state.reconcile(&stored.0, &mut out);
            }
        }
        state.reconcile(&messages(), &mut out);
        prop_assert_eq!(given_text(&out), ANSWER);
        prop_assert_eq!(state.answer_text(), ANSWER);
    }

    #[test]
    fn a_reading_that_is_ahead_of_the_events_repeats_nothing(at in 0_usize..50) {
        let mut state = TurnState::new(ROOT, PROMPT, 5);
        let mut out = Vec::new();
        for (position, event) in events().iter().enumerate() {
            if position == at {
                state.gap();
                state.reconcile(&messages(), &mut out);
            }
            state.apply(event, 0, &mut out);
        }
        prop_assert_eq!(given_text(&out), ANSWER);
    }

    #[test]
    fn repeated_events_repeat_nothing_but_deltas(at in 0_usize..50) {
        let mut state = TurnState::new(ROOT, PROMPT, 5);
        let mut out = Vec::new();
        for (position, event) in events().iter().enumerate() {
            state.apply(event, 0, &mut out);
            if position == at && !matches!(event, Event::Delta { .. }) {
                state.apply(event, 0, &mut out);
            }
        }
        prop_assert_eq!(given_text(&out), ANSWER);
    }
}

fn message(id: &str, role: &str, more: serde_json::Value) -> Event {
    let mut info = json!({"id": id, "sessionID": "ses_1", "role": role, "time": {"created": 1}});
    for (key, value) in more.as_object().unwrap() {
        info[key] = value.clone();
    }
    event(&json!({"type": "message.updated", "properties": {"info": info}}))
}

fn part(id: &str, message: &str, more: serde_json::Value) -> Event {
    let mut part = json!({"id": id, "sessionID": "ses_1", "messageID": message});
    for (key, value) in more.as_object().unwrap() {
        part[key] = value.clone();
    }
    event(&json!({"type": "message.part.updated", "properties": {"part": part}}))
}

fn delta(part: &str, text: &str) -> Event {
    event(&json!({"type": "message.part.delta", "properties":
        {"sessionID": "ses_1", "messageID": "msg_a", "partID": part, "field": "text", "delta": text}}))
}

fn apply(state: &mut TurnState, events: &[Event]) -> Vec<Update> {
    let mut out = Vec::new();
    for event in events {
        state.apply(event, 1_000, &mut out);
    }
    out
}

fn begun() -> TurnState {
    let mut state = TurnState::new("ses_1", "msg_u", 5);
    apply(
        &mut state,
        &[
            message("msg_u", "user", json!({})),
            message("msg_a", "assistant", json!({})),
        ],
    );
    state
}

#[test]
fn the_text_of_a_step_that_is_tried_again_does_not_count() {
    let mut state = begun();
    let retry = json!({"type": "session.status", "properties": {"sessionID": "ses_1",
        "status": {"type": "retry", "attempt": 1, "message": "Connection reset by server", "next": 3_000}}});
    let out = apply(
        &mut state,
        &[
            part("prt_s", "msg_a", json!({"type": "step-start"})),
            part(
                "prt_t",
                "msg_a",
                json!({"type": "text", "text": "", "time": {"start": 1}}),
            ),
            delta("prt_t", "half an ans"),
            event(&retry),
            part("prt_s2", "msg_a", json!({"type": "step-start"})),
            part(
                "prt_t2",
                "msg_a",
                json!({"type": "text", "text": "", "time": {"start": 1}}),
            ),
            delta("prt_t2", "half an answer"),
        ],
    );
    assert!(out.contains(&Update::TextVoid {
        part_id: "prt_t".into(),
        session_id: "ses_1".into()
    }));
    assert!(out.contains(&Update::Retry(Retry {
        session_id: "ses_1".into(),
        attempt: 1,
        max_attempts: 5,
        message: "Connection reset by server".into(),
        delay_ms: 2_000,
    })));
    assert_eq!(state.answer_text(), "half an answer");
    // The state does not decide whether the retry is made.
    assert_eq!(state.retries, 0);
    state.retries += 1;
    assert_eq!(state.retries, 1);
}

#[test]
fn stored_messages_show_which_tries_failed() {
    let stored: MessageWithParts = serde_json::from_value(json!({
        "info": {"id": "msg_a", "sessionID": "ses_1", "role": "assistant", "finish": "stop", "time": {"completed": 2}},
        "parts": [
            {"id": "1", "messageID": "msg_a", "type": "step-start"},
            {"id": "2", "messageID": "msg_a", "type": "text", "text": "void", "time": {"end": 1}},
            {"id": "3", "messageID": "msg_a", "type": "step-start"},
            {"id": "4", "messageID": "msg_a", "type": "text", "text": "good", "time": {"end": 1}},
            {"id": "5", "messageID": "msg_a", "type": "step-finish"},
        ]
    }))
    .unwrap();
    let mut state = begun();
    let mut out = Vec::new();
    state.reconcile(&[stored], &mut out);
    assert_eq!(state.answer_text(), "good");
    assert_eq!(given_text(&out), "good");
}

#[test]
fn two_streams_without_a_finish_reason_in_a_row_are_a_broken_provider() {
    let mut state = begun();
    apply(
        &mut state,
        &[message("msg_a", "assistant", json!({"finish": "unknown"}))],
    );
    assert!(!state.is_broken());
    apply(
        &mut state,
        &[message(
            "msg_a",
            "assistant",
            json!({"finish": "unknown", "time": {"completed": 3}}),
        )],
    );
    assert!(!state.is_broken(), "the same message is counted once");
    apply(
        &mut state,
        &[message("msg_b", "assistant", json!({"finish": "unknown"}))],
    );
    assert!(state.is_broken());
}

#[test]
fn a_good_step_between_two_broken_ones_is_no_broken_provider() {
    let mut state = begun();
    for (id, finish) in [("msg_a", "unknown"), ("msg_b", "tool-calls"), ("msg_c", "unknown")] {
        apply(&mut state, &[message(id, "assistant", json!({"finish": finish}))]);
    }
    assert!(!state.is_broken());
}

#[test]
fn summaries_without_a_step_between_them_are_a_conversation_that_is_too_long() {
    let compacted = event(&json!({"type": "session.compacted", "properties": {"sessionID": "ses_1"}}));
    let mut state = begun();
    apply(&mut state, &[compacted.clone(), compacted.clone()]);
    let step = message("msg_a", "assistant", json!({"finish": "stop"}));
    apply(&mut state, &[step, compacted.clone(), compacted.clone()]);
    assert!(!state.is_too_long());
    let failed = json!({"finish": "error", "error": {"name": "ContextOverflowError", "data": {"message": "too long"}}});
    apply(&mut state, &[message("msg_b", "assistant", failed), compacted]);
    assert!(state.is_too_long());
}

#[test]
fn messages_of_another_prompt_are_not_ours() {
    let mut state = TurnState::new("ses_1", "msg_u", 5);
    let out = apply(
        &mut state,
        &[
            message("msg_old", "assistant", json!({"cost": 7.0})),
            part(
                "prt_old",
                "msg_old",
                json!({"type": "text", "text": "old", "time": {"end": 1}}),
            ),
            message("msg_u", "user", json!({})),
            message("msg_old", "assistant", json!({"cost": 8.0})),
        ],
    );
    assert_eq!(out, []);
    assert_eq!(state.turns(), 0);
    assert!(state.usage().1.abs() < 1e-12);
}

#[test]
fn what_a_session_held_before_the_prompt_is_not_of_the_turn() {
    let old = json!({"cost": 7.0, "finish": "stop", "time": {"created": 10, "completed": 20}});
    let new = json!({"cost": 0.5, "finish": "stop", "time": {"created": 40, "completed": 50}});
    let mut state = TurnState::new("ses_1", "msg_u", 5);
    let child = json!({"id": "msg_child", "sessionID": "ses_2", "role": "assistant", "cost": 9.0,
        "time": {"created": 12, "completed": 15}});
    let out = apply(
        &mut state,
        &[
            message("msg_u", "user", json!({"time": {"created": 30}})),
            // The end of an earlier turn may be reported late.
            message("msg_old", "assistant", old.clone()),
            part(
                "prt_old",
                "msg_old",
                json!({"type": "text", "text": "old", "time": {"end": 1}}),
            ),
            message("msg_new", "assistant", new.clone()),
            part(
                "prt_new",
                "msg_new",
                json!({"type": "text", "text": "new", "time": {"end": 1}}),
            ),
            // A subagent of an earlier turn continues.
            event(&json!({"type": "session.updated", "properties": {"info": {"id": "ses_2", "parentID": "ses_1"}}})),
        ],
    );
    assert_eq!(given_text(&out), "new");
    // A prompt that is sent again is stored again, later than its answer.
    apply(
        &mut state,
        &[message("msg_u", "user", json!({"time": {"created": 60}}))],
    );
    let stored = |info: serde_json::Value| -> MessageWithParts {
        serde_json::from_value(json!({"info": info, "parts": [{"id": "prt_c", "sessionID": "ses_2",
            "messageID": "msg_child", "type": "tool", "tool": "bash", "callID": "c", "state": {"status": "completed"}}]}))
        .unwrap()
    };
    state.reconcile(&[stored(child)], &mut Vec::new());
    assert_eq!((state.turns(), state.model_calls()), (1, 1));
    assert!((state.usage().1 - 0.5).abs() < 1e-12);
    assert_eq!(state.tools.calls, []);
    assert!(state.is_older(29.0) && !state.is_older(30.0) && !state.is_older(0.0));
}

#[test]
fn an_answer_to_an_older_prompt_is_not_of_the_turn_whatever_its_time() {
    let answer = |id: &str, parent: &str, created: u64| {
        let more =
            json!({"parentID": parent, "finish": "stop", "time": {"created": created, "completed": created + 1}});
        message(id, "assistant", more)
    };
    let info = |event: &Event| match event {
        Event::Message(info) => info.clone(),
        other => panic!("no message: {other:?}"),
    };
    let old = answer("msg_old", "msg_first", 100);
    for prompt in [30, 200] {
        let mut state = TurnState::new("ses_1", "msg_u", 5);
        state.preceded_by(info(&old));
        let out = apply(
            &mut state,
            &[
                message("msg_u", "user", json!({"time": {"created": prompt}})),
                old.clone(),
                // One message began before the prompt, and the engine begins the other late.
                answer("msg_older", "msg_zero", 50),
                answer("msg_late", "msg_first", 300),
            ],
        );
        let stored = MessageWithParts {
            info: info(&old),
            parts: Vec::new(),
        };
        state.reconcile(&[stored], &mut Vec::new());
        assert_eq!((out, state.turns()), (Vec::new(), 0), "{prompt}");
        assert_eq!(state.clock_went_back(), prompt == 30);
        apply(
            &mut state,
            &[
                answer("msg_new", "msg_u", prompt + 1),
                // A message after a summary has a parent that the engine created.
                answer("msg_after", "msg_summary", 400),
            ],
        );
        assert_eq!(state.turns(), 2, "{prompt}");
    }
}

#[test]
fn the_last_message_is_the_newest_also_when_an_earlier_one_was_missed() {
    let mut state = TurnState::new("ses_1", "msg_u", 5);
    let step = |id: &str, finish: &str, created: u64| {
        message(
            id,
            "assistant",
            json!({"finish": finish, "time": {"created": created, "completed": created + 1}}),
        )
    };
    apply(
        &mut state,
        &[
            message("msg_u", "user", json!({"time": {"created": 30}})),
            step("msg_2", "stop", 50),
            step("msg_1", "tool-calls", 40),
        ],
    );
    assert_eq!(state.last_message().map(|message| message.id.as_str()), Some("msg_2"));
}

#[test]
fn a_subagent_counts_for_cost_and_not_for_the_answer() {
    let mut state = begun();
    let child = |kind: &str, info: serde_json::Value| event(&json!({"type": kind, "properties": info}));
    let out = apply(
        &mut state,
        &[
            child("session.created", json!({"info": {"id": "ses_2", "parentID": "ses_1"}})),
            child(
                "message.updated",
                json!({"info": {"id": "msg_c", "sessionID": "ses_2", "role": "assistant", "cost": 0.5}}),
            ),
            child(
                "message.part.updated",
                json!({"part": {"id": "prt_c", "sessionID": "ses_2", "messageID": "msg_c",
                "type": "text", "text": "I am the child", "time": {"end": 1}}}),
            ),
        ],
    );
    assert_eq!(
        out[0],
        Update::Status(TurnStatus::SubagentStarted {
            session_id: "ses_2".into(),
            parent_id: "ses_1".into()
        })
    );
    assert!(matches!(&out[1], Update::Text(delta) if delta.subagent && delta.text == "I am the child"));
    assert_eq!(state.answer_text(), "");
    assert!((state.usage().1 - 0.5).abs() < 1e-12);
}

#[test]
fn half_a_character_waits_for_the_whole_text() {
    let mut state = begun();
    let broken = Event::Delta {
        session_id: "ses_1".into(),
        message_id: "msg_a".into(),
        part_id: "prt_t".into(),
        text: "\u{FFFD}".into(),
        exact: false,
    };
    let out = apply(
        &mut state,
        &[
            part(
                "prt_t",
                "msg_a",
                json!({"type": "text", "text": "", "time": {"start": 1}}),
            ),
            delta("prt_t", "smile "),
            broken,
            delta("prt_t", " and more"),
            part(
                "prt_t",
                "msg_a",
                json!({"type": "text", "text": "smile 😀 and more", "time": {"start": 1, "end": 2}}),
            ),
        ],
    );
    assert_eq!(given_text(&out), "smile 😀 and more");
}

#[test]
fn the_summary_of_a_compaction_is_no_answer() {
    let mut state = begun();
    let out = apply(
        &mut state,
        &[
            message("msg_s", "assistant", json!({"summary": true, "agent": "compaction"})),
            part(
                "prt_s",
                "msg_s",
                json!({"type": "text", "text": "long ago", "time": {"end": 1}}),
            ),
            part(
                "prt_a",
                "msg_a",
                json!({"type": "text", "text": "now", "time": {"end": 1}}),
            ),
        ],
    );
    assert_eq!(given_text(&out), "now");
    assert_eq!(state.last_message().unwrap().id, "msg_a");
}
