//! How a supervisor answers the commands that connect to it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::BufReader;
use tokio::net::UnixStream;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::protocol::{Exposed, Refusal, Request, Response, WarmStatus, hear, say};
use crate::client::Endpoint;
use crate::gate::{Hub, Invitation};
use crate::server::is_below_engine;

/// How long a session whose command died may go on: its answer is worth having, a model that never ends is not.
const ORPHANED: Duration = Duration::from_secs(60);

/// How long a new server stays at least, so that the command that started it can connect.
const FIRST_USE: Duration = Duration::from_secs(10);

/// How a server goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ServerActivity {
    /// The server stays, until this moment if it is not used before. Without a moment it is in use, or stays for ever.
    Staying(Option<Instant>),
    /// The server has to end now; the text says why.
    Ending(&'static str),
}

/// A session that was prompted by a command that died.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Orphan {
    pub(super) session: String,
    pub(super) directory: String,
    pub(super) at: Instant,
}

/// Who uses the server, and until when it stays.
#[derive(Debug)]
pub(super) struct SupervisorService {
    endpoint: Endpoint,
    fingerprint: String,
    hub: Hub,
    state: Mutex<ServiceState>,
    pub(super) changed: Notify,
}

#[derive(Debug)]
struct ServiceState {
    users: BTreeMap<u64, User>,
    next: u64,
    keep_for: Duration,
    idle_since: Instant,
    retiring: bool,
    stopping: bool,
    orphans: Vec<Orphan>,
}

#[derive(Debug)]
struct User {
    pid: u32,
    prompting: Option<(String, String)>,
}

impl SupervisorService {
    pub(super) fn new(endpoint: Endpoint, fingerprint: String, hub: Hub, keep_for: Duration) -> Arc<Self> {
        Arc::new(Self {
            endpoint,
            fingerprint,
            hub,
            state: Mutex::new(ServiceState {
                users: BTreeMap::new(),
                next: 0,
                keep_for,
                idle_since: Instant::now(),
                retiring: false,
                stopping: false,
                orphans: Vec::new(),
            }),
            changed: Notify::new(),
        })
    }

    fn state(&self) -> MutexGuard<'_, ServiceState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What to wait for. From the moment that this says `Ending`, no command gets the server.
    pub(super) fn activity(&self) -> ServerActivity {
        let mut state = self.state();
        let unused = state.users.is_empty();
        let was_used = state.next > 0;
        let stays = if was_used {
            state.keep_for
        } else {
            state.keep_for.max(FIRST_USE)
        };
        let until = state.idle_since.checked_add(stays);
        let over = unused && (state.retiring || until.is_some_and(|until| until <= Instant::now()));
        if state.stopping || over {
            let why = match (state.stopping, state.retiring) {
                (true, _) => "somebody stops it",
                (false, true) => "another one has taken its place",
                (false, false) => "it is not needed any more",
            };
            state.stopping = true;
            return ServerActivity::Ending(why);
        }
        ServerActivity::Staying(until.filter(|_| unused))
    }

    /// The sessions to be aborted now, and when the next ones are.
    pub(super) fn orphans(&self) -> (Vec<Orphan>, Option<Instant>) {
        let mut state = self.state();
        let now = Instant::now();
        let (due, rest) = state.orphans.drain(..).partition(|orphan| orphan.at <= now);
        state.orphans = rest;
        (due, state.orphans.iter().map(|orphan| orphan.at).min())
    }

    /// Answers the requests of one connection until it closes.
    pub(super) async fn attend(&self, stream: UnixStream) {
        let peer = stream.peer_cred().ok();
        let ours = peer
            .as_ref()
            .is_some_and(|peer| peer.uid() == rustix::process::geteuid().as_raw());
        let pid = peer.and_then(|peer| peer.pid()).unwrap_or_default();
        // Nor anybody whose ancestors cannot be known.
        let stranger = !ours || pid <= 0 || is_below_engine(pid);
        let (read, mut write) = stream.into_split();
        let mut read = BufReader::new(read);
        let mut user = None;
        while let Ok(Some(request)) = hear::<Request>(&mut read).await {
            let answer = if stranger {
                Response::Refused {
                    why: Refusal::Descendant,
                }
            } else {
                self.answer(request, &mut user, pid.cast_unsigned())
            };
            if say(&mut write, &answer).await.is_err() {
                break;
            }
        }
        if let Some(user) = user {
            self.leave(user);
        }
    }

    fn answer(&self, request: Request, user: &mut Option<u64>, pid: u32) -> Response {
        let mut state = self.state();
        let refused = |why| Response::Refused { why };
        let answer = match (request, *user) {
            (Request::Lease { fingerprint, keep_for }, _) => {
                if state.stopping || state.retiring {
                    return refused(Refusal::Ending);
                }
                if fingerprint != self.fingerprint {
                    return refused(Refusal::Stale);
                }
                if let Some(keep_for) = keep_for {
                    state.keep_for = Duration::from_secs(keep_for);
                }
                if user.is_none() {
                    let id = state.next;
                    state.next += 1;
                    state.users.insert(id, User { pid, prompting: None });
                    *user = Some(id);
                }
                let Some(password) = self.endpoint.password.clone() else {
                    return refused(Refusal::Ending);
                };
                Response::Leased {
                    url: self.endpoint.url.to_string(),
                    password: Exposed(password),
                }
            }
            (Request::Gate { port, token }, Some(_)) => {
                self.hub.invite(Invitation { port, token: token.0 });
                Response::Done
            }
            (Request::Prompting { session, directory }, Some(id)) => {
                // The command that continues a session looks after it.
                state.orphans.retain(|orphan| orphan.session != session);
                if let Some(user) = state.users.get_mut(&id) {
                    user.prompting = Some((session, directory));
                }
                Response::Done
            }
            (Request::Resting, Some(id)) => {
                if let Some(user) = state.users.get_mut(&id) {
                    user.prompting = None;
                }
                Response::Done
            }
            (Request::Gate { .. } | Request::Prompting { .. } | Request::Resting, None) => refused(Refusal::NoLease),
            (Request::Status, _) => Response::Status(WarmStatus {
                users: u32::try_from(state.users.len()).unwrap_or(u32::MAX),
                user_pids: state.users.values().map(|user| user.pid).collect(),
                idle: if state.users.is_empty() {
                    state.idle_since.elapsed().as_secs()
                } else {
                    0
                },
                keep_for: state.keep_for.as_secs(),
                retiring: state.retiring || state.stopping,
            }),
            (Request::Retire, _) => {
                state.retiring = true;
                Response::Done
            }
            (Request::StopUnused, _) if !state.users.is_empty() => return refused(Refusal::InUse),
            (Request::Stop | Request::StopUnused, _) => {
                state.stopping = true;
                Response::Done
            }
        };
        drop(state);
        self.changed.notify_one();
        answer
    }

    /// Has the server end with its last user.
    pub(super) fn retire(&self) {
        self.state().retiring = true;
    }

    fn leave(&self, id: u64) {
        let mut state = self.state();
        let user = state.users.remove(&id);
        state.idle_since = Instant::now();
        if let Some((session, directory)) = user.and_then(|user| user.prompting) {
            state.orphans.push(Orphan {
                session,
                directory,
                at: Instant::now() + ORPHANED,
            });
        }
        drop(state);
        self.changed.notify_one();
    }
}
