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

/// The running program, which becomes the guard of a server when it is started with the first argument for that. It must
/// call [`guard_main`](super::guard_main) first thing.
///
/// # Errors
///
/// When the system cannot name the running program.
pub fn this_program() -> io::Result<PathBuf> {
    if cfg!(target_os = "linux") {
        // The link leads to the very file that is running, even after an update has put another one in its place.
        return Ok(PathBuf::from("/proc/self/exe"));
    }
    std::env::current_exe()
}

/// What to run, and where.
#[derive(Debug)]
pub(super) struct Launch {
    pub(super) guard: PathBuf,
    pub(super) engine: PathBuf,
    pub(super) arguments: Vec<OsString>,
    pub(super) environment: BTreeMap<OsString, OsString>,
    pub(super) directory: PathBuf,
    /// Where the private temporary directory is made.
    pub(super) temporary: PathBuf,
}
