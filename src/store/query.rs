//! What can be asked of the store.

use std::collections::HashMap;

use rusqlite::params_from_iter;
use rusqlite::types::Value as Parameter;
use serde_json::{Value, json};

use super::rows;
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
            sessions.push(rows::session(row)?);
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
        found.next()?.map(rows::session).transpose()
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
            let part = rows::with_ids(data, &[("id", &id), ("sessionID", session), ("messageID", &message)])?;
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
            let info = rows::with_ids(data, &[("id", &id), ("sessionID", session)])?;
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
