//! MCP servers.

use serde::Deserialize;

use super::lenient::lenient;

/// The state of an MCP server, as `GET /mcp` lists it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct McpState {
    #[serde(deserialize_with = "lenient")]
    pub status: String,
    #[serde(deserialize_with = "lenient")]
    pub error: Option<String>,
}
