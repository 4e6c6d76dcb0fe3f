//! Model servers on this machine.

use std::sync::mpsc;

use axum::extract::Json;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use serde_json::{Value, json};

use crate::support::{EnginePermit, Sandbox};

/// Starts a server that answers as Ollama, LM Studio and llama.cpp do, for as long as the tests run; its address.
fn local_server() -> String {
    let fixed = |value: Value| get(move || std::future::ready(Json(value.clone())));
    let routes = axum::Router::new()
        .route(
            "/v1/models",
            fixed(json!({"data": [{"id": "small:1b", "meta": {"n_ctx_train": 9000}}, {"id": "a-text-embedder"}]})),
        )
        .route(
            "/api/v0/models",
            fixed(json!({"data": [{"id": "small:1b", "type": "vlm", "loaded_context_length": 12288}]})),
        )
        .route(
            "/props",
            fixed(json!({"default_generation_settings": {"n_ctx": 16384}})),
        )
        .route("/api/show", post(show))
        .route("/v1/chat/completions", post(answer));
    let (to_test, url) = mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            to_test
                .send(format!("http://{}", listener.local_addr().unwrap()))
                .unwrap();
            axum::serve(listener, routes).await.unwrap();
        });
    });
    url.recv().unwrap()
}

async fn show() -> Json<Value> {
    Json(
        json!({"capabilities": ["completion", "tools"], "parameters": "stop \"</s>\"\nnum_ctx    20480", "model_info": {"x.context_length": 40960}}),
    )
}

async fn answer(Json(request): Json<Value>) -> impl IntoResponse {
    let delta = json!({"choices": [{"index": 0, "delta": {"role": "assistant", "content": format!("I am {}", request["model"].as_str().unwrap())}}]});
    let end = json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}});
    let body = format!("data: {delta}\n\ndata: {end}\n\ndata: [DONE]\n\n");
    ([(CONTENT_TYPE, "text/event-stream")], body)
}

#[test]
fn a_model_of_a_server_on_this_machine_answers_by_its_name() {
    let server = local_server();
    let sandbox = Sandbox::new();
    for (provider, variable) in [
        ("ollama", "OPENCODE_RS_OLLAMA_URL"),
        ("lmstudio", "OPENCODE_RS_LMSTUDIO_URL"),
        ("llamacpp", "OPENCODE_RS_LLAMACPP_URL"),
    ] {
        let model = format!("{provider}/small:1b");
        let run = sandbox.run(["-q", "-m", &model, "Say it"]).env(variable, &server);
        run.finish().expect(0).writes("I am small:1b\n");
    }
    let run = sandbox
        .run(["-m", "ollama/smal", "Say it"])
        .env("OPENCODE_RS_OLLAMA_URL", &server);
    run.finish().expect(2).says(&["did you mean `ollama/small:1b`?"]);
    sandbox.expect_nothing_left();
}

#[test]
fn a_server_that_is_kept_for_the_usual_local_model_answers_all() {
    let server = local_server();
    let _permit = EnginePermit::acquire();
    let sandbox = Sandbox::new();
    let usual = |arguments: &[&str], model: &str| {
        let run = sandbox.run(arguments.iter().copied()).env("OPENCODE_RS_MODEL", model);
        run.env("OPENCODE_RS_OLLAMA_URL", &server)
            .start_at_once()
            .finish()
            .expect(0)
    };
    let start = ["server", "start", "--output-format", "json"];
    let id = |model| {
        let document: Value = serde_json::from_str(&usual(&start, model).stdout).unwrap();
        (document["id"].clone(), document["already_running"].clone())
    };
    let (kept, is_old) = id("ollama/small:1b");
    assert_eq!(is_old, false);
    // `-k` would start a server where none fits.
    usual(&["-k", "-q", "Say it"], "ollama/small:1b").writes("I am small:1b\n");
    assert_eq!(id("ollama/small:1b"), (kept.clone(), json!(true)));
    assert_eq!(id("another/model"), (kept, json!(true)));
    usual(&["server", "stop"], "");
    sandbox.expect_nothing_left();
}

#[test]
fn models_of_this_machine_are_listed_without_an_engine() {
    let server = local_server();
    let closed = "http://127.0.0.1:9/";
    let sandbox = Sandbox::new();
    let list = |addresses: [&str; 3], arguments: &[&str]| {
        let run = sandbox.run_without_engine([&["models", "--local"], arguments].concat());
        run.env("OPENCODE_RS_OLLAMA_URL", addresses[0])
            .env("OPENCODE_RS_LMSTUDIO_URL", addresses[1])
            .env("OPENCODE_RS_LLAMACPP_URL", addresses[2])
            .start_at_once()
            .finish()
    };
    let found = list([&server, &format!("{}/v1", server), closed], &[]).expect(0);
    let found =
        found.says(&["note: cannot ask llama.cpp at `http://127.0.0.1:9/` for its models: nothing listens there"]);
    let rows: Vec<Vec<&str>> = found
        .stdout
        .lines()
        .map(|line| line.split('\t').take(4).collect())
        .collect();
    assert_eq!(
        rows,
        [
            ["ollama/small:1b", "small:1b", "20k", "tools"],
            ["lmstudio/small:1b", "small:1b", "12k", "tools,image"]
        ]
    );
    list([closed; 3], &[]).expect(7);
    list([closed; 3], &["anthropic"]).expect(2);
    list(["http://10.0.0.1/", closed, closed], &[]).expect(2);
}
