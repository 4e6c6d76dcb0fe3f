//! Tool calls from beginning to end.

use std::collections::HashMap;

use serde_json::Value;

use super::update::{PermissionRecord, ToolCall, ToolStatus};
use crate::api::types::Part;
use crate::permission::{Decision, INVALID, LOOKING};

/// Every tool call of a turn, in the order in which they began.
#[derive(Debug, Default)]
pub struct Tools {
    calls: Vec<ToolCall>,
    index: HashMap<String, usize>,
}

impl Tools {
    /// All calls, as far as they are.
    pub fn calls(&self) -> &[ToolCall] {
        &self.calls
    }

    /// Takes a tool part; gives the call when it is new or has come further.
    pub(super) fn part(&mut self, part: &Part, parent: Option<&str>) -> Option<ToolCall> {
        let state = &part.state;
        // A tool that is not there, or wrong arguments: the engine calls `invalid` instead, and that ends well.
        let is_invalid = part.tool == INVALID;
        let status = match state.status.as_str() {
            "pending" => ToolStatus::Pending,
            "completed" if is_invalid => ToolStatus::Error,
            "completed" => ToolStatus::Completed,
            "error" => ToolStatus::Error,
            // `running`, and whatever else a newer engine has between beginning and end.
            _ => ToolStatus::Running,
        };
        let call = ToolCall {
            session_id: part.session_id.clone(),
            message_id: part.message_id.clone(),
            call_id: part.call_id.clone(),
            tool: part.tool.clone(),
            status,
            title: state.title.clone().filter(|title| !title.is_empty()),
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

/// Tools of the engine's that change no file. What a subagent does is seen by its own calls.
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

/// Whether a call can have changed files: it was not refused, and its tool does more than look. A tool that is not the
/// engine's own may do anything.
pub fn may_have_written(tools: &Tools, permissions: &[PermissionRecord]) -> bool {
    let is_refused = |call: &ToolCall| {
        let mut records = permissions.iter();
        records.any(|record| record.decision == Decision::Denied && record.id == call.call_id)
    };
    tools.calls.iter().any(|call| {
        let tool = call.tool.as_str();
        let only_looks = LOOKING.contains(&tool) || HARMLESS.contains(&tool);
        !only_looks && call.status != ToolStatus::Pending && !is_refused(call)
    })
}

fn is_final(status: ToolStatus) -> bool {
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
