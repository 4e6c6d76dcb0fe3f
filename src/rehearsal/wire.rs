//! The part of the OpenAI-compatible wire format that a scripted model needs.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::script::{Caller, Finish, ReplyBody, ScriptedUsage};

/// The fields of a request that are read; the recorded body keeps all others.
#[derive(Debug, Deserialize)]
pub(super) struct CompletionRequest {
    #[serde(default)]
    pub(super) model: String,
    #[serde(default)]
    messages: Vec<CompletionMessage>,
    #[serde(default)]
    pub(super) stream: bool,
    #[serde(default)]
    tools: Vec<Value>,
    #[serde(default)]
    tool_choice: Value,
}

#[derive(Debug, Deserialize)]
struct CompletionMessage {
    #[serde(default)]
    role: String,
    #[serde(default)]
    content: Value,
}

impl CompletionRequest {
    /// The text of the last user message.
    pub(super) fn last_user(&self) -> String {
        self.messages
            .iter()
            .rev()
            .find(|message| message.role == "user")
            .map(CompletionMessage::text)
            .unwrap_or_default()
    }

    /// The tool results that end the conversation, joined; `None` when another message ends it.
    pub(super) fn tool_results(&self) -> Option<String> {
        let from = self
            .messages
            .iter()
            .rposition(|message| message.role != "tool")
            .map_or(0, |at| at + 1);
        let results: Vec<String> = self.messages[from..].iter().map(CompletionMessage::text).collect();
        (!results.is_empty()).then(|| results.join("\n"))
    }

    /// The names of the tools that the model may call.
    pub(super) fn tools(&self) -> impl Iterator<Item = &str> {
        self.tools.iter().filter_map(|tool| tool["function"]["name"].as_str())
    }

    /// Whether the model must call a tool: `auto`, `required`, or the name of the tool that it has to call.
    pub(super) fn tool_choice(&self) -> Option<&str> {
        let choice = &self.tool_choice;
        choice.as_str().or_else(|| choice["function"]["name"].as_str())
    }

    pub(super) fn system(&self) -> String {
        let texts: Vec<String> = self
            .messages
            .iter()
            .filter(|message| matches!(message.role.as_str(), "system" | "developer"))
            .map(CompletionMessage::text)
            .collect();
        texts.join("\n")
    }

    /// The sender of a request. The engine's calls for titles and summaries have no tools and begin in their own way; a
    /// subagent's calls have a header that names the parent session.
    pub(super) fn caller(&self, has_parent_session: bool) -> Caller {
        if self.tools.is_empty() {
            let system = self.system();
            if system.starts_with("You are a title generator") {
                return Caller::Title;
            }
            if system.starts_with("You are a context summarization agent")
                || system.starts_with("You are an anchored context summarization")
                || system.starts_with("You are a helpful AI assistant tasked with summarizing")
            {
                return Caller::Summary;
            }
        }
        if has_parent_session {
            Caller::Subagent
        } else {
            Caller::Main
        }
    }
}

impl CompletionMessage {
    /// The text of a string or a list of parts.
    fn text(&self) -> String {
        match &self.content {
            Value::String(text) => text.clone(),
            Value::Array(parts) => parts
                .iter()
                .filter_map(|part| part.get("text").and_then(Value::as_str))
                .collect::<Vec<_>>()
                .join("\n"),
            _ => String::new(),
        }
    }
}

/// Builds the chunks of one streamed answer.
#[derive(Debug, Clone)]
pub(super) struct Envelope {
    pub(super) id: String,
    pub(super) model: String,
    /// Seconds since 1970. Fixed: an answer does not depend on the time of day.
    pub(super) created: u64,
}

impl Envelope {
    pub(super) fn delta(&self, delta: Value) -> Vec<u8> {
        self.chunk(delta, None, None)
    }

    pub(super) fn finish(&self, finish: Finish, usage: ScriptedUsage) -> Vec<u8> {
        let mut bytes = self.chunk(json!({}), Some(finish), Some(usage));
        bytes.extend_from_slice(b"data: [DONE]\n\n");
        bytes
    }

    fn chunk(&self, delta: Value, finish_reason: Option<Finish>, usage: Option<ScriptedUsage>) -> Vec<u8> {
        let mut chunk = json!({
            "id": self.id,
            "object": "chat.completion.chunk",
            "created": self.created,
            "model": self.model,
            "choices": [{ "index": 0, "delta": delta, "finish_reason": finish_reason }],
        });
        if let Some(usage) = usage {
            chunk["usage"] = usage_json(usage);
        }
        event(&chunk)
    }

    /// The whole answer as one document; without a finish reason if the answer has none.
    pub(super) fn document(
        &self,
        answer: &ReplyBody,
        calls: &[Value],
        finish: Option<Finish>,
        usage: ScriptedUsage,
    ) -> Vec<u8> {
        let mut message = json!({ "role": "assistant", "content": answer.text.repeat(answer.repeat) });
        if !answer.reasoning.is_empty() {
            message["reasoning_content"] = json!(answer.reasoning);
        }
        if !calls.is_empty() {
            message["tool_calls"] = json!(calls);
        }
        to_vec(&json!({
            "id": self.id,
            "object": "chat.completion",
            "created": self.created,
            "model": self.model,
            "choices": [{ "index": 0, "message": message, "finish_reason": finish }],
            "usage": usage_json(usage),
        }))
    }
}

/// A server-sent event with a JSON value.
pub(super) fn event(value: &impl Serialize) -> Vec<u8> {
    let mut bytes = b"data: ".to_vec();
    bytes.extend_from_slice(&to_vec(value));
    bytes.extend_from_slice(b"\n\n");
    bytes
}

pub(super) fn error(message: &str, kind: &str) -> Value {
    json!({ "error": { "message": message, "type": kind, "code": kind } })
}

fn to_vec(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("values of string keys and numbers make JSON")
}

/// The wire format counts cached tokens and reasoning twice: in the sum, and as a detail.
fn usage_json(usage: ScriptedUsage) -> Value {
    let prompt = usage.input.saturating_add(usage.cache_read);
    let completion = usage.output.saturating_add(usage.reasoning);
    json!({
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt.saturating_add(completion),
        "prompt_tokens_details": { "cached_tokens": usage.cache_read },
        "completion_tokens_details": { "reasoning_tokens": usage.reasoning },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_may_be_text_or_parts_and_tool_results_count_only_at_the_end() {
        let request: CompletionRequest = serde_json::from_value(json!({
            "messages": [
                { "role": "system", "content": "be brief" },
                { "role": "user", "content": [{ "type": "text", "text": "one" }, { "type": "image_url" }, { "type": "text", "text": "two" }] },
                { "role": "assistant", "content": null },
                { "role": "tool", "content": "r1" },
                { "role": "tool", "content": "r2" },
            ],
        }))
        .unwrap();
        assert_eq!(request.last_user(), "one\ntwo");
        assert_eq!(request.system(), "be brief");
        assert_eq!(request.tool_results().as_deref(), Some("r1\nr2"));
        let request: CompletionRequest =
            serde_json::from_value(json!({ "messages": [{ "role": "user", "content": "x" }] })).unwrap();
        assert_eq!(request.tool_results(), None);
    }
}
