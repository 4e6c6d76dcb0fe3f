//! The models, in this process: the scripted one of the library, and one that says when it spoke.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use opencode_rs::rehearsal::{self, Script};
use serde_json::{Value, json};

use crate::Error;
use crate::home::ANSWER;

/// How long [`Pausing`] pauses between its first word and the rest.
pub(crate) const PAUSE: Duration = Duration::from_millis(500);
/// How the engine's request for a title begins.
const TITLE: &str = "You are a title generator";

/// Serves the scripted model until this process ends; gives the engine configuration that names it.
///
/// # Errors
///
/// When it cannot be started.
pub(crate) fn rehearsal() -> Result<Value, Error> {
    let (sender, started) = mpsc::channel();
    thread::spawn(move || {
        let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => runtime,
            Err(error) => return drop(sender.send(Err(error.to_string()))),
        };
        runtime.block_on(async {
            match rehearsal::serve(Script::default(), None).await {
                Ok(rehearsal) => {
                    let _ = sender.send(Ok(rehearsal.engine_config()));
                    std::future::pending::<()>().await;
                }
                Err(failure) => drop(sender.send(Err(failure.message))),
            }
        });
    });
    started.recv().map_err(|error| error.to_string())?
}

/// A model that says one word, pauses, and says the rest; and notes when it said that word.
///
/// The pause is what tells a program that passes on each word from one that waits for the whole answer.
#[derive(Debug)]
pub(crate) struct Pausing {
    address: SocketAddr,
    spoke: Arc<Mutex<Option<Instant>>>,
}

impl Pausing {
    /// Serves until this process ends.
    ///
    /// # Errors
    ///
    /// When there is no port to listen on.
    pub(crate) fn start() -> Result<Self, Error> {
        let failure = |error: io::Error| format!("cannot start a model: {error}");
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(failure)?;
        let address = listener.local_addr().map_err(failure)?;
        let spoke = Arc::new(Mutex::new(None));
        let shared = Arc::clone(&spoke);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let spoke = Arc::clone(&shared);
                // Whoever hangs up in the middle fails where it counts: it has no answer.
                thread::spawn(move || answer(stream, &spoke));
            }
        });
        Ok(Self { address, spoke })
    }

    /// The engine configuration that makes this the only model.
    pub(crate) fn engine_config(&self) -> Value {
        json!({
            "model": "pausing/model",
            "small_model": "pausing/model",
            "enabled_providers": ["pausing"],
            "provider": { "pausing": {
                "npm": "@ai-sdk/openai-compatible",
                "options": { "baseURL": format!("http://{}/v1", self.address), "apiKey": "none" },
                "models": { "model": { "name": "Model", "tool_call": true } },
            } },
        })
    }

    /// Forgets what was said.
    pub(crate) fn forget(&self) {
        *self.spoke.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// When the first word was said.
    ///
    /// # Errors
    ///
    /// When it was not.
    pub(crate) fn spoke(&self) -> Result<Instant, Error> {
        let spoke = *self.spoke.lock().unwrap_or_else(PoisonError::into_inner);
        spoke.ok_or_else(|| "the model was not asked".to_owned())
    }
}

fn answer(mut stream: TcpStream, spoke: &Mutex<Option<Instant>>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let body = request_body(&stream)?;
    let is_title = body.contains(TITLE);
    // The end of the connection is the end of the answer.
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n")?;
    let (first, rest) = ANSWER.split_at(ANSWER.find(' ').unwrap_or(ANSWER.len()));
    let first = chunk(&json!({ "role": "assistant", "content": first }), None);
    if !is_title {
        spoke
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get_or_insert_with(Instant::now);
    }
    stream.write_all(first.as_bytes())?;
    if !is_title {
        thread::sleep(PAUSE);
    }
    let rest = chunk(&json!({ "content": rest }), None) + &chunk(&json!({}), Some("stop")) + "data: [DONE]\n\n";
    stream.write_all(rest.as_bytes())
}

fn request_body(stream: &TcpStream) -> io::Result<String> {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.split_once(':') else {
            if line.trim().is_empty() {
                break;
            }
            continue;
        };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().map_err(io::Error::other)?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    String::from_utf8(body).map_err(io::Error::other)
}

fn chunk(delta: &Value, finish: Option<&str>) -> String {
    let chunk = json!({
        "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "model",
        "choices": [{ "index": 0, "delta": delta, "finish_reason": finish }],
    });
    format!("data: {chunk}\n\n")
}
