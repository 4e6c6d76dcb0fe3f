//! From a prompt to a turn that is ready to be sent: its session and its names first, then the turn itself.

use super::PromptContext;
use super::names::ResolvedNames;
use super::permissions::permissions;
use super::ready::ReadyConnection;
use super::session::{ReadySession, ResumedSession, SessionLocks, WantedSession, find};
use super::turn::PreparedTurn;
use crate::answer_schema::AnswerSchema;
use crate::client::EventStream;
use crate::client::types::{NewSession, Prompt, PromptPart};
use crate::connect::Connection;
use crate::error::Failure;
use crate::input::PromptParts;
use crate::permission::Policy;
use crate::request::{NamesRequest, RehearsalChoice};
use crate::support::identifier;
use crate::support::output_files::OutputFiles;
use crate::turn::{Answerer, Turn, TurnStart, WantedAnswer};

/// The longest title that we make up, in characters.
const TITLE_LENGTH: usize = 60;

/// The session that a prompt goes to and the names that it asks for, on a connection that has them.
pub(crate) struct Target {
    locks: SessionLocks,
    /// `None` for a new session.
    session: Option<ResumedSession>,
    names: NamesRequest,
}

/// What the prompt says, and what decides about the calls that follow.
pub(crate) struct TurnInput {
    pub(crate) parts: PromptParts,
    pub(crate) system: Option<String>,
    pub(crate) policy: Policy,
    pub(crate) answerer: Answerer,
    /// What the answer has to be, and how many wrong ones are sent back.
    pub(crate) schema: Option<(AnswerSchema, u32)>,
}

impl Target {
    /// Finds the session. Connects again when the cut catalog lacks the model that the session used last.
    ///
    /// # Errors
    ///
    /// When the session cannot be prompted, or the connection fails.
    pub(crate) async fn find(
        prompt: PromptContext<'_>,
        mut locks: SessionLocks,
        ready: &mut ReadyConnection,
    ) -> Result<Self, Failure> {
        let session = find(prompt, &ready.connection.client, &mut locks).await?;
        let requested = &prompt.request.names;
        let names = match &session {
            Some(session) => session.with_last_names(requested, &ready.catalog.agents),
            None => requested.clone(),
        };
        ready.require(prompt, &names).await?;
        Ok(Self { locks, session, names })
    }

    /// Checks the names, makes the session and the turn. `ready` keeps its gate when this fails.
    ///
    /// # Errors
    ///
    /// When the engine lacks a name or refuses, or our own files cannot be written.
    pub(crate) async fn prepare(
        mut self,
        prompt: PromptContext<'_>,
        ready: &mut ReadyConnection,
        input: TurnInput,
    ) -> Result<PreparedTurn, Failure> {
        let connection = &ready.connection;
        let resolving =
            ResolvedNames::resolve(prompt.context, &self.names, connection, &ready.catalog, &input.parts).await;
        let names = resolving.map_err(|failure| match &self.session {
            Some(session) => session.explain(failure),
            None => failure,
        })?;
        let mut permissions = permissions(prompt, connection, &names, input.policy, input.answerer)?;
        let mut system = input.system;
        if let Some((schema, retries)) = input.schema {
            let tool = match ready
                .gate
                .as_mut()
                .filter(|_| ready.catalog.has_tools(names.model.as_ref()))
            {
                Some(gate) => Some(gate.offer(&WantedAnswer::offer(&schema)).await?),
                None => None,
            };
            let wanted = WantedAnswer { schema, retries, tool };
            let own = system.map_or_else(String::new, |own| own + "\n\n");
            system = Some(own + &wanted.instructions());
            permissions.want(wanted);
        }
        let title = prompt.request.title.clone();
        let new = NewSession {
            title: title.unwrap_or_else(|| title_of(&input.parts.text)),
            permission: permissions.session_rules.clone(),
        };
        let client = &connection.client;
        let wanted = WantedSession { new, names: &names };
        let session = ReadySession::make(prompt, client, &mut self.locks, self.session, wanted).await?;
        if let Some(events) = &mut ready.events {
            session.skip_earlier_events(events).await;
        }
        permissions.session_rules.clone_from(&session.rules);
        let cost_is_known = ready.catalog.cost_is_known(names.model.as_ref());
        let message = message(input.parts, system, &names)?;
        let session_title = session.title.clone();
        let turn = turn(prompt, connection, session, message);
        let events = match ready.events.take() {
            Some(events) => events,
            None => EventStream::open(client.clone()).await?,
        };
        permissions.gate = ready.gate.take();
        if let Some(gate) = &permissions.gate {
            gate.serve(&turn.session_id, permissions.answer.is_some());
        }
        Ok(PreparedTurn {
            turn,
            permissions,
            session_title,
            events,
            locks: self.locks,
            cost_is_known,
        })
    }
}

/// The message that the engine gets.
fn message(parts: PromptParts, system: Option<String>, names: &ResolvedNames) -> Result<Prompt, Failure> {
    let id = |prefix| {
        identifier::ascending(prefix)
            .map_err(|error| Failure::failed("cannot make an id for the prompt").caused_by(&error))
    };
    let text = PromptPart::Text {
        id: id("prt")?,
        text: parts.text,
    };
    let files = parts
        .files
        .into_iter()
        .map(|file| Ok(PromptPart::File { id: id("prt")?, file }));
    Ok(Prompt {
        message_id: id("msg")?,
        model: names.model.clone(),
        agent: names.agent.clone(),
        variant: names.variant.clone(),
        system,
        parts: std::iter::once(Ok(text)).chain(files).collect::<Result<_, Failure>>()?,
    })
}

fn turn(prompt: PromptContext<'_>, connection: &Connection, session: ReadySession, message: Prompt) -> Turn {
    let request = prompt.request;
    Turn {
        client: connection.client.clone(),
        session_id: session.id.clone(),
        command: None,
        max_retries: request.limits.max_retries,
        retry_budget: request.limits.retry_budget,
        stall_timeout: request.limits.stall_timeout,
        limits: request.limits.agent,
        deadline: prompt.deadline(),
        include_raw: request.output.include_raw,
        outputs: OutputFiles::of_process(Vec::new()),
        updates: prompt.display.updates(),
        started: TurnStart {
            engine: Some(connection.engine.clone()),
            capabilities: capabilities(),
            model: message.model.clone(),
            is_engines_choice: message.model.is_none() && !session.resumed,
            agent: message.agent.clone(),
            variant: message.variant.clone(),
            directory: connection.directory.to_string_lossy().into_owned(),
            session_id: Some(session.id),
            conversation: request.session.keep_as.clone(),
            resumed: session.resumed,
            rehearsal: request.connect.rehearsal != RehearsalChoice::Off,
        },
        prompt: message,
    }
}

/// The beginning of the prompt's first line.
fn title_of(prompt: &str) -> String {
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
        "schema",
        "text_void",
        "verify",
        "worktree",
    ]
    .map(str::to_owned)
    .to_vec()
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
