//! Engines that stay: servers that outlive the command that started them, and are used by the next one.
//!
//! *Comes in:* a server spec, from which the slot (which server) and the fingerprint (whether it still fits) are computed.
//! *Goes out:* a [`Lease`], with address, password and a way to open gates.
//! *Always true:* a warm server is owned by a small process of ours, the supervisor, which no terminal owns; it is used
//! by this user's commands only, and not by what its own model runs; when nobody has used it for a while, or its
//! supervisor dies in whatever way, it ends with everything that it started.
//!
//! ```text
//! STATE/servers/ID.json    where the supervisor listens, and what its server is; no secret
//! STATE/servers/ID.log     what the engine and the supervisor had to say
//! STATE/servers/ID/        mode 0700: the socket; RUNTIME/opencode-rs-ID/ or TMP/opencode-rs-ID/ where its path is too long
//! STATE/locks/server-SLOT.lock   held by whoever starts a server for that slot
//! ```
//!
//! # The lease
//!
//! Whoever uses the server holds a connection to the supervisor's socket open. The kernel closes it when the process
//! ends, in whatever way, as it would release a lock on a file; but unlike such a lock it wakes the supervisor, which
//! therefore never has to look, and the answer to "may I use it" and the decision to end are made in one place, so
//! that nobody gets a server that is just ending.
//!
//! The password is in no file: the supervisor says it to whoever connects, is the same user, and does not descend from an
//! engine of ours, whichever that is: no guard and no supervisor is among its ancestors. A shell command of the model's has
//! one there, also when it makes itself a daemon, since the guard adopts orphans (on Linux; elsewhere a daemon escapes).
//! The command in turn sends nothing before it has seen that it is connected to that supervisor, see `socket`.
//!
//! What is beyond it: a command of the model's that was allowed to run can kill its guard, or have something start a process
//! that is none of its descendants (a service manager, `cron`, a terminal multiplexer). That process is like the user's own.

mod key;
mod lease;
mod left_over;
mod log;
mod protocol;
mod record;
mod service;
mod socket;
mod start;
mod supervisor;
mod thrift;

pub use lease::{Lease, Refusal, WarmStatus, restore_records};
pub use left_over::{left_over_sockets, remove_left_overs};
pub use log::{LogFile, logs, older_part};
pub use record::{RECORDS, ServerRecord, log as log_file};
pub use start::{WarmRequest, end_hung, has_records_in, lease};
pub use supervisor::supervisor_main;
