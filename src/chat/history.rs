//! The history of typed entries in a directory.
//!
//! In: our state directory and the agent's directory. Out: entries, oldest first. Invariants: only the owner can read
//! the file (0600 in a directory of mode 0700); an entry that begins with a space is not stored; an invalid line is
//! ignored; several dialogs can add entries at once, because each adds a whole line.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::support::atomic_file::{self, Access};
use crate::support::hexadecimal::digest_of_path;
use crate::support::state_file;

pub(super) const CAPACITY: usize = 1_000;
/// Limit of a stored entry, in bytes.
const MAX_BYTES: usize = 16 * 1024;

#[derive(Debug)]
pub struct History {
    path: PathBuf,
    last: Option<String>,
}

impl History {
    /// The history of `directory` (absolute, canonical) below our state directory. Reads nothing yet.
    pub fn of(state: &Path, directory: &Path) -> Self {
        Self {
            path: state.join("history").join(digest_of_path(directory)),
            last: None,
        }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The newest entries, oldest first. Truncates a long file.
    ///
    /// # Errors
    ///
    /// When the file exists but cannot be read.
    pub fn load(&mut self) -> io::Result<Vec<String>> {
        let text = match state_file::read(&self.path) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut entries: Vec<String> = text
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect();
        if entries.len() > 2 * CAPACITY {
            entries.drain(..entries.len() - CAPACITY);
            let lines: String = entries.iter().map(|entry| line_of(entry)).collect();
            atomic_file::write(&self.path, lines.as_bytes(), Access::Private)?;
        }
        entries.drain(..entries.len().saturating_sub(CAPACITY));
        self.last = entries.last().cloned();
        Ok(entries)
    }

    /// Adds an entry, unless it begins with a space, repeats the previous entry, or is too long.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub fn add(&mut self, entry: &str) -> io::Result<()> {
        let is_wanted = !entry.starts_with(char::is_whitespace)
            && !entry.is_empty()
            && entry.len() <= MAX_BYTES
            && self.last.as_deref() != Some(entry);
        if !is_wanted {
            return Ok(());
        }
        if let Some(directory) = self.path.parent() {
            atomic_file::create_directory(directory, Access::Private)?;
        }
        let mut options = OpenOptions::new();
        options.append(true).create(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt as _;
            options.mode(0o600);
        }
        let mut file = state_file::opened(&mut options, &self.path)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            // Also restores the mode of an existing file.
            file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
        }
        file.write_all(line_of(entry).as_bytes())?;
        self.last = Some(entry.to_owned());
        Ok(())
    }
}

/// An entry as a line: a JSON string, because entries may have several lines.
fn line_of(entry: &str) -> String {
    let mut line = serde_json::Value::from(entry).to_string();
    line.push('\n');
    line
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn entries_come_back_with_their_lines_and_without_what_was_meant_to_be_forgotten() {
        let state = tempfile::tempdir().unwrap();
        let mut history = History::of(state.path(), Path::new("/project"));
        assert_eq!(history.load().unwrap(), Vec::<String>::new());
        for entry in ["one", "two\nlines", "two\nlines", " secret", "", "\"three\""] {
            history.add(entry).unwrap();
        }
        history.add(&"x".repeat(MAX_BYTES + 1)).unwrap();
        let mut again = History::of(state.path(), Path::new("/project"));
        assert_eq!(again.load().unwrap(), ["one", "two\nlines", "\"three\""]);
        assert_eq!(
            History::of(state.path(), Path::new("/other")).load().unwrap(),
            Vec::<String>::new()
        );
    }

    #[test]
    fn a_damaged_line_is_left_out_and_a_long_file_is_cut() {
        let state = tempfile::tempdir().unwrap();
        let mut history = History::of(state.path(), Path::new("/project"));
        history.add("first").unwrap();
        let mut text = "garbage\n".to_owned();
        for number in 0..=2 * CAPACITY {
            text.push_str(&line_of(&number.to_string()));
        }
        fs::write(history.path(), text).unwrap();
        let entries = history.load().unwrap();
        assert_eq!(entries.len(), CAPACITY);
        assert_eq!(entries.last().map(String::as_str), Some("2000"));
        assert_eq!(fs::read_to_string(history.path()).unwrap().lines().count(), CAPACITY);
    }

    #[cfg(unix)]
    #[test]
    fn the_file_is_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let state = tempfile::tempdir().unwrap();
        let mut history = History::of(state.path(), Path::new("/project"));
        history.add("one").unwrap();
        fs::set_permissions(history.path(), fs::Permissions::from_mode(0o644)).unwrap();
        history.add("two").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(history.path()), 0o600);
        assert_eq!(mode(history.path().parent().unwrap()), 0o700);
    }
}
