//! Locks between processes.
//!
//! A lock is the kernel's (`flock` and its like), so it is gone when its holder is, however that one ended.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;

use super::atomic_file::{Access, create_directory};

/// A held lock. Dropping it releases it; the lock file stays, since removing it would let two processes hold "the" lock.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock if nobody holds it.
    ///
    /// # Errors
    ///
    /// When the lock file cannot be opened or the file system has no locks.
    pub fn try_acquire(path: &Path) -> io::Result<Option<Self>> {
        let file = open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Takes the lock, waiting for its holder; `waiting` is called once if there is one.
    ///
    /// # Errors
    ///
    /// When the lock file cannot be opened or the file system has no locks.
    pub fn acquire(path: &Path, waiting: impl FnOnce()) -> io::Result<Self> {
        let file = open(path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                waiting();
                file.lock()?;
            }
            Err(TryLockError::Error(error)) => return Err(error),
        }
        Ok(Self { _file: file })
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
