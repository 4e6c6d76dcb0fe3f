//! A short visit to an engine: connect, do something, close.
//!
//! In: a request and what to do on the connection. Out: its result. Invariants: the connection is closed
//! whatever happens, a signal and `--timeout` end the visit, and nothing is left drawn on the terminal.

use std::io;
use std::pin::Pin;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::{self as connect, CatalogExtent, ConnectStages, Connection, Needs, Snapshots};
use crate::context::Context;
use crate::error::{Failure, FailureKind};
use crate::render::Spinner;
use crate::render::spinner::is_wanted;
use crate::request::{ConnectRequest, ListOutput, OutputRequest, Warmth};
use crate::terminal::{Screen, Terminal};

/// What most visits need: what a run needs too, so that the server of runs is the right one for them.
pub(crate) const USUAL: Needs<'static> = Needs {
    catalog: CatalogExtent::InUse,
    ..EVERYTHING
};

/// What a list of models needs: everything that there is, as the user has configured it.
pub(crate) const EVERYTHING: Needs<'static> = Needs {
    catalog: CatalogExtent::Whole,
    provider: None,
    snapshots: Snapshots::AsConfigured,
    guarded: false,
    questions: false,
    answer_tools: 0,
};

/// Connects in the request's directory to a server such as runs use, does `work` and closes.
///
/// A warm server is joined also where it rehearses: a visit looks at what is there, and is no rehearsal of its own.
///
/// # Errors
///
/// Those of the connection and of `work`; also when a signal or the time limit ends it, or the engine ends by itself.
pub(crate) async fn visit<T>(
    context: &Context,
    request: &ConnectRequest,
    output: &ListOutput,
    work: impl AsyncFnOnce(&Connection) -> Result<T, Failure>,
) -> Result<T, Failure> {
    visit_for(context, request, output, USUAL, work).await
}

/// The same with these needs.
///
/// # Errors
///
/// As for [`visit`].
pub(crate) async fn visit_for<T>(
    context: &Context,
    request: &ConnectRequest,
    output: &ListOutput,
    needs: Needs<'_>,
    work: impl AsyncFnOnce(&Connection) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let directory = connect::directory(context, request)?;
    let request = &ConnectRequest {
        warmth: match request.warmth {
            Warmth::IfThere => Warmth::Join,
            other => other,
        },
        ..request.clone()
    };
    let line = WaitingLine::open(context, request, output);
    let stop = stop(context, context.started, request.timeout, "the command");
    tokio::pin!(stop);
    let connection = tokio::select! {
        biased;
        failure = stop.as_mut() => return Err(failure),
        connection = connect::connect(context, request, &directory, needs, &line.stages) => connection?,
    };
    // What the work writes must not meet the line.
    drop(line);
    stay(connection, stop, work).await
}

/// Does `work` on a connection and closes it.
///
/// # Errors
///
/// Those of `work`; also that of `stop`, once it resolves, and when the engine ends by itself.
pub(crate) async fn stay<T>(
    mut connection: Connection,
    stop: Pin<&mut impl Future<Output = Failure>>,
    work: impl AsyncFnOnce(&Connection) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let mut server = connection.server.take();
    let result = {
        let lease = connection.lease.clone();
        let gone = connect::server_gone(&mut server, lease.as_deref());
        tokio::select! {
            biased;
            failure = stop => Err(failure),
            result = work(&connection) => result,
            failure = gone => Err(failure),
        }
    };
    connection.server = server;
    connection.close().await;
    result
}

/// Resolves when a signal ends `what` ("the command"), or the time limit, which counts from `begun`. Gives the reason.
pub(crate) async fn stop(
    context: &Context,
    begun: std::time::Instant,
    timeout: Option<Duration>,
    what: &str,
) -> Failure {
    let deadline = timeout.map(|limit| Instant::from_std(begun) + limit);
    tokio::select! {
        _ = context.interrupts.interrupted() => context.interrupts.failure(what),
        () = sleep_until(deadline.unwrap_or_else(Instant::now)), if deadline.is_some() => {
            let limit = timeout.unwrap_or_default();
            Failure::new(
                FailureKind::Timeout,
                format!("cannot finish within {} s", limit.as_secs_f64()),
            )
            .hint("raise `--timeout`, or leave it out")
        }
    }
}

/// The line that is drawn while a command connects. Dropping it removes the line.
pub(crate) struct WaitingLine {
    pub(crate) stages: ConnectStages,
    screen: Screen,
    spinner: Spinner,
}

impl WaitingLine {
    /// Nothing is drawn yet, and never where stderr is no terminal.
    pub(crate) fn open(context: &Context, request: &ConnectRequest, output: &ListOutput) -> Self {
        let terminal = Terminal::of_process(&context.environment);
        let wanted = OutputRequest {
            verbosity: request.verbosity,
            progress_off: output.progress_off,
            ..OutputRequest::default()
        };
        let screen = if is_wanted(&wanted, &terminal) {
            Screen::with_waiting_line(Box::new(io::stderr()))
        } else {
            Screen::plain()
        };
        let spinner = Spinner::new(&screen, terminal);
        Self {
            stages: ConnectStages::new(
                context,
                &screen,
                spinner.clone(),
                request.verbosity,
                output.progress_off,
            ),
            screen,
            spinner,
        }
    }
}

impl Drop for WaitingLine {
    fn drop(&mut self) {
        self.spinner.clear();
        self.screen.clear();
    }
}
