//! The repositories that git in a shell line works in or talks to: one of the model's making holds programs that git
//! starts.
//!
//! Invariants: what is judged here only makes a line ask.

use std::path::{Path, PathBuf};

use super::judged::Judged;
use super::paths::PathTarget;
use super::policy::{PartDecision, Policy};
use super::shell::texts::program;
use super::shell::{LinePart, ShellCommand, ShellWord, git};
use super::spelling::normal;

impl Policy {
    /// Where a command of git works, and the other repositories that it talks to.
    pub(super) fn judge_git_places(&self, words: &[ShellWord], dirs: &[PathBuf]) -> Vec<PartDecision> {
        let asks = |what| self.beyond("bash", what);
        let mut found = Vec::new();
        // A repository of the model's making may hold programs that git starts.
        if dirs.iter().any(|dir| self.is_in_another(dir)) && !self.allows_every_command() {
            found.push(asks(
                "git in another directory, or in one that looks like a repository itself,",
            ));
        }
        // Git also tries the name with `.git` behind it. A name that is not configured may become a directory meanwhile.
        let remotes = git::remotes(words);
        let is_remote = git::subcommand(words).is_some_and(|at| words[at].text() == "remote");
        let talks_to_directory = |dir: &PathBuf| {
            let is_there = |remote: &&str| dir.join(remote).exists() || dir.join(format!("{remote}.git")).exists();
            remotes.iter().any(is_there) || !(is_remote || remotes.iter().all(|name| has_remote(dir, name)))
        };
        if dirs.iter().any(talks_to_directory) {
            found.push(asks(
                "git that talks to a place that is not configured, or to a directory,",
            ));
        }
        // `git -C` goes elsewhere, where there may be another repository.
        let goes = words
            .windows(2)
            .filter(|pair| pair[0].text() == "-C")
            .map(|pair| pair[1].known());
        for place in goes {
            let is_other = |dir: &PathBuf| place.is_none_or(|place| self.is_in_another(&normal(&dir.join(place))));
            if dirs.iter().any(is_other) {
                found.push(asks("git in another repository"));
            }
        }
        found
    }

    /// Whether git in `dir` may find another repository than that of the agent's directory: it looks in each directory on
    /// the way up.
    fn is_in_another(&self, dir: &Path) -> bool {
        let sight = self.grounds.look(".", dir);
        let finds = |dir: &PathBuf| {
            let mut below = dir.ancestors().take_while(|place| *place != self.grounds.directory);
            is_bare_repository(dir) || below.any(|place| place.join(".git").exists() || is_bare_repository(place))
        };
        sight.place != PathTarget::Inside || sight.real.iter().any(finds)
    }

    /// Git takes a directory without `.git` for a repository when the right files are in it, and runs what their
    /// configuration says. So beside git that is sent elsewhere, or where there is no `.git`, a line only reads.
    pub(super) fn judge_repositories(&self, parts: &[LinePart]) -> Option<Judged> {
        let is_git = |command: &ShellCommand| program(&command.words) == Some("git");
        let own = [self.grounds.directory.clone()];
        let is_sent = |command: &ShellCommand| {
            command.dirs.as_deref() != Some(&own) || command.words.iter().any(|word| word.text() == "-C")
        };
        let calls: Vec<&ShellCommand> = parts
            .iter()
            .filter_map(|part| match part {
                LinePart::Command(command) if is_git(command) => Some(command),
                _ => None,
            })
            .collect();
        let is_safe = has_repository(&self.grounds.directory);
        let git = calls.iter().find(|command| !is_safe || is_sent(command))?;
        let changes = |part: &LinePart| match part {
            LinePart::Command(command) if is_git(command) => calls.len() > 1 && git::changes_files(&command.words),
            part => self.may_make_files(part),
        };
        (!self.allows_every_command() && parts.iter().any(changes)).then(|| {
            Judged::new(
                git.raw.clone(),
                self.beyond("bash", "git beside commands that could make a repository"),
            )
        })
    }
}

/// Whether git finds a repository in a directory before it looks at the directory itself.
fn has_repository(dir: &Path) -> bool {
    let git = dir.join(".git");
    let head = std::fs::read_to_string(git.join("HEAD")).unwrap_or_default();
    let is_head = head.starts_with("ref: refs/")
        || (head.trim().len() >= 40 && head.trim().bytes().all(|c| c.is_ascii_hexdigit()));
    git.is_file() || (is_head && git.join("objects").is_dir() && git.join("refs").is_dir())
}

/// Whether a remote of that name is configured in the repository of a directory.
fn has_remote(dir: &Path, name: &str) -> bool {
    let read = |path: &Path| std::fs::read_to_string(path).unwrap_or_default();
    let Some(git) = dir.ancestors().map(|dir| dir.join(".git")).find(|git| git.exists()) else {
        return false;
    };
    // A work tree beside the main one has only a file that says where its part is, which says where the rest is.
    let git = match read(&git).strip_prefix("gitdir:") {
        Some(part) => git.with_file_name(part.trim()),
        None => git,
    };
    let common = read(&git.join("commondir"));
    let config = read(&git.join(common.trim()).join("config"));
    config.lines().any(|line| line.trim() == format!("[remote \"{name}\"]"))
}

/// Whether git would take a directory itself for a repository, of which anybody who may edit files can be the maker.
fn is_bare_repository(dir: &Path) -> bool {
    !has_repository(dir) && ["HEAD", "objects", "refs"].iter().any(|name| dir.join(name).exists())
}
