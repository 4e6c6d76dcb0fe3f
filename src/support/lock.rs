//! Locks between processes.
//!
//! A lock is the kernel's (`flock` and its like), so it is gone when its holder is, however that one ended.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Seek as _, Write as _};
use std::path::Path;
use std::time::Duration;

use super::atomic_file::{Access, create_directory};
use super::output_files::file_id;

/// Pause between two tries of a lock that another process holds. The kernel's own wait cannot be cancelled.
pub const RETRY_PAUSE: Duration = Duration::from_millis(50);

/// A held lock. Dropping it releases it; the lock file stays, until [`remove_unless_held`] removes it.
#[derive(Debug)]
pub struct Lock {
    file: File,
}

impl Drop for Lock {
    fn drop(&mut self) {
        // To close the file is not enough while another thread starts a process: that has a copy until it is the program.
        let _ = self.file.unlock();
    }
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
                Ok(()) if is_at(&file, path) => return Ok(Some(Self { file })),
                // The file was removed between the two calls, so this lock protects nothing.
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Ok(None),
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
    }

    /// Takes the lock of a file that is there, if it is free.
    ///
    /// # Errors
    ///
    /// When the file does not exist, cannot be opened, or the file system has no locks.
    pub fn try_acquire_existing(path: &Path) -> io::Result<Option<Self>> {
        let file = OpenOptions::new().write(true).open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Takes the lock as soon as it is free. Calls `waiting` once when another process holds the lock. Dropping the future
    /// leaves nothing locked.
    ///
    /// # Errors
    ///
    /// As for [`Self::try_acquire`].
    pub async fn acquire_when_free(path: &Path, waiting: impl FnOnce()) -> io::Result<Self> {
        let mut waiting = Some(waiting);
        loop {
            if let Some(lock) = Self::try_acquire(path)? {
                return Ok(lock);
            }
            if let Some(waiting) = waiting.take() {
                waiting();
            }
            tokio::time::sleep(RETRY_PAUSE).await;
        }
    }

    /// Replaces what the lock file says.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub fn write(&mut self, text: &str) -> io::Result<()> {
        self.file.set_len(0)?;
        self.file.rewind()?;
        self.file.write_all(text.as_bytes())
    }

    /// Takes the lock, and blocks the thread while another process holds it.
    ///
    /// # Errors
    ///
    /// As for [`Self::try_acquire`].
    pub fn acquire(path: &Path) -> io::Result<Self> {
        loop {
            let file = open(path)?;
            file.lock()?;
            if is_at(&file, path) {
                return Ok(Self { file });
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

/// Whether this is the file that the path leads to. Where files have no ids, an open file cannot be removed.
fn is_at(file: &File, path: &Path) -> bool {
    match (file.metadata(), std::fs::metadata(path)) {
        (Ok(ours), Ok(there)) => file_id(&ours) == file_id(&there),
        _ => false,
    }
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
