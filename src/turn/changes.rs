//! Files that changed, and by how many lines.
//!
//! Two sources: the engine's own comparison of the directory before and after (`diff`), which includes the effects of
//! shell commands and needs git and snapshots; and the calls of editing tools, which are always available and include
//! nothing else. Invariants: a number comes from the engine or follows from the written text; an unknown number is
//! `None`.

use std::collections::HashSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::client::types::{FileDiff, Part, PermissionAsk};
use crate::request::{Word as _, words};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ChangeStatus {
    /// The file did not exist before.
    Added,
    /// The file existed before, with other contents.
    Modified,
    /// The file does not exist any more.
    Deleted,
}

words! {
    ChangeStatus: Added = "added", Modified = "modified", Deleted = "deleted";
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FileChange {
    /// The path; absolute when the engine reports it so.
    pub path: String,
    /// Null where the engine does not say.
    pub status: Option<ChangeStatus>,
    pub additions: Option<u64>,
    pub deletions: Option<u64>,
}

/// All changes of a turn, in the order in which the files first changed.
#[derive(Debug, Default)]
pub(super) struct TurnChanges {
    files: Vec<FileChange>,
    /// Files in the engine's own comparison, which overrides the tool calls.
    compared: HashSet<String>,
    /// Calls that write what a file holds already.
    idle_calls: HashSet<String>,
}

impl TurnChanges {
    /// The changes known so far.
    pub(super) fn files(&self) -> &[FileChange] {
        &self.files
    }

    /// Files that changed between two of the engine's snapshots.
    pub(super) fn compared(&self) -> impl Iterator<Item = &str> {
        self.compared.iter().map(String::as_str)
    }

    /// Takes a permission request, in which the engine compares the file with what the call will write.
    pub(super) fn asked(&mut self, ask: &PermissionAsk) {
        let diff = ask.metadata.get("diff").and_then(Value::as_str);
        match diff.is_some_and(|diff| !diff.is_empty() && !diff.contains("\n@@")) {
            true => self.idle_calls.insert(ask.tool.call_id.clone()),
            false => self.idle_calls.remove(&ask.tool.call_id),
        };
    }

    /// Takes a completed tool call; returns the files that it changed, as they are known now.
    pub(super) fn tool(&mut self, part: &Part) -> Vec<FileChange> {
        let whole = written_lines(part);
        let is_idle = self.idle_calls.contains(&part.call_id);
        let changes = |edit: &FileChange| {
            let counts = (edit.additions, edit.deletions);
            edit.status != Some(ChangeStatus::Modified) || !(is_idle || counts == (Some(0), Some(0)))
        };
        edits_of(part)
            .into_iter()
            .filter(changes)
            .filter_map(|edit| self.take(edit, whole))
            .collect()
    }

    /// Takes a file of a patch part; returns the file when it is new.
    pub(super) fn patched(&mut self, path: &str) -> Option<FileChange> {
        self.compared.insert(path.to_owned());
        if self.files.iter().any(|file| file.path == path) {
            return None;
        }
        let file = FileChange::new(path.to_owned(), None, None, None);
        self.files.push(file.clone());
        Some(file)
    }

    /// Takes the engine's comparison, and makes its paths absolute with `root`. The comparison may come in pieces, a
    /// piece for each prompt of the turn.
    pub(super) fn conclude(&mut self, root: &str, diffs: &[FileDiff]) {
        let mut compared: Vec<FileChange> = Vec::new();
        for diff in diffs {
            let status = ChangeStatus::of_word(&diff.status);
            let change = FileChange::new(absolute(root, &diff.file), status, diff.additions, diff.deletions);
            match compared.iter_mut().find(|known| known.path == change.path) {
                None => compared.push(change),
                Some(known) => known.then(&change),
            }
        }
        // Keep what tools wrote and the comparison cannot see, such as a file that git ignores. A file that the
        // comparison can see and does not list is unchanged.
        let listed = |path: &str| compared.iter().any(|file| file.path == path);
        let others: Vec<FileChange> = self
            .files
            .iter()
            .filter(|file| !listed(&file.path) && !self.compared.contains(&file.path))
            .cloned()
            .collect();
        compared.extend(others);
        compared.sort_by(|a, b| a.path.cmp(&b.path));
        self.files = compared;
    }

    /// Records an edit. `whole`: the number of lines that the file has now, if known.
    fn take(&mut self, edit: FileChange, whole: Option<u64>) -> Option<FileChange> {
        let Some(position) = self.files.iter().position(|file| file.path == edit.path) else {
            self.files.push(edit.clone());
            return Some(edit);
        };
        let file = &mut self.files[position];
        if file.status == Some(ChangeStatus::Added) && edit.status == Some(ChangeStatus::Deleted) {
            // The later change undid the earlier change.
            self.files.remove(position);
            return Some(edit);
        }
        file.then(&edit);
        if file.status == Some(ChangeStatus::Added) && whole.is_some() {
            file.additions = whole;
        }
        Some(file.clone())
    }
}

impl FileChange {
    fn new(path: String, status: Option<ChangeStatus>, additions: Option<u64>, deletions: Option<u64>) -> Self {
        Self {
            path,
            status,
            additions,
            deletions,
        }
    }

    /// Merges a later change of the same file.
    fn then(&mut self, later: &Self) {
        let sum = |a: Option<u64>, b: Option<u64>| Some(a?.saturating_add(b?));
        if self.status == Some(ChangeStatus::Added) && later.status != Some(ChangeStatus::Deleted) {
            // In a new file all lines are additions, however often it was written.
            self.additions = if later.status == Some(ChangeStatus::Added) {
                later.additions
            } else {
                sum(self.additions, later.additions).and_then(|sum| sum.checked_sub(later.deletions?))
            };
            return;
        }
        self.additions = sum(self.additions, later.additions);
        self.deletions = sum(self.deletions, later.deletions);
        self.status = match (self.status, later.status) {
            (Some(ChangeStatus::Deleted), Some(ChangeStatus::Added)) => Some(ChangeStatus::Modified),
            (_, Some(later)) => Some(later),
            (earlier, None) => earlier,
        };
    }
}

/// The changes of a completed call, from its arguments and from the engine's metadata.
fn edits_of(part: &Part) -> Vec<FileChange> {
    let state = &part.state;
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    let typed = text(&state.input, "filePath");
    match part.tool.as_str() {
        "write" => {
            let Some(path) = text(&state.metadata, "filepath").or(typed) else {
                return Vec::new();
            };
            let existed = state.metadata.get("exists").and_then(Value::as_bool);
            // The engine does not report the old contents of an overwritten file.
            let lines = written_lines(part).filter(|_| existed == Some(false));
            let status = match existed {
                Some(true) => Some(ChangeStatus::Modified),
                Some(false) => Some(ChangeStatus::Added),
                None => None,
            };
            vec![FileChange::new(path, status, lines, lines.map(|_| 0))]
        }
        "edit" => {
            let diff = state.metadata.get("filediff").unwrap_or(&Value::Null);
            let number = |key: &str| diff.get(key).and_then(Value::as_u64);
            let Some(path) = text(diff, "file").or(typed) else {
                return Vec::new();
            };
            let (additions, deletions) = (number("additions"), number("deletions"));
            vec![FileChange::new(
                path,
                Some(ChangeStatus::Modified),
                additions,
                deletions,
            )]
        }
        "apply_patch" => {
            let files = state.metadata.get("files").and_then(Value::as_array);
            files
                .into_iter()
                .flatten()
                .filter_map(|file| serde_json::from_value(file.clone()).ok())
                .flat_map(Patched::changes)
                .collect()
        }
        _ => Vec::new(),
    }
}

/// A file in the metadata of `apply_patch`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Patched {
    file_path: String,
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    additions: Option<u64>,
    #[serde(default)]
    deletions: Option<u64>,
    #[serde(default)]
    move_path: Option<String>,
}

impl Patched {
    fn changes(self) -> Vec<FileChange> {
        let change = |path, status, additions, deletions| FileChange::new(path, Some(status), additions, deletions);
        let (path, added, deleted) = (self.file_path, self.additions, self.deletions);
        match (self.kind.as_str(), self.move_path) {
            // The engine does not report the length of the moved file.
            ("move", Some(to)) => vec![
                change(path, ChangeStatus::Deleted, None, None),
                change(to, ChangeStatus::Added, None, None),
            ],
            ("add", _) => vec![change(path, ChangeStatus::Added, added, Some(0))],
            ("delete", _) => vec![change(path, ChangeStatus::Deleted, Some(0), deleted)],
            _ => vec![change(path, ChangeStatus::Modified, added, deleted)],
        }
    }
}

/// The number of lines of a file that a call wrote as a whole.
fn written_lines(part: &Part) -> Option<u64> {
    let content = part.state.input.get("content").and_then(Value::as_str);
    content
        .filter(|_| part.tool == "write")
        .map(|content| content.lines().count() as u64)
}

fn absolute(root: &str, path: &str) -> String {
    let is_absolute = path.starts_with('/') || path.get(1..3).is_some_and(|drive| matches!(drive, ":\\" | ":/"));
    if is_absolute || root.is_empty() {
        path.to_owned()
    } else {
        format!("{}/{path}", root.trim_end_matches('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn part(tool: &str, input: Value, metadata: Value) -> Part {
        serde_json::from_value(json!({
            "id": "prt_1", "messageID": "msg_1", "sessionID": "ses_1", "type": "tool", "tool": tool, "callID": "call_1",
            "state": {"status": "completed", "input": input, "metadata": metadata},
        }))
        .unwrap()
    }

    fn write(path: &str, content: &str, exists: bool) -> Part {
        part(
            "write",
            json!({"filePath": "typed", "content": content}),
            json!({"filepath": path, "exists": exists}),
        )
    }

    fn edit(path: &str, additions: u64, deletions: u64) -> Part {
        part(
            "edit",
            json!({"filePath": "typed"}),
            json!({"filediff": {"file": path, "additions": additions, "deletions": deletions}}),
        )
    }

    fn change(path: &str, status: ChangeStatus, additions: Option<u64>, deletions: Option<u64>) -> FileChange {
        FileChange {
            path: path.to_owned(),
            status: Some(status),
            additions,
            deletions,
        }
    }

    fn after(parts: &[Part]) -> Vec<FileChange> {
        let mut changes = TurnChanges::default();
        for part in parts {
            changes.tool(part);
        }
        changes.files
    }

    fn diff(file: &str, status: &str, additions: u64, deletions: u64) -> FileDiff {
        serde_json::from_value(json!({
            "file": file, "status": status, "additions": additions, "deletions": deletions,
        }))
        .unwrap()
    }

    #[test]
    fn edits_of_one_file_add_up() {
        assert_eq!(
            after(&[edit("/p/a", 2, 1), edit("/p/b", 1, 0), edit("/p/a", 3, 4)]),
            [
                change("/p/a", ChangeStatus::Modified, Some(5), Some(5)),
                change("/p/b", ChangeStatus::Modified, Some(1), Some(0)),
            ]
        );
    }

    #[test]
    fn all_lines_of_a_new_file_are_new() {
        assert_eq!(
            after(&[write("/p/a", "1\n2\n3\n", false), edit("/p/a", 2, 1)]),
            [change("/p/a", ChangeStatus::Added, Some(4), Some(0))]
        );
    }

    #[test]
    fn a_new_file_that_is_written_again_is_as_long_as_it_is_now() {
        assert_eq!(
            after(&[write("/p/a", "1\n2\n", false), write("/p/a", "1\n2\n3", true)]),
            [change("/p/a", ChangeStatus::Added, Some(3), Some(0))]
        );
    }

    #[test]
    fn how_much_an_overwritten_file_changed_is_not_known() {
        assert_eq!(
            after(&[write("/p/a", "1\n", true)]),
            [change("/p/a", ChangeStatus::Modified, None, None)]
        );
        assert_eq!(
            after(&[edit("/p/a", 1, 1), write("/p/a", "1\n", true)]),
            [change("/p/a", ChangeStatus::Modified, None, None)]
        );
    }

    #[test]
    fn a_patch_changes_several_files() {
        let files = json!([
            {"filePath": "/p/new", "type": "add", "additions": 2, "deletions": 0},
            {"filePath": "/p/old", "type": "update", "additions": 1, "deletions": 1},
            {"filePath": "/p/gone", "type": "delete", "additions": 0, "deletions": 7},
            {"filePath": "/p/from", "type": "move", "movePath": "/p/to", "additions": 1, "deletions": 0},
            {"unreadable": true},
        ]);
        let patch = part("apply_patch", json!({}), json!({"files": files}));
        assert_eq!(
            after(&[patch]),
            [
                change("/p/new", ChangeStatus::Added, Some(2), Some(0)),
                change("/p/old", ChangeStatus::Modified, Some(1), Some(1)),
                change("/p/gone", ChangeStatus::Deleted, Some(0), Some(7)),
                change("/p/from", ChangeStatus::Deleted, None, None),
                change("/p/to", ChangeStatus::Added, None, None),
            ]
        );
    }

    #[test]
    fn a_file_that_was_made_and_removed_did_not_change() {
        let removal = part(
            "apply_patch",
            json!({}),
            json!({"files": [{"filePath": "/p/a", "type": "delete", "deletions": 1}]}),
        );
        assert_eq!(after(&[write("/p/a", "1\n", false), removal]), []);
    }

    #[test]
    fn tools_that_look_change_nothing() {
        assert_eq!(
            after(&[part("read", json!({"filePath": "/p/a"}), json!({"filepath": "/p/a"}))]),
            []
        );
    }

    #[test]
    fn the_engines_comparison_decides_where_it_looks() {
        let mut changes = TurnChanges::default();
        changes.tool(&edit("/p/kept", 1, 1));
        changes.tool(&edit("/p/reverted", 1, 1));
        changes.tool(&write("/p/ignored.log", "1\n", false));
        for path in ["/p/kept", "/p/reverted", "/p/by-shell"] {
            changes.patched(path);
        }
        changes.conclude(
            "/p/",
            &[diff("kept", "modified", 9, 8), diff("by-shell", "deleted", 0, 3)],
        );
        assert_eq!(
            changes.files(),
            [
                change("/p/by-shell", ChangeStatus::Deleted, Some(0), Some(3)),
                change("/p/ignored.log", ChangeStatus::Added, Some(1), Some(0)),
                change("/p/kept", ChangeStatus::Modified, Some(9), Some(8)),
            ]
        );
    }

    #[test]
    fn comparisons_of_several_prompts_are_put_together() {
        let mut changes = TurnChanges::default();
        changes.conclude(
            "/p",
            &[
                diff("a", "added", 3, 0),
                diff("b", "deleted", 0, 2),
                diff("a", "modified", 2, 1),
                diff("b", "added", 5, 0),
                diff("/elsewhere", "new-word", 1, 1),
            ],
        );
        assert_eq!(
            changes.files(),
            [
                FileChange {
                    path: "/elsewhere".to_owned(),
                    status: None,
                    additions: Some(1),
                    deletions: Some(1),
                },
                change("/p/a", ChangeStatus::Added, Some(4), Some(0)),
                change("/p/b", ChangeStatus::Modified, Some(5), Some(2)),
            ]
        );
    }
}
