//! MCP servers.

use serde::Deserialize;

use super::lenient::lenient;

/// How an MCP server is, as `GET /mcp` lists it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct McpState {
    #[serde(deserialize_with = "lenient")]
    pub status: String,
    #[serde(deserialize_with = "lenient")]
    pub error: Option<String>,
}
