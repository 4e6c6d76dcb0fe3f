//! Opening the store, and knowing when not to.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use rusqlite::{Connection, OpenFlags};

use super::SessionStore;
use crate::support::names::Names;

/// How long a reader waits where an engine has the whole file to itself. It has that when it starts and changes tables.
const BUSY: Duration = Duration::from_millis(500);

/// What has a meaning in the address of a file.
const ADDRESS: &AsciiSet = &CONTROLS.add(b'%').add(b'?').add(b'#').add(b' ');

/// How a log begins; its last bit says in which order its sums are.
const LOG: u32 = 0x377f_0682;

/// Tables and the columns that are read from them. There may be more.
const EXPECTED: [(&str, Names); 4] = [
    (
        "session",
        Names(
            "id project_id workspace_id parent_id slug directory path title version share_url summary_additions \
             summary_deletions summary_files summary_diffs metadata cost tokens_input tokens_output tokens_reasoning \
             tokens_cache_read tokens_cache_write revert permission agent model time_created time_updated time_compacting \
             time_archived",
        ),
    ),
    ("message", Names("id session_id time_created data")),
    ("part", Names("id message_id session_id data")),
    ("todo", Names("session_id content status priority position")),
];

/// Why the store is not read.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// There is no database, or only an engine can open it without changing a file.
    #[error("`{}` cannot be read without an engine", .0.display())]
    NotAsExpected(PathBuf),
    /// Another version of the engine made it.
    #[error("the engine's store has no column `{0}.{1}`")]
    Schema(&'static str, &'static str),
    /// A value in it is not a JSON document.
    #[error("the engine's store holds a broken document")]
    Document(#[from] serde_json::Error),
    #[error("the engine's store cannot be read")]
    Database(#[from] rusqlite::Error),
}

/// Whether the log beside the database is empty or begins as one does. SQLite would try for ten seconds to make sense of
/// another one.
fn is_log(database: &Path) -> bool {
    let mut magic = [0; 4];
    match File::open(beside(database, "-wal")).and_then(|mut log| log.read(&mut magic)) {
        Ok(0) => true,
        Ok(_) => u32::from_be_bytes(magic) & !1 == LOG,
        Err(_) => false,
    }
}

/// A file that SQLite keeps beside the database.
fn beside(database: &Path, suffix: &str) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// A connection that changes no file, not even those that SQLite keeps beside a database.
///
/// A database whose engine runs, or has ended in whatever way, has an index of its log (`-shm`) beside it. With that
/// file there SQLite can read without writing, and takes part in the engine's locking; without it, it would have to
/// make one. So such a store is left to an engine.
fn connect(database: &Path) -> Result<Connection, Unreadable> {
    if !cfg!(unix)
        || !["", "-wal", "-shm"]
            .iter()
            .all(|suffix| beside(database, suffix).is_file())
        || !is_log(database)
    {
        return Err(Unreadable::NotAsExpected(database.to_path_buf()));
    }
    open(database, "mode=ro&readonly_shm=1")
}

fn open(database: &Path, options: &str) -> Result<Connection, Unreadable> {
    let path = database
        .to_str()
        .ok_or_else(|| Unreadable::NotAsExpected(database.to_path_buf()))?;
    let address = format!("file:{}?{options}", utf8_percent_encode(path, ADDRESS));
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(address, flags)?;
    connection.busy_timeout(BUSY)?;
    // Our statements change nothing; this makes it impossible.
    connection.execute_batch("PRAGMA query_only = 1; BEGIN")?;
    Ok(connection)
}

/// Whether the database may know an account of the engine's service. Any doubt is a yes.
///
/// An account brings configuration from elsewhere, which may name providers that no file here names.
pub fn may_hold_account(database: &Path) -> bool {
    database.exists() && holds_account(database).unwrap_or(true)
}

fn holds_account(database: &Path) -> Result<bool, Unreadable> {
    let connection = if beside(database, "-wal").is_file() {
        connect(database)?
    } else {
        open(database, "immutable=1")?
    };
    let mut tables = connection.prepare("SELECT name FROM sqlite_master WHERE type = 'table'")?;
    let tables: Vec<String> = tables.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    // `account_state` has a row for "nobody", so it says nothing.
    let asked = tables
        .iter()
        .filter(|name| name.contains("account") && *name != "account_state");
    for table in asked {
        let name = table.replace('"', "\"\"");
        if connection.prepare(&format!("SELECT 1 FROM \"{name}\""))?.exists([])? {
            return Ok(true);
        }
    }
    // An engine is making a database that has no tables yet.
    Ok(tables.is_empty())
}

impl SessionStore {
    /// Opens the store for reading.
    ///
    /// # Errors
    ///
    /// When it cannot be read without changing a file, or another version of the engine made it.
    pub fn open(database: &Path) -> Result<Self, Unreadable> {
        let connection = connect(database)?;
        for (table, columns) in EXPECTED {
            let mut statement = connection.prepare("SELECT name FROM pragma_table_info(?1)")?;
            let there: Vec<String> = statement
                .query_map([table], |row| row.get(0))?
                .collect::<Result<_, _>>()?;
            if let Some(column) = columns.iter().find(|column| !there.iter().any(|name| name == column)) {
                return Err(Unreadable::Schema(table, column));
            }
        }
        Ok(Self { connection })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs;

    use super::*;
    use crate::client::types::SessionFilter;

    /// A database as an engine has it, open for writing.
    fn engine(directory: &Path) -> Connection {
        let connection = Connection::open(directory.join("opencode.db")).unwrap();
        connection
            .query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))
            .unwrap();
        for (table, columns) in EXPECTED {
            // Another version may have more.
            let sql = format!(
                "CREATE TABLE {table} ({}, of_tomorrow)",
                columns.iter().collect::<Vec<_>>().join(",")
            );
            connection.execute(&sql, []).unwrap();
        }
        connection
    }

    fn insert(engine: &Connection, id: &str, updated: i64) {
        engine
            .execute(
                "INSERT INTO session (id, slug, directory, title, version, cost, time_created, time_updated) \
                 VALUES (?1, 's', '/p', 'Title of ' || ?1, '1', 0.5, 1, ?2)",
                rusqlite::params![id, updated],
            )
            .unwrap();
    }

    fn files(directory: &Path) -> BTreeMap<String, Vec<u8>> {
        fs::read_dir(directory)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .map(|path| {
                (
                    path.file_name().unwrap().to_string_lossy().into_owned(),
                    fs::read(&path).unwrap(),
                )
            })
            .collect()
    }

    fn ids(store: &SessionStore) -> Vec<String> {
        let sessions = store.sessions(&SessionFilter::default()).unwrap();
        sessions
            .iter()
            .map(|session| session["id"].as_str().unwrap().to_owned())
            .collect()
    }

    #[cfg(unix)]
    #[test]
    fn reading_what_a_killed_engine_left_changes_nothing() {
        let alive = tempfile::tempdir().unwrap();
        let engine = engine(alive.path());
        insert(&engine, "ses_1", 1);
        let left = files(alive.path());
        assert_eq!(
            left.keys().collect::<Vec<_>>(),
            ["opencode.db", "opencode.db-shm", "opencode.db-wal"]
        );
        let dead = tempfile::tempdir().unwrap();
        for (name, contents) in &left {
            fs::write(dead.path().join(name), contents).unwrap();
        }
        let store = SessionStore::open(&dead.path().join("opencode.db")).unwrap();
        assert_eq!(ids(&store), ["ses_1"]);
        drop(store);
        assert!(files(dead.path()) == left, "something was changed");
    }

    #[cfg(unix)]
    #[test]
    fn an_engine_writes_on_while_a_reader_sees_one_moment() {
        let directory = tempfile::tempdir().unwrap();
        let engine = engine(directory.path());
        insert(&engine, "ses_1", 1);
        let path = directory.path().join("opencode.db");
        let store = SessionStore::open(&path).unwrap();
        assert_eq!(ids(&store), ["ses_1"]);
        insert(&engine, "ses_2", 2);
        engine
            .query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))
            .unwrap();
        assert_eq!(ids(&store), ["ses_1"]);
        assert_eq!(ids(&SessionStore::open(&path).unwrap()), ["ses_2", "ses_1"]);
    }

    #[test]
    fn what_only_an_engine_can_open_and_what_another_version_made_is_left_to_it() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("opencode.db");
        assert!(matches!(SessionStore::open(&path), Err(Unreadable::NotAsExpected(_))));
        // An engine that ended well takes the log and its index along.
        drop(engine(directory.path()));
        let before = files(directory.path());
        assert!(matches!(SessionStore::open(&path), Err(Unreadable::NotAsExpected(_))));
        assert!(files(directory.path()) == before, "something was made");
    }

    #[cfg(unix)]
    #[test]
    fn a_missing_column_and_a_file_that_is_no_database_are_noticed() {
        let directory = tempfile::tempdir().unwrap();
        let engine = engine(directory.path());
        engine
            .execute("ALTER TABLE part RENAME COLUMN data TO body", [])
            .unwrap();
        let path = directory.path().join("opencode.db");
        assert!(matches!(
            SessionStore::open(&path),
            Err(Unreadable::Schema("part", "data"))
        ));
        drop(engine);
        for name in ["opencode.db", "opencode.db-wal", "opencode.db-shm"] {
            fs::write(
                directory.path().join(name),
                "no database at all, but some text of some length",
            )
            .unwrap();
        }
        assert!(matches!(SessionStore::open(&path), Err(Unreadable::NotAsExpected(_))));
        fs::write(directory.path().join("opencode.db-wal"), "").unwrap();
        assert!(matches!(SessionStore::open(&path), Err(Unreadable::Database(_))));
    }

    #[cfg(unix)]
    #[test]
    fn a_path_may_hold_what_means_something_in_an_address() {
        let directory = tempfile::tempdir().unwrap();
        let odd = directory.path().join("a?b#c%20d é&mode=rw");
        fs::create_dir(&odd).unwrap();
        let engine = engine(&odd);
        insert(&engine, "ses_1", 1);
        assert_eq!(ids(&SessionStore::open(&odd.join("opencode.db")).unwrap()), ["ses_1"]);
    }
}
