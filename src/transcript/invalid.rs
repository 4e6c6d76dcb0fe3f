//! Checks a document that comes from a file.

use std::collections::HashSet;

use serde_json::Value;

use super::document::{Transcript, text};
use crate::error::Failure;

/// Limit of an id, in bytes.
const MAX_ID_BYTES: usize = 128;

/// Why a file is not a conversation.
#[derive(Debug, thiserror::Error)]
pub enum Invalid {
    /// The file is not JSON, or has another structure.
    #[error("it is not an export of a session")]
    Shape(#[from] serde_json::Error),
    /// A field is missing or has another type.
    #[error("{0}")]
    Field(String),
    /// Two objects have the same id.
    #[error("the id `{0}` appears twice")]
    Twice(String),
}

impl Invalid {
    /// The failure of importing from `source`.
    pub fn into_failure(self, source: &str) -> Failure {
        Failure::usage(format!("cannot import {source}"))
            .caused_by(&self)
            .hint("`opencode-rs session export` and `opencode export` write what can be imported")
    }
}

impl Transcript {
    /// Reads and checks an export.
    ///
    /// # Errors
    ///
    /// When the file is not a valid export.
    pub fn parse(bytes: &[u8]) -> Result<Self, Invalid> {
        let document: Self = serde_json::from_slice(bytes)?;
        document.check()?;
        Ok(document)
    }

    fn check(&self) -> Result<(), Invalid> {
        let mut seen = HashSet::new();
        let mut new = |id: &str| {
            if seen.insert(id.to_owned()) {
                Ok(())
            } else {
                Err(Invalid::Twice(id.to_owned()))
            }
        };
        let session = identifier(&self.info, "id", "ses_", "the session")?;
        new(session)?;
        time(&self.info, "the session")?;
        for (index, message) in self.messages.iter().enumerate() {
            let name = format!("message {}", index + 1);
            let id = identifier(&message.info, "id", "msg_", &name)?;
            new(id)?;
            time(&message.info, &name)?;
            belongs(&message.info, "sessionID", session, &name)?;
            if !matches!(text(&message.info, "role"), "user" | "assistant") {
                return Err(Invalid::Field(format!(
                    "{name} is neither the user's nor the assistant's"
                )));
            }
            for part in &message.parts {
                let name = format!("a part of {name}");
                new(identifier(part, "id", "prt_", &name)?)?;
                belongs(part, "messageID", id, &name)?;
                belongs(part, "sessionID", session, &name)?;
                if text(part, "type").is_empty() {
                    return Err(Invalid::Field(format!("{name} has no `type`")));
                }
            }
        }
        Ok(())
    }
}

/// Checks an id, which becomes part of request paths.
fn identifier<'a>(value: &'a Value, field: &str, prefix: &str, of: &str) -> Result<&'a str, Invalid> {
    let id = text(value, field);
    let rest = id.strip_prefix(prefix).unwrap_or_default();
    let is_good =
        !rest.is_empty() && id.len() <= MAX_ID_BYTES && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if is_good {
        Ok(id)
    } else {
        Err(Invalid::Field(format!("{of} has no `{field}` such as `{prefix}…`")))
    }
}

fn time(value: &Value, of: &str) -> Result<(), Invalid> {
    match value
        .get("time")
        .and_then(|time| time.get("created"))
        .and_then(Value::as_f64)
    {
        Some(_) => Ok(()),
        None => Err(Invalid::Field(format!("{of} has no `time.created`"))),
    }
}

/// Checks that an optional field names its owner.
fn belongs(value: &Value, field: &str, owner: &str, of: &str) -> Result<(), Invalid> {
    match value.get(field) {
        None => Ok(()),
        Some(Value::String(id)) if id == owner => Ok(()),
        Some(_) => Err(Invalid::Field(format!(
            "{of} belongs to something else: its `{field}` is not `{owner}`"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn good() -> Value {
        json!({
            "info": { "id": "ses_1", "time": { "created": 1 } },
            "messages": [{
                "info": { "id": "msg_1", "sessionID": "ses_1", "role": "user", "time": { "created": 1 } },
                "parts": [{ "id": "prt_1", "messageID": "msg_1", "type": "text", "text": "hi" }],
            }],
        })
    }

    fn refusal(change: impl FnOnce(&mut Value)) -> String {
        let mut value = good();
        change(&mut value);
        Transcript::parse(value.to_string().as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn an_export_is_taken_and_everything_else_is_refused_with_the_place() {
        Transcript::parse(good().to_string().as_bytes()).unwrap();
        assert_eq!(
            Transcript::parse(b"# A title").unwrap_err().to_string(),
            "it is not an export of a session"
        );
        assert_eq!(
            refusal(|it| it["messages"] = json!(null)),
            "it is not an export of a session"
        );
        assert_eq!(
            refusal(|it| it["info"]["id"] = json!("ses_../../x")),
            "the session has no `id` such as `ses_…`"
        );
        assert_eq!(
            refusal(|it| it["info"]["time"] = json!(7)),
            "the session has no `time.created`"
        );
        assert_eq!(
            refusal(|it| it["messages"][0]["info"]["sessionID"] = json!("ses_2")),
            "message 1 belongs to something else: its `sessionID` is not `ses_1`"
        );
        assert_eq!(
            refusal(|it| it["messages"][0]["info"]["role"] = json!("system")),
            "message 1 is neither the user's nor the assistant's"
        );
        assert_eq!(
            refusal(|it| it["messages"][0]["parts"][0]["id"] = json!(1)),
            "a part of message 1 has no `id` such as `prt_…`"
        );
        assert_eq!(
            refusal(|it| {
                let message = it["messages"][0].clone();
                it["messages"].as_array_mut().unwrap().push(message);
            }),
            "the id `msg_1` appears twice"
        );
    }
}
