//! The open stream: reads events, detects a dead connection, reconnects.

use std::collections::{HashSet, VecDeque};
use std::time::Duration;

use futures_util::StreamExt as _;
use serde_json::Value;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout};
use tokio_util::task::AbortOnDropHandle;

use super::error::Error;
use super::event::{Event, Received};
use super::sse::Decoder;
use super::transport::Client;
use super::v1::{EVENTS, decode};

/// The engine sends a heartbeat every 10 s on an idle stream; a stream that misses two and a half is dead.
const SILENCE_TIMEOUT: Duration = Duration::from_secs(25);
/// Limit for a new connection to confirm itself.
const GREETING_TIMEOUT: Duration = Duration::from_secs(30);
/// Limit of all attempts to reconnect.
const RECONNECT_TIMEOUT: Duration = Duration::from_secs(30);
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const MAX_PAUSE: Duration = Duration::from_secs(2);
/// Limit of events that wait for a slow consumer. A full queue stops the reading of the socket; no event is dropped.
const QUEUE_CAPACITY: usize = 1024;

/// How many events back a duplicate is recognised.
const MAX_SEEN_IDS: usize = 4096;

#[derive(Debug)]
pub enum StreamItem {
    Event(Box<Received>),
    /// The connection broke; events may be missing from here on.
    Disconnected,
    /// The connection is restored: read the stored state again.
    Reconnected,
    /// The connection could not be restored. The last item.
    Lost(Error),
}

/// An open stream of the events of all directories. Dropping it closes the connection.
#[derive(Debug)]
pub struct EventStream {
    items: mpsc::Receiver<StreamItem>,
    _reading: AbortOnDropHandle<()>,
}

impl EventStream {
    /// Opens the stream; returns when the server has confirmed it.
    ///
    /// # Errors
    ///
    /// When the server cannot be reached, or refuses.
    pub async fn open(client: Client) -> Result<Self, Error> {
        let (sender, items) = mpsc::channel(QUEUE_CAPACITY);
        let (opened, confirmation) = oneshot::channel();
        let reader = StreamReader {
            client,
            items: sender,
            seen: SeenEvents::default(),
            opened: Some(opened),
        };
        let stream = Self {
            items,
            _reading: AbortOnDropHandle::new(tokio::spawn(reader.run())),
        };
        match confirmation.await {
            Ok(result) => result.map(|()| stream),
            // The reader always sends before it ends; it was aborted with the runtime.
            Err(_) => Ok(stream),
        }
    }

    /// The next item; `None` after [`StreamItem::Lost`]. Cancel-safe.
    pub async fn next(&mut self) -> Option<StreamItem> {
        self.items.recv().await
    }
}

struct StreamReader {
    client: Client,
    items: mpsc::Sender<StreamItem>,
    seen: SeenEvents,
    opened: Option<oneshot::Sender<Result<(), Error>>>,
}

/// The ids of the last events. A proxy, or an engine that replays, may deliver an event twice, but text must appear
/// once.
#[derive(Default)]
struct SeenEvents {
    ids: HashSet<String>,
    order: VecDeque<String>,
}

impl SeenEvents {
    /// Whether the event came before. Records its id.
    fn has(&mut self, event: &Received) -> bool {
        let Some(id) = event.raw.get("id").and_then(Value::as_str) else {
            return false;
        };
        if !self.ids.insert(id.to_owned()) {
            return true;
        }
        self.order.push_back(id.to_owned());
        if self.order.len() > MAX_SEEN_IDS
            && let Some(oldest) = self.order.pop_front()
        {
            self.ids.remove(&oldest);
        }
        false
    }
}

impl StreamReader {
    async fn run(mut self) {
        let mut broken_since: Option<Instant> = None;
        let mut pause = FIRST_PAUSE;
        loop {
            let Some(ended) = self.read_one_connection(broken_since.is_some()).await else {
                return;
            };
            if let Some(opened) = self.opened.take() {
                // Never confirmed: the first connection failed.
                let _ = opened.send(ended);
                return;
            }
            match ended {
                Ok(()) => {
                    broken_since = Some(Instant::now());
                    pause = FIRST_PAUSE;
                    if self.send(StreamItem::Disconnected).await.is_none() {
                        return;
                    }
                }
                Err(error) if broken_since.is_some_and(|since| since.elapsed() > RECONNECT_TIMEOUT) => {
                    self.send(StreamItem::Lost(error)).await;
                    return;
                }
                Err(_) => {}
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(MAX_PAUSE);
        }
    }

    /// An error when the connection could not be opened; `None` when nobody takes the items any more.
    async fn read_one_connection(&mut self, again: bool) -> Option<Result<(), Error>> {
        let response = match self.client.stream(EVENTS).await {
            Ok(response) => response,
            Err(error) => return Some(Err(error)),
        };
        let mut chunks = response.bytes_stream();
        let mut decoder = Decoder::default();
        let mut greeted = false;
        loop {
            let limit = if greeted { SILENCE_TIMEOUT } else { GREETING_TIMEOUT };
            // A read that fails, ends or stays silent ends this connection.
            let Ok(Some(Ok(chunk))) = timeout(limit, chunks.next()).await else {
                return Some(Ok(()));
            };
            let mut received = Vec::new();
            decoder.push(&chunk, |frame| received.extend(decode(frame)));
            for event in received {
                if self.seen.has(&event) {
                    continue;
                }
                if event.event == Event::Connected && !greeted {
                    greeted = true;
                    if let Some(opened) = self.opened.take() {
                        let _ = opened.send(Ok(()));
                    }
                    if again {
                        self.send(StreamItem::Reconnected).await?;
                    }
                }
                self.send(StreamItem::Event(Box::new(event))).await?;
            }
        }
    }

    async fn send(&self, item: StreamItem) -> Option<()> {
        self.items.send(item).await.ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_that_comes_again_is_recognised() {
        let event = |id: &str| decode(format!(r#"{{"id":"{id}","type":"x"}}"#).as_bytes()).unwrap();
        let mut seen = SeenEvents::default();
        assert!(!seen.has(&event("evt_1")) && !seen.has(&event("evt_2")) && seen.has(&event("evt_1")));
        let without = decode(br#"{"type":"x"}"#).unwrap();
        assert!(!seen.has(&without) && !seen.has(&without));
        for number in 0..2 * MAX_SEEN_IDS {
            assert!(!seen.has(&event(&format!("evt_{number}_"))));
        }
        assert_eq!((seen.ids.len(), seen.order.len()), (MAX_SEEN_IDS, MAX_SEEN_IDS));
    }
}
