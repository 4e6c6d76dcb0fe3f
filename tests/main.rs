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
mod trust;
mod cli {
    mod config;
    #[cfg(unix)]
    mod editor;
    mod help;
    mod usage;
}
mod repo {
    mod generated_files;
}
mod support {
    pub(crate) mod sandbox;
}
