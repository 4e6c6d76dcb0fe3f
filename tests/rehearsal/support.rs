//! Asking a rehearsal.

use opencode_rs::rehearsal::{Rehearsal, Script, serve};
use serde_json::{Value, json};
use tokio::net::TcpStream;

pub(crate) use crate::raw_http::{DEADLINE, End, Reply, read};

pub(crate) async fn rehearse(script: &str) -> Rehearsal {
    serve(Script::parse(script, "test").unwrap(), None).await.unwrap()
}

pub(crate) fn prompt(text: &str) -> Value {
    json!({ "model": "scripted", "stream": true, "messages": [{ "role": "user", "content": text }] })
}

/// Posts a chat completion and reads until the connection ends.
pub(crate) async fn ask(rehearsal: &Rehearsal, body: &Value) -> Reply {
    let mut stream = begin(rehearsal, body, &[]).await;
    read(&mut stream, |_| false).await
}

/// Posts a chat completion with further header lines.
pub(crate) async fn begin(rehearsal: &Rehearsal, body: &Value, headers: &[&str]) -> TcpStream {
    let authorization = format!("authorization: Bearer {}", rehearsal.api_key.expose());
    let mut lines = vec![authorization.as_str()];
    lines.extend_from_slice(headers);
    let port = rehearsal.base_url.port().unwrap();
    crate::raw_http::send(port, "POST", "/v1/chat/completions", &lines, body).await
}

/// Any request, with any token or none.
pub(crate) async fn request(rehearsal: &Rehearsal, method: &str, path: &str, key: Option<&str>, body: &Value) -> Reply {
    let authorization = key.map(|key| format!("authorization: Bearer {key}"));
    let lines: Vec<&str> = authorization.iter().map(String::as_str).collect();
    let port = rehearsal.base_url.port().unwrap();
    let mut stream = crate::raw_http::send(port, method, path, &lines, body).await;
    read(&mut stream, |_| false).await
}
