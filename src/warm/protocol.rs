//! What commands and a supervisor say to each other: a JSON object a line, one answer to each.

use std::io;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufRead, AsyncWrite, AsyncWriteExt as _};

use crate::support::lines::{json_line, next_line};
use crate::support::secret::Secret;

/// The longest line of either side.
const LONGEST_LINE: u64 = 64 * 1024;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub(super) enum Request {
    /// To use the server for as long as the connection lasts, if it still is as this says.
    Lease {
        fingerprint: String,
        /// Seconds that the server stays after the last use; absent does not change the time.
        keep_for: Option<u64>,
    },
    /// To be asked about tool calls, at this port.
    Gate {
        port: u16,
        token: Exposed,
    },
    /// This session is prompted by this command. Should the command die, the session is not left running for ever.
    Prompting {
        session: String,
        directory: String,
    },
    /// Nothing is prompted any more.
    Resting,
    /// To know how it is.
    Status,
    /// Accept no new user, and end when the last user goes.
    Retire,
    Stop,
    /// End now, unless the server is in use.
    StopUnused,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub(super) enum Response {
    Leased { url: String, password: Exposed },
    Done,
    Status(WarmStatus),
    Refused { why: Refusal },
}

/// Why a supervisor does not give its server away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// What it was made of has changed.
    #[error("its configuration is an older one")]
    Stale,
    /// It is ending, or gives no more leases.
    #[error("it is ending")]
    Ending,
    /// An engine that we started runs the asking command.
    #[error("it is not for commands that an engine runs")]
    Descendant,
    #[error("it is in use")]
    InUse,
    /// It has no server for a request of that kind.
    #[error("the request comes before the lease")]
    NoLease,
}

/// How a warm server is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WarmStatus {
    /// How many commands use it.
    pub users: u32,
    /// The process ids of those.
    pub user_pids: Vec<u32>,
    /// Seconds since the last use; 0 while a command uses it.
    pub idle: u64,
    /// How long it stays after the last use, in seconds.
    pub keep_for: u64,
    /// Whether it gives no more leases.
    pub retiring: bool,
}

/// A secret on its way through a private socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Exposed(pub(super) Secret);

impl Serialize for Exposed {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.expose())
    }
}

impl<'de> Deserialize<'de> for Exposed {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(Secret::new(text)))
    }
}

pub(super) async fn say(to: &mut (impl AsyncWrite + Unpin), what: &impl Serialize) -> io::Result<()> {
    to.write_all(&json_line(what)?).await
}

/// Reads a line; `None` at the end.
pub(super) async fn hear<T: DeserializeOwned>(from: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Option<T>> {
    let line = next_line(from, LONGEST_LINE).await?;
    Ok(line.map(|line| serde_json::from_slice(&line)).transpose()?)
}
#[cfg(test)]
mod tests {
    use tokio::io::BufReader;

    use super::*;

    #[tokio::test]
    async fn what_is_said_is_heard_and_secrets_are_not_shown() {
        let request = Request::Gate {
            port: 4096,
            token: Exposed(Secret::new("hush")),
        };
        let (mut ours, theirs) = tokio::io::duplex(1024);
        say(&mut ours, &request).await.unwrap();
        drop(ours);
        let mut theirs = BufReader::new(theirs);
        assert_eq!(hear::<Request>(&mut theirs).await.unwrap(), Some(request.clone()));
        assert_eq!(hear::<Request>(&mut theirs).await.unwrap(), None);
        assert!(!format!("{request:?}").contains("hush"));
    }

    #[tokio::test]
    async fn a_cut_line_and_a_wish_of_another_version_are_errors() {
        for line in ["{\"op\":\"sta", "{\"op\":\"dance\"}\n"] {
            let mut from = line.as_bytes();
            assert!(hear::<Request>(&mut from).await.is_err(), "{line}");
        }
    }
}
