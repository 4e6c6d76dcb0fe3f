//! `server stop`.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::ServerMessages;
use super::document::{StopResult, StoppedServer, StoppedServers, stray_entries, stray_in_words};
use super::look::{self, Seen, ServerState, choose, directory};
use crate::commands::document::write_document;
use crate::context::Context;
use crate::error::Failure;
use crate::request::{InUse, ServerReference, StopChoice};
use crate::server::{self, ProcessMark, Stray};
use crate::warm;

/// How long a server may take to end with all that it has started. A guard gives up after 6 s.
const ENDING: Duration = Duration::from_secs(10);
/// How often it is looked whether a process has ended.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// What became of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Fate {
    Stopped,
    /// It did not answer, and was killed.
    Killed,
    Cleared,
    InUse(Vec<u32>),
    /// It could not be stopped, and why.
    Refused(String),
}

/// Stops what is meant, and waits until it is gone.
///
/// # Errors
///
/// When a server is in use or refuses; the others are stopped all the same. When stdout cannot be written.
pub(super) async fn run(
    context: &Context,
    which: &StopChoice,
    in_use: InUse,
    messages: ServerMessages,
) -> Result<(), Failure> {
    let servers = chosen(context, which).await?;
    let mut fates = Vec::new();
    for seen in &servers {
        let fate = stop(context, seen, in_use).await;
        tell(seen, &fate, messages);
        fates.push(fate);
    }
    let (ended, left) = match which {
        StopChoice::All => end_strays(context).await?,
        StopChoice::These(_) => (Vec::new(), Vec::new()),
    };
    for stray in ended.iter().filter(|stray| !left.contains(stray)) {
        messages.say(&format!(
            "ended process {}, which was left of a server that was killed",
            stray_in_words(stray)
        ));
    }
    if servers.is_empty() && ended.is_empty() {
        messages.say(&nothing_to_stop(context, which));
    }
    if messages.is_json() {
        let stopped = servers
            .iter()
            .zip(&fates)
            .map(|(seen, fate)| entry(seen, fate))
            .collect();
        write_document(&StoppedServers {
            items: stopped,
            strays: (*which == StopChoice::All).then(|| stray_entries(&ended)),
        })?;
    }
    failure(&servers, &fates, &left).map_or(Ok(()), Err)
}

/// The servers that are meant. All of them are looked up before any is stopped: a typing error stops nothing.
async fn chosen(context: &Context, which: &StopChoice) -> Result<Vec<Seen>, Failure> {
    let references = match which {
        StopChoice::All => return Ok(look::all(context).await),
        StopChoice::These(references) => references,
    };
    let mut servers: Vec<Seen> = Vec::new();
    for reference in references {
        for seen in choose(context, reference).await? {
            if !servers.iter().any(|other| other.record.id == seen.record.id) {
                servers.push(seen);
            }
        }
    }
    Ok(servers)
}

fn nothing_to_stop(context: &Context, which: &StopChoice) -> String {
    match which {
        StopChoice::All => "nothing to stop: no server is kept warm".to_owned(),
        StopChoice::These(references) => match references.first() {
            Some(ServerReference::OfDirectory(typed)) => format!(
                "nothing to stop: no server is kept warm in `{}`",
                directory(context, typed.as_deref()).display()
            ),
            _ => "nothing to stop".to_owned(),
        },
    }
}

/// Ends what servers that were killed have left, and removes their files.
async fn end_strays(context: &Context) -> Result<(Vec<Stray>, Vec<Stray>), Failure> {
    let (directories, environment) = (context.directories.clone(), context.environment.clone());
    tokio::task::spawn_blocking(move || {
        let base = environment.temporary_base();
        let strays = server::end_strays(&base);
        server::remove_left_over_directories(&base);
        warm::remove_left_overs(&directories, &environment);
        strays
    })
    .await
    .map_err(|error| Failure::failed("cannot look for what killed servers have left").caused_by(&error))
}

async fn stop(context: &Context, seen: &Seen, in_use: InUse) -> Fate {
    let record = &seen.record;
    match seen.state {
        ServerState::Dead => {
            warm::end_hung(&context.directories, record);
            return Fate::Cleared;
        }
        ServerState::Closed => return Fate::Refused(warm::Refusal::Descendant.to_string()),
        ServerState::InUse | ServerState::Idle | ServerState::Retiring | ServerState::NotAnswering => {}
    }
    // A hanging engine answers no command, so the commands that wait for it do not protect it.
    let asked = match in_use {
        InUse::Spare if seen.state != ServerState::NotAnswering => record.stop_unused(ENDING).await,
        InUse::Spare | InUse::Stop => record.stop(ENDING).await.map(Ok),
    };
    match asked {
        Ok(Ok(())) => Fate::Stopped,
        Ok(Err(warm::Refusal::InUse)) => {
            let users = record.status().await.map(|status| status.user_pids);
            Fate::InUse(users.unwrap_or_default())
        }
        Ok(Err(refusal)) => Fate::Refused(refusal.to_string()),
        Err(_) => kill(context, seen).await,
    }
}

/// Kills a supervisor that does not answer. Its guard sees that, and ends the engine and what that has started.
async fn kill(context: &Context, seen: &Seen) -> Fate {
    // Its id is the engine's for as long as the guard, which waits for it, is there.
    let engine = ProcessMark::of(seen.record.engine_pid).filter(|_| seen.record.supervisor.is_alive());
    warm::end_hung(&context.directories, &seen.record);
    let until = Instant::now() + ENDING;
    while seen.record.supervisor.is_alive() || engine.as_ref().is_some_and(ProcessMark::is_alive) {
        if Instant::now() > until {
            return Fate::Refused("its processes do not end".to_owned());
        }
        sleep(LOOK_AGAIN).await;
    }
    Fate::Killed
}

fn tell(seen: &Seen, fate: &Fate, messages: ServerMessages) {
    let id = &seen.record.id;
    let place = seen.record.directory.display();
    match fate {
        Fate::Stopped => messages.say(&format!("stopped server {id} of `{place}`")),
        Fate::Killed => messages.say(&format!("ended server {id} of `{place}`, which did not answer")),
        Fate::Cleared => messages.say(&format!(
            "server {id} of `{place}` had been killed; it is forgotten now"
        )),
        Fate::InUse(_) | Fate::Refused(_) => {}
    }
}

/// What went wrong, if anything.
fn failure(servers: &[Seen], fates: &[Fate], strays: &[Stray]) -> Option<Failure> {
    let mut causes = Vec::new();
    let mut is_in_use = false;
    for (seen, fate) in servers.iter().zip(fates) {
        let id = &seen.record.id;
        match fate {
            Fate::InUse(users) => {
                is_in_use = true;
                let users: Vec<String> = users.iter().map(ToString::to_string).collect();
                causes.push(format!("server {id} is used by process {}", users.join(", ")));
            }
            Fate::Refused(why) => causes.push(format!("server {id}: {why}")),
            Fate::Stopped | Fate::Killed | Fate::Cleared => {}
        }
    }
    let servers = causes.len();
    causes.extend(
        strays
            .iter()
            .map(|stray| format!("process {} does not end", stray_in_words(stray))),
    );
    if causes.is_empty() {
        return None;
    }
    let mut failure = Failure::failed(match servers {
        0 => "cannot end what a server that was killed has left".to_owned(),
        1 => "cannot stop a server".to_owned(),
        _ => format!("cannot stop {servers} servers"),
    });
    failure.causes = causes;
    let hint = "wait until the commands are done, or stop them too with `--force`";
    Some(failure.hint_if(is_in_use, hint))
}

/// A server in the document.
fn entry(seen: &Seen, fate: &Fate) -> StoppedServer {
    let (result, users) = match fate {
        Fate::Stopped => (StopResult::Stopped, &[][..]),
        Fate::Killed => (StopResult::Killed, &[][..]),
        Fate::Cleared => (StopResult::Cleared, &[][..]),
        Fate::InUse(users) => (StopResult::InUse, &users[..]),
        Fate::Refused(_) => (StopResult::Refused, &[][..]),
    };
    StoppedServer {
        id: seen.record.id.clone(),
        directory: seen.record.directory.display().to_string(),
        result,
        user_pids: users.to_vec(),
    }
}
