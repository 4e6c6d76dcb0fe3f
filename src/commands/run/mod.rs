//! `run`: one prompt, from the words on the command line to the exit status.
//!
//! | file | what |
//! | --- | --- |
//! | `prepare` | reads the prompt, connects, prepares the turn |
//! | `worktree`, `git` | `--worktree`: a fresh working tree, and what the run changed there |
//! | `answer_file` | `-o`: the last message in a file |
//! | `checks` | `--verify`, `--require-change` |
//! | `cold_starts` | tells who often waits for an engine how to keep one ready |

mod answer_file;
mod checks;
mod cold_starts;
mod git;
mod prepare;
mod worktree;

use std::pin::Pin;
use std::time::Duration;

use tokio::time::timeout;

use super::{CommandEnd, unless_stopped};
use crate::client::Client;
use crate::connect::{self, Connection, rehearsed, visit};
use crate::context::Context;
use crate::error::{Failure, FailureKind};
use crate::input;
use crate::permission::Decision;
use crate::prompting::turn::{SHUTDOWN_TIMEOUT, delete_session};
use crate::prompting::{Display, PromptContext};
use crate::render::EventLog;
use crate::request::{
    OnDenial, OutputMode, OutputRequest, Preset, RehearsalChoice, RunRequest, ServerChoice, SessionLifetime,
};
use crate::support::duration::millis_since;
use crate::support::json;
use crate::support::loopback::is_loopback;
use crate::turn::{AnswerChecks, MissingMcp, Outcome, PermissionRecord};

use checks::CheckContext;
use prepare::{PreparedRun, prepare};
use worktree::RunWorktree;

/// For the server to report which MCP servers work.
const MCP_STATES_TIMEOUT: Duration = Duration::from_millis(500);

/// Runs the command. The renderer shows a failure, in the format of the request.
///
/// # Errors
///
/// When nothing can be shown at all: stdout is closed, or there is no thread to write to it.
pub async fn run(context: &Context, mut request: RunRequest) -> Result<CommandEnd, Failure> {
    let directory = context.directory(request.connect.directory.as_deref());
    let blank = || Outcome {
        // A run that fails early was a rehearsal too.
        rehearsal: request.connect.rehearsal != RehearsalChoice::Off,
        schema: request.schema.as_ref().map(|_| AnswerChecks::default()),
        ..Outcome::empty(directory.to_string_lossy().into_owned())
    };
    let mut outcome = blank();
    let event_log = note_failure(open_event_log(context, &request.output), &mut outcome);
    let mut display = Display::open(context, &request.output, event_log, blank())?;
    let stop = stop(context, request.connect.timeout, display.broken());
    tokio::pin!(stop);

    let worktree = if outcome.failure.is_none() {
        let making = make_worktree(context, &request, &display, stop.as_mut());
        note_failure(making.await, &mut outcome)
    } else {
        None
    };
    if let Some(worktree) = &worktree {
        request.connect.directory = Some(worktree.directory.clone());
        request.connect.copy_of = Some(worktree.copy_of());
    }
    let mut connection = if outcome.failure.is_none() {
        let prompting = Box::pin(prompt(context, &request, &display, stop.as_mut(), &mut outcome));
        note_failure(prompting.await, &mut outcome)
    } else {
        None
    };
    if let Some(worktree) = worktree {
        // No engine writes there while git compares it.
        if let Some(mut connection) = connection.take() {
            connection.close().await;
        }
        outcome.worktree = Some(worktree.conclude(&context.environment).await);
    }
    outcome.phases.total_ms = millis_since(context.started);
    let is_cold = connection
        .as_ref()
        .is_some_and(|connection| cold_starts::is_habit(&request.connect, connection));
    let end = finish(context, display, connection, outcome).await;
    if is_cold {
        cold_starts::note(context, request.connect.verbosity);
    }
    end
}

/// The value of a stage. A failure becomes that of the outcome.
fn note_failure<T>(stage: Result<Option<T>, Failure>, outcome: &mut Outcome) -> Option<T> {
    stage.unwrap_or_else(|failure| {
        outcome.failure = Some(failure);
        None
    })
}

/// Opens the file of `--event-log`.
fn open_event_log(context: &Context, output: &OutputRequest) -> Result<Option<EventLog>, Failure> {
    let Some(typed) = &output.event_log else {
        return Ok(None);
    };
    let opened = EventLog::open(&context.cwd.join(typed), output.include_raw);
    opened.map(Some).map_err(|error| {
        Failure::usage(format!("cannot write the event log `{}`", typed.display()))
            .caused_by(&error)
            .hint("name a file in a directory that exists and that you may write to; a pipe needs a reader")
    })
}

/// Connects, prepares the turn and takes it; gives the connection back, to be closed.
async fn prompt(
    context: &Context,
    request: &RunRequest,
    display: &Display,
    mut stop: Pin<&mut impl Future<Output = Failure>>,
    outcome: &mut Outcome,
) -> Result<Option<Connection>, Failure> {
    let directory = connect::directory(context, &request.connect)?;
    let prompt = PromptContext {
        context,
        request,
        directory: &directory,
        state: &rehearsed::names(context, &request.connect.rehearsal),
        display,
        begun: context.started,
    };
    let prepared = unless_stopped(stop.as_mut(), prepare(prompt)).await?;
    Ok(Some(Box::pin(take_turn(prompt, prepared, stop, outcome)).await))
}

/// Shows the outcome and closes the connection.
async fn finish(
    context: &Context,
    display: Display,
    connection: Option<Connection>,
    outcome: Outcome,
) -> Result<CommandEnd, Failure> {
    let kind = outcome.failure.as_ref().map(|failure| failure.kind);
    let interrupted = matches!(
        kind,
        Some(FailureKind::Interrupted | FailureKind::Terminated | FailureKind::BrokenPipe)
    );
    let finishing = async {
        if interrupted {
            // The reader may be the very thing that is stuck.
            timeout(SHUTDOWN_TIMEOUT, display.finish(outcome))
                .await
                .unwrap_or(Ok(()))
        } else {
            tokio::select! {
                shown = display.finish(outcome) => shown,
                _ = context.interrupts.interrupted() => Err(context.interrupts.failure("the run")),
            }
        }
    };
    let closing = async {
        if let Some(mut connection) = connection {
            connection.close().await;
        }
    };
    let (shown, ()) = tokio::join!(finishing, closing);
    match (shown, kind) {
        (_, Some(kind)) => Ok(CommandEnd::Reported(kind)),
        (Err(failure), None) => Err(failure),
        (Ok(()), None) => Ok(CommandEnd::Success),
    }
}

/// Resolves when the run has to end early, with the reason.
async fn stop(context: &Context, timeout: Option<Duration>, broken: impl Future<Output = Failure>) -> Failure {
    tokio::select! {
        failure = visit::stop(context, context.started, timeout, "the run") => failure,
        failure = broken => failure,
    }
}

/// Makes the worktree of the request. When the run is stopped meanwhile, the worktree is removed first.
async fn make_worktree(
    context: &Context,
    request: &RunRequest,
    display: &Display,
    stop: Pin<&mut impl Future<Output = Failure>>,
) -> Result<Option<RunWorktree>, Failure> {
    let Some(choice) = &request.worktree else {
        return Ok(None);
    };
    if matches!(&request.connect.server, ServerChoice::Attach(url) if !is_loopback(url)) {
        return Err(
            Failure::usage("cannot make a worktree for a server on another machine").hint("leave out `--worktree`")
        );
    }
    let directory = connect::directory(context, &request.connect)?;
    let making = RunWorktree::make(context, &directory, choice);
    tokio::pin!(making);
    let worktree = tokio::select! {
        biased;
        failure = stop => {
            if let Ok(Ok(worktree)) = timeout(SHUTDOWN_TIMEOUT, making).await {
                worktree.conclude(&context.environment).await;
            }
            return Err(failure);
        }
        worktree = making.as_mut() => worktree?,
    };
    for warning in &worktree.warnings {
        display.warn(warning.as_str()).await;
    }
    Ok(Some(worktree))
}

/// Takes the turn, and does what the request wants afterwards; gives the connection back, to be closed.
async fn take_turn(
    prompt: PromptContext<'_>,
    prepared: PreparedRun,
    mut stop: Pin<&mut impl Future<Output = Failure>>,
    outcome: &mut Outcome,
) -> Connection {
    let PromptContext { request, display, .. } = prompt;
    let PreparedRun {
        ready,
        turn: prepared,
        gave_up_stdin,
    } = prepared;
    let has_mcp = ready.catalog.has_mcp();
    let mut connection = ready.connection;
    let client = connection.client.clone();
    let session_id = prepared.turn.session_id.clone();
    let started = prepared.turn.started.clone();
    let locks = prepared
        .take(prompt, &mut connection, stop.as_mut(), outcome)
        .await
        .locks;
    outcome.stdin_given_up = gave_up_stdin;
    indent_for_a_person(prompt, outcome);
    if gave_up_stdin && input::stdin_came_late() {
        let warning =
            "stdin brought something after it was given up, which the model has not seen; a last word `-` waits for it";
        display.warn(warning).await;
    }
    if has_mcp {
        outcome.missing_mcp = missing_mcp(&client, display).await;
    }
    if outcome.failure.is_none() {
        locks.take_rules_back(&client, &session_id, &started).await;
    }
    if request.lifetime == SessionLifetime::Ephemeral {
        delete_session(&client, &session_id).await;
    }
    // Before the checks: what they run may go on with the conversation.
    locks.release(prompt.state);
    if outcome.failure.is_none()
        && let Some(file) = &request.output.last_message_file
    {
        let writing = answer_file::write(prompt.context, file, &outcome.last_message);
        outcome.failure = unless_stopped(stop.as_mut(), writing).await.err();
    }
    if outcome.failure.is_none() && request.permission.on_denial == OnDenial::Fail {
        outcome.failure = denial(&outcome.permissions, request.permission.preset);
    }
    if outcome.failure.is_none() {
        let place = CheckContext {
            directory: &connection.directory,
            environment: &prompt.context.environment,
            display,
            preset: request.permission.preset,
        };
        outcome.failure = checks::check(&request.checks, place, &outcome.files, stop, &mut outcome.checks)
            .await
            .err();
    }
    connection
}

/// A person at the terminal reads an answer that follows a schema with line breaks.
fn indent_for_a_person(prompt: PromptContext<'_>, outcome: &mut Outcome) {
    let is_read = prompt.context.streams.stdout_is_terminal && prompt.request.output.mode == OutputMode::Text;
    if let Some(value) = outcome.structured.as_ref().filter(|_| is_read) {
        outcome.last_message = json::indented(value);
    }
}

/// The MCP servers that did not work, each with a warning: the turn goes on without their tools, and the engine does not
/// report that.
async fn missing_mcp(client: &Client, display: &Display) -> Vec<MissingMcp> {
    let states = match timeout(MCP_STATES_TIMEOUT, client.mcp_states()).await {
        Ok(Ok(states)) => states,
        Ok(Err(error)) => {
            tracing::debug!(%error, "cannot ask for MCP servers");
            return Vec::new();
        }
        Err(_) => {
            tracing::debug!("the server does not say which MCP servers work");
            return Vec::new();
        }
    };
    let mut missing = Vec::new();
    for (name, state) in states {
        if matches!(state.status.as_str(), "connected" | "disabled") {
            continue;
        }
        let why = state.error.as_deref().unwrap_or(&state.status);
        let warning = format!("the model has no tools of the MCP server `{name}`: {why}");
        display.warn(warning).await;
        missing.push(MissingMcp {
            name,
            status: state.status,
            error: state.error,
        });
    }
    missing
}

/// The failure of `--fail-on-deny`.
fn denial(permissions: &[PermissionRecord], preset: Preset) -> Option<Failure> {
    let denied: Vec<&PermissionRecord> = permissions
        .iter()
        .filter(|record| record.decision == Decision::Denied)
        .collect();
    let first = denied.first()?;
    let more = match denied.len() - 1 {
        0 => String::new(),
        more => format!(", and {more} more"),
    };
    let failure = Failure::new(
        FailureKind::Denied,
        format!("`{}` was refused{more}: {}", first.permission, first.reason),
    );
    let failure = failure.hint_if(preset == Preset::LookOnly, "`--auto-tools` lets the model run tools");
    Some(failure.hint("leave out `--fail-on-deny` to go on in spite of it"))
}
