//! The conversation itself: a connection that lasts, a session, and one turn after the other.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use tokio::time::timeout;

use super::typed_ahead::TypedAhead;
use crate::chat::ConversationStatus;
use crate::client::Client;
use crate::client::types::{CommandCall, EngineCommand, MessageInfo, Session};
use crate::commands::unless_stopped;
use crate::connect::{rehearsed, visit};
use crate::context::{Context, Presses};
use crate::error::{Failure, FailureKind};
use crate::input::PromptParts;
use crate::permission::Policy;
use crate::prompting::permissions::{answerer, policy, warning_of_attached};
use crate::prompting::prepare::{Target, TurnInput};
use crate::prompting::ready::{EngineCatalog, ReadyConnection};
use crate::prompting::session::{NO_VARIANT, SessionLocks, lock_kept};
use crate::prompting::turn::{PreparedTurn, SHUTDOWN_TIMEOUT, delete_session};
use crate::prompting::{Display, PromptContext};
use crate::request::{Manner, ModelRef, PolicyRule, RulePattern, RunRequest, SessionLifetime, SessionStart};
use crate::support::duration::millis_since;
use crate::terminal::Screen;
use crate::turn::{Outcome, ToolCall};

/// For the engine to answer between two turns.
const HEALTH_TIMEOUT: Duration = Duration::from_secs(5);

pub(super) struct Conversation<'a> {
    pub(super) context: &'a Context,
    /// What prompts are sent with; the dialog's commands change it.
    pub(super) run: RunRequest,
    pub(super) directory: PathBuf,
    /// Where the names of conversations are kept.
    pub(super) names: PathBuf,
    system: Option<String>,
    /// The connection, once there is one.
    pub(super) link: Option<Link>,
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

/// A connection that lasts, and the engine's own commands.
pub(super) struct Link {
    pub(super) ready: ReadyConnection,
    pub(super) commands: Vec<EngineCommand>,
    is_guarded: bool,
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

impl From<PromptParts> for Asked {
    fn from(prompt: PromptParts) -> Self {
        let command = None;
        Self { prompt, command }
    }
}

/// The keys that the person presses during a turn.
pub(super) struct PersonKeys<'k> {
    pub(super) presses: &'k Presses,
    pub(super) typed: &'k mut TypedAhead,
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

    /// What the engine has, once there is one.
    pub(super) fn catalog(&self) -> Option<&EngineCatalog> {
        self.link.as_ref().map(|link| &link.ready.catalog)
    }

    /// The engine, once there is one.
    pub(super) fn client(&self) -> Option<&Client> {
        self.link.as_ref().map(|link| &link.ready.connection.client)
    }

    /// Connects unless the engine still answers. An engine that has gone is started again.
    pub(super) async fn connect(&mut self, display: &Display) -> Result<(), Failure> {
        if let Some(mut link) = self.link.take() {
            let alive = timeout(HEALTH_TIMEOUT, link.ready.connection.client.health()).await;
            let is_whole = link.ready.gate.is_some() || !link.is_guarded;
            if matches!(alive, Ok(Ok(_))) && is_whole {
                self.link = Some(link);
                return Ok(());
            }
            display
                .warn("the engine is gone; it is started again, and the session goes on")
                .await;
            link.ready.close().await;
        }
        let prompt = self.prompt(display, Instant::now());
        let questions = answerer(prompt).takes_questions();
        let mut ready = ReadyConnection::open(prompt, &self.run.names, questions).await?;
        // Each turn has a stream of its own: a stream fills up when nothing reads it.
        ready.events = None;
        let policy = policy(self.context, &self.run, &ready.connection);
        if let Some(warning) = warning_of_attached(&self.run, &ready.connection, &policy)
            && !std::mem::replace(&mut self.warned, true)
        {
            display.warn(warning).await;
        }
        let commands = ready.connection.client.commands().await.unwrap_or_else(|error| {
            tracing::debug!(%error, "the engine lists no commands");
            Vec::new()
        });
        self.link = Some(Link {
            commands,
            is_guarded: ready.gate.is_some(),
            ready,
        });
        Ok(())
    }

    /// Refuses every tool call until it is dropped: between turns nothing may run.
    pub(super) async fn refuse_calls(&mut self) {
        if let Some(gate) = self.link.as_mut().and_then(|link| link.ready.gate.as_mut()) {
            while let Some(call) = gate.next().await {
                drop(call);
            }
        }
        std::future::pending().await
    }

    /// What a person allowed for the rest of the session.
    pub(super) fn grants(&self) -> Vec<PolicyRule> {
        let policy = self.policy.as_ref();
        policy.map_or_else(Vec::new, |policy| policy.granted().cloned().collect())
    }

    pub(super) fn take_grant_back(&mut self, pattern: &RulePattern) {
        if let Some(policy) = &mut self.policy {
            policy.take_back(pattern);
        }
    }

    /// Switches tools on, or off, for the next prompt. What was granted is forgotten, and the connection closed: it fits
    /// what held before.
    pub(super) async fn switch_tools(&mut self) {
        self.run.permission.switch_tools();
        self.policy = None;
        if let Some(mut link) = self.link.take() {
            link.ready.close().await;
        }
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
        if let Some(session) = &session {
            let model = session.model.as_ref();
            self.standing.model = model.map(|model| format!("{}/{}", model.provider, model.id));
            self.standing.variant = model
                .and_then(|model| model.variant.clone())
                .filter(|name| name != NO_VARIANT);
            self.standing.agent.clone_from(&session.agent);
        }
        self.session = session.map(|session| SessionRef {
            id: session.id,
            title: session.title,
        });
    }

    /// The next prompt goes to a copy of the session, with the same names.
    pub(super) fn go_on_with_copy(&mut self, copy: Session) {
        let (standing, model) = (self.standing.clone(), self.last_model.clone());
        let (calls, answer) = (std::mem::take(&mut self.calls), std::mem::take(&mut self.answer));
        self.set_session(Some(copy));
        (self.standing, self.last_model) = (standing, model);
        (self.calls, self.answer) = (calls, answer);
    }

    /// The next prompt goes to this session.
    fn go_on_with(&mut self, id: &str) {
        self.run.session.start = SessionStart::Named(id.to_owned());
        self.run.session.manner = Manner::GoOn;
        // It has its title.
        self.run.title = None;
    }

    /// The outcome of a turn that has not begun.
    fn blank(&self) -> Outcome {
        Outcome::empty(self.directory.to_string_lossy().into_owned())
    }

    pub(super) fn display(&self) -> Result<Display, Failure> {
        Display::open(self.context, &self.run.output, None, self.blank())
    }

    /// What a prompt that begins now is sent with.
    pub(super) fn prompt<'d>(&'d self, display: &'d Display, begun: Instant) -> PromptContext<'d> {
        PromptContext {
            context: self.context,
            request: &self.run,
            directory: &self.directory,
            state: &self.names,
            display,
            begun,
        }
    }

    fn prompt_and_link<'d>(
        &'d mut self,
        display: &'d Display,
        begun: Instant,
    ) -> (PromptContext<'d>, Option<&'d mut Link>) {
        let prompt = PromptContext {
            context: self.context,
            request: &self.run,
            directory: &self.directory,
            state: &self.names,
            display,
            begun,
        };
        (prompt, self.link.as_mut())
    }

    /// Takes a turn and shows it.
    pub(super) async fn turn(&mut self, asked: Asked, person: Option<PersonKeys<'_>>) -> Result<Ended, Failure> {
        let context = self.context;
        let (presses, typed) = person.map_or((None, None), |person| (Some(person.presses), Some(person.typed)));
        if let Some(presses) = presses {
            presses.forget();
        }
        let begun = Instant::now();
        let limit = self.run.connect.timeout;
        let mut outcome = self.blank();
        let mut display = self.display()?;
        let screen = display.screen().clone();
        let broken = display.broken();
        let cancelled = cancelled(presses, typed, &screen);
        let stop = stop(context, begun, limit, cancelled, broken);
        tokio::pin!(stop);
        let turning = async {
            match unless_stopped(stop.as_mut(), self.prepare(&asked, begun, &display)).await {
                Err(failure) => outcome.failure = Some(failure),
                Ok(prepared) => {
                    let (id, started) = (prepared.turn.session_id.clone(), prepared.turn.started.clone());
                    let driving = self.drive(prepared, begun, &display, stop.as_mut(), &mut outcome);
                    let Some(locks) = Box::pin(driving).await else { return };
                    self.last_asked = Some(asked);
                    if let Some(client) = self.client().filter(|_| outcome.failure.is_none()) {
                        locks.take_rules_back(client, &id, &started).await;
                    }
                    locks.release(&self.names);
                }
            }
        };
        tokio::select! {
            () = turning => {}
            // A second press while the turn is being ended leaves at once.
            () = pressed(presses, 2) => {
                drop(display);
                return Ok(Ended::Over(FailureKind::Interrupted));
            }
        }
        outcome.phases.total_ms = millis_since(begun);
        let kind = outcome.failure.as_ref().map(|failure| failure.kind);
        let ends_all = context.interrupts.reason().is_some() || kind == Some(FailureKind::BrokenPipe);
        let was_cancelled = kind == Some(FailureKind::Interrupted) && !ends_all;
        if was_cancelled {
            outcome.failure = None;
        }
        if ends_all {
            // The reader may be the very thing that is stuck.
            let _ = timeout(SHUTDOWN_TIMEOUT, display.finish(outcome)).await;
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
    async fn prepare(&mut self, asked: &Asked, begun: Instant, display: &Display) -> Result<PreparedTurn, Failure> {
        self.connect(display).await?;
        let granted = self.policy.clone();
        let system = self.system.clone();
        let (prompt, Some(link)) = self.prompt_and_link(display, begun) else {
            return Err(Failure::engine("cannot go on: there is no engine"));
        };
        let ready = &mut link.ready;
        ready.open_events().await?;
        let locks = lock_kept(prompt).await?;
        let target = Target::find(prompt, locks, ready).await?;
        let input = TurnInput {
            parts: asked.prompt.clone(),
            system,
            policy: granted.unwrap_or_else(|| policy(prompt.context, prompt.request, &ready.connection)),
            answerer: answerer(prompt),
            schema: None,
        };
        let mut prepared = target.prepare(prompt, ready, input).await?;
        let turn = &mut prepared.turn;
        turn.command.clone_from(&asked.command);
        turn.started.rehearsal &= !std::mem::replace(&mut self.rehearsal_said, true);
        let id = turn.session_id.clone();
        self.standing.variant.clone_from(&turn.started.variant);
        if self.session.as_ref().is_none_or(|held| held.id != id) {
            self.session = Some(SessionRef {
                id: id.clone(),
                title: prepared.session_title.clone(),
            });
        }
        self.go_on_with(&id);
        Ok(prepared)
    }

    /// Takes the turn and remembers what the next one needs; gives the locks of the session back.
    async fn drive(
        &mut self,
        prepared: PreparedTurn,
        begun: Instant,
        display: &Display,
        stop: std::pin::Pin<&mut impl Future<Output = Failure>>,
        outcome: &mut Outcome,
    ) -> Option<SessionLocks> {
        let (prompt, link) = self.prompt_and_link(display, begun);
        let link = link?;
        let left = prepared.take(prompt, &mut link.ready.connection, stop, outcome).await;
        link.ready.gate = left.gate;
        let model = outcome.model.as_ref();
        let model = model.and_then(|model| link.ready.catalog.providers.model(model));
        let limit = model.map_or(0, |model| model.limit.context);
        self.policy = Some(left.policy);
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
        standing.limit = limit;
        if let Some(cost) = cost {
            *standing.dollars.get_or_insert(0.0) += cost;
        }
        Some(left.locks)
    }

    pub(super) async fn close(self) {
        let Some(mut link) = self.link else { return };
        if self.run.lifetime == SessionLifetime::Ephemeral
            && let Some(held) = &self.session
        {
            delete_session(&link.ready.connection.client, &held.id).await;
        }
        link.ready.close().await;
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

/// Resolves when a turn has to end early, with the reason.
async fn stop(
    context: &Context,
    begun: Instant,
    limit: Option<Duration>,
    cancelled: impl Future<Output = ()>,
    broken: impl Future<Output = Failure>,
) -> Failure {
    tokio::select! {
        failure = visit::stop(context, begun, limit, "the dialog") => failure,
        failure = broken => failure,
        () = cancelled => Failure::new(FailureKind::Interrupted, "the turn was cancelled"),
    }
}

/// Resolves when the person cancels the turn: with Ctrl-C, or with Esc.
async fn cancelled(presses: Option<&Presses>, typed: Option<&mut TypedAhead>, screen: &Screen) {
    let escaped = async {
        match typed {
            Some(typed) => typed.escape(screen).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = pressed(presses, 1) => {}
        () = escaped => {}
    }
}

/// Resolves when Ctrl-C has been pressed this often.
pub(super) async fn pressed(presses: Option<&Presses>, count: u32) {
    match presses {
        Some(presses) => presses.reached(count).await,
        None => std::future::pending().await,
    }
}
