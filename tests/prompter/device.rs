//! The terminal of a process whose streams may be elsewhere.

use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use opencode_rs::permission::{Prompter as _, TerminalPrompter, Withdrawal};
use opencode_rs::terminal::Screen;
use portable_pty::{Child, CommandBuilder, PtySize, native_pty_system};

use super::person::FANCY;
use super::shell;

const FILE: &str = "PROMPTER_ANSWER";

#[test]
#[ignore = "not a test: the tests beside it run it at a terminal, and without one"]
fn asks_at_its_terminal() {
    let answer = match TerminalPrompter::open(Screen::plain(), FANCY) {
        Some(mut prompter) => format!("{:?}", prompter.ask(&shell("git status"), &Withdrawal::default())),
        None => "no terminal".to_owned(),
    };
    std::fs::write(std::env::var_os(FILE).unwrap(), answer).unwrap();
}

fn ends_within(time: Duration, child: &mut dyn Child) -> bool {
    let end = Instant::now() + time;
    while child.try_wait().unwrap().is_none() {
        if Instant::now() > end {
            return false;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    true
}

/// Runs the asker from a shell at a terminal; a person presses a key once the question is on the screen.
fn at_a_terminal(line: &str, key: Option<&[u8]>) -> String {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("answer");
    let pty = native_pty_system().openpty(PtySize::default()).unwrap();
    let mut command = CommandBuilder::new("sh");
    command.args(["-c", line]);
    command.arg(std::env::current_exe().unwrap());
    command.env(FILE, &file);
    let mut child = pty.slave.spawn_command(command).unwrap();
    let mut screen = pty.master.try_clone_reader().unwrap();
    let mut person = pty.master.take_writer().unwrap();
    if let Some(key) = key {
        let (mut seen, mut chunk) = (Vec::new(), [0; 1024]);
        while !String::from_utf8_lossy(&seen).contains("show everything") {
            let read = screen.read(&mut chunk).unwrap();
            seen.extend_from_slice(&chunk[..read]);
        }
        std::thread::spawn(move || std::io::copy(&mut screen, &mut std::io::sink()));
        // Longer apart than the pause in which the question takes no key.
        while !ends_within(Duration::from_millis(800), child.as_mut()) {
            person.write_all(key).unwrap();
            person.flush().unwrap();
        }
    } else {
        std::thread::spawn(move || std::io::copy(&mut screen, &mut std::io::sink()));
        child.wait().unwrap();
    }
    // Kept open until here: a terminal without an open descriptor hangs up.
    drop(pty.slave);
    std::fs::read_to_string(file).unwrap()
}

#[test]
fn a_person_is_asked_while_all_streams_lead_elsewhere() {
    let line = r#"exec "$0" --ignored --exact prompter::device::asks_at_its_terminal </dev/null >/dev/null 2>&1"#;
    assert_eq!(at_a_terminal(line, Some(b"y")), "Once");
}

#[test]
fn a_job_in_the_background_asks_nobody() {
    let line = r#"set -m; "$0" --ignored --exact prompter::device::asks_at_its_terminal >/dev/null & wait"#;
    assert_eq!(at_a_terminal(line, None), "no terminal");
}

#[test]
fn without_a_terminal_there_is_nobody_to_ask() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("answer");
    // A session of its own has no terminal.
    let status = Command::new("setsid")
        .arg("--wait")
        .arg(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "prompter::device::asks_at_its_terminal"])
        .env(FILE, &file)
        .stdout(Stdio::null())
        .status()
        .unwrap();
    assert!(status.success());
    assert_eq!(std::fs::read_to_string(file).unwrap(), "no terminal");
}

#[test]
fn what_is_no_terminal_is_not_asked_at() {
    assert!(TerminalPrompter::at(Path::new("/dev/null"), Screen::plain(), FANCY).is_err());
    assert!(TerminalPrompter::at(Path::new("/no/such/device"), Screen::plain(), FANCY).is_err());
}
