//! The names under which conversations are kept.

use std::path::Path;

use super::RunningCommand;
use crate::connect::rehearsed;
use crate::conversation::KeptSession;
use crate::request::SessionScope;

/// The names that are kept for a directory, or for all. Where they cannot be read, sessions are named in other ways.
pub(super) fn kept_names(call: RunningCommand<'_>, directory: &Path, scope: SessionScope) -> Vec<KeptSession> {
    let state = &rehearsed::names(call.context, &call.request.connect.rehearsal);
    let mut warnings = Vec::new();
    let kept = match scope {
        SessionScope::Directory => KeptSession::list(state, directory, &mut warnings),
        SessionScope::Everywhere => KeptSession::list_all(state, &mut warnings),
    };
    for warning in &warnings {
        call.say(&format!("warning: {warning}"));
    }
    kept.unwrap_or_else(|error| {
        call.say(&format!(
            "warning: cannot read the names of kept conversations: {error}"
        ));
        Vec::new()
    })
}
