//! A guard's life: start the engine, wait, clean up.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{Read as _, Write as _};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, WaitOptions};
use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM};

use super::descendants::{self, LivingProcess};
use super::temporary::Temporary;
use super::{EngineExit, GuardReport, HURRY};
use crate::support::lines::json_line;

/// How long the engine has after a first and after a second SIGTERM. It may swallow the first one, while it unpacks npm
/// packages; otherwise it is gone within 120 ms.
const ENGINE_GRACE: [Duration; 2] = [Duration::from_millis(1000), Duration::from_millis(500)];
/// How long what the engine started has after SIGTERM.
const REST_GRACE: Duration = Duration::from_millis(700);
/// How long the guard tries in vain (a process of another user, one that hangs in the kernel) before it gives up.
const PATIENCE: Duration = Duration::from_millis(4500);
/// How often it looks again meanwhile.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// The engine ended by itself.
    Engine,
    /// The owner is gone or asks for it; or somebody signalled the guard.
    Asked,
    /// The owner has no time.
    Hurried,
}

struct GuardProcess {
    owner: UnixStream,
    /// Readable when the guard was told to end.
    told: UnixStream,
    /// Readable when a child ended.
    child_ended: UnixStream,
    engine: Pid,
    exit: Option<EngineExit>,
}

/// Runs a guard; `None` if nobody who starts guards started this process.
pub(super) fn run(mut arguments: impl Iterator<Item = OsString>) -> Option<ExitCode> {
    let owner = UnixStream::from(std::io::stdin().as_fd().try_clone_to_owned().ok()?);
    owner.local_addr().ok()?;
    let base = PathBuf::from(arguments.next()?);
    let engine = arguments.next()?;
    let reports = owner.try_clone().ok()?;
    let secrets = secrets(&owner)?;
    let status = match start(owner, &base, engine, arguments, secrets) {
        Ok((mut guard, temporary)) => {
            guard.report(&GuardReport::Started(guard.engine.as_raw_pid().cast_unsigned()));
            let end = guard.wait();
            guard.clean_up(end);
            temporary.remove();
            guard.report(&GuardReport::Clean);
            crate::server::strays::remove_stale(&base);
            match guard.exit {
                Some(EngineExit::Code(code)) => u8::try_from(code).unwrap_or(1),
                Some(EngineExit::Signal(signal)) => u8::try_from(128 + signal).unwrap_or(1),
                Some(EngineExit::Unknown) | None => 1,
            }
        }
        Err(reason) => {
            send(&reports, &GuardReport::Failed(reason));
            125
        }
    };
    Some(ExitCode::from(status))
}

/// The variables for the engine alone, which the owner sends first; `None` when the owner has gone, or is none. Byte by
/// byte, since what comes after them is not ours to read.
fn secrets(mut owner: &UnixStream) -> Option<BTreeMap<String, String>> {
    let mut line = Vec::new();
    let mut byte = [0_u8];
    loop {
        owner.read_exact(&mut byte).ok()?;
        match byte[0] {
            b'\n' => return serde_json::from_slice(&line).ok(),
            byte => line.push(byte),
        }
    }
}

fn start(
    owner: UnixStream,
    base: &Path,
    engine: OsString,
    arguments: impl Iterator<Item = OsString>,
    secrets: BTreeMap<String, String>,
) -> Result<(GuardProcess, Temporary), String> {
    // Fails only for the leader of a group, which a child is not.
    let _ = rustix::process::setsid();
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, set_child_subreaper, set_dumpable_behavior};
        // The memory holds the server's password, and is not for the commands of the model.
        let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
        // Orphans below us become our children, so that none is lost.
        set_child_subreaper(Some(rustix::process::getpid()))
            .map_err(|error| format!("cannot adopt orphaned processes: {error}"))?;
    }
    let signals = |error: std::io::Error| format!("cannot listen for signals: {error}");
    let (told, teller) = UnixStream::pair().map_err(signals)?;
    for signal in [SIGTERM, SIGINT, SIGHUP, SIGQUIT] {
        signal_hook::low_level::pipe::register(signal, teller.try_clone().map_err(signals)?).map_err(signals)?;
    }
    let (child_ended, teller) = UnixStream::pair().map_err(signals)?;
    signal_hook::low_level::pipe::register(SIGCHLD, teller).map_err(signals)?;
    child_ended.set_nonblocking(true).map_err(signals)?;

    let temporary = Temporary::create(base)
        .map_err(|error| format!("cannot create a temporary directory in `{}`: {error}", base.display()))?;
    let started = engine_command(&engine)
        .and_then(|mut command| {
            command
                .args(arguments)
                .env("TMPDIR", temporary.path())
                .envs(secrets)
                .stdin(Stdio::null())
                .spawn()
        })
        .map_err(|error| format!("cannot run `{}`: {error}", engine.to_string_lossy()));
    // The guard must not keep the engine's directory busy.
    let _ = std::env::set_current_dir("/");
    match started {
        Ok(child) => Ok((
            GuardProcess {
                owner,
                told,
                child_ended,
                engine: Pid::from_child(&child),
                exit: None,
            },
            temporary,
        )),
        Err(reason) => {
            temporary.remove();
            Err(reason)
        }
    }
}

/// On Linux the engine is started by way of [`become_engine`], so that it dies when its guard does.
#[cfg(target_os = "linux")]
fn engine_command(engine: &OsString) -> std::io::Result<Command> {
    let mut command = Command::new("/proc/self/exe");
    command.arg(super::EXEC).arg(std::process::id().to_string()).arg(engine);
    Ok(command)
}

#[cfg(not(target_os = "linux"))]
#[expect(clippy::unnecessary_wraps, reason = "the same function elsewhere")]
fn engine_command(engine: &OsString) -> std::io::Result<Command> {
    Ok(Command::new(engine))
}

/// Ties this process to the life of its guard, then becomes the engine.
#[cfg(target_os = "linux")]
#[expect(
    clippy::print_stderr,
    reason = "stderr is the engine's output, which the owner reads"
)]
pub(super) fn become_engine(mut arguments: impl Iterator<Item = OsString>) -> Option<ExitCode> {
    use std::os::unix::process::CommandExt as _;

    let guard: i32 = arguments.next()?.to_str()?.parse().ok()?;
    let engine = arguments.next()?;
    let tied = rustix::process::set_parent_process_death_signal(Some(Signal::KILL));
    // The guard may have died before the line above; then nobody would ever send that signal.
    if tied.is_err() || rustix::process::getppid().map(Pid::as_raw_pid) != Some(guard) {
        return Some(ExitCode::from(125));
    }
    // Only a supervisor looks for the mark.
    let _ = super::descendants::mark_as_below_engine();
    let error = Command::new(&engine).args(arguments).exec();
    eprintln!("cannot run `{}`: {error}", engine.to_string_lossy());
    Some(ExitCode::from(126))
}

/// Reports to the owner. Does nothing when the owner has exited.
fn send(mut owner: &UnixStream, report: &GuardReport) {
    if let Ok(line) = json_line(report) {
        let _ = owner.write_all(&line);
    }
}

impl GuardProcess {
    fn report(&self, report: &GuardReport) {
        send(&self.owner, report);
    }

    /// Waits for a reason to end.
    fn wait(&mut self) -> End {
        loop {
            let mut sources = [
                PollFd::new(&self.owner, PollFlags::IN),
                PollFd::new(&self.told, PollFlags::IN),
                PollFd::new(&self.child_ended, PollFlags::IN),
            ];
            match poll(&mut sources, None) {
                Ok(_) => {}
                Err(rustix::io::Errno::INTR) => continue,
                Err(_) => return End::Asked,
            }
            let [owner, told, child_ended] = sources.map(|source| !source.revents().is_empty());
            if child_ended {
                self.reap();
            }
            if owner {
                let mut byte = [0];
                return match self.owner.read(&mut byte) {
                    Ok(1) if byte[0] == HURRY => End::Hurried,
                    Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                    _ => End::Asked,
                };
            }
            if told {
                return End::Asked;
            }
            if self.exit.is_some() {
                return End::Engine;
            }
        }
    }

    /// Collects every child that ended, adopted ones included. Whether there are children left.
    fn reap(&mut self) -> bool {
        let _ = std::io::copy(&mut &self.child_ended, &mut std::io::sink());
        loop {
            match rustix::process::wait(WaitOptions::NOHANG) {
                Ok(Some((pid, status))) if pid == self.engine => {
                    let exit = status
                        .exit_status()
                        .map(EngineExit::Code)
                        .or_else(|| status.terminating_signal().map(EngineExit::Signal))
                        .unwrap_or(EngineExit::Unknown);
                    self.exit = Some(exit);
                    self.report(&GuardReport::Ended(exit));
                }
                Ok(Some(_)) | Err(rustix::io::Errno::INTR) => {}
                Ok(None) => return true,
                Err(_) => return false,
            }
        }
    }

    /// Waits until a child ended or `limit` is over.
    fn wait_for_child(&mut self, limit: Duration) {
        let limit = Timespec::try_from(limit).unwrap_or(Timespec { tv_sec: 1, tv_nsec: 0 });
        let _ = poll(&mut [PollFd::new(&self.child_ended, PollFlags::IN)], Some(&limit));
        self.reap();
    }

    /// Ends the engine and everything that it started.
    fn clean_up(&mut self, end: End) {
        let give_up = Instant::now() + PATIENCE;
        // Looked up before anything ends: elsewhere than on Linux orphans cannot be found afterwards.
        let known = descendants::living();
        if end == End::Asked {
            for grace in ENGINE_GRACE {
                self.end_engine(Signal::TERM, grace);
            }
        }
        self.end_engine(Signal::KILL, Duration::from_secs(1));
        self.end_rest(&known, end, give_up);
    }

    fn end_engine(&mut self, signal: Signal, grace: Duration) {
        if self.exit.is_some() {
            return;
        }
        // Not reaped yet, so the id cannot be anybody else's.
        let _ = rustix::process::kill_process(self.engine, signal);
        let until = Instant::now() + grace;
        while self.exit.is_none() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            self.wait_for_child(left);
        }
    }

    fn end_rest(&mut self, known: &[LivingProcess], end: End, give_up: Instant) {
        let polite_until = match end {
            End::Hurried => Instant::now(),
            End::Engine | End::Asked => Instant::now() + REST_GRACE,
        };
        let mut asked: Vec<LivingProcess> = Vec::new();
        while Instant::now() < give_up {
            let has_children = self.reap();
            if cfg!(target_os = "linux") && !has_children {
                return;
            }
            let mut rest = descendants::living();
            for process in descendants::still_living(known) {
                if !rest.iter().any(|other| other.is_same(&process)) {
                    rest.push(process);
                }
            }
            if rest.is_empty() && !has_children {
                return;
            }
            if Instant::now() < polite_until {
                // One SIGTERM each; newcomers get theirs.
                for process in rest {
                    if !asked.iter().any(|other| other.is_same(&process)) {
                        process.signal(Signal::TERM);
                        asked.push(process);
                    }
                }
            } else {
                for process in rest {
                    process.signal(Signal::KILL);
                }
            }
            self.wait_for_child(LOOK_AGAIN);
        }
    }
}
