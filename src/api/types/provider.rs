//! Providers and their models.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::lenient::lenient;
use crate::request::ModelRef;

/// The providers that can be used, as `GET /config/providers` lists them.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Providers {
    /// The providers.
    #[serde(deserialize_with = "lenient")]
    pub providers: Vec<Provider>,
    /// The default model of each provider.
    #[serde(deserialize_with = "lenient")]
    pub default: BTreeMap<String, String>,
}

impl Providers {
    /// The model, where it can be used.
    pub fn model(&self, reference: &ModelRef) -> Option<&Model> {
        self.providers
            .iter()
            .find(|provider| provider.id == reference.provider)?
            .models
            .get(&reference.model)
    }
}

/// A provider.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Provider {
    /// Its id.
    pub id: String,
    /// Its name.
    #[serde(deserialize_with = "lenient")]
    pub name: String,
    /// Where its credentials come from: `env`, `api`, `config`, `custom`.
    #[serde(deserialize_with = "lenient")]
    pub source: String,
    /// The variables that hold its key.
    #[serde(deserialize_with = "lenient")]
    pub env: Vec<String>,
    /// Its models by id.
    #[serde(deserialize_with = "lenient")]
    pub models: BTreeMap<String, Model>,
}

/// A model.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Model {
    /// Its id.
    pub id: String,
    /// Its name.
    #[serde(deserialize_with = "lenient")]
    pub name: String,
    /// `active`, `beta`, `deprecated`, ...
    #[serde(deserialize_with = "lenient")]
    pub status: String,
    /// What it can do.
    #[serde(deserialize_with = "lenient")]
    pub capabilities: Capabilities,
    /// Its prices.
    #[serde(deserialize_with = "lenient")]
    pub cost: Cost,
    /// Its limits in tokens.
    #[serde(deserialize_with = "lenient")]
    pub limit: Limit,
    /// Its variants by name.
    #[serde(deserialize_with = "lenient")]
    pub variants: BTreeMap<String, Value>,
}

/// What a model can do.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Capabilities {
    /// Whether it reasons.
    #[serde(deserialize_with = "lenient")]
    pub reasoning: bool,
    /// Whether it takes attachments.
    #[serde(deserialize_with = "lenient")]
    pub attachment: bool,
    /// Whether it calls tools.
    #[serde(deserialize_with = "lenient")]
    pub toolcall: bool,
    /// What it reads.
    #[serde(deserialize_with = "lenient")]
    pub input: Modalities,
}

/// Kinds of content.
#[expect(clippy::struct_excessive_bools, reason = "the wire format is a set of booleans")]
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Modalities {
    /// Text.
    #[serde(deserialize_with = "lenient")]
    pub text: bool,
    /// Images.
    #[serde(deserialize_with = "lenient")]
    pub image: bool,
    /// PDF documents.
    #[serde(deserialize_with = "lenient")]
    pub pdf: bool,
    /// Sound.
    #[serde(deserialize_with = "lenient")]
    pub audio: bool,
    /// Films.
    #[serde(deserialize_with = "lenient")]
    pub video: bool,
}

/// Dollars per million tokens.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Cost {
    /// For input.
    #[serde(deserialize_with = "lenient")]
    pub input: f64,
    /// For output.
    #[serde(deserialize_with = "lenient")]
    pub output: f64,
}

impl Cost {
    /// Whether there is a price. The engine fills in zero where it knows none, so zero is no price.
    pub fn is_known(&self) -> bool {
        self.input > 0.0 || self.output > 0.0
    }
}

/// Limits in tokens.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Limit {
    /// What fits in.
    #[serde(deserialize_with = "lenient")]
    pub context: u64,
    /// What may come out.
    #[serde(deserialize_with = "lenient")]
    pub output: u64,
}
