//! The engine's event stream.
//!
//! Comes in: a [`crate::api::Client`]. Goes out: an open [`EventStream`] of [`StreamItem`]s. Always true: the stream is open,
//! and the engine has said so, before a prompt is sent (`turn::drive` takes an already open stream). The engine replays
//! nothing, so after a break whoever listens reads the stored messages again; [`StreamItem::Reconnected`] says when.

mod event;
mod sse;
mod stream;

pub use event::{Event, Received, decode};
pub use sse::Decoder;
pub use stream::{EventStream, StreamItem};
