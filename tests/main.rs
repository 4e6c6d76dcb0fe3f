//! The one integration binary.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod catalog;
#[cfg(unix)]
mod engine;
mod raw_http;
mod real_engine;
mod rehearsal;
mod render;
mod server;
