//! What in a git command runs other programs, writes elsewhere, or looks elsewhere.

use super::programs::{Hazard, RUNS, WRITES};
use super::{Command, Names, Word};

/// Options before the subcommand that take a value of their own.
const VALUED: Names = Names("-c -C --git-dir --work-tree --namespace --exec-path --config-env");

/// Options before the subcommand that only change how git talks.
const HARMLESS_GLOBAL: Names =
    Names("--no-pager --no-optional-locks --literal-pathspecs --version --help --no-replace-objects");

/// Subcommands that a `git *` means. Others may be aliases or programs.
const KNOWN: Names = Names(
    "add am apply archive blame branch bundle cat-file check-attr check-ignore checkout cherry cherry-pick \
     clean clone commit config count-objects describe diff diff-files diff-index diff-tree fetch for-each-ref \
     format- patch fsck gc grep hash-object help init log ls-files ls-remote ls-tree merge merge-base mv \
     name-rev notes prune pull push range-diff rebase reflog remote repack reset restore rev-list rev-parse \
     revert rm shortlog show show-branch show-ref sparse-checkout stash status switch symbolic-ref tag \
     worktree",
);

/// Options that run programs or write files, whatever the subcommand. Git takes every unambiguous beginning of them.
const LONG: Names = Names(
    "ext-diff textconv output output-directory upload-pack receive-pack exec open-files-in-pager paginate \
     config config-env git-dir work-tree exec-path template separate-git-dir tool no-index unsafe-paths",
);

/// Subcommands that talk to another repository.
const TALKING: Names = Names("archive clone fetch ls-remote pull push remote submodule");

/// Whether an option, without its value, runs programs or writes files.
pub(crate) fn is_hazard(option: &str) -> bool {
    option
        .strip_prefix("--")
        .is_some_and(|long| !long.is_empty() && LONG.has_beginning(long))
}

/// Subcommands that only read as long as no hazard is found in their arguments.
const READING: &str =
    "blame cat-file describe diff grep log ls-files ls-tree merge-base rev-list rev-parse shortlog show status";

pub(crate) fn only_reads(words: &[Word]) -> bool {
    subcommand(words).is_some_and(|at| READING.contains(words[at].text()))
}

/// Whether a word is the text of a commit, whatever is in it.
pub(crate) fn is_message(words: &[Word], at: usize) -> bool {
    words[0].text() == "git"
        && at > 1
        && matches!(words[at - 1].text(), "-m" | "--message")
        && matches!(words[1].text(), "commit" | "tag" | "stash" | "merge" | "notes")
        && !words[at].may_split
}

/// Subcommands that print no file's contents, with the options that `-p` and its like are not among.
const SILENT: Names = Names(
    "add branch checkout commit config describe fetch ls-files ls-tree merge-base mv pull push remote reset \
     restore rev-list rev-parse rm status switch tag",
);
/// Options of `git log` that show no contents.
const SILENT_LOG: Names = Names(
    "--abbrev-commit --all --author --branches --date --decorate --first-parent --follow --format --graph \
     --grep --max-count --merges --name-only --name-status --no-color --no-decorate --no-merges --no-pager \
     --numstat --oneline --pretty --reverse --shortstat --since --stat --tags --until -i -n",
);

/// Whether a command may print what is in files that its arguments do not name, of this commit or of another.
pub(crate) fn prints_contents(words: &[Word]) -> bool {
    let Some(at) = subcommand(words) else { return false };
    let name = words[at].text();
    let arguments = || words[at + 1..].iter().map(Word::text);
    // Behind `--` it says which files.
    let named: Vec<&Word> = words.iter().skip_while(|word| word.text() != "--").skip(1).collect();
    let is_path = |word: &&Word| {
        word.known()
            .is_some_and(|path| !path.starts_with(':') && !path.contains(['*', '?', '[']))
    };
    if !named.is_empty() && named.iter().all(is_path) {
        return false;
    }
    if name == "stash" {
        return arguments().any(|text| text == "show" || text.starts_with("-p") || text.starts_with("--p"));
    }
    let patches = |text: &str| {
        text.starts_with("-p") || text.starts_with("-v") || text.starts_with("--p") || text.starts_with("--v")
    };
    let is_silent = match name {
        "log" | "shortlog" => arguments().filter(|text| text.starts_with('-')).all(|text| {
            let option = text.split('=').next().unwrap_or_default();
            SILENT_LOG.contains(option)
                || text[1..].chars().all(|c| c.is_ascii_digit())
                || text
                    .strip_prefix("-n")
                    .is_some_and(|count| count.chars().all(|c| c.is_ascii_digit()))
        }),
        "diff" => {
            arguments().any(|text| matches!(text, "--stat" | "--name-only" | "--name-status" | "--shortstat"))
                && !arguments().any(patches)
        }
        _ => {
            SILENT.contains(name)
                && !(matches!(name, "add" | "checkout" | "commit" | "reset" | "restore") && arguments().any(patches))
        }
    };
    !is_silent
}

/// The index of the subcommand.
pub(crate) fn subcommand(words: &[Word]) -> Option<usize> {
    let mut at = 1;
    while let Some(word) = words.get(at) {
        let text = word.text();
        if !text.starts_with('-') {
            return Some(at);
        }
        at += if VALUED.contains(text) { 2 } else { 1 };
    }
    None
}

pub(crate) fn hazards(command: &Command) -> Vec<Hazard> {
    let words = &command.words;
    let mut found = Vec::new();
    let at = subcommand(words);
    let (global, rest) = words[1..].split_at(at.map_or(words.len() - 1, |at| at - 1));
    for word in global {
        if word.text().starts_with('-') && !HARMLESS_GLOBAL.contains(word.text()) {
            found.push(Hazard::new(word.text(), RUNS));
        }
    }
    let Some((name, rest)) = rest.split_first() else {
        return found;
    };
    let name = name.text();
    if !KNOWN.contains(name) {
        // Aliases, programs named `git-...`, and those that run what they are told to.
        found.push(Hazard::new(name, RUNS));
    }
    for word in rest.iter().take_while(|word| word.text() != "--") {
        let text = word.text();
        let long = text
            .strip_prefix("--")
            .map(|long| long.split('=').next().unwrap_or(long));
        let is_hazard = match long {
            // Here they only ask where things are.
            Some("git-dir" | "exec-path") if name == "rev-parse" => false,
            Some(long) => !long.is_empty() && LONG.has_beginning(long),
            None => match (name, text.strip_prefix('-')) {
                ("rebase", Some(letters)) => letters.contains('x'),
                ("fetch" | "ls-remote" | "clone" | "pull", Some(letters)) => {
                    letters.contains('u') || letters.contains('c')
                }
                ("grep", Some(letters)) => letters.contains('O') || letters.contains('f'),
                ("archive" | "format-patch", Some(letters)) => letters.contains('o'),
                ("commit" | "tag" | "merge" | "notes", Some(letters)) => letters.contains('F') || letters.contains('t'),
                ("difftool" | "mergetool", Some(letters)) => letters.contains(['x', 't']),
                _ => false,
            },
        };
        if is_hazard {
            found.push(Hazard::new(text.split('=').next().unwrap_or(text), RUNS));
        }
        if TALKING.contains(name) && text.contains("::") {
            found.push(Hazard::new(text, RUNS));
        }
    }
    let first = rest.iter().map(Word::text).find(|text| !text.starts_with('-'));
    match name {
        "config" => {
            let reads = ["--get", "--get-all", "--list", "-l", "--get-regexp", "get", "list"];
            let only_names_one = matches!(rest, [name] if !name.text().starts_with('-'));
            if !only_names_one && !rest.first().is_some_and(|word| reads.contains(&word.text())) {
                found.push(Hazard::new("config", "it sets what git runs"));
            }
        }
        "worktree" if first == Some("list") => {}
        "bundle" | "archive" | "worktree" | "clone" | "init" => found.push(Hazard::new(name, WRITES)),
        "apply" | "am" => found.push(Hazard::new(name, "it changes the files that its input names")),
        // Names of remotes that are configured are the user's; an address is the model's.
        "fetch" | "pull" | "ls-remote" => {
            if let Some(address) = first.filter(|text| text.contains([':', '/', '\\'])) {
                found.push(Hazard::new(address, "it talks to a place that is not configured"));
            }
        }
        "remote" if matches!(first, Some("add" | "set-url")) => found.push(Hazard::new("remote", RUNS)),
        _ => {}
    }
    found
}
