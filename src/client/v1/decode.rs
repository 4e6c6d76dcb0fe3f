//! The events of an engine of version 1, decoded from frames.

use serde::Deserialize;
use serde_json::Value;

use super::super::event::{Event, Received};

/// The stream of the events of all directories.
pub(in crate::client) const EVENTS: &str = "/global/event";

/// Decodes a frame of `/event` or `/global/event`.
///
/// `None` for values that are not an object with a type, and for the second copies of durable events (`sync`).
pub fn decode(frame: &[u8]) -> Option<Received> {
    let (mut value, exact): (Value, bool) = match serde_json::from_slice(frame) {
        Ok(value) => (value, true),
        Err(_) => (serde_json::from_slice(&without_half_characters(frame)?).ok()?, false),
    };
    // The global stream wraps the event; the directory's own stream does not.
    let payload = match value.get_mut("payload") {
        Some(payload) => payload.take(),
        None => value,
    };
    let kind = payload.get("type")?.as_str()?.to_owned();
    if kind == "sync" {
        return None;
    }
    let properties = payload.get("properties").cloned().unwrap_or(Value::Null);
    let event = read(&kind, properties, exact).unwrap_or(Event::Unknown { kind });
    Some(Received { event, raw: payload })
}

/// `None` for an unknown type, or properties in an unknown format.
fn read(kind: &str, properties: Value, exact: bool) -> Option<Event> {
    let field = |name: &str| properties.get(name).cloned();
    let text = |name: &str| properties.get(name).and_then(Value::as_str).map(str::to_owned);
    Some(match kind {
        "server.connected" => Event::Connected,
        "server.heartbeat" => Event::Heartbeat,
        "server.instance.disposed" => Event::InstanceDisposed,
        "session.created" | "session.updated" => Event::Session(parse(field("info")?)?),
        "session.status" => Event::Status {
            session_id: text("sessionID")?,
            status: parse(field("status")?)?,
        },
        "session.idle" => Event::Idle {
            session_id: text("sessionID")?,
        },
        "session.error" => Event::Error {
            session_id: text("sessionID"),
            error: parse(field("error")?)?,
        },
        "session.compacted" => Event::Compacted {
            session_id: text("sessionID")?,
        },
        "message.updated" => Event::Message(parse(field("info")?)?),
        "message.part.updated" => Event::Part(parse(field("part")?)?),
        "message.part.delta" => Event::Delta {
            session_id: text("sessionID")?,
            message_id: text("messageID")?,
            part_id: text("partID")?,
            text: text("delta")?,
            exact,
        },
        "permission.asked" => Event::PermissionAsked(parse(properties)?),
        "permission.replied" => Event::PermissionReplied {
            session_id: text("sessionID")?,
            request_id: text("requestID")?,
            reply: text("reply").unwrap_or_default(),
        },
        "question.asked" => Event::QuestionAsked(parse(properties)?),
        "todo.updated" => Event::Todo {
            session_id: text("sessionID")?,
            todos: parse(field("todos")?)?,
        },
        "file.edited" => Event::FileEdited { file: text("file")? },
        _ => return None,
    })
}

/// Replaces lone surrogates, as `\ud83d` without its other half, by the replacement character.
///
/// The engine cuts text between any two units of UTF-16, and JSON can carry a half that UTF-8 cannot. `None` when there
/// is nothing to replace.
fn without_half_characters(frame: &[u8]) -> Option<Vec<u8>> {
    let unit = |at: usize| -> Option<u16> {
        let digits = frame.get(at..at + 6)?.strip_prefix(b"\\u")?;
        u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
    };
    let mut out = Vec::with_capacity(frame.len());
    let mut at = 0;
    let mut replaced = false;
    while at < frame.len() {
        let (length, keep) = match (unit(at), unit(at + 6)) {
            (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => (12, true),
            (Some(0xD800..=0xDFFF), _) => (6, false),
            (Some(_), _) => (6, true),
            // An escaped backslash must not be taken for the beginning of the next escape.
            (None, _) if frame[at] == b'\\' => (2, true),
            (None, _) => (1, true),
        };
        let end = (at + length).min(frame.len());
        if keep {
            out.extend_from_slice(&frame[at..end]);
        } else {
            out.extend_from_slice(b"\\ufffd");
            replaced = true;
        }
        at = end;
    }
    replaced.then_some(out)
}

fn parse<T: for<'de> Deserialize<'de>>(value: Value) -> Option<T> {
    serde_json::from_value(value).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::types::{PartKind, SessionStatus};
    use proptest::prelude::*;

    #[test]
    fn a_wrapped_event_and_a_bare_one_are_the_same() {
        let bare = br#"{"id":"evt_1","type":"session.idle","properties":{"sessionID":"ses_1"}}"#;
        let wrapped =
            br#"{"directory":"/p","payload":{"id":"evt_1","type":"session.idle","properties":{"sessionID":"ses_1"}}}"#;
        let expected = Event::Idle {
            session_id: "ses_1".into(),
        };
        assert_eq!(decode(bare).unwrap().event, expected);
        assert_eq!(decode(wrapped).unwrap(), decode(bare).unwrap());
    }

    #[test]
    fn the_second_copy_of_a_durable_event_is_dropped() {
        assert_eq!(
            decode(br#"{"payload":{"type":"sync","syncEvent":{"type":"session.created.1"},"id":"evt_1"}}"#),
            None
        );
    }

    #[test]
    fn what_is_new_or_changed_is_unknown_and_kept() {
        for frame in [
            r#"{"type":"galaxy.exploded","properties":{"when":"now"}}"#,
            r#"{"type":"session.idle","properties":{"sessionID":7}}"#,
            r#"{"type":"session.status","properties":{}}"#,
            r#"{"type":"todo.updated"}"#,
        ] {
            let received = decode(frame.as_bytes()).unwrap();
            assert!(matches!(received.event, Event::Unknown { .. }), "{frame}");
            assert_eq!(received.raw, serde_json::from_str::<Value>(frame).unwrap());
        }
    }

    #[test]
    fn half_a_character_does_not_lose_the_event() {
        let frame = br#"{"type":"message.part.delta","properties":{"sessionID":"ses_1","messageID":"msg_1",
            "partID":"prt_1","field":"text","delta":"a\\ud83d \ud83d\ude00 \ud83d"}}"#;
        let Event::Delta { text, exact, .. } = decode(frame).unwrap().event else {
            panic!("not a delta");
        };
        assert_eq!((text.as_str(), exact), ("a\\ud83d \u{1F600} \u{FFFD}", false));
    }

    #[test]
    fn fields_of_another_shape_do_not_spoil_a_part() {
        let frame = br#"{"type":"message.part.updated","properties":{"part":{"id":"prt_1","messageID":"msg_1",
            "sessionID":"ses_1","type":"hologram","text":{"not":"text"},"time":"noon","state":[1]}}}"#;
        let Event::Part(part) = decode(frame).unwrap().event else {
            panic!("not a part");
        };
        assert_eq!(part.id, "prt_1");
        assert_eq!(part.kind, PartKind::Unknown);
        assert_eq!(part.text, "");
    }

    #[test]
    fn a_status_of_a_newer_engine_is_unknown_not_an_error() {
        let frame = br#"{"type":"session.status","properties":{"sessionID":"ses_1","status":{"type":"dreaming"}}}"#;
        assert_eq!(
            decode(frame).unwrap().event,
            Event::Status {
                session_id: "ses_1".into(),
                status: SessionStatus::Unknown
            }
        );
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_decoder_fail(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = decode(&bytes);
        }
    }
}
