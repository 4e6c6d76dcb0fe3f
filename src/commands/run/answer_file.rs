//! `-o`: the last message in a file. An existing file stays as it is until the turn has succeeded.

use std::path::{Path, PathBuf};

use crate::commands::write_file;
use crate::context::Context;
use crate::error::Failure;
use crate::support::named_file::{self, IfPresent};

/// Checks, before anything starts, that the file that the user names can be written; gives its path.
pub(super) fn check(context: &Context, typed: &Path) -> Result<PathBuf, Failure> {
    let path = context.cwd.join(typed);
    named_file::check(&path, IfPresent::Replace).map_err(|error| {
        Failure::usage(format!("cannot write `{}`", typed.display()))
            .caused_by(&error)
            .hint("name a file in a directory that exists and that you may write to")
    })?;
    Ok(path)
}

/// Writes the answer, with a newline at its end, in place of what was there. Dropping the future leaves a pipe without a
/// reader.
pub(super) async fn write(context: &Context, typed: &Path, answer: &str) -> Result<(), Failure> {
    let has_end = answer.is_empty() || answer.ends_with('\n');
    let newline = if has_end { "" } else { "\n" };
    write_file(
        context.cwd.join(typed),
        format!("{answer}{newline}").into_bytes(),
        IfPresent::Replace,
    )
    .await
    .map_err(|error| Failure::cannot_write(typed, &error))
}
