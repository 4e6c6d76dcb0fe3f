//! The log of a warm server.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use super::record;
use crate::server::Sink;
use crate::support::atomic_file::{Access, create_directory};
use crate::support::state_file;
use crate::support::timestamp::rfc3339;

/// A log that is longer than this begins anew; one older part is kept beside it.
const LONGEST: u64 = 2 << 20;

/// So many logs of servers that have ended are kept.
const KEPT: usize = 20;
/// How the first line of a log goes on after its time.
const STARTING: &str = " supervisor: starting `";

/// A log file, 0600, in parts of 2 MiB of which two are kept.
#[derive(Debug, Clone)]
pub(super) struct Log {
    inner: Arc<Mutex<LogState>>,
}

#[derive(Debug)]
struct LogState {
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
            inner: Arc::new(Mutex::new(LogState {
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

/// What a server had to say, and which one it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogFile {
    pub id: String,
    /// The agent's directory, where the log still says so.
    pub directory: Option<String>,
}

/// The logs of all servers, those that have ended included; the one that was written to last comes first.
pub fn logs(state: &Path) -> Vec<LogFile> {
    let mut logs: Vec<(SystemTime, LogFile)> = files(state)
        .into_iter()
        .filter_map(|(id, path)| {
            let written = fs::metadata(&path).and_then(|metadata| metadata.modified()).ok()?;
            let directory = directory(&older_part(&path)).or_else(|| directory(&path));
            Some((written, LogFile { id, directory }))
        })
        .collect();
    logs.sort_by_key(|(written, _)| std::cmp::Reverse(*written));
    logs.into_iter().map(|(_, log)| log).collect()
}

/// Removes the logs of servers that have ended, but the newest ones.
pub(super) fn prune(state: &Path) {
    let ended = logs(state)
        .into_iter()
        .filter(|log| !record::path(state, &log.id).exists());
    for log in ended.skip(KEPT) {
        let path = record::log(state, &log.id);
        let _ = fs::remove_file(older_part(&path));
        let _ = fs::remove_file(path);
    }
}

/// Where the part of a log is that came before.
pub fn older_part(path: &Path) -> PathBuf {
    path.with_extension("log.old")
}

fn files(state: &Path) -> Vec<(String, PathBuf)> {
    state_file::entries(&state.join(record::RECORDS))
        .map(|entry| entry.path())
        .filter_map(|path| Some((path.file_name()?.to_str()?.strip_suffix(".log")?.to_owned(), path)))
        .collect()
}

/// The directory that the first line of a log names.
fn directory(path: &Path) -> Option<String> {
    let mut line = String::new();
    BufReader::new(state_file::open(path).ok()?.take(LONGEST))
        .read_line(&mut line)
        .ok()?;
    let (_, quoted) = line.trim_end().split_once(STARTING)?.1.split_once("` in `")?;
    Some(quoted.strip_suffix('`')?.to_owned())
}

impl Sink for Log {
    fn line(&self, who: &str, text: &str) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let line = format!("{} {who}: {text}\n", rfc3339(SystemTime::now()));
        if inner.written + line.len() as u64 > LONGEST {
            // Where this fails the log goes on growing, which is better than none.
            let _ = fs::rename(&inner.path, older_part(&inner.path));
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
    state_file::opened(OpenOptions::new().create(true).append(true).mode(0o600), path)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    #[test]
    fn the_newest_logs_of_ended_servers_are_kept_and_those_of_living_ones() {
        let state = tempfile::tempdir().unwrap();
        let path = |name: &str| -> PathBuf { state.path().join(record::RECORDS).join(name) };
        for number in 0..KEPT + 3 {
            let log = Log::open(&record::log(state.path(), &format!("{number:02}"))).unwrap();
            log.note(&format!("starting `/bin/opencode` in `/proj/{number}`"));
            let written = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(number as u64);
            File::open(path(&format!("{number:02}.log")))
                .unwrap()
                .set_modified(written)
                .unwrap();
        }
        fs::write(path("01.json"), "{}").unwrap();
        fs::write(path("00.log.old"), "older").unwrap();
        prune(state.path());
        let left: Vec<LogFile> = logs(state.path());
        let expected: Vec<LogFile> = (3..KEPT + 3)
            .rev()
            .chain([1])
            .map(|number| LogFile {
                id: format!("{number:02}"),
                directory: Some(format!("/proj/{number}")),
            })
            .collect();
        assert_eq!(left, expected);
        assert!(!path("00.log.old").exists());
    }
}
