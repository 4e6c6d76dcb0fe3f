//! What the engine offers, and whether everything is in place.

use super::{ConnectRequest, ListOutput};

/// `models`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelsRequest {
    /// The engine to ask.
    pub connect: ConnectRequest,
    /// Only the models of this provider.
    pub provider: Option<String>,
    /// The format.
    pub output: ListOutput,
}

/// `agents`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentsRequest {
    /// The engine to ask.
    pub connect: ConnectRequest,
    /// The format.
    pub output: ListOutput,
}

/// `doctor`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DoctorRequest {
    /// The engine to check.
    pub connect: ConnectRequest,
    /// The format.
    pub output: ListOutput,
}
