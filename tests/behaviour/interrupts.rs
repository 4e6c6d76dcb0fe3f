//! Signals, and readers that close the pipe: the run ends at once, reports it, and leaves no process behind.

use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::Value;

use crate::support::{Finished, LONG, Sandbox, Stdin, until};

/// An answer that begins and never ends.
const ENDLESS: &str = "[[reply]]\ntext = \"one two three\"\nfault = \"stall\"\nafter_chunks = 1";

#[test]
fn ctrl_c_in_a_turn_ends_it_with_130_and_a_record() {
    let sandbox = Sandbox::new();
    let mut running = sandbox
        .rehearse(ENDLESS, ["--output-format", "stream-json", "Say it"])
        .start();
    running.wait_for_stdout("\"type\":\"text\"");
    running.signal(Signal::INT);
    let finished = running.finish().expect(130).says(&["error: "]);
    let records = finished.records();
    let result = records.last().unwrap();
    assert_eq!(
        [&result["outcome"], &result["error"]["kind"], &result["exit_code"]],
        [
            &Value::from("interrupted"),
            &Value::from("interrupted"),
            &Value::from(130)
        ]
    );
    assert_eq!(result["result"].as_str().unwrap().trim(), "one");
    sandbox.expect_nothing_left();
}

#[test]
fn a_signal_ends_the_run_in_every_format() {
    for (signal, format, code) in [
        (Signal::INT, "json", 130),
        (Signal::TERM, "json", 143),
        (Signal::HUP, "stream-json", 143),
        (Signal::QUIT, "json", 143),
    ] {
        let sandbox = Sandbox::new();
        let running = sandbox.rehearse(ENDLESS, ["--output-format", format, "Say it"]).start();
        running.wait_for_stderr("rehearsal: ");
        running.signal(signal);
        let finished = running.finish().expect(code);
        let last = finished.stdout.lines().last().unwrap();
        let result: Value = serde_json::from_str(last).unwrap();
        assert_eq!(
            [&result["type"], &result["outcome"], &result["exit_code"]],
            [&Value::from("result"), &Value::from("interrupted"), &Value::from(code)]
        );
        sandbox.expect_nothing_left();
    }
}

#[test]
fn a_signal_in_text_mode_keeps_what_was_shown() {
    let sandbox = Sandbox::new();
    let mut running = sandbox.rehearse(ENDLESS, ["Say it"]).start();
    running.wait_for_stdout("one");
    running.signal(Signal::TERM);
    let finished = running.finish().expect(143).says(&["error: "]);
    assert_eq!(finished.stdout.trim_end(), "one");
    assert!(finished.took < LONG);
    sandbox.expect_nothing_left();
}

#[test]
fn a_signal_while_the_engine_starts_leaves_nothing() {
    let sandbox = Sandbox::new();
    let running = sandbox.rehearse(ENDLESS, ["--output-format", "json", "Say it"]).start();
    until("the engine's process is there", LONG, || sandbox.engine());
    running.signal(Signal::INT);
    let finished = running.finish().expect(130);
    assert_eq!(finished.record()["outcome"], "interrupted");
    sandbox.expect_nothing_left();
}

/// Presses Ctrl-C in a turn of an engine that does not answer any more: once, or until the run ends. How long that took.
fn interrupted_with_a_stopped_engine(sandbox: &Sandbox, again: bool) -> (Duration, Finished) {
    let mut running = sandbox
        .rehearse(ENDLESS, ["--output-format", "stream-json", "Say it"])
        .start();
    running.wait_for_stdout("\"type\":\"text\"");
    sandbox.engine().expect("the engine runs").signal(Signal::STOP);
    let began = Instant::now();
    running.signal(Signal::INT);
    if again {
        // Signals close together are one wish, so it is asked until it is heard.
        until("the run ends", LONG, || {
            if running.is_over() {
                return Some(());
            }
            running.signal(Signal::INT);
            None
        });
    }
    let finished = running.finish();
    (began.elapsed(), finished)
}

#[test]
fn a_second_ctrl_c_leaves_at_once() {
    let sandbox = Sandbox::new();
    let (took, finished) = interrupted_with_a_stopped_engine(&sandbox, true);
    let finished = finished.expect(130);
    // The polite end takes its five seconds, and longer where the machine is slow.
    if took >= Duration::from_secs(4) {
        let (politely, _) = interrupted_with_a_stopped_engine(&sandbox, false);
        assert!(took < politely, "{took:?}, politely {politely:?}");
    }
    let records = finished.records();
    let result = records.last().unwrap();
    assert_eq!(
        [&result["outcome"], &result["exit_code"]],
        [&Value::from("interrupted"), &Value::from(130)]
    );
    assert_eq!(result["rehearsal"], true);
    assert_eq!(finished.stderr.matches("error: ").count(), 1, "{}", finished.stderr);
    sandbox.expect_nothing_left();
}

#[test]
fn an_engine_that_does_not_answer_holds_an_interrupt_up_for_seconds_only() {
    let sandbox = Sandbox::new();
    let (took, finished) = interrupted_with_a_stopped_engine(&sandbox, false);
    let finished = finished.expect(130);
    assert!(took < LONG, "{took:?}");
    assert_eq!(finished.records().last().unwrap()["outcome"], "interrupted");
    sandbox.expect_nothing_left();
}

#[test]
fn a_reader_that_goes_away_ends_the_run_quietly_with_141() {
    let sandbox = Sandbox::new();
    let script = "[[reply]]\ntext = \"0123456789abcdef\\n\"\nrepeat = 200000\nchunk_size = 200\nchunk_delay = \"5ms\"";
    for format in ["text", "stream-json"] {
        sandbox
            .rehearse(script, ["--output-format", format, "Say it"])
            .reading_one_byte()
            .finish()
            .expect(141)
            .says_only("");
        sandbox.expect_nothing_left();
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_behind_stdout_ends_the_run_with_1_and_says_so() {
    let sandbox = Sandbox::new();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    sandbox
        .rehearse("[[reply]]\ntext = \"one\"", ["Say it"])
        .writing_to(full)
        .finish()
        .expect(1)
        .says(&["error: cannot write to stdout\n", "caused by: "]);
    sandbox.expect_nothing_left();
}

#[test]
fn a_time_limit_ends_the_wait_for_stdin() {
    let sandbox = Sandbox::new();
    let finished = sandbox
        .rehearse(ENDLESS, ["--output-format", "json", "--timeout", "2s", "-"])
        .stdin(Stdin::Silent)
        .finish()
        .expect(124)
        .says(&["waiting for stdin; with `--no-stdin` it is never read"]);
    assert_eq!(finished.record()["outcome"], "timeout");
    sandbox.expect_nothing_left();
}

#[test]
fn an_early_failure_has_its_first_and_last_record_too() {
    let sandbox = Sandbox::new();
    let finished = sandbox
        .rehearse(
            ENDLESS,
            ["--output-format", "stream-json", "--agent", "nobody", "Say it"],
        )
        .finish()
        .expect(2);
    let records = finished.records();
    assert_eq!(records.len(), 2);
    assert_eq!(records[1]["outcome"], "usage");
}
