//! Reads an object literal of a minified script, or JSON, and writes it as JSON.
//!
//! Only what a bundler writes for plain data is understood: objects, arrays, strings, numbers, `!0`, `!1`, `true`,
//! `false`, `null`. Anything else is [`Unknown`], and then no catalog is cut: a wrong guess would hide models.

/// Something that is not plain data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("byte {at} is not part of plain data")]
pub(super) struct Unknown {
    /// Where, counted from the start of the input.
    pub(super) at: usize,
}

/// Nothing in a catalog is nested deeper than a few levels.
const DEEPEST: usize = 32;

/// A place in the text of a literal.
#[derive(Debug)]
pub(super) struct Literal<'a> {
    bytes: &'a [u8],
    pub(super) at: usize,
    utf8: bool,
}

impl<'a> Literal<'a> {
    /// A literal in a program: other than ASCII there may be any encoding, so it is refused.
    pub(super) fn ascii(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            at: 0,
            utf8: false,
        }
    }

    /// A literal in a text file.
    pub(super) fn utf8(text: &'a str) -> Self {
        Self {
            bytes: text.as_bytes(),
            at: 0,
            utf8: true,
        }
    }

    /// Skips blanks, then takes `byte` if it is next.
    pub(super) fn take(&mut self, byte: u8) -> bool {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
        if self.peek() == Some(byte) {
            self.at += 1;
            return true;
        }
        false
    }

    pub(super) fn expect(&mut self, byte: u8) -> Result<(), Unknown> {
        if self.take(byte) { Ok(()) } else { Err(self.unknown()) }
    }

    /// Reads a key with its colon; it is appended to `out` as a JSON string.
    pub(super) fn key(&mut self, out: &mut Vec<u8>) -> Result<(), Unknown> {
        let _ = self.take(0);
        match self.peek() {
            Some(quote @ (b'"' | b'\'')) => self.string(quote, out)?,
            Some(first) if first.is_ascii_alphanumeric() || matches!(first, b'_' | b'$') => {
                let start = self.at;
                while self
                    .peek()
                    .is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$'))
                {
                    self.at += 1;
                }
                let word = &self.bytes[start..self.at];
                // A number as a key would be rewritten by the engine (1e3 becomes "1000"); a plain index is itself.
                let is_number = first.is_ascii_digit();
                let is_index = word.iter().all(u8::is_ascii_digit) && (first != b'0' || word.len() == 1);
                if (is_number && !is_index) || word.len() > 64 {
                    return Err(Unknown { at: start });
                }
                out.push(b'"');
                out.extend_from_slice(word);
                out.push(b'"');
            }
            _ => return Err(self.unknown()),
        }
        // In a literal this key sets the prototype, in JSON it is a key like others.
        if out.ends_with(b"\"__proto__\"") {
            return Err(self.unknown());
        }
        self.expect(b':')
    }

    /// Reads a value; it is appended to `out` as JSON.
    pub(super) fn value(&mut self, out: &mut Vec<u8>) -> Result<(), Unknown> {
        self.nested(out, 0)
    }

    fn nested(&mut self, out: &mut Vec<u8>, depth: usize) -> Result<(), Unknown> {
        if depth > DEEPEST {
            return Err(self.unknown());
        }
        if self.take(b'{') {
            out.push(b'{');
            self.items(b'}', out, |literal, out| {
                literal.key(out)?;
                out.push(b':');
                literal.nested(out, depth + 1)
            })
        } else if self.take(b'[') {
            out.push(b'[');
            self.items(b']', out, |literal, out| literal.nested(out, depth + 1))
        } else {
            self.scalar(out)
        }
    }

    fn items(
        &mut self,
        close: u8,
        out: &mut Vec<u8>,
        mut item: impl FnMut(&mut Self, &mut Vec<u8>) -> Result<(), Unknown>,
    ) -> Result<(), Unknown> {
        if !self.take(close) {
            loop {
                item(self, out)?;
                if self.take(close) {
                    break;
                }
                self.expect(b',')?;
                out.push(b',');
            }
        }
        out.push(close);
        Ok(())
    }

    fn scalar(&mut self, out: &mut Vec<u8>) -> Result<(), Unknown> {
        match self.peek() {
            Some(quote @ (b'"' | b'\'')) => self.string(quote, out),
            Some(b'-' | b'.' | b'0'..=b'9') => self.number(out),
            _ => {
                let words: [(&[u8], &[u8]); 5] = [
                    (b"!0", b"true"),
                    (b"!1", b"false"),
                    (b"true", b"true"),
                    (b"false", b"false"),
                    (b"null", b"null"),
                ];
                let rest = &self.bytes[self.at..];
                let (word, json) = words
                    .into_iter()
                    .find(|(word, _)| rest.starts_with(word))
                    .ok_or(self.unknown())?;
                self.at += word.len();
                out.extend_from_slice(json);
                self.ends_here()
            }
        }
    }

    /// Numbers as they are, except that JSON wants a digit on both sides of a point.
    fn number(&mut self, out: &mut Vec<u8>) -> Result<(), Unknown> {
        let start = self.at;
        while self
            .peek()
            .is_some_and(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'-' | b'+' | b'e' | b'E'))
        {
            self.at += 1;
        }
        let text = std::str::from_utf8(&self.bytes[start..self.at]).map_err(|_| Unknown { at: start })?;
        let (sign, digits) = text.strip_prefix('-').map_or(("", text), |digits| ("-", digits));
        let zero = if digits.starts_with('.') { "0" } else { "" };
        let json = format!("{sign}{zero}{digits}").replace(".e", ".0e");
        let json = if json.ends_with('.') { format!("{json}0") } else { json };
        // Whatever is odd about it, such as a leading zero or two points, is found here.
        if serde_json::from_str::<f64>(&json).is_err() {
            return Err(Unknown { at: start });
        }
        out.extend_from_slice(json.as_bytes());
        self.ends_here()
    }

    fn string(&mut self, quote: u8, out: &mut Vec<u8>) -> Result<(), Unknown> {
        self.at += 1;
        out.push(b'"');
        loop {
            let byte = self.peek().ok_or(self.unknown())?;
            self.at += 1;
            match byte {
                _ if byte == quote => break,
                b'"' => out.extend_from_slice(b"\\\""),
                b'\\' => self.escape(out)?,
                0x20..=0x7e => out.push(byte),
                0x80.. if self.utf8 => out.push(byte),
                // Control characters have no place here.
                _ => return Err(Unknown { at: self.at - 1 }),
            }
        }
        out.push(b'"');
        Ok(())
    }

    fn escape(&mut self, out: &mut Vec<u8>) -> Result<(), Unknown> {
        let start = self.at;
        let kind = self.peek().ok_or(self.unknown())?;
        self.at += 1;
        match kind {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => out.extend_from_slice(&[b'\\', kind]),
            b'\'' | b'`' | b'$' => out.push(kind),
            b'u' => {
                let digits = self.hexadecimal(4)?;
                out.extend_from_slice(b"\\u");
                out.extend_from_slice(digits);
            }
            b'x' => {
                let digits = self.hexadecimal(2)?;
                out.extend_from_slice(b"\\u00");
                out.extend_from_slice(digits);
            }
            _ => return Err(Unknown { at: start }),
        }
        Ok(())
    }

    fn hexadecimal(&mut self, count: usize) -> Result<&'a [u8], Unknown> {
        let digits = self
            .bytes
            .get(self.at..self.at + count)
            .filter(|digits| digits.iter().all(u8::is_ascii_hexdigit))
            .ok_or(self.unknown())?;
        self.at += count;
        Ok(digits)
    }

    /// A word or number must not go on with something that would make it an expression.
    fn ends_here(&self) -> Result<(), Unknown> {
        match self.peek() {
            None | Some(b',' | b'}' | b']' | b' ' | b'\t' | b'\n' | b'\r') => Ok(()),
            Some(_) => Err(self.unknown()),
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn unknown(&self) -> Unknown {
        Unknown { at: self.at }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn convert(text: &str) -> Result<String, Unknown> {
        let mut out = Vec::new();
        let mut literal = Literal::ascii(text.as_bytes());
        literal.value(&mut out)?;
        assert_eq!(literal.at, text.len());
        Ok(String::from_utf8(out).unwrap())
    }

    #[test]
    fn what_a_bundler_writes_becomes_json() {
        let text = r#"{id:"a-b","x/y":{b:!0,c:!1,n:null},list:[.5,-.25,1e3,5e-7,0.13,128000],t:'say "hi" it\'s \x41\u00e9',302:[]}"#;
        assert_eq!(
            serde_json::from_str::<Value>(&convert(text).unwrap()).unwrap(),
            json!({
                "id": "a-b",
                "x/y": { "b": true, "c": false, "n": null },
                "list": [0.5, -0.25, 1e3, 5e-7, 0.13, 128_000],
                "t": "say \"hi\" it's Aé",
                "302": [],
            })
        );
    }

    #[test]
    fn what_is_not_plain_data_is_unknown() {
        for text in [
            "void 0",
            "`x`",
            "{a}",
            "{a:b}",
            "{...a}",
            "[,]",
            "{a:1,}",
            "1+1",
            "!0||x",
            "0x10",
            "01",
            "\"a\nb\"",
            "\"é\"",
            "{[a]:1}",
            "\"\\q\"",
            "{__proto__:{}}",
            "{\"__proto__\":1}",
            "{1e3:1}",
            "{a(){}}",
            "{",
            "\"",
            "",
        ] {
            assert!(convert(text).is_err(), "{text}");
        }
        let mut out = Vec::new();
        Literal::utf8("\"é\"").value(&mut out).unwrap();
        assert_eq!(out, "\"é\"".as_bytes());
        let deep = "[".repeat(100_000);
        assert!(convert(&deep).is_err());
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Literal::ascii(&bytes).value(&mut Vec::new());
        }

        #[test]
        fn json_of_plain_characters_comes_out_as_it_went_in(text in "[ -~]{0,40}", number in any::<f64>()) {
            let written = json!({ "key": [text, number, true, null] }).to_string();
            prop_assert_eq!(convert(&written).unwrap(), written);
        }
    }
}
