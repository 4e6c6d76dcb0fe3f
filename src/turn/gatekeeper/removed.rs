//! Calls that the engine refuses without asking, because rules take the tool away.
//!
//! Always true: a call gets a record when a rule of ours or of the user's refuses it, and so does a question where nobody
//! can be asked. A tool that never was there gets one only where the preset denies every tool that it does not name, and a
//! call whose arguments cannot be read gets none.

use serde_json::Value;

use super::super::update::{PermissionRecord, ToolCall, Update};
use super::Gatekeeper;
use crate::api::types::RuleAction;
use crate::permission::{Action, AuditScope, DecidedBy, Decision, INVALID, is_engine_tool, wildcard_matches};
use crate::request::Effect;

/// The rule that is named when the engine's own configuration denies.
const CONFIGURATION: &str = "the engine's own configuration denies it";
/// What is named when the model asks a question in a run in which nobody could answer.
const NO_PERSON: &str = "nobody can be asked";

impl Gatekeeper {
    /// A call has ended: records that the engine refused it by itself, if that is so.
    pub(in crate::turn) fn ended(&mut self, call: &ToolCall, out: &mut Vec<Update>) {
        let Some((tool, rule, by)) = self.refusal_by_the_engine(call) else {
            return;
        };
        // Of a tool that is not there the engine does not keep the arguments.
        let action = Action::of_call(&tool, &call.input);
        let patterns = if call.tool == tool {
            action.subjects()
        } else {
            Vec::new()
        };
        let record = PermissionRecord {
            id: call.call_id.clone(),
            session_id: call.session_id.clone(),
            parent_session_id: call.parent_session_id.clone(),
            permission: action.tool().to_owned(),
            tool,
            patterns,
            decision: Decision::Denied,
            by,
            scope: AuditScope::Once,
            reason: rule.clone(),
            rule,
            subagent: call.subagent,
        };
        self.write_down(&record, out);
        self.records.push(record.clone());
        out.push(Update::Permission(record));
    }

    /// The tool that the engine refused, the rule that refuses it, and whose that is.
    fn refusal_by_the_engine(&self, call: &ToolCall) -> Option<(String, String, DecidedBy)> {
        let error = call.error.as_deref()?;
        // The engine's words for a tool that it does not offer, and for a rule that denies one use of a tool.
        if error.contains("unavailable tool") {
            let tool = match call.tool.as_str() {
                INVALID => call.input.get("tool").and_then(Value::as_str)?,
                tool => tool,
            };
            let name = Action::of_call(tool, &Value::Null).tool().to_owned();
            let removal = self.policy.removal(&name);
            // A name that the model made up was not refused: there is no such tool.
            if let Some(judgement) = removal.filter(|judgement| !judgement.by_preset || is_engine_tool(&name)) {
                return Some((tool.to_owned(), judgement.rule, whose(judgement.by_preset)));
            }
            let configured = self.agent_rules.iter().rev().find(|rule| {
                wildcard_matches(&rule.permission, &name) && rule.pattern.chars().all(|character| character == '*')
            });
            if configured.is_some_and(|rule| rule.action == RuleAction::Deny) {
                return Some((tool.to_owned(), CONFIGURATION.to_owned(), DecidedBy::Rule));
            }
            return (name == "question").then(|| (tool.to_owned(), NO_PERSON.to_owned(), DecidedBy::Nobody));
        }
        if error.contains("rule which prevents") {
            let judgement = self.policy.judge(&Action::of_call(&call.tool, &call.input));
            let (rule, by) = match judgement.effect {
                Effect::Deny => (judgement.rule, whose(judgement.by_preset)),
                Effect::Allow | Effect::Ask => (CONFIGURATION.to_owned(), DecidedBy::Rule),
            };
            return Some((call.tool.clone(), rule, by));
        }
        None
    }
}

fn whose(by_preset: bool) -> DecidedBy {
    if by_preset { DecidedBy::Preset } else { DecidedBy::Rule }
}
