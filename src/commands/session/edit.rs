//! `session rename`, `fork`, `abort`, `share`, `unshare`.

use serde_json::Value;

use super::RunningCommand;
use super::entry::{AbortedSession, SessionEntry, SharedSession, kept_names};
use super::look::{is_busy, refused};
use crate::cli::SessionTarget;
use crate::commands::document::{CommandDocument, write_document};
use crate::commands::write_stdout;
use crate::error::Failure;
use crate::request::{ListFormat, SessionScope};
use crate::transcript::{PromptPositions, Transcript, UnknownMessage};

pub(super) async fn rename(call: RunningCommand<'_>, target: &SessionTarget, title: &str) -> Result<(), Failure> {
    let entry = call.find(target).await?;
    let session = call
        .change(&entry.directory, async |connection| {
            let renamed = connection.client.rename_session(&entry.id, title).await;
            renamed.map_err(refused(&entry.id))
        })
        .await?;
    call.say(&format!("`{}` is now {title:?}", entry.id));
    session_document(call, &session)
}

pub(super) async fn fork(
    call: RunningCommand<'_>,
    target: &SessionTarget,
    at: Option<&str>,
    title: Option<&str>,
) -> Result<(), Failure> {
    let (entry, document) = call.read(target).await?;
    let before = first_left_out(&document, at)?;
    let session = call
        .change(&entry.directory, async |connection| {
            let client = &connection.client;
            let copy = client
                .fork_session::<Value>(&entry.id, before)
                .await
                .map_err(refused(&entry.id))?;
            match (title, copy["id"].as_str()) {
                (Some(title), Some(id)) => Ok(client.rename_session(id, title).await?),
                _ => Ok(copy),
            }
        })
        .await?;
    let Some(id) = session["id"].as_str() else {
        return Err(Failure::engine("cannot copy the session: the engine names no copy"));
    };
    if call.request.output.format == ListFormat::Text {
        write_stdout(format!("{id}\n").as_bytes())?;
    }
    session_document(call, &session)
}

/// The first message that a copy does not have.
fn first_left_out<'a>(document: &'a Transcript, at: Option<&str>) -> Result<Option<&'a str>, Failure> {
    let hidden = document.reverted_from();
    let end = match at {
        None => hidden,
        Some(at) => {
            let prompts = PromptPositions::of(document);
            let position = position(&prompts, document, at)?;
            let last = if prompts.number(position).is_some() {
                prompts.turn(position).end
            } else {
                position + 1
            };
            Some(last)
        }
    };
    Ok(end
        .and_then(|end| document.messages.get(end))
        .map(|message| message.id()))
}

/// The position of the message that the user names.
pub(super) fn position(prompts: &PromptPositions, document: &Transcript, named: &str) -> Result<usize, Failure> {
    prompts.find(document, named).map_err(|error| {
        let failure = Failure::usage(error.to_string());
        match (error, prompts.count()) {
            (_, 0) => failure.hint("the conversation has no prompts"),
            (UnknownMessage::Ambiguous(..), _) => failure.hint("give more of the id"),
            (_, count) => failure.hint(format!(
                "name a prompt by its number, 1 to {count}, or a message by its id; `opencode-rs session show \
                 --output-format json` has the ids"
            )),
        }
    })
}

pub(super) async fn abort(call: RunningCommand<'_>, target: &SessionTarget) -> Result<(), Failure> {
    let entry = call.find(target).await?;
    let was_busy = call
        .change(&entry.directory, async |connection| {
            let busy = is_busy(&connection.client, &entry.id).await?;
            connection.client.abort(&entry.id).await?;
            Ok(busy)
        })
        .await?;
    if was_busy {
        call.say(&format!("ended what `{}` was doing", entry.id));
        return document_of(
            call,
            &AbortedSession {
                id: entry.id,
                aborted: true,
            },
        );
    }
    // Another program's server uses the session. This command cannot reach that server.
    let Ok(_free) = call.lock(&entry.id).await else {
        return Err(Failure::failed(format!(
            "cannot end what `{}` is doing: another command does it with an engine of its own",
            entry.id
        ))
        .hint("interrupt that command"));
    };
    call.say(&format!("no turn runs in `{}`", entry.id));
    document_of(
        call,
        &AbortedSession {
            id: entry.id,
            aborted: false,
        },
    )
}

pub(super) async fn share(call: RunningCommand<'_>, target: &SessionTarget) -> Result<(), Failure> {
    let entry = call.find(target).await?;
    if let Some(url) = &entry.share_url {
        call.say(&format!("`{}` is shared already", entry.id));
        return address(call, entry.id.clone(), url);
    }
    let facts = vec![
        entry.described(),
        "the whole conversation goes to the engine's sharing site, and so does what is said from now on".to_owned(),
        "everybody who has the address can read it".to_owned(),
    ];
    call.confirm(format!("publish `{}`", entry.id), facts).await?;
    let session = call
        .change(&entry.directory, async |connection| {
            let shared = connection.client.share_session(&entry.id).await;
            shared.map_err(|error| {
                let unreachable = error.status().is_some_and(|status| status.is_server_error());
                let hint = "the engine's sharing site must be reachable, and sharing not be turned off";
                refused(&entry.id)(error).hint_if(unreachable, hint)
            })
        })
        .await?;
    let url = session["share"]["url"].as_str().ok_or_else(|| {
        Failure::engine(format!("cannot publish `{}`: the engine gave no address", entry.id))
            .hint("sharing may be turned off in the engine's configuration")
    })?;
    address(call, entry.id, url)
}

fn address(call: RunningCommand<'_>, id: String, url: &str) -> Result<(), Failure> {
    if call.request.output.format == ListFormat::Text {
        let line = crate::support::visible::visible(url);
        write_stdout(format!("{line}\n").as_bytes())
    } else {
        write_document(&SharedSession {
            id,
            share_url: Some(url.to_owned()),
        })
    }
}

pub(super) async fn unshare(call: RunningCommand<'_>, target: &SessionTarget) -> Result<(), Failure> {
    let entry = call.find(target).await?;
    if entry.share_url.is_none() {
        call.say(&format!("`{}` is not shared", entry.id));
        return document_of(
            call,
            &SharedSession {
                id: entry.id,
                share_url: None,
            },
        );
    }
    call.change(&entry.directory, async |connection| {
        connection
            .client
            .unshare_session(&entry.id)
            .await
            .map_err(refused(&entry.id))
    })
    .await?;
    call.say(&format!("`{}` is not shared any more", entry.id));
    document_of(
        call,
        &SharedSession {
            id: entry.id,
            share_url: None,
        },
    )
}

/// Writes what became of a session, where a document is wanted.
pub(super) fn document_of(call: RunningCommand<'_>, document: &impl CommandDocument) -> Result<(), Failure> {
    match call.request.output.format {
        ListFormat::Text => Ok(()),
        ListFormat::Json => write_document(document),
    }
}

/// Writes a session as the engine describes it, where a document is wanted.
pub(super) fn session_document(call: RunningCommand<'_>, session: &Value) -> Result<(), Failure> {
    let directory = session["directory"].as_str().unwrap_or_default();
    let kept = match call.request.output.format {
        ListFormat::Text => return Ok(()),
        ListFormat::Json => kept_names(call, directory.as_ref(), SessionScope::Directory),
    };
    write_document(&SessionEntry::new(session, &kept))
}
