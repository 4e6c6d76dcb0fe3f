//! A home with a real engine for each test, and the program in it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::sandbox::Finished;
use crate::real_engine;
use crate::support::{EnginePermit, NO_PACKAGES};

/// A home, a project directory and a directory for temporary files. Holds an engine permit.
pub(super) struct Home {
    root: TempDir,
    _permit: EnginePermit,
}

impl Home {
    pub(super) fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        for directory in ["home", "project", "tmp"] {
            std::fs::create_dir(root.path().join(directory)).unwrap();
        }
        real_engine::copy_probes(&root.path().join("home/.cache"));
        Self {
            root,
            _permit: EnginePermit::acquire(),
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
            .envs(NO_PACKAGES)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs it to its end.
    pub(super) fn run(&self, words: &[&str]) -> Finished {
        finish(&mut self.command(words))
    }

    /// The files in the directory for temporary files.
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
