//! Opening the store, and knowing when not to.

use std::path::{Path, PathBuf};
use std::time::Duration;

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use rusqlite::{Connection, OpenFlags};

use super::Store;

/// How long a reader waits where an engine has the whole file to itself. It has that when it starts and changes tables.
const BUSY: Duration = Duration::from_millis(500);

/// What has a meaning in the address of a file.
const ADDRESS: &AsciiSet = &CONTROLS.add(b'%').add(b'?').add(b'#').add(b' ');

/// Tables and the columns that are read from them. There may be more.
const EXPECTED: [(&str, &[&str]); 4] = [
    (
        "session",
        &[
            "id",
            "project_id",
            "workspace_id",
            "parent_id",
            "slug",
            "directory",
            "path",
            "title",
            "version",
            "share_url",
            "summary_additions",
            "summary_deletions",
            "summary_files",
            "summary_diffs",
            "metadata",
            "cost",
            "tokens_input",
            "tokens_output",
            "tokens_reasoning",
            "tokens_cache_read",
            "tokens_cache_write",
            "revert",
            "permission",
            "agent",
            "model",
            "time_created",
            "time_updated",
            "time_compacting",
            "time_archived",
        ],
    ),
    ("message", &["id", "session_id", "time_created", "data"]),
    ("part", &["id", "message_id", "session_id", "data"]),
    ("todo", &["session_id", "content", "status", "priority", "position"]),
];

/// Why the store is not read.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// There is none, or one that only an engine can open without changing a file.
    #[error("`{}` cannot be read without an engine", .0.display())]
    NotAsExpected(PathBuf),
    /// Another version of the engine made it.
    #[error("the engine's store has no column `{0}.{1}`")]
    Schema(&'static str, &'static str),
    /// A document in it is none.
    #[error("the engine's store holds a broken document")]
    Document(#[from] serde_json::Error),
    /// It cannot be read.
    #[error("the engine's store cannot be read")]
    Database(#[from] rusqlite::Error),
}

impl Store {
    /// Opens the store for reading.
    ///
    /// A database whose engine runs, or has ended in whatever way, has an index of its log (`-shm`) beside it. With that
    /// file there SQLite can read without writing, and takes part in the engine's locking; without it, it would have to
    /// make one. So such a store is left to an engine.
    ///
    /// # Errors
    ///
    /// When it cannot be read in this way.
    pub fn open(database: &Path) -> Result<Self, Unreadable> {
        let unexpected = || Unreadable::NotAsExpected(database.to_path_buf());
        let is_there = |suffix: &str| {
            let mut name = database.as_os_str().to_owned();
            name.push(suffix);
            Path::new(&name).is_file()
        };
        if !cfg!(unix) || !["", "-wal", "-shm"].iter().all(|suffix| is_there(suffix)) {
            return Err(unexpected());
        }
        let path = database.to_str().ok_or_else(unexpected)?;
        let address = format!("file:{}?mode=ro&readonly_shm=1", utf8_percent_encode(path, ADDRESS));
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(address, flags)?;
        connection.busy_timeout(BUSY)?;
        // No statement of ours changes anything; this makes it impossible.
        connection.execute_batch("PRAGMA query_only = 1; BEGIN")?;
        for (table, columns) in EXPECTED {
            let mut statement = connection.prepare("SELECT name FROM pragma_table_info(?1)")?;
            let there: Vec<String> = statement
                .query_map([table], |row| row.get(0))?
                .collect::<Result<_, _>>()?;
            for column in columns {
                if !there.iter().any(|name| name == column) {
                    return Err(Unreadable::Schema(table, column));
                }
            }
        }
        Ok(Self { connection })
    }
}
