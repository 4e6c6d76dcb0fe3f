//! Decisions, and the messages about them.

use crate::error::{Failure, FailureKind};
use crate::permission::{Answer, Ask, AuditScope, DecidedBy, Decision, Judgement};
use crate::request::Effect;

/// The kind of the approver, without its prompter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ApproverKind {
    Yes,
    Nobody,
    Somebody(DecidedBy),
}

/// A decision, and the messages about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct GateDecision {
    pub(super) result: Decision,
    pub(super) by: DecidedBy,
    pub(super) scope: AuditScope,
    pub(super) reason: String,
    /// The message to the model about a refusal; `None` when the run ends with the refusal.
    pub(super) message: Option<String>,
}

impl GateDecision {
    fn new(result: Decision, by: DecidedBy, reason: impl Into<String>) -> Self {
        Self {
            result,
            by,
            scope: AuditScope::Once,
            reason: reason.into(),
            message: None,
        }
    }

    pub(super) fn allowed(by: DecidedBy, reason: impl Into<String>) -> Self {
        Self::new(Decision::Allowed, by, reason)
    }

    pub(super) fn denied(by: DecidedBy, reason: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            message: Some(message.into()),
            ..Self::ends_the_run(by, reason)
        }
    }

    /// A refusal after which the model does not continue.
    pub(super) fn ends_the_run(by: DecidedBy, reason: impl Into<String>) -> Self {
        Self::new(Decision::Denied, by, reason)
    }

    /// The refusal when the run has no approver.
    pub(super) fn nobody(judgement: &Judgement) -> Self {
        Self::denied(
            DecidedBy::Nobody,
            format!("nobody could be asked ({})", judgement.rule),
            format!(
                "Nobody is there to approve this, so it is refused ({}). Go on without it, or say what you could not do.",
                judgement.rule
            ),
        )
    }

    /// The refusal of an ask that was open when the run ended.
    pub(super) fn unanswered() -> Self {
        Self::ends_the_run(DecidedBy::Nobody, "the run ended before the approver answered")
    }

    /// The decision of the rules; `None` when the approver must decide.
    pub(super) fn of_rules(judgement: &Judgement, answerer: ApproverKind) -> Option<Self> {
        let by = owner(judgement.by_preset);
        Some(match (judgement.effect, answerer) {
            (Effect::Allow, _) => Self::allowed(by, judgement.rule.clone()),
            (Effect::Deny, _) => Self::denied(
                by,
                judgement.rule.clone(),
                format!(
                    "The rules of this run do not allow this ({}). Do not try it in another way; go on without it, or say what you could not do.",
                    judgement.rule
                ),
            ),
            (Effect::Ask, ApproverKind::Yes) => Self::allowed(DecidedBy::Yes, "`--yes`"),
            (Effect::Ask, ApproverKind::Nobody) => Self::nobody(judgement),
            (Effect::Ask, ApproverKind::Somebody(_)) => return None,
        })
    }

    pub(super) fn of_answer(answer: Answer, by: DecidedBy, judgement: &Judgement) -> Self {
        let who = if by == DecidedBy::Approver {
            "the approver"
        } else {
            "the user"
        };
        match answer {
            // Without a rule to grant, the answer counts once.
            Answer::Session(rules) if !rules.is_empty() => Self {
                scope: AuditScope::Session,
                ..Self::allowed(by, format!("{who} allowed it for this session"))
            },
            Answer::Once | Answer::Session(_) => Self::allowed(by, format!("{who} allowed it once")),
            Answer::Deny => Self::ends_the_run(by, format!("{who} refused it")),
            Answer::DenyBecause(why) => Self::denied(
                by,
                format!("{who} refused it: {why}"),
                format!("The user refused this and says: {why}"),
            ),
            Answer::Interrupted => Self::ends_the_run(by, format!("{who} ended the run")),
            Answer::Nobody => Self::nobody(judgement),
        }
    }
}

pub(super) fn owner(by_preset: bool) -> DecidedBy {
    if by_preset { DecidedBy::Preset } else { DecidedBy::Rule }
}

/// The failure of a run that a refusal ended.
pub(super) fn stopped(ask: &Ask, who: ApproverKind) -> Failure {
    Failure::new(
        FailureKind::Denied,
        format!("the run was stopped: `{}` was refused", ask.action.tool()),
    )
    .hint(match who {
        ApproverKind::Somebody(DecidedBy::Approver) => {
            "an approver that gives a `reason` lets the model go on; `--allow` allows it beforehand"
        }
        _ => "answer with `r` to refuse and let the model go on, or allow it beforehand with `--allow`",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judgement(effect: Effect) -> Judgement {
        Judgement {
            effect,
            rule: "the rule".to_owned(),
            by_preset: false,
            parts: Vec::new(),
            grant: Vec::new(),
        }
    }

    #[test]
    fn yes_answers_what_is_asked_and_overrides_no_denial() {
        let decided = |effect, who| {
            GateDecision::of_rules(&judgement(effect), who).map(|decision| (decision.result, decision.by))
        };
        let person = ApproverKind::Somebody(DecidedBy::Person);
        for who in [ApproverKind::Yes, ApproverKind::Nobody, person] {
            assert_eq!(decided(Effect::Deny, who), Some((Decision::Denied, DecidedBy::Rule)));
            assert_eq!(decided(Effect::Allow, who), Some((Decision::Allowed, DecidedBy::Rule)));
        }
        assert_eq!(
            decided(Effect::Ask, ApproverKind::Yes),
            Some((Decision::Allowed, DecidedBy::Yes))
        );
        assert_eq!(
            decided(Effect::Ask, ApproverKind::Nobody),
            Some((Decision::Denied, DecidedBy::Nobody))
        );
        assert_eq!(decided(Effect::Ask, person), None);
    }

    #[test]
    fn an_answer_for_the_session_without_anything_to_grant_is_for_once() {
        let decision = GateDecision::of_answer(Answer::Session(Vec::new()), DecidedBy::Person, &judgement(Effect::Ask));
        assert_eq!(
            decision,
            GateDecision::allowed(DecidedBy::Person, "the user allowed it once")
        );
    }

    #[test]
    fn only_two_answers_allow() {
        let allows = |answer| {
            GateDecision::of_answer(answer, DecidedBy::Approver, &judgement(Effect::Ask)).result == Decision::Allowed
        };
        for answer in [
            Answer::Deny,
            Answer::DenyBecause("no".to_owned()),
            Answer::Interrupted,
            Answer::Nobody,
        ] {
            assert!(!allows(answer.clone()), "{answer:?}");
        }
        assert!(allows(Answer::Once) && allows(Answer::Session(Vec::new())));
    }
}
