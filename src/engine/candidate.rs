//! A file that could be the engine.

use std::path::PathBuf;

use semver::Version;

use super::rejection::Rejection;
use crate::request::EngineSource;

/// A file that could be the engine, and whether it is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineCandidate {
    pub path: PathBuf,
    pub source: EngineSource,
    /// Its version, or why it is skipped.
    pub verdict: Result<Version, Rejection>,
}

impl EngineCandidate {
    /// Whether this machine, and not the file, is the reason for which it was skipped.
    pub fn is_local(&self) -> bool {
        self.verdict.as_ref().is_err_and(Rejection::is_local)
    }

    /// A line that says why it was skipped, if it was.
    pub fn skipped(&self) -> Option<String> {
        let rejection = self.verdict.as_ref().err()?;
        Some(format!("skipped `{}`: {rejection}", self.path.display()))
    }
}
