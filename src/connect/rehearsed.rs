//! Rehearsed conversations, apart from the real ones.
//!
//! A rehearsal has everything that a real run has, but its sessions must not appear among the real ones, or go on
//! with one by `-c` or `-k`. So the engine of a rehearsal has a database of its own, unless the user names one for both,
//! and the names of its conversations are kept in a directory of their own.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::context::{Context, Directories};
use crate::engine::files::{EngineFiles, NAMED_DATABASE};
use crate::error::Failure;
use crate::request::RehearsalChoice;
use crate::support::atomic_file::{Access, create_directory};

const DIRECTORY: &str = "rehearsal";

/// The engine's variable that names the database of rehearsals, whose directory is there afterwards. None where the user
/// names a database.
///
/// # Errors
///
/// When the directory cannot be made.
pub(crate) fn variable(context: &Context) -> Result<Option<(OsString, OsString)>, Failure> {
    if names_database(context) {
        return Ok(None);
    }
    let directories = &context.directories;
    let path = own_database(directories);
    let directory = directories.data.join(DIRECTORY);
    create_directory(&directory, Access::Private).map_err(|error| Failure::cannot_write(&directory, &error))?;
    Ok(Some((NAMED_DATABASE.into(), path.into())))
}

/// The database that holds the sessions of such a command, if it is a file in a known place.
pub(crate) fn database(context: &Context, rehearsal: &RehearsalChoice) -> Option<PathBuf> {
    if *rehearsal == RehearsalChoice::Off || names_database(context) {
        EngineFiles::of(context).database()
    } else {
        Some(own_database(&context.directories))
    }
}

/// Where the names of such a command's conversations are kept.
pub(crate) fn names(context: &Context, rehearsal: &RehearsalChoice) -> PathBuf {
    let state = &context.directories.state;
    match rehearsal {
        RehearsalChoice::Off => state.clone(),
        RehearsalChoice::Plain | RehearsalChoice::Script(_) => state.join(DIRECTORY),
    }
}

fn names_database(context: &Context) -> bool {
    context
        .environment
        .os(NAMED_DATABASE)
        .is_some_and(|name| !name.is_empty())
}

fn own_database(directories: &Directories) -> PathBuf {
    directories.data.join(DIRECTORY).join("opencode.db")
}
