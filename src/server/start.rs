//! Starting a server, and the one that was started.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::output::{self, Sink, Tail};
use super::packages::{self, EmptyRegistry};
use super::process::{self, Launch, Process};
use super::{EngineExit, StartError, environment, first_start, ready};
use crate::client::Endpoint;
use crate::context::{Directories, Environment};
use crate::engine::Engine;
use crate::engine::files::EngineFiles;
use crate::env_vars;
use crate::support::lock::Lock;
use crate::support::secret::Secret;

/// How long the last output of a dead engine is waited for.
const LAST_OUTPUT: Duration = Duration::from_millis(500);

/// The engine has about 30 files open when it answers, and this program some more than 20.
#[cfg(unix)]
const FEWEST_DESCRIPTORS: u64 = 40;

/// What is needed to start a server.
#[derive(Debug)]
pub struct StartRequest<'a> {
    pub engine: &'a Engine,
    /// The program that guards it; see [`this_program`](super::this_program).
    pub guard: PathBuf,
    /// The engine's working directory, absolute.
    pub directory: &'a Path,
    /// `--port`; without it the engine picks a free one.
    pub port: Option<u16>,
    /// The user's environment, passed on without our own variables.
    pub environment: &'a Environment,
    /// Where our own files are.
    pub directories: &'a Directories,
    /// Configuration that is laid over the user's own `OPENCODE_CONFIG_CONTENT`.
    pub config: Value,
    /// More variables for the engine; they win over the user's.
    pub variables: Vec<(OsString, OsString)>,
    /// How long all of it may take.
    pub deadline: Duration,
    /// Where else each line of its output goes.
    pub sink: Option<Arc<dyn Sink>>,
}

/// A server that is ready.
///
/// Dropping it closes the connection to its guard, which stops the engine and cleans up even while, and after, this
/// process ends. [`Server::stop`] waits for that.
#[derive(Debug)]
pub struct Server {
    /// Where it listens, with the password.
    pub endpoint: Endpoint,
    pub pid: u32,
    process: Process,
    tail: Tail,
    /// They end with the streams, or with the server.
    _drains: JoinSet<()>,
    _registry: Option<EmptyRegistry>,
}

impl Server {
    /// The last 64 KiB of what it wrote, without the password.
    pub fn output_tail(&self) -> String {
        redacted(&self.tail, self.endpoint.password.as_ref())
    }

    /// Waits until the engine ends by itself, and says how. May be cancelled and called again.
    pub async fn exited(&mut self) -> EngineExit {
        self.process.ended().await.unwrap_or(EngineExit::Unknown)
    }

    /// Stops it, and waits until everything that it started and its temporary directory are gone: 0.1 s usually, some
    /// seconds when commands do not want to end, never more than about 6 s.
    pub async fn stop(self) {
        self.process.stop().await;
    }

    /// Orders an end without any grace and does not wait for it. To be followed by leaving.
    pub fn kill_now(&mut self) {
        self.process.kill_now();
    }
}

/// Starts a server and waits until it is ready.
///
/// Dropping the future leaves no process: the guard ends what was started so far.
///
/// # Errors
///
/// When there is no server within the deadline; whatever was started is then being ended.
pub async fn start(request: StartRequest<'_>) -> Result<Server, StartError> {
    let deadline = tokio::time::Instant::now() + request.deadline;
    #[cfg(unix)]
    check_descriptors()?;
    check_directory(request.directory)?;
    let password = Secret::random().map_err(|error| StartError::System {
        what: "make a password".to_owned(),
        source: io::Error::other(error),
    })?;
    let mut environment = environment::of_engine(
        request.environment,
        request.directory,
        request.config,
        request.variables,
        &password,
    )?;
    let variable = |name: &str| environment.get(OsStr::new(name)).map(OsString::as_os_str);
    let files = EngineFiles::new(variable, &request.directories.home, Path::new(""));
    let user_config = request.environment.os(env_vars::ENGINE_CONFIG_CONTENT);
    let registry = packages::serve_none_unless_needed(&mut environment, user_config, request.directory, &files).await;

    #[cfg(unix)]
    super::engine_locks::expire_dead(&files.state);

    let limits = StartLimits {
        deadline,
        whole: request.deadline,
        port: request.port,
    };
    let lock = lock_first_start(files.database(), &request.directories.state, limits).await?;
    let launch = Launch {
        guard: request.guard,
        engine: request.engine.path.clone(),
        arguments: arguments(request.port),
        temporary: request.environment.temporary_base(),
        environment,
        directory: request.environment.neutral_directory(),
    };
    let starting = StartingEngine::spawn(launch, password, request.sink)?;
    let server = starting.into_server(limits, registry).await?;
    if let Some(lock) = lock {
        // Whatever it answers, the database is there; and if it does not answer, the caller's first request will tell.
        let touched = first_start::touch(&server.endpoint, request.directory);
        let _ = tokio::time::timeout_at(deadline, touched).await;
        drop(lock);
    }
    Ok(server)
}

/// What a start has to keep to.
#[derive(Clone, Copy)]
struct StartLimits {
    deadline: tokio::time::Instant,
    /// The time that the start was given, for messages.
    whole: Duration,
    port: Option<u16>,
}

/// Takes the lock of the first start on a data directory, where this is the first start.
async fn lock_first_start(
    database: Option<PathBuf>,
    state: &Path,
    limits: StartLimits,
) -> Result<Option<Lock>, StartError> {
    let Some(database) = database else { return Ok(None) };
    let taken = tokio::time::timeout_at(limits.deadline, first_start::lock(&database, state)).await;
    taken
        .map_err(|_| StartError::LockDeadline {
            data: database,
            deadline: limits.whole,
        })?
        .map_err(|source| StartError::System {
            what: format!("lock the first start in `{}`", state.display()),
            source,
        })
}

/// An engine that was spawned and is not ready.
struct StartingEngine {
    engine: PathBuf,
    process: Process,
    password: Secret,
    tail: Tail,
    drains: JoinSet<()>,
    /// The address that the engine announces.
    address: mpsc::Receiver<String>,
}

impl StartingEngine {
    fn spawn(launch: Launch, password: Secret, sink: Option<Arc<dyn Sink>>) -> Result<Self, StartError> {
        let engine = launch.engine.clone();
        let (process, stdout, stderr) = process::spawn(launch).map_err(|source| StartError::System {
            what: format!("start a process for engine `{}`", engine.display()),
            source,
        })?;
        let tail = Tail::default();
        let (found, address) = mpsc::channel(1);
        let mut drains = JoinSet::new();
        drains.spawn(output::drain(stdout, tail.clone(), found.clone(), sink.clone()));
        drains.spawn(output::drain(stderr, tail.clone(), found, sink));
        Ok(Self {
            engine,
            process,
            password,
            tail,
            drains,
            address,
        })
    }

    /// Waits until the engine is ready.
    async fn into_server(mut self, limits: StartLimits, registry: Option<EmptyRegistry>) -> Result<Server, StartError> {
        let address = tokio::select! {
            // An address that was announced by an engine that then died is of no use.
            biased;
            ended = self.process.ended() => return Err(self.explain(ended, limits.port).await),
            Some(address) = self.address.recv() => address,
            () = tokio::time::sleep_until(limits.deadline) => {
                return Err(StartError::Deadline {
                    engine: self.engine,
                    deadline: limits.whole,
                    tail: redacted(&self.tail, Some(&self.password)),
                });
            }
        };
        // The guard's own line may be behind an engine that is ready at once.
        let pid = tokio::time::timeout_at(limits.deadline, self.process.engine()).await;
        let Some(url) = ready::base_url(&address) else {
            return Err(StartError::Address {
                engine: self.engine,
                address,
            });
        };
        Ok(Server {
            endpoint: Endpoint::new(url, Some(self.password)),
            pid: pid.ok().flatten().unwrap_or_default(),
            process: self.process,
            tail: self.tail,
            _drains: self.drains,
            _registry: registry,
        })
    }

    /// Why there will be no server, with the last output of the engine.
    async fn explain(mut self, ended: Result<EngineExit, String>, port: Option<u16>) -> StartError {
        let draining = async { while self.drains.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(LAST_OUTPUT, draining).await;
        let engine = self.engine;
        match (ended, port) {
            (Err(reason), _) => StartError::Guard { engine, reason },
            (_, Some(port)) if is_taken(port) => StartError::PortInUse { port },
            (Ok(exit), _) => StartError::Exited {
                engine,
                exit,
                tail: redacted(&self.tail, Some(&self.password)),
            },
        }
    }
}

fn check_directory(directory: &Path) -> Result<(), StartError> {
    let source = match std::fs::metadata(directory) {
        Ok(metadata) if !metadata.is_dir() => io::Error::from(io::ErrorKind::NotADirectory),
        #[cfg(unix)]
        Ok(_) => match rustix::fs::access(directory, rustix::fs::Access::EXEC_OK) {
            Ok(()) => return Ok(()),
            Err(errno) => errno.into(),
        },
        #[cfg(not(unix))]
        Ok(_) => return Ok(()),
        Err(source) => source,
    };
    Err(StartError::Directory {
        path: directory.to_path_buf(),
        source,
    })
}

/// Refuses a limit with which an engine crashes, or waits for ever for what it cannot open.
#[cfg(unix)]
fn check_descriptors() -> Result<(), StartError> {
    match rustix::process::getrlimit(rustix::process::Resource::Nofile).current {
        Some(limit) if limit < FEWEST_DESCRIPTORS => Err(StartError::System {
            what: format!("start an engine with at most {limit} open files"),
            source: rustix::io::Errno::MFILE.into(),
        }),
        _ => Ok(()),
    }
}

fn arguments(port: Option<u16>) -> Vec<OsString> {
    let port = port.unwrap_or(0).to_string();
    ["serve", "--hostname", "127.0.0.1", "--port", &port]
        .map(OsString::from)
        .into()
}

/// Whether somebody listens there. The engine itself says only that something went wrong.
fn is_taken(port: u16) -> bool {
    std::net::TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, port))
        .is_err_and(|error| error.kind() == io::ErrorKind::AddrInUse)
}

fn redacted(tail: &Tail, password: Option<&Secret>) -> String {
    let text = tail.text();
    match password {
        Some(password) if text.contains(password.expose()) => text.replace(password.expose(), "(redacted)"),
        _ => text,
    }
}
