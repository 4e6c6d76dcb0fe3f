//! `doctor`: whether a run would work, and what to do where not.
//!
//! In: the request. Out: a list of checks on stdout, and the status of the first one that failed. Invariants:
//! nothing is installed, no question is asked, no real model gets a prompt, and no value of a variable is shown, since it may
//! be a secret. The checks that were made are shown also when a signal or the time limit ends the command.

mod check;
mod engine;
mod machine;
mod models;
#[cfg(unix)]
mod servers;
mod surroundings;

use std::path::PathBuf;
use std::pin::Pin;

use super::{CommandEnd, unless_stopped};
use crate::connect;
use crate::connect::visit::{WaitingLine, stay, stop};
use crate::context::Context;
use crate::error::Failure;
use crate::request::{ConnectRequest, Network, ServerChoice, TrustChoice, VisitRequest, Warmth};
use crate::support::loopback::is_loopback;
use crate::trust;

pub(super) use check::DoctorDocument;
use check::{Check, DoctorReport};

/// Runs the command.
///
/// # Errors
///
/// When stdout cannot be written. What the checks find is no error, but the exit status.
pub async fn run(context: &Context, request: VisitRequest) -> Result<CommandEnd, Failure> {
    let mut report = DoctorReport::default();
    let line = WaitingLine::open(context, &request.connect, &request.output);
    let stop = stop(context, context.started, request.connect.timeout, "the command");
    tokio::pin!(stop);
    if let Err(failure) = examine(context, &request, &line, stop, &mut report).await {
        report.push("doctor", Check::of_failure(&failure));
    }
    drop(line);
    report.print(context, &request.output)?;
    Ok(report.failed().map_or(CommandEnd::Success, CommandEnd::Reported))
}

/// Makes the checks.
///
/// # Errors
///
/// When it is stopped in the middle.
async fn examine(
    context: &Context,
    request: &VisitRequest,
    line: &WaitingLine,
    mut stop: Pin<&mut impl Future<Output = Failure>>,
    report: &mut DoctorReport,
) -> Result<(), Failure> {
    report.push("program", machine::program());
    report.push("terminal", machine::terminal(context, &request.output));
    report.push("tools", machine::tools(context));
    report.push("directories", machine::directories(context));
    #[cfg(unix)]
    report.push("disk", machine::disk(context));
    report.push("leftovers", machine::leftovers(context));
    #[cfg(unix)]
    report.push("servers", servers::servers(context).await);
    report.push("environment", surroundings::environment(context));
    let typed = context.directory(request.connect.directory.as_deref());
    let configuration = surroundings::configuration(context, &request.connect, &typed);
    report.push("configuration", configuration);
    let place = place(context, request, report);

    if matches!(request.connect.server, ServerChoice::Start { .. }) {
        let checking = async { Ok(engine::candidates(context, &request.connect, &line.stages).await) };
        let check = unless_stopped(stop.as_mut(), checking).await?;
        let is_there = check.is_passed();
        report.push("engine", check);
        if !is_there {
            return Ok(());
        }
    }
    let Some(place) = place else {
        return Ok(());
    };
    let connecting = async { Ok(engine::start(context, request, &place, &line.stages).await) };
    let connection = match unless_stopped(stop.as_mut(), connecting).await? {
        Ok((connection, check)) => {
            report.push("server", check);
            connection
        }
        Err(failure) => {
            report.push("server", Check::of_failure(&failure));
            return Ok(());
        }
    };
    stay(connection, stop, async |connection| {
        models::examine(context, request, connection, report).await;
        Ok(())
    })
    .await
}

/// Where the server is tried.
#[derive(Debug)]
struct TrialServer {
    directory: PathBuf,
    /// An empty directory in place of the agent's, which cannot be used. It is removed with this.
    stand_in: Option<tempfile::TempDir>,
}

/// Checks the agent's directory. None when no server may be tried there, nor elsewhere in its place.
fn place(context: &Context, request: &VisitRequest, report: &mut DoctorReport) -> Option<TrialServer> {
    let directory = match connect::directory(context, &request.connect) {
        Ok(directory) => directory,
        Err(failure) => {
            report.push("directory", Check::of_failure(&failure));
            return stand_in(context, &request.connect);
        }
    };
    // On another machine there is nothing to look at.
    let is_remote = matches!(&request.connect.server, ServerChoice::Attach(url) if !is_loopback(url));
    let is_trusted = is_remote || {
        let (check, is_trusted) = surroundings::trust(context, &request.connect, &directory);
        report.push("directory", check);
        is_trusted
    };
    if !is_trusted {
        return stand_in(context, &request.connect);
    }
    let stand_in = None;
    Some(TrialServer { directory, stand_in })
}

/// An empty directory of our own that no code reaches from above, for a server of our own.
fn stand_in(context: &Context, request: &ConnectRequest) -> Option<TrialServer> {
    if matches!(request.server, ServerChoice::Attach(_)) {
        return None;
    }
    let base = context.environment.temporary_base();
    let made = tempfile::Builder::new()
        .prefix("opencode-rs-doctor.")
        .tempdir_in(base)
        .ok()?;
    let directory = made.path().canonicalize().ok()?;
    let findings = trust::scan(&directory, &trust::UserPlaces::of(context)).ok()?;
    findings.items.is_empty().then_some(TrialServer {
        directory,
        stand_in: Some(made),
    })
}

/// Without a terminal the program cannot ask for trust.
fn somebody_is_there(context: &Context) -> bool {
    context.streams.stdin_is_terminal || context.streams.stderr_is_terminal
}

/// The trust that the checks themselves rely on: what the user gave, and never a question. The server that is tried is a
/// private one: that a warm one answers says nothing about whether one starts.
fn without_questions(request: &ConnectRequest) -> ConnectRequest {
    ConnectRequest {
        // Nothing is installed by looking.
        network: Network::Offline,
        trust: TrustChoice::Granted,
        warmth: Warmth::Fresh,
        ..request.clone()
    }
}
