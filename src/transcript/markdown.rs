//! Formats a conversation for people.

use std::fmt::Write as _;
use std::time::{Duration, UNIX_EPOCH};

use serde_json::Value;

use super::document::{Transcript, TranscriptMessage, holds, text};
use super::prompts::PromptPositions;
use crate::request::Reasoning;
use crate::support::answer_tool;
use crate::support::timestamp::rfc3339;

/// Limit of an argument of a tool call, in characters.
const MAX_ARGUMENT_CHARS: usize = 160;

/// The arguments that distinguish a tool call, the most distinctive first.
const TELLING: [&str; 11] = [
    "command",
    "filePath",
    "path",
    "pattern",
    "url",
    "description",
    "query",
    "name",
    "include",
    "prompt",
    "patchText",
];

/// The conversation as Markdown: prompts and answers, with one line for each tool call.
pub fn markdown(document: &Transcript, thinking: Reasoning) -> String {
    let mut page = Page {
        out: String::new(),
        thinking,
    };
    page.head(document);
    let prompts = PromptPositions::of(document);
    let mut answering = false;
    for (position, message) in document.visible().iter().enumerate() {
        let (heading, body) = (page.heading(position, message, &prompts), page.body(message));
        if let Some(heading) = heading
            && !(answering && heading.is_answer)
        {
            page.paragraph(&heading.text);
            answering = heading.is_answer;
        }
        page.paragraph(&body);
    }
    page.out
}

struct Heading {
    text: String,
    /// The steps of one answer share one heading.
    is_answer: bool,
}

struct Page {
    out: String,
    thinking: Reasoning,
}

impl Page {
    fn paragraph(&mut self, text: &str) {
        let text = text.trim_end();
        if text.is_empty() {
            return;
        }
        if !self.out.is_empty() {
            self.out.push('\n');
        }
        self.out.push_str(text);
        self.out.push('\n');
    }

    fn head(&mut self, document: &Transcript) {
        let title = document.title().split_whitespace().collect::<Vec<_>>().join(" ");
        self.paragraph(&format!("# {}", if title.is_empty() { "Untitled" } else { &title }));
        let mut facts = format!("- session: {}\n", code(document.id()));
        let directory = text(&document.info, "directory");
        if !directory.is_empty() {
            // Writing to a string cannot fail.
            let _ = writeln!(facts, "- directory: {}", code(directory));
        }
        for name in ["created", "updated"] {
            if let Some(moment) = moment(&document.info["time"][name]) {
                let _ = writeln!(facts, "- {name}: {moment}");
            }
        }
        if let Some(model) = document.last_model() {
            let _ = writeln!(facts, "- model: {}", code(&model.to_string()));
        }
        self.paragraph(&facts);
    }

    fn heading(&self, position: usize, message: &TranscriptMessage, prompts: &PromptPositions) -> Option<Heading> {
        let heading = |text: String, is_answer| Some(Heading { text, is_answer });
        if let Some(number) = prompts.number(position) {
            return heading(format!("## Prompt {number}"), false);
        }
        if message.is_summary() {
            return heading("## Summary of what came before".to_owned(), false);
        }
        if message.is_of_user() {
            return None;
        }
        heading("## Answer".to_owned(), true)
    }

    fn body(&self, message: &TranscriptMessage) -> String {
        let mut body = String::new();
        let mut in_list = false;
        for part in &message.parts {
            let Some((piece, is_item)) = self.part(part, message) else {
                continue;
            };
            // Items of one list are not separated by a blank line.
            let is_apart = !(in_list && is_item);
            if is_apart && !body.is_empty() {
                body.push('\n');
            }
            body.push_str(piece.trim_end());
            body.push('\n');
            in_list = is_item;
        }
        if let Some(error) = message.info.get("error").filter(|error| !error.is_null()) {
            let message = text(&error["data"], "message");
            let what = if message.is_empty() {
                text(error, "name")
            } else {
                message
            };
            if !body.is_empty() {
                body.push('\n');
            }
            let _ = writeln!(body, "> error: {}", line(what));
        }
        body
    }

    /// A part, and whether it is an item of a list.
    fn part(&self, part: &Value, message: &TranscriptMessage) -> Option<(String, bool)> {
        match text(part, "type") {
            // Text that the engine adds for the model, such as an attached file's, is long and not the user's.
            "text" if holds(part, "synthetic") => None,
            "text" => Some((text(part, "text").to_owned(), false)).filter(|(text, _)| !text.trim().is_empty()),
            "reasoning" if self.thinking == Reasoning::Shown => {
                let quoted = text(part, "text").trim().lines().fold(String::new(), |mut all, line| {
                    let _ = writeln!(all, "> {line}");
                    all
                });
                Some((quoted, false)).filter(|(text, _)| !text.is_empty())
            }
            "file" => {
                let name = text(part, "filename");
                let name = if name.is_empty() { "a file" } else { name };
                Some((format!("- attached: {} ({})", code(name), text(part, "mime")), true))
            }
            "agent" => Some((format!("- asks the agent {}", code(text(part, "name"))), true)),
            "subtask" => Some((format!("- starts: {}", line(text(part, "description"))), true)),
            "tool" if gave_answer(part) => Some((format!("```json\n{:#}\n```", answer_of(part)), false)),
            "tool" => Some((tool(part), true)),
            "compaction" if message.is_of_user() => Some(("*The conversation was compacted here.*".to_owned(), false)),
            _ => None,
        }
    }
}

/// Whether a call is an answer that followed a schema: its arguments are what the user got.
fn gave_answer(part: &Value) -> bool {
    answer_tool::is_name(text(part, "tool")) && text(&part["state"], "status") == "completed"
}

/// The answer that a call gives.
fn answer_of(part: &Value) -> &Value {
    let arguments = &part["state"]["input"];
    answer_tool::wrapped_answer(arguments).unwrap_or(arguments)
}

/// A tool call in one line.
fn tool(part: &Value) -> String {
    let state = &part["state"];
    let mut shown = format!("- {}", code(text(part, "tool")));
    let input = &state["input"];
    let telling = TELLING
        .iter()
        .map(|name| text(input, name))
        .find(|value| !value.is_empty());
    let telling = telling.unwrap_or_else(|| text(state, "title"));
    if !telling.is_empty() {
        let _ = write!(shown, " {}", code(telling));
    }
    match text(state, "status") {
        "completed" => match state["metadata"]["exit"].as_i64() {
            None | Some(0) => {}
            Some(exit) => {
                let _ = write!(shown, " (exit status {exit})");
            }
        },
        "error" => {
            let _ = write!(shown, " (failed: {})", line(text(state, "error")));
        }
        _ => shown.push_str(" (not finished)"),
    }
    shown
}

/// A text in one line, cut to the limit.
fn line(text: &str) -> String {
    let mut words = String::new();
    for word in text.split_whitespace() {
        if !words.is_empty() {
            words.push(' ');
        }
        words.push_str(word);
        if let Some((end, _)) = words.char_indices().nth(MAX_ARGUMENT_CHARS) {
            words.truncate(end);
            words.push('…');
            break;
        }
    }
    words
}

/// Any text as inline code.
fn code(text: &str) -> String {
    let text = line(text);
    let (mut longest, mut run) = (0, 0);
    for character in text.chars() {
        run = if character == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    let ticks = "`".repeat(longest + 1);
    let space = if longest > 0 || text.is_empty() { " " } else { "" };
    format!("{ticks}{space}{text}{space}{ticks}")
}

/// A time of the engine, which counts milliseconds.
fn moment(value: &Value) -> Option<String> {
    UNIX_EPOCH
        .checked_add(Duration::from_millis(value.as_u64()?))
        .map(rfc3339)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn document() -> Transcript {
        Transcript::new(
            json!({ "id": "ses_1", "title": "A  title\n", "directory": "/p`q", "time": { "created": 0 } }),
            vec![
                json!({
                    "info": { "id": "msg_1", "role": "user", "model": { "providerID": "p", "modelID": "m" } },
                    "parts": [
                        { "type": "text", "text": "Do it\n\nplease" },
                        { "type": "text", "text": "the whole file", "synthetic": true },
                        { "type": "file", "filename": "a.txt", "mime": "text/plain", "url": "data:,x" },
                    ],
                }),
                json!({
                    "info": { "id": "msg_2", "role": "assistant" },
                    "parts": [
                        { "type": "step-start" },
                        { "type": "reasoning", "text": "first\nsecond" },
                        { "type": "text", "text": "Looking." },
                        { "type": "tool", "tool": "bash", "state": {
                            "status": "completed", "input": { "command": "ls `x`", "description": "d" },
                            "output": "secret", "metadata": { "exit": 2 } } },
                        { "type": "tool", "tool": "read", "state": {
                            "status": "error", "input": { "filePath": "/p/a" }, "error": "File\nnot found" } },
                    ],
                }),
                json!({
                    "info": { "id": "msg_3", "role": "assistant", "error": { "name": "APIError",
                        "data": { "message": "too long" } } },
                    "parts": [
                        { "type": "tool", "tool": "task", "state": { "status": "running", "input": {} } },
                        { "type": "text", "text": "Done." },
                    ],
                }),
                json!({ "info": { "id": "msg_4", "role": "user" }, "parts": [{ "type": "text", "text": "Again" }] }),
            ],
        )
    }

    #[test]
    fn a_conversation_reads_as_prompts_and_answers() {
        let text = markdown(&document(), Reasoning::Hidden);
        assert_eq!(
            text,
            "# A title\n\n- session: `ses_1`\n- directory: `` /p`q ``\n- created: 1970-01-01T00:00:00.000Z\n- model: `p/m`\n\
             \n## Prompt 1\n\nDo it\n\nplease\n\n- attached: `a.txt` (text/plain)\n\
             \n## Answer\n\nLooking.\n\n- `bash` `` ls `x` `` (exit status 2)\n- `read` `/p/a` (failed: File not found)\n\
             \n- `task` (not finished)\n\nDone.\n\n> error: too long\n\
             \n## Prompt 2\n\nAgain\n"
        );
    }

    #[test]
    fn reasoning_is_quoted_where_it_is_wanted() {
        let text = markdown(&document(), Reasoning::Shown);
        assert!(text.contains("## Answer\n\n> first\n> second\n\nLooking.\n"), "{text}");
    }

    #[test]
    fn what_is_reverted_is_not_shown() {
        let mut document = document();
        document.info["revert"] = json!({ "messageID": "msg_4" });
        let text = markdown(&document, Reasoning::Hidden);
        assert!(!text.contains("Again") && text.contains("Done."), "{text}");
    }
}
