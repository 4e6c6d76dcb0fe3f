//! Servers as documents. Fields are added, never renamed.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use super::look::Seen;
use crate::server::Stray;
use crate::support::duration;
use crate::terminal::one_line;

/// The version of the shape.
pub(super) const SCHEMA_VERSION: u32 = 1;

/// So much is shown of a command line.
const LONGEST_COMMAND: usize = 80;

pub(super) fn server(seen: &Seen, state: &Path) -> Value {
    let record = &seen.record;
    let status = seen.status.as_ref();
    json!({
        "id": record.id,
        "state": seen.state,
        "pid": record.engine_pid,
        "supervisor_pid": record.supervisor.pid,
        "port": record.port,
        "url": url(record.port),
        "version": record.engine_version,
        "engine": record.engine.display().to_string(),
        "directory": record.directory.display().to_string(),
        "started": record.started,
        "age_s": seen.age.map(|age| age.as_secs()),
        // Time since the last use.
        "idle_s": status.map(|status| status.idle),
        // How long it stays after the last use, as `--keep-for` takes it.
        "keep_for": status.map(|status| duration::format(Duration::from_secs(status.keep_for))),
        // When the server ends without a further use; null while it is in use.
        "ends_in_s": seen.ends_in().map(|left| left.as_secs()),
        "users": seen.user_pids().len(),
        // The processes that use it.
        "user_pids": seen.user_pids(),
        // In bytes.
        "memory": { "engine": seen.engine_memory, "supervisor": seen.supervisor_memory },
        // Whether a scripted model answers.
        "rehearsal": record.rehearsal,
        // The version of this program that started it.
        "program": record.program,
        "log": record.log(state).display().to_string(),
    })
}

pub(super) fn url(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

/// A document about servers; `strays` are the processes that killed servers have left, where they were looked for.
pub(super) fn servers(kind: &str, servers: Vec<Value>, strays: Option<&[Stray]>) -> Value {
    let mut document = json!({ "type": kind, "schema_version": SCHEMA_VERSION, "servers": servers });
    if let Some(strays) = strays {
        let stray = |stray: &Stray| json!({ "pid": stray.pid, "command": stray.command });
        document["strays"] = strays.iter().map(stray).collect();
    }
    document
}

/// A stray in a sentence: "123 (`sleep 1000`)".
pub(in crate::commands) fn stray_in_words(stray: &Stray) -> String {
    format!("{} (`{}`)", stray.pid, one_line(&stray.command, LONGEST_COMMAND))
}
