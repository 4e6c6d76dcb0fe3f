//! A raw HTTP client for tests: they check how a connection ends, which a real client would hide.

use std::io::ErrorKind;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// No test waits longer than this for anything.
pub(crate) const DEADLINE: Duration = Duration::from_secs(300);

/// How a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// FIN.
    Closed,
    /// RST.
    Reset,
    /// Still open when the test stopped reading.
    Open,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) head: String,
    /// As sent, with the marks of chunked transfer.
    pub(crate) raw_body: String,
    pub(crate) end: End,
}

impl Reply {
    pub(crate) fn status(&self) -> u16 {
        self.head
            .split(' ')
            .nth(1)
            .and_then(|code| code.parse().ok())
            .unwrap_or(0)
    }

    /// Whether the body ended as HTTP wants it.
    pub(crate) fn is_complete(&self) -> bool {
        self.raw_body.ends_with("0\r\n\r\n") || self.head.to_lowercase().contains("content-length")
    }

    /// The body without the marks of chunked transfer.
    pub(crate) fn body(&self) -> String {
        if !self.head.to_lowercase().contains("transfer-encoding: chunked") {
            return self.raw_body.clone();
        }
        let mut rest = self.raw_body.as_bytes();
        let mut body = Vec::new();
        while let Some(line) = rest.windows(2).position(|pair| pair == b"\r\n") {
            let size = usize::from_str_radix(std::str::from_utf8(&rest[..line]).unwrap(), 16).unwrap();
            let start = line + 2;
            let end = (start + size).min(rest.len());
            body.extend_from_slice(&rest[start..end]);
            rest = rest.get(end + 2..).unwrap_or_default();
        }
        String::from_utf8(body).unwrap()
    }

    /// The data of the events of a stream, `[DONE]` as text.
    pub(crate) fn events(&self) -> Vec<Value> {
        self.body()
            .split("\n\n")
            .filter_map(|event| event.strip_prefix("data: "))
            .map(|data| serde_json::from_str(data).unwrap_or_else(|_| Value::from(data)))
            .collect()
    }

    /// The text of all deltas.
    pub(crate) fn text(&self) -> String {
        self.events()
            .iter()
            .filter_map(|event| event["choices"][0]["delta"]["content"].as_str())
            .collect()
    }
}

/// Sends a request with these header lines; the connection is to be closed after the reply.
pub(crate) async fn send(port: u16, method: &str, path: &str, headers: &[&str], body: &Value) -> TcpStream {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    let mut head = format!(
        "{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\ncontent-length: {}\r\n",
        body.len()
    );
    for header in headers {
        head.push_str(header);
        head.push_str("\r\n");
    }
    stream.write_all(format!("{head}\r\n{body}").as_bytes()).await.unwrap();
    stream
}

/// Reads until the connection ends or `enough` accepts the text so far.
pub(crate) async fn read(stream: &mut TcpStream, enough: impl Fn(&str) -> bool) -> Reply {
    let mut bytes = Vec::new();
    let end = tokio::time::timeout(DEADLINE, async {
        loop {
            match stream.read_buf(&mut bytes).await {
                Ok(0) => return End::Closed,
                Ok(_) if enough(&String::from_utf8_lossy(&bytes)) => return End::Open,
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::ConnectionReset => return End::Reset,
                Err(error) => panic!("cannot read: {error}"),
            }
        }
    })
    .await
    .expect("the connection ends in time");
    let text = String::from_utf8(bytes).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    Reply {
        head: head.to_owned(),
        raw_body: body.to_owned(),
        end,
    }
}

/// Whether a reply has come with all of its body.
pub(crate) fn is_whole(text: &str) -> bool {
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let head = head.to_lowercase();
    match head.split_once("content-length: ") {
        Some((_, rest)) => rest.lines().next().and_then(|length| length.parse().ok()) == Some(body.len()),
        None => body.ends_with("0\r\n\r\n"),
    }
}
