//! Resolves the user's reference to a session: its id, a part of its id, its title, or the name it is kept under.

use super::KeptSession;
use crate::error::Failure;
use crate::support::nearest::{nearest, quoted};

/// Length of the shortest accepted id prefix, not counting `ses_`.
const MIN_ID_PREFIX: usize = 4;
const PREFIX: &str = "ses_";
/// Limit of sessions that a message names.
const MAX_NAMED: usize = 5;

/// A session that the reference could mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionCandidate {
    pub id: String,
    pub title: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReferenceMatch {
    None,
    /// The session with this id.
    One(String),
    /// All of these match the reference.
    Several(Vec<String>),
}

/// Finds the session that `reference` means, among `sessions` and the `kept` names.
///
/// A whole id wins over a kept name, that over an exact title, and that over an id prefix.
pub fn find(reference: &str, sessions: &[SessionCandidate], kept: &[KeptSession]) -> ReferenceMatch {
    if sessions.iter().any(|session| session.id == reference) {
        return ReferenceMatch::One(reference.to_owned());
    }
    if let Some(kept) = kept.iter().find(|kept| kept.name == reference) {
        return ReferenceMatch::One(kept.session_id.clone());
    }
    let meant = by_title_or_id(reference, sessions, |session| (&session.id, &session.title));
    match meant[..] {
        [] => ReferenceMatch::None,
        [session] => ReferenceMatch::One(session.id.clone()),
        ref several => ReferenceMatch::Several(several.iter().map(|session| session.id.clone()).collect()),
    }
}

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

/// The failure for a reference that matches no session or several.
pub fn unknown(reference: &str, several: &[String], sessions: &[SessionCandidate], kept: &[KeptSession]) -> Failure {
    if !several.is_empty() {
        let mut failure = Failure::usage(format!(
            "cannot tell which session `{reference}` is: {} could be meant",
            several.len()
        ));
        for id in several.iter().take(MAX_NAMED) {
            let title = sessions.iter().find(|session| session.id == *id);
            let title = title.map(|session| session.title.as_str()).unwrap_or_default();
            failure = failure.hint(format!("`{id}` is {title:?}"));
        }
        return failure;
    }
    let failure = Failure::usage(format!("cannot find session `{reference}` in this directory"));
    let names = kept.iter().map(|kept| kept.name.as_str());
    let titles = sessions.iter().map(|session| session.title.as_str());
    let near = nearest(reference, names.chain(titles));
    if near.is_empty() {
        failure.hint("`opencode-rs session list` shows what there is")
    } else {
        failure.hint(format!("did you mean {}?", quoted(&near)))
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::error::FailureKind;

    fn sessions() -> Vec<SessionCandidate> {
        [
            ("ses_4a10xyz", "Tests"),
            ("ses_4a10abc", "Release"),
            ("ses_77777", "Tests"),
            ("ses_88888", "4a10"),
            ("ses_99999", "kept"),
        ]
        .map(|(id, title)| SessionCandidate {
            id: id.to_owned(),
            title: title.to_owned(),
        })
        .to_vec()
    }

    fn kept() -> Vec<KeptSession> {
        vec![KeptSession::new(Path::new("/a"), "kept", "ses_77777")]
    }

    fn found(reference: &str) -> ReferenceMatch {
        find(reference, &sessions(), &kept())
    }

    fn one(id: &str) -> ReferenceMatch {
        ReferenceMatch::One(id.to_owned())
    }

    #[test]
    fn a_session_has_an_id_a_name_a_title_and_abbreviations() {
        assert_eq!(found("ses_88888"), one("ses_88888"));
        assert_eq!(found("kept"), one("ses_77777"), "a kept name comes before a title");
        assert_eq!(found("Release"), one("ses_4a10abc"));
        assert_eq!(found("4a10"), one("ses_88888"), "a title comes before an abbreviation");
        assert_eq!(found("ses_4a10a"), one("ses_4a10abc"));
        assert_eq!(found("4a10a"), one("ses_4a10abc"));
    }

    #[test]
    fn what_fits_several_or_none_is_refused_with_what_there_is() {
        let both = vec!["ses_4a10xyz".to_owned(), "ses_4a10abc".to_owned()];
        assert_eq!(found("ses_4a10"), ReferenceMatch::Several(both.clone()));
        assert_eq!(
            found("Tests"),
            ReferenceMatch::Several(vec!["ses_4a10xyz".to_owned(), "ses_77777".to_owned()])
        );
        assert_eq!(
            found("ses_4"),
            ReferenceMatch::None,
            "that is too short to mean anything"
        );
        assert_eq!(found("release"), ReferenceMatch::None);

        let failure = unknown("ses_4a10", &both, &sessions(), &kept());
        assert_eq!(failure.kind, FailureKind::Usage);
        assert_eq!(
            failure.message,
            "cannot tell which session `ses_4a10` is: 2 could be meant"
        );
        assert_eq!(
            failure.hints,
            ["`ses_4a10xyz` is \"Tests\"", "`ses_4a10abc` is \"Release\""]
        );
        let failure = unknown("release", &[], &sessions(), &kept());
        assert_eq!(failure.message, "cannot find session `release` in this directory");
        assert_eq!(failure.hints, ["did you mean `Release`?"]);
        let failure = unknown("zzz", &[], &sessions(), &kept());
        assert_eq!(failure.hints, ["`opencode-rs session list` shows what there is"]);
    }
}
