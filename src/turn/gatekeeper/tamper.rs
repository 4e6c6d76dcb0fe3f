//! Detects replies and rules that we did not send: another client, perhaps the model's shell, speaks to the engine's
//! server.

use std::collections::{HashMap, HashSet};

use super::ToolCall;
use crate::client::types::Rule;
use crate::error::{Failure, FailureKind};

/// Our replies, and the rules of the sessions.
#[derive(Debug)]
pub(super) struct TamperWatch {
    /// The rules of the run's own session.
    own_rules: Vec<Rule>,
    /// The rules of subagents' sessions, as the engine created them: the engine never changes them.
    rules_of: HashMap<String, Vec<Rule>>,
    /// Our replies, by request: whether we allowed it.
    answered: HashMap<String, bool>,
    /// The calls with a permission request; `None` after a request that did not name its call.
    asked: Option<HashSet<String>>,
}

/// Tools that may finish without a permission request.
const HARMLESS: [&str; 9] = [
    "read",
    "glob",
    "grep",
    "list",
    "todowrite",
    "skill",
    "question",
    "invalid",
    "StructuredOutput",
];

impl TamperWatch {
    pub(super) fn new(own_rules: Vec<Rule>) -> Self {
        Self {
            own_rules,
            rules_of: HashMap::new(),
            answered: HashMap::new(),
            asked: Some(HashSet::new()),
        }
    }

    /// Records that the engine asked for permission for a call.
    pub(super) fn asked(&mut self, call_id: &str) {
        if call_id.is_empty() {
            self.asked = None;
        } else if let Some(asked) = &mut self.asked {
            asked.insert(call_id.to_owned());
        }
    }

    /// Checks a finished call of the run's own session, on a server where only the session's rules protect. An earlier
    /// `always` of another client beats these rules.
    pub(super) fn finished(&self, call: &ToolCall) -> Option<Failure> {
        let unasked = self
            .asked
            .as_ref()
            .is_some_and(|asked| !asked.contains(&call.call_id) && !HARMLESS.contains(&call.tool.as_str()));
        unasked.then(|| {
            Failure::new(
                FailureKind::Denied,
                format!("cannot go on: `{}` ran on this server without a question", call.tool),
            )
            .hint("another client has answered `always` there before; restart that server, or leave out `--attach`")
        })
    }

    /// Records our reply before it is sent: the event about it may arrive before the engine's response.
    pub(super) fn answering(&mut self, request: &str, allowed: bool) {
        self.answered.insert(request.to_owned(), allowed);
    }

    pub(super) fn has_answered(&self, request: &str) -> bool {
        self.answered.contains_key(request)
    }

    pub(super) fn replied(&self, request: &str, reply: &str) -> Option<Failure> {
        match (self.answered.get(request), reply) {
            (Some(true), "once") => None,
            // The engine rejects the other requests of a session together with one; a rejection widens nothing, from
            // any client.
            (_, "reject") => None,
            _ => Some(tampered(&format!("a permission was answered `{reply}`"))),
        }
    }

    /// Checks the rules of a session.
    pub(super) fn rules(&mut self, session: &str, is_own: bool, rules: &[Rule]) -> Option<Failure> {
        let expected = if is_own {
            &self.own_rules
        } else {
            self.rules_of
                .entry(session.to_owned())
                .or_insert_with(|| rules.to_vec())
        };
        (rules != *expected).then(|| tampered("the rules of a session were changed"))
    }
}

/// The failure of a run in which another client decides.
pub(super) fn tampered(what: &str) -> Failure {
    Failure::new(
        FailureKind::Denied,
        format!("cannot go on: {what}, and not by opencode-rs"),
    )
    .hint("something that ran in this session has reached the engine's server; look at what it was before you go on")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::types::RuleAction;

    #[test]
    fn only_what_we_said_is_expected_and_a_refusal_is_no_harm() {
        let mut watch = TamperWatch::new(Vec::new());
        watch.answering("allowed", true);
        watch.answering("denied", false);
        let is_ours = |request: &str, reply: &str| watch.replied(request, reply).is_none();
        let said: Vec<(&str, &str)> = ["allowed", "denied", "open"]
            .into_iter()
            .flat_map(|request| ["once", "always", "reject", "more"].map(|reply| (request, reply)))
            .filter(|(request, reply)| is_ours(request, reply))
            .collect();
        assert_eq!(
            said,
            [
                ("allowed", "once"),
                ("allowed", "reject"),
                ("denied", "reject"),
                ("open", "reject")
            ]
        );
    }

    #[test]
    fn rules_stay_as_they_were_made() {
        let ask = vec![Rule::new("*", "*", RuleAction::Ask)];
        let allow = vec![Rule::new("*", "*", RuleAction::Allow)];
        let mut watch = TamperWatch::new(ask.clone());
        assert!(watch.rules("ses_own", true, &ask).is_none());
        let both = [ask.clone(), allow.clone()].concat();
        let failure = watch.rules("ses_own", true, &both).unwrap();
        assert_eq!(failure.kind, FailureKind::Denied);
        assert!(watch.rules("ses_own", true, &[]).is_some());
        // The engine chooses the rules of a subagent's session, once.
        assert!(watch.rules("ses_sub", false, &allow).is_none());
        assert!(watch.rules("ses_sub", false, &allow).is_none());
        assert!(watch.rules("ses_sub", false, &ask).is_some());
    }
}
