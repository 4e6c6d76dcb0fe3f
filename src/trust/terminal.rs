//! Asking a person at the terminal, also while stdin and stdout are pipes.

use super::{Findings, TrustAnswer, TrustAsker, shown};
use crate::asking::{Device, Gone, select};

/// The answers; the cursor starts on the first one.
const ANSWERS: [&str; 2] = [
    "no, do not work here",
    "yes, I have looked at it: trust it until it changes",
];

/// A person at the controlling terminal of this process, wherever stdin and stdout lead.
///
/// [`TrustAsker::ask`] blocks its thread while the person thinks.
#[derive(Debug)]
pub struct TerminalAsker {
    terminal: Option<Device>,
}

impl TerminalAsker {
    /// Opens the terminal, if this process has one and may read from it.
    pub fn open() -> Self {
        Self {
            terminal: Device::controlling(),
        }
    }
}

impl TrustAsker for TerminalAsker {
    fn ask(&mut self, findings: &Findings) -> TrustAnswer {
        let Some(terminal) = &self.terminal else {
            return TrustAnswer::Nobody;
        };
        let directory = shown(&findings.directory.to_string_lossy());
        let heading = format!("`{directory}` brings along what would run on this machine, or be read outside of it:");
        // All of it, and what is most dangerous last: that stands right above the question, however long the list is.
        let items = findings.by_danger().into_iter().rev();
        let end = "A yes holds until one of these files changes. What they load from elsewhere is not watched.";
        let facts = std::iter::once(heading)
            .chain(items.map(|item| format!("  {}", item.in_full())))
            .chain([end.to_owned()]);
        match select(terminal, facts, "Trust it?", &ANSWERS) {
            Ok(Some(1)) => TrustAnswer::Trusted,
            Ok(_) => TrustAnswer::Refused,
            Err(Gone::Interrupted) => TrustAnswer::Interrupted,
            // A terminal that went away has no user.
            Err(_) => TrustAnswer::Nobody,
        }
    }

    fn warn(&mut self, line: &str) {
        match &self.terminal {
            Some(terminal) => {
                let _ = terminal.write_line(&format!("warning: {line}"));
            }
            None => tracing::warn!("{line}"),
        }
    }
}
