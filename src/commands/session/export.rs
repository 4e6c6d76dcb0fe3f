//! `session export`.

use std::io;
use std::path::Path;

use super::Call;
use crate::commands::write_stdout;
use crate::error::{Failure, FailureKind};
use crate::request::{Existing, ExportFormat, Redaction, SessionTarget};
use crate::support::atomic_file::{self, Access};
use crate::support::json;
use crate::terminal::sanitize;
use crate::transcript::{Thinking, markdown};

/// How a session is exported.
#[derive(Debug, Clone, Copy)]
pub(super) struct How<'a> {
    pub(super) format: ExportFormat,
    pub(super) redaction: Redaction,
    pub(super) file: Option<&'a Path>,
    pub(super) existing: Existing,
}

pub(super) async fn export(call: Call<'_>, target: &SessionTarget, how: How<'_>) -> Result<(), Failure> {
    let file = how.file.map(|file| call.context.cwd.join(file));
    if let (Some(path), Some(typed)) = (&file, how.file) {
        // Before an engine is started for nothing.
        if how.existing == Existing::Kept && path.symlink_metadata().is_ok() {
            return Err(exists(typed));
        }
    }
    let (entry, mut document) = call.read(target).await?;
    if how.redaction == Redaction::Sanitized {
        document = document.redacted(&call.context.directories.home.to_string_lossy());
    }
    let bytes = match how.format {
        ExportFormat::Markdown => markdown(&document, Thinking::Hidden).into_bytes(),
        ExportFormat::Json => json::document(&document).map_err(|error| {
            Failure::new(FailureKind::Failed, format!("cannot write session `{}`", entry.id)).caused_by(&error)
        })?,
    };
    let (Some(path), Some(typed)) = (&file, how.file) else {
        if call.context.streams.stdout_is_terminal {
            return write_stdout(sanitize(&String::from_utf8_lossy(&bytes)).as_bytes());
        }
        return write_stdout(&bytes);
    };
    let written = match how.existing {
        Existing::Kept => atomic_file::write_new(path, &bytes, Access::Shared),
        // Through a link, so that the link stays one.
        Existing::Replaced => {
            let target = std::fs::canonicalize(path).unwrap_or_else(|_| path.clone());
            atomic_file::write(&target, &bytes, Access::Shared)
        }
    };
    written.map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => exists(typed),
        _ => Failure::new(FailureKind::Failed, format!("cannot write `{}`", typed.display())).caused_by(&error),
    })?;
    call.say(&format!(
        "wrote {} messages of `{}` to `{}`",
        document.messages.len(),
        entry.id,
        typed.display()
    ));
    Ok(())
}

fn exists(typed: &Path) -> Failure {
    Failure::usage(format!("cannot write `{}`: it exists", typed.display()))
        .hint("name another file, or replace it with `--force`")
}
