//! Asking a person before something is done that cannot be taken back.

use super::RunningCommand;
use crate::error::{Failure, FailureKind};
use crate::request::Confirmation;

/// How many lines of what is at stake are shown.
const SHOWN: usize = 20;

/// What a person is asked.
#[derive(Debug, Clone)]
pub(super) struct ConfirmQuestion {
    /// What cannot be done without an answer: "delete 2 sessions".
    pub(super) action: String,
    /// What it is about, a line each.
    pub(super) facts: Vec<String>,
}

enum ConfirmAnswer {
    Yes,
    No,
    Nobody,
    Interrupted,
}

impl RunningCommand<'_> {
    /// Requires a confirmation: by `--yes`, or at the terminal.
    ///
    /// # Errors
    ///
    /// When the user does not confirm.
    pub(super) async fn confirm(self, question: ConfirmQuestion) -> Result<(), Failure> {
        let action = question.action.clone();
        let answer = match self.request.confirmation {
            Confirmation::Given => return Ok(()),
            Confirmation::NobodyToAsk => ConfirmAnswer::Nobody,
            // A person takes their time, and signals are to be heard meanwhile.
            Confirmation::Ask => tokio::select! {
                _ = self.context.interrupts.interrupted() => ConfirmAnswer::Interrupted,
                answer = tokio::task::spawn_blocking(move || ask(&question)) => answer.unwrap_or(ConfirmAnswer::Nobody),
            },
        };
        match answer {
            ConfirmAnswer::Yes => Ok(()),
            ConfirmAnswer::No => Err(Failure::new(
                FailureKind::Failed,
                format!("did not {action}: the answer was no"),
            )),
            ConfirmAnswer::Nobody => Err(Failure::usage(format!("cannot {action}: nobody is there to say yes"))
                .hint("give `--yes` where there is no terminal")),
            ConfirmAnswer::Interrupted => Err(Failure::new(FailureKind::Interrupted, format!("did not {action}"))),
        }
    }
}

#[cfg(unix)]
fn ask(question: &ConfirmQuestion) -> ConfirmAnswer {
    terminal::ask(question).unwrap_or(ConfirmAnswer::Nobody)
}

#[cfg(not(unix))]
fn ask(_question: &ConfirmQuestion) -> ConfirmAnswer {
    ConfirmAnswer::Nobody
}

#[cfg(unix)]
mod terminal {
    use std::fs::OpenOptions;
    use std::io::{self, Write as _};

    use console::Term;
    use dialoguer::Select;
    use dialoguer::theme::SimpleTheme;

    use super::{ConfirmAnswer, ConfirmQuestion, SHOWN};
    use crate::support::silence::wait_for_silence;
    use crate::terminal::one_line;

    /// Columns of a line of facts.
    const COLUMNS: usize = 200;

    pub(super) fn ask(question: &ConfirmQuestion) -> io::Result<ConfirmAnswer> {
        let mut terminal = OpenOptions::new().read(true).write(true).open("/dev/tty")?;
        // A job in the background would be stopped by the system when it reads, and wait for ever.
        if rustix::termios::tcgetpgrp(&terminal)? != rustix::process::getpgrp() {
            return Ok(ConfirmAnswer::Nobody);
        }
        for fact in question.facts.iter().take(SHOWN) {
            writeln!(terminal, "  {}", one_line(fact, COLUMNS))?;
        }
        if question.facts.len() > SHOWN {
            writeln!(terminal, "  and {} more", question.facts.len() - SHOWN)?;
        }
        wait_for_silence(&terminal)?;
        let term = Term::read_write_pair(terminal.try_clone()?, terminal.try_clone()?);
        let answer = Select::with_theme(&SimpleTheme)
            .with_prompt(format!("Really {}?", one_line(&question.action, COLUMNS)))
            .items(["no", "yes"])
            .default(0)
            .interact_on_opt(&term);
        // An interruption leaves it hidden.
        let _ = term.show_cursor();
        match answer {
            Ok(Some(1)) => Ok(ConfirmAnswer::Yes),
            Ok(_) => Ok(ConfirmAnswer::No),
            Err(dialoguer::Error::IO(error)) if error.kind() == io::ErrorKind::Interrupted => {
                Ok(ConfirmAnswer::Interrupted)
            }
            Err(dialoguer::Error::IO(error)) => Err(error),
        }
    }
}
