//! What a plain prompt lets the model do: look inside the directory, and nothing else.

use std::net::TcpListener;

use serde_json::{Value, json};

use crate::support::{Finished, Model, Sandbox};

/// A model that makes these calls at once (a TOML list), then says "Then not."
fn calling(calls: &str) -> String {
    format!("[[reply]]\ntext = \"Trying.\"\ntool_calls = [{calls}]\n[[reply]]\ntext = \"Then not.\"")
}

fn call(name: &str, arguments: &str) -> String {
    format!("{{ name = \"{name}\", arguments = {{ {arguments} }} }}")
}

#[track_caller]
fn json_run(sandbox: &Sandbox, script: &str, arguments: &[&str]) -> (Value, Finished) {
    let finished = sandbox
        .rehearse(script, arguments.iter().chain(&["--output-format", "json", "Do it"]))
        .finish()
        .expect(0);
    (finished.record(), finished)
}

/// Tool and status of each call.
fn calls_of(record: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    record["tool_calls"]
        .as_array()
        .unwrap()
        .iter()
        .map(|call| (text(&call["tool"]), text(&call["status"])))
        .collect()
}

#[track_caller]
fn assert_all_refused(record: &Value, count: usize) {
    let calls = calls_of(record);
    assert_eq!(calls.len(), count, "{record:#}");
    // What the model is not offered comes back as tool `invalid`, which completes with a reason.
    assert!(
        calls
            .iter()
            .all(|(tool, status)| status == "error" || tool == "invalid"),
        "{record:#}"
    );
    assert_eq!(record["result"], "Trying.\n\nThen not.");
}

/// Calls of everything that touches, with files and an address that would show it.
fn touching(port: u16) -> (String, usize) {
    let calls = [
        call("bash", "command = \"touch canary\", description = \"touch\""),
        call("write", "filePath = \"canary\", content = \"x\""),
        call(
            "edit",
            "filePath = \"kept.txt\", oldString = \"kept\", newString = \"changed\"",
        ),
        call(
            "webfetch",
            &format!("url = \"http://127.0.0.1:{port}/\", format = \"text\""),
        ),
        call(
            "task",
            "description = \"look\", prompt = \"touch canary\", subagent_type = \"general\"",
        ),
        call("todowrite", "todos = []"),
        call("question", "questions = []"),
    ];
    (calling(&calls.join(", ")), calls.len())
}

#[track_caller]
fn assert_untouched(sandbox: &Sandbox, address: &TcpListener) {
    assert!(!sandbox.path("project/canary").exists());
    assert_eq!(sandbox.read("project/kept.txt"), "kept");
    address.set_nonblocking(true).unwrap();
    assert!(address.accept().is_err(), "somebody fetched");
}

#[test]
fn what_touches_is_refused_and_the_turn_goes_on() {
    let sandbox = Sandbox::new();
    sandbox.write("project/kept.txt", "kept");
    let address = TcpListener::bind("127.0.0.1:0").unwrap();
    let (script, count) = touching(address.local_addr().unwrap().port());
    let (record, finished) = json_run(&sandbox, &script, &[]);
    assert_all_refused(&record, count);
    assert_untouched(&sandbox, &address);
    assert_eq!(record["files"], json!([]));
    let finished = finished.says(&[
        "warning: the model was refused `bash`: a plain prompt may read files in the working directory and nothing else; `--auto-tools` lets it run tools\n",
    ]);
    assert_eq!(finished.stderr.matches("the model was refused").count(), 1);
    sandbox.expect_nothing_left();
}

#[test]
fn no_configuration_widens_a_plain_prompt() {
    let sandbox = Sandbox::new();
    sandbox.write("project/kept.txt", "kept");
    let all = json!({"permission": {
        "*": "allow", "bash": "allow", "edit": "allow", "webfetch": "allow", "task": "allow",
        "external_directory": "allow", "read": {"*": "allow", "*.env": "allow"},
    }})
    .to_string();
    sandbox.write("home/.config/opencode/opencode.json", &all);
    sandbox.write("project/opencode.json", &all);
    sandbox.write(
        "project/.opencode/agent/wild.md",
        "---\nmode: primary\npermission:\n  \"*\": allow\n  bash: allow\n  edit: allow\n---\nDo what you like.\n",
    );
    let address = TcpListener::bind("127.0.0.1:0").unwrap();
    let (script, count) = touching(address.local_addr().unwrap().port());
    for agent in ["build", "wild"] {
        let (record, _) = json_run(&sandbox, &script, &["--trust", "--agent", agent]);
        assert_eq!(record["agent"], agent);
        assert_all_refused(&record, count);
    }
    assert_untouched(&sandbox, &address);
    let outside = sandbox.write("outside/notes.txt", "a secret of others");
    let script = calling(&call("read", &format!("filePath = \"{}\"", outside.display())));
    let (record, finished) = json_run(&sandbox, &script, &["--trust"]);
    assert_all_refused(&record, 1);
    assert!(!finished.stdout.contains("a secret of others"));
}

#[test]
fn the_directory_may_be_read_and_nothing_else() {
    let sandbox = Sandbox::new();
    sandbox.write("project/notes.txt", "the fox jumps");
    sandbox.write("project/.env", "KEY=hidden-key");
    let outside = sandbox.write("outside/notes.txt", "the dog sleeps");
    let calls = [
        call("read", "filePath = \"notes.txt\""),
        call("glob", "pattern = \"*.txt\""),
        call("grep", "pattern = \"fox\", include = \"*.txt\""),
        call("read", "filePath = \".env\""),
        call("read", &format!("filePath = \"{}\"", outside.display())),
        call(
            "glob",
            &format!("pattern = \"*\", path = \"{}\"", outside.parent().unwrap().display()),
        ),
    ];
    let (record, finished) = json_run(&sandbox, &calling(&calls.join(", ")), &[]);
    let refused: Vec<bool> = record["tool_calls"]
        .as_array()
        .unwrap()
        .iter()
        .map(|call| {
            call["error"]
                .as_str()
                .is_some_and(|error| error.contains("The rules of this run do not allow this"))
        })
        .collect();
    // Searching may fail where the engine finds no `rg`; it is not refused.
    assert_eq!(refused, [false, false, false, true, true, true], "{record:#}");
    let output = record["tool_calls"][0]["output"].as_str().unwrap();
    assert!(output.contains("the fox jumps"), "{output}");
    assert!(!finished.stdout.contains("hidden-key") && !finished.stdout.contains("the dog sleeps"));
    finished.says(&["warning: the model was refused `read`: "]);
    sandbox.expect_nothing_left();
}

#[test]
fn a_user_who_denies_reading_is_obeyed() {
    let sandbox = Sandbox::new();
    sandbox.write("project/secret.txt", "the dog sleeps");
    sandbox.write("project/notes.txt", "the fox jumps");
    sandbox.write(
        "home/.config/opencode/opencode.json",
        json!({"permission": {"read": {"*": "allow", "*secret.txt": "deny"}, "grep": "ask"}}).to_string(),
    );
    let calls = [
        call("read", "filePath = \"secret.txt\""),
        call("read", "filePath = \"notes.txt\""),
        call("grep", "pattern = \"dog\""),
    ];
    let (record, finished) = json_run(&sandbox, &calling(&calls.join(", ")), &[]);
    let calls = calls_of(&record);
    assert_eq!(calls[0], ("read".into(), "error".into()), "{record:#}");
    assert_eq!(calls[1], ("read".into(), "completed".into()));
    assert!(calls[2].1 == "error" || calls[2].0 == "invalid", "{record:#}");
    assert!(!finished.stdout.contains("the dog sleeps"));
}

#[test]
fn a_model_that_repeats_itself_ends_the_run_with_5() {
    let sandbox = Sandbox::new();
    let calls = vec![call("glob", "pattern = \"*\""); 4].join(", ");
    let finished = sandbox
        .rehearse(&calling(&calls), ["--output-format", "json", "Do it"])
        .finish()
        .expect(5)
        .says(&["denied: doom_loop glob: "]);
    let record = finished.record();
    assert_eq!(record["result"], "Trying.");
    let permissions = record["permissions"].as_array().unwrap();
    assert!(permissions.iter().any(|asked| asked["permission"] == "doom_loop"));
    assert!(
        permissions.iter().all(|asked| asked["decision"] == "denied"),
        "{record:#}"
    );
    let error = &record["error"];
    assert_eq!(
        (&error["kind"], &error["class"]),
        (&json!("denied"), &json!("tool_loop"))
    );
    assert_eq!(
        error["message"],
        "cannot finish the turn: it stopped because a tool was refused"
    );
    assert_eq!(
        error["hint"],
        "`--auto-tools` lets the model run tools; `--allow` names what it may do"
    );
    sandbox.expect_nothing_left();
}

#[test]
fn the_model_is_offered_nothing_that_touches() {
    let sandbox = Sandbox::new();
    let model = Model::start("");
    sandbox.write("home/.config/opencode/opencode.json", model.engine_config());
    sandbox.run(["Say it"]).finish().expect(0);
    assert_eq!(model.offered_tools(), ["glob", "grep", "read"]);
}

/// Permission, rule, who decided and on what, of each record of a permission.
fn denials_of(record: &Value) -> Vec<(String, String, String, Value)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut denials: Vec<_> = record["permissions"]
        .as_array()
        .unwrap()
        .iter()
        .inspect(|permission| assert_eq!(permission["decision"], "denied"))
        .map(|permission| {
            (
                text(&permission["permission"]),
                text(&permission["rule"]),
                text(&permission["by"]),
                permission["patterns"].clone(),
            )
        })
        .collect();
    // Calls of one message end in any order.
    denials.sort_by(|one, other| one.0.cmp(&other.0));
    denials
}

#[test]
fn a_tool_that_was_taken_away_counts_as_denied_and_its_rule_is_named() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "home/.config/opencode/opencode.json",
        json!({"permission": {"webfetch": "deny"}}).to_string(),
    );
    let script = calling(
        &[
            call("bash", "command = \"touch canary\", description = \"touch\""),
            call("write", "filePath = \"canary\", content = \"x\""),
            call("webfetch", "url = \"http://127.0.0.1:9/\", format = \"text\""),
        ]
        .join(", "),
    );
    let denied = |permission: &str, rule: &str, by: &str, patterns: Value| {
        (permission.to_owned(), rule.to_owned(), by.to_owned(), patterns)
    };
    let of_preset = |tool: &str| format!("the preset: {tool} is denied");
    let configuration = "the engine's own configuration denies it";
    for (flags, denials, hint) in [
        (
            &[][..],
            vec![
                denied("bash", &of_preset("bash"), "preset", json!([])),
                denied("edit", &of_preset("edit"), "preset", json!([])),
                denied("webfetch", &of_preset("webfetch"), "preset", json!([])),
            ],
            "hint: `--auto-tools` lets the model run tools\n",
        ),
        (
            &["--auto-tools", "--deny", "bash", "--deny", "write"],
            vec![
                denied("bash", "`deny bash` (--deny)", "rule", json!([])),
                denied("edit", "`deny edit` (--deny)", "rule", json!([])),
                denied("webfetch", configuration, "rule", json!([])),
            ],
            "hint: leave out `--fail-on-deny` to go on in spite of it\n",
        ),
        (
            &["--auto-tools", "--read-only"],
            vec![
                denied("bash", &of_preset("bash"), "preset", json!([])),
                denied("edit", &of_preset("edit"), "preset", json!([])),
                denied("webfetch", &of_preset("webfetch"), "preset", json!([])),
            ],
            "hint: leave out `--fail-on-deny` to go on in spite of it\n",
        ),
    ] {
        // Without the option the run comes to its end, and says the same.
        let (record, finished) = json_run(&sandbox, &script, flags);
        assert_eq!(denials_of(&record), denials, "{flags:?} {record:#}");
        assert_eq!(
            finished.stderr.matches("denied: bash").count(),
            1,
            "{}",
            finished.stderr
        );
        let with = [flags, &["--fail-on-deny", "--output-format", "json", "Do it"]].concat();
        let finished = sandbox.rehearse(&script, with).finish().expect(5);
        let record = finished.record();
        assert_eq!(denials_of(&record), denials, "{flags:?} {record:#}");
        assert_eq!(record["outcome"], "denied");
        let first = &record["permissions"][0];
        let message = format!(
            "`{}` was refused, and 2 more: {}",
            first["permission"].as_str().unwrap(),
            first["rule"].as_str().unwrap()
        );
        assert_eq!(record["error"]["message"], message);
        finished.says(&[hint]);
    }
    assert!(!sandbox.path("project/canary").exists());
}

#[test]
fn wrong_arguments_and_tools_that_never_were_are_no_denial() {
    let sandbox = Sandbox::new();
    sandbox.write("project/kept.txt", "kept");
    let script = calling(
        &[
            call("nosuch", "a = 1"),
            call("read", "filePath = \"kept.txt\", limit = \"many\""),
        ]
        .join(", "),
    );
    let arguments = ["--auto-tools", "--fail-on-deny"];
    let (record, finished) = json_run(&sandbox, &script, &arguments);
    assert_eq!(denials_of(&record), []);
    assert!(
        calls_of(&record).iter().all(|(_, status)| status == "error"),
        "{record:#}"
    );
    assert!(!finished.stderr.contains("denied:"), "{}", finished.stderr);
    // In a plain prompt wrong arguments bring no hint at `--auto-tools`.
    let script = calling(
        &[
            call("read", "filePath = \"kept.txt\", limit = \"many\""),
            call("Read_File", "filePath = \"kept.txt\""),
            "{ name = \"read\", arguments = '{\"filePath\": \"kept.t' }".to_owned(),
        ]
        .join(", "),
    );
    let (record, finished) = json_run(&sandbox, &script, &["--fail-on-deny"]);
    assert_eq!(denials_of(&record), []);
    let finished = finished.says(&[
        "tool: Read_File: failed: there is no tool of this name for the model",
        "tool: read: failed: the arguments that the model gave are no JSON",
    ]);
    assert!(!finished.stderr.contains("--auto-tools"), "{}", finished.stderr);
    // The model reads the fault of its call, not that the tool `invalid` is missing.
    let errors: Vec<&str> = record["tool_calls"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|call| call["error"].as_str())
        .collect();
    assert!(
        errors.iter().any(|error| error.contains("JSON parsing failed")),
        "{errors:?}"
    );
    assert!(
        !errors.iter().any(|error| error.contains("tool 'invalid'")),
        "{errors:?}"
    );
}

#[test]
fn a_question_that_nobody_can_be_asked_is_a_denial() {
    let sandbox = Sandbox::new();
    let script = calling(&call("question", "questions = []"));
    let finished = sandbox
        .rehearse(&script, ["--fail-on-deny", "--output-format", "json", "Do it"])
        .finish()
        .expect(5);
    let record = finished.record();
    assert_eq!(record["permissions"][0]["tool"], "question", "{record:#}");
    assert_eq!(record["permissions"][0]["rule"], "nobody can be asked", "{record:#}");
}

#[test]
fn what_a_plain_prompt_refuses_of_one_file_is_listed() {
    let sandbox = Sandbox::new();
    for file in [".env", ".netrc", "notes.txt"] {
        sandbox.write(&format!("project/{file}"), "the cat sleeps");
    }
    let calls = [".env", ".netrc", "notes.txt"].map(|file| call("read", &format!("filePath = \"{file}\"")));
    let script = calling(&calls.join(", "));
    let finished = sandbox
        .rehearse(&script, ["--fail-on-deny", "--output-format", "json", "Do it"])
        .finish()
        .expect(5);
    let record = finished.record();
    let denials = denials_of(&record);
    let rules: Vec<&str> = denials.iter().map(|denial| denial.1.as_str()).collect();
    let statuses: Vec<String> = calls_of(&record).into_iter().map(|call| call.1).collect();
    assert_eq!(statuses, ["error", "error", "completed"], "{record:#}");
    assert_eq!(rules.len(), 2, "{record:#}");
    assert!(rules.contains(&"the preset: read of `*.env` is denied"), "{rules:?}");
    assert!(
        rules.contains(&"the preset: read of `.netrc`, which may hold secrets, is denied"),
        "{rules:?}"
    );
    let audit = sandbox.read("home/.local/state/opencode-rs/audit.jsonl");
    for rule in rules {
        assert!(audit.contains(rule), "{audit}");
    }
}
