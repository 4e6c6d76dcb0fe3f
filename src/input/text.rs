//! Converts bytes to text, and joins texts to one prompt.

use super::error::NotText;
use super::media_type::media_type;
use super::{InputError, STDIN};

/// Decodes `bytes` as text, without a byte order mark at the front.
///
/// Invalid UTF-8 is refused, not repaired: the text is sent unchanged. So is NUL, which no text contains and which some
/// providers refuse with unhelpful messages.
pub(super) fn decode(bytes: Vec<u8>, what: &str) -> Result<String, InputError> {
    check(&bytes, what)?;
    let text = String::from_utf8(bytes).expect("the bytes were checked a line above");
    Ok(match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    })
}

/// Checks that bytes are text; `what` names them.
pub(super) fn check(bytes: &[u8], what: &str) -> Result<(), InputError> {
    let not_text = |at: usize, problem| InputError::NotText {
        what: what.to_owned(),
        problem,
        at: at + 1,
        line: bytes[..at].iter().filter(|byte| **byte == b'\n').count() + 1,
        looks_like: looks_like(bytes, what),
    };
    if let Err(error) = std::str::from_utf8(bytes) {
        return Err(not_text(error.valid_up_to(), "invalid UTF-8"));
    }
    match memchr::memchr(0, bytes) {
        Some(at) => Err(not_text(at, "a NUL character")),
        None => Ok(()),
    }
}

/// Guesses what bytes other than text could be.
fn looks_like(bytes: &[u8], what: &str) -> NotText {
    if let Some(mime) = media_type(bytes) {
        return NotText::Attachment {
            mime,
            from_stdin: what == STDIN,
        };
    }
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return NotText::Utf16;
    }
    let is_control = |byte: &u8| byte.is_ascii_control() && !matches!(byte, 0 | b'\t' | b'\n' | b'\r' | 0x1b);
    let holds_nul = memchr::memchr(0, bytes).is_some();
    match std::str::from_utf8(bytes) {
        _ if holds_nul && bytes.iter().any(is_control) => NotText::Binary,
        Ok(_) => NotText::ListWithNul,
        Err(_) if holds_nul => NotText::Binary,
        Err(_) => NotText::OtherEncoding,
    }
}

/// The prompt, a blank line, and the piped text. If either is empty, the other is returned unchanged.
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
    fn what_helps_depends_on_what_the_bytes_look_like() {
        let hint = |bytes: &[u8], what| {
            let failure = crate::error::Failure::from(decode(bytes.to_vec(), what).unwrap_err());
            failure.hints.join(" ")
        };
        let list = "turn NUL into line ends, for example with `tr '\\0' '\\n'`";
        assert_eq!(hint(b"a.rs\0b.rs\0", STDIN), list);
        assert!(hint(b"caf\xe9 cr\xe8me", "`latin.txt`").contains("`iconv -f latin1 -t utf-8`"));
        assert!(hint(b"\xff\xfeh\0i\0", STDIN).contains("`iconv -f utf-16 -t utf-8`"));
        let picture = b"\x89PNG\r\n\x1a\n\0\0";
        assert_eq!(hint(picture, STDIN), "it looks like image/png: attach it with `-f -`");
        assert_eq!(
            hint(picture, "`a`"),
            "it looks like image/png: attach it with `-f FILE`"
        );
        assert!(hint(b"\x7fELF\x02\x01\0", "`a`").starts_with("`-f` takes text, images"));
    }

    #[test]
    fn piped_text_follows_the_prompt_in_a_block() {
        assert_eq!(join("do", "a\nb\n"), "do\n\n<stdin>\na\nb\n</stdin>");
        assert_eq!(join("do\n", "a"), "do\n\n<stdin>\na\n</stdin>");
        assert_eq!(join("do", "\n"), "do");
        assert_eq!(join("", " a\n"), " a\n");
    }
}
