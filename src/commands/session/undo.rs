//! `session revert` and `session unrevert`.

use super::RunningCommand;
use super::edit::{self, session_document};
use super::look::{expect_idle, refused};
use crate::cli::SessionTarget;
use crate::error::Failure;
use crate::terminal::one_line;
use crate::transcript::{PromptPositions, TranscriptMessage};

/// Columns of a prompt in a question.
const COLUMNS: usize = 100;

pub(super) async fn revert(call: RunningCommand<'_>, target: &SessionTarget, to: Option<&str>) -> Result<(), Failure> {
    let (entry, document) = call.read(target).await?;
    let prompts = PromptPositions::of(&document);
    let position = match to {
        Some(to) => {
            // An answer is undone with its prompt: the engine knows no conversation that ends in between.
            prompts.turn(edit::position(&prompts, &document, to)?).start
        }
        None => prompts
            .last()
            .ok_or_else(|| Failure::usage(format!("cannot undo anything in `{}`: it has no prompts", entry.id)))?,
    };
    let undone = &document.visible()[position..];
    let count = undone.iter().filter(|message| message.is_of_user()).count();
    let mut facts = vec![entry.described()];
    facts.extend((position..document.visible().len()).filter_map(|position| {
        let number = prompts.number(position)?;
        let text = prompt_text(&document.visible()[position]);
        Some(format!("prompt {number}: {}", one_line(&text, COLUMNS)))
    }));
    facts.push("files are put back to what they were before, as far as the engine has snapshots".to_owned());
    let action = match count {
        1 => "undo the last prompt".to_owned(),
        _ => format!("undo the last {count} prompts"),
    };
    let message = document.visible()[position].id();
    call.confirm(action, facts).await?;
    let _lock = call.lock(&entry.id).await?;
    let session = call
        .change(&entry.directory, async |connection| {
            let client = &connection.client;
            expect_idle(client, &entry.id).await?;
            client
                .revert_session(&entry.id, message)
                .await
                .map_err(refused(&entry.id))
        })
        .await?;
    call.say(&format!(
        "`{}` now ends before prompt {}; `opencode-rs session unrevert {}` brings the rest back",
        entry.id,
        prompts.number(position).unwrap_or_default(),
        entry.id
    ));
    if session["revert"]["snapshot"].is_null() {
        call.say("the engine has no snapshots here: files are as they were");
    }
    session_document(call, &session)
}

pub(super) async fn unrevert(call: RunningCommand<'_>, target: &SessionTarget) -> Result<(), Failure> {
    let entry = call.find(target).await?;
    if !entry.reverted {
        return Err(Failure::usage(format!(
            "cannot take a revert of `{}` back: nothing is undone",
            entry.id
        ))
        .hint("the next prompt makes a revert final"));
    }
    let _lock = call.lock(&entry.id).await?;
    let session = call
        .change(&entry.directory, async |connection| {
            let client = &connection.client;
            expect_idle(client, &entry.id).await?;
            client.unrevert_session(&entry.id).await.map_err(refused(&entry.id))
        })
        .await?;
    call.say(&format!("`{}` has all of its prompts again", entry.id));
    session_document(call, &session)
}

fn prompt_text(message: &TranscriptMessage) -> String {
    let texts = message.parts.iter().filter(|part| part["type"] == "text");
    texts
        .filter_map(|part| part["text"].as_str())
        .collect::<Vec<_>>()
        .join(" ")
}
