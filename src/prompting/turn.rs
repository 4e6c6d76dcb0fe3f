//! A turn: how it is made, and how it is taken to its end.

use std::path::Path;
use std::pin::Pin;
use std::time::Duration;

use tokio::time::Instant;

use super::Display;
use super::names::Chosen;
use crate::api::types::{MessageInfo, Prompt, PromptPart};
use crate::connect::{self, Connection};
use crate::error::{Failure, FailureKind};
use crate::events::EventStream;
use crate::gate::Gate;
use crate::input::PromptParts;
use crate::permission::Policy;
use crate::render::spinner::Phase;
use crate::request::{RehearsalChoice, RunRequest};
use crate::support::duration::{millis_between, millis_since};
use crate::support::identifier;
use crate::support::output_files::OutputFiles;
use crate::turn::{self, Driven, Outcome, Permissions, Phases, Turn, TurnStart, Update, decimal};

/// The longest title that we make up, in characters.
const TITLE_LENGTH: usize = 60;
/// How long a run that was told to stop goes on writing what it has.
pub(crate) const LAST_WORDS: Duration = Duration::from_secs(5);
/// How long it is waited to hear which files changed, after a turn that went well.
const PATIENCE: Duration = Duration::from_secs(2);
/// And after one that did not.
const IMPATIENCE: Duration = Duration::from_millis(500);

/// A turn in a session that is there.
pub(crate) fn turn_in(
    session_id: String,
    request: &RunRequest,
    connection: &Connection,
    chosen: Chosen,
    prompt: PromptParts,
    system: Option<String>,
    permissions: Permissions,
) -> Result<Turn, Failure> {
    let Chosen {
        model, agent, variant, ..
    } = chosen;
    let randomness = |error: getrandom::Error| {
        Failure::new(FailureKind::Failed, "cannot make an id for the prompt").caused_by(&error)
    };
    let mut parts = vec![PromptPart::Text {
        id: identifier::ascending("prt").map_err(randomness)?,
        text: prompt.text,
    }];
    for file in prompt.files {
        parts.push(PromptPart::File {
            id: identifier::ascending("prt").map_err(randomness)?,
            file,
        });
    }
    let prompt = Prompt {
        message_id: identifier::ascending("msg").map_err(randomness)?,
        model: model.clone(),
        agent: agent.clone(),
        variant: variant.clone(),
        system,
        parts,
    };
    Ok(Turn {
        client: connection.client.clone(),
        session_id: session_id.clone(),
        prompt,
        command: None,
        max_retries: request.limits.max_retries,
        retry_budget: request.limits.retry_budget,
        stall_timeout: request.limits.stall_timeout,
        limits: request.limits.agent,
        deadline: None::<Instant>,
        include_raw: request.output.include_raw,
        outputs: OutputFiles::of_process(None),
        permissions,
        started: TurnStart {
            engine: Some(connection.engine.clone()),
            capabilities: capabilities(),
            model,
            agent,
            variant,
            directory: connection.directory.to_string_lossy().into_owned(),
            session_id: Some(session_id),
            conversation: None,
            resumed: false,
            rehearsal: request.connect.rehearsal != RehearsalChoice::Off,
        },
    })
}

/// The beginning of the prompt's first line.
pub(crate) fn title_of(prompt: &str) -> String {
    let line = prompt
        .lines()
        .find(|line| !line.trim().is_empty())
        .unwrap_or("prompt")
        .trim();
    let mut title: String = line.chars().filter(|c| !c.is_control()).take(TITLE_LENGTH).collect();
    if line.chars().count() > TITLE_LENGTH {
        title.push('…');
    }
    title
}

/// What this version can do, for consumers that adapt to it.
fn capabilities() -> Vec<String> {
    [
        "attachments",
        "conversations",
        "include_raw",
        "limits",
        "permissions",
        "questions",
        "rehearsal",
        "retry",
        "text_void",
        "verify",
        "worktree",
    ]
    .map(str::to_owned)
    .to_vec()
}

/// What a turn is sent through.
pub(crate) struct Sent<'a> {
    pub(crate) connection: &'a mut connect::Connection,
    pub(crate) events: EventStream,
    /// Whether the model has a price.
    pub(crate) cost_is_known: bool,
    /// From when on time is counted.
    pub(crate) begun: std::time::Instant,
}

/// What a turn leaves for the next one of the same conversation.
pub(crate) struct NextTurnState {
    /// The rules, with what was granted for the rest of the session.
    pub(crate) policy: Policy,
    /// The gate, which holds what comes meanwhile.
    pub(crate) gate: Option<Gate>,
    /// The last message of the assistant.
    pub(crate) last: Option<MessageInfo>,
}

/// Drives a turn to its end and writes down what came of it.
pub(crate) async fn take_turn(
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
    let sent_ms = millis_since(begun);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_the_beginning_of_the_first_line() {
        assert_eq!(title_of("\n  Say hello\nand more"), "Say hello");
        assert_eq!(title_of(&"é".repeat(70)), format!("{}…", "é".repeat(60)));
        assert_eq!(title_of("a\u{1b}[31mb"), "a[31mb");
    }
}
