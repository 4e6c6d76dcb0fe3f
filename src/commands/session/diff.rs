//! `session diff`.

use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::RunningCommand;
use super::edit::position;
use crate::cli::SessionTarget;
use crate::client::types::FileDiff;
use crate::commands::document::{ListDocument, ListItem, write_document};
use crate::commands::{painted, write_stdout};
use crate::error::Failure;
use crate::request::{ListFormat, SchemaName};
use crate::terminal::{Stream, Terminal, sanitize};
use crate::transcript::PromptPositions;

/// The files that changed with a prompt.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::commands) struct PromptChanges {
    /// The number of the prompt.
    prompt: Option<usize>,
    message_id: String,
    files: Vec<FileDiff>,
}

impl ListItem for PromptChanges {
    const LIST: SchemaName = SchemaName::SessionChanges;
}

pub(super) async fn diff(
    call: RunningCommand<'_>,
    target: &SessionTarget,
    message: Option<&str>,
) -> Result<(), Failure> {
    let (_, document) = call.read(target).await?;
    let prompts = PromptPositions::of(&document);
    let visible = document.visible();
    let range = match message {
        Some(message) => prompts.turn(position(&prompts, &document, message)?),
        None => 0..visible.len(),
    };
    // The engine compares for each message in the user's place, and notes with it what it found.
    let changes: Vec<PromptChanges> = range
        .filter_map(|position| {
            let message = &visible[position];
            let files = files(&message.info["summary"]["diffs"]);
            (!files.is_empty()).then(|| PromptChanges {
                prompt: prompts.number(position),
                message_id: message.id().to_owned(),
                files,
            })
        })
        .collect();
    if call.request.output.format == ListFormat::Json {
        return write_document(&ListDocument { items: &changes });
    }
    let text = unified(&changes);
    let terminal = Terminal::of_process(&call.context.environment);
    let color = terminal.color(call.request.output.color, Stream::Stdout);
    if terminal.is_terminal(Stream::Stdout) || color {
        write_stdout(colored(&sanitize(&text), color).as_bytes())?;
    } else {
        write_stdout(text.as_bytes())?;
    }
    if changes.is_empty() {
        call.say("no changes of files are known; the engine notes them in git repositories, with snapshots on");
    }
    Ok(())
}

/// The files of a comparison, by their real names: git has quoted those with unusual characters.
fn files(diffs: &Value) -> Vec<FileDiff> {
    let mut files: Vec<FileDiff> = serde_json::from_value(diffs.clone()).unwrap_or_default();
    for file in &mut files {
        if let Some(name) = unquoted(&file.file) {
            file.file = name;
        }
    }
    files
}

/// What git means by a path in quotes.
fn unquoted(path: &str) -> Option<String> {
    let inner = path.strip_prefix('"')?.strip_suffix('"')?;
    let mut bytes = Vec::with_capacity(inner.len());
    let mut rest = inner.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        bytes.push(match rest.next()? {
            b'a' => 7,
            b'b' => 8,
            b't' => b'\t',
            b'n' => b'\n',
            b'v' => 11,
            b'f' => 12,
            b'r' => b'\r',
            digit @ b'0'..=b'3' => {
                let mut value = digit - b'0';
                for _ in 0..2 {
                    let digit = rest.next().filter(|digit| matches!(digit, b'0'..=b'7'))?;
                    value = value * 8 + (digit - b'0');
                }
                value
            }
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

/// The patches, one after the other, as `git apply` takes them.
fn unified(changes: &[PromptChanges]) -> String {
    let mut text = String::new();
    for file in changes.iter().flat_map(|changes| &changes.files) {
        let (name, hunks) = (file.file.as_str(), hunks(&file.patch));
        let (before, after) = (quoted("a/", name), quoted("b/", name));
        let (old, new, mode) = match file.status.as_str() {
            "added" => ("/dev/null", after.as_str(), "new file mode 100644\n"),
            "deleted" => (before.as_str(), "/dev/null", "deleted file mode 100644\n"),
            _ => (before.as_str(), after.as_str(), ""),
        };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "diff --git {before} {after}");
        text.push_str(mode);
        if !hunks.is_empty() {
            let _ = write!(text, "--- {old}\n+++ {new}\n{hunks}");
            if !text.ends_with('\n') {
                text.push('\n');
            }
        }
    }
    text
}

/// A patch without its head, which every maker of patches writes in a way of its own.
fn hunks(patch: &str) -> &str {
    if patch.starts_with("@@ ") {
        return patch;
    }
    patch.find("\n@@ ").map_or("", |at| &patch[at + 1..])
}

/// A path as git writes it: in quotes where it holds what would end it, or begin another line.
fn quoted(side: &str, path: &str) -> String {
    let is_plain = |c: char| !c.is_control() && !matches!(c, '"' | '\\');
    if path.chars().all(is_plain) {
        return format!("{side}{path}");
    }
    let mut text = format!("\"{side}");
    for c in path.chars() {
        match c {
            '"' | '\\' => text.extend(['\\', c]),
            '\n' => text.push_str("\\n"),
            '\t' => text.push_str("\\t"),
            c if c.is_control() => {
                let mut buffer = [0; 4];
                for byte in c.encode_utf8(&mut buffer).bytes() {
                    // Writing to a string cannot fail.
                    let _ = write!(text, "\\{byte:03o}");
                }
            }
            c => text.push(c),
        }
    }
    text.push('"');
    text
}

fn colored(text: &str, color: bool) -> String {
    let mut shown = String::with_capacity(text.len() + text.len() / 8);
    for line in text.lines() {
        let code = match line.as_bytes() {
            [b'd', b'i', b'f', b'f', ..] | [b'-', b'-', b'-', b' ', ..] | [b'+', b'+', b'+', b' ', ..] => "1",
            [b'@', b'@', ..] => "36",
            [b'+', ..] => "32",
            [b'-', ..] => "31",
            _ => "",
        };
        shown.push_str(&painted(color && !code.is_empty(), code, line));
        shown.push('\n');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_git_quotes_are_read() {
        assert_eq!(
            unquoted(r#""caf\303\251 \"x\"\n\\.txt""#).as_deref(),
            Some("café \"x\"\n\\.txt")
        );
        assert_eq!(unquoted("plain.txt"), None);
        assert_eq!(unquoted(r#""broken\3""#), None);
    }

    #[test]
    fn patches_become_what_git_applies() {
        let files = [
            (
                "a.txt",
                "modified",
                "Index: a.txt\n===\n--- a.txt\n+++ a.txt\n@@ -1 +1 @@\n-x\n+y\n",
            ),
            ("new", "added", "--- new\n+++ new\n@@ -0,0 +1 @@\n+y"),
            ("x\n\"@@ \u{1b}", "modified", "--- x\n+++ x\n@@ -1 +1 @@\n-x\n+y\n"),
            ("empty", "deleted", ""),
        ];
        let file = |(file, status, patch): (&str, &str, &str)| FileDiff {
            file: file.to_owned(),
            status: status.to_owned(),
            patch: patch.to_owned(),
            ..FileDiff::default()
        };
        let changes = [PromptChanges {
            prompt: Some(1),
            message_id: "msg_1".to_owned(),
            files: files.map(file).to_vec(),
        }];
        let text = unified(&changes);
        assert_eq!(
            text,
            "diff --git a/a.txt b/a.txt\n--- a/a.txt\n+++ b/a.txt\n@@ -1 +1 @@\n-x\n+y\n\
             diff --git a/new b/new\nnew file mode 100644\n--- /dev/null\n+++ b/new\n@@ -0,0 +1 @@\n+y\n\
             diff --git \"a/x\\n\\\"@@ \\033\" \"b/x\\n\\\"@@ \\033\"\n--- \"a/x\\n\\\"@@ \\033\"\n\
             +++ \"b/x\\n\\\"@@ \\033\"\n@@ -1 +1 @@\n-x\n+y\n\
             diff --git a/empty b/empty\ndeleted file mode 100644\n"
        );
        let colored = colored("+y\n-x\n c\n@@ -1 +1 @@\n", true);
        assert_eq!(
            colored,
            "\u{1b}[32m+y\u{1b}[0m\n\u{1b}[31m-x\u{1b}[0m\n c\n\u{1b}[36m@@ -1 +1 @@\u{1b}[0m\n"
        );
    }
}
