//! What the agent may read anyway, and where a path leads out of it.
//!
//! In: the agent's directory and the user's home. Out: whether a path stays inside. Invariants: links are
//! followed; a place that cannot be seen is not inside.

use std::fs;
use std::path::{Component, Path, PathBuf};

use crate::context::Environment;
use crate::support::brought::Brought;
use crate::support::{instruction_files, secret_files};

/// Hidden directories whose files are for an agent. What is in others may be a secret, unless it is Markdown.
const FOR_AGENTS: [&str; 5] = [".opencode", ".claude", ".agents", ".cursor", ".github"];

/// The project that the agent works in.
#[derive(Debug)]
pub(super) struct TrustedProject {
    /// Where the agent works; without symbolic links.
    pub(super) directory: PathBuf,
    /// The nearest directory, from there upwards, that holds a `.git` of the same owner; else the directory itself.
    pub(super) root: PathBuf,
    /// The user's home; without symbolic links.
    pub(super) home: PathBuf,
}

impl TrustedProject {
    pub(super) fn new(directory: &Path, home: &Path, brought: &Brought) -> Self {
        let home = home.canonicalize().unwrap_or_else(|_| home.to_path_buf());
        let owner = owner(directory);
        let root = directory
            .ancestors()
            .find(|place| owner.is_some() && self::owner(&place.join(".git")) == owner)
            // A home that is a repository is no project that everything in it belongs to.
            .filter(|root| !home.starts_with(root) || brought.home().is_some())
            .unwrap_or(directory);
        Self {
            directory: directory.to_path_buf(),
            root: root.to_path_buf(),
            home,
        }
    }

    /// Whether git takes the root for the end of the repository that the agent works in. What looks like a repository may
    /// be none to git.
    pub(super) fn is_repository(&self) -> bool {
        // The variables of git that are left reach the engine as well, which asks git the same.
        let mut git = Environment::of_process().git(&self.directory);
        git.args(["rev-parse", "--show-toplevel"]).output().is_ok_and(|output| {
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            output.status.success()
                && Path::new(text.trim_end())
                    .canonicalize()
                    .is_ok_and(|root| root == self.root)
        })
    }

    /// Where a path leads that stays inside of the project and names no secret.
    pub(super) fn inside(&self, path: &Path) -> Option<PathBuf> {
        let real = path.canonicalize().ok()?;
        let is_prose = real.extension().is_some_and(|ending| ending == "md" || ending == "mdc");
        let is_harmless = |name: Component<'_>| {
            let name = name.as_os_str().to_string_lossy().to_lowercase();
            let is_known = FOR_AGENTS.contains(&name.as_str()) || is_prose && name != ".git";
            !name.contains(".env") && (!name.starts_with('.') || is_known)
        };
        let below = real.strip_prefix(&self.root).ok()?;
        (below.components().all(is_harmless) && secret_files::likelihood(&real).is_none()).then_some(real)
    }

    /// Whether a path leads out of the project.
    pub(super) fn is_beyond(&self, path: &Path) -> bool {
        path.canonicalize().is_ok_and(|real| !real.starts_with(&self.root))
    }

    /// Whether a file exists that is not where its name says, but outside of the project.
    pub(super) fn leads_outside(&self, path: &Path) -> bool {
        path.canonicalize().is_ok_and(|real| real != path) && self.inside(path).is_none()
    }

    /// The instruction files in `place` that are links out of the project.
    pub(super) fn leading_outside(&self, place: &Path) -> Vec<PathBuf> {
        let links = instruction_files::NAMES.iter().map(|name| place.join(name));
        links
            // One that stands for another of the same place says what the other would say.
            .filter(|path| self.leads_outside(path) && !self.is_instruction_file(path))
            .collect()
    }

    /// Whether a path is a file that the engine reads as instructions without being told so, links followed.
    pub(super) fn is_instruction_file(&self, path: &Path) -> bool {
        let is_one = |name: &str| instruction_files::NAMES.contains(&name);
        path.canonicalize().is_ok_and(|real| {
            real.parent() == path.parent() && real.file_name().and_then(|name| name.to_str()).is_some_and(is_one)
        })
    }

    /// The file outside of the project that a text names by `@NAME`.
    pub(super) fn mentioned_outside(&self, name: &str) -> Option<PathBuf> {
        if name.is_empty() {
            return None;
        }
        let mut candidates: Vec<PathBuf> = match name.strip_prefix("~/") {
            Some(rest) => vec![self.home.join(rest)],
            // From the root of the repository, or from `/` outside of repositories.
            None => self.directory.ancestors().map(|place| place.join(name)).collect(),
        };
        // A single word that names a directory of the system is a word.
        candidates
            .retain(|path| (path.is_file() || name.contains('/') && path.exists()) && self.inside(path).is_none());
        candidates.pop()
    }
}

#[cfg(unix)]
fn owner(path: &Path) -> Option<u32> {
    use std::os::unix::fs::MetadataExt as _;
    Some(fs::symlink_metadata(path).ok()?.uid())
}

#[cfg(not(unix))]
fn owner(path: &Path) -> Option<u32> {
    fs::symlink_metadata(path).ok().map(|_| 0)
}
