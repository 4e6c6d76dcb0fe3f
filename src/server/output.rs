//! What the engine writes: drained for its whole life, the end of it kept.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::sync::mpsc;

use super::ready;
use crate::terminal::sanitize;

/// How much of the output is kept.
const KEPT: usize = 64 * 1024;
/// A longer line than this is not an address line.
const LONGEST_LINE: usize = 8 * 1024;

/// The last 64 KiB of an engine's output, both streams together.
#[derive(Debug, Clone, Default)]
pub(super) struct Tail {
    bytes: Arc<Mutex<VecDeque<u8>>>,
}

impl Tail {
    fn push(&self, new: &[u8]) {
        let mut bytes = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        let new = &new[new.len().saturating_sub(KEPT)..];
        let excess = (bytes.len() + new.len()).saturating_sub(KEPT);
        bytes.drain(..excess);
        bytes.extend(new);
    }

    /// The text; it begins with a whole line where something was cut.
    pub(super) fn text(&self) -> String {
        let mut bytes = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        let cut = bytes.len() == KEPT;
        let bytes: &[u8] = bytes.make_contiguous();
        let start = if cut {
            memchr::memchr(b'\n', bytes).map_or(0, |end| end + 1)
        } else {
            0
        };
        String::from_utf8_lossy(&bytes[start..]).trim().to_owned()
    }
}

/// Reads `stream` to its end into `tail`; the first line that names an address goes to `found`, every line to `sink`. With
/// a trace (`-vv`) every line is shown as it comes.
pub(super) async fn drain(
    mut stream: impl AsyncRead + Unpin,
    tail: Tail,
    found: mpsc::Sender<String>,
    sink: Option<Arc<dyn Sink>>,
) {
    let mut chunk = vec![0; 8 * 1024];
    let mut line = Vec::new();
    let mut looking = true;
    let traced = tracing::enabled!(tracing::Level::DEBUG);
    loop {
        let read = match stream.read(&mut chunk).await {
            Ok(0) => return,
            Ok(read) => read,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(_) => return,
        };
        tail.push(&chunk[..read]);
        for byte in &chunk[..read] {
            if !looking && !traced && sink.is_none() {
                break;
            }
            if *byte != b'\n' {
                if line.len() < LONGEST_LINE {
                    line.push(*byte);
                }
                continue;
            }
            let text = String::from_utf8_lossy(&line);
            if traced {
                tracing::debug!("engine: {}", sanitize(&text));
            }
            if let Some(sink) = &sink {
                sink.line("engine", &sanitize(&text));
            }
            if looking && let Some(address) = ready::address(&text) {
                // A second one is of no interest.
                let _ = found.try_send(address.to_owned());
                looking = false;
            }
            line.clear();
        }
    }
}

pub trait Sink: fmt::Debug + Send + Sync {
    /// A line of `who` ("engine"), made safe to show.
    fn line(&self, who: &str, text: &str);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_kept_from_a_whole_line_on() {
        let tail = Tail::default();
        tail.push(b"first line\n");
        assert_eq!(tail.text(), "first line");
        for number in 0..10_000 {
            tail.push(format!("line {number}\n").as_bytes());
        }
        let text = tail.text();
        assert!(text.len() <= KEPT && text.len() > KEPT - 100);
        assert!(text.starts_with("line "));
        assert!(text.ends_with("line 9999"));
        tail.push(&vec![b'x'; 2 * KEPT]);
        assert_eq!(tail.text().len(), KEPT);
    }

    #[tokio::test]
    async fn an_address_is_found_across_chunks_and_the_rest_is_still_drained() {
        let (mut engine, ours) = tokio::io::duplex(4);
        let (found, mut address) = mpsc::channel(1);
        let tail = Tail::default();
        let drained = tokio::spawn(drain(ours, tail.clone(), found, None));
        tokio::io::AsyncWriteExt::write_all(
            &mut engine,
            b"Warning: x\nopencode server listening on http://127.0.0.1:4096\nmore\nlistening on http://evil\n",
        )
        .await
        .unwrap();
        drop(engine);
        drained.await.unwrap();
        assert_eq!(address.recv().await.as_deref(), Some("http://127.0.0.1:4096"));
        assert_eq!(address.recv().await, None);
        assert!(tail.text().ends_with("more\nlistening on http://evil"));
    }
}
