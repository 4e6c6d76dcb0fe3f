//! A session as lists and documents show it.

use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::RunningCommand;
use crate::commands::document::{CommandDocument, ListItem};
use crate::connect::rehearsed;
use crate::conversation::KeptSession;
use crate::request::{SchemaName, SessionScope};
use crate::support::amounts::age;
use crate::support::timestamp::rfc3339;
use crate::turn::decimal;

/// A session.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(in crate::commands) struct SessionEntry {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) directory: String,
    /// RFC 3339, in UTC.
    pub(super) created: Option<String>,
    /// RFC 3339, in UTC: when something happened in it last.
    pub(super) updated: Option<String>,
    /// The session whose subagent works in it.
    pub(super) parent_id: Option<String>,
    /// The name that it is kept under.
    pub(super) name: Option<String>,
    /// Whether it was put away.
    pub(super) archived: bool,
    /// Where it can be read by everybody.
    pub(super) share_url: Option<String>,
    /// Whether its last messages are undone for now.
    pub(super) reverted: bool,
    /// The agent that was used last.
    pub(super) agent: Option<String>,
    /// The model that was used last, `provider/model`.
    pub(super) model: Option<String>,
    /// Dollars, as the engine counts them, as a decimal text such as `0.0123`.
    pub(super) cost_usd: String,
    #[serde(skip)]
    pub(super) updated_at: Option<SystemTime>,
}

impl ListItem for SessionEntry {
    const LIST: SchemaName = SchemaName::Sessions;
}

impl CommandDocument for SessionEntry {
    const TYPE: SchemaName = SchemaName::Session;
}

impl SessionEntry {
    /// The fields of a session that a list shows.
    pub(super) fn new(session: &Value, kept: &[KeptSession]) -> Self {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let id = text(&session["id"]).unwrap_or_default();
        let updated_at = moment(&session["time"]["updated"]);
        let model = &session["model"];
        Self {
            title: text(&session["title"]).unwrap_or_default(),
            directory: text(&session["directory"]).unwrap_or_default(),
            created: moment(&session["time"]["created"]).map(rfc3339),
            updated: updated_at.map(rfc3339),
            parent_id: text(&session["parentID"]),
            name: kept
                .iter()
                .find(|kept| kept.session_id == id)
                .map(|kept| kept.name.clone()),
            archived: !session["time"]["archived"].is_null(),
            share_url: text(&session["share"]["url"]),
            reverted: !session["revert"].is_null(),
            agent: text(&session["agent"]),
            model: text(&model["providerID"])
                .zip(text(&model["id"]))
                .map(|(provider, model)| format!("{provider}/{model}")),
            cost_usd: decimal(session["cost"].as_f64().unwrap_or_default()),
            updated_at,
            id,
        }
    }

    /// How long nothing has happened in it, in a word.
    pub(super) fn age(&self) -> String {
        let since = self.updated_at.and_then(|updated| updated.elapsed().ok());
        self.updated_at
            .map_or_else(|| "-".to_owned(), |_| age(since.unwrap_or_default()))
    }

    /// The session in a line of a message: id, title, age.
    pub(super) fn described(&self) -> String {
        let title = crate::terminal::one_line(&self.title, 60);
        format!("`{}` {title:?}, {}", self.id, self.age())
    }

    pub(super) fn notes(&self) -> Vec<String> {
        let mut notes: Vec<String> = self.name.iter().map(|name| format!("kept as {name}")).collect();
        for (word, holds) in [
            ("subagent", self.parent_id.is_some()),
            ("archived", self.archived),
            ("shared", self.share_url.is_some()),
            ("reverted", self.reverted),
        ] {
            if holds {
                notes.push(word.to_owned());
            }
        }
        notes
    }
}

/// The document that `session abort` prints.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::commands) struct AbortedSession {
    pub(super) id: String,
    /// Whether it was doing something.
    pub(super) aborted: bool,
}

impl CommandDocument for AbortedSession {
    const TYPE: SchemaName = SchemaName::SessionAbort;
}

/// What `session share` and `session unshare` print.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::commands) struct SharedSession {
    pub(super) id: String,
    /// Where it can be read by everybody; null where it is not shared any more.
    pub(super) share_url: Option<String>,
}

impl CommandDocument for SharedSession {
    const TYPE: SchemaName = SchemaName::SessionShare;
}

/// The document that `session compact` prints.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::commands) struct CompactedSession {
    pub(super) id: String,
    /// The model that wrote the summary, `provider/model`.
    pub(super) model: String,
}

impl CommandDocument for CompactedSession {
    const TYPE: SchemaName = SchemaName::SessionCompact;
}

/// The names that are kept for a directory, or for all. Where they cannot be read, sessions are named in other ways.
pub(super) fn kept_names(call: RunningCommand<'_>, directory: &Path, scope: SessionScope) -> Vec<KeptSession> {
    let state = &rehearsed::names(call.context, &call.request.connect.rehearsal);
    let mut warnings = Vec::new();
    let kept = match scope {
        SessionScope::Directory => KeptSession::list(state, directory, &mut warnings),
        SessionScope::Everywhere => KeptSession::list_all(state, &mut warnings),
    };
    for warning in &warnings {
        call.say(&format!("warning: {warning}"));
    }
    kept.unwrap_or_else(|error| {
        call.say(&format!(
            "warning: cannot read the names of kept conversations: {error}"
        ));
        Vec::new()
    })
}

fn moment(value: &Value) -> Option<SystemTime> {
    UNIX_EPOCH.checked_add(Duration::from_millis(value.as_u64()?))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_entry_has_what_the_engine_says_and_the_kept_name() {
        let kept = [KeptSession::new("/p".as_ref(), "docs", "ses_1")];
        let session = json!({ "id": "ses_1", "title": "T", "directory": "/p", "parentID": "ses_0",
            "time": { "created": 0, "updated": 1000, "archived": 5 }, "share": { "url": "https://x" }, "cost": 0.5,
            "model": { "id": "m", "providerID": "p" }, "agent": "build", "revert": { "messageID": "msg_1" } });
        let entry = SessionEntry::new(&session, &kept);
        assert_eq!(
            serde_json::to_value(&entry).unwrap(),
            json!({ "id": "ses_1", "title": "T", "directory": "/p", "created": "1970-01-01T00:00:00.000Z",
                "updated": "1970-01-01T00:00:01.000Z", "parent_id": "ses_0", "name": "docs", "archived": true,
                "share_url": "https://x", "reverted": true, "agent": "build", "model": "p/m", "cost_usd": "0.5" })
        );
        assert_eq!(
            entry.notes(),
            ["kept as docs", "subagent", "archived", "shared", "reverted"]
        );
        SessionEntry::new(&json!({ "id": 7, "time": null }), &[]);
    }
}
