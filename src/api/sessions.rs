//! The calls that manage conversations. Documents of the engine pass as they are, since an export holds them whole.

use std::collections::HashSet;
use std::fmt::Write as _;

use serde_json::{Value, json};

use super::error::Error;
use super::transport::{Client, Repeat};

/// Messages of one page. A page with the largest messages that there are is still an answer of seconds.
const MESSAGES: usize = 50;
const SESSIONS: usize = 500;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SessionFilter {
    /// Only those of this directory.
    pub directory: Option<String>,
    /// Only those whose title holds this, in whatever case.
    pub search: Option<String>,
    /// Those that a subagent works in, too.
    pub children: bool,
    /// Those that were put away, too.
    pub archived: bool,
    /// At most so many.
    pub limit: Option<usize>,
}

impl Client {
    /// The sessions of all directories that the filter lets through, the newest update first.
    ///
    /// # Errors
    ///
    /// When it is refused, or there is no answer.
    pub async fn sessions(&self, filter: &SessionFilter) -> Result<Vec<Value>, Error> {
        let mut all: Vec<Value> = Vec::new();
        let mut cursor: Option<u64> = None;
        let mut seen = HashSet::new();
        loop {
            let mut path = format!("/experimental/session?limit={SESSIONS}");
            let mut parameter = |name: &str, value: &str| {
                let value = percent_encoding::utf8_percent_encode(value, percent_encoding::NON_ALPHANUMERIC);
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
            let is_last = page.len() < SESSIONS;
            let end = page.last().and_then(|session| session["time"]["updated"].as_u64());
            let mut is_news = false;
            for session in page {
                // The next page begins with the millisecond in which the last one ended, for there may be more of it.
                if !seen.insert(session["id"].as_str().unwrap_or_default().to_owned()) {
                    continue;
                }
                is_news = true;
                // Here and not in the query, where the engine takes it for the directory to work in, and decodes it twice.
                if filter
                    .directory
                    .as_ref()
                    .is_none_or(|directory| session["directory"] == **directory)
                {
                    all.push(session);
                }
                if filter.limit == Some(all.len()) {
                    return Ok(all);
                }
            }
            if is_last || !is_news || end.is_none() {
                return Ok(all);
            }
            cursor = end.map(|end| end + 1);
        }
    }

    /// A session, as the engine describes it.
    ///
    /// # Errors
    ///
    /// When there is none with this id, or there is no answer.
    pub async fn session_document(&self, session: &str) -> Result<Value, Error> {
        self.get(&format!("/session/{session}")).await
    }

    /// All messages of a session with their parts, the oldest first, read page by page.
    ///
    /// # Errors
    ///
    /// When it is refused, or there is no answer.
    pub async fn message_documents(&self, session: &str) -> Result<Vec<Value>, Error> {
        let mut pages: Vec<Vec<Value>> = Vec::new();
        let mut before = String::new();
        loop {
            let path = format!("/session/{session}/message?limit={MESSAGES}{before}");
            let (page, cursor): (Vec<Value>, _) = self.get_with_header(&path, "x-next-cursor").await?;
            pages.push(page);
            match cursor {
                Some(cursor) => {
                    let cursor = percent_encoding::utf8_percent_encode(&cursor, percent_encoding::NON_ALPHANUMERIC);
                    before = format!("&before={cursor}");
                }
                None => return Ok(pages.into_iter().rev().flatten().collect()),
            }
        }
    }

    /// The list of things to do of a session.
    ///
    /// # Errors
    ///
    /// When it is refused, or there is no answer.
    pub async fn todo_documents(&self, session: &str) -> Result<Vec<Value>, Error> {
        self.get(&format!("/session/{session}/todo")).await
    }

    /// Gives a session another title.
    ///
    /// # Errors
    ///
    /// When it is refused, or there is no answer.
    pub async fn rename_session(&self, session: &str, title: &str) -> Result<Value, Error> {
        self.patch(&format!("/session/{session}"), &json!({ "title": title }), Repeat::Safe)
            .await
    }

    /// Copies a session, up to but without the message `before` where one is named. The copy is a session of the
    /// client's directory.
    ///
    /// # Errors
    ///
    /// When it is refused, or there is no answer.
    pub async fn fork_session(&self, session: &str, before: Option<&str>) -> Result<Value, Error> {
        let body = before.map_or_else(|| json!({}), |message| json!({ "messageID": message }));
        self.post_once(&format!("/session/{session}/fork"), &body).await
    }

    /// Takes back a message and all that came after it, in the conversation and in the files.
    ///
    /// # Errors
    ///
    /// When it is refused (the session is at work), or there is no answer.
    pub async fn revert_session(&self, session: &str, message: &str) -> Result<Value, Error> {
        self.post_once(&format!("/session/{session}/revert"), &json!({ "messageID": message }))
            .await
    }

    /// Takes a revert back.
    ///
    /// # Errors
    ///
    /// When it is refused (the session is at work), or there is no answer.
    pub async fn unrevert_session(&self, session: &str) -> Result<Value, Error> {
        self.post_once(&format!("/session/{session}/unrevert"), &json!({}))
            .await
    }

    /// Publishes a session.
    ///
    /// # Errors
    ///
    /// When it is refused (there is no way to the place where it is published), or there is no answer.
    pub async fn share_session(&self, session: &str) -> Result<Value, Error> {
        self.post(&format!("/session/{session}/share"), &json!({}), Repeat::Never)
            .await
    }

    /// Takes a published session back.
    ///
    /// # Errors
    ///
    /// When it is refused, or there is no answer.
    pub async fn unshare_session(&self, session: &str) -> Result<Value, Error> {
        self.delete(&format!("/session/{session}/share")).await
    }

    /// What the engine calls the project of the client's directory: its id and the root of its working tree.
    ///
    /// # Errors
    ///
    /// When the configuration is broken, or there is no answer.
    pub async fn current_project(&self) -> Result<Value, Error> {
        self.get("/project/current").await
    }

    /// Stores what happened in a session that the engine does not know, event by event in the order of their `seq`. It
    /// checks each against its own schema.
    ///
    /// # Errors
    ///
    /// When one of them is not what the engine expects, or there is no answer.
    pub async fn replay(&self, directory: &str, events: &[Value]) -> Result<(), Error> {
        let body = json!({ "directory": directory, "events": events });
        let _: Value = self.post_once("/sync/replay", &body).await?;
        Ok(())
    }
}
