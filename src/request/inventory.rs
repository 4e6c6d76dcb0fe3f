//! What the engine offers, and whether everything is in place.

use super::{ConnectRequest, ListOutput};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelsRequest {
    pub connect: ConnectRequest,
    /// Only the models of this provider.
    pub provider: Option<String>,
    pub output: ListOutput,
}

/// What `agents` and `doctor` are asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VisitRequest {
    pub connect: ConnectRequest,
    pub output: ListOutput,
}
