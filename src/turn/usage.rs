//! Tokens and cost.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::client::types::Tokens;

/// Tokens, as the provider counted them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Usage {
    /// Prompt tokens that were not read from a cache.
    pub input: u64,
    pub output: u64,
    pub reasoning: u64,
    /// Tokens read from the provider's cache.
    pub cache_read: u64,
    /// Tokens written to the provider's cache.
    pub cache_write: u64,
    /// The provider's total, or else the sum of the fields above.
    pub total: u64,
}

impl std::ops::AddAssign for Usage {
    fn add_assign(&mut self, other: Self) {
        self.input = self.input.saturating_add(other.input);
        self.output = self.output.saturating_add(other.output);
        self.reasoning = self.reasoning.saturating_add(other.reasoning);
        self.cache_read = self.cache_read.saturating_add(other.cache_read);
        self.cache_write = self.cache_write.saturating_add(other.cache_write);
        self.total = self.total.saturating_add(other.total);
    }
}

impl From<&Tokens> for Usage {
    fn from(tokens: &Tokens) -> Self {
        let mut usage = Self {
            input: count(tokens.input),
            output: count(tokens.output),
            reasoning: count(tokens.reasoning),
            cache_read: count(tokens.cache.read),
            cache_write: count(tokens.cache.write),
            total: 0,
        };
        usage.total = tokens.total.map_or(
            usage.input + usage.output + usage.reasoning + usage.cache_read + usage.cache_write,
            count,
        );
        usage
    }
}

/// Token counts are JSON numbers; a negative or broken number counts as zero.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to be positive, and saturating at a number that no provider reaches"
)]
fn count(number: f64) -> u64 {
    number.max(0.0).round() as u64
}

/// Dollars as a decimal string with up to ten places and no exponent: `0.0123`.
pub fn decimal(dollars: f64) -> String {
    let text = format!("{dollars:.10}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dollars_have_no_exponent_and_no_noise() {
        assert_eq!(decimal(0.0), "0");
        assert_eq!(decimal(0.1 + 0.2), "0.3");
        assert_eq!(decimal(0.000_000_15), "0.00000015");
        assert_eq!(decimal(12.0), "12");
    }
}
