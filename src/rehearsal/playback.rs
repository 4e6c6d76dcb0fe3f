//! An answer as the bytes of a response body, with its delays and its fault.

use std::time::Duration;

use axum::body::Bytes;
use bytes::BytesMut;
use futures_util::stream::{self, Stream};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::connection::Breaker;
use super::script::{FaultKind, ReplyBody, ScriptedCall, ScriptedUsage};
use super::wire::{self, Envelope};

/// Chunks without a pause between them are sent together, up to this many bytes.
const MAX_FRAME_BYTES: usize = 16 << 10;

/// Time for written bytes to leave before the connection is broken.
const FLUSH_DELAY: Duration = Duration::from_millis(20);

/// Breaks a body off; the HTTP layer then ends the connection.
#[derive(Debug, thiserror::Error)]
#[error("the script ends the connection here")]
pub(super) struct Broken;

/// A body, with its delays and its fault.
pub(super) struct Playback {
    chunks: Box<dyn Iterator<Item = Bytes> + Send>,
    /// What follows the chunks before the body ends or breaks off; may be empty.
    last: Vec<u8>,
    fault: Option<FaultKind>,
    delay: Duration,
    chunk_delay: Duration,
    breaker: Breaker,
}

/// The body of a streamed answer.
pub(super) fn streamed(answer: &ReplyBody, envelope: &Envelope, prompt: &str, breaker: Breaker) -> Playback {
    let frames: Vec<Bytes> = answer
        .tool_calls
        .iter()
        .enumerate()
        .flat_map(|(index, call)| tool_call_frames(envelope, index, call))
        .collect();
    let reasoning = text_frames(envelope, "reasoning_content", &answer.reasoning, answer.chunk_size);
    let text = text_frames(envelope, "content", &answer.text, answer.chunk_size);
    // A text that is repeated a hundred thousand times takes only a few frames and a counter.
    let repeated = std::iter::repeat_n(text, answer.repeat).flatten();
    let opening = Bytes::from(envelope.delta(json!({ "role": "assistant", "content": "" })));
    let contents = reasoning.into_iter().chain(repeated).chain(frames);
    let fault = answer.fault.as_ref();
    let last = match fault.map(|fault| (fault.kind, &fault.message)) {
        None => envelope.finish(answer.finish(), usage(answer, prompt)),
        Some((FaultKind::Garbage, _)) => b"data: {broken\n\n".to_vec(),
        Some((FaultKind::ErrorChunk, message)) => {
            let mut bytes = wire::event(&wire::error(message, "server_error"));
            bytes.extend_from_slice(b"data: [DONE]\n\n");
            bytes
        }
        Some((FaultKind::Reset | FaultKind::Close | FaultKind::Eof | FaultKind::Stall, _)) => Vec::new(),
    };
    let limit = fault.and_then(|fault| fault.after_chunks).unwrap_or(usize::MAX);
    Playback {
        chunks: Box::new(std::iter::once(opening).chain(contents.take(limit))),
        last,
        fault: fault.map(|fault| fault.kind),
        delay: answer.delay,
        chunk_delay: answer.chunk_delay,
        breaker,
    }
}

/// The body of an answer in one document. A fault that breaks off does so in the middle of the document.
pub(super) fn whole(answer: &ReplyBody, envelope: &Envelope, prompt: &str, breaker: Breaker) -> Playback {
    let calls: Vec<Value> = answer
        .tool_calls
        .iter()
        .enumerate()
        .map(|(index, call)| {
            json!({
                "id": call_id(envelope, index, call),
                "type": "function",
                "function": { "name": call.name, "arguments": call.arguments },
            })
        })
        .collect();
    let usage = usage(answer, prompt);
    let document = |finish| envelope.document(answer, &calls, finish, usage);
    let fault = answer.fault.as_ref();
    let mut bytes = match fault.map(|fault| (fault.kind, &fault.message)) {
        Some((FaultKind::ErrorChunk, message)) => wire::error(message, "server_error").to_string().into_bytes(),
        Some((FaultKind::Eof, _)) => document(None),
        _ => document(Some(answer.finish())),
    };
    let is_cut = |kind| !matches!(kind, FaultKind::Eof | FaultKind::ErrorChunk);
    if fault.is_some_and(|fault| is_cut(fault.kind)) {
        bytes.truncate(bytes.len() / 2);
    }
    Playback {
        chunks: Box::new(std::iter::once(Bytes::from(bytes))),
        last: Vec::new(),
        fault: fault.map(|fault| fault.kind),
        delay: answer.delay,
        chunk_delay: Duration::ZERO,
        breaker,
    }
}

impl Playback {
    /// The bytes, each at its time. After `stop` an error breaks the body off.
    pub(super) fn into_stream(self, stop: CancellationToken) -> impl Stream<Item = Result<Bytes, Broken>> + Send {
        stream::unfold(Some(self), move |playback| {
            let stop = stop.clone();
            async move {
                let mut playback = playback?;
                tokio::select! {
                    item = playback.next() => Some((item?, Some(playback))),
                    () = stop.cancelled() => Some((Err(Broken), None)),
                }
            }
        })
    }

    async fn next(&mut self) -> Option<Result<Bytes, Broken>> {
        pause(std::mem::take(&mut self.delay)).await;
        if let Some(first) = self.chunks.next() {
            if !self.chunk_delay.is_zero() {
                // The pause precedes the next chunk, and the ending too.
                self.delay = self.chunk_delay;
                return Some(Ok(first));
            }
            let mut together = BytesMut::from(&first[..]);
            while together.len() < MAX_FRAME_BYTES {
                let Some(next) = self.chunks.next() else { break };
                together.extend_from_slice(&next);
            }
            return Some(Ok(together.freeze()));
        }
        if !self.last.is_empty() {
            return Some(Ok(Bytes::from(std::mem::take(&mut self.last))));
        }
        match self.fault.take()? {
            FaultKind::Eof | FaultKind::Garbage | FaultKind::ErrorChunk => return None,
            FaultKind::Stall => std::future::pending().await,
            FaultKind::Reset => {
                pause(FLUSH_DELAY).await;
                self.breaker.reset();
            }
            FaultKind::Close => {
                pause(FLUSH_DELAY).await;
                self.breaker.close();
            }
        }
        Some(Err(Broken))
    }
}

async fn pause(duration: Duration) {
    if !duration.is_zero() {
        tokio::time::sleep(duration).await;
    }
}

fn text_frames(envelope: &Envelope, field: &str, text: &str, size: Option<usize>) -> Vec<Bytes> {
    pieces(text, size)
        .into_iter()
        .map(|piece| Bytes::from(envelope.delta(json!({ field: piece }))))
        .collect()
}

/// Pieces of `size` characters; without a size, words with the blanks after them.
fn pieces(text: &str, size: Option<usize>) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let end = match size {
            Some(size) => rest.char_indices().nth(size).map(|(at, _)| at),
            None => rest.find(char::is_whitespace).and_then(|blank| {
                rest[blank..]
                    .find(|c: char| !c.is_whitespace())
                    .map(|word| blank + word)
            }),
        };
        let (piece, tail) = rest.split_at(end.unwrap_or(rest.len()));
        pieces.push(piece);
        rest = tail;
    }
    pieces
}

fn tool_call_frames(envelope: &Envelope, index: usize, call: &ScriptedCall) -> [Bytes; 2] {
    let id = call_id(envelope, index, call);
    let opening = json!({ "tool_calls": [{
        "index": index, "id": id, "type": "function", "function": { "name": call.name, "arguments": "" },
    }] });
    let arguments = json!({ "tool_calls": [{ "index": index, "function": { "arguments": call.arguments } }] });
    [opening, arguments].map(|delta| Bytes::from(envelope.delta(delta)))
}

fn call_id(envelope: &Envelope, index: usize, call: &ScriptedCall) -> String {
    call.id
        .clone()
        .unwrap_or_else(|| format!("call_{}_{index}", envelope.id.trim_start_matches("chatcmpl-")))
}

/// The scripted usage, or a token for every four bytes. Only the last message counts as input, because the other
/// messages contain dates and paths and would make sums differ between machines.
fn usage(answer: &ReplyBody, prompt: &str) -> ScriptedUsage {
    let tokens = |bytes: usize| u64::try_from(bytes.div_ceil(4)).unwrap_or(u64::MAX);
    answer.usage.unwrap_or_else(|| {
        let calls: usize = answer.tool_calls.iter().map(|call| call.arguments.len()).sum();
        ScriptedUsage {
            input: tokens(prompt.len()),
            output: tokens(answer.text.len().saturating_mul(answer.repeat).saturating_add(calls)),
            reasoning: tokens(answer.reasoning.len()),
            cache_read: 0,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_words_or_counts_of_characters_and_lose_nothing() {
        assert_eq!(pieces("two  words\n", None), ["two  ", "words\n"]);
        assert_eq!(pieces("  x y", None), ["  ", "x ", "y"]);
        assert_eq!(pieces("žluťoučký", Some(4)), ["žluť", "oučk", "ý"]);
        assert!(pieces("", None).is_empty());
    }
}
