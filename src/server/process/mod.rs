//! The engine's process, as its owner sees it: one name, a file per kind of system.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::path::PathBuf;

#[cfg(unix)]
pub(super) use unix::{Process, spawn};
#[cfg(windows)]
pub(super) use windows::{Process, spawn};

/// The program that becomes the guard of a server: this one, or another build of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuardProgram {
    path: PathBuf,
}

impl GuardProgram {
    /// The running program. It must call [`guard_main`](super::guard_main) first thing.
    ///
    /// # Errors
    ///
    /// When the system cannot name the running program.
    pub fn this_program() -> io::Result<Self> {
        // The link leads to the very file that is running, even after an update has put another one in its place.
        let path = if cfg!(target_os = "linux") {
            PathBuf::from("/proc/self/exe")
        } else {
            std::env::current_exe()?
        };
        Ok(Self { path })
    }

    pub fn path(&self) -> &std::path::Path {
        &self.path
    }

    /// The program at `path`, for an owner that is none itself, such as a test.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }
}

/// What to run, and where.
#[derive(Debug)]
pub(super) struct Launch {
    pub(super) guard: GuardProgram,
    pub(super) engine: PathBuf,
    pub(super) arguments: Vec<OsString>,
    pub(super) environment: BTreeMap<OsString, OsString>,
    /// Where it works.
    pub(super) directory: PathBuf,
    /// Where the private temporary directory is made.
    pub(super) temporary: PathBuf,
}

/// Something that the process has to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ProcessEvent {
    Started,
    /// It could not be started, and why.
    Failed(String),
    Ended(super::EngineExit),
}
