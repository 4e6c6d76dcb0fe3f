//! Asking for trust at a real terminal, while stdin and stdout lead elsewhere.

use std::io::{Read as _, Write as _};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use opencode_rs::trust::{TerminalAsker, TrustAsker as _, UserPlaces, scan};
use portable_pty::{CommandBuilder, MasterPty, PtySize, native_pty_system};

const DIRECTORY: &str = "TRUST_DIRECTORY";

#[test]
#[ignore = "not a test: the tests beside it run it at a terminal"]
fn asks_at_its_terminal() {
    let root = PathBuf::from(std::env::var_os(DIRECTORY).unwrap());
    let findings = scan(&root.join("project"), &UserPlaces::in_home(&root.join("home"))).unwrap();
    let answer = TerminalAsker::open().ask(&findings);
    std::fs::write(root.join("answer"), format!("{answer:?}")).unwrap();
}

const LONG: Duration = Duration::from_secs(300);
const FIRST: &str = "> no, do not work here";
const SECOND: &str = "> yes, I have looked at it";

/// What the asker understands when a person presses each key after seeing its text, and what the person saw.
fn answer_to(steps: &[(&str, &[u8])]) -> (String, String) {
    let root = tempfile::tempdir().unwrap();
    let plugins = root.path().join("project/.opencode/plugin");
    std::fs::create_dir_all(&plugins).unwrap();
    std::fs::write(plugins.join("a\x1b]0;title\x07.js"), "").unwrap();
    let pty = native_pty_system()
        .openpty(PtySize {
            rows: 24,
            cols: 200,
            pixel_width: 0,
            pixel_height: 0,
        })
        .unwrap();
    // stderr stays: a terminal without an open descriptor hangs up.
    let mut command = CommandBuilder::new("sh");
    command.args([
        "-c",
        r#"exec "$0" --ignored --exact trust::asks_at_its_terminal </dev/null >/dev/null"#,
    ]);
    command.arg(std::env::current_exe().unwrap());
    command.env(DIRECTORY, root.path());
    let mut child = pty.slave.spawn_command(command).unwrap();
    drop(pty.slave);
    let mut screen = pty.master.try_clone_reader().unwrap();
    let mut person = pty.master.take_writer().unwrap();
    // A thread of its own: the terminal is switched to single keys only once all output has been read.
    let (chunks, output) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let mut chunk = [0; 1024];
        // On Linux the end of a terminal is an error, elsewhere the end of a file.
        while let Ok(read @ 1..) = screen.read(&mut chunk) {
            chunks.send(chunk[..read].to_vec()).unwrap();
        }
    });
    let mut steps = steps.iter().peekable();
    let mut seen = Vec::new();
    while let Ok(chunk) = output.recv_timeout(LONG) {
        seen.extend(chunk);
        if let Some((_, keys)) = steps.next_if(|(text, _)| String::from_utf8_lossy(&seen).contains(text)) {
            wait_until_keys_are_read(&*pty.master);
            person.write_all(keys).unwrap();
            person.flush().unwrap();
        }
    }
    child.wait().unwrap();
    let answer = std::fs::read_to_string(root.path().join("answer")).unwrap();
    (answer, String::from_utf8_lossy(&seen).into_owned())
}

/// A key that arrives before the terminal is switched to single keys waits for the end of a line.
fn wait_until_keys_are_read(terminal: &dyn MasterPty) {
    let deadline = Instant::now() + LONG;
    loop {
        let flags = terminal.get_termios().unwrap().local_flags.bits();
        if flags & rustix::termios::LocalModes::ICANON.bits() == 0 {
            return;
        }
        assert!(Instant::now() < deadline, "the terminal still waits for lines");
        std::thread::yield_now();
    }
}

#[test]
fn enter_alone_never_trusts() {
    let (answer, seen) = answer_to(&[(FIRST, b"\r")]);
    assert_eq!(answer, "Refused", "{seen}");
    assert!(seen.contains("a plugin, runs inside the engine"), "{seen}");
    assert!(!seen.contains("\x1b]0;title"), "{seen}");
}

#[test]
fn a_person_can_say_yes_at_the_terminal_while_stdin_and_stdout_are_elsewhere() {
    assert_eq!(answer_to(&[(FIRST, b"\x1b[B"), (SECOND, b"\r")]).0, "Trusted");
}

#[test]
fn keys_that_were_typed_before_the_question_do_not_answer_it() {
    let (answer, seen) = answer_to(&[("What they load from elsewhere", b"j\r"), (FIRST, b"\r")]);
    assert_eq!(answer, "Refused", "{seen}");
}

#[test]
fn escape_is_a_no() {
    assert_eq!(answer_to(&[(FIRST, b"\x1b")]).0, "Refused");
}

#[test]
fn without_a_terminal_there_is_nobody_to_ask() {
    let root = tempfile::tempdir().unwrap();
    std::fs::create_dir(root.path().join("project")).unwrap();
    // A session of its own has no terminal.
    let status = std::process::Command::new("setsid")
        .arg("--wait")
        .arg(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "trust::asks_at_its_terminal"])
        .env(DIRECTORY, root.path())
        .stdout(std::process::Stdio::null())
        .status()
        .unwrap();
    assert!(status.success());
    assert_eq!(std::fs::read_to_string(root.path().join("answer")).unwrap(), "Nobody");
}
