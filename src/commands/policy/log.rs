//! `policy log`: what was decided.

use std::collections::VecDeque;
use std::io::{self, Write as _};

use super::super::document::ListItem;
use super::super::table::{Column, write_entries};
use super::shown;
use crate::context::Context;
use crate::error::Failure;
use crate::permission::{AuditEntry, AuditLog, Decision};
use crate::request::{ListOutput, LogFilter, SchemaName};

const COLUMNS: [Column; 7] = [
    Column::Text("TIME"),
    Column::Text("DECISION"),
    Column::Text("BY"),
    Column::Text("TOOL"),
    Column::Flexible("WHAT"),
    Column::Flexible("RULE"),
    Column::Flexible("SESSION"),
];

impl ListItem for AuditEntry {
    const LIST: SchemaName = SchemaName::PolicyLog;
}

/// Runs the command.
///
/// # Errors
///
/// When the log cannot be read, or stdout cannot be written.
pub(super) fn run(context: &Context, filter: &LogFilter, output: &ListOutput) -> Result<(), Failure> {
    let state = &context.directories.state;
    let lines = AuditLog::read(state).map_err(|error| {
        Failure::failed(format!("cannot read the audit log in `{}`", state.display()))
            .caused_by(&error)
            .hint(format!(
                "`{}` has to be a regular file of yours",
                AuditLog::path_in(state).display()
            ))
    })?;
    let mut damaged = 0_usize;
    let mut entries: VecDeque<AuditEntry> = VecDeque::new();
    for line in lines {
        match line {
            Ok(entry) if matches(filter, &entry) => {
                if filter.limit == Some(entries.len()) {
                    entries.pop_front();
                }
                entries.push_back(entry);
            }
            Ok(_) => {}
            Err(error) => {
                tracing::debug!("{error}: {}", error.source);
                damaged += 1;
            }
        }
    }
    write_entries(context, output, entries.make_contiguous(), &COLUMNS, cells)?;
    if damaged > 0 {
        let lines = if damaged == 1 { "line" } else { "lines" };
        let _ = writeln!(
            io::stderr(),
            "warning: {damaged} damaged {lines} of the audit log skipped"
        );
    }
    Ok(())
}

fn matches(filter: &LogFilter, entry: &AuditEntry) -> bool {
    let session = filter.session.as_ref().is_none_or(|wanted| *wanted == entry.session_id);
    let decision = filter
        .allowed
        .is_none_or(|allowed| allowed == (entry.decision == Decision::Allowed));
    session && decision
}

fn cells(entry: &AuditEntry) -> Vec<String> {
    let agent = if entry.subagent { " (subagent)" } else { "" };
    vec![
        shown(&entry.time),
        entry.decision.as_str().to_owned(),
        entry.by.as_str().to_owned(),
        shown(&entry.permission),
        shown(&entry.patterns.join(", ")),
        shown(&entry.rule),
        shown(&format!("{}{agent}", entry.session_id)),
    ]
}
