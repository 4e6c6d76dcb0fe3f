//! A shell line, taken apart.
//!
//! Comes in: the line, as the model wrote it for bash. Goes out: its commands, the files that it redirects to and from,
//! and what is not understood. Always true: every text of the line that could run is in one of the parts.
//!
//! The parser is tree-sitter's for bash, which the engine uses too. It takes any input, keeps every byte, does not
//! recurse, and says where it could not make sense of something. It is more lenient than bash; `lexis` therefore refuses
//! what the two are known to read differently.

pub(super) mod arguments;
pub(super) mod git;
pub(super) mod hazards;
mod lexis;
mod redirects;
mod syntax;
pub(super) mod texts;
mod word;
pub(super) mod wrappers;

use std::path::{Path, PathBuf};

pub(super) use syntax::read;
pub(super) use word::Word;

/// The directories that a command may run in; none when nobody knows.
pub(super) type Dirs = Option<Vec<PathBuf>>;

/// A line, taken apart.
#[derive(Debug, Default)]
pub(super) struct Script {
    /// Its parts, in the order in which they stand there.
    pub(super) parts: Vec<Part>,
    /// Names that the line gives another meaning: its functions.
    pub(super) shadowed: Vec<String>,
}

/// A part of a line.
#[derive(Debug)]
pub(super) enum Part {
    /// A command.
    Command(Command),
    /// A redirection.
    File {
        /// Whether it is written to.
        writes: bool,
        /// Where.
        target: Word,
        /// From which directories.
        dirs: Dirs,
    },
    /// Something that is not understood.
    Opaque {
        /// It.
        text: String,
        /// Why.
        why: &'static str,
    },
}

/// A simple command.
#[derive(Debug, Clone)]
pub(super) struct Command {
    /// As it stands in the line.
    pub(super) raw: String,
    /// The program and its arguments.
    pub(super) words: Vec<Word>,
    /// Variables that are set for it: names, and as typed.
    pub(super) assignments: Vec<(String, String)>,
    /// Where it may run.
    pub(super) dirs: Dirs,
}

/// What is known about the surroundings.
#[derive(Debug, Clone, Copy)]
pub(super) struct Surroundings<'a> {
    /// The user's home.
    pub(super) home: &'a Path,
    /// Where the line starts.
    pub(super) start: &'a Path,
}
