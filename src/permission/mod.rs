//! Deciding what the engine asks.
//!
//! Comes in: the rules in force for an agent. Goes out: the rules of our session, which the engine judges last. Always
//! true: nothing is widened. What the user's own configuration refuses or asks about stays refused, since nobody can
//! answer here.

mod action;
mod approver;
mod ask;
mod audit;
mod contents;
mod grant;
mod hidden;
mod line;
mod patch;
mod paths;
mod places;
mod policy;
mod preset;
mod proposal;
mod reach;
mod repeat;
mod rules;
mod shell;
pub mod terminal;

pub use action::Action;
pub use approver::{Faults, ProgramApprover};
pub use ask::{Answer, Ask, Prompter, Question, QuestionAnswer, QuestionOption, Withdrawal};
pub use audit::{AuditEntry, AuditLog, DamagedLine, DecidedBy, Decision, Scope};
pub use policy::{JudgedPart, Judgement, Policy};
pub use proposal::proposed_diff;
pub use repeat::{DOOM_LOOP, RepeatWatch};
pub use terminal::TerminalPrompter;

use crate::api::types::{Rule, RuleAction};

/// The tools that look and do not touch. Everything else is refused.
pub const LOOKING: [&str; 4] = ["read", "glob", "grep", "list"];

/// What the model is told when the engine asks for something all the same.
pub const REFUSAL: &str = "This run may read files in the working directory and nothing else. Go on without it.";

/// The rules for a session that may look but not touch, for an agent whose rules are `agent`.
///
/// The last matching rule wins, and session rules come last of all. So everything is denied first; then, for the tools
/// that look, the agent's own rules are said again in their order, with each `ask` turned into `deny`. A user's "do not
/// read `secrets/*`" holds, and so does the engine's own caution about `*.env`.
pub fn look_only(agent: &[Rule]) -> Vec<Rule> {
    let mut rules = vec![Rule::new("*", "*", RuleAction::Deny)];
    for tool in LOOKING {
        rules.push(Rule::new(tool, "*", RuleAction::Allow));
        for rule in agent.iter().filter(|rule| wildcard_matches(&rule.permission, tool)) {
            let action = match rule.action {
                RuleAction::Allow => RuleAction::Allow,
                RuleAction::Ask | RuleAction::Deny => RuleAction::Deny,
            };
            rules.push(Rule::new(tool, rule.pattern.clone(), action));
        }
    }
    rules
}

/// The rules for a session of which everything shall be asked about, for an agent whose rules are `agent`.
///
/// What the agent is refused stays refused: its rules are said again in their order, with each `allow` turned into
/// `ask`. `removed` are tools that are denied altogether: the engine does not even offer them, and subagents inherit that.
pub fn ask_about_everything(agent: &[Rule], removed: &[String]) -> Vec<Rule> {
    let mut rules = vec![Rule::new("*", "*", RuleAction::Ask)];
    rules.extend(agent.iter().map(|rule| {
        let action = match rule.action {
            RuleAction::Allow | RuleAction::Ask => RuleAction::Ask,
            RuleAction::Deny => RuleAction::Deny,
        };
        Rule::new(rule.permission.clone(), rule.pattern.clone(), action)
    }));
    rules.extend(
        removed
            .iter()
            .map(|tool| Rule::new(tool.clone(), "*", RuleAction::Deny)),
    );
    rules
}

/// Whether the engine, with these rules, asks about `permission` on `pattern`: the last rule that matches wins, and where
/// none does, it asks.
pub fn asks(rules: &[Rule], permission: &str, pattern: &str) -> bool {
    rules
        .iter()
        .rev()
        .find(|rule| wildcard_matches(&rule.permission, permission) && wildcard_matches(&rule.pattern, pattern))
        .is_none_or(|rule| rule.action == RuleAction::Ask)
}

/// The engine's wildcards: `*` is any text, `?` is one character.
pub fn wildcard_matches(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(&wanted) if wanted == '?' || wanted == text[t] => {
                p += 1;
                t += 1;
            }
            _ => match star {
                Some((at, eaten)) => {
                    star = Some((at, eaten + 1));
                    p = at + 1;
                    t = eaten + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|&rest| rest == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_agent_refuses_or_asks_about_stays_refused() {
        let agent = [
            Rule::new("*", "*", RuleAction::Allow),
            Rule::new("bash", "*", RuleAction::Allow),
            Rule::new("read", "*.env", RuleAction::Ask),
            Rule::new("gre?", "secrets/*", RuleAction::Deny),
        ];
        let rules = look_only(&agent);
        assert_eq!(rules[0], Rule::new("*", "*", RuleAction::Deny));
        let of = |tool: &str| -> Vec<(String, RuleAction)> {
            rules
                .iter()
                .filter(|rule| rule.permission == tool)
                .map(|rule| (rule.pattern.clone(), rule.action))
                .collect()
        };
        assert_eq!(
            of("read"),
            [
                ("*".into(), RuleAction::Allow),
                ("*".into(), RuleAction::Allow),
                ("*.env".into(), RuleAction::Deny)
            ]
        );
        assert_eq!(of("grep").last(), Some(&("secrets/*".into(), RuleAction::Deny)));
        assert!(of("bash").is_empty());
    }

    #[test]
    fn wildcards_match_as_the_engine_does() {
        for (pattern, text, expected) in [
            ("*", "read", true),
            ("re?d", "read", true),
            ("r*d", "read", true),
            ("read", "reads", false),
            ("*.env", "a/b/.env", true),
            ("a*b*c", "aXXbYYb", false),
            ("", "", true),
        ] {
            assert_eq!(wildcard_matches(pattern, text), expected, "{pattern} on {text}");
        }
    }
}
