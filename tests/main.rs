//! The one integration binary.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

#[cfg(unix)]
mod behaviour;
mod catalog;
#[cfg(unix)]
mod chat;
mod cli;
mod engine;
mod policy;
#[cfg(unix)]
mod prompter;
mod raw_http;
mod real_engine;
mod rehearsal;
mod render;
#[cfg(unix)]
mod server;
mod support;
mod trust;
#[cfg(unix)]
mod warm;
mod repo {
    mod archives;
    mod generated_files;
    mod imports;
    mod readme;
    mod test_files;
}
