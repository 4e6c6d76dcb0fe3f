//! Engines of version 1, from 1.17.19 on.

mod decode;
mod offers;
mod sessions;
mod turns;

pub(super) use decode::EVENTS;
pub use decode::decode;
