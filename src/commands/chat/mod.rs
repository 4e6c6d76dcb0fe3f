//! `chat`: a dialog at the terminal, or one prompt a line from a pipe.
//!
//! | file | what |
//! | --- | --- |
//! | `conversation` | the conversation: a connection that lasts, a session, turns |
//! | `piped` | prompts from a pipe |
//! | `dialog` | the loop at the terminal: reading, telling apart, showing |
//! | `typed_ahead`, `choose` | keys during a turn; lists and questions |
//! | `names`, `sessions`, `revert`, `tools`, `standing`, `views`, `shell` | the slash commands |

mod choose;
mod conversation;
mod dialog;
mod names;
mod piped;
mod revert;
mod sessions;
mod shell;
mod standing;
mod tools;
mod typed_ahead;
mod views;

use super::CommandEnd;
use crate::connect;
use crate::context::Context;
use crate::error::Failure;
use crate::input::{self, InputContext, PromptParts};
use crate::request::{PromptSource, RunRequest};

use conversation::Conversation;
use dialog::Dialog;

/// Runs the command.
///
/// # Errors
///
/// When there can be no dialog, or a signal ends it. The dialog shows the failure of a turn.
pub async fn run(context: &Context, run: RunRequest) -> Result<CommandEnd, Failure> {
    let directory = connect::directory(context, &run.connect)?;
    let input = InputContext::new(context, run.connect.verbosity);
    let files = input::read_attachments(&run.attachments, input).await?;
    let system = input::read_system(run.system.as_ref(), input).await?;
    let text = match &run.prompt {
        PromptSource::Arguments(text) => text.trim().to_owned(),
        _ => String::new(),
    };
    let first = (!text.is_empty() || !files.is_empty()).then_some(PromptParts { text, files });
    let mut chat = Conversation::new(context, run, directory, system);
    let ended = if context.streams.stdin_is_terminal {
        Box::pin(Dialog::run(&mut chat, first)).await
    } else {
        Box::pin(piped::run(&mut chat, first)).await
    };
    chat.close().await;
    ended
}
