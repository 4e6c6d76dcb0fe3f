//! From bytes to keys.
//!
//! Bytes come as the terminal sends them, cut anywhere: in the middle of a character, in the middle of a sequence. A
//! sequence is a key or nothing, and never the letters that it is spelled with: a late answer of the terminal to
//! somebody's question is no answer to ours.

use std::collections::VecDeque;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Key {
    Char(char),
    Enter,
    Escape,
    Backspace,
    Delete,
    Left,
    Right,
    Up,
    Down,
    Home,
    End,
    PageUp,
    PageDown,
    /// Ctrl-U: everything before the cursor goes.
    EraseLine,
    /// Ctrl-W: the word before the cursor goes.
    EraseWord,
    Interrupt,
    EndOfInput,
    /// A character that was pasted; a line end is a space.
    Pasted(char),
}

const LONGEST_SEQUENCE: usize = 32;
const ESCAPE: u8 = 0x1b;
const PASTE_END: &[u8] = b"\x1b[201~";

/// Bytes that came, and keys that were made of them.
#[derive(Debug, Default)]
pub(crate) struct KeyDecoder {
    pending: Vec<u8>,
    ready: VecDeque<Key>,
    pasting: bool,
    /// Whether a text is typed that has lines: Ctrl-J and Alt-Enter begin one, and those of a paste stay.
    has_lines: bool,
}

/// What the start of the pending bytes is.
enum Token {
    /// So many bytes, and the key that they are, if any.
    Whole(usize, Option<Key>),
    /// Perhaps the start of something.
    Incomplete,
}

impl KeyDecoder {
    /// Decodes a text that has lines.
    pub(crate) fn of_text() -> Self {
        Self {
            has_lines: true,
            ..Self::default()
        }
    }

    /// Whether keys wait, or a paste or a sequence has begun and not ended.
    pub(crate) fn is_midway(&self) -> bool {
        self.pasting || !self.pending.is_empty() || !self.ready.is_empty()
    }

    /// Adds bytes that were read from the terminal.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.pending.extend_from_slice(bytes);
        self.decode();
    }

    /// Nothing came for a while: an ESC that nothing followed was the key, and one more character was a key with Alt.
    pub(crate) fn idle(&mut self) {
        if self.pasting || self.pending.first() != Some(&ESCAPE) || self.pending.len() > 2 {
            return;
        }
        if self.pending.len() == 1 {
            self.ready.push_back(Key::Escape);
        }
        self.pending.clear();
    }

    pub(crate) fn next(&mut self) -> Option<Key> {
        self.ready.pop_front()
    }

    /// The key that comes next.
    pub(crate) fn peek(&self) -> Option<Key> {
        self.ready.front().copied()
    }

    fn decode(&mut self) {
        let mut from = 0;
        while let Some(rest) = self.pending.get(from..).filter(|rest| !rest.is_empty()) {
            let token = if self.pasting { pasted(rest) } else { typed(rest) };
            let Token::Whole(length, key) = token else {
                break;
            };
            match &rest[..length] {
                b"\x1b[200~" => self.pasting = true,
                PASTE_END => self.pasting = false,
                b"\n" | b"\x1b\r" if self.has_lines && !self.pasting => self.ready.push_back(Key::Char('\n')),
                [end @ (b'\r' | b'\n' | b'\t')] if self.has_lines && self.pasting => {
                    self.ready.push_back(Key::Pasted(char::from(*end)));
                }
                _ => self.ready.extend(key),
            }
            from += length;
        }
        self.pending.drain(..from);
    }
}

fn typed(bytes: &[u8]) -> Token {
    let key = match bytes[0] {
        ESCAPE => return sequence(bytes),
        0x01 => Some(Key::Home),
        0x03 => Some(Key::Interrupt),
        0x04 => Some(Key::EndOfInput),
        0x05 => Some(Key::End),
        0x08 | 0x7f => Some(Key::Backspace),
        0x0e => Some(Key::Down),
        0x10 => Some(Key::Up),
        b'\r' | b'\n' => Some(Key::Enter),
        0x15 => Some(Key::EraseLine),
        0x17 => Some(Key::EraseWord),
        0x00..=0x1f => None,
        _ => return character(bytes, Key::Char),
    };
    Token::Whole(1, key)
}

/// Inside of a paste nothing is a key but the two that end the question.
fn pasted(bytes: &[u8]) -> Token {
    match bytes[0] {
        ESCAPE if bytes.len() < PASTE_END.len() && PASTE_END.starts_with(bytes) => Token::Incomplete,
        ESCAPE if bytes.starts_with(PASTE_END) => Token::Whole(PASTE_END.len(), None),
        0x03 => Token::Whole(1, Some(Key::Interrupt)),
        0x04 => Token::Whole(1, Some(Key::EndOfInput)),
        b'\r' | b'\n' | b'\t' => Token::Whole(1, Some(Key::Pasted(' '))),
        0x00..=0x1f | 0x7f => Token::Whole(1, None),
        _ => character(bytes, Key::Pasted),
    }
}

fn character(bytes: &[u8], key: fn(char) -> Key) -> Token {
    let length = match bytes[0] {
        0x00..=0x7f => 1,
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return Token::Whole(1, None),
    };
    let there = &bytes[..length.min(bytes.len())];
    match std::str::from_utf8(there) {
        Ok(text) => Token::Whole(length, text.chars().next().filter(|c| !c.is_control()).map(key)),
        Err(error) if error.error_len().is_none() => Token::Incomplete,
        Err(_) => Token::Whole(1, None),
    }
}

fn sequence(bytes: &[u8]) -> Token {
    match bytes.get(1) {
        None => Token::Incomplete,
        Some(b'[') => control_sequence(bytes),
        Some(b'O') => match bytes.get(2) {
            None => Token::Incomplete,
            Some(&letter) => Token::Whole(3, by_letter(letter)),
        },
        Some(b']' | b'P' | b'X' | b'^' | b'_') => string(bytes),
        // Twice the key: the first one is done, the second may still begin something.
        Some(&ESCAPE) => Token::Whole(1, Some(Key::Escape)),
        // No key together with Alt has a meaning here.
        Some(_) => match character(&bytes[1..], Key::Char) {
            Token::Whole(length, _) => Token::Whole(1 + length, None),
            Token::Incomplete => Token::Incomplete,
        },
    }
}

fn control_sequence(bytes: &[u8]) -> Token {
    for (index, &byte) in bytes.iter().enumerate().skip(2) {
        match byte {
            // The function keys of the Linux console: one more letter.
            b'[' if index == 2 => {}
            0x40..=0x7e => return Token::Whole(index + 1, by_sequence(&bytes[2..index], byte)),
            0x20..=0x3f if index < LONGEST_SEQUENCE => {}
            // No sequence after all; what broke it is looked at again.
            _ => return Token::Whole(index, None),
        }
    }
    Token::Incomplete
}

/// A string for a program, up to BEL or ESC `\`.
fn string(bytes: &[u8]) -> Token {
    let end = bytes
        .iter()
        .position(|&byte| byte == 0x07)
        .map(|at| at + 1)
        .into_iter()
        .chain(bytes.windows(2).position(|pair| pair == b"\x1b\\").map(|at| at + 2))
        .min();
    match end {
        Some(length) => Token::Whole(length, None),
        // Ctrl-C gets out of everything.
        None => bytes
            .iter()
            .position(|&byte| byte == 0x03)
            .map_or(Token::Incomplete, |at| Token::Whole(at, None)),
    }
}

fn by_sequence(parameters: &[u8], last: u8) -> Option<Key> {
    match (parameters, last) {
        (b"3", b'~') => Some(Key::Delete),
        (b"1" | b"7", b'~') => Some(Key::Home),
        (b"4" | b"8", b'~') => Some(Key::End),
        (b"5", b'~') => Some(Key::PageUp),
        (b"6", b'~') => Some(Key::PageDown),
        (b"", b'A'..=b'H') => by_letter(last),
        _ => None,
    }
}

fn by_letter(letter: u8) -> Option<Key> {
    match letter {
        b'A' => Some(Key::Up),
        b'B' => Some(Key::Down),
        b'C' => Some(Key::Right),
        b'D' => Some(Key::Left),
        b'H' => Some(Key::Home),
        b'F' => Some(Key::End),
        b'M' => Some(Key::Enter),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn keys(pieces: &[&[u8]]) -> Vec<Key> {
        let mut keys = KeyDecoder::default();
        for piece in pieces {
            keys.push(piece);
        }
        std::iter::from_fn(|| keys.next()).collect()
    }

    #[test]
    fn characters_and_sequences_survive_any_cut() {
        assert_eq!(
            keys(&["ü漢😀".as_bytes()]),
            "ü漢😀".chars().map(Key::Char).collect::<Vec<_>>()
        );
        assert_eq!(keys(&[b"\xc3", b"\xbc"]), [Key::Char('ü')]);
        assert_eq!(keys(&[b"\xe6\xbc", b"\xa2y"]), [Key::Char('漢'), Key::Char('y')]);
        assert_eq!(keys(&[b"\x1b", b"[", b"A"]), [Key::Up]);
        assert_eq!(keys(&[b"\x1bO", b"B"]), [Key::Down]);
        assert_eq!(keys(&[b"\x1b[6~\x1b[3~\r"]), [Key::PageDown, Key::Delete, Key::Enter]);
        assert_eq!(keys(&[b"\xffy\xc3y"]), [Key::Char('y'), Key::Char('y')]);
    }

    #[test]
    fn the_letters_of_a_sequence_are_no_keys() {
        for sequence in [
            b"\x1b[1;5A".as_slice(),
            b"\x1b]11;rgb:aaaa/yyyy/aaaa\x07",
            b"\x1b]11;rgb:aaaa/yyyy/aaaa\x1b\\",
            b"\x1bP1$ry\x1b\\",
            b"\x1b[?62;1;a",
            b"\x1b[24;80R",
            b"\x1by",
            b"\x1b[[A",
            b"\x1b_Gi=1;yay\x1b\\",
        ] {
            assert_eq!(keys(&[sequence]), [], "{sequence:?}");
        }
    }

    #[test]
    fn escape_is_a_key_when_nothing_follows() {
        let mut keys = KeyDecoder::default();
        keys.push(b"\x1b");
        assert_eq!(keys.next(), None);
        keys.idle();
        assert_eq!(keys.next(), Some(Key::Escape));
        keys.push(b"\x1b]");
        keys.idle();
        keys.push(b"n");
        assert_eq!(keys.next(), Some(Key::Char('n')));
        assert_eq!(keys.next(), None);
    }

    #[test]
    fn what_is_pasted_is_no_key() {
        let pasted = "yn\r\x1b[Aü".as_bytes();
        let all = [b"\x1b[200~".as_slice(), pasted, b"\x1b[201~y"].concat();
        let expected: Vec<Key> = "yn [Aü".chars().map(Key::Pasted).chain([Key::Char('y')]).collect();
        assert_eq!(keys(&[&all]), expected);
        assert_eq!(keys(&[b"\x1b[200~y\x03"]), [Key::Pasted('y'), Key::Interrupt]);
    }

    #[test]
    fn a_text_has_lines() {
        let mut decoder = KeyDecoder::of_text();
        decoder.push(b"a\n\x1b\r\r\x1b[200~b\r");
        assert!(decoder.is_midway());
        decoder.push(b"\n\x1b[201~");
        let keys: Vec<Key> = std::iter::from_fn(|| decoder.next()).collect();
        assert!(!decoder.is_midway());
        let typed = [Key::Char('a'), Key::Char('\n'), Key::Char('\n'), Key::Enter];
        let pasted = ['b', '\r', '\n'].map(Key::Pasted);
        assert_eq!(keys, [&typed[..], &pasted].concat());
    }

    proptest! {
        #[test]
        fn any_cut_gives_the_same_keys(
            bytes in proptest::collection::vec(prop_oneof![any::<u8>(), Just(0x1b), Just(b'['), Just(b'~'), Just(b'2')], 0..40),
            cut in any::<proptest::sample::Index>(),
        ) {
            let cut = cut.index(bytes.len() + 1);
            prop_assert_eq!(keys(&[&bytes[..cut], &bytes[cut..]]), keys(&[&bytes]));
        }
    }
}
