//! Tool calls from beginning to end.

use std::collections::HashMap;

use serde_json::Value;

use super::update::{PermissionRecord, ToolCall, ToolStatus};
use crate::client::types::Part;
use crate::permission::{Decision, INVALID, LOOKING, shell};

/// Every tool call of a turn, in the order in which they began.
#[derive(Debug, Default)]
pub struct TurnTools {
    pub calls: Vec<ToolCall>,
    index: HashMap<String, usize>,
}

impl TurnTools {
    /// Takes a tool part; returns the call when it is new or has progressed. `root`: the directory that titles are
    /// relative to.
    pub(super) fn part(&mut self, part: &Part, parent: Option<&str>, root: &str) -> Option<ToolCall> {
        let state = &part.state;
        // For an unknown tool or wrong arguments the engine calls `invalid` instead, which succeeds.
        let is_invalid = part.tool == INVALID;
        let status = match state.status.as_str() {
            "pending" => ToolStatus::Pending,
            "completed" if is_invalid => ToolStatus::Error,
            "completed" => ToolStatus::Completed,
            "error" => ToolStatus::Error,
            // `running`, and any further state of a newer engine between beginning and end.
            _ => ToolStatus::Running,
        };
        let call = ToolCall {
            session_id: part.session_id.clone(),
            message_id: part.message_id.clone(),
            call_id: part.call_id.clone(),
            tool: part.tool.clone(),
            status,
            title: state
                .title
                .clone()
                .filter(|title| !title.is_empty())
                .map(|title| title_of(&part.tool, title, root)),
            input: state.input.clone(),
            output: state.output.clone(),
            error: state.error.clone().or_else(|| {
                let said = state.input.get("error").and_then(Value::as_str).map(str::to_owned);
                said.or_else(|| state.output.clone())
                    .filter(|_| is_invalid && status == ToolStatus::Error)
            }),
            exit_code: state.metadata.get("exit").and_then(Value::as_i64),
            duration_ms: duration(state.time.start, state.time.end),
            subagent: parent.is_some(),
            parent_session_id: parent.map(str::to_owned),
        };
        match self.index.get(&part.id) {
            Some(&position) => {
                let before = self.calls[position].status;
                // The live output of a running command comes as many parts with the same status.
                if before == status || is_final(before) {
                    return None;
                }
                self.calls[position] = call.clone();
            }
            None => {
                self.index.insert(part.id.clone(), self.calls.len());
                self.calls.push(call.clone());
            }
        }
        Some(call)
    }
}

/// The title of a call. Outside of git the engine's titles are relative to `/`; this makes them relative to `root`.
fn title_of(tool: &str, title: String, root: &str) -> String {
    const TITLED_BY_PATH: [&str; 5] = ["edit", "glob", "list", "read", "write"];
    if root == "/" && TITLED_BY_PATH.contains(&tool) && !title.starts_with('/') {
        format!("/{title}")
    } else {
        title
    }
}

/// Tools of the engine that change no file. A subagent's changes are found by its own calls.
const HARMLESS: [&str; 10] = [
    "codesearch",
    INVALID,
    "lsp",
    "question",
    "skill",
    "task",
    "todowrite",
    "webfetch",
    "websearch",
    "StructuredOutput",
];

/// Whether a call can have changed files: it was not refused, and its tool does more than read. A tool that is not
/// built into the engine may do anything.
pub fn may_have_written(tools: &TurnTools, permissions: &[PermissionRecord]) -> bool {
    let is_refused = |call: &ToolCall| {
        let mut records = permissions.iter();
        records.any(|record| record.decision == Decision::Denied && record.id == call.call_id)
    };
    tools.calls.iter().any(|call| {
        let tool = call.tool.as_str();
        let only_looks = LOOKING.contains(&tool) || HARMLESS.contains(&tool);
        let line = (tool == "bash").then(|| call.input["command"].as_str()).flatten();
        let only_looks = only_looks || line.is_some_and(shell::only_reads);
        !only_looks && call.status != ToolStatus::Pending && !is_refused(call)
    })
}

/// Whether a call failed because the engine has no ripgrep and could not fetch it.
pub(super) fn failed_without_ripgrep(call: &ToolCall) -> bool {
    let said = call.error.as_deref().unwrap_or_default();
    call.status == ToolStatus::Error && said.starts_with("ripgrep execution failed")
}

pub(super) fn is_final(status: ToolStatus) -> bool {
    matches!(status, ToolStatus::Completed | ToolStatus::Error)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a difference of two times in milliseconds, clamped to be positive"
)]
fn duration(start: Option<f64>, end: Option<f64>) -> Option<u64> {
    Some((end? - start?).max(0.0).round() as u64)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn call(part: serde_json::Value, root: &str) -> ToolCall {
        let part: Part = serde_json::from_value(part).unwrap();
        TurnTools::default().part(&part, None, root).unwrap()
    }

    #[test]
    fn a_path_outside_of_git_keeps_its_first_slash() {
        let title = |tool: &str, title: &str, root| {
            let state = json!({"status": "completed", "title": title, "input": {}});
            call(
                json!({"id": "p", "type": "tool", "tool": tool, "callID": "c", "state": state}),
                root,
            )
            .title
        };
        assert_eq!(title("read", "tmp/x/a.txt", "/").as_deref(), Some("/tmp/x/a.txt"));
        assert_eq!(title("read", "/tmp/x/a.txt", "/").as_deref(), Some("/tmp/x/a.txt"));
        assert_eq!(title("read", "src/a.rs", "/proj").as_deref(), Some("src/a.rs"));
        assert_eq!(title("grep", "a pattern", "/").as_deref(), Some("a pattern"));
        assert_eq!(title("read", "", "/"), None);
    }

    #[test]
    fn a_search_without_ripgrep_is_known_by_what_the_engine_says() {
        let failed = |error: &str| {
            let state = json!({"status": "error", "error": error, "input": {}});
            let part = json!({"id": "p", "type": "tool", "tool": "grep", "callID": "c", "state": state});
            failed_without_ripgrep(&call(part, "/proj"))
        };
        assert!(failed("ripgrep execution failed"));
        assert!(!failed("regex parse error: ( error: unclosed group"));
        assert!(!failed("ripgrep failed with code 3"));
    }
}
