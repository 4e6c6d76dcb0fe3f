//! The places that a shell line names: arguments, patterns for file names, redirections.
//!
//! Always true: a command may read what its arguments name, and unless it is known to only read, write it.

use std::path::Path;

use super::line::{Judged, no_objection};
use super::paths::{Grounds, Place};
use super::policy::{Outside, Policy, Verdict};
use super::preset;
use super::rules::{is_plain, literal_prefix, patterns_meet};
use super::shell::arguments::{TEXTUAL, paths_in, pattern_operand};
use super::shell::hazards::{Hazard, only_reads};
use super::shell::texts::program;
use super::shell::{Command, Dirs, Word};
use crate::request::Effect;

/// What a command does with the places that its arguments name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Use {
    /// It shows names, or goes there.
    Lists,
    /// It reads what is there.
    Reads,
    /// It may do anything.
    Writes,
}

/// Programs that show of a directory which files are in it, and not what is in them.
const LISTERS: [&str; 10] = [
    "ls", "find", "gfind", "du", "df", "stat", "pwd", "basename", "dirname", "realpath",
];

/// Files that are no files.
const STREAMS: [&str; 4] = ["/dev/null", "/dev/stdout", "/dev/stderr", "/dev/stdin"];

impl Policy {
    /// The places that a command's arguments name.
    pub(super) fn judge_arguments(&self, command: &Command, hazards: &[Hazard], names_all: bool) -> Option<Verdict> {
        let words = &command.words;
        let name = program(words)?;
        let mut worst: Option<Verdict> = None;
        let mut keep = |verdict: Verdict| {
            worst = Some(match worst.take() {
                Some(worst) => worst.stricter(verdict),
                None => verdict,
            });
        };
        if TEXTUAL.contains(&name) {
            return None;
        }
        let Some(dirs) = &command.dirs else {
            return (!names_all).then(|| {
                Verdict::of_preset(
                    preset::beyond(self.preset, "bash"),
                    "bash in a directory that is not known",
                )
            });
        };
        if name == "cd" && words.len() == 1 {
            keep(self.judge_place("~", &self.grounds.directory, Use::Lists));
        }
        if name == "git"
            && !names_all
            && dirs.iter().any(|dir| {
                self.grounds.look(".", dir).real != [self.grounds.directory.clone()] || is_bare_repository(dir)
            })
        {
            // A repository of the model's making may hold programs that git starts.
            if !self.has_plain_allowance() {
                keep(Verdict::of_preset(
                    preset::beyond(self.preset, "bash"),
                    "git in another directory, or in one that looks like a repository itself,",
                ));
            }
        }
        if !names_all && let Some(verdict) = self.judge_links(name, words, dirs) {
            keep(verdict);
        }
        if !names_all && let Some(verdict) = self.judge_search_of(name, words, dirs) {
            keep(verdict);
        }
        let usage = match only_reads(words, hazards) {
            true if LISTERS.contains(&name) => Use::Lists,
            true => Use::Reads,
            false => Use::Writes,
        };
        // What is looked for is no path, even when it looks like one.
        let pattern = pattern_operand(name, words).filter(|_| hazards.is_empty());
        // The program, when it is a path, is one more file.
        let program_word = words.first().filter(|word| word.text().contains('/'));
        for (word, is_program) in program_word
            .map(|word| (word, true))
            .into_iter()
            .chain(
                words
                    .iter()
                    .enumerate()
                    .skip(1)
                    .filter(|(at, _)| Some(*at) != pattern)
                    .map(|(_, word)| (word, false)),
            )
            .take(400)
        {
            let candidates: Vec<String> = match &word.value {
                Some(value) if !word.has_braces => paths_in(value).into_iter().map(str::to_owned).collect(),
                _ => word
                    .variants
                    .iter()
                    .flat_map(|variant| variant.split_whitespace())
                    .flat_map(paths_in)
                    .map(str::to_owned)
                    .collect(),
            };
            for candidate in candidates.iter().take(24) {
                for dir in dirs {
                    let usage = match usage {
                        Use::Writes if name == "cd" => Use::Lists,
                        Use::Writes if is_program => Use::Reads,
                        usage => usage,
                    };
                    let mut verdict = self.judge_place(candidate, dir, usage);
                    if word.has_glob {
                        verdict = verdict.stricter(self.judge_glob(candidate, dir, usage));
                    }
                    if !(names_all && verdict.by_preset) {
                        keep(verdict);
                    }
                }
            }
        }
        if words.len() > 400 {
            keep(Verdict::of_preset(
                preset::beyond(self.preset, "bash"),
                "bash with too many words to be judged",
            ));
        }
        worst
    }

    fn has_plain_allowance(&self) -> bool {
        self.by_rules("bash", &|_| false, &|rule| is_plain(&rule.pattern))
            .is_some_and(|verdict| verdict.effect == Effect::Allow)
    }

    /// A place that a command is told about: it may read it, and unless it only reads, write it.
    pub(super) fn judge_place(&self, path: &str, from: &Path, usage: Use) -> Verdict {
        if STREAMS.contains(&path) {
            return no_objection();
        }
        let sight = self.grounds.look(path, from);
        let written = path;
        let only_reads = usage != Use::Writes;
        let mut verdict = no_objection();
        for tool in ["read", "edit"] {
            let by_rule = self.by_rules(
                tool,
                &|pattern| self.grounds.is_refused(pattern, &sight, written),
                &|_| false,
            );
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
                    && !literal_prefix(pattern).is_empty()
                    && self.grounds.may_hold(&sight, pattern)
                    && sight.names.iter().any(|name| name.is_dir())
            });
            if let Some((rule, _)) = held {
                verdict = verdict.stricter(Verdict {
                    effect: Effect::Ask,
                    ..Verdict::of_rule(rule)
                });
            }
        }
        if verdict.effect == Effect::Deny {
            return verdict;
        }
        let bounds = match sight.place {
            Place::Inside => {
                let caution = self
                    .caution("read", &sight)
                    .or_else(|| (!only_reads).then(|| self.caution("edit", &sight)).flatten());
                caution.map(|subject| {
                    let by_rule = self.judge_path_from("read", path, from, Outside::ByTool);
                    if by_rule.effect == Effect::Allow && !by_rule.by_preset && only_reads {
                        return no_objection();
                    }
                    Verdict::of_preset(preset::beyond(self.preset, "bash"), &format!("bash with {subject}"))
                })
            }
            Place::Outside => {
                let named = self.judge_path_from("read", path, from, Outside::ByAll(&["read", "edit"]));
                let external = self.outside_by_rules(&sight, path);
                let is_named = (named.effect == Effect::Allow && !named.by_preset)
                    || external.as_ref().is_some_and(|verdict| verdict.effect == Effect::Allow);
                if is_named {
                    None
                } else {
                    external.or_else(|| {
                        Some(Verdict::of_preset(
                            preset::beyond(self.preset, "bash"),
                            "bash with a path outside of the directory",
                        ))
                    })
                }
            }
            Place::Unknown => Some(Verdict::of_preset(
                preset::beyond(self.preset, "bash"),
                "bash with a path that cannot be followed",
            )),
        };
        match bounds {
            Some(bounds) => verdict.stricter(bounds),
            None => verdict,
        }
    }

    /// A pattern for file names: which files those are is not looked up, but what they may be is known.
    fn judge_glob(&self, glob: &str, from: &Path, usage: Use) -> Verdict {
        let fixed = &glob[..glob.find(['*', '?', '[']).unwrap_or(glob.len())];
        let climbs = glob[fixed.len()..].contains("..");
        let last = glob.rsplit('/').next().unwrap_or(glob);
        let simple: String = glob.replace(['[', ']'], "*");
        let mut verdict = match fixed.rfind('/') {
            Some(at) if at > 0 => self.judge_place(&fixed[..at], from, usage.min(Use::Reads)),
            _ => no_objection(),
        };
        if climbs || last.starts_with('.') || last.contains(".e") {
            verdict = verdict.stricter(Verdict::of_preset(
                preset::beyond(self.preset, "bash"),
                "bash with a pattern that may leave the directory or name `*.env`",
            ));
        }
        for tool in ["read", "edit"] {
            let met = self.narrowing(tool).find(|(rule, pattern)| {
                !is_plain(&rule.pattern)
                    && (tool == "read" || usage == Use::Writes)
                    && (patterns_meet(pattern, &simple) || Grounds::is_absolute(pattern))
            });
            if let Some((rule, _)) = met {
                verdict = verdict.stricter(Verdict {
                    effect: Effect::Ask,
                    ..Verdict::of_rule(rule)
                });
            }
        }
        // A link among what the pattern names may lead anywhere.
        let folder = from.join(&fixed[..fixed.rfind('/').map_or(0, |at| at + 1)]);
        let leads_out = std::fs::read_dir(folder)
            .into_iter()
            .flatten()
            .flatten()
            .take(4000)
            .any(|entry| {
                entry.file_type().is_ok_and(|kind| kind.is_symlink())
                    && self
                        .grounds
                        .look(
                            &entry.file_name().to_string_lossy(),
                            &from.join(&fixed[..fixed.rfind('/').map_or(0, |at| at + 1)]),
                        )
                        .place
                        != Place::Inside
            });
        if leads_out {
            verdict = verdict.stricter(Verdict::of_preset(
                preset::beyond(self.preset, "bash"),
                "bash with a pattern that meets a link out of the directory",
            ));
        }
        verdict
    }

    /// A redirection.
    pub(super) fn judge_file(&self, writes: bool, target: &Word, dirs: &Dirs) -> Judged {
        let tool = if writes { "edit" } else { "read" };
        let mark = if writes { ">" } else { "<" };
        let what = format!("{mark} {}", target.raw);
        let judged = |verdict| Judged {
            what: what.clone(),
            verdict,
            by_rule: false,
        };
        if target.value.as_deref().is_some_and(|value| STREAMS.contains(&value)) {
            return judged(no_objection());
        }
        let known = target
            .value
            .as_deref()
            .filter(|_| !target.has_glob && !target.has_braces);
        let (Some(value), Some(dirs)) = (known, dirs) else {
            let mut verdict = Verdict::of_preset(
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
            .reduce(Verdict::stricter)
            .unwrap_or_else(|| self.judge_unknown(tool));
        judged(verdict)
    }
}

/// Whether git would take a directory itself for a repository, of which anybody who may edit files can be the maker.
fn is_bare_repository(dir: &Path) -> bool {
    !dir.join(".git").exists() && (dir.join("HEAD").exists() || dir.join("objects").exists())
}
