//! The one integration binary.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod catalog;
mod cli;
mod engine;
mod raw_http;
mod real_engine;
mod rehearsal;
mod render;
#[cfg(unix)]
mod server;
