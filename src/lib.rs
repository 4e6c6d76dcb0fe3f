//! The library behind the `opencode-rs` program. It is for our own binary and tests: no stability is promised.
//!
//! # The map
//!
//! Data goes one way. Each stage takes the value that the one before it made:
//!
//! ```text
//! argv ─► cli ─► request ─► input ─► engine ─► server ─► client ─► turn ─► render ─► bytes
//!          ▲                           ▲  ▲                │              │
//!       settings                    trust  catalog         └── replies, abort, re-read after a gap
//! ```
//!
//! | module | what it does |
//! | --- | --- |
//! | [`app`] | parses, builds the context, dispatches, reports a failure, picks the exit status; the signal listener |
//! | [`cli`] | what can be typed: clap structs, one file per command, and `generate`; for `session` the clap structs are the request, too; where permission rules come from |
//! | [`asking`] | how this program asks a person at the terminal: keys, rows, choices, typed lines |
//! | [`settings`] | configuration file, environment, profiles: one value and one origin per setting |
//! | [`request`] | what was asked for, as plain data |
//! | [`context`] | what a command receives: environment, directories |
//! | [`commands`] | one recipe per command |
//! | [`answer_schema`] | the JSON Schema that an answer has to follow |
//! | [`input`] | prompt text, piped stdin, editor, attachments |
//! | [`trust`] | code that a directory brings along: found, asked for, remembered |
//! | [`engine`] | from "which engine" to an executable: locate, probe, download, verify, install |
//! | [`store`] | the engine's own store of conversations, read without an engine |
//! | [`transcript`] | a whole conversation as a document: Markdown, export, import |
//! | [`catalog`] | the small model catalog, cut from the engine's own |
//! | [`server`] | from an executable to a reachable address; whoever started it stops it |
//! | [`warm`] | servers that outlive a command: the supervisor, and the lease on what it owns |
//! | [`client`] | the one narrow interface to an engine that runs: operations, values and events in our words; `v1` says how version 1 does it |
//! | [`turn`] | one prompt from sending to outcome: a pure reducer, and the loop that drives it |
//! | [`conversation`] | sessions kept under a name, and who may speak in a session |
//! | [`gate`] | our plugin in the engine, through which every tool call passes |
//! | [`permission`] | deciding what the engine asks |
//! | [`render`] | a turn as bytes: text, json, stream-json |
//! | [`connect`] | from a request to a connected client: a warm server, one of our own, or a running server that the user attaches to; `select` finds models and agents by name there |
//! | [`prompting`] | from a connected client to a finished turn: session, model and agent of the turn, permissions, display |
//! | [`chat`] | the pieces of the dialog that know nothing of the engine: typing, completion, history |
//! | [`rehearsal`] | the scripted model |
//! | [`terminal`] | streams, tty facts, colour, control-sequence stripping |
//! | [`error`], [`env_vars`], [`support`] | what all of them share |
//!
//! # The walk of a prompt
//!
//! From `main` to stdout, each step a function to open (`tests/repo/imports.rs` sees that they are there):
//!
//! 1. `src/main.rs` `main`: the same program also runs as the guard or the supervisor of an engine; otherwise it calls [`app::main`].
//! 2. `src/app/mod.rs` `main`: parses argv with `Cli::parse_words`, reports a failure, returns the exit status.
//! 3. `src/app/mod.rs` `run`: settings, context, signals; flags and settings become a request in `src/cli/run.rs` `resolve`.
//! 4. `src/commands/run/mod.rs` `run`: the recipe: display, worktree, prompt, outcome.
//! 5. `src/commands/run/prepare.rs` `prepare`: reads the prompt (`src/input/mod.rs` `read_prompt`) and opens the connection.
//! 6. `src/connect/mod.rs` `connect`: trust, then a warm server, one of our own or one to attach to; a client of it.
//! 7. `src/engine/mod.rs` `ensure`, `src/server/start.rs` `start`: for a server of our own, the program and its process.
//! 8. `src/prompting/ready.rs` `open`: models, agents, commands and the gate of that engine.
//! 9. `src/prompting/prepare.rs` `prepare`: session, names, permissions and the event stream of this turn.
//! 10. `src/turn/drive.rs` `drive`: sends the prompt; events go into `src/turn/state.rs`, tool calls to the gatekeeper.
//! 11. `src/render/mod.rs` `renderer`: updates of the turn become bytes of text, json or stream-json on stdout.
//! 12. `src/commands/run/mod.rs` `take_turn`: after the turn, the file of -o is written (`src/commands/run/answer_file.rs` `write`)
//!     and the checks run; `finish` there shows the outcome, closes the connection and gives the exit status.
//!
//! # Who may import whom
//!
//! `tests/repo/imports.rs` compares this table with the `crate::` paths in the sources. A change that needs another arrow
//! edits the table and says why; usually a type is in the wrong module.
//!
//! | module | imports |
//! | --- | --- |
//! | `error` | |
//! | `env_vars` | |
//! | `support` | |
//! | `request` | |
//! | `answer_schema` | `error`, `support` |
//! | `context` | `env_vars`, `error` |
//! | `terminal` | `context`, `env_vars`, `request`, `support` |
//! | `asking` | `support`, `terminal` |
//! | `settings` | `context`, `env_vars`, `error`, `request`, `support` |
//! | `cli` | `context`, `env_vars`, `error`, `request`, `settings`, `support` |
//! | `client` | `error`, `request`, `support` |
//! | `conversation` | `error`, `request`, `support` |
//! | `gate` | `error`, `support` |
//! | `permission` | `client`, `asking`, `context`, `env_vars`, `error`, `request`, `support`, `terminal` |
//! | `turn` | `answer_schema`, `client`, `error`, `gate`, `permission`, `request`, `support` |
//! | `render` | `context`, `error`, `request`, `support`, `terminal`, `turn` |
//! | `input` | `answer_schema`, `client`, `context`, `env_vars`, `error`, `request`, `support` |
//! | `chat` | `support`, `terminal` |
//! | `rehearsal` | `error`, `support` |
//! | `engine` | `context`, `env_vars`, `error`, `request`, `support` |
//! | `server` | `client`, `context`, `engine`, `env_vars`, `error`, `gate`, `rehearsal`, `support`, `terminal` |
//! | `store` | `client`, `support` |
//! | `trust` | `asking`, `context`, `engine`, `env_vars`, `error`, `request`, `store`, `support` |
//! | `catalog` | `context`, `engine`, `error`, `request`, `store`, `support` |
//! | `transcript` | `error`, `request`, `support` |
//! | `warm` | `client`, `catalog`, `context`, `env_vars`, `error`, `gate`, `rehearsal`, `request`, `server`, `support` |
//! | `connect` | `client`, `catalog`, `context`, `engine`, `env_vars`, `error`, `gate`, `rehearsal`, `render`, `request`, `server`, `support`, `terminal`, `trust`, `turn`, `warm` |
//! | `prompting` | `answer_schema`, `client`, `connect`, `context`, `conversation`, `engine`, `error`, `gate`, `input`, `permission`, `render`, `request`, `support`, `terminal`, `turn` |
//! | `commands` | everything above |
//! | `app` | everything |
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test"))]

pub mod answer_schema;
pub mod app;
#[cfg(unix)]
pub mod asking;
pub mod catalog;
pub mod chat;
pub mod cli;
pub mod client;
pub mod commands;
pub mod connect;
pub mod context;
pub mod conversation;
pub mod engine;
pub mod env_vars;
pub mod error;
pub mod gate;
pub mod input;
pub mod permission;
pub mod prompting;
pub mod rehearsal;
pub mod render;
pub mod request;
pub mod server;
pub mod settings;
pub mod store;
pub mod support;
pub mod terminal;
pub mod transcript;
pub mod trust;
pub mod turn;
#[cfg(unix)]
pub mod warm;
