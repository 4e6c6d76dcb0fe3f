//! Resolves the user's reference to a session: its id, a part of its id, its title, or the name it is kept under.

use crate::error::Failure;

/// Length of the shortest accepted id prefix, not counting `ses_`.
const MIN_ID_PREFIX: usize = 4;
const PREFIX: &str = "ses_";
/// Limit of sessions that a message names.
pub const MAX_NAMED: usize = 5;

/// The items whose title is `reference`, or, when no title is, the items whose id begins with it. `names` gives id and
/// title.
pub fn by_title_or_id<'a, T>(reference: &str, all: &'a [T], names: impl Fn(&T) -> (&str, &str)) -> Vec<&'a T> {
    let titled: Vec<&T> = all.iter().filter(|one| names(one).1 == reference).collect();
    let begins = reference.strip_prefix(PREFIX).unwrap_or(reference);
    if !titled.is_empty() || begins.len() < MIN_ID_PREFIX {
        return titled;
    }
    let has_it = |one: &&T| {
        let id = names(one).0;
        id.strip_prefix(PREFIX).unwrap_or(id).starts_with(begins)
    };
    all.iter().filter(has_it).collect()
}

/// The failure of a reference that several sessions match, each described in a line.
pub fn ambiguous(reference: &str, several: impl ExactSizeIterator<Item = String>) -> Failure {
    let count = several.len();
    let failure = Failure::usage(format!(
        "cannot tell which session `{reference}` is: {count} could be meant"
    ));
    let failure = several.take(MAX_NAMED).fold(failure, Failure::hint);
    if count > MAX_NAMED {
        failure.hint(format!("and {} more", count - MAX_NAMED))
    } else {
        failure
    }
}

/// The failure of a reference that no session matches.
pub fn unknown(reference: &str) -> Failure {
    Failure::usage(format!("cannot find session `{reference}` in this directory"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SESSIONS: [(&str, &str); 5] = [
        ("ses_4a10xyz", "Tests"),
        ("ses_4a10abc", "Release"),
        ("ses_77777", "Tests"),
        ("ses_88888", "4a10"),
        ("ses_99999", "kept"),
    ];

    fn found(reference: &str) -> Vec<&'static str> {
        let meant = by_title_or_id(reference, &SESSIONS, |session| *session);
        meant.into_iter().map(|(id, _)| *id).collect()
    }

    #[test]
    fn a_session_has_a_title_and_abbreviations() {
        assert_eq!(found("Release"), ["ses_4a10abc"]);
        assert_eq!(found("4a10"), ["ses_88888"], "a title comes before an abbreviation");
        assert_eq!(found("ses_4a10a"), ["ses_4a10abc"]);
        assert_eq!(found("4a10a"), ["ses_4a10abc"]);
        assert_eq!(found("ses_88888"), ["ses_88888"]);
    }

    #[test]
    fn what_fits_several_or_none_is_refused_with_what_there_is() {
        assert_eq!(found("ses_4a10"), ["ses_4a10xyz", "ses_4a10abc"]);
        assert_eq!(found("Tests"), ["ses_4a10xyz", "ses_77777"]);
        assert_eq!(found("ses_4"), [""; 0], "that is too short to mean anything");
        assert_eq!(found("release"), [""; 0]);

        let failure = ambiguous("ses_4a10", (0..7).map(|number| number.to_string()));
        assert_eq!(
            failure.message,
            "cannot tell which session `ses_4a10` is: 7 could be meant"
        );
        assert_eq!(failure.hints, ["0", "1", "2", "3", "4", "and 2 more"]);
    }
}
