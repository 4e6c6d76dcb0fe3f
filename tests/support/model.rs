//! A scripted model on a thread of its own, for tests that read the model's requests.

use std::sync::mpsc;
use std::thread::JoinHandle;

use opencode_rs::rehearsal::{self, RecordedRequest, Rehearsal, Script};
use serde_json::Value;
use tokio::sync::mpsc as tokio_mpsc;
use tokio::sync::oneshot;

/// A model that runs until this is dropped.
pub(crate) struct Model {
    rehearsal: std::sync::Arc<Rehearsal>,
    orders: tokio_mpsc::UnboundedSender<mpsc::Receiver<()>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// While this lives, the model sends nothing and takes no request.
pub(crate) struct Held(#[expect(dead_code, reason = "dropping it lets the model go on")] mpsc::Sender<()>);

impl Model {
    /// Answers as `script` says; plainly when it is empty.
    pub(crate) fn start(script: &str) -> Self {
        let script = Script::parse(script, "script.toml").unwrap();
        let (stop, stopped) = oneshot::channel();
        let (started, model) = mpsc::channel();
        let (orders, mut holds) = tokio_mpsc::unbounded_channel::<mpsc::Receiver<()>>();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let rehearsal = std::sync::Arc::new(rehearsal::serve(script, None).await.unwrap());
                started.send(rehearsal).unwrap();
                tokio::spawn(async move {
                    while let Some(release) = holds.recv().await {
                        // Blocks the whole thread, and with it every reply.
                        let _ = release.recv();
                    }
                });
                let _ = stopped.await;
            });
        });
        Self {
            rehearsal: model.recv().unwrap(),
            orders,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    /// Stops it until the result is dropped: so that what a test does meanwhile comes before the end of an answer, however
    /// long it takes.
    pub(crate) fn hold(&self) -> Held {
        let (held, release) = mpsc::channel();
        self.orders.send(release).unwrap();
        Held(held)
    }

    /// The engine configuration that names it.
    pub(crate) fn engine_config(&self) -> String {
        self.rehearsal.engine_config().to_string()
    }

    /// How many requests came.
    pub(crate) fn count(&self) -> u64 {
        self.rehearsal.requests().count
    }

    /// The requests, oldest first; as many as are kept.
    pub(crate) fn requests(&self) -> Vec<Value> {
        let requests = self.rehearsal.requests();
        requests.recent.iter().map(RecordedRequest::json).collect()
    }

    /// Names of the tools that the newest request offers, sorted.
    pub(crate) fn offered_tools(&self) -> Vec<String> {
        let requests = self.rehearsal.requests();
        let body = requests.last().map(RecordedRequest::json).unwrap();
        let name = |tool: &Value| tool["function"]["name"].as_str().unwrap().to_owned();
        let mut names: Vec<String> = body["tools"].as_array().unwrap().iter().map(name).collect();
        names.sort();
        names
    }

    /// The messages of the newest request, without the system prompt and tool results, each as `role: text`.
    pub(crate) fn conversation(&self) -> Vec<String> {
        let requests = self.rehearsal.requests();
        let body = requests.last().map(RecordedRequest::json).unwrap();
        let messages = body["messages"].as_array().unwrap();
        let said = messages
            .iter()
            .filter(|message| matches!(message["role"].as_str(), Some("user" | "assistant")));
        said.map(|message| {
            let text = match &message["content"] {
                Value::String(text) => text.clone(),
                Value::Array(parts) => parts.iter().filter_map(|part| part["text"].as_str()).collect(),
                _ => String::new(),
            };
            format!("{}: {text}", message["role"].as_str().unwrap())
        })
        .collect()
    }

    /// The texts of all user messages of the newest request.
    pub(crate) fn user_messages(&self) -> Vec<String> {
        let requests = self.rehearsal.requests();
        let body = requests.last().map(RecordedRequest::json).unwrap();
        let messages = body["messages"].as_array().unwrap();
        let of_user = messages.iter().filter(|message| message["role"] == "user");
        of_user.map(|message| text_of(&message["content"])).collect()
    }

    /// The text of the last user message of the newest request.
    pub(crate) fn last_prompt(&self) -> String {
        let requests = self.rehearsal.requests();
        let body = requests.last().map(RecordedRequest::json).unwrap();
        let messages = body["messages"].as_array().unwrap();
        let user = messages.iter().rev().find(|message| message["role"] == "user").unwrap();
        text_of(&user["content"])
    }
}

impl Drop for Model {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn text_of(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().map(|part| part["text"].as_str().unwrap()).collect(),
        other => panic!("no content: {other}"),
    }
}
