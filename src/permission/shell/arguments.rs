//! Paths in the arguments of a command.

use super::ShellWord;
use crate::support::names::Names;

/// Programs whose arguments are texts, and that write nowhere.
pub(crate) const TEXTUAL: Names = Names("echo true false : exit sleep seq tr");

/// Everything in an argument that could be a path: itself, values behind `=`, `:`, `,` and `@`, values of short options.
pub(crate) fn paths_in(argument: &str) -> Vec<&str> {
    let mut paths = Vec::new();
    let mut add = |text| {
        if !paths.contains(&text) {
            paths.push(text);
        }
    };
    let is_address = |text: &str| {
        text.split_once("://").is_some_and(|(scheme, _)| {
            !scheme.eq_ignore_ascii_case("file")
                && !scheme.is_empty()
                && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
        })
    };
    if is_address(argument) {
        // There may be a directory of that name.
        return vec![argument];
    }
    match argument.strip_prefix('-') {
        None => add(argument),
        // Its value stands behind `=`, or is the next word.
        Some(long) if long.starts_with('-') => {}
        // The value of an option, behind others in a bundle too.
        Some(short) => short
            .char_indices()
            .for_each(|(at, c)| add(&short[at + c.len_utf8()..])),
    }
    for (at, _) in argument.match_indices(['=', ':', ',', '@']).take(64) {
        let rest = &argument[at + 1..];
        if is_address(rest) {
            add(rest);
            break;
        }
        if !rest.is_empty() {
            add(rest);
            add(&rest[..rest.find(['=', ':', ',', '@']).unwrap_or(rest.len())]);
        }
    }
    paths.retain(|path| !path.is_empty());
    paths
}

/// Programs whose first operand is what they look for, or their program.
const MATCHERS: Names = Names("grep egrep fgrep rg sed gsed awk gawk mawk nawk jq");

/// The index of the operand that is a pattern or a program, and therefore no path: the first one, unless an option may
/// have brought it.
pub(crate) fn pattern_operand(name: &str, words: &[ShellWord]) -> Option<usize> {
    if !MATCHERS.contains(name) {
        return None;
    }
    let mut at = 1;
    while let Some(word) = words.get(at) {
        // What the shell makes of it may be several words.
        let value = word.known()?;
        match (value.strip_prefix("--"), value.strip_prefix('-')) {
            (Some(""), _) => return words.get(at + 1).filter(|next| !next.has_glob).map(|_| at + 1),
            (Some(long), _)
                if long.starts_with(['e', 'f']) || long.starts_with("reg") || long.starts_with("type-l") =>
            {
                return None;
            }
            (None, Some(short)) if short.contains(['e', 'f']) => return None,
            (None, None | Some("")) => break,
            _ => at += 1,
        }
    }
    // Options may also come later.
    let brings = |word: &ShellWord| {
        let text = word.text();
        word.value.is_none() || (text.starts_with('-') && text.contains(['e', 'f']))
    };
    (at < words.len() && !words[at + 1..].iter().any(brings)).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_found_wherever_they_hide() {
        for (argument, path) in [
            ("/etc/passwd", "/etc/passwd"),
            ("--output=/etc/x", "/etc/x"),
            ("-o/etc/x", "/etc/x"),
            ("of=/dev/sda", "/dev/sda"),
            ("@/etc/passwd", "/etc/passwd"),
            ("host:/etc/x", "/etc/x"),
            ("type=bind,source=/etc,target=/x", "/etc"),
            ("-I../..", "../.."),
            ("a.pem", "a.pem"),
        ] {
            assert!(
                paths_in(argument).contains(&path),
                "{argument}: {:?}",
                paths_in(argument)
            );
        }
        assert_eq!(paths_in("https://docs.rs/a"), ["https://docs.rs/a"]);
        assert_eq!(paths_in("-v"), Vec::<&str>::new());
        assert_eq!(paths_in("--manifest-path=sub/Cargo.toml"), ["sub/Cargo.toml"]);
    }
}
