//! The scripted model on its own.

use std::path::PathBuf;

/// What `rehearse` was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RehearseRequest {
    /// The script file; without it, the built-in answer.
    pub script: Option<PathBuf>,
    /// The port on 127.0.0.1; without it, a free one.
    pub port: Option<u16>,
    /// How the address is printed.
    pub format: RehearseFormat,
}

/// How `rehearse` prints where it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum RehearseFormat {
    #[default]
    Text,
    /// One JSON object on one line.
    Json,
}
