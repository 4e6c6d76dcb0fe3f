//! The answer on stdout.

use reqwest::header::{CONTENT_TYPE, HeaderMap};
use reqwest::{Response, Version};
use tokio::io::{AsyncWriteExt as _, Stdout};

use crate::context::Context;
use crate::error::{Failure, stdout_failure};
use crate::request::ApiRequest;
use crate::support::json;
use crate::terminal::{Stream, Terminal, sanitize};

#[derive(Debug, Clone, Copy)]
pub(super) struct ResponseOutput {
    is_terminal: bool,
    include_headers: bool,
}

impl ResponseOutput {
    pub(super) fn of_process(context: &Context, request: &ApiRequest) -> Self {
        Self {
            is_terminal: Terminal::of_process(&context.environment).is_terminal(Stream::Stdout),
            include_headers: request.include_headers,
        }
    }

    /// Writes the answer, piece by piece as it comes.
    ///
    /// # Errors
    ///
    /// When the answer breaks off or is a refusal, or stdout cannot be written.
    pub(super) async fn pass_on(self, mut response: Response, call: &str) -> Result<(), Failure> {
        let status = response.status();
        if status.is_success() && is(response.headers(), "text/html") {
            // The engine sends its web page for any path that it does not know.
            let failure = Failure::failed(format!("cannot call `{call}`: there is no such endpoint"));
            return Err(failure.hint("`opencode-rs api GET /doc` describes all endpoints"));
        }
        let mut stdout = tokio::io::stdout();
        if self.include_headers {
            write(&mut stdout, head(&response, self.is_terminal).as_bytes()).await?;
        }
        let broken = |error: reqwest::Error| {
            Failure::engine(format!("cannot read the whole answer to `{call}`")).caused_by(&error.without_url())
        };
        if self.is_terminal && is(response.headers(), "application/json") {
            let body = response.bytes().await.map_err(broken)?;
            write(&mut stdout, readable(&body).as_bytes()).await?;
        } else {
            let mut lines = LineBuffer::default();
            while let Some(piece) = response.chunk().await.map_err(broken)? {
                if self.is_terminal {
                    write(&mut stdout, lines.push(&piece).as_bytes()).await?;
                } else {
                    write(&mut stdout, &piece).await?;
                }
            }
            let rest = lines.finish();
            if !rest.is_empty() {
                write(&mut stdout, rest.as_bytes()).await?;
            }
        }
        if status.is_success() {
            return Ok(());
        }
        Err(Failure::failed(format!(
            "cannot call `{call}`: status {}",
            status.as_u16()
        )))
    }
}

/// Resolves when the reader of stdout has closed it, which a quiet stream of events would not notice.
pub(in crate::commands) async fn reader_gone() -> Failure {
    #[cfg(unix)]
    {
        // The thread waits as long as the process lives. No code joins it.
        let gone = tokio::task::spawn_blocking(|| {
            use rustix::event::{PollFd, PollFlags, poll};
            let stdout = rustix::stdio::stdout();
            loop {
                let mut watched = [PollFd::new(&stdout, PollFlags::empty())];
                match poll(&mut watched, None) {
                    Ok(_) => return watched[0].revents().intersects(PollFlags::ERR | PollFlags::HUP),
                    Err(rustix::io::Errno::INTR) => {}
                    Err(_) => return false,
                }
            }
        });
        if gone.await.unwrap_or(false) {
            return stdout_failure(&std::io::ErrorKind::BrokenPipe.into());
        }
    }
    std::future::pending().await
}

async fn write(stdout: &mut Stdout, bytes: &[u8]) -> Result<(), Failure> {
    let written = async {
        stdout.write_all(bytes).await?;
        stdout.flush().await
    };
    written.await.map_err(|error| stdout_failure(&error))
}

fn is(headers: &HeaderMap, kind: &str) -> bool {
    headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.starts_with(kind))
}

/// Status line and headers, with an empty line.
fn head(response: &Response, is_terminal: bool) -> String {
    let version = match response.version() {
        Version::HTTP_10 => "HTTP/1.0",
        Version::HTTP_2 => "HTTP/2",
        _ => "HTTP/1.1",
    };
    let mut head = format!("{version} {}\n", response.status());
    for (name, value) in response.headers() {
        head.push_str(name.as_str());
        head.push_str(": ");
        head.push_str(&String::from_utf8_lossy(value.as_bytes()));
        head.push('\n');
    }
    head.push('\n');
    if is_terminal {
        sanitize(&head).into_owned()
    } else {
        head
    }
}

/// Formats JSON for a person; other text stays unchanged.
fn readable(body: &[u8]) -> String {
    let indented = serde_json::from_slice::<serde_json::Value>(body)
        .ok()
        .and_then(|value| json::document(&value).ok());
    let mut text = sanitize(&String::from_utf8_lossy(indented.as_deref().unwrap_or(body))).into_owned();
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

/// Text for a terminal out of pieces that are cut anywhere: whole lines, made harmless.
#[derive(Debug, Default)]
struct LineBuffer {
    begun: Vec<u8>,
}

impl LineBuffer {
    fn push(&mut self, piece: &[u8]) -> String {
        self.begun.extend_from_slice(piece);
        let Some(end) = memchr::memrchr(b'\n', &self.begun) else {
            return String::new();
        };
        let rest = self.begun.split_off(end + 1);
        let whole = std::mem::replace(&mut self.begun, rest);
        sanitize(&String::from_utf8_lossy(&whole)).into_owned()
    }

    fn finish(self) -> String {
        sanitize(&String::from_utf8_lossy(&self.begun)).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_gets_whole_lines_without_escape_sequences() {
        let mut lines = LineBuffer::default();
        assert_eq!(lines.push("data: \u{1b}[3".as_bytes()), "");
        assert_eq!(lines.push("1mä\n\ndata".as_bytes()), "data: ä\n\n");
        assert_eq!(lines.finish(), "data");
    }

    #[test]
    fn json_is_indented_and_other_text_is_left() {
        assert_eq!(readable(br#"{"b":1,"a":[]}"#), "{\n  \"b\": 1,\n  \"a\": []\n}\n");
        assert_eq!(readable("\"a\u{200b}\u{9b}\"".as_bytes()), "\"a\\u200b\\u009b\"\n");
        assert_eq!(readable(b"no json"), "no json\n");
        assert_eq!(readable(b""), "");
    }
}
