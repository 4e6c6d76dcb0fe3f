//! Configuration files, environment and profiles: one value and one origin per setting.
//!
//! In: flags that concern every command, the environment, a project's `.opencode-rs.toml`, the user's
//! `config.toml`. Out: [`Settings`]. Invariants: a setting has the value of the highest source that names it
//! (flags, policy file, environment, project, profile, user, default), but for the lists of rules, which add up; and a
//! project's file can only narrow what is safe.

mod error;
mod file;
mod keys;
mod load;
mod policy_file;
mod schema;
mod value;

pub use error::{SettingsError, SettingsFileKind};
pub use keys::{ENTRIES, Fallback, ProjectMay, SettingKey, Settings};
pub use load::{Files, Flags, PROJECT_FILE, ProjectFile, USER_FILE, load, project_directories};
pub use schema::{policy_schema, project_schema, user_schema};
pub use value::{RawValue, SettingValue, meant_tool, rule, server_url};

use std::fmt;
use std::path::PathBuf;

/// A value, and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting<T> {
    pub value: T,
    pub origin: Origin,
}

impl<T> Setting<T> {
    fn of_flag(value: T, flag: &'static str) -> Self {
        let origin = Origin::Flag(flag);
        Self { value, origin }
    }
}

/// Where the value of a setting stands. For rules, `src/cli/permission.rs` makes a `RuleOrigin` of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A flag of the command line.
    Flag(&'static str),
    Environment(String),
    /// The project's `.opencode-rs.toml`.
    Project(PathBuf),
    /// A `[profiles.NAME]` table of the user's file.
    Profile(PathBuf, String),
    User(PathBuf),
    /// The file of `--policy`, or of the setting `policy`.
    Policy(PathBuf),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => write!(f, "flag `{flag}`"),
            Self::Environment(name) => write!(f, "environment variable `{name}`"),
            Self::Project(path) | Self::User(path) | Self::Policy(path) => write!(f, "{}", path.display()),
            Self::Profile(path, name) => write!(f, "{}, profile `{name}`", path.display()),
        }
    }
}

impl Origin {
    pub fn word(&self) -> &'static str {
        match self {
            Self::Flag(_) => "flag",
            Self::Environment(_) => "environment",
            Self::Project(_) => "project",
            Self::Profile(..) => "profile",
            Self::User(_) => "user",
            Self::Policy(_) => "policy",
        }
    }

    /// How high the source is: a larger number decides.
    pub fn rank(&self) -> u8 {
        match self {
            Self::User(_) => 0,
            Self::Profile(..) => 1,
            Self::Project(_) => 2,
            Self::Environment(_) => 3,
            Self::Policy(_) => 4,
            Self::Flag(_) => 5,
        }
    }
}
