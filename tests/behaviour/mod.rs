//! The whole program, run as a user runs it, against a real engine and a scripted model.

mod answers;
mod asking;
mod attach;
mod changes;
mod clock;
mod directories;
mod engine_programs;
mod event_log;
mod gate;
mod input;
mod interrupts;
mod keep;
mod limits;
mod local_models;
mod migrated_store;
mod names;
mod permissions;
mod provider_failures;
mod reconnect;
mod redirects;
mod schema;
#[cfg(target_os = "linux")]
mod secrets;
mod sessions;
mod tampering;
mod terminal;
mod trust;
#[cfg(target_os = "linux")]
mod users_own;
mod widening;
mod worktree;

use serde_json::Value;

use crate::support::{Finished, Sandbox};

/// A run of one prompt in the format `json`, over, with nothing left of it. The model answers as `script` says, in the engine
/// that tests share.
#[track_caller]
fn record_of(script: &str, arguments: &[&str], code: i32) -> (Value, Finished) {
    let sandbox = Sandbox::new();
    let _model = sandbox.share_engine(script);
    let finished = sandbox
        .attached(["--output-format", "json"].iter().chain(arguments).chain(&["Say it"]))
        .finish()
        .expect(code);
    sandbox.expect_nothing_left();
    (finished.record(), finished)
}

/// The same in the format `text`.
#[track_caller]
fn text_of(script: &str, arguments: &[&str], code: i32) -> Finished {
    let sandbox = Sandbox::new();
    let _model = sandbox.share_engine(script);
    let finished = sandbox
        .attached(arguments.iter().chain(&["Say it"]))
        .finish()
        .expect(code);
    sandbox.expect_nothing_left();
    finished
}
