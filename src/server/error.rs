//! Why a server did not start.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::EngineExit;
use crate::client::help_with_disk;
use crate::env_vars;
use crate::error::{Failure, FailureKind};
use crate::terminal::sanitize;

/// Number of last lines of the engine's output in a message.
const SHOWN_LINES: usize = 12;

/// A server that did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The agent's directory cannot be used.
    #[error("cannot work in `{}`", path.display())]
    Directory {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("cannot read the configuration in `{}`: {reason}", env_vars::ENGINE_CONFIG_CONTENT)]
    UserConfig {
        /// What is wrong with it.
        reason: String,
    },
    /// The operating system refused a process, a lock or randomness.
    #[error("cannot {what}")]
    System {
        what: String,
        #[source]
        source: io::Error,
    },
    /// Our guard process reported that it could not start the engine.
    #[error("cannot start engine `{}`: {reason}", engine.display())]
    Guard { engine: PathBuf, reason: String },
    /// The engine ended before it was ready.
    #[error("cannot start engine `{}`: {exit} before it was ready", engine.display())]
    Exited {
        engine: PathBuf,
        exit: EngineExit,
        /// The end of its output.
        tail: String,
    },
    /// Another program listens on the wanted port.
    #[error("cannot start a server on port {port}: it is in use")]
    PortInUse { port: u16 },
    /// No address line within the deadline.
    #[error("cannot start engine `{}`: it was not ready within {} s", engine.display(), deadline.as_secs_f32())]
    Deadline {
        engine: PathBuf,
        deadline: Duration,
        /// The end of its output.
        tail: String,
    },
    /// Another start on the same data directory did not come to an end within the deadline.
    #[error("cannot start engine: another first start on `{}` did not end within {} s", data.display(), deadline.as_secs_f32())]
    LockDeadline { data: PathBuf, deadline: Duration },
    /// The engine announced an invalid address, or an address of another machine.
    #[error("cannot use engine `{}`: it announced the address `{address}`", engine.display())]
    Address { engine: PathBuf, address: String },
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        if let StartError::Exited { tail, .. } = &error
            && let Some(reason) = broken_configuration(tail)
        {
            let mut failure = Self::usage("cannot start the engine: its configuration is broken")
                .hint("mend the engine's configuration named above, or run with `--bare` to ignore it");
            failure.causes.push(reason);
            return failure;
        }
        let kind = match error {
            StartError::Directory { .. } | StartError::UserConfig { .. } => FailureKind::Usage,
            _ => FailureKind::Engine,
        };
        let mut failure = Self::from_error(kind, &error);
        match &error {
            StartError::Directory { .. } => failure.hint("name an existing directory with `--directory`"),
            StartError::UserConfig { .. } => failure.hint(format!(
                "repair or unset `{}`; it holds JSON with comments",
                env_vars::ENGINE_CONFIG_CONTENT
            )),
            StartError::PortInUse { .. } => failure.hint("leave out `--port` to let the engine choose one"),
            StartError::Exited { tail, .. } | StartError::Deadline { tail, .. } => {
                let last = last_lines(tail);
                if !last.is_empty() {
                    failure.causes.push(format!("its last output was:\n{last}"));
                }
                failure.hint(help_with_disk(tail).unwrap_or("run `opencode-rs doctor` to check the engine"))
            }
            StartError::Guard { reason, .. } if reason.contains("temporary directory") => {
                failure.hint("set `TMPDIR` to a directory that can be written")
            }
            StartError::Guard { .. } | StartError::Address { .. } => {
                failure.hint("run `opencode-rs doctor` to check the engine")
            }
            StartError::LockDeadline { .. } => failure.hint("wait for the other program, or end it, and try again"),
            StartError::System { source, .. } => match source.kind() {
                io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                    failure.hint("make the directory writable, or set `XDG_STATE_HOME` to one that is")
                }
                io::ErrorKind::NotFound if cfg!(target_os = "linux") && !Path::new("/proc/self/exe").exists() => {
                    failure.hint("mount `/proc`: this program starts itself by `/proc/self/exe`")
                }
                _ if source.raw_os_error() == Some(24) => {
                    failure.hint("raise the limit on open files: `ulimit -n 256`")
                }
                _ => failure,
            },
        }
    }
}

/// What an engine says that found the user's own configuration broken; it reads some of it before it is ready.
fn broken_configuration(tail: &str) -> Option<String> {
    let lines: Vec<&str> = tail.lines().collect();
    // The engine writes colours even into a pipe.
    let first = lines
        .iter()
        .position(|line| line.contains("Configuration is invalid at ") || line.contains("is not valid JSON"))?;
    let reason = sanitize(&lines[first..].join("\n")).into_owned();
    Some(reason.trim_start_matches("Error: ").to_owned())
}

/// The end of the output of the engine, without colours.
fn last_lines(tail: &str) -> String {
    let tail = sanitize(tail);
    let lines: Vec<&str> = tail.lines().collect();
    lines[lines.len().saturating_sub(SHOWN_LINES)..].join("\n")
}
