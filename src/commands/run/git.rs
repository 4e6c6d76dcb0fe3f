//! The user's `git`, run on its own terms: no questions, no variables that point it elsewhere, and none of the programs that
//! a repository can name: hooks, filters, file system monitors, pagers, transports.
//!
//! Invariants: what changes or copies a working tree runs git only from here. The author of an archive also wrote the
//! `.git/config` in it, and git reads that file before the user is asked to trust the directory.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::process::Command;

use crate::context::Environment;

/// How git finds a repository.
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

/// Settings that keep git from running what a repository names. They go before those of all files, included ones too.
const HARMLESS: [(&str, &str); 8] = [
    ("core.hooksPath", "/dev/null"),
    ("core.fsmonitor", "false"),
    ("core.pager", "cat"),
    ("diff.external", ""),
    ("submodule.recurse", "false"),
    // What a partial clone lacks is not fetched.
    ("protocol.allow", "never"),
    ("gc.auto", "0"),
    ("maintenance.auto", "false"),
];

/// Runs a command; gives what it wrote to stdout.
///
/// Dropping the future kills it.
pub(super) async fn git<A: AsRef<OsStr>>(
    environment: &Environment,
    at: &At,
    arguments: impl IntoIterator<Item = A>,
) -> Result<Vec<u8>, GitError> {
    let filters = filters(environment, at).await?;
    run(environment, at, &filters, arguments).await
}

/// The settings that name programs through which git passes the content of files. Those of the user's own files are among
/// them: such a program may take its orders from the repository, as `git-lfs` does.
pub(super) async fn filters(environment: &Environment, at: &At) -> Result<Vec<String>, GitError> {
    let list = ["config", "--null", "--name-only", "--list"];
    let list = run(environment, at, &[], list).await?;
    let names = list.split(|byte| *byte == 0).map(String::from_utf8_lossy);
    let is_filter = |name: &str| name.to_ascii_lowercase().starts_with("filter.");
    Ok(names.filter(|name| is_filter(name)).map(String::from).collect())
}

async fn run<A: AsRef<OsStr>>(
    environment: &Environment,
    at: &At,
    filters: &[String],
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
    let harmless = HARMLESS.map(|(name, value)| format!("{name}={value}"));
    command
        .args(harmless.iter().flat_map(|setting| ["-c", setting]))
        .args(arguments)
        .env_clear()
        .envs(environment.iter())
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_OPTIONAL_LOCKS", "0")
        .env("GIT_NO_LAZY_FETCH", "1")
        .env("GIT_ALLOW_PROTOCOL", "");
    // Git reads the filters from variables: in an argument, a name with `=` would end early. An empty filter does nothing.
    let count = environment
        .text("GIT_CONFIG_COUNT")
        .and_then(|count| count.parse().ok());
    let first: usize = count.unwrap_or(0);
    for (index, name) in (first..).zip(filters) {
        command
            .env(format!("GIT_CONFIG_KEY_{index}"), name)
            .env(format!("GIT_CONFIG_VALUE_{index}"), "");
    }
    let output = command
        .env("GIT_CONFIG_COUNT", (first + filters.len()).to_string())
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
