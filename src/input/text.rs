//! Bytes to text, and texts to one prompt.

use super::InputError;

/// The text that `bytes` are; a byte order mark at the front is not part of it.
///
/// Invalid UTF-8 is refused, not repaired: what is sent is what was written. So is NUL, which no text has and which
/// some providers refuse in words that help nobody.
pub(super) fn decode(bytes: Vec<u8>, what: &str) -> Result<String, InputError> {
    let not_text = |bytes: &[u8], at: usize, problem| InputError::NotText {
        what: what.to_owned(),
        problem,
        at: at + 1,
        line: bytes[..at].iter().filter(|byte| **byte == b'\n').count() + 1,
    };
    let text = String::from_utf8(bytes)
        .map_err(|error| not_text(error.as_bytes(), error.utf8_error().valid_up_to(), "invalid UTF-8"))?;
    if let Some(at) = memchr::memchr(0, text.as_bytes()) {
        return Err(not_text(text.as_bytes(), at, "a NUL character"));
    }
    Ok(match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    })
}

/// Whether bytes are text.
pub(super) fn is_text(bytes: &[u8]) -> bool {
    memchr::memchr(0, bytes).is_none() && std::str::from_utf8(bytes).is_ok()
}

/// The prompt, and after a blank line what was piped in. Either may be empty; then it is the other, unchanged.
pub(super) fn join(prompt: &str, piped: &str) -> String {
    if piped.trim().is_empty() {
        return prompt.to_owned();
    }
    if prompt.trim().is_empty() {
        return piped.to_owned();
    }
    let newline = if piped.ends_with('\n') { "" } else { "\n" };
    format!("{}\n\n<stdin>\n{piped}{newline}</stdin>", prompt.trim_end_matches('\n'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_order_mark_at_the_front_is_dropped_and_others_stay() {
        assert_eq!(decode("\u{feff}a\u{feff}b\r\n".into(), "x").unwrap(), "a\u{feff}b\r\n");
    }

    #[test]
    fn what_is_no_text_is_refused_with_its_place() {
        let refused = |bytes: &[u8]| decode(bytes.to_vec(), "stdin").unwrap_err().to_string();
        assert_eq!(
            refused(b"ab\ncd\xff"),
            "cannot use stdin as text: invalid UTF-8 at byte 6, line 2"
        );
        assert_eq!(
            refused(b"a\0"),
            "cannot use stdin as text: a NUL character at byte 2, line 1"
        );
        // Cut in the middle of a character.
        assert_eq!(
            refused("é".as_bytes().split_at(1).0),
            "cannot use stdin as text: invalid UTF-8 at byte 1, line 1"
        );
    }

    #[test]
    fn piped_text_follows_the_prompt_in_a_block() {
        assert_eq!(join("do", "a\nb\n"), "do\n\n<stdin>\na\nb\n</stdin>");
        assert_eq!(join("do\n", "a"), "do\n\n<stdin>\na\n</stdin>");
        assert_eq!(join("do", "\n"), "do");
        assert_eq!(join("", " a\n"), " a\n");
    }
}
