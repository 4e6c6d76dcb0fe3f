//! Our end of the channel to the plugin.

use std::collections::HashMap;
use std::io;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::io::{AsyncWriteExt as _, BufReader};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{Instant, sleep, timeout};

use super::{GateCall, GateReply, Invitation, Moment, PluginState};
use crate::support::lines::next_line;
use crate::support::secret::Secret;

/// Limit of a line, in bytes. A call that writes a file contains the file's contents; the plugin keeps to the same
/// limit.
const MAX_LINE_BYTES: u64 = 256 << 20;
const MAX_HELLO_BYTES: u64 = 1024;
/// Limit for a new client to send its token.
const HELLO_TIMEOUT: Duration = Duration::from_secs(10);
/// Pause after a failed `accept`, when the process has no file descriptor left.
const ACCEPT_RETRY_DELAY: Duration = Duration::from_millis(100);
/// `accept` may fail for this long before the service gives up.
const ACCEPT_FAILURE_LIMIT: Duration = Duration::from_secs(5);

type Lines = BufReader<OwnedReadHalf>;

/// The service's ends of what a gate has.
pub(super) struct Channels {
    pub(super) calls: mpsc::UnboundedSender<GateCall>,
    pub(super) state: watch::Sender<PluginState>,
    pub(super) answer_tool: watch::Sender<Option<String>>,
    /// Lines that the gate says by itself.
    pub(super) announced: mpsc::UnboundedReceiver<Value>,
}

/// Serves the plugin, and no other client, until it disconnects.
pub(super) async fn serve(listener: TcpListener, token: Secret, channels: Channels) {
    let (lines, write) = match admit(listener, &token).await {
        Ok(admitted) => admitted,
        Err(error) => {
            tracing::debug!(%error, "the gate cannot accept clients");
            channels.state.send_replace(PluginState::NoDescriptors);
            return;
        }
    };
    if let Err(error) = converse(lines, write, channels).await {
        tracing::debug!(%error, "the connection to the gate ended");
    }
}

/// Serves the plugin, and no other client, with the invitations to gates, until it disconnects or the hub is dropped.
pub(super) async fn invite(listener: TcpListener, token: Secret, mut invitations: mpsc::UnboundedReceiver<Invitation>) {
    let Ok((mut lines, mut write)) = admit(listener, &token).await else {
        return;
    };
    loop {
        let invitation = tokio::select! {
            invitation = invitations.recv() => invitation,
            // The plugin sends no more lines to the hub, so this is the end of the connection.
            _ = next_line(&mut lines, MAX_HELLO_BYTES) => None,
        };
        let Some(Invitation { port, token }) = invitation else {
            return;
        };
        let line = json!({ "port": port, "token": token.expose() });
        if let Err(error) = write.write_all(format!("{line}\n").as_bytes()).await {
            tracing::debug!(%error, "the connection to the hub ended");
            return;
        }
    }
}

/// Waits for the client that has the token, then stops listening. Returns only failures that last.
async fn admit(listener: TcpListener, token: &Secret) -> io::Result<(Lines, OwnedWriteHalf)> {
    let mut greeted = JoinSet::new();
    let mut failing_since = None;
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    failing_since = None;
                    greeted.spawn(timeout(HELLO_TIMEOUT, greet(stream, token.clone())));
                }
                Err(error) => {
                    if failing_since.get_or_insert_with(Instant::now).elapsed() > ACCEPT_FAILURE_LIMIT {
                        return Err(error);
                    }
                    sleep(ACCEPT_RETRY_DELAY).await;
                }
            },
            Some(greeted) = greeted.join_next() => match greeted {
                Ok(Ok(Ok(connection))) => return Ok(connection),
                Ok(Ok(Err(error))) => tracing::debug!(%error, "a client without the token at the gate"),
                _ => tracing::debug!("a client at the gate sent no token"),
            },
        }
    }
}

#[derive(Deserialize)]
struct Hello {
    token: String,
}

async fn greet(stream: TcpStream, token: Secret) -> io::Result<(Lines, OwnedWriteHalf)> {
    stream.set_nodelay(true)?;
    let (read, write) = stream.into_split();
    let mut lines = BufReader::new(read);
    let hello = next_line(&mut lines, MAX_HELLO_BYTES).await?;
    let known = hello
        .and_then(|line| serde_json::from_slice::<Hello>(&line).ok())
        .is_some_and(|hello| token.matches(&hello.token));
    if known {
        Ok((lines, write))
    } else {
        Err(io::Error::other("the client has no valid token"))
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum GateLine {
    Call {
        id: u64,
        moment: Moment,
        tool: String,
        session: String,
        call: String,
        arguments: String,
        #[serde(default)]
        engines: bool,
        #[serde(default)]
        redirects: bool,
    },
    Gone {
        id: u64,
        gone: bool,
    },
    Ready {
        ready: bool,
        last: bool,
    },
    AnswerTool {
        answer_tool: String,
    },
}

async fn converse(lines: Lines, mut write: OwnedWriteHalf, mut channels: Channels) -> io::Result<()> {
    let mut open: JoinSet<(u64, GateReply)> = JoinSet::new();
    let mut waits: HashMap<u64, AbortHandle> = HashMap::new();
    // A cancelled read would lose its bytes, so a separate task reads the lines.
    let (line_sender, mut line_receiver) = mpsc::channel(1);
    let mut reading = JoinSet::new();
    reading.spawn(read_lines(lines, line_sender));
    loop {
        tokio::select! {
            line = line_receiver.recv() => {
                let Some(line) = line else { return Ok(()) };
                // The plugin writes only valid lines. A sender of anything else would wait for ever: ending the
                // connection refuses its calls.
                match serde_json::from_slice(&line?)? {
                    GateLine::Call { id, moment, tool, session, call, arguments, engines, redirects } => {
                        let Ok(arguments) = serde_json::from_str::<Value>(&arguments) else {
                            // For example, arguments that are nested too deeply.
                            open.spawn(async move { (id, GateReply::Refuse("These arguments cannot be judged.".to_owned())) });
                            continue;
                        };
                        let (reply, answer) = oneshot::channel();
                        let sent = channels.calls.send(GateCall {
                            moment,
                            session_id: session,
                            call_id: call,
                            tool,
                            arguments,
                            is_engines: engines,
                            redirects_come: redirects,
                            reply,
                        });
                        if sent.is_err() {
                            return Ok(());
                        }
                        // A dropped call may belong to another gate; the plugin refuses a call that no gate answers.
                        waits.insert(id, open.spawn(async move {
                            (id, answer.await.unwrap_or(GateReply::Unknown))
                        }));
                    }
                    GateLine::Gone { id, gone } => {
                        if let Some(wait) = waits.remove(&id).filter(|_| gone) {
                            wait.abort();
                        }
                    }
                    GateLine::Ready { ready, last } => {
                        if ready {
                            channels.state.send_replace(if last { PluginState::Ready } else { PluginState::NotLast });
                        }
                    }
                    GateLine::AnswerTool { answer_tool } => {
                        channels.answer_tool.send_replace(Some(answer_tool));
                    }
                }
            }
            Some(line) = channels.announced.recv() => {
                write.write_all(format!("{line}\n").as_bytes()).await?;
            }
            Some(joined) = open.join_next() => {
                // An aborted task is a call that the plugin has withdrawn: it gets no answer.
                let Ok((id, reply)) = joined else { continue };
                waits.remove(&id);
                write.write_all(reply_line(id, reply).as_bytes()).await?;
            }
        }
    }
}

/// Sends the plugin's lines until the connection ends or fails, the failure included.
async fn read_lines(mut lines: Lines, sender: mpsc::Sender<io::Result<Vec<u8>>>) {
    while let Some(line) = next_line(&mut lines, MAX_LINE_BYTES).await.transpose() {
        let is_last = line.is_err();
        if sender.send(line).await.is_err() || is_last {
            return;
        }
    }
}

fn reply_line(id: u64, reply: GateReply) -> String {
    let value = match reply {
        GateReply::Pass => json!({ "id": id, "pass": true }),
        GateReply::Refuse(why) => json!({ "id": id, "refuse": why }),
        GateReply::Unknown => json!({ "id": id }),
    };
    format!("{value}\n")
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, SocketAddr};

    use super::*;

    /// Limit for everything that a test waits for.
    const SOON: Duration = Duration::from_secs(20);

    struct Service {
        address: SocketAddr,
        token: Secret,
        calls: mpsc::UnboundedReceiver<GateCall>,
        state: watch::Receiver<PluginState>,
        announcements: mpsc::UnboundedSender<Value>,
        _serving: JoinSet<()>,
    }

    impl Service {
        async fn start() -> Self {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
            let address = listener.local_addr().unwrap();
            let token = Secret::random().unwrap();
            let (sender, calls) = mpsc::unbounded_channel();
            let (state_sender, state) = watch::channel(PluginState::Silent);
            let (announcements, announced) = mpsc::unbounded_channel();
            let channels = Channels {
                calls: sender,
                state: state_sender,
                answer_tool: watch::channel(None).0,
                announced,
            };
            let mut serving = JoinSet::new();
            serving.spawn(serve(listener, token.clone(), channels));
            Self {
                address,
                token,
                calls,
                state,
                announcements,
                _serving: serving,
            }
        }

        async fn connect(&self) -> Peer {
            let stream = TcpStream::connect(self.address).await.unwrap();
            let (read, write) = stream.into_split();
            Peer {
                lines: BufReader::new(read),
                write,
            }
        }

        /// Connects as the plugin, with the right token.
        async fn plugin(&mut self) -> Peer {
            let mut peer = self.connect().await;
            peer.say(&json!({ "token": self.token.expose() })).await;
            peer.say(&json!({ "ready": true, "last": true })).await;
            let ready = self.state.wait_for(|state| *state == PluginState::Ready);
            timeout(SOON, ready).await.unwrap().unwrap();
            peer
        }

        async fn call(&mut self) -> Option<GateCall> {
            timeout(SOON, self.calls.recv()).await.unwrap()
        }
    }

    struct Peer {
        lines: BufReader<OwnedReadHalf>,
        write: OwnedWriteHalf,
    }

    impl Peer {
        async fn say(&mut self, value: &Value) {
            self.write.write_all(format!("{value}\n").as_bytes()).await.unwrap();
        }

        async fn call(&mut self, id: u64, arguments: &str) {
            self.say(&json!({
                "id": id, "moment": "call", "tool": "bash", "session": "ses_1", "call": "call_1", "arguments": arguments,
            }))
            .await;
        }

        /// The next answer; `None` when the connection has ended.
        async fn hear(&mut self) -> Option<Value> {
            let line = timeout(SOON, next_line(&mut self.lines, MAX_LINE_BYTES)).await.unwrap();
            Some(serde_json::from_slice(&line.ok()??).unwrap())
        }
    }

    #[tokio::test]
    async fn a_call_waits_for_its_answer_and_a_dropped_one_is_left_to_others() {
        let mut service = Service::start().await;
        let mut plugin = service.plugin().await;
        plugin.call(7, r#"{"command":"ls"}"#).await;
        let call = service.call().await.unwrap();
        assert_eq!(
            (call.tool.as_str(), &call.arguments),
            ("bash", &json!({"command": "ls"}))
        );
        plugin.call(8, "{}").await;
        drop(service.call().await.unwrap());
        // Answers come in the order in which the gate gives them.
        assert_eq!(plugin.hear().await.unwrap(), json!({"id": 8}));
        assert!(!call.is_gone());
        call.pass();
        assert_eq!(plugin.hear().await.unwrap(), json!({"id": 7, "pass": true}));
        plugin.call(9, "{}").await;
        service.call().await.unwrap().refuse("No.");
        assert_eq!(plugin.hear().await.unwrap(), json!({"id": 9, "refuse": "No."}));
    }

    #[tokio::test]
    async fn nobody_gets_in_without_the_token_and_nobody_after_the_plugin() {
        let mut service = Service::start().await;
        let mut silent = service.connect().await;
        for hello in [
            "{\"token\":\"guessed\"}\n",
            "GET / HTTP/1.1\r\n\r\n",
            "{}\n",
            "\n",
            "{\"token\":",
        ] {
            let mut stranger = service.connect().await;
            stranger.write.write_all(hello.as_bytes()).await.unwrap();
            stranger.write.shutdown().await.unwrap();
            assert_eq!(stranger.hear().await, None, "{hello}");
        }
        let mut long = service.connect().await;
        let _ = long.write.write_all(&vec![b'x'; 4096]).await;
        assert_eq!(long.hear().await, None);
        let mut plugin = service.plugin().await;
        // The service disconnects a client that connected before the plugin.
        assert_eq!(silent.hear().await, None);
        assert!(TcpStream::connect(service.address).await.is_err());
        plugin.call(1, "{}").await;
        service.call().await.unwrap().pass();
        assert_eq!(plugin.hear().await.unwrap(), json!({"id": 1, "pass": true}));
    }

    #[tokio::test]
    async fn what_a_gate_says_by_itself_reaches_the_plugin_also_when_it_comes_later() {
        let mut service = Service::start().await;
        service.announcements.send(json!({ "session": "ses_1" })).unwrap();
        let mut plugin = service.plugin().await;
        assert_eq!(plugin.hear().await.unwrap(), json!({ "session": "ses_1" }));
    }

    #[tokio::test]
    async fn arguments_that_cannot_be_read_are_refused_alone() {
        let mut service = Service::start().await;
        let mut plugin = service.plugin().await;
        let deep = format!("{}{}", "[".repeat(1000), "]".repeat(1000));
        for (id, arguments) in [(1, deep.as_str()), (2, "{\"half\":\"\\ud800\"}"), (3, "no JSON")] {
            plugin.call(id, arguments).await;
            let answer = plugin.hear().await.unwrap();
            assert_eq!(answer, json!({"id": id, "refuse": "These arguments cannot be judged."}));
        }
        plugin.call(4, "{}").await;
        service.call().await.unwrap().pass();
        assert_eq!(plugin.hear().await.unwrap(), json!({"id": 4, "pass": true}));
    }

    #[tokio::test]
    async fn a_large_file_passes_whole() {
        let mut service = Service::start().await;
        let mut plugin = service.plugin().await;
        let content = "é\n\"".repeat(4 << 20);
        plugin.call(1, &json!({ "content": content }).to_string()).await;
        let call = service.call().await.unwrap();
        assert!(call.arguments["content"] == content.as_str());
    }

    #[tokio::test]
    async fn garbage_and_a_cut_line_end_it_with_every_call_refused() {
        for (last, ended) in [("no JSON\n", false), ("{\"id\":5}\n", false), ("{\"id\":5,\"mom", true)] {
            let mut service = Service::start().await;
            let mut plugin = service.plugin().await;
            plugin.call(1, "{}").await;
            let call = service.call().await.unwrap();
            plugin.write.write_all(last.as_bytes()).await.unwrap();
            if ended {
                plugin.write.shutdown().await.unwrap();
            }
            // When the connection ends, the plugin refuses the waiting calls.
            assert_eq!(plugin.hear().await, None, "{last}");
            assert!(service.call().await.is_none());
            assert!(call.is_gone());
            call.pass();
        }
    }

    #[tokio::test]
    async fn a_guard_that_is_not_the_last_plugin_says_so() {
        let mut service = Service::start().await;
        let mut plugin = service.connect().await;
        plugin.say(&json!({ "token": service.token.expose() })).await;
        plugin.say(&json!({ "ready": true, "last": false })).await;
        let state = service.state.wait_for(|state| *state != PluginState::Silent);
        assert_eq!(*timeout(SOON, state).await.unwrap().unwrap(), PluginState::NotLast);
    }
}
