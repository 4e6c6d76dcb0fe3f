//! What happens when one of those who take part is killed.

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::{STAYS, Warm, engine, kill, plain, supervisor};
use crate::support::{LONG, Running, until};

/// An answer that begins, and goes on after a while.
const SLOW: &str = "[[reply]]\ntext = \"one two three\"\nchunk_delay = \"2s\"\ntimes = 1";

/// A turn whose answer has begun, and the server that gives it.
fn in_a_turn(warm: &Warm) -> (Running, Value) {
    let mut running = warm
        .keep_scripted(
            SLOW,
            &["--keep-for", STAYS, "--output-format", "stream-json", "tell me"],
        )
        .start_at_once();
    running.wait_for_stdout("\"type\":\"text\"");
    let record = warm.record();
    (running, record)
}

#[test]
fn an_engine_that_was_killed_in_a_turn_is_replaced() {
    let warm = Warm::new();
    let (running, record) = in_a_turn(&warm);
    kill(engine(&record));
    let finished = running.finish().expect(126);
    assert_eq!(finished.records().last().unwrap()["error"]["kind"], "engine");
    goes_on(&warm, &record);
}

#[test]
fn a_supervisor_that_was_killed_in_a_turn_is_replaced_and_its_engine_ends() {
    let warm = Warm::new();
    let (running, record) = in_a_turn(&warm);
    kill(supervisor(&record));
    running.finish().expect(126);
    goes_on(&warm, &record);
}

/// The next command gets a new server, and the conversation continues.
fn goes_on(warm: &Warm, before: &Value) {
    let next = warm.keep_scripted(SLOW, &["--keep-for", STAYS, "--output-format", "json", "and now"]);
    let next = next.start_at_once().finish().expect(0);
    assert_eq!(next.record()["result"], "one two three");
    let record = warm.record();
    assert_ne!(record["id"], before["id"]);
    let shown = shown(warm, next.record()["session_id"].as_str().unwrap());
    assert!(shown.contains("tell me") && shown.contains("and now"), "{shown}");
    warm.stop();
    warm.waits_until_nothing_is_left();
}

/// The messages of a session, from the present server.
fn shown(warm: &Warm, session: &str) -> String {
    let script = warm.sandbox.path("script.toml");
    let option = format!("--rehearse={}", script.display());
    let path = format!("/session/{session}/message");
    let shown = warm
        .sandbox
        .run(["api", &option, "GET", &path])
        .start_at_once()
        .finish();
    shown.expect(0).stdout
}

#[test]
fn a_command_that_was_killed_in_a_turn_leaves_the_conversation_whole() {
    let warm = Warm::new();
    let (running, record) = in_a_turn(&warm);
    running.signal(Signal::KILL);
    until("it is gone", LONG, || {
        let command = " -k --keep-for";
        let processes = warm.sandbox.processes();
        (!processes.iter().any(|process| process.command.contains(command))).then_some(())
    });
    let next = warm.keep_scripted(SLOW, &["--keep-for", STAYS, "--output-format", "json", "and now"]);
    let next = next.start_at_once().finish().expect(0);
    assert_eq!(warm.record()["id"], record["id"]);
    // The answer that no command waited for is stored, to its end.
    let shown = shown(&warm, next.record()["session_id"].as_str().unwrap());
    assert!(shown.contains("one two three"), "{shown}");
    warm.stop();
    warm.waits_until_nothing_is_left();
}

#[test]
fn a_supervisor_that_hangs_is_replaced() {
    is_replaced_when_stopped(supervisor);
}

#[test]
fn an_engine_that_hangs_is_replaced() {
    is_replaced_when_stopped(engine);
}

/// A process of the server is stopped (SIGSTOP), and the next command gets another server without a message.
fn is_replaced_when_stopped(process: fn(&Value) -> Pid) {
    let warm = Warm::new();
    warm.keep_one();
    let record = warm.record();
    kill_process(process(&record), Signal::STOP).unwrap();
    let next = warm.keep(&["--keep-for", STAYS, "two"]);
    next.start_at_once()
        .finish()
        .expect(0)
        .writes(&plain("two"))
        .says_only("");
    assert_ne!(warm.record()["id"], record["id"]);
    warm.stop();
    warm.waits_until_nothing_is_left();
}

#[test]
fn a_signal_ends_a_supervisor_with_everything_that_it_started() {
    let warm = Warm::new();
    warm.keep_one();
    kill_process(supervisor(&warm.record()), Signal::TERM).unwrap();
    warm.waits_until_nothing_is_left();
}

#[test]
fn a_damaged_file_is_set_aside_and_a_dead_one_is_cleared_away() {
    let warm = Warm::new();
    warm.keep_one();
    let record = warm.record();
    kill(supervisor(&record));
    let damaged = warm.servers().join("0123456789abcdef.json");
    std::fs::write(&damaged, "{\"schema_version\":1,").unwrap();
    let next = warm.keep(&["--keep-for", STAYS, "two"]);
    next.start_at_once().finish().expect(0).writes(&plain("two"));
    assert_ne!(warm.record()["id"], record["id"]);
    assert!(!damaged.exists());
    warm.stop();
    warm.waits_until_nothing_is_left();
}

#[test]
fn a_server_whose_record_is_lost_is_found_again() {
    let warm = Warm::new();
    let keep = |prompt: &str| {
        let next = warm.keep(&["--keep-for", STAYS, prompt]);
        next.start_at_once().finish().expect(0)
    };
    keep("one");
    let record = warm.record();
    let file = warm.servers().join(format!("{}.json", record["id"].as_str().unwrap()));
    std::fs::remove_file(&file).unwrap();
    let list = warm
        .sandbox
        .run_without_engine(["server", "list", "--output-format", "json"]);
    let list = list.start_at_once().finish().expect(0).stdout;
    assert!(list.contains(record["id"].as_str().unwrap()), "{list}");
    // Not readable is as good as lost.
    std::fs::remove_file(&file).unwrap();
    std::fs::create_dir(&file).unwrap();
    keep("two").says(&["is damaged and was set aside"]);
    assert_eq!(warm.record(), record);
    std::fs::remove_file(&file).unwrap();
    let stop = warm.sandbox.run_without_engine(["server", "stop", "--all"]);
    stop.start_at_once().finish().expect(0).says(&["stopped server"]);
    warm.waits_until_nothing_is_left();
}
