//! The records of a run in a file of their own.

use std::os::unix::fs::PermissionsExt as _;

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::support::Sandbox;

fn records(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn every_run_adds_its_records_whatever_stdout_gets() {
    let sandbox = Sandbox::new();
    let _model =
        sandbox.share_engine("[[reply]]\ntext = 'one'\nusage = { input = 7, output = 3 }\n[[reply]]\ntext = 'two'");
    let log = sandbox.project().join("run.jsonl");
    sandbox
        .attached(["--event-log=run.jsonl", "Say it"])
        .finish()
        .expect(0)
        .writes("one\n");
    let mode = log.metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let first = records(&std::fs::read_to_string(&log).unwrap());
    let kinds: Vec<&str> = first.iter().map(|record| record["type"].as_str().unwrap()).collect();
    assert_eq!((kinds.first(), kinds.last()), (Some(&"init"), Some(&"result")));
    let usage = first.iter().find(|record| record["type"] == "usage").unwrap();
    assert_eq!(
        [&usage["step"]["input"], &usage["total"]["output"]],
        [&json!(7), &json!(3)]
    );
    let result = first.last().unwrap();
    assert_eq!(
        [&result["result"], &result["event_log_complete"]],
        [&json!("one"), &json!(true)]
    );
    // Also a run that fails before it begins, and one that prints a record itself.
    let refused = sandbox
        .attached(["--event-log=run.jsonl", "-f", "none.txt", "Say it"])
        .finish()
        .expect(2);
    drop(refused);
    let finished = sandbox
        .attached(["--event-log=run.jsonl", "--output-format=json", "Say it"])
        .finish()
        .expect(0);
    let all = records(&std::fs::read_to_string(&log).unwrap());
    let ends: Vec<&Value> = all
        .iter()
        .filter(|record| record["type"] == "result")
        .map(|record| &record["exit_code"])
        .collect();
    assert_eq!(ends, [0, 2, 0]);
    assert_eq!(*all.last().unwrap(), finished.record());
    // The run's own file is no change of the model's.
    assert_eq!(finished.record()["files"], json!([]));
}

#[test]
fn a_log_that_cannot_be_written_is_refused_or_warned_of() {
    let sandbox = Sandbox::new();
    for (name, why) in [
        (".", "directory"),
        ("none/run.jsonl", "none/run.jsonl"),
        ("-", "--output-format stream-json"),
    ] {
        let refused = sandbox
            .run_without_engine(["--event-log", name, "Say it"])
            .start_at_once()
            .finish();
        refused.expect(2).says(&[why]);
    }
    let arguments = ["--event-log=.", "--output-format=json", "Say it"];
    let refused = sandbox.run_without_engine(arguments).start_at_once().finish();
    assert_eq!(refused.expect(2).record()["error"]["kind"], "usage");
    let _model = sandbox.share_engine("[[reply]]\ntext = 'one'");
    let finished = sandbox
        .attached(["--event-log=/dev/full", "--output-format=json", "Say it"])
        .finish()
        .expect(0);
    let finished = finished.says(&["warning: the event log is not complete: "]);
    assert_eq!(finished.record()["event_log_complete"], false);
}

#[test]
fn a_run_that_is_killed_leaves_whole_lines() {
    let sandbox = Sandbox::new();
    let script = "[[reply]]\ntext = 'word '\nrepeat = 100000\nchunk_delay = '1ms'";
    let mut running = sandbox.rehearse(script, ["--event-log=run.jsonl", "Say it"]).start();
    running.wait_for_stdout("word word");
    running.signal(Signal::KILL);
    running.finish();
    let text = std::fs::read_to_string(sandbox.project().join("run.jsonl")).unwrap();
    let whole = text.rsplit_once('\n').unwrap().0;
    assert!(records(whole).len() > 2, "{whole}");
    sandbox.expect_nothing_left();
}
