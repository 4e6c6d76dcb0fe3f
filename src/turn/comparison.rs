//! Completes the changed files with the engine's own comparison, when it is ready.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

use super::TurnState;
use crate::client::types::FileDiff;
use crate::client::{Client, Error};

/// Pause between two reads; the comparison is complete when two reads agree.
const POLL_INTERVAL: Duration = Duration::from_millis(60);

/// Completes the changed files of `state` with the engine's comparison of the directory before and after. The engine
/// stores the comparison of the last step after the turn; this waits for it for `limit`.
///
/// Does nothing when no snapshot showed a change: without git, without snapshots, in a turn that only read.
pub async fn complete_changes(client: &Client, session: &str, state: &mut TurnState, limit: Duration) {
    let wanted: Vec<String> = state.compared_files().map(str::to_owned).collect();
    if wanted.is_empty() {
        return;
    }
    let prompts: Vec<String> = state.prompts().into_iter().map(str::to_owned).collect();
    let reading = read(client, session, &prompts, &wanted, Instant::now() + limit);
    // Only the time tells a server that is gone or hangs from a slow server.
    match timeout(limit * 2, reading).await {
        Ok(Ok(diffs)) => state.conclude_changes(&diffs),
        Ok(Err(error)) => tracing::debug!(%error, "cannot read which files changed"),
        Err(_) => tracing::debug!("the server does not say which files changed"),
    }
}

/// Reads until the comparisons stop changing and name every wanted file, or until the time is over. The engine never
/// names a file that is unchanged.
async fn read(
    client: &Client,
    session: &str,
    prompts: &[String],
    wanted: &[String],
    end: Instant,
) -> Result<Vec<FileDiff>, Error> {
    let mut before = None;
    loop {
        let mut diffs = Vec::new();
        for prompt in prompts {
            diffs.extend(client.diff(session, prompt).await?);
        }
        // The comparison names files relative to the root of the working tree, a snapshot names absolute paths.
        let complete = wanted
            .iter()
            .all(|path| diffs.iter().any(|diff| ends_with(path, &diff.file)));
        let settled = before.as_ref() == Some(&diffs);
        if settled && complete || Instant::now() >= end {
            return Ok(diffs);
        }
        before = Some(diffs);
        sleep(POLL_INTERVAL).await;
    }
}

fn ends_with(path: &str, relative: &str) -> bool {
    path.strip_suffix(relative)
        .is_some_and(|rest| rest.is_empty() || rest.ends_with(['/', '\\']))
}
