//! A terminal of its own for a command that is tried, and a person at it who presses keys.
//!
//! Invariants: the command has no other controlling terminal, so nothing of the user's terminal is read or drawn on.

use std::ffi::{OsStr, OsString};
use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use rustix::io::{FdFlags, fcntl_setfd};
use rustix::process::{ioctl_tiocsctty, setsid};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};
use tokio::sync::mpsc;

/// First argument of the step between a probe and the command that gets a terminal.
pub(super) const ON_TERMINAL: &str = "__on_terminal";
/// A question takes no key that answers it before it has been there for 400 ms.
const KEY_DELAY: Duration = Duration::from_millis(600);

/// Becomes this program with the rest of `arguments`, on the terminal that the second one names, if the first one asks for
/// it; `None` otherwise.
pub fn on_terminal_main(arguments: impl IntoIterator<Item = OsString>) -> Option<ExitCode> {
    let mut arguments = arguments.into_iter().skip(1);
    if arguments.next()? != ON_TERMINAL {
        return None;
    }
    let terminal = arguments.next()?;
    let becoming = || -> io::Result<std::convert::Infallible> {
        setsid()?;
        // The system makes it the controlling terminal here, or in the next line.
        let terminal = OpenOptions::new().read(true).write(true).open(terminal)?;
        ioctl_tiocsctty(&terminal)?;
        Err(std::process::Command::new(std::env::current_exe()?)
            .args(arguments)
            .exec())
    };
    let Err(error) = becoming();
    let _ = writeln!(io::stderr(), "cannot run on a terminal: {error}");
    Some(ExitCode::FAILURE)
}

/// The terminal, seen from the person's side.
pub(super) struct TerminalUser {
    keys: File,
    shown: mpsc::UnboundedReceiver<Vec<u8>>,
    text: String,
    pub(super) path: PathBuf,
    /// Keeps the terminal open until the command has opened it.
    _open: File,
}

impl TerminalUser {
    pub(super) fn open() -> io::Result<Self> {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY)?;
        // `openpt` of macOS has no flag for it.
        fcntl_setfd(&master, FdFlags::CLOEXEC)?;
        grantpt(&master)?;
        unlockpt(&master)?;
        let name = ptsname(&master, Vec::new())?;
        let path = PathBuf::from(OsStr::from_bytes(name.as_bytes()));
        let open = {
            use std::os::unix::fs::OpenOptionsExt as _;
            let no_controlling = rustix::fs::OFlags::NOCTTY.bits().cast_signed();
            OpenOptions::new()
                .read(true)
                .write(true)
                .custom_flags(no_controlling)
                .open(&path)?
        };
        let size = Winsize {
            ws_row: 40,
            ws_col: 100,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(&open, size)?;
        let keys = File::from(master);
        let mut screen = keys.try_clone()?;
        let (sender, shown) = mpsc::unbounded_channel();
        // Ends with the terminal: reading fails once nothing has it open any more.
        std::thread::Builder::new().spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(length @ 1..) = screen.read(&mut buffer) {
                if sender.send(buffer[..length].to_vec()).is_err() {
                    return;
                }
            }
        })?;
        Ok(Self {
            keys,
            shown,
            text: String::new(),
            path,
            _open: open,
        })
    }

    /// Waits for each text on the screen and presses the keys beside it.
    pub(super) async fn answer(&mut self, keys: &[(String, String)]) -> Result<(), String> {
        for (awaited, pressed) in keys {
            while !self.text.contains(awaited) {
                match self.shown.recv().await {
                    Some(bytes) => self.text.push_str(&String::from_utf8_lossy(&bytes)),
                    None => return Err(format!("the terminal never showed {awaited:?}")),
                }
            }
            self.text.clear();
            tokio::time::sleep(KEY_DELAY).await;
            (&self.keys)
                .write_all(pressed.as_bytes())
                .map_err(|error| error.to_string())?;
        }
        // A full terminal would block the command, so the rest is read and dropped.
        while self.shown.recv().await.is_some() {}
        Ok(())
    }
}
