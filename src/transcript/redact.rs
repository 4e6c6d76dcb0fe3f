//! A document without private data.
//!
//! The conversation stays: prompts, answers, and which tools ran on what. Removed are the contents of files and the
//! output of commands, facts about the machine, and the user's private data. A program cannot recognise a secret in a
//! prompt; the user must check the text.

use serde_json::{Map, Value, json};

use super::document::{Transcript, holds, text};

/// Arguments of tools that describe the action and contain no file's contents.
const HARMLESS: [&str; 14] = [
    "command",
    "description",
    "filePath",
    "path",
    "pattern",
    "include",
    "url",
    "query",
    "name",
    "subagent_type",
    "format",
    "workdir",
    "prompt",
    "skill",
];

/// The fields of a session or a message that stay; all others are removed.
const SESSION: [&str; 12] = [
    "id",
    "slug",
    "projectID",
    "directory",
    "path",
    "parentID",
    "title",
    "agent",
    "model",
    "version",
    "cost",
    "tokens",
];
/// The fields of a message that are removed: addresses and responses of providers, patches of files.
const OF_MESSAGE: [&str; 2] = ["summary", "metadata"];

impl Transcript {
    /// Removes the contents of files, the output of tools, the model's reasoning, rules, links of shared sessions and
    /// responses of providers; replaces `home` by `~`.
    #[must_use]
    pub fn redacted(mut self, home: &str) -> Self {
        if let Value::Object(info) = &mut self.info {
            info.retain(|name, _| SESSION.contains(&name.as_str()) || name == "time");
        }
        for message in &mut self.messages {
            if let Value::Object(info) = &mut message.info {
                redact_message(info);
            }
            for part in &mut message.parts {
                redact_part(part);
            }
        }
        let home = home.trim_end_matches('/');
        if !home.is_empty() {
            self.change_strings(&|text| *text = without_home(text, home));
        }
        self
    }
}

fn redact_message(info: &mut Map<String, Value>) {
    for name in OF_MESSAGE {
        // `true` marks the summary of a compaction.
        if info.get(name) != Some(&Value::Bool(true)) {
            info.remove(name);
        }
    }
    if let Some(Value::Object(data)) = info.get_mut("error").and_then(|error| error.get_mut("data")) {
        data.retain(|name, _| matches!(name.as_str(), "message" | "statusCode" | "isRetryable" | "providerID"));
    }
}

fn redact_part(part: &mut Value) {
    match text(part, "type") {
        "text" if holds(part, "synthetic") => remove_text(part, "text"),
        "reasoning" => remove_text(part, "text"),
        "file" => {
            part["url"] = json!(format!("data:{},", text(part, "mime")));
            if let Value::Object(part) = part {
                part.remove("source");
            }
        }
        "tool" => {
            let state = &mut part["state"];
            for name in ["output", "error", "raw"] {
                remove_text(state, name);
            }
            if let Value::Object(state) = state {
                state.remove("attachments");
                // Keeps only the exit status of the metadata.
                if let Some(metadata) = state.get_mut("metadata") {
                    let exit = metadata.get("exit").cloned();
                    *metadata = exit.map_or_else(|| json!({}), |exit| json!({ "exit": exit }));
                }
                if let Some(Value::Object(input)) = state.get_mut("input") {
                    for (name, value) in input {
                        redact_argument(name, value);
                    }
                }
            }
        }
        _ => {}
    }
    if let Value::Object(part) = part {
        part.remove("metadata");
    }
}

fn redact_argument(name: &str, value: &mut Value) {
    match value {
        Value::String(text) if !HARMLESS.contains(&name) => *value = json!(removed(text)),
        Value::Array(values) => values.iter_mut().for_each(|value| redact_argument(name, value)),
        Value::Object(values) => values.iter_mut().for_each(|(name, value)| redact_argument(name, value)),
        _ => {}
    }
}

fn remove_text(value: &mut Value, name: &str) {
    if let Some(Value::String(text)) = value.get(name)
        && !text.is_empty()
    {
        value[name] = json!(removed(text));
    }
}

fn removed(text: &str) -> String {
    format!("[removed: {} characters]", text.chars().count())
}

/// Replaces the home by `~`, as a whole path or as the beginning of one.
fn without_home(text: &str, home: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(home) {
        let (before, behind) = (&rest[..at], &rest[at + home.len()..]);
        shown.push_str(before);
        let goes_on = behind
            .chars()
            .next()
            .is_some_and(|next| next.is_alphanumeric() || matches!(next, '_' | '-' | '.'));
        shown.push_str(if goes_on { home } else { "~" });
        rest = behind;
    }
    shown.push_str(rest);
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_out_of_files_and_commands_is_gone_and_the_conversation_stays() {
        let document = Transcript::new(
            json!({ "id": "ses_1", "title": "T", "directory": "/home/u/p", "permission": [{}], "share": { "url": "x" },
                "summary": { "diffs": [{ "patch": "SECRET" }] }, "time": { "created": 1 } }),
            vec![json!({
                "info": { "id": "msg_1", "role": "user", "summary": { "diffs": [{ "patch": "SECRET" }] },
                    "error": { "name": "APIError", "data": { "message": "no", "responseBody": "SECRET" } } },
                "parts": [
                    { "type": "text", "text": "look at /home/u/p/a and /home/u2" },
                    { "type": "text", "text": "SECRET", "synthetic": true },
                    { "type": "reasoning", "text": "SECRET", "metadata": { "k": "SECRET" } },
                    { "type": "file", "mime": "text/plain", "filename": "a", "url": "data:text/plain,SECRET",
                        "source": { "text": { "value": "SECRET" } } },
                    { "type": "tool", "tool": "edit", "state": { "status": "completed",
                        "input": { "filePath": "/home/u/p/a", "oldString": "SECRET", "edits": [{ "newString": "SECRET" }],
                            "replaceAll": true },
                        "output": "SECRET", "title": "a", "metadata": { "diff": "SECRET", "exit": 0 },
                        "attachments": [{ "url": "SECRET" }], "time": { "start": 1 } } },
                ],
            })],
        );
        let redacted = serde_json::to_value(document.redacted("/home/u")).unwrap();
        assert_eq!(
            redacted,
            json!({
                "info": { "id": "ses_1", "title": "T", "directory": "~/p", "time": { "created": 1 } },
                "messages": [{
                    "info": { "id": "msg_1", "role": "user",
                        "error": { "name": "APIError", "data": { "message": "no" } } },
                    "parts": [
                        { "type": "text", "text": "look at ~/p/a and /home/u2" },
                        { "type": "text", "text": "[removed: 6 characters]", "synthetic": true },
                        { "type": "reasoning", "text": "[removed: 6 characters]" },
                        { "type": "file", "mime": "text/plain", "filename": "a", "url": "data:text/plain," },
                        { "type": "tool", "tool": "edit", "state": { "status": "completed",
                            "input": { "filePath": "~/p/a", "oldString": "[removed: 6 characters]",
                                "edits": [{ "newString": "[removed: 6 characters]" }], "replaceAll": true },
                            "output": "[removed: 6 characters]", "title": "a", "metadata": { "exit": 0 },
                            "time": { "start": 1 } } },
                    ],
                }],
            })
        );
    }
}
