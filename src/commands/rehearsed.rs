//! Rehearsed conversations, apart from the real ones.
//!
//! A rehearsal has everything that a real run has, but nobody wants to find its sessions among the real ones, or go on
//! with one by `-c` or `-k`. So the engine of a rehearsal has a database of its own, and the names of its conversations
//! are kept in a directory of their own.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::context::{Context, Directories};
use crate::error::{Failure, FailureKind};
use crate::request::RehearsalChoice;
use crate::server;
use crate::support::atomic_file::{Access, create_directory};

/// Names the engine's database: a path.
const DATABASE: &str = "OPENCODE_DB";
const DIRECTORY: &str = "rehearsal";

/// The engine's variable that names the database of rehearsals. Its directory is there afterwards.
///
/// # Errors
///
/// When the directory cannot be made.
pub(super) fn variable(directories: &Directories) -> Result<(OsString, OsString), Failure> {
    let path = own_database(directories);
    let directory = directories.data.join(DIRECTORY);
    create_directory(&directory, Access::Private).map_err(|error| {
        Failure::new(
            FailureKind::Failed,
            format!("cannot write to `{}`", directory.display()),
        )
        .caused_by(&error)
    })?;
    Ok((DATABASE.into(), path.into()))
}

/// The database that holds the sessions of such a command, if it is a file in a known place.
pub(super) fn database(context: &Context, rehearsal: &RehearsalChoice) -> Option<PathBuf> {
    match rehearsal {
        RehearsalChoice::Off => server::database_of(&context.environment, &context.directories.home),
        RehearsalChoice::Plain | RehearsalChoice::Script(_) => Some(own_database(&context.directories)),
    }
}

/// Where the names of such a command's conversations are kept.
pub(super) fn names(context: &Context, rehearsal: &RehearsalChoice) -> PathBuf {
    let state = &context.directories.state;
    match rehearsal {
        RehearsalChoice::Off => state.clone(),
        RehearsalChoice::Plain | RehearsalChoice::Script(_) => state.join(DIRECTORY),
    }
}

fn own_database(directories: &Directories) -> PathBuf {
    directories.data.join(DIRECTORY).join("opencode.db")
}
