//! Keys that are typed while nothing is asked.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;
use std::time::Duration;

use rustix::fs::OFlags;
use rustix::termios::{tcgetpgrp, ttyname};
use tokio::net::unix::pipe::Receiver;
use tokio::time::{sleep, timeout};

use super::keys::{Key, KeyDecoder};
use crate::terminal::Screen;

/// After this time without a byte, an ESC that nothing followed was the key.
const SILENCE: Duration = Duration::from_millis(100);
/// How often a terminal is looked at that somebody else reads from.
const RETRY_INTERVAL: Duration = Duration::from_millis(50);

/// The terminal at stdin, read without waiting. The terminal must give single keys; Ctrl-C stays a signal.
#[derive(Debug)]
pub(crate) struct KeyWatch {
    /// A receiver reads from anything that does not block.
    terminal: Receiver,
    keys: KeyDecoder,
}

impl KeyWatch {
    /// Opens the terminal. `None` when there is none, or when the system cannot wait for it.
    pub(crate) fn open() -> Option<Self> {
        // Opened by its own name: macOS cannot wait for `/dev/tty`.
        let named = ttyname(rustix::stdio::stdin(), Vec::new()).ok();
        let named = named.map(|name| PathBuf::from(std::ffi::OsString::from_vec(name.into_bytes())));
        let terminal = named
            .and_then(|path| open(&path).ok())
            .or_else(|| open("/dev/tty".as_ref()).ok())?;
        Some(Self {
            terminal: Receiver::from_file_unchecked(terminal).ok()?,
            keys: KeyDecoder::of_text(),
        })
    }

    /// Whether keys wait, or a paste or a sequence has begun and not ended.
    pub(crate) fn is_midway(&self) -> bool {
        self.keys.is_midway()
    }

    /// The next key. While a question has `screen`, keys belong to the question. Cancel-safe.
    pub(crate) async fn next(&mut self, screen: &Screen) -> io::Result<Key> {
        loop {
            if let Some(key) = self.keys.next() {
                return Ok(key);
            }
            let Ok(ready) = timeout(SILENCE, self.terminal.readable()).await else {
                self.keys.idle();
                continue;
            };
            ready?;
            let is_ours = tcgetpgrp(&self.terminal).is_ok_and(|group| group == rustix::process::getpgrp());
            if screen.is_taken() || !is_ours {
                sleep(RETRY_INTERVAL).await;
                continue;
            }
            let mut bytes = [0; 1024];
            match self.terminal.try_read(&mut bytes) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                // A question that came meanwhile throws away what was typed before it.
                Ok(_) if screen.is_taken() => {}
                Ok(length) => self.keys.push(&bytes[..length]),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
    }
}

fn open(path: &std::path::Path) -> io::Result<File> {
    let flags = (OFlags::NOCTTY | OFlags::NONBLOCK).bits().cast_signed();
    OpenOptions::new().read(true).custom_flags(flags).open(path)
}
