//! The repositories that git in a shell line works in or talks to: one of the model's making holds programs that git
//! starts.
//!
//! Invariants: what is judged here only makes a line ask.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::committed;
use super::contents::{self, Kind, SearchWalk, WalkEntry};
use super::judged::Judged;
use super::paths::PathTarget;
use super::places::matches;
use super::policy::{Outside, PartDecision, Policy};
use super::shell::git::Shown;
use super::shell::texts::{program, star_brackets};
use super::shell::{LinePart, ShellCommand, ShellWord, git};
use super::spelling::normal;
use crate::context::Environment;
use crate::request::Effect;

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

    /// A rule about git does not cover programs that settings of the repository start, secrets that are not committed and that
    /// git would show or commit, and logins in its settings: an allowed line with one of these asks.
    pub(super) fn judge_git_programs_and_secrets(&self, parts: &[LinePart]) -> Option<Judged> {
        if self.allows_every_command() {
            return None;
        }
        let mut known: BTreeMap<&Path, Option<String>> = BTreeMap::new();
        parts.iter().find_map(|part| {
            let LinePart::Command(command) = part else { return None };
            if program(&command.words) != Some("git") {
                return None;
            }
            command.dirs.iter().flatten().find_map(|dir| {
                let setting = known.entry(dir.as_path()).or_insert_with(|| starting_setting(dir));
                let verdict = match setting {
                    Some(setting) => self.beyond(
                        "bash",
                        &format!("git that starts what `{setting}` in its repository says"),
                    ),
                    None => self.judge_git_secrets(&command.words, dir)?,
                };
                Some(Judged::new(command.raw.clone(), verdict))
            })
        })
    }

    fn judge_git_secrets(&self, words: &[ShellWord], dir: &Path) -> Option<PartDecision> {
        let shows = git::shows_of_uncommitted(words)?;
        let is_file = |word: &ShellWord| {
            let names = word
                .value
                .as_deref()
                .and_then(|pattern| matches(&star_brackets(pattern), dir));
            names.is_some_and(|names| names.iter().all(|name| dir.join(name).is_file()))
        };
        // Each of these is judged by its own name.
        let end = words.iter().position(|word| word.text() == "--");
        let is_add = words.get(1).is_some_and(|word| matches!(word.text(), "add" | "stage"));
        let operands = match end {
            Some(end) => &words[end + 1..],
            None if is_add => &words[2.min(words.len())..],
            None => &[],
        };
        if !operands.is_empty() && operands.iter().all(is_file) {
            return None;
        }
        let may_read = |path: &Path| {
            let path = path.to_string_lossy();
            self.judge_path("read", &path, Outside::ByTool).effect == Effect::Allow
        };
        let is_minded = |path: &Path| self.grounds.protected.secret(path).is_some() && !may_read(path);
        let found = match shows {
            Shown::Settings => committed::settings_with_login(dir).filter(|path| !may_read(path)),
            Shown::Stashed => committed::stashed(dir).into_iter().find(|path| is_minded(path)),
            Shown::Tracked => {
                let secrets = committed::tracked(dir)
                    .into_iter()
                    .filter(|path| is_minded(path))
                    .collect();
                committed::first_uncommitted(dir, &secrets)
            }
            Shown::All => {
                let secrets = RefCell::new(BTreeSet::new());
                let note = |path: &Path, kind| {
                    if kind == Kind::File && is_minded(path) {
                        secrets.borrow_mut().insert(path.to_path_buf());
                    }
                    false
                };
                let known: Option<Vec<&str>> = operands.iter().map(ShellWord::known).collect();
                let places = match known {
                    Some(names) if !names.is_empty() && !names.iter().any(|name| name.starts_with([':', '-'])) => {
                        names.iter().map(|name| normal(&dir.join(name))).collect()
                    }
                    _ => vec![dir.to_path_buf()],
                };
                let walk = SearchWalk::Engine { include: "" };
                if places
                    .iter()
                    .any(|place| contents::find(place, walk, note) == WalkEntry::TooMuch)
                {
                    return Some(self.beyond("read", "git in more files than can be judged"));
                }
                committed::first_uncommitted(dir, &secrets.into_inner())
            }
        }?;
        let name = found.file_name().unwrap_or_default().to_string_lossy();
        Some(self.beyond("read", &format!("git that could show `{name}`")))
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

/// The setting in a repository's own files, or its hook, by which even a command of git that only reads starts a program.
/// What the user's own files say is theirs, and so are hooks of commits, which commits are meant to run.
fn starting_setting(dir: &Path) -> Option<String> {
    let git = |arguments: &[&str]| Environment::of_process().git_output(dir, arguments);
    let is_quiet = |value: &str| matches!(value, "" | "true" | "false" | "0" | "1") || value.starts_with("git-lfs ");
    let settings = git(&["config", "--null", "--show-scope", "--includes", "--list"])?;
    let fields: Vec<&str> = settings.split('\0').collect();
    let own = fields
        .chunks_exact(2)
        .filter(|pair| matches!(pair[0], "local" | "worktree"))
        .filter_map(|pair| pair[1].split_once('\n'));
    let starting = own.filter(|(name, value)| {
        let (section, key) = (name.split('.').next(), name.rsplit('.').next());
        let is_starting = matches!(
            (section, key),
            (Some("core"), Some("fsmonitor"))
                | (Some("diff"), Some("external" | "command" | "textconv"))
                | (Some("filter"), Some("clean" | "smudge" | "process"))
        );
        is_starting && !is_quiet(value)
    });
    starting.map(|(name, _)| name.to_owned()).next().or_else(|| {
        let hooks = git(&["rev-parse", "--git-path", "hooks"])?;
        let hook = dir.join(hooks.trim_end_matches('\n')).join("post-index-change");
        hook.exists().then(|| "post-index-change".to_owned())
    })
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
