//! Markdown on a terminal, while it arrives.
//!
//! In: sanitised text in pieces, cut anywhere. Out: lines of the terminal's width. Invariants: written text is never
//! written again and the output never moves above the cursor's line, so this works on any terminal; text appears word
//! by word, code line by line, tables when they are complete; a line of source stays a line, so that text that the
//! model set line by line (verses, addresses, logs) is not joined. Without colour the marks with a meaning stay: hashes
//! of headings, ticks of code.

mod flow;
mod highlight;
mod inline;
mod line;
mod style;
mod table;

use flow::TextFlow;
use highlight::Highlighter;
use line::{Fence, Lead, LinePosition, MarkdownLine, judge, quotes};
use style::{MarkdownStyle, Span};
use table::MarkdownTable;

/// The open block, which the next lines belong to.
#[derive(Default)]
enum OpenBlock {
    #[default]
    Text,
    Code(Fence),
    Table(MarkdownTable),
}

/// What was written above the next line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Above {
    #[default]
    Nothing,
    Line,
    /// A complete block: one blank line must follow, however many the source has.
    Block,
}

impl Above {
    fn end_block(&mut self) {
        if *self == Self::Line {
            *self = Self::Block;
        }
    }
}

/// A document that is being written.
#[derive(Default)]
pub(super) struct Markdown {
    color: bool,
    /// Source of the current line that has not been written.
    line: String,
    /// The current line is text in this style, partly written.
    open: Option<MarkdownStyle>,
    block: OpenBlock,
    place: LinePosition,
    flow: TextFlow,
    highlighter: Highlighter,
    above: Above,
    /// The current line was treated as complete before its line feed came.
    settled: bool,
}

impl Markdown {
    pub(super) fn new(color: bool) -> Self {
        Self {
            color,
            place: LinePosition::START,
            flow: TextFlow::new(color),
            ..Self::default()
        }
    }

    /// Takes the next piece; appends the text that can be shown to `out`.
    pub(super) fn push(&mut self, text: &str, columns: usize, out: &mut String) {
        for piece in text.split_inclusive('\n') {
            let (words, ended) = piece.strip_suffix('\n').map_or((piece, false), |words| (words, true));
            self.line.push_str(words);
            if std::mem::take(&mut self.settled) && ended && words.is_empty() {
                continue;
            }
            if ended {
                self.line_ended(columns, out);
            } else {
                self.line_grew(words, columns, out);
            }
        }
        self.flow.rest(out);
    }

    /// Shows the text that is held back; it is probably complete.
    pub(super) fn settle(&mut self, columns: usize, out: &mut String) {
        if self.open.is_some() {
            self.words(true, columns, out);
        } else {
            if !self.line.is_empty() {
                self.line_ended(columns, out);
                self.settled = true;
            }
            self.flush_table(columns, out);
        }
        self.flow.rest(out);
    }

    /// Ends the part: a blank line will separate it from the next text.
    pub(super) fn end(&mut self, columns: usize, out: &mut String) {
        self.settle(columns, out);
        if self.open.take().is_some() {
            self.flow.end_line(columns, out);
        }
        self.block = OpenBlock::Text;
        self.place = LinePosition::START;
        self.settled = false;
        self.above.end_block();
    }

    /// Takes note that other output has ended the cursor's line.
    pub(super) fn line_was_ended(&mut self) {
        self.flow.line_was_ended();
    }

    fn line_grew(&mut self, piece: &str, columns: usize, out: &mut String) {
        if matches!(self.block, OpenBlock::Code(_)) || self.line.is_empty() {
            return;
        }
        if self.open.is_none() {
            match judge(&self.line, false, self.place) {
                MarkdownLine::Text(lead) => self.begin_text(&lead, columns, out),
                _ => return,
            }
        } else if !inline::may_complete(&self.line, piece) {
            return;
        }
        self.words(false, columns, out);
    }

    fn line_ended(&mut self, columns: usize, out: &mut String) {
        if self.open.is_some() {
            return self.end_text(columns, out);
        }
        let line = std::mem::take(&mut self.line);
        if let OpenBlock::Code(fence) = &self.block {
            match within(fence, &line) {
                Within::Code(code) => {
                    let code = code.to_owned();
                    return self.code(&code, out);
                }
                Within::Closed => {
                    self.fence_line(line.trim(), out);
                    self.block = OpenBlock::Text;
                    self.place.after_blank = false;
                    return;
                }
                // The quotation around the block has ended, and so has the block.
                Within::Left => self.block = OpenBlock::Text,
            }
        }
        self.judged(line, columns, out);
    }

    /// Writes a complete line outside of a code block.
    fn judged(&mut self, line: String, columns: usize, out: &mut String) {
        let judged = judge(&line, true, self.place);
        if judged != MarkdownLine::Row {
            self.flush_table(columns, out);
            self.block = OpenBlock::Text;
        }
        self.place.after_blank = judged == MarkdownLine::Blank;
        // These end a list, unless their indent makes them part of an item.
        if let MarkdownLine::Rule | MarkdownLine::Row | MarkdownLine::Fence(Fence { indent: 0, .. }) = judged {
            self.place.in_list = false;
        }
        match judged {
            MarkdownLine::Blank | MarkdownLine::Undecided => self.above.end_block(),
            MarkdownLine::Rule => {
                self.start_line(out);
                Span::new("─".repeat(columns.min(60)), MarkdownStyle::DIM).write(self.color, out);
                out.push('\n');
            }
            MarkdownLine::IndentedCode => {
                self.start_line(out);
                out.push_str(line.trim_end());
                out.push('\n');
                // So that the next indented line is code as well.
                self.place.after_blank = true;
            }
            MarkdownLine::Row => {
                if !matches!(self.block, OpenBlock::Table(_)) {
                    self.start_line(out);
                    self.block = OpenBlock::Table(MarkdownTable::default());
                }
                if let OpenBlock::Table(table) = &mut self.block
                    && let Err(rows) = table.push(&line, self.color, columns, out)
                {
                    self.block = OpenBlock::Text;
                    self.as_text(rows, columns, out);
                }
            }
            MarkdownLine::Fence(fence) => {
                self.start_line(out);
                self.block = OpenBlock::Code(fence.clone());
                if self.color {
                    self.highlighter.begin(&fence.language);
                }
                self.fence_line(line[quotes(&line).1..].trim(), out);
            }
            MarkdownLine::Text(lead) => {
                self.line = line;
                self.begin_text(&lead, columns, out);
                self.end_text(columns, out);
            }
        }
    }

    /// Begins a line of text: writes its lead and removes it from the source.
    fn begin_text(&mut self, lead: &Lead, columns: usize, out: &mut String) {
        if matches!(self.block, OpenBlock::Table(_)) {
            self.flush_table(columns, out);
            self.block = OpenBlock::Text;
        }
        self.start_line(out);
        self.line.drain(..lead.consumed);
        if !lead.marker.is_empty() {
            self.place.in_list = true;
        } else if lead.indent == 0 && (self.place.after_blank || lead.heading > 0) {
            self.place.in_list = false;
        }
        self.place.after_blank = false;
        let mut first = "│ ".repeat(lead.quotes);
        first.extend(std::iter::repeat_n(' ', lead.indent.min(columns / 2)));
        let mut hang = first.clone();
        hang.extend(std::iter::repeat_n(' ', flow::width(&lead.marker)));
        first.push_str(&lead.marker);
        let mut style = match lead.heading {
            0 => MarkdownStyle::PLAIN,
            1 => MarkdownStyle::BOLD.and(MarkdownStyle::UNDERLINE),
            _ => MarkdownStyle::BOLD,
        };
        if lead.heading > 0 && !self.color {
            first.push_str(&"#".repeat(lead.heading));
            first.push(' ');
        }
        let before = if lead.quotes > 0 {
            style = style.and(MarkdownStyle::ITALIC);
            MarkdownStyle::DIM
        } else {
            MarkdownStyle::PLAIN
        };
        self.flow
            .start(&Span::new(first, before), Span::new(hang, before), columns, out);
        self.open = Some(style);
    }

    /// Writes the complete words of a line of text, or all words.
    fn words(&mut self, all: bool, columns: usize, out: &mut String) {
        let length = if all {
            self.line.len()
        } else {
            inline::complete_length(&self.line)
        };
        if length == 0 {
            return;
        }
        let style = self.open.unwrap_or_default();
        for span in inline::spans(&self.line[..length], style, self.color) {
            self.flow.text(&span, columns, out);
        }
        self.flow.end_word(columns, out);
        self.line.drain(..length);
    }

    fn end_text(&mut self, columns: usize, out: &mut String) {
        self.words(true, columns, out);
        self.flow.end_line(columns, out);
        self.open = None;
    }

    /// Writes the separating blank line, if it is due.
    fn start_line(&mut self, out: &mut String) {
        if std::mem::replace(&mut self.above, Above::Line) == Above::Block {
            out.push('\n');
        }
    }

    fn flush_table(&mut self, columns: usize, out: &mut String) {
        if let OpenBlock::Table(table) = &mut self.block
            && let Err(rows) = table.flush(self.color, columns, out)
        {
            self.block = OpenBlock::Text;
            self.as_text(rows, columns, out);
        }
    }

    /// Writes lines that only looked like a table.
    fn as_text(&mut self, rows: Vec<String>, columns: usize, out: &mut String) {
        let rest = std::mem::take(&mut self.line);
        for row in rows {
            self.line = row;
            self.begin_text(&Lead::default(), columns, out);
            self.end_text(columns, out);
        }
        self.line = rest;
    }

    /// Writes the fence itself, which marks the beginning and end of the code, with or without colour.
    fn fence_line(&mut self, line: &str, out: &mut String) {
        self.before_code(out);
        Span::new(line, MarkdownStyle::DIM).write(self.color, out);
        out.push('\n');
    }

    /// Writes a line of code, unwrapped, so that it can be copied.
    fn code(&mut self, line: &str, out: &mut String) {
        self.before_code(out);
        if self.color {
            for span in self.highlighter.line(line) {
                span.write(self.color, out);
            }
        } else {
            out.push_str(line);
        }
        out.push('\n');
    }

    fn before_code(&self, out: &mut String) {
        if let OpenBlock::Code(fence) = &self.block {
            Span::new("│ ".repeat(fence.quotes), MarkdownStyle::DIM).write(self.color, out);
            out.extend(std::iter::repeat_n(' ', fence.indent));
        }
    }
}

/// How a line relates to the open code block.
enum Within<'a> {
    Code(&'a str),
    Closed,
    Left,
}

fn within<'a>(fence: &Fence, line: &'a str) -> Within<'a> {
    let mut body = line;
    if fence.quotes > 0 {
        let (depth, length) = quotes(line);
        if depth < fence.quotes {
            return Within::Left;
        }
        body = &line[length..];
    }
    let text = body.trim();
    let marks = text.chars().take_while(|character| *character == fence.mark).count();
    if marks >= fence.length && marks == text.chars().count() {
        return Within::Closed;
    }
    let spaces = body.bytes().take(fence.indent).take_while(|byte| *byte == b' ').count();
    Within::Code(&body[spaces..])
}

#[cfg(test)]
mod tests;
