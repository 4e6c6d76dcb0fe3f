//! Makes an exported document a session of this directory, without anything that would take effect by itself here.

use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};

use serde_json::{Map, Value, json};

use super::document::{Transcript, text};
use crate::support::identifier::ascending;

/// Approximate size of a request to the engine, in bytes.
const BATCH_BYTES: usize = 4 * 1024 * 1024;

/// The directory that the conversation will belong to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    pub directory: PathBuf,
    /// The engine's id of the project.
    pub project: String,
    /// The root of the project's working tree.
    pub root: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ids {
    /// Ids are kept: it is the same conversation.
    Kept,
    /// The session keeps its id, its messages get new ids, because another session uses theirs.
    FreshMessages,
    /// All ids are new: a copy.
    Fresh,
}

/// A document that can be stored.
#[derive(Debug)]
pub struct Adopted {
    pub document: Transcript,
    /// The number of dropped notes about changed files, which name files outside the directory.
    pub left_out: usize,
}

impl Transcript {
    pub fn ids(&self) -> Vec<&str> {
        let mut ids = vec![self.id()];
        for message in &self.messages {
            ids.push(message.id());
            ids.extend(message.parts.iter().map(|part| text(part, "id")));
        }
        ids
    }

    /// Makes the document a session of `home`.
    ///
    /// Drops permission rules, the link of a shared session and the parent: here they would allow, publish or hide
    /// something. A file that a revert would write or delete must be in the directory.
    ///
    /// # Errors
    ///
    /// When the operating system has no randomness for new ids.
    pub fn adopt(mut self, home: &Home, ids: Ids) -> Result<Adopted, getrandom::Error> {
        if let Value::Object(info) = &mut self.info {
            for name in ["permission", "share", "parentID", "workspaceID"] {
                info.remove(name);
            }
            complete(info, home);
        }
        if !is_tree(&self.info["revert"]["snapshot"])
            && let Some(Value::Object(revert)) = self.info.get_mut("revert")
        {
            revert.remove("snapshot");
            revert.remove("diff");
        }
        let session = self.id().to_owned();
        let mut left_out = 0;
        for message in &mut self.messages {
            message.info["sessionID"] = json!(session);
            let id = message.id().to_owned();
            let before = message.parts.len();
            message.parts.retain(|part| stays_inside(part, home));
            left_out += before - message.parts.len();
            for part in &mut message.parts {
                part["sessionID"] = json!(session);
                part["messageID"] = json!(id);
                if !is_tree(&part["snapshot"])
                    && let Value::Object(part) = part
                {
                    part.remove("snapshot");
                }
            }
        }
        if ids != Ids::Kept {
            self.rename(ids)?;
        }
        Ok(Adopted {
            document: self,
            left_out,
        })
    }

    /// Gives new ids, which ascend in the order in which the engine lists their objects.
    fn rename(&mut self, ids: Ids) -> Result<(), getrandom::Error> {
        let mut names: HashMap<String, String> = HashMap::new();
        if ids == Ids::Fresh {
            names.insert(self.id().to_owned(), ascending("ses")?);
        }
        let (message_base, part_base) = (ascending("msg")?, ascending("prt")?);
        let mut parts = 0_u64;
        for (index, message) in self.messages.iter().enumerate() {
            names.insert(message.id().to_owned(), format!("{message_base}{index:06x}"));
            for part in &message.parts {
                names.insert(text(part, "id").to_owned(), format!("{part_base}{parts:08x}"));
                parts += 1;
            }
        }
        self.change_strings(&|text| {
            if let Some(name) = names.get(text) {
                text.clone_from(name);
            }
        });
        Ok(())
    }
}

impl Adopted {
    /// The events that make an engine store the document, in batches that fit into a request.
    ///
    /// # Errors
    ///
    /// When the operating system has no randomness for their ids.
    pub fn events(&self) -> Result<Vec<Vec<Value>>, getrandom::Error> {
        let session = self.document.id();
        let base = ascending("evt")?;
        let mut portions: Vec<Vec<Value>> = vec![Vec::new()];
        let (mut count, mut size) = (0_u64, 0);
        let mut add = |kind: &str, data: Value, weight: usize| {
            if size + weight > BATCH_BYTES && size > 0 {
                portions.push(Vec::new());
                size = 0;
            }
            size += weight;
            let event = json!({
                "id": format!("{base}{count:08x}"),
                "aggregateID": session,
                "seq": count,
                "type": kind,
                "data": data,
            });
            count += 1;
            if let Some(portion) = portions.last_mut() {
                portion.push(event);
            }
        };
        add(
            "session.created.1",
            json!({ "sessionID": session, "info": self.document.info }),
            0,
        );
        for message in &self.document.messages {
            let data = json!({ "sessionID": session, "info": message.info });
            add("message.updated.1", data, weight(&message.info));
            for part in &message.parts {
                let data = json!({ "sessionID": session, "part": part, "time": message.info["time"]["created"] });
                add("message.part.updated.1", data, weight(part));
            }
        }
        // Replaying the parts made the engine add their cost again; this restores the values of the session.
        add(
            "session.updated.1",
            json!({ "sessionID": session, "info": self.document.info }),
            0,
        );
        Ok(portions)
    }
}

/// Adds the fields of a session in this directory, and fields that an older engine's export lacks.
fn complete(info: &mut Map<String, Value>, home: &Home) {
    let directory = home.directory.to_string_lossy().into_owned();
    let path = home
        .directory
        .strip_prefix(&home.root)
        .map(|path| path.to_string_lossy().into_owned())
        .unwrap_or_default();
    info.insert("directory".to_owned(), json!(directory));
    info.insert("path".to_owned(), json!(path));
    info.insert("projectID".to_owned(), json!(home.project));
    let created = info["time"]["created"].clone();
    let id = info.get("id").cloned().unwrap_or_default();
    for (name, value) in [
        ("title", json!("imported session")),
        ("slug", id),
        ("version", json!("0")),
        ("cost", json!(0)),
        (
            "tokens",
            json!({ "input": 0, "output": 0, "reasoning": 0, "cache": { "read": 0, "write": 0 } }),
        ),
    ] {
        info.entry(name.to_owned()).or_insert(value);
    }
    if info["time"].get("updated").is_none() {
        info["time"]["updated"] = created;
    }
}

/// Whether a note about changed files may stay. A revert writes or deletes the files in the note.
fn stays_inside(part: &Value, home: &Home) -> bool {
    if text(part, "type") != "patch" {
        return true;
    }
    let files = part.get("files").and_then(Value::as_array);
    is_tree(&part["hash"])
        && files.is_some_and(|files| {
            files.iter().all(|file| {
                let path = Path::new(file.as_str().unwrap_or_default());
                path.starts_with(&home.directory)
                    && path != home.directory
                    && path
                        .components()
                        .all(|component| !matches!(component, Component::ParentDir) && component.as_os_str() != ".git")
            })
        })
}

/// Whether the value is the name of a git tree; it becomes an argument of git.
fn is_tree(value: &Value) -> bool {
    value
        .as_str()
        .is_some_and(|hash| matches!(hash.len(), 40 | 64) && hash.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn weight(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(values) => values.iter().map(weight).sum(),
        Value::Object(values) => values.iter().map(|(name, value)| name.len() + weight(value)).sum(),
        _ => 8,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TREE: &str = "0123456789012345678901234567890123456789";

    fn home() -> Home {
        Home {
            directory: "/w/p".into(),
            project: "project".to_owned(),
            root: "/w".into(),
        }
    }

    fn document() -> Transcript {
        let patch =
            |id: &str, hash: &str, file: &str| json!({ "id": id, "type": "patch", "hash": hash, "files": [file] });
        Transcript::new(
            json!({ "id": "ses_1", "title": "T", "time": { "created": 1 }, "permission": [{}], "parentID": "ses_0",
                "share": { "url": "u" }, "directory": "/elsewhere",
                "revert": { "messageID": "msg_2", "snapshot": "--output=/etc/passwd", "diff": "d" } }),
            vec![
                json!({ "info": { "id": "msg_1", "role": "user", "time": { "created": 1 } }, "parts": [] }),
                json!({ "info": { "id": "msg_2", "role": "assistant", "parentID": "msg_1", "time": { "created": 2 } },
                "parts": [
                    { "id": "prt_1", "type": "step-start", "snapshot": "-x" },
                    patch("prt_2", TREE, "/w/p/src/a"),
                    patch("prt_3", TREE, "/w/other"),
                    patch("prt_4", TREE, "/w/p/../../etc/passwd"),
                    patch("prt_5", "HEAD", "/w/p/a"),
                    patch("prt_6", TREE, "/w/p/.git/config"),
                ] }),
            ],
        )
    }

    #[test]
    fn nothing_comes_along_that_would_hold_here_by_itself() {
        let adopted = document().adopt(&home(), Ids::Kept).unwrap();
        assert_eq!(adopted.left_out, 4);
        assert_eq!(
            serde_json::to_value(&adopted.document).unwrap(),
            json!({
                "info": { "id": "ses_1", "title": "T", "time": { "created": 1, "updated": 1 }, "directory": "/w/p",
                    "revert": { "messageID": "msg_2" }, "path": "p", "projectID": "project", "slug": "ses_1",
                    "version": "0", "cost": 0,
                    "tokens": { "input": 0, "output": 0, "reasoning": 0, "cache": { "read": 0, "write": 0 } } },
                "messages": [
                    { "info": { "id": "msg_1", "role": "user", "time": { "created": 1 }, "sessionID": "ses_1" },
                        "parts": [] },
                    { "info": { "id": "msg_2", "role": "assistant", "parentID": "msg_1", "time": { "created": 2 },
                            "sessionID": "ses_1" },
                        "parts": [
                            { "id": "prt_1", "type": "step-start", "sessionID": "ses_1", "messageID": "msg_2" },
                            { "id": "prt_2", "type": "patch", "hash": TREE, "files": ["/w/p/src/a"],
                                "sessionID": "ses_1", "messageID": "msg_2" },
                        ] },
                ],
            })
        );
    }

    #[test]
    fn a_copy_has_new_ids_that_still_belong_together() {
        let document = document().adopt(&home(), Ids::Fresh).unwrap().document;
        assert!(document.id() != "ses_1" && document.id().starts_with("ses_"));
        let [first, second] = &document.messages[..] else {
            panic!("two messages")
        };
        assert!(first.id() < second.id());
        assert_eq!(text(&second.info, "parentID"), first.id());
        assert_eq!(text(&document.info["revert"], "messageID"), second.id());
        let parts = &second.parts;
        assert!(text(&parts[0], "id") < text(&parts[1], "id"));
        assert!(
            parts
                .iter()
                .all(|part| text(part, "messageID") == second.id() && text(part, "sessionID") == document.id())
        );
        assert!(document.ids().iter().all(|id| id.len() > 12));
    }

    #[test]
    fn events_are_numbered_through_all_portions() {
        let mut document = document();
        let long = "x".repeat(BATCH_BYTES / 4 * 3);
        for index in 0..3 {
            let mut message = document.messages[0].clone();
            message.info["id"] = json!(format!("msg_9{index}"));
            message.parts = vec![json!({ "id": format!("prt_9{index}"), "type": "text", "text": long })];
            document.messages.push(message);
        }
        let adopted = document.adopt(&home(), Ids::Kept).unwrap();
        let portions = adopted.events().unwrap();
        assert_eq!(portions.len(), 3);
        let numbers: Vec<u64> = portions
            .iter()
            .flatten()
            .map(|event| event["seq"].as_u64().unwrap())
            .collect();
        assert_eq!(numbers, (0..12).collect::<Vec<u64>>());
    }
}
