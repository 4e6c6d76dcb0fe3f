//! What the scripted model answers.

use opencode_rs::cli::RehearseArgs;
use opencode_rs::commands;
use opencode_rs::rehearsal::{Caller, Script, serve};
use opencode_rs::request::ListFormat;
use serde_json::{Value, json};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::support::{DEADLINE, ask, begin, prompt, read, rehearse, request};

#[tokio::test]
async fn the_plain_answer_repeats_the_first_line_of_the_prompt() {
    let rehearsal = serve(Script::default(), None).await.unwrap();
    let reply = ask(&rehearsal, &prompt("say hello\nand more")).await;
    assert_eq!(
        reply.text(),
        "This is a rehearsal: no model was asked. The prompt begins: say hello"
    );
    let events = reply.events();
    assert_eq!(events.last(), Some(&json!("[DONE]")));
    assert_eq!(events[events.len() - 2]["choices"][0]["finish_reason"], "stop");
}

#[tokio::test]
async fn contents_come_in_order_with_usage_and_finish() {
    let rehearsal = rehearse(
        r#"
        [[reply]]
        reasoning = "think hard"
        text = "one two"
        tool_calls = [{ name = "read", arguments = { filePath = "a.txt" } }, { id = "mine", name = "bash", arguments = "{broken" }]
        usage = { input = 100, output = 20, reasoning = 5, cache_read = 10 }
        "#,
    )
    .await;
    let events = ask(&rehearsal, &prompt("x")).await.events();
    let deltas: Vec<Value> = events
        .iter()
        .filter(|event| event.is_object())
        .map(|event| event["choices"][0]["delta"].clone())
        .collect();
    assert_eq!(
        deltas,
        [
            json!({ "role": "assistant", "content": "" }),
            json!({ "reasoning_content": "think " }),
            json!({ "reasoning_content": "hard" }),
            json!({ "content": "one " }),
            json!({ "content": "two" }),
            json!({ "tool_calls": [{ "index": 0, "id": "call_1_0", "type": "function", "function": { "name": "read", "arguments": "" } }] }),
            json!({ "tool_calls": [{ "index": 0, "function": { "arguments": "{\"filePath\":\"a.txt\"}" } }] }),
            json!({ "tool_calls": [{ "index": 1, "id": "mine", "type": "function", "function": { "name": "bash", "arguments": "" } }] }),
            json!({ "tool_calls": [{ "index": 1, "function": { "arguments": "{broken" } }] }),
            json!({}),
        ]
    );
    let last = &events[events.len() - 2];
    assert_eq!(last["choices"][0]["finish_reason"], "tool_calls");
    assert_eq!(
        last["usage"],
        json!({
            "prompt_tokens": 110,
            "completion_tokens": 25,
            "total_tokens": 135,
            "prompt_tokens_details": { "cached_tokens": 10 },
            "completion_tokens_details": { "reasoning_tokens": 5 },
        })
    );
}

#[tokio::test]
async fn a_request_without_stream_gets_one_document() {
    let rehearsal = rehearse("[[reply]]\ntext = 'ab'\nrepeat = 3\nfinish = 'length'").await;
    let mut body = prompt("x");
    body["stream"] = json!(false);
    let reply = ask(&rehearsal, &body).await;
    let document: Value = serde_json::from_str(&reply.body()).unwrap();
    assert_eq!(
        document["choices"],
        json!([{ "index": 0, "message": { "role": "assistant", "content": "ababab" }, "finish_reason": "length" }])
    );
}

#[tokio::test]
async fn a_hundred_thousand_deltas_arrive() {
    let rehearsal = rehearse("[[reply]]\ntext = 'word '\nrepeat = 100000").await;
    let reply = ask(&rehearsal, &prompt("x")).await;
    assert_eq!(reply.text().len(), 500_000);
    // The role, the deltas, the finish, the mark of the end.
    assert_eq!(reply.events().len(), 100_003);
}

#[tokio::test]
async fn nobody_without_the_token_is_answered() {
    let rehearsal = rehearse("[[reply]]\ntext = 'one'").await;
    for key in [None, Some("wrong"), Some("")] {
        let reply = request(&rehearsal, "POST", "/v1/chat/completions", key, &prompt("x")).await;
        assert_eq!(reply.status(), 401);
        assert_eq!(
            request(&rehearsal, "GET", "/v1/models", key, &Value::Null)
                .await
                .status(),
            401
        );
    }
    assert_eq!(rehearsal.requests().count, 0);
    assert_eq!(ask(&rehearsal, &prompt("x")).await.text(), "one");
}

#[tokio::test]
async fn models_are_listed_and_other_paths_are_not_found() {
    let rehearsal = rehearse("").await;
    let key = rehearsal.api_key.expose().to_owned();
    let reply = request(&rehearsal, "GET", "/v1/models", Some(&key), &Value::Null).await;
    let list: Value = serde_json::from_str(&reply.body()).unwrap();
    let ids: Vec<&str> = list["data"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|model| model["id"].as_str())
        .collect();
    assert_eq!(ids, ["scripted", "reasoner", "vision"]);
    let reply = request(&rehearsal, "GET", "/v1/other", Some(&key), &Value::Null).await;
    assert_eq!(reply.status(), 404);
}

#[tokio::test]
async fn a_request_larger_than_a_prompt_may_be_is_read() {
    let rehearsal = rehearse("").await;
    let reply = ask(&rehearsal, &prompt(&"x".repeat(12 << 20))).await;
    assert_eq!(reply.status(), 200);
}

#[tokio::test]
async fn what_the_engine_asks_beside_the_prompt_is_told_apart() {
    let rehearsal = rehearse("[[reply]]\ntext = 'main'\n[[reply]]\ncaller = 'subagent'\ntext = 'child'").await;
    let title = json!({ "model": "scripted", "stream": true, "messages": [
        { "role": "system", "content": "You are a title generator. You output ONLY a thread title." },
        { "role": "user", "content": "x" },
    ] });
    assert_eq!(ask(&rehearsal, &title).await.text(), "Rehearsal");
    let headers = ["x-parent-session-id: ses_1"];
    let mut stream = begin(&rehearsal, &prompt("x"), &headers).await;
    assert_eq!(read(&mut stream, |_| false).await.text(), "child");
    assert_eq!(ask(&rehearsal, &prompt("the prompt")).await.text(), "main");
    let requests = rehearsal.requests();
    let seen: Vec<_> = requests
        .recent
        .iter()
        .map(|request| (request.caller, request.reply))
        .collect();
    assert_eq!(
        seen,
        [
            (Caller::Title, None),
            (Caller::Subagent, Some(1)),
            (Caller::Main, Some(0))
        ]
    );
    assert_eq!(requests.last().unwrap().json(), prompt("the prompt"));
}

#[tokio::test]
async fn the_command_prints_where_it_is_and_stops_when_told() {
    let (mut reader, writer) = std::io::pipe().unwrap();
    let cancel = CancellationToken::new();
    let asked = RehearseArgs {
        script: None,
        port: None,
        output_format: ListFormat::Json,
    };
    let mut writer = writer;
    let running = commands::rehearse::serve(asked, cancel.clone(), &mut writer);
    let reading = async {
        let line = tokio::task::spawn_blocking(move || {
            let mut line = String::new();
            std::io::BufRead::read_line(&mut std::io::BufReader::new(&mut reader), &mut line).unwrap();
            line
        })
        .await
        .unwrap();
        cancel.cancel();
        line
    };
    let (ended, line) = timeout(DEADLINE, async { tokio::join!(running, reading) })
        .await
        .unwrap();
    ended.unwrap();
    let record: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(record["type"], "rehearsal");
    assert_eq!(
        record["engine_config"]["provider"]["rehearsal"]["options"],
        json!({ "baseURL": record["base_url"], "apiKey": record["api_key"] })
    );
}

#[tokio::test]
async fn a_port_in_use_is_a_usage_failure_that_names_the_port() {
    let first = rehearse("").await;
    let port = first.base_url.port().unwrap();
    let failure = serve(Script::default(), Some(port)).await.unwrap_err();
    assert_eq!(failure.message, format!("cannot listen on port {port}"));
    assert_eq!(failure.kind.exit_code(), 2);
}
