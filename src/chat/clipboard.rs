//! Copies text to the clipboard of the user's own machine, over any connection, through the terminal (OSC 52).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The limit of common terminals, in encoded bytes.
const MAX_BYTES: usize = 100_000;

/// The sequence that makes the terminal copy `text`; `None` when it is too long for terminals.
pub fn copy_sequence(text: &str) -> Option<String> {
    let encoded = STANDARD.encode(text);
    (encoded.len() <= MAX_BYTES).then(|| format!("\u{1b}]52;c;{encoded}\u{7}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_encoded_and_what_is_too_long_is_refused() {
        assert_eq!(copy_sequence("hé").as_deref(), Some("\u{1b}]52;c;aMOp\u{7}"));
        assert_eq!(copy_sequence(&"x".repeat(75_001)), None);
    }
}
