//! A shell line, judged part by part.
//!
//! Always true: a line is allowed only when every part of it is, and at least one of its commands by a rule; a denied
//! part denies the line, also when the rest is not understood.

use std::path::Path;

use super::grant;
use super::paths::{Grounds, Place, normal};
use super::policy::{Outside, Policy, Verdict};
use super::preset;
use super::rules::{is_literal, is_plain, literal_prefix, patterns_meet, text_matches};
use super::shell::arguments::{TEXTUAL, paths_in};
use super::shell::hazards::{Hazard, READERS, hazards};
use super::shell::texts::{self, program};
use super::shell::wrappers::{self, Inner};
use super::shell::{self, Command, Dirs, Part, Surroundings, Word};
use crate::request::{Effect, PolicyRule};

/// Commands within commands that we follow.
const DEEPEST: usize = 6;

/// What is said of a part, and whether that is enough to allow a line.
struct Judged {
    what: String,
    verdict: Verdict,
    /// Whether a rule allows it, rather than nothing being against it.
    by_rule: bool,
}

/// The line that a command stands in.
struct Context<'a> {
    line: &'a str,
    /// Names that it gives another meaning.
    shadowed: &'a [String],
}

/// Files that are no files.
const STREAMS: [&str; 4] = ["/dev/null", "/dev/stdout", "/dev/stderr", "/dev/stdin"];

impl Policy {
    /// Judges a shell line: its commands, its redirections, and the directory that it starts in.
    pub(super) fn judge_line(&self, line: &str, workdir: Option<&str>) -> Vec<(String, Verdict)> {
        if line.trim().is_empty() {
            return vec![(line.to_owned(), self.judge_unknown("bash"))];
        }
        let mut judged = Vec::new();
        let mut start = self.grounds.directory.clone();
        if let Some(workdir) = workdir {
            start = normal(&start.join(workdir));
            let verdict = self.judge_place(workdir, &self.grounds.directory, true);
            judged.push(Judged {
                what: workdir.to_owned(),
                verdict,
                by_rule: false,
            });
        }
        // A rule may name the line as it stands. What asks about a single command is asked where that is judged.
        let whole = self.by_rules("bash", &|pattern| text_matches(pattern, line.trim()), &|_| false);
        let spans = |verdict: &Verdict| verdict.rule.contains(['|', '&', ';', '<', '>']);
        if let Some(verdict) =
            whole.filter(|verdict| verdict.effect == Effect::Deny || (verdict.effect == Effect::Ask && spans(verdict)))
        {
            judged.push(Judged {
                what: line.trim().to_owned(),
                verdict,
                by_rule: false,
            });
        }
        self.judge_script(line, &start, 0, &mut judged);
        if line.contains("\\\n") {
            // Bash takes escaped line ends away before it reads words; what is denied is found in both readings.
            let mut joined = Vec::new();
            self.judge_script(&line.replace("\\\n", ""), &start, 0, &mut joined);
            judged.extend(
                joined
                    .into_iter()
                    .filter(|judged| judged.verdict.effect == Effect::Deny),
            );
        }
        let allowed_by_rule = judged.iter().any(|judged| judged.by_rule);
        let all_allowed = judged.iter().all(|judged| judged.verdict.effect == Effect::Allow);
        if all_allowed && !allowed_by_rule {
            let verdict = Verdict::of_preset(preset::of_tool(self.preset, "bash"), "bash");
            judged.push(Judged {
                what: line.trim().to_owned(),
                verdict,
                by_rule: false,
            });
        }
        judged.into_iter().map(|judged| (judged.what, judged.verdict)).collect()
    }

    fn judge_script(&self, line: &str, start: &Path, depth: usize, judged: &mut Vec<Judged>) {
        let home = self.grounds.home.clone();
        let script = shell::read(line, Surroundings { home: &home, start });
        for part in &script.parts {
            match part {
                Part::Command(command) => {
                    let context = Context {
                        line,
                        shadowed: &script.shadowed,
                    };
                    self.judge_command(command, &context, depth, judged);
                }
                Part::File { writes, target, dirs } => judged.push(self.judge_file(*writes, target, dirs)),
                Part::Opaque { text, why } => judged.push(self.judge_opaque(text, why)),
            }
        }
        if depth > 0 && script.parts.is_empty() {
            judged.push(self.judge_opaque(line, "there is nothing in it"));
        }
    }

    /// Something that is not understood asks; but what it mentions may be denied.
    fn judge_opaque(&self, text: &str, why: &str) -> Judged {
        let decided = self.by_rules("bash", &|pattern| texts::mentions(pattern, text), &|_| false);
        let verdict = decided.unwrap_or_else(|| {
            Verdict::of_preset(
                preset::of_tool(self.preset, "bash"),
                &format!("bash that is not understood ({why})"),
            )
        });
        let files = self.mentioned_files(text);
        Judged {
            what: text.to_owned(),
            verdict: match files {
                Some(files) => verdict.stricter(files),
                None => verdict,
            },
            by_rule: false,
        }
    }

    /// The first rule that denies a file which a text mentions by the literal part of its pattern.
    fn mentioned_files(&self, text: &str) -> Option<Verdict> {
        let words = || {
            text.split(|c: char| {
                c.is_whitespace() || matches!(c, '\'' | '"' | ';' | '|' | '&' | '<' | '>' | '(' | ')' | '`' | '=')
            })
        };
        ["read", "edit"].into_iter().find_map(|tool| {
            self.narrowing(tool)
                .filter(|(rule, _)| rule.effect == Effect::Deny && !is_plain(&rule.pattern))
                .find(|(_, pattern)| {
                    words().take(2000).any(|word| {
                        !word.is_empty()
                            && self
                                .grounds
                                .is_refused(pattern, &self.grounds.look(word, &self.grounds.directory), word)
                    })
                })
                .map(|(rule, _)| Verdict::of_rule(rule))
        })
    }

    fn judge_command(&self, command: &Command, context: &Context<'_>, depth: usize, judged: &mut Vec<Judged>) {
        let mut own = self.judge_own(command);
        let words = &command.words;
        if program(words).is_some_and(|name| context.shadowed.iter().any(|shadow| shadow == name)) {
            let asks = self.judge_opaque(&command.raw, "the line defines a function of this name");
            own.verdict = own.verdict.stricter(asks.verdict);
        }
        if program(words).is_some_and(wrappers::is_interpreter) {
            // What is in its program is text to us; at least what is denied by name is found.
            let reads_input = words.iter().skip(1).all(|word| word.may_be_option());
            let text = if reads_input { context.line } else { &command.raw };
            let mentioned = self.judge_opaque(text, "a program in another language");
            if mentioned.verdict.effect == Effect::Deny {
                own.verdict = mentioned.verdict;
            }
        }
        let Some(wrapper) = wrappers::unwrap(command) else {
            judged.push(own);
            return;
        };
        if wrapper.is_harmless && own.verdict.effect == Effect::Ask && own.verdict.by_preset {
            // It only passes on: the inner command decides.
            own.verdict = Verdict {
                effect: Effect::Allow,
                rule: "it only runs the command that follows".to_owned(),
                by_preset: true,
                grant: None,
            };
        }
        own.by_rule &= !wrapper.is_harmless;
        judged.push(own);
        for inner in wrapper.inner {
            self.judge_inner(command, inner, context, depth + 1, judged);
        }
    }

    fn judge_inner(
        &self,
        outer: &Command,
        inner: Inner,
        context: &Context<'_>,
        depth: usize,
        judged: &mut Vec<Judged>,
    ) {
        if depth > DEEPEST {
            judged.push(self.judge_opaque(&outer.raw, "nested too deeply to be judged"));
            return;
        }
        let start = outer.dirs.as_ref().and_then(|dirs| dirs.first()).cloned();
        match inner {
            Inner::Words(words) => {
                // `time` is a word of the shell's own: variables may be set behind it.
                let sets = |word: &&Word| is_assignment(word.text());
                let assignments: Vec<(String, String)> = words
                    .iter()
                    .take_while(sets)
                    .map(|word| {
                        let name = word.text().split(['=', '+']).next().unwrap_or_default();
                        (name.to_owned(), word.raw.clone())
                    })
                    .collect();
                let command = Command {
                    raw: texts::typed(&words),
                    words: words.into_iter().skip(assignments.len()).collect(),
                    assignments,
                    dirs: outer.dirs.clone(),
                };
                self.judge_command(&command, context, depth, judged);
            }
            Inner::Line(line) => match (&outer.dirs, start) {
                (Some(dirs), Some(start)) if dirs.len() == 1 => self.judge_script(&line, &start, depth, judged),
                (_, start) => {
                    let start = start.unwrap_or_else(|| self.grounds.directory.clone());
                    self.judge_script(&line, &start, depth, judged);
                    judged.push(self.judge_opaque(&line, "it runs in a directory that is not known"));
                }
            },
            // What that is stands somewhere in the line, if at all.
            Inner::Input => judged.push(self.judge_opaque(context.line, "a shell runs what it reads")),
            Inner::Unknown(why) => judged.push(self.judge_opaque(&outer.raw, why)),
            Inner::Perhaps(words) => judged.extend(self.judge_perhaps(&words, outer, depth)),
        }
    }

    /// Words of which some may be a command: what is denied or asked about is found, wherever it starts.
    fn judge_perhaps(&self, words: &[Word], outer: &Command, depth: usize) -> Option<Judged> {
        let mut inner = Vec::new();
        for at in 0..words.len().min(24) {
            let command = Command {
                raw: texts::typed(&words[at..]),
                words: words[at..].to_vec(),
                assignments: Vec::new(),
                dirs: outer.dirs.clone(),
            };
            inner.push(Judged {
                what: command.raw.clone(),
                verdict: self.named(&command).unwrap_or_else(no_objection),
                by_rule: false,
            });
            let value = words[at].value.as_deref().unwrap_or_default();
            if value.contains(char::is_whitespace) && depth < DEEPEST {
                self.judge_script(value, &self.grounds.directory, depth + 1, &mut inner);
            }
        }
        inner
            .into_iter()
            .filter(|judged| judged.verdict.effect > Effect::Allow && !judged.verdict.by_preset)
            .max_by_key(|judged| judged.verdict.effect)
    }

    /// The rule that refuses a command or asks about it.
    fn named(&self, command: &Command) -> Option<Verdict> {
        let texts = texts::broad(command);
        self.by_rules("bash", &|pattern| texts::is_named(pattern, &texts), &|_| false)
            .filter(|verdict| !verdict.by_preset)
    }

    /// A command without what it runs.
    fn judge_own(&self, command: &Command) -> Judged {
        let texts = texts::broad(command);
        let hazards = hazards(command);
        let decided = self.by_rules("bash", &|pattern| texts::is_named(pattern, &texts), &|rule| {
            self.covers(rule, command, &hazards)
        });
        let mut by_rule = false;
        let mut names_all = false;
        let mut verdict = match decided {
            Some(verdict) => {
                by_rule = verdict.effect == Effect::Allow;
                names_all = by_rule && self.is_named_exactly(command);
                verdict
            }
            None if self.is_neutral(command) => no_objection(),
            None => Verdict::of_preset(preset::of_tool(self.preset, "bash"), &bash_words(command, &hazards)),
        };
        let places = self.judge_arguments(command, names_all);
        let is_bounded = places.as_ref().is_none_or(|places| places.effect == Effect::Allow);
        if let Some(places) = places
            && (verdict.effect == Effect::Allow || places.effect == Effect::Deny || !places.by_preset)
        {
            verdict = verdict.stricter(places);
        }
        if verdict.effect == Effect::Ask && is_bounded && verdict.grant.is_none() {
            verdict.grant = grant::for_command(command, &hazards);
        }
        Judged {
            what: command.raw.clone(),
            verdict,
            by_rule,
        }
    }

    /// Whether a rule that allows covers a command.
    fn covers(&self, rule: &PolicyRule, command: &Command, hazards: &[Hazard]) -> bool {
        let words = &command.words;
        let Some(first) = words.first() else {
            // Nothing but variables.
            return is_plain(&rule.pattern) || rule.pattern.pattern.as_deref() == Some(command.raw.as_str());
        };
        let is_known = |word: &Word| word.value.is_some() && !word.has_braces;
        if !is_known(first) || first.has_glob {
            return false;
        }
        if is_plain(&rule.pattern) {
            return true;
        }
        let Some(pattern) = rule.pattern.pattern.as_deref() else {
            return true;
        };
        let is_textual = TEXTUAL.contains(&first.text());
        if !first.is_bare || (!is_textual && !words.iter().all(is_known)) {
            return false;
        }
        let typed = texts::typed(words);
        let with_variables = command
            .assignments
            .iter()
            .map(|(_, raw)| raw.as_str())
            .chain([typed.as_str()])
            .collect::<Vec<_>>()
            .join(" ");
        if is_literal(pattern) && (pattern == typed || pattern == command.raw || pattern == with_variables) {
            return command.assignments.is_empty() || pattern == command.raw || pattern == with_variables;
        }
        let matches = texts::canonical(words).is_some_and(|text| text_matches(pattern, &text))
            || text_matches(pattern, &typed)
            || (!command.assignments.is_empty() && text_matches(pattern, &with_variables));
        let prefix = literal_prefix(pattern);
        matches && hazards.iter().all(|hazard| hazard.is_named_in(prefix))
    }

    /// Whether a rule without wildcards allows just this.
    fn is_named_exactly(&self, command: &Command) -> bool {
        let exactly = |rule: &PolicyRule| {
            rule.pattern
                .pattern
                .as_deref()
                .is_some_and(|pattern| is_literal(pattern) && self.covers(rule, command, &[]))
        };
        self.by_rules("bash", &|_| false, &exactly).is_some()
    }

    /// Whether a command changes nothing but where the line is.
    fn is_neutral(&self, command: &Command) -> bool {
        let words = &command.words;
        let Some(first) = words.first() else {
            // Programs see what is exported, and by custom that is written in capitals.
            return command.assignments.iter().all(|(name, _)| {
                !name.is_empty()
                    && !name.ends_with("_proxy")
                    && name
                        .chars()
                        .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
            });
        };
        if !command.assignments.is_empty() || !first.is_bare {
            return false;
        }
        let rest = &words[1..];
        let is_number = |word: &Word| word.text().chars().all(|c| c.is_ascii_digit()) || matches!(word.text(), "$?");
        match first.text() {
            "cd" => rest.len() <= 1,
            "true" | "false" | ":" | "[" | "[[" | "]" | "]]" => true,
            "exit" | "return" | "break" | "continue" | "wait" => rest.iter().all(is_number),
            "set" => rest.iter().all(|word| {
                word.text() == "pipefail"
                    || (word.text().starts_with(['-', '+']) && word.text()[1..].chars().all(|c| "euxo".contains(c)))
            }),
            _ => false,
        }
    }

    /// The places that a command's arguments name.
    fn judge_arguments(&self, command: &Command, names_all: bool) -> Option<Verdict> {
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
            keep(self.judge_place("~", &self.grounds.directory, true));
        }
        if name == "git"
            && !names_all
            && dirs
                .iter()
                .any(|dir| self.grounds.look(".", dir).real != [self.grounds.directory.clone()])
        {
            // A repository of the model's making may hold programs that git starts.
            if !self.has_plain_allowance() {
                keep(Verdict::of_preset(
                    preset::beyond(self.preset, "bash"),
                    "git in another directory",
                ));
            }
        }
        // The program, when it is a path, is one more file.
        let program_word = words.first().filter(|word| word.text().contains('/'));
        for (word, is_program) in program_word
            .map(|word| (word, true))
            .into_iter()
            .chain(words.iter().skip(1).map(|word| (word, false)))
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
                    let mut verdict =
                        self.judge_place(candidate, dir, READERS.contains(&name) || name == "cd" || is_program);
                    if word.has_glob {
                        verdict = verdict.stricter(self.judge_glob(candidate, dir));
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
    fn judge_place(&self, path: &str, from: &Path, only_reads: bool) -> Verdict {
        if STREAMS.contains(&path) {
            return no_objection();
        }
        let sight = self.grounds.look(path, from);
        let written = path;
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
                    && (tool == "read" || !only_reads)
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
    fn judge_glob(&self, glob: &str, from: &Path) -> Verdict {
        let fixed = &glob[..glob.find(['*', '?', '[']).unwrap_or(glob.len())];
        let climbs = glob[fixed.len()..].contains("..");
        let last = glob.rsplit('/').next().unwrap_or(glob);
        let simple: String = glob.replace(['[', ']'], "*");
        let mut verdict = match fixed.rfind('/') {
            Some(at) if at > 0 => self.judge_place(&fixed[..at], from, true),
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
                !is_plain(&rule.pattern) && (patterns_meet(pattern, &simple) || Grounds::is_absolute(pattern))
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
    fn judge_file(&self, writes: bool, target: &Word, dirs: &Dirs) -> Judged {
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

/// Whether a word sets a variable, where a command begins.
fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        let name = name.strip_suffix('+').unwrap_or(name);
        !name.is_empty()
            && !name.starts_with(|c: char| c.is_ascii_digit())
            && name.chars().all(|c| c == '_' || c.is_ascii_alphanumeric())
    })
}

fn no_objection() -> Verdict {
    Verdict {
        effect: Effect::Allow,
        rule: "nothing is against it".to_owned(),
        by_preset: true,
        grant: None,
    }
}

/// What the preset says it judged.
fn bash_words(command: &Command, hazards: &[Hazard]) -> String {
    match hazards.first() {
        Some(hazard) if !command.words.is_empty() => format!("bash with `{}` ({})", hazard.named_by.trim(), hazard.why),
        _ => "bash".to_owned(),
    }
}
