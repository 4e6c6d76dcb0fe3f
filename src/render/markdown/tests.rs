use proptest::prelude::*;

use super::*;

const DOCUMENT: &str = "\
# Title with `code`

A **bold** word, an *italic* one, and ~~none~~, in a paragraph that is long enough to be broken somewhere.
Second line with [a link](https://example.org/page) and src/**/*.rs
and 漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字.

- first item that is long enough to be wrapped under its own text
  - nested **item**
- [x] done
- [ ] open

  more of the item

1. one
2. two

> quoted *text* that is long enough to be wrapped with its bar
> > deeper

```rust
fn main() {
    let text = \"**not bold**\"; // comment
}
```

| name | value |
|------|------:|
| `a`  | 1 |
| b | 20 |

---

| no table
after

    indented code **x**

2 * 3 * 4 and a_b_c and \\*escaped\\* &amp; done";

const PLAIN: &str = "\
# Title with `code`

A **bold** word, an *italic* one, and
~~none~~, in a paragraph that is long
enough to be broken somewhere.
Second line with a link
(https://example.org/page) and
src/**/*.rs
and 漢字漢字漢字漢字漢字漢字漢字漢字漢字
漢字.

• first item that is long enough to be
  wrapped under its own text
  • nested **item**
☑ done
☐ open

  more of the item

1. one
2. two

│ quoted *text* that is long enough to
│ be wrapped with its bar
│ │ deeper

```rust
fn main() {
    let text = \"**not bold**\"; // comment
}
```

name │ value
─────┼──────
`a`  │     1
b    │    20

────────────────────────────────────────

| no table
after

    indented code **x**

2 * 3 * 4 and a_b_c and *escaped* & done
";

fn write(pieces: &[&str], color: bool, columns: usize) -> String {
    let mut markdown = Markdown::new(color);
    let mut out = String::new();
    for piece in pieces {
        markdown.push(piece, columns, &mut out);
    }
    markdown.end(columns, &mut out);
    out
}

/// Cuts `text` at the characters of the indices `cuts`.
fn cut<'a>(text: &'a str, cuts: &[proptest::sample::Index]) -> Vec<&'a str> {
    let borders: Vec<usize> = text.char_indices().map(|(index, _)| index).collect();
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| borders[cut.index(borders.len())]).collect();
    cuts.extend([0, text.len()]);
    cuts.sort_unstable();
    cuts.windows(2).map(|pair| &text[pair[0]..pair[1]]).collect()
}

/// The text and styles that a terminal shows, sequence by sequence.
fn on_screen(bytes: &str) -> String {
    let mut parser = vt100::Parser::new(200, 60, 0);
    parser.process(bytes.replace('\n', "\r\n").as_bytes());
    let rows = parser.screen().rows_formatted(0, 60);
    rows.map(|row| format!("{}\n", row.escape_ascii())).collect()
}

#[test]
fn no_line_ends_within_a_grapheme() {
    let thumb = "\u{1f44d}\u{1f3fd}";
    let family = "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}";
    for text in [
        thumb.repeat(30),
        family.repeat(30),
        format!("{thumb}{family}").repeat(20),
    ] {
        for columns in 12..20 {
            // Also in pieces that are cut within graphemes.
            for pieces in [
                vec![text.as_str()],
                text.split_inclusive('\u{1f3fd}').collect(),
                text.split("").collect(),
            ] {
                let out = write(&pieces, false, columns);
                assert!(out.lines().count() > 1, "{out}");
                for line in out.lines() {
                    assert!(line.starts_with(['\u{1f44d}', '\u{1f468}']), "{columns}: {line:?}");
                    assert!(!line.ends_with(['\u{1f44d}', '\u{200d}']), "{columns}: {line:?}");
                    assert!(
                        unicode_width::UnicodeWidthStr::width(line) <= columns,
                        "{columns}: {line:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn a_document_without_colour_is_readable_and_fits() {
    assert_eq!(write(&[DOCUMENT], false, 40), PLAIN);
}

#[test]
fn character_by_character_gives_the_same_lines() {
    let pieces: Vec<&str> = DOCUMENT.split_inclusive(|_: char| true).collect();
    assert_eq!(write(&pieces, false, 40), PLAIN);
}

#[test]
fn colour_changes_looks_and_the_line_feed_is_plain() {
    assert_eq!(
        write(&["## A `b` **c**\n\n> q\n"], true, 40),
        "\u{1b}[0;1mA\u{1b}[0m \u{1b}[0;1;36mb\u{1b}[0;1m c\u{1b}[0m\n\n\u{1b}[0;2m│ \u{1b}[0m\u{1b}[0;3mq\u{1b}[0m\n"
    );
    assert_eq!(
        write(&["```rust\nlet x = 1;\n```\n"], true, 40),
        "\u{1b}[0;2m```rust\u{1b}[0m\n\u{1b}[0;35mlet\u{1b}[0m x = \u{1b}[0;36m1\u{1b}[0m;\n\u{1b}[0;2m```\u{1b}[0m\n"
    );
}

#[test]
fn text_appears_word_by_word_and_code_line_by_line() {
    let mut markdown = Markdown::new(false);
    let mut shown = |text: &str| {
        let mut out = String::new();
        markdown.push(text, 40, &mut out);
        out
    };
    assert_eq!(shown("Hello "), "Hello");
    assert_eq!(shown("wor"), "");
    assert_eq!(shown("ld and `co"), " world and");
    assert_eq!(shown("de x` then "), " `code x` then");
    assert_eq!(shown("\n```\nlet"), "\n```\n");
    assert_eq!(shown(" x\n"), "let x\n");
}

#[test]
fn settling_shows_everything_and_a_line_ended_by_others_goes_on_below() {
    let mut markdown = Markdown::new(false);
    let mut out = String::new();
    markdown.push("Let me look", 40, &mut out);
    markdown.settle(40, &mut out);
    assert_eq!(out, "Let me look");
    markdown.line_was_ended();
    markdown.push(" further.\n```sh\ncargo test\n```", 40, &mut out);
    markdown.settle(40, &mut out);
    assert_eq!(
        out,
        "Let me lookfurther.\n```sh\ncargo test\n```\n"
            .replace("lookfurther", "look further")
            .replace("look ", "look")
    );
    markdown.push("\nafter", 40, &mut out);
    markdown.end(40, &mut out);
    assert!(out.ends_with("cargo test\n```\nafter\n"), "{out:?}");
}

#[test]
fn parts_are_separated_by_one_blank_line() {
    let mut markdown = Markdown::new(false);
    let mut out = String::new();
    for part in ["one\n\n\n", "\n\ntwo", "- three\n"] {
        markdown.push(part, 40, &mut out);
        markdown.end(40, &mut out);
    }
    assert_eq!(out, "one\n\ntwo\n\n• three\n");
}

#[test]
fn a_hundred_thousand_pieces_cost_little() {
    for text in [
        "word ", "x", "**", "[", "`", "- ", "| a ", "*a ", "<", "# ", "漢", "a\n", "```\n",
    ] {
        let took = |count| {
            let started = std::time::Instant::now();
            let pieces = vec![text; count];
            let out = write(&pieces, true, 80);
            assert!(!out.is_empty());
            started.elapsed()
        };
        let all = took(100_000);
        // Far above the time of an unoptimised build. A slow machine takes longer, but not a hundred times that of a tenth.
        if all > std::time::Duration::from_secs(20) {
            let tenth = took(10_000);
            assert!(all < 40 * tenth, "{text:?} took {all:?}, a tenth {tenth:?}");
        }
    }
}

proptest! {
    #[test]
    fn any_cut_of_a_document_gives_the_same_lines(
        cuts in proptest::collection::vec(any::<proptest::sample::Index>(), 0..40),
    ) {
        prop_assert_eq!(write(&cut(DOCUMENT, &cuts), false, 40), PLAIN);
    }

    #[test]
    fn no_text_is_lost_or_makes_it_fail(
        text in "([-*_`~#>|+0-9. \\[\\]()<&;!a-zü漢\\n]|\\n\\n|```|\\*\\*){0,80}",
        cuts in proptest::collection::vec(any::<proptest::sample::Index>(), 0..6),
    ) {
        let pieces = if text.is_empty() { vec![] } else { cut(&text, &cuts) };
        let out = write(&pieces, false, 30);
        let words = |text: &str| -> String { text.chars().filter(|c| c.is_alphabetic()).collect() };
        prop_assert_eq!(words(&out), words(&text));
    }
}

proptest! {
    // Each case loads the grammars, which is slow in an unoptimised build.
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_cut_of_a_document_looks_the_same_in_colour(
        cuts in proptest::collection::vec(any::<proptest::sample::Index>(), 0..40),
    ) {
        let whole = on_screen(&write(&[DOCUMENT], true, 40));
        prop_assert_eq!(on_screen(&write(&cut(DOCUMENT, &cuts), true, 40)), whole);
    }
}
