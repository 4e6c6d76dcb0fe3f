//! `run`: one prompt, from the words on the command line to the exit status.

mod answer_file;
mod checks;
mod git;
mod prepare;
mod worktree;

use std::borrow::Cow;
use std::pin::Pin;
use std::time::Duration;

use tokio::time::{Instant, sleep_until, timeout};

use super::CommandEnd;
use crate::api::Client;
use crate::connect::{self, rehearsed};
use crate::context::Context;
use crate::error::{Failure, FailureKind};
use crate::input;
use crate::permission::Decision;
use crate::prompting::Display;
use crate::prompting::permissions::answerer;
use crate::prompting::turn::{LAST_WORDS, Sent, take_turn};
use crate::request::{ConnectRequest, OnDenial, Preset, RehearsalChoice, RunRequest, ServerChoice, SessionLifetime};
use crate::support::duration::millis_since;
use crate::support::loopback::is_loopback;
use crate::turn::{self, MissingMcp, Outcome, PermissionRecord, Update};

use checks::CheckContext;
use prepare::Prepared;
use worktree::RunWorktree;

/// How long the server may take to say which MCP servers work.
const MCP_STATES_TIMEOUT: Duration = Duration::from_millis(500);

/// Runs the command. What went wrong is told by the renderer, in the format that was asked for.
///
/// # Errors
///
/// When nothing can be shown at all: stdout is closed, or there is no thread to write to it.
pub async fn run(context: &Context, request: RunRequest) -> Result<CommandEnd, Failure> {
    let directory = context.directory(request.connect.directory.as_deref());
    let blank = || Outcome {
        // Said of a run that fails early too: it was never meant for a real model.
        rehearsal: request.connect.rehearsal != RehearsalChoice::Off,
        ..Outcome::empty(directory.to_string_lossy().into_owned())
    };
    let mut display = Display::open(context, &request.output, blank())?;
    let mut outcome = blank();
    let stop = stop(context, &request, display.broken());
    tokio::pin!(stop);

    let worktree = make_worktree(context, &request, &display, stop.as_mut()).await;
    let request = match &worktree {
        Ok(Some(worktree)) => Cow::Owned(in_worktree(&request, worktree)),
        _ => Cow::Borrowed(&request),
    };
    let (worktree, prepared) = match worktree {
        Err(failure) => (None, Err(failure)),
        Ok(worktree) => {
            let preparing = prepare::prepare(context, &request, &display, answerer(context, &request, &display));
            let prepared = tokio::select! {
                biased;
                failure = stop.as_mut() => Err(failure),
                prepared = preparing => prepared,
            };
            (worktree, prepared)
        }
    };
    let mut connection = match prepared {
        Err(failure) => {
            outcome.failure = Some(failure);
            None
        }
        Ok(prepared) => Some(
            Box::pin(converse(
                context,
                &request,
                prepared,
                &display,
                stop.as_mut(),
                &mut outcome,
            ))
            .await,
        ),
    };
    if let Some(worktree) = worktree {
        // Nobody writes there any more when it is looked at.
        if let Some(connection) = connection.take() {
            connection.close().await;
        }
        outcome.worktree = Some(worktree.conclude(&context.environment).await);
    }
    outcome.phases.total_ms = millis_since(context.started);

    let kind = outcome.failure.as_ref().map(|failure| failure.kind);
    let interrupted = matches!(
        kind,
        Some(FailureKind::Interrupted | FailureKind::Terminated | FailureKind::BrokenPipe)
    );
    let finishing = async {
        if interrupted {
            // The reader may be the very thing that is stuck.
            timeout(LAST_WORDS, display.finish(outcome)).await.unwrap_or(Ok(()))
        } else {
            tokio::select! {
                shown = display.finish(outcome) => shown,
                _ = context.interrupts.interrupted() => Err(context.interrupts.failure("the run")),
            }
        }
    };
    let closing = async {
        if let Some(connection) = connection {
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

/// Resolves when the run shall end early, with the reason.
async fn stop(context: &Context, request: &RunRequest, broken: impl Future<Output = Failure>) -> Failure {
    let deadline = deadline(context, request);
    tokio::select! {
        _ = context.interrupts.interrupted() => context.interrupts.failure("the run"),
        failure = broken => failure,
        () = sleep_until(deadline.unwrap_or_else(Instant::now)), if deadline.is_some() => {
            let limit = request.connect.timeout.unwrap_or_default();
            Failure::new(
                FailureKind::Timeout,
                format!("cannot finish within {} s", limit.as_secs_f64()),
            )
            .hint("raise `--timeout`, or leave it out")
        }
    }
}

fn deadline(context: &Context, request: &RunRequest) -> Option<Instant> {
    let limit = request.connect.timeout?;
    Some(Instant::from_std(context.started) + limit)
}

/// Makes the worktree that was asked for. A wish to stop waits until it can be removed again.
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
            if let Ok(Ok(worktree)) = timeout(LAST_WORDS, making).await {
                worktree.conclude(&context.environment).await;
            }
            return Err(failure);
        }
        worktree = making.as_mut() => worktree?,
    };
    for warning in &worktree.warnings {
        let _ = display.updates().send(Update::Warning(warning.clone())).await;
    }
    Ok(Some(worktree))
}

/// The same run in a worktree.
fn in_worktree(request: &RunRequest, worktree: &RunWorktree) -> RunRequest {
    RunRequest {
        connect: ConnectRequest {
            directory: Some(worktree.directory.clone()),
            copy_of: Some(worktree.copy_of()),
            ..request.connect.clone()
        },
        ..request.clone()
    }
}

/// The turn itself; gives the connection back, to be closed.
async fn converse(
    context: &Context,
    request: &RunRequest,
    prepared: Prepared,
    display: &Display,
    mut stop: Pin<&mut impl Future<Output = Failure>>,
    outcome: &mut Outcome,
) -> connect::Connection {
    let Prepared {
        mut connection,
        events,
        turn,
        cost_is_known,
        has_mcp,
        gave_up_stdin,
        answer_file,
        claim,
    } = prepared;
    let client = turn.client.clone();
    let session_id = turn.session_id.clone();
    let turn = turn::Turn {
        deadline: deadline(context, request),
        ..turn
    };
    let sent = Sent {
        connection: &mut connection,
        events,
        cost_is_known,
        begun: context.started,
    };
    let started = turn.started.clone();
    take_turn(sent, turn, display, stop.as_mut(), outcome).await;
    outcome.stdin_given_up = gave_up_stdin;
    if gave_up_stdin && input::stdin_came_late() {
        let warning =
            "stdin brought something after it was given up, which the model has not seen; a last word `-` waits for it";
        let _ = display.updates().send(Update::Warning(warning.to_owned())).await;
    }
    if has_mcp {
        outcome.missing_mcp = missing_mcp(&client, display).await;
    }
    if outcome.failure.is_none() {
        claim.give_back(&client, &session_id, &started).await;
    }
    if request.lifetime == SessionLifetime::Ephemeral
        && let Err(error) = timeout(LAST_WORDS, client.delete_session(&session_id))
            .await
            .unwrap_or(Ok(()))
    {
        tracing::warn!(%error, "cannot delete the session");
    }
    // Before the checks: what they run may well go on with the conversation.
    claim.release(&rehearsed::names(context, &request.connect.rehearsal));
    if outcome.failure.is_none()
        && let Some(file) = answer_file
    {
        outcome.failure = tokio::select! {
            biased;
            failure = stop.as_mut() => Some(failure),
            written = file.write(&outcome.last_message) => written.err(),
        };
    }
    if outcome.failure.is_none() && request.permission.on_denial == OnDenial::Fail {
        outcome.failure = denial(&outcome.permissions, request.permission.preset);
    }
    if outcome.failure.is_none() {
        let place = CheckContext {
            directory: &connection.directory,
            environment: &context.environment,
            display,
        };
        outcome.failure = checks::check(&request.checks, place, &outcome.files, stop, &mut outcome.checks)
            .await
            .err();
    }
    connection
}

/// The MCP servers that did not work, each with a warning: the turn goes on without their tools, and the engine says nothing.
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
        let _ = display.updates().send(Update::Warning(warning)).await;
        missing.push(MissingMcp {
            name,
            status: state.status,
            error: state.error,
        });
    }
    missing
}

/// The failure of a run in which nothing may be refused.
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
    let failure = if preset == Preset::LookOnly {
        failure.hint("`--auto-tools` lets the model run tools")
    } else {
        failure
    };
    Some(failure.hint("leave out `--fail-on-deny` to go on in spite of it"))
}
