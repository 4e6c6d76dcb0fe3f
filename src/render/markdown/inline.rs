//! Markup within a line: emphasis, code, links.
//!
//! A line is shown while it grows. [`complete_length`] returns how much of it can be shown: up to the last word outside
//! of open markup. Markup that stays open for too long is shown as text.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use unicode_segmentation::UnicodeSegmentation as _;

use super::flow::{MAX_GRAPHEME_BYTES, width};
use super::style::{MarkdownStyle, Span};
use crate::terminal::sanitize;

/// Limit of the search for the end of an emphasis, a code span or a link, and of the text that is held back for it, in
/// bytes.
const MAX_MARKUP_BYTES: usize = 600;

/// Characters that can begin markup.
const SPECIAL: &[char] = &['\\', '`', '*', '_', '~', '[', '<', '&', '!'];

/// Put before a fragment while it is parsed, so that no text in it can begin a block.
const GUARD: &str = "x ";

/// Whether `piece`, which was just appended to the line, can complete more of it. Avoids parsing the line again for
/// each character of a long word.
pub(super) fn may_complete(line: &str, piece: &str) -> bool {
    piece.contains([' ', '\t']) || line.len() > 2 * MAX_MARKUP_BYTES || !line.is_ascii()
}

/// How many bytes of a growing line can be shown now.
pub(super) fn complete_length(line: &str) -> usize {
    let bytes = line.as_bytes();
    let mut boundary = 0;
    let mut index = 0;
    while let Some(character) = line[index..].chars().next() {
        let rest = &line[index..];
        let step = match character {
            ' ' | '\t' => {
                boundary = index + 1;
                Some(1)
            }
            '\\' => rest.chars().nth(1).map(|next| 1 + next.len_utf8()),
            '`' => code_length(rest),
            '*' | '_' | '~' => emphasis_length(rest, index.checked_sub(1).map(|before| bytes[before])),
            '[' => link_length(rest),
            '<' => match memchr::memchr2(b'>', b' ', window(rest).as_bytes()) {
                Some(end) => Some(end),
                None => open_or_literal(rest, 1),
            },
            '&' => match rest
                .bytes()
                .skip(1)
                .take(32)
                .position(|byte| !byte.is_ascii_alphanumeric() && byte != b'#')
            {
                Some(_) => Some(1),
                None => open_or_literal(rest, 1),
            },
            _ if character.is_ascii() => Some(1),
            _ => {
                // Text without spaces may be broken after each wide grapheme. The next grapheme shows that this one is
                // complete.
                let near = &rest[..rest.floor_char_boundary(MAX_GRAPHEME_BYTES)];
                let grapheme = near.graphemes(true).next().unwrap_or(near);
                if width(grapheme) >= 2 && grapheme.len() < rest.len() {
                    boundary = index + grapheme.len();
                }
                Some(grapheme.len())
            }
        };
        let Some(step) = step else {
            break;
        };
        index += step;
    }
    if boundary == 0 && line.len() > 2 * MAX_MARKUP_BYTES {
        // An endless word, or endless markup.
        boundary = line.floor_char_boundary(line.len() - 4);
    }
    boundary
}

/// The part of the text that is searched.
fn window(text: &str) -> &str {
    &text[..text.floor_char_boundary(MAX_MARKUP_BYTES)]
}

/// Holds open markup back (`None`), until it is too long.
fn open_or_literal(rest: &str, length: usize) -> Option<usize> {
    (rest.len() > MAX_MARKUP_BYTES).then_some(length)
}

fn run_length(rest: &str) -> usize {
    let first = rest.as_bytes()[0];
    rest.bytes().take_while(|byte| *byte == first).count()
}

fn code_length(rest: &str) -> Option<usize> {
    let ticks = run_length(rest);
    let bytes = window(rest).as_bytes();
    let mut index = ticks;
    while index < bytes.len() {
        if bytes[index] != b'`' {
            index += 1;
            continue;
        }
        let run = bytes[index..].iter().take_while(|byte| **byte == b'`').count();
        index += run;
        // A run at the very end may still grow.
        if run == ticks && index < rest.len() {
            return Some(index);
        }
    }
    open_or_literal(rest, ticks)
}

fn emphasis_length(rest: &str, before: Option<u8>) -> Option<usize> {
    let run = run_length(rest);
    let Some(next) = rest[run..].chars().next() else {
        return open_or_literal(rest, run);
    };
    let within_word = rest.starts_with('_') && before.is_some_and(|byte| byte.is_ascii_alphanumeric());
    if next.is_whitespace() || within_word {
        return Some(run);
    }
    let marker = &rest[..run];
    let text = window(rest);
    let mut from = run;
    while let Some(found) = text.get(from..).and_then(|tail| tail.find(marker)) {
        let at = from + found;
        let end = at + run;
        if text[..at].ends_with(char::is_whitespace) {
            from = end;
            continue;
        }
        // A marker at the very end may still grow into a different marker.
        return (end < rest.len()).then_some(end);
    }
    open_or_literal(rest, run)
}

fn link_length(rest: &str) -> Option<usize> {
    let text = window(rest);
    let Some(close) = text.find(']') else {
        return open_or_literal(rest, 1);
    };
    match rest[close + 1..].chars().next() {
        None => None,
        Some('(') => match text.get(close..).and_then(|tail| tail.find(')')) {
            Some(end) => Some(close + end + 1),
            None => open_or_literal(rest, 1),
        },
        Some(_) => Some(1),
    }
}

/// The styled pieces of a line, or of a part of a line without open markup.
pub(super) fn spans(fragment: &str, base: MarkdownStyle, color: bool) -> Vec<Span> {
    if !fragment.contains(SPECIAL) {
        return vec![Span::new(fragment, base)];
    }
    let body = fragment.trim_end();
    let mut collector = Collector {
        spans: Vec::new(),
        style: base,
        around: Vec::new(),
        color,
        links: Vec::new(),
    };
    let guarded = format!("{GUARD}{body}");
    for (event, range) in Parser::new_ext(&guarded, Options::ENABLE_STRIKETHROUGH).into_offset_iter() {
        collector.event(event, &guarded[range]);
    }
    let mut spans = collector.spans;
    let mut guard = GUARD.len();
    for span in &mut spans {
        let cut = guard.min(span.text.len());
        span.text.drain(..cut);
        guard -= cut;
    }
    spans.push(Span::new(&fragment[body.len()..], base));
    spans.retain(|span| !span.text.is_empty());
    spans
}

struct Collector {
    spans: Vec<Span>,
    style: MarkdownStyle,
    /// The styles of the open markup, outermost first.
    around: Vec<MarkdownStyle>,
    color: bool,
    /// Targets of the open links, each with the number of pieces before it.
    links: Vec<(String, usize)>,
}

impl Collector {
    /// Takes an event, and its source.
    fn event(&mut self, event: Event<'_>, source: &str) {
        match event {
            Event::Text(text) | Event::InlineHtml(text) | Event::Html(text) => self.push(&text),
            Event::Code(text) => self.code(&text),
            Event::SoftBreak | Event::HardBreak => self.push(" "),
            Event::Start(tag) => self.start(tag, source),
            Event::End(tag) => self.end(tag, source),
            _ => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>, source: &str) {
        self.mark(tag.to_end(), source);
        match tag {
            Tag::Emphasis => self.enter(MarkdownStyle::ITALIC),
            Tag::Strong => self.enter(MarkdownStyle::BOLD),
            Tag::Strikethrough => self.enter(MarkdownStyle::STRIKE),
            Tag::Link { dest_url, .. } => {
                self.links.push((dest_url.into_string(), self.spans.len()));
                self.enter(MarkdownStyle::UNDERLINE);
            }
            Tag::Image { dest_url, .. } => {
                self.push("image: ");
                self.enter(MarkdownStyle::PLAIN);
                self.links.push((dest_url.into_string(), self.spans.len()));
            }
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd, source: &str) {
        match tag {
            TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough => {
                self.leave();
                self.mark(tag, source);
            }
            TagEnd::Link | TagEnd::Image => {
                self.leave();
                let Some((target, first)) = self.links.pop() else {
                    return;
                };
                let text: String = self.spans[first..].iter().map(|span| span.text.as_str()).collect();
                // The target is shown, because the link's text may differ from it.
                if text != sanitize(&target) && !target.is_empty() {
                    self.push(" (");
                    self.push(&target);
                    self.push(")");
                }
            }
            _ => {}
        }
    }

    /// Without colour an emphasis keeps its marks.
    fn mark(&mut self, tag: TagEnd, source: &str) {
        let length = match tag {
            TagEnd::Emphasis => 1,
            TagEnd::Strong => 2,
            TagEnd::Strikethrough => source.bytes().take_while(|byte| *byte == b'~').count(),
            _ => 0,
        };
        if !self.color {
            self.push(&source[..length]);
        }
    }

    fn enter(&mut self, style: MarkdownStyle) {
        self.around.push(self.style);
        self.style = self.style.and(style);
    }

    fn leave(&mut self) {
        self.style = self.around.pop().unwrap_or_default();
    }

    fn code(&mut self, text: &str) {
        if self.color {
            let style = self.style;
            self.style = style.and(MarkdownStyle::CYAN);
            self.push(text);
            self.style = style;
        } else {
            // Without colour the ticks mark the code.
            let ticks = if text.contains('`') { "``" } else { "`" };
            self.push(&format!("{ticks}{text}{ticks}"));
        }
    }

    /// Sanitises once more: the parser has just turned `&#27;` into the character that it names.
    fn push(&mut self, text: &str) {
        let clean = sanitize(text).replace(['\n', '\t'], " ");
        self.spans.push(Span::new(clean, self.style));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(fragment: &str) -> String {
        spans(fragment, MarkdownStyle::PLAIN, false)
            .into_iter()
            .map(|span| span.text)
            .collect()
    }

    #[test]
    fn a_growing_line_is_shown_up_to_its_last_whole_word() {
        let table = [
            ("", ""),
            ("one", ""),
            ("one two", "one "),
            ("one **two thr", "one "),
            ("one **two three** f", "one **two three** "),
            ("2 * 3 ** 4 x", "2 * 3 ** 4 "),
            ("see `a b", "see "),
            ("see `a b` ", "see `a b` "),
            ("see [a b](http://x y", "see "),
            ("see [a b](http://x) ", "see [a b](http://x) "),
            ("see [1] and", "see [1] "),
            ("snake_case_name and", "snake_case_name "),
            ("a \\* b c", "a \\* b "),
            ("漢字", "漢"),
        ];
        for (line, shown) in table {
            assert_eq!(&line[..complete_length(line)], shown, "{line:?}");
        }
    }

    #[test]
    fn what_never_closes_is_text_after_all() {
        let line = format!("**open {}", "word ".repeat(400));
        assert!(complete_length(&line) > 1_000);
        assert!(complete_length(&"x".repeat(5_000)) > 4_000);
        assert!(complete_length(&"[".repeat(5_000)) > 4_000);
    }

    #[test]
    fn without_colour_emphasis_and_code_keep_their_marks() {
        let table = [
            ("**bold** and *it* ", "**bold** and *it* "),
            ("__b__ _i_ ***both*** ~~no~~", "__b__ _i_ ***both*** ~~no~~"),
            ("src/**/*.rs", "src/**/*.rs"),
            ("- 1. # not a block", "- 1. # not a block"),
            ("`code *x*`", "`code *x*`"),
            ("[text](http://x)", "text (http://x)"),
            ("<http://x>", "http://x"),
            ("![alt](i.png)", "image: alt (i.png)"),
            ("a <b> c", "a <b> c"),
            ("a &amp; b &lt;", "a & b <"),
            ("1 \\* 2", "1 * 2"),
        ];
        for (source, shown) in table {
            assert_eq!(plain(source), shown, "{source:?}");
        }
    }

    #[test]
    fn an_escape_sequence_written_as_entities_does_not_come_to_life() {
        assert_eq!(plain("a&#27;[31mb&#x1b;]0;t&#7;c"), "a[31mb]0;tc");
        assert_eq!(plain("[x](http://y&#27;[2J)"), "x (http://y)");
    }
}
