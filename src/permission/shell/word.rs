//! One word of a shell line.
//!
//! Comes in: the word as it was typed. Goes out: what it becomes, as far as that can be told without running anything.
//! Always true: what cannot be told is marked as such; nothing is guessed to be harmless.

use std::collections::BTreeMap;

/// What variables may hold: those that the line sets to a literal, and those that are known from outside.
pub(crate) type Variables = BTreeMap<String, Vec<String>>;

/// Values that a word is tried with, at most.
const MOST_VARIANTS: usize = 24;

/// One word.
#[derive(Debug, Clone, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "four facts that do not depend on each other"
)]
pub(crate) struct Word {
    /// As typed.
    pub(crate) raw: String,
    /// What it becomes, when that is certain. Wildcards for file names are still in it.
    pub(crate) value: Option<String>,
    /// What it may become: with unknown parts left out, with what the line puts into its variables.
    pub(crate) variants: Vec<String>,
    /// Whether it has wildcards for file names.
    pub(crate) has_glob: bool,
    /// Whether it is one of several words that the shell makes of braces.
    pub(crate) has_braces: bool,
    /// Whether it is the same typed and read: no quotes, no escapes, no expansions.
    pub(crate) is_bare: bool,
    /// Whether something is wrong with it.
    pub(crate) is_broken: bool,
}

impl Word {
    /// A word that is known.
    pub(crate) fn literal(text: &str) -> Self {
        Self {
            raw: text.to_owned(),
            value: Some(text.to_owned()),
            variants: vec![text.to_owned()],
            is_bare: true,
            ..Self::default()
        }
    }

    /// A word that nobody knows.
    pub(crate) fn unknown(raw: &str) -> Self {
        Self {
            raw: raw.to_owned(),
            variants: vec![raw.to_owned()],
            ..Self::default()
        }
    }

    /// Reads a word as it was typed.
    pub(crate) fn read(raw: &str, variables: &Variables) -> Self {
        let mut reader = Reader {
            chars: raw.chars().collect(),
            at: 0,
            pieces: Vec::new(),
            is_bare: true,
            is_broken: false,
        };
        reader.read();
        reader.finish(raw, variables)
    }

    /// The value, or else the text as typed.
    pub(crate) fn text(&self) -> &str {
        self.value.as_deref().unwrap_or(&self.raw)
    }

    /// Whether it is known to begin with a dash; what is not known may.
    pub(crate) fn may_be_option(&self) -> bool {
        self.value.as_deref().is_none_or(|value| value.starts_with('-')) || self.has_glob || self.has_braces
    }
}

enum Piece {
    Text(String),
    /// A character of a pattern for file names.
    Glob(char),
    Brace(char),
    Variable(String),
    Unknown,
}

struct Reader {
    chars: Vec<char>,
    at: usize,
    pieces: Vec<Piece>,
    is_bare: bool,
    is_broken: bool,
}

impl Reader {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    fn push(&mut self, c: char) {
        match self.pieces.last_mut() {
            Some(Piece::Text(text)) => text.push(c),
            _ => self.pieces.push(Piece::Text(c.to_string())),
        }
    }

    fn read(&mut self) {
        while let Some(c) = self.peek(0) {
            self.at += 1;
            match c {
                '\'' => {
                    self.is_bare = false;
                    // Even empty quotes make a word.
                    self.pieces.push(Piece::Text(String::new()));
                    loop {
                        match self.peek(0) {
                            Some('\'') => break self.at += 1,
                            Some(c) => {
                                self.push(c);
                                self.at += 1;
                            }
                            None => break self.is_broken = true,
                        }
                    }
                }
                '"' => self.double_quoted(),
                '\\' => {
                    self.is_bare = false;
                    match self.peek(0) {
                        Some('\n') => self.at += 1,
                        Some(c) => {
                            self.push(c);
                            self.at += 1;
                        }
                        None => self.push('\\'),
                    }
                }
                '$' if self.peek(0) == Some('\'') => {
                    self.at += 1;
                    self.ansi_quoted();
                }
                '$' if self.peek(0) == Some('"') => {
                    self.at += 1;
                    self.double_quoted();
                }
                '$' => self.dollar(),
                '`' => {
                    self.is_bare = false;
                    self.backticks();
                }
                '<' | '>' if self.peek(0) == Some('(') => {
                    self.is_bare = false;
                    self.at += 1;
                    self.balanced('(', ')');
                    self.pieces.push(Piece::Unknown);
                }
                '~' if self.tilde_may_stand_here() => {
                    self.is_bare = false;
                    match self.peek(0) {
                        None | Some('/' | ':') => self.pieces.push(Piece::Variable("HOME".to_owned())),
                        Some('+') if matches!(self.peek(1), None | Some('/')) => {
                            self.at += 1;
                            self.pieces.push(Piece::Variable("PWD".to_owned()));
                        }
                        _ => self.pieces.push(Piece::Unknown),
                    }
                }
                '*' | '?' | '[' => {
                    self.is_bare = false;
                    self.pieces.push(Piece::Glob(c));
                }
                '{' | '}' | ',' => {
                    self.pieces.push(Piece::Brace(c));
                }
                // Where the shell ends a word, this one should have ended.
                ' ' | '\t' | '\n' | ';' | '|' | '&' | '(' | ')' | '<' | '>' => {
                    self.is_bare = false;
                    self.is_broken = true;
                    self.push(c);
                }
                c => self.push(c),
            }
        }
    }

    /// At the start of a word, and after `=` and `:` (in assignments; elsewhere the careful reading).
    fn tilde_may_stand_here(&self) -> bool {
        match self.pieces.last() {
            None => true,
            Some(Piece::Text(text)) => text.ends_with('=') || text.ends_with(':'),
            Some(Piece::Brace(_)) => true,
            Some(_) => false,
        }
    }

    fn double_quoted(&mut self) {
        self.is_bare = false;
        self.pieces.push(Piece::Text(String::new()));
        while let Some(c) = self.peek(0) {
            self.at += 1;
            match c {
                '"' => return,
                '\\' => match self.peek(0) {
                    Some('\n') => self.at += 1,
                    Some(c @ ('$' | '`' | '"' | '\\')) => {
                        self.push(c);
                        self.at += 1;
                    }
                    _ => self.push('\\'),
                },
                '$' => self.dollar(),
                '`' => self.backticks(),
                c => self.push(c),
            }
        }
        self.is_broken = true;
    }

    fn backticks(&mut self) {
        while let Some(c) = self.peek(0) {
            self.at += 1;
            match c {
                '\\' => self.at += 1,
                '`' => {
                    self.pieces.push(Piece::Unknown);
                    return;
                }
                _ => {}
            }
        }
        self.pieces.push(Piece::Unknown);
        self.is_broken = true;
    }

    /// After a `$`.
    fn dollar(&mut self) {
        let Some(c) = self.peek(0) else {
            return self.push('$');
        };
        match c {
            '(' => {
                self.at += 1;
                self.balanced('(', ')');
                self.pieces.push(Piece::Unknown);
            }
            '[' => {
                self.at += 1;
                self.balanced('[', ']');
                self.pieces.push(Piece::Unknown);
            }
            '{' => {
                let from = self.at + 1;
                self.at += 1;
                self.balanced('{', '}');
                let inner: String = self.chars[from..self.at.saturating_sub(1).max(from)].iter().collect();
                self.pieces.push(if is_name(&inner) {
                    Piece::Variable(inner)
                } else {
                    Piece::Unknown
                });
            }
            c if c == '_' || c.is_ascii_alphabetic() => {
                let from = self.at;
                while self.peek(0).is_some_and(|c| c == '_' || c.is_ascii_alphanumeric()) {
                    self.at += 1;
                }
                self.pieces
                    .push(Piece::Variable(self.chars[from..self.at].iter().collect()));
            }
            c if c.is_ascii_digit() || matches!(c, '@' | '*' | '#' | '?' | '$' | '!' | '-') => {
                self.at += 1;
                self.pieces.push(Piece::Unknown);
            }
            _ => return self.push('$'),
        }
        self.is_bare = false;
    }

    /// Skips to the bracket that closes, minding quotes and brackets within.
    fn balanced(&mut self, open: char, close: char) {
        self.is_bare = false;
        let mut depth = 1;
        while let Some(c) = self.peek(0) {
            self.at += 1;
            match c {
                '\\' => self.at += 1,
                '\'' => {
                    while self.peek(0).is_some_and(|c| c != '\'') {
                        self.at += 1;
                    }
                    self.at += 1;
                }
                '"' => {
                    while let Some(c) = self.peek(0) {
                        self.at += 1;
                        match c {
                            '\\' => self.at += 1,
                            '"' => break,
                            _ => {}
                        }
                    }
                }
                c if c == open => depth += 1,
                c if c == close => {
                    depth -= 1;
                    if depth == 0 {
                        return;
                    }
                }
                _ => {}
            }
        }
        self.at = self.at.min(self.chars.len());
        self.is_broken = true;
    }

    /// `$'...'`, after the quote.
    fn ansi_quoted(&mut self) {
        self.is_bare = false;
        self.pieces.push(Piece::Text(String::new()));
        while let Some(c) = self.peek(0) {
            self.at += 1;
            match c {
                '\'' => return,
                '\\' => self.ansi_escape(),
                c => self.push(c),
            }
        }
        self.is_broken = true;
    }

    fn ansi_escape(&mut self) {
        let Some(c) = self.peek(0) else {
            self.is_broken = true;
            return;
        };
        self.at += 1;
        let plain = match c {
            'a' => '\u{7}',
            'b' => '\u{8}',
            'e' | 'E' => '\u{1b}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\u{b}',
            '\\' | '\'' | '"' | '?' => c,
            '0'..='7' => {
                self.at -= 1;
                return self.number(8, 3);
            }
            'x' => return self.number(16, 2),
            'u' => return self.number(16, 4),
            'U' => return self.number(16, 8),
            'c' => {
                let control = self.peek(0).map_or(0, |c| (c as u32) & 0x1f);
                self.at += 1;
                char::from_u32(control).unwrap_or('\0')
            }
            c => {
                self.push('\\');
                c
            }
        };
        self.push(plain);
    }

    fn number(&mut self, radix: u32, most: usize) {
        let mut value: u32 = 0;
        let mut digits = 0;
        while digits < most
            && let Some(digit) = self.peek(0).and_then(|c| c.to_digit(radix))
        {
            value = value.wrapping_mul(radix).wrapping_add(digit);
            self.at += 1;
            digits += 1;
        }
        // A byte above ASCII is a part of some character; which one is not for us to say.
        match char::from_u32(value) {
            Some(c) if digits > 0 && value != 0 && (value < 0x80 || most > 3) => self.push(c),
            _ => self.pieces.push(Piece::Unknown),
        }
    }

    fn finish(self, raw: &str, variables: &Variables) -> Word {
        let braces: String = self
            .pieces
            .iter()
            .map(|piece| match piece {
                Piece::Brace(c) => *c,
                Piece::Text(text) if text.contains("..") => '.',
                _ => '_',
            })
            .collect();
        let has_braces = match (braces.find('{'), braces.rfind('}')) {
            (Some(open), Some(close)) => {
                open < close && (braces[open..close].contains(',') || braces[open..close].contains('.'))
            }
            _ => false,
        };
        let mut value = Some(String::new());
        let mut variants = vec![String::new()];
        let add = |variants: &mut Vec<String>, texts: &[String]| {
            let mut grown = Vec::new();
            for variant in variants.iter() {
                for text in texts {
                    if grown.len() < MOST_VARIANTS {
                        grown.push(format!("{variant}{text}"));
                    }
                }
            }
            *variants = grown;
        };
        let mut has_glob = false;
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => {
                    if let Some(value) = &mut value {
                        value.push_str(text);
                    }
                    variants.iter_mut().for_each(|variant| variant.push_str(text));
                }
                Piece::Glob(c) | Piece::Brace(c) => {
                    has_glob |= matches!(piece, Piece::Glob(_));
                    if let Some(value) = &mut value {
                        value.push(*c);
                    }
                    variants.iter_mut().for_each(|variant| variant.push(*c));
                }
                Piece::Variable(name) => match variables.get(name).map(Vec::as_slice) {
                    Some([only]) if is_from_outside(name) => {
                        if let Some(value) = &mut value {
                            value.push_str(only);
                        }
                        variants.iter_mut().for_each(|variant| variant.push_str(only));
                    }
                    Some(values) => {
                        value = None;
                        let mut texts = values.to_vec();
                        texts.push(String::new());
                        add(&mut variants, &texts);
                    }
                    None => value = None,
                },
                Piece::Unknown => value = None,
            }
        }
        if has_braces {
            variants = variants
                .iter()
                .flat_map(|variant| braced(variant))
                .take(MOST_VARIANTS)
                .collect();
        }
        if self.is_broken {
            value = None;
        }
        if !variants.iter().any(|variant| variant == raw) {
            variants.push(raw.to_owned());
        }
        Word {
            raw: raw.to_owned(),
            value,
            variants,
            has_glob,
            has_braces,
            is_bare: self.is_bare && !has_braces,
            is_broken: self.is_broken,
        }
    }
}

/// Variables whose value is known unless the line sets them.
fn is_from_outside(name: &str) -> bool {
    matches!(name, "HOME" | "PWD")
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c == '_' || c.is_ascii_alphabetic())
        && text.chars().all(|c| c == '_' || c.is_ascii_alphanumeric())
}

/// The words that a list in braces makes, joined by spaces as they come to stand in the line, and one by one.
fn braced(text: &str) -> Vec<String> {
    let Some(open) = text.find('{') else {
        return vec![text.to_owned()];
    };
    let Some(close) = text[open..].find('}').map(|at| open + at) else {
        return vec![text.to_owned()];
    };
    let (before, after) = (&text[..open], &text[close + 1..]);
    let mut words: Vec<String> = text[open + 1..close]
        .split(',')
        .map(|member| format!("{before}{member}{after}"))
        .collect();
    words.insert(0, words.join(" "));
    words.push(text.to_owned());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(raw: &str) -> Word {
        let mut variables = Variables::new();
        variables.insert("HOME".into(), vec!["/home/u".into()]);
        variables.insert("x".into(), vec!["rm".into()]);
        Word::read(raw, &variables)
    }

    #[test]
    fn quotes_and_escapes_are_taken_away() {
        for (raw, value) in [
            ("git", Some("git")),
            ("r''m", Some("rm")),
            ("\\rm", Some("rm")),
            ("'a b'", Some("a b")),
            ("\"a\\\"b\\c\"", Some("a\"b\\c")),
            ("$'\\x72\\155'", Some("rm")),
            ("$'\\u0072m'", Some("rm")),
            ("~/x", Some("/home/u/x")),
            ("'~/x'", Some("~/x")),
            ("$HOME/x", Some("/home/u/x")),
            ("\"${HOME}/x\"", Some("/home/u/x")),
            ("$x", None),
            ("a$(b)c", None),
            ("`a`", None),
            ("~root/x", None),
            ("\"open", None),
            ("a\\\nb", Some("ab")),
        ] {
            assert_eq!(read(raw).value.as_deref(), value, "{raw}");
        }
    }

    #[test]
    fn what_a_word_may_become_is_tried() {
        for (raw, variant) in [
            ("r$@m", "rm"),
            ("$x", "rm"),
            ("r${nothing}m", "rm"),
            ("{rm,-rf,a}", "rm -rf a"),
            ("r\"\"m", "rm"),
        ] {
            assert!(read(raw).variants.iter().any(|known| known == variant), "{raw}");
        }
    }

    #[test]
    fn only_a_word_without_any_trick_is_bare() {
        for (raw, bare) in [
            ("git", true),
            ("g\\it", false),
            ("\"git\"", false),
            ("gi?", false),
            ("{a,b}", false),
            ("a{b}", true),
            ("$x", false),
        ] {
            assert_eq!(read(raw).is_bare, bare, "{raw}");
        }
    }
}
