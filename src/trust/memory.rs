//! What was trusted before: `trust.json` in the state directory.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{Findings, TrustAsker};
use crate::support::atomic_file::{self, Access};
use crate::support::lock::Lock;
use crate::support::state_file;

/// The file's layout. Until version 1 the digest was made of other things: nothing in such a file can be compared.
const VERSION: u32 = 2;

#[derive(Debug, Serialize, Deserialize)]
struct StoredTrust {
    version: u32,
    /// By the directory that the agent worked in.
    trusted: BTreeMap<String, Trusted>,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Trusted {
    /// The directory that holds everything that was found.
    root: String,
    /// Of what was found, by its place in `root`.
    digest: String,
}

#[derive(Deserialize)]
struct Versioned {
    version: u32,
}

/// The file with the answers.
#[derive(Debug)]
pub(super) struct TrustFile {
    path: PathBuf,
}

impl TrustFile {
    /// The one in our state directory.
    pub(super) fn new(state: &Path) -> Self {
        Self {
            path: state.join("trust.json"),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether exactly these findings were trusted. A run in another directory of the same project that finds the same need
    /// not ask again.
    pub(super) fn holds(&self, findings: &Findings, asker: &mut dyn TrustAsker) -> bool {
        let wanted = trusted(findings);
        self.load(asker).values().any(|trusted| *trusted == wanted)
    }

    /// Remembers them, in place of what was known of the same directory.
    pub(super) fn remember(&self, findings: &Findings, asker: &mut dyn TrustAsker) -> io::Result<()> {
        let _lock = Lock::acquire(&self.path.with_extension("lock"))?;
        let mut all = self.load(asker);
        all.insert(findings.directory.to_string_lossy().into_owned(), trusted(findings));
        let stored = StoredTrust {
            version: VERSION,
            trusted: all,
        };
        let mut text = serde_json::to_vec_pretty(&stored)?;
        text.push(b'\n');
        atomic_file::write(&self.path, &text, Access::Private)
    }

    fn load(&self, asker: &mut dyn TrustAsker) -> BTreeMap<String, Trusted> {
        let mut set_aside = || {
            asker.warn(&state_file::set_aside(&self.path, "nothing in it is trusted any more"));
            BTreeMap::new()
        };
        let text = match state_file::read(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return BTreeMap::new(),
            Err(error) if state_file::is_no_file(&error) => return set_aside(),
            Err(error) => {
                asker.warn(&format!("cannot read `{}`: {error}", self.path.display()));
                return BTreeMap::new();
            }
        };
        match serde_json::from_slice::<StoredTrust>(&text) {
            Ok(stored) if stored.version == VERSION => stored.trusted,
            _ if serde_json::from_slice::<Versioned>(&text).is_ok_and(|file| file.version < VERSION) => BTreeMap::new(),
            Ok(_) | Err(_) => set_aside(),
        }
    }
}

fn trusted(findings: &Findings) -> Trusted {
    Trusted {
        root: findings.evidence.root().to_string_lossy().into_owned(),
        digest: findings.evidence.digest(),
    }
}
