//! A real engine for tests, in a home of its own. Never skipped: without an engine such a test fails and says what it needs.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::raw_http::{self, Reply};
use crate::support::EnginePermit;

/// The variable that names the engine program for tests.
const ENGINE: &str = "OPENCODE_RS_TEST_ENGINE";

/// The program that tests run.
pub(crate) fn path() -> PathBuf {
    match std::env::var_os(ENGINE) {
        Some(path) if Path::new(&path).is_file() => PathBuf::from(path),
        Some(path) => panic!("`{ENGINE}` names `{}`, which is no file", path.display()),
        None => panic!("this test runs a real engine: set `{ENGINE}` to the path of an `opencode` program"),
    }
}

/// A running engine. It and its directories are gone when this is dropped.
pub(crate) struct RealEngine {
    child: Child,
    port: u16,
    home: tempfile::TempDir,
    _permit: EnginePermit,
}

impl RealEngine {
    /// Starts the engine in an empty home with these variables and no others, and waits for its address.
    pub(crate) fn start(variables: &[(&str, &str)]) -> Self {
        let permit = EnginePermit::acquire();
        let home = tempfile::tempdir().unwrap();
        let project = home.path().join("project");
        std::fs::create_dir(&project).unwrap();
        let mut child = Command::new(path())
            .args(["serve", "--hostname", "127.0.0.1", "--port", "0"])
            .current_dir(&project)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", home.path())
            .env("TMPDIR", home.path())
            .env("OPENCODE_DISABLE_MODELS_FETCH", "1")
            .env("OPENCODE_DISABLE_AUTOUPDATE", "1")
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let port = lines
            .map_while(Result::ok)
            .find_map(|line| line.split_once("listening on http://127.0.0.1:")?.1.trim().parse().ok())
            .expect("the engine prints its address");
        Self {
            child,
            port,
            home,
            _permit: permit,
        }
    }

    /// Where it listens.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Whether it still runs.
    pub(crate) fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// The agent's directory.
    pub(crate) fn project(&self) -> PathBuf {
        self.home.path().join("project")
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        self.call("GET", path, &Value::Null).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Value {
        self.call("POST", path, body).await
    }

    async fn call(&self, method: &str, path: &str, body: &Value) -> Value {
        let headers = ["content-type: application/json"];
        let mut stream = raw_http::send(self.port, method, path, &headers, body).await;
        let reply: Reply = raw_http::read(&mut stream, raw_http::is_whole).await;
        assert_eq!(reply.status(), 200, "{method} {path}: {}", reply.body());
        serde_json::from_str(&reply.body()).unwrap()
    }
}

impl Drop for RealEngine {
    fn drop(&mut self) {
        // The child is ours and not yet waited for, so its id cannot belong to another process.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
