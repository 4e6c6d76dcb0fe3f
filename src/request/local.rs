//! Commands that need no engine.

use super::ListOutput;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConfigRequest {
    /// `config show`: every setting with its value and origin.
    Show(ListOutput),
    /// `config path`: the files that are read.
    Path(ListOutput),
}
