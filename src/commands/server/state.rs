//! The states of a server that is kept warm.

use schemars::JsonSchema;
use serde::Serialize;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::commands) enum ServerState {
    InUse,
    Idle,
    /// It ends when its last user goes.
    Retiring,
    /// Its supervisor or its engine lives, and says nothing.
    NotAnswering,
    /// Its supervisor does not talk to what its own engine runs.
    Closed,
    /// Only its file is left.
    Dead,
}

impl ServerState {
    /// Whether a command can use it.
    pub(in crate::commands) const fn is_well(self) -> bool {
        matches!(self, Self::InUse | Self::Idle | Self::Retiring)
    }
}
