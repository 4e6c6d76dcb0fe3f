//! What a prompt changed.

use serde::Deserialize;

use super::lenient::lenient;

/// A file that differs between before and after a prompt.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct FileDiff {
    /// Its path, relative to the root of the working tree.
    #[serde(deserialize_with = "lenient")]
    pub file: String,
    /// `added`, `modified` or `deleted`.
    #[serde(deserialize_with = "lenient")]
    pub status: String,
    /// Lines that are new.
    #[serde(deserialize_with = "lenient")]
    pub additions: Option<u64>,
    /// Lines that are gone.
    #[serde(deserialize_with = "lenient")]
    pub deletions: Option<u64>,
    /// The change as a unified diff.
    #[serde(deserialize_with = "lenient")]
    pub patch: String,
}
