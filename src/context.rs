//! What a command receives from its surroundings.
//!
//! `app` builds it once. Only `app` and `commands` see a [`Context`]; the code below them takes only the parts that it
//! needs.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Instant;

use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::env_vars;
use crate::error::{Failure, FailureKind};

#[derive(Debug, Clone)]
pub struct Context {
    /// The environment variables, read once.
    pub environment: Environment,
    /// The directories of our own files.
    pub directories: Directories,
    /// The working directory of the process, absolute.
    pub cwd: PathBuf,
    /// Which of our standard streams are terminals.
    pub streams: StandardStreams,
    /// The signals that end the command early.
    pub interrupts: Interrupts,
    pub started: Instant,
}

impl Context {
    /// The context of this process, which began at `started`.
    ///
    /// # Errors
    ///
    /// When the process has no working directory or no home.
    pub fn of_process(started: Instant) -> Result<Self, Failure> {
        let cwd = std::env::current_dir().map_err(|error| {
            Failure::usage("cannot find the working directory")
                .caused_by(&error)
                .hint("change to a directory that exists")
        })?;
        Ok(Self {
            environment: Environment::of_process(),
            directories: Directories::of_user()?,
            cwd,
            streams: StandardStreams::of_process(),
            interrupts: Interrupts::default(),
            started,
        })
    }

    /// The agent's directory: `-d`, relative to the working directory, or else the working directory itself. Neither
    /// checked nor canonical.
    pub fn directory(&self, typed: Option<&Path>) -> PathBuf {
        typed.map_or_else(|| self.cwd.clone(), |typed| self.cwd.join(typed))
    }
}

/// Which of our standard streams are terminals.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
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

/// Why a command must end early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InterruptReason {
    Interrupted,
    /// SIGTERM, SIGHUP, or a similar signal.
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

/// How signals reach a command: a token that is cancelled, and the reason. Clones share both.
///
/// The first signal cancels the token; the command then aborts its work, cleans up and returns. On a second signal,
/// `app` exits at once, without the command.
#[derive(Debug, Clone, Default)]
pub struct Interrupts {
    token: CancellationToken,
    reason: Arc<OnceLock<InterruptReason>>,
    presses: Arc<Mutex<Option<watch::Sender<u32>>>>,
}

impl Interrupts {
    /// The token; a child token can be cancelled alone.
    pub fn token(&self) -> &CancellationToken {
        &self.token
    }

    /// Asks the command to end. Only the first reason counts; returns whether this call set the reason.
    pub fn interrupt(&self, reason: InterruptReason) -> bool {
        let first = self.reason.set(reason).is_ok();
        // The reason is set before the token wakes a waiting task.
        self.token.cancel();
        first
    }

    /// Until the returned value is dropped, Ctrl-C is counted and does not end the command: a dialog handles the key
    /// itself. Other signals still end the command, and so do `MAX_UNHANDLED_PRESSES` presses that the dialog does not handle.
    pub fn count_presses(&self) -> Presses {
        let (sender, seen) = watch::channel(0);
        *self.presses() = Some(sender);
        Presses {
            seen,
            interrupts: self.clone(),
        }
    }

    /// Handles a Ctrl-C. Returns whether a dialog counts it, so that it does not end the command.
    pub fn press(&self) -> bool {
        let presses = self.presses();
        let Some(sender) = presses.as_ref() else {
            return false;
        };
        let mut is_counted = false;
        sender.send_modify(|unseen| {
            is_counted = *unseen < MAX_UNHANDLED_PRESSES;
            *unseen += 1;
        });
        is_counted
    }

    fn presses(&self) -> MutexGuard<'_, Option<watch::Sender<u32>>> {
        self.presses.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Why the command must end; `None` while it may go on.
    pub fn reason(&self) -> Option<InterruptReason> {
        self.reason.get().copied()
    }

    /// Waits until the command must end. Cancel-safe.
    pub async fn interrupted(&self) -> InterruptReason {
        self.token.cancelled().await;
        self.reason().unwrap_or(InterruptReason::Terminated)
    }

    /// The failure of a command that was ended early during `what` ("the run").
    pub fn failure(&self, what: &str) -> Failure {
        match self.reason() {
            Some(InterruptReason::Interrupted) => {
                Failure::new(FailureKind::Interrupted, format!("{what} was interrupted"))
            }
            _ => Failure::new(FailureKind::Terminated, format!("{what} was terminated by a signal")),
        }
    }
}

/// Limit of Ctrl-C presses that the dialog leaves unhandled.
const MAX_UNHANDLED_PRESSES: u32 = 4;

/// Counts the presses of Ctrl-C since the last [`forget`](Self::forget).
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

    /// Waits for this number of presses. Cancel-safe.
    pub async fn reached(&self, count: u32) {
        let mut seen = self.seen.clone();
        if seen.wait_for(|presses| *presses >= count).await.is_err() {
            // A newer counter has replaced this one.
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
        let of_hook = env_vars::of_git_hook();
        std::env::vars_os()
            .filter(|(name, _)| !of_hook.contains(name))
            .collect()
    }

    /// These variables and more, which win.
    #[must_use]
    pub fn with(&self, more: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        let mut all = self.clone();
        all.variables.extend(more);
        all
    }

    /// The value of `name`, as the system gives it.
    pub fn os(&self, name: &str) -> Option<&OsStr> {
        self.variables.get(OsStr::new(name)).map(OsString::as_os_str)
    }

    /// The value of `name`, when it is set, Unicode and not empty.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.os(name)?.to_str().filter(|value| !value.is_empty())
    }

    /// `PATH` without what depends on the working directory: a directory that was just cloned chooses no program.
    pub fn absolute_path(&self) -> Option<OsString> {
        let path = self.os("PATH").or_else(|| self.os("Path"))?;
        std::env::join_paths(std::env::split_paths(path).filter(|directory| directory.is_absolute())).ok()
    }

    /// The user's git in a directory, with these variables and without input.
    pub fn git(&self, directory: &Path) -> Command {
        let mut git = Command::new("git");
        git.arg("-C").arg(directory);
        git.env_clear().envs(self.iter()).stdin(Stdio::null());
        git.envs(self.absolute_path().map(|path| ("PATH", path)));
        git
    }

    /// What the user's git prints in a directory; nothing where it fails. It fetches nothing for it.
    pub fn git_output(&self, directory: &Path, arguments: &[&str]) -> Option<String> {
        let mut git = self.git(directory);
        git.env("GIT_NO_LAZY_FETCH", "1").env("GIT_ALLOW_PROTOCOL", "");
        let output = git.args(arguments).output().ok()?;
        let text = || String::from_utf8_lossy(&output.stdout).into_owned();
        output.status.success().then(text)
    }

    /// Where the processes of engines work: in no project. Their runtime looks there and above for `tsconfig.json`, and
    /// would run the files that this maps the engine's own modules to (measured with engine 1.18.33). Each request to an
    /// engine names its directory.
    pub fn neutral_directory(&self) -> PathBuf {
        match self.os("SystemRoot") {
            Some(system) if cfg!(windows) => PathBuf::from(system),
            _ => PathBuf::from("/"),
        }
    }

    /// The directory for temporary directories: the user's, or the system's when the user's is unusable.
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

/// The directory for what can be made again; one in that of the state where the system's cannot be written.
fn usable_cache(cache: &Path, state: &Path) -> PathBuf {
    match cache.ancestors().find(|place| place.exists()) {
        Some(place) if place.is_dir() && may_be_written(place) => cache.to_path_buf(),
        _ => state.join("cache"),
    }
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

/// The directories of our own files: the XDG directories on Linux, the platform's own elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Directories {
    pub home: PathBuf,
    pub config: PathBuf,
    pub data: PathBuf,
    pub state: PathBuf,
    /// Probes, downloads, catalogs: files that can be made again.
    pub cache: PathBuf,
}

impl Directories {
    /// The directories of the current user.
    ///
    /// # Errors
    ///
    /// When the system reports no home directory.
    pub fn of_user() -> Result<Self, Failure> {
        let failure = || Failure::usage("cannot find the home directory").hint("set `HOME` to a directory of yours");
        let base = directories::BaseDirs::new().ok_or_else(failure)?;
        if base.home_dir().is_relative() {
            let problem = format!(
                "cannot use the home directory `{}`: it is no absolute path",
                base.home_dir().display()
            );
            return Err(Failure::usage(problem).hint("set `HOME` to an absolute path"));
        }
        let project = directories::ProjectDirs::from("", "", "opencode-rs").ok_or_else(failure)?;
        let state = project
            .state_dir()
            .map_or_else(|| project.data_local_dir().join("state"), Path::to_path_buf);
        Ok(Self {
            home: base.home_dir().to_path_buf(),
            config: project.config_dir().to_path_buf(),
            data: project.data_local_dir().to_path_buf(),
            cache: usable_cache(project.cache_dir(), &state),
            state,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cache_that_cannot_be_written_is_beside_the_state() {
        let base = tempfile::tempdir().unwrap();
        let state = base.path().join("state");
        let usual = base.path().join("new/cache");
        assert_eq!(usable_cache(&usual, &state), usual);
        let file = base.path().join("file");
        std::fs::write(&file, "").unwrap();
        assert_eq!(usable_cache(&file.join("cache"), &state), state.join("cache"));
    }

    #[tokio::test]
    async fn presses_are_counted_while_somebody_counts_them() {
        let interrupts = Interrupts::default();
        assert!(!interrupts.press());
        let presses = interrupts.count_presses();
        assert!(interrupts.press());
        presses.reached(1).await;
        presses.forget();
        for _ in 0..MAX_UNHANDLED_PRESSES {
            assert!(interrupts.press());
        }
        presses.reached(MAX_UNHANDLED_PRESSES).await;
        assert!(!interrupts.press(), "nobody takes notice");
        drop(presses);
        assert!(!interrupts.press());
        assert!(!interrupts.token().is_cancelled());
    }
}
