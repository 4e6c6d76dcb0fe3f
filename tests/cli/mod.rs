//! Commands as a user types them: the built program, with a home of its own, and a real engine where one is needed.

mod agents;
mod api;
#[cfg(unix)]
mod completions;
mod config;
mod doctor;
#[cfg(unix)]
mod editor;
mod help;
mod models;
mod policy;
mod sandbox;
mod schemas;
mod support;
mod usage;
