//! What can be asked of the store, and the documents that the engine makes of its rows.

use std::collections::HashMap;

use rusqlite::types::{Value as Parameter, ValueRef};
use rusqlite::{Row, params_from_iter};
use serde_json::{Map, Value, json};

use super::{SessionStore, Unreadable};
use crate::client::types::SessionFilter;

/// How many ids one statement asks for.
const IDS: usize = 500;

impl SessionStore {
    /// The sessions of all directories that the filter lets through, the newest update first.
    ///
    /// # Errors
    ///
    /// When the store cannot be read.
    pub fn sessions(&self, filter: &SessionFilter) -> Result<Vec<Value>, Unreadable> {
        let mut conditions = vec!["1"];
        let mut parameters: Vec<Parameter> = Vec::new();
        if let Some(directory) = &filter.directory {
            conditions.push("directory = ?");
            parameters.push(directory.clone().into());
        }
        if let Some(search) = &filter.search {
            // Wildcards in it are the engine's own doing, and ours, so that both find the same.
            conditions.push("title LIKE ?");
            parameters.push(format!("%{search}%").into());
        }
        if !filter.children {
            conditions.push("parent_id IS NULL");
        }
        if !filter.archived {
            conditions.push("time_archived IS NULL");
        }
        let limit = filter.limit.and_then(|limit| i64::try_from(limit).ok()).unwrap_or(-1);
        parameters.push(limit.into());
        let mut statement = self.connection.prepare(&format!(
            "SELECT * FROM session WHERE {} ORDER BY time_updated DESC, id DESC LIMIT ?",
            conditions.join(" AND ")
        ))?;
        let mut found = statement.query(params_from_iter(parameters))?;
        let mut sessions = Vec::new();
        while let Some(row) = found.next()? {
            sessions.push(session_document(row)?);
        }
        Ok(sessions)
    }

    /// A session, where there is one with this id.
    ///
    /// # Errors
    ///
    /// When the store cannot be read.
    pub fn session(&self, id: &str) -> Result<Option<Value>, Unreadable> {
        let mut statement = self.connection.prepare("SELECT * FROM session WHERE id = ?1")?;
        let mut found = statement.query([id])?;
        found.next()?.map(session_document).transpose()
    }

    /// All messages of a session with their parts, the oldest first.
    ///
    /// # Errors
    ///
    /// When the store cannot be read.
    pub fn messages(&self, session: &str) -> Result<Vec<Value>, Unreadable> {
        let mut parts: HashMap<String, Vec<Value>> = HashMap::new();
        let mut statement = self
            .connection
            .prepare("SELECT id, message_id, data FROM part WHERE session_id = ?1 ORDER BY message_id, id")?;
        let mut found = statement.query([session])?;
        while let Some(row) = found.next()? {
            let (id, message): (String, String) = (row.get(0)?, row.get(1)?);
            let data = row.get_ref(2)?.as_str().map_err(rusqlite::Error::from)?;
            let part = with_ids(data, &[("id", &id), ("sessionID", session), ("messageID", &message)])?;
            parts.entry(message).or_default().push(part);
        }
        let mut statement = self
            .connection
            .prepare("SELECT id, data FROM message WHERE session_id = ?1 ORDER BY time_created, id")?;
        let mut found = statement.query([session])?;
        let mut messages = Vec::new();
        while let Some(row) = found.next()? {
            let id: String = row.get(0)?;
            let data = row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?;
            let info = with_ids(data, &[("id", &id), ("sessionID", session)])?;
            messages.push(json!({ "info": info, "parts": parts.remove(&id).unwrap_or_default() }));
        }
        Ok(messages)
    }

    /// The list of things to do of a session.
    ///
    /// # Errors
    ///
    /// When the store cannot be read.
    pub fn todo(&self, session: &str) -> Result<Vec<Value>, Unreadable> {
        let mut statement = self
            .connection
            .prepare("SELECT content, status, priority FROM todo WHERE session_id = ?1 ORDER BY position")?;
        let todos = statement.query_map([session], |row| {
            let (content, status, priority): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok(json!({ "content": content, "status": status, "priority": priority }))
        })?;
        Ok(todos.collect::<Result<_, _>>()?)
    }

    /// Whether a session, a message or a part has one of these ids.
    ///
    /// # Errors
    ///
    /// When the store cannot be read.
    pub fn has_any(&self, ids: &[&str]) -> Result<bool, Unreadable> {
        for some in ids.chunks(IDS) {
            let marks = vec!["?"; some.len()].join(",");
            for table in ["session", "message", "part"] {
                let mut statement = self
                    .connection
                    .prepare(&format!("SELECT 1 FROM {table} WHERE id IN ({marks})"))?;
                if statement.exists(params_from_iter(some))? {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }
}

fn session_document(row: &Row<'_>) -> Result<Value, Unreadable> {
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
fn with_ids(data: &str, ids: &[(&str, &str)]) -> Result<Value, Unreadable> {
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
