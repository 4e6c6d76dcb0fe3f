//! Something in a command that its rule has to name.

/// Something in a command that a wildcard does not cover.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hazard {
    /// What a rule has to say before its first wildcard, to cover it.
    pub(crate) named_by: String,
    pub(crate) why: &'static str,
}

impl Hazard {
    /// Whether a text, which is the beginning of a rule, names it.
    pub(crate) fn is_named_in(&self, text: &str) -> bool {
        let named = self.named_by.as_str();
        let starts = |word: &str| {
            word.strip_prefix(named)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
        };
        text.split_whitespace().any(starts) || (named.contains(char::is_whitespace) && text.contains(named))
    }

    pub(super) fn new(named_by: &str, why: &'static str) -> Self {
        Self {
            named_by: named_by.to_owned(),
            why,
        }
    }
}

pub(crate) const RUNS: &str = "it can run other programs";
pub(crate) const WRITES: &str = "it can write other files";
pub(crate) const ELSEWHERE: &str = "it can read files that the line does not name";
pub(crate) const UNPACKS: &str = "it writes the files that its input names";
pub(crate) const SETS: &str = "it sets a variable for programs";
