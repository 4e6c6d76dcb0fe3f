//! What files said when they were asked for their version, and which said nothing.
//!
//! An entry holds as long as the file is the same one: path, device, inode, size and time of modification. A damaged or
//! unwritable cache costs time, never an error and never another answer.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use semver::Version;
use serde::{Deserialize, Serialize};

use crate::support::atomic_file::{self, Access};
use crate::support::lock::Lock;
use crate::support::output_files::file_id;
use crate::support::state_file;
use crate::support::timestamp::since_1970;

const FILE: &str = "engine-probes.json";
/// More engines than anybody has; beyond it the entries of files that are gone are dropped.
const MOST_ENTRIES: usize = 32;

/// What makes a file the same file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Identity {
    device: u64,
    inode: u64,
    /// The size of the file in bytes.
    pub(super) size: u64,
    /// Nanoseconds since 1970 as text, since JSON numbers are not wide enough.
    modified: String,
}

impl Identity {
    /// Looks at a file.
    ///
    /// # Errors
    ///
    /// When the system does not say.
    pub(super) fn of(path: &Path) -> std::io::Result<Self> {
        let metadata = std::fs::metadata(path)?;
        let (device, inode) = file_id(&metadata).unwrap_or_default();
        Ok(Self {
            device,
            inode,
            size: metadata.len(),
            modified: since_1970(metadata.modified()?).as_nanos().to_string(),
        })
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct CachedProbe {
    #[serde(flatten)]
    identity: Identity,
    /// None for a file that was asked and did not print one.
    version: Option<Version>,
}

#[derive(Debug, Clone)]
pub(super) struct ProbeCache {
    file: PathBuf,
}

impl ProbeCache {
    /// The cache in this directory, which need not exist.
    pub(super) fn new(directory: &Path) -> Self {
        Self {
            file: directory.join(FILE),
        }
    }

    /// The version that the file printed, if the file has not changed since.
    pub(super) fn find(&self, path: &Path, identity: &Identity) -> Option<Version> {
        self.find_probe(path, identity).flatten()
    }

    /// What the file said, if it was asked and has not changed since: its version, or none.
    pub(super) fn find_probe(&self, path: &Path, identity: &Identity) -> Option<Option<Version>> {
        let entry = self.read().remove(path.to_str()?)?;
        (entry.identity == *identity).then_some(entry.version)
    }

    /// Remembers what a file printed, or that it printed no version, unless the file has changed since. Two writers at once may lose one entry, which is then
    /// found again.
    pub(super) fn store(&self, path: &Path, identity: &Identity, version: Option<&Version>) {
        if !Identity::of(path).is_ok_and(|now| now == *identity) {
            return;
        }
        let Some(path) = path.to_str() else {
            return;
        };
        let mut entries = self.read();
        if entries.len() >= MOST_ENTRIES {
            entries.retain(|path, _| Path::new(path).exists());
        }
        entries.insert(
            path.to_owned(),
            CachedProbe {
                identity: identity.clone(),
                version: version.cloned(),
            },
        );
        if let Err(error) = atomic_file::write_json(&self.file, &entries, Access::Private) {
            tracing::debug!(file = %self.file.display(), %error, "cannot keep what a probe found");
        }
    }

    /// The right to ask an engine, as soon as nobody else does. None where the file system has no locks, or the cache cannot
    /// be written: then everybody asks.
    pub(super) async fn turn(&self) -> Option<Lock> {
        let lock = Lock::acquire_when_free(&self.file.with_extension("lock"), || {}).await;
        lock.inspect_err(|error| tracing::debug!(%error, "cannot lock the probes"))
            .ok()
    }

    pub(super) fn forget(&self) {
        let _ = std::fs::remove_file(&self.file);
    }

    fn read(&self) -> BTreeMap<String, CachedProbe> {
        state_file::read_json(&self.file).unwrap_or_default()
    }
}
