//! A dialog.

use super::{PromptSource, RunRequest, StdinUse};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatRequest {
    /// What every prompt of it is sent with. The words of its own prompt, and its attachments, are for the first one; its
    /// time limit is one for each turn.
    pub run: RunRequest,
}

/// An option that a dialog has no use for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot use `{0}` without a prompt")]
pub struct NotInADialog(pub &'static str);

impl ChatRequest {
    /// The dialog that a run without a prompt is.
    ///
    /// # Errors
    ///
    /// When something was asked for that only a single prompt can give.
    pub fn of_run(run: RunRequest) -> Result<Self, NotInADialog> {
        let refused = [
            ("--worktree", run.worktree.is_some()),
            ("--verify", run.checks.verify.is_some()),
            ("--require-change", run.checks.require_change),
            ("--output-last-message", run.output.last_message_file.is_some()),
        ];
        if let Some((option, _)) = refused.into_iter().find(|(_, is_wanted)| *is_wanted) {
            return Err(NotInADialog(option));
        }
        Ok(Self {
            run: RunRequest {
                prompt: PromptSource::Arguments(String::new()),
                stdin: StdinUse::Never,
                ..run
            },
        })
    }
}
