//! Providers and their models.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::lenient::lenient;
use crate::request::ModelRef;

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
}

/// The abilities of a model.
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
    pub input: Modalities,
}

#[expect(clippy::struct_excessive_bools, reason = "the wire format is a set of booleans")]
#[derive(Debug, Clone, Default, Deserialize)]
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
    pub output: u64,
}
