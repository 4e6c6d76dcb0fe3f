//! The first start on an empty data directory.
//!
//! The engine creates its database when it is first used, and two that do so at the same moment can kill each other. So
//! the first one goes alone: its start is under a lock until it has answered a request that needs the database. Starts
//! on a data directory that has a database run side by side, without a lock.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::api::{Client, Endpoint};
use crate::context::Environment;
use crate::support::hexadecimal::hexadecimal;
use crate::support::lock::Lock;

/// How often a lock that somebody holds is tried again.
const TRY_AGAIN: Duration = Duration::from_millis(50);

/// The database that an engine with this environment will use, if it is a file in a known place.
pub(super) fn database(environment: &BTreeMap<OsString, OsString>, home: &Path) -> Option<PathBuf> {
    let path = |name: &str| environment.get(OsStr::new(name)).filter(|value| !value.is_empty());
    let data = path("XDG_DATA_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(Path::new(path("HOME")?).join(".local/share")))
        .unwrap_or_else(|| home.join(".local/share"))
        .join("opencode");
    match path("OPENCODE_DB") {
        Some(name) if name == ":memory:" => None,
        Some(name) => Some(data.join(name)),
        None => Some(data.join("opencode.db")),
    }
}

/// The database that an engine of a user with this environment has, if it is a file in a known place.
pub fn database_of(environment: &Environment, home: &Path) -> Option<PathBuf> {
    let variables = environment
        .iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    database(&variables, home)
}

/// The lock for creating `database`; `None` once it exists.
pub(super) async fn lock(database: &Path, state: &Path) -> io::Result<Option<Lock>> {
    let digest = Sha256::digest(database.as_os_str().as_encoded_bytes());
    let name = hexadecimal(&digest[..8]);
    let path = state.join("locks").join(format!("first-start-{name}.lock"));
    while !database.exists() {
        if let Some(lock) = Lock::try_acquire(&path)? {
            // Its last holder may have made it between the two looks.
            return Ok((!database.exists()).then_some(lock));
        }
        tokio::time::sleep(TRY_AGAIN).await;
    }
    Ok(None)
}

/// Asks the server something that needs the database and waits for an answer, whatever it says.
pub(super) async fn touch(endpoint: &Endpoint, directory: &Path) {
    let answer = match Client::new(endpoint.clone(), Some(directory)) {
        Ok(client) => client.get::<Value>("/path").await,
        Err(error) => Err(error),
    };
    if let Err(error) = answer {
        tracing::debug!(%error, "the first request of a new data directory was refused");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_database_is_where_the_engine_looks_for_it() {
        let home = Path::new("/home/fallback");
        let find = |pairs: &[(&str, &str)]| {
            let environment = pairs.iter().map(|(name, value)| (name.into(), value.into())).collect();
            database(&environment, home)
        };
        let expect = |path: &str| Some(PathBuf::from(path));
        assert_eq!(find(&[]), expect("/home/fallback/.local/share/opencode/opencode.db"));
        assert_eq!(find(&[("HOME", "/h")]), expect("/h/.local/share/opencode/opencode.db"));
        assert_eq!(
            find(&[("HOME", "/h"), ("XDG_DATA_HOME", "/d")]),
            expect("/d/opencode/opencode.db")
        );
        assert_eq!(
            find(&[("XDG_DATA_HOME", "/d"), ("OPENCODE_DB", "my.db")]),
            expect("/d/opencode/my.db")
        );
        assert_eq!(
            find(&[("XDG_DATA_HOME", "/d"), ("OPENCODE_DB", "/e/my.db")]),
            expect("/e/my.db")
        );
        assert_eq!(find(&[("OPENCODE_DB", ":memory:")]), None);
    }

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
            () = tokio::time::sleep(3 * TRY_AGAIN) => {}
        }
        std::fs::write(&database, "").unwrap();
        drop(held);
        assert!(!second.await.unwrap());
    }
}
