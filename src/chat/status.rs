//! The line below an answer: the model, the use of the context, the cost.

use std::fmt::Write as _;

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ConversationStatus {
    pub model: Option<String>,
    pub agent: Option<String>,
    pub variant: Option<String>,
    /// Tokens of the last step, in and out: the next step begins with them.
    pub used: u64,
    /// The model's context size; 0 when unknown.
    pub limit: u64,
    /// Dollars of this dialog's turns; `None` when the model has no known price.
    pub dollars: Option<f64>,
}

impl ConversationStatus {
    pub fn facts(&self) -> Vec<String> {
        let mut facts: Vec<String> = Vec::new();
        facts.extend(self.model.clone());
        facts.extend(self.agent.clone());
        facts.extend(self.variant.clone());
        if self.used > 0 && self.limit > 0 {
            let percent = (self.used * 100 + self.limit / 2) / self.limit;
            facts.push(format!("{} of {} ({percent}%)", short(self.used), short(self.limit)));
        } else if self.used > 0 {
            facts.push(format!("{} tokens", short(self.used)));
        }
        facts.extend(self.dollars.map(dollars));
        facts
    }
}

/// A number in few characters: `999`, `1.2k`, `200k`, `1.5M`.
pub fn short(number: u64) -> String {
    let scaled = |unit: u64, letter: char| {
        let tenths = number * 10 / unit;
        let mut text = format!("{}", tenths / 10);
        if tenths < 1_000 && !tenths.is_multiple_of(10) {
            let _ = write!(text, ".{}", tenths % 10);
        }
        text.push(letter);
        text
    };
    match number {
        0..1_000 => number.to_string(),
        1_000..1_000_000 => scaled(1_000, 'k'),
        _ => scaled(1_000_000, 'M'),
    }
}

/// Formats dollars: cents, and more digits below one dollar.
pub fn dollars(dollars: f64) -> String {
    if dollars > 0.0 && dollars < 0.0001 {
        "<$0.0001".to_owned()
    } else if dollars > 0.0 && dollars < 0.01 {
        format!("${dollars:.4}")
    } else {
        format!("${dollars:.2}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_says_what_is_known_and_nothing_else() {
        let line = |standing: &ConversationStatus| standing.facts().join(" · ");
        let mut standing = ConversationStatus {
            model: Some("a/b".to_owned()),
            agent: Some("build".to_owned()),
            ..ConversationStatus::default()
        };
        assert_eq!(line(&standing), "a/b · build");
        standing.used = 1_234;
        assert_eq!(line(&standing), "a/b · build · 1.2k tokens");
        standing.limit = 200_000;
        standing.variant = Some("high".to_owned());
        standing.dollars = Some(0.0042);
        assert_eq!(line(&standing), "a/b · build · high · 1.2k of 200k (1%) · $0.0042");
    }

    #[test]
    fn numbers_are_short() {
        let shown = [0, 999, 1_000, 1_250, 99_950, 123_456, 1_500_000].map(short);
        assert_eq!(shown, ["0", "999", "1k", "1.2k", "99.9k", "123k", "1.5M"]);
        assert_eq!(
            [0.0, 0.000_01, 0.004, 0.126, 12.0].map(dollars),
            ["$0.00", "<$0.0001", "$0.0040", "$0.13", "$12.00"]
        );
    }
}
