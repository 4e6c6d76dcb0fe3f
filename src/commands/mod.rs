//! One recipe per command: a function of a context and a request.

pub mod agents;
pub mod api;
pub mod chat;
pub mod completion;
pub mod config;
pub mod doctor;
mod document;
pub mod engine;
pub mod generate;
pub mod models;
pub mod policy;
pub mod probe;
pub mod rehearse;
pub mod run;
pub mod server;
pub mod session;
pub mod table;

use std::io::{self, Write as _};
use std::path::PathBuf;

use crate::context::Context;
use crate::error::{Failure, FailureKind, stdout_failure};
use crate::support::named_file::{self, IfPresent};

/// How a command ended that returned no failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommandEnd {
    Success,
    /// It failed and has said so already, on the right stream and in the right format; only the status is left.
    Reported(FailureKind),
}

impl From<()> for CommandEnd {
    fn from((): ()) -> Self {
        Self::Success
    }
}

impl CommandEnd {
    /// The exit status of the process.
    pub fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Reported(kind) => kind.exit_code(),
        }
    }
}

/// Does `work`, unless `stop` resolves first with the reason to end early.
fn unless_stopped<T>(
    stop: impl Future<Output = Failure>,
    work: impl Future<Output = Result<T, Failure>>,
) -> impl Future<Output = Result<T, Failure>> {
    // Some are too large to be part of another future.
    let work = Box::pin(work);
    async {
        tokio::select! {
            biased;
            failure = stop => Err(failure),
            done = work => done,
        }
    }
}

/// Does `work`, unless a signal ends it, which is a failure of `what` ("the command").
fn unless_interrupted<T>(
    context: &Context,
    what: &str,
    work: impl Future<Output = Result<T, Failure>>,
) -> impl Future<Output = Result<T, Failure>> {
    let stop = async {
        context.interrupts.interrupted().await;
        context.interrupts.failure(what)
    };
    unless_stopped(stop, work)
}

/// Writes a whole document to stdout.
///
/// # Errors
///
/// When stdout cannot be written, see [`stdout_failure`](crate::error::stdout_failure).
pub fn write_stdout(bytes: &[u8]) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    stdout
        .write_all(bytes)
        .and_then(|()| stdout.flush())
        .map_err(|error| stdout_failure(&error))
}

/// Writes a file that the user named. A pipe without a reader holds up nothing else, and may be left alone.
async fn write_file(path: PathBuf, bytes: Vec<u8>, if_present: IfPresent) -> io::Result<()> {
    let writing = move || named_file::write(&path, &bytes, if_present);
    tokio::task::spawn_blocking(writing).await.map_err(io::Error::other)?
}

/// Text with a colour or another look, by its code; plain where `color` is off.
fn painted(color: bool, code: &str, text: &str) -> String {
    if color {
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    } else {
        text.to_owned()
    }
}
