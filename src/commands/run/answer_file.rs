//! `-o`: the answer in a file.

use std::io;
use std::path::{Path, PathBuf};

use crate::commands::write_file;
use crate::error::Failure;
use crate::support::named_file::{self, IfPresent};

/// A file that the answer will go to. What is there stays until the turn went well.
#[derive(Debug)]
pub(super) struct AnswerFile {
    path: PathBuf,
    typed: PathBuf,
}

impl AnswerFile {
    /// Checks, before anything starts, that it can be written.
    pub(super) fn check(path: &Path, typed: &Path) -> Result<Self, Failure> {
        named_file::check(path, IfPresent::Replace).map_err(|error| {
            Failure::usage(format!("cannot write `{}`", typed.display()))
                .caused_by(&error)
                .hint("name a file in a directory that exists and that you may write to")
        })?;
        Ok(Self {
            path: path.to_path_buf(),
            typed: typed.to_path_buf(),
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes the answer, with a newline at its end, in place of what was there. Dropping the future leaves a pipe without
    /// a reader.
    pub(super) async fn write(self, answer: &str) -> Result<(), Failure> {
        let newline = if answer.is_empty() || answer.ends_with('\n') {
            ""
        } else {
            "\n"
        };
        let written = write_file(self.path, format!("{answer}{newline}").into_bytes(), IfPresent::Replace).await;
        written.map_err(|error: io::Error| {
            Failure::failed(format!("cannot write `{}`", self.typed.display())).caused_by(&error)
        })
    }
}
