//! Commands with few options of their own.

use std::path::PathBuf;

use super::{ConnectRequest, ListFormat, ListOutput};

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

/// The scripted model on its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RehearseRequest {
    /// Without it, the built-in answer.
    pub script: Option<PathBuf>,
    /// The port on 127.0.0.1; without it, a free one.
    pub port: Option<u16>,
    /// How the address is printed.
    pub format: ListFormat,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelsRequest {
    pub connect: ConnectRequest,
    /// Only the models of this provider.
    pub provider: Option<String>,
    pub output: ListOutput,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentsRequest {
    pub connect: ConnectRequest,
    pub output: ListOutput,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DoctorRequest {
    pub connect: ConnectRequest,
    pub output: ListOutput,
}
