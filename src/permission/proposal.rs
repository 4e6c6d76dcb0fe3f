//! What a call would change, before it changes it.
//!
//! In: a call of a tool that writes. Out: a unified diff against the files as they are now. Invariants:
//! nothing is written, nothing but plain files is opened, and a file that is large or binary has no diff. The engine
//! may be more lenient than we are here (it finds texts whose spaces differ): then the diff is of the two texts alone.

use std::path::Path;

use serde_json::Value;

use super::diff::{Now, created, unified};
use super::patch;
use crate::support::state_file;

/// Larger files are not compared.
const LARGEST: u64 = 1024 * 1024;

/// A unified diff of what a call of `write`, `edit` or `apply_patch` would change; none for other tools, and where
/// nothing can be compared or nothing changes.
pub fn proposed_diff(tool: &str, arguments: &Value, directory: &Path) -> Option<String> {
    let text = |name: &str| arguments.get(name).and_then(Value::as_str);
    let diff = match tool {
        "write" => {
            let path = text("filePath")?;
            written(path, &now(directory, path), text("content")?)?
        }
        "edit" => {
            let path = text("filePath")?;
            let all = arguments.get("replaceAll").and_then(Value::as_bool) == Some(true);
            edited(path, &now(directory, path), text("oldString")?, text("newString")?, all)?
        }
        "apply_patch" => patch::proposed(text("patchText")?, |path| now(directory, path))?,
        _ => return None,
    };
    Some(diff).filter(|diff| !diff.is_empty())
}

fn now(directory: &Path, path: &str) -> Now {
    match state_file::read_foreign(&directory.join(path), LARGEST) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Now::Missing,
        Ok(bytes) if !bytes.contains(&0) => String::from_utf8(bytes).map_or(Now::Other, Now::Text),
        Ok(_) | Err(_) => Now::Other,
    }
}

fn written(path: &str, now: &Now, content: &str) -> Option<String> {
    if content.len() as u64 > LARGEST {
        return None;
    }
    match now {
        Now::Missing => Some(created(path, content)),
        Now::Text(before) => Some(unified(path, path, before, content)),
        Now::Other => None,
    }
}

fn edited(path: &str, now: &Now, old: &str, new: &str, all: bool) -> Option<String> {
    if old.is_empty() {
        return written(path, now, new);
    }
    if old.len().max(new.len()) as u64 > LARGEST {
        return None;
    }
    let Now::Text(before) = now else {
        return Some(unified(path, path, old, new));
    };
    let after = match before.matches(old).take(2).count() {
        1 => before.replacen(old, new, 1),
        2 if all => before.replace(old, new),
        _ => return Some(unified(path, path, old, new)),
    };
    Some(unified(path, path, before, &after))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn directory() -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("a.txt"), "one\ntwo\nthree\n").unwrap();
        std::fs::write(directory.path().join("twice.txt"), "x\ny\nx\n").unwrap();
        std::fs::write(directory.path().join("binary"), b"a\0b").unwrap();
        std::fs::write(directory.path().join("large"), "x".repeat(1024 * 1024 + 1)).unwrap();
        directory
    }

    fn diff(tool: &str, arguments: &Value) -> Option<String> {
        proposed_diff(tool, arguments, directory().path())
    }

    #[test]
    fn a_write_is_compared_with_the_file() {
        assert_eq!(
            diff("write", &json!({"filePath": "a.txt", "content": "one\n2\nthree\n"})).unwrap(),
            "--- a.txt\n+++ a.txt\n@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\n"
        );
        assert_eq!(
            diff("write", &json!({"filePath": "new/b.txt", "content": "b"})).unwrap(),
            "--- /dev/null\n+++ new/b.txt\n@@ -0,0 +1 @@\n+b\n\\ No newline at end of file\n"
        );
        assert_eq!(
            diff("write", &json!({"filePath": "a.txt", "content": "one\ntwo\nthree\n"})),
            None
        );
        assert_eq!(
            diff("write", &json!({"filePath": "empty", "content": ""})).unwrap(),
            "--- /dev/null\n+++ empty\n"
        );
    }

    #[test]
    fn an_edit_is_seen_in_its_file_when_it_is_plain_where_it_goes() {
        let edit = |path: &str, old: &str, all: bool| {
            diff(
                "edit",
                &json!({"filePath": path, "oldString": old, "newString": "z", "replaceAll": all}),
            )
        };
        assert_eq!(
            edit("a.txt", "two", false).unwrap(),
            "--- a.txt\n+++ a.txt\n@@ -1,3 +1,3 @@\n one\n-two\n+z\n three\n"
        );
        assert_eq!(
            edit("twice.txt", "x", true).unwrap(),
            "--- twice.txt\n+++ twice.txt\n@@ -1,3 +1,3 @@\n-x\n+z\n y\n-x\n+z\n"
        );
        let alone = "@@ -1 +1 @@\n-x\n\\ No newline at end of file\n+z\n\\ No newline at end of file\n";
        assert_eq!(
            edit("twice.txt", "x", false).unwrap(),
            format!("--- twice.txt\n+++ twice.txt\n{alone}")
        );
        assert_eq!(
            edit("missing", "x", false).unwrap(),
            format!("--- missing\n+++ missing\n{alone}")
        );
        assert_eq!(
            edit("new.txt", "", false).unwrap().lines().next(),
            Some("--- /dev/null")
        );
    }

    #[test]
    fn what_cannot_be_compared_has_no_diff() {
        for path in ["binary", "large", "."] {
            assert_eq!(
                diff("write", &json!({"filePath": path, "content": "x"})),
                None,
                "{path}"
            );
        }
        assert_eq!(diff("bash", &json!({"command": "ls"})), None);
        assert_eq!(diff("write", &json!({"filePath": 1})), None);
    }

    #[test]
    fn a_path_cannot_begin_a_line_of_the_diff() {
        let diff = diff("write", &json!({"filePath": "a\n+++ b", "content": "x\n"})).unwrap();
        assert_eq!(diff, "--- /dev/null\n+++ a\\n+++ b\n@@ -0,0 +1 @@\n+x\n");
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_is_not_opened() {
        let directory = directory();
        let pipe = directory.path().join("pipe");
        assert!(
            std::process::Command::new("mkfifo")
                .arg(&pipe)
                .status()
                .unwrap()
                .success()
        );
        let arguments = json!({"filePath": "pipe", "content": "x"});
        assert_eq!(proposed_diff("write", &arguments, directory.path()), None);
    }
}
