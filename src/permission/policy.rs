//! From rules to a judgement.
//!
//! In: an action. Out: what happens, and who decided it. Invariants: a rule that denies beats a rule that
//! asks, and a rule that asks beats a rule that allows; the preset decides last; a person's answer beats only questions.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::Action;
use super::committed;
use super::contents::{self, Kind, SearchWalk, WalkEntry};
use super::paths::{AllowedRoots, PathTarget, ResolvedPath};
use super::preset;
use super::protected::{ProtectedPlaces, Protection};
use super::rules::{address_is_allowed, address_is_refused, is_about, is_literal, is_plain};
use super::wildcard_matches;
use crate::request::{Effect, PermissionRequest, PolicyRule, Preset, RuleOrigin, RulePattern, canonical_tool};
use crate::support::names::Names;
use crate::support::secret_files::{SecretLikelihood, is_environment_file};

/// The rules in force for one run.
#[derive(Debug, Clone)]
pub struct Policy {
    pub(super) preset: Preset,
    rules: Vec<PolicyRule>,
    pub(super) grounds: AllowedRoots,
    /// Places outside whose files the tools that look may read.
    readable: Vec<PathBuf>,
    /// Variables that commands have from outside.
    pub(super) exported: Vec<String>,
}

/// What the policy says of an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    pub effect: Effect,
    /// What decided it: a rule with its origin, or the preset, in words ("`deny bash:rm *` (--deny)").
    pub rule: String,
    /// Whether the preset decided, and no rule of anybody's.
    pub by_preset: bool,
    /// The parts that were judged one by one: the commands of a shell line, the paths of an edit.
    pub parts: Vec<JudgedPart>,
    /// The rules that would allow this and its like for the rest of the session; empty when there is no good pattern.
    pub grant: Vec<PolicyRule>,
}

/// What the policy says of a part of an action.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct JudgedPart {
    /// The part: a command, a path. Not cleaned for a terminal.
    pub what: String,
    pub effect: Effect,
    pub rule: String,
}

/// The decision about one part, before the parts are put together.
#[derive(Debug, Clone)]
pub(super) struct PartDecision {
    pub(super) effect: Effect,
    pub(super) rule: String,
    pub(super) by_preset: bool,
    /// The rule that would allow it.
    pub(super) grant: Option<RulePattern>,
}

impl PartDecision {
    pub(super) fn of_rule(rule: &PolicyRule) -> Self {
        Self {
            effect: rule.effect,
            rule: format!("`{} {}` ({})", rule.effect.as_str(), rule.pattern, rule.origin),
            by_preset: false,
            grant: None,
        }
    }

    /// A question that a rule has a say in, whatever its effect.
    pub(super) fn asked_by(rule: &PolicyRule) -> Self {
        Self {
            effect: Effect::Ask,
            ..Self::of_rule(rule)
        }
    }

    pub(super) fn of_preset(effect: Effect, subject: &str) -> Self {
        Self {
            effect,
            rule: preset::words(subject, effect),
            by_preset: true,
            grant: None,
        }
    }

    pub(super) fn granting(mut self, tool: &str, pattern: Option<String>) -> Self {
        self.grant = Some(RulePattern {
            tool: tool.to_owned(),
            pattern,
        });
        self
    }

    /// The stricter of two; the first of equals.
    pub(super) fn stricter(self, other: Self) -> Self {
        if other.effect > self.effect { other } else { self }
    }
}

/// What a path is judged for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outside<'a> {
    /// A place outside may be named by a rule of the tool.
    ByTool,
    /// A place outside may be named by a rule of any of these tools, each of them.
    ByAll(&'a [&'a str]),
}

impl Policy {
    /// The policy for an agent that works in `directory` (absolute, canonical).
    pub fn new(request: &PermissionRequest, directory: &Path, home: &Path) -> Self {
        Self {
            preset: request.preset,
            rules: request.rules.clone(),
            grounds: AllowedRoots::new(directory, &request.added_directories, home),
            readable: Vec::new(),
            exported: Vec::new(),
        }
    }

    /// The names of the variables that commands have from outside: what a line gives them, programs see.
    #[must_use]
    pub fn with_exported(mut self, names: Vec<String>) -> Self {
        self.exported = names;
        self
    }

    /// Lets the tools that look (`read`, `grep`, `glob`, `list`) read what is below an absolute path, whatever the preset:
    /// where the engine keeps the long results that it tells the model to read. Rules may still refuse it, and shell lines
    /// gain nothing.
    #[must_use]
    pub fn with_readable(mut self, path: PathBuf) -> Self {
        self.readable.push(super::spelling::follow(&path).unwrap_or(path));
        self
    }

    /// Protects files of our own and of the engine from edits, whatever allows them and wherever the agent works.
    #[must_use]
    pub fn with_protected(mut self, places: ProtectedPlaces) -> Self {
        self.grounds.protected = places.followed();
        self
    }

    fn is_readable(&self, sight: &ResolvedPath) -> bool {
        sight.place == PathTarget::Outside
            && !sight.real.is_empty()
            && sight
                .real
                .iter()
                .all(|real| self.readable.iter().any(|readable| real.starts_with(readable)))
    }

    /// Judges an action. Reads the file system (symbolic links), changes nothing.
    pub fn judge(&self, action: &Action) -> Judgement {
        let mut judgement = self.weigh(action);
        if self.preset == Preset::LookOnly && judgement.effect != Effect::Deny {
            // Where the model may only look, rules narrow: an `ask`, a project's for instance, opens nothing.
            let bare = Self {
                rules: Vec::new(),
                ..self.clone()
            };
            let preset = bare.weigh(action);
            if preset.effect == Effect::Deny {
                judgement = preset;
            }
        }
        if judgement.effect == Effect::Ask && !judgement.grant.is_empty() {
            // A grant is offered when it keeps its word.
            let mut granted = self.clone();
            granted.grant(&judgement.grant);
            if granted.weigh(action).effect != Effect::Allow {
                judgement.grant.clear();
            }
        } else {
            judgement.grant.clear();
        }
        judgement
    }

    /// Adds rules that a person granted for the rest of the session.
    pub fn grant(&mut self, rules: &[PolicyRule]) {
        self.rules.extend_from_slice(rules);
    }

    /// The rules that a person granted for the rest of the session, oldest first.
    pub fn granted(&self) -> impl Iterator<Item = &PolicyRule> {
        self.rules.iter().filter(|rule| rule.origin == RuleOrigin::Granted)
    }

    /// Takes back what a person granted.
    pub fn take_back(&mut self, pattern: &RulePattern) {
        self.rules
            .retain(|rule| rule.origin != RuleOrigin::Granted || rule.pattern != *pattern);
    }

    /// The rules of the session, for the engine: tools that are denied altogether, by the engine's names.
    pub fn removed_tools(&self) -> Vec<String> {
        let mut removed: Vec<String> = Vec::new();
        let mut add = |name: &str| {
            if !removed.iter().any(|known| known == name) {
                removed.push(name.to_owned());
            }
        };
        for rule in self
            .rules
            .iter()
            .filter(|rule| rule.effect == Effect::Deny && is_plain(&rule.pattern))
        {
            add(&canonical_tool(&rule.pattern.tool));
        }
        for tool in TOOLS.iter() {
            let may_be_used = self.preset != Preset::ReadOnly
                && self
                    .rules
                    .iter()
                    .any(|rule| rule.effect != Effect::Deny && is_about(rule, tool));
            if preset::of_tool(self.preset, tool) == Effect::Deny && !may_be_used {
                add(tool);
            }
        }
        removed
    }

    /// Why a tool, by the engine's name, is denied for every subject; `None` when the tool is not denied.
    pub fn removal(&self, tool: &str) -> Option<Judgement> {
        let kept = preset::of_tool(self.preset, tool);
        let verdict = match self.rule(Effect::Deny, tool, &|rule| is_plain(&rule.pattern)) {
            Some(rule) => PartDecision::of_rule(rule),
            None if kept == Effect::Deny => PartDecision::of_preset(kept, tool),
            None => return None,
        };
        Some(together(vec![(tool.to_owned(), verdict)]))
    }

    fn weigh(&self, action: &Action) -> Judgement {
        let parts: Vec<(String, PartDecision)> = match action {
            Action::Shell { command, workdir } => self.judge_line(command, workdir.as_deref()),
            Action::Read { path } => vec![(path.clone(), self.judge_path("read", path, Outside::ByTool))],
            Action::Edit { paths } if paths.is_empty() => vec![(String::new(), self.judge_unknown("edit"))],
            Action::Edit { paths } => paths
                .iter()
                .map(|path| (path.clone(), self.judge_path("edit", path, Outside::ByTool)))
                .collect(),
            Action::Search { tool, path, pattern } => self.judge_search(tool, path.as_deref(), pattern),
            Action::Fetch { url } => vec![(url.clone(), self.judge_address(url))],
            Action::Subagent { name } => vec![(name.clone(), self.judge_name("task", Some(name)))],
            Action::Outside { paths } if paths.is_empty() => {
                vec![(String::new(), self.judge_unknown("external_directory"))]
            }
            Action::Outside { paths } => paths
                .iter()
                .map(|path| (path.clone(), self.judge_outside(path)))
                .collect(),
            Action::Repeat { tool } => vec![(tool.clone(), self.judge_name("doom_loop", Some(tool)))],
            Action::Other { tool, subject } => vec![(
                subject.clone().unwrap_or_else(|| tool.clone()),
                self.judge_name(tool, subject.as_deref()),
            )],
        };
        together(parts)
    }

    /// The first rule of an effect that is about a tool and that `matches` recognises.
    fn rule(&self, effect: Effect, tool: &str, matches: &dyn Fn(&PolicyRule) -> bool) -> Option<&PolicyRule> {
        self.rules
            .iter()
            .filter(|rule| rule.effect == effect && is_about(rule, tool))
            .find(|rule| matches(rule))
    }

    /// Whether any rule refuses or asks.
    pub(super) fn narrows(&self) -> bool {
        self.rules.iter().any(|rule| rule.effect != Effect::Allow)
    }

    /// The rules about a tool that refuse or ask, and have a pattern.
    pub(super) fn narrowing<'a>(&'a self, tool: &'a str) -> impl Iterator<Item = (&'a PolicyRule, &'a str)> {
        self.rules
            .iter()
            .filter(move |rule| rule.effect != Effect::Allow && is_about(rule, tool))
            .filter_map(|rule| rule.pattern.pattern.as_deref().map(|pattern| (rule, pattern)))
    }

    /// What rules say of a thing, if any does: `broad` is how rules match that refuse or ask, `narrow` how those that allow.
    pub(super) fn by_rules(
        &self,
        tool: &str,
        broad: &dyn Fn(&str) -> bool,
        narrow: &dyn Fn(&PolicyRule) -> bool,
    ) -> Option<PartDecision> {
        let broad = |rule: &PolicyRule| is_plain(&rule.pattern) || rule.pattern.pattern.as_deref().is_some_and(broad);
        if let Some(rule) = self.rule(Effect::Deny, tool, &broad) {
            return Some(PartDecision::of_rule(rule));
        }
        let kept = preset::of_tool(self.preset, tool);
        if self.preset == Preset::ReadOnly && kept == Effect::Deny {
            return Some(PartDecision::of_preset(kept, tool));
        }
        let granted = |rule: &PolicyRule| rule.origin == RuleOrigin::Granted && narrow(rule);
        if tool != "doom_loop"
            && let Some(rule) = self.rule(Effect::Allow, tool, &granted)
        {
            return Some(PartDecision::of_rule(rule));
        }
        if let Some(rule) = self.rule(Effect::Ask, tool, &broad) {
            return Some(PartDecision::of_rule(rule));
        }
        if self.preset == Preset::ReadOnly {
            return None;
        }
        self.rule(Effect::Allow, tool, narrow).map(PartDecision::of_rule)
    }

    /// What the preset says of a tool beyond its ordinary bounds.
    pub(super) fn beyond(&self, tool: &str, subject: &str) -> PartDecision {
        PartDecision::of_preset(preset::beyond(self.preset, tool), subject)
    }

    /// What the preset says of a tool.
    pub(super) fn by_preset(&self, tool: &str) -> PartDecision {
        PartDecision::of_preset(preset::of_tool(self.preset, tool), tool)
    }

    /// A call whose arguments say nothing that could be judged.
    pub(super) fn judge_unknown(&self, tool: &str) -> PartDecision {
        // Any pattern might have matched.
        match self.by_rules(tool, &|_| true, &|_| false) {
            Some(verdict) => verdict,
            None => self.beyond(tool, &format!("{tool} without a readable argument")),
        }
    }

    /// A tool that is judged by its name, and by the name of what it is used on.
    fn judge_name(&self, tool: &str, subject: Option<&str>) -> PartDecision {
        if subject == Some("") {
            return self.judge_unknown(tool);
        }
        let decided = self.by_rules(
            tool,
            &|pattern| subject.is_some_and(|subject| wildcard_matches(&pattern.to_lowercase(), &subject.to_lowercase())),
            &|rule| {
                is_plain(&rule.pattern)
                    || matches!((&rule.pattern.pattern, subject), (Some(pattern), Some(subject)) if wildcard_matches(pattern, subject))
            },
        );
        let verdict = decided.unwrap_or_else(|| self.by_preset(tool));
        // The call shows no subject that a pattern could match, so the author of the pattern is asked.
        let unseen = match subject {
            None => self.narrowing(tool).find(|(rule, _)| !is_plain(&rule.pattern)),
            Some(_) => None,
        };
        let verdict = match unseen {
            Some((rule, _)) if verdict.effect == Effect::Allow => PartDecision::asked_by(rule),
            _ => verdict,
        };
        match subject {
            _ if tool == "doom_loop" => verdict,
            Some(subject) if !subject.contains(['*', '?']) => verdict.granting(tool, Some(subject.to_owned())),
            Some(_) => verdict,
            None => verdict.granting(tool, None),
        }
    }

    /// What the preset says of tools that are not the engine's own.
    pub fn of_other_tools(&self) -> Effect {
        preset::of_tool(self.preset, "")
    }

    /// Whether rules allow every address, so that it makes no difference where one leads.
    pub fn allows_every_address(&self) -> bool {
        let decided = self.by_rules("webfetch", &|_| true, &|rule| is_plain(&rule.pattern));
        decided.is_some_and(|verdict| verdict.effect == Effect::Allow)
    }

    fn judge_address(&self, url: &str) -> PartDecision {
        if url.is_empty() {
            return self.judge_unknown("webfetch");
        }
        let decided = self.by_rules("webfetch", &|pattern| address_is_refused(pattern, url), &|rule| {
            address_is_allowed(rule.pattern.pattern.as_deref().unwrap_or("*"), url)
        });
        let verdict = decided.unwrap_or_else(|| self.by_preset("webfetch"));
        match url::Url::parse(url) {
            Ok(parsed) if parsed.host_str().is_some() => {
                let origin = parsed.origin().ascii_serialization();
                verdict.granting("webfetch", Some(format!("{origin}/*")))
            }
            _ => verdict,
        }
    }

    /// Places that the engine has noticed to be outside of what it takes for the agent's own.
    fn judge_outside(&self, path: &str) -> PartDecision {
        let written = path.strip_suffix("/*").unwrap_or(path);
        let sight = self.grounds.look(written, &self.grounds.directory);
        if let Some(verdict) = self.outside_by_rules(&sight, written) {
            return verdict;
        }
        match sight.place {
            PathTarget::Inside => PartDecision::of_preset(Effect::Allow, "a place inside of the directory"),
            // What is done there is judged on its own.
            _ if self.is_readable(&sight) => {
                PartDecision::of_preset(Effect::Allow, "what the engine keeps of long results")
            }
            _ => self
                .beyond("external_directory", "a place outside of the directory")
                .granting(
                    "external_directory",
                    exact_place(&sight).map(|place| format!("{place}/**")),
                ),
        }
    }

    /// What rules about places outside say.
    pub(super) fn outside_by_rules(&self, sight: &ResolvedPath, written: &str) -> Option<PartDecision> {
        self.by_rules(
            "external_directory",
            &|pattern| sight.place != PathTarget::Inside && self.grounds.is_refused(pattern, sight, written),
            &|rule| match &rule.pattern.pattern {
                Some(pattern) => {
                    self.grounds.is_allowed(pattern, sight)
                        || (is_plain(&rule.pattern) && sight.place == PathTarget::Outside)
                }
                None => sight.place == PathTarget::Outside,
            },
        )
        .filter(|_| sight.place != PathTarget::Inside)
    }

    /// A path that a tool is used on, from the agent's directory.
    pub(super) fn judge_path(&self, tool: &str, path: &str, outside: Outside<'_>) -> PartDecision {
        let sight = self.grounds.look(path, &self.grounds.directory);
        if super::LOOKING.contains(&tool) && self.is_readable(&sight) {
            let narrowed = self
                .by_rules(tool, &|pattern| self.grounds.is_refused(pattern, &sight, path), &|_| {
                    false
                })
                .or_else(|| self.outside_by_rules(&sight, path))
                .filter(|verdict| verdict.effect != Effect::Allow);
            return narrowed.unwrap_or_else(|| {
                PartDecision::of_preset(Effect::Allow, "reading what the engine keeps of long results")
            });
        }
        self.judge_path_from(tool, path, &self.grounds.directory, outside)
    }

    /// A path that a tool is used on.
    pub(super) fn judge_path_from(&self, tool: &str, path: &str, from: &Path, outside: Outside<'_>) -> PartDecision {
        if path.is_empty() {
            return self.judge_unknown(tool);
        }
        let sight = self.grounds.look(path, from);
        let decided = |tool: &str| {
            self.by_rules(
                tool,
                &|pattern| self.grounds.is_refused(pattern, &sight, path),
                &|rule| self.names_place(tool, rule, &sight),
            )
        };
        let by_tool = decided(tool);
        let by_tool = match by_tool {
            // A rule that refuses or asks, or a grant, needs no other.
            Some(verdict) if verdict.effect != Effect::Allow => return self.granting_path(verdict, tool, &sight),
            other => other,
        };
        if sight.place == PathTarget::Unknown {
            return self.beyond(tool, "a path that cannot be followed");
        }
        if sight.place == PathTarget::Outside {
            let named = match outside {
                Outside::ByTool => by_tool.is_some(),
                Outside::ByAll(tools) => tools
                    .iter()
                    .all(|tool| decided(tool).is_some_and(|verdict| verdict.effect == Effect::Allow)),
            };
            match self.outside_by_rules(&sight, path) {
                Some(verdict) if verdict.effect != Effect::Allow && !named => {
                    return self.granting_path(verdict, tool, &sight);
                }
                Some(verdict) if verdict.effect == Effect::Deny => return verdict,
                Some(verdict) if verdict.effect == Effect::Allow && by_tool.is_none() => {
                    let kept = preset::of_tool(self.preset, tool);
                    if kept == Effect::Allow && self.caution(tool, &sight).is_none() {
                        return verdict;
                    }
                }
                _ if !named => {
                    let verdict = self.beyond(tool, &format!("{tool} outside of the directory"));
                    return self.granting_path(verdict, tool, &sight);
                }
                _ => {}
            }
        }
        if let Some(verdict) = by_tool {
            return verdict;
        }
        let verdict = match self.caution(tool, &sight) {
            Some(subject) => self.beyond(tool, &subject),
            None => self.by_preset(tool),
        };
        self.granting_path(verdict, tool, &sight)
    }

    /// Where the paths of an action lead now, links followed.
    pub fn leads_to(&self, action: &Action) -> Vec<PathBuf> {
        let paths: Vec<&String> = match action {
            Action::Read { path } => vec![path],
            Action::Edit { paths } | Action::Outside { paths } => paths.iter().collect(),
            Action::Search { path, .. } | Action::Shell { workdir: path, .. } => path.iter().collect(),
            Action::Fetch { .. } | Action::Subagent { .. } | Action::Repeat { .. } | Action::Other { .. } => Vec::new(),
        };
        let look = |path: &String| self.grounds.look(path, &self.grounds.directory).real;
        paths.into_iter().flat_map(look).collect()
    }

    /// Why the preset is careful with a place, if it is.
    pub(super) fn caution(&self, tool: &str, sight: &ResolvedPath) -> Option<String> {
        match tool {
            "glob" | "list" => None,
            "edit" => {
                let protection = sight
                    .names
                    .iter()
                    .filter_map(|name| self.grounds.protection(name))
                    .min()?;
                Some(match protection {
                    Protection::Own => "edit of a file of opencode-rs or of the engine".to_owned(),
                    Protection::Starting(part) => format!("edit of `{part}`, from which programs are started,"),
                    Protection::Running(part) => {
                        format!("edit of `{part}`, which can run programs or widen permissions on its own,")
                    }
                })
            }
            _ if sight.names.iter().any(|name| is_environment_file(name)) => Some(format!("{tool} of `*.env`")),
            _ => {
                let secret = sight
                    .names
                    .iter()
                    .find(|name| self.grounds.protected.secret(name).is_some())?;
                let name = self
                    .grounds
                    .relative(secret)
                    .unwrap_or_else(|| super::spelling::slashed(secret));
                Some(format!("{tool} of `{name}`, which may hold secrets,"))
            }
        }
    }

    /// Whether a rule that allows a tool names a place. Where the preset is careful, the rule has to say so: a file of our
    /// own or of the engine is named by its whole path, what starts programs by the part that does.
    fn names_place(&self, tool: &str, rule: &PolicyRule, sight: &ResolvedPath) -> bool {
        let pattern = rule.pattern.pattern.as_deref();
        let is_named = match pattern {
            Some(pattern) => self.grounds.is_allowed(pattern, sight),
            None => sight.place == PathTarget::Inside,
        };
        if !is_named || tool != "edit" {
            return is_named;
        }
        let says = |part: &str| pattern.is_some_and(|pattern| pattern.to_lowercase().contains(&part.to_lowercase()));
        // A place in the directory is named by its way there, too.
        let directory = super::spelling::slashed(&self.grounds.directory);
        let says_place = |place: &str| {
            let inner = place
                .strip_prefix(&directory)
                .map(|inner| inner.trim_start_matches('/'));
            says(place) || inner.is_some_and(|inner| !inner.is_empty() && says(inner))
        };
        let is_about_edits = canonical_tool(&rule.pattern.tool) == "edit";
        sight.names.iter().all(|name| match self.grounds.protection(name) {
            None => true,
            Some(Protection::Own) => pattern.is_some_and(is_literal),
            Some(Protection::Starting(part)) => says_place(&part),
            // Only where the path really leads.
            Some(Protection::Running(part)) => !is_about_edits || !sight.real.contains(name) || says(part),
        })
    }

    fn granting_path(&self, verdict: PartDecision, tool: &str, sight: &ResolvedPath) -> PartDecision {
        match exact_place(sight) {
            Some(place) => verdict.granting(tool, Some(place)),
            None => verdict,
        }
    }

    fn judge_search(&self, tool: &str, path: Option<&str>, pattern: &str) -> Vec<(String, PartDecision)> {
        let path = path.unwrap_or(".");
        let mut parts = vec![(path.to_owned(), self.judge_path(tool, path, Outside::ByTool))];
        if !pattern.is_empty() {
            let mut verdict = self.judge_pattern(tool, pattern);
            if pattern.contains(['/', '~']) || pattern.contains("..") {
                // The place that is named before the first wildcard; what comes after is unknown.
                let fixed = &pattern[..pattern.find(['*', '?', '[', '{']).unwrap_or(pattern.len())];
                let rest_climbs = pattern[fixed.len()..].contains("..");
                let place = match fixed.rfind('/') {
                    _ if rest_climbs => self.judge_unknown(tool),
                    None if fixed.is_empty() => PartDecision::of_preset(Effect::Allow, tool),
                    Some(0) => self.judge_path(tool, "/", Outside::ByTool),
                    Some(at) => self.judge_path(tool, &fixed[..at], Outside::ByTool),
                    None => self.judge_path(tool, fixed, Outside::ByTool),
                };
                verdict = verdict.stricter(place);
            }
            parts.push((pattern.to_owned(), verdict));
        }
        if tool == "grep" {
            let from = self.grounds.look(path, &self.grounds.directory);
            parts[0].1 = parts[0].1.clone().stricter(self.judge_grep(path, &from, pattern));
        }
        parts
    }

    /// A glob, for rules that name globs.
    fn judge_pattern(&self, tool: &str, pattern: &str) -> PartDecision {
        self.by_rules(tool, &|rule| wildcard_matches(rule, pattern), &|rule| {
            is_plain(&rule.pattern)
                || rule
                    .pattern
                    .pattern
                    .as_deref()
                    .is_some_and(|rule| wildcard_matches(rule, pattern))
        })
        .unwrap_or_else(|| self.by_preset(tool))
    }

    /// What the engine's `grep` looks into. Reading is judged as for each file that it could show.
    fn judge_grep(&self, path: &str, sight: &ResolvedPath, include: &str) -> PartDecision {
        let fine = PartDecision::of_preset(Effect::Allow, "grep");
        let read = self.judge_path("read", path, Outside::ByAll(&["grep"]));
        if read.effect != Effect::Allow && sight.place == PathTarget::Inside {
            return read;
        }
        self.judge_contents("grep", sight, SearchWalk::Engine { include }, &|_, kind| {
            kind == Kind::File
        })
        .unwrap_or(fine)
    }

    /// A search of a place reads its files: a rule about reading any of them makes the search ask. `shows` are
    /// those that are looked into.
    pub(super) fn judge_contents(
        &self,
        tool: &str,
        sight: &ResolvedPath,
        walk: SearchWalk<'_>,
        shows: &dyn Fn(&Path, Kind) -> bool,
    ) -> Option<PartDecision> {
        let doubtful = RefCell::new(BTreeSet::new());
        let shows_secret = |path: &Path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            self.beyond("read", &format!("{tool} that could show `{name}`"))
        };
        let minded = |path: &Path| -> Option<PartDecision> {
            let sight = ResolvedPath::of_file(path);
            let rule = self.narrowing("read").find(|(rule, pattern)| {
                !is_plain(&rule.pattern)
                    && self
                        .grounds
                        .is_refused(pattern, &sight, &super::spelling::slashed(path))
            });
            if let Some((rule, _)) = rule {
                return Some(PartDecision::asked_by(rule));
            }
            let secret = self.grounds.protected.secret(path)?;
            if self.judge_path("read", &path.to_string_lossy(), Outside::ByTool).effect == Effect::Allow {
                return None;
            }
            if secret == SecretLikelihood::Sometimes {
                doubtful.borrow_mut().insert(path.to_path_buf());
                return None;
            }
            Some(shows_secret(path))
        };
        sight.real.iter().find_map(|place| {
            let found = contents::find(place, walk, |path, kind| {
                shows(path, kind)
                    && match kind {
                        Kind::File => minded(path).is_some(),
                        // What is in the place itself is looked at too, but perhaps not under its own name.
                        Kind::Link => {
                            let sight = self.grounds.look(&path.to_string_lossy(), place);
                            let is_hidden = |real: &PathBuf| !real.starts_with(place) || minded(real).is_some();
                            sight.place != PathTarget::Inside || sight.real.iter().any(is_hidden)
                        }
                    }
            });
            match found {
                WalkEntry::Nothing => committed::first_secret(place, &doubtful.take()).map(|path| shows_secret(&path)),
                WalkEntry::File(path) => {
                    Some(minded(&path).unwrap_or_else(|| self.beyond("read", &format!("{tool} that follows a link"))))
                }
                WalkEntry::TooMuch => Some(self.beyond("read", &format!("{tool} in more files than can be judged"))),
            }
        })
    }
}

/// The tools of the engine that a session can do without.
const TOOLS: Names = Names("bash edit webfetch websearch task todowrite skill question");

/// The one absolute path of a place, when it can stand in a rule.
fn exact_place(sight: &ResolvedPath) -> Option<String> {
    match sight.real.as_slice() {
        [real] if sight.place != PathTarget::Unknown => {
            let text = super::spelling::slashed(real);
            (!text.contains(['*', '?']) && real.to_str().is_some()).then_some(text)
        }
        _ => None,
    }
}

/// One judgement from those of the parts: the strictest, and the first of equals.
fn together(parts: Vec<(String, PartDecision)>) -> Judgement {
    let effect = parts
        .iter()
        .map(|(_, verdict)| verdict.effect)
        .max()
        .unwrap_or(Effect::Ask);
    let deciding = parts.iter().find(|(_, verdict)| verdict.effect == effect);
    let (rule, by_preset) = match deciding {
        Some((_, verdict)) => (verdict.rule.clone(), verdict.by_preset),
        None => ("there is nothing to judge".to_owned(), true),
    };
    let mut grant: Vec<PolicyRule> = Vec::new();
    let asked = parts.iter().filter(|(_, verdict)| verdict.effect == Effect::Ask);
    for (_, verdict) in asked {
        match &verdict.grant {
            Some(pattern) => {
                let rule = PolicyRule {
                    effect: Effect::Allow,
                    pattern: pattern.clone(),
                    origin: RuleOrigin::Granted,
                };
                if !grant.contains(&rule) {
                    grant.push(rule);
                }
            }
            None => {
                grant.clear();
                break;
            }
        }
    }
    Judgement {
        effect,
        rule,
        by_preset,
        parts: parts
            .into_iter()
            .map(|(what, verdict)| JudgedPart {
                what,
                effect: verdict.effect,
                rule: verdict.rule,
            })
            .collect(),
        grant,
    }
}
