//! `-o`: the answer in a file.

use std::path::{Path, PathBuf};

use crate::error::{Failure, FailureKind};
use crate::support::atomic_file::{self, Access};

/// A file that the answer will go to. What is there stays until the turn went well.
#[derive(Debug)]
pub(super) struct AnswerFile {
    path: PathBuf,
    typed: PathBuf,
}

impl AnswerFile {
    /// Checks, before anything starts, that it can be written.
    pub(super) fn check(path: &Path, typed: &Path) -> Result<Self, Failure> {
        let failure = |error: &std::io::Error| {
            Failure::usage(format!("cannot write `{}`", typed.display()))
                .caused_by(error)
                .hint("name a file in a directory that exists and that you may write to")
        };
        if path.is_dir() {
            return Err(failure(&std::io::ErrorKind::IsADirectory.into()));
        }
        let parent = path.parent().unwrap_or(Path::new("/"));
        // A temporary file in the same directory is what the answer will begin as.
        tempfile::Builder::new()
            .prefix(".opencode-rs-")
            .tempfile_in(parent)
            .map_err(|error| failure(&error))?;
        Ok(Self {
            path: path.to_path_buf(),
            typed: typed.to_path_buf(),
        })
    }

    /// Writes the answer, with a newline at its end, in place of what was there.
    pub(super) fn write(&self, answer: &str) -> Result<(), Failure> {
        let newline = if answer.is_empty() || answer.ends_with('\n') {
            ""
        } else {
            "\n"
        };
        let bytes = format!("{answer}{newline}");
        // Through a link, so that the link stays one.
        let target = std::fs::canonicalize(&self.path).unwrap_or_else(|_| self.path.clone());
        atomic_file::write(&target, bytes.as_bytes(), Access::Shared).map_err(|error| {
            Failure::new(FailureKind::Failed, format!("cannot write `{}`", self.typed.display())).caused_by(&error)
        })
    }
}
