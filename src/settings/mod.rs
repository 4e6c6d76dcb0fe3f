//! Configuration files, environment and profiles: one value and one origin per setting.
//!
//! Comes in: flags that concern every command, the environment, a project's `.opencode-rs.toml`, the user's
//! `config.toml`. Goes out: [`Settings`]. Always true: a setting has the value of the highest source that names it
//! (flags, environment, project, profile, user, default), and a project's file can only narrow what is safe.

mod file;
mod keys;
mod load;
mod value;

pub use keys::{ENTRIES, Entry, Fallback, ProjectMay, Settings};
pub use load::{Files, Flags, PROJECT_FILE, Project, SettingsError, USER_FILE, load};
pub use value::{Raw, SettingValue, server_url};

use std::fmt;
use std::path::PathBuf;

/// A value, and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting<T> {
    /// The value.
    pub value: T,
    /// Who set it.
    pub origin: Origin,
}

/// Who set a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A flag of the command line.
    Flag(&'static str),
    /// An environment variable.
    Environment(String),
    /// The project's `.opencode-rs.toml`.
    Project(PathBuf),
    /// A `[profiles.NAME]` table of the user's file.
    Profile(PathBuf, String),
    /// The user's `config.toml`.
    User(PathBuf),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => write!(f, "flag `{flag}`"),
            Self::Environment(name) => write!(f, "environment variable `{name}`"),
            Self::Project(path) | Self::User(path) => write!(f, "{}", path.display()),
            Self::Profile(path, name) => write!(f, "{}, profile `{name}`", path.display()),
        }
    }
}

impl Origin {
    /// The word for scripts.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Flag(_) => "flag",
            Self::Environment(_) => "environment",
            Self::Project(_) => "project",
            Self::Profile(..) => "profile",
            Self::User(_) => "user",
        }
    }

    /// How high the source is: a larger number decides.
    pub fn rank(&self) -> u8 {
        match self {
            Self::User(_) => 0,
            Self::Profile(..) => 1,
            Self::Project(_) => 2,
            Self::Environment(_) => 3,
            Self::Flag(_) => 4,
        }
    }
}
