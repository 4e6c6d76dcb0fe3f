//! What is asked of the person who types, and what comes back; and plain lines, for a terminal that cannot move its cursor.

use std::io::{self, Write as _};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConsoleRequest {
    Entry,
    /// A choice: a line after this prompt text, which is not added to the history.
    Choice(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TypedLine {
    Text(String),
    Interrupted {
        /// Whether typed text was discarded.
        had_text: bool,
    },
    /// Ctrl-Z in the line editor, which keeps what was typed.
    Suspended,
    /// Ctrl-D, or the terminal is gone.
    End,
}

/// The prompt text before a line.
pub const PROMPT: &str = "> ";
/// The prompt text before a continuation line.
pub const MORE: &str = ". ";

/// Reads a line, and its continuation lines after a backslash.
pub(super) fn read(wanted: &ConsoleRequest) -> io::Result<TypedLine> {
    let mut text = String::new();
    let mut words = match wanted {
        ConsoleRequest::Entry => PROMPT,
        ConsoleRequest::Choice(words) => words,
    };
    loop {
        say(words);
        let mut line = String::new();
        if io::stdin().read_line(&mut line)? == 0 {
            say("\n");
            return Ok(TypedLine::End);
        }
        text.push_str(line.trim_end_matches(['\n', '\r']));
        if !ends_with_continuation(&text) {
            return Ok(TypedLine::Text(text));
        }
        text.pop();
        text.push('\n');
        words = MORE;
    }
}

/// Whether a backslash at the end asks for another line; two backslashes are a literal one.
pub fn ends_with_continuation(text: &str) -> bool {
    text.bytes().rev().take_while(|byte| *byte == b'\\').count() % 2 == 1
}

fn say(words: &str) {
    let mut stderr = io::stderr();
    // Reading will notice that the terminal is gone.
    let _ = stderr.write_all(words.as_bytes()).and_then(|()| stderr.flush());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_backslash_at_the_end_asks_for_more() {
        for (text, expected) in [
            ("a\\", true),
            ("a\\\\", false),
            ("a\\\\\\", true),
            ("a", false),
            ("", false),
        ] {
            assert_eq!(ends_with_continuation(text), expected, "{text:?}");
        }
    }
}
