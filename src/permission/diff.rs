//! Unified diffs of files that may not be there, before or after.

use std::time::Duration;

use similar::TextDiff;

/// After this the diff is a rougher one.
const PATIENCE: Duration = Duration::from_millis(500);
const AROUND: usize = 3;

/// What a file is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Now {
    Missing,
    Text(String),
    /// Large, binary, not a plain file, not readable.
    Other,
}

/// A file that was not there.
pub(super) fn created(path: &str, content: &str) -> String {
    if content.is_empty() {
        return format!("--- /dev/null\n+++ {}\n", shown(path));
    }
    of_texts("/dev/null", &shown(path), "", content)
}

/// A file that will not be there.
pub(super) fn removed(path: &str, before: &str) -> String {
    if before.is_empty() {
        return format!("--- {}\n+++ /dev/null\n", shown(path));
    }
    of_texts(&shown(path), "/dev/null", before, "")
}

/// A file that changes, and perhaps moves.
pub(super) fn unified(from: &str, to: &str, before: &str, after: &str) -> String {
    let diff = of_texts(&shown(from), &shown(to), before, after);
    if diff.is_empty() && from != to {
        return format!("--- {}\n+++ {}\n", shown(from), shown(to));
    }
    diff
}

fn of_texts(from: &str, to: &str, before: &str, after: &str) -> String {
    TextDiff::configure()
        .timeout(PATIENCE)
        .diff_lines(before, after)
        .unified_diff()
        .context_radius(AROUND)
        .header(from, to)
        .to_string()
}

/// A path that stays in its line.
pub(super) fn shown(path: &str) -> String {
    path.replace('\n', "\\n").replace('\r', "\\r")
}
