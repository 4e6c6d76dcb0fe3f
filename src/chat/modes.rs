//! The terminal's modes, and their way back.
//!
//! Always true: when [`Modes`] is dropped the terminal has the modes that it had when it was made, whoever changed them,
//! and whatever ended the dialog.

use std::io::{self, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

#[cfg(unix)]
use rustix::termios::{InputModes, LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

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

    /// From now on what is typed is kept for later and not shown, but for Ctrl-C, which interrupts as ever. A line editor
    /// finds it afterwards as it was typed.
    pub fn hush(&self) {
        #[cfg(unix)]
        if let Some(before) = &self.before {
            let mut modes = before.clone();
            modes.local_modes -= LocalModes::ECHO | LocalModes::ECHONL | LocalModes::ICANON;
            // Enter stays what it is: as a line feed it would begin a new line.
            modes.input_modes -= InputModes::ICRNL | InputModes::INLCR | InputModes::IGNCR;
            let _ = tcsetattr(rustix::stdio::stdin(), OptionalActions::Now, &modes);
        }
    }

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
