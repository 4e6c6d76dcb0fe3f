//! Asking a person at the terminal, also while stdin and stdout are pipes.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};

use console::Term;
use dialoguer::Select;
use dialoguer::theme::SimpleTheme;

use super::{Findings, TrustAnswer, TrustAsker, shown};
use crate::support::silence::wait_for_silence;

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
    terminal: Option<File>,
}

impl TerminalAsker {
    /// Opens the terminal, if this process has one and may read from it.
    pub fn open() -> Self {
        let terminal = OpenOptions::new().read(true).write(true).open("/dev/tty").ok();
        Self {
            // A job in the background would be stopped by the system when it reads, and wait for ever.
            terminal: terminal.filter(in_foreground),
        }
    }

    fn question(&self, findings: &Findings) -> io::Result<TrustAnswer> {
        let Some(terminal) = &self.terminal else {
            return Ok(TrustAnswer::Nobody);
        };
        let mut output = terminal;
        let directory = shown(&findings.directory.to_string_lossy());
        writeln!(
            output,
            "`{directory}` brings along what would run on this machine, or be read outside of it:"
        )?;
        // All of it, and what is most dangerous last: that stands right above the question, however long the list is.
        for item in findings.by_danger().into_iter().rev() {
            writeln!(output, "  {}", item.in_full())?;
        }
        writeln!(
            output,
            "A yes holds until one of these files changes. What they load from elsewhere is not watched."
        )?;
        wait_for_silence(terminal)?;
        let term = Term::read_write_pair(terminal.try_clone()?, terminal.try_clone()?);
        let answer = Select::with_theme(&SimpleTheme)
            .with_prompt("Trust it?")
            .items(ANSWERS)
            .default(0)
            .interact_on_opt(&term);
        // An interruption leaves it hidden.
        let _ = term.show_cursor();
        match answer {
            Ok(Some(1)) => Ok(TrustAnswer::Trusted),
            Ok(_) => Ok(TrustAnswer::Refused),
            Err(dialoguer::Error::IO(error)) if error.kind() == io::ErrorKind::Interrupted => {
                Ok(TrustAnswer::Interrupted)
            }
            Err(dialoguer::Error::IO(error)) => Err(error),
        }
    }
}

impl TrustAsker for TerminalAsker {
    fn ask(&mut self, findings: &Findings) -> TrustAnswer {
        // A terminal that went away has no user.
        self.question(findings).unwrap_or(TrustAnswer::Nobody)
    }

    fn warn(&mut self, line: &str) {
        match self.terminal.as_ref() {
            Some(mut terminal) => {
                let _ = writeln!(terminal, "warning: {line}");
            }
            None => tracing::warn!("{line}"),
        }
    }
}

fn in_foreground(terminal: &File) -> bool {
    rustix::termios::tcgetpgrp(terminal).is_ok_and(|group| group == rustix::process::getpgrp())
}
