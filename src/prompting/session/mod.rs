//! The session that a prompt goes to: found, copied or made, with the rules of this run.
//!
//! In: a request and a connection. Out: a locked session and its rules. Invariants: a missing session is an
//! error, and no new session takes its place; a name belongs to its session before the first prompt is sent.

mod rules;
mod waiting;
mod which;

use std::path::Path;
use std::time::Duration;

use tokio::time::timeout;

use self::rules::{change_rules, take_rules_away};
use self::waiting::{Notice, lock_session, wait_until_idle, warn};
use self::which::{foreign, gone, is_at, latest, named, nothing_kept, session, unreadable};
use super::PromptContext;
use super::names::ResolvedNames;
use crate::client::types::{Agent, NewSession, Rule, Session};
use crate::client::types::{SessionChange, no_rules};
use crate::client::{Client, Event, EventStream, StreamItem};
use crate::conversation::{ConversationLock, KeptSession};
use crate::error::{Failure, FailureKind};
use crate::request::{BusySession, Manner, ModelRef, NamesRequest, SessionStart, VariantChoice};
use crate::turn::{TurnStart, TurnStatus, Update};

/// For the event about our own change.
const CHANGE_EVENT_TIMEOUT: Duration = Duration::from_secs(2);
/// What the engine calls the variant of a prompt that named none.
pub(crate) const NO_VARIANT: &str = "default";

/// The locks that a command holds on a conversation.
#[derive(Default)]
pub(crate) struct SessionLocks {
    /// Held while the name may be moved to another session.
    name: Option<ConversationLock>,
    /// Held while this command sends prompts to the session.
    session: Option<ConversationLock>,
    /// The session of the name.
    kept: Option<KeptSession>,
    /// The session had no rules before the turn and is not kept by us, so it gets none afterwards either.
    had_no_rules: bool,
}

impl SessionLocks {
    /// Takes our rules away from a session that had none: another program that goes on with it would find all tools denied.
    ///
    /// Call it after the turn: the engine answers the message that this stores when the session runs.
    pub(crate) async fn take_rules_back(&self, client: &Client, id: &str, started: &TurnStart) {
        if !self.had_no_rules {
            return;
        }
        let taken = take_rules_away(
            client,
            id,
            started.model.as_ref(),
            started.agent.as_deref(),
            started.variant.as_deref(),
        );
        if let Ok(Err(failure)) = timeout(CHANGE_EVENT_TIMEOUT, taken).await {
            tracing::debug!(%failure, "cannot take the rules of the run away");
        }
    }

    /// Lets the name stand for the session.
    async fn keep(&mut self, id: &str, prompt: PromptContext<'_>) -> Result<(), Failure> {
        let Some(name) = &prompt.request.session.keep_as else {
            return Ok(());
        };
        if self.kept.as_ref().is_none_or(|kept| kept.session_id != id) {
            let kept = KeptSession::new(prompt.directory, name, id);
            kept.save(prompt.state).map_err(|error| {
                Failure::failed(format!("cannot keep the conversation in `{}`", prompt.state.display()))
                    .caused_by(&error)
                    .hint("make the directory writable, or set `XDG_STATE_HOME`")
            })?;
            if let Some(before) = self.kept.replace(kept) {
                let replaced = TurnStatus::Replaced {
                    conversation: before.name,
                    session_id: before.session_id,
                };
                let _ = prompt.display.updates().send(Update::Status(replaced)).await;
            }
        }
        self.name = None;
        Ok(())
    }

    /// Notes that the conversation was used, and releases the locks.
    pub(crate) fn release(self, state: &Path) {
        if let Some(kept) = &self.kept
            && let Err(error) = kept.touch(state)
        {
            tracing::debug!(%error, "cannot note that a conversation was used");
        }
    }
}

/// Locks a kept conversation before an engine is there, so that no engine runs while this command waits for another.
///
/// # Errors
///
/// When another command has the lock and the request does not wait, or our own files cannot be used.
pub(crate) async fn lock_kept(prompt: PromptContext<'_>) -> Result<SessionLocks, Failure> {
    let choice = &prompt.request.session;
    let mut locks = SessionLocks::default();
    let Some(name) = &choice.keep_as else {
        return Ok(locks);
    };
    let notice = Notice::new(prompt.display);
    let lock = ConversationLock::of_name(prompt.state, prompt.directory, name, choice.waiting, |pid| {
        notice.held(pid)
    })
    .await?;
    locks.name = Some(lock);
    let mut warnings = Vec::new();
    let found = KeptSession::find(prompt.state, prompt.directory, name, &mut warnings);
    warn(prompt.display, warnings).await;
    locks.kept = found.map_err(|error| unreadable(prompt.state, &error))?;
    if let (SessionStart::Kept, Manner::GoOn, Some(kept)) = (&choice.start, choice.manner, &locks.kept) {
        locks.session = Some(lock_session(&kept.session_id, choice.waiting, prompt, &notice).await?);
        // The name keeps its session.
        locks.name = None;
    }
    Ok(locks)
}

/// An existing session that goes on, or is copied.
#[derive(Debug, Clone)]
pub(crate) struct ResumedSession {
    /// The session, as the engine describes it.
    pub(crate) info: Session,
    manner: Manner,
    /// It was busy when it was found, so some events on the stream belong to an earlier turn.
    was_busy: bool,
}

impl ResumedSession {
    /// The names that the session used last, and those of the request that were typed. A typed agent brings its own model.
    pub(crate) fn with_last_names(&self, request: &NamesRequest, agents: &[Agent]) -> NamesRequest {
        let mut names = request.clone();
        let typed = names.typed;
        if !typed.agent && self.info.agent.is_some() {
            names.agent.clone_from(&self.info.agent);
        }
        let Some(last) = &self.info.model else {
            return names;
        };
        let brings_its_own = |agent: &Agent| Some(&agent.name) == names.agent.as_ref() && agent.model.is_some();
        let last_model = ModelRef {
            provider: last.provider.clone(),
            model: last.id.clone(),
        };
        if !typed.model {
            names.model = if typed.agent && agents.iter().any(brings_its_own) {
                None
            } else {
                last_model.to_string().parse().ok().or(names.model)
            };
        }
        let is_the_same = names.model.as_ref().and_then(|model| model.as_ref()) == Some(last_model);
        if let Some(variant) = last.variant.as_deref().filter(|variant| *variant != NO_VARIANT)
            && is_the_same
            && !typed.variant
        {
            names.variant = VariantChoice::Named(variant.to_owned());
        }
        names
    }

    /// Adds to the failure to find a name that it may be the session's.
    pub(crate) fn explain(&self, failure: Failure) -> Failure {
        if !matches!(failure.kind, FailureKind::Usage | FailureKind::Auth) {
            return failure;
        }
        let model = self
            .info
            .model
            .as_ref()
            .map(|model| format!("model `{}/{}`", model.provider, model.id));
        let variant = self.info.model.as_ref().and_then(|model| model.variant.as_deref());
        let variant = variant.filter(|variant| *variant != NO_VARIANT);
        let agent = self.info.agent.as_ref().map(|agent| format!("agent `{agent}`"));
        let used: Vec<String> = [model, variant.map(|variant| format!("variant `{variant}`")), agent]
            .into_iter()
            .flatten()
            .collect();
        if used.is_empty() {
            return failure;
        }
        failure.hint(format!(
            "the session used {} last; `--model`, `--variant` and `--agent` choose others",
            used.join(", ")
        ))
    }
}

/// Finds and locks the session that the request names, and waits until it is idle. `None` when the request wants a new one.
///
/// # Errors
///
/// When the session does not exist, belongs to another directory, or is busy and the request does not wait.
pub(crate) async fn find(
    prompt: PromptContext<'_>,
    client: &Client,
    locks: &mut SessionLocks,
) -> Result<Option<ResumedSession>, Failure> {
    let choice = &prompt.request.session;
    let id = match (&choice.start, &locks.kept) {
        (SessionStart::New, _) => return Ok(None),
        (SessionStart::Kept, Some(kept)) => kept.session_id.clone(),
        (SessionStart::Kept, None) if choice.manner == Manner::Fork => {
            return Err(nothing_kept(choice.keep_as.as_deref().unwrap_or_default(), prompt).await);
        }
        (SessionStart::Kept, None) => return Ok(None),
        (SessionStart::Latest, _) => latest(client, prompt.directory).await?,
        (SessionStart::Named(reference), _) => named(reference, client, prompt).await?,
    };
    if choice.manner == Manner::GoOn && locks.session.is_none() {
        let notice = Notice::new(prompt.display);
        locks.session = Some(lock_session(&id, choice.waiting, prompt, &notice).await?);
    }
    let known = async {
        match session(client, &id).await? {
            Some(info) => Ok(info),
            None => Err(gone(&id, prompt).await),
        }
    };
    let at_work = async { Ok(client.session_statuses().await?.contains_key(&id)) };
    let (info, at_work) = tokio::try_join!(known, at_work)?;
    if !is_at(&info.directory, prompt.directory) {
        return Err(foreign(prompt.request, &info));
    }
    // A copy of a session that is at work is a copy of what is there by now.
    let was_busy = at_work && choice.manner == Manner::GoOn;
    if was_busy {
        wait_until_idle(client, &id, choice.waiting, prompt.display).await?;
    }
    Ok(Some(ResumedSession {
        info,
        manner: choice.manner,
        was_busy,
    }))
}

/// What a session is to have when the prompt is sent.
pub(crate) struct WantedSession<'a> {
    /// Title and rules; an existing session keeps its title.
    pub(crate) new: NewSession,
    pub(crate) names: &'a ResolvedNames,
}

/// A session that is ready for a prompt.
pub(crate) struct ReadySession {
    pub(crate) id: String,
    pub(crate) title: String,
    /// The rules that it has.
    pub(crate) rules: Vec<Rule>,
    pub(crate) resumed: bool,
    /// When we last changed it, by the engine's clock: events up to that one are not of our turn.
    changed: Option<f64>,
}

impl ReadySession {
    /// Creates the session, copies one, or gives an existing one the rules of this run. Then records the session under the name.
    ///
    /// # Errors
    ///
    /// When the engine refuses, or the conversation cannot be kept.
    pub(crate) async fn make(
        prompt: PromptContext<'_>,
        client: &Client,
        locks: &mut SessionLocks,
        resumed: Option<ResumedSession>,
        wanted: WantedSession<'_>,
    ) -> Result<Self, Failure> {
        let WantedSession { new, names } = wanted;
        let is_new = resumed.is_none();
        let (info, rules, changed) = match resumed {
            None => (client.create_session(&new).await?, new.permission, None),
            Some(session) if session.manner == Manner::Fork => {
                let copy: Session = client.fork_session(&session.info.id, None).await?;
                let change = SessionChange {
                    title: prompt.request.title.clone(),
                    rules: new.permission,
                };
                let mut changed = client.change_session(&copy.id, &change).await?;
                let rules = changed.permission.take().unwrap_or(change.rules);
                let updated = changed.time.updated;
                (changed, rules, Some(updated))
            }
            Some(ResumedSession { info, was_busy, .. }) => {
                let stored = info.permission.as_deref().unwrap_or_default();
                let is_kept = prompt.request.session.keep_as.is_some();
                locks.had_no_rules = !is_kept && stored.iter().all(|rule| *rule == no_rules());
                let title = prompt.request.title.clone().filter(|title| *title != info.title);
                // The event about our own change shows where the events of an earlier turn end.
                let title = title.or_else(|| was_busy.then(|| info.title.clone()));
                let (rules, changed) = change_rules(client, &info, title, new.permission, names).await?;
                (info, rules, changed)
            }
        };
        let ready = Self {
            id: info.id,
            title: prompt.request.title.clone().unwrap_or(info.title),
            rules,
            resumed: !is_new,
            changed,
        };
        if locks.session.is_none() {
            let notice = Notice::new(prompt.display);
            // Only a command that looks for the latest session can hold the lock of a new one.
            let lock = lock_session(&ready.id, BusySession::Allowed, prompt, &notice).await;
            if let Err(failure) = &lock {
                tracing::debug!(%failure, "a new session goes without a lock");
            }
            locks.session = lock.ok();
        }
        locks.keep(&ready.id, prompt).await?;
        Ok(ready)
    }

    /// Takes the events of earlier turns and of our own changes off the stream.
    pub(crate) async fn skip_earlier_events(&self, events: &mut EventStream) {
        let Some(changed) = self.changed else {
            return;
        };
        let skipping = async {
            while let Some(item) = events.next().await {
                if let StreamItem::Event(received) = item
                    && let Event::Session(session) = received.event
                    && session.id == self.id
                    && session.time.updated >= changed
                {
                    return;
                }
            }
        };
        if timeout(CHANGE_EVENT_TIMEOUT, skipping).await.is_err() {
            tracing::debug!("the event about the changed session did not come");
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::request::TypedNames;

    /// What a request names, and which of it was typed, in a session that used other names.
    fn names(typed: TypedNames, last: &serde_json::Value) -> (Option<String>, Option<String>, VariantChoice) {
        let session = ResumedSession {
            info: serde_json::from_value(last.clone()).unwrap(),
            manner: Manner::GoOn,
            was_busy: false,
        };
        let agents: Vec<Agent> = serde_json::from_value(json!([
            {"name": "plain"},
            {"name": "own", "model": {"providerID": "p", "modelID": "own"}},
        ]))
        .unwrap();
        let request = NamesRequest {
            model: Some("p/asked".parse().unwrap()),
            agent: Some(if typed.agent { "own" } else { "plain" }.to_owned()),
            variant: VariantChoice::Named("asked".to_owned()),
            typed,
        };
        let request = session.with_last_names(&request, &agents);
        let model = request.model.map(|model| model.as_str().to_owned());
        (model, request.agent, request.variant)
    }

    #[test]
    fn a_session_goes_on_with_its_names_unless_others_are_typed() {
        let last = json!({"agent": "plan", "model": {"providerID": "q", "id": "a/last", "variant": "high"}});
        let variant = |name: &str| VariantChoice::Named(name.to_owned());
        let some = |name: &str| Some(name.to_owned());
        let nothing = TypedNames::default();
        assert_eq!(names(nothing, &last), (some("q/a/last"), some("plan"), variant("high")));
        let typed = TypedNames {
            variant: true,
            ..nothing
        };
        assert_eq!(names(typed, &last), (some("q/a/last"), some("plan"), variant("asked")));
        let typed = TypedNames { model: true, ..nothing };
        assert_eq!(names(typed, &last), (some("p/asked"), some("plan"), variant("asked")));
        // An agent that is typed brings its own model.
        let typed = TypedNames { agent: true, ..nothing };
        assert_eq!(names(typed, &last), (None, some("own"), variant("asked")));
        // A session in which nothing was said yet has none.
        assert_eq!(
            names(nothing, &json!({})),
            (some("p/asked"), some("plain"), variant("asked"))
        );
        let last = json!({"agent": "plan", "model": {"providerID": "p", "id": "m", "variant": "default"}});
        assert_eq!(names(nothing, &last), (some("p/m"), some("plan"), variant("asked")));
    }
}
