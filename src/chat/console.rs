//! Reads entries: with a line editor, or plain lines when the terminal supports no more.
//!
//! Reading blocks its thread. Output goes to stderr.

use std::io;

use super::editor::Editor;
use super::plain::{self, ConsoleRequest, TypedLine};

pub enum Console {
    Editor(Box<Editor>),
    Plain,
}

impl Console {
    /// Reads a line. A line editor begins with the text `initial`. When the line editor fails, plain lines replace it.
    ///
    /// # Errors
    ///
    /// When reading fails.
    pub fn read(&mut self, wanted: &ConsoleRequest, initial: &str) -> io::Result<TypedLine> {
        let failed = match self {
            Self::Editor(editor) => match editor.read(wanted, initial) {
                Ok(line) => return Ok(line),
                Err(error) => error,
            },
            Self::Plain => return plain::read(wanted),
        };
        tracing::debug!(error = %failed, "the line editor failed, going on with plain lines");
        *self = Self::Plain;
        plain::read(wanted)
    }

    /// Adds a line that was not read here to the history.
    pub fn remember(&mut self, line: &str) {
        if let Self::Editor(editor) = self {
            editor.remember(line);
        }
    }

    /// Whether the terminal itself reads lines, so that a Ctrl-C arrives as a signal.
    pub fn is_plain(&self) -> bool {
        matches!(self, Self::Plain)
    }
}
