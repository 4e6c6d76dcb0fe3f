//! What in a git command runs other programs, writes elsewhere, or looks elsewhere.

use super::hazard::{Hazard, RUNS, UNPACKS, WRITES};
use super::texts::typed;
use super::{ShellCommand, ShellWord};
use crate::support::names::Names;

/// Options before the subcommand that take a value of their own.
const VALUED: Names = Names("-c -C --git-dir --work-tree --namespace --exec-path --config-env");

/// Options before the subcommand that only change how git talks.
const HARMLESS_GLOBAL: Names =
    Names("--no-pager --no-optional-locks --literal-pathspecs --version --help --no-replace-objects");

/// Subcommands that a `git *` means. Others may be aliases or programs.
const KNOWN: Names = Names(
    "add am apply archive blame branch bundle cat-file check-attr check-ignore checkout cherry cherry-pick \
     clean clone commit config count-objects describe diff diff-files diff-index diff-tree fetch for-each-ref \
     format-patch fsck gc grep hash-object help init log ls-files ls-remote ls-tree merge merge-base mv \
     name-rev notes prune pull push range-diff rebase reflog remote repack reset restore rev-list rev-parse \
     revert rm shortlog show show-branch show-ref sparse-checkout stash status switch symbolic-ref tag \
     worktree",
);

/// Options that run programs or write files, whatever the subcommand. Git takes every unambiguous beginning of them.
const LONG: Names = Names(
    "ext-diff textconv output output-directory upload-pack receive-pack exec open-files-in-pager paginate \
     config config-env git-dir work-tree exec-path template separate-git-dir tool no-index unsafe-paths stdin stdin-paths \
     pathspec-from-file batch batch-check batch-command",
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
const READING: Names =
    Names("blame cat-file describe diff grep log ls-files ls-tree merge-base rev-list rev-parse shortlog show status");

pub(crate) fn only_reads(words: &[ShellWord]) -> bool {
    subcommand(words).is_some_and(|at| READING.contains(words[at].text()))
}

/// Whether a command changes files of the directory, or brings others into it.
pub(crate) fn changes_files(words: &[ShellWord]) -> bool {
    const CHANGING: Names = Names(
        "am apply checkout cherry-pick clean clone merge mv pull rebase reset restore revert rm sparse-checkout stash \
         switch worktree",
    );
    let Some((name, rest)) = subcommand(words).and_then(|at| words[at..].split_first()) else {
        return false;
    };
    let has = |options: Names| rest.iter().any(|word| options.contains(word.text()));
    let only_names = match name.text() {
        "checkout" => has(Names("-b")) && rest.len() == 2,
        "switch" => has(Names("-c --create")) && rest.len() == 2,
        "reset" => !rest
            .iter()
            .any(|word| word.may_be_option() && !Names("-q --quiet --mixed --soft --").contains(word.text())),
        "stash" => rest
            .first()
            .is_some_and(|word| Names("list show").contains(word.text())),
        "worktree" => rest.first().is_some_and(|word| word.text() == "list"),
        _ => false,
    };
    CHANGING.contains(name.text()) && !only_names
}

/// Whether a word is the text of a commit, whatever is in it: what stands before `-m` is no option that takes that for its
/// value.
pub(crate) fn is_message(words: &[ShellWord], at: usize) -> bool {
    const ALONE: Names = Names("-a -s -q -n --all --amend --no-verify --allow-empty --signoff --quiet");
    let is_flag = |word: &ShellWord| matches!(word.text(), "-m" | "--message");
    if words[0].text() != "git"
        || words
            .get(1)
            .is_none_or(|word| !Names("commit tag stash merge notes").contains(word.text()))
    {
        return false;
    }
    let mut next = 2;
    while next < at {
        let word = &words[next];
        match is_flag(word) {
            true if next + 1 == at => return !words[at].may_split,
            true if words.get(next + 1).is_some_and(|word| !word.may_split) => next += 2,
            false if ALONE.contains(word.text()) || word.known().is_some_and(|text| !text.starts_with('-')) => {
                next += 1
            }
            _ => return false,
        }
    }
    false
}

/// Whether a word behind the program's name can only be a file, a commit or a branch: it is an operand of a subcommand that
/// takes no other.
pub(crate) fn takes_files(rest: &[ShellWord], at: usize) -> bool {
    const TAKES_FILES: Names = Names(
        "add blame check-attr check-ignore checkout clean commit diff grep hash-object log ls-files mv reset restore rev-list \
         rm show status",
    );
    at > 0 && rest[0].known().is_some_and(|name| TAKES_FILES.contains(name))
}

/// Whether git takes a path behind `--` for the file of that name alone, and for no pattern.
pub(crate) fn is_plain_path(path: &str) -> bool {
    !path.starts_with(':') && !path.contains(['*', '?', '[', '\\'])
}

/// Subcommands that print no file's contents, unless one of their options says so.
const SILENT: Names = Names(
    "add branch checkout commit config describe fetch ls-files ls-tree merge-base mv pull push remote reset \
     restore rev-list rev-parse rm stash status switch tag",
);
/// Options with which subcommands print no contents.
const SILENT_OPTIONS: Names = Names(
    "--abbrev-commit --abbrev-ref --all --amend --author --branches --cached --date --decorate --ff-only --first-parent \
     --follow --force --graph --grep --is-inside-work-tree --max-count --merges --message --name-only --name-status \
     --no-color --no-decorate --no-edit --no-merges --no-verify --numstat --oneline --porcelain --prune --quiet --rebase \
     --reverse --set-upstream --short --shortstat --show-current --show-toplevel --since --sort --staged --stat --tags \
     --until --verify -A -D -M -a -am -b -d -f -i -m -n -q -r -s -sb",
);

/// Whether a command may print what is in files that its arguments do not name, of this commit or of another. `is_file`
/// tells of a path whether it is a file.
pub(crate) fn prints_contents(words: &[ShellWord], is_file: &dyn Fn(&str) -> bool) -> bool {
    let Some(at) = subcommand(words) else { return false };
    let name = words[at].text();
    let arguments: Vec<&str> = words[at + 1..].iter().map(ShellWord::text).collect();
    let (before, behind) = match arguments.iter().position(|text| *text == "--") {
        Some(end) => (&arguments[..end], &arguments[end + 1..]),
        None => (arguments.as_slice(), &[][..]),
    };
    // Behind `--` it says which files; what of other commits has that name is the same file.
    if matches!(name, "diff" | "log")
        && at == 1
        && !behind.is_empty()
        && behind.iter().all(|path| is_plain_path(path) && is_file(path))
        && !before.iter().any(|text| text.starts_with("--f"))
    {
        return false;
    }
    let shows_names = |text: &&str| {
        matches!(
            *text,
            "--stat" | "--name-only" | "--name-status" | "--shortstat" | "--numstat"
        )
    };
    let options_are_silent = arguments.iter().filter(|text| text.starts_with('-')).all(|text| {
        let option = text.split('=').next().unwrap_or_default();
        let number = text.trim_start_matches("-n").trim_start_matches('-');
        SILENT_OPTIONS.contains(option) || *text == "--" || number.bytes().all(|c| c.is_ascii_digit())
    });
    let is_silent = match name {
        "diff" => arguments.iter().any(shows_names),
        "log" | "shortlog" => true,
        "stash" => !arguments.contains(&"show"),
        // `-i` asks what to show.
        "add" | "checkout" | "commit" | "reset" | "restore" => SILENT.contains(name) && !arguments.contains(&"-i"),
        name => SILENT.contains(name),
    };
    !(is_silent && options_are_silent)
}

/// Where a command looks beyond what is committed, so that it may show a secret, or bring it into a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shown {
    /// The files that the index names.
    Tracked,
    /// All files that are not ignored.
    All,
    /// What `git stash` put away.
    Stashed,
    /// The settings of the repository.
    Settings,
}

/// What of that a command may show.
pub(crate) fn shows_of_uncommitted(words: &[ShellWord]) -> Option<Shown> {
    let (name, rest) = words[subcommand(words)?..].split_first()?;
    let has = |names: Names| rest.iter().any(|word| names.contains(word.text()));
    // Alone, in a bundle, or as the beginning of a long one.
    let has_option = |letter: char, long: &str| {
        rest.iter().any(|word| match word.text().strip_prefix("--") {
            Some(name) => name.len() > 1 && long.starts_with(name),
            None => word.text().starts_with('-') && word.text().contains(letter),
        })
    };
    let asks_for_parts = has_option('p', "patch") || has_option('i', "interactive") || has_option('e', "edit");
    match name.text() {
        "config" => (!names_harmless_setting(rest)).then_some(Shown::Settings),
        "remote" | "ls-remote" if !rest.is_empty() => Some(Shown::Settings),
        "add" | "stage" if asks_for_parts => Some(Shown::Tracked),
        "add" | "stage" => Some(Shown::All),
        "stash" if has(Names("show")) => Some(Shown::Stashed),
        "stash" if has(Names("list pop apply drop branch")) => None,
        "stash" if has_option('u', "include-untracked") || has_option('a', "all") => Some(Shown::All),
        "stash" => Some(Shown::Tracked),
        "commit" if has_option('a', "all") || has_option('v', "verbose") || asks_for_parts => Some(Shown::Tracked),
        "checkout" | "restore" | "reset" if asks_for_parts => Some(Shown::Tracked),
        "status" if has_option('v', "verbose") => Some(Shown::Tracked),
        "show" | "log" | "diff" if rest.iter().any(|word| word.text().contains("stash")) => Some(Shown::Stashed),
        "diff" | "diff-files" | "diff-index" | "grep" if prints_contents(words, &|_| true) => Some(Shown::Tracked),
        _ => None,
    }
}

/// Whether `git config` is asked for one setting in which there is never a login.
fn names_harmless_setting(rest: &[ShellWord]) -> bool {
    const WITH_LOGINS: [&str; 6] = ["remote", "http", "url", "credential", "include", "submodule"];
    let mut keys = rest
        .iter()
        .map(ShellWord::text)
        .filter(|text| !text.starts_with('-') && *text != "get");
    let has_login = |key: &str| {
        WITH_LOGINS
            .iter()
            .any(|section| key.to_ascii_lowercase().starts_with(section))
    };
    let is_one = rest
        .iter()
        .all(|word| matches!(word.text(), "--get" | "get") || !word.text().starts_with('-'));
    is_one && matches!((keys.next(), keys.next()), (Some(key), None) if key.contains('.') && !has_login(key))
}

/// Options of the subcommands that talk to others that take no value.
const FLAGS: Names = Names(
    "--all --allow-unrelated-histories --append --atomic --autostash --commit --delete --dry-run --exit-code --ff --ff-only \
     --follow-tags --force --force-if-includes --force-with-lease --get-url --heads --keep --mirror --no-commit --no-edit \
     --no-ff --no-rebase --no-recurse-submodules --no-stat --no-tags --no-verify --porcelain --progress --prune --quiet \
     --rebase --refs --set-upstream --squash --stat --symref --tags --unshallow --verbose -4 -6 -a -d -f -n -p -q -r -t \
     -u -v",
);

/// Those that take the next word.
const FLAGS_WITH_VALUE: Names = Names(
    "--deepen --depth --jobs --push-option --server-option --shallow-since --strategy --strategy-option -X -j -o -s",
);

/// The words that may say which other repository a command talks to. An option that is not known may take a value.
pub(crate) fn remotes(words: &[ShellWord]) -> Vec<&str> {
    let Some(at) = subcommand(words).filter(|at| TALKING.contains(words[*at].text())) else {
        return Vec::new();
    };
    let mut texts = words[at + 1..].iter().map(ShellWord::text);
    let has_operand = match words[at].text() {
        // What it does, the name, and where that leads.
        "remote" => return texts.skip(2).collect(),
        name => !Names("archive submodule").contains(name),
    };
    let mut remotes = Vec::new();
    let mut may_be_value = false;
    while let Some(text) = texts.next() {
        if FLAGS_WITH_VALUE.contains(text) {
            texts.next();
            continue;
        }
        if text.starts_with('-') {
            may_be_value |= !FLAGS.contains(text) && !text.contains('=');
            let glued = text.strip_prefix("--").and_then(|long| long.split_once('='));
            remotes.extend(
                glued
                    .filter(|(long, _)| Names("repo remote").has_beginning(long))
                    .map(|(_, place)| place),
            );
            continue;
        }
        if has_operand {
            remotes.push(text);
        }
        if !std::mem::take(&mut may_be_value) {
            break;
        }
    }
    remotes
}

/// Whether a subcommand that joins histories is given a strategy that is not one of git's own: git runs a program of that
/// name.
fn has_own_strategy(name: &str, rest: &[ShellWord]) -> bool {
    const STRATEGIES: Names = Names("ours recursive resolve octopus ort subtree");
    let has_short = Names("merge pull rebase").contains(name);
    let mut texts = rest.iter().map(ShellWord::text).peekable();
    while let Some(text) = texts.next() {
        let value = match (text.strip_prefix("--"), text.strip_prefix('-')) {
            (Some(long), _) if long.starts_with("str") && !long.starts_with("strategy-") => {
                long.split_once('=').map(|(_, value)| value)
            }
            (None, Some(letters)) if has_short && letters.contains('s') => letters
                .split_once('s')
                .map(|(_, value)| value)
                .filter(|value| !value.is_empty()),
            _ => continue,
        };
        if !value
            .or_else(|| texts.peek().copied())
            .is_some_and(|value| STRATEGIES.contains(value))
        {
            return true;
        }
    }
    false
}

/// The index of the subcommand.
pub(crate) fn subcommand(words: &[ShellWord]) -> Option<usize> {
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

pub(crate) fn hazards(command: &ShellCommand) -> Vec<Hazard> {
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
        // Aliases, programs named `git-...`, and subcommands that run a command from their arguments.
        found.push(Hazard::new(name, RUNS));
    }
    // Also behind `--`: that may be the value of an option.
    for word in rest {
        let text = word.text();
        let long = text
            .strip_prefix("--")
            .map(|long| long.split('=').next().unwrap_or(long));
        let is_hazard = match long {
            // Here they only ask where things are.
            Some("git-dir" | "exec-path") if name == "rev-parse" => false,
            Some(long) => {
                !long.is_empty() && (LONG.has_beginning(long) || (name == "add" && "force".starts_with(long)))
            }
            None => match (name, text.strip_prefix('-')) {
                ("rebase", Some(letters)) => letters.contains('x'),
                ("fetch" | "ls-remote" | "clone" | "pull", Some(letters)) => {
                    letters.contains('u') || letters.contains('c')
                }
                ("grep", Some(letters)) => letters.contains('O') || letters.contains('f'),
                ("archive" | "format-patch", Some(letters)) => letters.contains('o'),
                ("commit" | "tag" | "merge" | "notes", Some(letters)) => letters.contains('F') || letters.contains('t'),
                ("difftool" | "mergetool", Some(letters)) => letters.contains(['x', 't']),
                // Files that are ignored are seldom meant to be in a commit.
                ("add" | "stage", Some(letters)) => letters.contains('f'),
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
    if Names("cherry-pick merge pull rebase revert").contains(name) && has_own_strategy(name, rest) {
        found.push(Hazard::new("--strategy", RUNS));
    }
    // Names of remotes that are configured are the user's; an address is the model's.
    let is_address = |text: &&str| text.contains([':', '/', '\\']);
    for text in remotes(words).into_iter().filter(is_address) {
        found.push(Hazard::new(text, "it talks to a place that is not configured"));
    }
    for word in rest
        .iter()
        .filter(|word| TALKING.contains(name) && word.text().contains("://"))
    {
        found.push(Hazard::new(word.text(), "it talks to a place that is not configured"));
    }
    let first = rest.iter().map(ShellWord::text).find(|text| !text.starts_with('-'));
    match name {
        "config" => {
            const READING: Names = Names("--get --get-all --list -l --get-regexp get list");
            const PLACES: Names = Names("--global --local --show-origin");
            let is_known = |word: &ShellWord| READING.contains(word.text()) || PLACES.contains(word.text());
            let only_names_one = matches!(rest, [name] if !name.text().starts_with('-'));
            let reads = rest.first().is_some_and(|word| READING.contains(word.text()))
                && rest.iter().all(|word| is_known(word) || !word.may_be_option());
            const FILES: Names = Names("-f --file --blob --includes");
            let files = rest
                .iter()
                .filter(|word| FILES.contains(word.text().split('=').next().unwrap_or_default()));
            found.extend(files.map(|word| Hazard::new(word.text(), RUNS)));
            if !only_names_one && !reads {
                // What it sets has to be named.
                const ACTIONS: Names = Names("set unset edit rename-section remove-section");
                let is_key = |word: &&ShellWord| !word.may_be_option() && !ACTIONS.contains(word.text());
                let key = rest.iter().find(is_key).unwrap_or(&rest[0]);
                found.push(Hazard::new(key.text(), RUNS));
            }
        }
        "worktree" if first == Some("list") => {}
        "bundle" | "archive" | "worktree" | "clone" | "init" => found.push(Hazard::new(name, WRITES)),
        "apply" | "am" => found.push(Hazard::new(&typed(rest), UNPACKS)),
        "remote" => {
            let changes = first.filter(|action| matches!(*action, "add" | "set-url"));
            found.extend(changes.map(|action| Hazard::new(action, RUNS)));
        }
        "bisect" | "submodule" => {
            let runs = |word: &&ShellWord| Names("run view visualize foreach set-url add").contains(word.text());
            found.extend(rest.iter().find(runs).map(|word| Hazard::new(word.text(), RUNS)));
        }
        _ => {}
    }
    found
}
