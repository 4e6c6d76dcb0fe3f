//! The names of models and agents that an engine offered last, for shells that complete them without an engine.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::state_file;

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferedNames {
    /// As `--model` takes them: `provider/model`.
    #[serde(default)]
    pub models: Vec<String>,
    #[serde(default)]
    pub agents: Vec<String>,
}

impl OfferedNames {
    /// What was remembered in this directory of caches, if anything was.
    pub fn read(cache: &Path) -> Self {
        state_file::read_json(&file(cache)).unwrap_or_default()
    }

    /// Remembers them where they differ from what is remembered. They are a help, so a failure is none.
    pub fn remember(&self, cache: &Path) {
        if !self.models.is_empty() && *self != Self::read(cache) {
            let contents = serde_json::to_vec(self).unwrap_or_default();
            if let Err(error) = state_file::replace(&file(cache), &contents) {
                tracing::debug!(%error, "cannot remember the names that the engine offers");
            }
        }
    }
}

fn file(cache: &Path) -> PathBuf {
    cache.join("offered.json")
}
