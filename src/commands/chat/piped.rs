//! A dialog without a person: one prompt a line, answers only.
//!
//! A line is a prompt and nothing else: no slash command, no shell command, no file that it names. What comes through a
//! pipe was not typed.

use std::io::{self, BufRead as _};

use tokio::sync::mpsc;

use super::conversation::{Conversation, Ended};
use super::sessions;
use crate::commands::CommandEnd;
use crate::error::{Failure, FailureKind};
use crate::input::PromptParts;

/// Takes a turn for each line of stdin. The first failure is that of the command.
pub(super) async fn run(chat: &mut Conversation<'_>, first: Option<PromptParts>) -> Result<CommandEnd, Failure> {
    sessions::begin(chat).await?;
    let mut lines = lines()?;
    let mut failed: Option<FailureKind> = None;
    let mut waiting = first;
    // Attachments go with the first prompt, from the command line or from stdin.
    let mut files = Vec::new();
    if let Some(parts) = &mut waiting
        && parts.text.is_empty()
    {
        files = std::mem::take(&mut parts.files);
        waiting = None;
    }
    loop {
        let prompt = match waiting.take() {
            Some(prompt) => prompt,
            None => {
                let line = tokio::select! {
                    _ = chat.context.interrupts.interrupted() => {
                        return Err(chat.context.interrupts.failure("the dialog"));
                    }
                    line = lines.recv() => line,
                    () = chat.refuse_calls() => None,
                };
                let Some(text) = line else { break };
                let text = text.map_err(|error| Failure::usage("cannot read stdin").caused_by(&error))?;
                if text.trim().is_empty() {
                    continue;
                }
                PromptParts {
                    text,
                    files: std::mem::take(&mut files),
                }
            }
        };
        match chat.turn(prompt.into(), None).await? {
            Ended::Well => {}
            Ended::Cancelled => failed = failed.or(Some(FailureKind::Interrupted)),
            Ended::Failed(kind) => failed = failed.or(Some(kind)),
            Ended::Over(kind) => return Ok(CommandEnd::Reported(failed.unwrap_or(kind))),
        }
        // Without an engine there is no answer to any of them.
        if chat.link.is_none() {
            break;
        }
    }
    Ok(failed.map_or(CommandEnd::Success, CommandEnd::Reported))
}

/// The lines of stdin, read by a thread of its own as they are wanted.
fn lines() -> Result<mpsc::Receiver<io::Result<String>>, Failure> {
    let (sender, lines) = mpsc::channel(1);
    std::thread::Builder::new()
        .name("stdin".to_owned())
        .spawn(move || {
            for line in io::stdin().lock().lines() {
                let is_last = line.is_err();
                if sender.blocking_send(line).is_err() || is_last {
                    return;
                }
            }
        })
        .map_err(|error| Failure::failed("cannot start a thread").caused_by(&error))?;
    Ok(lines)
}
