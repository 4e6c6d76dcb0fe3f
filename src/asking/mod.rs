//! How this program asks a person at the terminal, wherever stdin, stdout and stderr lead.
//!
//! In: a question, and a terminal. Out: the answer, or the reason for its absence ([`Gone`]), and rows that stay on the
//! terminal. Invariants: foreign text is shown with what is hidden in it written out; nothing that was typed before
//! the question stood there answers it; a process in the background asks nothing, since the system would stop it;
//! whatever ends a question (an answer, a withdrawal, a signal, a terminal that goes away, a panic) leaves the terminal's
//! modes and cursor as they were.
//!
//! | question | in | with |
//! | --- | --- | --- |
//! | may the model do that? what the model asks | `permission/terminal/` | [`Board`]: withdrawn when the answer is not wanted any more |
//! | is the code of this directory trusted? | `trust/terminal.rs` | [`select`]: a few fixed answers, never withdrawn |
//! | really delete, prune, revert, undo? | `commands/session/confirm.rs` | [`select`] |
//! | which model, agent, effort, session? may the model run tools? | `commands/chat/` | [`Board`] |
//! | run the commands of a template? | `commands/chat/` | the line editor in `chat/`, which every system has |
//!
//! What draws and asks nothing: the waiting line (`render/spinner.rs`, on a [`Screen`](crate::terminal::Screen), which keeps
//! it away from questions and from text that stays) and the bar of a download (`engine/progress_bar.rs`, `indicatif`).
//!
//! | file | what |
//! | --- | --- |
//! | `device` | the terminal: modes, size, bytes |
//! | `keys` | from bytes to keys |
//! | `line` | text with looks, hidden characters written out, wrapped |
//! | `board` | a block of rows that is drawn again, and a key at a time |
//! | `menu`, `text_field`, `pager` | a choice, a line that is typed, pages |
//! | `list`, `confirm` | a choice from a list that what is typed filters; yes or no |
//! | `watch` | keys that are typed while nothing is asked |
//! | `selection` | a choice among fixed answers, by `dialoguer` |
//!
//! A [`Board`] decodes its keys itself. `dialoguer` and `console` wait for a key and for nothing else, so their questions
//! cannot be withdrawn. The parser of `crossterm` is private to its reader of stdin, and takes the letters of a sequence
//! that it does not know for keys: the `a` and `y` in a late answer of the terminal about its colours would allow a call.

mod board;
mod confirm;
mod device;
mod keys;
mod line;
mod list;
pub(crate) mod menu;
pub(crate) mod pager;
mod selection;
mod text_field;
mod watch;

use std::time::Duration;

pub(crate) use board::{Board, Input};
pub(crate) use confirm::confirm;
pub(crate) use device::Device;
pub(crate) use device::TypedBefore;
pub use device::give_back_terminal;
pub(crate) use keys::Key;
pub(crate) use line::{StyledLine, TextStyle};
pub(crate) use list::{ListEntry, choose};
pub(crate) use selection::select;
pub(crate) use text_field::{EditedLine, TextField, type_line};
pub(crate) use watch::KeyWatch;

/// A question takes no key that answers it before this time has passed without input: a key that is still down, or
/// that belongs to what was typed before, is no answer.
const ANSWER_PAUSE: Duration = Duration::from_millis(400);

/// Note about a key that came before the pause of a question was over.
pub(crate) const TOO_SOON: &str = "too soon: wait a moment, press it again";

/// Why a question ended without an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gone {
    /// It is not wanted any more.
    Withdrawn,
    /// Ctrl-D, or the terminal went away.
    Closed,
    Interrupted,
}
