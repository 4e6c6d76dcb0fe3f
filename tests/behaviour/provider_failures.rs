//! What a provider can do to a run, and how the run ends.

use std::net::TcpListener;
use std::time::Duration;

use serde_json::{Value, json};

use super::{record_of, text_of};
use crate::support::Sandbox;

/// A run that fails: its record is checked, and that stderr says the same. Gives the record.
#[track_caller]
fn fails(script: &str, arguments: &[&str], code: i32, outcome: &str, result: &str, error: &Value) -> Value {
    let (record, finished) = record_of(script, arguments, code);
    assert_eq!(record["outcome"], outcome);
    assert_eq!(record["result"], result);
    assert_eq!(known(&record["error"], error), *error);
    let hints = error["hint"]
        .as_str()
        .map_or(String::new(), |hint| format!("hint: {hint}\n"));
    finished.says(&[&format!("error: {}\n{hints}", error["message"].as_str().unwrap())]);
    record
}

/// The keys of `expected` in an error.
fn known(error: &Value, expected: &Value) -> Value {
    let keys = expected.as_object().unwrap().keys();
    keys.map(|key| (key.clone(), error[key].clone())).collect()
}

fn auth(message: &str) -> Value {
    json!({
        "class": "authentication",
        "provider": "rehearsal",
        "retryable": false,
        "recovery": "login",
        "kind": "auth",
        "message": format!("cannot get an answer from `rehearsal/scripted`: the provider refused the credentials: {message}"),
        "hint": "check the provider's key, or log in again with `opencode-rs auth login`",
    })
}

fn provider(message: &str, hint: &str) -> Value {
    json!({"kind": "provider", "message": format!("cannot get an answer from `rehearsal/scripted`: {message}"), "hint": hint})
}

#[test]
fn refused_credentials_end_the_run_with_4() {
    let script = "[[reply]]\nstatus = 401\nerror_message = \"Incorrect API key provided\"";
    let record = fails(script, &[], 4, "auth", "", &auth("Incorrect API key provided"));
    assert_eq!((&record["retries"], &record["turns"]), (&json!(0), &json!(1)));
    fails(
        "[[reply]]\nstatus = 403",
        &[],
        4,
        "auth",
        "",
        &auth("rehearsed error 403"),
    );
}

#[test]
fn a_request_that_the_provider_refuses_ends_the_run_with_1() {
    let error = json!({
        "kind": "failed",
        "message": "cannot get an answer from `rehearsal/scripted`: the provider refused the request with status 400: no such thing",
        "hint": null,
        "class": "invalid_request",
        "http_status": 400,
        "retryable": false,
    });
    let script = "[[reply]]\nstatus = 400\nerror_message = \"no such thing\"";
    fails(script, &[], 1, "failed", "", &error);
}

#[test]
fn a_pause_beyond_the_budget_ends_the_run_at_once_with_7() {
    let script = "[[reply]]\nstatus = 429\nheaders = { retry-after = \"3600\" }\ntimes = \"always\"\nerror_message = \"slow down\"";
    let (record, finished) = record_of(script, &[], 7);
    assert_eq!(record["outcome"], "provider");
    let expected = json!({"kind": "provider", "class": "rate_limit", "retryable": true, "recovery": "wait_and_retry"});
    assert_eq!(known(&record["error"], &expected), expected);
    let pause = record["error"]["retry_after_ms"].as_u64().unwrap();
    assert!((3_000_000..=3_600_000).contains(&pause), "{pause}");
    assert_eq!(
        record["error"]["message"],
        "cannot get an answer from `rehearsal/scripted`: slow down"
    );
    let hint = record["error"]["hint"].as_str().unwrap();
    // How much of the hour is left when the event comes is not for us to say.
    assert!(
        hint.starts_with("the provider wants a pause of 3")
            && hint
                .ends_with(" s, which is beyond the retry budget of 300 s; raise `--retry-budget` or try again later"),
        "{hint}"
    );
    assert!(finished.took < Duration::from_secs(200), "{:?}", finished.took);
    // A retry that is not made is neither shown nor counted.
    let finished = finished.says(&["error: cannot get an answer from `rehearsal/scripted`: slow down"]);
    assert!(!finished.stderr.contains("retrying in "), "{}", finished.stderr);
    assert_eq!(record["retries"], 0);
}

#[test]
fn a_pause_beyond_the_timeout_ends_the_run_with_7() {
    let script = "[[reply]]\nstatus = 503\nheaders = { retry-after-ms = \"200000\" }\ntimes = \"always\"";
    let (record, _) = record_of(script, &["--timeout", "60s"], 7);
    assert_eq!(record["error"]["kind"], "provider");
    assert!(
        record["error"]["hint"]
            .as_str()
            .unwrap()
            .ends_with("which is beyond the `--timeout`"),
        "{record}"
    );
}

/// Two failures that pass, then the answer.
fn passing(status: u16) -> String {
    format!(
        "[[reply]]\nstatus = {status}\ntimes = 2\nheaders = {{ retry-after-ms = \"20\" }}\n[[reply]]\ntext = \"Here it is.\""
    )
}

#[test]
fn an_overload_that_passes_is_a_success_with_the_retries_counted() {
    for status in [429, 500] {
        let (record, finished) = record_of(&passing(status), &[], 0);
        assert_eq!(
            [
                &record["outcome"],
                &record["result"],
                &record["retries"],
                &record["error"]
            ],
            [&json!("ok"), &json!("Here it is."), &json!(2), &Value::Null]
        );
        finished.says(&["(attempt 1 of 5): ", "(attempt 2 of 5): "]);
    }
    text_of(&passing(502), &[], 0).writes("Here it is.\n");
}

#[test]
fn failures_for_ever_end_the_run_with_7_after_the_allowed_retries() {
    let script =
        "[[reply]]\nstatus = 500\ntimes = \"always\"\nheaders = { retry-after-ms = \"20\" }\nerror_message = \"boom\"";
    let error = provider("boom", "1 retry did not help; raise `--max-retries` or try again later");
    let record = fails(script, &["--max-retries", "1"], 7, "provider", "", &error);
    assert_eq!(record["retries"], 1);
    let error = provider("boom", "no retry was allowed; raise `--max-retries` or try again later");
    fails(script, &["--max-retries", "0"], 7, "provider", "", &error);
}

#[test]
fn a_reset_in_mid_stream_doubles_no_text() {
    let script = "[[reply]]\ntext = \"one two three four\"\nfault = \"reset\"\nafter_chunks = 2\n\
                  [[reply]]\ntext = \"one two three four\"";
    let (record, _) = record_of(script, &[], 0);
    assert_eq!(record["result"], "one two three four");
    assert_eq!(record["retries"], 1);
    text_of(script, &[], 0)
        .writes("one two three four\n")
        .says(&["retrying in ", "(attempt 1 of 5): "]);
}

#[test]
fn a_retry_that_answers_differently_is_repeated_from_its_start_in_a_pipe() {
    // Not a reset or a close: these can overtake bytes that were sent before them.
    let script = "[[reply]]\ntext = \"one two three\"\nfault = \"error_chunk\"\nafter_chunks = 2\n[[reply]]\ntext = \"uno dos tres\"";
    let (record, _) = record_of(script, &[], 0);
    assert_eq!(record["result"], "uno dos tres");
    let finished = text_of(script, &[], 0)
        .says(&["note: the model was tried again and answers differently; its text is repeated from the start"]);
    assert!(finished.stdout.ends_with("\nuno dos tres\n"), "{}", finished.stdout);
}

#[test]
fn an_error_inside_the_stream_is_tried_again() {
    let script = "[[reply]]\ntext = \"one two three\"\nfault = \"error_chunk\"\nafter_chunks = 1\n[[reply]]\ntext = \"one two three\"";
    let (record, finished) = record_of(script, &[], 0);
    assert_eq!(
        (&record["result"], &record["retries"]),
        (&json!("one two three"), &json!(1))
    );
    finished.says(&["(attempt 1 of 5): "]);
}

#[test]
fn streams_without_a_finish_reason_end_the_run_with_7_after_two() {
    let error = provider(
        "the provider's stream ends without a finish reason that the engine knows",
        "the provider, or a proxy before it, cuts the answer off or ends it with a word of its own; try again later or use \
         another model",
    );
    let (record, finished) = record_of(
        "[[reply]]\nfault = \"eof\"\ntimes = \"always\"\ntext = \"half an\"",
        &[],
        7,
    );
    assert_eq!(known(&record["error"], &error), error);
    assert_eq!(record["error"]["subclass"], "broken_stream");
    assert_eq!(record["outcome"], "provider");
    // Text that the model repeats in the retry appears once.
    assert_eq!(record["result"], "half an");
    let turns = record["turns"].as_u64().unwrap();
    assert!((2..=4).contains(&turns), "{turns}");
    let finished = finished.says(&[
        "warning: the provider ends the answer without a finish reason that the engine knows, so the engine asks again\n",
        "error: cannot get an answer from `rehearsal/scripted`: the provider's stream ends without a finish reason that the engine knows\n",
    ]);
    assert_eq!(
        finished.stderr.matches("so the engine asks again").count(),
        1,
        "{}",
        finished.stderr
    );
}

#[test]
fn one_stream_without_a_finish_reason_is_forgiven() {
    let script = "[[reply]]\nfault = \"eof\"\ntext = \"half\"\n[[reply]]\ntext = \"All of it.\"";
    let (record, _) = record_of(script, &[], 0);
    assert_eq!(record["outcome"], "ok");
    assert_eq!(record["result"], "All of it.");
}

#[test]
fn a_stalled_model_ends_the_run_with_124() {
    let error = |limit: &str| {
        json!({
            "kind": "timeout",
            "message": format!("cannot finish the turn: nothing happened for {limit}"),
            "hint": "raise `--stall-timeout`, or check the provider",
        })
    };
    let script = "[[reply]]\ntext = \"one two\"\nfault = \"stall\"\nafter_chunks = 1";
    // The first limit in which this machine comes to the stall.
    let limits = [("1500ms", "1.5 s"), ("6s", "6 s"), ("24s", "24 s")];
    let stalled = limits.into_iter().any(|(limit, said)| {
        let (record, finished) = record_of(script, &["--stall-timeout", limit], 124);
        assert_eq!(record["outcome"], "timeout");
        assert_eq!(known(&record["error"], &error(said)), error(said));
        finished.says(&[&format!("error: {}\n", record["error"]["message"].as_str().unwrap())]);
        record["result"] == "one "
    });
    assert!(stalled);
    let script = "[[reply]]\nhang = true";
    fails(
        script,
        &["--stall-timeout", "1500ms"],
        124,
        "timeout",
        "",
        &error("1.5 s"),
    );
}

#[test]
fn a_run_that_takes_too_long_ends_with_124() {
    let error = json!({
        "kind": "timeout",
        "message": "cannot finish within 2 s",
        "hint": "raise `--timeout`, or leave it out",
    });
    fails(
        "[[reply]]\nhang = true",
        &["--timeout", "2s"],
        124,
        "timeout",
        "",
        &error,
    );
}

#[test]
fn a_timeout_before_the_engine_is_ready_ends_with_124_too() {
    let sandbox = Sandbox::new();
    let arguments = ["--output-format", "json", "--timeout", "100ms", "Say it"];
    let finished = sandbox.rehearse("[[reply]]\ntext = \"x\"", arguments).finish();
    let record = finished.expect(124).record();
    sandbox.expect_nothing_left();
    assert_eq!(record["error"]["message"], "cannot finish within 0.1 s");
    assert_eq!(record["session_id"], Value::Null);
}

#[test]
fn a_cut_answer_is_shown_and_is_no_success() {
    let script = "[[reply]]\ntext = \"This is cut\"\nfinish = \"length\"";
    let error = json!({
        "kind": "truncated",
        "message": "cannot get the whole answer: the model reached its output limit",
        "hint": "ask for a shorter answer, or choose a model with a larger output limit",
    });
    fails(script, &[], 1, "failed", "This is cut", &error);
    text_of(script, &[], 1).writes("This is cut\n");
}

#[test]
fn an_empty_answer_ends_the_run_with_3() {
    let error = json!({
        "kind": "invalid_result",
        "message": "cannot use the answer: it is empty",
        "hint": "the model ended its turn without text; ask again, or ask more precisely",
    });
    fails("[[reply]]\ntext = \"\"", &[], 3, "invalid_result", "", &error);
}

#[test]
fn an_answer_of_white_space_is_empty() {
    let (record, _) = record_of("[[reply]]\ntext = \" \\n\\t\\n\"", &[], 3);
    assert_eq!(record["error"]["kind"], "invalid_result");
}

#[test]
fn a_content_filter_ends_the_run_with_1_and_what_came_is_shown() {
    let script = "[[reply]]\ntext = \"Well,\"\nfinish = \"content_filter\"";
    let error = json!({
        "kind": "failed",
        "message": "cannot get the answer: the provider's content filter stopped it",
        "hint": "word the prompt differently, or use another model",
    });
    fails(script, &[], 1, "failed", "Well,", &error);
    text_of(script, &[], 1).writes("Well,\n");
}

#[test]
fn a_stream_that_is_no_json_ends_the_run_with_7() {
    let (record, finished) = record_of(
        "[[reply]]\ntext = \"one two\"\nfault = \"garbage\"\nafter_chunks = 1",
        &[],
        7,
    );
    assert_eq!(record["outcome"], "provider");
    let message = record["error"]["message"].as_str().unwrap();
    assert!(
        message.starts_with("cannot read the provider's answer: JSON parsing failed"),
        "{message}"
    );
    finished.says(&["error: cannot read the provider's answer: JSON parsing failed"]);
}

/// A provider that takes no conversation of this length, `times` often.
fn too_long(times: &str, caller: &str) -> String {
    format!(
        "[[reply]]\nstatus = 400\ncaller = \"{caller}\"\ntimes = {times}\n\
         body = {{ error = {{ message = \"This model's maximum context length is 8000 tokens\", \
         type = \"invalid_request_error\", code = \"context_length_exceeded\" }} }}\n"
    )
}

#[test]
fn a_conversation_that_fits_after_a_summary_is_a_success() {
    let script = too_long("1", "main") + "[[reply]]\ntext = \"Here it is.\"";
    let (record, finished) = record_of(&script, &[], 0);
    assert_eq!(
        (&record["result"], &record["error"]),
        (&json!("Here it is."), &Value::Null)
    );
    finished.says(&["note: older messages were replaced by a summary"]);
    text_of(&script, &[], 0).writes("Here it is.\n");
}

#[test]
fn a_conversation_too_long_for_the_model_ends_the_run_with_7() {
    // With a summary that does not help, and with none to be had.
    for caller in ["main", "any"] {
        let (record, finished) = record_of(&too_long("\"always\"", caller), &[], 7);
        assert_eq!(record["error"]["kind"], "provider");
        let message = record["error"]["message"].as_str().unwrap();
        assert!(
            message.starts_with(
                "cannot get an answer from `rehearsal/scripted`: the conversation is too long for the model"
            ),
            "{message}"
        );
        assert_eq!(
            record["error"]["hint"],
            "send less text, or use a model with a larger context"
        );
        finished.says(&[
            "error: cannot get an answer from `rehearsal/scripted`: the conversation is too long for the model",
        ]);
    }
}

#[test]
fn a_provider_that_nobody_reaches_ends_the_run_with_7() {
    let sandbox = Sandbox::new();
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let config = json!({"model": "gone/m", "small_model": "gone/m", "provider": {"gone": {
        "npm": "@ai-sdk/openai-compatible",
        "options": {"baseURL": format!("http://{free}/v1"), "apiKey": "very-secret-key"},
        "models": {"m": {"name": "M"}},
    }}});
    sandbox.write("home/.config/opencode/opencode.json", config.to_string());
    let finished = sandbox
        .run(["--output-format", "json", "--max-retries", "0", "Say it"])
        .finish()
        .expect(7)
        .says(&["error: cannot get an answer from `gone/m`: "]);
    let record = finished.record();
    assert_eq!(record["error"]["kind"], "provider");
    assert_eq!(record["model"], "gone/m");
    // An unknown price is `null`, not a guess.
    assert_eq!(record["cost_usd"], Value::Null);
    assert!(!finished.stdout.contains("very-secret-key") && !finished.stderr.contains("very-secret-key"));
    sandbox.expect_nothing_left();
}

#[test]
fn a_connection_that_ends_before_the_answer_begins_is_tried_again() {
    let script = "[[reply]]\nfault = \"reset\"\nafter_chunks = 0\n[[reply]]\ntext = \"one two three\"\nfault = \"close\"\n\
                  after_chunks = 2\n[[reply]]\ntext = \"one two three\"";
    let (record, finished) = record_of(script, &[], 0);
    assert_eq!(record["result"], "one two three");
    assert_eq!(record["retries"], 2);
    finished.says(&["(attempt 1 of 5): ", "(attempt 2 of 5): "]);
}
