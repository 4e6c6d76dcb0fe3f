//! What a person's "yes, for the rest of this session" means.

use super::shell::hazard::Hazard;
use super::shell::programs::READERS;
use super::shell::texts::{self, program};
use super::shell::{ShellCommand, git};
use crate::request::RulePattern;
use crate::support::names::Names;

/// Programs, and those of their subcommands that a person who said yes to one of them expects to run again.
const SUBCOMMANDS: &[(&str, Names)] = &[
    (
        "git",
        Names("status diff log show add commit blame ls-files rev-parse describe shortlog grep"),
    ),
    (
        "cargo",
        Names("build check test clippy fmt doc tree metadata bench nextest"),
    ),
    ("go", Names("build test vet fmt list")),
    ("npm", Names("test ls outdated view")),
    ("pnpm", Names("test ls outdated")),
    ("yarn", Names("test why")),
    ("dotnet", Names("build test")),
    ("swift", Names("build test")),
    ("zig", Names("build test")),
    ("mvn", Names("test compile")),
];

/// The rule that would allow a command and its like.
pub(super) fn for_command(command: &ShellCommand, hazards: &[Hazard]) -> Option<RulePattern> {
    let words = &command.words;
    let first = words.first()?;
    if !first.is_bare || words.iter().any(|word| word.value.is_none()) {
        return None;
    }
    // Among them are the variables that change what a program does.
    if !hazards.is_empty() {
        return rule(exact(&command.raw));
    }
    let name = program(words).filter(|name| *name == first.raw && !name.contains('/'))?;
    if command.assignments.is_empty() {
        if READERS.contains(name) {
            return rule(Some(format!("{name} *")));
        }
        let at = if name == "git" { git::subcommand(words) } else { Some(1) };
        if let Some(sub) = at
            .filter(|at| *at == 1)
            .and_then(|at| words.get(at))
            .filter(|sub| sub.is_bare)
            && SUBCOMMANDS
                .iter()
                .any(|(known, subs)| *known == name && subs.contains(sub.text()))
        {
            return rule(Some(format!("{name} {} *", sub.text())));
        }
    }
    rule(exact(&texts::typed(words)))
}

/// A text as a pattern, when it means just itself.
pub(super) fn exact(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty() && !text.contains(['*', '?', '\n'])).then(|| text.to_owned())
}

fn rule(pattern: Option<String>) -> Option<RulePattern> {
    pattern.map(|pattern| RulePattern {
        tool: "bash".to_owned(),
        pattern: Some(pattern),
    })
}
