//! Which model, agent and variant.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The provider that the engine always has: a service of its makers, for which nobody needs a key.
pub const HOSTED_PROVIDER: &str = "opencode";

/// A model of a provider, written `provider/model`; the model's own name may hold further slashes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ModelRef {
    /// The provider's id, for example `anthropic`.
    #[serde(rename = "providerID")]
    pub provider: String,
    /// The model's id at that provider.
    #[serde(rename = "modelID")]
    pub model: String,
}

impl ModelRef {
    pub fn new(provider: &str, model: &str) -> Self {
        Self {
            provider: provider.to_owned(),
            model: model.to_owned(),
        }
    }
}

impl fmt::Display for ModelRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.provider, self.model)
    }
}

/// A model as the user names it.
///
/// Whether the part before a slash is a provider is known only when the engine's list is there, since model ids hold
/// slashes too; so this keeps the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelChoice(String);

impl ModelChoice {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The reading as `provider/model`, where there is a slash behind something.
    pub fn as_ref(&self) -> Option<ModelRef> {
        let (provider, model) = self.0.split_once('/').filter(|(provider, _)| !provider.is_empty())?;
        Some(ModelRef {
            provider: provider.to_owned(),
            model: model.to_owned(),
        })
    }
}

/// A model name that cannot be one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a model is written `provider/model`, or `model` alone")]
pub struct ParseModelError;

impl FromStr for ModelChoice {
    type Err = ParseModelError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        // A slash in front is part of a model's own name, such as the path of a local file.
        if text.is_empty() || text.ends_with('/') || text.chars().any(char::is_control) {
            return Err(ParseModelError);
        }
        Ok(Self(text.to_owned()))
    }
}

/// How hard the model thinks, mapped onto the variants that the model has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Effort {
    /// No reasoning, where the model can do without.
    None,
    Low,
    Medium,
    High,
    Max,
}

/// Which of a model's variants to use.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum VariantChoice {
    #[default]
    Default,
    /// The engine's name of a variant; an unknown one is refused.
    Named(String),
    Effort(Effort),
}
