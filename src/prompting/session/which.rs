//! Finds the session that a request names, and explains a missing one.

use std::path::Path;

use super::waiting::warn;
use crate::client::types::Session;
use crate::client::{Client, Error};
use crate::conversation::{KeptSession, ambiguous, by_title_or_id, unknown};
use crate::error::Failure;
use crate::prompting::PromptContext;
use crate::request::{RunRequest, ServerChoice, SessionStart};
use crate::support::nearest::{nearest, quoted};

/// Limit of sessions in a directory.
const ALL_SESSIONS: usize = 100_000;
/// Limit of the newest sessions that are searched for a session that is not archived.
const NEWEST: usize = 50;

/// The session with this id, if it exists.
pub(super) async fn session(client: &Client, id: &str) -> Result<Option<Session>, Failure> {
    if !is_id(id) {
        return Ok(None);
    }
    match client.session(id).await {
        Ok(session) => Ok(Some(session)),
        Err(Error::Status { status, .. }) if status.as_u16() == 404 => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Whether this can be the id of a session, and nothing else can be made of it in an address.
fn is_id(text: &str) -> bool {
    text.strip_prefix("ses_")
        .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

pub(super) async fn latest(client: &Client, directory: &Path) -> Result<String, Failure> {
    let newest = client.root_sessions(NEWEST, None).await?;
    let is_open = |session: &&Session| session.parent_id.is_none() && session.time.archived.is_none();
    newest
        .iter()
        .filter(|session| is_at(&session.directory, directory))
        .find(is_open)
        .map(|session| session.id.clone())
        .ok_or_else(|| {
            Failure::usage(format!(
                "cannot go on with the last session: there is none in `{}`",
                directory.display()
            ))
            .hint("leave out `--continue` to begin one; `opencode-rs session list --all` shows those of other directories")
        })
}

pub(super) async fn named(reference: &str, client: &Client, prompt: PromptContext<'_>) -> Result<String, Failure> {
    if is_id(reference) && client.session(reference).await.is_ok() {
        return Ok(reference.to_owned());
    }
    let mut warnings = Vec::new();
    let kept = KeptSession::list(prompt.state, prompt.directory, &mut warnings);
    let elsewhere = KeptSession::list_all(prompt.state, &mut warnings).unwrap_or_default();
    warn(prompt.display, warnings).await;
    let kept = kept.map_err(|error| unreadable(prompt.state, &error))?;
    if let Some(kept) = kept.iter().find(|kept| kept.name == reference) {
        return Ok(kept.session_id.clone());
    }
    let sessions = client.root_sessions(ALL_SESSIONS, None).await?;
    let meant = by_title_or_id(reference, &sessions, |session| (&session.id, &session.title));
    let mut failure = match meant[..] {
        [session] => return Ok(session.id.clone()),
        [] => nothing_like(reference, &sessions, &kept),
        ref several => ambiguous(
            reference,
            several
                .iter()
                .map(|session| format!("`{}` is {:?}", session.id, session.title)),
        ),
    };
    for kept in elsewhere.iter().filter(|kept| kept.name == reference).take(3) {
        let directory = kept.directory.display();
        failure = failure.hint(format!("`{reference}` is kept for `{directory}`: add `-d {directory}`"));
    }
    Err(failure)
}

fn nothing_like(reference: &str, sessions: &[Session], kept: &[KeptSession]) -> Failure {
    let names = kept.iter().map(|kept| kept.name.as_str());
    let titles = sessions.iter().map(|session| session.title.as_str());
    match &nearest(reference, names.chain(titles))[..] {
        [] => unknown(reference).hint("`opencode-rs session list` shows what there is"),
        near => unknown(reference).hint(format!("did you mean {}?", quoted(near))),
    }
}

/// Whether a session's directory is this one, which is canonical where it is of this machine.
pub(super) fn is_at(theirs: &str, directory: &Path) -> bool {
    let theirs = Path::new(theirs);
    theirs == directory || std::fs::canonicalize(theirs).is_ok_and(|theirs| theirs == directory)
}

/// The failure of a session that was deleted.
pub(super) async fn gone(id: &str, prompt: PromptContext<'_>) -> Failure {
    let request = prompt.request;
    let what = match (&request.session.start, &request.session.keep_as) {
        (SessionStart::Kept, Some(name)) => format!("cannot go on with conversation `{name}`"),
        (SessionStart::Named(reference), _) if reference != id => format!("cannot go on with `{reference}`"),
        _ => "cannot go on".to_owned(),
    };
    let mut failure = Failure::usage(format!("{what}: its session `{id}` does not exist any more"));
    if request.session.start == SessionStart::Kept {
        failure = failure.hint("`--new` starts over under this name");
    }
    if matches!(request.connect.server, ServerChoice::Attach(_)) {
        failure = failure.hint("it may be a session of another server's store than that of `--attach`");
    }
    others(failure, request.session.keep_as.as_deref(), prompt).await
}

/// The failure of a session that belongs to another directory.
pub(super) fn foreign(request: &RunRequest, info: &Session) -> Failure {
    let directory = &info.directory;
    let failure = Failure::usage(format!(
        "cannot go on with session `{}` here: it belongs to `{directory}`",
        info.id
    ))
    .hint(format!("add `-d {directory}` to go on there"));
    match (&request.session.start, &request.session.keep_as) {
        (SessionStart::Kept, Some(name)) => failure.hint(format!("`--new` starts conversation `{name}` over here")),
        _ => failure,
    }
}

/// The failure of a copy of a kept conversation that does not exist.
pub(super) async fn nothing_kept(name: &str, prompt: PromptContext<'_>) -> Failure {
    let failure = Failure::usage(format!(
        "cannot copy conversation `{name}`: nothing is kept under this name in `{}`",
        prompt.directory.display()
    ))
    .hint("leave out `--fork` to begin it");
    others(failure, Some(name), prompt).await
}

/// Adds hints at other conversations.
async fn others(failure: Failure, but: Option<&str>, prompt: PromptContext<'_>) -> Failure {
    let mut warnings = Vec::new();
    let kept = KeptSession::list(prompt.state, prompt.directory, &mut warnings).unwrap_or_default();
    warn(prompt.display, warnings).await;
    let names: Vec<&str> = kept
        .iter()
        .map(|kept| kept.name.as_str())
        .filter(|name| Some(*name) != but)
        .take(5)
        .collect();
    let failure = if names.is_empty() {
        failure
    } else {
        failure.hint(format!("other conversations kept here: {}", quoted(&names)))
    };
    failure.hint("`opencode-rs session list` shows the sessions that there are")
}

pub(super) fn unreadable(state: &Path, error: &std::io::Error) -> Failure {
    Failure::failed(format!(
        "cannot read which conversations are kept in `{}`",
        state.display()
    ))
    .caused_by(error)
    .hint("make the directory readable, or set `XDG_STATE_HOME`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_id_becomes_a_part_of_an_address() {
        assert!(is_id("ses_e05b08795ffe8gBmuApMI3Z0JA"));
        for text in ["ses_", "ses_a/b", "ses_..", "ses_a?b", "e05b08795ffe8g", "msg_1", ""] {
            assert!(!is_id(text), "{text}");
        }
    }
}
