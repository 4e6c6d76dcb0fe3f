//! Who shares a server with whom, and for how long it stays.

use std::os::unix::fs::PermissionsExt as _;
use std::time::Instant;

use serde_json::Value;

use super::{MOMENT, STAYS, Warm, plain};
use crate::support::{LONG, Pty};

#[test]
fn the_second_command_uses_the_server_of_the_first_and_it_ends_when_nobody_does() {
    let warm = Warm::new();
    let first = warm
        .keep(&["--keep-for", STAYS, "one"])
        .start_at_once()
        .finish()
        .expect(0);
    // Keeping a server writes nothing to the streams.
    first.writes(&plain("one")).says_only("");
    let record = warm.record();
    let second = warm.keep(&["--keep-for", STAYS, "--output-format", "json", "two"]);
    let second = second.start_at_once().finish().expect(0);
    assert_eq!(second.record()["result"], plain("two").trim_end());
    assert_eq!(warm.record(), record);
    let last = warm.keep(&["--keep-for", "1s", "three"]).start_at_once();
    last.finish().expect(0).writes(&plain("three"));
    warm.waits_until_nothing_is_left();
    assert!(
        warm.logs().contains("ending: it is not needed any more"),
        "{}",
        warm.logs()
    );
}

#[test]
fn twenty_shells_at_once_share_one_server_and_each_gets_its_own_answer() {
    let warm = Warm::new();
    let names: Vec<String> = (0..20).map(|number| format!("shell-{number}")).collect();
    let running: Vec<_> = names
        .iter()
        .map(|name| {
            let run = warm.keep(&["--keep-for", STAYS, "--name", name, &format!("say {name}")]);
            run.env("SHLVL", name).env("TERM_SESSION_ID", name).start_at_once()
        })
        .collect();
    for (name, running) in names.iter().zip(running) {
        let finished = running.finish().expect(0);
        finished.writes(&plain(&format!("say {name}"))).says_only("");
    }
    warm.record();
    assert_eq!(
        warm.logs().matches("supervisor: starting").count(),
        1,
        "{}",
        warm.logs()
    );
}

#[test]
fn files_are_for_the_owner_alone_and_hold_no_password() {
    let warm = Warm::new();
    warm.keep_one();
    for entry in std::fs::read_dir(warm.servers()).unwrap() {
        let entry = entry.unwrap();
        let metadata = entry.metadata().unwrap();
        let expected = if metadata.is_dir() { 0o700 } else { 0o600 };
        assert_eq!(
            metadata.permissions().mode() & 0o777,
            expected,
            "{}",
            entry.path().display()
        );
    }
    let record = warm.record();
    let socket = std::path::Path::new(record["socket"].as_str().unwrap());
    let mode = std::fs::metadata(socket.parent().unwrap())
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o700);
    let (status, password) = super::guests::password(socket);
    assert_eq!(status, "leased");
    let home = warm.sandbox.path("home");
    super::guests::expect_nowhere(&home, &password);
    for process in warm.sandbox.processes() {
        assert!(!process.command.contains(&password), "{}", process.command);
        for variable in process.environment() {
            assert!(
                !variable.contains(&password),
                "{} has it in {variable}",
                process.command
            );
        }
    }
}

#[test]
fn a_server_survives_the_terminal_from_which_it_was_started() {
    let warm = Warm::new();
    let line = format!("$OPENCODE_RS -k --keep-for {STAYS} --rehearse=$SCRIPT one; echo do''ne; cat");
    let mut terminal = Pty::shell_at_once(&warm.sandbox, "", &line);
    terminal.wait_for("done");
    let record = warm.record();
    terminal.close();
    terminal.finish();
    let again = Pty::shell_at_once(&warm.sandbox, "", &line);
    again.wait_for("done");
    assert_eq!(warm.record(), record);
}

#[test]
fn a_plain_prompt_uses_a_server_that_fits_and_a_fresh_one_does_not() {
    let warm = Warm::for_two();
    let model = crate::support::Model::start("");
    let with_model = |arguments: &[&str]| {
        let run = warm.sandbox.run(arguments.iter().copied());
        run.env("OPENCODE_CONFIG_CONTENT", model.engine_config())
    };
    let finished = with_model(&["-k", "--keep-for", STAYS, "one"]).start_at_once().finish();
    finished.expect(0);
    let record = warm.record();
    let sessions = |finished: &crate::support::Finished| finished.record()["phases"]["server_ms"].clone();
    let began = Instant::now();
    let plain = with_model(&["--output-format", "json", "two"])
        .start_at_once()
        .finish()
        .expect(0);
    let used = sessions(&plain);
    let fresh = with_model(&["--fresh", "--output-format", "json", "three"]);
    let fresh = fresh.start_at_once().finish().expect(0);
    // A start takes hundreds of milliseconds on any machine.
    assert!(used.as_u64() < sessions(&fresh).as_u64(), "{used} {}", fresh.stdout);
    assert!(began.elapsed() < LONG);
    assert_eq!(warm.record(), record);
    // Another variable that means something: not its server.
    let other = with_model(&["-k", "--keep-for", STAYS, "--name", "other", "four"]).env("MY_SETTING", "1");
    other.start_at_once().finish().expect(0);
    let ids: Vec<Value> = warm.records().iter().map(|record| record["id"].clone()).collect();
    assert_eq!(ids.len(), 2, "{ids:?}");
    assert!(ids.contains(&record["id"]));
}

#[test]
fn a_server_in_use_does_not_end() {
    const SLOW: &str = "[[reply]]\ntext = \"at last\"\ndelay = \"4s\"";
    let warm = Warm::new();
    let mut running = warm.keep_scripted(SLOW, &["--keep-for", "1s", "one"]).start_at_once();
    running.wait_for_stdout("at last");
    running.finish().expect(0);
    // The server may be gone by now; its log stays.
    assert_eq!(warm.logs().matches("supervisor: starting").count(), 1);
    let began = Instant::now();
    warm.waits_until_nothing_is_left();
    assert!(began.elapsed() < MOMENT);
}
