//! The two output streams of a renderer, and their access to the screen.
//!
//! Invariants: the waiting line is erased before other output; when both streams are one terminal, a line on stderr
//! never begins in the middle of the answer, nor in a log of both; while a question has the screen, output to a terminal is held and written,
//! in order, when the screen is free again.

use std::io::{self, Write};

use crate::terminal::{Screen, Stream, Terminal};

pub(super) struct OutputStreams {
    stdout: Box<dyn Write>,
    stderr: Box<dyn Write>,
    terminal: Terminal,
    screen: Screen,
    /// Output held while a question has the screen.
    held: Vec<(Stream, Vec<u8>)>,
    /// Whether the held output ends in the middle of a line.
    held_mid_line: bool,
    /// Whether a log of both streams ends in the middle of a line.
    log_mid_line: bool,
}

impl OutputStreams {
    pub(super) fn new(stdout: Box<dyn Write>, stderr: Box<dyn Write>, terminal: Terminal, screen: Screen) -> Self {
        Self {
            stdout,
            stderr,
            terminal,
            screen,
            held: Vec::new(),
            held_mid_line: false,
            log_mid_line: false,
        }
    }

    pub(super) fn terminal(&self) -> &Terminal {
        &self.terminal
    }

    /// Writes a piece of the answer, or a record, to stdout, and flushes.
    pub(super) fn out(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.write(Stream::Stdout, bytes)
    }

    /// Writes one line to stderr, after ending a line that is begun.
    pub(super) fn line(&mut self, line: &str) {
        let mut text = String::with_capacity(line.len() + 2);
        let on_terminal = self.terminal.is_terminal(Stream::Stderr);
        if (on_terminal && self.mid_line()) || (!on_terminal && self.log_mid_line) {
            text.push('\n');
        }
        text.push_str(line);
        text.push('\n');
        self.err(text.as_bytes());
    }

    /// Writes a piece to stderr. Ignores errors: an unreadable stderr does not end the run.
    pub(super) fn err(&mut self, bytes: &[u8]) {
        let _ = self.write(Stream::Stderr, bytes);
    }

    /// Whether the terminal's cursor is in the middle of a line of permanent output.
    pub(super) fn mid_line(&self) -> bool {
        if self.held.is_empty() {
            self.screen.mid_line()
        } else {
            self.held_mid_line
        }
    }

    /// Writes the held output, if the screen is free.
    pub(super) fn release(&mut self) -> io::Result<()> {
        if self.held.is_empty() || self.screen.is_taken() {
            return Ok(());
        }
        self.release_now()
    }

    /// Writes the held output in any case: the run is over.
    pub(super) fn release_now(&mut self) -> io::Result<()> {
        let mut result = Ok(());
        for (stream, bytes) in std::mem::take(&mut self.held) {
            let written = self.write_now(stream, &bytes);
            if stream == Stream::Stdout && result.is_ok() {
                result = written;
            }
        }
        result
    }

    fn write(&mut self, stream: Stream, bytes: &[u8]) -> io::Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        if self.terminal.is_terminal(stream) {
            if self.screen.is_taken() {
                match self.held.last_mut() {
                    Some((last, held)) if *last == stream => held.extend_from_slice(bytes),
                    _ => self.held.push((stream, bytes.to_vec())),
                }
                self.held_mid_line = bytes.last() != Some(&b'\n');
                return Ok(());
            }
            self.release()?;
        }
        self.write_now(stream, bytes)
    }

    fn write_now(&mut self, stream: Stream, bytes: &[u8]) -> io::Result<()> {
        if self.terminal.is_terminal(stream) {
            self.screen.clear();
            self.screen.set_mid_line(bytes.last() != Some(&b'\n'));
        }
        self.log_mid_line = self.terminal.outputs_are_one() && bytes.last() != Some(&b'\n');
        let writer = match stream {
            Stream::Stderr => &mut self.stderr,
            Stream::Stdin | Stream::Stdout => &mut self.stdout,
        };
        writer.write_all(bytes)?;
        writer.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Environment;
    use crate::terminal::testing::Shared;

    #[test]
    fn what_is_drawn_during_a_question_comes_after_it_in_order() {
        let shared = Shared::default();
        let terminal = Terminal::none(&Environment::default())
            .with(Stream::Stdout, 80)
            .with(Stream::Stderr, 80);
        let screen = Screen::plain();
        let mut console = OutputStreams::new(
            Box::new(shared.clone()),
            Box::new(shared.clone()),
            terminal,
            screen.clone(),
        );
        console.out(b"one ").unwrap();
        let taken = screen.take();
        assert!(taken.mid_line());
        console.line("tool");
        console.out(b"two").unwrap();
        assert_eq!(shared.text(), "one ");
        drop(taken);
        console.release().unwrap();
        console.line("end");
        assert_eq!(shared.text(), "one \ntool\ntwo\nend\n");
    }

    #[test]
    fn a_pipe_is_written_while_a_question_is_open() {
        let (stdout, stderr) = (Shared::default(), Shared::default());
        let terminal = Terminal::none(&Environment::default()).with(Stream::Stderr, 80);
        let screen = Screen::plain();
        let mut console = OutputStreams::new(
            Box::new(stdout.clone()),
            Box::new(stderr.clone()),
            terminal,
            screen.clone(),
        );
        let taken = screen.take();
        console.out(b"answer").unwrap();
        console.line("tool");
        assert_eq!((stdout.text().as_str(), stderr.text().as_str()), ("answer", ""));
        drop(taken);
        console.release_now().unwrap();
        assert_eq!(stderr.text(), "tool\n");
    }
}
