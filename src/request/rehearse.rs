//! The scripted model on its own.

use std::path::PathBuf;

use super::ListFormat;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RehearseRequest {
    /// Without it, the built-in answer.
    pub script: Option<PathBuf>,
    /// The port on 127.0.0.1; without it, a free one.
    pub port: Option<u16>,
    /// How the address is printed.
    pub format: ListFormat,
}
