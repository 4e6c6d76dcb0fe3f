//! The one integration binary.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod raw_http;
mod real_engine;
mod rehearsal;
mod server;
