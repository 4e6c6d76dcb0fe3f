//! The first start on an empty data directory.
//!
//! The engine creates its database when it is first used, and two that do so at the same moment can kill each other. So
//! the first one goes alone: its start is under a lock until it has answered a request that needs the database. Starts
//! on a data directory that has a database run side by side, without a lock.

use std::io;
use std::path::Path;

use crate::client::{Client, Endpoint};
use crate::support::hexadecimal::digest_of_path;
use crate::support::lock::{Lock, RETRY_PAUSE};

/// The lock for creating `database`; `None` once it exists.
pub(super) async fn lock(database: &Path, state: &Path) -> io::Result<Option<Lock>> {
    let name = digest_of_path(database);
    let path = state.join("locks").join(format!("first-start-{name}.lock"));
    while !database.exists() {
        if let Some(lock) = Lock::try_acquire(&path)? {
            // Its last holder may have made it between the two looks.
            return Ok((!database.exists()).then_some(lock));
        }
        tokio::time::sleep(RETRY_PAUSE).await;
    }
    Ok(None)
}

/// Asks the server something that needs the database and waits for an answer, whatever it says.
pub(super) async fn touch(endpoint: &Endpoint, directory: &Path) {
    let answer = match Client::new(endpoint.clone(), Some(directory)) {
        Ok(client) => client.open_directory().await,
        Err(error) => Err(error),
    };
    if let Err(error) = answer {
        tracing::debug!(%error, "the first request of a new data directory was refused");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_second_first_start_waits_until_the_database_is_there() {
        let base = tempfile::tempdir().unwrap();
        let (database, state) = (base.path().join("opencode.db"), base.path().join("state"));
        let held = lock(&database, &state).await.unwrap();
        assert!(held.is_some());
        let mut second = tokio::spawn({
            let (database, state) = (database.clone(), state.clone());
            async move { lock(&database, &state).await.unwrap().is_some() }
        });
        tokio::select! {
            _ = &mut second => panic!("two first starts at once"),
            () = tokio::time::sleep(3 * RETRY_PAUSE) => {}
        }
        std::fs::write(&database, "").unwrap();
        drop(held);
        assert!(!second.await.unwrap());
    }
}
