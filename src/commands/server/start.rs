//! `server start`.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use super::ServerMessages;
use super::document::{ServerEntry, ServerStart};
use super::look::{self, Seen};
use crate::commands::document::write_document;
use crate::commands::{unless_stopped, write_stdout};
use crate::connect::visit::{USUAL, WaitingLine, stop};
use crate::connect::{self, Connection, Needs};
use crate::context::Context;
use crate::error::Failure;
use crate::request::ConnectRequest;
use crate::server::is_below_engine;
use crate::support::duration;
use crate::terminal::sanitize;
use crate::warm::ServerRecord;

/// Finds or starts the server, has it read what the first prompt would make it read, and prints its id.
///
/// # Errors
///
/// When no server is usable. A server that this command started and cannot use is stopped.
pub(super) async fn run(
    context: &Context,
    request: ConnectRequest,
    provider: Option<&str>,
    messages: ServerMessages,
) -> Result<(), Failure> {
    check_place(context)?;
    let state = &context.directories.state;
    let directory = connect::directory(context, &request)?;
    let before: BTreeSet<String> = ServerRecord::list(state).into_iter().map(|record| record.id).collect();
    let line = WaitingLine::open(context, &request, &messages.output);
    let stop = stop(context, context.started, request.timeout, "the start of the server");
    tokio::pin!(stop);
    let connecting = connect::connect(context, &request, &directory, Needs { provider, ..USUAL }, &line.stages);
    let mut connection = unless_stopped(stop.as_mut(), connecting).await?;
    let Some(record) = connection.lease.as_ref().map(|lease| lease.record().clone()) else {
        connection.close().await;
        return Err(Failure::engine(
            "cannot keep a server here: it cannot be told whether what its engine reads has changed",
        )
        .hint("look for a directory of agents, commands, plugins or tools with thousands of files"));
    };
    let is_new = !before.contains(&record.id);
    let warmed = unless_stopped(stop, warm_up(&connection)).await;
    drop(line);
    if let Err(failure) = warmed {
        if is_new {
            // It ends as soon as this command does.
            let _ = record.retire().await;
        }
        return Err(failure.hint(format!("see `opencode-rs server logs {}`", record.id)));
    }
    // So that it is seen as it is without this command.
    connection.close().await;
    let seen = look::look(state, vec![record]).await.pop().ok_or_else(|| {
        Failure::engine("cannot keep the server: it has ended by itself").hint("see `opencode-rs server logs`")
    })?;
    report(&seen, is_new, state, messages)
}

/// Refuses where no server can be kept.
fn check_place(context: &Context) -> Result<(), Failure> {
    if connect::is_pure(context) {
        return Err(Failure::usage(
            "cannot keep a server here: `OPENCODE_PURE` keeps the engine from loading the guard of its tools",
        )
        .hint("unset `OPENCODE_PURE`"));
    }
    if is_below_engine(rustix::process::getpid().as_raw_nonzero().get()) {
        return Err(Failure::usage(
            "cannot keep a server here: an engine that opencode-rs has started runs this command",
        )
        .hint("run it outside of that engine; other commands use a server of their own here"));
    }
    Ok(())
}

/// Prints the id or the document, and says what was done.
fn report(seen: &Seen, is_new: bool, state: &Path, messages: ServerMessages) -> Result<(), Failure> {
    let record = &seen.record;
    if messages.is_json() {
        write_document(&ServerStart {
            already_running: !is_new,
            server: ServerEntry::new(seen, state),
        })?;
    } else {
        write_stdout(format!("{}\n", record.id).as_bytes())?;
    }
    let keep_for = seen.status.as_ref().map(|status| Duration::from_secs(status.keep_for));
    messages.say(&format!(
        "{} `opencode {}` in `{}`, port {}{}",
        if is_new { "started" } else { "there already:" },
        sanitize(&record.engine_version),
        record.directory.display(),
        record.port,
        keep_for.map_or(String::new(), |span| format!(
            "; it ends after {} without use",
            duration::format(span)
        )),
    ));
    Ok(())
}

/// Sends what the first prompt would send first: the engine reads its configuration and loads its providers then.
async fn warm_up(connection: &Connection) -> Result<(), Failure> {
    let client = &connection.client;
    tokio::try_join!(client.providers(), client.agents(), client.config())?;
    Ok(())
}
