//! What is tried on an engine, as `rows.toml` has it.

use serde::Deserialize;

/// An ability, and the commands that show it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ProbeRow {
    pub(super) name: String,
    /// Whether it needs warm servers, a terminal or Ctrl-C, which are tried on Unix alone.
    #[serde(default)]
    needs_unix: bool,
    pub(super) steps: Vec<ProbeStep>,
}

/// One command of this program, and how it has to end.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ProbeStep {
    pub(super) run: Vec<String>,
    #[serde(default)]
    pub(super) stdin: String,
    #[serde(default)]
    pub(super) code: i32,
    /// Texts that stdout holds.
    #[serde(default)]
    pub(super) writes: Vec<String>,
    /// A text that stderr holds.
    #[serde(default)]
    pub(super) says: String,
    /// Texts on the terminal that the command runs on, each with the keys that a person then presses; without any, there is
    /// no terminal.
    #[serde(default)]
    #[cfg_attr(not(unix), expect(dead_code, reason = "rows with keys need Unix"))]
    pub(super) keys: Vec<(String, String)>,
    /// A text on stdout after which Ctrl-C is pressed.
    #[serde(default)]
    pub(super) interrupted_at: String,
    pub(super) leaves: Option<ProbeFile>,
}

/// A file of the project after a command.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ProbeFile {
    pub(super) name: String,
    /// What it holds; `None` when it must not be there.
    pub(super) contents: Option<String>,
}

/// The rows that this system can run, in their order.
pub(super) fn rows() -> Vec<ProbeRow> {
    #[derive(Deserialize)]
    struct Document {
        rows: Vec<ProbeRow>,
    }
    let Document { mut rows } = toml::from_str(include_str!("rows.toml")).expect("a test reads the rows");
    rows.retain(|row| cfg!(unix) || !row.needs_unix);
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rows_can_be_read() {
        assert!(rows().iter().all(|row| !row.name.is_empty() && !row.steps.is_empty()));
    }
}
