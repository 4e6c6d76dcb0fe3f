//! Text that is wrapped where it is too long for a line.

use textwrap::Options;
use textwrap::core::display_width;

use super::sanitize::one_line;

/// More is no note but a document.
const LONGEST: usize = 4_000;

/// The text on lines of at most `columns` columns, sanitised. Lines after the first one begin with `indent`.
pub fn wrapped(text: &str, columns: usize, indent: &str) -> Vec<String> {
    let text = one_line(text, LONGEST);
    let options = Options::new(columns.max(1))
        .subsequent_indent(indent)
        .word_splitter(textwrap::WordSplitter::NoHyphenation);
    textwrap::wrap(&text, options)
        .into_iter()
        .map(std::borrow::Cow::into_owned)
        .collect()
}

/// Facts with ` · ` between them, on lines of at most `columns` columns: a fact is broken only when it is longer than a line.
pub fn joined(facts: &[String], columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for fact in facts {
        match lines.last_mut() {
            Some(line) if display_width(line) + 3 + display_width(fact) <= columns => {
                line.push_str(" · ");
                line.push_str(fact);
            }
            _ => lines.push(fact.clone()),
        }
    }
    lines.iter().flat_map(|line| wrapped(line, columns, "")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_cut_and_no_line_is_too_long() {
        assert_eq!(wrapped("one two\n  three", 8, "  "), ["one two", "  three"]);
        assert_eq!(
            wrapped("a \u{1b}[31mred\u{1b}[0m --long-option", 9, ""),
            ["a red", "--long-op", "tion"]
        );
        assert_eq!(wrapped("字句解析", 4, ""), ["字句", "解析"]);
        assert!(wrapped("", 8, "").iter().all(String::is_empty));
    }

    #[test]
    fn a_line_of_facts_is_broken_between_them() {
        let facts = ["a/model", "build", "1.2k of 200k (1%)", "$0.01"].map(str::to_owned);
        assert_eq!(joined(&facts, 80), ["a/model · build · 1.2k of 200k (1%) · $0.01"]);
        assert_eq!(joined(&facts, 20), ["a/model · build", "1.2k of 200k (1%)", "$0.01"]);
    }
}
