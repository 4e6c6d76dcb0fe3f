//! `session`: what is done with conversations.
//!
//! What only looks reads the engine's own store, which takes milliseconds, and asks an engine where the store cannot be
//! read. What changes something goes through an engine, in the session's own directory. Invariants: stdout has the
//! result and nothing else; what cannot be taken back is asked for, or needs `--yes`.
//!
//! | file | what |
//! | --- | --- |
//! | `list`, `show`, `diff`, `export` | commands that only look, from the store or an engine (`look`) |
//! | `edit`, `delete`, `compact`, `undo`, `import` | commands that change something |
//! | `find`, `entry` | the session that a reference means; a session as lists and documents show it |
//! | `confirm` | the question before something that cannot be taken back |

mod compact;
mod confirm;
mod delete;
mod diff;
mod edit;
mod entry;
mod export;
mod find;
mod import;
mod list;
mod look;
mod show;
mod undo;

pub(super) use delete::DeletedSessions;
pub(super) use diff::PromptChanges;
pub(super) use entry::{AbortedSession, CompactedSession, SessionEntry, SharedSession};

use std::io::{self, Write as _};

use crate::cli::{SessionAction, SessionRequest, SessionTarget};
use crate::context::Context;
use crate::error::Failure;
use crate::request::Verbosity;
use crate::support::visible::visible;

/// Runs the command.
///
/// # Errors
///
/// When no such session exists, the user does not confirm, the engine refuses, or stdout cannot be written.
pub async fn run(context: &Context, request: SessionRequest) -> Result<(), Failure> {
    let call = RunningCommand {
        context,
        request: &request,
    };
    match &request.action {
        SessionAction::List(wanted) => list::list(call, wanted).await?,
        SessionAction::Show {
            target,
            reasoning,
            rendering,
        } => show::show(call, target, *reasoning, *rendering).await?,
        SessionAction::Todo(target) => show::todo(call, target).await?,
        SessionAction::Rename { session, title, scope } => {
            edit::rename(call, &SessionTarget::named(session, *scope), title).await?;
        }
        SessionAction::Fork { target, at, title } => {
            edit::fork(call, target, at.as_deref(), title.as_deref()).await?;
        }
        SessionAction::Abort(target) => edit::abort(call, target).await?,
        SessionAction::Compact { target, model } => compact::compact(call, target, model.as_ref()).await?,
        SessionAction::Share { target, .. } => edit::share(call, target).await?,
        SessionAction::Unshare(target) => edit::unshare(call, target).await?,
        SessionAction::Revert { target, to, .. } => undo::revert(call, target, to.as_deref()).await?,
        SessionAction::Unrevert(target) => undo::unrevert(call, target).await?,
        SessionAction::Diff { target, message } => diff::diff(call, target, message.as_deref()).await?,
        SessionAction::Export(wanted) => export::export(call, wanted).await?,
        SessionAction::Import { source, ids, title } => import::import(call, source, *ids, title.as_deref()).await?,
        SessionAction::Delete { sessions, scope, .. } => delete::delete(call, sessions, *scope).await?,
        SessionAction::Prune(wanted) => delete::prune(call, wanted).await?,
    }
    Ok(())
}

#[derive(Debug, Clone, Copy)]
struct RunningCommand<'a> {
    context: &'a Context,
    request: &'a SessionRequest,
}

impl RunningCommand<'_> {
    /// Says a line on stderr, unless errors alone are wanted.
    fn say(self, line: &str) {
        if self.request.connect.verbosity > Verbosity::Quiet {
            // A closed stderr is not a failure.
            let _ = writeln!(io::stderr(), "{}", visible(line));
        }
    }
}
