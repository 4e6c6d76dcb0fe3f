//! Which calls have passed the tool gate, and who allowed them.
//!
//! Invariants: an entry counts only for its session, call and permission, because models reuse call ids; a call without
//! an id never counts.

use std::collections::{HashMap, HashSet};

use crate::permission::DecidedBy;

/// The permission that the engine asks for, besides the tool's own, when a path is outside of the directory.
const OUTSIDE: &str = "external_directory";

#[derive(Debug, Default)]
pub(super) struct Passed {
    /// By session and call id, then by permission.
    calls: HashMap<(String, String), HashMap<String, DecidedBy>>,
    /// Every call that came to the tool gate, including refused calls.
    seen: HashSet<(String, String)>,
    without_id: usize,
}

impl Passed {
    /// Counts a call that came to the tool gate; returns the number of calls so far.
    pub(super) fn count(&mut self, session: &str, call: &str) -> usize {
        if call.is_empty() {
            self.without_id += 1;
        } else {
            self.seen.insert((session.to_owned(), call.to_owned()));
        }
        self.seen.len() + self.without_id
    }

    pub(super) fn add(&mut self, session: &str, call: &str, permission: &str, by: DecidedBy) {
        if call.is_empty() {
            return;
        }
        let key = (session.to_owned(), call.to_owned());
        self.calls.entry(key).or_default().insert(permission.to_owned(), by);
    }

    /// Forgets a call that was refused.
    pub(super) fn remove(&mut self, session: &str, call: &str, permission: &str) {
        if let Some(of_call) = self.calls.get_mut(&(session.to_owned(), call.to_owned())) {
            of_call.remove(permission);
        }
    }

    /// Who allowed the call that now asks for `permission`; `None` when no call has passed for that permission.
    pub(super) fn by(&self, session: &str, call: &str, permission: &str) -> Option<DecidedBy> {
        let of_call = self.calls.get(&(session.to_owned(), call.to_owned()))?;
        if permission == OUTSIDE {
            // The approver of a call has seen its paths. When several calls share the id, it is unclear which of them
            // asks.
            let mut all = of_call.values();
            return all.next().copied().filter(|_| all.next().is_none());
        }
        of_call.get(permission).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passed_counts_for_nothing_else() {
        let mut passed = Passed::default();
        passed.add("ses_1", "call_1", "read", DecidedBy::Preset);
        assert_eq!(passed.by("ses_1", "call_1", "read"), Some(DecidedBy::Preset));
        assert_eq!(passed.by("ses_1", "call_1", OUTSIDE), Some(DecidedBy::Preset));
        for (session, call, permission) in [
            ("ses_1", "call_1", "bash"),
            ("ses_1", "call_1", "doom_loop"),
            ("ses_1", "call_2", "read"),
            ("ses_2", "call_1", "read"),
        ] {
            assert_eq!(
                passed.by(session, call, permission),
                None,
                "{session} {call} {permission}"
            );
        }
        // Another tool with the same id at the same time.
        passed.add("ses_1", "call_1", "bash", DecidedBy::Person);
        assert_eq!(passed.by("ses_1", "call_1", OUTSIDE), None);
        passed.remove("ses_1", "call_1", "bash");
        assert_eq!(passed.by("ses_1", "call_1", "bash"), None);
        assert_eq!(passed.by("ses_1", "call_1", "read"), Some(DecidedBy::Preset));
    }

    #[test]
    fn a_call_without_an_id_never_counts_as_passed() {
        let mut passed = Passed::default();
        passed.add("ses_1", "", "bash", DecidedBy::Yes);
        assert_eq!(passed.by("ses_1", "", "bash"), None);
    }

    #[test]
    fn every_call_is_counted_once() {
        let mut passed = Passed::default();
        let calls = [("a", "1"), ("a", "2"), ("a", "1"), ("b", "1"), ("a", ""), ("a", "")];
        let counts = calls.map(|(session, call)| passed.count(session, call));
        assert_eq!(counts, [1, 2, 2, 3, 4, 5]);
    }
}
