//! Names and configurations that do not fit: refused before a prompt is sent.

use serde_json::Value;

use crate::support::{Finished, Run, Sandbox};

const SCRIPT: &str = "[[reply]]\ntext = \"answered\"";

#[track_caller]
fn refused(sandbox: &Sandbox, arguments: &[&str]) -> Finished {
    let arguments = arguments.iter().chain(&["--output-format", "json", "Say it"]);
    expect_refusal(sandbox, sandbox.rehearse(SCRIPT, arguments))
}

/// The same in the engine that tests share.
#[track_caller]
fn refused_attached(arguments: &[&str]) -> Finished {
    let sandbox = Sandbox::new();
    let _model = sandbox.share_engine(SCRIPT);
    let arguments = arguments.iter().chain(&["--output-format", "json", "Say it"]);
    expect_refusal(&sandbox, sandbox.attached(arguments))
}

#[track_caller]
fn expect_refusal(sandbox: &Sandbox, run: Run) -> Finished {
    let finished = run.finish().expect(2);
    let record = finished.record();
    assert_eq!(
        [&record["outcome"], &record["error"]["kind"]],
        [&Value::from("usage"), &Value::from("usage")]
    );
    assert_eq!(record["session_id"], Value::Null, "a session was made");
    sandbox.expect_nothing_left();
    finished
}

#[test]
fn an_unknown_model_is_refused_with_the_nearest_names() {
    refused_attached(&["-m", "rehearsal/scriptd"]).says(&[
        "error: cannot find model `rehearsal/scriptd`\n",
        "hint: did you mean `rehearsal/scripted`",
    ]);
}

#[test]
fn an_unknown_agent_is_refused_with_the_nearest_names() {
    refused_attached(&["--agent", "biuld"])
        .says(&["error: cannot find agent `biuld`\n", "hint: did you mean `build`?\n"]);
}

#[test]
fn a_variant_that_the_model_has_not_is_refused() {
    refused_attached(&["--effort", "high"])
        .says(&["error: cannot use effort `high` with model `rehearsal/scripted`\n"]);
}

#[test]
fn nothing_is_sent_to_a_model_when_a_name_is_wrong() {
    let sandbox = Sandbox::new();
    let model = sandbox.share_engine("");
    sandbox
        .attached(["-m", "rehearsal/scriptd", "Say it"])
        .finish()
        .expect(2)
        .writes("")
        .says(&["hint: did you mean `rehearsal/scripted`"]);
    sandbox
        .attached(["--agent", "biuld", "Say it"])
        .finish()
        .expect(2)
        .writes("");
    assert_eq!(model.count(), 0);
    sandbox.attached(["-m", "scripted", "Say it"]).finish().expect(0);
    assert_eq!(model.count(), 1);
}

#[test]
fn a_configuration_that_is_no_json_is_refused_with_its_path() {
    let sandbox = Sandbox::new();
    sandbox.write("project/opencode.json", "{bad");
    let path = sandbox.project().join("opencode.json");
    refused(&sandbox, &[]).says(&["error: ", &path.to_string_lossy(), "hint: "]);
}

#[test]
fn a_configuration_with_a_bad_value_is_refused_with_its_path_and_the_place() {
    let sandbox = Sandbox::new();
    sandbox.write("project/opencode.json", "{\"permission\":{\"bash\":\"maybe\"}}");
    let path = sandbox.project().join("opencode.json");
    refused(&sandbox, &[]).says(&["error: ", &path.to_string_lossy(), "permission", "bash"]);
}

#[test]
fn a_bad_user_configuration_is_refused_with_its_path() {
    let sandbox = Sandbox::new();
    let path = sandbox.write("home/.config/opencode/opencode.json", "{\"model\": 5}");
    refused(&sandbox, &[]).says(&[
        "error: cannot start the engine: its configuration is broken\n",
        &path.to_string_lossy(),
    ]);
    sandbox.write("home/.config/opencode/opencode.json", "{bad");
    refused(&sandbox, &[]).says(&[
        &path.to_string_lossy(),
        "is not valid JSON",
        "hint: mend the engine's configuration",
    ]);
}

#[test]
fn a_provider_without_credentials_ends_the_run_with_4() {
    let sandbox = Sandbox::new();
    let finished = sandbox
        .run(["--output-format", "json", "-m", "anthropic/claude-sonnet-4-5", "Say it"])
        .finish()
        .expect(4);
    let record = finished.record();
    assert_eq!(record["error"]["kind"], "auth");
    assert_eq!(record["session_id"], Value::Null);
    finished.says(&["error: ", "anthropic", "hint: ", "ANTHROPIC_API_KEY"]);
    sandbox.expect_nothing_left();
}

#[test]
fn a_provider_that_does_not_exist_is_a_wrong_name() {
    let sandbox = Sandbox::new();
    sandbox
        .run(["-m", "anthropc/claude-sonnet-4-5", "Say it"])
        .finish()
        .expect(2)
        .writes("")
        .says(&["error: cannot find model `anthropc/claude-sonnet-4-5`"]);
}
