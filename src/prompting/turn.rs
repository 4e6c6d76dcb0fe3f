//! A turn from its prompt to its outcome.

use std::path::Path;
use std::pin::Pin;
use std::time::{Duration, Instant};

use super::PromptContext;
use super::session::SessionLocks;
use tokio::time::timeout;

use crate::client::types::MessageInfo;
use crate::client::{Client, EventStream};
use crate::connect::{self, Connection};
use crate::error::{Failure, FailureKind};
use crate::gate::Gate;
use crate::permission::Policy;
use crate::render::spinner::Phase;
use crate::support::duration::{millis_between, millis_since};
use crate::support::json;
use crate::turn::{self, Driven, GivenAnswer, Outcome, Permissions, Phases, Turn, TurnStart, TurnState, decimal};

/// For the output of a run that was told to stop, and for other last requests.
pub(crate) const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(5);
/// For the changed files of a turn that succeeded.
const CHANGES_TIMEOUT: Duration = Duration::from_secs(2);
/// For the changed files of a turn that failed.
const FAILED_CHANGES_TIMEOUT: Duration = Duration::from_millis(500);

/// A turn that is ready to be sent.
pub(crate) struct PreparedTurn {
    pub(crate) turn: Turn,
    /// What the model may do, and who approves it.
    pub(super) permissions: Permissions,
    pub(crate) session_title: String,
    pub(super) events: EventStream,
    /// Held until the turn is over.
    pub(crate) locks: SessionLocks,
    /// Whether the model has a price.
    pub(super) cost_is_known: bool,
}

/// What a turn leaves for the next one of the same conversation.
pub(crate) struct NextTurnState {
    pub(crate) locks: SessionLocks,
    /// The policy, with what was granted for the rest of the session.
    pub(crate) policy: Policy,
    /// The gate, which holds the calls that come between turns.
    pub(crate) gate: Option<Gate>,
    /// The last message of the assistant.
    pub(crate) last: Option<MessageInfo>,
}

impl PreparedTurn {
    /// Sends the prompt, drives the turn to its end, and fills in the outcome.
    pub(crate) async fn take(
        self,
        prompt: PromptContext<'_>,
        connection: &mut Connection,
        stop: Pin<&mut impl Future<Output = Failure>>,
        outcome: &mut Outcome,
    ) -> NextTurnState {
        let Self {
            turn,
            permissions,
            events,
            locks,
            cost_is_known,
            ..
        } = self;
        let display = prompt.display;
        let model = turn.started.model.as_ref();
        display.phase(Phase::Waiting {
            model: model.map_or_else(|| "the model".to_owned(), ToString::to_string),
        });
        let client = turn.client.clone();
        let session_id = turn.session_id.clone();
        let started = turn.started.clone();
        let sent_ms = millis_since(prompt.begun);
        let limits = turn.limits;
        if limits.cost.is_some() && !cost_is_known {
            display
                .warn("the model's price is not known, so `--max-cost` cannot be kept; `--max-tokens` can")
                .await;
        }
        connection.prompting(Some(&session_id)).await;
        let server_gone = connect::server_gone(&mut connection.server, connection.lease.as_deref());
        let mut driven = Box::pin(turn::drive(turn, permissions, events, stop, server_gone)).await;
        read_changes(&client, &session_id, &mut driven, outcome).await;
        connection.prompting(None).await;

        if driven.state.usage_is_unknown() && (limits.tokens.is_some() || limits.cost.is_some()) {
            display
                .warn(
                    "the provider does not say how many tokens were used, so `--max-tokens` and `--max-cost` were not kept",
                )
                .await;
        }
        conclude(outcome, &driven.state, started, cost_is_known);
        outcome.session_id = Some(session_id);
        outcome.phases = phases(prompt.begun, connection, sent_ms, driven.first_text);
        outcome.permissions = driven.permissions;
        if let Some(given) = driven.answer {
            conclude_answer(outcome, given);
        }
        let failure = driven.failure;
        outcome.failure = failure.map(|failure| explain_directory(failure, &connection.directory));
        outcome.directory = connection.directory.to_string_lossy().into_owned();
        outcome.engine = Some(connection.engine.clone());
        NextTurnState {
            locks,
            last: driven.state.last_message().cloned(),
            policy: driven.policy,
            gate: driven.gate,
        }
    }
}

/// The phases of a turn whose prompt was sent after `sent_ms`; the whole time is not known yet.
fn phases(begun: Instant, connection: &Connection, sent_ms: u64, first_text: Option<Instant>) -> Phases {
    Phases {
        engine_ms: Some(connection.engine_ms),
        server_ms: Some(connection.server_ms),
        session_ms: Some(sent_ms.saturating_sub(connection.engine_ms + connection.server_ms)),
        first_token_ms: first_text.map(|at| millis_between(begun, at).saturating_sub(sent_ms)),
        total_ms: 0,
    }
}

/// Reads which files the turn changed, where it may have changed some.
async fn read_changes(client: &Client, session_id: &str, driven: &mut Driven, outcome: &mut Outcome) {
    if !turn::may_have_written(&driven.state.tools, &driven.permissions) {
        return;
    }
    let limit = if driven.failure.is_none() {
        CHANGES_TIMEOUT
    } else {
        FAILED_CHANGES_TIMEOUT
    };
    turn::complete_changes(client, session_id, &mut driven.state, limit).await;
    let changed = driven.state.files().iter();
    let changed = changed.filter(|file| !driven.outputs.contains(Path::new(&file.path)));
    outcome.files = changed.cloned().collect();
}

/// Deletes the session of `--ephemeral`.
pub(crate) async fn delete_session(client: &Client, id: &str) {
    let deleting = timeout(SHUTDOWN_TIMEOUT, client.delete_session(id));
    if let Ok(Err(error)) = deleting.await {
        tracing::warn!(%error, "cannot delete the session");
    }
}

/// Fills in what the turn's own state says.
fn conclude(outcome: &mut Outcome, state: &TurnState, started: TurnStart, cost_is_known: bool) {
    let last = state.last_message();
    outcome.result = state.answer_text();
    outcome.last_message = state.last_text();
    outcome.message_id = last.map(|message| message.id.clone());
    outcome.model = started
        .model
        .or_else(|| last.and_then(MessageInfo::model_ref))
        .or_else(|| state.prompt().and_then(MessageInfo::model_ref));
    outcome.agent = started.agent.or_else(|| last.and_then(|message| message.agent.clone()));
    let (usage, dollars) = state.usage();
    let usage_is_known = !state.usage_is_unknown();
    outcome.usage = usage_is_known.then_some(usage);
    outcome.cost_usd = (usage_is_known && cost_is_known || dollars > 0.0).then(|| decimal(dollars));
    outcome.turns = state.turns();
    outcome.tool_calls = state.tools.calls.to_vec();
    outcome.retries = state.retries;
    outcome.conversation = started.conversation;
    outcome.resumed = started.resumed;
    outcome.rehearsal = started.rehearsal;
}

/// Fills in the answer that follows a schema, else the last wrong one.
fn conclude_answer(outcome: &mut Outcome, given: GivenAnswer) {
    let GivenAnswer { value, last, checks } = given;
    if let Some(text) = value.as_ref().map(json::line).or(last) {
        outcome.last_message.clone_from(&text);
        outcome.result = text;
    }
    outcome.structured = value;
    outcome.schema = Some(checks);
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
