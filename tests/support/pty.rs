//! A person at a terminal: keys go in, a screen comes out.

use std::io::{Read as _, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use rustix::termios::LocalModes;

use super::{EnginePermit, LONG, Sandbox, until};
use crate::real_engine;

/// Longer than the pause in which a question takes no key that answers it, also on a busy machine.
const QUESTION_PAUSE: Duration = Duration::from_millis(800);

/// What has been shown so far, as bytes and as a screen.
struct Shown {
    bytes: Vec<u8>,
    screen: vt100::Parser,
    /// The next answer to where the cursor is waits for the question after it.
    holds_answer: bool,
    held_answer: String,
}

/// The keyboard; nothing once the terminal is closed. The terminal itself answers through it.
type Keys = Arc<Mutex<Option<Box<dyn Write + Send>>>>;

/// The program on a terminal of its own, which is the controlling terminal of all that runs there.
pub(crate) struct Pty {
    child: Box<dyn Child + Send + Sync>,
    master: Option<Box<dyn MasterPty + Send>>,
    keys: Keys,
    shown: Arc<Mutex<Shown>>,
    /// Ends with the terminal, when all that was written is shown.
    reader: std::thread::JoinHandle<()>,
    _permit: Option<EnginePermit>,
}

fn size(columns: u16, rows: u16) -> PtySize {
    PtySize {
        rows,
        cols: columns,
        pixel_width: 0,
        pixel_height: 0,
    }
}

/// Whether the last `new` bytes complete the question where the cursor is.
fn asks_for_the_cursor(bytes: &[u8], new: usize) -> bool {
    const QUESTION: &[u8] = b"\x1b[6n";
    let start = (bytes.len() - new).saturating_sub(QUESTION.len() - 1);
    bytes[start..].windows(QUESTION.len()).any(|window| window == QUESTION)
}

impl Pty {
    /// The program with these arguments, against a scripted model.
    pub(crate) fn rehearse(sandbox: &Sandbox, script: &str, arguments: &[&str]) -> Self {
        let script = sandbox.write("script.toml", script);
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_opencode-rs"));
        command.arg(format!("--rehearse={}", script.display()));
        command.args(arguments);
        Self::start(sandbox, command, "xterm-256color", None)
    }

    /// The same, to be [closed](Pty::close) once `last` is shown. The reader stops then, because a reader holds the
    /// terminal open, as a terminal itself does.
    pub(crate) fn rehearse_until(sandbox: &Sandbox, script: &str, arguments: &[&str], last: &'static str) -> Self {
        let script = sandbox.write("script.toml", script);
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_opencode-rs"));
        command.arg(format!("--rehearse={}", script.display()));
        command.args(arguments);
        Self::start(sandbox, command, "xterm-256color", Some(last))
    }

    /// The same, on a terminal of this kind.
    pub(crate) fn rehearse_on(term: &str, sandbox: &Sandbox, script: &str, arguments: &[&str]) -> Self {
        let script = sandbox.write("script.toml", script);
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_opencode-rs"));
        command.arg(format!("--rehearse={}", script.display()));
        command.args(arguments);
        Self::start(sandbox, command, term, None)
    }

    /// A line for the shell, in which `$OPENCODE_RS` is the program and `$SCRIPT` the script.
    pub(crate) fn shell(sandbox: &Sandbox, script: &str, line: &str) -> Self {
        let script = sandbox.write("script.toml", script);
        let mut command = CommandBuilder::new("sh");
        command.args(["-c", line]);
        command.env("SCRIPT", script);
        Self::start(sandbox, command, "xterm-256color", None)
    }

    /// The same, for a test that holds a permit for engines itself.
    pub(crate) fn shell_at_once(sandbox: &Sandbox, script: &str, line: &str) -> Self {
        let script = sandbox.write("script.toml", script);
        let mut command = CommandBuilder::new("sh");
        command.args(["-c", line]);
        command.env("SCRIPT", script);
        Self::start_with(None, sandbox, command, "xterm-256color", None)
    }

    fn start(sandbox: &Sandbox, command: CommandBuilder, term: &str, last: Option<&'static str>) -> Self {
        Self::start_with(Some(EnginePermit::acquire()), sandbox, command, term, last)
    }

    fn start_with(
        permit: Option<EnginePermit>,
        sandbox: &Sandbox,
        mut command: CommandBuilder,
        term: &str,
        last: Option<&'static str>,
    ) -> Self {
        let script = command.get_env("SCRIPT").map(std::ffi::OsStr::to_owned);
        command.cwd(sandbox.path("project"));
        command.env_clear();
        for (name, value) in sandbox.environment() {
            command.env(name, value);
        }
        if let Some(script) = script {
            command.env("SCRIPT", script);
        }
        command.env("OPENCODE_RS", env!("CARGO_BIN_EXE_opencode-rs"));
        command.env("OPENCODE_RS_ENGINE", real_engine::path());
        real_engine::copy_probes(&sandbox.path("home/.cache"));
        command.env("TERM", term);
        let pair = native_pty_system().openpty(size(80, 24)).unwrap();
        let child = pair.slave.spawn_command(command).unwrap();
        let mut reader = pair.master.try_clone_reader().unwrap();
        let shown = Arc::new(Mutex::new(Shown {
            bytes: Vec::new(),
            screen: vt100::Parser::new(24, 80, 1000),
            holds_answer: false,
            held_answer: String::new(),
        }));
        let keys: Keys = Arc::new(Mutex::new(Some(pair.master.take_writer().unwrap())));
        let (theirs, answers) = (Arc::downgrade(&shown), Arc::downgrade(&keys));
        let reader = std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            // The end of a terminal is an error on Linux.
            while let Ok(length @ 1..) = reader.read(&mut buffer) {
                let Some(shown) = theirs.upgrade() else { return };
                let mut shown = shown.lock().unwrap_or_else(PoisonError::into_inner);
                shown.bytes.extend_from_slice(&buffer[..length]);
                shown.screen.process(&buffer[..length]);
                let (row, column) = shown.screen.screen().cursor_position();
                if asks_for_the_cursor(&shown.bytes, length) {
                    let answer = format!("{}\u{1b}[{};{}R", shown.held_answer, row + 1, column + 1);
                    shown.held_answer.clear();
                    if std::mem::take(&mut shown.holds_answer) {
                        shown.held_answer = answer;
                    } else if let Some(keys) = answers.upgrade()
                        && let Some(keys) = keys.lock().unwrap_or_else(PoisonError::into_inner).as_mut()
                    {
                        // The program may have exited; then it needs no reply.
                        let _ = keys.write_all(answer.as_bytes()).and_then(|()| keys.flush());
                    }
                }
                if last.is_some_and(|last| shown.screen.screen().contents().contains(last)) {
                    return;
                }
            }
        });
        Self {
            keys,
            child,
            master: Some(pair.master),
            shown,
            reader,
            _permit: permit,
        }
    }

    /// The present content of the screen.
    pub(crate) fn screen(&self) -> String {
        let shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        shown.screen.screen().contents()
    }

    /// Everything that was ever shown, with its escape sequences.
    pub(crate) fn everything(&self) -> String {
        let shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&shown.bytes).into_owned()
    }

    /// Waits until `text` is on the screen.
    #[track_caller]
    pub(crate) fn wait_for(&self, text: &str) -> String {
        let what = format!("`{text}` on the screen");
        let mut last = String::new();
        let found = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            until(&what, LONG, || {
                last = self.screen();
                last.contains(text).then(|| last.clone())
            })
        }));
        match found {
            Ok(screen) => screen,
            Err(_) => panic!("no `{text}` on the screen:\n{}", self.screen()),
        }
    }

    /// Presses keys.
    pub(crate) fn send(&mut self, keys: &str) {
        let mut keyboard = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        let writer = keyboard.as_mut().unwrap();
        writer.write_all(keys.as_bytes()).unwrap();
        writer.flush().unwrap();
    }

    /// Presses keys that answer a question: after the question's pause, in which nothing is drawn.
    pub(crate) fn answer(&mut self, keys: &str) {
        let (mut shown, mut since) = (self.everything().len(), Instant::now());
        until("the screen stands still", LONG, || {
            let now = self.everything().len();
            if now != shown {
                (shown, since) = (now, Instant::now());
            }
            (since.elapsed() >= QUESTION_PAUSE).then_some(())
        });
        self.send(keys);
    }

    /// Makes the window this large.
    pub(crate) fn resize(&self, columns: u16, rows: u16) {
        self.master.as_ref().unwrap().resize(size(columns, rows)).unwrap();
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        shown.screen.screen_mut().set_size(rows, columns);
    }

    /// Keeps the next answer to where the cursor is back until the program asks again, as a slow connection may.
    pub(crate) fn hold_the_next_answer(&self) {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner).holds_answer = true;
    }

    /// Whether an answer is, or will be, kept back.
    pub(crate) fn holds_an_answer(&self) -> bool {
        let shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        shown.holds_answer || !shown.held_answer.is_empty()
    }

    /// Closes the terminal, as closing its window does.
    pub(crate) fn close(&mut self) {
        *self.keys.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.master = None;
    }

    pub(crate) fn hides_its_cursor(&self) -> bool {
        let shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        shown.screen.screen().hide_cursor()
    }

    /// Whether the terminal delivers lines and echoes keys, as it does for a shell.
    pub(crate) fn is_in_line_mode(&self) -> bool {
        let flags = self.master.as_ref().unwrap().get_termios().unwrap().local_flags.bits();
        let wanted = (LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG).bits();
        flags & wanted == wanted
    }

    /// The process on the terminal.
    pub(crate) fn pid(&self) -> i32 {
        self.child.process_id().and_then(|pid| i32::try_from(pid).ok()).unwrap()
    }

    /// Waits for the end within `limit`, and until all that was written is shown; returns the exit status.
    #[track_caller]
    pub(crate) fn finish_within(&mut self, limit: Duration) -> u32 {
        let status = until("the end of the run", limit, || self.child.try_wait().unwrap());
        if self.master.is_some() {
            until("the end of the terminal", LONG, || {
                self.reader.is_finished().then_some(())
            });
        }
        status.exit_code()
    }

    /// The same, with as much time as a test ever has.
    #[track_caller]
    pub(crate) fn finish(&mut self) -> u32 {
        self.finish_within(LONG)
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
