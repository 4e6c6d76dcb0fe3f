//! Lines of text with looks, wrapped to a width.
//!
//! Invariants: whatever came from elsewhere is in a [`StyledLine`] only through [`StyledLine::foreign`] or [`StyledLine::code`], and those
//! write out every character that could not be seen.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthChar as _;

use crate::support::visible::is_hidden;

/// How a piece of text looks where colours are allowed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum TextStyle {
    #[default]
    Plain,
    Strong,
    Faint,
    /// What the cursor is on.
    Chosen,
    /// A line that a change adds.
    Added,
    /// A line that a change removes.
    Removed,
    /// Where in a file a change is.
    Place,
    /// A character that is written out because it could not be seen.
    Hidden,
    Warning,
}

impl TextStyle {
    const fn codes(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Strong => "1",
            Self::Faint => "2",
            Self::Chosen => "1;36",
            Self::Added => "32",
            Self::Removed => "31",
            Self::Place => "36",
            Self::Hidden => "30;43",
            Self::Warning => "1;33",
        }
    }
}

/// A tab is as wide as this, wherever it stands.
const TAB: &str = "    ";

/// One line before it is wrapped, or one row after.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct StyledLine {
    spans: Vec<(TextStyle, String)>,
    /// By how much the rows after the first one are set in.
    hang: usize,
}

impl StyledLine {
    /// An empty line whose further rows are set in by `hang` columns.
    pub(crate) const fn new(hang: usize) -> Self {
        Self {
            spans: Vec::new(),
            hang,
        }
    }

    /// A line of our own words.
    pub(crate) fn of(look: TextStyle, text: &str) -> Self {
        Self::new(2).own(look, text)
    }

    /// Foreign text behind a label of this program.
    pub(crate) fn labelled(label: &str, text: &str) -> Self {
        Self::new(4)
            .own(TextStyle::Faint, label)
            .foreign(TextStyle::Plain, text)
    }

    /// Adds our own words, which hold nothing that would have to be shown.
    pub(crate) fn own(mut self, look: TextStyle, text: &str) -> Self {
        self.push(look, text);
        self
    }

    /// Adds text from elsewhere to a line that stays one: line ends and tabs are written out too.
    pub(crate) fn foreign(mut self, look: TextStyle, text: &str) -> Self {
        let mut rest = text;
        while let Some(at) = rest.find(|c| is_hidden(c) || matches!(c, '\n' | '\t')) {
            self.push(look, &rest[..at]);
            rest = &rest[at..];
            if let Some(c) = rest.chars().next() {
                let written = match c {
                    '\n' => "\\n".to_owned(),
                    '\t' => "\\t".to_owned(),
                    _ => c.escape_unicode().to_string(),
                };
                self.push(TextStyle::Hidden, &written);
                rest = &rest[c.len_utf8()..];
            }
        }
        self.push(look, rest);
        self
    }

    /// Adds a line of a program or a file: a tab is a gap.
    pub(crate) fn code(mut self, look: TextStyle, text: &str) -> Self {
        for (index, piece) in text.split('\t').enumerate() {
            if index > 0 {
                self.push(look, TAB);
            }
            self = self.foreign(look, piece);
        }
        self
    }

    fn push(&mut self, look: TextStyle, text: &str) {
        if text.is_empty() {
            return;
        }
        match self.spans.last_mut() {
            Some((last, before)) if *last == look => before.push_str(text),
            _ => self.spans.push((look, text.to_owned())),
        }
    }

    /// The rows of the line, none wider than `columns`, at most `limit`; and whether that is all of it.
    ///
    /// A row breaks after a space where there is one. No character is left out, not even that space.
    pub(crate) fn wrap(&self, columns: usize, limit: usize) -> (Vec<Self>, bool) {
        let columns = columns.max(4);
        let hang = self.hang.min(columns / 2);
        let mut rows = Vec::new();
        let mut row: Vec<(TextStyle, char)> = Vec::new();
        let mut width = 0;
        let mut space = 0;
        // Whether the row holds more than the space it begins with.
        let mut begun = false;
        for (look, text) in &self.spans {
            for c in text.chars() {
                let wide = c.width().unwrap_or(0);
                if width + wide > columns {
                    let indent = if rows.is_empty() { 0 } else { hang };
                    // A word that would not fit into the next row either is broken in this one.
                    let word: usize = row[space..].iter().map(|(_, c)| c.width().unwrap_or(0)).sum();
                    let moves = space > indent && hang + word + wide <= columns;
                    let cut = if moves { space } else { row.len() };
                    let rest = row.split_off(cut);
                    rows.push(Self::of_row(&row));
                    if rows.len() == limit {
                        return (rows, false);
                    }
                    row = vec![(TextStyle::Plain, ' '); hang];
                    begun = rest.iter().any(|(_, c)| *c != ' ');
                    row.extend(rest);
                    width = row.iter().map(|(_, c)| c.width().unwrap_or(0)).sum();
                    space = 0;
                }
                row.push((*look, c));
                width += wide;
                begun |= c != ' ';
                if c == ' ' && begun {
                    space = row.len();
                }
            }
        }
        if rows.len() == limit {
            return (rows, row.len() <= hang);
        }
        rows.push(Self::of_row(&row));
        (rows, true)
    }

    fn of_row(row: &[(TextStyle, char)]) -> Self {
        let mut line = Self::default();
        let mut buffer = [0; 4];
        for &(look, c) in row {
            line.push(look, c.encode_utf8(&mut buffer));
        }
        line
    }

    /// The line in one row; what does not fit becomes `…`.
    pub(crate) fn cut(&self, columns: usize) -> Self {
        if self.width() <= columns {
            return self.clone();
        }
        let mut line = Self::default();
        let mut room = columns.saturating_sub(1);
        let mut buffer = [0; 4];
        'row: for (look, text) in &self.spans {
            for c in text.chars() {
                let wide = c.width().unwrap_or(0);
                if wide > room {
                    break 'row;
                }
                room -= wide;
                line.push(*look, c.encode_utf8(&mut buffer));
            }
        }
        line.push(TextStyle::Faint, "…");
        line
    }

    /// How many columns it takes.
    pub(crate) fn width(&self) -> usize {
        let chars = self.spans.iter().flat_map(|(_, text)| text.chars());
        chars.map(|c| c.width().unwrap_or(0)).sum()
    }

    /// Whether a character in it had to be written out.
    #[cfg(test)]
    fn has_hidden(&self) -> bool {
        self.spans.iter().any(|(look, _)| *look == TextStyle::Hidden)
    }

    pub(crate) fn text(&self) -> String {
        self.spans.iter().map(|(_, text)| text.as_str()).collect()
    }

    /// The text with the sequences for its looks.
    pub(crate) fn painted(&self, color: bool) -> String {
        let mut out = String::new();
        for (look, text) in &self.spans {
            if color && !look.codes().is_empty() {
                let _ = write!(out, "\x1b[{}m{text}\x1b[0m", look.codes());
            } else {
                out.push_str(text);
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rows(line: &StyledLine, columns: usize) -> Vec<String> {
        line.wrap(columns, usize::MAX).0.iter().map(StyledLine::text).collect()
    }

    #[test]
    fn rows_break_after_spaces_and_wide_characters_count_twice() {
        let line = StyledLine::new(2).own(TextStyle::Plain, "one two three");
        assert_eq!(rows(&line, 8), ["one two ", "  three"]);
        assert_eq!(
            rows(&StyledLine::new(1).own(TextStyle::Plain, "漢字漢字"), 5),
            ["漢字", " 漢字"]
        );
        assert_eq!(
            rows(&StyledLine::new(0).own(TextStyle::Plain, "abcdef"), 4),
            ["abcd", "ef"]
        );
        assert_eq!(rows(&StyledLine::new(0), 4), [""]);
        assert_eq!(
            rows(&StyledLine::new(2).own(TextStyle::Plain, "  abcdef g"), 6),
            ["  abcd", "  ef g"]
        );
    }

    #[test]
    fn a_limit_says_whether_anything_is_left() {
        let line = StyledLine::new(0).own(TextStyle::Plain, "abcdef");
        assert!(!line.wrap(3, 1).1);
        assert!(line.wrap(3, 2).1);
        assert!(line.wrap(6, 1).1);
    }

    #[test]
    fn what_cannot_be_seen_is_written_out_and_stands_out() {
        let line = StyledLine::new(0).foreign(TextStyle::Plain, "a\u{202e}b\nc\td\u{1b}[2J");
        assert_eq!(line.text(), "a\\u{202e}b\\nc\\td\\u{1b}[2J");
        assert!(line.has_hidden());
        assert_eq!(
            StyledLine::new(0).foreign(TextStyle::Strong, "a\u{0}").painted(true),
            "\x1b[1ma\x1b[0m\x1b[30;43m\\u{0}\x1b[0m"
        );
        let code = StyledLine::new(0).code(TextStyle::Plain, "\ta");
        assert_eq!((code.text().as_str(), code.has_hidden()), ("    a", false));
    }

    #[test]
    fn a_cut_line_says_that_it_was_cut() {
        assert_eq!(StyledLine::of(TextStyle::Plain, "abcdef").cut(4).text(), "abc…");
        assert_eq!(StyledLine::of(TextStyle::Plain, "abcd").cut(4).text(), "abcd");
    }

    proptest! {
        #[test]
        fn no_row_is_too_wide_and_nothing_is_lost(text in ".{0,60}", columns in 4_usize..30) {
            let line = StyledLine::new(2).code(TextStyle::Plain, &text);
            let (rows, all) = line.wrap(columns, usize::MAX);
            prop_assert!(all);
            let mut whole = String::new();
            for (index, row) in rows.iter().enumerate() {
                prop_assert!(row.width() <= columns);
                let text = row.text();
                prop_assert!(!text.contains(is_hidden));
                whole.push_str(if index == 0 { &text } else { &text[2..] });
            }
            prop_assert_eq!(whole, line.text());
        }
    }
}
