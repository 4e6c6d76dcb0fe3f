//! A command's hold on a warm server.

use std::io;
use std::path::Path;
use std::time::Duration;

use tokio::io::BufReader;
use tokio::net::UnixStream;
use tokio::net::unix::OwnedWriteHalf;
use tokio::sync::{Mutex, mpsc, watch};
use tokio::time::{sleep, timeout};
use tokio_util::task::AbortOnDropHandle;

use super::protocol::{Exposed, Refusal, Request, Response, WarmStatus, hear, say};
use super::record;
use super::record::ServerRecord;
use super::socket::{self, Base, SOCKET, is_private};
use crate::client::Endpoint;
use crate::context::{Directories, Environment};
use crate::error::Failure;
use crate::gate::{Gate, PluginFile};

/// How long a supervisor may take to answer. It has nothing else to do, but the machine may have.
const ANSWERING: Duration = Duration::from_secs(10);

/// Between two checks whether a supervisor has ended. Only its parent is notified.
const SUPERVISOR_CHECK: Duration = Duration::from_millis(20);

/// A server that is ours to use until this is dropped.
#[derive(Debug)]
pub struct Lease {
    record: ServerRecord,
    endpoint: Endpoint,
    plugin: PluginFile,
    line: SupervisorConnection,
}

impl Lease {
    /// Asks for a server that has this fingerprint. `keep_for` is how long it stays after its last use; `None` leaves
    /// that time as it is.
    ///
    /// # Errors
    ///
    /// The supervisor's refusal inside, a failure to reach it outside.
    pub async fn take(
        record: &ServerRecord,
        fingerprint: &str,
        keep_for: Option<Duration>,
        cache: &Path,
    ) -> io::Result<Result<Self, Refusal>> {
        let line = SupervisorConnection::open(record).await?;
        let request = Request::Lease {
            fingerprint: fingerprint.to_owned(),
            keep_for: keep_for.map(|keep| keep.as_secs()),
        };
        match line.ask(&request).await? {
            Response::Leased { url, password } => {
                let url = url::Url::parse(&url).map_err(io::Error::other)?;
                let plugin = PluginFile::write(cache).map_err(io::Error::other)?;
                Ok(Ok(Self {
                    record: record.clone(),
                    endpoint: Endpoint::new(url, Some(password.0)),
                    plugin,
                    line,
                }))
            }
            Response::Refused { why } => Ok(Err(why)),
            Response::Done | Response::Status(_) => Err(misunderstood()),
        }
    }

    /// Where it listens, with the password.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    pub fn record(&self) -> &ServerRecord {
        &self.record
    }

    /// Opens a gate in its engine.
    ///
    /// # Errors
    ///
    /// When the supervisor does not answer, or no port can be listened on.
    pub async fn open_gate(&self) -> Result<Gate, Failure> {
        let (gate, invitation) = Gate::open(self.plugin.clone(), true).await?;
        let request = Request::Gate {
            port: invitation.port,
            token: Exposed(invitation.token),
        };
        match self.line.ask(&request).await {
            Ok(Response::Done) => Ok(gate),
            Ok(Response::Refused { why }) => Err(lost(&why)),
            Ok(_) => Err(lost(&misunderstood())),
            Err(error) => Err(lost(&error)),
        }
    }

    /// Says which session is prompted now; none when nothing is. Should we die, that session is looked after.
    pub async fn prompting(&self, session: Option<&str>) {
        let request = match session {
            Some(session) => Request::Prompting {
                session: session.to_owned(),
                directory: self.record.directory.to_string_lossy().into_owned(),
            },
            None => Request::Resting,
        };
        if let Err(error) = self.line.ask(&request).await {
            tracing::debug!(%error, "the supervisor does not hear what is prompted");
        }
    }

    /// Waits until the server has gone.
    pub async fn gone(&self) {
        self.line.closed().await;
    }
}

impl ServerRecord {
    /// How it is.
    ///
    /// # Errors
    ///
    /// When its supervisor cannot be reached, does not answer, or refuses ([`io::ErrorKind::PermissionDenied`]).
    pub async fn status(&self) -> io::Result<WarmStatus> {
        match SupervisorConnection::open(self).await?.ask(&Request::Status).await? {
            Response::Status(status) => Ok(status),
            Response::Refused { why } => Err(io::Error::new(io::ErrorKind::PermissionDenied, why)),
            _ => Err(misunderstood()),
        }
    }

    /// Has it end when its last lease closes: at once, when there is no lease.
    ///
    /// # Errors
    ///
    /// When its supervisor cannot be reached, or does not answer.
    pub async fn retire(&self) -> io::Result<()> {
        let line = SupervisorConnection::open(self).await?;
        line.ask(&Request::Retire).await.map(drop)
    }

    /// Has it end now, and waits until it and everything that it started is gone, at most `limit`.
    ///
    /// # Errors
    ///
    /// When its supervisor cannot be reached, or is still there after that time.
    pub async fn stop(&self, limit: Duration) -> io::Result<()> {
        self.end(&Request::Stop, limit).await?.map_err(io::Error::other)
    }

    /// The same, unless a command uses it.
    ///
    /// # Errors
    ///
    /// The supervisor's refusal inside; outside as for [`Self::stop`].
    pub async fn stop_unused(&self, limit: Duration) -> io::Result<Result<(), Refusal>> {
        self.end(&Request::StopUnused, limit).await
    }

    async fn end(&self, request: &Request, limit: Duration) -> io::Result<Result<(), Refusal>> {
        let line = SupervisorConnection::open(self).await?;
        match line.ask(request).await? {
            Response::Done => {}
            Response::Refused { why } => return Ok(Err(why)),
            _ => return Err(misunderstood()),
        }
        let ending = async {
            line.closed().await;
            // It lets go of the connection first, then ends what it started, and last itself.
            while self.supervisor.is_alive() {
                sleep(SUPERVISOR_CHECK).await;
            }
        };
        timeout(limit, ending)
            .await
            .map(Ok)
            .map_err(|_| io::ErrorKind::TimedOut.into())
    }
}

/// Has supervisors whose records are lost write them again, as they do whenever a command comes.
pub async fn restore_records(directories: &Directories, environment: &Environment) {
    for base in Base::all(directories, environment) {
        for (id, directory) in base.directories() {
            if is_private(&directory)
                && !record::path(&directories.state, &id).exists()
                && let Err(error) = visit(&directory.join(SOCKET)).await
            {
                tracing::debug!(id, %error, "a socket without a record does not answer");
            }
        }
    }
}

async fn visit(socket: &Path) -> io::Result<()> {
    let stream = timeout(ANSWERING, UnixStream::connect(socket)).await??;
    SupervisorConnection::over(stream).ask(&Request::Status).await.map(drop)
}

/// A connection to a supervisor. Answers come in the order of the requests.
#[derive(Debug)]
struct SupervisorConnection {
    write: Mutex<Writing>,
    closed: watch::Receiver<bool>,
    _reading: AbortOnDropHandle<()>,
}

#[derive(Debug)]
struct Writing {
    half: OwnedWriteHalf,
    answers: mpsc::Receiver<Response>,
}

impl SupervisorConnection {
    async fn open(record: &ServerRecord) -> io::Result<Self> {
        Ok(Self::over(socket::connect(record, ANSWERING).await?))
    }

    fn over(stream: UnixStream) -> Self {
        let (read, half) = stream.into_split();
        let (sender, answers) = mpsc::channel(4);
        let (close, closed) = watch::channel(false);
        let reading = tokio::spawn(async move {
            let mut read = BufReader::new(read);
            while let Ok(Some(answer)) = hear::<Response>(&mut read).await {
                // Unwanted ones are lost; what counts is to see the end.
                let _ = sender.try_send(answer);
            }
            close.send_replace(true);
        });
        Self {
            write: Mutex::new(Writing { half, answers }),
            closed,
            _reading: AbortOnDropHandle::new(reading),
        }
    }

    async fn ask(&self, request: &Request) -> io::Result<Response> {
        let asking = async {
            let mut writing = self.write.lock().await;
            say(&mut writing.half, request).await?;
            writing
                .answers
                .recv()
                .await
                .ok_or_else(|| io::Error::from(io::ErrorKind::UnexpectedEof))
        };
        timeout(ANSWERING, asking)
            .await
            .map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
    }

    async fn closed(&self) {
        // An error says that the task has ended, and with it the connection.
        let _ = self.closed.clone().wait_for(|closed| *closed).await;
    }
}

fn misunderstood() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the supervisor answers something else")
}

fn lost(error: &(dyn std::error::Error + 'static)) -> Failure {
    Failure::engine("cannot guard the engine's tools: its supervisor does not help")
        .caused_by(error)
        .hint("run again; `opencode-rs server stop` ends the server")
}
