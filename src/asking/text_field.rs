//! A line of text that is typed.

use unicode_width::UnicodeWidthChar as _;

use super::Gone;
use super::board::{Board, Caret, Input};
use super::keys::Key;
use super::line::{StyledLine, TextStyle};
use crate::support::visible::is_hidden;

/// More is no answer but a document.
const MOST: usize = 4000;

/// What a key did to the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Edited {
    Changed,
    Done,
    Back,
}

#[derive(Debug, Default)]
pub(crate) struct TextField {
    text: Vec<char>,
    at: usize,
}

impl TextField {
    /// An editor that holds a text, with the cursor at its end.
    pub(crate) fn with_text(text: &str) -> Self {
        let text: Vec<char> = text.chars().collect();
        Self { at: text.len(), text }
    }

    /// The text without space at its ends.
    pub(crate) fn text(&self) -> String {
        let text: String = self.text.iter().collect();
        text.trim().to_owned()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Empties the field; gives the whole text.
    pub(crate) fn take(&mut self) -> String {
        std::mem::take(self).text.into_iter().collect()
    }

    pub(crate) fn press(&mut self, key: Key) -> Edited {
        match key {
            Key::Enter => return Edited::Done,
            Key::Escape => return Edited::Back,
            Key::Char(c) | Key::Pasted(c) if self.text.len() < MOST => {
                self.text.insert(self.at, c);
                self.at += 1;
            }
            Key::Backspace if self.at > 0 => {
                self.at -= 1;
                self.text.remove(self.at);
            }
            Key::Delete if self.at < self.text.len() => {
                self.text.remove(self.at);
            }
            Key::Left => self.at = self.at.saturating_sub(1),
            Key::Right => self.at = (self.at + 1).min(self.text.len()),
            Key::Home | Key::Up => self.at = 0,
            Key::End | Key::Down => self.at = self.text.len(),
            Key::EraseLine => {
                self.text.drain(..self.at);
                self.at = 0;
            }
            Key::EraseWord => {
                let before = &self.text[..self.at];
                let word = before.iter().rposition(|c| !c.is_whitespace()).unwrap_or(0);
                let from = before[..word]
                    .iter()
                    .rposition(|c| c.is_whitespace())
                    .map_or(0, |at| at + 1);
                self.text.drain(from..self.at);
                self.at = from;
            }
            _ => {}
        }
        Edited::Changed
    }

    /// The last `room` rows of label and text up to the cursor, and where the cursor stands in them.
    pub(crate) fn show(&self, label: &str, columns: usize, room: usize) -> (Vec<StyledLine>, Caret) {
        let text = |range: &[char]| -> String { range.iter().collect() };
        let (before, after) = self.text.split_at(self.at);
        let line = StyledLine::new(2)
            .own(TextStyle::Strong, label)
            .foreign(TextStyle::Plain, &text(before))
            .foreign(TextStyle::Plain, &text(after));
        let (mut rows, _) = line.wrap(columns, usize::MAX);
        let shown_before: usize = label.chars().count() + before.iter().map(|&c| shown_length(c)).sum::<usize>();
        let mut caret = caret(&rows, shown_before);
        if caret.1 >= columns {
            // Behind the last character of a full row.
            caret = (caret.0 + 1, 2);
            if caret.0 == rows.len() {
                rows.push(StyledLine::of(TextStyle::Plain, "  "));
            }
        }
        let end = (caret.0 + 1).max(room).min(rows.len());
        let from = end.saturating_sub(room.max(1));
        (rows[from..end].to_vec(), (caret.0 - from, caret.1))
    }
}

/// What stands around a line that is typed.
pub(crate) struct EditedLine<'a> {
    pub(crate) label: &'a str,
    pub(crate) hint: &'a StyledLine,
    /// The least rows above it.
    pub(crate) least_above: usize,
}

/// Lets the person type a line below `above`, which is given its rows; none when they went back.
pub(crate) fn type_line(
    board: &mut Board<'_>,
    editor: &mut TextField,
    asked: &EditedLine<'_>,
    above: impl Fn(&Board<'_>, usize) -> Vec<StyledLine>,
) -> Result<Option<String>, Gone> {
    loop {
        let (columns, rows) = (board.columns(), board.rows());
        let room = rows.saturating_sub(asked.least_above).clamp(1, board.screen_rows());
        let (typed, (row, column)) = editor.show(asked.label, columns, room.min(6));
        let mut block = above(board, rows - typed.len() - 1);
        block.push(asked.hint.cut(columns));
        let caret = (block.len() + row, column);
        block.extend(typed);
        board.draw(&block, Some(caret))?;
        let Input::Key(key) = board.next()? else {
            continue;
        };
        match editor.press(key) {
            Edited::Changed => {}
            Edited::Back => return Ok(None),
            Edited::Done => return Ok(Some(editor.text())),
        }
    }
}

/// How many characters a character becomes when it is shown.
fn shown_length(c: char) -> usize {
    match c {
        '\n' | '\t' => 2,
        _ if is_hidden(c) => c.escape_unicode().count(),
        _ => 1,
    }
}

/// Where the character is that so many come before.
fn caret(rows: &[StyledLine], mut before: usize) -> Caret {
    for (index, row) in rows.iter().enumerate() {
        let text = row.text();
        let indent = if index == 0 { 0 } else { 2 };
        let length = text.chars().count() - indent;
        if before < length || index + 1 == rows.len() {
            let column = text.chars().take(indent + before).map(|c| c.width().unwrap_or(0)).sum();
            return (index, column);
        }
        before -= length;
    }
    (0, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(keys: &[Key]) -> TextField {
        let mut editor = TextField::default();
        for &key in keys {
            assert_eq!(editor.press(key), Edited::Changed);
        }
        editor
    }

    fn chars(text: &str) -> Vec<Key> {
        text.chars().map(Key::Char).collect()
    }

    #[test]
    fn a_text_can_be_mended() {
        let keys = [
            chars("ab c"),
            vec![Key::Left, Key::Backspace, Key::Char('ü'), Key::Home, Key::Delete],
        ]
        .concat();
        assert_eq!(typed(&keys).text(), "büc");
        let keys = [chars("one two  "), vec![Key::EraseWord, Key::Char('x')]].concat();
        assert_eq!(typed(&keys).text(), "one x");
        let keys = [
            chars("one"),
            vec![Key::Left, Key::EraseLine, Key::End, Key::Right, Key::Char('f')],
        ]
        .concat();
        assert_eq!(typed(&keys).text(), "ef");
        assert_eq!(
            typed(&[Key::Backspace, Key::Delete, Key::EraseWord, Key::EraseLine]).text(),
            ""
        );
    }

    #[test]
    fn the_cursor_stands_where_the_next_character_goes() {
        let show = |text: &str, columns, room| {
            let (rows, caret) = typed(&chars(text)).show("> ", columns, room);
            (rows.iter().map(StyledLine::text).collect::<Vec<_>>(), caret)
        };
        assert_eq!(show("", 10, 3), (vec!["> ".to_owned()], (0, 2)));
        assert_eq!(show("漢a", 10, 3), (vec!["> 漢a".to_owned()], (0, 5)));
        assert_eq!(
            show("abcdef", 6, 3),
            (vec!["> abcd".to_owned(), "  ef".to_owned()], (1, 4))
        );
        assert_eq!(show("abcdef", 6, 1), (vec!["  ef".to_owned()], (0, 4)));
        assert_eq!(show("\u{202e}", 20, 1), (vec!["> \\u{202e}".to_owned()], (0, 10)));
        assert_eq!(
            show("abc ef", 8, 3),
            (vec!["> abc ef".to_owned(), "  ".to_owned()], (1, 2))
        );
    }

    #[test]
    fn the_cursor_goes_into_what_is_there() {
        let editor = typed(&[chars("abcd"), vec![Key::Left, Key::Left]].concat());
        assert_eq!(editor.show("> ", 20, 2).1, (0, 4));
    }
}
