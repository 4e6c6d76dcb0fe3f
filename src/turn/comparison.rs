//! Which files changed: the engine's own comparison, once it is there.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

use super::TurnState;
use crate::api::types::FileDiff;
use crate::api::{Client, Error};

/// The pause between two readings; the comparison is there when two of them agree.
const PAUSE: Duration = Duration::from_millis(60);

/// Completes what the state knows of changed files with what the engine found by comparing the directory before and
/// after. The comparison of the last step comes after the turn; it is waited for with `patience`.
///
/// Costs nothing where no snapshot showed a change: without git, without snapshots, in a turn that only looked.
pub async fn complete_changes(client: &Client, session: &str, state: &mut TurnState, patience: Duration) {
    let wanted: Vec<String> = state.compared_files().map(str::to_owned).collect();
    if wanted.is_empty() {
        return;
    }
    let prompts: Vec<String> = state.prompts().into_iter().map(str::to_owned).collect();
    let reading = read(client, session, &prompts, &wanted, Instant::now() + patience);
    // A server that is gone, or hangs, is told apart from a slow one by nothing but time.
    match timeout(patience * 2, reading).await {
        Ok(Ok(diffs)) => state.conclude_changes(&diffs),
        Ok(Err(error)) => tracing::debug!(%error, "cannot read which files changed"),
        Err(_) => tracing::debug!("the server does not say which files changed"),
    }
}

/// Reads until the comparisons stand still and name every file that is wanted, or for as long as they may take. A file
/// that is as it was before is never named.
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
        // The comparison names files from the root of the working tree, a snapshot names them in full.
        let complete = wanted
            .iter()
            .all(|path| diffs.iter().any(|diff| ends_with(path, &diff.file)));
        let settled = before.as_ref() == Some(&diffs);
        if settled && complete || Instant::now() >= end {
            return Ok(diffs);
        }
        before = Some(diffs);
        sleep(PAUSE).await;
    }
}

fn ends_with(path: &str, relative: &str) -> bool {
    path.strip_suffix(relative)
        .is_some_and(|rest| rest.is_empty() || rest.ends_with(['/', '\\']))
}
