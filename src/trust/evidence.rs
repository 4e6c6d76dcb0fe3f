//! What the digest is made of: every path that matters, and what is in it.
//!
//! Invariants: nothing of it is worded by us, so that a better message asks nobody again. Paths are relative to the lowest
//! directory that holds all of them.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use super::ItemKind;
use crate::support::hexadecimal::hexadecimal;
use crate::support::state_file;
use sha2::{Digest as _, Sha256};

/// Larger files are not code that a person could look at.
const LARGEST: u64 = 64 * 1024 * 1024;

/// Paths, aspects of them, and hashes of contents.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Evidence {
    /// Sorted, so that the order in which a file system lists its entries does not matter.
    entries: BTreeMap<(PathBuf, String), [u8; 32]>,
}

impl Evidence {
    /// Adds `content` as something in `path`, at `key`.
    pub(super) fn add(&mut self, path: &Path, kind: ItemKind, key: &str, content: &[u8]) {
        let hash = Sha256::digest(content).into();
        self.entries
            .insert((path.to_path_buf(), format!("{} {key}", kind.code())), hash);
    }

    /// Adds a file's content; an unreadable file is added as unreadable.
    pub(super) fn add_file(&mut self, path: &Path) -> io::Result<()> {
        let (aspect, hash, result) = match hash(path) {
            Ok(hash) => ("content", hash, Ok(())),
            Err(error) => ("no content", Sha256::digest(b"").into(), Err(error)),
        };
        self.entries.insert((path.to_path_buf(), aspect.to_owned()), hash);
        result
    }

    /// What of it lies in `root`, with paths relative to it.
    pub(super) fn below(&self, root: &Path) -> Self {
        let entries = self.entries.iter().filter_map(|((path, aspect), hash)| {
            let path = path.strip_prefix(root).ok()?.to_path_buf();
            Some(((path, aspect.clone()), *hash))
        });
        Self {
            entries: entries.collect(),
        }
    }

    /// The same with what lies in `from` at the same places in `to`.
    pub(super) fn moved(&self, from: &Path, to: &Path) -> Self {
        let entries = self.entries.iter().map(|((path, aspect), hash)| {
            let path = path
                .strip_prefix(from)
                .map_or_else(|_| path.clone(), |rest| to.join(rest));
            ((path, aspect.clone()), *hash)
        });
        Self {
            entries: entries.collect(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The lowest directory that holds everything.
    pub(super) fn root(&self) -> PathBuf {
        let mut paths = self.entries.keys().map(|(path, _)| path);
        // The first and the last of sorted paths have in common what all have.
        let (first, last) = (paths.next(), paths.next_back());
        let first = first.and_then(|path| path.parent()).unwrap_or(Path::new(""));
        let last = last.map_or(first, PathBuf::as_path);
        let common = first.components().zip(last.components());
        common.take_while(|(a, b)| a == b).map(|(a, _)| a).collect()
    }

    pub(super) fn digest(&self) -> String {
        let mut all = Sha256::new();
        for ((path, aspect), hash) in &self.below(&self.root()).entries {
            for part in [path.as_os_str().as_encoded_bytes(), aspect.as_bytes()] {
                // With its length, so that no two lists run together into the same bytes.
                all.update(part.len().to_le_bytes());
                all.update(part);
            }
            all.update(hash);
        }
        hexadecimal(&all.finalize())
    }
}

fn hash(path: &Path) -> io::Result<[u8; 32]> {
    Ok(Sha256::digest(state_file::read_foreign(path, LARGEST)?).into())
}
