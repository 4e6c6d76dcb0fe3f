//! Tools for tests of the whole program.
//!
//! A test of a run takes ten lines:
//!
//! ```ignore
//! #[test]
//! fn the_answer_is_written_to_stdout() {
//!     let sandbox = Sandbox::new();                                  // home, project and temporary directory
//!     sandbox.write("project/notes.txt", "two");                     // a file for the agent
//!     let run = sandbox.rehearse(
//!         "[[reply]]\ntext = \"Hello\"",                             // what the scripted model answers
//!         ["--output-format", "json", "Say hello"],                  // the arguments of the program
//!     );
//!     let record = run.finish().expect(0).record();                  // waits for the end, checks the exit status
//!     assert_eq!(record["result"], "Hello");
//!     sandbox.expect_nothing_left();                                 // no process and no temporary file
//! }
//! ```
//!
//! | need | use |
//! | --- | --- |
//! | stdout and stderr | `Finished::writes`, `says`, `says_only`, `record`, `records` |
//! | stdin, variables, another directory | `Run::stdin(Stdin::Bytes(…))`, `Run::env`, `Run::directory` |
//! | a run that is interrupted | `Run::start`, `Running::wait_for_stderr`, `Running::signal`, `Running::finish` |
//! | the model's requests | [`Model`] instead of a script |
//! | a person at a terminal | [`Pty`]: `wait_for` text on the screen, `send` keys, `answer` questions |
//! | a run whose subject is not the engine's start | `Sandbox::share_engine`, then `Sandbox::attached` |
//! | an engine without the program | `crate::real_engine::RealEngine`, `Sandbox::run_engine` |
//! | a condition that sends no event | [`until`], at most [`LONG`] |
//!
//! `Run::start` waits for an [`EnginePermit`], because each engine takes half a gigabyte. A test that holds a permit itself
//! uses `Run::start_at_once`, and never holds two permits.

mod model;
mod permit;
mod processes;
mod pty;
mod registry;
mod ripgrep;
mod run;
mod sandbox;
pub(crate) mod schemas;
mod shared;
mod until;

pub(crate) use model::Model;
pub(crate) use permit::EnginePermit;
pub(crate) use pty::Pty;
pub(crate) use registry::empty_registry;
pub(crate) use ripgrep::path_with_ripgrep;
pub(crate) use run::{Finished, Run, Running, Stdin};
pub(crate) use sandbox::Sandbox;
pub(crate) use shared::url as shared_engine;
pub(crate) use until::{LONG, until};

/// Keeps the engine from installing packages, which no test needs: a closed port refuses, and npm does not try again, for
/// which it would wait 70 seconds.
pub(crate) const NO_PACKAGES: [(&str, &str); 2] = [
    ("npm_config_registry", "http://127.0.0.1:9/"),
    ("npm_config_fetch_retries", "0"),
];
