//! The conversation itself: a connection that lasts, a session, and one turn after the other.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tokio::time::{sleep_until, timeout};

use crate::api::Client;
use crate::api::types::{CommandCall, EngineCommand, MessageInfo, NewSession, Session};
use crate::chat::ConversationStatus;
use crate::connect::Connection;
use crate::connect::rehearsed;
use crate::context::{Context, Presses};
use crate::error::{Failure, FailureKind};
use crate::events::EventStream;
use crate::gate::Gate;
use crate::input::PromptParts;
use crate::permission::Policy;
use crate::prompting::Display;
use crate::prompting::names::choose;
use crate::prompting::permissions::{answerer, permissions, policy, warning_of_attached};
use crate::prompting::ready::{EngineCatalog, ReadyConnection, connect_and_ask};
use crate::prompting::session::{self, SessionLocks};
use crate::prompting::turn::{LAST_WORDS, Sent, take_turn, title_of, turn_in};
use crate::request::{Manner, ModelRef, RehearsalChoice, RunRequest, SessionStart};
use crate::turn::{Outcome, ToolCall, Turn, Update};

/// How long a server may take to say that it is there.
const SIGN_OF_LIFE: Duration = Duration::from_secs(5);

pub(super) struct Conversation<'a> {
    pub(super) context: &'a Context,
    /// What prompts are sent with; the dialog's commands change it.
    pub(super) run: RunRequest,
    pub(super) directory: PathBuf,
    /// Where the names of conversations are kept.
    pub(super) names: PathBuf,
    system: Option<String>,
    link: Option<Link>,
    pub(super) session: Option<SessionRef>,
    /// The rules, with what was granted in this session.
    policy: Option<Policy>,
    /// The tools that were called, oldest first.
    pub(super) calls: Vec<ToolCall>,
    pub(super) answer: String,
    pub(super) last_asked: Option<Asked>,
    /// The model that answered last.
    pub(super) last_model: Option<ModelRef>,
    pub(super) standing: ConversationStatus,
    /// The engine had to be started again.
    warned: bool,
    rehearsal_said: bool,
}

/// A connection that lasts, and what the engine offers.
pub(super) struct Link {
    connection: Connection,
    pub(super) offer: EngineCatalog,
    pub(super) commands: Vec<EngineCommand>,
    gate: Option<Gate>,
    is_guarded: bool,
}

impl Link {
    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }
}

/// The session of the conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SessionRef {
    pub(super) id: String,
    pub(super) title: String,
}

#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) prompt: PromptParts,
    pub(super) command: Option<CommandCall>,
}

#[derive(Debug)]
pub(super) enum Ended {
    Well,
    Cancelled,
    /// With a failure that has been shown.
    Failed(FailureKind),
    /// And the whole command with it.
    Over(FailureKind),
}

impl<'a> Conversation<'a> {
    pub(super) fn new(context: &'a Context, run: RunRequest, directory: PathBuf, system: Option<String>) -> Self {
        Self {
            context,
            names: rehearsed::names(context, &run.connect.rehearsal),
            directory,
            run,
            system,
            link: None,
            session: None,
            policy: None,
            calls: Vec::new(),
            answer: String::new(),
            last_asked: None,
            last_model: None,
            standing: ConversationStatus::default(),
            warned: false,
            rehearsal_said: false,
        }
    }

    /// The connection, once there is one.
    pub(super) fn link(&self) -> Option<&Link> {
        self.link.as_ref()
    }

    /// The engine, once there is one.
    pub(super) fn client(&self) -> Option<&Client> {
        self.link.as_ref().map(|link| &link.connection.client)
    }

    /// The engine's version, once there is one.
    pub(super) fn engine_version(&self) -> Option<&str> {
        self.link.as_ref().map(|link| link.connection.engine.version.as_str())
    }

    /// Makes sure that an engine is there; one that has gone is started again.
    pub(super) async fn connect(&mut self, display: &Display) -> Result<(), Failure> {
        if let Some(link) = self.link.take() {
            let alive = timeout(SIGN_OF_LIFE, link.connection.client.health()).await;
            let is_whole = link.gate.is_some() || !link.is_guarded;
            if matches!(alive, Ok(Ok(_))) && is_whole {
                self.link = Some(link);
                return Ok(());
            }
            let warning = "the engine is gone; it is started again, and the session goes on";
            let _ = display.updates().send(Update::Warning(warning.to_owned())).await;
            link.connection.close().await;
        }
        let questions = answerer(self.context, &self.run, display).takes_questions();
        let ready = connect_and_ask(self.context, &self.run, &self.directory, display, questions).await?;
        let ReadyConnection {
            connection,
            events,
            offer,
            gate,
        } = ready;
        // Each turn has a stream of its own: one that nobody reads fills up.
        drop(events);
        let policy = policy(self.context, &self.run, &connection);
        if let Some(warning) = warning_of_attached(&self.run, &connection, &policy)
            && !std::mem::replace(&mut self.warned, true)
        {
            let _ = display.updates().send(Update::Warning(warning.to_owned())).await;
        }
        let commands = connection.client.commands().await.unwrap_or_else(|error| {
            tracing::debug!(%error, "the engine lists no commands");
            Vec::new()
        });
        self.link = Some(Link {
            connection,
            offer,
            commands,
            is_guarded: gate.is_some(),
            gate,
        });
        Ok(())
    }

    /// Refuses every tool call until it is dropped: between turns nothing may run.
    pub(super) async fn refuse_calls(&mut self) {
        if let Some(gate) = self.link.as_mut().and_then(|link| link.gate.as_mut()) {
            while let Some(call) = gate.next().await {
                drop(call);
            }
        }
        std::future::pending().await
    }

    /// Begins anew: what was granted and called belongs to the session before.
    pub(super) fn set_session(&mut self, session: Option<Session>) {
        self.policy = None;
        self.calls.clear();
        self.answer.clear();
        self.last_asked = None;
        self.last_model = None;
        self.standing = ConversationStatus::default();
        match &session {
            Some(session) => self.go_on_with(&session.id),
            None => {
                self.run.session.start = SessionStart::New;
                self.run.session.manner = Manner::GoOn;
            }
        }
        self.session = session.map(|session| SessionRef {
            id: session.id,
            title: session.title,
        });
    }

    /// The next prompt goes to this session.
    fn go_on_with(&mut self, id: &str) {
        self.run.session.start = SessionStart::Named(id.to_owned());
        self.run.session.manner = Manner::GoOn;
        // It has its title.
        self.run.title = None;
    }

    /// What has to be known to claim a session.
    pub(super) fn around<'d>(&'d self, display: &'d Display) -> session::SessionContext<'d> {
        session::SessionContext {
            state: &self.names,
            directory: &self.directory,
            display,
        }
    }

    /// Takes a turn and shows it.
    pub(super) async fn turn(&mut self, asked: Asked, presses: Option<&Presses>) -> Result<Ended, Failure> {
        let context = self.context;
        if let Some(presses) = presses {
            presses.forget();
        }
        let begun = Instant::now();
        let limit = self.run.connect.timeout;
        let deadline = limit.map(|limit| tokio::time::Instant::from_std(begun) + limit);
        let blank = || Outcome::empty(self.directory.to_string_lossy().into_owned());
        let mut outcome = blank();
        let mut display = Display::open(context, &self.run.output, blank())?;
        let stop = stop(context, limit, presses, deadline, display.broken());
        tokio::pin!(stop);
        let turning = async {
            let prepared = {
                let preparing = Box::pin(self.prepare(&asked, deadline, &display));
                tokio::select! {
                    biased;
                    failure = stop.as_mut() => Err(failure),
                    prepared = preparing => prepared,
                }
            };
            match prepared {
                Err(failure) => outcome.failure = Some(failure),
                Ok((turn, events, claim)) => {
                    let (id, started) = (turn.session_id.clone(), turn.started.clone());
                    Box::pin(self.drive(asked, turn, events, begun, &display, stop.as_mut(), &mut outcome)).await;
                    if let Some(client) = self.client().filter(|_| outcome.failure.is_none()) {
                        claim.give_back(client, &id, &started).await;
                    }
                    claim.release(&self.names);
                }
            }
        };
        tokio::select! {
            () = turning => {}
            // Whoever presses it again while the turn is being ended wants to leave at once.
            () = pressed(presses, 2) => {
                drop(display);
                return Ok(Ended::Over(FailureKind::Interrupted));
            }
        }
        outcome.phases.total_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        let kind = outcome.failure.as_ref().map(|failure| failure.kind);
        let ends_all = context.interrupts.reason().is_some() || kind == Some(FailureKind::BrokenPipe);
        let was_cancelled = kind == Some(FailureKind::Interrupted) && !ends_all;
        if was_cancelled {
            outcome.failure = None;
        }
        if ends_all {
            // The reader may be the very thing that is stuck.
            let _ = timeout(LAST_WORDS, display.finish(outcome)).await;
        } else {
            display.finish(outcome).await?;
        }
        Ok(match kind {
            None => Ended::Well,
            Some(kind) if ends_all => Ended::Over(kind),
            Some(_) if was_cancelled => Ended::Cancelled,
            Some(kind) => Ended::Failed(kind),
        })
    }

    /// Everything before the prompt is sent.
    async fn prepare(
        &mut self,
        asked: &Asked,
        deadline: Option<tokio::time::Instant>,
        display: &Display,
    ) -> Result<(Turn, EventStream, SessionLocks), Failure> {
        self.connect(display).await?;
        let Some(link) = &mut self.link else {
            return Err(Failure::new(FailureKind::Engine, "cannot go on: there is no engine"));
        };
        let (context, connection) = (self.context, &link.connection);
        let client = &connection.client;
        let around = session::SessionContext {
            state: &self.names,
            directory: &self.directory,
            display,
        };
        // Early: a stream that was opened just before the prompt would miss its first events.
        let mut events = EventStream::open(client.clone()).await?;
        let mut claim = session::claim(&self.run, around).await?;
        let origin = session::find(&self.run, client, &mut claim, around).await?;
        let with_names = origin
            .as_ref()
            .map(|origin| origin.with_last_names(&self.run, &link.offer.agents));
        let run = with_names.as_ref().unwrap_or(&self.run);
        let chosen = choose(context, run, connection, &link.offer, &asked.prompt)
            .await
            .map_err(|failure| match &origin {
                Some(origin) => origin.explain(failure),
                None => failure,
            })?;
        let policy = self.policy.clone().unwrap_or_else(|| policy(context, run, connection));
        let answerer = answerer(context, run, display);
        let mut permissions = permissions(context, run, connection, &chosen, policy, None, answerer)?;
        let new = NewSession {
            title: run.title.clone().unwrap_or_else(|| title_of(&asked.prompt.text)),
            permission: permissions.session_rules.clone(),
        };
        let settled = session::settle(run, client, &mut claim, origin, new, &chosen, around).await?;
        session::skip_what_was_before(&mut events, &settled).await;
        permissions.session_rules.clone_from(&settled.rules);
        let id = settled.id.clone();
        let title = match self.session.take() {
            Some(held) if held.id == id => held.title,
            _ => client.session(&id).await?.title,
        };
        self.session = Some(SessionRef { id: id.clone(), title });
        self.standing.variant.clone_from(&chosen.variant);
        let system = self.system.clone();
        let mut turn = turn_in(
            id.clone(),
            run,
            connection,
            chosen,
            asked.prompt.clone(),
            system,
            permissions,
        )?;
        turn.deadline = deadline;
        turn.started.conversation.clone_from(&self.run.session.keep_as);
        turn.started.resumed = settled.resumed;
        turn.command.clone_from(&asked.command);
        turn.started.rehearsal =
            run.connect.rehearsal != RehearsalChoice::Off && !std::mem::replace(&mut self.rehearsal_said, true);
        // Last of all: whoever gives up before this leaves the gate where it is.
        turn.permissions.gate = link.gate.take();
        self.go_on_with(&id);
        Ok((turn, events, claim))
    }

    #[expect(clippy::too_many_arguments, reason = "everything comes together here")]
    async fn drive(
        &mut self,
        asked: Asked,
        turn: Turn,
        events: EventStream,
        begun: Instant,
        display: &Display,
        stop: std::pin::Pin<&mut impl Future<Output = Failure>>,
        outcome: &mut Outcome,
    ) {
        let Some(link) = &mut self.link else { return };
        let cost_is_known = link.offer.cost_is_known(turn.started.model.as_ref());
        let sent = Sent {
            connection: &mut link.connection,
            events,
            cost_is_known,
            begun,
        };
        let left = take_turn(sent, turn, display, stop, outcome).await;
        link.gate = left.gate;
        self.policy = Some(left.policy);
        self.last_asked = Some(asked);
        self.last_model = outcome.model.clone().or(self.last_model.take());
        if !outcome.result.trim().is_empty() {
            self.answer.clone_from(&outcome.result);
        }
        self.calls.extend(outcome.tool_calls.iter().cloned());
        let cost = outcome.cost_usd.as_deref().and_then(|cost| cost.parse::<f64>().ok());
        let standing = &mut self.standing;
        standing.model = outcome.model.as_ref().map(ToString::to_string);
        standing.agent.clone_from(&outcome.agent);
        if let Some(last) = &left.last
            && context_of(last) > 0
        {
            standing.used = context_of(last);
        }
        standing.limit = outcome
            .model
            .as_ref()
            .and_then(|model| link.offer.providers.model(model))
            .map_or(0, |model| model.limit.context);
        standing.dollars = match (standing.dollars, cost) {
            (before, None) => before,
            (before, Some(cost)) => Some(before.unwrap_or(0.0) + cost),
        };
    }

    pub(super) async fn close(self) {
        let Some(link) = self.link else { return };
        if self.run.lifetime == crate::request::SessionLifetime::Ephemeral
            && let Some(held) = &self.session
        {
            let deleting = link.connection.client.delete_session(&held.id);
            if let Ok(Err(error)) = timeout(LAST_WORDS, deleting).await {
                tracing::warn!(%error, "cannot delete the session");
            }
        }
        link.connection.close().await;
    }
}

/// Tokens that a step took and gave: what the next one begins with.
pub(super) fn context_of(message: &MessageInfo) -> u64 {
    let tokens = &message.tokens;
    let sum = tokens.input + tokens.output + tokens.reasoning + tokens.cache.read + tokens.cache.write;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a count, however it is written"
    )]
    let count = sum.max(0.0) as u64;
    count
}

/// Resolves when a turn shall end early, with the reason.
async fn stop(
    context: &Context,
    limit: Option<Duration>,
    presses: Option<&Presses>,
    deadline: Option<tokio::time::Instant>,
    broken: impl Future<Output = Failure>,
) -> Failure {
    let limit = limit.unwrap_or_default();
    tokio::select! {
        _ = context.interrupts.interrupted() => context.interrupts.failure("the dialog"),
        failure = broken => failure,
        () = pressed(presses, 1) => Failure::new(FailureKind::Interrupted, "the turn was cancelled"),
        () = sleep_until(deadline.unwrap_or_else(tokio::time::Instant::now)), if deadline.is_some() => {
            Failure::new(FailureKind::Timeout, format!("cannot finish the turn within {} s", limit.as_secs_f64()))
                .hint("raise `--timeout`, or leave it out")
        }
    }
}

/// Resolves when Ctrl-C has been pressed this often.
pub(super) async fn pressed(presses: Option<&Presses>, count: u32) {
    match presses {
        Some(presses) => presses.reached(count).await,
        None => std::future::pending().await,
    }
}

/// The directory of a conversation, for whoever needs it before there is a connection.
pub(super) fn directory(context: &Context, run: &RunRequest) -> Result<PathBuf, Failure> {
    crate::connect::directory(context, &run.connect)
}

/// Whether a file that a prompt names is there.
pub(super) fn is_there(directory: &Path, name: &str) -> bool {
    std::fs::metadata(directory.join(name)).is_ok()
}
