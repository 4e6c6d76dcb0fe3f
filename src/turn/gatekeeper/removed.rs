//! Records calls that the engine refuses without asking, because rules remove the tool.
//!
//! Invariants: a call gets a record when our rules or the user's refuse it, and so does a question without an approver.
//! A call of an unknown tool gets a record only when the preset denies every tool that it does not name; a call with
//! invalid arguments gets no record.

use serde_json::Value;

use super::super::update::{PermissionRecord, ToolCall, Update};
use super::Gatekeeper;
use super::decision::owner;
use crate::client::types::RuleAction;
use crate::permission::{Action, AuditScope, DecidedBy, Decision, INVALID, is_engine_tool, wildcard_matches};
use crate::request::Effect;
use crate::support::answer_tool;

/// The reason when the engine's own configuration denies.
const CONFIGURATION: &str = "the engine's own configuration denies it";
/// The reason when the model asks a question in a run without an approver.
const NO_PERSON: &str = "nobody can be asked";

impl Gatekeeper {
    /// Records an ended call that the engine refused by itself; does nothing for other calls.
    pub(in crate::turn) fn ended(&mut self, call: &ToolCall, out: &mut Vec<Update>) {
        let Some((tool, rule, by)) = self.refusal_by_the_engine(call) else {
            return;
        };
        // For a removed tool the engine does not keep the arguments.
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

    /// The tool that the engine refused, the rule that refuses it, and the owner of the rule.
    fn refusal_by_the_engine(&self, call: &ToolCall) -> Option<(String, String, DecidedBy)> {
        let error = call.error.as_deref()?;
        // The engine's messages for a tool that it does not offer, and for a rule that denies a use of a tool.
        if error.contains("unavailable tool") {
            let tool = match call.tool.as_str() {
                INVALID => call.input.get("tool").and_then(Value::as_str)?,
                tool => tool,
            };
            let name = Action::of_call(tool, &Value::Null).tool().to_owned();
            let removal = self.policy.removal(&name);
            // The engine has no tool of a name that the model invented, so no rule refused it.
            if let Some(judgement) = removal.filter(|judgement| !judgement.by_preset || is_engine_tool(&name)) {
                return Some((tool.to_owned(), judgement.rule, owner(judgement.by_preset)));
            }
            let configured = self.agent_rules.iter().rev().find(|rule| {
                wildcard_matches(&rule.permission, &name) && rule.pattern.chars().all(|character| character == '*')
            });
            // The tool gate adds rules that deny its answer tools. A model calls one again that an earlier turn offered.
            if configured.is_some_and(|rule| rule.action == RuleAction::Deny) && !answer_tool::is_name(&name) {
                return Some((tool.to_owned(), CONFIGURATION.to_owned(), DecidedBy::Rule));
            }
            return (name == "question").then(|| (tool.to_owned(), NO_PERSON.to_owned(), DecidedBy::Nobody));
        }
        if error.contains("rule which prevents") {
            let judgement = self.policy.judge(&Action::of_call(&call.tool, &call.input));
            let (rule, by) = match judgement.effect {
                Effect::Deny => (judgement.rule, owner(judgement.by_preset)),
                Effect::Allow | Effect::Ask => (CONFIGURATION.to_owned(), DecidedBy::Rule),
            };
            return Some((call.tool.clone(), rule, by));
        }
        None
    }
}
