//! `session delete` and `session prune`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Serialize;

use super::RunningCommand;
use super::entry::SessionEntry;
use super::list;
use super::look::is_busy;
use crate::cli::{SessionPrune, SessionTarget};
use crate::client::types::SessionFilter;
use crate::commands::document::{CommandDocument, write_document};
use crate::connect::{self, Connection};
use crate::error::Failure;
use crate::request::{Execution, Inclusion, ListFormat, SchemaName, SessionScope};
use crate::support::duration;
use crate::trust;

pub(super) async fn delete(
    call: RunningCommand<'_>,
    references: &[String],
    scope: SessionScope,
) -> Result<(), Failure> {
    let mut entries: Vec<SessionEntry> = call
        .look(async |source, directory| {
            let mut entries = Vec::new();
            for reference in references {
                let target = SessionTarget::named(reference, scope);
                entries.push(source.find(call, directory, &target).await?);
            }
            Ok(entries)
        })
        .await?;
    let mut seen = BTreeSet::new();
    entries.retain(|entry| seen.insert(entry.id.clone()));
    let facts = entries.iter().map(SessionEntry::described).collect();
    call.confirm(format!("delete {}", sessions(entries.len())), facts)
        .await?;
    delete_all(call, entries, Busy::Fails).await
}

pub(super) async fn prune(call: RunningCommand<'_>, wanted: &SessionPrune) -> Result<(), Failure> {
    let (scope, execution) = (wanted.scope, wanted.execution);
    let entries: Vec<SessionEntry> = call
        .look(async |source, directory| {
            let filter = SessionFilter {
                archived: true,
                ..SessionFilter::default()
            };
            source.entries(call, directory, scope, filter).await
        })
        .await?;
    let is_old = |entry: &SessionEntry| {
        let since = entry.updated_at.and_then(|updated| updated.elapsed().ok());
        since.is_some_and(|since| since >= wanted.older_than)
    };
    let (old, kept_ones): (Vec<SessionEntry>, Vec<SessionEntry>) = entries
        .into_iter()
        .filter(is_old)
        .partition(|entry| wanted.kept == Inclusion::Included || entry.name.is_none());
    if !kept_ones.is_empty() {
        call.say(&format!(
            "not counted: {} kept under a name; `--kept` deletes those too",
            sessions(kept_ones.len())
        ));
    }
    if old.is_empty() {
        call.say(&format!(
            "no session is older than {}",
            duration::format(wanted.older_than)
        ));
        if call.request.output.format == ListFormat::Json {
            report(&[], &[], execution)?;
        }
        return Ok(());
    }
    if execution == Execution::DryRun {
        match call.request.output.format {
            ListFormat::Json => report(&old, &[], execution)?,
            ListFormat::Text => list::print(call, &old, scope)?,
        }
        call.say(&format!("{} would be deleted", sessions(old.len())));
        return Ok(());
    }
    let fact = |entry: &SessionEntry| match scope {
        SessionScope::Directory => entry.described(),
        SessionScope::Everywhere => format!("{}, of `{}`", entry.described(), entry.directory),
    };
    let facts = old.iter().map(fact).collect();
    call.confirm(format!("delete {}", sessions(old.len())), facts).await?;
    delete_all(call, old, Busy::Stays).await
}

/// What becomes of a session that is at work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Busy {
    /// It was named: that is a failure.
    Fails,
    /// It is not old after all.
    Stays,
}

/// Deletes what it can, and fails where something is left.
async fn delete_all(call: RunningCommand<'_>, entries: Vec<SessionEntry>, busy: Busy) -> Result<(), Failure> {
    let mut deleted: Vec<SessionEntry> = Vec::new();
    let mut failures: Vec<(SessionEntry, Failure)> = Vec::new();
    for (directory, group) in groups(call, entries)? {
        let mut rest = group.into_iter();
        let done = call
            .change(&directory, async |connection| {
                for entry in rest.by_ref() {
                    match delete_one(call, connection, &entry, busy).await {
                        Ok(true) => deleted.push(entry),
                        Ok(false) => call.say(&format!("`{}` stays: it is at work", entry.id)),
                        Err(failure) => failures.push((entry, failure)),
                    }
                }
                Ok(())
            })
            .await;
        if let Err(failure) = done {
            // An interruption, or an engine that cannot be had: nothing more is tried.
            call.say(&format!("deleted {} before that", sessions(deleted.len())));
            return Err(failure);
        }
    }
    if call.request.output.format == ListFormat::Json {
        report(&deleted, &failures, Execution::Real)?;
    }
    call.say(&format!("deleted {}", sessions(deleted.len())));
    let mut failures = failures.into_iter().map(|(_, failure)| failure);
    let Some(mut first) = failures.next() else {
        return Ok(());
    };
    for other in failures {
        first.causes.push(other.message);
        first.hints.extend(other.hints);
    }
    first.hints.dedup();
    Err(first)
}

/// Deletes a session; `false` where it is at work and may stay.
async fn delete_one(
    call: RunningCommand<'_>,
    connection: &Connection,
    entry: &SessionEntry,
    busy: Busy,
) -> Result<bool, Failure> {
    let lock = match (call.lock(&entry.id).await, busy) {
        (Ok(lock), _) => lock,
        (Err(_), Busy::Stays) => return Ok(false),
        (Err(failure), Busy::Fails) => return Err(failure),
    };
    if is_busy(&connection.client, &entry.id).await? {
        return match busy {
            Busy::Stays => Ok(false),
            Busy::Fails => Err(
                Failure::failed(format!("cannot delete session `{}`: it is at work", entry.id))
                    .hint(format!("end it with `opencode-rs session abort {}` first", entry.id)),
            ),
        };
    }
    match connection.client.delete_session(&entry.id).await {
        Ok(()) => {}
        // Another command has deleted it already.
        Err(error) if error.status().is_some_and(|status| status.as_u16() == 404) => {}
        Err(error) => return Err(error.into()),
    }
    drop(lock);
    Ok(true)
}

/// The sessions by the directory in which an engine has to be for them.
///
/// An engine that deletes a session opens its directory. One that brings no code along can be opened by an engine that
/// works elsewhere; for every other one the user is asked whether to trust it, as always.
fn groups(
    call: RunningCommand<'_>,
    entries: Vec<SessionEntry>,
) -> Result<BTreeMap<String, Vec<SessionEntry>>, Failure> {
    let here = connect::directory(call.context, &call.request.connect)?;
    let mut groups: BTreeMap<String, Vec<SessionEntry>> = BTreeMap::new();
    let user = trust::UserPlaces::of(call.context);
    let mut looked: BTreeMap<PathBuf, bool> = BTreeMap::new();
    for entry in entries {
        let directory = PathBuf::from(&entry.directory);
        let brings_code = *looked
            .entry(directory)
            .or_insert_with_key(|directory| brings_code(directory, &user));
        let group = if brings_code {
            entry.directory.clone()
        } else {
            here.to_string_lossy().into_owned()
        };
        groups.entry(group).or_default().push(entry);
    }
    Ok(groups)
}

fn brings_code(directory: &Path, user: &trust::UserPlaces) -> bool {
    // What cannot be looked at is asked about.
    directory.is_dir() && trust::scan(directory, user).map_or(true, |findings| !findings.items.is_empty())
}

/// What `session delete` and `session prune` print.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::commands) struct DeletedSessions<'a> {
    /// Whether nothing was deleted, because of `--dry-run`.
    dry_run: bool,
    deleted: &'a [SessionEntry],
    /// What would be deleted without `--dry-run`.
    would_delete: &'a [SessionEntry],
    failed: Vec<DeletionFailure<'a>>,
}

/// A session that could not be deleted.
#[derive(Debug, Serialize, JsonSchema)]
struct DeletionFailure<'a> {
    id: &'a str,
    message: &'a str,
}

impl CommandDocument for DeletedSessions<'_> {
    const TYPE: SchemaName = SchemaName::SessionDelete;
}

fn report(entries: &[SessionEntry], failures: &[(SessionEntry, Failure)], execution: Execution) -> Result<(), Failure> {
    let (deleted, would_delete): (&[_], &[_]) = match execution {
        Execution::Real => (entries, &[]),
        Execution::DryRun => (&[], entries),
    };
    let failed = failures.iter().map(|(entry, failure)| DeletionFailure {
        id: &entry.id,
        message: &failure.message,
    });
    write_document(&DeletedSessions {
        dry_run: execution == Execution::DryRun,
        deleted,
        would_delete,
        failed: failed.collect(),
    })
}

fn sessions(count: usize) -> String {
    match count {
        1 => "1 session".to_owned(),
        _ => format!("{count} sessions"),
    }
}
