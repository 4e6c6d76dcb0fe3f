//! What the real engine makes of the scripted model.

use opencode_rs::rehearsal::{Caller, Rehearsal};
use serde_json::{Value, json};
use tokio::time::timeout;

use super::support::rehearse;
use crate::raw_http::DEADLINE;
use crate::real_engine::RealEngine;

fn start(rehearsal: &Rehearsal) -> (RealEngine, tempfile::TempDir) {
    let mut config = rehearsal.engine_config();
    config["snapshot"] = json!(false);
    // A stall or a hanging request costs the engine a second, not five minutes.
    config["provider"]["rehearsal"]["options"]["chunkTimeout"] = json!(1000);
    config["provider"]["rehearsal"]["options"]["headerTimeout"] = json!(1000);
    let files = tempfile::tempdir().unwrap();
    let engine = RealEngine::with_model(files.path(), &config.to_string(), &[]);
    (engine, files)
}

async fn session(engine: &RealEngine) -> String {
    let session = engine.post("/session", &json!({ "title": "test" })).await;
    session["id"].as_str().unwrap().to_owned()
}

/// Sends a prompt in a new session; gives the last message.
async fn turn(engine: &RealEngine, text: &str) -> Value {
    let path = format!("/session/{}/message", session(engine).await);
    let body = json!({ "parts": [{ "type": "text", "text": text }] });
    timeout(DEADLINE, engine.post(&path, &body))
        .await
        .expect("the turn ends")
}

fn text(message: &Value) -> String {
    message["parts"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|part| part["type"] == "text")
        .filter_map(|part| part["text"].as_str())
        .collect()
}

#[tokio::test]
async fn the_engine_offers_the_models_with_their_abilities() {
    let rehearsal = rehearse("").await;
    let (engine, _files) = start(&rehearsal);
    let offered = engine.get("/config/providers").await;
    let providers = offered["providers"].as_array().unwrap();
    let ids: Vec<&str> = providers
        .iter()
        .filter_map(|provider| provider["id"].as_str())
        .collect();
    assert_eq!(ids, ["rehearsal"]);
    let models = &providers[0]["models"];
    let abilities = |id: &str| {
        let model = &models[id];
        let variants: Vec<&String> = model["variants"].as_object().unwrap().keys().collect();
        json!({
            "tools": model["capabilities"]["toolcall"],
            "image": model["capabilities"]["input"]["image"],
            "pdf": model["capabilities"]["input"]["pdf"],
            "variants": variants,
            "cost": [model["cost"]["input"], model["cost"]["output"]],
            "context": model["limit"]["context"],
        })
    };
    let plain =
        json!({ "tools": true, "image": false, "pdf": false, "variants": [], "cost": [1, 2], "context": 200_000 });
    let mut reasoner = plain.clone();
    reasoner["variants"] = json!(["low", "medium", "high"]);
    let mut vision = plain.clone();
    vision["image"] = json!(true);
    vision["pdf"] = json!(true);
    assert_eq!(
        ["scripted", "reasoner", "vision"].map(abilities),
        [plain, reasoner, vision]
    );
}

#[tokio::test]
async fn the_engine_plays_text_tools_subagents_titles_and_every_fault() {
    let rehearsal = rehearse(
        r#"
        [[reply]]
        match = "look"
        reasoning = "I look."
        text = "Looking. "
        tool_calls = [{ name = "read", arguments = { filePath = "note.txt" } }]
        usage = { input = 1000, output = 100, reasoning = 10, cache_read = 50 }
        [[reply]]
        match = "look"
        tool_result = "*forty-two*"
        text = "It says forty-two."

        [[reply]]
        match = "delegate"
        tool_calls = [{ name = "task", arguments = { description = "d", prompt = "child, work", subagent_type = "general" } }]
        [[reply]]
        caller = "subagent"
        match = "child*"
        text = "child is done"
        [[reply]]
        match = "delegate"
        tool_result = "*child is done*"
        text = "delegated"

        [[reply]]
        match = "unauthorized"
        status = 401
        [[reply]]
        match = "overflow"
        status = 400
        body = { error = { message = "This model's maximum context length is 1 token", code = "context_length_exceeded" } }
        [[reply]]
        match = "length"
        text = "cut"
        finish = "length"
        [[reply]]
        match = "filter"
        text = "some"
        finish = "content_filter"
        [[reply]]
        match = "garbage"
        text = "some"
        fault = "garbage"
        [[reply]]
        match = "rate"
        status = 429
        headers = { retry-after-ms = 10 }
        [[reply]]
        match = "reset"
        text = "lost"
        fault = "reset"
        [[reply]]
        match = "refused"
        fault = "reset"
        after_chunks = 0
        [[reply]]
        match = "close"
        text = "lost"
        fault = "close"
        [[reply]]
        match = "eof"
        text = "lost"
        fault = "eof"
        [[reply]]
        match = "stall"
        text = "lost"
        fault = "stall"
        [[reply]]
        match = "hang"
        hang = true
        [[reply]]
        match = "inside"
        text = "lost"
        fault = "error_chunk"
        [[reply]]
        times = "always"
        text = "fine"
        "#,
    )
    .await;
    let (engine, _files) = start(&rehearsal);
    std::fs::write(engine.project().join("note.txt"), "forty-two\n").unwrap();

    let id = session(&engine).await;
    let body = json!({ "parts": [{ "type": "text", "text": "look" }] });
    let message = engine.post(&format!("/session/{id}/message"), &body).await;
    assert_eq!(text(&message), "It says forty-two.");
    let messages = engine.get(&format!("/session/{id}/message")).await;
    let first = &messages[1]["info"];
    assert_eq!(
        first["tokens"],
        json!({ "total": 1160, "input": 1000, "output": 100, "reasoning": 10, "cache": { "read": 50, "write": 0 } })
    );
    // 1000 in and 100 + 10 out at 1 and 2 dollars a million, 50 from the cache at a tenth.
    let cost = first["cost"].as_f64().unwrap();
    assert!((cost - 0.001_225).abs() < 1e-9, "{cost}");

    assert_eq!(text(&turn(&engine, "delegate").await), "delegated");

    let errors = [
        ("unauthorized", "APIError", "rehearsed error 401"),
        ("filter", "ContentFilterError", ""),
        ("garbage", "UnknownError", "JSON"),
    ];
    for (prompt, name, piece) in errors {
        let error = turn(&engine, prompt).await["info"]["error"].clone();
        assert_eq!(error["name"], name, "{prompt}: {error}");
        assert!(error["data"]["message"].as_str().unwrap().contains(piece), "{error}");
    }
    let cut = turn(&engine, "length").await;
    assert_eq!((&cut["info"]["finish"], text(&cut).as_str()), (&json!("length"), "cut"));

    // Too long: the engine has the conversation summarised, and goes on.
    assert_eq!(text(&turn(&engine, "overflow").await), "fine");
    let callers = |rehearsal: &Rehearsal| -> Vec<Caller> {
        let requests = rehearsal.requests();
        requests.recent.iter().map(|request| request.caller).collect()
    };
    assert!(callers(&rehearsal).contains(&Caller::Summary));

    // Everything that the engine tries again ends well with the next reply.
    for prompt in ["rate", "reset", "refused", "close", "eof", "stall", "hang", "inside"] {
        let before = rehearsal.requests().count;
        let message = turn(&engine, prompt).await;
        assert_eq!(text(&message), "fine", "{prompt}: {message}");
        assert_eq!(rehearsal.requests().count - before, 2, "{prompt}");
    }

    let before = rehearsal.requests().count;
    let untitled = engine.post("/session", &json!({})).await;
    let path = format!("/session/{}/message", untitled["id"].as_str().unwrap());
    engine
        .post(&path, &json!({ "parts": [{ "type": "text", "text": "name this" }] }))
        .await;
    timeout(DEADLINE, rehearsal.wait_for_requests(before + 2))
        .await
        .unwrap();
    assert!(callers(&rehearsal).contains(&Caller::Title));
}
