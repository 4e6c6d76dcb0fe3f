//! A simulated person at a terminal, who looks, and presses keys.

use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use opencode_rs::permission::{
    Answer, Ask, ModelQuestion, Prompter as _, QuestionAnswer, TerminalPrompter, Withdrawal,
};
use opencode_rs::terminal::{Screen, TerminalStyle};
use rustix::fs::OFlags;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize};

/// Longer than anything here takes, on any machine.
const LONG: Duration = Duration::from_secs(300);
/// Longer than the pause in which a question takes no key that answers it, also on a busy machine.
const PAUSE: Duration = Duration::from_millis(800);
/// The terminal of most people.
pub(super) const FANCY: TerminalStyle = TerminalStyle {
    color: true,
    cursor: true,
};
/// `TERM=dumb`.
pub(super) const DUMB: TerminalStyle = TerminalStyle {
    color: false,
    cursor: false,
};

pub(super) struct Person {
    /// Plain files: a window that is closed presses no keys, and `portable_pty` would press Enter and Ctrl-D.
    master: Option<File>,
    name: PathBuf,
    /// Keeps the terminal open between questions, as a shell does.
    slave: File,
    output: Receiver<Vec<u8>>,
    parser: vt100::Parser,
    bytes: Vec<u8>,
    style: TerminalStyle,
    pub(super) screen: Screen,
    pub(super) withdrawal: Withdrawal,
}

/// An open question, whose answer will arrive.
pub(super) struct Asked<T>(Receiver<T>);

impl<T> Asked<T> {
    /// The answer, if there is one within this time.
    pub(super) fn answer_within(&self, time: Duration) -> Option<T> {
        self.0.recv_timeout(time).ok()
    }

    pub(super) fn answer(self) -> T {
        self.0.recv_timeout(LONG).expect("the question ends")
    }
}

fn size(columns: u16, rows: u16) -> Winsize {
    Winsize {
        ws_row: rows,
        ws_col: columns,
        ws_xpixel: 0,
        ws_ypixel: 0,
    }
}

impl Person {
    pub(super) fn at(style: TerminalStyle, columns: u16, rows: u16) -> Self {
        Self::looking_until(None, style, columns, rows)
    }

    pub(super) fn usual() -> Self {
        Self::at(FANCY, 80, 24)
    }

    /// A reader of a terminal holds the terminal open; this one stops when `last` was shown.
    pub(super) fn looking_until(last: Option<&'static str>, style: TerminalStyle, columns: u16, rows: u16) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap();
        let name = PathBuf::from(OsStr::from_bytes(name.as_bytes()));
        let slave = OpenOptions::new()
            .read(true)
            .write(true)
            .custom_flags(OFlags::NOCTTY.bits().cast_signed())
            .open(&name)
            .unwrap();
        tcsetwinsize(&slave, size(columns, rows)).unwrap();
        let master = File::from(master);
        let mut reader = master.try_clone().unwrap();
        let (sender, output) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            let mut all = Vec::new();
            while let Ok(length @ 1..) = reader.read(&mut buffer) {
                all.extend_from_slice(&buffer[..length]);
                let enough = last.is_some_and(|last| String::from_utf8_lossy(&all).contains(last));
                if sender.send(buffer[..length].to_vec()).is_err() || enough {
                    break;
                }
            }
        });
        Self {
            master: Some(master),
            name,
            slave,
            output,
            parser: vt100::Parser::new(rows, columns, 500),
            bytes: Vec::new(),
            style,
            screen: Screen::plain(),
            withdrawal: Withdrawal::default(),
        }
    }

    fn prompter(&self) -> TerminalPrompter {
        TerminalPrompter::at(&self.name, self.screen.clone(), self.style).unwrap()
    }

    pub(super) fn asked(&self, ask: &Ask) -> Asked<Answer> {
        let (mut prompter, ask, withdrawal) = (self.prompter(), ask.clone(), self.withdrawal.clone());
        let (sender, answer) = channel();
        std::thread::spawn(move || sender.send(prompter.ask(&ask, &withdrawal)));
        Asked(answer)
    }

    pub(super) fn questioned(
        &self,
        questions: &[ModelQuestion],
        subagent: Option<&'static str>,
    ) -> Asked<QuestionAnswer> {
        let (mut prompter, questions, withdrawal) = (self.prompter(), questions.to_vec(), self.withdrawal.clone());
        let (sender, answer) = channel();
        std::thread::spawn(move || sender.send(prompter.question(&questions, subagent, &withdrawal)));
        Asked(answer)
    }

    /// Waits until the screen holds a text.
    pub(super) fn sees(&mut self, text: &str) -> &mut Self {
        self.looks(&format!("`{text}`"), |screen| screen.contents().contains(text))
    }

    /// Waits until the screen does not hold a text.
    pub(super) fn loses(&mut self, text: &str) -> &mut Self {
        self.looks(&format!("no `{text}`"), |screen| !screen.contents().contains(text))
    }

    /// Waits until the cursor is at the start of a fresh line.
    pub(super) fn rests(&mut self) -> &mut Self {
        self.looks("a fresh line", |screen| {
            let (row, column) = screen.cursor_position();
            let lines = screen.contents().trim_end().lines().count();
            column == 0 && usize::from(row) == lines
        })
    }

    /// Waits until a text was written, wherever it is by now.
    pub(super) fn reads(&mut self, text: &str) -> &mut Self {
        while !self.shown().contains(text) {
            let bytes = self.output.recv_timeout(LONG).expect("more is written");
            self.parser.process(&bytes);
            self.bytes.extend(bytes);
        }
        self
    }

    /// Waits until the screen holds a text and so many lines.
    pub(super) fn looks_again(&mut self, text: &str, lines: usize) -> &mut Self {
        self.looks(&format!("`{text}` in {lines} lines"), |screen| {
            let contents = screen.contents();
            contents.contains(text) && contents.trim_end().lines().count() == lines
        })
    }

    fn looks(&mut self, what: &str, found: impl Fn(&vt100::Screen) -> bool) -> &mut Self {
        let end = Instant::now() + LONG;
        while !found(self.parser.screen()) {
            let rest = end.saturating_duration_since(Instant::now());
            let Ok(bytes) = self.output.recv_timeout(rest) else {
                panic!("{what} is not seen in:\n{}\n{:?}", self.contents(), self.shown());
            };
            self.parser.process(&bytes);
            self.bytes.extend(bytes);
        }
        self
    }

    pub(super) fn presses(&mut self, keys: &[u8]) -> &mut Self {
        self.master.as_ref().unwrap().write_all(keys).unwrap();
        self
    }

    /// Presses nothing until the question takes keys that answer it.
    pub(super) fn pauses(&mut self) -> &mut Self {
        let end = Instant::now() + PAUSE;
        while let Ok(bytes) = self.output.recv_timeout(end.saturating_duration_since(Instant::now())) {
            self.parser.process(&bytes);
            self.bytes.extend(bytes);
        }
        self
    }

    /// Forgets the content of the screen.
    pub(super) fn screen_is_cleared(&mut self) {
        self.parser.process(b"\x1b[2J\x1b[H");
    }

    pub(super) fn resizes(&mut self, columns: u16, rows: u16) -> &mut Self {
        self.parser.screen_mut().set_size(rows, columns);
        tcsetwinsize(self.master.as_ref().unwrap(), size(columns, rows)).unwrap();
        self
    }

    /// Closes the window.
    pub(super) fn leaves(&mut self) {
        // Collects the remaining output, until the reader has closed the terminal.
        while let Ok(bytes) = self.output.recv_timeout(LONG) {
            self.bytes.extend(bytes);
        }
        self.master = None;
    }

    /// The screen as it is now, without blank lines at its end.
    pub(super) fn contents(&self) -> String {
        self.parser.screen().contents().trim_end().to_owned()
    }

    /// Row and column of the cursor.
    pub(super) fn cursor(&self) -> (u16, u16) {
        self.parser.screen().cursor_position()
    }

    /// Everything that was written.
    pub(super) fn shown(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// Waits until the terminal's modes are restored: it delivers lines, and echoes typed text.
    pub(super) fn expects_the_terminal_as_it_was(&mut self) {
        self.looks("the usual modes", |screen| {
            !screen.bracketed_paste() && !screen.hide_cursor() && !screen.alternate_screen()
        });
        let modes = tcgetattr(&self.slave).unwrap().local_modes;
        assert!(modes.contains(LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG));
    }
}
