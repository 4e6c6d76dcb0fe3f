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
        if OF_TARGETS.contains(&name) {
            let targets = rest.iter().filter(|word| !is_option(word));
            targets.for_each(|word| add(format!("{name} {}", word.replace("./", ""))));
        }
        // Options before a subcommand, and their values.
        let mut follows_option = false;
        for (index, word) in rest.iter().enumerate() {
            if !word.starts_with('-') {
                for other in aliases(&name, word) {
                    add(format!("{name} {other} {}", rest[index + 1..].join(" "))
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

/// The names under which npm knows one subcommand, from `npm help` and the aliases of its own sources.
const NPM_ALIASES: [Names; 16] = [
    Names("add i in ins inst insta instal install isnt isnta isntal isntall"),
    Names("install install-test it install-ci-test cit sit"),
    Names("ci clean-install ic install-clean isntall-clean"),
    Names("uninstall un unlink remove rm r"),
    Names("update up upgrade udpate"),
    Names("exec x"),
    Names("run run-script rum urn"),
    Names("test t tst"),
    Names("init create innit"),
    Names("rebuild rb"),
    Names("link ln"),
    Names("view info show v"),
    Names("search find s se"),
    Names("owner author"),
    Names("adduser login add-user"),
    Names("config c"),
];

/// From `cargo --list`.
const CARGO_ALIASES: [Names; 6] = [
    Names("b build"),
    Names("c check"),
    Names("d doc"),
    Names("r run"),
    Names("t test"),
    Names("rm remove"),
];

/// Programs that take the beginning of a subcommand for it.
const SHORTENING: Names = Names("npm pnpm tmux ip tc bridge hg virsh nmcli");

/// Programs whose operands are each what a rule is about.
const OF_TARGETS: Names = Names("make gmake ninja just rake task");

/// Other names of a subcommand.
fn aliases(program: &str, word: &str) -> Vec<&'static str> {
    // npm takes `runScript` for `run-script`.
    let dashed: String = word
        .chars()
        .flat_map(|c| c.is_uppercase().then_some('-').into_iter().chain(c.to_lowercase()))
        .collect();
    let is_meant = |names: &&Names| names.has_beginning(&dashed);
    match program {
        "cargo" => CARGO_ALIASES
            .iter()
            .filter(|names| names.contains(word))
            .flat_map(|names| names.iter())
            .collect(),
        "npm" | "pnpm" => NPM_ALIASES
            .iter()
            .filter(is_meant)
            .flat_map(|names| names.iter())
            .collect(),
        _ => Vec::new(),
    }
}

/// Whether a pattern of a rule that refuses or asks names one of these texts: as it stands, with the options in another
/// order or bundle or shortened, or without them.
pub(crate) fn is_named(pattern: &str, texts: &[String]) -> bool {
    texts.iter().any(|text| {
        text_matches(pattern, text)
            || [text.clone(), without_options(text)].into_iter().any(|text| {
                let text = spelled_as(pattern, &text);
                text_matches(pattern, &text) || named_in_another_order(pattern, &text)
            })
    })
}

fn is_option(word: &str) -> bool {
    word.len() > 1 && word.starts_with('-')
}

fn without_options(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().filter(|word| !is_option(word)).collect();
    words.join(" ")
}

/// A text with its shortened options and its shortened subcommand as the pattern has them, and values of long options in words
/// of their own.
fn spelled_as(pattern: &str, text: &str) -> String {
    let ends = |c: char| c.is_whitespace() || matches!(c, '*' | '?' | '=');
    let long: Vec<&str> = pattern.split(ends).filter(|word| word.starts_with("--")).collect();
    let subcommand = pattern
        .split_whitespace()
        .nth(1)
        .unwrap_or_default()
        .trim_end_matches('*');
    let program = text.split_whitespace().next().unwrap_or_default();
    let mut words = Vec::new();
    for (at, word) in text.split_whitespace().enumerate() {
        let (name, value) = match word.split_once('=') {
            Some((name, value)) if name.starts_with("--") => (name, Some(value)),
            _ => (word, None),
        };
        let whole = long.iter().find(|whole| is_beginning(name, whole));
        words.push(match whole {
            _ if at == 1 && SHORTENING.contains(program) && subcommand.starts_with(name) => subcommand,
            Some(whole) => whole,
            None => name,
        });
        words.extend(value);
    }
    words.join(" ").replace("git remote rm", "git remote remove")
}

fn named_in_another_order(pattern: &str, text: &str) -> bool {
    let (wanted, rest): (Vec<&str>, Vec<&str>) = pattern
        .split_whitespace()
        .partition(|word| is_option(word.trim_start_matches('*')));
    if wanted.is_empty() || rest.first().is_none_or(|program| program.contains('*')) {
        return false;
    }
    let (given, operands): (Vec<&str>, Vec<&str>) = text.split_whitespace().partition(|word| is_option(word));
    let mut letters: Vec<char> = given.iter().flat_map(|option| letters(option)).collect();
    // These force the push of a branch, and of all.
    if text.starts_with("git push ")
        && (operands.iter().any(|word| word.starts_with('+')) || given.contains(&"--mirror"))
    {
        letters.push('f');
    }
    let has = |option: &str| {
        let bare = option.trim_matches('*');
        given.iter().any(|given| wildcard_matches(option, given))
            || (is_bundle(bare) && self::letters(bare).iter().all(|letter| letters.contains(letter)))
            || (bare.starts_with("--") && self::letters(bare).iter().any(|letter| letters.contains(letter)))
    };
    let mut rest = rest.join(" ");
    if pattern.ends_with('*') && !rest.ends_with('*') {
        rest.push_str(" *");
    }
    wanted.iter().all(|option| has(option)) && text_matches(&rest, &operands.join(" "))
}

/// Whether a long option is the beginning of another: programs take it for that one.
fn is_beginning(given: &str, option: &str) -> bool {
    given.len() > 2 && given.starts_with("--") && option.starts_with(given)
}

fn is_bundle(option: &str) -> bool {
    is_option(option) && !option.starts_with("--") && option[1..].chars().all(|c| c.is_ascii_alphabetic())
}

/// The letters of a bundle of options, and the letters that stand for some long ones.
fn letters(option: &str) -> Vec<char> {
    const LONG: [(&str, char); 7] = [
        ("--force", 'f'),
        ("--recursive", 'r'),
        ("--release", 'r'),
        ("--delete", 'd'),
        ("--no-verify", 'n'),
        ("--in-place", 'i'),
        ("--interactive", 'i'),
    ];
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
    let named = LONG.iter().filter(|(long, _)| is_beginning(option, long));
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
            ("rm -rf*", "rm -fr x", true),
            ("rm -rf*", "rm --recurs --force x", true),
            ("git clean -f*", "git clean -q -df", true),
            ("git branch -D*", "git branch --delete x", true),
            ("sed -i*", "sed -Ei s/x/y/ a", true),
            ("sed -i*", "sed --in s/x/y/ a", true),
            ("*--hard*", "git reset HEAD --har", true),
            ("git push *--force*", "git push origin main -f", true),
            ("git push --force*", "git push origin +main", true),
            ("git push origin main*", "git push -q origin main", true),
            ("git remote remove*", "git remote -v rm origin", true),
            ("npm publish*", "npm publis", true),
            ("npm run deploy*", "npm run -s deploy", true),
            ("tmux kill-server*", "tmux kill-ser", true),
            ("cargo run --bin deploy*", "cargo run --bin=deploy", true),
            ("cargo run --release*", "cargo run -r", true),
            ("git push origin main*", "git push origin dev", false),
            ("npm publish*", "npm test", false),
            ("sed -i*", "sed -n 1p a", false),
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
