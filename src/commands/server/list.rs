//! `server list` and `server status`.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use super::ServerMessages;
use super::document::{ServerEntry, ServerList, stray_entries, stray_in_words, url};
use super::look::{self, Seen, ServerState, choose, directory};
use crate::commands::document::write_document;
use crate::commands::table::{Column, Table};
use crate::commands::{CommandEnd, write_stdout};
use crate::context::Context;
use crate::error::{Failure, FailureKind};
use crate::request::ServerReference;
use crate::server;
use crate::support::amounts::{short, size};
use crate::support::duration;
use crate::terminal::sanitize;
use crate::warm;

const COLUMNS: [Column; 9] = [
    Column::Text("ID"),
    Column::Text("STATE"),
    Column::Number("PID"),
    Column::Number("PORT"),
    Column::Text("ENGINE"),
    Column::Number("AGE"),
    Column::Number("IDLE"),
    Column::Number("MEMORY"),
    Column::Flexible("DIRECTORY"),
];
/// What a terminal shows of an id; every beginning of an id that fits one server alone is as good as all of it.
const SHOWN: usize = 8;

/// `server list`.
///
/// # Errors
///
/// When stdout cannot be written.
pub(super) async fn list(context: &Context, only: Option<&Path>, messages: ServerMessages) -> Result<(), Failure> {
    let state = &context.directories.state;
    let mut servers = look::all(context).await;
    if let Some(only) = only {
        let only = directory(context, Some(only));
        servers.retain(|seen| seen.record.directory == only);
    }
    let strays = server::strays(&context.environment.temporary_base());
    if messages.is_json() {
        write_document(&ServerList {
            items: servers.iter().map(|seen| ServerEntry::new(seen, state)).collect(),
            strays: Some(stray_entries(&strays)),
        })?;
    } else if servers.is_empty() {
        messages.say("no server is kept warm; `-k` and `opencode-rs server start` start one");
    } else {
        let rows = servers
            .iter()
            .map(|seen| cells(seen, context.streams.stdout_is_terminal));
        Table::new(&COLUMNS, rows).print(context, &messages.output)?;
    }
    for seen in &servers {
        settle(context, seen, messages);
    }
    for stray in &strays {
        messages.say(&format!(
            "process {} is left of a server that was killed; `opencode-rs server stop --all` ends it",
            stray_in_words(stray)
        ));
    }
    Ok(())
}

/// Tells how to handle an unhealthy server, and removes the record of a dead server after showing it once.
fn settle(context: &Context, seen: &Seen, messages: ServerMessages) {
    let id = &seen.record.id;
    match seen.state {
        ServerState::Dead => {
            warm::end_hung(&context.directories, &seen.record);
            messages.say(&format!("server {id} was killed; it is forgotten now"));
        }
        ServerState::NotAnswering => messages.say(&format!(
            "server {id} does not answer; `opencode-rs server stop {id}` ends it"
        )),
        ServerState::InUse | ServerState::Idle | ServerState::Retiring | ServerState::Closed => {}
    }
}

fn cells(seen: &Seen, is_short: bool) -> Vec<String> {
    let record = &seen.record;
    let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    let status = seen.status.as_ref();
    let users = status.map_or(0, |status| status.users);
    let mut state = seen.state_in_words();
    if users > 0 {
        let _ = write!(state, " by {users}");
    }
    let shown = if is_short { SHOWN } else { record.id.len() };
    vec![
        record.id.get(..shown).unwrap_or(&record.id).to_owned(),
        state,
        record.engine_pid.to_string(),
        record.port.to_string(),
        record.engine_version.clone(),
        or_dash(seen.age.map(short)),
        or_dash(status.map(|status| short(Duration::from_secs(status.idle)))),
        or_dash(seen.memory().map(size)),
        record.directory.display().to_string(),
    ]
}

/// `server status`.
///
/// # Errors
///
/// When an id means no server, or several; when stdout cannot be written.
pub(super) async fn status(
    context: &Context,
    server: &ServerReference,
    messages: ServerMessages,
) -> Result<CommandEnd, Failure> {
    let state = &context.directories.state;
    let servers = choose(context, server).await?;
    if messages.is_json() {
        write_document(&ServerList {
            items: servers.iter().map(|seen| ServerEntry::new(seen, state)).collect(),
            strays: None,
        })?;
    } else {
        let blocks: Vec<String> = servers.iter().map(|seen| block(seen, state)).collect();
        write_stdout(blocks.join("\n").as_bytes())?;
    }
    for seen in &servers {
        settle(context, seen, messages);
    }
    if servers.is_empty()
        && let ServerReference::OfDirectory(typed) = server
    {
        let directory = directory(context, typed.as_deref());
        messages.say(&format!(
            "no server is kept warm in `{}`; `-k` and `opencode-rs server start` start one",
            directory.display()
        ));
    }
    Ok(if servers.iter().any(|seen| seen.state.is_well()) {
        CommandEnd::Success
    } else {
        CommandEnd::Reported(FailureKind::Failed)
    })
}

fn block(seen: &Seen, state: &Path) -> String {
    let record = &seen.record;
    let mut text = format!("server {}\n", record.id);
    let mut add = |name: &str, value: &str| {
        let _ = writeln!(text, "  {name:<10}  {}", sanitize(value).replace('\n', " "));
    };
    add("state", &seen.state_in_words());
    add("directory", &record.directory.display().to_string());
    add("address", &url(record.port));
    let (version, engine) = (&record.engine_version, record.engine.display());
    add(
        "engine",
        &format!("{version} at {engine}, process {}", record.engine_pid),
    );
    let (supervisor, program) = (record.supervisor.pid, &record.program);
    add("supervisor", &format!("process {supervisor}, opencode-rs {program}"));
    if let Some(status) = &seen.status {
        let users: Vec<String> = status.user_pids.iter().map(ToString::to_string).collect();
        let users = match users.as_slice() {
            [] => format!("none for {}", short(Duration::from_secs(status.idle))),
            users => format!("process {}", users.join(", ")),
        };
        add("users", &users);
        add("keep for", &duration::format(Duration::from_secs(status.keep_for)));
    }
    let age = seen.age.map_or(String::new(), |age| format!(", {} ago", short(age)));
    add("started", &format!("{}{age}", record.started));
    if let (Some(engine), Some(supervisor)) = (seen.engine_memory, seen.supervisor_memory) {
        let memory = format!("{}, and {} of the supervisor", size(engine), size(supervisor));
        add("memory", &memory);
    }
    if record.rehearsal {
        add("model", "a scripted one (rehearsal)");
    }
    add("log", &record.log(state).display().to_string());
    text
}
