//! A client of an engine: the one narrow interface between this program and an engine that runs.
//!
//! In: an [`Endpoint`]. Out: a [`Client`] with one method per operation, and an [`EventStream`] of what the engine tells.
//! [`types`] and [`Event`] are our words for it. Which paths, bodies and names of events stand behind them is known to
//! [`v1`] alone, the implementation for engines of version 1: its `sessions`, `turns` and `offers` are the methods, its
//! `decode` the events. An engine that speaks otherwise becomes a directory beside it that answers the same methods with
//! the same types; nothing outside of this module sends a path, but the command `api`, which passes on what was typed.
//!
//! Invariants: every request names its directory in the header, percent-encoded, because the engine would decode the
//! query twice; an HTML response means "no such endpoint", because the engine serves its web page, with status 200, for
//! every unknown path. The engine has confirmed the open stream before a prompt is sent (`turn::drive` takes an already
//! open stream). The engine replays no events, so after a reconnect the subscriber reads the stored messages again;
//! [`StreamItem::Reconnected`] is the signal.
//!
//! # Errors
//!
//! Every operation fails with an [`Error`] when the server does not respond, refuses, or sends an unreadable response. The
//! docs of an operation name only further causes.

mod error;
mod event;
mod sse;
mod stream;
mod transport;
pub mod types;
mod v1;

pub use error::Error;
pub(crate) use error::help_with_disk;
pub use event::{Event, Received};
pub use sse::Decoder;
pub use stream::{EventStream, StreamItem};
pub(crate) use transport::http_for;
pub use transport::{Client, Endpoint};
pub use v1::decode;
