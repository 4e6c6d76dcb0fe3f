//! From "which engine" to an executable.

use std::path::PathBuf;

use semver::Version;

use crate::request::EngineSource;

/// The engine version that this release of the program is tested with, and that it installs. Pinned here and only here.
pub const PINNED_VERSION: &str = "1.18.33";

/// An engine program that runs and whose version is supported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Engine {
    /// The executable, absolute.
    pub path: PathBuf,
    /// What `--version` says.
    pub version: Version,
    /// Where it was found.
    pub source: EngineSource,
}
