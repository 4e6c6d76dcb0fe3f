//! The other end of the channel.

use std::io;

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;

use super::{GateCall, Moment, PluginState, Reply};
use crate::support::secret::Secret;

/// The longest line that is read, in bytes. A call that writes a file holds the file.
const LONGEST_LINE: u64 = 256 << 20;
/// The longest first line.
const LONGEST_HELLO: u64 = 1024;

type Calls = mpsc::UnboundedSender<GateCall>;
type Told = watch::Sender<PluginState>;

pub(super) async fn serve(listener: TcpListener, token: Secret, calls: Calls, told: Told) {
    let mut open = JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            continue;
        };
        let (token, calls, told) = (token.clone(), calls.clone(), told.clone());
        open.spawn(async move {
            if let Err(error) = converse(stream, &token, &calls, &told).await {
                tracing::debug!(%error, "a connection to the gate ended");
            }
        });
        while open.try_join_next().is_some() {}
    }
}

#[derive(Deserialize)]
struct Hello {
    token: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Line {
    Call {
        id: u64,
        moment: Moment,
        tool: String,
        session: String,
        call: String,
        #[serde(default)]
        arguments: Value,
    },
    Ready {
        ready: bool,
        last: bool,
    },
}

async fn converse(stream: TcpStream, token: &Secret, calls: &Calls, told: &Told) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read);
    let hello = next_line(&mut lines, LONGEST_HELLO).await?;
    let known = hello
        .and_then(|line| serde_json::from_slice::<Hello>(&line).ok())
        .is_some_and(|hello| token.matches(&hello.token));
    if !known {
        return Err(io::Error::other("somebody without the token"));
    }
    let mut open: JoinSet<(u64, Reply)> = JoinSet::new();
    // A reading that is cancelled would lose what it has read, so lines come from a task of their own.
    let (line_sender, mut line_receiver) = mpsc::channel(1);
    let mut reading = JoinSet::new();
    reading.spawn(async move {
        while let Ok(Some(line)) = next_line(&mut lines, LONGEST_LINE).await {
            if line_sender.send(line).await.is_err() {
                return;
            }
        }
    });
    loop {
        tokio::select! {
            line = line_receiver.recv() => {
                let Some(line) = line else { return Ok(()) };
                match serde_json::from_slice(&line) {
                    Ok(Line::Call { id, moment, tool, session, call, arguments }) => {
                        let (reply, answer) = oneshot::channel();
                        let sent = calls.send(GateCall {
                            moment,
                            session_id: session,
                            call_id: call,
                            tool,
                            arguments,
                            reply,
                        });
                        if sent.is_err() {
                            return Ok(());
                        }
                        open.spawn(async move {
                            let dropped = || Reply::Refuse("the run is over".to_owned());
                            (id, answer.await.unwrap_or_else(|_| dropped()))
                        });
                    }
                    Ok(Line::Ready { ready, last }) => {
                        if ready {
                            told.send_replace(if last { PluginState::Ready } else { PluginState::NotLast });
                        }
                    }
                    // Whoever sent it waits for ever, unless the connection ends: then it is refused.
                    Err(error) => return Err(error.into()),
                }
            }
            Some(Ok((id, reply))) = open.join_next() => {
                let value = match reply {
                    Reply::Pass => json!({ "id": id, "pass": true }),
                    Reply::Refuse(why) => json!({ "id": id, "refuse": why }),
                };
                write.write_all(format!("{value}\n").as_bytes()).await?;
            }
        }
    }
}

/// The next line without its line feed; `None` at the end.
async fn next_line(lines: &mut (impl AsyncBufRead + Unpin), longest: u64) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    let read = lines.take(longest).read_until(b'\n', &mut line).await?;
    if line.pop() == Some(b'\n') {
        return Ok(Some(line));
    }
    if read == 0 {
        return Ok(None);
    }
    Err(io::Error::new(io::ErrorKind::InvalidData, "a line is cut or too long"))
}
