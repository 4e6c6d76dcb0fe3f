//! A server that another program runs.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::real_engine::RealEngine;
use crate::support::{Model, Run, Running, Sandbox};

const SCRIPT: &str = "\
    [[reply]]\nmatch = \"Try it\"\ntext = \"Trying.\"\n\
    tool_calls = [{ name = \"bash\", arguments = { command = \"touch canary\", description = \"touch\" } }, \
    { name = \"task\", arguments = { description = \"x\", prompt = \"touch canary\", subagent_type = \"general\" } }]\n\
    [[reply]]\nmatch = \"Wait\"\ntext = \"one two three\"\nfault = \"stall\"\nafter_chunks = 1\n\
    [[reply]]\nmatch = \"Read\"\ntool_calls = [{ name = \"read\", arguments = { filePath = \"notes.txt\" } }]\n\
    [[reply]]\ntext = \"answered\"\ntimes = \"always\"";

/// The program attached to `url`. It starts no engine, so it needs no permit for one.
fn attached(sandbox: &Sandbox, url: &str, password: &str, arguments: &[&str]) -> Running {
    let run: Run = sandbox
        .run_without_engine(["--attach", url].iter().chain(arguments))
        .env("OPENCODE_SERVER_PASSWORD", password);
    run.start_at_once()
}

#[test]
fn an_attached_server_answers_and_is_never_stopped() {
    let sandbox = Sandbox::new();
    let model = Model::start(SCRIPT);
    let config = model.engine_config();
    let mut engine = RealEngine::with_model(
        &sandbox.path("engine"),
        &config,
        &[("OPENCODE_SERVER_PASSWORD", "open sesame")],
    );
    let url = engine.url();
    let good = |arguments: &[&str]| attached(&sandbox, &url, "open sesame", arguments);
    sandbox.write("project/notes.txt", "the fox jumps");

    good(&["Say it"]).finish().expect(0).writes("answered\n").says_only("");

    let record = good(&["--output-format", "json", "Read"]).finish().expect(0).record();
    assert_eq!(record["tool_calls"][0]["status"], "completed");
    assert_eq!(record["directory"], json!(sandbox.project()));
    assert_eq!(record["rehearsal"], false);

    let record = good(&["--output-format", "json", "Try it"]).finish().expect(0).record();
    assert!(!sandbox.path("project/canary").exists());
    assert_eq!(record["result"], "Trying.\n\nanswered", "{record:#}");

    let mut running = good(&["Wait"]);
    running.wait_for_stdout("one");
    running.signal(Signal::INT);
    running.finish().expect(130);
    good(&["--ephemeral", "Say it"]).finish().expect(0).writes("answered\n");

    for wrong in ["wrong", ""] {
        let finished = attached(&sandbox, &url, wrong, &["--output-format", "json", "Say it"])
            .finish()
            .expect(4)
            .says(&[
                "error: cannot attach to `http://127.0.0.1:",
                "hint: set `OPENCODE_SERVER_PASSWORD`",
            ]);
        assert_eq!(finished.record()["error"]["kind"], "auth");
        assert!(!finished.stdout.contains("open sesame") && !finished.stderr.contains("open sesame"));
    }
    assert!(engine.is_running());
    drop(engine);
    sandbox.expect_nothing_left();
}

#[test]
fn an_address_where_nobody_listens_ends_the_run_with_126() {
    let sandbox = Sandbox::new();
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("http://{free}");
    let finished = attached(&sandbox, &url, "x", &["--output-format", "json", "Say it"])
        .finish()
        .expect(126)
        .says(&[&format!("error: cannot attach to `{url}/`: "), "hint: "]);
    assert_eq!(finished.record()["error"]["kind"], "engine");
}

/// A server that gives every request this answer, until the process ends.
fn answering(content_type: &'static str, body: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || answer(stream, content_type, body));
        }
    });
    url
}

fn answer(mut stream: TcpStream, content_type: &str, body: &str) {
    let mut request = [0; 8192];
    let _ = stream.read(&mut request);
    let length = body.len();
    let _ = write!(
        stream,
        "HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    );
}

#[test]
fn a_server_that_is_no_engine_ends_the_run_with_126() {
    let sandbox = Sandbox::new();
    for (content_type, body) in [
        ("text/html", "<!doctype html><title>Hello</title>"),
        ("application/json", "{\"status\":\"up\"}"),
        ("application/json", "{\"healthy\":true,\"version\":\"2.0.0\"}"),
        ("application/json", "{\"healthy\":true,\"version\":\"0.1.0\"}"),
    ] {
        let url = answering(content_type, body);
        let finished = attached(&sandbox, &url, "x", &["--output-format", "json", "Say it"])
            .finish()
            .expect(126)
            .says(&[&format!("error: cannot attach to `{url}/`: "), "hint: "]);
        assert_eq!(finished.record()["error"]["kind"], Value::from("engine"), "{body}");
    }
}

/// A server of version 2, until the process ends: it tells its version at a place of its own, and knows no path of version 1.
fn second_generation(not_found: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            std::thread::spawn(move || {
                let mut request = [0; 8192];
                let length = stream.read(&mut request).unwrap_or_default();
                let body = if request[..length].starts_with(b"GET /api/info ") {
                    r#"{"version":"2.0.26","pid":1,"urls":[],"paths":{"tmp":"/tmp"}}"#
                } else {
                    not_found
                };
                let status = if body == not_found { "404 Not Found" } else { "200 OK" };
                let length = body.len();
                let _ = write!(
                    stream,
                    "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
                );
            });
        }
    });
    url
}

#[test]
fn a_server_of_version_2_is_refused_with_that_reason() {
    let sandbox = Sandbox::new();
    for not_found in [
        r#"{"_tag":"NotFoundError","message":"no such path"}"#,
        "<!doctype html>",
    ] {
        let url = second_generation(not_found);
        let finished = attached(&sandbox, &url, "x", &["--output-format", "json", "Say it"])
            .finish()
            .expect(126)
            .says(&[
                &format!(
                    "error: cannot attach to `{url}/`: it runs engine version `2.0.26`, which speaks another protocol\n"
                ),
                "hint: attach to an engine from version 1.17.19 on, below 2",
            ]);
        assert_eq!(finished.record()["error"]["kind"], "engine");
    }
}

#[test]
fn what_the_model_may_do_there_is_decided_here_and_subagents_are_refused() {
    let sandbox = Sandbox::new();
    let model = Model::start(
        "[[reply]]\ntool_calls = [\
         { name = \"bash\", arguments = { command = \"touch one\", description = \"x\" } }, \
         { name = \"bash\", arguments = { command = \"touch canary\", description = \"x\" } }, \
         { name = \"write\", arguments = { filePath = \"two\", content = \"x\" } }, \
         { name = \"task\", arguments = { description = \"x\", prompt = \"x\", subagent_type = \"general\" } }]\n\
         [[reply]]\ncaller = \"subagent\"\n\
         tool_calls = [{ name = \"bash\", arguments = { command = \"touch canary-of-subagent\", description = \"x\" } }]\n\
         [[reply]]\ntext = \"Done.\"\ntimes = \"always\"",
    );
    let config = model.engine_config();
    let engine = RealEngine::with_model(
        &sandbox.path("engine"),
        &config,
        &[("OPENCODE_SERVER_PASSWORD", "open sesame")],
    );
    let finished = attached(
        &sandbox,
        &engine.url(),
        "open sesame",
        &[
            "--auto-tools",
            "--allow",
            "bash:touch one",
            "--output-format=json",
            "Do it",
        ],
    )
    .finish()
    .expect(0)
    .says(&["warning: this server is not ours, so its subagents could not be guarded, and are refused"]);
    let record = finished.record();
    let exists = |name: &str| sandbox.path(&format!("project/{name}")).exists();
    assert!(exists("one") && exists("two"), "{record:#}");
    assert!(!exists("canary") && !exists("canary-of-subagent"), "{record:#}");
    drop(engine);
    sandbox.expect_nothing_left();
}

/// The engine keeps an `always` for every session of the directory, and the `always` beats the rules of our session.
#[test]
fn what_runs_there_without_a_question_ends_the_run() {
    let sandbox = Sandbox::new();
    let model = Model::start(
        "[[reply]]\nmatch = \"Prime it\"\ntool_calls = [{ name = \"bash\", arguments = { command = \"touch primed\", description = \"x\" } }]\n\
         [[reply]]\nmatch = \"Prime it\"\ntext = \"primed\"\n\
         [[reply]]\nmatch = \"Do it\"\ntool_calls = [{ name = \"bash\", arguments = { command = \"touch canary\", description = \"x\" } }]\n\
         [[reply]]\nmatch = \"Do it\"\ntext = \"Going on.\"\ntool_calls = [{ name = \"bash\", arguments = { command = \"sleep 30\", description = \"x\" } }]\ntimes = \"always\"",
    );
    let config = model.engine_config();
    let engine = RealEngine::with_model(&sandbox.path("engine"), &config, &[]);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let directory = format!("?directory={}", sandbox.project().display());
        let rules = json!([{ "permission": "bash", "pattern": "*", "action": "ask" }]);
        let session = engine
            .post(&format!("/session{directory}"), &json!({ "title": "t", "permission": rules }))
            .await;
        let prompt = json!({ "model": { "providerID": "rehearsal", "modelID": "scripted" }, "parts": [{ "type": "text", "text": "Prime it" }] });
        let path = format!("/session/{}/message{directory}", session["id"].as_str().unwrap());
        let turn = engine.post(&path, &prompt);
        let always = async {
            loop {
                let waiting = engine.get(&format!("/permission{directory}")).await;
                if let Some(id) = waiting[0]["id"].as_str() {
                    let path = format!("/permission/{id}/reply{directory}");
                    return engine.post(&path, &json!({ "reply": "always" })).await;
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::join!(turn, always);
    });
    assert!(
        sandbox.path("project/primed").exists(),
        "nothing was primed, so the test shows nothing"
    );
    let record = attached(
        &sandbox,
        &engine.url(),
        "",
        &["--auto-tools", "--no-input", "--output-format=json", "Do it"],
    )
    .finish()
    .expect(5)
    .record();
    assert_eq!(
        record["error"]["message"], "cannot go on: `bash` ran on this server without a question",
        "{record:#}"
    );
    drop(engine);
    sandbox.expect_nothing_left();
}
