//! What the engine offers, and whether everything is in place.

use super::{ConnectRequest, ListOutput};

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
