//! Who gets a server from its supervisor, and who does not.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;

use serde_json::{Value, json};

use super::{STAYS, Warm, plain};
use crate::support::{LONG, Running, until};

const SOCKET: &str = "WARM_GUEST_SOCKET";
const ANSWER: &str = "WARM_GUEST_ANSWER";

/// A supervisor's reply to a client that asks for its server.
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
    // The file is beside the directory of the socket.
    let file = socket.parent().unwrap().with_extension("json");
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

/// A reply in which the model runs what asks for the server of the test's one socket.
fn asking(warm: &Warm, answer: &str) -> String {
    let command = format!(
        "{SOCKET}=$(ls -d {}/*/supervisor) {ANSWER}={} {} --ignored --exact warm::guests::asks_for_the_server",
        warm.servers().display(),
        warm.sandbox.path(answer).display(),
        std::env::current_exe().unwrap().display(),
    );
    format!(
        "[[reply]]\ntool_calls = [{{ name = \"bash\", arguments = {{ command = {command:?}, description = \"x\" }} }}]\n\n\
         [[reply]]\ntext = \"done\""
    )
}

/// Runs the model's command in another directory, with an engine that no supervisor keeps.
fn run_elsewhere(warm: &Warm, script: &str) -> Running {
    warm.sandbox
        .rehearse_apart(script, ["--auto-tools", "--yes", "try it"])
        .directory(warm.sandbox.path("other"))
        .start_at_once()
}

#[test]
fn a_command_of_the_model_gets_no_lease() {
    let warm = Warm::new();
    let script = asking(&warm, "answer.json");
    let run = warm.keep_scripted(&script, &["--keep-for", STAYS, "--auto-tools", "--yes", "try it"]);
    run.start_at_once().finish().expect(0).writes("done\n");
    let answer: Value = serde_json::from_slice(&std::fs::read(warm.sandbox.path("answer.json")).unwrap()).unwrap();
    assert_eq!(answer, json!({"answer": "refused", "why": "descendant"}));
    // A command that no engine has started reaches the check of the fingerprint.
    let record = warm.record();
    let socket = Path::new(record["socket"].as_str().unwrap());
    assert_eq!(ask(socket, "another one"), json!({"answer": "refused", "why": "stale"}));
}

#[test]
fn a_command_that_another_engine_runs_gets_no_lease_and_a_server_of_its_own() {
    let warm = Warm::for_two();
    warm.keep_one();
    // The engine of another directory, which no supervisor keeps; the guest is in a session of its own.
    let other = warm.sandbox.path("other");
    std::fs::create_dir(&other).unwrap();
    let script = asking(&warm, "answer.json").replace("command = \"", "command = \"exec setsid -w env ");
    run_elsewhere(&warm, &script).finish().expect(0).writes("done\n");
    let answer: Value = serde_json::from_slice(&std::fs::read(warm.sandbox.path("answer.json")).unwrap()).unwrap();
    assert_eq!(answer, json!({"answer": "refused", "why": "descendant"}));

    // Our own program there says why, or does without.
    let program = env!("CARGO_BIN_EXE_opencode-rs");
    let project = warm.sandbox.project();
    let command = format!(
        "cd {}; export OPENCODE_RS_ENGINE={}; {program} server start --rehearse >start 2>&1; {program} -k --rehearse two >two 2>&1",
        project.display(),
        crate::real_engine::path().display()
    );
    let script = format!(
        "[[reply]]\ntool_calls = [{{ name = \"bash\", arguments = {{ command = {command:?}, description = \"x\" }} }}]\n\n\
         [[reply]]\ntext = \"done\""
    );
    run_elsewhere(&warm, &script).finish().expect(0).writes("done\n");
    let start = warm.sandbox.read("project/start");
    assert!(
        start.contains("cannot keep a server here: an engine that opencode-rs has started runs this command"),
        "{start}"
    );
    let two = warm.sandbox.read("project/two");
    assert!(two.contains("The prompt begins: two"), "{two}");
    // The first server is still the only warm server.
    warm.record();
}

#[cfg(target_os = "linux")]
#[test]
fn an_orphan_whose_guard_is_killed_gets_no_lease() {
    let warm = Warm::for_two();
    warm.keep_one();
    let other = warm.sandbox.path("other");
    std::fs::create_dir(&other).unwrap();
    // Leaves the session of the engine, ends the guard above it, and asks when the guard is gone.
    let orphan = r#"
above() { sed 's/.*) //' "/proc/$1/stat" | cut -d' ' -f2; }
guard=$$
until tr '\0' '\n' <"/proc/$guard/cmdline" | grep -qx -- __guard; do guard=$(above $guard); done
kill -9 "$guard"
while [ -d "/proc/$guard" ]; do :; done
echo "$guard $(above $$)" >parents
exec env "$@"
"#;
    std::fs::write(other.join("orphan"), orphan).unwrap();
    let script = asking(&warm, "answer.json").replace("command = \"", "command = \"(setsid sh ./orphan ");
    let script = script.replace(
        "asks_for_the_server\"",
        "asks_for_the_server >/dev/null 2>&1 &) ; exec sleep 1000\"",
    );
    run_elsewhere(&warm, &script).finish();
    let answer = until("the orphan has asked", LONG, || {
        serde_json::from_slice::<Value>(&std::fs::read(warm.sandbox.path("answer.json")).ok()?).ok()
    });
    assert_eq!(answer, json!({"answer": "refused", "why": "descendant"}));
    let parents = std::fs::read_to_string(other.join("parents")).unwrap();
    let (guard, parent) = parents.trim().split_once(' ').unwrap();
    assert_ne!(guard, parent, "the orphan was never adopted");
}

#[test]
fn a_server_that_is_none_of_ours_is_replaced_without_a_word() {
    let warm = Warm::new();
    warm.keep_one();
    let record = warm.record();
    // Another program listens at the socket's path.
    let socket = Path::new(record["socket"].as_str().unwrap());
    std::fs::remove_file(socket).unwrap();
    let listener = UnixListener::bind(socket).unwrap();
    let planted = std::thread::spawn(move || {
        let mut heard = Vec::new();
        let mut stream = listener.accept().unwrap().0;
        let _ = stream.read_to_end(&mut heard);
        heard
    });
    let next = warm.keep(&["--keep-for", "3s", "two"]);
    next.start_at_once()
        .finish()
        .expect(0)
        .writes(&plain("two"))
        .says_only("");
    assert_eq!(planted.join().unwrap(), b"", "not one byte");
    let log = warm.servers().join(format!("{}.log", record["id"].as_str().unwrap()));
    let log = std::fs::read_to_string(log).unwrap();
    assert_eq!(
        log.matches("set aside: another process listens at its socket").count(),
        1,
        "{log}"
    );
    until("the real one has gone", LONG, || {
        (warm.records().iter().all(|other| other["id"] != record["id"])).then_some(())
    });
    warm.waits_until_nothing_is_left();
}
