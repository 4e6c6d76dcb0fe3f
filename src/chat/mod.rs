//! The pieces of a dialog that know nothing of the engine.
//!
//! Comes in: what a person types. Goes out: [`DialogInput`]s, and the texts around them. Always true: history is for its owner
//! alone; the terminal gets its modes back; a paste is inserted and never sent.
//!
//! | file | what |
//! | --- | --- |
//! | `entry`, `command`, `mention` | what was typed: a prompt, a slash command, a shell command; the files it names |
//! | `console`, `editor`, `plain`, `paste`, `modes` | typing: a line editor, or plain lines |
//! | `completion`, `history` | what could be typed, and what was |
//! | `status`, `clipboard`, `shell_note` | texts around it |

mod clipboard;
mod command;
mod completion;
mod console;
mod editor;
mod entry;
mod history;
mod mention;
mod modes;
mod paste;
mod plain;
mod shell_note;
mod status;

pub use clipboard::copy_sequence;
pub use command::{COMMANDS, Description, EFFORTS, SlashCommand};
pub use completion::{Completion, CompletionItem, NamedItem, Vocabulary};
pub use console::{Console, ConsoleRequest, TypedLine};
pub use editor::Editor;
pub use entry::{DialogInput, ShellOutput};
pub use history::History;
pub use mention::{Mentions, mentions};
pub use modes::Modes;
pub use paste::Pastes;
pub use plain::PlainReader;
pub use shell_note::{LONGEST as LONGEST_SHELL_OUTPUT, ShellNote};
pub use status::{ConversationStatus, dollars, short};
