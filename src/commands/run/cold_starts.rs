//! Tells a user who often waits for an engine to start how to keep one ready. It does so once.

use std::io::{self, Write as _};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::connect::Connection;
use crate::context::Context;
use crate::request::{ConnectRequest, Verbosity, Warmth};
use crate::support::atomic_file::{self, Access};
use crate::support::state_file;
use crate::support::timestamp::now_ms;

/// So many starts within the time are often.
const MANY: usize = 3;
const TIME: Duration = Duration::from_secs(10 * 60);
/// The file's name in the state directory.
const FILE: &str = "cold-starts.json";

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct ColdStarts {
    /// When the latest began, in milliseconds since 1970.
    times: Vec<u64>,
    is_told: bool,
}

/// Whether a run started an engine of its own, which no option asked it to do.
pub(super) fn is_habit(request: &ConnectRequest, connection: &Connection) -> bool {
    connection.server.is_some() && request.warmth == Warmth::IfThere
}

/// Notes the start of an engine. After the third in a short time a person is told how that can be avoided.
pub(super) fn note(context: &Context, verbosity: Verbosity) {
    if !context.streams.stderr_is_terminal || verbosity == Verbosity::Quiet {
        return;
    }
    let path = context.directories.state.join(FILE);
    let mut starts: ColdStarts = state_file::read_json(&path).unwrap_or_default();
    if starts.is_told {
        return;
    }
    let now = now_ms();
    let first = now.saturating_sub(TIME.as_millis() as u64);
    starts.times.retain(|time| (first..=now).contains(time));
    starts.times.push(now);
    if starts.times.len() >= MANY {
        starts.is_told = true;
        // Ignores a closed stderr.
        let _ = writeln!(
            io::stderr(),
            "note: each of these runs started an engine; `keep_warm = \"30m\"` in the settings keeps one ready \
             (`opencode-rs config edit`)"
        );
    }
    if let Err(error) = atomic_file::write_json(&path, &starts, Access::Private) {
        tracing::debug!(%error, "cannot note a start of an engine");
    }
}
