//! Finding, fetching and installing engines, against a release host on loopback.

mod commands;
mod faults;
mod install;
#[cfg(unix)]
mod oldest;
mod processes;
mod release_host;
mod search;
mod world;
