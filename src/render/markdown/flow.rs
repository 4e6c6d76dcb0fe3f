//! Wraps words to the terminal's width, one word at a time.
//!
//! Invariants: written text is never written again, and each line feed is written in the plain style.

use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

use super::style::{MarkdownStyle, Span};

/// Limit of a grapheme, in bytes. A family of four with skin tones has 41.
pub(super) const MAX_GRAPHEME_BYTES: usize = 64;

/// The cursor's position, and the pending text.
#[derive(Default)]
pub(super) struct TextFlow {
    color: bool,
    column: usize,
    /// The text before each further line of the paragraph.
    hang: Span,
    hang_width: usize,
    /// Other output began the line; the text before the paragraph is still missing.
    bare: bool,
    spaces: usize,
    /// The style of the spaces.
    gap: MarkdownStyle,
    word: Vec<Span>,
    word_width: usize,
    /// The last grapheme of the word; further characters may join it, also those of a later piece of text.
    last: String,
    active: MarkdownStyle,
}

impl TextFlow {
    pub(super) fn new(color: bool) -> Self {
        Self {
            color,
            ..Self::default()
        }
    }

    /// Begins a line with `first`; further lines of the paragraph begin with `hang`, which has the same width.
    pub(super) fn start(&mut self, first: &Span, hang: Span, columns: usize, out: &mut String) {
        first.write(self.color, out);
        self.column = width(&first.text);
        self.hang_width = width(&hang.text);
        self.hang = hang;
        if self.hang_width + 10 > columns {
            self.hang = Span::default();
            self.hang_width = 0;
        }
        self.spaces = 0;
        self.bare = false;
    }

    /// Adds text. Writes a word when it is complete; a wide grapheme ends its word.
    pub(super) fn text(&mut self, span: &Span, columns: usize, out: &mut String) {
        let mut piece = String::new();
        for character in span.text.chars() {
            if matches!(character, ' ' | '\t' | '\n') {
                self.add(&mut piece, span.style);
                self.end_word(columns, out);
                self.spaces += 1;
                self.gap = span.style;
                continue;
            }
            let before = width(&self.last);
            self.last.push(character);
            if self.last.len() > MAX_GRAPHEME_BYTES || self.last.graphemes(true).nth(1).is_some() {
                if before >= 2 {
                    self.add(&mut piece, span.style);
                    self.end_word(columns, out);
                }
                self.last.clear();
                self.last.push(character);
                self.word_width += width(&self.last);
            } else {
                self.word_width = (self.word_width + width(&self.last)).saturating_sub(before);
            }
            piece.push(character);
        }
        self.add(&mut piece, span.style);
    }

    fn add(&mut self, piece: &mut String, style: MarkdownStyle) {
        if !piece.is_empty() {
            self.word.push(Span::new(std::mem::take(piece), style));
        }
    }

    pub(super) fn end_word(&mut self, columns: usize, out: &mut String) {
        self.last.clear();
        if self.word.is_empty() {
            return;
        }
        let full = self.column > self.hang_width && self.column + self.spaces + self.word_width > columns;
        if full {
            self.switch(MarkdownStyle::PLAIN, out);
            out.push('\n');
        }
        if full || self.bare {
            self.hang.write(self.color, out);
            self.column = self.hang_width;
            self.spaces = 0;
            self.bare = false;
        }
        if self.spaces > 0 {
            let within = self.word.first().is_some_and(|span| span.style == self.gap);
            self.switch(if within { self.gap } else { MarkdownStyle::PLAIN }, out);
        }
        out.extend(std::iter::repeat_n(' ', self.spaces));
        for span in std::mem::take(&mut self.word) {
            self.switch(span.style, out);
            out.push_str(&span.text);
        }
        self.column += self.spaces + self.word_width;
        self.spaces = 0;
        self.word_width = 0;
    }

    /// Returns to the plain style: other output may follow.
    pub(super) fn rest(&mut self, out: &mut String) {
        self.switch(MarkdownStyle::PLAIN, out);
    }

    /// Ends the line, unless it has ended.
    pub(super) fn end_line(&mut self, columns: usize, out: &mut String) {
        self.end_word(columns, out);
        self.switch(MarkdownStyle::PLAIN, out);
        if !self.bare {
            out.push('\n');
        }
        self.column = 0;
        self.spaces = 0;
        self.bare = false;
    }

    /// Takes note that other output has ended the line.
    pub(super) fn line_was_ended(&mut self) {
        if self.column > 0 {
            self.column = 0;
            self.bare = true;
        }
    }

    fn switch(&mut self, style: MarkdownStyle, out: &mut String) {
        if self.color && self.active != style {
            if style == MarkdownStyle::PLAIN {
                out.push_str("\u{1b}[0m");
            } else {
                style.switch(out);
            }
        }
        self.active = style;
    }
}

/// The width of the text in columns.
pub(super) fn width(text: &str) -> usize {
    text.width()
}
