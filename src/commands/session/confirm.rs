//! Asking a person before something is done that cannot be taken back.

use super::RunningCommand;
#[cfg(unix)]
use crate::asking::{Device, Gone, select};
use crate::error::{Failure, FailureKind};
use crate::request::Confirmation;
#[cfg(unix)]
use crate::terminal::one_line;

/// How many lines of what is at stake are shown.
#[cfg(unix)]
const SHOWN: usize = 20;
/// Columns of a line of facts.
#[cfg(unix)]
const COLUMNS: usize = 200;

enum ConfirmAnswer {
    Yes,
    No,
    Nobody,
    Interrupted,
}

impl RunningCommand<'_> {
    /// Requires a confirmation of `action` ("delete 2 sessions"): by `--yes`, or at the terminal, where the person sees
    /// the facts, a line each.
    ///
    /// # Errors
    ///
    /// When the user does not confirm.
    pub(super) async fn confirm(self, action: String, facts: Vec<String>) -> Result<(), Failure> {
        let asked = action.clone();
        let answer = match self.request.confirmation {
            Confirmation::Given => return Ok(()),
            Confirmation::NobodyToAsk => ConfirmAnswer::Nobody,
            // A person takes their time, and signals are to be heard meanwhile.
            Confirmation::Ask => tokio::select! {
                _ = self.context.interrupts.interrupted() => ConfirmAnswer::Interrupted,
                answer = tokio::task::spawn_blocking(move || ask(&asked, &facts)) => answer.unwrap_or(ConfirmAnswer::Nobody),
            },
        };
        match answer {
            ConfirmAnswer::Yes => Ok(()),
            ConfirmAnswer::No => Err(Failure::failed(format!("did not {action}: the answer was no"))),
            ConfirmAnswer::Nobody => Err(Failure::usage(format!("cannot {action}: nobody is there to say yes"))
                .hint("give `--yes` where there is no terminal")),
            ConfirmAnswer::Interrupted => Err(Failure::new(FailureKind::Interrupted, format!("did not {action}"))),
        }
    }
}

#[cfg(unix)]
fn ask(action: &str, facts: &[String]) -> ConfirmAnswer {
    let Some(terminal) = Device::controlling() else {
        return ConfirmAnswer::Nobody;
    };
    let more = facts.len().saturating_sub(SHOWN);
    let facts = facts
        .iter()
        .take(SHOWN)
        .map(|fact| format!("  {}", one_line(fact, COLUMNS)))
        .chain((more > 0).then(|| format!("  and {more} more")));
    let prompt = format!("Really {}?", one_line(action, COLUMNS));
    match select(&terminal, facts, &prompt, &["no", "yes"]) {
        Ok(Some(1)) => ConfirmAnswer::Yes,
        Ok(_) => ConfirmAnswer::No,
        Err(Gone::Interrupted) => ConfirmAnswer::Interrupted,
        Err(_) => ConfirmAnswer::Nobody,
    }
}

#[cfg(not(unix))]
fn ask(_action: &str, _facts: &[String]) -> ConfirmAnswer {
    ConfirmAnswer::Nobody
}
