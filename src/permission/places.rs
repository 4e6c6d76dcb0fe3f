//! The places that a shell line names: arguments, patterns for file names, redirections.
//!
//! Invariants: a command may read what its arguments name, and unless it is known to only read, write it.

use std::path::{Path, PathBuf};

use super::action::Action;
use super::contents::{self, Kind, SearchWalk, WalkEntry};
use super::judged::{Judged, no_objection};
use super::paths::{AllowedRoots, PathTarget, ResolvedPath};
use super::policy::{Outside, PartDecision, Policy};
use super::preset;
use super::rules::{is_literal, is_plain, literal_prefix, patterns_meet};
use super::shell::arguments::{TEXTUAL, paths_in, pattern_operand};
use super::shell::hazard::Hazard;
use super::shell::programs::{READERS, changes_unnamed_files, hazards, only_reads};
use super::shell::texts::{program, star_brackets};
use super::shell::{self, Dirs, LinePart, ShellCommand, ShellContext, ShellWord, git, wrappers};
use super::spelling::slashed;
use super::wildcard_matches;
use crate::request::{Effect, PolicyRule};
use crate::support::names::Names;

/// What a command does with the places that its arguments name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Use {
    /// It shows names, or goes there.
    Lists,
    /// It reads what is there.
    Reads,
    Writes,
}

/// Programs that show of a directory which files are in it, and not what is in them.
const LISTERS: Names = Names("ls find gfind du df stat pwd basename dirname realpath");

/// Words of a command, and paths in one of them, that are judged.
const MOST_WORDS: usize = 400;

/// Programs whose first words say what to do, in the project.
const HAVE_SUBCOMMANDS: Names = Names(
    "bun bundle cargo composer docker dotnet gh go gradle just kubectl make gmake mix mvn npm npx nx pip pip3 pnpm poetry \
     rake rustup task tox turbo uv yarn",
);

/// Programs that look into files that the line does not name.
const SEARCHERS: Names = Names("rg grep egrep fgrep ag ack ugrep find fd zip tar bsdtar diff");

/// Programs that move files, or work on those of a whole directory.
const MOVERS: Names = Names("cp ln mv rsync install git xargs");

/// Files that are no files.
const STREAMS: Names = Names("/dev/null /dev/stdout /dev/stderr /dev/stdin");

impl Policy {
    /// The places that a command's arguments name.
    pub(super) fn judge_arguments(&self, command: &ShellCommand, hazards: &[Hazard]) -> Option<PartDecision> {
        let words = &command.words;
        let name = program(words)?;
        let asks = |what| self.beyond("bash", what);
        // Of texts only patterns reach files.
        let is_textual = TEXTUAL.contains(name);
        if is_textual && !words.iter().any(|word| word.has_glob) {
            return None;
        }
        let Some(dirs) = &command.dirs else {
            return Some(asks("bash in a directory that is not known"));
        };
        let only_reads = only_reads(words, hazards);
        let mut found = Vec::new();
        found.extend(self.judge_unmade_directory(name, words, dirs));
        if name == "cd" && words.len() == 1 {
            found.push(self.judge_place("~", &self.grounds.directory, Use::Lists));
        }
        if name == "git" {
            found.extend(self.judge_git_places(words, dirs));
        }
        found.extend(self.judge_links(name, words, dirs));
        found.extend(self.judge_arrivals(name, words, dirs));
        found.extend(self.judge_search_of(name, words, dirs));
        // What an unknown word becomes may be what a rule is about.
        let is_unknown = |at: usize| words[at].value.is_none() && !git::is_message(words, at);
        if !is_textual && (1..words.len()).any(is_unknown) {
            found.extend(self.rule_about_files(!only_reads));
        }
        let usage = match only_reads {
            true if LISTERS.contains(name) || is_textual => Use::Lists,
            true => Use::Reads,
            false if name == "cd" => Use::Lists,
            false => Use::Writes,
        };
        // What is looked for is no path, even when it looks like one.
        let pattern = pattern_operand(name, words).filter(|_| hazards.is_empty());
        let is_written_out = self.is_written_out(command);
        for (at, word) in words.iter().enumerate().take(MOST_WORDS) {
            let usage = match at {
                // The program, when it is a path, is one more file.
                0 if !word.text().contains('/') => continue,
                0 => usage.min(Use::Reads),
                _ if Some(at) == pattern || (is_textual && !word.has_glob) => continue,
                _ => usage,
            };
            for dir in dirs {
                found.extend(self.judge_word(word, dir, usage, is_written_out));
            }
        }
        if words.len() > MOST_WORDS {
            found.push(asks("bash with too many words to be judged"));
        }
        found.into_iter().reduce(PartDecision::stricter)
    }

    /// A directory that the line makes is not there yet: nothing can be looked up from it.
    fn judge_unmade_directory(&self, name: &str, words: &[ShellWord], dirs: &[PathBuf]) -> Option<PartDecision> {
        let leaves = |word: &ShellWord| match word.known() {
            Some(text) => text.contains("..") && (SEARCHERS.contains(name) || MOVERS.contains(name)),
            None => word.has_glob,
        };
        let asks = dirs.iter().any(|dir| !dir.is_dir()) && words[1..].iter().any(leaves);
        asks.then(|| self.beyond("bash", "bash in a directory that the line makes, with files around it,"))
    }

    /// The places that a word may name. Those `is_written_out` in a rule are judged by rules alone.
    fn judge_word(&self, word: &ShellWord, dir: &Path, usage: Use, is_written_out: bool) -> Option<PartDecision> {
        let texts: Vec<&str> = match &word.value {
            Some(value) => vec![value],
            None => word
                .variants
                .iter()
                .flat_map(|variant| variant.split_whitespace())
                .collect(),
        };
        let candidates: Vec<&str> = texts.into_iter().flat_map(paths_in).collect();
        if candidates.len() > MOST_WORDS {
            return Some(self.beyond("bash", "bash with too many paths in a word to be judged"));
        }
        let judged = candidates.into_iter().filter_map(|candidate| {
            let mut verdict = self.judge_place(candidate, dir, usage);
            if word.has_glob {
                verdict = verdict.stricter(self.judge_glob(candidate, dir, usage));
            }
            let is_named = verdict.by_preset && is_written_out && self.grounds.is_no_link(candidate);
            (!is_named).then_some(verdict)
        });
        judged.reduce(PartDecision::stricter)
    }

    /// Whether a rule without wildcards allows just this command: then it names the places that are written out in it.
    fn is_written_out(&self, command: &ShellCommand) -> bool {
        let exactly = |rule: &PolicyRule| {
            let pattern = rule.pattern.pattern.as_deref();
            pattern.is_some_and(is_literal) && self.covers(rule, command, &[])
        };
        self.by_rules("bash", &|_| false, &exactly).is_some()
    }

    /// The first rule that refuses or asks about some files, as a question.
    pub(super) fn rule_about_files(&self, writes: bool) -> Option<PartDecision> {
        let tools: &[&str] = if writes { &["read", "edit"] } else { &["read"] };
        let mut rules = tools.iter().flat_map(|tool| self.narrowing(tool));
        let (rule, _) = rules.find(|(rule, _)| !is_plain(&rule.pattern))?;
        Some(PartDecision::asked_by(rule))
    }

    /// Whether a part may bring files, or files of other names, to where the line works.
    pub(super) fn may_make_files(&self, part: &LinePart) -> bool {
        match part {
            LinePart::File { writes, target, .. } => {
                *writes && !target.known().is_some_and(|path| STREAMS.contains(path))
            }
            LinePart::Command(command) => {
                // What it runs is a part of its own.
                let only_runs = program(&command.words) != Some("find") && wrappers::unwrap(command).is_some();
                let only_reads = only_reads(&command.words, &hazards(command));
                !command.words.is_empty() && !only_reads && !only_runs && !self.is_neutral(command)
            }
        }
    }

    /// `xargs` cuts names of files at white space. The names that are there were looked at; those that the line makes
    /// were not.
    pub(super) fn judge_new_names(&self, parts: &[LinePart]) -> Option<Judged> {
        let xargs = parts.iter().find_map(|part| match part {
            LinePart::Command(command) if cuts_names(command) => Some(command.raw.clone()),
            _ => None,
        })?;
        (!self.allows_every_command() && parts.iter().any(|part| self.may_make_files(part))).then(|| {
            Judged::new(
                xargs,
                self.beyond("bash", "bash that cuts names which the line itself may make"),
            )
        })
    }

    /// What a line unpacks, checks out, links or moves may be a link, or a file that was somewhere else: what comes behind
    /// it in the line was looked at before.
    pub(super) fn judge_new_files(&self, parts: &[LinePart]) -> Option<Judged> {
        let at = parts.iter().position(changes_names)?;
        let is_there = |text: &str, dirs: &Dirs| {
            let mut dirs = dirs.iter().flatten();
            text.contains('/') || dirs.any(|dir| dir.join(text).symlink_metadata().is_ok())
        };
        let new = parts[at + 1..].iter().find_map(|part| match part {
            LinePart::File { target, .. } => {
                let is_stream = target.known().is_some_and(|path| STREAMS.contains(path));
                (!is_stream).then(|| target.raw.clone())
            }
            LinePart::Command(command) => {
                let name = program(&command.words)?;
                if name == "git" || TEXTUAL.contains(name) || LISTERS.contains(name) && name != "find" {
                    return None;
                }
                let pattern = pattern_operand(name, &command.words);
                let takes_files = !HAVE_SUBCOMMANDS.contains(name);
                let mut words = command.words.iter().enumerate().skip(1);
                let names_files = words.any(|(at, word)| {
                    let is_name = Some(at) != pattern && !word.text().starts_with('-');
                    let may_be_file = takes_files || word.known().is_none_or(|text| is_there(text, &command.dirs));
                    is_name && may_be_file
                });
                (names_files || SEARCHERS.contains(name)).then(|| command.raw.clone())
            }
        })?;
        Some(Judged::new(
            new,
            self.beyond("bash", "bash with files that the line itself may exchange"),
        ))
    }

    /// Whether by an action the names of files may come to lead elsewhere, or searches into other files.
    pub fn exchanges_files(&self, action: &Action) -> bool {
        let (command, workdir) = match action {
            Action::Shell { command, workdir } => (command, workdir),
            Action::Edit { paths } => return paths.iter().any(|path| of_search(path)),
            _ => return false,
        };
        let start = self.start_of_line(workdir.as_deref());
        let around = ShellContext {
            home: &self.grounds.home,
            start: &start,
        };
        let parts = shell::read(command, around);
        parts.is_ok_and(|parts| self.with_inner_parts(parts, 0).iter().any(changes_names))
    }

    /// What exchanges files in the background goes on beside calls that were judged before.
    pub(super) fn judge_background(&self, parts: &[LinePart]) -> Option<Judged> {
        let raw = parts.iter().find_map(|part| match part {
            LinePart::Command(command) if command.goes_on && changes_names(part) => Some(command.raw.clone()),
            _ => None,
        })?;
        let asks = || Judged::new(raw, self.beyond("bash", "bash that exchanges files in the background"));
        (!self.allows_every_command()).then(asks)
    }

    /// Whether a rule allows every command, whatever it does.
    pub fn allows_every_command(&self) -> bool {
        self.by_rules("bash", &|_| false, &|rule| is_plain(&rule.pattern))
            .is_some_and(|verdict| verdict.effect == Effect::Allow)
    }

    /// A place in a command's arguments: the command may read it, and unless it only reads, write it.
    pub(super) fn judge_place(&self, path: &str, from: &Path, usage: Use) -> PartDecision {
        if STREAMS.contains(path) {
            return no_objection();
        }
        let sight = self.grounds.look(path, from);
        let only_reads = usage != Use::Writes;
        let verdict = self.narrowed_place(&sight, path, usage);
        if verdict.effect == Effect::Deny {
            return verdict;
        }
        let bounds = match sight.place {
            PathTarget::Inside => {
                let reads = usage != Use::Lists;
                let caution = reads
                    .then(|| self.caution("read", &sight))
                    .flatten()
                    .or_else(|| (!only_reads).then(|| self.caution("edit", &sight)).flatten());
                caution.map(|subject| {
                    let by_rule = self.judge_path_from("read", path, from, Outside::ByTool);
                    if by_rule.effect == Effect::Allow && !by_rule.by_preset && only_reads {
                        return no_objection();
                    }
                    self.beyond("bash", &format!("bash with {subject}"))
                })
            }
            PathTarget::Outside => {
                let named = self.judge_path_from("read", path, from, Outside::ByAll(&["read", "edit"]));
                let external = self.outside_by_rules(&sight, path);
                let is_named = (named.effect == Effect::Allow && !named.by_preset)
                    || external.as_ref().is_some_and(|verdict| verdict.effect == Effect::Allow);
                if is_named {
                    // A rule about places outside does not speak of files that run on their own.
                    let caution = (!only_reads).then(|| self.caution("edit", &sight)).flatten();
                    caution.map(|subject| self.beyond("bash", &format!("bash with {subject}")))
                } else {
                    external.or_else(|| Some(self.beyond("bash", "bash with a path outside of the directory")))
                }
            }
            PathTarget::Unknown => Some(self.beyond("bash", "bash with a path that cannot be followed")),
        };
        match bounds {
            Some(bounds) => verdict.stricter(bounds),
            None => verdict,
        }
    }

    /// What rules that deny or ask say of a place, and of what is in it.
    fn narrowed_place(&self, sight: &ResolvedPath, path: &str, usage: Use) -> PartDecision {
        let only_reads = usage != Use::Writes;
        let mut verdict = no_objection();
        for tool in ["read", "edit"] {
            let by_rule = self.by_rules(tool, &|pattern| self.grounds.is_refused(pattern, sight, path), &|_| {
                false
            });
            if let Some(found) = by_rule.filter(|found| !found.by_preset && (tool == "read" || !only_reads)) {
                verdict = verdict.stricter(found);
            }
            // A directory that holds what must not be touched.
            let held = self.narrowing(tool).find(|(rule, pattern)| {
                !is_plain(&rule.pattern)
                    && (if tool == "read" {
                        usage != Use::Lists
                    } else {
                        !only_reads
                    })
                    && sight.names.iter().any(|name| name.is_dir())
                    && match literal_prefix(pattern) {
                        // What that is about may be anywhere.
                        "" => !only_reads && self.holds(sight, pattern),
                        _ => self.grounds.may_hold(sight, pattern),
                    }
            });
            if let Some((rule, _)) = held {
                verdict = verdict.stricter(PartDecision::asked_by(rule));
            }
        }
        verdict
    }

    /// Whether a directory holds a file that a pattern speaks about.
    fn holds(&self, sight: &ResolvedPath, pattern: &str) -> bool {
        let is_meant = |path: &Path, _: Kind| {
            self.grounds
                .is_refused(pattern, &ResolvedPath::of_file(path), &slashed(path))
        };
        sight
            .real
            .iter()
            .any(|place| contents::find(place, SearchWalk::All, is_meant) != WalkEntry::Nothing)
    }

    /// A pattern for file names is every file that it matches now, and may be more by the time that it runs.
    pub(super) fn judge_glob(&self, glob: &str, from: &Path, usage: Use) -> PartDecision {
        let asks = |what| self.beyond("bash", what);
        // Rather too many files than one too few.
        let pattern = star_brackets(glob);
        let fixed = pattern
            .find(['*', '?'])
            .map_or(0, |at| pattern[..at].rfind('/').map_or(0, |slash| slash + 1));
        if pattern[fixed..].contains("..") {
            return asks("bash with a pattern that may leave the directory");
        }
        let mut verdict = match fixed {
            0 | 1 => no_objection(),
            fixed => self.judge_place(&pattern[..fixed - 1], from, usage.min(Use::Reads)),
        };
        for tool in ["read", "edit"] {
            let met = self.narrowing(tool).find(|(rule, other)| {
                !is_plain(&rule.pattern)
                    && (tool == "read" || usage == Use::Writes)
                    && (patterns_meet(other, &pattern) || AllowedRoots::is_absolute(other))
            });
            if let Some((rule, _)) = met {
                verdict = verdict.stricter(PartDecision::asked_by(rule));
            }
        }
        match matches(&pattern, from) {
            None => verdict.stricter(asks("bash with a pattern that matches more than can be judged")),
            Some(paths) => paths
                .iter()
                .flat_map(|path| paths_in(path))
                .map(|path| self.judge_place(path, from, usage))
                .fold(verdict, PartDecision::stricter),
        }
    }

    pub(super) fn judge_file(&self, writes: bool, target: &ShellWord, dirs: &Dirs) -> Judged {
        let tool = if writes { "edit" } else { "read" };
        let mark = if writes { ">" } else { "<" };
        let what = format!("{mark} {}", target.raw);
        let judged = |verdict| Judged::new(what.clone(), verdict);
        if target.value.as_deref().is_some_and(|value| STREAMS.contains(value)) {
            return judged(no_objection());
        }
        let known = target.value.as_deref().filter(|_| !target.has_glob);
        let (Some(value), Some(dirs)) = (known, dirs) else {
            let mut verdict = PartDecision::of_preset(
                preset::beyond(self.preset, "bash").max(preset::of_tool(self.preset, tool)),
                "bash with a redirection to somewhere that is not known",
            );
            let somewhere = dirs.clone().unwrap_or_else(|| vec![self.grounds.directory.clone()]);
            for variant in &target.variants {
                for dir in &somewhere {
                    let found = self.judge_path_from(tool, variant, dir, Outside::ByTool);
                    if !found.by_preset {
                        verdict = verdict.stricter(found);
                    }
                }
            }
            return judged(verdict);
        };
        let verdict = dirs
            .iter()
            .map(|dir| self.judge_path_from(tool, value, dir, Outside::ByTool))
            .reduce(PartDecision::stricter)
            .unwrap_or_else(|| self.judge_unknown(tool));
        judged(verdict)
    }
}

/// Whether a command cuts the names that it reads at white space.
fn cuts_names(command: &ShellCommand) -> bool {
    let is_zero = |rest| wrappers::of_xargs(rest).is_some_and(|(_, is_zero)| is_zero);
    program(&command.words) == Some("xargs") && !is_zero(&command.words[1..])
}

/// Whether a file says what a search leaves out.
fn of_search(path: &str) -> bool {
    path.ends_with("ignore")
}

/// Whether a part gives files other names, makes links, changes files that it does not name, or what a search leaves out.
fn changes_names(part: &LinePart) -> bool {
    let command = match part {
        LinePart::File { writes, target, .. } => return *writes && of_search(target.text()),
        LinePart::Command(command) => command,
    };
    let Some(name) = program(&command.words) else {
        return false;
    };
    let is_file = |word: &ShellWord| {
        let is_file = |dir: &PathBuf| {
            dir.join(word.text())
                .symlink_metadata()
                .is_ok_and(|metadata| metadata.is_file())
        };
        word.known().is_some() && command.dirs.as_ref().is_some_and(|dirs| dirs.iter().all(is_file))
    };
    let operands = command.words[1..].iter().filter(|word| !word.text().starts_with('-'));
    match name {
        _ if changes_unnamed_files(&command.words) => true,
        _ if name == "git" || READERS.contains(name) => false,
        _ if command.words[1..].iter().any(|word| of_search(word.text())) => true,
        "ln" => true,
        // All but the last, which is where they go.
        "mv" | "cp" | "install" => operands.clone().count() < 2 || operands.rev().skip(1).any(|word| !is_file(word)),
        _ => false,
    }
}

/// Names that are looked at for one pattern.
const MOST_MATCHES: usize = 4000;

/// The paths that a pattern of `*` and `?` matches, written as the pattern is; none when there are too many, or names
/// beside them that are no text.
pub(super) fn matches(pattern: &str, from: &Path) -> Option<Vec<String>> {
    let (root, pattern) = match pattern.strip_prefix('/') {
        Some(rest) => ("/", rest),
        None => ("", pattern),
    };
    let mut paths = vec![root.to_owned()];
    for segment in pattern.split('/') {
        let mut next = Vec::new();
        for path in &paths {
            let start = if path.is_empty() || path.ends_with('/') {
                path.clone()
            } else {
                format!("{path}/")
            };
            if !segment.contains(['*', '?']) {
                next.push(format!("{start}{segment}"));
                continue;
            }
            let names = std::fs::read_dir(from.join(&start)).into_iter().flatten().flatten();
            for entry in names {
                // Paths are judged as text, and this one is no text.
                let name = entry.file_name().into_string().ok()?;
                // A name that begins with a dot is matched by a dot alone.
                if wildcard_matches(segment, &name) && (segment.starts_with('.') || !name.starts_with('.')) {
                    next.push(format!("{start}{name}"));
                }
            }
            if next.len() > MOST_MATCHES {
                return None;
            }
        }
        paths = next;
    }
    Some(paths)
}
