//! `--event-log`: the records of `stream-json` in a file, whatever stdout gets.
//!
//! Invariants: records are appended, each in one write, so that a file of several runs, or of a run that was killed, has whole
//! lines but for perhaps the last; a file that cannot be written any more ends nothing.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use super::records::StreamJson;
use crate::turn::{Outcome, Update};

pub struct EventLog {
    file: File,
    records: StreamJson,
    /// Why the file could not be written.
    error: Option<io::Error>,
}

impl EventLog {
    /// Opens the file, and makes it for its owner alone where it is not there. A pipe must have a reader.
    ///
    /// # Errors
    ///
    /// When it cannot be written, as a directory.
    pub fn open(path: &Path, include_raw: bool) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.append(true).create(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt as _;
            // Opening a pipe would wait for a reader.
            let nonblocking = rustix::fs::OFlags::NONBLOCK.bits();
            options.mode(0o600).custom_flags(nonblocking.cast_signed());
        }
        let file = options.open(path)?;
        #[cfg(unix)]
        rustix::fs::fcntl_setfl(&file, rustix::fs::fcntl_getfl(&file)? - rustix::fs::OFlags::NONBLOCK)?;
        Ok(Self {
            file,
            records: StreamJson::new(include_raw),
            error: None,
        })
    }

    /// Writes the record of an update.
    pub fn update(&mut self, update: &Update) {
        if self.error.is_none() {
            let written = self.records.update_lines(update);
            self.error = written.and_then(|lines| self.file.write_all(lines)).err();
        }
    }

    /// Writes the last record; gives the reason why the file lacks some, if it does. `outcome` then says so.
    pub fn finish(mut self, outcome: &mut Outcome) -> Option<io::Error> {
        outcome.event_log_complete = Some(self.error.is_none());
        if self.error.is_none() {
            let written = self.records.last_lines(outcome);
            self.error = written.and_then(|lines| self.file.write_all(lines)).err();
            outcome.event_log_complete = Some(self.error.is_none());
        }
        self.error
    }
}
