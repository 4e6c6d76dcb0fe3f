//! The style of a piece of text.

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct MarkdownStyle(u16);

impl MarkdownStyle {
    pub(super) const PLAIN: Self = Self(0);
    pub(super) const BOLD: Self = Self(1);
    pub(super) const DIM: Self = Self(1 << 1);
    pub(super) const ITALIC: Self = Self(1 << 2);
    pub(super) const UNDERLINE: Self = Self(1 << 3);
    pub(super) const STRIKE: Self = Self(1 << 4);
    pub(super) const RED: Self = Self(1 << 5);
    pub(super) const GREEN: Self = Self(1 << 6);
    pub(super) const YELLOW: Self = Self(1 << 7);
    pub(super) const BLUE: Self = Self(1 << 8);
    pub(super) const MAGENTA: Self = Self(1 << 9);
    pub(super) const CYAN: Self = Self(1 << 10);

    /// The codes of the terminal, in the order of the bits above.
    const CODES: [&'static str; 11] = ["1", "2", "3", "4", "9", "31", "32", "33", "34", "35", "36"];

    pub(super) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Appends the sequence that switches from any style to this style.
    pub(super) fn switch(self, out: &mut String) {
        out.push_str("\u{1b}[0");
        for (bit, code) in Self::CODES.iter().enumerate() {
            if self.0 & (1 << bit) != 0 {
                out.push(';');
                out.push_str(code);
            }
        }
        out.push('m');
    }
}

/// A piece of text in one style.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) text: String,
    pub(super) style: MarkdownStyle,
}

impl Span {
    pub(super) fn new(text: impl Into<String>, style: MarkdownStyle) -> Self {
        Self {
            text: text.into(),
            style,
        }
    }

    /// Appends the piece, in its style if colour is on.
    pub(super) fn write(&self, color: bool, out: &mut String) {
        if color && self.style != MarkdownStyle::PLAIN && !self.text.is_empty() {
            self.style.switch(out);
            out.push_str(&self.text);
            out.push_str("\u{1b}[0m");
        } else {
            out.push_str(&self.text);
        }
    }
}
