//! A real engine for tests, in a home of its own. Never skipped: without an engine such a test fails, and the message
//! names the variable to set.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

use crate::raw_http::{self, Reply};
use crate::support::{EnginePermit, NO_PACKAGES, path_with_ripgrep};

/// The variable that names the engine program for tests.
const ENGINE: &str = "OPENCODE_RS_TEST_ENGINE";

/// The program that tests run: the program that the variable names, else the pinned one, which our own installer puts
/// under `target/` once.
pub(crate) fn path() -> PathBuf {
    static INSTALLED: OnceLock<PathBuf> = OnceLock::new();
    match std::env::var_os(ENGINE) {
        Some(path) if Path::new(&path).is_file() => PathBuf::from(path),
        Some(path) => panic!("`{ENGINE}` names `{}`, which is no file", path.display()),
        None => INSTALLED.get_or_init(|| install(None)).clone(),
    }
}

/// Tells the cache of a home the version of [`path`], so that not every home probes the engine again.
pub(crate) fn copy_probes(cache: &Path) {
    let probes = Path::new("opencode-rs/engine-probes.json");
    let own = cache.join(probes);
    if !own.exists() {
        std::fs::create_dir_all(own.parent().unwrap()).unwrap();
        std::fs::copy(probed_cache().join(probes), own).unwrap();
    }
}

/// A cache that knows the version of [`path`].
fn probed_cache() -> &'static Path {
    static PROBED: OnceLock<PathBuf> = OnceLock::new();
    PROBED.get_or_init(|| {
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("probed");
        let output = Command::new(env!("CARGO_BIN_EXE_opencode-rs"))
            .args(["engine", "which", "--output-format", "json"])
            .env_clear()
            .env("HOME", &directory)
            .env("XDG_CACHE_HOME", &directory)
            .env("OPENCODE_RS_ENGINE", path())
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        directory
    })
}

/// The oldest engine that is accepted, installed beside the pinned one.
pub(crate) fn oldest() -> PathBuf {
    install(Some(&opencode_rs::engine::OLDEST_TESTED.to_string()))
}

/// Installs the pinned engine, or this version, where it is not yet installed.
fn install(version: Option<&str>) -> PathBuf {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/test-engine");
    let mut command = Command::new(env!("CARGO_BIN_EXE_opencode-rs"));
    command.env("XDG_DATA_HOME", &data);
    let output = command
        .args(["engine", "install", "--output-format", "json"])
        .args(version)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "the engine that these tests run cannot be installed; set `{ENGINE}` to the path of one:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let installed: Value = serde_json::from_slice(&output.stdout).unwrap();
    PathBuf::from(installed["engine"]["path"].as_str().unwrap())
}

/// A running engine. It and its directories are gone when this is dropped.
pub(crate) struct RealEngine {
    child: Child,
    port: u16,
    project: PathBuf,
    _permit: EnginePermit,
}

impl RealEngine {
    /// Starts the engine in this home with a configuration that names a scripted model, and these variables besides.
    pub(crate) fn with_model(home: &Path, config: &str, variables: &[(&str, &str)]) -> Self {
        std::fs::create_dir_all(home).unwrap();
        let catalog = home.join("catalog.json");
        std::fs::write(&catalog, "{}").unwrap();
        let named = [
            ("OPENCODE_CONFIG_CONTENT", config),
            ("OPENCODE_MODELS_PATH", catalog.to_str().unwrap()),
        ];
        Self::start_in(home, &[&named, variables].concat())
    }

    /// Starts the engine in this home; it works in the directory `project` there.
    pub(crate) fn start_in(home: &Path, variables: &[(&str, &str)]) -> Self {
        let permit = EnginePermit::acquire();
        let project = home.join("project");
        std::fs::create_dir_all(&project).unwrap();
        let mut child = Command::new(path())
            .args(["serve", "--hostname", "127.0.0.1", "--port", "0"])
            .current_dir(&project)
            .env_clear()
            .env("PATH", path_with_ripgrep())
            .env("HOME", home)
            .env("TMPDIR", home)
            .env("OPENCODE_DISABLE_MODELS_FETCH", "1")
            .env("OPENCODE_DISABLE_AUTOUPDATE", "1")
            .envs(NO_PACKAGES)
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
            project,
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
    pub(crate) fn project(&self) -> &Path {
        &self.project
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
