//! A home of its own for each test, and the program in it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;
use tempfile::TempDir;

use crate::real_engine;

/// The right to run an engine: each takes half a gigabyte, so the tests take turns.
static TURN: Mutex<()> = Mutex::new(());

/// What a finished command left behind.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Finished {
    pub(super) code: Option<i32>,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

impl Finished {
    /// What a program reads.
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// A home, a project directory and a directory for temporary files.
pub(super) struct Home {
    root: TempDir,
    _turn: MutexGuard<'static, ()>,
}

impl Home {
    pub(super) fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        for directory in ["home", "project", "tmp"] {
            std::fs::create_dir(root.path().join(directory)).unwrap();
        }
        Self {
            root,
            _turn: TURN.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }

    pub(super) fn project(&self) -> PathBuf {
        self.root.path().join("project").canonicalize().unwrap()
    }

    /// Writes a file of the project.
    pub(super) fn write(&self, name: &str, text: &str) {
        let path = self.project().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// The program with these words, in the project directory, with nothing of the tester's environment but `PATH`.
    pub(super) fn command(&self, words: &[&str]) -> Command {
        let path = |name: &str| self.root.path().join(name);
        let mut command = Command::new(env!("CARGO_BIN_EXE_opencode-rs"));
        command
            .args(words)
            .current_dir(self.project())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", path("home"))
            .env("TMPDIR", path("tmp"))
            .env("OPENCODE_RS_ENGINE", real_engine::path())
            // Nothing here needs a package; a closed port refuses at once.
            .env("npm_config_registry", "http://127.0.0.1:9/")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs it to its end.
    pub(super) fn run(&self, words: &[&str]) -> Finished {
        finish(&mut self.command(words))
    }

    /// What is left in the directory for temporary files.
    pub(super) fn temporary_files(&self) -> Vec<PathBuf> {
        list(&self.root.path().join("tmp"))
    }
}

/// Runs a command to its end.
pub(super) fn finish(command: &mut Command) -> Finished {
    let output = command.output().unwrap();
    Finished {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

fn list(directory: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect()
}
