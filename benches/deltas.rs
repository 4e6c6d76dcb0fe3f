//! A long answer in process: bytes of the event stream to bytes on stdout, without the engine.

use std::hint::black_box;
use std::io::{self, Write};
use std::time::{Duration, Instant};

use opencode_rs::client::{Decoder, decode};
use opencode_rs::context::Environment;
use opencode_rs::render::{Spinner, Streams, renderer};
use opencode_rs::request::OutputRequest;
use opencode_rs::terminal::{Screen, Stream, Terminal};
use opencode_rs::turn::{Outcome, TurnState};
use serde_json::{Value, json};

use crate::table::{Table, milliseconds};
use crate::{Error, progress};

/// Pieces of the answer.
const DELTAS: usize = 100_000;
/// What comes off a socket at once.
const READ: usize = 16 << 10;
const SESSION: &str = "ses_e07019a22ffedBYpS62WWWsxAz";
const PROMPT: &str = "msg_1f8fe65fb001COeM54jvdIPi55";
const MESSAGE: &str = "msg_1f8fe6619001hqHvzwaTBbWXi6";
const PART: &str = "prt_1f8fe670f001OLF8ukQhjdPWKm";
/// The answer, over and over: what models write, with what costs a renderer most.
const WORDS: [&str; 16] = [
    "## A ",
    "heading\n",
    "\n",
    "Some ",
    "**bold** ",
    "words ",
    "and ",
    "`code`",
    ",\n",
    "then ",
    "a ",
    "list:\n\n",
    "- one\n",
    "- příliš ",
    "žluťoučký\n",
    "\n",
];

/// Into a pipe, and onto a terminal.
///
/// # Errors
///
/// When not all of the answer comes out.
pub(crate) fn rows(rounds: usize, table: &mut Table) -> Result<(), Error> {
    let frames = frames();
    let terminal = Terminal::none(&[("TERM".into(), "xterm-256color".into())].into_iter().collect());
    for (name, terminal) in [
        (
            "100,000 text deltas, decoded and rendered",
            Terminal::none(&Environment::default()),
        ),
        (
            "the same, as Markdown onto a terminal",
            terminal.with(Stream::Stdout, 100),
        ),
    ] {
        let mut times = Vec::new();
        for round in 1..=rounds {
            progress(name, round, rounds);
            times.push(play(&frames, terminal)?);
        }
        table.row(name, &times, &[], |time| {
            let each = time.as_secs_f64() * 1e6 / f64::from(u32::try_from(DELTAS).unwrap_or(u32::MAX));
            format!("{} ({each:.2} µs each)", milliseconds(*time))
        });
    }
    Ok(())
}

/// Reads the whole stream as a run does.
fn play(frames: &[u8], terminal: Terminal) -> Result<Duration, Error> {
    let failure = |error: io::Error| format!("cannot render: {error}");
    let mut decoder = Decoder::default();
    let mut state = TurnState::new(SESSION, PROMPT, 5);
    let mut renderer = renderer(
        &OutputRequest::default(),
        Streams {
            stdout: Box::new(Sink),
            stderr: Box::new(Sink),
            terminal,
            screen: Screen::plain(),
            spinner: Spinner::silent(),
        },
    );
    let mut updates = Vec::new();
    let start = Instant::now();
    for bytes in frames.chunks(READ) {
        let mut received = Vec::new();
        decoder.push(bytes, |frame| received.extend(decode(frame)));
        for received in received {
            state.apply(&received.event, 0, &mut updates);
            for update in updates.drain(..) {
                renderer.update(&update).map_err(failure)?;
            }
        }
    }
    let mut outcome = Outcome::empty("/project".to_owned());
    outcome.result = state.answer_text();
    renderer.finish(&outcome).map_err(failure)?;
    let time = start.elapsed();
    let expected: usize = (0..DELTAS).map(|at| WORDS[at % WORDS.len()].len()).sum();
    if outcome.result.len() != expected {
        return Err(format!(
            "{} bytes of {expected} came out of the decoder",
            outcome.result.len()
        ));
    }
    Ok(time)
}

/// The stream of a turn, as the engine sends it.
fn frames() -> Vec<u8> {
    let tokens = json!({ "input": 0, "output": 0, "reasoning": 0, "cache": { "read": 0, "write": 0 } });
    let message = |id: &str, role: &str| {
        json!({ "sessionID": SESSION, "info": {
            "id": id, "sessionID": SESSION, "role": role, "parentID": PROMPT, "agent": "build", "cost": 0,
            "tokens": tokens, "modelID": "m", "providerID": "p", "time": { "created": 1 },
        } })
    };
    let part = json!({ "sessionID": SESSION, "time": 1, "part": {
        "id": PART, "messageID": MESSAGE, "sessionID": SESSION, "type": "text", "text": "", "time": { "start": 1 },
    } });
    let mut bytes = Vec::new();
    let mut push = |kind: &str, properties: &Value| {
        let event = json!({ "directory": "/project", "project": "global", "payload": {
            "id": "evt_1f8fe6712001npm8KkpMhZvvl2", "type": kind, "properties": properties,
        } });
        bytes.extend_from_slice(format!("data: {event}\n\n").as_bytes());
    };
    push("message.updated", &message(PROMPT, "user"));
    push("message.updated", &message(MESSAGE, "assistant"));
    push("message.part.updated", &part);
    for at in 0..DELTAS {
        let delta = json!({
            "sessionID": SESSION, "messageID": MESSAGE, "partID": PART, "field": "text", "delta": WORDS[at % WORDS.len()],
        });
        push("message.part.delta", &delta);
    }
    bytes
}

/// Takes everything, and hides from the compiler that nothing comes of it.
struct Sink;

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(black_box(bytes).len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
