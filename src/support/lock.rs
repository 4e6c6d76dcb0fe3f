//! Locks between processes.
//!
//! A lock is the kernel's (`flock` and its like), so it is gone when its holder is, however that one ended.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;

use super::atomic_file::{Access, create_directory};

/// A held lock. Dropping it releases it; the lock file stays, until [`remove_unless_held`] removes it.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock if it is free.
    ///
    /// # Errors
    ///
    /// When the lock file cannot be opened or the file system has no locks.
    pub fn try_acquire(path: &Path) -> io::Result<Option<Self>> {
        loop {
            let file = open(path)?;
            match file.try_lock() {
                Ok(()) if is_at(&file, path) => return Ok(Some(Self { _file: file })),
                // The file was removed between the two calls, so this lock protects nothing.
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Ok(None),
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
    }

    /// Takes the lock, waiting for its holder; `waiting` is called once if there is one.
    ///
    /// # Errors
    ///
    /// When the lock file cannot be opened or the file system has no locks.
    pub fn acquire(path: &Path, waiting: impl FnOnce()) -> io::Result<Self> {
        let mut waiting = Some(waiting);
        loop {
            let file = open(path)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    if let Some(waiting) = waiting.take() {
                        waiting();
                    }
                    file.lock()?;
                }
                Err(TryLockError::Error(error)) => return Err(error),
            }
            if is_at(&file, path) {
                return Ok(Self { _file: file });
            }
        }
    }
}

/// Removes the file of a lock that is free. A process that opened the file before notices that it was removed.
pub fn remove_unless_held(path: &Path) {
    if let Ok(file) = File::open(path)
        && file.try_lock().is_ok()
        && is_at(&file, path)
    {
        let _ = std::fs::remove_file(path);
    }
}

/// Whether this is the file that the path leads to.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    match (file.metadata(), std::fs::metadata(path)) {
        (Ok(ours), Ok(there)) => (ours.dev(), ours.ino()) == (there.dev(), there.ino()),
        _ => false,
    }
}

/// An open file cannot be removed here.
#[cfg(not(unix))]
fn is_at(_: &File, _: &Path) -> bool {
    true
}

fn open(path: &Path) -> io::Result<File> {
    if let Some(parent) = path.parent() {
        create_directory(parent, Access::Private)?;
    }
    OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .read(true)
        .open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_held_lock_stays_and_one_that_was_removed_is_no_lock() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.lock");
        let held = Lock::try_acquire(&path).unwrap();
        assert!(held.is_some());
        assert!(Lock::try_acquire(&path).unwrap().is_none());
        remove_unless_held(&path);
        assert!(path.exists());
        drop(held);
        let opened_before = open(&path).unwrap();
        remove_unless_held(&path);
        assert!(!path.exists());
        assert!(!is_at(&opened_before, &path));
        assert!(Lock::try_acquire(&path).unwrap().is_some());
    }
}
