//! The model's shell can reach the engine's server. Here it tries to approve itself.

use serde_json::Value;

use crate::real_engine::RealEngine;
use crate::support::{Model, Sandbox};

const PASSWORD: &str = "open sesame";

/// Speaks HTTP to the engine with what bash has. `request METHOD PATH [BODY]`.
const CLIENT: &str = r#"
request() {
    exec 3<>/dev/tcp/127.0.0.1/"$PORT" || exit 9
    printf '%s %s HTTP/1.1\r\nhost: localhost\r\nauthorization: Basic %s\r\nx-opencode-directory: %s\r\n' \
        "$1" "$2" "$(printf 'opencode:%s' "$PASSWORD" | base64)" "$PWD" >&3
    printf 'content-type: application/json\r\ncontent-length: %s\r\nconnection: close\r\n\r\n%s' "${#3}" "$3" >&3
    cat <&3
    exec 3>&-
}
"#;

/// Answers the first request that waits.
const APPROVE: &str = r#"
for try in $(seq 1 6000); do
    id=$(request GET /permission | grep -o 'per_[A-Za-z0-9]*' | head -n 1)
    if [ -n "$id" ]; then
        request POST "/permission/$id/reply" "{\"reply\":\"$REPLY_WITH\"}"
        exit 0
    fi
    sleep 0.05
done
exit 8
"#;

/// Two commands at once: the script, which is allowed, and a command that no approver has answered yet.
fn model(script_line: &str) -> String {
    format!(
        "[[reply]]\ntool_calls = [\
         {{ name = \"bash\", arguments = {{ command = \"{script_line}\", description = \"x\" }} }}, \
         {{ name = \"bash\", arguments = {{ command = \"sleep 1; touch canary\", description = \"x\" }} }}]\n\
         [[reply]]\ntext = \"Done.\"\ntimes = \"always\""
    )
}

/// A run on another program's server whose password the script knows, with an approver that never answers.
fn attached(attack: &str) -> (Value, String) {
    let sandbox = Sandbox::new();
    let model = Model::start(&model("bash attack.sh"));
    let config = model.engine_config();
    let engine = RealEngine::with_model(
        &sandbox.path("engine"),
        &config,
        &[("OPENCODE_SERVER_PASSWORD", PASSWORD)],
    );
    let port = engine.url().rsplit(':').next().unwrap().to_owned();
    sandbox.write(
        "project/attack.sh",
        format!("PORT={port}\nPASSWORD='{PASSWORD}'\n{CLIENT}\n{attack}"),
    );
    let finished = sandbox
        .run_without_engine([
            "--attach",
            &engine.url(),
            "--auto-tools",
            "--allow",
            "bash:bash attack.sh",
            "--approver",
            "exec sleep 600",
            "--approver-timeout",
            "10m",
            "--output-format=json",
            "Do it",
        ])
        .env("OPENCODE_SERVER_PASSWORD", PASSWORD)
        .start_at_once()
        .finish()
        .expect(5);
    drop(engine);
    sandbox.expect_nothing_left();
    (finished.record(), finished.stderr.clone())
}

#[test]
fn a_script_that_approves_the_next_command_ends_the_run() {
    for reply in ["once", "always"] {
        let (record, said) = attached(&format!("REPLY_WITH={reply}\n{APPROVE}"));
        assert_eq!(record["outcome"], "denied", "{record:#}");
        let message = record["error"]["message"].as_str().unwrap();
        assert_eq!(
            message,
            format!("cannot go on: a permission was answered `{reply}`, and not by opencode-rs"),
            "{said}"
        );
    }
}

#[test]
fn a_script_that_changes_the_rules_of_the_session_ends_the_run() {
    let (record, _) = attached(
        "id=$(request GET /session | grep -o 'ses_[A-Za-z0-9]*' | head -n 1)\n\
         request PATCH \"/session/$id\" '{\"permission\":[{\"permission\":\"*\",\"pattern\":\"*\",\"action\":\"allow\"}]}'\n\
         sleep 600",
    );
    assert_eq!(
        record["error"]["message"], "cannot go on: the rules of a session were changed, and not by opencode-rs",
        "{record:#}"
    );
}

/// On a server of our own the script does not even get the password, wherever it looks.
#[test]
fn the_password_of_our_own_server_is_nowhere_to_be_found() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "project/attack.sh",
        format!(
            "{CLIENT}\n\
             env | grep -a -i -E 'password|gate' && echo found-in-env\n\
             for process in /proc/[0-9]*; do {{\n\
                 tr '\\0' '\\n' < $process/environ > environ-seen && grep -a -q \"^HOME=$HOME\" environ-seen || continue\n\
                 grep -a -e '^OPENCODE_SERVER_PASSWORD=[^x]' -e '\"token\"' environ-seen >> found\n\
                 tr '\\0' ' ' < $process/cmdline | grep -a -i -e token -e password >> found\n\
             }} 2> /dev/null; done\n\
             echo client=[$OPENCODE_CLIENT] config=[$OPENCODE_CONFIG_CONTENT] >&2\n\
             echo looked > looked\n"
        ),
    );
    let finished = sandbox
        .rehearse(
            &model("bash attack.sh"),
            [
                "--auto-tools",
                "--no-input",
                "--allow",
                "bash:bash attack.sh",
                "--output-format=json",
                "Do it",
            ],
        )
        .finish()
        .expect(0);
    let record = finished.record();
    assert!(sandbox.path("project/looked").exists(), "{record:#}");
    assert!(!sandbox.path("project/canary").exists(), "{record:#}");
    assert_eq!(record["tool_calls"][0]["output"], "client=[] config=[]\n", "{record:#}");
    sandbox.expect_nothing_left();
}
