//! Servers as documents.

#[cfg(unix)]
use std::path::Path;
#[cfg(unix)]
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

#[cfg(unix)]
use super::look::Seen;
use super::state::ServerState;
use crate::commands::document::CommandDocument;
use crate::request::SchemaName;
#[cfg(unix)]
use crate::server::Stray;
#[cfg(unix)]
use crate::support::duration;
#[cfg(unix)]
use crate::terminal::one_line;
use crate::turn::EngineInfo;

/// So much is shown of a command line.
#[cfg(unix)]
const LONGEST_COMMAND: usize = 80;

/// A server that is kept warm.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::commands) struct ServerEntry {
    id: String,
    state: ServerState,
    /// The process of the engine.
    pid: u32,
    supervisor_pid: u32,
    port: u16,
    url: String,
    /// The version of opencode-rs that started it.
    version: String,
    engine: EngineInfo,
    /// The directory for which it was started.
    directory: String,
    /// When it was ready, RFC 3339 in UTC.
    started: String,
    age_s: Option<u64>,
    /// Time since the last use, in seconds.
    idle_s: Option<u64>,
    /// How long it stays after the last use, as `--keep-for` takes it.
    keep_for: Option<String>,
    /// When the server ends without a further use, in seconds; null while it is in use.
    ends_in_s: Option<u64>,
    /// How many processes use it.
    users: usize,
    user_pids: Vec<u32>,
    memory: ServerMemory,
    /// Whether a scripted model answers.
    rehearsal: bool,
    /// The file of its log.
    log: String,
}

#[derive(Debug, Serialize, JsonSchema)]
struct ServerMemory {
    engine_bytes: Option<u64>,
    supervisor_bytes: Option<u64>,
}

/// The document that `server start` prints.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::commands) struct ServerStart {
    /// Whether it was there before.
    pub(super) already_running: bool,
    #[serde(flatten)]
    pub(super) server: ServerEntry,
}

impl CommandDocument for ServerStart {
    const TYPE: SchemaName = SchemaName::Server;
}

/// What `server list` and `server status` print.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::commands) struct ServerList {
    pub(super) items: Vec<ServerEntry>,
    /// Processes that killed servers have left; null where they were not looked for.
    pub(super) strays: Option<Vec<StrayEntry>>,
}

impl CommandDocument for ServerList {
    const TYPE: SchemaName = SchemaName::Servers;
}

/// The document that `server stop` prints.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::commands) struct StoppedServers {
    pub(super) items: Vec<StoppedServer>,
    /// Processes that killed servers had left and that were ended; null without `--all`.
    pub(super) strays: Option<Vec<StrayEntry>>,
}

impl CommandDocument for StoppedServers {
    const TYPE: SchemaName = SchemaName::ServerStop;
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct StoppedServer {
    pub(super) id: String,
    pub(super) directory: String,
    pub(super) result: StopResult,
    /// The processes that use it.
    pub(super) user_pids: Vec<u32>,
}

#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum StopResult {
    Stopped,
    /// It did not answer.
    Killed,
    /// It had been killed before, and is forgotten now.
    Cleared,
    /// It was left alone: commands use it.
    InUse,
    /// It could not be stopped.
    Refused,
}

/// A process that a killed server has left.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct StrayEntry {
    pid: u32,
    command: String,
}

#[cfg(unix)]
impl ServerEntry {
    pub(super) fn new(seen: &Seen, state: &Path) -> Self {
        let record = &seen.record;
        let status = seen.status.as_ref();
        Self {
            id: record.id.clone(),
            state: seen.state,
            pid: record.engine_pid,
            supervisor_pid: record.supervisor.pid,
            port: record.port,
            url: url(record.port),
            version: record.program.clone(),
            engine: EngineInfo {
                version: record.engine_version.clone(),
                path: Some(record.engine.display().to_string()),
                source: Some(record.engine_source),
            },
            directory: record.directory.display().to_string(),
            started: record.started.clone(),
            age_s: seen.age.map(|age| age.as_secs()),
            idle_s: status.map(|status| status.idle),
            keep_for: status.map(|status| duration::format(Duration::from_secs(status.keep_for))),
            ends_in_s: seen.ends_in().map(|left| left.as_secs()),
            users: seen.user_pids().len(),
            user_pids: seen.user_pids().to_vec(),
            memory: ServerMemory {
                engine_bytes: seen.engine_memory,
                supervisor_bytes: seen.supervisor_memory,
            },
            rehearsal: record.rehearsal,
            log: record.log(state).display().to_string(),
        }
    }
}

#[cfg(unix)]
pub(super) fn url(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

#[cfg(unix)]
pub(super) fn stray_entries(strays: &[Stray]) -> Vec<StrayEntry> {
    let entry = |stray: &Stray| StrayEntry {
        pid: stray.pid,
        command: stray.command.clone(),
    };
    strays.iter().map(entry).collect()
}

/// A stray in a sentence: "123 (`sleep 1000`)".
#[cfg(unix)]
pub(in crate::commands) fn stray_in_words(stray: &Stray) -> String {
    format!("{} (`{}`)", stray.pid, one_line(&stray.command, LONGEST_COMMAND))
}
