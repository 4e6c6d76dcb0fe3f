//! The guard: a small process of ours that stands between us and an engine.
//!
//! An engine notices neither the death of its parent nor a closed stdin, and the commands that its model runs are in
//! sessions of their own. So a program that is killed would leave both behind. The guard is this same program, started
//! again with a hidden first argument; it holds one end of a socket whose other end only we hold. When that end closes,
//! for whatever reason, SIGKILL included, the guard ends the engine, everything that the engine started, and removes the
//! temporary directory.
//!
//! In: argv (`__guard TEMPORARY ENGINE ARGUMENTS…`), the engine's environment and working directory as its own,
//! the engine's output pipes as its own stdout and stderr, the socket as stdin. Out: [`GuardReport`]s, each as a line of JSON.
//! Invariants: a guard signals only descendants of its own, never a name or a group; it is in a session of its own, so
//! the terminal's Ctrl-C reaches neither it nor the engine; it holds nothing of our stdin, stdout or stderr.
//!
//! What is beyond it: if the guard itself is killed with SIGKILL, on Linux the engine dies with it (parent-death
//! signal), but commands that the engine ran are adopted by init. Outside Linux there is no such signal, and a command
//! that daemonised itself before the stop is not found. What is left then is found by its environment, see `strays`, and
//! ended by the next guard, or by `server stop --all`.

#[cfg(unix)]
pub(in crate::server) mod descendants;
#[cfg(unix)]
mod supervise;
#[cfg(unix)]
pub(in crate::server) mod temporary;

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde::{Deserialize, Serialize};

/// First argument of a guard.
pub(in crate::server) const GUARD: &str = "__guard";
/// First argument of a supervisor, which owns a server that outlives the command that wanted it.
pub const SUPERVISOR: &str = "__supervisor";
/// First argument of the step between a guard and its engine.
#[cfg(target_os = "linux")]
const EXEC: &str = "__exec";
/// What the owner sends when there is no time for politeness.
pub(in crate::server) const HURRY: u8 = b'k';

/// The private directories of guards that were killed, in the directory `base` for temporary files. The next server that
/// starts there removes them.
pub fn left_over_directories(base: &Path) -> Vec<PathBuf> {
    #[cfg(unix)]
    {
        temporary::named(base)
            .filter(|root| temporary::lock_if_stale(root).is_some())
            .collect()
    }
    #[cfg(not(unix))]
    {
        let _ = base;
        Vec::new()
    }
}

/// Removes them, and ends what still uses them.
#[cfg(unix)]
pub fn remove_left_over_directories(base: &Path) {
    super::strays::remove_stale(base);
}

/// Does the work of a guard, if `arguments` (the whole of argv) say that this process is one; `None` otherwise.
///
/// To be called first thing in `main`: no runtime is needed, and none should be there.
pub fn guard_main(arguments: impl IntoIterator<Item = OsString>) -> Option<ExitCode> {
    let mut arguments = arguments.into_iter().skip(1);
    let role = arguments.next()?;
    #[cfg(unix)]
    {
        if role == GUARD {
            return supervise::run(arguments);
        }
        #[cfg(target_os = "linux")]
        if role == EXEC {
            return supervise::become_engine(arguments);
        }
    }
    #[cfg(not(unix))]
    let _ = role;
    None
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum EngineExit {
    /// It left with this status.
    Code(i32),
    Signal(i32),
    /// Nobody knows: its guard is gone too.
    Unknown,
}

impl fmt::Display for EngineExit {
    /// "it …", as the end of a sentence.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => write!(f, "it exited with status {code}"),
            Self::Signal(9) => write!(f, "it was killed (signal 9; the system may be out of memory)"),
            Self::Signal(signal) => write!(f, "it was ended by signal {signal}"),
            Self::Unknown => write!(f, "it is gone, and so is the process that watched it"),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::server) enum GuardReport {
    Started(u32),
    /// The guard could not do its work, and why.
    Failed(String),
    Ended(EngineExit),
    /// The engine, everything that it started, and its temporary directory are gone.
    Clean,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::support::lines::json_line;

    #[test]
    fn every_report_survives_the_way_over_the_socket() {
        for report in [
            GuardReport::Started(17),
            GuardReport::Failed("cannot create `/x`: no space".to_owned()),
            GuardReport::Ended(EngineExit::Code(3)),
            GuardReport::Ended(EngineExit::Signal(9)),
            GuardReport::Ended(EngineExit::Unknown),
            GuardReport::Clean,
        ] {
            let line = String::from_utf8(json_line(&report).unwrap()).unwrap();
            assert_eq!(serde_json::from_str::<GuardReport>(&line).unwrap(), report);
        }
        assert!(serde_json::from_str::<GuardReport>("something else").is_err());
    }
}
