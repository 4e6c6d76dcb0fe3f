//! Commands that need no engine.

use std::path::PathBuf;

use super::ListOutput;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConfigRequest {
    /// `config show`: every setting with its value and origin.
    Show(ListOutput),
    /// `config path`: the files that are read.
    Path(ListOutput),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GenerateRequest {
    /// `generate completions SHELL`: the text of one file of `completions/`, by its name.
    Completions {
        /// The name of the file in `completions/`.
        file: String,
        /// The directory to write it to; stdout without one.
        out: Option<PathBuf>,
    },
    /// `generate man`: every page, or the first one on stdout.
    Man {
        /// The directory to write the pages to; the main page goes to stdout without one.
        out: Option<PathBuf>,
    },
}
