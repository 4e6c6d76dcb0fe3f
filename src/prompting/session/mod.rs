//! The session that a prompt goes to: found, copied or made, with the rules of this run.
//!
//! Comes in: which session was asked for, and a connection. Goes out: a session in which nobody else speaks, and the rules
//! that it has. Always true: what was asked for and is not there is an error, never a new session instead; and a name
//! stands for a session as soon as there is one, before anything is said in it.

mod rules;
mod waiting;
mod which;

use std::path::Path;
use std::time::Duration;

use tokio::time::timeout;

use self::rules::{change_rules, take_rules_away};
use self::waiting::{Notice, lock_session, wait_until_idle, warn};
use self::which::{foreign, gone, is_at, latest, named, nothing_kept, session, unreadable};
use super::Display;
use crate::api::types::{Agent, NewSession, Rule, Session};
use crate::api::{Client, SessionChange, no_rules};
use crate::conversation::{KeptSession, NameLock, SessionLock};
use crate::error::{Failure, FailureKind};
use crate::events::{Event, EventStream, StreamItem};
use crate::prompting::names::Chosen;
use crate::request::{BusySession, Manner, ModelRef, RunRequest, SessionStart, VariantChoice};
use crate::turn::{TurnStart, TurnStatus, Update};

/// How long the event about a change of ours may take.
const LAST_EVENTS: Duration = Duration::from_secs(2);
/// What the engine calls the variant of a prompt that named none.
const NO_VARIANT: &str = "default";

/// Where sessions are kept in mind, and who is told what is waited for.
#[derive(Clone, Copy)]
pub(crate) struct SessionContext<'a> {
    pub(crate) state: &'a Path,
    pub(crate) directory: &'a Path,
    pub(crate) display: &'a Display,
}

/// What a run holds of a conversation.
#[derive(Default)]
pub(crate) struct SessionLocks {
    /// The right to say what the name stands for.
    name: Option<NameLock>,
    /// The right to speak in the session.
    session: Option<SessionLock>,
    /// What the name stands for.
    kept: Option<KeptSession>,
    /// The session had no rules, and is not ours to keep: it shall have none afterwards either.
    had_no_rules: bool,
}

impl SessionLocks {
    /// Takes our rules away from a session that had none, or whoever goes on with it elsewhere would find all tools denied.
    ///
    /// Its turn is over: what is stored for that would be answered while it runs.
    pub(crate) async fn give_back(&self, client: &Client, id: &str, started: &TurnStart) {
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
        if let Ok(Err(failure)) = timeout(LAST_EVENTS, taken).await {
            tracing::debug!(%failure, "cannot take the rules of the run away");
        }
    }

    /// Notes that the conversation was used, and gives it free.
    pub(crate) fn release(self, state: &Path) {
        if let Some(kept) = &self.kept
            && let Err(error) = kept.touch(state)
        {
            tracing::debug!(%error, "cannot note that a conversation was used");
        }
    }
}

/// Claims a kept conversation, before an engine is there: whoever has to wait does not keep one running meanwhile.
///
/// # Errors
///
/// When somebody else is at work on it and that is not waited for, or our own files cannot be used.
pub(crate) async fn claim(request: &RunRequest, around: SessionContext<'_>) -> Result<SessionLocks, Failure> {
    let choice = &request.session;
    let mut claim = SessionLocks::default();
    let Some(name) = &choice.keep_as else {
        return Ok(claim);
    };
    let notice = Notice::new(around.display);
    let lock = NameLock::acquire(around.state, around.directory, name, choice.waiting, |pid| {
        notice.held(pid)
    })
    .await?;
    claim.name = Some(lock);
    let mut warnings = Vec::new();
    let found = KeptSession::find(around.state, around.directory, name, &mut warnings);
    warn(around.display, warnings).await;
    claim.kept = found.map_err(|error| unreadable(around.state, &error))?;
    if let (SessionStart::Kept, Manner::GoOn, Some(kept)) = (&choice.start, choice.manner, &claim.kept) {
        claim.session = Some(lock_session(&kept.session_id, choice.waiting, around, &notice).await?);
        // What the name stands for stays as it is.
        claim.name = None;
    }
    Ok(claim)
}

/// A session that is there, and goes on.
#[derive(Debug, Clone)]
pub(crate) struct ResumedSession {
    info: Session,
    manner: Manner,
    /// It was at work when we came, so that the events which are on their way are not all of our own turn.
    was_busy: bool,
}

impl ResumedSession {
    /// The session, as the engine describes it.
    pub(crate) fn into_session(self) -> Session {
        self.info
    }

    /// The same request with the names that the session used last, where no others were typed.
    ///
    /// An agent that was typed brings its own model, if it has one.
    pub(crate) fn with_last_names(&self, request: &RunRequest, agents: &[Agent]) -> RunRequest {
        let mut request = request.clone();
        let typed = request.typed;
        if !typed.agent && self.info.agent.is_some() {
            request.agent.clone_from(&self.info.agent);
        }
        let Some(last) = &self.info.model else {
            return request;
        };
        let brings_its_own = |agent: &Agent| Some(&agent.name) == request.agent.as_ref() && agent.model.is_some();
        let name = ModelRef {
            provider: last.provider.clone(),
            model: last.id.clone(),
        };
        if !typed.model {
            request.model = if typed.agent && agents.iter().any(brings_its_own) {
                None
            } else {
                name.to_string().parse().ok().or(request.model)
            };
        }
        let is_the_same = request.model.as_ref().and_then(|model| model.as_ref()) == Some(name);
        if let Some(variant) = last.variant.as_deref().filter(|variant| *variant != NO_VARIANT)
            && is_the_same
            && !typed.variant
        {
            request.variant = VariantChoice::Named(variant.to_owned());
        }
        request
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

/// Finds the session that was asked for, and waits until nobody is at work in it; none where a new one is wanted.
///
/// # Errors
///
/// When it is not there, or belongs to another directory, or somebody is at work on it and that is not waited for.
pub(crate) async fn find(
    request: &RunRequest,
    client: &Client,
    claim: &mut SessionLocks,
    around: SessionContext<'_>,
) -> Result<Option<ResumedSession>, Failure> {
    let choice = &request.session;
    let id = match (&choice.start, &claim.kept) {
        (SessionStart::New, _) => return Ok(None),
        (SessionStart::Kept, Some(kept)) => kept.session_id.clone(),
        (SessionStart::Kept, None) if choice.manner == Manner::Fork => {
            return Err(nothing_kept(choice.keep_as.as_deref().unwrap_or_default(), around).await);
        }
        (SessionStart::Kept, None) => return Ok(None),
        (SessionStart::Latest, _) => latest(client, around.directory).await?,
        (SessionStart::Named(reference), _) => named(reference, client, around).await?,
    };
    if choice.manner == Manner::GoOn && claim.session.is_none() {
        let notice = Notice::new(around.display);
        claim.session = Some(lock_session(&id, choice.waiting, around, &notice).await?);
    }
    let known = async {
        match session(client, &id).await? {
            Some(info) => Ok(info),
            None => Err(gone(request, &id, around).await),
        }
    };
    let at_work = async { Ok(client.session_statuses().await?.contains_key(&id)) };
    let (info, at_work) = tokio::try_join!(known, at_work)?;
    if !is_at(&info.directory, around.directory) {
        return Err(foreign(request, &info));
    }
    // A copy of a session that is at work is a copy of what is there by now.
    let was_busy = at_work && choice.manner == Manner::GoOn;
    if was_busy {
        wait_until_idle(client, &id, choice.waiting, around.display).await?;
    }
    Ok(Some(ResumedSession {
        info,
        manner: choice.manner,
        was_busy,
    }))
}

/// A session that is ready for a prompt.
pub(crate) struct ReadySession {
    pub(crate) id: String,
    /// The rules that it has.
    pub(crate) rules: Vec<Rule>,
    /// Whether it was there before.
    pub(crate) resumed: bool,
    /// When it was last changed by us, by the engine's clock: events up to that one are not of our turn.
    changed: Option<f64>,
}

/// Makes the session, or gives the one that is there the rules of this run. From here on the name stands for it.
///
/// # Errors
///
/// When the engine refuses, or the conversation cannot be kept.
pub(crate) async fn settle(
    request: &RunRequest,
    client: &Client,
    claim: &mut SessionLocks,
    origin: Option<ResumedSession>,
    new: NewSession,
    names: &Chosen,
    around: SessionContext<'_>,
) -> Result<ReadySession, Failure> {
    let wanted = new.permission.clone();
    let settled = match origin {
        None => ReadySession {
            id: client.create_session(&new).await?.id,
            rules: wanted,
            resumed: false,
            changed: None,
        },
        Some(ResumedSession {
            info,
            manner: Manner::Fork,
            ..
        }) => {
            let copy = client.copy_session(&info.id).await?;
            let change = SessionChange {
                title: request.title.clone(),
                rules: wanted,
            };
            let changed = client.change_session(&copy.id, &change).await?;
            ReadySession {
                id: copy.id,
                rules: changed.permission.unwrap_or(change.rules),
                resumed: true,
                changed: Some(changed.time.updated),
            }
        }
        Some(ResumedSession { info, was_busy, .. }) => {
            let stored = info.permission.as_deref().unwrap_or_default();
            claim.had_no_rules = request.session.keep_as.is_none() && stored.iter().all(|rule| *rule == no_rules());
            let (rules, changed) = change_rules(request, client, &info, was_busy, wanted, names).await?;
            ReadySession {
                id: info.id,
                rules,
                resumed: true,
                changed,
            }
        }
    };
    if claim.session.is_none() {
        let notice = Notice::new(around.display);
        // It is new: nobody else can have it, but whoever looks for the latest session.
        let lock = lock_session(&settled.id, BusySession::Allowed, around, &notice).await;
        if let Err(failure) = &lock {
            tracing::debug!(%failure, "a new session goes without a lock");
        }
        claim.session = lock.ok();
    }
    keep(request, claim, &settled.id, around).await?;
    Ok(settled)
}

/// Lets the name stand for the session.
async fn keep(
    request: &RunRequest,
    claim: &mut SessionLocks,
    id: &str,
    around: SessionContext<'_>,
) -> Result<(), Failure> {
    let Some(name) = &request.session.keep_as else {
        return Ok(());
    };
    if claim.kept.as_ref().is_none_or(|kept| kept.session_id != id) {
        let kept = KeptSession::new(around.directory, name, id);
        kept.save(around.state).map_err(|error| {
            Failure::new(
                FailureKind::Failed,
                format!("cannot keep the conversation in `{}`", around.state.display()),
            )
            .caused_by(&error)
            .hint("make the directory writable, or set `XDG_STATE_HOME`")
        })?;
        if let Some(before) = claim.kept.replace(kept) {
            let replaced = TurnStatus::Replaced {
                conversation: before.name,
                session_id: before.session_id,
            };
            let _ = around.display.updates().send(Update::Status(replaced)).await;
        }
    }
    claim.name = None;
    Ok(())
}

/// Takes the events off the stream that are not of our turn: other rules, or the end of somebody else's turn.
pub(crate) async fn skip_what_was_before(events: &mut EventStream, settled: &ReadySession) {
    let Some(changed) = settled.changed else {
        return;
    };
    let skipping = async {
        while let Some(item) = events.next().await {
            if let StreamItem::Event(received) = item
                && let Event::Session(session) = received.event
                && session.id == settled.id
                && session.time.updated >= changed
            {
                return;
            }
        }
    };
    if timeout(LAST_EVENTS, skipping).await.is_err() {
        tracing::debug!("the event about the changed session did not come");
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::request::TypedNames;

    /// What a request names, and which of it was typed, in a session that used other names.
    fn names(typed: TypedNames, last: &serde_json::Value) -> (Option<String>, Option<String>, VariantChoice) {
        let origin = ResumedSession {
            info: serde_json::from_value(last.clone()).unwrap(),
            manner: Manner::GoOn,
            was_busy: false,
        };
        let agents: Vec<Agent> = serde_json::from_value(json!([
            {"name": "plain"},
            {"name": "own", "model": {"providerID": "p", "modelID": "own"}},
        ]))
        .unwrap();
        let request = RunRequest {
            model: Some("p/asked".parse().unwrap()),
            agent: Some(if typed.agent { "own" } else { "plain" }.to_owned()),
            variant: VariantChoice::Named("asked".to_owned()),
            typed,
            ..RunRequest::default()
        };
        let request = origin.with_last_names(&request, &agents);
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
