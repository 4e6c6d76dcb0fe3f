//! Finding a warm server, and starting one.

use std::io;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::Command;
use tokio::time::{sleep, timeout};

use super::lease::{Lease, LeaseTerms, restore_records};
use super::log::Log;
use super::orders::SupervisorOrders;
use super::record::ServerRecord;
use super::supervisor::StartupReport;
use crate::api::Client;
use crate::context::{Directories, Environment};
use crate::error::{Failure, FailureKind};
use crate::server::{GuardProgram, SUPERVISOR, is_below_engine};
use crate::support::lines::json_line;
use crate::support::lock::Lock;

/// The interval at which a waiting command checks whether another command has started the server.
const LOOK_AGAIN: Duration = Duration::from_millis(50);
/// How long an engine may take to say that it is well.
const HEALTH: Duration = Duration::from_secs(10);
/// How long an unhealthy server may take to end.
const ENDING: Duration = Duration::from_secs(8);

/// Which server is wanted, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WarmRequest {
    pub slot: String,
    /// The port that the server has to listen on; `None` is any port.
    pub port: Option<u16>,
    /// The fingerprint that the server has to have, and the time that it stays unused.
    pub terms: LeaseTerms,
}

impl WarmRequest {
    fn is(&self, record: &ServerRecord) -> bool {
        record.slot == self.slot
            && record.fingerprint == self.terms.fingerprint
            && self.port.is_none_or(|port| port == record.port)
    }
}

/// A server that is there already and fits.
///
/// What is dead is cleared away on the way; one that hangs, or is not ours any more, is ended.
pub async fn find(directories: &Directories, wanted: &WarmRequest) -> Option<Lease> {
    let mut found = None;
    for record in ServerRecord::list(&directories.state) {
        if found.is_none() && wanted.is(&record) {
            found = take(directories, &record, &wanted.terms).await.ok();
        }
    }
    found
}

/// A hold on this server.
///
/// # Errors
///
/// Why it cannot be had. Where it is dead, its traces are removed; where it hangs, it is ended.
pub async fn take(directories: &Directories, record: &ServerRecord, terms: &LeaseTerms) -> io::Result<Lease> {
    match Lease::take(record, terms, &directories.cache).await {
        Ok(Ok(lease)) => {
            if is_well(&lease).await {
                return Ok(lease);
            }
            tracing::debug!(id = record.id, "a warm server does not answer as ours, and is ended");
            drop(lease);
            if record.stop(ENDING).await.is_err() {
                end_hung(directories, record);
            }
            Err(io::Error::other("its engine does not answer"))
        }
        Ok(Err(refusal)) => {
            tracing::debug!(id = record.id, %refusal, "a warm server is not to be had");
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

/// Whether it answers, and to our password.
async fn is_well(lease: &Lease) -> bool {
    let Ok(client) = Client::new(lease.endpoint().clone(), None) else {
        return false;
    };
    matches!(timeout(HEALTH, client.health()).await, Ok(Ok(health)) if health.healthy)
}

/// A server that fits: one that is there, else a new one. Of several who want one at once, one starts it. None for a
/// command that an engine has started: no supervisor gives it its server.
///
/// Servers of the slot that do not fit any more are retired. `waiting` is called once when another command starts it.
///
/// # Errors
///
/// When none can be started within `deadline`.
pub async fn find_or_start(
    directories: &Directories,
    environment: &Environment,
    wanted: &WarmRequest,
    orders: &SupervisorOrders,
    deadline: Duration,
) -> Result<Option<Lease>, Failure> {
    if is_below_engine(rustix::process::getpid().as_raw_nonzero().get()) {
        return Ok(None);
    }
    let lock = directories
        .state
        .join("locks")
        .join(format!("server-{}.lock", wanted.slot));
    let starting = async {
        loop {
            if let Some(lease) = find(directories, wanted).await {
                return Ok(lease);
            }
            let held = Lock::try_acquire(&lock).map_err(|error| {
                Failure::new(
                    FailureKind::Engine,
                    format!("cannot lock the start of a server in `{}`", directories.state.display()),
                )
                .caused_by(&error)
                .hint("make the directory writable, or set `XDG_STATE_HOME` to one on a local disk")
            })?;
            let Some(held) = held else {
                sleep(LOOK_AGAIN).await;
                continue;
            };
            // Its last holder may have started one between the two looks.
            restore_records(directories, environment).await;
            if let Some(lease) = find(directories, wanted).await {
                return Ok(lease);
            }
            retire_others(directories, wanted).await;
            let record = launch(environment, orders).await?;
            drop(held);
            let terms = &wanted.terms;
            return take(directories, &record, terms).await.map_err(|error| {
                Failure::new(FailureKind::Engine, "cannot use the server that was just started")
                    .caused_by(&error)
                    .hint(format!("see `opencode-rs server logs {}`", record.id))
            });
        }
    };
    let lease: Result<Lease, Failure> = timeout(deadline, starting).await.unwrap_or_else(|_| {
        Err(Failure::new(
            FailureKind::Engine,
            format!("cannot get a server within {} s", deadline.as_secs()),
        )
        .hint("run `opencode-rs server list` to see what there is, and `opencode-rs server stop` to begin anew"))
    });
    lease.map(Some)
}

/// The servers of the slot that are made of something else than what is there now end when their last user goes.
async fn retire_others(directories: &Directories, wanted: &WarmRequest) {
    for record in ServerRecord::list(&directories.state) {
        if record.slot != wanted.slot || record.fingerprint == wanted.terms.fingerprint {
            continue;
        }
        if let Err(error) = record.retire().await {
            tracing::debug!(id = record.id, %error, "an old server cannot be retired");
            end_hung(directories, &record);
        }
    }
}

/// Starts a supervisor and waits until its server is ready.
async fn launch(environment: &Environment, orders: &SupervisorOrders) -> Result<ServerRecord, Failure> {
    let cannot = |error: &(dyn std::error::Error + 'static)| {
        Failure::new(FailureKind::Engine, "cannot start a process that keeps the server").caused_by(error)
    };
    let program = GuardProgram::this_program().map_err(|error| cannot(&error))?;
    let mut child = Command::new(program.path())
        .arg(SUPERVISOR)
        .env_clear()
        .envs(environment.iter())
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| cannot(&error))?;
    let line = json_line(orders).map_err(|error| cannot(&error))?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(&line).await.map_err(|error| cannot(&error))?;
    }
    let mut news = String::new();
    if let Some(stdout) = child.stdout.take() {
        BufReader::new(stdout)
            .read_line(&mut news)
            .await
            .map_err(|error| cannot(&error))?;
    }
    match serde_json::from_str(&news) {
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
            let failure = Failure::new(
                FailureKind::Engine,
                format!("the process that keeps the server ended with {status}"),
            );
            // A supervisor that was killed wrote nothing.
            Err(if news.is_empty() {
                failure
            } else {
                failure.caused_by(&error)
            })
        }
    }
}
