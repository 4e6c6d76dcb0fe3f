//! Conversations that continue: sessions that are kept under a name, and locks on sessions.
//!
//! In: our state directory, a directory, a name, a session id. Out: the session that a name means, and locks.
//! Invariants: a name means one session of one directory, and this module never points it at another session; the
//! holder of a session's lock is the only one of our commands that changes the session.

mod kept;
mod lock;
mod reference;

pub use kept::KeptSession;
pub use lock::ConversationLock;
pub use reference::{MAX_NAMED, ambiguous, by_title_or_id, unknown};
