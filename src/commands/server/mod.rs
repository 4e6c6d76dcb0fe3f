//! `server`: the servers that are kept warm.
//!
//! stdout carries what was asked for: an id, a table, a document, a log. Reports of actions go to stderr. No password is
//! ever shown: a supervisor gives it to the commands that use its server, and `api` is how a person does.

#[cfg_attr(not(unix), allow(dead_code, reason = "it describes the documents of other systems"))]
pub(super) mod document;
#[cfg(unix)]
mod list;
#[cfg(unix)]
mod logs;
#[cfg(unix)]
pub(super) mod look;
#[cfg(unix)]
mod start;
#[cfg_attr(not(unix), allow(dead_code, reason = "it describes the documents of other systems"))]
mod state;
#[cfg(unix)]
mod stop;

use super::CommandEnd;
use crate::context::Context;
use crate::error::Failure;
use crate::request::ServerCommandRequest;

/// Runs the command.
///
/// # Errors
///
/// When it cannot be done, or stdout cannot be written.
#[cfg(unix)]
pub async fn run(context: &Context, request: ServerCommandRequest) -> Result<CommandEnd, Failure> {
    use crate::request::ServerAction;
    let messages = ServerMessages {
        output: request.output,
        verbosity: request.verbosity,
    };
    let is_start = matches!(request.action, ServerAction::Start { .. });
    let work = async {
        match request.action {
            ServerAction::Start { connect, provider } => {
                start::run(context, *connect, provider.as_deref(), messages).await?;
            }
            ServerAction::List(directory) => list::list(context, directory.as_deref(), messages).await?,
            ServerAction::Status(server) => return list::status(context, &server, messages).await,
            ServerAction::Stop { which, in_use } => stop::run(context, &which, in_use, messages).await?,
            ServerAction::Logs { server, lines, follow } => {
                logs::run(context, &server, lines, follow, messages).await?;
            }
        }
        Ok(CommandEnd::Success)
    };
    if is_start {
        // It has something to undo when a signal ends it.
        return work.await;
    }
    super::unless_interrupted(context, "the command", work).await
}

/// Runs the command.
///
/// # Errors
///
/// Always: there are no warm servers on this system.
#[cfg(not(unix))]
#[expect(clippy::unused_async, reason = "the same function elsewhere")]
pub async fn run(_: &Context, _: ServerCommandRequest) -> Result<CommandEnd, Failure> {
    Err(Failure::usage("cannot keep servers on this system").hint("each command starts a server of its own here"))
}

#[cfg(unix)]
#[derive(Debug, Clone, Copy)]
struct ServerMessages {
    output: crate::request::ListOutput,
    verbosity: crate::request::Verbosity,
}

#[cfg(unix)]
impl ServerMessages {
    /// Reports an action on stderr, unless `-q` was typed. A closed stderr is not a failure.
    fn say(self, line: &str) {
        use std::io::Write as _;
        if self.verbosity >= crate::request::Verbosity::Normal {
            let _ = writeln!(std::io::stderr(), "{}", crate::terminal::sanitize(line));
        }
    }

    fn is_json(self) -> bool {
        self.output.format == crate::request::ListFormat::Json
    }
}
