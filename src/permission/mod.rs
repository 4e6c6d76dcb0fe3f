//! What the model may do, and who says so.
//!
//! In: what it wants to do, as an [`Action`] (a tool call, or a request of the engine's), and the rules of everybody.
//! Out: a [`Judgement`]; where that is left open, an [`Ask`] for a [`Prompter`], and its [`Answer`]; a line in the
//! [`AuditLog`] for each decision. Invariants: deny beats ask, ask beats allow, what is not understood is asked, and
//! silence is no permission. Nothing here talks to the engine, but for the rules that our sessions get
//! ([`look_only`], [`ask_about_everything`]), which widen nothing either: what the user's own configuration of the engine
//! refuses stays refused.
//!
//! | file | what |
//! | --- | --- |
//! | `action`, `patch` | from a tool's name and arguments to an action |
//! | `rules`, `preset`, `policy`, `grant` | from an action to a judgement; the rules and their origins are made in `cli/permission.rs` |
//! | `shell/`, `line` | a shell line, command by command |
//! | `contents`, `committed` | which files a search looks into, and which of them hold no secret after all |
//! | `paths`, `places` | where a path leads; what is in the directory and what is not |
//! | `protected` | files that run by themselves, widen what may run, or hold secrets |
//! | `ask`, `terminal/`, `approver`, `proposal` | asking a person, or a program; what a call would change |
//! | `repeat` | the same call over and over |
//! | `audit` | what was decided |

mod action;
mod approver;
mod ask;
mod audit;
mod committed;
mod contents;
mod diff;
mod grant;
mod judged;
mod line;
mod patch;
mod paths;
mod places;
mod policy;
mod preset;
mod proposal;
mod protected;
mod reach;
mod repeat;
mod repositories;
mod rules;
pub mod shell;
mod spelling;
mod terminal;

pub use action::Action;
pub use approver::{ApproverRequest, Faults, ProgramApprover, ProgramReply, QuestionReply};
pub use ask::{Answer, Ask, ModelQuestion, Prompter, QuestionAnswer, QuestionOption};
pub use audit::{AuditEntry, AuditLog, AuditScope, DamagedLine, DecidedBy, Decision};
pub use policy::{JudgedPart, Judgement, Policy};
pub use proposal::proposed_diff;
pub use protected::ProtectedPlaces;
pub(crate) use protected::protected_part;
pub use repeat::{DOOM_LOOP, RepeatWatch};
pub(crate) use spelling::normal;
pub use terminal::TerminalPrompter;

/// Cancelled when the answer to a question does not matter any more. A prompter checks it at least ten times a second, and
/// then returns without an answer.
pub use tokio_util::sync::CancellationToken as Withdrawal;

use crate::client::types::{Rule, RuleAction};
use crate::support::names::Names;

/// The tools that look and do not touch. Everything else is refused.
pub const LOOKING: [&str; 4] = ["read", "glob", "grep", "list"];

/// The engine's tool for a call that cannot be read, or is of a tool that is not offered: it tells the model what is wrong.
pub const INVALID: &str = "invalid";

/// The rules for a session that may look but not touch, for an agent whose rules are `agent`.
///
/// The last matching rule wins, and session rules come last of all. So everything is denied first; then, for the tools
/// that look, the agent's own rules are said again in their order, with each `ask` turned into `deny`. A user's "do not
/// read `secrets/*`" holds, and so does the engine's own caution about `*.env`. What they allow is asked about, and
/// answered by our policy: the engine takes a link for what it is called, and not for where it leads.
pub fn look_only(agent: &[Rule]) -> Vec<Rule> {
    let mut rules = vec![
        Rule::new("*", "*", RuleAction::Deny),
        Rule::new(INVALID, "*", RuleAction::Allow),
    ];
    for tool in LOOKING {
        rules.push(Rule::new(tool, "*", RuleAction::Ask));
        for rule in agent.iter().filter(|rule| wildcard_matches(&rule.permission, tool)) {
            let action = match rule.action {
                RuleAction::Allow => RuleAction::Ask,
                RuleAction::Ask | RuleAction::Deny => RuleAction::Deny,
            };
            rules.push(Rule::new(tool, rule.pattern.clone(), action));
        }
    }
    rules
}

/// Whether the engine has a tool of this name, by the permission that it asks for.
pub fn is_engine_tool(name: &str) -> bool {
    ASKING.contains(name) || preset::HARMLESS.contains(&name) || name == "codesearch"
}

/// The rules for a session that asks about every call, for an agent whose rules are `agent`.
///
/// What the agent is refused stays refused: its rules are said again in their order, with each `allow` turned into
/// `ask`. `removed` are tools that are denied altogether: the engine does not even offer them, and subagents inherit that.
pub fn ask_about_everything(agent: &[Rule], removed: &[String]) -> Vec<Rule> {
    let mut rules = vec![Rule::new("*", "*", RuleAction::Ask)];
    rules.extend(agent.iter().map(|rule| asking(&rule.permission, rule)));
    rules.extend(removed.iter().map(|tool| denied(tool)));
    rules
}

/// A rule of an agent's about a tool, which asks where it allows.
fn asking(tool: &str, rule: &Rule) -> Rule {
    let action = match rule.action {
        RuleAction::Allow | RuleAction::Ask => RuleAction::Ask,
        RuleAction::Deny => RuleAction::Deny,
    };
    Rule::new(tool, rule.pattern.clone(), action)
}

fn denied(tool: &str) -> Rule {
    Rule::new(tool, "*", RuleAction::Deny)
}

/// The tools of the engine that ask, by their permissions.
const ASKING: Names =
    Names("bash edit read glob grep list webfetch websearch task todowrite skill external_directory doom_loop");

/// The rules for a session on a server without our tool gate: everything is denied but the tools that are known to ask,
/// and the tools in our `named` rules. A tool of a plugin does not ask, and would simply run.
pub fn ask_about_what_asks(agent: &[Rule], removed: &[String], named: &[String]) -> Vec<Rule> {
    let mut rules = vec![Rule::new("*", "*", RuleAction::Deny)];
    for tool in ASKING.iter().chain(named.iter().map(String::as_str)) {
        rules.push(Rule::new(tool, "*", RuleAction::Ask));
        let about = agent.iter().filter(|rule| wildcard_matches(&rule.permission, tool));
        rules.extend(about.map(|rule| asking(tool, rule)));
    }
    rules.extend(removed.iter().map(|tool| denied(tool)));
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
                ("*".into(), RuleAction::Ask),
                ("*".into(), RuleAction::Ask),
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
