//! A choice among lines, of which one is marked.

use super::line::{StyledLine, TextStyle};

/// An entry, marked when the cursor is on it.
pub(crate) fn entry(marked: bool) -> StyledLine {
    if marked {
        StyledLine::new(4).own(TextStyle::Chosen, "> ")
    } else {
        StyledLine::new(4).own(TextStyle::Plain, "  ")
    }
}

/// Shows `entries` around the entry under the cursor, in at most `room` rows.
pub(crate) fn show(entries: &[StyledLine], cursor: usize, columns: usize, room: usize) -> Vec<StyledLine> {
    let room = room.max(1);
    let wrapped: Vec<Vec<StyledLine>> = entries.iter().map(|line| line.wrap(columns, usize::MAX).0).collect();
    let Some(current) = wrapped.get(cursor) else {
        return Vec::new();
    };
    if current.len() > room {
        return current[..room].to_vec();
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
            return wrapped[from..to].concat();
        }
    }
}

/// How many rows all entries take.
pub(crate) fn height(entries: &[StyledLine], columns: usize) -> usize {
    entries.iter().map(|line| line.wrap(columns, usize::MAX).0.len()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_marked_entry_is_always_among_those_that_are_shown() {
        let entries: Vec<StyledLine> = ["one", "two words", "three", "four"]
            .iter()
            .map(|text| StyledLine::new(0).own(TextStyle::Plain, text))
            .collect();
        assert_eq!(height(&entries, 6), 5);
        for room in 1..7 {
            for cursor in 0..entries.len() {
                let shown = show(&entries, cursor, 6, room);
                assert!(shown.len() <= room);
                let first = entries[cursor].wrap(6, 1).0;
                assert!(shown.contains(&first[0]), "{cursor} in {room}");
            }
        }
    }
}
