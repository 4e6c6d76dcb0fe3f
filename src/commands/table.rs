//! Lists as tables: one entry a line.
//!
//! On a terminal there is a line of headings, and what is long gives way to the terminal's width. Into a pipe go the same
//! columns without headings, uncut, with a tab between them: `cut -f2` finds the second one.

use unicode_width::UnicodeWidthStr as _;

use super::document::{ListDocument, ListItem, write_document};
use super::{painted, write_stdout};
use crate::context::Context;
use crate::error::Failure;
use crate::request::{ListFormat, ListOutput};
use crate::terminal::{Stream, Terminal, one_line};

const GAP: &str = "  ";
/// A column that gives way keeps at least this.
const NARROWEST: usize = 12;
/// More than any line has.
const UNCUT: usize = 100_000;

/// A column with its heading.
#[derive(Debug, Clone, Copy)]
pub(super) enum Column {
    /// Text that is shown whole.
    Text(&'static str),
    Number(&'static str),
    /// Text that gives way when the terminal is narrow.
    Flexible(&'static str),
}

/// Writes entries to stdout as they were asked for: as one JSON document, or as a table with a row for each.
///
/// # Errors
///
/// When stdout cannot be written.
pub(super) fn write_entries<T: ListItem>(
    context: &Context,
    output: &ListOutput,
    entries: &[T],
    columns: &[Column],
    cells: impl Fn(&T) -> Vec<String>,
) -> Result<(), Failure> {
    match output.format {
        ListFormat::Json => write_document(&ListDocument { items: entries }),
        ListFormat::Text => Table::new(columns, entries.iter().map(cells)).print(context, output),
    }
}

/// The text of a cell that is never empty.
pub(super) fn or_dash(text: String) -> String {
    if text.is_empty() { "-".to_owned() } else { text }
}

#[derive(Debug)]
pub(super) struct Table<'a> {
    columns: &'a [Column],
    rows: Vec<Vec<String>>,
}

/// What a table is written for.
#[derive(Debug, Clone, Copy)]
pub struct TableStyle {
    /// The width of the terminal; none for a pipe.
    columns: Option<usize>,
    color: bool,
}

impl TableStyle {
    pub const PIPE: Self = Self {
        columns: None,
        color: false,
    };

    pub(super) fn of_stdout(context: &Context, output: &ListOutput) -> Self {
        let terminal = Terminal::of_process(&context.environment);
        Self {
            columns: terminal.is_terminal(Stream::Stdout).then(|| terminal.columns()),
            color: terminal.color(output.color, Stream::Stdout),
        }
    }
}

impl<'a> Table<'a> {
    /// A table of rows with one cell a column. Cells may hold anything; they are made one clean line each.
    pub(super) fn new(columns: &'a [Column], rows: impl IntoIterator<Item = Vec<String>>) -> Self {
        let clean = |cells: Vec<String>| {
            debug_assert_eq!(cells.len(), columns.len(), "a row has a cell for each column");
            cells.iter().map(|cell| one_line(cell, UNCUT)).collect()
        };
        let rows = rows.into_iter().map(clean).collect();
        Self { columns, rows }
    }

    /// Writes it to stdout.
    ///
    /// # Errors
    ///
    /// When stdout cannot be written.
    pub(super) fn print(self, context: &Context, output: &ListOutput) -> Result<(), Failure> {
        write_stdout(self.text(TableStyle::of_stdout(context, output)).as_bytes())
    }

    pub(super) fn text(&self, style: TableStyle) -> String {
        if self.rows.is_empty() {
            return String::new();
        }
        let Some(columns) = style.columns else {
            return self.rows.iter().map(|row| row.join("\t") + "\n").collect();
        };
        let heading = |column: &Column| match column {
            Column::Text(heading) | Column::Number(heading) | Column::Flexible(heading) => (*heading).to_owned(),
        };
        let headings: Vec<String> = self.columns.iter().map(heading).collect();
        let mut widths: Vec<usize> = (0..self.columns.len())
            .map(|index| {
                let cells = self.rows.iter().map(|row| row[index].width());
                cells.max().unwrap_or(0).max(headings[index].width())
            })
            .collect();
        self.give_way(&mut widths, columns);
        // Escape sequences are ours alone: the cells have been cleaned.
        let mut text = painted(style.color, "2", &self.line(&headings, &widths));
        text.push('\n');
        for row in &self.rows {
            text.push_str(&self.line(row, &widths));
            text.push('\n');
        }
        text
    }

    /// Takes from the flexible columns what does not fit, from the last one first.
    fn give_way(&self, widths: &mut [usize], columns: usize) {
        let total: usize = widths.iter().sum::<usize>() + GAP.len() * widths.len().saturating_sub(1);
        let mut excess = total.saturating_sub(columns);
        for (width, column) in widths.iter_mut().zip(self.columns).rev() {
            if matches!(column, Column::Flexible(_)) && *width > NARROWEST {
                let taken = excess.min(*width - NARROWEST);
                *width -= taken;
                excess -= taken;
            }
        }
    }

    fn line(&self, cells: &[String], widths: &[usize]) -> String {
        let mut line = String::new();
        for (index, ((cell, &width), column)) in cells.iter().zip(widths).zip(self.columns).enumerate() {
            if index > 0 {
                line.push_str(GAP);
            }
            let cell = one_line(cell, width);
            let padding = " ".repeat(width.saturating_sub(cell.width()));
            line.extend(match column {
                Column::Number(_) => [padding, cell],
                Column::Text(_) | Column::Flexible(_) => [cell, padding],
            });
        }
        line.truncate(line.trim_end().len());
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table<'static> {
        const COLUMNS: [Column; 3] = [Column::Text("NAME"), Column::Number("SIZE"), Column::Flexible("ABOUT")];
        let rows = [["a", "7", "日本 and\na second line"], ["long", "12", "\u{1b}[31mred"]];
        Table::new(&COLUMNS, rows.map(|row| row.map(str::to_owned).to_vec()))
    }

    #[test]
    fn a_pipe_gets_whole_lines_with_tabs_and_without_headings() {
        assert_eq!(
            table().text(TableStyle::PIPE),
            "a\t7\t日本 and a second line\nlong\t12\tred\n"
        );
    }

    #[test]
    fn a_narrow_terminal_cuts_what_may_give_way() {
        let look = TableStyle {
            columns: Some(24),
            color: true,
        };
        assert_eq!(
            table().text(look),
            "\u{1b}[2mNAME  SIZE  ABOUT\u{1b}[0m\na        7  日本 and a…\nlong    12  red\n"
        );
    }
}
