//! The engine's private temporary directory.
//!
//! ```text
//! <TMPDIR>/opencode-rs.XXXXXXXXXX/   mode 0700
//!     lock                           locked by the guard for as long as it lives
//!     tmp/                           what the engine and its commands see as TMPDIR
//! ```
//!
//! The lock is the kernel's, so a directory whose lock can be taken belongs to a guard that was killed, and the next
//! guard removes it.

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::support::lock::Lock;
use crate::support::private_directory::{self, LETTERS, PREFIX};
use crate::support::state_file;

/// A younger directory is left alone: between creating and locking it there is a moment.
const YOUNG: Duration = Duration::from_secs(60);

/// A private temporary directory, to be removed by [`Temporary::remove`].
#[derive(Debug)]
pub(super) struct Temporary {
    root: PathBuf,
    _lock: File,
}

impl Temporary {
    pub(super) fn create(base: &Path) -> io::Result<Self> {
        let root = private_directory::create(base)?;
        let lock = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(root.path().join("lock"))?;
        // A file system without locks: nobody will be able to take the lock either, so nothing is removed wrongly.
        let _ = lock.try_lock();
        DirBuilder::new().mode(0o700).create(root.path().join("tmp"))?;
        Ok(Self {
            root: root.keep(),
            _lock: lock,
        })
    }

    /// What the engine gets as `TMPDIR`.
    pub(super) fn path(&self) -> PathBuf {
        self.root.join("tmp")
    }

    /// Removes it with everything inside.
    pub(super) fn remove(&self) {
        remove_tree(&self.root);
    }
}

/// Whether a private directory has such a name.
pub(in crate::server) fn is_name(name: &str) -> bool {
    name.strip_prefix(PREFIX)
        .is_some_and(|rest| rest.len() == LETTERS && rest.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

/// What is named in `base` as if it were private.
pub(in crate::server) fn named(base: &Path) -> impl Iterator<Item = PathBuf> {
    state_file::entries(base)
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(PREFIX))
        .map(|entry| entry.path())
}

/// Takes the lock of a directory whose guard was killed. `None` when its guard may live; `Some(None)` when the guard was
/// killed before it made the file, or while it removed the directory.
#[expect(clippy::option_option, reason = "without a lock a directory may be stale too")]
pub(in crate::server) fn lock_if_stale(root: &Path) -> Option<Option<Lock>> {
    // `symlink_metadata`: a link somewhere else is not a directory of ours.
    let metadata = fs::symlink_metadata(root).ok()?;
    if !is_private_directory(&metadata) || !is_older_than(&metadata, YOUNG) {
        return None;
    }
    match Lock::try_acquire_existing(&root.join("lock")) {
        Ok(lock) => lock.map(Some),
        Err(error) => (error.kind() == io::ErrorKind::NotFound).then_some(None),
    }
}

/// Whether it is a directory of this user's, for nobody else.
pub fn is_private_directory(metadata: &Metadata) -> bool {
    metadata.is_dir() && metadata.uid() == rustix::process::geteuid().as_raw() && metadata.mode().trailing_zeros() >= 6
}

/// Whether a file or a directory was changed longer ago than `age`.
pub fn is_older_than(metadata: &Metadata, age: Duration) -> bool {
    let modified = metadata.modified().ok();
    modified.and_then(|modified| SystemTime::now().duration_since(modified).ok()) > Some(age)
}

/// Removes a tree, also one with directories that their owner may not write (as Go's module cache has).
pub(in crate::server) fn remove_tree(root: &Path) {
    if fs::remove_dir_all(root).is_err() {
        make_writable(root);
        let _ = fs::remove_dir_all(root);
    }
}

fn make_writable(directory: &Path) {
    let _ = fs::set_permissions(directory, Permissions::from_mode(0o700));
    for entry in state_file::entries(directory) {
        // The type of the entry itself: links are not followed.
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            make_writable(&entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::strays::remove_stale;

    fn age(path: &Path) {
        let old = SystemTime::now() - 2 * YOUNG;
        File::open(path).unwrap().set_modified(old).unwrap();
    }

    #[test]
    fn it_is_for_the_owner_alone_and_leaves_nothing() {
        let base = tempfile::tempdir().unwrap();
        let temporary = Temporary::create(base.path()).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o777;
        assert_eq!((mode(&temporary.root), mode(&temporary.path())), (0o700, 0o700));
        let sealed = temporary.path().join("sealed");
        fs::create_dir(&sealed).unwrap();
        fs::write(sealed.join("file"), "x").unwrap();
        fs::set_permissions(&sealed, Permissions::from_mode(0o500)).unwrap();
        temporary.remove();
        assert_eq!(fs::read_dir(base.path()).unwrap().count(), 0);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_a_guard_left_that_was_killed_just_now_ends() {
        let base = tempfile::tempdir().unwrap();
        let dead = Temporary::create(base.path()).unwrap();
        let mut left = std::process::Command::new("sleep")
            .arg("1000")
            .env("TMPDIR", dead.path())
            .env("OPENCODE", "1")
            .spawn()
            .unwrap();
        remove_stale(base.path());
        assert!(left.try_wait().unwrap().is_none(), "its guard lives");
        let root = dead.root.clone();
        drop(dead);
        remove_stale(base.path());
        assert!(!left.wait().unwrap().success());
        assert!(!root.exists());
    }

    #[test]
    fn only_directories_of_dead_guards_are_stale() {
        let base = tempfile::tempdir().unwrap();
        let living = Temporary::create(base.path()).unwrap();
        let dead = Temporary::create(base.path()).unwrap().root;
        let just_made = Temporary::create(base.path()).unwrap().root;
        let open_to_all = Temporary::create(base.path()).unwrap().root;
        fs::set_permissions(&open_to_all, Permissions::from_mode(0o755)).unwrap();
        let elsewhere = base.path().join("elsewhere");
        fs::create_dir(&elsewhere).unwrap();
        let link = base.path().join("opencode-rs.link");
        std::os::unix::fs::symlink(&elsewhere, &link).unwrap();
        for path in [&living.root, &dead, &open_to_all, &elsewhere] {
            age(path);
        }
        let sweeper = Temporary::create(base.path()).unwrap();
        remove_stale(base.path());
        let mut left: Vec<_> = fs::read_dir(base.path())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        left.sort();
        let mut expected = vec![living.root, just_made, open_to_all, elsewhere, link, sweeper.root];
        expected.sort();
        assert_eq!(left, expected);
    }
}
