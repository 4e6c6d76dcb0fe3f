//! What a command receives: the world, entered through one door.
//!
//! Built once in `app`. Only `app` and `commands` see a [`Context`]; everything below takes the one or two things that
//! it needs.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Instant;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::env_vars;
use crate::error::{Failure, FailureKind};

/// Everything that a command receives besides its request.
#[derive(Debug, Clone)]
pub struct Context {
    /// The environment variables, read once.
    pub environment: Environment,
    /// Where our own files are.
    pub directories: Directories,
    /// The working directory of the process, absolute.
    pub cwd: PathBuf,
    /// Which of our streams are terminals.
    pub streams: StandardStreams,
    /// What ends the command early.
    pub interrupts: Interrupts,
    pub started: Instant,
}

impl Context {
    /// The agent's directory: `-d`, meant from the working directory, or that itself. Not checked, not canonical.
    pub fn directory(&self, typed: Option<&Path>) -> PathBuf {
        typed.map_or_else(|| self.cwd.clone(), |typed| self.cwd.join(typed))
    }
}

/// Which of our standard streams are terminals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StandardStreams {
    pub stdin_is_terminal: bool,
    pub stdout_is_terminal: bool,
    pub stderr_is_terminal: bool,
}

impl StandardStreams {
    pub fn of_process() -> Self {
        Self {
            stdin_is_terminal: std::io::stdin().is_terminal(),
            stdout_is_terminal: std::io::stdout().is_terminal(),
            stderr_is_terminal: std::io::stderr().is_terminal(),
        }
    }
}

/// Why a command shall end early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InterruptReason {
    Interrupted,
    /// SIGTERM, SIGHUP, or their like.
    Terminated,
}

impl From<InterruptReason> for FailureKind {
    fn from(reason: InterruptReason) -> Self {
        match reason {
            InterruptReason::Interrupted => Self::Interrupted,
            InterruptReason::Terminated => Self::Terminated,
        }
    }
}

/// The one way in which signals reach a command: a token that is cancelled, and the reason. Clones share both.
///
/// The first signal cancels; the command then aborts what it does, cleans up and returns. A second one is no affair of
/// the command's: `app` leaves at once.
#[derive(Debug, Clone, Default)]
pub struct Interrupts {
    token: CancellationToken,
    reason: Arc<OnceLock<InterruptReason>>,
    presses: Arc<Mutex<Option<watch::Sender<u32>>>>,
}

impl Interrupts {
    /// The token; a child of it can be cancelled alone.
    pub fn token(&self) -> &CancellationToken {
        &self.token
    }

    /// Asks the command to end. Only the first reason counts; returns whether this was it.
    pub fn interrupt(&self, reason: InterruptReason) -> bool {
        let first = self.reason.set(reason).is_ok();
        // The reason is there before anyone can be woken by the token.
        self.token.cancel();
        first
    }

    /// From now on, until what comes back is dropped, a Ctrl-C is counted and ends nothing: a dialog has a use of its own
    /// for it. Other signals end the command as ever, and so do many presses that nobody looks at.
    pub fn count_presses(&self) -> Presses {
        let (sender, seen) = watch::channel(0);
        *self.presses() = Some(sender);
        Presses {
            seen,
            interrupts: self.clone(),
        }
    }

    /// A Ctrl-C came: whether somebody counts it, so that it does not end the command.
    pub fn press(&self) -> bool {
        let presses = self.presses();
        let Some(sender) = presses.as_ref() else {
            return false;
        };
        let mut is_counted = false;
        sender.send_modify(|unseen| {
            is_counted = *unseen < MOST_PRESSES;
            *unseen += 1;
        });
        is_counted
    }

    fn presses(&self) -> MutexGuard<'_, Option<watch::Sender<u32>>> {
        self.presses.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Why the command shall end, once it shall.
    pub fn reason(&self) -> Option<InterruptReason> {
        self.reason.get().copied()
    }

    /// Waits until the command shall end. Dropping the future is harmless.
    pub async fn interrupted(&self) -> InterruptReason {
        self.token.cancelled().await;
        self.reason().unwrap_or(InterruptReason::Terminated)
    }

    /// The failure of a command that was ended early while it did `what` ("the run").
    pub fn failure(&self, what: &str) -> Failure {
        match self.reason() {
            Some(InterruptReason::Interrupted) => {
                Failure::new(FailureKind::Interrupted, format!("{what} was interrupted"))
            }
            _ => Failure::new(FailureKind::Terminated, format!("{what} was terminated by a signal")),
        }
    }
}

/// How often Ctrl-C may be pressed while nobody takes notice.
const MOST_PRESSES: u32 = 4;

/// How often Ctrl-C has been pressed since it was last [forgotten](Self::forget).
#[derive(Debug)]
pub struct Presses {
    seen: watch::Receiver<u32>,
    interrupts: Interrupts,
}

impl Presses {
    pub fn forget(&self) {
        if let Some(sender) = self.interrupts.presses().as_ref() {
            sender.send_modify(|unseen| *unseen = 0);
        }
    }

    /// Waits until it has been pressed this often. Dropping the future is harmless.
    pub async fn reached(&self, count: u32) {
        let mut seen = self.seen.clone();
        if seen.wait_for(|presses| *presses >= count).await.is_err() {
            // Somebody else counts now.
            std::future::pending().await
        }
    }
}

impl Drop for Presses {
    fn drop(&mut self) {
        *self.interrupts.presses() = None;
    }
}

/// The environment variables of the process, read once.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Environment {
    variables: BTreeMap<OsString, OsString>,
}

impl Environment {
    /// The variables of this process, without those that git sets for its hooks: no program that we start may get them.
    pub fn of_process() -> Self {
        let of_hook = |name: &OsStr| env_vars::OF_GIT_HOOKS.iter().any(|own| name == *own);
        std::env::vars_os().filter(|(name, _)| !of_hook(name)).collect()
    }

    /// The value of `name`, as the system gives it.
    pub fn os(&self, name: &str) -> Option<&OsStr> {
        self.variables.get(OsStr::new(name)).map(OsString::as_os_str)
    }

    /// The value of `name`, where it is set, Unicode and not empty.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.os(name)?.to_str().filter(|value| !value.is_empty())
    }

    /// The directory in which temporary directories are made: the user's, or the system's where that one is unusable.
    pub fn temporary_base(&self) -> PathBuf {
        let names: &[&str] = if cfg!(windows) { &["TEMP", "TMP"] } else { &["TMPDIR"] };
        names
            .iter()
            .filter_map(|name| self.os(name).map(PathBuf::from))
            .find(|path| path.is_absolute() && path.is_dir() && may_be_written(path))
            .unwrap_or_else(|| PathBuf::from(if cfg!(windows) { r"C:\Windows\Temp" } else { "/tmp" }))
    }

    pub fn iter(&self) -> impl Iterator<Item = (&OsStr, &OsStr)> {
        self.variables
            .iter()
            .map(|(name, value)| (name.as_os_str(), value.as_os_str()))
    }
}

#[cfg(unix)]
fn may_be_written(directory: &Path) -> bool {
    use rustix::fs::Access;
    rustix::fs::access(directory, Access::WRITE_OK | Access::EXEC_OK).is_ok()
}

#[cfg(not(unix))]
fn may_be_written(_: &Path) -> bool {
    true
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
    pub home: PathBuf,
    pub config: PathBuf,
    pub data: PathBuf,
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
        if base.home_dir().is_relative() {
            let problem = format!(
                "cannot use the home directory `{}`: it is no absolute path",
                base.home_dir().display()
            );
            return Err(Failure::new(FailureKind::Usage, problem).hint("set `HOME` to an absolute path"));
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn presses_are_counted_while_somebody_counts_them() {
        let interrupts = Interrupts::default();
        assert!(!interrupts.press());
        let presses = interrupts.count_presses();
        assert!(interrupts.press());
        presses.reached(1).await;
        presses.forget();
        for _ in 0..MOST_PRESSES {
            assert!(interrupts.press());
        }
        presses.reached(MOST_PRESSES).await;
        assert!(!interrupts.press(), "nobody takes notice");
        drop(presses);
        assert!(!interrupts.press());
        assert!(!interrupts.token().is_cancelled());
    }
}
