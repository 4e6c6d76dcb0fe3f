//! `run`: one prompt, from the words on the command line to the exit status.

mod answer_file;
mod checks;
pub(super) mod display;
mod git;
pub(super) mod prepare;
pub(in crate::commands) mod session;
mod worktree;

use std::borrow::Cow;
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until, timeout};

use super::CommandEnd;
use super::connect::{self, ConnectObserver, millis, millis_between};
use super::rehearsed;
use crate::api::Client;
use crate::api::types::MessageInfo;
use crate::context::Context;
use crate::engine::DownloadBar;
use crate::error::{Failure, FailureKind};
use crate::events::EventStream;
use crate::gate::Gate;
use crate::input;
use crate::permission::terminal::TerminalStyle;
use crate::permission::{DecidedBy, Decision, Policy, ProgramApprover, TerminalPrompter};
use crate::render::spinner::Phase;
use crate::request::{
    Approver, ConnectRequest, OnDenial, Preset, RehearsalChoice, RunRequest, ServerChoice, SessionLifetime,
};
use crate::support::loopback::is_loopback;
use crate::support::progress::Progress;
use crate::terminal::{Screen, ScreenLease, Terminal};
use crate::turn::{self, Answerer, Driven, MissingMcp, Outcome, PermissionRecord, Phases, Update, decimal};

use checks::CheckContext;
use display::Display;
use prepare::Prepared;
use worktree::RunWorktree;

/// How long a run that was told to stop goes on writing what it has.
pub(super) const LAST_WORDS: Duration = Duration::from_secs(5);
/// How long it is waited to hear which files changed, after a turn that went well.
const PATIENCE: Duration = Duration::from_secs(2);
/// And after one that did not.
const IMPATIENCE: Duration = Duration::from_millis(500);

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
    outcome.phases.total_ms = millis(context.started);

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

/// Who answers what the rules leave open.
pub(super) fn answerer(context: &Context, request: &RunRequest, display: &Display) -> Answerer {
    match &request.permission.approver {
        Approver::Yes => Answerer::Yes,
        Approver::Nobody => Answerer::Nobody,
        Approver::Person => {
            let terminal = Terminal::of_process(&context.environment);
            let style = TerminalStyle::new(&terminal, request.output.color);
            match TerminalPrompter::open(display.screen().clone(), style) {
                Some(prompter) => Answerer::Somebody {
                    prompter: Box::new(prompter),
                    by: DecidedBy::Person,
                    faults: None,
                },
                None => Answerer::Nobody,
            }
        }
        Approver::Program { command, timeout } => {
            let directory = context.directory(request.connect.directory.as_deref());
            let approver = ProgramApprover::new(command, *timeout, &directory);
            Answerer::Somebody {
                faults: Some(approver.faults()),
                prompter: Box::new(approver),
                by: DecidedBy::Approver,
            }
        }
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
    let states = match timeout(IMPATIENCE, client.mcp_states()).await {
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

/// What a turn is sent through.
pub(super) struct Sent<'a> {
    pub(super) connection: &'a mut connect::Connection,
    pub(super) events: EventStream,
    /// Whether the model has a price.
    pub(super) cost_is_known: bool,
    /// From when on time is counted.
    pub(super) begun: std::time::Instant,
}

/// What a turn leaves for the next one of the same conversation.
pub(super) struct NextTurnState {
    /// The rules, with what was granted for the rest of the session.
    pub(super) policy: Policy,
    /// The gate, which holds what comes meanwhile.
    pub(super) gate: Option<Gate>,
    /// The last message of the assistant.
    pub(super) last: Option<MessageInfo>,
}

/// Drives a turn to its end and writes down what came of it.
pub(super) async fn take_turn(
    sent: Sent<'_>,
    turn: turn::Turn,
    display: &Display,
    stop: Pin<&mut impl Future<Output = Failure>>,
    outcome: &mut Outcome,
) -> NextTurnState {
    let Sent {
        connection,
        events,
        cost_is_known,
        begun,
    } = sent;
    display.phase(Phase::Waiting {
        model: turn
            .started
            .model
            .as_ref()
            .map_or_else(|| "the model".to_owned(), ToString::to_string),
    });
    let client = turn.client.clone();
    let session_id = turn.session_id.clone();
    let started = turn.started.clone();
    let sent_ms = millis(begun);
    let limits = turn.limits;
    if turn.limits.cost.is_some() && !cost_is_known {
        let warning = "the model's price is not known, so `--max-cost` cannot be kept; `--max-tokens` can";
        let _ = display.updates().send(Update::Warning(warning.to_owned())).await;
    }
    connection.prompting(Some(&session_id)).await;
    let server_gone = connect::server_gone(&mut connection.server, connection.lease.as_deref());
    let Driven {
        mut state,
        outputs,
        failure,
        permissions,
        first_text,
        policy,
        gate,
    } = Box::pin(turn::drive(turn, events, display.updates(), stop, server_gone)).await;
    if turn::may_have_written(state.tools(), &permissions) {
        let patience = if failure.is_none() { PATIENCE } else { IMPATIENCE };
        turn::complete_changes(&client, &session_id, &mut state, patience).await;
        let changed = state
            .files()
            .iter()
            .filter(|file| !outputs.contains(Path::new(&file.path)));
        outcome.files = changed.cloned().collect();
    }
    connection.prompting(None).await;

    let last = state.last_message();
    outcome.result = state.answer_text();
    outcome.last_message = state.last_text();
    outcome.session_id = Some(session_id.clone());
    outcome.message_id = last.map(|message| message.id.clone());
    outcome.directory = connection.directory.to_string_lossy().into_owned();
    outcome.model = started
        .model
        .or_else(|| last.and_then(crate::api::types::MessageInfo::model_ref))
        .or_else(|| state.prompt().and_then(crate::api::types::MessageInfo::model_ref));
    outcome.agent = started.agent.or_else(|| last.and_then(|message| message.agent.clone()));
    let (usage, dollars) = state.usage();
    let usage_is_unknown = state.usage_is_unknown();
    outcome.usage = (!usage_is_unknown).then_some(usage);
    outcome.cost_usd = (!usage_is_unknown && cost_is_known || dollars > 0.0).then(|| decimal(dollars));
    if usage_is_unknown && (limits.tokens.is_some() || limits.cost.is_some()) {
        let warning =
            "the provider does not say how many tokens were used, so `--max-tokens` and `--max-cost` were not kept";
        let _ = display.updates().send(Update::Warning(warning.to_owned())).await;
    }
    outcome.turns = state.turns();
    outcome.tool_calls = state.tools().calls().to_vec();
    outcome.permissions = permissions;
    outcome.retries = state.retries();
    outcome.engine = Some(connection.engine.clone());
    outcome.conversation = started.conversation;
    outcome.resumed = started.resumed;
    outcome.rehearsal = started.rehearsal;
    outcome.phases = Phases {
        engine_ms: Some(connection.engine_ms),
        server_ms: Some(connection.server_ms),
        session_ms: Some(sent_ms.saturating_sub(connection.engine_ms + connection.server_ms)),
        first_token_ms: first_text.map(|at| millis_between(begun, at).saturating_sub(sent_ms)),
        total_ms: 0,
    };
    outcome.failure = failure.map(|failure| explain_directory(failure, &connection.directory));
    let last = state.last_message().cloned();
    NextTurnState { policy, gate, last }
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

/// The engine decodes the path of its directory once more than it was encoded, and then does not find it; all that it
/// says of that is "unexpected server error".
fn explain_directory(failure: Failure, directory: &Path) -> Failure {
    let text = directory.to_string_lossy();
    let decodes = text.split('%').skip(1).any(|rest| {
        let mut digits = rest.bytes();
        [digits.next(), digits.next()]
            .iter()
            .all(|digit| digit.is_some_and(|digit| digit.is_ascii_hexdigit()))
    });
    if failure.kind == FailureKind::Engine && decodes {
        return failure.hint("the engine does not find directories with `%` and two hexadecimal digits in their path; rename the directory");
    }
    failure
}

/// Shows the stages of a connection on the waiting line.
pub(super) struct Stages<'a> {
    display: &'a Display,
    progress: Arc<dyn Progress>,
}

impl ConnectObserver for Stages<'_> {
    fn engine(&self) {
        self.display.phase(Phase::StartingEngine);
    }

    fn server(&self) {
        self.display.phase(Phase::StartingServer);
    }

    fn progress(&self) -> Arc<dyn Progress> {
        Arc::clone(&self.progress)
    }
}

/// Who watches a download of the engine.
fn progress(context: &Context, request: &RunRequest, display: &Display) -> Arc<dyn Progress> {
    let draws = context.streams.stderr_is_terminal && !request.output.progress_off;
    Arc::new(DownloadOnScreen::new(
        DownloadBar::new(draws, request.output.verbosity),
        display.screen(),
    ))
}

/// A download's bar, which has the screen for itself while it is there.
pub(super) struct DownloadOnScreen {
    bar: DownloadBar,
    screen: Screen,
    taken: Mutex<Option<ScreenLease>>,
}

impl DownloadOnScreen {
    pub(super) fn new(bar: DownloadBar, screen: &Screen) -> Self {
        Self {
            bar,
            screen: screen.clone(),
            taken: Mutex::new(None),
        }
    }
}

impl Progress for DownloadOnScreen {
    fn begin(&self, what: &str, total: Option<u64>) {
        *self.taken.lock().unwrap_or_else(PoisonError::into_inner) = Some(self.screen.take());
        self.bar.begin(what, total);
    }

    fn advance(&self, bytes: u64) {
        self.bar.advance(bytes);
    }

    fn note(&self, line: &str) {
        let _taken = self.screen.take();
        self.bar.note(line);
    }

    fn finish(&self) {
        self.bar.finish();
        *self.taken.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
