//! The agent's directory.

use std::path::{Path, PathBuf};

use crate::context::Context;
use crate::error::Failure;
use crate::request::{ConnectRequest, ServerChoice};
use crate::support::loopback::is_loopback;

/// The agent's directory, checked and canonical.
///
/// # Errors
///
/// When it does not exist, or is no directory.
pub(crate) fn directory(context: &Context, request: &ConnectRequest) -> Result<PathBuf, Failure> {
    let typed = context.directory(request.directory.as_deref());
    if let ServerChoice::Attach(url) = &request.server
        && !is_loopback(url)
    {
        // It is a path on the other machine.
        return Ok(typed);
    }
    local_directory(&typed)
}

/// A directory of this machine, checked and canonical.
///
/// # Errors
///
/// When it does not exist, or is no directory.
pub(crate) fn local_directory(typed: &Path) -> Result<PathBuf, Failure> {
    let failure = |error: std::io::Error| {
        Failure::usage(format!("cannot work in `{}`", typed.display()))
            .caused_by(&error)
            .hint("name a directory that exists with `--directory`")
    };
    let canonical = std::fs::canonicalize(typed).map_err(failure)?;
    // Reading checks that it is a directory and readable.
    std::fs::read_dir(&canonical).map_err(failure)?;
    if canonical.to_str().is_none() {
        let message = format!("cannot work in `{}`: its path is not UTF-8", typed.display());
        return Err(Failure::usage(message).hint("rename the directory: the engine takes no other paths"));
    }
    Ok(canonical)
}
