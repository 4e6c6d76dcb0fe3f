//! From an executable to a reachable address.
//!
//! In: an engine program, a directory, the user's environment, configuration to lay over the user's own.
//! Out: a [`Server`] with its [`Endpoint`](crate::client::Endpoint).
//! Invariants: whoever started it stops it. A server listens on loopback only, wants a random password that was never
//! in argv, and is gone with everything it started soon after its owner is, however that one ended; see [`guard_main`].
//!
//! A server's life: spawned, ready (its address line was seen), stopping, gone. Only a ready one is a [`Server`].

#[cfg(unix)]
mod engine_locks;
mod environment;
mod error;
mod first_start;
mod guard;
#[cfg(unix)]
mod memory;
mod output;
mod packages;
mod process;
mod ready;
mod spec;
mod start;
#[cfg(unix)]
mod strays;

pub use environment::{GATE_VARIABLE, guard_engine};
pub use error::StartError;
#[cfg(unix)]
pub use guard::descendants::{ProcessMark, is_below_engine};
#[cfg(unix)]
pub use guard::remove_left_over_directories;
#[cfg(unix)]
pub use guard::temporary::{is_older_than, is_private_directory};
pub use guard::{EngineExit, SUPERVISOR, guard_main, left_over_directories};
#[cfg(unix)]
pub use memory::resident_memory;
pub use output::Sink;
pub use packages::PACKAGE_REGISTRY_VARIABLE;
pub use process::this_program;
pub use spec::{CATALOG_VARIABLE, ServerSpec, StartedServer};
pub use start::{Server, StartRequest, start};
#[cfg(unix)]
pub use strays::{Stray, end_strays, strays};
