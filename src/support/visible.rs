//! Text from elsewhere, made safe to show.

use std::borrow::Cow;

/// The text with every control character but newline and tab, and everything that cannot be seen or that reorders a
/// line, written out: `\u{1b}`.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_hidden(c) {
            shown.extend(c.escape_unicode());
        } else {
            shown.push(c);
        }
    }
    Cow::Owned(shown)
}

/// Whether a character moves the cursor, reverses a line, has no shape of its own, or only looks like a space.
///
/// Newline and tab are not hidden: the caller that shows one line decides about them.
pub fn is_hidden(c: char) -> bool {
    match c {
        '\n' | '\t' | ' '..='~' => false,
        _ => c.is_control() || is_ignorable(c) || has_no_shape(c) || is_other_space(c) || is_nobodys(c),
    }
}

/// Whether a character overrides or isolates the reading direction of what follows, or ends a line where no reader of
/// lines sees an end.
pub fn reorders(c: char) -> bool {
    matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Whether a character takes no room and changes the shape of no other. Joiners and variation selectors are not among
/// them: scripts and emoji need those.
pub fn is_zero_width(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2060}'..='\u{2065}'
        | '\u{206a}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e00ff}')
}

/// Formats, marks of direction, joiners, selectors of a variant, fillers, tags: what Unicode lets a program leave out.
fn is_ignorable(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Characters without a shape of their own that no program may leave out.
fn has_no_shape(c: char) -> bool {
    matches!(c,
        '\u{600}'..='\u{605}' | '\u{6dd}' | '\u{70f}' | '\u{890}' | '\u{891}' | '\u{8e2}' | '\u{2800}' | '\u{110bd}'
        | '\u{110cd}' | '\u{13430}'..='\u{1345f}' | '\u{1d159}')
        // Drawn over the character before them.
        || matches!(c, '\u{334}'..='\u{338}' | '\u{20d0}'..='\u{20ff}')
}

/// Whether a character in a command or a path is invisible, changes the order of what is shown, or commands a terminal.
/// Line ends and tabs are such characters too; who expects them says so.
pub fn is_unseen(c: char) -> bool {
    c.is_control() || is_ignorable(c) || reorders(c) || matches!(c, '\u{f0000}'..)
}

/// Whether a character is a space to the eye and none to a shell.
pub fn is_odd_space(c: char) -> bool {
    is_other_space(c) && !matches!(c, '\t' | '\n')
}

fn is_other_space(c: char) -> bool {
    c != ' ' && c.is_whitespace()
}

/// Private use and characters that never will be ones: what they look like is up to the font.
fn is_nobodys(c: char) -> bool {
    let code = u32::from(c);
    matches!(code, 0xE000..=0xF8FF | 0xF0000..) || matches!(code, 0xFDD0..=0xFDEF) || code & 0xFFFE == 0xFFFE
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

    #[test]
    fn what_cannot_be_seen_is_written_out() {
        for c in [
            '\u{0}',
            '\u{7f}',
            '\u{85}',
            '\u{a0}',
            '\u{ad}',
            '\u{34f}',
            '\u{61c}',
            '\u{115f}',
            '\u{180e}',
            '\u{2003}',
            '\u{200b}',
            '\u{200d}',
            '\u{2028}',
            '\u{2029}',
            '\u{202f}',
            '\u{2060}',
            '\u{2064}',
            '\u{2069}',
            '\u{2800}',
            '\u{3000}',
            '\u{3164}',
            '\u{fe0f}',
            '\u{feff}',
            '\u{ffa0}',
            '\u{fff9}',
            '\u{e0041}',
            '\u{e0101}',
            '\u{e000}',
            '\u{fffe}',
            '\u{338}',
            '\u{10fffd}',
        ] {
            assert!(is_hidden(c), "{}", c.escape_unicode());
        }
        for c in "azAZ09~!\n\té漢字абвπقहि😀e\u{301}".chars() {
            assert!(!is_hidden(c), "{}", c.escape_unicode());
        }
    }
}
