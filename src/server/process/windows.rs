//! Windows: a job object holds the engine and all that it starts, and the system ends the job when our last handle to it
//! is closed, however we end. No guard is needed.

use std::io;
use std::process::Stdio;
use std::time::Duration;

use process_wrap::tokio::{ChildWrapper, CommandWrap, JobObject, KillOnDrop};
use tokio::process::{ChildStderr, ChildStdout};

use super::Launch;
use crate::server::EngineExit;
use crate::support::private_directory;

/// How long the job may take to end.
const JOB_GRACE: Duration = Duration::from_secs(6);

/// A job with the engine in it. Dropping it ends the job.
#[derive(Debug)]
pub(in crate::server) struct Process {
    job: Box<dyn ChildWrapper>,
    ended: Option<EngineExit>,
    temporary: tempfile::TempDir,
}

/// Starts the engine in a job of its own.
pub(in crate::server) fn spawn(launch: Launch) -> io::Result<(Process, ChildStdout, ChildStderr)> {
    let temporary = private_directory::create(&launch.temporary)?;
    let mut job = CommandWrap::with_new(&launch.engine, |command| {
        command
            .args(&launch.arguments)
            .env_clear()
            .envs(&launch.environment)
            .env("TEMP", temporary.path())
            .env("TMP", temporary.path())
            .current_dir(&launch.directory)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
    })
    .wrap(KillOnDrop)
    .wrap(JobObject)
    .spawn()?;
    let no_pipe = || io::Error::other("the engine has no output");
    let stdout = job.stdout().take().ok_or_else(no_pipe)?;
    let stderr = job.stderr().take().ok_or_else(no_pipe)?;
    let process = Process {
        job,
        ended: None,
        temporary,
    };
    Ok((process, stdout, stderr))
}

impl Process {
    /// The engine's process id; `None` when it has ended.
    #[expect(clippy::unused_async, reason = "elsewhere the guard has to report it")]
    pub(in crate::server) async fn engine(&mut self) -> Option<u32> {
        self.job.id()
    }

    /// Waits until the engine has ended. Cancelling it loses nothing; after the end of the engine it always says so.
    pub(in crate::server) async fn ended(&mut self) -> Result<EngineExit, String> {
        if let Some(exit) = self.ended {
            return Ok(exit);
        }
        let exit = match self.job.wait().await {
            Ok(status) => status.code().map_or(EngineExit::Unknown, EngineExit::Code),
            Err(_) => EngineExit::Unknown,
        };
        self.ended = Some(exit);
        Ok(exit)
    }

    /// Ends the job, waits for it, and removes the temporary directory.
    pub(in crate::server) async fn stop(mut self) {
        self.kill_now();
        let _ = tokio::time::timeout(JOB_GRACE, self.job.wait()).await;
        let _ = self.temporary.close();
    }

    /// Ends the job and does not wait for it.
    pub(in crate::server) fn kill_now(&mut self) {
        let _ = self.job.start_kill();
    }
}
