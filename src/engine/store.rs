//! The engines that we installed: `<data>/engines/<version>-<target>/opencode` with a receipt beside it.
//!
//! Invariants: a directory with a receipt is complete and was verified, because both arrive with one rename. A
//! directory without one was made by the user; it is used, and never changed.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use semver::Version;
use serde::{Deserialize, Serialize};

use super::PINNED_VERSION;
use super::digest::{Digest, sha256_of};
use super::error::Error;
use super::platform::BuildTarget;
use crate::context::Directories;
use crate::support::atomic_file::{self, Access};
use crate::support::file_mark::file_mark;
use crate::support::state_file;

const RECEIPT: &str = "receipt.json";
const PREFERRED: &str = "preferred";

/// What was installed, from where, and what it must still be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Receipt {
    /// The version of this file's shape.
    pub schema_version: u32,
    #[schemars(with = "String")]
    pub version: Version,
    pub target: String,
    pub source: String,
    /// The archive's address, without credentials.
    pub url: String,
    pub archive: String,
    pub executable: String,
    /// The executable's size in bytes.
    pub size: u64,
    /// Marks the executable as installed on this machine; empty in receipts of earlier versions.
    #[serde(default)]
    pub mark: String,
    /// The time of the installation, in UTC.
    pub installed_at: String,
}

/// An engine in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    pub version: Version,
    pub target: BuildTarget,
    pub path: PathBuf,
    /// What we noted; `None` for an engine that was placed by hand.
    pub receipt: Option<Receipt>,
}

/// Whether an installed engine is what it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Integrity {
    /// The hash is that of the receipt.
    Intact,
    /// It is another one; the text is the hash found.
    Changed(String),
    /// There is no receipt to compare with.
    Unknown,
}

impl Installed {
    /// Whether we have installed it on this machine, and nobody has brought it along.
    pub fn is_installed_here(&self) -> bool {
        let mark = fs::metadata(&self.path).map(|metadata| file_mark(&metadata));
        let receipt = self.receipt.as_ref();
        cfg!(unix)
            && receipt
                .zip(mark.ok())
                .is_some_and(|(receipt, mark)| receipt.mark == mark)
    }

    /// Reads the whole executable and compares it with the receipt.
    ///
    /// # Errors
    ///
    /// When it cannot be read.
    pub fn verify(&self) -> Result<Integrity, Error> {
        let Some(receipt) = &self.receipt else {
            return Ok(Integrity::Unknown);
        };
        let found = fs::File::open(&self.path)
            .and_then(|mut file| sha256_of(&mut file))
            .map_err(|error| Error::file("read", &self.path, error))?;
        Ok(if Digest::from_hex(&receipt.executable) == Some(found) {
            Integrity::Intact
        } else {
            Integrity::Changed(found.to_string())
        })
    }
}

/// The directory of installed engines.
#[derive(Debug, Clone)]
pub struct EngineStore {
    pub(super) root: PathBuf,
}

impl EngineStore {
    /// The store of this user.
    pub fn new(directories: &Directories) -> Self {
        Self::at(directories.data.join("engines"))
    }

    pub fn at(root: PathBuf) -> Self {
        Self { root }
    }

    /// The directory of one build of one version.
    pub fn directory(&self, version: &Version, target: BuildTarget) -> PathBuf {
        self.root.join(format!("{version}-{target}"))
    }

    /// The executable of one build of one version.
    pub fn executable(&self, version: &Version, target: BuildTarget) -> PathBuf {
        self.directory(version, target).join(target.executable())
    }

    /// The lock of a process that writes there.
    pub(super) fn lock_file(&self, version: &Version, target: BuildTarget) -> PathBuf {
        self.root.join(format!(".lock-{version}-{target}"))
    }

    /// The beginning of the names of unfinished directories for one destination.
    pub(super) fn staging_prefix(version: &Version, target: BuildTarget) -> String {
        format!(".staging-{version}-{target}-")
    }

    fn removed_prefix(version: &Version, target: BuildTarget) -> String {
        format!(".removed-{version}-{target}-")
    }

    /// What is in the place of one build of one version, if anything is.
    pub fn find(&self, version: &Version, target: BuildTarget) -> Option<Installed> {
        let path = self.executable(version, target);
        path.is_file().then(|| Installed {
            version: version.clone(),
            target,
            receipt: state_file::read_json(&self.directory(version, target).join(RECEIPT)),
            path,
        })
    }

    /// Everything that is installed, newest first.
    pub fn installed(&self) -> Vec<Installed> {
        let mut installed: Vec<_> = state_file::entries(&self.root)
            .filter_map(|entry| {
                let name = entry.file_name();
                let (version, target) = parse_directory_name(name.to_str()?)?;
                self.find(&version, target)
            })
            .collect();
        installed.sort_by(|a, b| {
            b.version
                .cmp(&a.version)
                .then_with(|| a.target.to_string().cmp(&b.target.to_string()))
        });
        installed
    }

    /// What is installed for one of `targets`: the preferred version, the pinned one, then newest first; builds of one
    /// version in the order of `targets`.
    pub fn in_order_of_use(&self, targets: &[BuildTarget]) -> Vec<Installed> {
        let preferred = self.preferred();
        let rank = |installed: &Installed| {
            let by_name = installed.version.to_string();
            let of_version = if preferred.as_ref() == Some(&installed.version) {
                0
            } else if by_name == PINNED_VERSION {
                1
            } else {
                2
            };
            let of_build = targets.iter().position(|target| *target == installed.target);
            (of_version, std::cmp::Reverse(installed.version.clone()), of_build)
        };
        let mut installed = self.installed();
        installed.retain(|installed| targets.contains(&installed.target));
        installed.sort_by_cached_key(rank);
        installed
    }

    /// The version that `engine use` chose.
    pub fn preferred(&self) -> Option<Version> {
        let text = state_file::read_text(&self.root.join(PREFERRED)).ok()?;
        Version::parse(text.trim()).ok()
    }

    /// Records the version to use.
    ///
    /// # Errors
    ///
    /// When the store cannot be written.
    pub fn prefer(&self, version: &Version) -> Result<(), Error> {
        let path = self.root.join(PREFERRED);
        atomic_file::write(&path, format!("{version}\n").as_bytes(), Access::Private)
            .map_err(|error| Error::file("write", &path, error))
    }

    /// Takes an engine that we installed away. For the holder of its lock.
    ///
    /// # Errors
    ///
    /// When it was not installed by us, or cannot be removed.
    pub fn remove(&self, installed: &Installed) -> Result<(), Error> {
        let directory = self.directory(&installed.version, installed.target);
        if installed.receipt.is_none() {
            return Err(Error::InTheWay {
                path: directory,
                reason: "it is not removed".to_owned(),
            });
        }
        self.discard(&installed.version, installed.target)?;
        if self.preferred().as_ref() == Some(&installed.version) {
            let path = self.root.join(PREFERRED);
            match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(Error::file("remove", &path, error));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Removes an installed engine. The directory is renamed first, so that no process sees a part of it.
    pub(super) fn discard(&self, version: &Version, target: BuildTarget) -> Result<(), Error> {
        let directory = self.directory(version, target);
        let away = tempfile::Builder::new()
            .prefix(&Self::removed_prefix(version, target))
            .tempdir_in(&self.root)
            .map_err(|error| Error::file("write", &self.root, error))?;
        fs::rename(&directory, away.path().join("engine")).map_err(|error| Error::file("remove", &directory, error))?;
        away.close().map_err(|error| Error::file("remove", &directory, error))
    }

    /// Removes what killed installations of this destination left. Only for the holder of the lock.
    pub(super) fn sweep(&self, version: &Version, target: BuildTarget) {
        let prefixes = [
            Self::staging_prefix(version, target),
            Self::removed_prefix(version, target),
        ];
        for entry in state_file::entries(&self.root) {
            let is_left = |name: &str| prefixes.iter().any(|prefix| name.starts_with(prefix));
            if entry.file_name().to_str().is_some_and(is_left)
                && let Err(error) = fs::remove_dir_all(entry.path())
            {
                tracing::warn!(path = %entry.path().display(), %error, "cannot remove what an earlier installation left");
            }
        }
    }
}

/// Writes a receipt, readable for all.
pub(super) fn write_receipt(directory: &Path, receipt: &Receipt) -> Result<(), Error> {
    let path = directory.join(RECEIPT);
    let contents = serde_json::to_vec_pretty(receipt).map_err(io::Error::other);
    contents
        .and_then(|contents| atomic_file::write(&path, &contents, Access::Shared))
        .map_err(|error| Error::file("write", &path, error))
}

/// Reads `1.18.33-linux-x64`. A version may itself have hyphens, so the target decides where it ends.
fn parse_directory_name(name: &str) -> Option<(Version, BuildTarget)> {
    BuildTarget::ALL.into_iter().find_map(|target| {
        let version = name.strip_suffix(&target.to_string())?.strip_suffix('-')?;
        Some((Version::parse(version).ok()?, target))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directory_names_read_back() {
        let read = |name| parse_directory_name(name).map(|(version, target)| (version.to_string(), target.to_string()));
        let pair = |version: &str, target: &str| Some((version.to_owned(), target.to_owned()));
        assert_eq!(read("1.18.33-linux-x64"), pair("1.18.33", "linux-x64"));
        assert_eq!(
            read("1.18.33-linux-x64-baseline-musl"),
            pair("1.18.33", "linux-x64-baseline-musl")
        );
        assert_eq!(
            read("1.19.0-beta.1-windows-arm64"),
            pair("1.19.0-beta.1", "windows-arm64")
        );
        assert_eq!(read(".staging-1.18.33-linux-x64-abc"), None);
        assert_eq!(read("1.18.33"), None);
    }

    #[test]
    fn the_preferred_version_comes_first_then_the_pinned_one_then_the_newest() {
        let root = tempfile::tempdir().unwrap();
        let store = EngineStore {
            root: root.path().to_path_buf(),
        };
        let target: BuildTarget = "linux-x64".parse().unwrap();
        for version in ["1.18.30", PINNED_VERSION, "1.18.40", "1.18.50"] {
            let path = store.executable(&Version::parse(version).unwrap(), target);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let order = |store: &EngineStore| {
            store
                .in_order_of_use(&[target])
                .iter()
                .map(|installed| installed.version.to_string())
                .collect::<Vec<_>>()
        };
        assert_eq!(order(&store), [PINNED_VERSION, "1.18.50", "1.18.40", "1.18.30"]);
        store.prefer(&Version::new(1, 18, 40)).unwrap();
        assert_eq!(order(&store), ["1.18.40", PINNED_VERSION, "1.18.50", "1.18.30"]);
    }
}
