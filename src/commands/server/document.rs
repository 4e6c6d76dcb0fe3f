//! Servers as documents. Fields are added, never renamed.

use serde::Serialize;

use super::look::Seen;
use crate::server::Stray;
use crate::support::duration;
use crate::terminal::one_line;
use crate::warm::WarmStatus;

/// The version of the shape.
pub(super) const SCHEMA_VERSION: u32 = 1;

/// So much is shown of a command line.
const LONGEST_COMMAND: usize = 80;

#[derive(Debug, Serialize)]
pub(super) struct ServerEntry<'a> {
    id: &'a str,
    state: &'static str,
    pid: u32,
    supervisor_pid: u32,
    port: u16,
    url: String,
    version: &'a str,
    engine: String,
    directory: String,
    started: &'a str,
    age_s: Option<u64>,
    /// Time since the last use.
    idle_s: Option<u64>,
    /// How long it stays after the last use, as `--keep-for` takes it.
    keep_for: Option<String>,
    /// When the server ends without a further use; null while it is in use.
    ends_in_s: Option<u64>,
    users: usize,
    /// The processes that use it.
    user_pids: &'a [u32],
    memory: MemoryUse,
    /// Whether a scripted model answers.
    rehearsal: bool,
    /// The version of this program that started it.
    program: &'a str,
    log: String,
}

/// In bytes.
#[derive(Debug, Serialize)]
struct MemoryUse {
    engine: Option<u64>,
    supervisor: Option<u64>,
}

impl<'a> ServerEntry<'a> {
    pub(super) fn new(seen: &'a Seen, state: &std::path::Path) -> Self {
        let record = &seen.record;
        let status: Option<&WarmStatus> = seen.status.as_ref();
        Self {
            id: &record.id,
            state: seen.state.word(),
            pid: record.engine_pid,
            supervisor_pid: record.supervisor.pid,
            port: record.port,
            url: url(record.port),
            version: &record.engine_version,
            engine: record.engine.display().to_string(),
            directory: record.directory.display().to_string(),
            started: &record.started,
            age_s: seen.age.map(|age| age.as_secs()),
            idle_s: status.map(|status| status.idle),
            keep_for: status.map(|status| duration::format(std::time::Duration::from_secs(status.keep_for))),
            ends_in_s: seen.ends_in().map(|left| left.as_secs()),
            users: status.map_or(0, |status| status.user_pids.len()),
            user_pids: status.map_or(&[], |status| &status.user_pids),
            memory: MemoryUse {
                engine: seen.engine_memory,
                supervisor: seen.supervisor_memory,
            },
            rehearsal: record.rehearsal,
            program: &record.program,
            log: record.log(state).display().to_string(),
        }
    }
}

pub(super) fn url(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

/// A process that was left behind by a server that was killed.
#[derive(Debug, Serialize)]
pub(super) struct StrayEntry<'a> {
    pid: u32,
    command: &'a str,
}

impl<'a> StrayEntry<'a> {
    pub(super) fn all(strays: &'a [Stray]) -> Vec<Self> {
        let entry = |stray: &'a Stray| Self {
            pid: stray.pid,
            command: &stray.command,
        };
        strays.iter().map(entry).collect()
    }
}

/// A stray in a sentence: "123 (`sleep 1000`)".
pub(in crate::commands) fn stray_in_words(stray: &Stray) -> String {
    format!("{} (`{}`)", stray.pid, one_line(&stray.command, LONGEST_COMMAND))
}
