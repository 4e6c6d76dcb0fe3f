//! Asking a person before something is done that cannot be taken back.

use super::Call;
use crate::error::{Failure, FailureKind};
use crate::request::Confirmation;

/// How many lines of what is at stake are shown.
const SHOWN: usize = 20;

/// What a person is asked.
#[derive(Debug, Clone)]
pub(super) struct Question {
    /// What cannot be done without an answer: "delete 2 sessions".
    pub(super) action: String,
    /// What it is about, a line each.
    pub(super) facts: Vec<String>,
}

enum Answer {
    Yes,
    No,
    Nobody,
    Interrupted,
}

impl Call<'_> {
    /// Sees that somebody wants it: by `--yes`, or at the terminal.
    ///
    /// # Errors
    ///
    /// When nobody does.
    pub(super) async fn confirm(self, question: Question) -> Result<(), Failure> {
        let action = question.action.clone();
        let answer = match self.request.confirmation {
            Confirmation::Given => return Ok(()),
            Confirmation::NobodyToAsk => Answer::Nobody,
            // A person takes their time, and signals are to be heard meanwhile.
            Confirmation::Ask => tokio::select! {
                _ = self.context.interrupts.interrupted() => Answer::Interrupted,
                answer = tokio::task::spawn_blocking(move || ask(&question)) => answer.unwrap_or(Answer::Nobody),
            },
        };
        match answer {
            Answer::Yes => Ok(()),
            Answer::No => Err(Failure::new(
                FailureKind::Failed,
                format!("did not {action}: the answer was no"),
            )),
            Answer::Nobody => Err(Failure::usage(format!("cannot {action}: nobody is there to say yes"))
                .hint("give `--yes` where there is no terminal")),
            Answer::Interrupted => Err(Failure::new(FailureKind::Interrupted, format!("did not {action}"))),
        }
    }
}

#[cfg(unix)]
fn ask(question: &Question) -> Answer {
    terminal::ask(question).unwrap_or(Answer::Nobody)
}

#[cfg(not(unix))]
fn ask(_question: &Question) -> Answer {
    Answer::Nobody
}

#[cfg(unix)]
mod terminal {
    use std::fs::OpenOptions;
    use std::io::{self, Write as _};

    use console::Term;
    use dialoguer::Select;
    use dialoguer::theme::SimpleTheme;

    use super::{Answer, Question, SHOWN};
    use crate::support::silence::wait_for_silence;
    use crate::terminal::one_line;

    /// Columns of a line of facts.
    const COLUMNS: usize = 200;

    pub(super) fn ask(question: &Question) -> io::Result<Answer> {
        let mut terminal = OpenOptions::new().read(true).write(true).open("/dev/tty")?;
        // A job in the background would be stopped by the system when it reads, and wait for ever.
        if rustix::termios::tcgetpgrp(&terminal)? != rustix::process::getpgrp() {
            return Ok(Answer::Nobody);
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
            Ok(Some(1)) => Ok(Answer::Yes),
            Ok(_) => Ok(Answer::No),
            Err(dialoguer::Error::IO(error)) if error.kind() == io::ErrorKind::Interrupted => Ok(Answer::Interrupted),
            Err(dialoguer::Error::IO(error)) => Err(error),
        }
    }
}
