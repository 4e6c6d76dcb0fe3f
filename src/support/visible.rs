//! Text from elsewhere, made safe to show.

use std::borrow::Cow;

/// The text with every control character but newline and tab, and everything that reorders a line, written out:
/// `\u{1b}`.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if hidden(c) {
            shown.extend(c.escape_unicode());
        } else {
            shown.push(c);
        }
    }
    Cow::Owned(shown)
}

fn hidden(c: char) -> bool {
    let reorders = matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    reorders || (c.is_control() && c != '\n' && c != '\t')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_moves_a_cursor_or_turns_a_line_round_is_written_out() {
        assert_eq!(
            visible("a\u{1b}[2Jb\rc\u{202e}d\u{9b}"),
            "a\\u{1b}[2Jb\\u{d}c\\u{202e}d\\u{9b}"
        );
        assert!(matches!(visible("plain\ttext\né"), Cow::Borrowed(_)));
    }
}
