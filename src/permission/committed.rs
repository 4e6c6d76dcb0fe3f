//! Tells whether a file whose name often stands for a secret holds one here, and which files git knows.
//!
//! In: a place that is searched, and such files below it. Out: the first that may hold a secret. Invariants: what cannot be
//! read, or asked about, counts as one.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use crate::context::Environment;
use crate::support::secret_files::last_name;

/// The largest settings that are read, in bytes.
const MOST_SETTINGS: u64 = 64 * 1024;

/// What settings of git and npm with a secret contain, in lower case.
const MARKS_OF_SECRETS: [&str; 4] = ["_auth", "password", "extraheader", "token"];

/// The first of `files`, below `place`, that may hold a secret. A file that is committed as it is holds none: whoever has
/// the repository has it. Neither do settings without a login.
pub(super) fn first_secret(place: &Path, files: &BTreeSet<PathBuf>) -> Option<PathBuf> {
    first_of(place, files.iter().filter(|file| !is_harmless_setting(file)).collect())
}

/// The first of `files`, below `place`, that is not committed as it is.
pub(super) fn first_uncommitted(place: &Path, files: &BTreeSet<PathBuf>) -> Option<PathBuf> {
    first_of(place, files.iter().collect())
}

/// The files below a directory that git tracks, ignored or not.
pub(super) fn tracked(directory: &Path) -> Vec<PathBuf> {
    names(directory, &["ls-files", "-z"])
}

/// The files that `git stash` put away last.
pub(super) fn stashed(directory: &Path) -> Vec<PathBuf> {
    names(
        directory,
        &["stash", "show", "--include-untracked", "--name-only", "-z"],
    )
}

/// The names that git answers, each ended by NUL.
fn names(directory: &Path, arguments: &[&str]) -> Vec<PathBuf> {
    let names = Environment::of_process()
        .git_output(directory, arguments)
        .unwrap_or_default();
    let names = names.split('\0').filter(|name| !name.is_empty());
    names.map(|name| directory.join(name)).collect()
}

/// The settings of the repository of a directory, if there may be a login among them.
pub(super) fn settings_with_login(directory: &Path) -> Option<PathBuf> {
    let file = Environment::of_process().git_output(directory, &["rev-parse", "--git-path", "config"])?;
    let file = directory.join(file.trim_end_matches('\n'));
    (!is_harmless_setting(&file)).then_some(file)
}

fn first_of(place: &Path, files: Vec<&PathBuf>) -> Option<PathBuf> {
    if files.is_empty() {
        return None;
    }
    let committed = committed(place, &files).unwrap_or_default();
    files
        .into_iter()
        .enumerate()
        .find_map(|(at, file)| (!committed.get(at).is_some_and(|is| *is)).then(|| file.clone()))
}

/// Whether a file has settings of git or npm, and no login among them.
fn is_harmless_setting(file: &Path) -> bool {
    if !matches!(
        last_name(file).as_deref(),
        Some("config" | "config.worktree" | ".npmrc")
    ) {
        return false;
    }
    let mut text = String::new();
    let read = File::open(file).and_then(|file| file.take(MOST_SETTINGS + 1).read_to_string(&mut text));
    let is_whole = read.is_ok_and(|read| read as u64 <= MOST_SETTINGS);
    let text = text.to_lowercase();
    let has_login = text.split("http").skip(1).any(|address| {
        let address = address.trim_start_matches('s');
        let host = address
            .strip_prefix("://")
            .map(|rest| rest.split(['/', '\n', '"']).next().unwrap_or(rest));
        host.is_some_and(|host| host.contains('@'))
    });
    is_whole && !has_login && !MARKS_OF_SECRETS.iter().any(|mark| text.contains(mark))
}

/// For each file, whether the last commit has it as it is now. `None` when git does not say.
fn committed(place: &Path, files: &[&PathBuf]) -> Option<Vec<bool>> {
    let directory = if place.is_dir() { place } else { place.parent()? };
    directory.to_str().filter(|path| !path.contains('\n'))?;
    let names: Vec<&str> = files
        .iter()
        .map(|file| {
            file.strip_prefix(directory)
                .ok()?
                .to_str()
                .filter(|name| !name.contains('\n'))
        })
        .collect::<Option<_>>()?;
    let of_commit = ids(
        directory,
        &["cat-file", "--batch-check=%(objectname)"],
        names.iter().map(|name| format!("HEAD:./{name}\n")),
    )?;
    let of_files = ids(
        directory,
        &["hash-object", "--no-filters", "--stdin-paths"],
        names.iter().map(|name| format!("{}\n", directory.join(name).display())),
    )?;
    let is_same = of_commit.iter().zip(&of_files).map(|(one, other)| one == other);
    (of_commit.len() == names.len() && of_files.len() == names.len()).then(|| is_same.collect())
}

/// The lines that git answers, one for each line of its input. None of the commands that are asked for runs a program or
/// fetches anything.
fn ids(directory: &Path, arguments: &[&str], input: impl Iterator<Item = String>) -> Option<Vec<String>> {
    let mut git: Child = Environment::of_process()
        .git(directory)
        .args(arguments)
        .env("GIT_NO_LAZY_FETCH", "1")
        .env("GIT_ALLOW_PROTOCOL", "")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let mut to_git = git.stdin.take()?;
    let text: String = input.collect();
    let writer = std::thread::spawn(move || to_git.write_all(text.as_bytes()));
    let output = git.wait_with_output().ok()?;
    // A git that ends early does not read all of it: then there are lines missing.
    drop(writer.join());
    let text = String::from_utf8(output.stdout).ok()?;
    output
        .status
        .success()
        .then(|| text.lines().map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_may_hold_a_secret_is_harmless_once_it_is_committed_as_it_is() {
        let place = tempfile::tempdir().unwrap();
        let git = |arguments: &[&str]| {
            let who = ["-c", "user.name=a", "-c", "user.email=a@b"];
            let mut git = Environment::of_process().git(place.path());
            assert!(git.args(who).args(arguments).output().unwrap().status.success());
        };
        git(&["init"]);
        let write = |name: &str, text: &str| {
            std::fs::write(place.path().join(name), text).unwrap();
            place.path().join(name)
        };
        let key = write("test.key", "one");
        let other = write("other.key", "one");
        git(&["add", "test.key"]);
        git(&["commit", "-m", "a"]);
        let first = |files: &[&PathBuf]| first_secret(place.path(), &files.iter().copied().cloned().collect());
        assert_eq!(first(&[&key]), None);
        assert_eq!(first(&[&key, &other]), Some(other));
        write("test.key", "two");
        assert_eq!(first(&[&key]), Some(key));
    }

    #[test]
    fn settings_hold_a_secret_when_there_is_a_login_among_them() {
        let place = tempfile::tempdir().unwrap();
        for (name, text, expected) in [
            ("config", "[remote \"origin\"]\nurl = https://example.com/a.git\n", true),
            ("config", "[remote \"origin\"]\nurl = git@example.com:a.git\n", true),
            (
                "config",
                "[remote \"origin\"]\nurl = https://me:word@example.com/a.git\n",
                false,
            ),
            ("config", "[remote \"origin\"]\nurl = https://word@example.com\n", false),
            ("config", "[http]\nextraHeader = Authorization: basic x\n", false),
            (".npmrc", "save-exact=true\n", true),
            (".npmrc", "//example.com/:_authToken=x\n", false),
            (".envrc", "use nix\n", false),
        ] {
            let file = place.path().join(name);
            std::fs::write(&file, text).unwrap();
            assert_eq!(is_harmless_setting(&file), expected, "{text}");
        }
    }
}
