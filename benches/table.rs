//! Samples as a Markdown table.

use std::fmt;
use std::time::Duration;

/// A value that has a place between others, and a ratio to them.
pub(crate) trait Sample: Copy + Ord {
    fn number(self) -> f64;
}

impl Sample for Duration {
    fn number(self) -> f64 {
        self.as_secs_f64()
    }
}

impl Sample for u64 {
    #[expect(clippy::cast_precision_loss, reason = "for a ratio of two digits")]
    fn number(self) -> f64 {
        self as f64
    }
}

/// The rows so far.
#[derive(Debug, Default)]
pub(crate) struct Table {
    rows: Vec<[String; 4]>,
    notes: Vec<String>,
}

impl Table {
    /// Adds the medians of both sides, and their ratio. A side without samples is a dash.
    pub(crate) fn row<S: Sample>(&mut self, measure: &str, ours: &[S], theirs: &[S], show: impl Fn(&S) -> String) {
        let (ours, theirs) = (median(ours), median(theirs));
        let cell = |value: Option<S>| value.as_ref().map_or_else(|| "–".to_owned(), &show);
        let ratio = ours.zip(theirs).map_or_else(
            || "–".to_owned(),
            |(ours, theirs)| match ours.number() / theirs.number() {
                ratio if ratio < 0.005 => "< 0.01".to_owned(),
                ratio => format!("{ratio:.2}"),
            },
        );
        self.rows.push([measure.to_owned(), cell(ours), cell(theirs), ratio]);
    }

    /// Adds a line below the table.
    pub(crate) fn note(&mut self, text: String) {
        self.notes.push(text);
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| measure | opencode-rs | opencode | ratio |")?;
        writeln!(f, "| --- | ---: | ---: | ---: |")?;
        for row in &self.rows {
            writeln!(f, "| {} |", row.join(" | "))?;
        }
        for note in &self.notes {
            writeln!(f, "\n{note}")?;
        }
        Ok(())
    }
}

/// The middle one, and the lower of two.
fn median<S: Sample>(samples: &[S]) -> Option<S> {
    let mut sorted = samples.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len().saturating_sub(1) / 2).copied()
}

/// With a decimal where that says something.
pub(crate) fn milliseconds(time: Duration) -> String {
    let number = time.as_secs_f64() * 1e3;
    if number < 100.0 {
        format!("{number:.1} ms")
    } else {
        format!("{number:.0} ms")
    }
}

/// Decimal megabytes.
pub(crate) fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes.number() / 1e6)
}
