//! Servers that outlive the command that started them, against a real engine.

mod commands;
mod deaths;
mod following;
mod guests;
mod sharing;
#[cfg(target_os = "linux")]
mod strays;

use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;

use crate::support::{EnginePermit, LONG, Run, Sandbox, until};

/// A sandbox with at most one warm server at a time, unless a permit for all engines is held.
struct Warm {
    sandbox: Sandbox,
    /// Given back after the sandbox, which ends what still runs.
    _permit: EnginePermit,
}

impl Warm {
    fn new() -> Self {
        Self {
            _permit: EnginePermit::acquire(),
            sandbox: Sandbox::new(),
        }
    }

    /// With room for a second engine.
    fn for_two() -> Self {
        Self {
            _permit: EnginePermit::acquire_all(),
            sandbox: Sandbox::new(),
        }
    }

    /// A run that keeps its conversation and its server, against the plain scripted model.
    fn keep(&self, arguments: &[&str]) -> Run {
        self.sandbox.run(["-k", "--rehearse"].iter().chain(arguments).copied())
    }

    /// Has one conversation, whose server stays.
    fn keep_one(&self) {
        self.keep(&["--keep-for", STAYS, "one"])
            .start_at_once()
            .finish()
            .expect(0);
    }

    /// The same against a model that answers as `script` says.
    fn keep_scripted(&self, script: &str, arguments: &[&str]) -> Run {
        self.sandbox
            .rehearse_apart(script, ["-k"].iter().chain(arguments).copied())
    }

    fn servers(&self) -> PathBuf {
        self.sandbox.path("home/.local/state/opencode-rs/servers")
    }

    /// The files of the servers that there are.
    fn records(&self) -> Vec<Value> {
        let Ok(entries) = std::fs::read_dir(self.servers()) else {
            return Vec::new();
        };
        entries
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
            .filter_map(|path| std::fs::read(path).ok())
            .map(|bytes| serde_json::from_slice(&bytes).unwrap())
            .collect()
    }

    /// The one server that there is.
    #[track_caller]
    fn record(&self) -> Value {
        let records = self.records();
        assert_eq!(records.len(), 1, "{records:?}");
        records.into_iter().next().unwrap()
    }

    /// The logs so far.
    fn logs(&self) -> String {
        let mut logs = String::new();
        for entry in std::fs::read_dir(self.servers()).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "log") {
                logs.push_str(&std::fs::read_to_string(path).unwrap());
            }
        }
        logs
    }

    /// Ends all servers.
    #[track_caller]
    fn stop(&self) {
        let stop = self.sandbox.run_without_engine(["server", "stop", "--all"]);
        stop.start_at_once().finish().expect(0);
    }

    /// Sees that no process and no temporary file is left, whenever that comes.
    fn waits_until_nothing_is_left(&self) {
        until("nothing is left", LONG, || {
            let files = std::fs::read_dir(self.sandbox.path("tmp")).unwrap().count();
            (self.sandbox.processes().is_empty() && files == 0 && self.records().is_empty()).then_some(())
        });
    }
}

/// A process id of a record.
#[track_caller]
fn pid(value: &Value) -> rustix::process::Pid {
    rustix::process::Pid::from_raw(i32::try_from(value.as_i64().unwrap()).unwrap()).unwrap()
}

fn supervisor(record: &Value) -> rustix::process::Pid {
    pid(&record["supervisor"]["pid"])
}

fn engine(record: &Value) -> rustix::process::Pid {
    pid(&record["engine_pid"])
}

fn kill(process: rustix::process::Pid) {
    rustix::process::kill_process(process, rustix::process::Signal::KILL).unwrap();
}

/// What a plain rehearsal answers.
fn plain(prompt: &str) -> String {
    format!("This is a rehearsal: no model was asked. The prompt begins: {prompt}\n")
}

/// How long a server stays in most of these tests.
const STAYS: &str = "10m";
/// Far below [`STAYS`], and enough for a slow machine.
const MOMENT: Duration = Duration::from_secs(300);
