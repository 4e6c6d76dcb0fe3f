//! Engines that stay: servers that outlive the command that started them, and are used by the next one.
//!
//! In: a server spec, from which the slot (which server) and the fingerprint (whether it still fits) are computed.
//! Out: a [`Lease`], with address, password and a way to open gates.
//! Invariants: a warm server is owned by a small process of this program, the supervisor, which no terminal owns; it
//! is used by this user's commands only, and not by what its own model runs; when it was unused for a while (`KEEP_FOR` in `src/request/connect.rs`), or its
//! supervisor dies in whatever way, it ends with everything that it started.
//!
//! ```text
//! STATE/servers/ID.json    where the supervisor listens, and what its server is; no secret
//! STATE/servers/ID.log     what the engine and the supervisor had to say
//! STATE/servers/ID/        mode 0700: the socket; RUNTIME/opencode-rs-ID/ or TMP/opencode-rs-ID/ where its path is too long
//! STATE/locks/server-SLOT.lock   held by the command that starts a server for that slot
//! ```
//!
//! # The lease
//!
//! A command that uses the server holds a connection to the supervisor's socket open. The kernel closes it when the
//! process ends, in whatever way, as it would release a lock on a file; but unlike such a lock it wakes the supervisor,
//! which therefore never has to look, and the answer to "may I use it" and the decision to end are made in one place,
//! so that no command gets a server that is just ending.
//!
//! The password is in no file. The supervisor gives it to a process that connects, belongs to the same user, and does
//! not descend from any engine that this program started: neither a guard nor a supervisor is among its ancestors. A
//! shell command of the model has one among them, also when it makes itself a daemon, since the guard adopts orphans
//! (on Linux; elsewhere a daemon escapes). The command in turn sends nothing before it has checked that it is connected
//! to that supervisor, see `socket`.
//!
//! The limit of this protection: a command of the model that was allowed to run can kill its guard, or let a service
//! manager, `cron` or a terminal multiplexer start a process, which is then not a descendant of the engine. Such a
//! process cannot be told from the user's own.

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

pub use lease::{Lease, restore_records};
pub use left_over::{left_over_sockets, remove_left_overs};
pub use log::{LogFile, logs, older_part};
pub use protocol::{Refusal, WarmStatus};
pub use record::{RECORDS, ServerRecord, log as log_file};
pub use start::{WarmRequest, end_hung, has_records_in, lease};
pub use supervisor::supervisor_main;
