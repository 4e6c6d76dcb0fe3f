//! What has to hold after a turn that went well: `--require-change` and `--verify`.
//!
//! Invariants: the command of `--verify` does not see the server's password, writes nothing to stdout, and leaves no
//! process of its group behind, however the run ends.

use std::future::Future;
use std::io::Write as _;
use std::path::Path;
use std::pin::Pin;
use std::process::ExitStatus;
use std::time::Instant;

use crate::commands::unless_stopped;
use crate::context::Environment;
use crate::env_vars;
use crate::error::{Failure, FailureKind};
use crate::prompting::Display;
use crate::request::{Checks, Preset};
use crate::support::duration::millis_since;
use crate::turn::{CheckResults, FileChange, Verification};

/// Where and how a command runs.
pub(super) struct CheckContext<'a> {
    pub(super) directory: &'a Path,
    pub(super) environment: &'a Environment,
    /// What else writes to the terminal.
    pub(super) display: &'a Display,
    pub(super) preset: Preset,
}

/// Checks what was asked for, the cheap thing first; what is not come to is not in `results`.
///
/// # Errors
///
/// When a check fails, when the command cannot be run, and when `stop` resolves while it runs.
pub(super) async fn check(
    checks: &Checks,
    place: CheckContext<'_>,
    files: &[FileChange],
    stop: Pin<&mut impl Future<Output = Failure>>,
    results: &mut CheckResults,
) -> Result<(), Failure> {
    if checks.require_change {
        let changed = !files.is_empty();
        results.require_change = Some(changed);
        if !changed {
            return Err(Failure::new(
                FailureKind::InvalidResult,
                "cannot accept the result: no file changed, and `--require-change` was given",
            )
            .hint(match place.preset {
                Preset::LookOnly => "`--auto-tools` lets the model change files",
                _ => "what shell commands change is seen in git repositories only, and not what git ignores",
            }));
        }
    }
    match &checks.verify {
        Some(command) => verify(command, place, stop, results).await,
        None => Ok(()),
    }
}

async fn verify(
    command: &str,
    place: CheckContext<'_>,
    mut stop: Pin<&mut impl Future<Output = Failure>>,
    results: &mut CheckResults,
) -> Result<(), Failure> {
    // What the turn has to say comes before what the command says.
    let draining = async {
        place.display.drained().await;
        Ok(())
    };
    unless_stopped(stop.as_mut(), draining).await?;
    let screen = place.display.screen();
    let _taken = screen.take();
    if screen.mid_line() {
        let _ = std::io::stderr().write_all(b"\n");
        screen.set_mid_line(false);
    }
    let began = Instant::now();
    let cannot_run =
        |error: &std::io::Error| Failure::failed(format!("cannot run `{command}` (`--verify`)")).caused_by(error);
    let mut group = Group::start(command, &place).map_err(|error| cannot_run(&error))?;
    let ended = unless_stopped(stop, async { Ok(group.ended().await) }).await;
    let status = match ended {
        Ok(status) => status.map_err(|error| cannot_run(&error)),
        Err(failure) => {
            group.terminate().await;
            Err(failure)
        }
    };
    results.verify = Some(Verification {
        command: command.to_owned(),
        exit_code: status.as_ref().ok().and_then(ExitStatus::code),
        duration_ms: millis_since(began),
    });
    let status = status?;
    if status.success() {
        return Ok(());
    }
    let how = describe(status);
    Err(Failure::new(
        FailureKind::InvalidResult,
        format!("cannot accept the result: `{command}` (`--verify`) {how}"),
    )
    .hint("its output is above; run it yourself in the agent's directory to see more"))
}

fn describe(status: ExitStatus) -> String {
    #[cfg(unix)]
    {
        use std::os::unix::process::ExitStatusExt as _;
        if let Some(signal) = status.signal() {
            return format!("was ended by signal {signal}");
        }
    }
    match status.code() {
        Some(code) => format!("exited with status {code}"),
        None => "ended without a status".to_owned(),
    }
}

/// The environment of the command: ours, without what would let it talk to the server.
fn environment(all: &Environment) -> impl Iterator<Item = (&std::ffi::OsStr, &std::ffi::OsStr)> {
    all.iter().filter(|(name, _)| *name != env_vars::SERVER_PASSWORD)
}

#[cfg(unix)]
use unix::Group;
#[cfg(windows)]
use windows::Group;

#[cfg(unix)]
mod unix {
    use std::io;
    use std::os::fd::AsFd as _;
    use std::process::{ExitStatus, Stdio};
    use std::time::Duration;

    use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};
    use tokio::process::{Child, Command};
    use tokio::time::{Instant, sleep};

    use super::CheckContext;

    /// Between SIGTERM and SIGKILL.
    const GRACE: Duration = Duration::from_secs(2);
    /// How often it is looked whether it has.
    const LOOK: Duration = Duration::from_millis(20);

    /// A shell in a process group of its own. What is left of the group when this is dropped is killed.
    pub(super) struct Group {
        shell: Child,
        /// The group, until all of its processes are gone: its number can then belong to another group.
        id: Option<Pid>,
    }

    impl Group {
        pub(super) fn start(command: &str, place: &CheckContext<'_>) -> io::Result<Self> {
            let stderr = io::stderr().as_fd().try_clone_to_owned()?;
            let shell = Command::new("sh")
                .arg("-c")
                .arg(command)
                .current_dir(place.directory)
                .env_clear()
                .envs(super::environment(place.environment))
                .stdin(Stdio::null())
                .stdout(Stdio::from(stderr.try_clone()?))
                .stderr(Stdio::from(stderr))
                .process_group(0)
                .kill_on_drop(true)
                .spawn()?;
            let id = shell.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
            Ok(Self { shell, id })
        }

        /// Waits until the shell has ended, and ends what it left in its group.
        pub(super) async fn ended(&mut self) -> io::Result<ExitStatus> {
            let status = self.shell.wait().await;
            self.kill();
            status
        }

        /// Tells the group to end, and ends it when it does not.
        pub(super) async fn terminate(&mut self) {
            let Some(id) = self.id else { return };
            let _ = kill_process_group(id, Signal::TERM);
            // A stopped process hears the first signal only when it goes on.
            let _ = kill_process_group(id, Signal::CONT);
            let end = Instant::now() + GRACE;
            while Instant::now() < end {
                let shell_is_over = !matches!(self.shell.try_wait(), Ok(None));
                if shell_is_over && test_kill_process_group(id).is_err() {
                    break;
                }
                sleep(LOOK).await;
            }
            self.kill();
            let _ = self.shell.wait().await;
        }

        fn kill(&mut self) {
            if let Some(id) = self.id.take() {
                let _ = kill_process_group(id, Signal::KILL);
            }
        }
    }

    impl Drop for Group {
        fn drop(&mut self) {
            self.kill();
        }
    }
}

#[cfg(windows)]
mod windows {
    use std::io;
    use std::os::windows::io::AsHandle as _;
    use std::process::{ExitStatus, Stdio};

    use process_wrap::tokio::{ChildWrapper, CommandWrap, JobObject, KillOnDrop};

    use super::CheckContext;

    /// A command interpreter in a job of its own. Dropping it ends the job.
    pub(super) struct Group {
        job: Box<dyn ChildWrapper>,
    }

    impl Group {
        pub(super) fn start(command: &str, place: &CheckContext<'_>) -> io::Result<Self> {
            let stderr = io::stderr().as_handle().try_clone_to_owned()?;
            let stdout = stderr.try_clone()?;
            let job = CommandWrap::with_new("cmd", |shell| {
                shell
                    .arg("/C")
                    // As it is: the interpreter has quoting rules of its own.
                    .raw_arg(command)
                    .current_dir(place.directory)
                    .env_clear()
                    .envs(super::environment(place.environment))
                    .stdin(Stdio::null())
                    .stdout(Stdio::from(stdout))
                    .stderr(Stdio::from(stderr));
            })
            .wrap(KillOnDrop)
            .wrap(JobObject)
            .spawn()?;
            Ok(Self { job })
        }

        pub(super) async fn ended(&mut self) -> io::Result<ExitStatus> {
            self.job.wait().await
        }

        pub(super) async fn terminate(&mut self) {
            let _ = self.job.start_kill();
            let _ = self.job.wait().await;
        }
    }
}
