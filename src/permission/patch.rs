//! Patches in the form that `apply_patch` takes, as unified diffs.
//!
//! ```text
//! *** Begin Patch
//! *** Update File: src/a.rs
//! *** Move to: src/b.rs
//! @@ fn main() {
//!  kept
//! -removed
//! +added
//! *** Add File: c.txt
//! +text
//! *** Delete File: d.txt
//! *** End Patch
//! ```

use std::fmt::Write as _;

use super::diff::{Now, created, removed, shown, unified};

/// One file of a patch.
#[derive(Debug, PartialEq, Eq)]
enum Change<'a> {
    Add {
        path: &'a str,
        lines: Vec<&'a str>,
    },
    Delete {
        path: &'a str,
    },
    Update {
        path: &'a str,
        to: &'a str,
        chunks: Vec<PatchHunk<'a>>,
    },
}

/// Lines that are found in a file and replaced.
#[derive(Debug, Default, PartialEq, Eq)]
struct PatchHunk<'a> {
    /// A line that comes somewhere before.
    after: Option<&'a str>,
    lines: Vec<&'a str>,
}

/// The unified diff of a patch; none when it changes no file that can be named.
pub(super) fn proposed(patch: &str, now: impl Fn(&str) -> Now) -> Option<String> {
    let changes = read(patch);
    if changes.is_empty() {
        return None;
    }
    Some(changes.iter().map(|change| of_change(change, &now)).collect())
}

fn of_change(change: &Change<'_>, now: impl Fn(&str) -> Now) -> String {
    match change {
        Change::Add { path, lines } => {
            let mut content = lines.join("\n");
            if !content.is_empty() {
                content.push('\n');
            }
            match now(path) {
                Now::Text(before) => unified(path, path, &before, &content),
                Now::Missing | Now::Other => created(path, &content),
            }
        }
        Change::Delete { path } => match now(path) {
            Now::Text(before) => removed(path, &before),
            Now::Missing | Now::Other => format!("--- {}\n+++ /dev/null\n", shown(path)),
        },
        Change::Update { path, to, chunks } => {
            let after = match now(path) {
                Now::Text(before) => applied(&before, chunks).map(|after| unified(path, to, &before, &after)),
                Now::Missing | Now::Other => None,
            };
            after.unwrap_or_else(|| as_written(path, to, chunks))
        }
    }
}

fn read(patch: &str) -> Vec<Change<'_>> {
    let mut changes = Vec::new();
    for line in patch.lines() {
        if let Some(path) = line.strip_prefix("*** Add File: ") {
            changes.push(Change::Add {
                path: path.trim(),
                lines: Vec::new(),
            });
        } else if let Some(path) = line.strip_prefix("*** Delete File: ") {
            changes.push(Change::Delete { path: path.trim() });
        } else if let Some(path) = line.strip_prefix("*** Update File: ") {
            changes.push(Change::Update {
                path: path.trim(),
                to: path.trim(),
                chunks: Vec::new(),
            });
        } else if line.trim() == "*** End Patch" {
            break;
        } else {
            match changes.last_mut() {
                Some(Change::Add { lines, .. }) => lines.extend(line.strip_prefix('+')),
                Some(Change::Update { to, chunks, .. }) => update(line, to, chunks),
                Some(Change::Delete { .. }) | None => {}
            }
        }
    }
    changes
}

fn update<'a>(line: &'a str, to: &mut &'a str, chunks: &mut Vec<PatchHunk<'a>>) {
    if let Some(path) = line.strip_prefix("*** Move to: ") {
        *to = path.trim();
    } else if let Some(after) = line.strip_prefix("@@") {
        chunks.push(PatchHunk {
            after: Some(after.trim()).filter(|after| !after.is_empty()),
            lines: Vec::new(),
        });
    } else if line.starts_with([' ', '+', '-']) || line.is_empty() {
        if chunks.is_empty() {
            chunks.push(PatchHunk::default());
        }
        if let Some(chunk) = chunks.last_mut() {
            chunk.lines.push(line);
        }
    }
}

/// The text with all chunks replaced; none when one is not found.
fn applied(before: &str, chunks: &[PatchHunk<'_>]) -> Option<String> {
    let lines: Vec<&str> = before.lines().collect();
    let mut after: Vec<&str> = Vec::with_capacity(lines.len());
    let mut at = 0;
    for chunk in chunks {
        let mut from = at;
        if let Some(line) = chunk.after {
            from += lines[from..].iter().position(|candidate| candidate.trim() == line)? + 1;
        }
        let old = side(&chunk.lines, '-');
        let found = if old.is_empty() {
            // Nothing to find: it goes after the line that was named, or to the end.
            if chunk.after.is_some() { from } else { lines.len() }
        } else {
            from + find(&lines[from..], &old)?
        };
        after.extend(&lines[at..found]);
        after.extend(side(&chunk.lines, '+'));
        at = found + old.len();
    }
    after.extend(&lines[at..]);
    let mut text = after.join("\n");
    if !text.is_empty() {
        text.push('\n');
    }
    Some(text)
}

/// Where `old` begins: exactly, else with other space at the ends of lines.
fn find(lines: &[&str], old: &[&str]) -> Option<usize> {
    let same = |trim: fn(&str) -> &str| {
        lines
            .windows(old.len())
            .position(|window| window.iter().zip(old).all(|(line, wanted)| trim(line) == trim(wanted)))
    };
    same(|line| line)
        .or_else(|| same(str::trim_end))
        .or_else(|| same(str::trim))
}

/// The lines that are there before (`-`) or after (`+`).
fn side<'a>(lines: &[&'a str], sign: char) -> Vec<&'a str> {
    lines
        .iter()
        .filter_map(|line| match line.chars().next() {
            None => Some(""),
            Some(' ') => Some(&line[1..]),
            Some(first) if first == sign => Some(&line[1..]),
            _ => None,
        })
        .collect()
}

/// The chunks as they stand in the patch, for a file in which they were not found.
fn as_written(path: &str, to: &str, chunks: &[PatchHunk<'_>]) -> String {
    let mut diff = format!("--- {}\n+++ {}\n", shown(path), shown(to));
    for chunk in chunks {
        let old = side(&chunk.lines, '-').len();
        let new = side(&chunk.lines, '+').len();
        let _ = writeln!(diff, "@@ -0,{old} +0,{new} @@ {}", chunk.after.unwrap_or_default());
        for line in &chunk.lines {
            let _ = writeln!(diff, "{}", if line.is_empty() { " " } else { line });
        }
    }
    diff
}

#[cfg(test)]
mod tests {
    use super::*;

    fn diff(patch: &str) -> Option<String> {
        proposed(patch, |path| match path {
            "a.rs" => Now::Text("fn one() {\n    1\n}\nfn two() {\n    1\n}\n".to_owned()),
            "b.txt" => Now::Text("b\n".to_owned()),
            _ => Now::Missing,
        })
    }

    #[test]
    fn a_patch_becomes_a_diff_against_the_files() {
        let patch = "*** Begin Patch\n*** Update File: a.rs\n*** Move to: c.rs\n@@ fn two() {\n-    1\n+    2\n }\n\
            *** Add File: new.txt\n+hello\n+there\n*** Delete File: b.txt\n*** End Patch\n";
        assert_eq!(
            diff(patch).unwrap(),
            "--- a.rs\n+++ c.rs\n@@ -2,5 +2,5 @@\n     1\n }\n fn two() {\n-    1\n+    2\n }\n\
             --- /dev/null\n+++ new.txt\n@@ -0,0 +1,2 @@\n+hello\n+there\n\
             --- b.txt\n+++ /dev/null\n@@ -1 +0,0 @@\n-b\n"
        );
    }

    #[test]
    fn a_chunk_that_is_not_found_is_shown_as_it_was_written() {
        let patch = "*** Begin Patch\n*** Update File: a.rs\n@@\n nowhere\n-x\n+y\n*** End Patch";
        assert_eq!(
            diff(patch).unwrap(),
            "--- a.rs\n+++ a.rs\n@@ -0,2 +0,2 @@ \n nowhere\n-x\n+y\n"
        );
    }

    #[test]
    fn what_is_no_patch_has_no_diff() {
        assert_eq!(diff("hello"), None);
        assert_eq!(diff(""), None);
    }
}
