//! JSON that we print.
//!
//! Invariants: a terminal shows the text instead of obeying it, every reader finds the same lines, and the value is the
//! same as without the escapes. Control characters, line separators, and characters that reorder or hide text are written
//! as `\u` escapes, into a pipe too: one form for every reader.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter, Serializer};

use super::visible::{is_zero_width, reorders};

/// A document: indented, with a line feed at its end.
///
/// # Errors
///
/// When the value has no form in JSON.
pub fn document(value: &impl Serialize) -> serde_json::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    write(value, &mut bytes, PrettyFormatter::new())?;
    Ok(bytes)
}

/// Appends a value as one line, with its line feed.
///
/// # Errors
///
/// When the value has no form in JSON.
pub fn append_line(value: &impl Serialize, line: &mut Vec<u8>) -> serde_json::Result<()> {
    write(value, line, CompactFormatter)
}

fn write(value: &impl Serialize, bytes: &mut Vec<u8>, layout: impl Formatter) -> serde_json::Result<()> {
    let mut serializer = Serializer::with_formatter(&mut *bytes, Escaping(layout));
    value.serialize(&mut serializer)?;
    bytes.push(b'\n');
    Ok(())
}

/// Lays out as the formatter in it does, and escapes more.
struct Escaping<F>(F);

/// Methods that only hand on.
macro_rules! hand_on {
    ($($method:ident($($argument:ident: $kind:ty),*));* $(;)?) => {
        $(fn $method<W: ?Sized + Write>(&mut self, writer: &mut W $(, $argument: $kind)*) -> io::Result<()> {
            self.0.$method(writer $(, $argument)*)
        })*
    };
}

impl<F: Formatter> Formatter for Escaping<F> {
    hand_on! {
        begin_array();
        end_array();
        begin_array_value(first: bool);
        end_array_value();
        begin_object();
        end_object();
        begin_object_key(first: bool);
        end_object_key();
        begin_object_value();
        end_object_value();
    }

    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let mut written = 0;
        for (index, character) in fragment.char_indices() {
            if !(character.is_control() || reorders(character) || is_zero_width(character)) {
                continue;
            }
            writer.write_all(&fragment.as_bytes()[written..index])?;
            for unit in character.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            written = index + character.len_utf8();
        }
        writer.write_all(&fragment.as_bytes()[written..])
    }
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
