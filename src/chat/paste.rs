//! Pastes that are too long for the line: a placeholder replaces them until the line is sent.

use std::sync::{Arc, Mutex};

use crate::support::mutex;
use crate::terminal::sanitize;

/// A paste with more lines is folded.
const MAX_LINES: usize = 10;
/// A paste with more bytes is folded.
const MAX_BYTES: usize = 2_000;

/// The pastes of a dialog. Clones share their state.
#[derive(Debug, Clone, Default)]
pub struct Pastes {
    texts: Arc<Mutex<Vec<String>>>,
}

impl Pastes {
    /// The text to insert for a paste: a short paste itself, without control sequences; else its placeholder.
    pub fn fold(&self, text: &str) -> String {
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let lines = text.lines().count();
        if lines <= MAX_LINES && text.len() <= MAX_BYTES {
            return sanitize(&text).into_owned();
        }
        let mut texts = mutex::lock(&self.texts);
        texts.push(text);
        let number = texts.len();
        if lines > 1 {
            format!("[pasted {lines} lines #{number}]")
        } else {
            let characters = texts.last().map_or(0, |text| text.chars().count());
            format!("[pasted {characters} characters #{number}]")
        }
    }

    /// The line with all pastes instead of their placeholders.
    pub fn unfold(&self, line: &str) -> String {
        let texts = mutex::lock(&self.texts);
        let mut unfolded = String::with_capacity(line.len());
        let mut rest = line;
        while let Some(at) = rest.find("[pasted ") {
            unfolded.push_str(&rest[..at]);
            rest = &rest[at..];
            let Some(end) = rest.find(']') else { break };
            let number = rest[..end].rsplit_once('#').and_then(|(_, number)| number.parse().ok());
            let text = number.and_then(|number: usize| texts.get(number.checked_sub(1)?));
            unfolded.push_str(text.map_or(&rest[..=end], String::as_str));
            rest = &rest[end + 1..];
        }
        unfolded.push_str(rest);
        unfolded
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_paste_is_a_word_until_it_is_sent() {
        let pastes = Pastes::default();
        let long = "line\n".repeat(5_000);
        let wide = "é".repeat(3_000);
        assert_eq!(pastes.fold(&long), "[pasted 5000 lines #1]");
        assert_eq!(pastes.fold(&wide), "[pasted 3000 characters #2]");
        assert_eq!(
            pastes.unfold("a [pasted 3000 characters #2] b [pasted 5000 lines #1]"),
            format!("a {wide} b {long}")
        );
    }

    #[test]
    fn a_short_paste_stands_there_and_commands_no_terminal() {
        let pastes = Pastes::default();
        assert_eq!(pastes.fold("a\r\nb\rc"), "a\nb\nc");
        assert_eq!(pastes.fold("\u{1b}[31mred\u{1b}[0m"), "red");
    }

    #[test]
    fn words_that_only_look_like_a_paste_stay() {
        let pastes = Pastes::default();
        for line in ["[pasted 3 lines #1]", "[pasted by me]", "[pasted ", "no #1]"] {
            assert_eq!(pastes.unfold(line), line);
        }
    }
}
