//! A program that answers, and everything that can be wrong with it.

use std::time::{Duration, Instant};

use opencode_rs::permission::{Answer, Ask, ModelQuestion, ProgramApprover, Prompter as _, QuestionAnswer, Withdrawal};
use serde_json::{Value, json};

use super::{edit, grant, shell};
use crate::support::schemas;
use opencode_rs::request::SchemaName;

const LONG: Duration = Duration::from_secs(300);

/// A script's answer, and the faults in it.
fn said(script: &str, ask: &Ask, timeout: Duration) -> (Answer, Vec<String>) {
    let directory = tempfile::tempdir().unwrap();
    let mut approver = ProgramApprover::new(script, timeout, directory.path());
    let answer = approver.ask(ask, &Withdrawal::default());
    (answer, approver.faults().take())
}

fn answered(script: &str) -> Answer {
    let (answer, faults) = said(script, &shell("git status"), LONG);
    assert_eq!(faults, Vec::<String>::new());
    answer
}

#[test]
fn a_program_allows_and_denies() {
    let reply = |reply: &Value| answered(&format!("cat >/dev/null; echo '{reply}'"));
    assert_eq!(reply(&json!({"decision": "allow"})), Answer::Once);
    assert_eq!(
        reply(&json!({"decision": "allow", "scope": "once", "more": 1})),
        Answer::Once
    );
    assert_eq!(
        reply(&json!({"decision": "allow", "scope": "session"})),
        Answer::Session(vec![grant("bash:git status *")])
    );
    assert_eq!(reply(&json!({"decision": "deny"})), Answer::Deny);
    assert_eq!(
        reply(&json!({"decision": "deny", "reason": "no"})),
        Answer::DenyBecause("no".into())
    );
    assert_eq!(answered(r#"printf '\n {"decision":"allow"} \n\n'"#), Answer::Once);
}

#[test]
fn nothing_is_allowed_for_the_session_when_there_is_no_pattern_for_it() {
    let mut ask = shell("git status");
    ask.judgement.grant.clear();
    let script = r#"echo '{"decision":"allow","scope":"session"}'"#;
    assert_eq!(said(script, &ask, LONG), (Answer::Once, Vec::new()));
}

#[test]
fn a_program_gets_the_whole_ask_in_the_agents_directory() {
    let directory = tempfile::tempdir().unwrap();
    let ask = Ask {
        subagent: Some("explore".to_owned()),
        ..edit(1)
    };
    let script = r#"cat >ask.json; echo '{"decision":"allow"}'"#;
    let mut approver = ProgramApprover::new(script, LONG, directory.path());
    assert_eq!(approver.ask(&ask, &Withdrawal::default()), Answer::Once);
    let document = std::fs::read_to_string(directory.path().join("ask.json")).unwrap();
    let document: Value = serde_json::from_str(&document).unwrap();
    schemas::expect_valid(SchemaName::ApproverRequest, &document);
    assert_eq!(
        document,
        json!({
            "type": "permission", "schema_version": 1, "id": "per_1", "session_id": "ses_1", "subagent": "explore",
            "permission": "edit", "tool": "write", "patterns": ["src/a.rs"], "arguments": {"filePath": "src/a.rs"},
            "diff": "--- src/a.rs\n+++ src/a.rs\n@@ -0,0 +1,1 @@\n+line 1\n", "directory": "/work/proj",
            "rule": "the preset: bash asks",
            "parts": [{"what": "", "effect": "ask", "rule": "the preset: bash asks"}],
            "grant": ["bash:git status *"],
        })
    );
}

#[test]
fn whatever_is_wrong_with_a_program_is_a_denial() {
    let allow = r#"{"decision":"allow"}"#;
    let table = [
        ("exit 0".to_owned(), "it said nothing on stdout"),
        (format!("echo '{allow}'; exit 3"), "it ended with exit status: 3"),
        (format!("echo '{allow}'; kill -KILL $$"), "it ended with signal: 9"),
        ("echo yes".to_owned(), "is no JSON object"),
        (format!("echo '{allow}' '{allow}'"), "is no answer: trailing characters"),
        (format!("echo '{allow} x'"), "is no answer: trailing characters"),
        (
            r#"echo '{"decision":"perhaps"}'"#.to_owned(),
            "unknown variant `perhaps`",
        ),
        (r#"echo '{"decision":"Allow"}'"#.to_owned(), "unknown variant `Allow`"),
        (r#"echo '{"decision":true}'"#.to_owned(), "is no answer"),
        (
            r#"echo '{"decision":"allow","scope":"always"}'"#.to_owned(),
            "unknown variant `always`",
        ),
        (
            r#"echo '{"decision":"deny","decision":"allow"}'"#.to_owned(),
            "duplicate field",
        ),
        ("echo '{}'".to_owned(), "missing field `decision`"),
        (r#"echo '["allow","once",null]'"#.to_owned(), "is no JSON object"),
        (r"printf '\377'".to_owned(), "is no JSON object"),
        (
            r#"printf '{"decision":"allow","reason":"\377"}'"#.to_owned(),
            "is no answer",
        ),
        (format!("echo '{allow}'; yes | head -c 70000"), "more than 65536 bytes"),
        (format!("echo '{allow}'; yes"), "more than 65536 bytes"),
        (
            format!("echo '{allow}'; head -c 65536 /dev/zero | tr '\\0' ' '"),
            "more than 65536 bytes",
        ),
        (
            "no-such-program-at-all 2>/dev/null".to_owned(),
            "it ended with exit status: 127",
        ),
    ];
    for (script, fault) in table {
        let (answer, faults) = said(&script, &shell("git status"), LONG);
        assert_eq!(answer, Answer::DenyBecause("This was not approved.".into()), "{script}");
        assert_eq!(faults.len(), 1, "{script}");
        assert!(faults[0].contains(fault), "{script}: {faults:?}");
        assert!(faults[0].starts_with("the approver `"), "{faults:?}");
    }
}

#[test]
fn a_program_that_cannot_start_is_a_denial() {
    let directory = tempfile::tempdir().unwrap();
    let mut approver = ProgramApprover::new("true", LONG, &directory.path().join("missing"));
    let answer = approver.ask(&shell("x"), &Withdrawal::default());
    assert_eq!(answer, Answer::DenyBecause("This was not approved.".into()));
    let faults = approver.faults().take();
    assert!(faults[0].contains("did not answer: cannot start it: "), "{faults:?}");
    assert_eq!(approver.faults().take(), Vec::<String>::new());
}

/// A script that names itself and its child, and then waits for ever.
const WAITS: &str = r#"sleep 1000 & echo "$$ $!" >pids.new; mv pids.new pids; wait"#;

fn pids(directory: &std::path::Path) -> Vec<u32> {
    let pids = crate::support::until("the script runs", LONG, || {
        std::fs::read_to_string(directory.join("pids")).ok()
    });
    pids.split_whitespace().map(|pid| pid.parse().unwrap()).collect()
}

fn expect_gone(pids: &[u32]) {
    crate::support::until("the processes end", LONG, || {
        let gone = |&pid: &u32| {
            let state = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            state.is_empty() || state.contains(") Z ")
        };
        pids.iter().all(gone).then_some(())
    });
}

#[test]
#[cfg(target_os = "linux")]
fn a_program_that_takes_too_long_is_ended_with_its_children() {
    let directory = tempfile::tempdir().unwrap();
    let mut approver = ProgramApprover::new(WAITS, Duration::from_millis(500), directory.path());
    let answer = approver.ask(&shell("x"), &Withdrawal::default());
    assert_eq!(answer, Answer::DenyBecause("This was not approved.".into()));
    let faults = approver.faults().take();
    assert!(faults[0].ends_with("it took longer than 0.5 seconds"), "{faults:?}");
    expect_gone(&pids(directory.path()));
}

#[test]
#[cfg(target_os = "linux")]
fn a_program_that_will_not_go_is_killed() {
    let directory = tempfile::tempdir().unwrap();
    let script = format!("trap '' TERM; {WAITS}; {WAITS}");
    let mut approver = ProgramApprover::new(&script, Duration::from_millis(500), directory.path());
    let started = Instant::now();
    approver.ask(&shell("x"), &Withdrawal::default());
    assert!(started.elapsed() < LONG);
    expect_gone(&pids(directory.path()));
}

#[test]
#[cfg(target_os = "linux")]
fn a_program_is_ended_when_its_answer_is_not_wanted_any_more() {
    let directory = tempfile::tempdir().unwrap();
    let mut approver = ProgramApprover::new(WAITS, LONG, directory.path());
    let withdrawal = Withdrawal::default();
    let asked = std::thread::spawn({
        let withdrawal = withdrawal.clone();
        move || (approver.ask(&shell("x"), &withdrawal), approver.faults().take())
    });
    let pids = pids(directory.path());
    withdrawal.cancel();
    assert_eq!(asked.join().unwrap(), (Answer::Nobody, Vec::new()));
    expect_gone(&pids);
}

#[test]
fn a_program_that_does_not_read_a_large_ask_can_answer() {
    let mut ask = edit(1);
    ask.diff = Some("+x\n".repeat(1_000_000));
    assert_eq!(
        said(r#"echo '{"decision":"allow"}'"#, &ask, LONG),
        (Answer::Once, Vec::new())
    );
    let reads = r#"test "$(wc -c)" -gt 3000000 && echo '{"decision":"allow"}'"#;
    assert_eq!(said(reads, &ask, LONG), (Answer::Once, Vec::new()));
}

#[test]
fn a_child_that_keeps_the_pipes_open_keeps_nobody_waiting() {
    let started = Instant::now();
    // In the group of the program, and out of it.
    assert_eq!(answered(r#"sleep 1000 & echo '{"decision":"allow"}'"#), Answer::Once);
    if cfg!(target_os = "linux") {
        assert_eq!(
            answered(r#"setsid sleep 3 & echo '{"decision":"allow"}'"#),
            Answer::Once
        );
    }
    assert!(started.elapsed() < LONG, "{:?}", started.elapsed());
}

#[test]
#[ignore = "not a test: the test beside it gives it a password"]
fn asks_with_a_password() {
    let script = r#"test -z "${OPENCODE_SERVER_PASSWORD+set}" && test -n "$PATH" && echo '{"decision":"allow"}'"#;
    assert!(std::env::var_os("OPENCODE_SERVER_PASSWORD").is_some());
    assert_eq!(answered(script), Answer::Once);
}

#[test]
fn a_program_gets_no_password() {
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "prompter::approver::asks_with_a_password"])
        .env("OPENCODE_SERVER_PASSWORD", "secret")
        .output()
        .unwrap();
    assert!(output.status.success());
    assert!(String::from_utf8_lossy(&output.stdout).contains("1 passed"));
}

#[test]
fn a_program_may_answer_questions() {
    let directory = tempfile::tempdir().unwrap();
    let questions = [ModelQuestion::read(&json!({
        "question": "Which?", "header": "H", "multiple": true, "options": [{"label": "a", "description": "b"}],
    }))];
    let ask = |script: &str| {
        let mut approver = ProgramApprover::new(script, LONG, directory.path());
        let answer = approver.question(&questions, Some("explore"), &Withdrawal::default());
        (answer, approver.faults().take().len())
    };
    let answer = ask(r#"cat >question.json; echo '{"answers":[["a","own"]]}'"#);
    assert_eq!(
        answer,
        (QuestionAnswer::Answers(vec![vec!["a".into(), "own".into()]]), 0)
    );
    let document = std::fs::read_to_string(directory.path().join("question.json")).unwrap();
    let document: Value = serde_json::from_str(&document).unwrap();
    schemas::expect_valid(SchemaName::ApproverRequest, &document);
    assert_eq!(
        document,
        json!({
            "type": "question", "schema_version": 1, "subagent": "explore",
            "directory": directory.path().to_str().unwrap(),
            "questions": [{
                "question": "Which?", "header": "H", "multiple": true,
                "options": [{"label": "a", "description": "b"}],
            }],
        })
    );
    assert_eq!(ask(r#"echo '{"decision":"deny"}'"#), (QuestionAnswer::Dismissed, 1));
    assert_eq!(ask(r#"echo '{"answers":[]}'"#), (QuestionAnswer::Dismissed, 1));
}
