//! Who gets a server from its supervisor, and who does not.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;

use serde_json::{Value, json};

use super::{STAYS, Warm, plain};
use crate::support::{LONG, until};

const SOCKET: &str = "WARM_GUEST_SOCKET";
const ANSWER: &str = "WARM_GUEST_ANSWER";

/// What a supervisor answers to somebody who asks for its server.
fn ask(socket: &Path, fingerprint: &str) -> Value {
    let mut stream = UnixStream::connect(socket).unwrap();
    let wish = json!({"op": "lease", "fingerprint": fingerprint, "keep_for": null});
    stream.write_all(format!("{wish}\n").as_bytes()).unwrap();
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).unwrap();
    serde_json::from_str(&line).unwrap()
}

/// The kind of answer to a command like ours, and the password.
pub(super) fn password(socket: &Path) -> (String, String) {
    let servers = socket
        .parent()
        .unwrap()
        .file_name()
        .unwrap()
        .to_str()
        .unwrap()
        .to_owned();
    let id = servers.strip_prefix("opencode-rs-").unwrap();
    let root = socket.ancestors().nth(3).unwrap();
    let file = root.join(format!("home/.local/state/opencode-rs/servers/{id}.json"));
    let record: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let answer = ask(socket, record["fingerprint"].as_str().unwrap());
    let text = |key: &str| answer[key].as_str().unwrap_or_default().to_owned();
    (text("answer"), text("password"))
}

/// Sees that no file below a directory holds a text.
pub(super) fn expect_nowhere(directory: &Path, text: &str) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let entry = entry.unwrap();
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            expect_nowhere(&entry.path(), text);
        } else if kind.is_file() {
            let bytes = std::fs::read(entry.path()).unwrap();
            let found = memchr::memmem::find(&bytes, text.as_bytes());
            assert!(found.is_none(), "{} holds it", entry.path().display());
        }
    }
}

#[test]
#[ignore = "not a test: the test beside it has the model run it"]
fn asks_for_the_server() {
    let path = |name: &str| std::path::PathBuf::from(std::env::var_os(name).unwrap());
    let answer = ask(&path(SOCKET), "whatever it is");
    std::fs::write(path(ANSWER), answer.to_string()).unwrap();
}

#[test]
fn a_command_of_the_model_gets_no_lease() {
    let warm = Warm::new();
    let answer = warm.sandbox.path("project/answer.json");
    let itself = std::env::current_exe().unwrap();
    // The one socket below the directory for temporary files.
    let command = format!(
        "{SOCKET}=$(ls -d {}/opencode-rs-*/supervisor) {ANSWER}={} {} --ignored --exact warm::guests::asks_for_the_server",
        warm.sandbox.path("tmp").display(),
        answer.display(),
        itself.display(),
    );
    let script = format!(
        "[[reply]]\ntool_calls = [{{ name = \"bash\", arguments = {{ command = {command:?}, description = \"x\" }} }}]\n\n\
         [[reply]]\ntext = \"done\""
    );
    let run = warm.keep_scripted(&script, &["--keep-for", STAYS, "--auto-tools", "--yes", "try it"]);
    run.start_at_once().finish().expect(0).writes("done\n");
    let answer: Value = serde_json::from_slice(&std::fs::read(answer).unwrap()).unwrap();
    assert_eq!(answer, json!({"answer": "refused", "why": "descendant"}));
    // Anybody else is asked for the fingerprint.
    let record = warm.record();
    let socket = Path::new(record["socket"].as_str().unwrap());
    assert_eq!(ask(socket, "another one"), json!({"answer": "refused", "why": "stale"}));
}

#[test]
fn a_server_that_is_none_of_ours_is_replaced_without_a_word() {
    let warm = Warm::new();
    warm.keep(&["--keep-for", STAYS, "one"])
        .start_at_once()
        .finish()
        .expect(0);
    let record = warm.record();
    // Somebody else sits where the socket is, and has an address that leads to nobody.
    let socket = Path::new(record["socket"].as_str().unwrap());
    std::fs::remove_file(socket).unwrap();
    let listener = UnixListener::bind(socket).unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut line = String::new();
            let _ = BufReader::new(stream.try_clone().unwrap()).read_line(&mut line);
            let answer = json!({
                "answer": "leased", "url": "http://127.0.0.1:9/", "password": "x", "engine_pid": 1,
            });
            let _ = stream.write_all(format!("{answer}\n").as_bytes());
        }
    });
    let next = warm.keep(&["--keep-for", "3s", "two"]);
    next.start_at_once()
        .finish()
        .expect(0)
        .writes(&plain("two"))
        .says_only("");
    until("the real one has gone", LONG, || {
        (warm.records().iter().all(|other| other["id"] != record["id"])).then_some(())
    });
    warm.waits_until_nothing_is_left();
}
