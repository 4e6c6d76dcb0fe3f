//! The two streams of a renderer, and who may draw on them.
//!
//! Always true: the waiting line is erased before anything is written; a line on stderr never begins in the middle of
//! the answer, where both are one terminal; and while a question has the screen, what is meant for a terminal is kept
//! back and written, in order, when the screen is free again.

use std::io::{self, Write};

use crate::terminal::{Screen, Stream, Terminal};

pub(super) struct OutputStreams {
    stdout: Box<dyn Write>,
    stderr: Box<dyn Write>,
    terminal: Terminal,
    screen: Screen,
    /// What was kept back while the screen was taken.
    held: Vec<(Stream, Vec<u8>)>,
    /// Whether what was kept back last ends in the middle of a line.
    held_mid_line: bool,
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
        }
    }

    /// What is known about the terminal.
    pub(super) fn terminal(&self) -> &Terminal {
        &self.terminal
    }

    /// Writes a piece of the answer, or a record, to stdout. It is there when this returns.
    pub(super) fn out(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.write(Stream::Stdout, bytes)
    }

    /// Writes one line to stderr. What stands in the line already is ended first.
    pub(super) fn line(&mut self, line: &str) {
        let mut text = String::with_capacity(line.len() + 2);
        if self.mid_line() && self.terminal.is_terminal(Stream::Stderr) {
            text.push('\n');
        }
        text.push_str(line);
        text.push('\n');
        self.err(text.as_bytes());
    }

    /// Writes a piece to stderr. A stderr that nobody reads is no reason to stop.
    pub(super) fn err(&mut self, bytes: &[u8]) {
        let _ = self.write(Stream::Stderr, bytes);
    }

    /// Whether the cursor of the terminal stands in the middle of a line, after what stays.
    pub(super) fn mid_line(&self) -> bool {
        if self.held.is_empty() {
            self.screen.mid_line()
        } else {
            self.held_mid_line
        }
    }

    /// Writes what was kept back, if the screen is free.
    pub(super) fn release(&mut self) -> io::Result<()> {
        if self.held.is_empty() || self.screen.is_taken() {
            return Ok(());
        }
        self.release_now()
    }

    /// Writes what was kept back in any case: the run is over.
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
