//! What a command receives: the world, entered through one door.
//!
//! Built once in `app`. Only `app` and `commands` see a [`Context`]; everything below takes the one or two things that
//! it needs.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use crate::error::{Failure, FailureKind};

/// The environment variables of the process, read once.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Environment {
    variables: BTreeMap<OsString, OsString>,
}

impl Environment {
    /// The variables of this process.
    pub fn of_process() -> Self {
        std::env::vars_os().collect()
    }

    /// The value of `name`, as the system gives it.
    pub fn os(&self, name: &str) -> Option<&OsStr> {
        self.variables.get(OsStr::new(name)).map(OsString::as_os_str)
    }

    /// The value of `name`, where it is set, Unicode and not empty.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.os(name)?.to_str().filter(|value| !value.is_empty())
    }

    /// All names and values.
    pub fn iter(&self) -> impl Iterator<Item = (&OsStr, &OsStr)> {
        self.variables
            .iter()
            .map(|(name, value)| (name.as_os_str(), value.as_os_str()))
    }
}

impl FromIterator<(OsString, OsString)> for Environment {
    fn from_iter<I: IntoIterator<Item = (OsString, OsString)>>(variables: I) -> Self {
        Self {
            variables: variables.into_iter().collect(),
        }
    }
}

impl std::fmt::Debug for Environment {
    /// Names only: values may be secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.variables.keys()).finish()
    }
}

/// Where our own files are: the XDG directories on Linux, the platform's own elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directories {
    /// The user's home.
    pub home: PathBuf,
    /// Settings: `config.toml`.
    pub config: PathBuf,
    /// Installed engines.
    pub data: PathBuf,
    /// Trust decisions, locks, logs.
    pub state: PathBuf,
    /// Probes, downloads, catalogs: everything that can be made again.
    pub cache: PathBuf,
}

impl Directories {
    /// The directories of the current user.
    ///
    /// # Errors
    ///
    /// When the system names no home directory.
    pub fn of_user() -> Result<Self, Failure> {
        let failure = || {
            Failure::new(FailureKind::Usage, "cannot find the home directory")
                .hint("set `HOME` to a directory of yours")
        };
        let base = directories::BaseDirs::new().ok_or_else(failure)?;
        let project = directories::ProjectDirs::from("", "", "opencode-rs").ok_or_else(failure)?;
        Ok(Self {
            home: base.home_dir().to_path_buf(),
            config: project.config_dir().to_path_buf(),
            data: project.data_local_dir().to_path_buf(),
            state: project
                .state_dir()
                .map_or_else(|| project.data_local_dir().join("state"), Path::to_path_buf),
            cache: project.cache_dir().to_path_buf(),
        })
    }
}
