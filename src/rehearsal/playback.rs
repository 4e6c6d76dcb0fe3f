//! An answer as the bytes of a response body, with its delays and its fault.

use std::time::Duration;

use axum::body::Bytes;
use bytes::BytesMut;
use futures_util::stream::{self, Stream};
use serde_json::{Value, json};

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

/// How the body ends after the chunks.
enum StreamEnd {
    /// These bytes, then the proper end of the body.
    Last(Vec<u8>),
    Reset,
    Close,
    Stall,
}

struct Playback {
    chunks: Box<dyn Iterator<Item = Bytes> + Send>,
    ending: Option<StreamEnd>,
    delay: Duration,
    chunk_delay: Duration,
    breaker: Breaker,
}

/// The body of a streamed answer.
pub(super) fn streamed(
    answer: &ReplyBody,
    envelope: &Envelope,
    prompt: &str,
    breaker: Breaker,
) -> impl Stream<Item = Result<Bytes, Broken>> + Send + 'static + use<> {
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
    let finish = || StreamEnd::Last(envelope.finish(answer.finish(), usage(answer, prompt)));
    let (limit, ending) = match &answer.fault {
        None => (None, finish()),
        Some(fault) => {
            let ending = match fault.kind {
                FaultKind::Reset => StreamEnd::Reset,
                FaultKind::Close => StreamEnd::Close,
                FaultKind::Eof => StreamEnd::Last(Vec::new()),
                FaultKind::Stall => StreamEnd::Stall,
                FaultKind::Garbage => StreamEnd::Last(b"data: {broken\n\n".to_vec()),
                FaultKind::ErrorChunk => {
                    let mut bytes = wire::event(&wire::error(&fault.message, "server_error"));
                    bytes.extend_from_slice(b"data: [DONE]\n\n");
                    StreamEnd::Last(bytes)
                }
            };
            (fault.after_chunks, ending)
        }
    };
    let contents = contents.take(limit.unwrap_or(usize::MAX));
    play(Playback {
        chunks: Box::new(std::iter::once(opening).chain(contents)),
        ending: Some(ending),
        delay: answer.delay,
        chunk_delay: answer.chunk_delay,
        breaker,
    })
}

/// The body of an answer in one document. A fault that breaks off does so in the middle of the document.
pub(super) fn whole(
    answer: &ReplyBody,
    envelope: &Envelope,
    prompt: &str,
    breaker: Breaker,
) -> impl Stream<Item = Result<Bytes, Broken>> + Send + 'static + use<> {
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
    let complete = || envelope.document(answer, &calls, Some(answer.finish()), usage);
    let (bytes, ending) = match answer.fault.as_ref().map(|fault| (fault.kind, fault)) {
        None => (complete(), StreamEnd::Last(Vec::new())),
        Some((FaultKind::Eof, _)) => (
            envelope.document(answer, &calls, None, usage),
            StreamEnd::Last(Vec::new()),
        ),
        Some((FaultKind::ErrorChunk, fault)) => (
            wire::error(&fault.message, "server_error").to_string().into_bytes(),
            StreamEnd::Last(Vec::new()),
        ),
        Some((FaultKind::Garbage, _)) => (half(complete()), StreamEnd::Last(Vec::new())),
        Some((FaultKind::Reset, _)) => (half(complete()), StreamEnd::Reset),
        Some((FaultKind::Close, _)) => (half(complete()), StreamEnd::Close),
        Some((FaultKind::Stall, _)) => (half(complete()), StreamEnd::Stall),
    };
    play(Playback {
        chunks: Box::new(std::iter::once(Bytes::from(bytes))),
        ending: Some(ending),
        delay: answer.delay,
        chunk_delay: Duration::ZERO,
        breaker,
    })
}

fn half(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.truncate(bytes.len() / 2);
    bytes
}

fn play(playback: Playback) -> impl Stream<Item = Result<Bytes, Broken>> + Send + 'static {
    stream::unfold(playback, |mut playback| async {
        let item = playback.next().await?;
        Some((item, playback))
    })
}

impl Playback {
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
        match self.ending.take()? {
            StreamEnd::Last(bytes) if bytes.is_empty() => None,
            StreamEnd::Last(bytes) => Some(Ok(Bytes::from(bytes))),
            StreamEnd::Reset => {
                pause(FLUSH_DELAY).await;
                self.breaker.reset();
                Some(Err(Broken))
            }
            StreamEnd::Close => {
                pause(FLUSH_DELAY).await;
                self.breaker.close();
                Some(Err(Broken))
            }
            StreamEnd::Stall => std::future::pending().await,
        }
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
