//! How a call to the engine can fail.

use std::time::Duration;

use reqwest::StatusCode;

use crate::error::{Failure, FailureKind};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No response: refused, reset, timed out.
    #[error("cannot reach the server at `{url}` for `{call}`")]
    Transport {
        /// Base address of the server.
        url: String,
        call: String,
        #[source]
        source: reqwest::Error,
    },
    /// A response with an error status.
    #[error("the server refused `{call}` with status {}{}", status.as_u16(), .message.as_ref().map(|m| format!(": {m}")).unwrap_or_default())]
    Status {
        call: String,
        status: StatusCode,
        /// `name` of the engine's error object, for example `NotFoundError`.
        name: Option<String>,
        message: Option<String>,
        /// The pause in the server's `Retry-After`.
        retry_after: Option<Duration>,
    },
    /// The response is a web page: the server does not know this endpoint.
    #[error("the server has no endpoint `{call}`")]
    NoSuchEndpoint { call: String },
    /// A response that cannot be decoded.
    #[error("cannot understand the server's answer to `{call}`")]
    Decode {
        call: String,
        #[source]
        source: serde_json::Error,
    },
    /// The client could not be built.
    #[error("cannot prepare the HTTP client")]
    Client(#[source] reqwest::Error),
}

impl Error {
    /// The status, if the server responded with one.
    pub fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Status { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// Whether nothing listens at the address.
    pub fn is_refused_connection(&self) -> bool {
        let mut source = match self {
            Self::Transport { source, .. } => std::error::Error::source(source),
            _ => None,
        };
        while let Some(error) = source {
            let kind = error.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
            if kind == Some(std::io::ErrorKind::ConnectionRefused) {
                return true;
            }
            source = error.source();
        }
        false
    }

    /// Whether the server did not respond at all.
    pub fn is_transport(&self) -> bool {
        matches!(self, Self::Transport { .. })
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let failure = |kind| Self::from_error(kind, &error);
        match &error {
            Error::Status { status, .. } if *status == StatusCode::UNAUTHORIZED => failure(FailureKind::Auth)
                .hint("set `OPENCODE_SERVER_PASSWORD` to the password of that server, or check it"),
            // Before any prompt, 400 means that the engine's configuration is broken.
            Error::Status { name: Some(name), .. } if name.starts_with("Config") => failure(FailureKind::Usage)
                .hint("mend the engine's configuration named above, or run with `--bare` to ignore it"),
            Error::NoSuchEndpoint { .. } => failure(FailureKind::Engine)
                .hint("run `opencode-rs doctor` to see which engine answers; it may be a different version"),
            Error::Transport { .. } => {
                failure(FailureKind::Engine).hint("run `opencode-rs doctor` to check the server")
            }
            Error::Status {
                message: Some(message), ..
            } => {
                let help = help_with_disk(message);
                failure(FailureKind::Engine).hint_if(help.is_some(), help.unwrap_or_default())
            }
            _ => failure(FailureKind::Engine),
        }
    }
}

/// What helps an engine that cannot write its data, by what it says.
pub(crate) fn help_with_disk(said: &str) -> Option<&'static str> {
    let says = |text: &str| said.contains(text);
    if says("database or disk is full") || says("ENOSPC") || says("No space left") {
        return Some("free space where the engine keeps its data; `opencode-rs doctor` names the directory");
    }
    let refused = says("disk I/O error")
        || says("EROFS")
        || says("ENOTDIR")
        || says("EACCES")
        || says("Failed query")
        || says("EFBIG")
        || says("attempt to write a readonly database");
    refused.then_some(
        "make sure that the engine's data can be written: rights, disk, and the limit on file sizes (`ulimit -f`)",
    )
}
