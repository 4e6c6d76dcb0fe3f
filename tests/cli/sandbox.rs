//! A home of its own for the program, and a cleared environment.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::schemas;

/// Enough for a slow machine; nothing waits for it unless something is wrong.
const DEADLINE: Duration = Duration::from_secs(300);

/// Temporary home, project and directories of the program.
#[derive(Debug)]
pub(crate) struct Sandbox {
    root: TempDir,
}

impl Sandbox {
    pub(crate) fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        for name in ["home", "project", "tmp"] {
            fs::create_dir(root.path().join(name)).unwrap();
        }
        Self { root }
    }

    /// The directory in which commands run; not a Git work tree.
    pub(crate) fn project(&self) -> PathBuf {
        self.root.path().join("project")
    }

    /// The user's settings file.
    pub(crate) fn user_file(&self) -> PathBuf {
        self.root.path().join("home/config/opencode-rs/config.toml")
    }

    /// Writes a file, with the directories above it.
    pub(crate) fn write(&self, path: &Path, contents: impl AsRef<[u8]>) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, contents).unwrap();
    }

    /// The program with these arguments, in the project.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let home = self.root.path().join("home");
        let mut command = Command::new(env!("CARGO_BIN_EXE_opencode-rs"));
        command
            .args(arguments)
            .current_dir(self.project())
            .env_clear()
            .env("HOME", &home)
            .env("XDG_CONFIG_HOME", home.join("config"))
            .env("XDG_DATA_HOME", home.join("data"))
            .env("XDG_STATE_HOME", home.join("state"))
            .env("XDG_CACHE_HOME", home.join("cache"))
            .env("TMPDIR", self.root.path().join("tmp"))
            .env("PATH", "/usr/bin:/bin")
            .env("TERM", "dumb");
        command
    }

    /// Runs the program with an empty stdin and gives exit status, stdout and stderr.
    pub(crate) fn run(&self, arguments: &[&str]) -> Finished {
        self.finish(&mut self.command(arguments))
    }

    /// Runs a command with an empty stdin.
    pub(crate) fn finish(&self, command: &mut Command) -> Finished {
        let null = std::process::Stdio::null;
        let piped = std::process::Stdio::piped;
        let child = command.stdin(null()).stdout(piped()).stderr(piped()).spawn().unwrap();
        self.wait(child)
    }

    /// Waits for the end of a child whose stdout and stderr are pipes. A child that hangs is ended and fails the test.
    pub(crate) fn wait(&self, mut child: Child) -> Finished {
        let (sender, receiver) = std::sync::mpsc::channel();
        let (stdout, stderr) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        for (at, mut stream) in [Box::new(stdout) as Box<dyn Read + Send>, Box::new(stderr)]
            .into_iter()
            .enumerate()
        {
            let sender = sender.clone();
            std::thread::spawn(move || {
                let mut bytes = Vec::new();
                let _ = stream.read_to_end(&mut bytes);
                let _ = sender.send((at, bytes));
            });
        }
        let mut streams = [Vec::new(), Vec::new()];
        for _ in 0..2 {
            let Ok((at, bytes)) = receiver.recv_timeout(DEADLINE) else {
                child.kill().unwrap();
                child.wait().unwrap();
                panic!("the program hangs");
            };
            streams[at] = bytes;
        }
        let [stdout, stderr] = streams;
        let status = child.wait().unwrap();
        self.told(Output { status, stdout, stderr })
    }

    /// The result, with the names of temporary directories replaced.
    fn told(&self, output: Output) -> Finished {
        let real = self.root.path().canonicalize().unwrap();
        let text = |bytes: Vec<u8>| {
            String::from_utf8(bytes)
                .unwrap()
                .replace(real.to_str().unwrap(), "[ROOT]")
                .replace(self.root.path().to_str().unwrap(), "[ROOT]")
        };
        Finished {
            code: output.status.code(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }
}

/// How the program ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finished {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Finished {
    /// What the engine answered, as it is.
    #[track_caller]
    pub(crate) fn engines_json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The document on stdout, which is as its schema says.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        schemas::document(&self.stdout)
    }
}
