//! One thing draws at a time.
//!
//! Three sorts of things are drawn on a terminal: the line that says what is being waited for, which is erased and
//! drawn again; what stays (the answer, lines on stderr); and a question, which needs the screen for itself until it is
//! answered. A [`Screen`] is shared by all of them. Invariants: the waiting line is gone before anything that stays is
//! written, and while one part has [taken](Screen::take) the screen, no other part draws.

use std::fmt;
use std::io::Write;
use std::sync::{Arc, Mutex, MutexGuard};

use crate::support::mutex;

/// Back to the start of the line, and erase it.
const ERASE: &str = "\r\u{1b}[K";

/// The terminal, as something that is shared. Clones are the same screen.
#[derive(Clone, Default)]
pub struct Screen {
    inner: Arc<Mutex<ScreenState>>,
}

#[derive(Default)]
struct ScreenState {
    /// Where the waiting line is drawn; `None` if it never is.
    waiting: Option<Box<dyn Write + Send>>,
    /// Whether a waiting line stands there now.
    shown: bool,
    /// How many have taken the screen.
    holders: usize,
    /// Whether the cursor stands after text that stays.
    mid_line: bool,
}

impl Screen {
    /// A screen without a waiting line: no terminal, or progress is switched off.
    pub fn plain() -> Self {
        Self::default()
    }

    /// A screen whose waiting line is drawn on `terminal`.
    pub fn with_waiting_line(terminal: Box<dyn Write + Send>) -> Self {
        let screen = Self::default();
        screen.lock().waiting = Some(terminal);
        screen
    }

    /// Takes the screen for a question or a bar. The waiting line is erased; until the guard is dropped no other part
    /// draws, and a renderer keeps back what it has to say.
    ///
    /// Never blocks. Two guards may exist; those who ask take turns among themselves.
    #[must_use = "the screen is given back when the guard is dropped"]
    pub fn take(&self) -> ScreenLease {
        let mut inner = self.lock();
        inner.erase();
        inner.holders += 1;
        drop(inner);
        ScreenLease { screen: self.clone() }
    }

    /// Whether the screen is taken.
    pub fn is_taken(&self) -> bool {
        self.lock().holders > 0
    }

    /// Erases the waiting line, if one stands there.
    pub fn clear(&self) {
        self.lock().erase();
    }

    /// Whether the cursor stands after text that stays, in the middle of a line.
    pub fn mid_line(&self) -> bool {
        self.lock().mid_line
    }

    /// Remembers whether the cursor stands in the middle of a line.
    pub fn set_mid_line(&self, mid_line: bool) {
        self.lock().mid_line = mid_line;
    }

    /// Whether a waiting line is ever drawn.
    pub fn has_waiting_line(&self) -> bool {
        self.lock().waiting.is_some()
    }

    /// Draws the waiting line, unless the screen is taken or something that stays has the line.
    pub fn show_waiting(&self, line: &str) {
        let mut inner = self.lock();
        if inner.holders > 0 || inner.mid_line {
            return;
        }
        if let Some(terminal) = &mut inner.waiting {
            // A terminal that is gone cannot be told so.
            let _ = write!(terminal, "{ERASE}{line}").and_then(|()| terminal.flush());
            inner.shown = true;
        }
    }

    fn lock(&self) -> MutexGuard<'_, ScreenState> {
        mutex::lock(&self.inner)
    }
}

impl ScreenState {
    fn erase(&mut self) {
        if !std::mem::take(&mut self.shown) {
            return;
        }
        if let Some(terminal) = &mut self.waiting {
            let _ = terminal.write_all(ERASE.as_bytes()).and_then(|()| terminal.flush());
        }
    }
}

impl fmt::Debug for Screen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = self.lock();
        f.debug_struct("Screen")
            .field("shown", &inner.shown)
            .field("holders", &inner.holders)
            .field("mid_line", &inner.mid_line)
            .finish_non_exhaustive()
    }
}

/// The right to draw, until it is dropped. Its holder leaves the cursor at the start of a line.
#[derive(Debug)]
pub struct ScreenLease {
    screen: Screen,
}

impl ScreenLease {
    /// Whether the holder should begin with a line feed, because text stands in the line.
    pub fn mid_line(&self) -> bool {
        self.screen.mid_line()
    }
}

impl Drop for ScreenLease {
    fn drop(&mut self) {
        let mut inner = self.screen.lock();
        inner.holders = inner.holders.saturating_sub(1);
        inner.mid_line = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::testing::Shared;

    #[test]
    fn the_waiting_line_is_gone_before_a_question_and_stays_away_until_its_end() {
        let terminal = Shared::default();
        let screen = Screen::with_waiting_line(Box::new(terminal.clone()));
        screen.show_waiting("waiting");
        let taken = screen.take();
        screen.show_waiting("again");
        assert!(screen.is_taken());
        assert_eq!(terminal.text(), "\r\u{1b}[Kwaiting\r\u{1b}[K");
        drop(taken);
        screen.show_waiting("again");
        assert_eq!(terminal.text(), "\r\u{1b}[Kwaiting\r\u{1b}[K\r\u{1b}[Kagain");
    }

    #[test]
    fn the_waiting_line_never_overwrites_text_that_stays() {
        let terminal = Shared::default();
        let screen = Screen::with_waiting_line(Box::new(terminal.clone()));
        screen.set_mid_line(true);
        screen.show_waiting("waiting");
        assert_eq!(terminal.text(), "");
    }

    #[test]
    fn what_was_not_drawn_is_not_erased() {
        let terminal = Shared::default();
        let screen = Screen::with_waiting_line(Box::new(terminal.clone()));
        screen.clear();
        drop(screen.take());
        assert_eq!(terminal.text(), "");
    }
}
