//! A clock that was set back: the session holds messages whose times lie ahead.

use serde_json::{Value, json};

use crate::real_engine::RealEngine;
use crate::support::{Finished, Model, Sandbox};

const SCRIPT: &str = "\
    [[reply]]\nmatch = \"first\"\ntext = \"the old answer\"\n\
    tool_calls = [{ name = \"read\", arguments = { filePath = \"notes.txt\" } }]\n\
    [[reply]]\ntool_result = \"*\"\ntext = \"the old end\"\ntimes = \"always\"\n\
    [[reply]]\ntext = \"a new answer\"\ntimes = \"always\"";

/// Milliseconds by which the stored messages lie ahead.
const AHEAD: [u64; 3] = [20_000, 3_600_000, 172_800_000];

/// Moves every time of an export.
fn shift(value: &mut Value, by: u64) {
    match value {
        Value::Object(map) => {
            for (name, value) in map {
                match value.as_u64() {
                    Some(time) if matches!(name.as_str(), "created" | "updated" | "completed" | "start" | "end") => {
                        *value = json!(time + by);
                    }
                    _ => shift(value, by),
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| shift(value, by)),
        _ => {}
    }
}

#[test]
fn an_old_answer_is_never_printed_as_the_new_one() {
    let sandbox = Sandbox::new();
    sandbox.write("project/notes.txt", "the fox jumps");
    let model = Model::start(SCRIPT);
    let engine = RealEngine::with_model(&sandbox.path(""), &model.engine_config(), &[]);
    let url = engine.url();
    let run = |before: &[&str], arguments: &[&str]| -> Finished {
        let all = [before, &["--attach", &url], arguments].concat();
        sandbox.run_without_engine(all).start_at_once().finish()
    };
    let first = run(&[], &["--output-format=json", "first"]).expect(0).record();
    let id = first["session_id"].as_str().unwrap();
    let exported = run(&["session", "export"], &[id]).expect(0).stdout;

    for ahead in AHEAD {
        let mut document: Value = serde_json::from_str(&exported).unwrap();
        shift(&mut document, ahead);
        let file = sandbox.write("export.json", document.to_string());
        let file = file.to_str().unwrap();
        let imported = run(&["session", "import"], &["--copy", file]).expect(0).stdout;
        let id = imported.trim();
        let calls = model.count();
        for arguments in [
            &["-s", id, "second"][..],
            &["-c", "second"],
            &["-s", id, "--auto-tools", "second"],
            &["-s", id, "--fork", "second"],
        ] {
            let finished = run(&["--output-format=json"], arguments).expect(1).says(&[
                "error: cannot get an answer from `rehearsal/scripted`: the engine ended the turn without one\n",
                "hint: the clock is behind the session's last message",
            ]);
            let record = finished.record();
            assert_eq!(
                json!([
                    record["result"],
                    record["turns"],
                    record["tool_calls"],
                    record["usage"]["total"]
                ]),
                json!(["", 0, [], 0]),
                "{arguments:?}"
            );
        }
        run(&[], &["-s", id, "second"]).expect(1).writes("");
        // The engine has asked the model nothing: what ended is not a turn that was read wrongly.
        assert_eq!(model.count(), calls);
        run(&["session", "delete"], &["-y", id]).expect(0);
    }
    run(&[], &["second"]).expect(0).writes("a new answer\n");
}
