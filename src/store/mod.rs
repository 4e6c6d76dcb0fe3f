//! The engine's own store of conversations, read without an engine.
//!
//! In: the path of the engine's database. Out: the documents that the engine's HTTP interface would give,
//! value for value. Invariants: nothing is created or changed, not even the files that SQLite keeps beside a database;
//! a reader never waits for an engine nor holds one up for long; whatever is not exactly as expected is
//! [`Unreadable`], and the caller asks an engine instead.

mod open;
mod query;

use rusqlite::Connection;

pub use open::{Unreadable, may_hold_account};

/// An open store. What is read through one of these is of one moment.
#[derive(Debug)]
pub struct SessionStore {
    connection: Connection,
}
