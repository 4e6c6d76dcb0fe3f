//! `session import`.
//!
//! The engine's own `import` command merges into a session that is there, stops in the middle of what it cannot read, and
//! overwrites the directory; so the conversation is checked here, and given to the engine as the events it is made of.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::RunningCommand;
use super::edit::session_document;
use super::look::SessionSource;
use crate::client::Client;
use crate::commands::write_stdout;
use crate::connect::visit::visit;
use crate::connect::{self, Connection};
use crate::error::{Failure, FailureKind};
use crate::request::{ImportIds, InputSource, ListFormat};
use crate::store::SessionStore;
use crate::transcript::{Adopted, Home, Ids, Transcript};

/// The largest file that is read, in bytes.
const LARGEST: u64 = 1024 * 1024 * 1024;

pub(super) async fn import(
    call: RunningCommand<'_>,
    source: &InputSource,
    ids: ImportIds,
    title: Option<&str>,
) -> Result<(), Failure> {
    let name = match source {
        InputSource::File(path) => format!("`{}`", path.display()),
        InputSource::Stdin => "stdin".to_owned(),
    };
    let bytes = read(call, source, &name).await?;
    let mut document = Transcript::parse(&bytes).map_err(|invalid| invalid.into_failure(&name))?;
    drop(bytes);
    if let Some(title) = title {
        document.info["title"] = json!(title);
    }
    let directory = connect::directory(call.context, &call.request.connect)?;
    // Before an engine is started for nothing.
    if ids == ImportIds::Same && has_session(call.store().as_ref(), document.id()) {
        return Err(is_there(document.id()));
    }
    let (session, left_out) = visit(
        call.context,
        &call.request.connect,
        &call.request.output,
        async |connection| store(call, connection, document, &directory, ids).await,
    )
    .await?;
    if left_out > 0 {
        call.say(&format!(
            "left out {left_out} notes about changed files that are not in this directory: they cannot be undone here"
        ));
    }
    let id = session["id"].as_str().unwrap_or_default();
    call.say(&format!("imported {:?}", session["title"].as_str().unwrap_or_default()));
    if call.request.output.format == ListFormat::Text {
        write_stdout(format!("{id}\n").as_bytes())?;
    }
    session_document(call, &session)
}

async fn read(call: RunningCommand<'_>, source: &InputSource, name: &str) -> Result<Vec<u8>, Failure> {
    let failure = |error: &std::io::Error| Failure::usage(format!("cannot read {name}")).caused_by(error);
    let path = match source {
        InputSource::File(path) => Some(call.context.cwd.join(path)),
        InputSource::Stdin => None,
    };
    // On a thread of its own: a pipe may be silent for long, and signals are to be heard meanwhile.
    let reading = tokio::task::spawn_blocking(move || match path {
        Some(path) => read_all(std::fs::File::open(path)?),
        None => read_all(std::io::stdin()),
    });
    let bytes = tokio::select! {
        _ = call.context.interrupts.interrupted() => return Err(call.context.interrupts.failure("the import")),
        bytes = reading => bytes,
    };
    let bytes = bytes
        .map_err(|error| Failure::failed(format!("cannot read {name}")).caused_by(&error))?
        .map_err(|error| failure(&error))?;
    if bytes.len() as u64 > LARGEST {
        return Err(Failure::usage(format!(
            "cannot import {name}: it has more than {LARGEST} bytes"
        )));
    }
    Ok(bytes)
}

fn read_all(source: impl std::io::Read) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(LARGEST + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Which ids can stay. An engine that is given a message with an id that it knows overwrites that one, in whatever
/// session it is; so they stay only where its store shows that nobody has them.
fn free_ids(call: RunningCommand<'_>, document: &Transcript, ids: ImportIds) -> Ids {
    if ids == ImportIds::New {
        return Ids::Fresh;
    }
    match call.store().map(|store| store.has_any(&document.ids())) {
        Some(Ok(false)) => Ids::Kept,
        _ => Ids::FreshMessages,
    }
}

fn has_session(store: Option<&SessionStore>, id: &str) -> bool {
    store.is_some_and(|store| matches!(store.session(id), Ok(Some(_))))
}

fn is_there(id: &str) -> Failure {
    Failure::usage(format!("cannot import session `{id}`: it is there already"))
        .hint("import it as a session of its own with `--copy`, or delete the other one first")
}

/// Stores the conversation; what cannot be stored whole is not stored at all.
async fn store(
    call: RunningCommand<'_>,
    connection: &Connection,
    document: Transcript,
    directory: &Path,
    ids: ImportIds,
) -> Result<(Value, usize), Failure> {
    let client = &connection.client;
    if ids == ImportIds::Same && look(client, document.id()).await?.is_some() {
        return Err(is_there(document.id()));
    }
    let project = client.current_project().await?;
    // From here on an engine has made the store, if it was not there.
    let ids = free_ids(call, &document, ids);
    let home = Home {
        directory: directory.to_path_buf(),
        project: project["id"].as_str().unwrap_or("global").to_owned(),
        root: PathBuf::from(project["worktree"].as_str().unwrap_or("/")),
    };
    let no_ids = |error: getrandom::Error| Failure::failed("cannot make ids for the session").caused_by(&error);
    let adopted = document.adopt(&home, ids).map_err(no_ids)?;
    let id = adopted.document.id();
    for events in adopted.events().map_err(no_ids)? {
        if let Err(error) = client.replay(&directory.to_string_lossy(), &events).await {
            // An incomplete session is useless.
            let _ = client.delete_session(id).await;
            let refused = error.status().is_some();
            let failure = Failure::from(error);
            return Err(if refused {
                Failure {
                    kind: FailureKind::Usage,
                    message: "cannot import the session: the engine does not take it".to_owned(),
                    causes: vec![failure.message],
                    hints: vec!["it may come from another version of the engine, or be damaged".to_owned()],
                    facts: None,
                }
            } else {
                failure
            });
        }
    }
    match verified(client, &adopted).await {
        Ok(session) => Ok((session, adopted.left_out)),
        Err(failure) => {
            let _ = client.delete_session(id).await;
            Err(failure)
        }
    }
}

/// Sees that everything is there.
async fn verified(client: &Client, adopted: &Adopted) -> Result<Value, Failure> {
    let id = adopted.document.id();
    let incomplete = || Failure::engine("cannot import the session: the engine did not store all of it");
    let session = look(client, id).await?.ok_or_else(incomplete)?;
    match client.message_documents(id).await {
        Ok(messages) => {
            let expected = adopted.document.messages.iter().map(|message| message.parts.len());
            let stored = Transcript::new(session.clone(), messages);
            if stored.messages.iter().map(|message| message.parts.len()).sum::<usize>() != expected.sum::<usize>()
                || stored.messages.len() != adopted.document.messages.len()
            {
                return Err(incomplete());
            }
        }
        // The engine does not list a conversation in which an answer had a schema.
        Err(error) if error.status().is_some_and(|status| status.as_u16() == 400) => {}
        Err(error) => return Err(error.into()),
    }
    Ok(session)
}

async fn look(client: &Client, id: &str) -> Result<Option<Value>, Failure> {
    Ok(SessionSource::Server(client).session(id).await?)
}
