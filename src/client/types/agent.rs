//! Agents.

use serde::Deserialize;

use super::lenient::lenient;
use super::permission::Rule;
use crate::request::ModelRef;

/// An agent, as `GET /agent` lists it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Agent {
    pub name: String,
    #[serde(deserialize_with = "lenient")]
    pub description: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub mode: String,
    /// Whether it is an internal helper of the engine.
    #[serde(deserialize_with = "lenient")]
    pub hidden: bool,
    /// Whether it is built into the engine.
    #[serde(deserialize_with = "lenient")]
    pub native: bool,
    /// The model that the agent is bound to.
    #[serde(deserialize_with = "lenient")]
    pub model: Option<ModelRef>,
    /// The variant that the agent is bound to.
    #[serde(deserialize_with = "lenient")]
    pub variant: Option<String>,
    /// The rules in force for the agent; later rules win.
    #[serde(deserialize_with = "lenient")]
    pub permission: Vec<Rule>,
}
