//! Patterns over text: a substring, or with `*` the whole text.

/// A case-sensitive condition on a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Pattern {
    Holds(String),
    /// The text consists of these pieces in order, with any text between two of them.
    Pieces(Vec<String>),
}

impl Pattern {
    pub(super) fn new(text: &str) -> Self {
        if text.contains('*') {
            Self::Pieces(text.split('*').map(str::to_owned).collect())
        } else {
            Self::Holds(text.to_owned())
        }
    }

    pub(super) fn matches(&self, text: &str) -> bool {
        let pieces = match self {
            Self::Holds(piece) => return text.contains(piece.as_str()),
            Self::Pieces(pieces) => pieces,
        };
        let [first, middle @ .., last] = pieces.as_slice() else {
            return false;
        };
        // White space around a prompt does not matter to a script.
        let Some(mut rest) = text.trim().strip_prefix(first.as_str()) else {
            return false;
        };
        for piece in middle {
            match rest.find(piece.as_str()) {
                Some(at) => rest = &rest[at + piece.len()..],
                None => return false,
            }
        }
        rest.ends_with(last.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_without_a_star_is_looked_for_anywhere_and_one_with_a_star_is_the_whole_text() {
        let cases = [
            ("bug", "fix the bug now", true),
            ("Bug", "fix the bug now", false),
            ("fix * bug", "fix the bug", true),
            ("fix * bug", "fix the bug now", false),
            ("fix*bug*", "fix the bug now", true),
            ("*a*a", "a", false),
            ("*", "", true),
            ("a*a", "a", false),
            ("hello*", "hello\n", true),
        ];
        for (pattern, text, expected) in cases {
            assert_eq!(Pattern::new(pattern).matches(text), expected, "{pattern} on {text}");
        }
    }
}
