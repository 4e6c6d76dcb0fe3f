//! A session as lists and documents show it.

use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::Serialize;
use serde_json::Value;

use super::RunningCommand;
use crate::connect::rehearsed;
use crate::conversation::KeptSession;
use crate::request::SessionScope;
use crate::support::amounts::age;
use crate::support::timestamp::rfc3339;

/// A session. Fields are added, never renamed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct SessionEntry {
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
    /// Dollars, as the engine counts them.
    pub(super) cost: f64,
    #[serde(skip)]
    pub(super) updated_at: Option<SystemTime>,
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
            cost: session["cost"].as_f64().unwrap_or_default(),
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
                "share_url": "https://x", "reverted": true, "agent": "build", "model": "p/m", "cost": 0.5 })
        );
        assert_eq!(
            entry.notes(),
            ["kept as docs", "subagent", "archived", "shared", "reverted"]
        );
        SessionEntry::new(&json!({ "id": 7, "time": null }), &[]);
    }
}
