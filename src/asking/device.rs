//! The terminal as a device: its size, its modes, bytes in and bytes out.
//!
//! Reading waits for at most a tenth of a second: the terminal's own timer (`VTIME`) does that. `poll` would do it as well,
//! but not everywhere: macOS refuses to poll terminals. Writing never waits either, since a terminal that nobody reads
//! would keep us for ever.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use rustix::fs::OFlags;
use rustix::termios::{
    ControlModes, InputModes, LocalModes, OptionalActions, QueueSelector, SpecialCodeIndex, Termios, tcflush,
    tcgetattr, tcgetpgrp, tcgetwinsize, tcsetattr,
};

use super::ANSWER_PAUSE;
use crate::support::mutex;

/// Tenths of a second that a read waits.
const PATIENCE: u8 = 1;
/// A read that found nothing sooner than this did not wait.
const AT_ONCE: Duration = Duration::from_millis(20);
/// After so many of those in a row the terminal counts as gone.
const MOST_AT_ONCE: u32 = 20;
const CTRL_C: u8 = 0x03;
const SHOW_CURSOR: &str = "\x1b[?25h";
/// Between two tries to write.
const PAUSE: Duration = Duration::from_millis(10);

/// How large the terminal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) rows: usize,
    pub(crate) columns: usize,
}

impl Size {
    const USUAL: Self = Self { rows: 24, columns: 80 };
    /// With fewer rows there would be no room for what it is about.
    const LEAST: Self = Self { rows: 5, columns: 12 };
}

/// A terminal that can be asked at.
#[derive(Debug)]
pub(crate) struct Device {
    input: File,
    /// Opened on its own, because it never blocks and reading does.
    output: File,
    /// Whether it is ours to read from only while our process group is in the foreground.
    controlling: bool,
}

impl Device {
    /// The controlling terminal of this process, if there is one.
    pub(crate) fn controlling() -> Option<Self> {
        let mut device = Self::open(Path::new("/dev/tty")).ok()?;
        device.controlling = true;
        device.is_ours().then_some(device)
    }

    /// The terminal at a path.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let open = |flags: OFlags| {
            let flags = (OFlags::NOCTTY | flags).bits();
            let mut options = OpenOptions::new();
            options.read(true).write(true).custom_flags(flags.cast_signed());
            options.open(path)
        };
        let device = Self {
            input: open(OFlags::empty())?,
            output: open(OFlags::NONBLOCK)?,
            controlling: false,
        };
        tcgetattr(&device.input)?;
        Ok(device)
    }

    /// Whether reading is allowed: a job in the background would be stopped by the system, and wait for ever.
    pub(crate) fn is_ours(&self) -> bool {
        !self.controlling || tcgetpgrp(&self.input).is_ok_and(|group| group == rustix::process::getpgrp())
    }

    /// How large it is now.
    pub(crate) fn size(&self) -> Size {
        let measured = tcgetwinsize(&self.input).ok();
        let at_least = |measured: u16, usual: usize, least: usize| match measured {
            0 => usual,
            measured => usize::from(measured).max(least),
        };
        measured.map_or(Size::USUAL, |size| Size {
            rows: at_least(size.ws_row, Size::USUAL.rows, Size::LEAST.rows),
            columns: at_least(size.ws_col, Size::USUAL.columns, Size::LEAST.columns),
        })
    }

    /// Writes a line, also while the terminal takes nothing.
    pub(crate) fn write_line(&self, line: &str) -> io::Result<()> {
        self.write(format!("{line}\n").as_bytes(), || false)
    }

    /// Throws away what is typed until nothing is for a while: keys that were pressed too early or are still down.
    pub(crate) fn wait_for_silence(&self) -> io::Result<()> {
        let mut raw = RawTerminal::new(self, TypedBefore::Discarded)?;
        let mut since = Instant::now();
        while since.elapsed() < ANSWER_PAUSE {
            match raw.read(&mut [0; 256])? {
                [] => {}
                bytes if bytes.contains(&CTRL_C) => return Err(io::ErrorKind::Interrupted.into()),
                _ => since = Instant::now(),
            }
        }
        Ok(())
    }

    /// Two handles that read and write, and block.
    pub(crate) fn handles(&self) -> io::Result<(File, File)> {
        Ok((self.input.try_clone()?, self.input.try_clone()?))
    }

    /// Remembers the modes for [`give_back_terminal`].
    pub(crate) fn remember_modes(&self) -> io::Result<()> {
        *mutex::lock(&ASKED) = Some((self.output.try_clone()?, tcgetattr(&self.output)?));
        Ok(())
    }

    /// Writes all of it, unless `give_up` says otherwise while the terminal takes nothing.
    pub(crate) fn write(&self, mut bytes: &[u8], mut give_up: impl FnMut() -> bool) -> io::Result<()> {
        let mut output = &self.output;
        while !bytes.is_empty() {
            match output.write(bytes) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => bytes = &bytes[written..],
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if give_up() {
                        return Err(io::ErrorKind::TimedOut.into());
                    }
                    std::thread::sleep(PAUSE);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// The terminal of a selection that stands there now, and the modes before it. The thread that asks waits for a key, and
/// hears nothing of a signal that ends the program.
static ASKED: Mutex<Option<(File, Termios)>> = Mutex::new(None);

/// Restores modes and cursor after a selection, also for a program that ends without its answer.
pub fn give_back_terminal() {
    if let Some((mut output, modes)) = mutex::lock(&ASKED).take() {
        let _ = tcsetattr(&output, OptionalActions::Now, &modes);
        let _ = output.write_all(SHOW_CURSOR.as_bytes());
    }
}

/// What becomes of keys that were typed before the terminal gave single keys, or after the last one that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TypedBefore {
    /// They are no answer to what is asked now, nor for the program that reads next.
    Discarded,
    Kept,
}

/// A terminal that gives single keys, until this is dropped.
#[derive(Debug)]
pub(crate) struct RawTerminal<'a> {
    device: &'a Device,
    before: Termios,
    typed: TypedBefore,
    at_once: u32,
}

impl<'a> RawTerminal<'a> {
    pub(crate) fn new(device: &'a Device, typed: TypedBefore) -> io::Result<Self> {
        let before = tcgetattr(&device.input)?;
        let mut modes = before.clone();
        // Ctrl-C comes as a key. Output is left as it is, and Ctrl-S does not stop it.
        modes.local_modes -=
            LocalModes::ICANON | LocalModes::ECHO | LocalModes::ECHONL | LocalModes::ISIG | LocalModes::IEXTEN;
        modes.input_modes -= InputModes::IXON
            | InputModes::ICRNL
            | InputModes::INLCR
            | InputModes::IGNCR
            | InputModes::ISTRIP
            | InputModes::IGNBRK
            | InputModes::BRKINT
            | InputModes::PARMRK;
        modes.control_modes = (modes.control_modes - ControlModes::CSIZE) | ControlModes::CS8;
        modes.special_codes[SpecialCodeIndex::VMIN] = 0;
        modes.special_codes[SpecialCodeIndex::VTIME] = PATIENCE;
        tcsetattr(&device.input, OptionalActions::Now, &modes)?;
        let raw = Self {
            device,
            before,
            typed,
            at_once: 0,
        };
        // Only now: what waited for the end of its line is input as well.
        raw.discard()?;
        Ok(raw)
    }

    fn discard(&self) -> io::Result<()> {
        match self.typed {
            TypedBefore::Discarded => Ok(tcflush(&self.device.input, QueueSelector::IFlush)?),
            TypedBefore::Kept => Ok(()),
        }
    }

    /// Bytes that came within a tenth of a second; none when nothing came.
    pub(crate) fn read<'b>(&mut self, buffer: &'b mut [u8]) -> io::Result<&'b [u8]> {
        let started = Instant::now();
        match (&self.device.input).read(buffer) {
            Ok(0) => {
                // The end of a terminal looks like nothing at all; only its modes cannot be asked for any more.
                tcgetattr(&self.device.input)?;
                if started.elapsed() >= AT_ONCE {
                    self.at_once = 0;
                    return Ok(&[]);
                }
                self.at_once += 1;
                if self.at_once > MOST_AT_ONCE {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                Ok(&[])
            }
            Ok(length) => {
                self.at_once = 0;
                Ok(&buffer[..length])
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(&[]),
            Err(error) => Err(error),
        }
    }
}

impl Drop for RawTerminal<'_> {
    fn drop(&mut self) {
        let _ = self.discard();
        let _ = tcsetattr(&self.device.input, OptionalActions::Now, &self.before);
    }
}
