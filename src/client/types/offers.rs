//! What an engine offers: its health, models, agents, commands and MCP servers.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::lenient;
use super::permission::Rule;
use crate::request::ModelRef;

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Health {
    pub healthy: bool,
    pub version: String,
}

/// The usable providers, as `GET /config/providers` lists them.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Providers {
    #[serde(deserialize_with = "lenient")]
    pub providers: Vec<Provider>,
    #[serde(deserialize_with = "lenient")]
    pub default: BTreeMap<String, String>,
}

impl Providers {
    /// The model, if it is usable.
    pub fn model(&self, reference: &ModelRef) -> Option<&Model> {
        self.providers
            .iter()
            .find(|provider| provider.id == reference.provider)?
            .models
            .get(&reference.model)
    }
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Provider {
    pub id: String,
    #[serde(deserialize_with = "lenient")]
    pub name: String,
    /// The source of its credentials: `env`, `api`, `config`, `custom`.
    #[serde(deserialize_with = "lenient")]
    pub source: String,
    /// The variables that hold its key.
    #[serde(deserialize_with = "lenient")]
    pub env: Vec<String>,
    #[serde(deserialize_with = "lenient")]
    pub models: BTreeMap<String, Model>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Model {
    pub id: String,
    #[serde(deserialize_with = "lenient")]
    pub name: String,
    #[serde(deserialize_with = "lenient")]
    pub status: String,
    #[serde(deserialize_with = "lenient")]
    pub capabilities: Capabilities,
    #[serde(deserialize_with = "lenient")]
    pub cost: Cost,
    #[serde(deserialize_with = "lenient")]
    pub limit: Limit,
    #[serde(deserialize_with = "lenient")]
    pub variants: BTreeMap<String, Value>,
    /// The day on which it came out, such as `2025-09-29`.
    #[serde(deserialize_with = "lenient")]
    pub release_date: String,
    #[serde(deserialize_with = "lenient")]
    pub api: ModelApi,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct ModelApi {
    /// The npm package with which the engine calls it.
    #[serde(deserialize_with = "lenient")]
    pub npm: String,
}

/// The abilities of a model.
#[expect(clippy::struct_excessive_bools, reason = "the wire format is a set of booleans")]
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Capabilities {
    #[serde(deserialize_with = "lenient")]
    pub reasoning: bool,
    #[serde(deserialize_with = "lenient")]
    pub attachment: bool,
    #[serde(deserialize_with = "lenient")]
    pub toolcall: bool,
    #[serde(deserialize_with = "lenient")]
    pub temperature: bool,
    /// Whether it thinks between tool calls: `true`, or where the engine puts that text.
    pub interleaved: Value,
    #[serde(deserialize_with = "lenient")]
    pub input: Modalities,
    #[serde(deserialize_with = "lenient")]
    pub output: Modalities,
}

#[expect(clippy::struct_excessive_bools, reason = "the wire format is a set of booleans")]
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default)]
pub struct Modalities {
    #[serde(deserialize_with = "lenient")]
    pub text: bool,
    #[serde(deserialize_with = "lenient")]
    pub image: bool,
    #[serde(deserialize_with = "lenient")]
    pub pdf: bool,
    #[serde(deserialize_with = "lenient")]
    pub audio: bool,
    #[serde(deserialize_with = "lenient")]
    pub video: bool,
}

/// Prices in dollars per million tokens.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Cost {
    #[serde(deserialize_with = "lenient")]
    pub input: f64,
    #[serde(deserialize_with = "lenient")]
    pub output: f64,
    #[serde(deserialize_with = "lenient")]
    pub cache: CacheCost,
    /// Other prices for long conversations.
    #[serde(deserialize_with = "lenient")]
    pub tiers: Vec<CostTier>,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default)]
pub struct CacheCost {
    #[serde(deserialize_with = "lenient")]
    pub read: f64,
    #[serde(deserialize_with = "lenient")]
    pub write: f64,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct CostTier {
    #[serde(deserialize_with = "lenient")]
    pub input: f64,
    #[serde(deserialize_with = "lenient")]
    pub output: f64,
    #[serde(deserialize_with = "lenient")]
    pub cache: CacheCost,
    #[serde(deserialize_with = "lenient")]
    pub tier: TierStart,
}

/// Where the prices of a tier begin.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default)]
pub struct TierStart {
    /// Tokens of the conversation.
    #[serde(deserialize_with = "lenient")]
    pub size: u64,
}

impl Cost {
    /// Whether the price is known. The engine reports zero for an unknown price.
    pub fn is_known(&self) -> bool {
        self.input > 0.0 || self.output > 0.0
    }
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Limit {
    #[serde(deserialize_with = "lenient")]
    pub context: u64,
    #[serde(deserialize_with = "lenient")]
    pub input: u64,
    #[serde(deserialize_with = "lenient")]
    pub output: u64,
}

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

/// A command, as `GET /command` lists it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct EngineCommand {
    /// The name, without the slash.
    pub name: String,
    #[serde(deserialize_with = "lenient")]
    pub description: Option<String>,
    /// The prompt template; empty when the engine gets the template from an MCP server.
    #[serde(deserialize_with = "lenient")]
    pub template: String,
}

impl EngineCommand {
    /// The shell commands that the template runs before the model sees it, found in the engine's way. The engine runs
    /// them without a permission ask.
    pub fn shell_commands(&self) -> Vec<&str> {
        let mut found = Vec::new();
        let mut rest = self.template.as_str();
        while let Some((_, after)) = rest.split_once("!`") {
            let Some((command, behind)) = after.split_once('`') else {
                break;
            };
            if command.is_empty() {
                // The engine requires a command there: this backtick may open the next command.
                rest = after;
                continue;
            }
            found.push(command);
            rest = behind;
        }
        found
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandCall {
    pub name: String,
    pub arguments: String,
}

/// The state of an MCP server, as `GET /mcp` lists it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct McpState {
    #[serde(deserialize_with = "lenient")]
    pub status: String,
    #[serde(deserialize_with = "lenient")]
    pub error: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shell_commands_of_a_template_are_found() {
        let of = |template: &str| -> Vec<String> {
            let command = EngineCommand {
                template: template.to_owned(),
                ..EngineCommand::default()
            };
            command.shell_commands().into_iter().map(str::to_owned).collect()
        };
        assert_eq!(
            of("Look at !`git diff` and !`git log\n-3`"),
            ["git diff", "git log\n-3"]
        );
        assert_eq!(of("plain `code` and !"), Vec::<String>::new());
        assert_eq!(of("!``!`ls`"), ["ls"]);
        assert_eq!(of("!`unclosed"), Vec::<String>::new());
    }
}
