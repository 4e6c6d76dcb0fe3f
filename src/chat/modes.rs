//! The terminal's modes, and their way back.
//!
//! Always true: when [`Modes`] is dropped the terminal has the modes that it had when it was made, whoever changed them,
//! and whatever ended the dialog.

use std::io::{self, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

#[cfg(unix)]
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

/// What a line editor switches on: bracketed paste, and a hidden cursor for a moment.
const PLAIN: &str = "\u{1b}[?2004l\u{1b}[?25h";

/// The modes of the terminal at stdin, as they were.
#[derive(Debug)]
pub struct Modes {
    #[cfg(unix)]
    before: Option<Termios>,
    /// A line editor has the terminal.
    is_edited: Arc<AtomicBool>,
}

impl Modes {
    /// Remembers them.
    pub fn remember() -> Self {
        Self {
            #[cfg(unix)]
            before: tcgetattr(rustix::stdio::stdin()).ok(),
            is_edited: Arc::default(),
        }
    }

    /// Set while a line editor has the terminal.
    pub fn edited(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.is_edited)
    }

    /// What is typed is kept for later and not shown, until what comes back is dropped; Ctrl-C interrupts as ever.
    #[must_use = "the modes come back when it is dropped"]
    pub fn hushed(&self) -> Hushed<'_> {
        #[cfg(unix)]
        if let Some(before) = &self.before {
            let mut modes = before.clone();
            // Without lines, so that a line editor later finds what was typed by then.
            modes.local_modes -= LocalModes::ECHO | LocalModes::ECHONL | LocalModes::ICANON;
            let _ = tcsetattr(rustix::stdio::stdin(), OptionalActions::Now, &modes);
        }
        Hushed { modes: self }
    }

    /// Brings them back.
    pub fn restore(&self) {
        if self.is_edited.swap(false, Ordering::Relaxed) {
            let mut stderr = io::stderr();
            let _ = stderr.write_all(PLAIN.as_bytes()).and_then(|()| stderr.flush());
        }
        #[cfg(unix)]
        if let Some(before) = &self.before {
            let _ = tcsetattr(rustix::stdio::stdin(), OptionalActions::Now, before);
        }
    }
}

impl Drop for Modes {
    fn drop(&mut self) {
        self.restore();
    }
}

/// Until this is dropped, nothing that is typed is shown.
#[derive(Debug)]
pub struct Hushed<'a> {
    modes: &'a Modes,
}

impl Drop for Hushed<'_> {
    fn drop(&mut self) {
        self.modes.restore();
    }
}
