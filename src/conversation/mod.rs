//! Conversations that go on: sessions that are kept under a name, and who may speak in a session.
//!
//! Comes in: our state directory, a directory, a name, the id of a session. Goes out: which session a name stands for, and
//! locks. Always true: a name stands for one session of one directory, and nothing here makes another one of it; whoever
//! holds a session's lock is the only one of our commands that changes it.

mod kept;
mod lock;
mod reference;

pub use kept::KeptSession;
pub use lock::{NameLock, SessionLock};
pub use reference::{ReferenceMatch, SessionCandidate, by_title_or_id, find, unknown};
