//! What a partial clone makes git run. Git fetches an object that is missing when a command needs it, and versions before
//! 2.44 do so whatever the environment says.
//!
//! In: a directory. Out: the settings of its repository by which that fetch may run a program. Invariants: a
//! repository without a remote that promises objects has none; a setting that is not understood may run one.

use std::io;
use std::path::{Path, PathBuf};

use crate::support::state_file;

/// Hooks that git runs when it tidies up behind a fetch.
const HOOKS: [&str; 2] = ["pre-auto-gc", "reference-transaction"];
/// Limit of the bytes of one file.
const LARGEST: u64 = 1024 * 1024;
/// Limit of the files of one repository's configuration.
const MOST_FILES: usize = 32;

/// A setting that runs, or may run, a program.
#[derive(Debug, PartialEq)]
pub(super) struct Runs {
    /// The file that holds the setting.
    pub(super) path: PathBuf,
    pub(super) key: String,
    pub(super) value: String,
}

/// One line of git's configuration.
#[derive(Debug)]
struct GitSetting {
    file: PathBuf,
    section: String,
    /// What stands in quotes behind the section.
    of: String,
    name: String,
    value: String,
}

impl GitSetting {
    fn is_include(&self) -> bool {
        self.section.starts_with("include") && self.name == "path"
    }

    fn promises(&self) -> bool {
        matches!(&*self.name, "promisor" | "partialclone")
    }

    fn key(&self) -> String {
        match &*self.of {
            "" => format!("{}.{}", self.section, self.name),
            of => format!("{}.{of}.{}", self.section, self.name),
        }
    }
}

/// All files of git's configuration of a repository, those that others include as well.
#[derive(Default)]
struct GitConfig {
    settings: Vec<GitSetting>,
    /// Files that cannot be read, and lines that are not understood.
    doubts: Vec<Runs>,
    /// Whether a file speaks of remotes that promise objects, or a doubt may hide a file that does.
    may_promise: bool,
}

impl GitConfig {
    fn read(place: &Path) -> Self {
        let mut config = Self::default();
        let mut open = files(place);
        let mut seen = Vec::new();
        while let Some(path) = open.pop() {
            if seen.contains(&path) {
                continue;
            }
            seen.push(path.clone());
            if seen.len() > MOST_FILES {
                config.may_promise = true;
                config.doubt(&path, "too many included files", "");
                return config;
            }
            let text = match state_file::read_foreign(&path, LARGEST) {
                Ok(text) => String::from_utf8_lossy(&text).into_owned(),
                // Git reads over a file that is not there, too.
                Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                    continue;
                }
                Err(error) => {
                    config.may_promise = true;
                    config.doubt(&path, "a file that cannot be read", &error.to_string());
                    continue;
                }
            };
            let lower = text.to_ascii_lowercase();
            config.may_promise |= ["promisor", "partialclone"].iter().any(|mark| lower.contains(mark));
            let Some(settings) = settings(&path, &text) else {
                // The line may include a file.
                config.may_promise |= lower.contains("include");
                config.doubt(&path, "a line that is not understood", &text);
                continue;
            };
            for setting in settings {
                if setting.is_include() {
                    match included(&path, &setting.value) {
                        Some(file) => open.push(file),
                        None => {
                            config.may_promise = true;
                            config.doubt(&path, &setting.key(), &setting.value);
                        }
                    }
                }
                config.settings.push(setting);
            }
        }
        config
    }

    fn doubt(&mut self, path: &Path, key: &str, value: &str) {
        self.doubts.push(Runs {
            path: path.to_path_buf(),
            key: key.to_owned(),
            value: value.to_owned(),
        });
    }
}

/// The file that an include names, if each of its characters stands for itself: git knows comments, quotes, escapes, and
/// homes of users.
fn included(by: &Path, named: &str) -> Option<PathBuf> {
    let inner = named.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let (in_home, named) = match inner.unwrap_or(named).split_once("~/") {
        Some(("", rest)) => (true, rest),
        _ => (false, inner.unwrap_or(named)),
    };
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    if named.is_empty() || !named.chars().all(is_plain) {
        return None;
    }
    Some(match in_home {
        true => std::env::home_dir()?.join(named),
        false => by.parent()?.join(named),
    })
}

/// Those of the repository in `place`, if one is there.
pub(super) fn programs(place: &Path) -> Vec<Runs> {
    let config = GitConfig::read(place);
    if !config.may_promise || (config.doubts.is_empty() && !config.settings.iter().any(GitSetting::promises)) {
        return Vec::new();
    }
    let has_address = |remote: &str| {
        let mut settings = config.settings.iter();
        settings.any(|setting| setting.section == "remote" && setting.name == "url" && setting.of == remote)
    };
    let is_dangerous = |setting: &&GitSetting| match (&*setting.section, &*setting.name) {
        ("core", "sshcommand" | "gitproxy" | "askpass" | "hookspath" | "alternaterefscommand")
        | ("credential", "helper")
        | ("gc", "recentobjectshook")
        | ("remote", "uploadpack" | "vcs")
        | ("url" | "protocol", _) => true,
        ("remote", "url") => !is_plain_address(&setting.value),
        // Without an address its name is one.
        ("remote", _) => !has_address(&setting.of),
        ("extensions", "partialclone") => !has_address(setting.value.trim_matches('"')),
        _ => false,
    };
    let dangerous = config.settings.iter().filter(is_dangerous);
    let mut found: Vec<Runs> = dangerous
        .map(|setting| Runs {
            path: setting.file.clone(),
            key: setting.key(),
            value: setting.value.clone(),
        })
        .collect();
    found.extend(config.doubts);
    let directories = git_directories(place);
    for hook in directories
        .iter()
        .flat_map(|git| HOOKS.map(|name| git.join("hooks").join(name)))
    {
        if hook.exists() {
            let text = state_file::read_foreign(&hook, LARGEST).unwrap_or_default();
            found.push(Runs {
                value: String::from_utf8_lossy(&text).into_owned(),
                path: hook,
                key: "this hook".to_owned(),
            });
        }
    }
    found
}

/// The directories of git that may belong to `place`: `.git`, the ones that a file in its place names, or itself.
fn git_directories(place: &Path) -> Vec<PathBuf> {
    let named = place.join(".git");
    let pointed = |file: &Path, start: &str| {
        let text = state_file::read_foreign(file, LARGEST).ok()?;
        let text = String::from_utf8_lossy(&text).into_owned();
        Some(
            file.parent()?
                .join(text.strip_prefix(start)?.trim_end_matches(['\n', '\r'])),
        )
    };
    let mut found = vec![pointed(&named, "gitdir: ").unwrap_or(named)];
    if place.join("HEAD").exists() && place.join("objects").exists() {
        found.push(place.to_path_buf());
    }
    let common: Vec<PathBuf> = found
        .iter()
        .filter_map(|git| pointed(&git.join("commondir"), ""))
        .collect();
    found.extend(common);
    found
}

fn files(place: &Path) -> Vec<PathBuf> {
    let directories = git_directories(place).into_iter();
    directories
        .flat_map(|git| ["config", "config.worktree"].map(|name| git.join(name)))
        .collect()
}

/// The settings of a file; none when a line is more than a section or a setting.
fn settings(file: &Path, text: &str) -> Option<Vec<GitSetting>> {
    let (mut section, mut of) = (String::new(), "");
    let mut all = Vec::new();
    for line in text.trim_start_matches('\u{feff}').lines() {
        // White space as git knows it.
        let line = line.trim_matches([' ', '\t', '\r']);
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(head) = line.strip_prefix('[') {
            let head = head.strip_suffix(']').filter(|head| !head.contains([']', '\\']))?;
            let (name, quoted) = head.split_once(char::is_whitespace).unwrap_or((head, ""));
            // The old way to write it.
            if name.contains('.') {
                return None;
            }
            section = name.to_ascii_lowercase();
            of = match quoted.trim() {
                "" => "",
                quoted => quoted.strip_prefix('"')?.strip_suffix('"')?,
            };
            continue;
        }
        let (name, value) = line.split_once('=').unwrap_or((line, ""));
        if line.ends_with('\\') {
            return None;
        }
        all.push(GitSetting {
            file: file.to_path_buf(),
            section: section.clone(),
            of: of.to_owned(),
            name: name.trim_matches([' ', '\t']).to_ascii_lowercase(),
            value: value.trim_matches([' ', '\t']).to_owned(),
        });
    }
    Some(all)
}

/// Whether git reaches an address by itself or by the `ssh` of the user.
fn is_plain_address(address: &str) -> bool {
    let address = address.trim_matches('"');
    let is_scheme = |scheme: &&str| address.starts_with(*scheme);
    // `user@host:path`, where a colon behind the host makes it one.
    let is_of_ssh = address.split_once('@').is_some_and(|(user, host)| {
        let is_name =
            |name: &str| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
        is_name(user) && host.split_once(':').is_some_and(|(host, _)| is_name(host))
    });
    let is_known = ["https://", "http://", "ssh://", "git://"].iter().any(is_scheme) || is_of_ssh;
    is_known && !address.contains(['\\', '"']) && !address.contains("::")
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn found(config: &str) -> Vec<String> {
        let place = tempfile::tempdir().unwrap();
        fs::create_dir_all(place.path().join(".git")).unwrap();
        fs::write(place.path().join(".git/config"), config).unwrap();
        programs(place.path()).into_iter().map(|runs| runs.key).collect()
    }

    const CLONE: &str = "[core]\n\trepositoryformatversion = 1\n[remote \"origin\"]\n\turl = https://e.invalid/x.git\n\
                         \tfetch = +refs/heads/*:refs/remotes/origin/*\n\tpromisor = true\n\tpartialclonefilter = blob:none\n";

    #[test]
    fn a_partial_clone_is_found_by_what_its_fetch_runs() {
        for (config, wanted) in [
            (CLONE.to_owned(), vec![]),
            (CLONE.replace("https://e.invalid/", "git@e.invalid:"), vec![]),
            (CLONE.replace("https://", "ssh://"), vec![]),
            (
                CLONE.replace("https://e.invalid/", "ext::sh -c x "),
                vec!["remote.origin.url"],
            ),
            (CLONE.replace("https://e.invalid/", "/srv/"), vec!["remote.origin.url"]),
            (
                CLONE.replace("https://e.invalid/", "file:///srv/"),
                vec!["remote.origin.url"],
            ),
            (CLONE.replace("https://", "../"), vec!["remote.origin.url"]),
            (format!("{CLONE}[core]\nsshCommand = x"), vec!["core.sshcommand"]),
            (format!("{CLONE}uploadpack = x"), vec!["remote.origin.uploadpack"]),
            (format!("{CLONE}vcs = x"), vec!["remote.origin.vcs"]),
            (
                format!("{CLONE}[url \"ext::x\"]\ninsteadOf = https://"),
                vec!["url.ext::x.insteadof"],
            ),
            (format!("{CLONE}[credential]\nhelper = !x"), vec!["credential.helper"]),
            (
                format!("{CLONE}[extensions]\npartialClone = ../x"),
                vec!["extensions.partialclone"],
            ),
            (format!("{CLONE}[extensions]\npartialClone = origin"), vec![]),
            (
                format!("{CLONE}[remote \"../x\"]\npromisor = 1"),
                vec!["remote.../x.promisor"],
            ),
            (
                format!("{CLONE}[remote \"x\"] url = ext::x"),
                vec!["a line that is not understood"],
            ),
            // Files that are not there include nothing.
            (format!("{CLONE}[include]\npath = x"), vec![]),
            (
                "[includeIf \"gitdir:/x/.git\"]\npath = /x/credentials".to_owned(),
                vec![],
            ),
            (
                "[core]\nsshCommand = x\n[branch \"include\"]\nremote = .".to_owned(),
                vec![],
            ),
        ] {
            assert_eq!(found(&config), wanted, "{config}");
        }
    }

    #[test]
    fn included_files_are_looked_through() {
        let place = tempfile::tempdir().unwrap();
        let at = |name: &str| place.path().join(name);
        fs::create_dir_all(at(".git")).unwrap();
        fs::write(at(".git/config"), "[includeIf \"gitdir:/x\"]\npath = ../one\n").unwrap();
        let found = || -> Vec<String> { programs(place.path()).into_iter().map(|runs| runs.key).collect() };
        fs::write(at("one"), "[core]\nsshCommand = x\n[include]\npath = two\n").unwrap();
        assert!(found().is_empty());
        for hidden in [
            "two # comment",
            "two;",
            "\"two\"x",
            "~user/two",
            "%(prefix)/two",
            "two\u{a0}",
            "",
        ] {
            fs::write(at("one"), format!("[include]\npath = {hidden}\n")).unwrap();
            assert_eq!(found(), ["include.path"], "{hidden}");
        }
        for file in 0..=MOST_FILES {
            fs::write(at(&format!("n{file}")), format!("[include]\npath = n{}\n", file + 1)).unwrap();
        }
        fs::write(at("one"), "[include]\npath = n0\n").unwrap();
        assert_eq!(found(), ["too many included files"]);
        // A circle ends.
        fs::write(at("one"), "[core]\nsshCommand = x\n[include]\npath = \"two\"\n").unwrap();
        fs::write(at("two"), format!("{CLONE}[include]\npath = one\n")).unwrap();
        assert_eq!(found(), ["core.sshcommand"]);
    }

    #[test]
    fn the_repository_of_a_working_tree_is_looked_through_wherever_it_is() {
        let root = tempfile::tempdir().unwrap();
        let at = |name: &str| root.path().join(name);
        for (name, text) in [
            ("tree/.git", "gitdir: ../repo/worktrees/tree\n"),
            ("repo/worktrees/tree/commondir", "../..\n"),
            ("repo/config", &*format!("{CLONE}[core]\nsshCommand = x")),
            ("repo/hooks/pre-auto-gc", ""),
        ] {
            fs::create_dir_all(at(name).parent().unwrap()).unwrap();
            fs::write(at(name), text).unwrap();
        }
        let keys: Vec<String> = programs(&at("tree")).into_iter().map(|runs| runs.key).collect();
        assert_eq!(keys, ["core.sshcommand", "this hook"]);
    }
}
