//! Locks: one command at a time changes a session, and one command at a time gives a name its first session.
//!
//! The kernel holds the locks, so a lock ends with its holder, however the holder ends. The lock's file contains the
//! holder's process id and is removed with the lock; after taking a lock, a command checks that the file was still in
//! place.

use std::fs;
use std::path::{Path, PathBuf};

use super::kept::encode;
use crate::error::Failure;
use crate::request::BusySession;
use crate::support::hexadecimal::digest_of_path;
use crate::support::lock::Lock;

/// The right to change a session (to prompt, compact, revert or delete it), or to decide which session a name of a
/// directory means. Dropping it releases the lock.
///
/// A command that needs both locks takes that of the name before that of the session.
#[derive(Debug)]
pub struct ConversationLock {
    path: PathBuf,
    _lock: Lock,
}

impl ConversationLock {
    /// Takes the lock of a session. Calls `held` once when another command holds the lock, with that command's process
    /// id if known. Cancel-safe: dropping the future leaves nothing locked.
    ///
    /// # Errors
    ///
    /// When another command holds the lock and `waiting` refuses to wait, or when the file cannot be locked.
    pub async fn of_session(
        state: &Path,
        session_id: &str,
        waiting: BusySession,
        held: impl FnOnce(Option<u32>),
    ) -> Result<Self, Failure> {
        acquire(state, &format!("session-{}.lock", encode(session_id)), waiting, held).await
    }

    /// Takes the lock of a name, like [`Self::of_session`].
    ///
    /// # Errors
    ///
    /// As for [`Self::of_session`].
    pub async fn of_name(
        state: &Path,
        directory: &Path,
        name: &str,
        waiting: BusySession,
        held: impl FnOnce(Option<u32>),
    ) -> Result<Self, Failure> {
        let file = format!("name-{}-{}.lock", digest_of_path(directory), encode(name));
        acquire(state, &file, waiting, held).await
    }
}

impl Drop for ConversationLock {
    fn drop(&mut self) {
        // Removed while still locked: a command that has opened the file meanwhile sees that it is gone.
        if cfg!(unix) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

async fn acquire(
    state: &Path,
    file: &str,
    waiting: BusySession,
    held: impl FnOnce(Option<u32>),
) -> Result<ConversationLock, Failure> {
    let path = state.join("locks").join(file);
    let cannot = |error: std::io::Error| {
        Failure::failed(format!("cannot lock the conversation with `{}`", path.display()))
            .caused_by(&error)
            .hint("make the directory writable, or set `XDG_STATE_HOME`")
    };
    let mut lock = match Lock::try_acquire(&path).map_err(cannot)? {
        Some(lock) => lock,
        None if waiting == BusySession::Refused => return Err(busy(holder(&path))),
        None => {
            let waiting = || held(holder(&path));
            Lock::acquire_when_free(&path, waiting).await.map_err(cannot)?
        }
    };
    lock.write(&format!("{}\n", std::process::id())).map_err(cannot)?;
    Ok(ConversationLock { path, _lock: lock })
}

/// The process id of the holder, if known. On systems with mandatory locks the file cannot be read.
fn holder(path: &Path) -> Option<u32> {
    fs::read_to_string(path).ok()?.trim().parse().ok()
}

fn busy(holder: Option<u32>) -> Failure {
    let process = holder.map(|pid| format!(" (process {pid})")).unwrap_or_default();
    Failure::failed(format!(
        "cannot continue this conversation: another command is using it{process}"
    ))
    .hint("leave out `--no-wait` to wait for it")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::FailureKind;
    use crate::support::atomic_file::{Access, create_directory};

    async fn session(state: &Path, waiting: BusySession) -> Result<ConversationLock, Failure> {
        ConversationLock::of_session(state, "ses_1", waiting, |_| {}).await
    }

    #[tokio::test]
    async fn the_second_one_waits_and_is_told_for_whom() {
        let state = tempfile::tempdir().unwrap();
        let first = session(state.path(), BusySession::Allowed).await.unwrap();
        let (told, mut telling) = tokio::sync::mpsc::unbounded_channel();
        let second = ConversationLock::of_session(state.path(), "ses_1", BusySession::Allowed, |holder| {
            told.send(holder).unwrap();
        });
        tokio::pin!(second);
        let holder = tokio::select! {
            _ = &mut second => panic!("two hold the lock"),
            holder = telling.recv() => holder.unwrap(),
        };
        assert_eq!(holder, Some(std::process::id()));
        // The lock of another session is free.
        ConversationLock::of_session(state.path(), "ses_2", BusySession::Refused, |_| panic!("it is free"))
            .await
            .unwrap();
        drop(first);
        let second = second.await.unwrap();
        assert!(session(state.path(), BusySession::Refused).await.is_err());
        drop(second);
        assert!(telling.try_recv().is_err(), "it is said once");
        assert!(session(state.path(), BusySession::Refused).await.is_ok());
    }

    #[tokio::test]
    async fn who_must_not_wait_fails_and_learns_how_to() {
        let state = tempfile::tempdir().unwrap();
        let _first = session(state.path(), BusySession::Allowed).await.unwrap();
        let failure = session(state.path(), BusySession::Refused).await.unwrap_err();
        assert_eq!(
            (failure.kind, failure.message, failure.hints),
            (
                FailureKind::Failed,
                format!(
                    "cannot continue this conversation: another command is using it (process {})",
                    std::process::id()
                ),
                vec!["leave out `--no-wait` to wait for it".to_owned()]
            )
        );
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_lock_leaves_no_file_and_one_that_was_left_is_taken_over() {
        let state = tempfile::tempdir().unwrap();
        let left = state.path().join("locks").join("session-ses_1.lock");
        create_directory(left.parent().unwrap(), Access::Private).unwrap();
        fs::write(&left, "4194304000\n").unwrap();
        let lock = session(state.path(), BusySession::Refused).await.unwrap();
        assert_eq!(fs::read_to_string(&left).unwrap(), format!("{}\n", std::process::id()));
        drop(lock);
        assert!(!left.exists());
    }

    #[tokio::test]
    async fn many_at_once_are_never_two_at_a_time() {
        let state = tempfile::tempdir().unwrap();
        let inside = std::sync::atomic::AtomicU32::new(0);
        let one = async || {
            for _ in 0..20 {
                let lock = session(state.path(), BusySession::Allowed).await.unwrap();
                assert_eq!(inside.fetch_add(1, std::sync::atomic::Ordering::SeqCst), 0);
                tokio::task::yield_now().await;
                inside.fetch_sub(1, std::sync::atomic::Ordering::SeqCst);
                drop(lock);
            }
        };
        tokio::join!(one(), one(), one(), one());
    }
}
