//! What is decided about a part of a shell line.

use super::policy::PartDecision;
use crate::request::Effect;

/// The decision about a part, and whether that is enough to allow a line.
pub(super) struct Judged {
    pub(super) what: String,
    pub(super) verdict: PartDecision,
    /// Whether a rule allows it, rather than nothing being against it.
    pub(super) by_rule: bool,
}

impl Judged {
    /// A part that no rule allows.
    pub(super) fn new(what: String, verdict: PartDecision) -> Self {
        Self {
            what,
            verdict,
            by_rule: false,
        }
    }

    /// A command that only passes on: what it runs decides.
    pub(super) fn pass_on(&mut self) {
        if self.verdict.effect == Effect::Ask && self.verdict.by_preset {
            self.verdict = PartDecision {
                rule: "it only runs the command that follows".to_owned(),
                ..no_objection()
            };
        }
        self.by_rule = false;
    }
}

pub(super) fn no_objection() -> PartDecision {
    PartDecision {
        effect: Effect::Allow,
        rule: "nothing is against it".to_owned(),
        by_preset: true,
        grant: None,
    }
}
