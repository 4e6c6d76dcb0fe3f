//! `session export`.

use std::io;
use std::path::Path;

use super::RunningCommand;
use crate::cli::SessionExport;
use crate::commands::{write_file, write_stdout};
use crate::error::Failure;
use crate::request::{ExportFormat, Reasoning, Redaction};
use crate::support::json;
use crate::support::named_file;
use crate::terminal::sanitize;
use crate::transcript::markdown;

pub(super) async fn export(call: RunningCommand<'_>, wanted: &SessionExport) -> Result<(), Failure> {
    let file = wanted.file.as_ref().map(|typed| (call.context.cwd.join(typed), typed));
    if let Some((path, typed)) = &file {
        // Before an engine is started for nothing.
        named_file::check(path, wanted.if_present).map_err(|error| cannot_write(typed, &error))?;
    }
    let (entry, mut document) = call.read(&wanted.target).await?;
    if wanted.redaction == Redaction::Sanitized {
        document = document.redacted(&call.context.directories.home.to_string_lossy());
    }
    let bytes = match wanted.format {
        ExportFormat::Markdown => markdown(&document, Reasoning::Hidden).into_bytes(),
        ExportFormat::Json => json::document(&document)
            .map_err(|error| Failure::failed(format!("cannot write session `{}`", entry.id)).caused_by(&error))?,
    };
    let Some((path, typed)) = file else {
        if call.context.streams.stdout_is_terminal {
            return write_stdout(sanitize(&String::from_utf8_lossy(&bytes)).as_bytes());
        }
        return write_stdout(&bytes);
    };
    write_file(path, bytes, wanted.if_present)
        .await
        .map_err(|error| cannot_write(typed, &error))?;
    call.say(&format!(
        "wrote {} messages of `{}` to `{}`",
        document.messages.len(),
        entry.id,
        typed.display()
    ));
    Ok(())
}

fn cannot_write(typed: &Path, error: &io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::AlreadyExists => Failure::usage(format!("cannot write `{}`: it exists", typed.display()))
            .hint("name another file, or replace it with `--force`"),
        _ => Failure::cannot_write(typed, error),
    }
}
