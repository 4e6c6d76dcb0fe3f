//! A check, and the list of them as text and as JSON.

use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::Serialize;

use crate::commands::document::{CommandDocument, write_document};
use crate::commands::{painted, write_stdout};
use crate::context::Context;
use crate::error::{Failure, FailureKind};
use crate::request::{ListFormat, ListOutput, SchemaName};
use crate::terminal::{Stream, Terminal, sanitize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum CheckStatus {
    Ok,
    /// A run works, but perhaps not as expected.
    Warn,
    /// A run does not work.
    Fail,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(super) struct Check {
    name: &'static str,
    status: CheckStatus,
    summary: String,
    hint: Option<String>,
    details: Vec<String>,
    /// What a run would fail with.
    #[serde(skip)]
    kind: Option<FailureKind>,
}

impl Check {
    fn new(status: CheckStatus, summary: impl Into<String>) -> Self {
        Self {
            name: "",
            status,
            summary: summary.into(),
            hint: None,
            details: Vec::new(),
            kind: None,
        }
    }

    pub(super) fn ok(summary: impl Into<String>) -> Self {
        Self::new(CheckStatus::Ok, summary)
    }

    pub(super) fn warn(summary: impl Into<String>) -> Self {
        Self::new(CheckStatus::Warn, summary)
    }

    pub(super) fn fail(kind: FailureKind, summary: impl Into<String>) -> Self {
        Self {
            kind: Some(kind),
            ..Self::new(CheckStatus::Fail, summary)
        }
    }

    /// A check that failed with what a run would fail with.
    pub(super) fn of_failure(failure: &Failure) -> Self {
        let mut check = Self::fail(failure.kind, failure.message.clone());
        check.details.clone_from(&failure.causes);
        // Whoever reads this runs it already.
        let hints = failure
            .hints
            .iter()
            .filter(|hint| !hint.contains("run `opencode-rs doctor`"));
        let hints: Vec<&str> = hints.map(String::as_str).collect();
        check.hint = (!hints.is_empty()).then(|| hints.join("; "));
        check
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    pub(super) fn details(mut self, details: Vec<String>) -> Self {
        self.details = details;
        self
    }

    /// Whether a run gets past this.
    pub(super) fn is_passed(&self) -> bool {
        self.status != CheckStatus::Fail
    }
}

#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::commands) struct DoctorDocument<'a> {
    /// Whether a run would work.
    ok: bool,
    /// The exit status of such a run.
    exit_code: u8,
    /// In the order in which a run meets them.
    checks: &'a [Check],
}

impl CommandDocument for DoctorDocument<'_> {
    const TYPE: SchemaName = SchemaName::Doctor;
}

/// All checks, in the order in which a run meets them.
#[derive(Debug, Default)]
pub(super) struct DoctorReport {
    checks: Vec<Check>,
}

impl DoctorReport {
    pub(super) fn push(&mut self, name: &'static str, check: Check) {
        self.checks.push(Check { name, ..check });
    }

    /// What a run would fail with, if it would.
    pub(super) fn failed(&self) -> Option<FailureKind> {
        self.checks.iter().find_map(|check| check.kind)
    }

    /// Writes them to stdout.
    ///
    /// # Errors
    ///
    /// When stdout cannot be written.
    pub(super) fn print(&self, context: &Context, output: &ListOutput) -> Result<(), Failure> {
        match output.format {
            ListFormat::Json => write_document(&DoctorDocument {
                ok: self.failed().is_none(),
                exit_code: self.failed().map_or(0, FailureKind::exit_code),
                checks: &self.checks,
            }),
            ListFormat::Text => {
                let terminal = Terminal::of_process(&context.environment);
                let color = terminal.color(output.color, Stream::Stdout);
                write_stdout(self.text(color).as_bytes())
            }
        }
    }

    fn text(&self, color: bool) -> String {
        let width = self.checks.iter().map(|check| check.name.len()).max().unwrap_or(0);
        let mut text = String::new();
        for check in &self.checks {
            let (word, code) = match check.status {
                CheckStatus::Ok => ("ok  ", "32"),
                CheckStatus::Warn => ("warn", "33"),
                CheckStatus::Fail => ("FAIL", "1;31"),
            };
            let (word, name) = (painted(color, code, word), check.name);
            let _ = writeln!(text, "{word}  {name:width$}  {}", one(&check.summary));
            let indent = width + 8;
            for detail in check.details.iter().flat_map(|detail| detail.lines()) {
                let _ = writeln!(text, "{:indent$}{}", "", sanitize(detail).trim_end());
            }
            if let Some(hint) = &check.hint {
                let _ = writeln!(text, "{:indent$}hint: {}", "", one(hint));
            }
        }
        let count = |status| self.checks.iter().filter(|check| check.status == status).count();
        let _ = match (count(CheckStatus::Fail), count(CheckStatus::Warn)) {
            (0, 0) => writeln!(text, "\nAll is well: a run would work."),
            (0, warnings) => writeln!(text, "\nA run would work; {} to look at.", things(warnings)),
            (failures, _) => writeln!(text, "\nA run would not work; {} to mend.", things(failures)),
        };
        text
    }
}

/// Without anything that a terminal would obey, on one line.
fn one(text: &str) -> String {
    sanitize(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

fn things(count: usize) -> String {
    if count == 1 {
        "one thing".to_owned()
    } else {
        format!("{count} things")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_failure_decides_and_all_are_shown() {
        let mut report = DoctorReport::default();
        report.push("program", Check::ok("opencode-rs 1"));
        report.push("tools", Check::warn("no `rg`").hint("install it"));
        let failure = Failure::engine("cannot start").hint("a").hint("b");
        report.push("server", Check::of_failure(&failure));
        let failed = Check::fail(FailureKind::Auth, "none").details(vec!["x\u{1b}[31m\ny".to_owned()]);
        report.push("models", failed);
        assert_eq!(report.failed(), Some(FailureKind::Engine));
        assert_eq!(
            report.text(false),
            "ok    program  opencode-rs 1\n\
             warn  tools    no `rg`\n               hint: install it\n\
             FAIL  server   cannot start\n               hint: a; b\n\
             FAIL  models   none\n               x\n               y\n\
             \nA run would not work; 2 things to mend.\n"
        );
    }
}
