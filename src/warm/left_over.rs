//! What supervisors that were killed have left: files and sockets. Processes are their guards' affair.

use std::fs;
use std::io;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::record::ServerRecord;
use super::socket::{Base, SOCKET, is_private};
use crate::context::{Directories, Environment};
use crate::server::{self, is_older_than};
use crate::support::{lock, state_file};

/// A younger directory is left alone: between making it and listening in it there is a moment.
const YOUNG: Duration = Duration::from_secs(60);
/// A lock that was not made for so long is made anew when it is wanted.
const OLD_LOCK: Duration = Duration::from_secs(7 * 86_400);

/// The socket directories in which no process listens.
pub fn left_over_sockets(directories: &Directories, environment: &Environment) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = Base::all(directories, environment)
        .iter()
        .flat_map(Base::directories)
        .map(|(_, directory)| directory)
        .filter(|directory| is_private(directory) && is_old(directory) && !is_listening(&directory.join(SOCKET)))
        .collect();
    // The temporary directory may be `/tmp`, which is looked at anyway.
    found.sort();
    found.dedup();
    found
}

/// Removes these directories, the files of dead servers, and locks that were not taken for a long time.
pub fn remove_left_overs(directories: &Directories, environment: &Environment) {
    for record in ServerRecord::list(&directories.state) {
        if !record.supervisor.is_alive() {
            record.remove(&directories.state);
        }
    }
    for directory in left_over_sockets(directories, environment) {
        let _ = fs::remove_file(directory.join(SOCKET));
        // Anything else in it keeps it.
        let _ = fs::remove_dir(directory);
    }
    for entry in state_file::entries(&directories.state.join("locks")) {
        let name = entry.file_name();
        let is_old = entry
            .metadata()
            .is_ok_and(|metadata| is_older_than(&metadata, OLD_LOCK));
        if is_old && name.to_string_lossy().starts_with("server-") {
            lock::remove_unless_held(&entry.path());
        }
    }
}

/// The leftovers in the directory for temporary files too, and processes that use those.
pub(super) fn sweep(directories: &Directories, environment: &Environment) {
    remove_left_overs(directories, environment);
    server::remove_left_over_directories(&environment.temporary_base());
}

fn is_old(directory: &Path) -> bool {
    fs::symlink_metadata(directory).is_ok_and(|metadata| is_older_than(&metadata, YOUNG))
}

/// Whether a process listens on the socket, also one that is too busy to accept a connection.
fn is_listening(socket: &Path) -> bool {
    match UnixStream::connect(socket) {
        Ok(_) => true,
        Err(error) => !matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::DirBuilderExt as _;
    use std::os::unix::net::UnixListener;

    use std::time::SystemTime;

    use super::*;

    #[test]
    fn only_old_directories_without_a_listener_are_removed() {
        let base = tempfile::tempdir().unwrap();
        let environment: Environment = [("TMPDIR".into(), base.path().as_os_str().to_owned())]
            .into_iter()
            .collect();
        let make = |name: &str, is_old: bool| {
            let path = base.path().join(name);
            fs::DirBuilder::new().mode(0o700).create(&path).unwrap();
            let listener = UnixListener::bind(path.join(SOCKET)).unwrap();
            if is_old {
                let file = fs::File::open(&path).unwrap();
                file.set_modified(SystemTime::now() - 2 * YOUNG).unwrap();
            }
            (path, listener)
        };
        let (dead, _) = make("opencode-rs-0123456789abcdef", true);
        let (living, _listener) = make("opencode-rs-1123456789abcdef", true);
        let (young, _) = make("opencode-rs-2123456789abcdef", false);
        let (foreign, _) = make("opencode-rs-of-somebody-else", true);
        let directories = Directories {
            home: base.path().join("home"),
            config: base.path().join("config"),
            data: base.path().join("data"),
            state: base.path().join("state"),
            cache: base.path().join("cache"),
        };
        let found = left_over_sockets(&directories, &environment);
        let found: Vec<&PathBuf> = found.iter().filter(|path| path.starts_with(base.path())).collect();
        assert_eq!(found, [&dead]);
        remove_left_overs(&directories, &environment);
        let left = [dead, living, young, foreign].map(|path| path.exists());
        assert_eq!(left, [false, true, true, true]);
    }
}
