//! What can be wrong with a source of settings, and what to do about it.

use std::fmt;
use std::path::PathBuf;

use crate::error::Failure;
use crate::support::nearest;

/// What a file is, for messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SettingsFileKind {
    /// The user's or a project's settings.
    Settings,
    Policy,
}

impl fmt::Display for SettingsFileKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Settings => "settings file",
            Self::Policy => "policy file",
        })
    }
}

/// A source of settings that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The file cannot be read.
    #[error("cannot read {kind} `{path}`")]
    Unreadable {
        kind: SettingsFileKind,
        path: PathBuf,
        source: std::io::Error,
    },
    /// The file is not TOML.
    #[error("cannot read {kind} `{path}`, line {line}: {reason}")]
    Malformed {
        kind: SettingsFileKind,
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        reason: String,
    },
    /// A value is not of its kind.
    #[error("cannot use `{key}` in {kind} `{path}`, line {line}: {reason}")]
    BadValue {
        kind: SettingsFileKind,
        path: PathBuf,
        key: String,
        /// The line, from 1.
        line: usize,
        reason: String,
    },
    /// A policy file has an unknown key.
    #[error("cannot use policy file `{path}`, line {line}: it has no key `{key}`")]
    UnknownPolicyKey {
        path: PathBuf,
        key: String,
        /// The line, from 1.
        line: usize,
        /// The keys that there are.
        known: &'static [&'static str],
    },
    /// `--add-dir` names no directory.
    #[error("cannot use `--add-dir {path}`")]
    NoDirectory { path: PathBuf, source: std::io::Error },
    /// A variable's value is not of its kind.
    #[error("cannot use environment variable `{name}`: {reason}")]
    BadVariable { name: String, reason: String },
    /// `--profile` names a table that does not exist.
    #[error("cannot find profile `{name}` in settings file `{path}`")]
    NoProfile {
        name: String,
        path: PathBuf,
        known: Vec<String>,
    },
}

impl From<SettingsError> for Failure {
    fn from(error: SettingsError) -> Self {
        let failure = Self::from_error(crate::error::FailureKind::Usage, &error);
        match error {
            SettingsError::NoProfile { name, known, .. } => {
                let near = nearest::nearest(&name, known.iter().map(String::as_str));
                match (near.as_slice(), known.as_slice()) {
                    (_, []) => failure.hint(format!("add a table `[profiles.{name}]` to it")),
                    ([], known) => failure.hint(format!("the file has {}", nearest::quoted(known))),
                    (near, _) => failure.hint(format!("did you mean {}?", nearest::quoted(near))),
                }
            }
            SettingsError::UnknownPolicyKey { key, known, .. } => {
                let near = nearest::nearest(&key, known.iter().copied());
                if near.is_empty() {
                    failure.hint(format!("a policy file has {}", nearest::quoted(known)))
                } else {
                    failure.hint(format!("did you mean {}?", nearest::quoted(&near)))
                }
            }
            _ => failure,
        }
    }
}
