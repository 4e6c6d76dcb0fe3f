//! A home of its own for each test, engines, and ways to see that a process is gone.

use std::ffi::OsString;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use opencode_rs::client::Endpoint;
use opencode_rs::context::{Directories, Environment};
use opencode_rs::engine::Engine;
use opencode_rs::request::EngineSource;
use opencode_rs::server::{Server, StartError, StartRequest, start};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use tempfile::TempDir;

use crate::support::NO_PACKAGES;

pub(super) use crate::real_engine::path as real_engine;
pub(super) use crate::support::LONG;

/// Directories that belong to one test.
pub(super) struct ServerSandbox {
    root: TempDir,
}

impl ServerSandbox {
    pub(super) fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        for directory in ["home", "project", "tmp"] {
            std::fs::create_dir(root.path().join(directory)).unwrap();
        }
        Self { root }
    }

    pub(super) fn root(&self) -> &Path {
        self.root.path()
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    /// A program that behaves as `script` says in the project directory, in the place of an engine.
    pub(super) fn script(&self, script: &str) -> PathBuf {
        let path = self.path("engine");
        let project = self.path("project");
        std::fs::write(&path, format!("#!/bin/sh\ncd '{}'\n{script}\n", project.display())).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    /// Starts `engine` in the project directory.
    pub(super) async fn start(&self, engine: &Path) -> Result<Server, StartError> {
        self.start_with(engine, None, LONG).await
    }

    pub(super) async fn start_with(
        &self,
        engine: &Path,
        port: Option<u16>,
        deadline: Duration,
    ) -> Result<Server, StartError> {
        start_in(self.root(), engine, port, deadline).await
    }

    /// Starts `engine` with the test's configuration and more variables.
    pub(super) async fn start_configured(
        &self,
        engine: &Path,
        config: serde_json::Value,
        variables: Vec<(OsString, OsString)>,
    ) -> Result<Server, StartError> {
        let mut environment: Vec<(OsString, OsString)> = environment_in(self.root())
            .iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        environment.extend(variables);
        let engine = engine_at(engine);
        start(StartRequest {
            engine: &engine,
            guard: env!("CARGO_BIN_EXE_opencode-rs").into(),
            directory: &self.path("project"),
            port: None,
            environment: &environment.into_iter().collect(),
            directories: &directories_in(self.root()),
            config,
            variables: Vec::new(),
            deadline: LONG,
            sink: None,
        })
        .await
    }

    /// The files in the directory for temporary files.
    pub(super) fn temporary_files(&self) -> Vec<PathBuf> {
        list(&self.path("tmp"))
    }

    /// The number that a script wrote into a file of the project directory.
    pub(super) fn pid(&self, name: &str) -> u32 {
        let text = std::fs::read_to_string(self.path("project").join(name)).unwrap();
        text.trim().parse().unwrap()
    }
}

/// Starts `engine` in the sandbox at `root`, which may belong to another process.
pub(super) async fn start_in(
    root: &Path,
    engine: &Path,
    port: Option<u16>,
    deadline: Duration,
) -> Result<Server, StartError> {
    let engine = engine_at(engine);
    start(StartRequest {
        engine: &engine,
        guard: env!("CARGO_BIN_EXE_opencode-rs").into(),
        directory: &root.join("project"),
        port,
        environment: &environment_in(root),
        directories: &directories_in(root),
        config: serde_json::json!({"share": "disabled", "snapshot": false}),
        variables: Vec::new(),
        deadline,
        sink: None,
    })
    .await
}

fn engine_at(path: &Path) -> Engine {
    Engine {
        path: path.to_path_buf(),
        version: opencode_rs::engine::PINNED_VERSION.parse().unwrap(),
        source: EngineSource::Explicit,
    }
}

fn environment_in(root: &Path) -> Environment {
    let home = root.join("home");
    let mut variables: Vec<(OsString, OsString)> = vec![
        ("PATH".into(), std::env::var_os("PATH").unwrap()),
        ("TMPDIR".into(), root.join("tmp").into()),
        ("HOME".into(), home.clone().into()),
    ];
    variables.extend(NO_PACKAGES.map(|(name, value)| (name.into(), value.into())));
    for (name, directory) in [
        ("XDG_DATA_HOME", "data"),
        ("XDG_CONFIG_HOME", "config"),
        ("XDG_CACHE_HOME", "cache"),
        ("XDG_STATE_HOME", "state"),
    ] {
        variables.push((name.into(), home.join(directory).into()));
    }
    variables.into_iter().collect()
}

fn directories_in(root: &Path) -> Directories {
    Directories {
        home: root.join("home"),
        config: root.join("ours/config"),
        data: root.join("ours/data"),
        state: root.join("ours/state"),
        cache: root.join("ours/cache"),
    }
}

fn list(directory: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect()
}

/// Waits until there is no such process.
pub(super) fn wait_until_gone(pid: u32) {
    let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) else {
        panic!("{pid} is no process id");
    };
    let handle = match pidfd_open(pid, PidfdFlags::empty()) {
        Ok(handle) => handle,
        Err(rustix::io::Errno::SRCH) => return,
        Err(error) => panic!("cannot watch process {pid:?}: {error}"),
    };
    let limit = Timespec::try_from(LONG).unwrap();
    let mut sources = [PollFd::new(&handle, PollFlags::IN)];
    let ready = poll(&mut sources, Some(&limit)).unwrap();
    assert_eq!(ready, 1, "process {pid:?} is still there after {LONG:?}");
}

/// Whether a process lives; a zombie does not.
pub(super) fn is_alive(pid: u32) -> bool {
    stat(pid).is_some_and(|(state, ..)| state != 'Z')
}

/// State, parent and session of a process.
pub(super) fn stat(pid: u32) -> Option<(char, u32, u32)> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let state = fields.next()?.chars().next()?;
    let parent = fields.next()?.parse().ok()?;
    let session = fields.nth(1)?.parse().ok()?;
    Some((state, parent, session))
}

/// One request, and the whole answer with its head.
pub(super) fn http(endpoint: &Endpoint, method: &str, path: &str, body: &str) -> String {
    let port = endpoint.url.port().unwrap();
    let password = endpoint.password.as_ref().map_or("", |password| password.expose());
    let credentials = STANDARD.encode(format!("{}:{password}", endpoint.username));
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(LONG)).unwrap();
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Basic {credentials}\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}
