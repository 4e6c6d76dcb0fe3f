//! A choice from a list that may be long: what is typed filters it.

use super::Gone;
use super::board::{Board, Input};
use super::keys::Key;
use super::line::{StyledLine, TextStyle};
use super::menu;
use super::text_field::{Edited, TextField};

/// Limit of rows for entries, also on a tall terminal.
const MOST_ROWS: usize = 15;
/// Limit of rows for the entry under the cursor, which is not cut.
const MOST_ROWS_OF_CHOSEN: usize = 3;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ListEntry<'a> {
    pub(crate) name: &'a str,
    pub(crate) about: &'a str,
    pub(crate) is_in_use: bool,
}

impl ListEntry<'_> {
    fn matches(&self, words: &[String]) -> bool {
        let text = format!("{} {}", self.name, self.about).to_lowercase();
        words.iter().all(|word| text.contains(word))
    }

    fn line(&self, is_chosen: bool) -> StyledLine {
        let style = if is_chosen { TextStyle::Chosen } else { TextStyle::Plain };
        let mut line = menu::entry(is_chosen).foreign(style, self.name);
        if self.is_in_use {
            line = line.own(TextStyle::Place, " (in use)");
        }
        if self.about.is_empty() {
            return line;
        }
        line.own(TextStyle::Faint, "  ").foreign(TextStyle::Faint, self.about)
    }
}

/// Lets the person choose one of `entries`; returns its index, and `None` when the person presses Esc. The cursor starts on
/// the entry in use.
pub(crate) fn choose(mut board: Board<'_>, what: &str, entries: &[ListEntry<'_>]) -> Result<Option<usize>, Gone> {
    let chosen = chosen(&mut board, what, entries);
    board.leave(&[]);
    chosen
}

fn chosen(board: &mut Board<'_>, what: &str, entries: &[ListEntry<'_>]) -> Result<Option<usize>, Gone> {
    let label = format!("{what}: ");
    let mut filter = TextField::default();
    let mut shown: Vec<usize> = (0..entries.len()).collect();
    let mut cursor = entries.iter().position(|entry| entry.is_in_use).unwrap_or(0);
    loop {
        let columns = board.columns();
        let hint = StyledLine::of(TextStyle::Faint, &hint(shown.len(), entries.len()));
        let (hint, _) = hint.wrap(columns, 2);
        let room = board.rows().saturating_sub(1 + hint.len()).clamp(1, MOST_ROWS);
        let (mut rows, caret) = filter.show(&label, columns, 1);
        rows.extend(visible(entries, &shown, cursor, columns, room));
        rows.extend(hint);
        board.draw(&rows, Some(caret))?;
        let Input::Key(key) = board.next()? else {
            continue;
        };
        let last = shown.len().saturating_sub(1);
        match key {
            Key::Up => cursor = cursor.saturating_sub(1),
            Key::Down => cursor = (cursor + 1).min(last),
            Key::PageUp => cursor = cursor.saturating_sub(room),
            Key::PageDown => cursor = (cursor + room).min(last),
            Key::Home => cursor = 0,
            Key::End => cursor = last,
            key => match filter.press(key) {
                Edited::Back => return Ok(None),
                Edited::Done => {
                    if let Some(index) = shown.get(cursor) {
                        return Ok(Some(*index));
                    }
                }
                Edited::Changed => {
                    let words: Vec<String> = filter.text().split_whitespace().map(str::to_lowercase).collect();
                    let before = shown.get(cursor).copied();
                    shown = (0..entries.len())
                        .filter(|index| entries[*index].matches(&words))
                        .collect();
                    cursor = shown.iter().position(|index| Some(*index) == before).unwrap_or(0);
                }
            },
        }
    }
}

fn hint(shown: usize, all: usize) -> String {
    match shown {
        0 => "nothing matches, Esc leaves".to_owned(),
        shown if shown == all => "type to filter, Enter takes, Esc leaves".to_owned(),
        shown => format!("{shown} of {all}, Enter takes, Esc leaves"),
    }
}

/// The rows of the entries around the cursor.
fn visible(entries: &[ListEntry<'_>], shown: &[usize], cursor: usize, columns: usize, room: usize) -> Vec<StyledLine> {
    // More entries than rows are never visible.
    let from = cursor.saturating_sub(room);
    let to = (cursor + room).min(shown.len());
    let lines: Vec<StyledLine> = shown[from..to]
        .iter()
        .enumerate()
        .flat_map(|(at, index)| {
            let is_chosen = from + at == cursor;
            let line = entries[*index].line(is_chosen);
            if is_chosen {
                line.wrap(columns, MOST_ROWS_OF_CHOSEN.min(room)).0
            } else {
                vec![line.cut(columns)]
            }
        })
        .collect();
    menu::show(&lines, cursor - from, columns, room)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry<'a>(name: &'a str, about: &'a str) -> ListEntry<'a> {
        ListEntry {
            name,
            about,
            is_in_use: name == "used",
        }
    }

    #[test]
    fn an_entry_matches_when_it_holds_every_word() {
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let model = entry("openrouter/Claude-Sonnet", "A large model");
        for (typed, expected) in [
            ("", true),
            ("sonnet", true),
            ("large router", true),
            ("small", false),
            ("claude small", false),
        ] {
            assert_eq!(model.matches(&words(typed)), expected, "{typed}");
        }
    }

    #[test]
    fn the_entry_under_the_cursor_is_visible_and_whole() {
        let names: Vec<String> = (0..300)
            .map(|number| format!("provider/a-model-with-a-long-name-{number:03}"))
            .collect();
        let entries: Vec<ListEntry<'_>> = names.iter().map(|name| entry(name, "what it is")).collect();
        let shown: Vec<usize> = (0..entries.len()).collect();
        for room in [1, 2, 10] {
            for cursor in [0, 7, 150, 299] {
                let rows = visible(&entries, &shown, cursor, 39, room);
                assert!(rows.len() <= room, "{cursor} in {room}");
                assert!(rows.iter().all(|row| row.width() <= 39));
                let text: String = rows.iter().map(StyledLine::text).collect();
                assert!(text.contains(&format!("> {}", &names[cursor][..30])), "{text}");
            }
        }
        assert!(visible(&[], &[], 0, 39, 10).is_empty());
    }

    #[test]
    fn what_is_in_use_is_marked_and_foreign_text_is_written_out() {
        let line = entry("used", "a\u{1b}[2J").line(true);
        assert_eq!(line.text(), "> used (in use)  a\\u{1b}[2J");
    }
}
