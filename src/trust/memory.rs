//! What was trusted before: `trust.json` in the state directory.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::{Findings, TrustAsker};
use crate::support::atomic_file::{self, Access};
use crate::support::lock::Lock;

/// The file's layout.
const VERSION: u32 = 1;

#[derive(Debug, Serialize, Deserialize)]
struct Stored {
    version: u32,
    /// Directory to digest.
    trusted: BTreeMap<String, String>,
}

/// The file with the answers.
#[derive(Debug)]
pub(super) struct Memory {
    path: PathBuf,
}

impl Memory {
    /// The one in our state directory.
    pub(super) fn new(state: &Path) -> Self {
        Self {
            path: state.join("trust.json"),
        }
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether exactly these findings were trusted.
    ///
    /// The digest covers full paths, so it says all: a run in another directory of the same project that finds the same
    /// need not ask again.
    pub(super) fn holds(&self, findings: &Findings, asker: &mut dyn TrustAsker) -> bool {
        self.load(asker).values().any(|digest| *digest == findings.digest)
    }

    /// Remembers them, in place of what was known of the same directory.
    pub(super) fn remember(&self, findings: &Findings, asker: &mut dyn TrustAsker) -> io::Result<()> {
        let _lock = Lock::acquire(&self.path.with_extension("lock"), || {})?;
        let mut trusted = self.load(asker);
        trusted.insert(
            findings.directory.to_string_lossy().into_owned(),
            findings.digest.clone(),
        );
        let stored = Stored {
            version: VERSION,
            trusted,
        };
        let mut text = serde_json::to_vec_pretty(&stored)?;
        text.push(b'\n');
        atomic_file::write(&self.path, &text, Access::Private)
    }

    fn load(&self, asker: &mut dyn TrustAsker) -> BTreeMap<String, String> {
        let text = match fs::read(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return BTreeMap::new(),
            Err(error) => {
                asker.warn(&format!("cannot read `{}`: {error}", self.path.display()));
                return BTreeMap::new();
            }
        };
        match serde_json::from_slice::<Stored>(&text) {
            Ok(stored) if stored.version == VERSION => stored.trusted,
            Ok(_) | Err(_) => {
                self.set_aside(asker);
                BTreeMap::new()
            }
        }
    }

    fn set_aside(&self, asker: &mut dyn TrustAsker) {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |now| now.as_secs());
        let aside = self.path.with_extension(format!("damaged-{now}.json"));
        let line = match fs::rename(&self.path, &aside) {
            Ok(()) => format!(
                "`{}` is damaged and was set aside as `{}`: nothing in it is trusted any more",
                self.path.display(),
                aside.display()
            ),
            Err(error) => format!("`{}` is damaged and cannot be set aside: {error}", self.path.display()),
        };
        asker.warn(&line);
    }
}
