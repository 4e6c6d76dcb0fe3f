//! One engine for many tests: a run that is attached to it costs a fraction of the start of an engine.
//!
//! The engine has a home of its own and reads the configuration of the directory in which a run works. So each sandbox has a
//! model and sessions of its own. No permit counts the engine: it would never be given back.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use super::NO_PACKAGES;
use super::ripgrep::path_with_ripgrep;
use super::until::{LONG, until};
use crate::real_engine;

/// Runs the engine until stdin ends, which is when the tests end, however they end; then removes its home. A Ctrl-C is for
/// the tests.
const UNTIL_STDIN_ENDS: &str = "trap '' INT QUIT HUP TERM; \"$0\" serve --hostname 127.0.0.1 --port 0 </dev/null & \
    read -r line; kill -9 $!; wait; rm -rf \"$HOME\"";

struct SharedEngine {
    url: String,
    /// Holds the engine's stdin open.
    _child: Child,
}

/// The address of the engine, which the first call starts.
pub(crate) fn url() -> &'static str {
    static ENGINE: OnceLock<SharedEngine> = OnceLock::new();
    &ENGINE.get_or_init(start).url
}

fn start() -> SharedEngine {
    let home = tempfile::Builder::new()
        .prefix("shared-engine-")
        .tempdir()
        .unwrap()
        .keep();
    let catalog = home.join("catalog.json");
    std::fs::write(&catalog, "{}").unwrap();
    let mut child = Command::new("sh")
        .args(["-c", UNTIL_STDIN_ENDS])
        .arg(real_engine::path())
        .current_dir(&home)
        .env_clear()
        .env("PATH", path_with_ripgrep())
        .env("HOME", &home)
        .env("TMPDIR", &home)
        .env("OPENCODE_DISABLE_MODELS_FETCH", "1")
        .env("OPENCODE_DISABLE_AUTOUPDATE", "1")
        .env("OPENCODE_MODELS_PATH", &catalog)
        .envs(NO_PACKAGES)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let url = BufReader::new(child.stdout.take().unwrap())
        .lines()
        .map_while(Result::ok)
        .find_map(|line| Some(line.split_once("listening on ")?.1.trim().to_owned()))
        .expect("the engine prints its address");
    touch(&url);
    SharedEngine { url, _child: child }
}

/// Waits until a request is answered. The engine makes its database for the first request, and must not do so for two at
/// once. On a machine on which that takes minutes it never answers the first request, and answers the next.
fn touch(url: &str) {
    until("the engine answers", LONG, || {
        let mut stream = TcpStream::connect(url.trim_start_matches("http://")).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        stream
            .write_all(b"GET /path HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
            .ok()?;
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).ok()?;
        (&answer == b"HTTP/1.1 200").then_some(())
    });
}
