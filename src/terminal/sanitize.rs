//! Text without anything that a terminal would obey.
//!
//! What a model, a tool or a provider wrote may hold escape sequences: a title to set, a clipboard to fill, a line to
//! overwrite. Here they are taken out, and so are characters that take no room. What remains is printable text, line feeds
//! and tabs. Characters that reverse the reading direction stay visible, as U+FFFD: what is read is then what is there.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

use crate::support::visible::{is_zero_width, reorders};

/// What stands in for a character that would reorder the text around it.
const VISIBLE: char = '\u{FFFD}';

/// Strips escape sequences and control characters from a complete text.
pub fn sanitize(text: &str) -> Cow<'_, str> {
    Sanitizer::default().push(text)
}

/// The text on one line of at most `columns` columns, sanitised; what does not fit becomes `…`.
pub fn one_line(text: &str, columns: usize) -> String {
    // What cannot fit is not looked at: a tool may give back megabytes. Escape sequences take room in the input alone.
    let end = text
        .char_indices()
        .nth(columns.saturating_mul(8).saturating_add(256))
        .map_or(text.len(), |(index, _)| index);
    let clean = sanitize(&text[..end]);
    let mut line = String::new();
    let mut width = 0;
    for (index, word) in clean.split_whitespace().enumerate() {
        let gap = usize::from(index > 0);
        if gap > 0 {
            line.push(' ');
        }
        width += gap;
        line.push_str(word);
        width += word.width();
        if width > columns {
            break;
        }
    }
    if width <= columns && end == text.len() {
        return line;
    }
    let mut kept = 0;
    let mut room = columns.saturating_sub(1);
    for (index, grapheme) in line.grapheme_indices(true) {
        let needs = grapheme.width();
        if needs > room {
            break;
        }
        room -= needs;
        kept = index + grapheme.len();
    }
    line.truncate(kept);
    line.truncate(line.trim_end().len());
    line.push('…');
    line
}

/// Strips escape sequences and control characters from text that comes in pieces, cut anywhere.
#[derive(Debug, Clone, Default)]
pub struct Sanitizer {
    state: SanitizerState,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum SanitizerState {
    #[default]
    Ground,
    Escape,
    /// After ESC and an intermediate character, such as in `ESC ( B`.
    Intermediate,
    /// In a control sequence, `ESC [ … final`.
    Control,
    /// In a string that the terminal would swallow: DCS, SOS, OSC, PM or APC.
    String,
    /// After ESC within such a string.
    StringEscape,
}

impl Sanitizer {
    /// The printable text of the next piece.
    pub fn push<'a>(&mut self, piece: &'a str) -> Cow<'a, str> {
        if self.state == SanitizerState::Ground && !piece.chars().any(is_special) {
            return Cow::Borrowed(piece);
        }
        let mut text = String::with_capacity(piece.len());
        for character in piece.chars() {
            if let Some(shown) = self.step(character) {
                text.push(shown);
            }
        }
        Cow::Owned(text)
    }

    /// Takes one character; gives what is shown for it.
    fn step(&mut self, character: char) -> Option<char> {
        // A line feed ends every sequence. Terminals would go on in some of them, but then a sequence that nobody
        // closed would hide the rest of the text.
        match character {
            '\n' | '\u{18}' | '\u{1A}' => {
                self.state = SanitizerState::Ground;
                return (character == '\n').then_some('\n');
            }
            '\u{1B}' => {
                self.state = match self.state {
                    SanitizerState::String => SanitizerState::StringEscape,
                    _ => SanitizerState::Escape,
                };
                return None;
            }
            _ => {}
        }
        match self.state {
            SanitizerState::Ground => self.ground(character),
            SanitizerState::Escape => match character {
                '[' => self.go(SanitizerState::Control),
                'P' | 'X' | ']' | '^' | '_' => self.go(SanitizerState::String),
                ' '..='/' => self.go(SanitizerState::Intermediate),
                '0'..='~' => self.go(SanitizerState::Ground),
                _ => self.leave(character),
            },
            SanitizerState::Intermediate => match character {
                ' '..='/' => None,
                '0'..='~' => self.go(SanitizerState::Ground),
                _ => self.leave(character),
            },
            SanitizerState::Control => match character {
                ' '..='?' => None,
                '@'..='~' => self.go(SanitizerState::Ground),
                _ => self.leave(character),
            },
            SanitizerState::String => match character {
                '\u{07}' | '\u{9C}' => self.go(SanitizerState::Ground),
                _ => None,
            },
            SanitizerState::StringEscape => match character {
                '\\' => self.go(SanitizerState::Ground),
                _ => {
                    self.state = SanitizerState::Escape;
                    self.step(character)
                }
            },
        }
    }

    fn ground(&mut self, character: char) -> Option<char> {
        match character {
            '\t' => Some('\t'),
            '\u{9B}' => self.go(SanitizerState::Control),
            '\u{90}' | '\u{98}' | '\u{9D}' | '\u{9E}' | '\u{9F}' => self.go(SanitizerState::String),
            _ if character.is_control() || is_zero_width(character) => None,
            _ if reorders(character) => Some(VISIBLE),
            _ => Some(character),
        }
    }

    fn go(&mut self, state: SanitizerState) -> Option<char> {
        self.state = state;
        None
    }

    /// The sequence was none after all; the character that shows it is text.
    fn leave(&mut self, character: char) -> Option<char> {
        self.state = SanitizerState::Ground;
        self.ground(character)
    }
}

fn is_special(character: char) -> bool {
    (character.is_control() && character != '\n' && character != '\t')
        || reorders(character)
        || is_zero_width(character)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn sequences_of_every_kind_are_gone_and_the_text_stays() {
        let table = [
            ("plain\ttext\nü 漢", "plain\ttext\nü 漢"),
            ("a\u{1b}[31mred\u{1b}[0mb", "aredb"),
            ("a\u{1b}[?25l\u{1b}[2Jb", "ab"),
            ("a\u{9b}31mb", "ab"),
            ("a\u{1b}]0;title\u{7}b", "ab"),
            ("a\u{1b}]52;c;aGk=\u{1b}\\b", "ab"),
            ("a\u{9d}8;;http://x\u{9c}b", "ab"),
            ("a\u{1b}Pq#0;2;0\u{1b}\\b", "ab"),
            ("a\u{1b}_payload\u{1b}\\b\u{1b}^pm\u{1b}\\c\u{1b}Xsos\u{1b}\\d", "abcd"),
            ("a\u{1b}(Bb\u{1b}cc\u{1b}7d", "abcd"),
            ("over\rwrite\u{8}\u{7}\u{7f}\u{0}", "overwrite"),
            ("a\r\nb", "a\nb"),
            ("a\u{1b}", "a"),
            ("a\u{1b}]never closed\nnext", "a\nnext"),
            ("a\u{1b}]2;x\u{1b}[31mb", "ab"),
            ("a\u{1b}[3\u{fc}b", "a\u{fc}b"),
            ("a\u{1b}[1\u{18}b", "ab"),
            ("x\u{202e}gnp.exe\u{2066}", "x\u{fffd}gnp.exe\u{fffd}"),
            ("rm\u{200b} -rf\u{2060} \u{feff}x\u{e0041}", "rm -rf x"),
            ("one\u{2028}two", "one\u{fffd}two"),
            (
                "👨\u{200d}👩 \u{2764}\u{fe0f} می\u{200c}خواهم",
                "👨\u{200d}👩 \u{2764}\u{fe0f} می\u{200c}خواهم",
            ),
        ];
        for (text, clean) in table {
            assert_eq!(sanitize(text), clean, "{text:?}");
        }
    }

    #[test]
    fn clean_text_is_not_copied() {
        assert!(matches!(sanitize("clean\n"), Cow::Borrowed(_)));
    }

    #[test]
    fn one_line_joins_cuts_and_cleans() {
        assert_eq!(one_line("  a\n\tb  c ", 20), "a b c");
        assert_eq!(one_line("\u{1b}[31mabc def", 5), "abc…");
        assert_eq!(one_line("abcdef", 6), "abcdef");
        assert_eq!(one_line("abcdefg", 6), "abcde…");
        assert_eq!(one_line("漢字漢字", 5), "漢字…");
        assert_eq!(one_line(&"x".repeat(1_000_000), 4), "xxx…");
        assert_eq!(one_line("", 4), "");
    }

    fn hostile() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            Just("\u{1b}".to_owned()),
            Just("\u{1b}[".to_owned()),
            Just("\u{1b}]".to_owned()),
            Just("\u{1b}P".to_owned()),
            Just("\u{1b}\\".to_owned()),
            Just("\u{9b}".to_owned()),
            Just("\u{9c}".to_owned()),
            Just("\u{9d}".to_owned()),
            Just("\u{7}".to_owned()),
            Just("\n".to_owned()),
            Just("\u{202e}".to_owned()),
            Just("\u{200b}".to_owned()),
            Just("31;1m".to_owned()),
            "[a-z;?(0-9]{0,4}",
            any::<char>().prop_map(String::from),
        ];
        proptest::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn any_cut_gives_the_same_text_and_never_a_control_character(
            text in hostile(),
            cuts in proptest::collection::vec(any::<proptest::sample::Index>(), 0..6),
        ) {
            let whole = sanitize(&text).into_owned();
            prop_assert!(!whole.chars().any(is_special), "{whole:?}");
            let mut borders: Vec<usize> = text.char_indices().map(|(index, _)| index).collect();
            borders.push(text.len());
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| borders[cut.index(borders.len())]).collect();
            cuts.extend([0, text.len()]);
            cuts.sort_unstable();
            let mut sanitizer = Sanitizer::default();
            let mut pieces = String::new();
            for pair in cuts.windows(2) {
                pieces.push_str(&sanitizer.push(&text[pair[0]..pair[1]]));
            }
            prop_assert_eq!(pieces, whole);
        }
    }
}
