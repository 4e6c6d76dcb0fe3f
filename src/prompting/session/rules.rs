//! The rules of a session that is there: the engine only ever adds some.

use crate::client::Client;
use crate::client::types::{PassingMessage, SessionChange, no_rules};
use crate::client::types::{Rule, Session};
use crate::error::Failure;
use crate::prompting::names::ResolvedNames;
use crate::request::ModelRef;
use crate::support::identifier;

/// What has to be done about the rules of a session that is there.
#[derive(Debug, PartialEq, Eq)]
enum RulesStep {
    /// They are as they should be.
    Nothing,
    /// It has none that count.
    Add,
    /// It has others, which have to go: what they deny, its subagents would be denied too.
    Replace,
}

fn step(stored: &[Rule], wanted: &[Rule]) -> RulesStep {
    let none = no_rules();
    let counting = stored
        .iter()
        .position(|rule| *rule != none)
        .map_or(&[][..], |at| &stored[at..]);
    if counting == wanted {
        RulesStep::Nothing
    } else if counting.is_empty() {
        RulesStep::Add
    } else {
        RulesStep::Replace
    }
}

/// Gives a session the rules and the title; gives the rules that it has then, and when it was changed, if it was.
pub(super) async fn change_rules(
    client: &Client,
    info: &Session,
    title: Option<String>,
    wanted: Vec<Rule>,
    names: &ResolvedNames,
) -> Result<(Vec<Rule>, Option<f64>), Failure> {
    let stored = info.permission.clone().unwrap_or_default();
    let step = step(&stored, &wanted);
    if step == RulesStep::Replace {
        take_rules_away(
            client,
            &info.id,
            names.model.as_ref(),
            names.agent.as_deref(),
            names.variant.as_deref(),
        )
        .await?;
    }
    if step == RulesStep::Nothing && title.is_none() {
        return Ok((stored, None));
    }
    let change = SessionChange {
        title,
        rules: if step == RulesStep::Nothing {
            Vec::new()
        } else {
            wanted.clone()
        },
    };
    let changed = client.change_session(&info.id, &change).await?;
    let expected = || match step {
        RulesStep::Nothing => stored,
        RulesStep::Add => [stored, wanted].concat(),
        RulesStep::Replace => [vec![no_rules()], wanted].concat(),
    };
    let updated = changed.time.updated;
    Ok((changed.permission.unwrap_or_else(expected), Some(updated)))
}

pub(super) async fn take_rules_away(
    client: &Client,
    id: &str,
    model: Option<&ModelRef>,
    agent: Option<&str>,
    variant: Option<&str>,
) -> Result<(), Failure> {
    let randomness = |error: getrandom::Error| Failure::failed("cannot make an id for a message").caused_by(&error);
    let passing = PassingMessage {
        message_id: &identifier::ascending("msg").map_err(randomness)?,
        part_id: &identifier::ascending("prt").map_err(randomness)?,
        model,
        agent,
        variant,
    };
    client.take_rules_away(id, passing).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::types::RuleAction;

    #[test]
    fn rules_are_changed_only_where_they_are_not_as_they_should_be() {
        let rule = |name: &str, action| Rule::new(name, "*", action);
        let wanted = [rule("*", RuleAction::Ask), rule("bash", RuleAction::Deny)];
        let stale = [rule("edit", RuleAction::Deny)];
        let none = [no_rules()];
        let cases: [(&[&[Rule]], RulesStep); 8] = [
            (&[&wanted], RulesStep::Nothing),
            (&[&none, &wanted], RulesStep::Nothing),
            (&[&none, &none, &wanted], RulesStep::Nothing),
            (&[], RulesStep::Add),
            (&[&none], RulesStep::Add),
            (&[&stale, &wanted], RulesStep::Replace),
            (&[&none, &stale], RulesStep::Replace),
            (&[&wanted, &wanted], RulesStep::Replace),
        ];
        for (stored, expected) in cases {
            let stored: Vec<Rule> = stored.concat();
            assert_eq!(step(&stored, &wanted), expected, "{stored:?}");
        }
        assert_eq!(step(&none, &[]), RulesStep::Nothing);
    }
}
