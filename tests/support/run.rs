//! The program as a child of a test.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{Read, Write as _};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use opencode_rs::request::SchemaName;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::permit::EnginePermit;
use super::schemas;
use super::until::{LONG, until};

/// What the program finds on stdin.
#[derive(Debug, Default)]
pub(crate) enum Stdin {
    /// `/dev/null`.
    #[default]
    Null,
    /// A pipe with these bytes.
    Bytes(Vec<u8>),
    /// A pipe that stays open and silent.
    Silent,
    /// An open file.
    File(File),
}

/// A run that is being put together.
#[derive(Debug)]
pub(crate) struct Run {
    command: Command,
    stdin: Stdin,
    reads_stdout: bool,
    stdout: Option<File>,
    starts_engine: bool,
}

impl Run {
    pub(super) fn new(
        program: impl AsRef<OsStr>,
        arguments: Vec<OsString>,
        environment: Vec<(OsString, OsString)>,
        directory: PathBuf,
    ) -> Self {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .env_clear()
            .envs(environment)
            .current_dir(directory)
            // A process group of its own is in the background of the terminal that runs the tests: the program asks no
            // question there.
            .process_group(0);
        Self {
            command,
            stdin: Stdin::Null,
            reads_stdout: true,
            stdout: None,
            starts_engine: true,
        }
    }

    /// For a run that starts no engine.
    pub(super) fn without_permit(mut self) -> Self {
        self.starts_engine = false;
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub(crate) fn directory(mut self, directory: impl AsRef<Path>) -> Self {
        self.command.current_dir(directory);
        self
    }

    pub(crate) fn stdin(mut self, stdin: Stdin) -> Self {
        self.stdin = stdin;
        self
    }

    /// Takes the first byte of stdout and closes it, as `head -c 1` does.
    pub(crate) fn reading_one_byte(mut self) -> Self {
        self.reads_stdout = false;
        self
    }

    /// Writes stdout to this file.
    pub(crate) fn writing_to(mut self, file: File) -> Self {
        self.stdout = Some(file);
        self
    }

    /// Runs to the end.
    pub(crate) fn finish(self) -> Finished {
        self.start().finish()
    }

    /// Starts it, as soon as another engine may run.
    pub(crate) fn start(self) -> Running {
        let permit = self.starts_engine.then(EnginePermit::acquire);
        self.start_with(permit)
    }

    /// Starts it at once: for a run that starts no engine, or whose engine's permit is held by the test.
    pub(crate) fn start_at_once(self) -> Running {
        self.start_with(None)
    }

    fn start_with(mut self, permit: Option<EnginePermit>) -> Running {
        let mut written = None;
        let mut child = self
            .command
            .stdin(match self.stdin {
                Stdin::Null => Stdio::null(),
                Stdin::Bytes(bytes) => {
                    written = Some(bytes);
                    Stdio::piped()
                }
                Stdin::Silent => Stdio::piped(),
                Stdin::File(file) => Stdio::from(file),
            })
            .stdout(self.stdout.map_or_else(Stdio::piped, Stdio::from))
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take();
        if let Some(bytes) = written {
            let mut pipe = stdin.take().unwrap();
            // A run that ends early closes its end of the pipe; the test looks at the run's output.
            std::thread::spawn(move || {
                let _ = pipe.write_all(&bytes);
            });
        }
        let limit = if self.reads_stdout { usize::MAX } else { 1 };
        let stdout: Box<dyn Read + Send> = match child.stdout.take() {
            Some(pipe) => Box::new(pipe),
            None => Box::new(std::io::empty()),
        };
        let stdout = Captured::of(stdout, limit);
        let stderr = Captured::of(child.stderr.take().unwrap(), usize::MAX);
        Running {
            child,
            stdout,
            stderr,
            _stdin: stdin,
            _permit: permit,
            started: Instant::now(),
        }
    }
}

/// A run that goes on.
#[derive(Debug)]
pub(crate) struct Running {
    child: Child,
    stdout: Captured,
    stderr: Captured,
    _stdin: Option<ChildStdin>,
    _permit: Option<EnginePermit>,
    started: Instant,
}

impl Running {
    /// Waits until stdout holds `text`.
    pub(crate) fn wait_for_stdout(&mut self, text: &str) {
        until(&format!("stdout holds {text:?}"), LONG, || {
            if self.stdout.text().contains(text) {
                return Some(());
            }
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!(
                    "ended with {status} before stdout held {text:?}:\n{}",
                    self.stderr.text()
                );
            }
            None
        });
    }

    /// Waits until stderr holds `text`.
    pub(crate) fn wait_for_stderr(&self, text: &str) {
        until(&format!("stderr holds {text:?}"), LONG, || {
            self.stderr.text().contains(text).then_some(())
        });
    }

    /// Sends a signal to the program alone, not to its children.
    pub(crate) fn signal(&self, signal: Signal) {
        // The child is ours and not yet waited for, so its id cannot belong to another process.
        let pid = Pid::from_child(&self.child);
        kill_process(pid, signal).unwrap();
    }

    /// Whether it has ended.
    pub(crate) fn is_over(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Waits for the end. A run that does not end is killed, and fails the test with its output.
    pub(crate) fn finish(mut self) -> Finished {
        let end = Instant::now() + LONG;
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            if Instant::now() > end {
                let _ = self.child.kill();
                let _ = self.child.wait();
                panic!(
                    "the run does not end\nstdout:\n{}\nstderr:\n{}",
                    self.stdout.text(),
                    self.stderr.text()
                );
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        Finished {
            status,
            took: self.started.elapsed(),
            stdout: self.stdout.into_text(),
            stderr: self.stderr.into_text(),
        }
    }
}

/// A run that is over.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) status: ExitStatus,
    pub(crate) took: Duration,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Finished {
    /// Sees that it ended by itself with this status.
    #[track_caller]
    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(
            (self.status.code(), self.status.signal()),
            (Some(code), None),
            "\nstdout:\n{}\nstderr:\n{}",
            self.stdout,
            self.stderr
        );
        self
    }

    /// Sees that stderr holds these texts.
    #[track_caller]
    pub(crate) fn says(self, texts: &[&str]) -> Self {
        for text in texts {
            assert!(self.stderr.contains(text), "no {text:?} on stderr:\n{}", self.stderr);
        }
        self
    }

    /// Sees that stderr is exactly this, the note about the rehearsal aside.
    #[track_caller]
    pub(crate) fn says_only(self, text: &str) -> Self {
        let said = self
            .stderr
            .replace("rehearsal: the scripted model answers, no real one\n", "");
        assert_eq!(said, text);
        self
    }

    /// Sees that stdout is exactly this.
    #[track_caller]
    pub(crate) fn writes(self, text: &str) -> Self {
        assert_eq!(self.stdout, text, "\nstderr:\n{}", self.stderr);
        self
    }

    /// The one record of the format `json`, its status checked against that of the process.
    #[track_caller]
    pub(crate) fn record(&self) -> Value {
        let record: Value = serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error}\nstdout:\n{}\nstderr:\n{}", self.stdout, self.stderr));
        schemas::expect_valid(SchemaName::Result, &record);
        assert_eq!(record["exit_code"].as_i64(), self.status.code().map(i64::from));
        record
    }

    /// The records of the format `stream-json`: the first is `init`, the last and only the last `result`.
    #[track_caller]
    pub(crate) fn records(&self) -> Vec<Value> {
        let records: Vec<Value> = self
            .stdout
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        for record in &records {
            schemas::expect_valid(SchemaName::StreamJson, record);
        }
        let results = records.iter().filter(|record| record["type"] == "result").count();
        let ends = [records.first(), records.last()].map(|record| record.map(|record| record["type"].clone()));
        assert_eq!(ends, [Some("init".into()), Some("result".into())], "{}", self.stdout);
        assert_eq!(results, 1);
        records
    }
}

/// What a stream brought, read by a thread of its own.
#[derive(Debug)]
struct Captured {
    bytes: Arc<Mutex<Vec<u8>>>,
    reader: JoinHandle<()>,
}

impl Captured {
    fn of(mut stream: impl Read + Send + 'static, limit: usize) -> Self {
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let shared = Arc::clone(&bytes);
        let reader = std::thread::spawn(move || {
            let mut buffer = vec![0; limit.min(64 * 1024)];
            let mut taken = 0;
            while taken < limit {
                match stream.read(&mut buffer) {
                    Ok(0) | Err(_) => return,
                    Ok(length) => shared.lock().unwrap().extend_from_slice(&buffer[..length]),
                }
                taken = shared.lock().unwrap().len();
            }
        });
        Self { bytes, reader }
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes.lock().unwrap()).into_owned()
    }

    /// Everything. A descendant that keeps the stream open would hold this up, and must not.
    fn into_text(self) -> String {
        until("the stream ends with the program", LONG, || {
            self.reader.is_finished().then_some(())
        });
        String::from_utf8(std::mem::take(&mut self.bytes.lock().unwrap())).unwrap()
    }
}
