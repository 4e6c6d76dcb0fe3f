//! The log of a warm server.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use crate::server::Sink;
use crate::support::atomic_file::{Access, create_directory};
use crate::support::timestamp::rfc3339;

/// A log that is longer than this begins anew; one older part is kept beside it.
const LONGEST: u64 = 2 << 20;

/// A log file, 0600, in parts of 2 MiB of which two are kept.
#[derive(Debug, Clone)]
pub(super) struct Log {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    file: File,
    written: u64,
}

impl Log {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        if let Some(parent) = path.parent() {
            create_directory(parent, Access::Private)?;
        }
        let file = open(path)?;
        Ok(Self {
            inner: Arc::new(Mutex::new(Inner {
                written: file.metadata()?.len(),
                path: path.to_path_buf(),
                file,
            })),
        })
    }

    /// A line of the supervisor's own.
    pub(super) fn note(&self, text: &str) {
        self.line("supervisor", text);
    }
}

impl Sink for Log {
    fn line(&self, who: &str, text: &str) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let line = format!("{} {who}: {text}\n", rfc3339(SystemTime::now()));
        if inner.written + line.len() as u64 > LONGEST {
            // Where this fails the log goes on growing, which is better than none.
            let _ = fs::rename(&inner.path, inner.path.with_extension("log.old"));
            if let Ok(file) = open(&inner.path) {
                inner.file = file;
                inner.written = 0;
            }
        }
        if inner.file.write_all(line.as_bytes()).is_ok() {
            inner.written += line.len() as u64;
        }
    }
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).mode(0o600).open(path)
}
