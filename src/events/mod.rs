//! The engine's event stream.
//!
//! In: a [`crate::api::Client`]. Out: an open [`EventStream`] of [`StreamItem`]s. Invariants: the engine has confirmed
//! the open stream before a prompt is sent (`turn::drive` takes an already open stream). The engine replays no events,
//! so after a reconnect the subscriber reads the stored messages again; [`StreamItem::Reconnected`] is the signal.

mod event;
mod sse;
mod stream;

pub use event::{Event, Received, decode};
pub use sse::Decoder;
pub use stream::{EventStream, StreamItem};
