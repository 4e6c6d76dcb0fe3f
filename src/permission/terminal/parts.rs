//! The parts of a call, the ones that decide first and equal ones folded.
//!
//! In: the parts of a judgement. Out: a line for each group of parts. Invariants: the tables here order and
//! label parts and decide nothing; each command or path that asks is in a line, by itself or in a count.

use crate::asking::{StyledLine, TextStyle};
use crate::permission::preset::{plain_reason, words};
use crate::permission::{Action, Ask, JudgedPart};
use crate::request::Effect;
use crate::support::names::Names;

const MOST_LINES: usize = 12;
/// Parts of a group that are written out; of more, only the programs are named.
const MOST_WRITTEN: usize = 3;
/// Programs of a group that are named.
const MOST_PROGRAMS: usize = 12;
/// Characters of a part in its line.
const LONGEST_PART: usize = 120;

/// Programs whose purpose is the network.
const NETWORK: Names = Names("curl wget ssh scp sftp rsync nc ncat netcat socat telnet ftp http xh");

/// Programs that run code from their input or their arguments.
const INTERPRETERS: Names = Names(
    "sh bash dash zsh ksh fish busybox python python2 python3 perl ruby node deno bun php lua osascript pwsh eval \
     source .",
);

/// Why a part stands where it does among those with the same effect; the first comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Network,
    Interpreter,
    /// A path outside, an unknown word, a rule: the reason is not the usual one of its tool.
    OtherReason,
    Usual,
}

/// Parts with the same effect, rank and reason.
struct PartGroup<'a> {
    effect: Effect,
    rank: Rank,
    rule: &'a str,
    parts: Vec<&'a str>,
}

/// A line for each group; none for a call of one part, whose reason stands above.
pub(super) fn part_lines(ask: &Ask) -> Vec<StyledLine> {
    if ask.judgement.parts.len() < 2 {
        return Vec::new();
    }
    let groups = groups(ask);
    let mut lines: Vec<StyledLine> = groups.iter().take(MOST_LINES).map(|group| line(ask, group)).collect();
    if groups.len() > MOST_LINES {
        let more = format!("  and {} more", groups.len() - MOST_LINES);
        lines.push(StyledLine::of(TextStyle::Faint, &more));
    }
    lines
}

fn groups(ask: &Ask) -> Vec<PartGroup<'_>> {
    let usual = words(ask.action.tool(), Effect::Ask);
    let parts = &ask.judgement.parts;
    // Of a command that is judged for several reasons the usual one says the least.
    let has_other_reason = |part: &JudgedPart| {
        let same = |other: &JudgedPart| (&other.what, other.effect) == (&part.what, part.effect);
        parts.iter().any(|other| same(other) && other.rule != usual)
    };
    let mut ranked: Vec<(Rank, &JudgedPart)> = parts
        .iter()
        .filter(|part| part.rule != usual || !has_other_reason(part))
        .map(|part| (rank(ask, part, &usual), part))
        .collect();
    ranked.sort_by_key(|(rank, part)| (std::cmp::Reverse(part.effect), *rank));
    let mut groups: Vec<PartGroup<'_>> = Vec::new();
    for (rank, part) in ranked {
        let same = |group: &&mut PartGroup<'_>| {
            (group.effect, group.rank, group.rule) == (part.effect, rank, part.rule.as_str())
        };
        match groups.iter_mut().find(same) {
            Some(group) => group.parts.push(&part.what),
            None => groups.push(PartGroup {
                effect: part.effect,
                rank,
                rule: &part.rule,
                parts: vec![&part.what],
            }),
        }
    }
    groups
}

fn rank(ask: &Ask, part: &JudgedPart, usual: &str) -> Rank {
    if part.effect == Effect::Allow {
        return Rank::Usual;
    }
    if let Action::Shell { .. } = ask.action {
        let program = program(&part.what);
        if NETWORK.contains(program) {
            return Rank::Network;
        }
        if INTERPRETERS.contains(program) {
            return Rank::Interpreter;
        }
    }
    if part.rule == usual {
        Rank::Usual
    } else {
        Rank::OtherReason
    }
}

/// The name of the program of a command, without its directory.
fn program(command: &str) -> &str {
    let word = command
        .split_whitespace()
        .find(|word| !word.contains('='))
        .unwrap_or(command);
    word.rsplit('/').next().unwrap_or(word)
}

fn line(ask: &Ask, group: &PartGroup<'_>) -> StyledLine {
    let (look, word) = match group.effect {
        Effect::Allow => (TextStyle::Faint, "  fine    "),
        Effect::Ask => (TextStyle::Warning, "  asks    "),
        Effect::Deny => (TextStyle::Removed, "  denied  "),
    };
    let mut line = StyledLine::new(12).own(look, word);
    let is_shell = matches!(ask.action, Action::Shell { .. });
    if group.parts.len() > 1 {
        let noun = if is_shell { "commands" } else { "paths" };
        line = line.own(TextStyle::Plain, &format!("{} {noun}: ", group.parts.len()));
    }
    for (index, part) in listed(&group.parts, is_shell).iter().enumerate() {
        line = line.own(TextStyle::Plain, if index > 0 { ", " } else { "" });
        let cut: String = part.chars().take(LONGEST_PART).collect();
        line = line.foreign(TextStyle::Plain, &cut);
        if cut.len() < part.len() {
            line = line.own(TextStyle::Faint, "…");
        }
    }
    let mut reasons = match group.rank {
        Rank::Network => vec!["uses the network".to_owned()],
        Rank::Interpreter => vec!["runs code that it is given".to_owned()],
        Rank::OtherReason | Rank::Usual => Vec::new(),
    };
    // The reason of the whole call stands above.
    if group.rule != ask.judgement.rule {
        reasons.push(plain_reason(group.rule));
    }
    if reasons.is_empty() {
        return line;
    }
    line.own(TextStyle::Faint, "  - ")
        .foreign(TextStyle::Faint, &reasons.join("; "))
}

/// The parts of a group; of many commands the programs, with how often each of them comes.
fn listed(parts: &[&str], is_shell: bool) -> Vec<String> {
    if parts.len() <= MOST_WRITTEN {
        return parts.iter().map(|&part| part.to_owned()).collect();
    }
    let mut names: Vec<(&str, usize)> = Vec::new();
    for part in parts {
        let name = if is_shell { program(part) } else { part };
        match names.iter_mut().find(|(known, _)| *known == name) {
            Some((_, count)) => *count += 1,
            None => names.push((name, 1)),
        }
    }
    let most = if is_shell { MOST_PROGRAMS } else { MOST_WRITTEN };
    let mut listed: Vec<String> = names
        .iter()
        .take(most)
        .map(|&(name, count)| match count {
            1 => name.to_owned(),
            _ => format!("{name} ×{count}"),
        })
        .collect();
    if names.len() > most {
        listed.push(format!("and {} more", names.len() - most));
    }
    listed
}
