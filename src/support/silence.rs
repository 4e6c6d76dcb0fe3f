//! Input that was typed before a question stood there is no answer to it.

use std::fs::File;
use std::io::{self, Read as _};

use rustix::termios::{LocalModes, OptionalActions, QueueSelector, SpecialCodeIndex, tcflush, tcgetattr, tcsetattr};

/// Tenths of a second without input.
const SILENCE: u8 = 4;

/// Throws away what is typed at a terminal until nothing is for 400 ms: keys that were pressed too early or are still down.
///
/// # Errors
///
/// When the terminal has gone.
pub fn wait_for_silence(terminal: &File) -> io::Result<()> {
    let before = tcgetattr(terminal)?;
    let mut modes = before.clone();
    modes.local_modes -= LocalModes::ICANON | LocalModes::ECHO;
    modes.special_codes[SpecialCodeIndex::VMIN] = 0;
    modes.special_codes[SpecialCodeIndex::VTIME] = SILENCE;
    tcsetattr(terminal, OptionalActions::Now, &modes)?;
    let waited = read_until_silence(terminal);
    tcsetattr(terminal, OptionalActions::Now, &before)?;
    waited
}

fn read_until_silence(mut terminal: &File) -> io::Result<()> {
    tcflush(terminal, QueueSelector::IFlush)?;
    while terminal.read(&mut [0; 256])? > 0 {}
    Ok(())
}
