//! A whole conversation as one document: the engine's own format of exports.
//!
//! In: a session and its messages as the engine describes them, or a file with them. Out: Markdown for people, the
//! document without private data, the events that make an engine store the document. Invariants: a document from a file
//! is checked before its use, and cannot name a file outside the directory that it is imported into.

mod adopt;
mod document;
mod invalid;
mod markdown;
mod prompts;
mod redact;

pub use adopt::{Adopted, Home, Ids};
pub use document::{Transcript, TranscriptMessage};
pub use invalid::Invalid;
pub use markdown::markdown;
pub use prompts::{PromptPositions, UnknownMessage};
