//! Where a path leads.
//!
//! In: a path as it was written, and the directory that it starts from. Out: all names of the place, and
//! whether it is the agent's own. Invariants: a place is inside only when every way of reading the path leads there.

use std::path::{Component, Path, PathBuf};

use super::protected::{ProtectedPlaces, Protection};
use super::rules::literal_prefix;
use super::spelling::{follow, normal, slashed};
use super::wildcard_matches;
use crate::support::visible::is_unseen;

/// The directories that are the agent's own.
#[derive(Debug, Clone)]
pub(super) struct AllowedRoots {
    /// Where it works; without symbolic links.
    pub(super) directory: PathBuf,
    /// `--add-dir`; without symbolic links.
    pub(super) added: Vec<PathBuf>,
    pub(super) home: PathBuf,
    /// What is protected besides what its name protects.
    pub(super) protected: ProtectedPlaces,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PathTarget {
    /// Inside of the agent's directories.
    Inside,
    Outside,
    Unknown,
}

/// A path, seen from all sides.
#[derive(Debug, Clone)]
pub(super) struct ResolvedPath {
    /// Every absolute name that it has: as written, and with symbolic links followed.
    pub(super) names: Vec<PathBuf>,
    /// Where it really leads; several when it can be read in several ways.
    pub(super) real: Vec<PathBuf>,
    /// Whether that is the agent's own.
    pub(super) place: PathTarget,
}

impl ResolvedPath {
    /// A file that a search came upon: its path is its only name.
    pub(super) fn of_file(path: &Path) -> Self {
        Self {
            names: vec![path.to_path_buf()],
            real: vec![path.to_path_buf()],
            place: PathTarget::Inside,
        }
    }
}

impl AllowedRoots {
    pub(super) fn new(directory: &Path, added: &[PathBuf], home: &Path) -> Self {
        let real = |path: &Path| follow(path).unwrap_or_else(|| path.to_path_buf());
        Self {
            directory: directory.to_path_buf(),
            added: added.iter().map(|path| real(path)).collect(),
            home: home.to_path_buf(),
            protected: ProtectedPlaces::default(),
        }
    }

    /// Looks at a path from a directory. A tilde is read both ways: tools take it for a name, shells for the home.
    pub(super) fn look(&self, text: &str, from: &Path) -> ResolvedPath {
        let mut sight = ResolvedPath {
            names: Vec::new(),
            real: Vec::new(),
            place: PathTarget::Inside,
        };
        self.see(&mut sight, &from.join(text));
        // There may be a directory `file:`.
        if let Some(path) = text.strip_prefix("file://") {
            self.see(&mut sight, &from.join(path));
        }
        if let Some(rest) = text.strip_prefix('~') {
            match rest.strip_prefix('/').or(rest.is_empty().then_some("")) {
                Some(rest) => self.see(&mut sight, &self.home.join(rest)),
                None => sight.place = PathTarget::Unknown,
            }
        }
        if text.is_empty() || text.chars().any(is_unseen) || climbs_out_of_nothing(text, from) {
            sight.place = PathTarget::Unknown;
        }
        sight
    }

    /// Adds what one reading of a path shows.
    fn see(&self, sight: &mut ResolvedPath, path: &Path) {
        let written = normal(path);
        let keep = |list: &mut Vec<PathBuf>, path: PathBuf| {
            if !list.contains(&path) {
                list.push(path);
            }
        };
        // Tools take `..` out of the text before they follow links, shells leave it to the system, which does it after.
        for reading in [written.as_path(), path] {
            match follow(reading) {
                Some(real) => {
                    if !self.is_own(&real) && sight.place == PathTarget::Inside {
                        sight.place = PathTarget::Outside;
                    }
                    keep(&mut sight.names, real.clone());
                    keep(&mut sight.real, real);
                }
                None => sight.place = PathTarget::Unknown,
            }
        }
        // What is there depends on who looks.
        if is_magic(&written) && sight.place == PathTarget::Inside {
            sight.place = PathTarget::Outside;
        }
        keep(&mut sight.names, written);
    }

    /// Whether a text is the absolute path of a place, and no link is on the way.
    pub(super) fn is_no_link(&self, text: &str) -> bool {
        let path = Path::new(text);
        path.is_absolute() && normal(path) == path && follow(path).as_deref() == Some(path)
    }

    fn is_own(&self, path: &Path) -> bool {
        path.starts_with(&self.directory) || self.added.iter().any(|added| path.starts_with(added))
    }

    /// Why an edit of a path is asked about.
    pub(super) fn protection(&self, path: &Path) -> Option<Protection> {
        let own: Vec<&Path> = std::iter::once(&self.directory)
            .chain(&self.added)
            .map(PathBuf::as_path)
            .collect();
        self.protected.protection(path, &self.home, &own)
    }

    /// The path as rules name it from the agent's directory, when it is in there.
    pub(super) fn relative(&self, path: &Path) -> Option<String> {
        path.strip_prefix(&self.directory).ok().map(slashed)
    }

    /// The path as rules name it: by its absolute path, or from the agent's directory.
    fn named(&self, path: &Path, by_absolute: bool) -> Option<String> {
        if by_absolute {
            Some(slashed(path))
        } else {
            self.relative(path)
        }
    }

    /// Whether a rule that refuses or asks speaks about a place.
    pub(super) fn is_refused(&self, pattern: &str, sight: &ResolvedPath, written: &str) -> bool {
        let patterns = self.readings(pattern, true);
        text_or_below(pattern, written)
            || patterns.iter().any(|(pattern, absolute)| {
                sight.names.iter().any(|name| {
                    let name = self.named(name, *absolute);
                    name.is_some_and(|name| text_or_below(pattern, &name))
                })
            })
    }

    /// Whether a rule that allows speaks about a place.
    pub(super) fn is_allowed(&self, pattern: &str, sight: &ResolvedPath) -> bool {
        if sight.place == PathTarget::Unknown || sight.real.is_empty() {
            return false;
        }
        let patterns = self.readings(pattern, false);
        sight.real.iter().all(|real| {
            patterns.iter().any(|(pattern, absolute)| {
                let name = self.named(real, *absolute);
                name.is_some_and(|name| glob_matches(pattern, &name))
            })
        })
    }

    /// Whether a pattern names places by their absolute path.
    pub(super) fn is_absolute(pattern: &str) -> bool {
        pattern.starts_with(['/', '~']) || Path::new(pattern).is_absolute()
    }

    /// Whether a directory may hold something that a pattern speaks about.
    pub(super) fn may_hold(&self, sight: &ResolvedPath, pattern: &str) -> bool {
        self.readings(pattern, true).iter().any(|(pattern, absolute)| {
            let prefix = literal_prefix(pattern);
            let folder = &prefix[..prefix.rfind('/').map_or(0, |at| at + 1)];
            sight.names.iter().any(|name| {
                let name = self.named(name, *absolute);
                name.is_some_and(|name| {
                    name.is_empty()
                        || folder.is_empty()
                        || folder.starts_with(&format!("{}/", name.trim_end_matches('/')))
                })
            })
        })
    }

    /// The ways in which a pattern can be read, and whether each is about absolute paths.
    fn readings(&self, pattern: &str, broad: bool) -> Vec<(String, bool)> {
        let pattern = pattern.strip_prefix("./").unwrap_or(pattern);
        let pattern = match pattern.strip_suffix('/') {
            Some(folder) if !folder.is_empty() => format!("{folder}/**"),
            _ => pattern.to_owned(),
        };
        let absolute = match pattern.strip_prefix('~') {
            Some(rest) if rest.is_empty() || rest.starts_with('/') => format!("{}{rest}", slashed(&self.home)),
            _ if pattern.starts_with("../") || pattern == ".." => {
                let prefix = literal_prefix(&pattern);
                let folder = &prefix[..prefix.rfind('/').map_or(prefix.len(), |at| at)];
                let rest = &pattern[folder.len()..];
                format!("{}{rest}", slashed(&normal(&self.directory.join(folder))))
            }
            _ if Self::is_absolute(&pattern) => pattern,
            _ => return vec![(pattern, false)],
        };
        let prefix = literal_prefix(&absolute);
        let at = prefix.rfind('/').map_or(0, |at| at);
        let (folder, rest) = if absolute == prefix {
            (absolute.as_str(), "")
        } else {
            absolute.split_at(at)
        };
        let mut readings = Vec::new();
        // A link inside of the agent's directory may be the agent's own making: it widens nothing.
        let folder_path = Path::new(if folder.is_empty() { "/" } else { folder });
        if (broad || !self.is_own(folder_path))
            && let Some(real) = follow(folder_path)
        {
            let real = slashed(&real);
            readings.push((format!("{}{rest}", real.trim_end_matches('/')), true));
        }
        readings.push((absolute.clone(), true));
        readings
    }
}

/// Whether a path goes up from something that is not there: by the time it is used, that may be a link to anywhere.
fn climbs_out_of_nothing(text: &str, from: &Path) -> bool {
    let components: Vec<Component<'_>> = Path::new(text).components().collect();
    let mut there = from.to_path_buf();
    components.windows(2).any(|pair| {
        there.push(pair[0]);
        matches!(pair, [Component::Normal(_), Component::ParentDir]) && std::fs::symlink_metadata(&there).is_err()
    })
}

/// Whether what is at a path depends on who looks.
fn is_magic(path: &Path) -> bool {
    cfg!(unix) && (path.starts_with("/proc") || path.starts_with("/dev"))
}

/// Whether a pattern matches, or names a directory that the path is in.
fn text_or_below(pattern: &str, path: &str) -> bool {
    let fold = |text: &str| {
        if cfg!(any(target_os = "macos", windows)) {
            text.to_lowercase()
        } else {
            text.to_owned()
        }
    };
    let (pattern, path) = (fold(pattern), fold(path));
    glob_matches(&pattern, &path) || (!pattern.ends_with('*') && glob_matches(&format!("{pattern}/*"), &path))
}

/// Whether a pattern of paths matches: `/**` at the end also means the directory itself, and within it no directory at all.
fn glob_matches(pattern: &str, path: &str) -> bool {
    wildcard_matches(pattern, path)
        || pattern
            .strip_suffix("/**")
            .is_some_and(|folder| wildcard_matches(folder, path))
        || pattern
            .strip_prefix("**/")
            .is_some_and(|rest| wildcard_matches(rest, path))
        || (pattern.contains("/**/") && wildcard_matches(&pattern.replace("/**/", "/"), path))
}
