//! The servers that are kept warm, and what those have left that were killed.

use std::path::PathBuf;

use super::check::Check;
use crate::commands::server::document::stray_in_words;
use crate::commands::server::look::{self, Seen, ServerState};
use crate::context::Context;
use crate::server;
use crate::support::amounts::size;
use crate::warm;

/// Every server with a file, every stray, every left-over socket.
pub(super) async fn servers(context: &Context) -> Check {
    let servers = look::all(context).await;
    let strays = server::strays(&context.environment.temporary_base());
    let sockets = warm::left_over_sockets(&context.directories, &context.environment);
    let mut details: Vec<String> = servers.iter().map(describe).collect();
    let stray = |stray: &server::Stray| format!("stray process {}", stray_in_words(stray));
    details.extend(strays.iter().map(stray));
    let socket = |path: &PathBuf| format!("left-over socket in {}", path.display());
    details.extend(sockets.iter().map(socket));

    let count = |state: ServerState| servers.iter().filter(|seen| seen.state == state).count();
    let (hung, dead) = (count(ServerState::NotAnswering), count(ServerState::Dead));
    let troubles: Vec<String> = [
        (hung, "server that does not answer", "servers that do not answer"),
        (dead, "server that was killed", "servers that were killed"),
        (
            strays.len(),
            "process left of a server that was killed",
            "processes left of servers that were killed",
        ),
        (sockets.len(), "left-over socket", "left-over sockets"),
    ]
    .into_iter()
    .filter(|(count, ..)| *count > 0)
    .map(|(count, one, many)| format!("{count} {}", if count == 1 { one } else { many }))
    .collect();
    let mut summary = match servers.len() - hung - dead {
        0 => "none is kept warm".to_owned(),
        well => {
            let memory: u64 = servers.iter().filter_map(Seen::memory).sum();
            format!("{well} kept warm, {} of memory", size(memory))
        }
    };
    let check = if troubles.is_empty() {
        Check::ok(summary)
    } else {
        summary = format!("{summary}; {}", troubles.join(", "));
        Check::warn(summary).hint(match (hung, strays.len()) {
            (0, 0) => "the next server that is started removes them; `opencode-rs server stop --all` does so now",
            _ => "`opencode-rs server stop --all` ends them, and every other server that is not in use",
        })
    };
    check.details(details)
}

fn describe(seen: &Seen) -> String {
    let record = &seen.record;
    let memory = seen
        .memory()
        .map_or(String::new(), |memory| format!(", {}", size(memory)));
    format!(
        "{}: {}, process {}, port {}{memory}, {}",
        record.id,
        seen.state_in_words(),
        record.engine_pid,
        record.port,
        record.directory.display()
    )
}
