//! Finds the server that the user names.

use std::path::{Path, PathBuf};

use super::look::{self, Seen};
use crate::context::Context;
use crate::error::Failure;
use crate::request::ServerReference;
use crate::warm::ServerRecord;

/// How many servers a message names at most.
const NAMED: usize = 5;

/// The servers that are meant: one where an id was given, else all of the directory, of which there may be none.
///
/// # Errors
///
/// When no server, or more than one, has an id that begins so.
pub(super) async fn choose(context: &Context, reference: &ServerReference) -> Result<Vec<Seen>, Failure> {
    let state = &context.directories.state;
    let records = look::records(context).await;
    let meant = match reference {
        ServerReference::Id(id) => vec![by_id(id, records)?],
        ServerReference::OfDirectory(typed) => {
            let directory = directory(context, typed.as_deref());
            records
                .into_iter()
                .filter(|record| record.directory == directory)
                .collect()
        }
    };
    Ok(look::look(state, meant).await)
}

/// The directory that the user names. A deleted directory may still have a server.
pub(super) fn directory(context: &Context, typed: Option<&Path>) -> PathBuf {
    let typed = context.directory(typed);
    std::fs::canonicalize(&typed).unwrap_or(typed)
}

fn by_id(id: &str, records: Vec<ServerRecord>) -> Result<ServerRecord, Failure> {
    let begins = id.to_ascii_lowercase();
    let (mut meant, others): (Vec<_>, Vec<_>) = records.into_iter().partition(|record| record.id.starts_with(&begins));
    match (meant.len(), meant.pop()) {
        (1, Some(record)) => Ok(record),
        (_, None) => Err(name(
            Failure::usage(format!("cannot find server `{id}`")),
            &others,
            "no server is kept warm; `opencode-rs server start` starts one",
        )),
        (count, Some(last)) => {
            meant.push(last);
            let failure = Failure::usage(format!("cannot tell which server `{id}` is: {count} could be meant"));
            Err(name(failure, &meant, ""))
        }
    }
}

/// Adds the servers that there are.
fn name(mut failure: Failure, records: &[ServerRecord], otherwise: &str) -> Failure {
    if records.is_empty() {
        return failure.hint(otherwise);
    }
    for record in records.iter().take(NAMED) {
        failure = failure.hint(format!("`{}` is that of `{}`", record.id, record.directory.display()));
    }
    if records.len() > NAMED {
        failure = failure.hint("`opencode-rs server list` shows all");
    }
    failure
}
