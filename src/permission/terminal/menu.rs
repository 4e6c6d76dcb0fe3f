//! A choice among lines, of which one is marked.

use std::ops::Range;

use super::line::{Line, Look};

/// The lines of a menu as far as there is room for them.
#[derive(Debug)]
pub(super) struct Shown {
    pub(super) rows: Vec<Line>,
    /// The entries that can be read as a whole.
    pub(super) whole: Range<usize>,
}

/// An entry, marked when the cursor is on it.
pub(super) fn entry(marked: bool) -> Line {
    if marked {
        Line::new(4).own(Look::Chosen, "> ")
    } else {
        Line::new(4).own(Look::Plain, "  ")
    }
}

/// Shows `entries` around the one that the cursor is on, in at most `room` rows.
pub(super) fn show(entries: &[Line], cursor: usize, columns: usize, room: usize) -> Shown {
    let room = room.max(1);
    let wrapped: Vec<Vec<Line>> = entries.iter().map(|line| line.wrap(columns, usize::MAX).0).collect();
    let Some(current) = wrapped.get(cursor) else {
        return Shown {
            rows: Vec::new(),
            whole: 0..0,
        };
    };
    if current.len() > room {
        return Shown {
            rows: current[..room].to_vec(),
            whole: cursor..cursor,
        };
    }
    let (mut from, mut to) = (cursor, cursor + 1);
    let mut taken = current.len();
    loop {
        let below = wrapped.get(to).filter(|rows| taken + rows.len() <= room);
        if let Some(rows) = below {
            taken += rows.len();
            to += 1;
        }
        let above = from.checked_sub(1).map(|above| &wrapped[above]);
        let above = above.filter(|rows| taken + rows.len() <= room);
        if let Some(rows) = above {
            taken += rows.len();
            from -= 1;
        }
        if below.is_none() && above.is_none() {
            return Shown {
                rows: wrapped[from..to].concat(),
                whole: from..to,
            };
        }
    }
}

/// How many rows all entries take.
pub(super) fn height(entries: &[Line], columns: usize) -> usize {
    entries.iter().map(|line| line.wrap(columns, usize::MAX).0.len()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_marked_entry_is_always_among_those_that_are_shown() {
        let entries: Vec<Line> = ["one", "two words", "three", "four"]
            .iter()
            .map(|text| Line::new(0).own(Look::Plain, text))
            .collect();
        assert_eq!(height(&entries, 6), 5);
        for room in 1..7 {
            for cursor in 0..entries.len() {
                let shown = show(&entries, cursor, 6, room);
                assert!(shown.rows.len() <= room);
                let first = entries[cursor].wrap(6, 1).0;
                assert!(shown.rows.contains(&first[0]), "{cursor} in {room}");
            }
        }
        assert_eq!(show(&entries, 1, 6, 5).whole, 0..4);
        assert_eq!(show(&entries, 1, 6, 1).whole, 1..1);
        assert_eq!(show(&entries, 2, 6, 2).whole, 2..4);
    }
}
