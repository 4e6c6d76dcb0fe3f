//! Whether a server is an engine, and which.

use serde::Deserialize;

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Health {
    pub healthy: bool,
    pub version: String,
}
