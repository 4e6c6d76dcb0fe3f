//! Linux, macOS and their like: a guard between us and the engine.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io::{self, Write as _};
use std::os::fd::OwnedFd;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::process::{Child, ChildStderr, ChildStdout, Command};

use super::Launch;
use crate::env_vars;
use crate::server::environment::GATE_VARIABLE;
use crate::server::guard::{EngineExit, GUARD, GuardReport, HURRY};
use crate::support::lines::json_line;

/// Variables of the engine's that nobody else shall see.
const SECRETS: [&str; 2] = [env_vars::SERVER_PASSWORD, GATE_VARIABLE];
/// How long a guard may take to clean up. It gives up by itself before that.
const GUARD_GRACE: Duration = Duration::from_secs(6);

/// A guard and its engine. Dropping it closes the socket, and the guard does the rest.
#[derive(Debug)]
pub(in crate::server) struct Process {
    guard: Child,
    reports: Lines<BufReader<OwnedReadHalf>>,
    /// Its closing is the order to stop.
    order: Option<OwnedWriteHalf>,
    engine: Option<u32>,
    ended: Option<EngineExit>,
    clean: bool,
}

/// Starts a guard, which starts the engine.
pub(in crate::server) fn spawn(launch: Launch) -> io::Result<(Process, ChildStdout, ChildStderr)> {
    let (mut ours, theirs) = std::os::unix::net::UnixStream::pair()?;
    // Not by the guard's environment, which stays readable in `/proc` for as long as the guard lives.
    let mut environment = launch.environment;
    let secrets: BTreeMap<&str, String> = SECRETS
        .into_iter()
        .filter_map(|name| Some((name, environment.remove(OsStr::new(name))?.into_string().ok()?)))
        .collect();
    let secrets = json_line(&secrets)?;
    let mut guard = Command::new(&launch.guard)
        .arg(GUARD)
        .arg(&launch.temporary)
        .arg(&launch.engine)
        .args(&launch.arguments)
        .env_clear()
        .envs(&environment)
        .current_dir(&launch.directory)
        .stdin(Stdio::from(OwnedFd::from(theirs)))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let no_pipe = || io::Error::other("the guard has no output");
    let stdout = guard.stdout.take().ok_or_else(no_pipe)?;
    let stderr = guard.stderr.take().ok_or_else(no_pipe)?;
    // Not before there is a reader: it may be more than the socket holds, 8 KB on some systems.
    ours.write_all(&secrets)?;
    ours.set_nonblocking(true)?;
    let (reports, order) = UnixStream::from_std(ours)?.into_split();
    let process = Process {
        guard,
        reports: BufReader::new(reports).lines(),
        order: Some(order),
        engine: None,
        ended: None,
        clean: false,
    };
    Ok((process, stdout, stderr))
}

impl Process {
    /// The engine's process id, as soon as the guard reports it; `None` when it does not.
    pub(in crate::server) async fn engine(&mut self) -> Option<u32> {
        while self.engine.is_none() && self.next_report().await.is_some() {}
        self.engine
    }

    /// Waits until the engine has ended. The error says why it could not be started. Cancelling it loses nothing; after
    /// the end of the engine it always says so.
    pub(in crate::server) async fn ended(&mut self) -> Result<EngineExit, String> {
        loop {
            if let Some(exit) = self.ended {
                return Ok(exit);
            }
            match self.next_report().await {
                Some(GuardReport::Failed(reason)) => return Err(reason),
                Some(_) => {}
                None => self.ended = Some(EngineExit::Unknown),
            }
        }
    }

    /// The guard's next report, which is noted; `None` at the end.
    async fn next_report(&mut self) -> Option<GuardReport> {
        while let Ok(Some(line)) = self.reports.next_line().await {
            let Ok(report) = serde_json::from_str(&line) else {
                continue;
            };
            match &report {
                GuardReport::Started(pid) => self.engine = Some(*pid),
                GuardReport::Ended(exit) => self.ended = Some(*exit),
                GuardReport::Clean => self.clean = true,
                GuardReport::Failed(_) => {}
            }
            return Some(report);
        }
        None
    }

    /// Stops the engine and waits until it, all that it started, and its guard are gone.
    pub(in crate::server) async fn stop(mut self) {
        self.order = None;
        let clean = async {
            while !self.clean && self.next_report().await.is_some() {}
            let _ = self.guard.wait().await;
        };
        if tokio::time::timeout(GUARD_GRACE, clean).await.is_err() {
            // It hangs. On Linux its engine dies with it.
            let _ = self.guard.start_kill();
        }
        if !self.clean {
            self.kill_abandoned_engine();
        }
    }

    /// Orders an end without grace, and does not wait for it.
    pub(in crate::server) fn kill_now(&mut self) {
        if let Some(order) = self.order.take() {
            // One byte always fits into an empty socket; and if it does not, closing it is an order too.
            let _ = order.try_write(&[HURRY]);
        }
    }

    /// Where no parent-death signal exists, the engine outlives a guard that was killed.
    fn kill_abandoned_engine(&self) {
        if cfg!(target_os = "linux") || self.ended.is_some_and(|exit| exit != EngineExit::Unknown) {
            return;
        }
        let engine = self
            .engine
            .and_then(|pid| rustix::process::Pid::from_raw(pid.cast_signed()));
        if let Some(engine) = engine {
            let _ = rustix::process::kill_process(engine, rustix::process::Signal::KILL);
        }
    }
}
