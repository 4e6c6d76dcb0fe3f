//! How this program asks a person at the terminal, wherever stdin, stdout and stderr lead.
//!
//! In: a question, and the terminal that is asked at. Out: the answer, or why there is none ([`Gone`]), and rows that stay
//! on the terminal. Invariants: foreign text is shown with what is hidden in it written out; nothing that was typed before
//! the question stood there answers it; a process in the background asks nothing, since the system would stop it;
//! whatever ends a question (an answer, a withdrawal, a signal, a terminal that goes away, a panic) leaves the terminal's
//! modes and cursor as they were.
//!
//! | question | asked by | with |
//! | --- | --- | --- |
//! | may the model do that? what the model asks | `permission/terminal/` | [`Board`]: withdrawn when the answer is not wanted any more |
//! | is the code of this directory trusted? | `trust/terminal.rs` | [`select`]: a few fixed answers, never withdrawn |
//! | really delete, prune, revert, undo? | `commands/session/confirm.rs` | [`select`] |
//! | which model, agent, effort, session? run the commands of a template? | `commands/chat/` | the line editor of the dialog, [`chat`](crate::chat) |
//!
//! | file | what |
//! | --- | --- |
//! | `device` | the terminal: modes, size, bytes |
//! | `keys` | from bytes to keys |
//! | `line` | text with looks, hidden characters written out, wrapped |
//! | `board` | a block of rows that is drawn again, and a key at a time |
//! | `menu`, `text_field`, `pager` | a choice, a line that is typed, pages |
//! | `selection` | a choice among fixed answers, by `dialoguer` |
//!
//! A [`Board`] decodes its keys itself. `dialoguer` and `console` wait for a key and for nothing else, so their questions
//! cannot be withdrawn. The parser of `crossterm` is private to its reader of stdin, and takes the letters of a sequence
//! that it does not know for keys: the `a` and `y` in a late answer of the terminal about its colours would allow a call.

#[cfg(unix)]
mod board;
#[cfg(unix)]
mod device;
#[cfg(unix)]
mod keys;
#[cfg(unix)]
mod line;
#[cfg(unix)]
pub(crate) mod menu;
#[cfg(unix)]
pub(crate) mod pager;
#[cfg(unix)]
mod selection;
#[cfg(unix)]
mod text_field;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
#[cfg(unix)]
use std::time::Duration;

#[cfg(unix)]
pub(crate) use board::{Board, Input};
#[cfg(unix)]
pub(crate) use device::Device;
#[cfg(unix)]
pub use device::give_back_terminal;
#[cfg(unix)]
pub(crate) use keys::Key;
#[cfg(unix)]
pub(crate) use line::{StyledLine, TextStyle};
#[cfg(unix)]
pub(crate) use selection::select;
#[cfg(unix)]
pub(crate) use text_field::{EditedLine, TextField, type_line};

use crate::request::ColorChoice;
use crate::terminal::{Stream, Terminal};

/// A question takes no key that answers it before this time has passed without input: a key that is still down, or
/// that belongs to what was typed before, is no answer.
#[cfg(unix)]
const ANSWER_PAUSE: Duration = Duration::from_millis(400);

/// Note about a key that came before the pause of a question was over.
#[cfg(unix)]
pub(crate) const TOO_SOON: &str = "too soon: wait a moment, press it again";

/// Why a question ended without an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg(unix)]
pub(crate) enum Gone {
    /// It is not wanted any more.
    Withdrawn,
    /// Ctrl-D, or the terminal went away.
    Closed,
    Interrupted,
}

/// Tells whoever asks that the question does not matter any more. Clones are the same.
#[derive(Debug, Clone, Default)]
pub struct Withdrawal {
    withdrawn: Arc<AtomicBool>,
}

impl Withdrawal {
    /// Withdraws the question: its answer is no longer wanted.
    pub fn withdraw(&self) {
        self.withdrawn.store(true, Ordering::Release);
    }

    /// Whether the question was withdrawn. A prompter checks at least ten times a second, and then answers `Nobody`.
    pub fn is_withdrawn(&self) -> bool {
        self.withdrawn.load(Ordering::Acquire)
    }
}

/// What the terminal can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TerminalStyle {
    pub color: bool,
    /// The cursor can be moved; if not, everything is written line by line.
    pub cursor: bool,
}

impl TerminalStyle {
    /// As the user and the environment say, for a terminal, whatever the standard streams are.
    pub fn new(terminal: &Terminal, choice: ColorChoice) -> Self {
        let device = terminal.with(Stream::Stderr, terminal.columns());
        Self {
            color: device.color(choice, Stream::Stderr),
            cursor: device.can_redraw(Stream::Stderr),
        }
    }
}
