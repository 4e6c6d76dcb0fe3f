//! The parts of a dialog that do not depend on the engine.
//!
//! In: typed text. Out: [`DialogInput`]s, and the texts around them. Invariants: only the owner can read the history;
//! the terminal's modes are restored; a paste is inserted and never sent.
//!
//! | file | what |
//! | --- | --- |
//! | `entry`, `command`, `mention` | what was typed: a prompt, a slash command, a shell command; the files it names |
//! | `console`, `editor`, `late_answer`, `plain`, `paste`, `modes` | typing: a line editor, or plain lines |
//! | `completion`, `choice`, `history` | what could be typed or chosen, and what was typed |
//! | `status`, `clipboard`, `shell_note` | texts around it |

mod choice;
mod clipboard;
mod command;
mod completion;
mod console;
mod editor;
mod entry;
mod history;
mod late_answer;
mod mention;
mod modes;
mod paste;
mod plain;
mod shell_note;
mod status;

pub use choice::Choice;
pub use clipboard::copy_sequence;
pub use command::SlashCommand;
pub use completion::{Completion, CompletionItem, NamedItem, Vocabulary};
pub use console::Console;
pub use editor::Editor;
pub use entry::{DialogInput, ShellOutput};
pub use history::History;
pub use mention::{Mentions, mentions};
pub use modes::Modes;
pub use paste::Pastes;
pub use plain::{ConsoleRequest, MORE, PROMPT, TypedLine, ends_with_continuation};
pub use shell_note::{LONGEST as LONGEST_SHELL_OUTPUT, ShellNote};
pub use status::{ConversationStatus, dollars, short};
