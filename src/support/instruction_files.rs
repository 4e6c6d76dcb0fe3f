//! The files that the engine tells the model of without being asked to: those of the directory and the ones above, when a
//! session begins; those beside a file, when the file is read.

pub const NAMES: [&str; 3] = ["AGENTS.md", "CLAUDE.md", "CONTEXT.md"];
