//! JSON that we print.
//!
//! Invariants: a terminal shows the text instead of obeying it, every reader finds the same lines, and the value is the
//! same as without the escapes. Control characters, line separators, and characters that reorder or hide text are written
//! as `\u` escapes, into a pipe too: one form for every reader.

use std::fmt::Write as _;

use serde::Serialize;

use super::visible::{is_zero_width, reorders};

/// A document: indented, with a line feed at its end.
///
/// # Errors
///
/// When the value has no form in JSON.
pub fn document(value: &impl Serialize) -> serde_json::Result<Vec<u8>> {
    let mut text = escaped(&serde_json::to_string_pretty(value)?);
    text.push('\n');
    Ok(text.into_bytes())
}

/// A value without white space.
pub fn line(value: &serde_json::Value) -> String {
    escaped(&value.to_string())
}

/// A value with white space for a person.
pub fn indented(value: &serde_json::Value) -> String {
    escaped(&format!("{value:#}"))
}

/// Appends a value as one line, with its line feed.
///
/// # Errors
///
/// When the value has no form in JSON.
pub fn append_line(value: &impl Serialize, line: &mut Vec<u8>) -> serde_json::Result<()> {
    line.extend_from_slice(escaped(&serde_json::to_string(value)?).as_bytes());
    line.push(b'\n');
    Ok(())
}

/// The text of a JSON value with more escapes. All escaped characters are in its strings: between them there are only visible
/// characters, spaces and line feeds.
fn escaped(json: &str) -> String {
    let mut text = String::with_capacity(json.len() + 1);
    for character in json.chars() {
        let is_control = character.is_control() && character != '\n';
        if !(is_control || reorders(character) || is_zero_width(character)) {
            text.push(character);
            continue;
        }
        for unit in character.encode_utf16(&mut [0; 2]) {
            // Writing to a string cannot fail.
            let _ = write!(text, "\\u{unit:04x}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn no_terminal_obeys_it_and_it_means_the_same() {
        let text = "a\n\u{1b}[2J\u{9b}31m\u{7f}\u{2028}\u{202e}\u{200b}\u{feff}\u{e0041}ü漢👨\u{200d}👩";
        let value = json!({ text: [text, {}], "empty": [] });
        let escaped = "a\\n\\u001b[2J\\u009b31m\\u007f\\u2028\\u202e\\u200b\\ufeff\\udb40\\udc41ü漢👨\u{200d}👩";
        let mut line = Vec::new();
        append_line(&value, &mut line).unwrap();
        let document = document(&value).unwrap();
        assert_eq!(
            String::from_utf8(line.clone()).unwrap(),
            format!("{{\"{escaped}\":[\"{escaped}\",{{}}],\"empty\":[]}}\n")
        );
        assert_eq!(
            String::from_utf8(document.clone()).unwrap(),
            format!("{{\n  \"{escaped}\": [\n    \"{escaped}\",\n    {{}}\n  ],\n  \"empty\": []\n}}\n")
        );
        for bytes in [line, document] {
            assert_eq!(serde_json::from_slice::<Value>(&bytes).unwrap(), value);
        }
    }
}
