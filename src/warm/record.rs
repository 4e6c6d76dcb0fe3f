//! The file that tells where a warm server is found.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::request::EngineSource;
use crate::server::ProcessMark;
use crate::support::atomic_file::{self, Access};
use crate::support::state_file;

/// The directory of the files, in our state directory.
pub const RECORDS: &str = "servers";
/// The version of the shape of the files.
pub(super) const SCHEMA_VERSION: u32 = 1;

/// A warm server, as its file describes it. No secret is among it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerRecord {
    /// The version of this shape.
    pub schema_version: u32,
    /// Its id, sixteen hexadecimal digits.
    pub id: String,
    /// Which server it is: directory, engine, environment.
    pub slot: String,
    /// How these were when it was started.
    pub fingerprint: String,
    /// The digest of the provider on this machine that its engine knows, if it knows one.
    #[serde(default)]
    pub local_provider: Option<String>,
    pub program: String,
    pub supervisor: ProcessMark,
    pub engine_pid: u32,
    pub engine: PathBuf,
    /// What it says to be.
    pub engine_version: String,
    pub engine_source: EngineSource,
    pub port: u16,
    pub directory: PathBuf,
    /// When it was ready, RFC 3339.
    pub started: String,
    pub socket: PathBuf,
    /// Whether a scripted model answers.
    pub rehearsal: bool,
}

impl ServerRecord {
    /// Every server that has a file in our state directory; alive or not. What cannot be read is put aside.
    pub fn list(state: &Path) -> Vec<Self> {
        let mut records: Vec<Self> = state_file::entries(&state.join(RECORDS))
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
            .filter_map(|path| read(&path))
            .collect();
        records.sort_by(|a, b| a.started.cmp(&b.started).then_with(|| a.id.cmp(&b.id)));
        records
    }

    pub(super) fn write(&self, state: &Path) -> io::Result<()> {
        atomic_file::write_json(&path(state, &self.id), self, Access::Private)
    }

    /// Removes the file and the socket.
    pub(super) fn remove(&self, state: &Path) {
        let _ = fs::remove_file(path(state, &self.id));
        let _ = fs::remove_file(&self.socket);
        // Its directory is the socket's alone; anything else in it keeps it.
        if let Some(directory) = self.socket.parent() {
            let _ = fs::remove_dir(directory);
        }
    }

    /// Whether its file is still there.
    pub fn is_listed(&self, state: &Path) -> bool {
        path(state, &self.id).exists()
    }

    /// The file with what the engine and the supervisor had to say.
    pub fn log(&self, state: &Path) -> PathBuf {
        log(state, &self.id)
    }
}

/// Where the log of a server is.
pub fn log(state: &Path, id: &str) -> PathBuf {
    state.join(RECORDS).join(format!("{id}.log"))
}

pub(super) fn path(state: &Path, id: &str) -> PathBuf {
    state.join(RECORDS).join(format!("{id}.json"))
}

fn read(path: &Path) -> Option<ServerRecord> {
    let set_aside = || {
        let line = state_file::set_aside(path, "its server, if there is one, writes it again");
        tracing::warn!("{line}");
        None
    };
    let bytes = match state_file::read(path) {
        Ok(bytes) => bytes,
        // Ended just now.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
        Err(error) if state_file::is_no_file(&error) => return set_aside(),
        Err(error) => {
            tracing::debug!(%error, path = %path.display(), "cannot read a server's file");
            return None;
        }
    };
    let value: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    match value["schema_version"].as_u64() {
        // The record of another version of this program is left to that version.
        Some(version) if version != u64::from(SCHEMA_VERSION) => None,
        _ => serde_json::from_value(value).ok().or_else(set_aside),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(id: &str) -> ServerRecord {
        ServerRecord {
            schema_version: SCHEMA_VERSION,
            id: id.to_owned(),
            slot: "slot".to_owned(),
            fingerprint: "print".to_owned(),
            local_provider: None,
            program: "0.1.0".to_owned(),
            supervisor: ProcessMark::of_this_process(),
            engine_pid: 7,
            engine: "/bin/opencode".into(),
            engine_version: "1.18.33".to_owned(),
            engine_source: EngineSource::Path,
            port: 4096,
            directory: "/proj".into(),
            started: "2026-01-01T00:00:00.000Z".to_owned(),
            socket: "/nowhere/socket".into(),
            rehearsal: false,
        }
    }

    #[test]
    fn what_was_written_is_listed_until_it_is_removed_and_is_for_the_owner_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let state = tempfile::tempdir().unwrap();
        assert_eq!(ServerRecord::list(state.path()), []);
        let (first, second) = (record("a"), record("b"));
        second.write(state.path()).unwrap();
        first.write(state.path()).unwrap();
        assert_eq!(ServerRecord::list(state.path()), [first.clone(), second.clone()]);
        let mode = fs::metadata(path(state.path(), "a")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        first.remove(state.path());
        assert_eq!(ServerRecord::list(state.path()), [second]);
    }

    #[test]
    fn a_damaged_file_is_set_aside_and_a_newer_one_is_left_alone() {
        let state = tempfile::tempdir().unwrap();
        record("a").write(state.path()).unwrap();
        fs::write(path(state.path(), "b"), "{\"schema_version\":1,").unwrap();
        fs::write(path(state.path(), "c"), "{\"schema_version\":2}").unwrap();
        assert_eq!(ServerRecord::list(state.path()), [record("a")]);
        assert!(!path(state.path(), "b").exists());
        assert!(path(state.path(), "c").exists());
    }
}
