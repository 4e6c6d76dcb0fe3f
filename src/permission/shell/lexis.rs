//! What is refused before any parsing.

use super::super::hidden::{is_hidden, is_odd_space};

/// Bytes that we take apart, at most.
const LONGEST: usize = 48 * 1024;
/// Brackets that may be open at once.
const DEEPEST: usize = 40;

/// Why a line is not worth taking apart, if it is not. What is named here is read differently by bash and by the parser,
/// hidden from a person, or too much.
pub(super) fn objection(line: &str) -> Option<&'static str> {
    if line.len() > LONGEST {
        return Some("too long to be judged");
    }
    if too_deep(line) {
        return Some("nested too deeply to be judged");
    }
    if line
        .chars()
        .any(|c| !matches!(c, '\n' | '\t') && (is_hidden(c) || is_odd_space(c)))
    {
        return Some("it has hidden characters");
    }
    let blank = |c: char| matches!(c, ' ' | '\t' | '\n' | ';' | '|' | '&' | '(' | ')');
    let chars: Vec<char> = line.chars().collect();
    for (at, pair) in chars.windows(2).enumerate().filter(|(_, pair)| pair[0] == '\\') {
        match pair[1] {
            // The parser takes an escaped blank for a blank, bash for a part of a word.
            ' ' | '\t' => return Some("it has escaped blanks"),
            // Bash joins what an escaped line end cuts.
            '\n' => {
                let before = at.checked_sub(1).map_or(' ', |before| chars[before]);
                let after = chars.get(at + 2).copied().unwrap_or(' ');
                if !blank(before) && !blank(after) {
                    return Some("a word goes on over the end of a line");
                }
            }
            _ => {}
        }
    }
    None
}

/// Whether a line is not even parsed to find what is denied in it.
pub(super) fn is_hopeless(line: &str) -> bool {
    line.len() > LONGEST || too_deep(line)
}

/// Brackets in quotes count as well: nesting is limited, not measured.
fn too_deep(line: &str) -> bool {
    let mut depth: usize = 0;
    line.bytes().any(|c| {
        match c {
            b'(' | b'{' | b'[' => depth += 1,
            b')' | b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth > DEEPEST
    })
}
