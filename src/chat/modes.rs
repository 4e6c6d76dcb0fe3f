//! The terminal's modes, and how they are restored.
//!
//! Invariants: dropping [`Modes`] restores the terminal's modes at its creation, however they were changed, and however
//! the dialog ended.

use std::io::{self, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

#[cfg(unix)]
use rustix::termios::{InputModes, LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

/// Turns off the line editor's settings: bracketed paste, and a briefly hidden cursor.
const PLAIN: &str = "\u{1b}[?2004l\u{1b}[?25h";

const PASTES: &str = "\u{1b}[?2004h";

/// The original modes of the terminal at stdin.
#[derive(Debug)]
pub struct Modes {
    #[cfg(unix)]
    before: Option<Termios>,
    /// Whether a line editor has the terminal.
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

    /// From now on typed text is kept for later and not echoed, except Ctrl-C, which still interrupts. A line editor
    /// reads the text afterwards as it was typed.
    pub fn hush(&self) {
        #[cfg(unix)]
        if let Some(before) = &self.before {
            let mut modes = before.clone();
            modes.local_modes -= LocalModes::ECHO | LocalModes::ECHONL | LocalModes::ICANON;
            // Keeps Enter a carriage return: as a line feed it would begin a new line.
            modes.input_modes -= InputModes::ICRNL | InputModes::INLCR | InputModes::IGNCR;
            let _ = tcsetattr(rustix::stdio::stdin(), OptionalActions::Now, &modes);
        }
    }

    /// Lets the terminal say what is pasted, until the modes are restored.
    pub fn announce_pastes(&self) {
        self.is_edited.store(true, Ordering::Relaxed);
        let mut stderr = io::stderr();
        let _ = stderr.write_all(PASTES.as_bytes()).and_then(|()| stderr.flush());
    }

    /// Stops the program, as Ctrl-Z does where a terminal gives whole lines, until the shell lets it go on.
    #[cfg(unix)]
    pub fn suspend(&self) {
        self.restore();
        // The group: a shell waits for all processes of a job to stop.
        let _ = rustix::process::kill_current_process_group(rustix::process::Signal::TSTP);
    }

    #[cfg(not(unix))]
    #[expect(clippy::unused_self, reason = "that system suspends no programs")]
    pub fn suspend(&self) {}

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
