//! Sessions: made, listed, changed, copied, removed. The documents stay JSON values, because an export contains them whole.

use std::collections::{BTreeMap, HashSet};
use std::fmt::Write as _;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Method;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::super::error::Error;
use super::super::transport::{Client, Repeat};
use super::super::types::{NO_TOOL, NewSession, PassingMessage, Session, SessionChange, SessionFilter, SessionStatus};
use super::without_nulls;

/// Messages per page. Even a page of the largest messages arrives within seconds.
const MESSAGE_PAGE_SIZE: usize = 50;
const SESSION_PAGE_SIZE: usize = 500;

impl Client {
    /// Creates a session.
    ///
    /// Sent once: a repeated request would create a second session.
    pub async fn create_session(&self, new: &NewSession) -> Result<Session, Error> {
        self.post("/session", new, Repeat::Never).await
    }

    /// Reads a session.
    ///
    /// # Errors
    ///
    /// When no session has this id.
    pub async fn session(&self, session: &str) -> Result<Session, Error> {
        self.get(&format!("/session/{session}")).await
    }

    /// A session, as the engine describes it.
    ///
    /// # Errors
    ///
    /// When no session has this id.
    pub async fn session_document(&self, session: &str) -> Result<Value, Error> {
        self.get(&format!("/session/{session}")).await
    }

    /// The sessions of all directories that match the filter, most recently updated first.
    pub async fn sessions(&self, filter: &SessionFilter) -> Result<Vec<Value>, Error> {
        let mut all: Vec<Value> = Vec::new();
        let mut cursor: Option<u64> = None;
        let mut seen = HashSet::new();
        loop {
            let mut path = format!("/experimental/session?limit={SESSION_PAGE_SIZE}");
            let mut parameter = |name: &str, value: &str| {
                let value = utf8_percent_encode(value, NON_ALPHANUMERIC);
                // Writing to a string cannot fail.
                let _ = write!(path, "&{name}={value}");
            };
            if let Some(search) = &filter.search {
                parameter("search", search);
            }
            if !filter.children {
                parameter("roots", "true");
            }
            if filter.archived {
                parameter("archived", "true");
            }
            if let Some(cursor) = cursor {
                parameter("cursor", &cursor.to_string());
            }
            let page: Vec<Value> = self.get(&path).await?;
            let is_last = page.len() < SESSION_PAGE_SIZE;
            let end = page.last().and_then(|session| session["time"]["updated"].as_u64());
            let seen_before = seen.len();
            for session in page {
                // The next page begins with the last millisecond of this page, which may have more sessions.
                if !seen.insert(session["id"].as_str().unwrap_or_default().to_owned()) {
                    continue;
                }
                // Filtered here and not in the query, which the engine would take for its working directory and decode
                // twice.
                let is_wanted = |directory: &String| session["directory"] == **directory;
                if filter.directory.as_ref().is_none_or(is_wanted) {
                    all.push(session);
                }
                if filter.limit == Some(all.len()) {
                    return Ok(all);
                }
            }
            if is_last || seen.len() == seen_before || end.is_none() {
                return Ok(all);
            }
            cursor = end.map(|end| end + 1);
        }
    }

    /// The newest sessions of the directory, without subagents' sessions, newest first.
    pub async fn root_sessions(&self, limit: usize, search: Option<&str>) -> Result<Vec<Session>, Error> {
        let search = search.map_or_else(String::new, |text| {
            format!("&search={}", utf8_percent_encode(text, NON_ALPHANUMERIC))
        });
        self.get(&format!("/session?roots=true&limit={limit}{search}")).await
    }

    /// The sessions that a session started.
    pub async fn children(&self, session: &str) -> Result<Vec<Session>, Error> {
        self.get(&format!("/session/{session}/children")).await
    }

    /// The status of each session that is not idle.
    pub async fn session_statuses(&self) -> Result<BTreeMap<String, SessionStatus>, Error> {
        self.get("/session/status").await
    }

    /// All messages of a session with their parts, oldest first, read page by page.
    pub async fn message_documents(&self, session: &str) -> Result<Vec<Value>, Error> {
        let mut pages: Vec<Vec<Value>> = Vec::new();
        let mut before = String::new();
        loop {
            let path = format!("/session/{session}/message?limit={MESSAGE_PAGE_SIZE}{before}");
            let (page, cursor): (Vec<Value>, _) = self.get_with_header(&path, "x-next-cursor").await?;
            pages.push(page);
            match cursor {
                Some(cursor) => before = format!("&before={}", utf8_percent_encode(&cursor, NON_ALPHANUMERIC)),
                None => return Ok(pages.into_iter().rev().flatten().collect()),
            }
        }
    }

    /// Changes title and rules of a session.
    ///
    /// Sent once: a repeated request would add the rules twice.
    pub async fn change_session(&self, session: &str, change: &SessionChange) -> Result<Session, Error> {
        let path = format!("/session/{session}");
        self.call(Method::PATCH, &path, Some(change), Repeat::Never).await
    }

    pub async fn rename_session(&self, session: &str, title: &str) -> Result<Value, Error> {
        let (path, body) = (format!("/session/{session}"), json!({ "title": title }));
        self.call(Method::PATCH, &path, Some(&body), Repeat::Safe).await
    }

    /// Replaces all rules of a session by a single rule that means [no rules](no_rules).
    ///
    /// The engine only ever adds rules, and denies the subagents of a session for ever what it once denied the session.
    /// But the list of tools of a prompt replaces all rules. So this stores a prompt without running it, and removes it
    /// again; nothing else of it stays.
    ///
    /// # Errors
    ///
    /// When the server refuses (the session is busy).
    pub async fn take_rules_away(&self, session: &str, passing: PassingMessage<'_>) -> Result<(), Error> {
        // Without a model and an agent the engine would set its defaults for the session.
        let body = without_nulls(json!({
            "messageID": passing.message_id,
            "noReply": true,
            "tools": { NO_TOOL: false },
            "parts": [{
                "id": passing.part_id,
                "type": "text",
                "text": "(no message)",
                "synthetic": true,
                "ignored": true,
            }],
            "model": passing.model,
            "agent": passing.agent,
            "variant": passing.variant,
        }));
        let _: Value = self
            .post(&format!("/session/{session}/message"), &body, Repeat::Identified)
            .await?;
        let _: Value = self
            .delete(&format!("/session/{session}/message/{}", passing.message_id))
            .await?;
        Ok(())
    }

    /// Copies a session, up to but excluding the message `before` if given. The copy belongs to the client's directory, and
    /// has another title and no rules.
    ///
    /// Sent once: a repeated request would create a second copy.
    pub async fn fork_session<T: DeserializeOwned>(&self, session: &str, before: Option<&str>) -> Result<T, Error> {
        let body = before.map_or_else(|| json!({}), |message| json!({ "messageID": message }));
        self.post_long(&format!("/session/{session}/fork"), &body, Repeat::Never)
            .await
    }

    /// Reverts a message and all later messages, in the conversation and in the files.
    ///
    /// # Errors
    ///
    /// When the server refuses (the session is busy).
    pub async fn revert_session(&self, session: &str, message: &str) -> Result<Value, Error> {
        let (path, body) = (format!("/session/{session}/revert"), json!({ "messageID": message }));
        self.post_long(&path, &body, Repeat::Never).await
    }

    /// Undoes a revert.
    ///
    /// # Errors
    ///
    /// When the server refuses (the session is busy).
    pub async fn unrevert_session(&self, session: &str) -> Result<Value, Error> {
        self.post_long(&format!("/session/{session}/unrevert"), &json!({}), Repeat::Never)
            .await
    }

    /// Publishes a session.
    ///
    /// # Errors
    ///
    /// When the server refuses (the publishing service is unreachable).
    pub async fn share_session(&self, session: &str) -> Result<Value, Error> {
        self.post(&format!("/session/{session}/share"), &json!({}), Repeat::Never)
            .await
    }

    pub async fn unshare_session(&self, session: &str) -> Result<Value, Error> {
        self.delete(&format!("/session/{session}/share")).await
    }

    /// Deletes a session and its subagents' sessions.
    pub async fn delete_session(&self, session: &str) -> Result<(), Error> {
        let _: Value = self.delete(&format!("/session/{session}")).await?;
        Ok(())
    }

    /// The engine's project of the client's directory: its id and the root of its working tree.
    ///
    /// # Errors
    ///
    /// When the configuration is broken.
    pub async fn current_project(&self) -> Result<Value, Error> {
        self.get("/project/current").await
    }

    /// Replays the events of a session that the engine does not have, in the order of their `seq`. The engine checks
    /// each event against its own schema.
    ///
    /// # Errors
    ///
    /// When one of them is not what the engine expects.
    pub async fn replay(&self, directory: &str, events: &[Value]) -> Result<(), Error> {
        let body = json!({ "directory": directory, "events": events });
        let _: Value = self.post_long("/sync/replay", &body, Repeat::Never).await?;
        Ok(())
    }
}
