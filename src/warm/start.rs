//! Finding a warm server, and starting one.

use std::io;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::Command;
use tokio::time::{sleep, timeout};

use super::key::ServerKey;
use super::lease::{Lease, restore_records};
use super::log::Log;
use super::record::ServerRecord;
use super::supervisor::{StartupReport, SupervisorRequest};
use crate::client::Client;
use crate::context::{Directories, Environment};
use crate::error::{Failure, FailureKind};
use crate::server::{SUPERVISOR, ServerSpec, is_below_engine, this_program};
use crate::support::lines::json_line;
use crate::support::lock::{Lock, RETRY_PAUSE};

/// For finding and starting a server together.
const LEASE_TIMEOUT: Duration = Duration::from_secs(90);
const HEALTH_TIMEOUT: Duration = Duration::from_secs(10);
/// For the end of a server that is not healthy.
const STOP_TIMEOUT: Duration = Duration::from_secs(8);

/// A request for a warm server.
#[derive(Debug, Clone, Copy)]
pub struct WarmRequest<'a> {
    pub spec: &'a ServerSpec,
    /// The command's environment, which becomes that of a new server.
    pub environment: &'a Environment,
    pub directories: &'a Directories,
    /// How long the server stays after its last use. `None` starts no server, and leaves that time as it is.
    pub keep_for: Option<Duration>,
}

/// Whether a warm server may run in a directory. Its record is there, and the server may be dead.
pub fn has_records_in(directories: &Directories, directory: &Path) -> bool {
    let records = ServerRecord::list(&directories.state);
    records.iter().any(|record| record.directory == directory)
}

/// Leases a warm server that fits: a running one, else a new one where one may be started. `None` when there is none, and
/// for a command that an engine has started, which gets no server from a supervisor.
///
/// # Errors
///
/// When a server was to be started and there is none within 90 s.
pub async fn lease(request: WarmRequest<'_>) -> Result<Option<Lease>, Failure> {
    let Some(key) = ServerKey::new(request.spec, request.environment, request.directories) else {
        tracing::debug!("what the engine reads here is not known, so its server is not shared");
        return Ok(None);
    };
    let Some(keep_for) = request.keep_for else {
        return Ok(find(request, &key).await);
    };
    if is_below_engine(rustix::process::getpid().as_raw_nonzero().get()) {
        return Ok(None);
    }
    let lease = timeout(LEASE_TIMEOUT, find_or_start(request, &key, keep_for)).await;
    lease
        .unwrap_or_else(|_| {
            Err(
                Failure::engine(format!("cannot get a server within {} s", LEASE_TIMEOUT.as_secs())).hint(
                    "run `opencode-rs server list` to see what there is, and `opencode-rs server stop` to begin anew",
                ),
            )
        })
        .map(Some)
}

/// Leases a running server that fits.
async fn find(request: WarmRequest<'_>, key: &ServerKey) -> Option<Lease> {
    for record in ServerRecord::list(&request.directories.state) {
        if key.fits(&record)
            && request.spec.port.is_none_or(|port| port == record.port)
            && let Ok(lease) = take(request, &record, key).await
        {
            return Some(lease);
        }
    }
    None
}

/// Leases the server of a record. Removes the record of a dead server, and ends one that hangs.
async fn take(request: WarmRequest<'_>, record: &ServerRecord, key: &ServerKey) -> io::Result<Lease> {
    let directories = request.directories;
    match Lease::take(record, &key.fingerprint, request.keep_for, &directories.cache).await {
        Ok(Ok(lease)) => {
            if is_healthy(&lease).await {
                return Ok(lease);
            }
            tracing::debug!(id = record.id, "a warm server does not answer as ours, and is ended");
            drop(lease);
            if record.stop(STOP_TIMEOUT).await.is_err() {
                end_hung(directories, record);
            }
            Err(io::Error::other("its engine does not answer"))
        }
        Ok(Err(refusal)) => {
            tracing::debug!(id = record.id, %refusal, "a warm server refuses the lease");
            Err(io::Error::other(refusal))
        }
        Err(error) => {
            tracing::debug!(id = record.id, %error, "a warm server cannot be reached");
            if let Ok(log) = Log::open(&record.log(&directories.state)) {
                log.note(&format!("set aside: {error}"));
            }
            end_hung(directories, record);
            Err(error)
        }
    }
}

/// Ends a supervisor that does not answer, if it still is one, and removes its traces. Its guard ends the rest.
pub fn end_hung(directories: &Directories, record: &ServerRecord) {
    record.supervisor.kill();
    record.remove(&directories.state);
}

/// Whether the engine answers to our password.
async fn is_healthy(lease: &Lease) -> bool {
    let Ok(client) = Client::new(lease.endpoint().clone(), None) else {
        return false;
    };
    matches!(timeout(HEALTH_TIMEOUT, client.health()).await, Ok(Ok(health)) if health.healthy)
}

/// Leases a running server that fits, else a new one. Of several commands that want one at once, one starts it. Servers of
/// the slot that do not fit are retired.
async fn find_or_start(request: WarmRequest<'_>, key: &ServerKey, keep_for: Duration) -> Result<Lease, Failure> {
    let state = &request.directories.state;
    let lock = state.join("locks").join(format!("server-{}.lock", key.slot));
    loop {
        if let Some(lease) = find(request, key).await {
            return Ok(lease);
        }
        let held = Lock::try_acquire(&lock).map_err(|error| {
            Failure::engine(format!("cannot lock the start of a server in `{}`", state.display()))
                .caused_by(&error)
                .hint("make the directory writable, or set `XDG_STATE_HOME` to one on a local disk")
        })?;
        let Some(held) = held else {
            sleep(RETRY_PAUSE).await;
            continue;
        };
        // The last holder of the lock may have started one after `find` read the records.
        restore_records(request.directories, request.environment).await;
        if let Some(lease) = find(request, key).await {
            return Ok(lease);
        }
        retire_others(request.directories, key).await;
        let supervisor = SupervisorRequest {
            spec: request.spec.clone(),
            key: key.clone(),
            keep_for: keep_for.as_secs(),
            directories: request.directories.clone(),
        };
        let record = launch(request.environment, &supervisor).await?;
        drop(held);
        return take(request, &record, key).await.map_err(|error| {
            Failure::engine("cannot use the server that was just started")
                .caused_by(&error)
                .hint(format!("see `opencode-rs server logs {}`", record.id))
        });
    }
}

/// Has the servers of the slot that do not fit end when their last lease closes.
async fn retire_others(directories: &Directories, key: &ServerKey) {
    for record in ServerRecord::list(&directories.state) {
        if record.slot != key.slot || key.fits(&record) {
            continue;
        }
        if let Err(error) = record.retire().await {
            tracing::debug!(id = record.id, %error, "an old server cannot be retired");
            end_hung(directories, &record);
        }
    }
}

/// Starts a supervisor and waits until its server is ready.
async fn launch(environment: &Environment, request: &SupervisorRequest) -> Result<ServerRecord, Failure> {
    let cannot = |error: &(dyn std::error::Error + 'static)| {
        Failure::engine("cannot start a process that keeps the server").caused_by(error)
    };
    let program = this_program().map_err(|error| cannot(&error))?;
    let mut child = Command::new(program)
        .arg(SUPERVISOR)
        .env_clear()
        .envs(environment.iter())
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| cannot(&error))?;
    let line = json_line(request).map_err(|error| cannot(&error))?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(&line).await.map_err(|error| cannot(&error))?;
    }
    let mut report = String::new();
    if let Some(stdout) = child.stdout.take() {
        BufReader::new(stdout)
            .read_line(&mut report)
            .await
            .map_err(|error| cannot(&error))?;
    }
    match serde_json::from_str(&report) {
        Ok(StartupReport::Ready(record)) => Ok(*record),
        Ok(StartupReport::Failed(mut failure)) => {
            // What the user has to change, or else the engine's fault.
            if failure.kind != FailureKind::Usage {
                failure.kind = FailureKind::Engine;
            }
            Err(failure)
        }
        Err(error) => {
            let status = child.wait().await.map_err(|error| cannot(&error))?;
            let failure = Failure::engine(format!("the process that keeps the server ended with {status}"));
            // A killed process wrote nothing.
            Err(if report.is_empty() {
                failure
            } else {
                failure.caused_by(&error)
            })
        }
    }
}
