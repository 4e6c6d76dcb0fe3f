//! The models of a rehearsal, and their engine configuration.

use serde_json::{Value, json};

use super::Rehearsal;

/// The provider's id in the engine.
pub const PROVIDER: &str = "rehearsal";
pub const DEFAULT_MODEL: &str = "scripted";
/// Ids of all models: a plain model, a reasoning model with variants, a model that accepts images and PDF files.
pub const MODELS: [&str; 3] = [DEFAULT_MODEL, "reasoner", "vision"];

impl Rehearsal {
    /// The engine configuration that makes this the only provider and its `scripted` the model.
    ///
    /// Contains the token: pass it in the environment, never in arguments or logs.
    pub fn engine_config(&self) -> Value {
        let model = format!("{PROVIDER}/{DEFAULT_MODEL}");
        json!({
            "model": model,
            "small_model": model,
            "enabled_providers": [PROVIDER],
            "provider": {
                PROVIDER: {
                    "name": "Rehearsal",
                    "npm": "@ai-sdk/openai-compatible",
                    "options": { "baseURL": self.base_url.as_str(), "apiKey": self.api_key.expose() },
                    "models": {
                        "scripted": description("Scripted", "", &["text"]),
                        "reasoner": description("Scripted, reasoning", "reasoning", &["text"]),
                        "vision": description("Scripted, vision", "attachment", &["text", "image", "pdf"]),
                    },
                },
            },
        })
    }
}

/// A model with prices that make sums of costs visible: one dollar per million tokens in, two out.
fn description(name: &str, ability: &str, input: &[&str]) -> Value {
    json!({
        "name": name,
        "tool_call": true,
        "temperature": true,
        "reasoning": ability == "reasoning",
        "attachment": ability == "attachment",
        "modalities": { "input": input, "output": ["text"] },
        "limit": { "context": 200_000, "output": 32_000 },
        "cost": { "input": 1.0, "output": 2.0, "cache_read": 0.1, "cache_write": 1.25 },
    })
}
