//! What a command reaches without naming it: files in the places that it searches, and where the links lead that it
//! makes or moves.
//!
//! Invariants: what is judged here only makes a line ask.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use super::contents::{self, Kind, SearchWalk, WalkEntry};
use super::judged::no_objection;
use super::paths::{PathTarget, ResolvedPath};
use super::places::{Use, matches};
use super::policy::{PartDecision, Policy};
use super::shell::arguments::pattern_operand;
use super::shell::programs::UNPACKERS;
use super::shell::texts::{program, star_brackets};
use super::shell::{ShellCommand, ShellWord, git, wrappers};
use super::spelling::{normal, slashed};
use super::wildcard_matches;
use crate::support::names::Names;

impl Policy {
    /// The files that a command looks into without naming them.
    pub(super) fn judge_search_of(&self, name: &str, words: &[ShellWord], dirs: &[PathBuf]) -> Option<PartDecision> {
        let words = &*without_counts_and_types(name, words);
        let texts: Vec<&str> = words[1..].iter().map(ShellWord::text).collect();
        let options: Vec<&str> = texts.iter().copied().filter(|text| text.starts_with('-')).collect();
        if name == "git"
            && git::prints_contents(words, &|path| dirs.iter().all(|dir| dir.join(path).is_file()))
            && let Some(rule) = self.rule_about_files(false)
        {
            return Some(rule);
        }
        let walk = walk_of(name, &texts, &options)?;
        let follows = matches!(name, "zip" | "diff")
            || (name == "tar" && texts.iter().any(|text| text.contains('h')))
            || (GREPS.contains(name) && has_option(&options, &['R'], &["de"]));
        let archives = matches!(name, "tar" | "bsdtar" | "zip" | "diff");
        let from = match name {
            "git" => 2,
            _ => pattern_operand(name, words).map_or(1, |at| at + 1),
        };
        let named: Vec<&str> = words
            .iter()
            .skip(from)
            .map(ShellWord::text)
            .filter(|text| !text.starts_with('-'))
            .collect();
        // Which of them are places, and which the values of options, is seen by what is there.
        let is_sure = !options.iter().any(|option| {
            option.starts_with("--exc")
                || (!option.starts_with("--include=") && (option.starts_with("--inc") || may_take_value(name, option)))
        });
        let included = if is_sure { included_globs(&options) } else { Vec::new() };
        let shows = |path: &Path, kind: Kind| is_included(path, &included) && (kind == Kind::File || follows);
        dirs.iter().find_map(|dir| {
            let mut places = match name {
                "git" => git_places(&texts),
                _ => named.iter().copied().filter(|name| dir.join(name).is_dir()).collect(),
            };
            let has_place = named.iter().any(|name| dir.join(name).exists());
            // With an option that takes a value, what looks like a place may be what is looked for.
            let is_unsure = !has_place || options.iter().any(|option| may_take_value(name, option));
            let has_glob = words.iter().skip(from).any(|word| word.has_glob);
            if has_glob || (name != "git" && !archives && is_unsure) {
                places.push(".");
            }
            places
                .iter()
                .find_map(|place| self.judge_contents(name, &self.grounds.look(place, dir), walk, &shows))
        })
    }

    /// What a command runs on files that are found, `xargs` on those of the command before it and `find` on its own: when
    /// that only reads, it reads some file below the places that are searched. Gives what runs, and what is said of those
    /// files.
    pub(super) fn judge_found_files(&self, command: &ShellCommand) -> Option<(Vec<ShellWord>, PartDecision)> {
        let ((inner, is_zero), search) = match program(&command.words)? {
            "xargs" => (wrappers::of_xargs(&command.words[1..])?, command.feeds.as_deref()?),
            "find" => ((wrappers::of_find(&command.words[1..])?, false), command),
            _ => return None,
        };
        let runs = program(&inner).filter(|name| READERS_OF_FILES.contains(name))?;
        let (feed, mut search) = (search, search);
        while let words = search.words.iter().map(ShellWord::known).collect::<Option<Vec<_>>>()?
            && passes_lines_on(&words)
        {
            search = search.feeds.as_deref()?;
        }
        // Names of files may hold line ends.
        let ends_with_zero = search.words.last().map(ShellWord::text) == Some("-print0");
        if is_zero != ends_with_zero || (is_zero && !std::ptr::eq(search, feed)) {
            return None;
        }
        let (places, patterns) = searched(search, std::ptr::eq(search, command))?;
        let shows = |path: &Path, _: Kind| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            patterns
                .iter()
                .all(|pattern| pattern.contains(['[', '\\']) || wildcard_matches(pattern, &name))
        };
        // A name that `xargs` would take for several, or for an option.
        let is_odd = |path: &Path, kind: Kind| {
            let text = path.to_string_lossy();
            let is_cut = text.contains(|c: char| c.is_whitespace() || matches!(c, '\'' | '"' | '\\'));
            shows(path, kind) && (is_cut || text.split('/').any(|part| part.starts_with('-')))
        };
        let mut verdict = no_objection();
        for dir in search.dirs.as_ref()? {
            for place in &places {
                let sight = self.grounds.look(place, dir);
                if sight
                    .real
                    .iter()
                    .any(|real| contents::find(real, SearchWalk::All, is_odd) != WalkEntry::Nothing)
                {
                    verdict = verdict.stricter(self.beyond("bash", "bash that reads files with unusual names"));
                }
                let found = self.judge_contents(runs, &sight, SearchWalk::All, &shows);
                verdict = verdict.stricter(self.judge_place(place, dir, Use::Reads));
                verdict = verdict.stricter(found.unwrap_or_else(no_objection));
            }
        }
        Some((inner, verdict))
    }

    /// What is copied, moved or unpacked comes to stand in another directory: each file of it is written there.
    pub(super) fn judge_arrivals(&self, name: &str, words: &[ShellWord], dirs: &[PathBuf]) -> Option<PartDecision> {
        let asks = |what| Some(self.beyond("bash", what));
        if UNPACKERS.contains(name) && dirs.iter().any(|dir| self.grounds.home.starts_with(dir)) {
            return asks("bash that unpacks files in the home");
        }
        if !matches!(name, "mv" | "cp" | "rsync" | "install" | "ln") {
            return None;
        }
        let is_minded = |path: &Path| {
            let sight = ResolvedPath::of_file(path);
            let mut rules = self.narrowing("edit");
            self.grounds.protection(path).is_some()
                || rules.any(|(_, pattern)| self.grounds.is_refused(pattern, &sight, &slashed(path)))
        };
        let arrives = dirs.iter().any(|dir| {
            let operands: Vec<String> = words[1..]
                .iter()
                .filter(|word| !word.text().starts_with('-'))
                .flat_map(|word| match word.has_glob {
                    true => matches(&star_brackets(word.text()), dir).unwrap_or_default(),
                    false => vec![word.text().to_owned()],
                })
                .collect();
            let places = operands.iter().filter(|place| dir.join(place).is_dir());
            places.into_iter().any(|place| {
                let place_path = dir.join(place);
                operands.iter().filter(|source| *source != place).any(|source| {
                    let source = dir.join(source);
                    // Under its own name, or what is in it alone.
                    let arrives = |path: &Path, _: Kind| {
                        let inner = path.strip_prefix(&source).unwrap_or(path);
                        let named = Path::new(source.file_name().unwrap_or_default()).join(inner);
                        [inner, &named]
                            .into_iter()
                            .any(|inner| is_minded(&normal(&place_path.join(inner))))
                    };
                    contents::find(&source, SearchWalk::All, arrives) != WalkEntry::Nothing
                })
            })
        });
        match arrives {
            true => asks("bash that brings files to where programs are started from, or where a rule refuses them,"),
            false => None,
        }
    }

    /// Links that are made or moved: where they lead is judged from where they come to stand, since what follows in the
    /// line, or beside it, is judged before they are there.
    pub(super) fn judge_links(&self, name: &str, words: &[ShellWord], dirs: &[PathBuf]) -> Option<PartDecision> {
        let asks = |what| Some(self.beyond("bash", what));
        let operands: Vec<&str> = words[1..].iter().map(ShellWord::text).collect();
        match name {
            "ln" => {
                let climbs = operands.iter().any(|operand| operand.contains(".."));
                let is_inside = |target: &str, from: &Path| self.grounds.look(target, from).place == PathTarget::Inside;
                let stays = operands
                    .iter()
                    .all(|operand| !operand.starts_with("-t") && !operand.starts_with("--t"))
                    && dirs.iter().all(|dir| {
                        operands.iter().filter(|target| target.contains("..")).all(|target| {
                            operands.iter().filter(|place| *place != target).all(|place| {
                                let place = normal(&dir.join(place));
                                is_inside(target, &place)
                                    && place.parent().is_some_and(|place| is_inside(target, place))
                            })
                        })
                    });
                if climbs && !stays {
                    return asks("bash with a link that may lead out of the directory");
                }
            }
            "mv" | "cp" | "rsync" | "install" | "git" if name != "git" || operands.first() == Some(&"mv") => {
                // The last one is where things go, unless an option has said that.
                let says_where =
                    |operand: &&str| operand.starts_with("--t") || (operand.starts_with('-') && operand.contains('t'));
                let sources = match operands.split_last() {
                    Some((_, sources)) if name == "rsync" || !operands.iter().any(says_where) => sources,
                    _ => &operands,
                };
                let moves = dirs
                    .iter()
                    .any(|dir| sources.iter().any(|operand| holds_climbing_link(&dir.join(operand))));
                if moves {
                    return asks("bash that moves a link, which may then lead out of the directory,");
                }
            }
            _ => {}
        }
        None
    }
}

/// The globs of the files that a search is limited to.
fn included_globs<'a>(options: &[&'a str]) -> Vec<&'a str> {
    let globs = options.iter().filter_map(|option| option.strip_prefix("--include="));
    globs.collect()
}

/// Whether a search that is limited to these globs looks into a file. Without globs it looks into every file.
fn is_included(path: &Path, globs: &[&str]) -> bool {
    let name = path.file_name().map(std::ffi::OsStr::to_string_lossy);
    let is_matched =
        |glob: &&str| glob.contains(['[', '{', '\\']) || name.as_ref().is_some_and(|name| wildcard_matches(glob, name));
    globs.is_empty() || globs.iter().any(is_matched)
}

/// Programs that search as `grep` does.
const GREPS: Names = Names("grep egrep fgrep");

/// Whether one of the options has one of the letters, or is a long one that begins so.
fn has_option(options: &[&str], letters: &[char], long: &[&str]) -> bool {
    options.iter().any(|option| match option.strip_prefix("--") {
        Some(name) => long.iter().any(|long| name.starts_with(long)),
        None => option.contains(letters),
    })
}

/// Which files a program looks into without naming them; none when it looks into no others.
fn walk_of<'t>(name: &str, texts: &[&'t str], options: &[&str]) -> Option<SearchWalk<'t>> {
    let has = |letters: &[char], long: &[&str]| has_option(options, letters, long);
    Some(match name {
        name if GREPS.contains(name) && has(&['r', 'R', 'd'], &["rec", "de", "di"]) => SearchWalk::All,
        // Names alone.
        "rg" if texts.contains(&"--files") => return None,
        "rg" if has(&['u', '.'], &["hi", "no-", "un", "ig", "type-a"]) => SearchWalk::All,
        "rg" if has(&['g'], &["gl"]) => match only_glob(texts) {
            // What looks like the glob may be the value of another option.
            Some(include)
                if !options
                    .iter()
                    .any(|option| !is_glob(option) && may_take_value(name, option)) =>
            {
                SearchWalk::Engine { include }
            }
            _ => SearchWalk::All,
        },
        "rg" => SearchWalk::Plain,
        "git" if texts.contains(&"grep") && has(&[], &["unt", "no-i", "no-e"]) => SearchWalk::All,
        "git" if texts.first() == Some(&"grep") => SearchWalk::Engine { include: "" },
        "tar" | "bsdtar" | "zip" | "diff" | "ag" | "ack" | "ugrep" => SearchWalk::All,
        _ => return None,
    })
}

/// The places that `git grep` looks into. Only behind `--` is it certain that something is a place, and not what is looked
/// for; there it may also be a pattern, or magic.
fn git_places<'t>(texts: &[&'t str]) -> Vec<&'t str> {
    let behind: Vec<&str> = texts.iter().copied().skip_while(|text| *text != "--").skip(1).collect();
    match behind.is_empty() || !behind.iter().all(|path| git::is_plain_path(path)) {
        true => vec!["."],
        false => behind,
    }
}

/// The places that a command lists the files of, and the patterns that their names match. None when it may print anything
/// else, as git may, whose names need not be those of files that are there. Its own action may stand at the end of `find`
/// when it `may_run`.
fn searched(search: &ShellCommand, may_run: bool) -> Option<(Vec<&str>, Vec<&str>)> {
    let texts: Vec<&str> = search.words.iter().map(ShellWord::known).collect::<Option<_>>()?;
    let ["find", rest @ ..] = texts.as_slice() else {
        return None;
    };
    let start = rest
        .iter()
        .position(|text| text.starts_with(['-', '(', '!']))
        .unwrap_or(rest.len());
    let (places, mut tests) = rest.split_at(start);
    let mut patterns = Vec::new();
    // Each test only leaves files out; anything else may print more.
    loop {
        tests = match tests {
            [] | ["-print" | "-print0"] => break,
            ["-exec", ..] if may_run => break,
            ["-name", pattern, rest @ ..] => {
                patterns.push(*pattern);
                rest
            }
            ["!" | "-not", test, _, rest @ ..] | [test, _, rest @ ..] if FIND_TESTS.contains(test) => rest,
            _ => return None,
        };
    }
    let places = if places.is_empty() { vec!["."] } else { places.to_vec() };
    Some((places, patterns))
}

/// Programs that read the files that they are given, and nothing else.
const READERS_OF_FILES: Names =
    Names("cat head tail wc grep egrep fgrep ls stat echo basename dirname md5sum sha1sum sha256sum nl tac");

/// Tests of `find` with one value.
const FIND_TESTS: Names =
    Names("-name -iname -path -ipath -wholename -type -maxdepth -mindepth -size -mtime -mmin -newer -user -perm");

/// Whether a command gives some of its input's lines out as they are.
fn passes_lines_on(words: &[&str]) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit());
    match words {
        ["sort", options @ ..] => options.iter().all(|option| matches!(*option, "-u" | "-r" | "-n")),
        ["uniq"] => true,
        ["head" | "tail", "-n", count] => is_number(count),
        ["head" | "tail", option] => option
            .strip_prefix('-')
            .is_some_and(|count| is_number(count.trim_start_matches('n'))),
        ["head" | "tail"] => true,
        _ => false,
    }
}

/// Whether an option of a program that searches may have the next word for its value.
fn may_take_value(name: &str, option: &str) -> bool {
    match option.strip_prefix("--") {
        Some(long) => {
            !long.contains('=')
                && !matches!(
                    long,
                    "recursive"
                        | "ignore-case"
                        | "line-number"
                        | "files-with-matches"
                        | "hidden"
                        | "no-ignore"
                        | "count"
                )
        }
        None => !option[1..]
            .chars()
            .all(|c| "nilcwohHvFPqsIxRLuS.".contains(c) || (c == 'r' || c == 'E') && name != "rg"),
    }
}

/// The words of a search without the options whose values are numbers or types of files. All of them where another option
/// may take what looks like one of these.
fn without_counts_and_types<'w>(name: &str, words: &'w [ShellWord]) -> Cow<'w, [ShellWord]> {
    let takes_value = match name {
        "rg" => Names(
            "-t -T -A -B -C -m --type --type-not --after-context --before-context --context --max-count --max-depth",
        ),
        name if GREPS.contains(name) => Names("-A -B -C -m --after-context --before-context --context --max-count"),
        _ => return Cow::Borrowed(words),
    };
    let mut left = Vec::new();
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        if !takes_value.contains(word.text()) {
            left.push(word.clone());
        } else if rest.next().and_then(ShellWord::known).is_none() {
            return Cow::Borrowed(words);
        }
    }
    let is_settled = |word: &ShellWord| !word.text().starts_with('-') || !may_take_value(name, word.text());
    match left.iter().all(is_settled) {
        true => Cow::Owned(left),
        false => Cow::Borrowed(words),
    }
}

/// Whether an option of `rg` takes a glob.
fn is_glob(option: &str) -> bool {
    matches!(option, "-g" | "--glob") || option.starts_with("--glob=")
}

/// The only glob among the options of `rg`; `None` if there may be more.
fn only_glob<'t>(texts: &[&'t str]) -> Option<&'t str> {
    let mut globs = texts.iter().enumerate().filter(|(_, text)| {
        text.starts_with("--gl") || (text.starts_with('-') && !text.starts_with("--") && text.contains('g'))
    });
    let (at, text) = globs.next()?;
    let alone = matches!(*text, "-g" | "--glob");
    let glob = if alone {
        texts.get(at + 1)?
    } else {
        text.strip_prefix("--glob=")?
    };
    (globs.next().is_none() && !glob.is_empty()).then_some(glob)
}

/// Links that are looked at to see whether they may be moved.
const MOST_ENTRIES: usize = 5000;

/// Whether a path is a relative link that goes up, or a directory that holds one.
fn holds_climbing_link(path: &Path) -> bool {
    let climbs = |path: &Path| {
        std::fs::read_link(path).is_ok_and(|target| target.is_absolute() || target.to_string_lossy().contains(".."))
    };
    let mut open = vec![path.to_path_buf()];
    let mut seen = 0;
    while let Some(path) = open.pop() {
        seen += 1;
        if seen > MOST_ENTRIES || climbs(&path) {
            return true;
        }
        if std::fs::symlink_metadata(&path).is_ok_and(|metadata| metadata.is_dir()) {
            open.extend(
                std::fs::read_dir(&path)
                    .into_iter()
                    .flatten()
                    .flatten()
                    .map(|entry| entry.path()),
            );
        }
    }
    false
}
