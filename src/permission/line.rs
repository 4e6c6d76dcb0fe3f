//! A shell line, judged part by part.
//!
//! Invariants: a line is allowed only when every part of it is, and at least one of its commands by a rule; a denied
//! part denies the line, also when the rest is not understood.

use std::path::{Path, PathBuf};

use super::grant;
use super::judged::{Judged, no_objection};
use super::places::Use;
use super::policy::{PartDecision, Policy};
use super::preset;
use super::rules::{is_literal, is_plain, literal_prefix, text_matches};
use super::shell::arguments::TEXTUAL;
use super::shell::hazard::{ELSEWHERE, Hazard, RUNS};
use super::shell::programs::{READERS, changes_unnamed_files, hazards, is_harmless_variable};
use super::shell::reader::{BINARY_TESTS, NUMBER_TESTS, UNARY_TESTS};
use super::shell::texts::{self, program};
use super::shell::wrappers::{self, WrappedCommand};
use super::shell::{self, LinePart, ShellCommand, ShellContext, ShellWord, git};
use super::spelling::normal;
use crate::request::{Effect, PolicyRule};
use crate::support::names::Names;

/// Commands within commands that we follow.
const DEEPEST: usize = 6;

/// Programs that people use every day, with names of their own for what they do, or files for arguments.
const HARMLESS_WITH_COMMANDS: Names =
    Names("git gh cargo cp mv rm ln mkdir rmdir touch chmod chown rg find sed awk sort uniq jq tee test cd");

impl Policy {
    /// Judges a shell line: its commands, its redirections, and the directory that it starts in.
    pub(super) fn judge_line(&self, line: &str, workdir: Option<&str>) -> Vec<(String, PartDecision)> {
        if line.trim().is_empty() {
            return vec![(line.to_owned(), self.judge_unknown("bash"))];
        }
        let mut judged = Vec::new();
        let start = self.start_of_line(workdir);
        if let Some(workdir) = workdir {
            let verdict = self.judge_place(workdir, &self.grounds.directory, Use::Lists);
            judged.push(Judged::new(workdir.to_owned(), verdict));
        }
        // A rule may name the line as it stands. What asks about a single command is asked where that is judged.
        let whole = self.by_rules("bash", &|pattern| text_matches(pattern, line.trim()), &|_| false);
        let spans = |verdict: &PartDecision| verdict.rule.contains(['|', '&', ';', '<', '>']);
        if let Some(verdict) =
            whole.filter(|verdict| verdict.effect == Effect::Deny || (verdict.effect == Effect::Ask && spans(verdict)))
        {
            judged.push(Judged::new(line.trim().to_owned(), verdict));
        }
        self.judge_script(line, &start, 0, &mut judged);
        let allowed_by_rule = judged.iter().any(|judged| judged.by_rule);
        let all_allowed = judged.iter().all(|judged| judged.verdict.effect == Effect::Allow);
        if all_allowed && !allowed_by_rule {
            let verdict = self.by_preset("bash");
            judged.push(Judged::new(line.trim().to_owned(), verdict));
        }
        judged.into_iter().map(|judged| (judged.what, judged.verdict)).collect()
    }

    /// The directory that a line starts in.
    pub(super) fn start_of_line(&self, workdir: Option<&str>) -> PathBuf {
        normal(&self.grounds.directory.join(workdir.unwrap_or_default()))
    }

    fn judge_script(&self, line: &str, start: &Path, depth: usize, judged: &mut Vec<Judged>) {
        let home = self.grounds.home.clone();
        match shell::read(line, ShellContext { home: &home, start }) {
            Err(why) => judged.push(self.judge_opaque(line, why)),
            Ok(parts) if depth > 0 && parts.is_empty() => {
                judged.push(self.judge_opaque(line, "there is nothing in it"))
            }
            Ok(parts) => {
                for part in &parts {
                    match part {
                        LinePart::Command(command) => self.judge_command(command, line, depth, judged),
                        LinePart::File { writes, target, dirs } => judged.push(self.judge_file(*writes, target, dirs)),
                    }
                }
                if depth == 0 && judged.iter().all(|judged| judged.verdict.effect == Effect::Allow) {
                    let parts = self.with_inner_parts(parts, 0);
                    judged.extend(self.judge_repositories(&parts));
                    judged.extend(self.judge_git_programs_and_secrets(&parts));
                    judged.extend(self.judge_new_files(&parts));
                    judged.extend(self.judge_background(&parts));
                    judged.extend(self.judge_new_names(&parts));
                    judged.extend(self.judge_texts(line, &parts));
                }
            }
        }
    }

    /// What a line writes, or gives a program to read, may be run in it: a text that mentions what is refused asks beside
    /// anything that may run it.
    fn judge_texts(&self, line: &str, parts: &[LinePart]) -> Option<Judged> {
        let may_run = |part: &LinePart| match part {
            LinePart::Command(command) => {
                !command.words.is_empty()
                    && !self.is_neutral(command)
                    && !program(&command.words).is_some_and(runs_nothing_of_its_arguments)
            }
            LinePart::File { .. } => false,
        };
        if !parts.iter().any(may_run) {
            return None;
        }
        let texts = texts::openings(line);
        let is_mentioned = |pattern: &str| texts.iter().any(|text| texts::mentions(pattern, text));
        let mut rules = self.narrowing("bash");
        let (rule, _) = rules.find(|(rule, pattern)| rule.effect == Effect::Deny && is_mentioned(pattern))?;
        Some(Judged::new(line.trim().to_owned(), PartDecision::asked_by(rule)))
    }

    /// The parts of a line, each followed by those of what it runs.
    pub(super) fn with_inner_parts(&self, parts: Vec<LinePart>, depth: usize) -> Vec<LinePart> {
        let mut all = Vec::new();
        for part in parts {
            let wrapper = match &part {
                LinePart::Command(command) if depth < DEEPEST => {
                    wrappers::unwrap(command).map(|wrapper| (command.clone(), wrapper))
                }
                _ => None,
            };
            all.push(part);
            let Some((outer, wrapper)) = wrapper else { continue };
            let start = outer.dirs.iter().flatten().next().unwrap_or(&self.grounds.directory);
            for inner in wrapper.inner {
                let inner = match inner {
                    WrappedCommand::Words(words) => vec![LinePart::Command(outer.running(words))],
                    WrappedCommand::Line(line) => {
                        let around = ShellContext {
                            home: &self.grounds.home,
                            start,
                        };
                        shell::read(&line, around).unwrap_or_default()
                    }
                    // These ask.
                    WrappedCommand::Input | WrappedCommand::Unknown(_) | WrappedCommand::Perhaps(_) => Vec::new(),
                };
                all.extend(self.with_inner_parts(inner, depth + 1));
            }
        }
        all
    }

    /// Something that is not understood asks, whatever allows it; but what it mentions may be denied. Only who allows all
    /// commands, and narrows that nowhere, allows this too.
    fn judge_opaque(&self, text: &str, why: &str) -> Judged {
        let texts = texts::openings(text);
        let mentioned = |pattern: &str| texts.iter().any(|text| texts::mentions(pattern, text));
        let narrows = self.narrows();
        let decided = self.by_rules("bash", &mentioned, &|rule| !narrows && is_plain(&rule.pattern));
        let by_rule = decided.as_ref().is_some_and(|verdict| verdict.effect == Effect::Allow);
        let verdict = decided.unwrap_or_else(|| {
            PartDecision::of_preset(
                preset::of_tool(self.preset, "bash"),
                &format!("bash that is not understood ({why})"),
            )
        });
        let files = match by_rule {
            // What it mentions is judged as if it were written to.
            true => texts
                .iter()
                .flat_map(|text| words_in(text))
                .take(2000)
                .map(|word| {
                    let place = self.judge_place(word, &self.grounds.directory, Use::Writes);
                    match word.contains(['*', '?', '[']) {
                        true => place.stricter(self.judge_glob(word, &self.grounds.directory, Use::Writes)),
                        false => place,
                    }
                })
                .reduce(PartDecision::stricter),
            false => texts.iter().find_map(|text| self.mentioned_files(text)),
        };
        Judged {
            what: text.to_owned(),
            verdict: match files {
                Some(files) => verdict.stricter(files),
                None => verdict,
            },
            by_rule,
        }
    }

    /// The first rule that denies a file which a text mentions by the literal part of its pattern.
    fn mentioned_files(&self, text: &str) -> Option<PartDecision> {
        ["read", "edit"].into_iter().find_map(|tool| {
            self.narrowing(tool)
                .filter(|(rule, _)| rule.effect == Effect::Deny && !is_plain(&rule.pattern))
                .find(|(_, pattern)| {
                    words_in(text).take(2000).any(|word| {
                        let sight = self.grounds.look(word, &self.grounds.directory);
                        self.grounds.is_refused(pattern, &sight, word)
                    })
                })
                .map(|(rule, _)| PartDecision::of_rule(rule))
        })
    }

    fn judge_command(&self, command: &ShellCommand, line: &str, depth: usize, judged: &mut Vec<Judged>) {
        let words = &command.words;
        let name = program(words);
        if name.is_some_and(wrappers::changes_the_shell) {
            return judged.push(self.judge_opaque(&command.raw, "it changes what the shell makes of what follows"));
        }
        let found = self.judge_found_files(command);
        let mut own = self.judge_own(command, found.is_some());
        if name.is_some_and(wrappers::is_interpreter) {
            // What is in its program is text to us; at least what is denied by name is found.
            let reads_input = words.iter().skip(1).all(ShellWord::may_be_option);
            let text = if reads_input { line } else { &command.raw };
            let mentioned = self.judge_opaque(text, "a program in another language");
            if mentioned.verdict.effect == Effect::Deny {
                own.verdict = mentioned.verdict;
            }
        }
        if let Some((inner, found)) = found {
            // It reads what is below the places that are searched, and needs no rule but those of its parts.
            own.pass_on();
            own.verdict = own.verdict.stricter(found);
            judged.push(own);
            return self.judge_inner(command, WrappedCommand::Words(inner), line, depth + 1, judged);
        }
        let Some(wrapper) = wrappers::unwrap(command) else {
            if own.verdict.effect == Effect::Allow
                && let Some(hidden) = self.judge_hidden(command, depth)
            {
                own.verdict = hidden;
            }
            judged.push(own);
            return;
        };
        if wrapper.is_harmless {
            own.pass_on();
        }
        judged.push(own);
        for inner in wrapper.inner {
            self.judge_inner(command, inner, line, depth + 1, judged);
        }
    }

    fn judge_inner(
        &self,
        outer: &ShellCommand,
        inner: WrappedCommand,
        line: &str,
        depth: usize,
        judged: &mut Vec<Judged>,
    ) {
        if depth > DEEPEST {
            judged.push(self.judge_opaque(&outer.raw, "nested too deeply to be judged"));
            return;
        }
        let start = outer.dirs.as_ref().and_then(|dirs| dirs.first()).cloned();
        match inner {
            WrappedCommand::Words(words) => {
                self.judge_command(&outer.running(words), line, depth, judged);
            }
            WrappedCommand::Line(inner) => match (&outer.dirs, start) {
                (Some(dirs), Some(start)) if dirs.len() == 1 => self.judge_script(&inner, &start, depth, judged),
                (_, start) => {
                    let start = start.unwrap_or_else(|| self.grounds.directory.clone());
                    self.judge_script(&inner, &start, depth, judged);
                    judged.push(self.judge_opaque(&inner, "it runs in a directory that is not known"));
                }
            },
            // What that is stands somewhere in the line, if at all.
            WrappedCommand::Input => judged.push(self.judge_opaque(line, "a shell runs what it reads")),
            WrappedCommand::Unknown(why) => judged.push(self.judge_opaque(&outer.raw, why)),
            WrappedCommand::Perhaps(words) => judged.extend(self.judge_perhaps(&words, outer, depth)),
        }
    }

    /// An unknown program may run what its arguments say, and so may one whose options or variables are known to:
    /// when that is denied, it asks. It may as well be a word like another.
    fn judge_hidden(&self, command: &ShellCommand, depth: usize) -> Option<PartDecision> {
        let mut words: Vec<ShellWord> = Vec::new();
        if let Some(name) = program(&command.words) {
            let arguments = &command.words[1..];
            if !runs_nothing_of_its_arguments(name) {
                words.extend(arguments.iter().cloned());
            }
            // What of git's options runs is found elsewhere.
            if name != "git" && !TEXTUAL.contains(name) && !READERS.contains(name) {
                words.extend(
                    arguments
                        .iter()
                        .flat_map(|word| option_values(word.text()))
                        .map(ShellWord::literal),
                );
            }
        }
        for (name, raw) in command
            .assignments
            .iter()
            .filter(|(name, _)| !is_harmless_variable(name))
        {
            let is_seen_by_programs = !command.words.is_empty() || !name.chars().any(|c| c.is_ascii_lowercase());
            if is_seen_by_programs && let Some((_, value)) = raw.split_once('=') {
                words.push(ShellWord::literal(value.trim_matches(['\'', '"'])));
            }
        }
        let found = self.judge_perhaps(&words, command, depth)?;
        (found.verdict.effect == Effect::Deny).then_some(PartDecision {
            effect: Effect::Ask,
            ..found.verdict
        })
    }

    /// Words of which some may be a command: what is denied or asked about is found, wherever it starts.
    fn judge_perhaps(&self, words: &[ShellWord], outer: &ShellCommand, depth: usize) -> Option<Judged> {
        let mut inner = Vec::new();
        for at in 0..words.len().min(24) {
            let command = outer.running(words[at..].to_vec());
            inner.push(Judged::new(
                command.raw.clone(),
                self.named(&command).unwrap_or_else(no_objection),
            ));
            let value = words[at].value.as_deref().unwrap_or_default();
            for text in std::iter::once(value).chain(option_values(value)) {
                if text.contains(char::is_whitespace) && depth < DEEPEST {
                    self.judge_script(text, &self.grounds.directory, depth + 1, &mut inner);
                }
            }
        }
        inner
            .into_iter()
            .filter(|judged| judged.verdict.effect > Effect::Allow && !judged.verdict.by_preset)
            .max_by_key(|judged| judged.verdict.effect)
    }

    /// The rule that refuses a command or asks about it.
    fn named(&self, command: &ShellCommand) -> Option<PartDecision> {
        let texts = texts::broad(command);
        self.by_rules("bash", &|pattern| texts::is_named(pattern, &texts), &|_| false)
            .filter(|verdict| !verdict.by_preset)
    }

    /// A command without what it runs. One that `only_finds` runs what is judged as reading what it finds.
    fn judge_own(&self, command: &ShellCommand, only_finds: bool) -> Judged {
        let texts = texts::broad(command);
        let mut hazards = hazards(command);
        hazards.retain(|hazard| !only_finds || !matches!(hazard.named_by.as_str(), "-exec" | "-execdir"));
        let decided = self.by_rules("bash", &|pattern| texts::is_named(pattern, &texts), &|rule| {
            self.covers(rule, command, &hazards)
        });
        let mut by_rule = false;
        let mut verdict = match decided {
            Some(verdict) => {
                by_rule = verdict.effect == Effect::Allow;
                verdict
            }
            None if self.is_neutral(command) => no_objection(),
            None => PartDecision::of_preset(preset::of_tool(self.preset, "bash"), &bash_words(command, &hazards)),
        };
        // What an option runs is not followed everywhere, nor are names without end.
        let is_beyond = texts.len() >= texts::MOST_TEXTS || hazards.iter().any(|hazard| hazard.why == RUNS);
        let is_allowed = verdict.effect == Effect::Allow;
        if (is_allowed || (verdict.effect == Effect::Ask && verdict.by_preset))
            && let Some((rule, _)) = self
                .narrowing("bash")
                .find(|(_, pattern)| (is_beyond && is_allowed) || texts::could_become(pattern, &command.words))
        {
            verdict = PartDecision::asked_by(rule);
        }
        if matches!(program(&command.words), Some("[" | "test")) && !is_plain_test(&command.words) {
            verdict = verdict.stricter(self.judge_opaque(&command.raw, "a test that may compute").verdict);
        }
        if changes_unnamed_files(&command.words)
            && let Some((rule, _)) = self.narrowing("edit").next()
        {
            verdict = verdict.stricter(PartDecision::asked_by(rule));
        }
        if hazards.iter().any(|hazard| hazard.why == ELSEWHERE)
            && let Some(rule) = self.rule_about_files(false)
        {
            verdict = verdict.stricter(rule);
        }
        let places = self.judge_arguments(command, &hazards);
        let is_bounded = places.as_ref().is_none_or(|places| places.effect == Effect::Allow);
        if let Some(places) = places {
            if verdict.effect == Effect::Allow || places.effect == Effect::Deny || !places.by_preset {
                verdict = verdict.stricter(places);
            } else if (places.effect, verdict.effect, verdict.by_preset) == (Effect::Ask, Effect::Ask, true) {
                // That commands ask is known; where this one goes is not.
                verdict.rule = places.rule;
            }
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
    pub(super) fn covers(&self, rule: &PolicyRule, command: &ShellCommand, hazards: &[Hazard]) -> bool {
        let words = &command.words;
        let Some(first) = words.first() else {
            // Nothing but variables.
            return is_plain(&rule.pattern) || rule.pattern.pattern.as_deref() == Some(command.raw.as_str());
        };
        let is_known = |word: &ShellWord| word.value.is_some();
        if !is_known(first) || first.has_glob {
            return false;
        }
        if is_plain(&rule.pattern) {
            return true;
        }
        let Some(pattern) = rule.pattern.pattern.as_deref() else {
            return true;
        };
        let is_textual = TEXTUAL.contains(first.text());
        // One word whatever is in it, and behind an option that takes a text.
        let all_known = (1..words.len()).all(|at| is_known(&words[at]) || git::is_message(words, at));
        if !first.is_bare || (!is_textual && !all_known) {
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
        // An option that is named once covers one of that name.
        let count = |hazard: &Hazard| hazards.iter().filter(|other| other.named_by == hazard.named_by).count();
        // A pattern for a name does not cover a path, nor one for a directory a path that climbs out of it.
        let is_for_name = pattern
            .split_whitespace()
            .next()
            .is_some_and(|name| !name.contains('/'));
        let is_other = is_for_name && first.text().contains('/');
        let is_up = |text: &str| text.split(['/', '=', ':']).any(|part| part == "..");
        let is_for_directory = pattern.contains('/') && !is_up(pattern);
        let climbs = is_up(first.text()) || (is_for_directory && words.iter().any(|word| is_up(word.text())));
        matches
            && !climbs
            && !is_other
            && hazards.iter().all(|hazard| {
                hazard.is_named_in(prefix)
                    && (count(hazard) == 1 || prefix.matches(&hazard.named_by).count() >= count(hazard))
            })
    }

    /// Whether a variable is one of the line's own. Programs see what is exported, and by custom that is written in capitals.
    fn is_of_the_line(&self, name: &str) -> bool {
        let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        !name.is_empty()
            && !name.ends_with("_proxy")
            && name.chars().all(is_plain)
            && !self.exported.iter().any(|exported| exported == name)
    }

    /// Whether a command changes nothing but where the line is.
    pub(super) fn is_neutral(&self, command: &ShellCommand) -> bool {
        let words = &command.words;
        let Some(first) = words.first() else {
            return command.assignments.iter().all(|(name, _)| self.is_of_the_line(name));
        };
        if !command.assignments.is_empty() || !first.is_bare {
            return false;
        }
        let rest = &words[1..];
        let is_number =
            |word: &ShellWord| word.text().chars().all(|c| c.is_ascii_digit()) || matches!(word.text(), "$?");
        match first.text() {
            "cd" => rest.len() <= 1,
            // Into variables of the line's own.
            "read" => rest
                .iter()
                .all(|word| word.text() == "-r" || (word.is_bare && self.is_of_the_line(word.text()))),
            "true" | "false" | ":" | "[" | "[[" => true,
            "exit" | "return" | "break" | "continue" | "wait" => rest.iter().all(is_number),
            "set" => rest.iter().all(|word| {
                word.text() == "pipefail"
                    || (word.text().starts_with(['-', '+']) && word.text()[1..].chars().all(|c| "euxo".contains(c)))
            }),
            _ => false,
        }
    }
}

/// What may be the value of an option: behind `=`, or behind the letters of short ones.
fn option_values(text: &str) -> impl Iterator<Item = &str> {
    let letters = text.strip_prefix('-').filter(|text| !text.starts_with('-'));
    let letters = letters.unwrap_or_default();
    let bundled = letters
        .char_indices()
        .take(8)
        .map(|(at, c)| &letters[at + c.len_utf8()..]);
    let assigned = text.match_indices('=').take(8).map(|(at, _)| &text[at + 1..]);
    bundled.chain(assigned).filter(|text| !text.is_empty())
}

/// What may be words of a text that is not understood.
fn words_in(text: &str) -> impl Iterator<Item = &str> {
    let ends =
        |c: char| c.is_whitespace() || matches!(c, '\'' | '"' | ';' | '|' | '&' | '<' | '>' | '(' | ')' | '`' | '=');
    text.split(ends).filter(|word| !word.is_empty())
}

/// Whether a test of `[` or `test` looks at words and files and computes nothing.
fn is_plain_test(words: &[ShellWord]) -> bool {
    let inner = match words {
        [bracket, inner @ .., last] if bracket.text() == "[" && last.text() == "]" => inner,
        [test, inner @ ..] if test.text() == "test" => inner,
        _ => return false,
    };
    let inner = match inner {
        [first, rest @ ..] if first.text() == "!" => rest,
        inner => inner,
    };
    let is = |word: &ShellWord, operators: Names| word.known().is_some_and(|text| operators.contains(text));
    let is_whole = |word: &ShellWord| !word.may_split && !word.has_glob;
    match inner {
        [word] => is_whole(word),
        [operator, word] => is(operator, UNARY_TESTS) && is_whole(word),
        [one, operator, other] => {
            (is(operator, BINARY_TESTS) || is(operator, NUMBER_TESTS)) && is_whole(one) && is_whole(other)
        }
        words => words
            .iter()
            .all(|word| word.known().is_some() && !is(word, Names("-v -R"))),
    }
}

/// Whether the arguments of a program are known to be texts and files to it, and never commands.
fn runs_nothing_of_its_arguments(name: &str) -> bool {
    TEXTUAL.contains(name) || READERS.contains(name) || HARMLESS_WITH_COMMANDS.contains(name)
}

/// What the preset says it judged.
fn bash_words(command: &ShellCommand, hazards: &[Hazard]) -> String {
    match hazards.first() {
        Some(hazard) if !command.words.is_empty() => format!("bash with `{}` ({})", hazard.named_by.trim(), hazard.why),
        _ => "bash".to_owned(),
    }
}
