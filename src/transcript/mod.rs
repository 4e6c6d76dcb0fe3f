//! A whole conversation as one document: the engine's own format of exports.
//!
//! Comes in: a session and its messages as the engine describes them, or a file that says so. Goes out: Markdown for
//! people, the document without what should not be passed on, the events that make an engine store it. Always true:
//! what comes from a file has been checked before anything is made of it, and can name no file outside the directory
//! that it is imported into.

mod adopt;
mod document;
mod invalid;
mod markdown;
mod prompts;
mod redact;

pub use adopt::{Adopted, Home, Ids};
pub use document::{Transcript, TranscriptMessage};
pub use invalid::Invalid;
pub use markdown::{ReasoningChoice, markdown};
pub use prompts::{PromptPositions, UnknownMessage};
