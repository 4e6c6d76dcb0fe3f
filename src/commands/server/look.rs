//! How the servers are that have a file, and which of them the user names.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use futures_util::future::join_all;
use tokio::time::timeout;

pub(in crate::commands) use super::state::ServerState;
use crate::client::{Client, Endpoint};
use crate::context::Context;
use crate::error::Failure;
use crate::request::ServerReference;
use crate::server::resident_memory;
use crate::support::amounts::short;
use crate::support::timestamp::parse_rfc3339;
use crate::warm::{self, ServerRecord, WarmStatus};

/// How long an engine may take to say anything.
const ANSWERING: Duration = Duration::from_secs(3);

/// How many servers a message names at most.
const NAMED: usize = 5;

/// A server, as it was seen.
#[derive(Debug, Clone)]
pub(in crate::commands) struct Seen {
    pub(in crate::commands) record: ServerRecord,
    pub(in crate::commands) state: ServerState,
    pub(in crate::commands) status: Option<WarmStatus>,
    /// In bytes.
    pub(in crate::commands) engine_memory: Option<u64>,
    /// In bytes.
    pub(in crate::commands) supervisor_memory: Option<u64>,
    pub(in crate::commands) age: Option<Duration>,
}

impl Seen {
    /// The memory of engine and supervisor together, in bytes.
    pub(in crate::commands) fn memory(&self) -> Option<u64> {
        match (self.engine_memory, self.supervisor_memory) {
            (None, None) => None,
            (engine, supervisor) => Some(engine.unwrap_or(0) + supervisor.unwrap_or(0)),
        }
    }

    /// The processes that use it.
    pub(in crate::commands) fn user_pids(&self) -> &[u32] {
        self.status.as_ref().map_or(&[], |status| &status.user_pids)
    }

    /// When the server ends without a further use.
    pub(in crate::commands) fn ends_in(&self) -> Option<Duration> {
        let status = self.status.as_ref().filter(|_| self.state == ServerState::Idle)?;
        Some(Duration::from_secs(status.keep_for.saturating_sub(status.idle)))
    }

    /// Its state for people: "idle, ends in 29m".
    pub(in crate::commands) fn state_in_words(&self) -> String {
        if let Some(left) = self.ends_in() {
            return format!("idle, ends in {}", short(left));
        }
        let words = match self.state {
            ServerState::Idle => "idle",
            ServerState::InUse => "in use",
            ServerState::Retiring => "retiring",
            ServerState::NotAnswering => "not answering",
            ServerState::Closed => "closed to us",
            ServerState::Dead => "dead",
        };
        words.to_owned()
    }
}

/// All servers, oldest first. Those that ended while they were looked at are not among them.
pub(in crate::commands) async fn all(context: &Context) -> Vec<Seen> {
    look(&context.directories.state, records(context).await).await
}

/// All records, also of servers that had lost theirs.
pub(super) async fn records(context: &Context) -> Vec<ServerRecord> {
    warm::restore_records(&context.directories, &context.environment).await;
    ServerRecord::list(&context.directories.state)
}

pub(super) async fn look(state: &Path, records: Vec<ServerRecord>) -> Vec<Seen> {
    let looking = records.into_iter().map(|record| one(state, record));
    join_all(looking).await.into_iter().flatten().collect()
}

async fn one(state: &Path, record: ServerRecord) -> Option<Seen> {
    let status = record.status().await;
    let found = match &status {
        Ok(_) if !engine_answers(record.port).await => ServerState::NotAnswering,
        Ok(status) if status.retiring => ServerState::Retiring,
        Ok(status) if status.users > 0 => ServerState::InUse,
        Ok(_) => ServerState::Idle,
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => ServerState::Closed,
        Err(_) if record.supervisor.is_alive() => ServerState::NotAnswering,
        Err(_) => ServerState::Dead,
    };
    // A supervisor that ends normally removes the file first.
    if !found.is_well() && !record.is_listed(state) {
        return None;
    }
    let is_alive = found != ServerState::Dead;
    Some(Seen {
        engine_memory: resident_memory(record.engine_pid).filter(|_| is_alive),
        supervisor_memory: resident_memory(record.supervisor.pid).filter(|_| is_alive),
        age: parse_rfc3339(&record.started).and_then(|started| SystemTime::now().duration_since(started).ok()),
        status: status.ok(),
        state: found,
        record,
    })
}

/// Whether it answers at all. It wants a password, which is not ours to ask for here; a refusal is an answer.
async fn engine_answers(port: u16) -> bool {
    let Ok(url) = url::Url::parse(&format!("http://127.0.0.1:{port}/")) else {
        return false;
    };
    let Ok(client) = Client::new(Endpoint::new(url, None), None) else {
        return false;
    };
    match timeout(ANSWERING, client.health()).await {
        Ok(Ok(_)) => true,
        Ok(Err(error)) => error.status().is_some(),
        Err(_) => false,
    }
}

/// The servers that are meant: one where an id was given, else all of the directory, of which there may be none.
///
/// # Errors
///
/// When no server, or more than one, has an id that begins so.
pub(super) async fn choose(context: &Context, reference: &ServerReference) -> Result<Vec<Seen>, Failure> {
    let state = &context.directories.state;
    let records = records(context).await;
    let meant = match reference {
        ServerReference::Id(id) => vec![by_id(id, records)?],
        ServerReference::OfDirectory(typed) => {
            let directory = directory(context, typed.as_deref());
            records
                .into_iter()
                .filter(|record| record.directory == directory)
                .collect()
        }
    };
    Ok(look(state, meant).await)
}

/// The directory that the user names. A deleted directory may still have a server.
pub(super) fn directory(context: &Context, typed: Option<&Path>) -> PathBuf {
    let typed = context.directory(typed);
    std::fs::canonicalize(&typed).unwrap_or(typed)
}

fn by_id(id: &str, records: Vec<ServerRecord>) -> Result<ServerRecord, Failure> {
    let begins = id.to_ascii_lowercase();
    let (mut meant, others): (Vec<_>, Vec<_>) = records.into_iter().partition(|record| record.id.starts_with(&begins));
    match meant.len() {
        1 => Ok(meant.remove(0)),
        0 => {
            let failure = Failure::usage(format!("cannot find server `{id}`"));
            let is_none = others.is_empty();
            let none = "no server is kept warm; `opencode-rs server start` starts one";
            Err(name(failure, &others).hint_if(is_none, none))
        }
        count => {
            let failure = Failure::usage(format!("cannot tell which server `{id}` is: {count} could be meant"));
            Err(name(failure, &meant))
        }
    }
}

/// Adds the servers that there are.
fn name(mut failure: Failure, records: &[ServerRecord]) -> Failure {
    for record in records.iter().take(NAMED) {
        failure = failure.hint(format!(
            "server `{}` is for `{}`",
            record.id,
            record.directory.display()
        ));
    }
    failure.hint_if(records.len() > NAMED, "`opencode-rs server list` shows all")
}
