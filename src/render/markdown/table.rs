//! Tables. Rows are held back until the table is complete, because the column widths depend on all rows.

use unicode_segmentation::UnicodeSegmentation as _;

use super::flow::width;
use super::inline;
use super::style::{MarkdownStyle, Span};

/// Limit of rows: a longer table is written before its end, and its further rows keep the widths.
const MAX_ROWS: usize = 200;
/// Minimum width of a column.
const MIN_COLUMN_WIDTH: usize = 6;
const GAP: &str = " │ ";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Alignment {
    Left,
    Center,
    Right,
}

#[derive(Default)]
pub(super) struct MarkdownTable {
    /// Lines of source that have not been written.
    rows: Vec<String>,
    layout: Option<Layout>,
}

struct Layout {
    alignments: Vec<Alignment>,
    widths: Vec<usize>,
}

impl MarkdownTable {
    /// Takes a row. Returns the rows if they turn out not to be a table.
    pub(super) fn push(&mut self, row: &str, color: bool, columns: usize, out: &mut String) -> Result<(), Vec<String>> {
        self.rows.push(row.to_owned());
        if self.layout.is_none() && self.rows.len() == 2 && !is_delimiter(row) {
            return Err(std::mem::take(&mut self.rows));
        }
        if self.rows.len() >= MAX_ROWS {
            return self.flush(color, columns, out);
        }
        Ok(())
    }

    /// Writes the held rows. Returns the rows if they are not a table.
    pub(super) fn flush(&mut self, color: bool, columns: usize, out: &mut String) -> Result<(), Vec<String>> {
        let rows = std::mem::take(&mut self.rows);
        if self.layout.is_none() && rows.len() < 2 {
            return if rows.is_empty() { Ok(()) } else { Err(rows) };
        }
        let is_first = self.layout.is_none();
        let cells: Vec<Vec<Vec<Span>>> = rows
            .iter()
            .enumerate()
            .filter(|(index, _)| !is_first || *index != 1)
            .map(|(index, row)| {
                let base = if is_first && index == 0 {
                    MarkdownStyle::BOLD
                } else {
                    MarkdownStyle::PLAIN
                };
                split(row).iter().map(|cell| inline::spans(cell, base, color)).collect()
            })
            .collect();
        let layout = self.layout.get_or_insert_with(|| Layout {
            alignments: split(&rows[1]).iter().map(|cell| alignment(cell)).collect(),
            widths: fit(&cells, columns),
        });
        for (index, row) in cells.iter().enumerate() {
            write_row(row, layout, color, out);
            if is_first && index == 0 {
                let rule: Vec<String> = layout.widths.iter().map(|width| "─".repeat(*width)).collect();
                Span::new(rule.join("─┼─"), MarkdownStyle::DIM).write(color, out);
                out.push('\n');
            }
        }
        Ok(())
    }
}

fn is_delimiter(row: &str) -> bool {
    let cells = split(row);
    !cells.is_empty()
        && cells.iter().all(|cell| {
            let dashes = cell.strip_prefix(':').unwrap_or(cell);
            let dashes = dashes.strip_suffix(':').unwrap_or(dashes);
            !dashes.is_empty() && dashes.bytes().all(|byte| byte == b'-')
        })
}

fn alignment(cell: &str) -> Alignment {
    match (cell.starts_with(':'), cell.ends_with(':')) {
        (true, true) => Alignment::Center,
        (false, true) => Alignment::Right,
        _ => Alignment::Left,
    }
}

/// The cells of a row: split at bars that are neither escaped nor within code.
fn split(row: &str) -> Vec<String> {
    let row = row.trim();
    let row = row.strip_prefix('|').unwrap_or(row);
    let mut cells = vec![String::new()];
    let mut characters = row.chars().peekable();
    let mut in_code = false;
    while let Some(character) = characters.next() {
        let cell = cells.last_mut().expect("there is always a cell");
        match character {
            '\\' if characters.peek() == Some(&'|') => {
                characters.next();
                cell.push('|');
            }
            '|' if !in_code => cells.push(String::new()),
            _ => {
                in_code ^= character == '`';
                cell.push(character);
            }
        }
    }
    if cells.last().is_some_and(|cell| cell.trim().is_empty()) {
        cells.pop();
    }
    cells.iter().map(|cell| cell.trim().to_owned()).collect()
}

/// The widths of the columns; the widest columns shrink when the terminal is too narrow.
fn fit(cells: &[Vec<Vec<Span>>], columns: usize) -> Vec<usize> {
    let count = cells.first().map_or(0, Vec::len);
    let mut widths = vec![1; count];
    for row in cells {
        for (widest, cell) in widths.iter_mut().zip(row) {
            *widest = (*widest).max(cell.iter().map(|span| width(&span.text)).sum());
        }
    }
    let room = columns.saturating_sub(width(GAP) * count.saturating_sub(1));
    if count == 0 || room < MIN_COLUMN_WIDTH * count {
        return widths;
    }
    while widths.iter().sum::<usize>() > room {
        let excess = widths.iter().sum::<usize>() - room;
        let widest = widths.iter().copied().max().unwrap_or(0);
        let second = widths
            .iter()
            .copied()
            .filter(|width| *width < widest)
            .max()
            .unwrap_or(0);
        let many = widths.iter().filter(|width| **width == widest).count();
        let share = excess
            .div_ceil(many)
            .min(widest - second.max(MIN_COLUMN_WIDTH).min(widest - 1))
            .max(1);
        for width in &mut widths {
            if *width == widest {
                *width -= share;
            }
        }
    }
    widths
}

fn write_row(row: &[Vec<Span>], layout: &Layout, color: bool, out: &mut String) {
    let empty = Vec::new();
    let wrapped: Vec<Vec<Vec<Span>>> = layout
        .widths
        .iter()
        .enumerate()
        .map(|(column, width)| wrap(row.get(column).unwrap_or(&empty), *width))
        .collect();
    let height = wrapped.iter().map(Vec::len).max().unwrap_or(0).max(1);
    let last = layout.widths.len().saturating_sub(1);
    for line in 0..height {
        for (column, room) in layout.widths.iter().enumerate() {
            let spans = wrapped[column].get(line).unwrap_or(&empty);
            let used: usize = spans.iter().map(|span| width(&span.text)).sum();
            let free = room.saturating_sub(used);
            let before = match layout.alignments.get(column).unwrap_or(&Alignment::Left) {
                Alignment::Left => 0,
                Alignment::Center => free / 2,
                Alignment::Right => free,
            };
            out.extend(std::iter::repeat_n(' ', before));
            for span in spans {
                span.write(color, out);
            }
            if column < last {
                out.extend(std::iter::repeat_n(' ', free - before));
                Span::new(GAP, MarkdownStyle::DIM).write(color, out);
            }
        }
        out.truncate(out.trim_end_matches(' ').len());
        out.push('\n');
    }
}

/// Breaks a cell into lines of at most `room` columns, at spaces if possible.
fn wrap(spans: &[Span], room: usize) -> Vec<Vec<Span>> {
    let total: usize = spans.iter().map(|span| width(&span.text)).sum();
    if total <= room {
        return vec![spans.to_vec()];
    }
    let letters: Vec<(&str, MarkdownStyle)> = spans
        .iter()
        .flat_map(|span| span.text.graphemes(true).map(|grapheme| (grapheme, span.style)))
        .collect();
    let mut lines = Vec::new();
    let mut from = 0;
    while from < letters.len() {
        let mut used = 0;
        let mut end = from;
        while end < letters.len() {
            let needs = width(letters[end].0);
            if used + needs > room && end > from {
                break;
            }
            used += needs;
            end += 1;
        }
        let mut next = end;
        if end < letters.len()
            && let Some(space) = (from + 1..=end).rev().find(|index| letters[*index].0 == " ")
        {
            end = space;
            next = space + 1;
        }
        let mut line: Vec<Span> = Vec::new();
        for (grapheme, style) in &letters[from..end] {
            match line.last_mut() {
                Some(span) if span.style == *style => span.text.push_str(grapheme),
                _ => line.push(Span::new(*grapheme, *style)),
            }
        }
        lines.push(line);
        from = next;
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(rows: &[&str], columns: usize) -> String {
        let mut table = MarkdownTable::default();
        let mut out = String::new();
        for row in rows {
            table.push(row, false, columns, &mut out).unwrap();
        }
        table.flush(false, columns, &mut out).unwrap();
        out
    }

    #[test]
    fn columns_are_as_wide_as_their_widest_cell_and_aligned() {
        assert_eq!(
            shown(
                &[
                    "| a | **bb** | c |",
                    "|:--|:-:|--:|",
                    "| long | x | 1 |",
                    "| `a|b` | y |"
                ],
                60
            ),
            "a     │ **bb** │ c\n──────┼────────┼──\nlong  │   x    │ 1\n`a|b` │   y    │\n"
        );
    }

    #[test]
    fn a_wide_table_is_wrapped_within_its_cells() {
        assert_eq!(
            shown(
                &["| key | text |", "|---|---|", "| one | several words that do not fit |"],
                24
            ),
            "key │ text\n────┼───────────────────\none │ several words that\n    │ do not fit\n"
        );
    }

    #[test]
    fn lines_with_bars_that_are_no_table_are_given_back() {
        let mut table = MarkdownTable::default();
        let mut out = String::new();
        table.push("| a", false, 60, &mut out).unwrap();
        assert_eq!(
            table.push("| b", false, 60, &mut out),
            Err(vec!["| a".to_owned(), "| b".to_owned()])
        );
    }
}
