//! The names under which conversations are kept.

use std::path::Path;

use super::Call;
use crate::request::SessionScope;

/// A name of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct KeptName {
    pub(super) name: String,
    pub(super) session_id: String,
}

/// The names that are kept for a directory, or for all.
pub(super) fn kept_names(_call: Call<'_>, _directory: &Path, _scope: SessionScope) -> Vec<KeptName> {
    Vec::new()
}
