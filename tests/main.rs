//! The one integration binary.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

#[cfg(unix)]
mod behaviour;
mod raw_http;
mod real_engine;
mod rehearsal;
mod server;
mod support;
