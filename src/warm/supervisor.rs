//! The supervisor: the small process of this program that owns a warm server.
//!
//! It is this same program, started with a hidden first argument by the command that wanted a server first. It reads its
//! [`SupervisorRequest`] from stdin, starts the server in the usual way (so a guard stands between it and the engine, and cleans up
//! should it be killed), says on stdout that it is ready or why not, and from then on holds nothing of the command's: it
//! is in a session of its own, in the root directory, with stdin, stdout and stderr at `/dev/null`.

use std::ffi::OsString;
use std::io::{self, BufRead as _, Write as _};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use tokio::net::UnixListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::{Instant, sleep_until, timeout};

use super::key::ServerKey;
use super::left_over;
use super::log::{self, Log};
use super::record::{self, ServerRecord};
use super::service::{Orphan, ServerActivity, SupervisorService};
use super::socket;
use crate::client::{Client, Endpoint};
use crate::context::{Directories, Environment};
use crate::error::Failure;
use crate::rehearsal::Rehearsal;
use crate::server::{ProcessMark, SUPERVISOR, Server, ServerSpec, StartedServer};
use crate::support::hexadecimal::hexadecimal;
use crate::support::lines::json_line;
use crate::support::timestamp::rfc3339;

/// How often a supervisor looks whether its record is still there.
const RECORD_CHECK: Duration = Duration::from_secs(60);
/// How long the engine may take to abort a session.
const ABORTING: Duration = Duration::from_secs(10);

/// What a supervisor reads from stdin when it starts. Its environment is the engine's too.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct SupervisorRequest {
    pub(super) spec: ServerSpec,
    pub(super) key: ServerKey,
    /// How long the server stays after its last use, in seconds.
    pub(super) keep_for: u64,
    pub(super) directories: Directories,
}

/// What a supervisor writes once to stdout, as a line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum StartupReport {
    Ready(Box<ServerRecord>),
    Failed(Failure),
}

/// Does the work of a supervisor, if `arguments` (the whole of argv) say that this process is one; `None` otherwise.
///
/// To be called early in `main`: no runtime may be there yet.
pub fn supervisor_main(arguments: impl IntoIterator<Item = OsString>) -> Option<ExitCode> {
    let mut arguments = arguments.into_iter().skip(1);
    if arguments.next()? != SUPERVISOR || arguments.next().is_some() {
        return None;
    }
    let mut line = String::new();
    // A user who types the word, or sends it as a prompt, sends no request.
    if rustix::termios::isatty(io::stdin()) || io::stdin().lock().read_line(&mut line).is_err() {
        return None;
    }
    let request: SupervisorRequest = serde_json::from_str(&line).ok()?;
    Some(match run(request) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            tell(&StartupReport::Failed(failure));
            ExitCode::FAILURE
        }
    })
}

/// Reports to the waiting command. Does nothing when that command has exited.
fn tell(report: &StartupReport) {
    if let Ok(line) = json_line(report) {
        let mut stdout = io::stdout().lock();
        let _ = stdout.write_all(&line).and_then(|()| stdout.flush());
    }
}

fn run(request: SupervisorRequest) -> Result<(), Failure> {
    detach();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| cannot("start the runtime", &error))?;
    let done = runtime.block_on(supervise(request));
    runtime.shutdown_background();
    done
}

/// Leaves the session of the terminal, and hides the memory, which holds the password, from the commands of the model.
fn detach() {
    let _ = rustix::process::setsid();
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    }
    let _ = std::env::set_current_dir("/");
}

/// Lets go of stdin and stdout; stderr is `/dev/null` from the start.
fn let_go() {
    if let Ok(null) = std::fs::OpenOptions::new().read(true).write(true).open("/dev/null") {
        let _ = rustix::stdio::dup2_stdin(&null);
        let _ = rustix::stdio::dup2_stdout(&null);
    }
}

async fn supervise(request: SupervisorRequest) -> Result<(), Failure> {
    let directories = request.directories.clone();
    let id = new_id()?;
    let log = Log::open(&record::log(&directories.state, &id)).map_err(|error| {
        cannot(
            &format!("write below `{}`", directories.state.join(record::RECORDS).display()),
            &error,
        )
        .hint("make the directory writable, or set `XDG_STATE_HOME`")
    })?;
    log::prune(&directories.state);
    let mut signals = signals().map_err(|error| cannot("listen for signals", &error))?;
    log.note(&format!(
        "starting `{}` in `{}`",
        request.spec.engine.path.display(),
        request.spec.directory.display()
    ));
    let started = tokio::select! {
        started = start(&request, &id, &log) => started,
        // The command that wanted the server ends it, or the machine goes down.
        () = next_signal(&mut signals) => Err(Failure::engine("the start of the server was interrupted")),
    };
    let mut warm = started.inspect_err(|failure| log.note(&failure.to_string()))?;
    tell(&StartupReport::Ready(Box::new(warm.record.clone())));
    let_go();
    log.note(&format!(
        "ready on port {}, engine process {}",
        warm.record.port, warm.record.engine_pid
    ));

    // No command waits for this.
    let environment = Environment::of_process();
    let sweeping = std::thread::Builder::new().spawn(move || left_over::sweep(&directories, &environment));
    if let Err(error) = sweeping {
        log.note(&format!("cannot look for what others have left: {error}"));
    }
    let state = request.directories.state;

    let why = warm.serve(&state, &log, &mut signals).await;
    // From here on no command finds it.
    warm.record.remove(&state);
    drop(warm.listener);
    log.note(&format!("ending: {why}"));
    warm.server.stop().await;
    log.note("ended");
    Ok(())
}

/// A warm server that is ready, and where commands reach its supervisor.
struct WarmServer {
    server: Server,
    service: Arc<SupervisorService>,
    listener: UnixListener,
    record: ServerRecord,
    /// The scripted model, which answers until this is dropped.
    _rehearsal: Option<Rehearsal>,
}

async fn start(request: &SupervisorRequest, id: &str, log: &Log) -> Result<WarmServer, Failure> {
    let SupervisorRequest {
        spec,
        key,
        keep_for,
        directories,
    } = request;
    let environment = Environment::of_process();
    let sink = Arc::new(log.clone());
    let StartedServer { server, hub, rehearsal } = spec.start(&environment, directories, Some(sink)).await?;
    let hub = hub.ok_or_else(|| Failure::engine("cannot share a server without a tool gate"))?;
    let (socket, listener) =
        socket::listen(directories, &environment, id).map_err(|error| cannot("listen on a socket", &error))?;
    let endpoint = server.endpoint.clone();
    let record = ServerRecord {
        schema_version: record::SCHEMA_VERSION,
        id: id.to_owned(),
        slot: key.slot.clone(),
        fingerprint: key.fingerprint.clone(),
        local_provider: key.local_provider.clone(),
        program: env!("CARGO_PKG_VERSION").to_owned(),
        supervisor: ProcessMark::of_this_process(),
        engine_pid: server.pid,
        engine: spec.engine.path.clone(),
        engine_version: spec.engine.version.to_string(),
        engine_source: spec.engine.source,
        port: endpoint.url.port_or_known_default().unwrap_or_default(),
        directory: spec.directory.clone(),
        started: rfc3339(SystemTime::now()),
        socket,
        rehearsal: spec.rehearsal.is_some(),
    };
    let service = SupervisorService::new(endpoint, key.fingerprint.clone(), hub, Duration::from_secs(*keep_for));
    record
        .write(&directories.state)
        .map_err(|error| cannot(&format!("write below `{}`", directories.state.display()), &error))?;
    Ok(WarmServer {
        server,
        service,
        listener,
        record,
        _rehearsal: rehearsal,
    })
}

impl WarmServer {
    /// Writes the record again where it is lost: without it no command finds this server, and none can stop it. Without
    /// its socket none can come at all, and the server ends with its last user.
    fn restore_record(&self, state: &Path, log: &Log) {
        if !self.record.socket.exists() {
            self.service.retire();
            return;
        }
        if self.record.is_listed(state) {
            return;
        }
        match self.record.write(state) {
            Ok(()) => log.note("the record of this server was lost; it is written again"),
            Err(error) => log.note(&format!(
                "the record of this server is lost and cannot be written: {error}"
            )),
        }
    }

    /// Serves until there is a reason to end, and says which.
    async fn serve(&mut self, state: &Path, log: &Log, signals: &mut [Signal]) -> String {
        let mut guests = tokio::task::JoinSet::new();
        loop {
            // Also when a command comes, before it is answered, and when one goes.
            self.restore_record(state, log);
            let idle = match self.service.activity() {
                ServerActivity::Ending(why) => return why.to_owned(),
                ServerActivity::Staying(until) => until,
            };
            let (due, next) = self.service.orphans();
            for orphan in due {
                guests.spawn(abort(self.server.endpoint.clone(), orphan, log.clone()));
            }
            let check = Instant::now() + RECORD_CHECK;
            let wake = [idle, next].into_iter().flatten().fold(check, Instant::min);
            tokio::select! {
                exit = self.server.exited() => return format!("the engine ended by itself: {exit}"),
                () = next_signal(signals) => return "a signal asks for it".to_owned(),
                accepted = self.listener.accept() => match accepted {
                    Ok((stream, _)) => {
                        let service = Arc::clone(&self.service);
                        guests.spawn(async move { service.attend(stream).await });
                    }
                    Err(error) => {
                        log.note(&format!("cannot accept a connection: {error}"));
                        tokio::time::sleep(Duration::from_millis(100)).await;
                    }
                },
                Some(_) = guests.join_next() => {}
                () = self.service.changed.notified() => {}
                () = sleep_until(wake) => {}
            }
        }
    }
}

/// Ends what a command that died has left running.
async fn abort(endpoint: Endpoint, orphan: Orphan, log: Log) {
    let aborting = async {
        let client = Client::new(endpoint, Some(Path::new(&orphan.directory))).map_err(Failure::from)?;
        client.abort(&orphan.session).await.map_err(Failure::from)
    };
    match timeout(ABORTING, aborting).await {
        Ok(Ok(())) => log.note(&format!("aborted session {}, whose command is gone", orphan.session)),
        Ok(Err(failure)) => log.note(&format!("cannot abort session {}: {failure}", orphan.session)),
        Err(_) => log.note(&format!("cannot abort session {}: no answer", orphan.session)),
    }
}

/// The signals that end a supervisor. SIGHUP is among them: it has no terminal that could hang up, so a user sent it.
fn signals() -> io::Result<Vec<Signal>> {
    let kinds = [SignalKind::terminate(), SignalKind::interrupt(), SignalKind::hangup()];
    kinds.into_iter().map(signal).collect()
}

async fn next_signal(signals: &mut [Signal]) {
    let next = signals.iter_mut().map(|signal| Box::pin(signal.recv()));
    futures_util::future::select_all(next).await;
}

fn new_id() -> Result<String, Failure> {
    let mut bytes = [0_u8; 8];
    getrandom::fill(&mut bytes).map_err(|error| cannot("make an id for the server", &error))?;
    Ok(hexadecimal(&bytes))
}

fn cannot(what: &str, error: &(dyn std::error::Error + 'static)) -> Failure {
    Failure::engine(format!("cannot {what}")).caused_by(error)
}
