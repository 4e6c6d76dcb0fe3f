//! What an agent may use up, and what has to hold after its turn.

use rustix::process::Signal;
use serde_json::{Value, json};

use super::{record_of, text_of};
use crate::support::Sandbox;

const PLAIN: &str = "[[reply]]\ntext = \"ok\"";

/// A model that looks around, twice in each step, and comes to no end.
fn looking_for_ever() -> String {
    let call = |pattern: &str| format!("{{ name = \"glob\", arguments = {{ pattern = \"{pattern}\" }} }}");
    format!(
        "afterwards = \"repeat\"\n[[reply]]\ntext = \"Looking.\"\ntool_calls = [{}, {}]",
        call("*.a"),
        call("*.b")
    )
}

#[track_caller]
fn assert_limit(record: &Value, message: &str, hint: &str) {
    assert_eq!(
        (&record["outcome"], &record["error"]["kind"]),
        (&json!("limit"), &json!("limit"))
    );
    assert_eq!(record["error"]["message"], message);
    assert_eq!(record["error"]["hint"], hint);
}

#[test]
fn a_turn_too_many_is_not_begun() {
    let sandbox = Sandbox::new();
    let model = sandbox.share_engine(&looking_for_ever());
    let finished = sandbox
        .attached(["--output-format", "json", "--max-turns", "2", "Look"])
        .finish()
        .expect(6);
    sandbox.expect_nothing_left();
    let record = finished.record();
    assert_limit(
        &record,
        "cannot finish the turn: it needs more than 2 turns",
        "raise `--max-turns`, or leave it out",
    );
    // The engine goes on by itself until it hears of the end, which may be one request later.
    let said = record["result"].as_str().unwrap();
    assert!(said.starts_with("Looking.\n\nLooking."), "{said}");
    let calls = record["tool_calls"].as_array().unwrap().len();
    assert!((4..=6).contains(&calls), "{calls} calls");
    assert!((2..=3).contains(&model.count()), "{} requests", model.count());
}

#[test]
fn as_many_turns_as_are_allowed_are_enough() {
    let script =
        "[[reply]]\ntool_calls = [{ name = \"glob\", arguments = { pattern = \"*\" } }]\n[[reply]]\ntext = \"ok\"";
    let (record, _) = record_of(script, &["--max-turns", "2", "--max-tool-calls", "1"], 0);
    assert_eq!((&record["result"], &record["turns"]), (&json!("ok"), &json!(2)));
}

#[test]
fn a_tool_call_too_many_ends_the_run() {
    let (record, _) = record_of(&looking_for_ever(), &["--max-tool-calls", "1"], 6);
    assert_limit(
        &record,
        "cannot finish the turn: it needs more than 1 tool call",
        "raise `--max-tool-calls`, or leave it out",
    );
}

#[test]
fn tokens_and_cost_beyond_the_limit_end_the_run_with_what_was_answered() {
    let script = "[[reply]]\ntext = \"Long.\"\nusage = { input = 900, output = 101 }";
    let (record, finished) = record_of(script, &["--max-tokens", "1000"], 6);
    assert_limit(
        &record,
        "cannot finish the turn: it used 1001 tokens, and may use 1000",
        "raise `--max-tokens`, or leave it out",
    );
    assert_eq!(record["result"], "Long.");
    assert_eq!(record["usage"]["total"], 1001);
    finished.says(&["error: cannot finish the turn: it used 1001 tokens"]);
    // A dollar a million tokens in, two out.
    let (record, _) = record_of(script, &["--max-cost", "0.001"], 6);
    assert_limit(
        &record,
        "cannot finish the turn: it cost 0.001102 dollars, and may cost 0.001",
        "raise `--max-cost`, or leave it out",
    );
    assert_eq!(record["cost_usd"], "0.001102");
    record_of(script, &["--max-tokens", "1001", "--max-cost", "0.001102"], 0);
}

#[test]
fn settings_set_limits_and_a_project_does_not() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "home/.config/opencode-rs/config.toml",
        "max_tokens = 10\nmax_cost = \"0.5\"",
    );
    sandbox.write("project/.opencode-rs.toml", "max_tokens = 1000000");
    sandbox
        .rehearse("[[reply]]\ntext = \"x\"\nusage = { input = 11 }", ["Say it"])
        .finish()
        .expect(6)
        .says(&["max_tokens", "it used 11 tokens, and may use 10"]);
}

#[test]
fn a_run_that_has_to_change_something_and_does_not_is_invalid() {
    let sandbox = Sandbox::new();
    let arguments = [
        "--output-format",
        "json",
        "--require-change",
        "--verify",
        "touch ran",
        "-o",
        "answer",
        "Do it",
    ];
    let finished = sandbox.rehearse(PLAIN, arguments).finish().expect(3);
    let record = finished.record();
    assert_eq!(record["error"]["kind"], "invalid_result");
    assert_eq!(record["files"], json!([]));
    assert_eq!(record["checks"], json!({"verify": null, "require_change": false}));
    finished.says(&["no file changed", "`--require-change`"]);
    assert!(!sandbox.path("project/ran").exists());
    assert_eq!(sandbox.read("project/answer"), "ok\n");
}

#[test]
#[cfg(unix)]
fn a_script_in_a_pipe_that_nobody_writes_to_is_waited_for_until_the_time_is_up() {
    let sandbox = Sandbox::new();
    let pipe = sandbox.path("project/pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    let rehearse = format!("--rehearse={}", pipe.display());
    sandbox
        .run([&rehearse, "--timeout", "500ms", "Say it"])
        .finish()
        .expect(124);
    sandbox
        .run(["--rehearse=/dev/zero", "Say it"])
        .finish()
        .expect(2)
        .says(&["/dev/zero", "device"]);
    sandbox.expect_nothing_left();
}

#[test]
fn directories_in_the_place_of_cached_files_are_set_aside() {
    let sandbox = Sandbox::new();
    let empty = sandbox.path("home/.cache/opencode-rs/catalogs/empty.json");
    std::fs::create_dir_all(empty).unwrap();
    sandbox.rehearse(PLAIN, ["Say it"]).finish().expect(0).writes("ok\n");
    sandbox.expect_nothing_left();
}

#[test]
fn a_file_that_is_written_as_it_was_is_no_change() {
    let script = "[[reply]]\ntool_calls = [\
        { name = \"write\", arguments = { filePath = \"same.txt\", content = \"same\\n\" } },\
        ]\n[[reply]]\ntext = \"ok\"\ntimes = \"always\"";
    for is_repository in [false, true] {
        let sandbox = Sandbox::new();
        sandbox.write("project/same.txt", "same\n");
        if is_repository {
            let git = std::process::Command::new("git")
                .args(["init", "-q"])
                .arg(sandbox.project())
                .status();
            assert!(git.unwrap().success());
        }
        let arguments = ["--auto-tools", "--output-format", "json", "--require-change", "Do it"];
        let finished = sandbox.rehearse(script, arguments).finish().expect(3);
        assert_eq!(finished.record()["files"], json!([]));
        assert!(!finished.stderr.contains("changed:"), "{}", finished.stderr);
    }
}

#[test]
fn a_command_that_fails_makes_the_result_invalid() {
    let sandbox = Sandbox::new();
    let command = "cat; pwd; echo to stdout; echo \"password: $OPENCODE_SERVER_PASSWORD\"; exit 7";
    let finished = sandbox
        .rehearse(
            PLAIN,
            ["--output-format", "json", "--verify", command, "-o", "answer", "Do it"],
        )
        .env("OPENCODE_SERVER_PASSWORD", "geheim")
        .finish()
        .expect(3);
    sandbox.expect_nothing_left();
    let record = finished.record();
    assert_eq!(record["error"]["kind"], "invalid_result");
    assert_eq!(
        record["error"]["message"],
        format!("cannot accept the result: `{command}` (`--verify`) exited with status 7")
    );
    let verify = &record["checks"]["verify"];
    assert_eq!((&verify["command"], &verify["exit_code"]), (&json!(command), &json!(7)));
    assert!(verify["duration_ms"].is_u64());
    assert_eq!(
        (&record["result"], &record["checks"]["require_change"]),
        (&json!("ok"), &Value::Null)
    );
    assert_eq!(sandbox.read("project/answer"), "ok\n");
    let directory = sandbox.project().to_string_lossy().into_owned();
    finished.says(&[&directory, "to stdout\n", "password: \n"]);
}

#[test]
fn a_command_that_succeeds_leaves_the_answer_alone_on_stdout() {
    text_of(PLAIN, &["--verify", "echo fine"], 0)
        .writes("ok\n")
        .says(&["fine\n"]);
}

#[test]
fn a_command_that_is_killed_makes_the_result_invalid() {
    let (record, _) = record_of(PLAIN, &["--verify", "kill -9 $$"], 3);
    assert_eq!(record["checks"]["verify"]["exit_code"], Value::Null);
    let message = record["error"]["message"].as_str().unwrap();
    assert!(message.ends_with("(`--verify`) was ended by signal 9"), "{message}");
}

#[test]
fn what_a_command_leaves_running_is_ended() {
    text_of(PLAIN, &["--verify", "sleep 1000 & echo fine"], 0).writes("ok\n");
}

#[test]
fn nothing_is_verified_after_a_turn_that_failed() {
    let sandbox = Sandbox::new();
    let _model = sandbox.share_engine("[[reply]]\nstatus = 401");
    let finished = sandbox
        .attached(["--output-format", "json", "--verify", "touch ran", "Do it"])
        .finish()
        .expect(4);
    assert_eq!(
        finished.record()["checks"],
        json!({"verify": null, "require_change": null})
    );
    assert!(!sandbox.path("project/ran").exists());
}

#[test]
fn a_signal_ends_the_command_and_all_of_its_group() {
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let sandbox = Sandbox::new();
        // The grandchild does not hear TERM, and has streams of its own.
        let command = "(trap '' TERM INT; sleep 1000 & wait; sleep 1000) >/dev/null 2>&1 & echo verifying; wait";
        let _model = sandbox.share_engine(PLAIN);
        let running = sandbox
            .attached(["--output-format", "json", "--verify", command, "Do it"])
            .start();
        running.wait_for_stderr("verifying");
        running.signal(signal);
        let record = running.finish().expect(code).record();
        assert_eq!(record["outcome"], "interrupted");
        assert_eq!(record["result"], "ok");
        assert_eq!(record["checks"]["verify"]["exit_code"], Value::Null);
        sandbox.expect_nothing_left();
    }
}

#[test]
fn a_second_signal_leaves_nothing_of_the_command() {
    let sandbox = Sandbox::new();
    let command = "trap '' TERM INT; echo verifying; while true; do sleep 1000; done";
    let _model = sandbox.share_engine(PLAIN);
    let mut running = sandbox.attached(["--verify", command, "Do it"]).start();
    running.wait_for_stderr("verifying");
    crate::support::until("it leaves", crate::support::LONG, || {
        if running.is_over() {
            return Some(());
        }
        running.signal(Signal::INT);
        None
    });
    running.finish().expect(130);
    sandbox.expect_nothing_left();
}

#[test]
fn the_time_limit_holds_for_the_command_too() {
    let sandbox = Sandbox::new();
    let _model = sandbox.share_engine(PLAIN);
    let finished = sandbox
        .attached(["--timeout", "8s", "--verify", "echo verifying; sleep 1000", "Do it"])
        .finish()
        .expect(124);
    finished.says(&["cannot finish within 8 s"]);
    sandbox.expect_nothing_left();
}
