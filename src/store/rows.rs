//! A row as the document that the engine makes of it.

use rusqlite::Row;
use rusqlite::types::ValueRef;
use serde_json::{Map, Value, json};

use super::Unreadable;

pub(super) fn session(row: &Row<'_>) -> Result<Value, Unreadable> {
    let mut document = Map::new();
    let mut set = |name: &str, value: Value| {
        // What the engine has no value for, it leaves out.
        if !value.is_null() {
            document.insert(name.to_owned(), value);
        }
    };
    for (name, column) in [
        ("id", "id"),
        ("slug", "slug"),
        ("projectID", "project_id"),
        ("workspaceID", "workspace_id"),
        ("directory", "directory"),
        ("path", "path"),
        ("parentID", "parent_id"),
        ("title", "title"),
        ("agent", "agent"),
        ("version", "version"),
        ("cost", "cost"),
    ] {
        set(name, scalar(row, column)?);
    }
    set("model", json_column(row, "model")?);
    set("summary", summary(row)?);
    set(
        "tokens",
        json!({
            "input": scalar(row, "tokens_input")?,
            "output": scalar(row, "tokens_output")?,
            "reasoning": scalar(row, "tokens_reasoning")?,
            "cache": {
                "read": scalar(row, "tokens_cache_read")?,
                "write": scalar(row, "tokens_cache_write")?,
            },
        }),
    );
    let share = scalar(row, "share_url")?;
    if share.as_str().is_some_and(|url| !url.is_empty()) {
        set("share", json!({ "url": share }));
    }
    set("metadata", json_column(row, "metadata")?);
    set("revert", json_column(row, "revert")?);
    set("permission", json_column(row, "permission")?);
    let mut time = Map::new();
    for (name, column) in [
        ("created", "time_created"),
        ("updated", "time_updated"),
        ("compacting", "time_compacting"),
        ("archived", "time_archived"),
    ] {
        let moment = scalar(row, column)?;
        if !moment.is_null() {
            time.insert(name.to_owned(), moment);
        }
    }
    set("time", Value::Object(time));
    Ok(Value::Object(document))
}

fn summary(row: &Row<'_>) -> Result<Value, Unreadable> {
    let counts = [
        ("additions", scalar(row, "summary_additions")?),
        ("deletions", scalar(row, "summary_deletions")?),
        ("files", scalar(row, "summary_files")?),
    ];
    if counts.iter().all(|(_, count)| count.is_null()) {
        return Ok(Value::Null);
    }
    let mut summary = Map::new();
    for (name, count) in counts {
        summary.insert(name.to_owned(), if count.is_null() { json!(0) } else { count });
    }
    let diffs = json_column(row, "summary_diffs")?;
    if !diffs.is_null() {
        summary.insert("diffs".to_owned(), diffs);
    }
    Ok(Value::Object(summary))
}

/// The document in `data` with the ids that the store keeps beside it.
pub(super) fn with_ids(data: &str, ids: &[(&str, &str)]) -> Result<Value, Unreadable> {
    let mut document: Map<String, Value> = serde_json::from_str(data)?;
    for (name, id) in ids {
        document.insert((*name).to_owned(), json!(id));
    }
    Ok(Value::Object(document))
}

fn json_column(row: &Row<'_>, column: &str) -> Result<Value, Unreadable> {
    Ok(match row.get_ref(column)? {
        ValueRef::Text(text) => serde_json::from_slice(text)?,
        _ => Value::Null,
    })
}

/// A value as JavaScript writes it: a number without a fraction is whole.
#[expect(clippy::cast_possible_truncation, reason = "only where the number is that integer")]
fn scalar(row: &Row<'_>, column: &str) -> Result<Value, Unreadable> {
    Ok(match row.get_ref(column)? {
        ValueRef::Integer(number) => json!(number),
        ValueRef::Real(number) if number.fract() == 0.0 && number.abs() < 1e15 => json!(number as i64),
        ValueRef::Real(number) => json!(number),
        ValueRef::Text(text) => json!(String::from_utf8_lossy(text)),
        ValueRef::Null | ValueRef::Blob(_) => Value::Null,
    })
}
