//! A path as text, and with its links followed.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

/// Symbolic links in a row before we stop believing that there is an end.
const MOST_LINKS: usize = 40;

/// A path with forward slashes.
pub(super) fn slashed(path: &Path) -> String {
    let text = path.to_string_lossy();
    if cfg!(windows) {
        text.replace('\\', "/")
    } else {
        text.into_owned()
    }
}

/// A path without `.` and `..`, by its text alone.
pub(crate) fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                normal.pop();
            }
            other => normal.push(other),
        }
    }
    normal
}

/// A path with symbolic links followed, as far as it exists. None when that does not end, may not be seen, or depends on
/// who looks.
pub(super) fn follow(path: &Path) -> Option<PathBuf> {
    enum PathStep {
        Up,
        Down(OsString),
    }
    /// Puts the steps of a path before those that are left; an absolute one starts anew.
    fn go(path: &Path, real: &mut PathBuf, steps: &mut VecDeque<PathStep>) {
        let mut ahead = Vec::new();
        for component in path.components() {
            match component {
                Component::Prefix(_) => *real = PathBuf::from(component.as_os_str()),
                // `push` of a root replaces what was there.
                Component::RootDir => real.push(component.as_os_str()),
                Component::CurDir => {}
                Component::ParentDir => ahead.push(PathStep::Up),
                Component::Normal(name) => ahead.push(PathStep::Down(name.to_owned())),
            }
        }
        for step in ahead.into_iter().rev() {
            steps.push_front(step);
        }
    }
    let mut real = PathBuf::new();
    let mut steps = VecDeque::new();
    let mut links = 0;
    go(path, &mut real, &mut steps);
    while let Some(step) = steps.pop_front() {
        let there = match step {
            PathStep::Up => {
                real.pop();
                continue;
            }
            PathStep::Down(name) => real.join(name),
        };
        match std::fs::symlink_metadata(&there) {
            Ok(metadata) if metadata.is_symlink() => {
                links += 1;
                if links > MOST_LINKS || there.starts_with("/proc") {
                    return None;
                }
                go(&std::fs::read_link(&there).ok()?, &mut real, &mut steps);
            }
            Ok(_) => real = there,
            Err(error) => match error.kind() {
                ErrorKind::NotFound | ErrorKind::NotADirectory => real = there,
                _ => return None,
            },
        }
    }
    Some(real)
}
