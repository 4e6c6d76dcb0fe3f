//! `session list`.

use super::RunningCommand;
use super::entry::SessionEntry;
use crate::cli::SessionList;
use crate::client::types::SessionFilter;
use crate::commands::table::{Column, write_entries};
use crate::error::Failure;
use crate::request::{Inclusion, ListFormat, SessionScope};

const COLUMNS: [Column; 5] = [
    Column::Text("SESSION"),
    Column::Text("UPDATED"),
    Column::Flexible("TITLE"),
    Column::Flexible("NOTES"),
    Column::Flexible("DIRECTORY"),
];

pub(super) async fn list(call: RunningCommand<'_>, wanted: &SessionList) -> Result<(), Failure> {
    let scope = wanted.scope;
    let limit = Some(wanted.limit).filter(|limit| *limit > 0);
    let mut entries = call
        .look(async |source, directory| {
            let filter = SessionFilter {
                search: wanted.search.clone(),
                children: wanted.children == Inclusion::Included,
                archived: wanted.archived == Inclusion::Included,
                // One more tells whether there are more.
                limit: limit.map(|limit| limit.saturating_add(1)),
                ..SessionFilter::default()
            };
            source.entries(call, directory, scope, filter).await
        })
        .await?;
    let more = limit.is_some_and(|limit| entries.len() > limit);
    entries.truncate(limit.unwrap_or(usize::MAX));
    print(call, &entries, scope)?;
    if more {
        call.say(&format!(
            "this shows {} sessions, and there are more: `--limit 0` shows all",
            entries.len()
        ));
    }
    if entries.is_empty() && call.request.output.format == ListFormat::Text {
        call.say(match (scope, &wanted.search) {
            (_, Some(_)) => "no session has such a title",
            (SessionScope::Directory, None) => "this directory has no sessions; `--all` shows those of others",
            (SessionScope::Everywhere, None) => "there are no sessions",
        });
    }
    Ok(())
}

/// Writes sessions as they were asked for.
pub(super) fn print(call: RunningCommand<'_>, entries: &[SessionEntry], scope: SessionScope) -> Result<(), Failure> {
    // The directory is the last column.
    let columns = match scope {
        SessionScope::Directory => &COLUMNS[..4],
        SessionScope::Everywhere => &COLUMNS,
    };
    write_entries(call.context, &call.request.output, entries, columns, |entry| {
        let mut cells = vec![
            entry.id.clone(),
            entry.age(),
            entry.title.clone(),
            entry.notes().join(", "),
            entry.directory.clone(),
        ];
        cells.truncate(columns.len());
        cells
    })
}
