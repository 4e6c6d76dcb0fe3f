//! Which session is meant.

use super::entry::SessionEntry;
use crate::conversation::{MAX_NAMED, ambiguous, by_title_or_id, unknown};
use crate::error::Failure;
use crate::support::nearest::nearest;

/// The session that `reference` means among those of this directory and those of `elsewhere`.
///
/// A whole id comes before a kept name, that before an exact title, and that before the beginning of an id. Elsewhere
/// only a whole id counts; where something else would fit there, the failure says so.
///
/// # Errors
///
/// When none or several are meant.
pub(super) fn find<'a>(
    reference: &str,
    here: &'a [SessionEntry],
    elsewhere: &'a [SessionEntry],
) -> Result<&'a SessionEntry, Failure> {
    if let Some(entry) = here.iter().chain(elsewhere).find(|entry| entry.id == reference) {
        return Ok(entry);
    }
    match meant(reference, here)[..] {
        [entry] => return Ok(entry),
        [] => {}
        ref several => return Err(ambiguous(reference, several.iter().map(|entry| entry.described()))),
    }
    let mut failure = unknown(reference);
    let there = meant(reference, elsewhere);
    if let Some(first) = there.first() {
        for entry in there.iter().take(MAX_NAMED) {
            failure = failure.hint(format!("{} is of `{}`", entry.described(), entry.directory));
        }
        return Err(failure.hint(format!(
            "name it with its whole id, or with `--all`, or work there with `--directory '{}'`",
            first.directory
        )));
    }
    Err(with_nearest(failure, reference, here))
}

/// The last session that was used.
///
/// # Errors
///
/// When no session matches.
pub(super) fn last(here: &[SessionEntry]) -> Result<&SessionEntry, Failure> {
    here.iter().find(|entry| entry.parent_id.is_none()).ok_or_else(|| {
        Failure::usage("cannot find a session of this directory: there is none yet")
            .hint("`opencode-rs session list --all` shows those of other directories")
    })
}

fn meant<'a>(reference: &str, entries: &'a [SessionEntry]) -> Vec<&'a SessionEntry> {
    let named: Vec<&SessionEntry> = entries
        .iter()
        .filter(|entry| entry.name.as_deref() == Some(reference))
        .collect();
    if !named.is_empty() {
        return named;
    }
    by_title_or_id(reference, entries, |entry| (&entry.id, &entry.title))
}

fn with_nearest(mut failure: Failure, reference: &str, here: &[SessionEntry]) -> Failure {
    let words = here
        .iter()
        .flat_map(|entry| {
            [
                Some(entry.title.as_str()),
                Some(entry.id.as_str()),
                entry.name.as_deref(),
            ]
        })
        .flatten();
    let near = nearest(reference, words);
    let is_near = |entry: &&SessionEntry| {
        near.iter()
            .any(|word| *word == entry.title || *word == entry.id || Some(*word) == entry.name.as_deref())
    };
    for entry in here.iter().filter(is_near).take(MAX_NAMED) {
        failure = failure.hint(format!("did you mean {}?", entry.described()));
    }
    failure.hint("`opencode-rs session list` shows what there is")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::conversation::KeptSession;
    use crate::error::FailureKind;

    fn entries(directory: &str, sessions: &[(&str, &str)]) -> Vec<SessionEntry> {
        let kept = [KeptSession::new("/here".as_ref(), "docs", "ses_77777")];
        sessions
            .iter()
            .map(|(id, title)| SessionEntry::new(&json!({ "id": id, "title": title, "directory": directory }), &kept))
            .collect()
    }

    fn found(reference: &str) -> Result<String, Failure> {
        let here = entries(
            "/here",
            &[
                ("ses_4a10xyz", "Tests"),
                ("ses_4a10abc", "Release"),
                ("ses_77777", "Tests"),
                ("ses_88888", "4a10"),
                ("ses_99999", "docs"),
            ],
        );
        let elsewhere = entries("/there", &[("ses_bbbbb", "Other"), ("ses_ccccc", "Other")]);
        find(reference, &here, &elsewhere).map(|entry| entry.id.clone())
    }

    #[test]
    fn a_session_has_an_id_a_name_a_title_and_abbreviations() {
        for (reference, id) in [
            ("ses_88888", "ses_88888"),
            ("docs", "ses_77777"),
            ("Release", "ses_4a10abc"),
            ("4a10", "ses_88888"),
            ("4a10a", "ses_4a10abc"),
            ("ses_4a10x", "ses_4a10xyz"),
            ("ses_bbbbb", "ses_bbbbb"),
        ] {
            assert_eq!(found(reference).unwrap(), id, "{reference}");
        }
    }

    #[test]
    fn what_fits_several_names_them() {
        let failure = found("Tests").unwrap_err();
        assert_eq!(failure.kind, FailureKind::Usage);
        assert_eq!(
            failure.message,
            "cannot tell which session `Tests` is: 2 could be meant"
        );
        assert_eq!(
            failure.hints,
            ["`ses_4a10xyz` \"Tests\", -", "`ses_77777` \"Tests\", -"]
        );
        assert_eq!(
            found("ses_4a10").unwrap_err().message,
            "cannot tell which session `ses_4a10` is: 2 could be meant"
        );
    }

    #[test]
    fn what_is_not_here_is_named_where_it_is_or_with_what_is_near() {
        let failure = found("Other").unwrap_err();
        assert_eq!(failure.message, "cannot find session `Other` in this directory");
        assert_eq!(
            failure.hints,
            [
                "`ses_bbbbb` \"Other\", - is of `/there`",
                "`ses_ccccc` \"Other\", - is of `/there`",
                "name it with its whole id, or with `--all`, or work there with `--directory '/there'`"
            ]
        );
        assert_eq!(
            found("release").unwrap_err().hints,
            [
                "did you mean `ses_4a10abc` \"Release\", -?",
                "`opencode-rs session list` shows what there is"
            ]
        );
        assert_eq!(
            found("4a1").unwrap_err().message,
            "cannot find session `4a1` in this directory"
        );
    }
}
