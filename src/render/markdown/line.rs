//! Classifies a line of Markdown by its beginning, as early as possible.

/// Limit of an undecided line of dashes, hashes or digits, in bytes.
const MAX_UNDECIDED_BYTES: usize = 512;
/// Limit of a table row, in bytes. A shorter row is held back until it is complete.
const MAX_ROW_BYTES: usize = 16 * 1024;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum MarkdownLine {
    /// The beginning does not decide.
    Undecided,
    Blank,
    /// A fence: mark, length of the mark, indent, language.
    Fence(Fence),
    Rule,
    Row,
    /// Code, because of its indent.
    IndentedCode,
    Text(Lead),
}

/// The fence of a code block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fence {
    pub(super) mark: char,
    pub(super) length: usize,
    pub(super) indent: usize,
    /// Depth of the quotation around the block.
    pub(super) quotes: usize,
    pub(super) language: String,
}

/// How a line of text begins.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Lead {
    /// Bytes of source before the text.
    pub(super) consumed: usize,
    pub(super) quotes: usize,
    /// Columns before the marker or the text.
    pub(super) indent: usize,
    /// The text before the line: `• `, `1. `, `☑ `.
    pub(super) marker: String,
    /// 1 to 6 for a heading.
    pub(super) heading: usize,
}

#[derive(Debug, Clone, Copy, Default)]
pub(super) struct LinePosition {
    /// A list has begun: indented lines belong to it.
    pub(super) in_list: bool,
    /// The previous line was blank, or this is the first line.
    pub(super) after_blank: bool,
}

impl LinePosition {
    /// Before the first line of a document or a part.
    pub(super) const START: Self = Self {
        in_list: false,
        after_blank: true,
    };
}

/// Classifies `line`: all of it if `complete`, else its beginning.
pub(super) fn judge(line: &str, complete: bool, place: LinePosition) -> MarkdownLine {
    let (quotes, quoted) = quotes(line);
    let body = &line[quoted..];
    let text = body.trim_start_matches([' ', '\t']);
    if text.is_empty() {
        return match (complete, quotes) {
            (false, _) => MarkdownLine::Undecided,
            (true, 0) => MarkdownLine::Blank,
            (true, _) => MarkdownLine::Text(Lead {
                consumed: line.len(),
                quotes,
                ..Lead::default()
            }),
        };
    }
    let indent_bytes = body.len() - text.len();
    let indent = columns(&body[..indent_bytes]);
    if indent >= 4 && !place.in_list && place.after_blank && quotes == 0 {
        return if complete {
            MarkdownLine::IndentedCode
        } else {
            MarkdownLine::Undecided
        };
    }
    let judge = Judge {
        text,
        complete,
        quotes,
        indent: if place.in_list || indent >= 4 { indent } else { 0 },
        start: quoted + indent_bytes,
    };
    match judge.judge() {
        MarkdownLine::Undecided if !complete && text.len() > MAX_ROW_BYTES => judge.plain(),
        MarkdownLine::Undecided if !complete && text.len() > MAX_UNDECIDED_BYTES && !text.starts_with('|') => {
            judge.plain()
        }
        line => line,
    }
}

/// The depth of quotation, and the length of its marks in bytes.
pub(super) fn quotes(line: &str) -> (usize, usize) {
    let mut depth = 0;
    let mut end = 0;
    loop {
        let rest = &line[end..];
        let text = rest.trim_start_matches(' ');
        let skipped = rest.len() - text.len();
        if skipped > 3 || !text.starts_with('>') {
            return (depth, end);
        }
        depth += 1;
        end += skipped + 1;
        if line[end..].starts_with(' ') {
            end += 1;
        }
    }
}

fn columns(white: &str) -> usize {
    white
        .chars()
        .map(|character| if character == '\t' { 4 } else { 1 })
        .sum()
}

struct Judge<'a> {
    text: &'a str,
    complete: bool,
    quotes: usize,
    indent: usize,
    /// Bytes of the line before `text`.
    start: usize,
}

impl Judge<'_> {
    fn judge(&self) -> MarkdownLine {
        let Some(first) = self.text.chars().next() else {
            return MarkdownLine::Undecided;
        };
        match first {
            '#' => self.heading(),
            '`' | '~' => self.fence(first),
            '|' if self.quotes == 0 => self.when_complete(MarkdownLine::Row),
            '-' | '*' | '_' | '+' => self.rule_or_item(first),
            '0'..='9' => self.ordered(),
            '>' => MarkdownLine::Undecided,
            _ => self.plain(),
        }
    }

    fn when_complete(&self, line: MarkdownLine) -> MarkdownLine {
        if self.complete { line } else { MarkdownLine::Undecided }
    }

    fn plain(&self) -> MarkdownLine {
        self.lead(0, String::new(), 0)
    }

    fn lead(&self, consumed: usize, marker: String, heading: usize) -> MarkdownLine {
        MarkdownLine::Text(Lead {
            consumed: self.start + consumed,
            quotes: self.quotes,
            indent: self.indent,
            marker,
            heading,
        })
    }

    fn run(&self, mark: char) -> usize {
        self.text.chars().take_while(|character| *character == mark).count()
    }

    fn heading(&self) -> MarkdownLine {
        let level = self.run('#');
        let rest = &self.text[level..];
        if level > 6 {
            return self.plain();
        }
        match rest.chars().next() {
            None if !self.complete => MarkdownLine::Undecided,
            None => self.lead(level, String::new(), level),
            Some(' ' | '\t') => {
                let white = rest.len() - rest.trim_start().len();
                if white == rest.len() && !self.complete {
                    return MarkdownLine::Undecided;
                }
                self.lead(level + white, String::new(), level)
            }
            Some(_) => self.plain(),
        }
    }

    fn fence(&self, mark: char) -> MarkdownLine {
        let length = self.run(mark);
        let info = &self.text[length..];
        if length < 3 {
            return if info.is_empty() && !self.complete {
                MarkdownLine::Undecided
            } else {
                self.plain()
            };
        }
        // A fence has no ticks after its mark: such a line is inline code.
        if mark == '`' && info.contains('`') {
            return self.plain();
        }
        let language = info
            .trim()
            .trim_start_matches(['{', '.'])
            .split([' ', ',', '{', '}', ':', '\t'])
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase();
        self.when_complete(MarkdownLine::Fence(Fence {
            mark,
            length,
            indent: self.indent,
            quotes: self.quotes,
            language,
        }))
    }

    fn rule_or_item(&self, mark: char) -> MarkdownLine {
        if self
            .text
            .chars()
            .all(|character| character == mark || character == ' ' || character == '\t')
        {
            if !self.complete {
                return MarkdownLine::Undecided;
            }
            if self.text.matches(mark).count() >= 3 && mark != '+' && self.quotes == 0 {
                return MarkdownLine::Rule;
            }
        }
        match self.text.chars().nth(1) {
            Some(' ' | '\t') if mark != '_' => self.item(1, "• "),
            None if mark != '_' && self.complete => self.item(1, "• "),
            _ => self.plain(),
        }
    }

    fn ordered(&self) -> MarkdownLine {
        let digits = self.text.bytes().take_while(u8::is_ascii_digit).count();
        if digits > 9 {
            return self.plain();
        }
        let rest = &self.text[digits..];
        match rest.as_bytes() {
            [] | [b'.' | b')'] if !self.complete => MarkdownLine::Undecided,
            [b'.' | b')', b' ' | b'\t', ..] => self.item(digits + 1, &format!("{} ", &self.text[..=digits])),
            _ => self.plain(),
        }
    }

    /// A list item whose marker has `length` bytes; a checkbox may follow.
    fn item(&self, length: usize, marker: &str) -> MarkdownLine {
        let rest = &self.text[length..];
        let white = rest.len() - rest.trim_start_matches([' ', '\t']).len();
        let text = &rest[white..];
        let consumed = length + white;
        for (ticks, shown) in [("[ ] ", "☐ "), ("[x] ", "☑ "), ("[X] ", "☑ ")] {
            if text.starts_with(ticks) {
                return self.lead(consumed + ticks.len(), shown.to_owned(), 0);
            }
            if !self.complete && ticks.starts_with(text) {
                return MarkdownLine::Undecided;
            }
        }
        self.lead(consumed, marker.to_owned(), 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(line: &MarkdownLine) -> Option<(usize, usize, &str, usize)> {
        match line {
            MarkdownLine::Text(lead) => Some((lead.consumed, lead.quotes, &lead.marker, lead.heading)),
            _ => None,
        }
    }

    #[test]
    fn a_line_is_judged_as_early_as_its_beginning_allows() {
        let growing = |line| judge(line, false, LinePosition::default());
        for undecided in [
            "", "#", "## ", "``", "```rust", "| a", "-", "- ", "- - ", "**", "12", "12.", "> ", "- [", "- [x]", ">",
        ] {
            assert_eq!(growing(undecided), MarkdownLine::Undecided, "{undecided:?}");
        }
        assert_eq!(text(&growing("T")), Some((0, 0, "", 0)));
        assert_eq!(text(&growing("## T")), Some((3, 0, "", 2)));
        assert_eq!(text(&growing("#no")), Some((0, 0, "", 0)));
        assert_eq!(text(&growing("- a")), Some((2, 0, "• ", 0)));
        assert_eq!(text(&growing("12. a")), Some((4, 0, "12. ", 0)));
        assert_eq!(text(&growing("1.5")), Some((0, 0, "", 0)));
        assert_eq!(text(&growing("- [x] a")), Some((6, 0, "☑ ", 0)));
        assert_eq!(text(&growing("> > - a")), Some((6, 2, "• ", 0)));
        assert_eq!(text(&growing("**b")), Some((0, 0, "", 0)));
        assert_eq!(text(&growing("`c` x")), Some((0, 0, "", 0)));
        assert_eq!(text(&growing("```c``` x")), Some((0, 0, "", 0)));
    }

    #[test]
    fn a_whole_line_is_always_judged() {
        let whole = |line| judge(line, true, LinePosition::default());
        assert_eq!(whole("  "), MarkdownLine::Blank);
        assert_eq!(whole("---"), MarkdownLine::Rule);
        assert_eq!(whole("* * *"), MarkdownLine::Rule);
        assert_eq!(text(&whole("--")), Some((0, 0, "", 0)));
        assert_eq!(text(&whole("-")), Some((1, 0, "• ", 0)));
        assert_eq!(whole("| a | b |"), MarkdownLine::Row);
        assert!(matches!(whole("~~~ {.Rust .x}"), MarkdownLine::Fence(fence) if fence.language == "rust"));
        assert!(matches!(whole("```rust,ignore"), MarkdownLine::Fence(fence) if fence.language == "rust"));
    }

    #[test]
    fn nothing_is_kept_back_for_ever() {
        for mark in ["-", "#", "1", "`", "|"] {
            let line = judge(&mark.repeat(20_000), false, LinePosition::default());
            assert_ne!(line, MarkdownLine::Undecided, "{mark}");
        }
    }
}
