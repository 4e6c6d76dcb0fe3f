//! The least that a client of a running server can do: the same calls as our program's second prompt, over plain sockets,
//! and nothing else. What our program takes more than this is what it costs.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::thread;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use opencode_rs::client::Endpoint;
use opencode_rs::support::identifier;
use serde_json::{Value, json};

use crate::Error;
use crate::home::PROMPT;

/// The first argument of this program as that client.
pub(crate) const BARE: &str = "--bare-client";
/// Carries what the client needs, the password among it.
const FACTS: &str = "BENCH_BARE_CLIENT";

/// The client as a program of its own.
///
/// # Errors
///
/// When this program cannot be found.
pub(crate) fn command(endpoint: &Endpoint, directory: &str, session: &str) -> Result<Command, Error> {
    let itself = std::env::current_exe().map_err(|error| format!("cannot find this program: {error}"))?;
    let password = endpoint.password.as_ref().map_or("", |password| password.expose());
    let facts = json!({
        "address": format!("127.0.0.1:{}", endpoint.url.port().unwrap_or_default()),
        "authorization": format!("Basic {}", STANDARD.encode(format!("opencode:{password}"))),
        "directory": directory,
        "session": session,
    });
    let mut command = Command::new(itself);
    command.arg(BARE).env_clear().env(FACTS, facts.to_string());
    Ok(command)
}

/// Does the work of the client.
///
/// # Errors
///
/// When the server does not answer as expected.
pub(crate) fn main() -> Result<(), Error> {
    let facts = std::env::var(FACTS).map_err(|error| error.to_string())?;
    let facts: Value = serde_json::from_str(&facts).map_err(|error| error.to_string())?;
    prompt(&Server::of(&facts)).map_err(|error| format!("the bare client: {error}"))
}

#[derive(Clone)]
struct Server {
    address: String,
    headers: String,
    session: String,
}

impl Server {
    fn of(facts: &Value) -> Self {
        let text = |key: &str| facts[key].as_str().unwrap_or_default();
        Self {
            address: text("address").to_owned(),
            headers: format!(
                "host: {}\r\nauthorization: {}\r\nx-opencode-directory: {}\r\n",
                text("address"),
                text("authorization"),
                text("directory")
            ),
            session: text("session").to_owned(),
        }
    }

    fn connect(&self) -> io::Result<BufReader<TcpStream>> {
        let stream = TcpStream::connect(&self.address)?;
        stream.set_nodelay(true)?;
        Ok(BufReader::new(stream))
    }

    fn send(&self, stream: &mut BufReader<TcpStream>, method: &str, path: &str, body: &str) -> io::Result<()> {
        let request = format!(
            "{method} {path} HTTP/1.1\r\n{}content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            self.headers,
            body.len()
        );
        stream.get_mut().write_all(request.as_bytes())
    }

    fn call(&self, stream: &mut BufReader<TcpStream>, method: &str, path: &str, body: &str) -> io::Result<Value> {
        self.send(stream, method, path, body)?;
        Ok(serde_json::from_slice(&answer(stream)?)?)
    }
}

fn prompt(server: &Server) -> io::Result<()> {
    let mut stream = server.connect()?;
    server.call(&mut stream, "GET", "/global/health", "")?;

    let mut events = server.connect()?;
    server.send(&mut events, "GET", "/global/event", "")?;
    wait_for(&mut events, "server.connected")?;
    let session = server.session.clone();
    let idle = thread::spawn(move || {
        loop {
            // Of whatever session it is: nobody else uses this server.
            let line = wait_for(&mut events, "\"session.idle\"")?;
            if line.contains(&session) {
                return Ok::<(), io::Error>(());
            }
        }
    });

    let lists = ["/config/providers", "/agent", "/config"].map(|path| {
        let server = server.clone();
        thread::spawn(move || server.call(&mut server.connect()?, "GET", path, ""))
    });
    for list in lists {
        list.join().map_err(|_| io::Error::other("a thread panicked"))??;
    }

    let path = format!("/session/{}", server.session);
    server.call(&mut stream, "GET", &path, "")?;
    server.call(&mut stream, "GET", "/session/status", "")?;
    let id = |prefix: &str| identifier::ascending(prefix).map_err(io::Error::other);
    let body = json!({
        "messageID": id("msg")?,
        "model": { "providerID": "rehearsal", "modelID": "scripted" },
        "agent": "build",
        "parts": [{ "id": id("prt")?, "type": "text", "text": PROMPT }],
    });
    server.call(&mut stream, "POST", &format!("{path}/message"), &body.to_string())?;
    idle.join().map_err(|_| io::Error::other("a thread panicked"))??;
    let messages = server.call(&mut stream, "GET", &format!("{path}/message?limit=2"), "")?;
    let last = messages.as_array().and_then(|messages| messages.last());
    let parts = last.and_then(|message| message["parts"].as_array());
    let text = parts
        .into_iter()
        .flatten()
        .find_map(|part| part["text"].as_str())
        .unwrap_or_default();
    writeln!(io::stdout(), "{text}")
}

/// The body of a whole answer.
fn answer(stream: &mut BufReader<TcpStream>) -> io::Result<Vec<u8>> {
    let mut length = None;
    let mut line = String::new();
    stream.read_line(&mut line)?;
    if !line.starts_with("HTTP/1.1 200") {
        return Err(io::Error::other(line));
    }
    loop {
        line.clear();
        stream.read_line(&mut line)?;
        let Some((name, value)) = line.split_once(':') else {
            break;
        };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse::<usize>().ok();
        }
    }
    let mut body = Vec::new();
    if let Some(length) = length {
        body.resize(length, 0);
        stream.read_exact(&mut body)?;
        return Ok(body);
    }
    // In pieces.
    loop {
        line.clear();
        stream.read_line(&mut line)?;
        let size = usize::from_str_radix(line.trim(), 16).map_err(io::Error::other)?;
        let start = body.len();
        body.resize(start + size, 0);
        stream.read_exact(&mut body[start..])?;
        stream.read_line(&mut line)?;
        if size == 0 {
            return Ok(body);
        }
    }
}

/// Reads lines until one holds a text.
fn wait_for(stream: &mut BufReader<TcpStream>, text: &str) -> io::Result<String> {
    let mut line = String::new();
    loop {
        line.clear();
        if stream.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if line.contains(text) {
            return Ok(line);
        }
    }
}
