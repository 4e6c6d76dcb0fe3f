//! Bytes to frames: the decoder of server-sent events, without any I/O.
//!
//! Takes the bytes from the network, cut anywhere, and returns each complete frame. Supports the whole format
//! (comments, `\r\n`, several `data` lines), although the engine uses little of it.

use memchr::memchr2;

/// Limit of a frame, in bytes; a larger frame is dropped, so that the network cannot fill the memory. The engine's
/// events are far smaller: the echo of a prompt with an attachment of 10 MB contains it as base64.
const MAX_FRAME_BYTES: usize = 64 * 1024 * 1024;

/// The decoder, by default at the beginning of a stream. Feed it with [`Decoder::push`].
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent facts about where in the format the last byte was"
)]
#[derive(Debug, Default)]
pub struct Decoder {
    /// The beginning of the current line.
    line: Vec<u8>,
    /// The `data` of the current frame.
    data: Vec<u8>,
    has_data: bool,
    /// The last byte was `\r`: a following `\n` belongs to it.
    after_return: bool,
    oversized: bool,
    started: bool,
}

impl Decoder {
    /// Takes the next bytes; calls `frame` with the data of each completed frame.
    pub fn push(&mut self, mut bytes: &[u8], mut frame: impl FnMut(&[u8])) {
        while !bytes.is_empty() {
            if std::mem::take(&mut self.after_return) && bytes[0] == b'\n' {
                bytes = &bytes[1..];
                continue;
            }
            let Some(end) = memchr2(b'\n', b'\r', bytes) else {
                self.extend_line(bytes);
                return;
            };
            self.after_return = bytes[end] == b'\r';
            self.extend_line(&bytes[..end]);
            bytes = &bytes[end + 1..];
            self.end_line(&mut frame);
        }
    }

    fn extend_line(&mut self, bytes: &[u8]) {
        if self.line.len() + self.data.len() + bytes.len() > MAX_FRAME_BYTES {
            self.oversized = true;
            self.line.clear();
            self.data.clear();
        }
        if !self.oversized {
            self.line.extend_from_slice(bytes);
        }
    }

    fn end_line(&mut self, frame: &mut impl FnMut(&[u8])) {
        if !std::mem::replace(&mut self.started, true) && self.line.starts_with(b"\xEF\xBB\xBF") {
            self.line.drain(..3);
        }
        if self.oversized {
            // Skips to the blank line that ends the frame. The line that just ended was not kept, so it cannot be
            // judged.
            if self.line.is_empty() && self.data.is_empty() && !self.has_data {
                self.oversized = false;
            }
            self.has_data = false;
            self.line.clear();
            return;
        }
        if self.line.is_empty() {
            if std::mem::take(&mut self.has_data) {
                frame(&self.data);
            }
            self.data.clear();
            return;
        }
        let (name, value) = match memchr::memchr(b':', &self.line) {
            Some(colon) => {
                let value = &self.line[colon + 1..];
                (&self.line[..colon], value.strip_prefix(b" ").unwrap_or(value))
            }
            None => (&self.line[..], &[][..]),
        };
        if name == b"data" {
            if self.has_data {
                self.data.push(b'\n');
            }
            self.has_data = true;
            self.data.extend_from_slice(value);
        }
        self.line.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn frames(chunks: &[&[u8]]) -> Vec<String> {
        let mut decoder = Decoder::default();
        let mut out = Vec::new();
        for chunk in chunks {
            decoder.push(chunk, |frame| out.push(String::from_utf8_lossy(frame).into_owned()));
        }
        out
    }

    #[test]
    fn the_format_is_read_whole() {
        assert_eq!(
            frames(&[b"\xEF\xBB\xBF: hello\n\ndata: one\n\nid: 3\r\ndata:two\r\ndata: three\r\n\r\ndata\n\ndata: cut"]),
            ["one", "two\nthree", ""]
        );
    }

    #[test]
    fn a_return_and_its_newline_may_be_cut_apart() {
        assert_eq!(frames(&[b"data: a\r", b"\n\r", b"\ndata: b\n", b"\n"]), ["a", "b"]);
    }

    #[test]
    fn a_frame_beyond_all_measure_is_dropped_and_the_next_one_is_read() {
        let mut decoder = Decoder::default();
        let mut out = Vec::new();
        let big = vec![b'x'; MAX_FRAME_BYTES / 2 + 1];
        decoder.push(b"data: ", |_| {});
        decoder.push(&big, |_| {});
        decoder.push(&big, |_| {});
        decoder.push(b"\n\ndata: next\n\n", |frame| out.push(frame.to_vec()));
        assert_eq!(out, [b"next".to_vec()]);
    }

    proptest! {
        #[test]
        fn any_cut_of_the_bytes_gives_the_same_frames(
            texts in proptest::collection::vec("[a-zé日\u{1F600}:{}\" ]{0,12}", 0..6),
            ending in prop_oneof![Just("\n"), Just("\r\n"), Just("\r")],
            cuts in proptest::collection::vec(0_usize..400, 0..12),
        ) {
            let whole: String = texts.iter().map(|text| format!("data: {text}{ending}{ending}")).collect();
            let bytes = whole.as_bytes();
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
            cuts.sort_unstable();
            let mut chunks = Vec::new();
            let mut last = 0;
            for cut in cuts {
                chunks.push(&bytes[last..cut]);
                last = cut;
            }
            chunks.push(&bytes[last..]);
            prop_assert_eq!(frames(&chunks), texts);
        }
    }
}
