//! A shell line, judged part by part.
//!
//! Always true: a line is allowed only when every part of it is, and at least one of its commands by a rule; a denied
//! part denies the line, also when the rest is not understood.

use std::path::Path;

use super::grant;
use super::paths::normal;
use super::places::Use;
use super::policy::{Policy, Verdict};
use super::preset;
use super::rules::{is_literal, is_plain, literal_prefix, text_matches};
use super::shell::arguments::TEXTUAL;
use super::shell::hazards::{Hazard, hazards};
use super::shell::texts::{self, program};
use super::shell::wrappers::{self, Inner};
use super::shell::{self, Command, Part, Surroundings, Word};
use crate::request::{Effect, PolicyRule};

/// Commands within commands that we follow.
const DEEPEST: usize = 6;

/// What is said of a part, and whether that is enough to allow a line.
pub(super) struct Judged {
    pub(super) what: String,
    pub(super) verdict: Verdict,
    /// Whether a rule allows it, rather than nothing being against it.
    pub(super) by_rule: bool,
}

/// The line that a command stands in.
struct Context<'a> {
    line: &'a str,
    /// Names that it gives another meaning.
    shadowed: &'a [String],
}

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
            let verdict = self.judge_place(workdir, &self.grounds.directory, Use::Lists);
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
                // One that is not known may become several words.
                let sets = |word: &&Word| word.value.as_deref().is_some_and(is_assignment);
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
        let places = self.judge_arguments(command, &hazards, names_all);
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
        // One word whatever is in it, and behind an option that takes a text.
        let is_message = |at: usize| {
            let raw = words[at].raw.as_str();
            first.text() == "git"
                && matches!(words[at - 1].text(), "-m" | "--message")
                && matches!(words[1].text(), "commit" | "tag" | "stash" | "merge" | "notes")
                && raw.len() > 1
                && raw.starts_with('"')
                && raw.ends_with('"')
                && !words[at].is_broken
                && !raw.contains("$@")
                && !raw.contains("[@]")
        };
        let all_known = (1..words.len()).all(|at| is_known(&words[at]) || is_message(at));
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
            // Into variables of the line's own.
            "read" => rest.iter().all(|word| {
                word.text() == "-r" || (word.is_bare && word.text().chars().all(|c| c.is_ascii_lowercase() || c == '_'))
            }),
            "true" | "false" | ":" | "[" | "[[" | "]" | "]]" => true,
            "exit" | "return" | "break" | "continue" | "wait" => rest.iter().all(is_number),
            "set" => rest.iter().all(|word| {
                word.text() == "pipefail"
                    || (word.text().starts_with(['-', '+']) && word.text()[1..].chars().all(|c| "euxo".contains(c)))
            }),
            _ => false,
        }
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

pub(super) fn no_objection() -> Verdict {
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
