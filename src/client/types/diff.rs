//! The changes of a prompt.

use serde::Deserialize;

use super::lenient::lenient;

/// A file that differs between before and after a prompt.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct FileDiff {
    /// Relative to the root of the working tree.
    #[serde(deserialize_with = "lenient")]
    pub file: String,
    #[serde(deserialize_with = "lenient")]
    pub status: String,
    #[serde(deserialize_with = "lenient")]
    pub additions: Option<u64>,
    #[serde(deserialize_with = "lenient")]
    pub deletions: Option<u64>,
    /// The change as a unified diff.
    #[serde(deserialize_with = "lenient")]
    pub patch: String,
}
