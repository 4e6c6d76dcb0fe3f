//! The socket of a supervisor: where it is, and who answers there.
//!
//! Invariants: a command sends nothing to a socket before it has seen that the directory around it is this user's alone,
//! and that the process at its other end is the living supervisor that the server's file names. The temporary directory,
//! which others may empty and fill again, is the last place that is taken.

use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::net::{UnixListener, UnixStream};
use tokio::time::timeout;

use super::record::{RECORDS, ServerRecord};
use crate::context::{Directories, Environment};
use crate::server::is_private_directory;
use crate::support::state_file;

/// The socket in its directory.
pub(super) const SOCKET: &str = "supervisor";
/// How the name of its directory begins where other programs have theirs; the server's id follows.
const PREFIX: &str = "opencode-rs-";
/// No system takes a longer path for a socket than 103 bytes.
const LONGEST_PATH: usize = 100;
/// What that leaves for the path of a base.
const LONGEST_BASE: usize = 60;

/// A directory in which the directories of sockets are.
#[derive(Debug)]
pub(super) struct Base {
    path: PathBuf,
    prefix: &'static str,
}

impl Base {
    /// Those that may be used, the best one first.
    pub(super) fn all(directories: &Directories, environment: &Environment) -> Vec<Self> {
        let runtime = environment.os("XDG_RUNTIME_DIR").map(PathBuf::from);
        let mut temporary = environment.temporary_base();
        if temporary.as_os_str().len() > LONGEST_BASE {
            temporary = PathBuf::from("/tmp");
        }
        let shared = [
            runtime.filter(|path| path.is_absolute() && is_private(path)),
            Some(temporary),
        ];
        let own = Self {
            path: directories.state.join(RECORDS),
            prefix: "",
        };
        let shared = shared.into_iter().flatten().map(|path| Self { path, prefix: PREFIX });
        std::iter::once(own).chain(shared).collect()
    }

    fn socket(&self, id: &str) -> PathBuf {
        self.path.join(format!("{}{id}", self.prefix)).join(SOCKET)
    }

    /// The directories in it that are named as if they held the socket of a supervisor, each with the id of its server.
    pub(super) fn directories(&self) -> impl Iterator<Item = (String, PathBuf)> {
        state_file::entries(&self.path).filter_map(|entry| {
            let name = entry.file_name();
            let id = name.to_str()?.strip_prefix(self.prefix)?;
            let is_id = id.len() == 16 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
            is_id.then(|| (id.to_owned(), entry.path()))
        })
    }
}

/// Listens for a server in a new directory for the owner alone, in the best place that takes a socket.
pub(super) fn listen(
    directories: &Directories,
    environment: &Environment,
    id: &str,
) -> io::Result<(PathBuf, UnixListener)> {
    let mut last = io::Error::from(io::ErrorKind::InvalidFilename);
    for base in Base::all(directories, environment) {
        let socket = base.socket(id);
        if socket.as_os_str().len() > LONGEST_PATH {
            continue;
        }
        match listen_at(&socket) {
            Ok(listener) => return Ok((socket, listener)),
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn listen_at(socket: &Path) -> io::Result<UnixListener> {
    let directory = socket.parent().unwrap_or(Path::new("/"));
    // Not recursive: a directory that another process made before is not taken.
    fs::DirBuilder::new().mode(0o700).create(directory)?;
    UnixListener::bind(socket).inspect_err(|_| {
        let _ = fs::remove_dir(directory);
    })
}

/// Connects to the supervisor of a server, and to no other process.
pub(super) async fn connect(record: &ServerRecord, limit: Duration) -> io::Result<UnixStream> {
    if !record.socket.parent().is_some_and(is_private) {
        return Err(io::Error::other("the directory of its socket is not ours alone"));
    }
    let stream = timeout(limit, UnixStream::connect(&record.socket))
        .await
        .map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
    let peer = stream.peer_cred()?;
    let is_supervisor = peer.uid() == rustix::process::geteuid().as_raw()
        && peer.pid().map(i32::cast_unsigned) == Some(record.supervisor.pid)
        && record.supervisor.is_alive();
    if is_supervisor {
        Ok(stream)
    } else {
        Err(io::Error::other("another process listens at its socket"))
    }
}

/// Whether no other user can see or change what is in a directory; false for a link to a directory.
pub(super) fn is_private(directory: &Path) -> bool {
    fs::symlink_metadata(directory).is_ok_and(|metadata| is_private_directory(&metadata))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use tokio::io::AsyncReadExt as _;

    use super::*;
    use crate::request::EngineSource;
    use crate::server::ProcessMark;

    fn record(socket: PathBuf, supervisor: ProcessMark) -> ServerRecord {
        ServerRecord {
            schema_version: super::super::record::SCHEMA_VERSION,
            id: "0123456789abcdef".to_owned(),
            slot: "slot".to_owned(),
            fingerprint: "print".to_owned(),
            local_provider: None,
            program: "0.1.0".to_owned(),
            supervisor,
            engine_pid: 7,
            engine: "/bin/opencode".into(),
            engine_version: "1.18.33".to_owned(),
            engine_source: EngineSource::Path,
            port: 4096,
            directory: "/proj".into(),
            started: "2026-01-01T00:00:00.000Z".to_owned(),
            socket,
            rehearsal: false,
        }
    }

    fn directories(base: &Path) -> Directories {
        Directories {
            home: base.join("home"),
            config: base.join("config"),
            data: base.join("data"),
            state: base.join("state"),
            cache: base.join("cache"),
        }
    }

    #[tokio::test]
    async fn only_the_supervisor_of_the_file_in_a_directory_of_ours_is_spoken_to() {
        let base = tempfile::tempdir().unwrap();
        let directories = directories(base.path());
        fs::create_dir_all(directories.state.join(RECORDS)).unwrap();
        let (socket, listener) = listen(&directories, &Environment::default(), "0123456789abcdef").unwrap();
        assert_eq!(socket, directories.state.join("servers/0123456789abcdef/supervisor"));
        let ours = record(socket.clone(), ProcessMark::of_this_process());
        let limit = Duration::from_secs(10);
        connect(&ours, limit).await.unwrap();
        let mut stream = listener.accept().await.unwrap().0;
        assert_eq!(stream.read(&mut [0]).await.unwrap(), 0);

        let another = ProcessMark::of(
            rustix::process::getppid()
                .unwrap()
                .as_raw_nonzero()
                .get()
                .cast_unsigned(),
        );
        let error = connect(&record(socket.clone(), another.unwrap()), limit)
            .await
            .unwrap_err();
        assert_eq!(error.to_string(), "another process listens at its socket");
        let mut stream = listener.accept().await.unwrap().0;
        assert_eq!(stream.read(&mut [0]).await.unwrap(), 0, "not one byte");

        let link = base.path().join("link");
        symlink(socket.parent().unwrap(), &link).unwrap();
        let linked = record(link.join(SOCKET), ProcessMark::of_this_process());
        assert!(connect(&linked, limit).await.is_err());
        fs::set_permissions(socket.parent().unwrap(), fs::Permissions::from_mode(0o755)).unwrap();
        let error = connect(&ours, limit).await.unwrap_err();
        assert_eq!(error.to_string(), "the directory of its socket is not ours alone");
    }

    #[tokio::test]
    async fn a_path_that_is_too_long_for_a_socket_is_not_taken() {
        let base = tempfile::tempdir().unwrap();
        let directories = directories(&base.path().join("x".repeat(80)));
        let runtime = base.path().join("run");
        fs::DirBuilder::new().mode(0o700).create(&runtime).unwrap();
        let environment: Environment = [("XDG_RUNTIME_DIR".into(), runtime.clone().into())]
            .into_iter()
            .collect();
        let (socket, _listener) = listen(&directories, &environment, "0123456789abcdef").unwrap();
        assert_eq!(socket, runtime.join("opencode-rs-0123456789abcdef/supervisor"));
        fs::set_permissions(&runtime, fs::Permissions::from_mode(0o777)).unwrap();
        assert!(
            Base::all(&directories, &environment)
                .iter()
                .all(|base| base.path != runtime)
        );
    }
}
