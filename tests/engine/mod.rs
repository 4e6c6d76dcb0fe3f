//! Finding, fetching and installing engines, against a release host on loopback.

mod commands;
mod faults;
mod install;
mod processes;
mod release_host;
mod search;
mod world;
