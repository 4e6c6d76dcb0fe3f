//! The texts under which a rule may name a command.

use super::super::rules::{patterns_meet, text_matches};
use super::super::wildcard_matches;
use super::{ShellCommand, ShellWord};
use crate::support::names::Names;
use crate::support::visible::is_unseen;

/// Texts that a rule is tried on, at most.
pub(crate) const MOST_TEXTS: usize = 400;

/// The name of a program without its directory.
pub(crate) fn base_name(program: &str) -> &str {
    let name = program.rsplit('/').next().unwrap_or(program);
    let name = if cfg!(windows) {
        name.rsplit('\\').next().unwrap_or(name)
    } else {
        name
    };
    name.strip_suffix(".exe").unwrap_or(name)
}

/// Directories in which a program's name can be trusted.
const PROGRAM_DIRECTORIES: Names = Names("/bin/ /usr/bin/ /usr/local/bin/ /sbin/ /usr/sbin/ /opt/homebrew/bin/");

/// The name of the program of a command, when it is known. A file in some directory that has the name of a program is
/// another program: its name is its path.
pub(crate) fn program(words: &[ShellWord]) -> Option<&str> {
    let text = words.first()?.value.as_deref()?;
    let name = PROGRAM_DIRECTORIES
        .iter()
        .find_map(|directory| text.strip_prefix(directory));
    Some(name.filter(|name| !name.contains('/')).unwrap_or(text))
}

/// The one text under which a rule may allow a command: its words as the program gets them, quoted where they would fall
/// apart. None when that is not certain.
pub(crate) fn canonical(words: &[ShellWord]) -> Option<String> {
    let words: Option<Vec<String>> = words.iter().map(|word| word.value.as_deref().map(quoted)).collect();
    Some(words?.join(" "))
}

/// The words as they were typed.
pub(crate) fn typed(words: &[ShellWord]) -> String {
    let words: Vec<&str> = words.iter().map(|word| word.raw.as_str()).collect();
    words.join(" ")
}

fn quoted(value: &str) -> String {
    let is_safe = |c: char| {
        !c.is_whitespace()
            && !matches!(
                c,
                '\'' | '"' | '\\' | '$' | '`' | ';' | '&' | '|' | '<' | '>' | '(' | ')'
            )
    };
    if !value.is_empty() && value.chars().all(is_safe) {
        value.to_owned()
    } else {
        format!("'{}'", value.replace('\'', "'\\''"))
    }
}

/// Every text under which a rule may refuse a command, or ask about it.
pub(crate) fn broad(command: &ShellCommand) -> Vec<String> {
    let mut texts = vec![command.raw.clone()];
    for words in readings(&command.words) {
        add_names(&mut texts, &words);
    }
    texts
}

/// The words, with each of them in each of its readings.
fn readings(words: &[ShellWord]) -> Vec<Vec<String>> {
    let plain: Vec<String> = words.iter().map(|word| word.text().to_owned()).collect();
    let mut all = vec![
        plain.clone(),
        words.iter().map(|word| word.raw.clone()).collect(),
        words
            .iter()
            .map(|word| word.variants.first().cloned().unwrap_or_default())
            .collect(),
    ];
    for (index, word) in words.iter().enumerate() {
        for variant in &word.variants {
            if all.len() > 24 {
                return all;
            }
            let mut reading = plain.clone();
            reading[index].clone_from(variant);
            all.push(reading);
        }
    }
    all
}

fn add_names(texts: &mut Vec<String>, words: &[String]) {
    // A word that becomes nothing is no word.
    let words: Vec<&str> = words
        .iter()
        .map(String::as_str)
        .filter(|word| !word.is_empty())
        .collect();
    let Some((program, rest)) = words.split_first() else {
        return;
    };
    let mut add = |text: String| {
        if texts.len() < MOST_TEXTS && !texts.contains(&text) {
            if text.chars().any(is_unseen) {
                texts.push(text.chars().filter(|c| !is_unseen(*c)).collect());
            }
            texts.push(text);
        }
    };
    let names = [
        (*program).to_owned(),
        base_name(program).to_owned(),
        base_name(program).to_lowercase(),
    ];
    for name in names {
        add(format!("{name} {}", rest.join(" ")).trim_end().to_owned());
        // Options before a subcommand, and their values.
        let mut follows_option = false;
        for (index, word) in rest.iter().enumerate() {
            if !word.starts_with('-') {
                for long in long_subcommands(&name, word) {
                    add(format!("{name} {long} {}", rest[index + 1..].join(" "))
                        .trim_end()
                        .to_owned());
                }
                add(format!("{name} {}", rest[index..].join(" ")));
            }
            let is_option = word.starts_with('-') || word.starts_with('+');
            if !is_option && !follows_option {
                break;
            }
            follows_option = is_option;
        }
    }
}

/// What the program takes a subcommand for, from `cargo --list` and the commands and aliases of `npm help`: npm takes every
/// beginning.
fn long_subcommands(program: &str, word: &str) -> Vec<&'static str> {
    const CARGO: [(&str, &str); 6] = [
        ("b", "build"),
        ("c", "check"),
        ("d", "doc"),
        ("r", "run"),
        ("t", "test"),
        ("rm", "remove"),
    ];
    const NPM: Names = Names(
        "access adduser audit bugs cache ci completion config dedupe deprecate diff dist-tag docs doctor edit exec explain \
         explore find-dupes fund get help hook init install install-ci-test install-test link login logout ls org outdated \
         owner pack ping pkg prefix profile prune publish query rebuild repo restart root run run-script sbom search set \
         shrinkwrap star stars start stop team test token unpublish unstar update undeprecate uninstall version view whoami",
    );
    const NPM_ALIASES: [(Names, &str); 14] = [
        (Names("author"), "owner"),
        (Names("home"), "docs"),
        (Names("issues"), "bugs"),
        (Names("info show v"), "view"),
        (Names("find s se"), "search"),
        (
            Names("add i in ins inst insta instal isnt isnta isntal isntall"),
            "install",
        ),
        (Names("clean-install ic install-clean isntall-clean"), "ci"),
        (Names("un unlink remove rm r"), "uninstall"),
        (Names("up upgrade udpate"), "update"),
        (Names("x"), "exec"),
        (Names("rum urn run-script"), "run"),
        (Names("run rum urn"), "run-script"),
        (Names("t tst"), "test"),
        (Names("create innit"), "init"),
    ];
    match program {
        "cargo" => CARGO
            .iter()
            .filter(|(short, _)| *short == word)
            .map(|(_, long)| *long)
            .collect(),
        "npm" | "pnpm" => {
            let begins = NPM
                .iter()
                .filter(|long| long.len() > word.len() && long.starts_with(word));
            let aliases = NPM_ALIASES.iter().filter(|(names, _)| names.contains(word));
            begins.chain(aliases.map(|(_, long)| *long)).collect()
        }
        _ => Vec::new(),
    }
}

/// Whether a pattern of a rule that refuses or asks names one of these texts: as it stands, or with the options in
/// another order or bundle.
pub(crate) fn is_named(pattern: &str, texts: &[String]) -> bool {
    texts
        .iter()
        .any(|text| text_matches(pattern, text) || named_in_another_order(pattern, text))
}

fn named_in_another_order(pattern: &str, text: &str) -> bool {
    let is_option = |word: &&str| word.len() > 1 && word.starts_with('-');
    let (wanted, rest): (Vec<&str>, Vec<&str>) = pattern.split_whitespace().partition(is_option);
    if wanted.is_empty() || rest.first().is_none_or(|program| program.contains('*')) {
        return false;
    }
    let (given, operands): (Vec<&str>, Vec<&str>) = text.split_whitespace().partition(is_option);
    let letters: Vec<char> = given.iter().flat_map(|option| letters(option)).collect();
    let has = |option: &str| {
        given
            .iter()
            .any(|given| wildcard_matches(option, given) || is_beginning(given, option))
            || (is_bundle(option) && self::letters(option).iter().all(|letter| letters.contains(letter)))
            || (option.starts_with("--") && self::letters(option).iter().any(|letter| letters.contains(letter)))
    };
    let mut rest = rest.join(" ");
    if pattern.ends_with('*') && !rest.ends_with('*') {
        rest.push_str(" *");
    }
    wanted.iter().all(|option| has(option)) && text_matches(&rest, &operands.join(" "))
}

/// Whether a long option is the beginning of another: programs take it for that one.
fn is_beginning(given: &str, option: &str) -> bool {
    let name = given.split('=').next().unwrap_or(given);
    name.len() > 2 && name.starts_with("--") && option.starts_with(name)
}

fn is_bundle(option: &str) -> bool {
    !option.starts_with("--") && option[1..].chars().all(|c| c.is_ascii_alphabetic())
}

/// The letters of a bundle of options, and the letters that stand for some long ones.
fn letters(option: &str) -> Vec<char> {
    const LONG: [(&str, char); 4] = [
        ("--force", 'f'),
        ("--recursive", 'r'),
        ("--delete", 'd'),
        ("--no-verify", 'n'),
    ];
    let option = option.trim_end_matches('*');
    if is_bundle(option) {
        let lower = |c| {
            if matches!(c, 'R' | 'D') {
                c.to_ascii_lowercase()
            } else {
                c
            }
        };
        return option[1..].chars().map(lower).collect();
    }
    let named = LONG
        .iter()
        .filter(|(long, _)| *long == option || is_beginning(option, long));
    named.map(|(_, letter)| *letter).collect()
}

/// A text that is not understood, as it stands and as the shell may come to read it: without quotes, with what stands for
/// other characters decoded, with expansions left out, with braces opened.
pub(crate) fn openings(text: &str) -> Vec<String> {
    let joined = text.replace("\\\n", "");
    let decoded = without_codes(&joined);
    let open: String = decoded
        .chars()
        .filter(|c| !matches!(c, '\'' | '"' | '\\') && (!is_unseen(*c) || matches!(c, '\n' | '\t')))
        .collect();
    let mut texts = vec![
        text.to_owned(),
        without_expansions(&open),
        open.replace(['{', '}', ','], " "),
        open.to_lowercase(),
        open,
    ];
    texts.dedup();
    texts
}

/// `$'\x72m'` is `rm`.
fn without_codes(text: &str) -> String {
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("$'") {
        decoded.push_str(before);
        rest = after;
        while let Some(c) = rest.chars().next().filter(|c| *c != '\'') {
            let code = rest.strip_prefix('\\').and_then(|code| {
                let (digits, radix, most) = match code.chars().next()? {
                    'x' => (&code[1..], 16, 2),
                    'u' => (&code[1..], 16, 4),
                    'U' => (&code[1..], 16, 8),
                    _ => (code, 8, 3),
                };
                let length = digits.chars().take(most).take_while(|c| c.is_digit(radix)).count();
                let value = u32::from_str_radix(&digits[..length], radix).ok()?;
                Some((char::from_u32(value)?, &digits[length..]))
            });
            match code {
                Some((c, after)) => {
                    decoded.push(c);
                    rest = after;
                }
                None => {
                    decoded.push(c);
                    rest = &rest[c.len_utf8()..];
                }
            }
        }
        rest = rest.strip_prefix('\'').unwrap_or(rest);
    }
    decoded + rest
}

/// `r$@m` and `r${x}m` may be `rm`.
fn without_expansions(text: &str) -> String {
    let mut left = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        left.push_str(before);
        let name = after
            .find(|c: char| c != '_' && !c.is_alphanumeric())
            .unwrap_or(after.len());
        rest = match after.chars().next() {
            Some('{') => after.split_once('}').map_or("", |(_, rest)| rest),
            Some('@' | '*' | '#' | '?' | '!' | '-' | '$') => &after[1..],
            _ => &after[name..],
        };
    }
    left + rest
}

/// Whether a text that could not be taken apart mentions what a pattern names.
pub(crate) fn mentions(pattern: &str, text: &str) -> bool {
    let name = super::super::rules::literal_prefix(pattern).trim_end();
    if name.is_empty() {
        return text_matches(pattern, text) || wildcard_matches(&format!("{pattern}*"), &first(text, 4096));
    }
    text.match_indices(name).take(2000).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + name.len()..].chars().next();
        let ends = |c: Option<char>| c.is_none_or(|c| !(c.is_alphanumeric() || c == '_' || c == '-'));
        // A name that the pattern goes on with directly (`git*`) may be the start of a longer one.
        let goes_on = pattern[name.len()..].starts_with(['*', '?']);
        let rest = first(&text[at..], 4096);
        ends(before)
            && (goes_on || ends(after))
            && (wildcard_matches(&format!("{pattern}*"), &rest)
                || pattern
                    .strip_suffix(" *")
                    .is_some_and(|pattern| wildcard_matches(&format!("{pattern}*"), &rest)))
    })
}

/// A pattern in which a plain bracket of letters is any character, and any other, with what follows it up to the next `/`,
/// is any text.
pub(crate) fn star_brackets(pattern: &str) -> String {
    let open = |part: &str| match part.split_once('[') {
        Some((before, inner)) => match inner.split_once(']') {
            Some((letters, after)) if letters.chars().all(char::is_alphanumeric) && !after.contains(['[', ']']) => {
                format!("{before}?{after}")
            }
            _ => format!("{before}*"),
        },
        None => part.to_owned(),
    };
    pattern.split('/').map(open).collect::<Vec<_>>().join("/")
}

/// Whether unknown words could turn a command into one that a pattern names.
pub(crate) fn could_become(pattern: &str, words: &[ShellWord]) -> bool {
    if words.iter().all(|word| word.known().is_some()) {
        return false;
    }
    let mut texts: Vec<String> = words
        .iter()
        .map(|word| match (word.known(), &word.value) {
            (Some(known), _) => known.to_owned(),
            (None, Some(glob)) => star_brackets(glob),
            (None, None) => "*".to_owned(),
        })
        .collect();
    if words.last().is_some_and(|word| word.may_split) {
        texts.push("*".to_owned());
    }
    let mut names = Vec::new();
    add_names(&mut names, &texts);
    names.iter().any(|text| {
        let meets = |pattern: &str| {
            patterns_meet(pattern, text) || text.strip_suffix(" *").is_some_and(|text| patterns_meet(pattern, text))
        };
        meets(pattern) || pattern.strip_suffix(" *").is_some_and(meets)
    })
}

fn first(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_known_in_every_order() {
        for (pattern, text, expected) in [
            ("rm -rf *", "rm -fr x", true),
            ("rm -rf *", "rm -r -f x", true),
            ("rm -rf *", "rm x -R --force", true),
            ("rm -rf *", "rm -r x", false),
            ("git push --force*", "git push origin main --force", true),
            ("git push --force*", "git push origin -f", true),
            ("git push --force*", "git push origin main", false),
        ] {
            assert_eq!(is_named(pattern, &[text.to_owned()]), expected, "{pattern} on {text}");
        }
    }

    #[test]
    fn a_text_that_is_not_understood_may_still_mention_what_is_denied() {
        for (pattern, text, expected) in [
            ("rm *", "if true; rm -rf x", true),
            ("rm *", "echo \"a; r\"'m' x", true),
            ("rm *", "farm x", false),
            ("git push *", "( git push origin", true),
            ("git push *", "( git status", false),
        ] {
            let found = openings(text).iter().any(|text| mentions(pattern, text));
            assert_eq!(found, expected, "{pattern} on {text}");
        }
    }
}
