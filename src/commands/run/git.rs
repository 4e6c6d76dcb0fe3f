//! The user's `git`, run on its own terms: no shell, no hooks, no questions, no variables that point it elsewhere.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::process::Command;

use crate::context::Environment;

/// A repository, as git is told of it.
#[derive(Debug, Clone)]
pub(super) enum At {
    /// Found from a directory that the user named.
    Directory(PathBuf),
    /// Named in full: what an agent wrote into its directory cannot lead git to another repository, whose configuration
    /// might name programs to run.
    Exactly {
        git_directory: PathBuf,
        working_tree: PathBuf,
    },
}

/// Why git did not do what it was told.
#[derive(Debug, thiserror::Error)]
pub(super) enum GitError {
    #[error("cannot run `git`")]
    Missing(#[source] io::Error),
    #[error("git says: {0}")]
    Said(String),
}

/// Runs a command; gives what it wrote to stdout.
///
/// Dropping the future kills it.
pub(super) async fn git<A: AsRef<OsStr>>(
    environment: &Environment,
    at: &At,
    arguments: impl IntoIterator<Item = A>,
) -> Result<Vec<u8>, GitError> {
    let mut command = Command::new("git");
    match at {
        At::Directory(directory) => {
            command.arg("-C").arg(directory);
        }
        At::Exactly {
            git_directory,
            working_tree,
        } => {
            let option = |name: &str, path: &Path| {
                let mut option = OsString::from(name);
                option.push(path);
                option
            };
            command
                .arg("-C")
                .arg(working_tree)
                .arg(option("--git-dir=", git_directory))
                .arg(option("--work-tree=", working_tree));
        }
    }
    let output = command
        .args(["-c", "core.hooksPath=/dev/null"])
        .args(["-c", "core.fsmonitor=false"])
        .args(["-c", "submodule.recurse=false"])
        .args(arguments)
        .env_clear()
        .envs(environment.iter().filter(|(name, _)| !is_gits_own(name)))
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_OPTIONAL_LOCKS", "0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .output()
        .await
        .map_err(GitError::Missing)?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said = said.trim();
    Err(GitError::Said(if said.is_empty() {
        output.status.to_string()
    } else {
        said.strip_prefix("fatal: ").unwrap_or(said).to_owned()
    }))
}

/// Variables that git sets for its hooks, and that would lead it to another repository than the directory's.
fn is_gits_own(name: &OsStr) -> bool {
    [
        "GIT_DIR",
        "GIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "GIT_COMMON_DIR",
        "GIT_OBJECT_DIRECTORY",
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_NAMESPACE",
        "GIT_PREFIX",
    ]
    .iter()
    .any(|own| name == *own)
}

/// The one path that a command wrote.
pub(super) fn path_of(output: Vec<u8>) -> PathBuf {
    let text = output.strip_suffix(b"\n").unwrap_or(&output);
    let text = text.strip_suffix(b"\r").unwrap_or(text);
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt as _;
        PathBuf::from(OsStr::from_bytes(text))
    }
    #[cfg(not(unix))]
    PathBuf::from(String::from_utf8_lossy(text).into_owned())
}

/// The one word that a command wrote.
pub(super) fn word_of(output: &[u8]) -> String {
    String::from_utf8_lossy(output).trim().to_owned()
}
