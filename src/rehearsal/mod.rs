//! The scripted model: an OpenAI-compatible endpoint on loopback that answers from a script.
//!
//! In: a [`Script`], read from a TOML file or built in. Out: a [`Rehearsal`], which serves until it is dropped, and the
//! engine configuration that names it as provider `rehearsal`. Invariants: it listens on 127.0.0.1 only and answers no
//! client without its random token; the same requests in the same order get the same answers; a scripted fault is a
//! real fault (a reset is a TCP reset, not a message about one).
//!
//! # Script files
//!
//! A script is a list of replies. The first reply in the file that is not used up and whose conditions all hold answers a
//! request; so replies without conditions answer in order, and replies with a pattern answer whenever it fits.
//!
//! ```toml
//! afterwards = "plain"              # when no reply is left: "plain" (default), "repeat" the last one, or "fail" (HTTP 400)
//!
//! [[reply]]
//! match = "fix * bug"               # condition: the last user message holds this; `*` stands for any text
//! reasoning = "First I look."       # contents, in this order: reasoning, text, tool calls
//! text = "Reading the file. "
//! tool_calls = [{ name = "read", arguments = { filePath = "src/main.rs" } }]
//!
//! [[reply]]
//! tool_result = "*rejected*"        # condition: the result of a tool that ends the conversation holds this
//! text = "I was not allowed to."
//! usage = { input = 1200, output = 30, reasoning = 0, cache_read = 1000 }
//!
//! [[reply]]
//! status = 429                      # an HTTP error instead of an answer
//! headers = { retry-after = "1" }
//! times = 2
//!
//! [[reply]]
//! text = "This breaks off"
//! fault = "reset"
//! after_chunks = 2
//! ```
//!
//! `docs/records.md` has a table of all keys, made from the types in `script_file`.

mod connection;
mod director;
mod http;
mod models;
mod pattern;
mod playback;
mod requests;
mod script;
mod script_file;
mod wire;

use std::net::Ipv4Addr;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::sync::{CancellationToken, DropGuard};
use url::Url;

use crate::error::Failure;
use crate::support::secret::Secret;

pub use models::{DEFAULT_MODEL, MODELS, PROVIDER};
pub use requests::{RecordedRequest, Requests};
pub use script::{Caller, Script, ScriptText};
pub use script_file::ScriptFile;

/// A running scripted model. Dropping it stops the model and closes all of its connections.
#[derive(Debug)]
pub struct Rehearsal {
    /// The base address for an OpenAI-compatible client, for example `http://127.0.0.1:40123/v1`.
    pub base_url: Url,
    /// The token that a client must send (`Authorization: Bearer …`).
    pub api_key: Secret,
    requests: watch::Sender<Requests>,
    _stop: DropGuard,
}

/// Starts the scripted model on a loopback port; without `port` the system picks a free one.
///
/// Must be called inside a tokio runtime, which also does the serving.
///
/// # Errors
///
/// When the port cannot be listened on, or the system has no randomness for the token.
pub async fn serve(script: Script, port: Option<u16>) -> Result<Rehearsal, Failure> {
    let cannot_start =
        |error: &(dyn std::error::Error + 'static)| Failure::failed("cannot start the scripted model").caused_by(error);
    let api_key = Secret::random().map_err(|error| cannot_start(&error))?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port.unwrap_or(0)))
        .await
        .map_err(|error| match port {
            Some(port) => Failure::usage(format!("cannot listen on port {port}"))
                .caused_by(&error)
                .hint("leave out `--port` to use a free one"),
            None => cannot_start(&error),
        })?;
    let address = listener.local_addr().map_err(|error| cannot_start(&error))?;
    let requests = watch::Sender::new(Requests::default());
    let stop = CancellationToken::new();
    let serving = http::serve(listener, script, api_key.clone(), requests.clone(), stop.clone());
    tokio::spawn(serving);
    Ok(Rehearsal {
        base_url: Url::parse(&format!("http://{address}/v1")).expect("a socket address makes a URL"),
        api_key,
        requests,
        _stop: stop.drop_guard(),
    })
}

impl Rehearsal {
    pub fn requests(&self) -> Requests {
        self.requests.borrow().clone()
    }

    /// Waits until at least `count` requests have arrived.
    pub async fn wait_for_requests(&self, count: u64) {
        // Fails only when the sender is gone, and the sender is `self`.
        let arrived = |requests: &Requests| requests.count >= count;
        let _ = self.requests.subscribe().wait_for(arrived).await;
    }
}
