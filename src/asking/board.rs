//! A block of rows that is drawn, drawn again, and at last left standing.
//!
//! In: rows, none wider than the terminal and, where it can be redrawn, no more than fit. Out: keys. Always
//! true: while a board exists the screen is taken and the terminal gives single keys; when it is dropped, by a panic
//! too, the terminal is as it was.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::device::{Device, RawTerminal, Size, TypedBefore};
use super::keys::{Key, KeyDecoder};
use super::line::StyledLine;
use super::{ANSWER_PAUSE, Gone};
use crate::terminal::{Screen, ScreenLease, TerminalStyle};

/// Timeout of the last write to a terminal.
const FAREWELL: Duration = Duration::from_millis(500);
/// How long a signal may take to be seen after the terminal was lost.
const SIGNAL_TIMEOUT: Duration = Duration::from_secs(1);
/// A read that returned bytes sooner than this may have found bytes that came before the read.
const AT_ONCE: Duration = Duration::from_millis(20);

/// What happens while a question stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Input {
    Key(Key),
    Resized,
}

/// Where the cursor of a text that is typed stands: row and column.
pub(crate) type Caret = (usize, usize);

pub(crate) struct Board<'a> {
    device: &'a Device,
    style: TerminalStyle,
    withdrawal: &'a CancellationToken,
    raw: RawTerminal<'a>,
    keys: KeyDecoder,
    silence: Silence,
    /// The next rows that are drawn are a question that did not stand there before.
    is_new: bool,
    size: Size,
    /// The texts of the rows that stand there.
    drawn: Vec<String>,
    /// The row in which the cursor is.
    at: usize,
    other_screen: bool,
    /// Given back after everything else.
    _taken: ScreenLease,
}

impl<'a> Board<'a> {
    pub(crate) fn new(
        device: &'a Device,
        style: TerminalStyle,
        screen: &Screen,
        withdrawal: &'a CancellationToken,
    ) -> Result<Self, Gone> {
        Self::open(device, style, screen, withdrawal, TypedBefore::Discarded)
    }

    pub(crate) fn open(
        device: &'a Device,
        style: TerminalStyle,
        screen: &Screen,
        withdrawal: &'a CancellationToken,
        typed: TypedBefore,
    ) -> Result<Self, Gone> {
        if withdrawal.is_cancelled() {
            return Err(Gone::Withdrawn);
        }
        if !device.is_ours() {
            return Err(Gone::Closed);
        }
        let taken = screen.take();
        let mid_line = taken.mid_line();
        let mut board = Self {
            device,
            style,
            withdrawal,
            raw: RawTerminal::new(device, typed).map_err(|_| Gone::Closed)?,
            keys: KeyDecoder::default(),
            silence: Silence::new(Instant::now()),
            is_new: true,
            size: device.size(),
            drawn: Vec::new(),
            at: 0,
            other_screen: false,
            _taken: taken,
        };
        let begin = if mid_line { "\r\n" } else { "" };
        // What is pasted is announced as such, and then is no key.
        let modes = if style.cursor { "\x1b[?2004h\x1b[?25l" } else { "" };
        board.write(&format!("{begin}{modes}"))?;
        Ok(board)
    }

    /// Columns that rows may take. The last one stays empty: some terminals break the line there, others later.
    pub(crate) const fn columns(&self) -> usize {
        self.size.columns - 1
    }

    /// Rows that a block may take.
    pub(crate) const fn rows(&self) -> usize {
        if self.style.cursor {
            self.size.rows
        } else {
            usize::MAX / 2
        }
    }

    /// Rows that can be seen at once.
    pub(crate) const fn screen_rows(&self) -> usize {
        self.size.rows
    }

    /// Whether what stands can be drawn again.
    pub(crate) const fn can_redraw(&self) -> bool {
        self.style.cursor
    }

    /// Lets the next [`draw`](Self::draw) start the pause in which no key answers: another question is drawn, or the same
    /// one after something else was shown.
    pub(crate) const fn ask_anew(&mut self) {
        self.is_new = true;
    }

    /// Whether the pause was over before the last key came.
    pub(crate) const fn is_pause_over(&self) -> bool {
        self.silence.was_long_enough
    }

    /// Whether a key repeats as fast as a held key does: then it may have been held down since the question
    /// before this one, and the pause starts anew. Ctrl-C that follows so closely takes the key back as well.
    pub(crate) fn repeats(&mut self, key: Key) -> Result<bool, Gone> {
        if self.keys.peek().is_none() {
            self.read()?;
        }
        let repeats = self
            .keys
            .peek()
            .is_some_and(|next| next == key || next == Key::Interrupt);
        self.is_new |= repeats;
        Ok(repeats)
    }

    /// Waits for a key, or for the window to change.
    pub(crate) fn next(&mut self) -> Result<Input, Gone> {
        loop {
            if self.withdrawal.is_cancelled() {
                return Err(Gone::Withdrawn);
            }
            match self.keys.next() {
                Some(Key::Interrupt) => return Err(Gone::Interrupted),
                Some(Key::EndOfInput) => return Err(Gone::Closed),
                Some(key) => return Ok(Input::Key(key)),
                None => {}
            }
            self.read()?;
            let size = self.device.size();
            if size != self.size {
                self.size = size;
                return Ok(Input::Resized);
            }
        }
    }

    /// Takes what comes within a tenth of a second.
    fn read(&mut self) -> Result<(), Gone> {
        let mut buffer = [0; 1024];
        let began = Instant::now();
        let bytes = self.raw.read(&mut buffer).map_err(|_| self.wait_for_signal())?;
        self.silence.read(began, Instant::now(), bytes.is_empty());
        if bytes.is_empty() {
            self.keys.idle();
        } else {
            self.keys.push(bytes);
        }
        Ok(())
    }

    /// Why a question on a lost terminal has no answer. The system also sends the program a signal, unless the program ignores
    /// that signal: the signal decides, whichever of the two is seen first.
    fn wait_for_signal(&self) -> Gone {
        let noticed = Instant::now();
        while !self.withdrawal.is_cancelled() {
            if noticed.elapsed() > SIGNAL_TIMEOUT {
                return Gone::Closed;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Gone::Withdrawn
    }

    /// Draws rows in place of those that stand there.
    pub(crate) fn draw(&mut self, rows: &[StyledLine], caret: Option<Caret>) -> Result<(), Gone> {
        let texts: Vec<String> = rows.iter().map(StyledLine::text).collect();
        if self.style.cursor {
            let mut out = self.back() + &self.painted(rows);
            self.at = rows.len().saturating_sub(1);
            if let Some((row, column)) = caret.filter(|&(row, _)| row < rows.len()) {
                let up = self.at - row;
                if up > 0 {
                    let _ = write!(out, "\x1b[{up}A");
                }
                out.push('\r');
                if column > 0 {
                    let _ = write!(out, "\x1b[{column}C");
                }
                out.push_str("\x1b[?25h");
                self.at = row;
            }
            self.write(&out)?;
        } else {
            let out = self.plainly(rows, &texts);
            self.write(&out)?;
        }
        self.drawn = texts;
        if std::mem::take(&mut self.is_new) {
            self.silence = Silence::new(Instant::now());
        }
        Ok(())
    }

    /// What makes rows of the ones that stand there, without going back: only what is new is written.
    fn plainly(&self, rows: &[StyledLine], texts: &[String]) -> String {
        if let (Some((last, before)), Some((was, were))) = (texts.split_last(), self.drawn.split_last())
            && before == were
        {
            // A text that is typed grows and shrinks at its end.
            if let Some(more) = last.strip_prefix(was.as_str()) {
                return more.to_owned();
            }
            if let Some(less) = was.strip_prefix(last.as_str()) {
                let width = StyledLine::of(super::line::TextStyle::Plain, less).width();
                return "\u{8} \u{8}".repeat(width);
            }
        }
        let same = texts
            .iter()
            .zip(&self.drawn)
            .take_while(|(new, old)| new == old)
            .count();
        let new = &rows[same.min(rows.len())..];
        let begin = if self.drawn.is_empty() || new.is_empty() {
            ""
        } else {
            "\r\n"
        };
        format!("{begin}{}", self.painted(new))
    }

    /// Rows as they are written, one below the other.
    fn painted(&self, rows: &[StyledLine]) -> String {
        let rows: Vec<String> = rows.iter().map(|row| row.painted(self.style.color)).collect();
        rows.join("\r\n")
    }

    /// Leaves rows standing in place of the block, and the cursor below them.
    pub(crate) fn leave(mut self, rows: &[StyledLine]) {
        let _ = self.switch(false);
        if self.draw(rows, None).is_ok() && !rows.is_empty() {
            let _ = self.write("\r\n");
        }
    }

    /// Shows pages on a screen of their own, where the terminal has one; or comes back from there.
    pub(crate) fn switch(&mut self, other: bool) -> Result<(), Gone> {
        if self.other_screen == other {
            return Ok(());
        }
        self.other_screen = other;
        if !self.style.cursor {
            self.drawn.clear();
            return self.write("\r\n");
        }
        self.write(if other {
            "\x1b[?1049h\x1b[H\x1b[J"
        } else {
            "\x1b[?1049l"
        })
    }

    /// Draws a page that fills the screen.
    pub(crate) fn page(&mut self, rows: &[StyledLine]) -> Result<(), Gone> {
        let begin = if self.style.cursor { "\x1b[H\x1b[J" } else { "" };
        self.write(&format!("{begin}{}", self.painted(rows)))
    }

    /// Writes a line end, where pages follow each other.
    pub(crate) fn feed(&mut self) -> Result<(), Gone> {
        self.write("\r\n")
    }

    /// Goes to where the block begins and erases it.
    ///
    /// After the window became narrower some terminals have broken the rows, others have cut them. As many rows are
    /// erased as there are for certain, so that nothing is erased that is not ours.
    fn back(&self) -> String {
        let mut out = "\r".to_owned();
        if self.at > 0 {
            let _ = write!(out, "\x1b[{}A", self.at);
        }
        out.push_str("\x1b[J\x1b[?25l");
        out
    }

    fn write(&mut self, text: &str) -> Result<(), Gone> {
        let withdrawal = self.withdrawal;
        let mut since: Option<Instant> = None;
        let give_up = move || {
            // A withdrawn question still writes its last line, if the terminal takes it.
            withdrawal.is_cancelled() && since.get_or_insert_with(Instant::now).elapsed() > FAREWELL
        };
        self.device
            .write(text.as_bytes(), give_up)
            .map_err(|_| self.wait_for_signal())
    }
}

/// For how long no input came.
#[derive(Debug, Clone, Copy)]
struct Silence {
    /// When the question was drawn, or the last input came.
    since: Instant,
    /// No input came between `since` and this time.
    until: Instant,
    was_long_enough: bool,
}

impl Silence {
    const fn new(now: Instant) -> Self {
        Self {
            since: now,
            until: now,
            was_long_enough: false,
        }
    }

    /// Takes note of a read from `began` to `ended`. Bytes of a read that did not wait may have come at any time since
    /// the read before: that time counts as no silence.
    fn read(&mut self, began: Instant, ended: Instant, is_empty: bool) {
        if is_empty || ended.duration_since(began) >= AT_ONCE {
            self.until = ended;
        }
        self.was_long_enough |= self.until.duration_since(self.since) >= ANSWER_PAUSE;
        if !is_empty {
            self.since = ended;
            self.until = ended;
        }
    }
}

impl Drop for Board<'_> {
    fn drop(&mut self) {
        let mut out = String::new();
        if self.other_screen && self.style.cursor {
            out.push_str("\x1b[?1049l");
        }
        if self.style.cursor {
            out.push_str("\x1b[?2004l\x1b[?25h");
        }
        let since = Instant::now();
        let _ = self.device.write(out.as_bytes(), || since.elapsed() > FAREWELL);
    }
}

#[cfg(test)]
mod tests {
    use portable_pty::{PtySize, native_pty_system};

    use super::*;

    #[test]
    fn the_pause_is_over_once_no_input_came_for_long_enough() {
        let start = Instant::now();
        let at = |milliseconds| start + Duration::from_millis(milliseconds);
        let after = |reads: &[(u64, u64, bool)]| {
            let mut silence = Silence::new(start);
            for &(began, ended, is_empty) in reads {
                silence.read(at(began), at(ended), is_empty);
            }
            silence.was_long_enough
        };
        assert!(!after(&[(0, 390, false)]));
        assert!(after(&[(0, 410, false)]));
        // A key every 120 ms, for as long as it is down.
        let held: Vec<_> = (0..50).map(|key| (key * 120, key * 120 + 119, false)).collect();
        assert!(!after(&held));
        // Then it is up.
        assert!(after(&[held, vec![(6000, 6100, true), (6100, 6410, false)]].concat()));
        // No read for a while, so the time of the key is unknown.
        assert!(!after(&[(900, 901, false)]));
        // Once over, it stays over: arrows and Enter may follow each other quickly.
        assert!(after(&[(0, 500, false), (500, 501, false)]));
    }

    #[test]
    fn a_panic_leaves_the_terminal_as_it_was() {
        let pty = native_pty_system().openpty(PtySize::default()).unwrap();
        let device = Device::open(&pty.master.tty_name().unwrap()).unwrap();
        let style = TerminalStyle {
            color: true,
            cursor: true,
        };
        let screen = Screen::plain();
        let before = pty.master.get_termios().unwrap();
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let withdrawal = CancellationToken::new();
            let _board = Board::new(&device, style, &screen, &withdrawal).unwrap();
            assert_ne!(pty.master.get_termios().unwrap(), before);
            assert!(screen.is_taken());
            std::panic::resume_unwind(Box::new("on purpose"));
        }));
        assert_eq!(*result.unwrap_err().downcast::<&str>().unwrap(), "on purpose");
        assert_eq!(pty.master.get_termios().unwrap(), before);
        assert!(!screen.is_taken());
    }
}
