//! The session that a prompt goes to: found, copied or made, with the rules of this run.
//!
//! Comes in: which session was asked for, and a connection. Goes out: a session in which nobody else speaks, and the rules
//! that it has. Always true: what was asked for and is not there is an error, never a new session instead; and a name
//! stands for a session as soon as there is one, before anything is said in it.

use std::cell::Cell;
use std::path::Path;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

use super::Display;
use crate::api::types::{Agent, NewSession, Rule, Session};
use crate::api::{Client, Error, PassingMessage, SessionChange, no_rules};
use crate::commands::run::prepare::Chosen;
use crate::conversation::{self, Found, Kept, Known, NameLock, SessionLock};
use crate::error::{Failure, FailureKind};
use crate::events::{Event, EventStream, Item};
use crate::request::{Manner, ModelRef, RunRequest, ServerChoice, SessionStart, VariantChoice, Waiting};
use crate::support::identifier;
use crate::support::nearest::quoted;
use crate::turn::{Started, Status, Update};

/// How long a session that nobody of us holds may go on with an earlier prompt before that is ended.
const EARLIER_PROMPT: Duration = Duration::from_secs(30);
/// How long it may take to end it.
const ABORT: Duration = Duration::from_secs(10);
/// How often it is looked whether a session has come to rest.
const PAUSE: Duration = Duration::from_millis(100);
/// How long the event about a change of ours may take.
const LAST_EVENTS: Duration = Duration::from_secs(2);
/// What the engine calls the variant of a prompt that named none.
const NO_VARIANT: &str = "default";
/// More sessions than anybody has in a directory.
const ALL_SESSIONS: usize = 100_000;
/// How many of the newest sessions are looked at for one that was not put away.
const NEWEST: usize = 50;

/// Where sessions are kept in mind, and who is told what is waited for.
#[derive(Clone, Copy)]
pub(in crate::commands) struct Around<'a> {
    /// Our state directory.
    pub(in crate::commands) state: &'a Path,
    /// The agent's directory, canonical.
    pub(in crate::commands) directory: &'a Path,
    pub(in crate::commands) display: &'a Display,
}

/// What a run holds of a conversation.
#[derive(Default)]
pub(in crate::commands) struct Claim {
    /// The right to say what the name stands for.
    name: Option<NameLock>,
    /// The right to speak in the session.
    session: Option<SessionLock>,
    /// What the name stands for.
    kept: Option<Kept>,
    /// The session had no rules, and is not ours to keep: it shall have none afterwards either.
    had_no_rules: bool,
}

impl Claim {
    /// Takes our rules away from a session that had none, or whoever goes on with it elsewhere would find all tools denied.
    ///
    /// Its turn is over: what is stored for that would be answered while it runs.
    pub(in crate::commands) async fn give_back(&self, client: &Client, id: &str, started: &Started) {
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
    pub(in crate::commands) fn release(self, state: &Path) {
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
pub(in crate::commands) async fn claim(request: &RunRequest, around: Around<'_>) -> Result<Claim, Failure> {
    let choice = &request.session;
    let mut claim = Claim::default();
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
    let found = Kept::find(around.state, around.directory, name, &mut warnings);
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
pub(in crate::commands) struct Origin {
    info: Session,
    manner: Manner,
    /// It was at work when we came, so that the events which are on their way are not all of our own turn.
    was_busy: bool,
}

impl Origin {
    /// The session, as the engine describes it.
    pub(in crate::commands) fn into_session(self) -> Session {
        self.info
    }

    /// The same request with the names that the session used last, where no others were typed.
    ///
    /// An agent that was typed brings its own model, if it has one.
    pub(in crate::commands) fn with_last_names(&self, request: &RunRequest, agents: &[Agent]) -> RunRequest {
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
    pub(in crate::commands) fn explain(&self, failure: Failure) -> Failure {
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
pub(in crate::commands) async fn find(
    request: &RunRequest,
    client: &Client,
    claim: &mut Claim,
    around: Around<'_>,
) -> Result<Option<Origin>, Failure> {
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
    Ok(Some(Origin {
        info,
        manner: choice.manner,
        was_busy,
    }))
}

/// A session that is ready for a prompt.
pub(in crate::commands) struct Settled {
    pub(in crate::commands) id: String,
    /// The rules that it has.
    pub(in crate::commands) rules: Vec<Rule>,
    /// Whether it was there before.
    pub(in crate::commands) resumed: bool,
    /// When it was last changed by us, by the engine's clock: events up to that one are not of our turn.
    changed: Option<f64>,
}

/// Makes the session, or gives the one that is there the rules of this run. From here on the name stands for it.
///
/// # Errors
///
/// When the engine refuses, or the conversation cannot be kept.
pub(in crate::commands) async fn settle(
    request: &RunRequest,
    client: &Client,
    claim: &mut Claim,
    origin: Option<Origin>,
    new: NewSession,
    names: &Chosen,
    around: Around<'_>,
) -> Result<Settled, Failure> {
    let wanted = new.permission.clone();
    let settled = match origin {
        None => Settled {
            id: client.create_session(&new).await?.id,
            rules: wanted,
            resumed: false,
            changed: None,
        },
        Some(Origin {
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
            Settled {
                id: copy.id,
                rules: changed.permission.unwrap_or(change.rules),
                resumed: true,
                changed: Some(changed.time.updated),
            }
        }
        Some(Origin { info, was_busy, .. }) => {
            let stored = info.permission.as_deref().unwrap_or_default();
            claim.had_no_rules = request.session.keep_as.is_none() && stored.iter().all(|rule| *rule == no_rules());
            let (rules, changed) = change_rules(request, client, &info, was_busy, wanted, names).await?;
            Settled {
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
        let lock = lock_session(&settled.id, Waiting::Allowed, around, &notice).await;
        if let Err(failure) = &lock {
            tracing::debug!(%failure, "a new session goes without a lock");
        }
        claim.session = lock.ok();
    }
    keep(request, claim, &settled.id, around).await?;
    Ok(settled)
}

/// Lets the name stand for the session.
async fn keep(request: &RunRequest, claim: &mut Claim, id: &str, around: Around<'_>) -> Result<(), Failure> {
    let Some(name) = &request.session.keep_as else {
        return Ok(());
    };
    if claim.kept.as_ref().is_none_or(|kept| kept.session_id != id) {
        let kept = Kept::new(around.directory, name, id);
        kept.save(around.state).map_err(|error| {
            Failure::new(
                FailureKind::Failed,
                format!("cannot keep the conversation in `{}`", around.state.display()),
            )
            .caused_by(&error)
            .hint("make the directory writable, or set `XDG_STATE_HOME`")
        })?;
        if let Some(before) = claim.kept.replace(kept) {
            let replaced = Status::Replaced {
                conversation: before.name,
                session_id: before.session_id,
            };
            let _ = around.display.updates().send(Update::Status(replaced)).await;
        }
    }
    claim.name = None;
    Ok(())
}

/// What has to be done about the rules of a session that is there.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    /// They are as they should be.
    Nothing,
    /// It has none that count.
    Add,
    /// It has others, which have to go: what they deny, its subagents would be denied too.
    Replace,
}

fn step(stored: &[Rule], wanted: &[Rule]) -> Step {
    let none = no_rules();
    let counting = stored
        .iter()
        .position(|rule| *rule != none)
        .map_or(&[][..], |at| &stored[at..]);
    if counting == wanted {
        Step::Nothing
    } else if counting.is_empty() {
        Step::Add
    } else {
        Step::Replace
    }
}

/// Gives a session the rules and the title; gives the rules that it has then, and when it was changed, if it was.
async fn change_rules(
    request: &RunRequest,
    client: &Client,
    info: &Session,
    was_busy: bool,
    wanted: Vec<Rule>,
    names: &Chosen,
) -> Result<(Vec<Rule>, Option<f64>), Failure> {
    let stored = info.permission.clone().unwrap_or_default();
    let step = step(&stored, &wanted);
    let title = request.title.clone().filter(|title| *title != info.title);
    // After the events of somebody's turn, one of ours has to show where they end.
    let title = title.or_else(|| was_busy.then(|| info.title.clone()));
    if step == Step::Replace {
        take_rules_away(
            client,
            &info.id,
            names.model.as_ref(),
            names.agent.as_deref(),
            names.variant.as_deref(),
        )
        .await?;
    }
    if step == Step::Nothing && title.is_none() {
        return Ok((stored, None));
    }
    let change = SessionChange {
        title,
        rules: if step == Step::Nothing {
            Vec::new()
        } else {
            wanted.clone()
        },
    };
    let changed = client.change_session(&info.id, &change).await?;
    let expected = || match step {
        Step::Nothing => stored,
        Step::Add => [stored, wanted].concat(),
        Step::Replace => [vec![no_rules()], wanted].concat(),
    };
    let updated = changed.time.updated;
    Ok((changed.permission.unwrap_or_else(expected), Some(updated)))
}

async fn take_rules_away(
    client: &Client,
    id: &str,
    model: Option<&ModelRef>,
    agent: Option<&str>,
    variant: Option<&str>,
) -> Result<(), Failure> {
    let randomness = |error: getrandom::Error| {
        Failure::new(FailureKind::Failed, "cannot make an id for a message").caused_by(&error)
    };
    let passing = PassingMessage {
        message_id: &identifier::ascending("msg").map_err(randomness)?,
        part_id: &identifier::ascending("prt").map_err(randomness)?,
        model,
        agent,
        variant,
    };
    client.take_rules_away(id, passing).await?;
    Ok(())
}

/// Takes the events off the stream that are not of our turn: other rules, or the end of somebody else's turn.
pub(in crate::commands) async fn skip_what_was_before(events: &mut EventStream, settled: &Settled) {
    let Some(changed) = settled.changed else {
        return;
    };
    let skipping = async {
        while let Some(item) = events.next().await {
            if let Item::Event(received) = item
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

/// The session with this id; none where there is none.
async fn session(client: &Client, id: &str) -> Result<Option<Session>, Failure> {
    if !is_id(id) {
        return Ok(None);
    }
    match client.session(id).await {
        Ok(session) => Ok(Some(session)),
        Err(Error::Status { status, .. }) if status.as_u16() == 404 => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Whether this can be the id of a session, and nothing else can be made of it in an address.
fn is_id(text: &str) -> bool {
    text.strip_prefix("ses_")
        .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

async fn latest(client: &Client, directory: &Path) -> Result<String, Failure> {
    let newest = client.root_sessions(NEWEST, None).await?;
    let is_open = |session: &&Session| session.parent_id.is_none() && session.time.archived.is_none();
    newest
        .iter()
        .filter(|session| is_at(&session.directory, directory))
        .find(is_open)
        .map(|session| session.id.clone())
        .ok_or_else(|| {
            Failure::usage(format!(
                "cannot go on with the last session: there is none in `{}`",
                directory.display()
            ))
            .hint("leave out `--continue` to begin one; `opencode-rs session list --all` shows those of other directories")
        })
}

async fn named(reference: &str, client: &Client, around: Around<'_>) -> Result<String, Failure> {
    if is_id(reference) && client.session(reference).await.is_ok() {
        return Ok(reference.to_owned());
    }
    let mut warnings = Vec::new();
    let kept = Kept::list(around.state, around.directory, &mut warnings);
    let elsewhere = Kept::list_all(around.state, &mut warnings).unwrap_or_default();
    warn(around.display, warnings).await;
    let kept = kept.map_err(|error| unreadable(around.state, &error))?;
    if let Some(kept) = kept.iter().find(|kept| kept.name == reference) {
        return Ok(kept.session_id.clone());
    }
    let sessions: Vec<Known> = client
        .root_sessions(ALL_SESSIONS, None)
        .await?
        .into_iter()
        .map(|session| Known {
            id: session.id,
            title: session.title,
        })
        .collect();
    let several = match conversation::find(reference, &sessions, &kept) {
        Found::One(id) => return Ok(id),
        Found::None => Vec::new(),
        Found::Several(several) => several,
    };
    let mut failure = conversation::unknown(reference, &several, &sessions, &kept);
    for kept in elsewhere.iter().filter(|kept| kept.name == reference).take(3) {
        let directory = kept.directory.display();
        failure = failure.hint(format!("`{reference}` is kept for `{directory}`: add `-d {directory}`"));
    }
    Err(failure)
}

/// Whether a session's directory is this one, which is canonical where it is of this machine.
fn is_at(theirs: &str, directory: &Path) -> bool {
    let theirs = Path::new(theirs);
    theirs == directory || std::fs::canonicalize(theirs).is_ok_and(|theirs| theirs == directory)
}

/// The failure where a session is not there any more.
async fn gone(request: &RunRequest, id: &str, around: Around<'_>) -> Failure {
    let what = match (&request.session.start, &request.session.keep_as) {
        (SessionStart::Kept, Some(name)) => format!("cannot go on with conversation `{name}`"),
        (SessionStart::Named(reference), _) if reference != id => format!("cannot go on with `{reference}`"),
        _ => "cannot go on".to_owned(),
    };
    let mut failure = Failure::usage(format!("{what}: its session `{id}` does not exist any more"));
    if request.session.start == SessionStart::Kept {
        failure = failure.hint("`--new` starts over under this name");
    }
    if matches!(request.connect.server, ServerChoice::Attach(_)) {
        failure = failure.hint("it may be a session of another server's store than that of `--attach`");
    }
    others(failure, request.session.keep_as.as_deref(), around).await
}

/// The failure where a session belongs to another directory.
fn foreign(request: &RunRequest, info: &Session) -> Failure {
    let directory = &info.directory;
    let failure = Failure::usage(format!(
        "cannot go on with session `{}` here: it belongs to `{directory}`",
        info.id
    ))
    .hint(format!("add `-d {directory}` to go on there"));
    match (&request.session.start, &request.session.keep_as) {
        (SessionStart::Kept, Some(name)) => failure.hint(format!("`--new` starts conversation `{name}` over here")),
        _ => failure,
    }
}

/// The failure where a kept conversation shall be copied and there is none.
async fn nothing_kept(name: &str, around: Around<'_>) -> Failure {
    let failure = Failure::usage(format!(
        "cannot copy conversation `{name}`: nothing is kept under this name in `{}`",
        around.directory.display()
    ))
    .hint("leave out `--fork` to begin it");
    others(failure, Some(name), around).await
}

/// Adds what else there is.
async fn others(failure: Failure, but: Option<&str>, around: Around<'_>) -> Failure {
    let mut warnings = Vec::new();
    let kept = Kept::list(around.state, around.directory, &mut warnings).unwrap_or_default();
    warn(around.display, warnings).await;
    let names: Vec<&str> = kept
        .iter()
        .map(|kept| kept.name.as_str())
        .filter(|name| Some(*name) != but)
        .take(5)
        .collect();
    let failure = if names.is_empty() {
        failure
    } else {
        failure.hint(format!("other conversations kept here: {}", quoted(&names)))
    };
    failure.hint("`opencode-rs session list` shows the sessions that there are")
}

fn unreadable(state: &Path, error: &std::io::Error) -> Failure {
    Failure::new(
        FailureKind::Failed,
        format!("cannot read which conversations are kept in `{}`", state.display()),
    )
    .caused_by(error)
    .hint("make the directory readable, or set `XDG_STATE_HOME`")
}

/// Waits until a session that none of our commands holds has come to rest: the client of its prompt was killed, or is
/// another program. In the end its prompt is ended.
async fn wait_until_idle(client: &Client, id: &str, waiting: Waiting, display: &Display) -> Result<(), Failure> {
    if waiting == Waiting::Refused {
        return Err(Failure::new(
            FailureKind::Failed,
            format!("cannot go on with session `{id}`: it is at work on an earlier prompt"),
        )
        .hint("leave out `--no-wait` to wait for it"));
    }
    let note = Status::AtWork {
        session_id: id.to_owned(),
    };
    let _ = display.updates().send(Update::Status(note)).await;
    if is_idle_within(client, id, EARLIER_PROMPT).await? {
        return Ok(());
    }
    let seconds = EARLIER_PROMPT.as_secs();
    let warning = format!("the session was at work on an earlier prompt for more than {seconds} s, which is ended now");
    let _ = display.updates().send(Update::Warning(warning)).await;
    client.abort(id).await?;
    if is_idle_within(client, id, ABORT).await? {
        return Ok(());
    }
    Err(Failure::new(
        FailureKind::Engine,
        format!("cannot go on with session `{id}`: it is at work on an earlier prompt, and cannot be stopped"),
    )
    .hint("stop the server that it runs in, or begin a new session"))
}

async fn is_idle_within(client: &Client, id: &str, limit: Duration) -> Result<bool, Failure> {
    let end = Instant::now() + limit;
    loop {
        if !client.session_statuses().await?.contains_key(id) {
            return Ok(true);
        }
        if Instant::now() >= end {
            return Ok(false);
        }
        sleep(PAUSE).await;
    }
}

async fn lock_session(
    id: &str,
    waiting: Waiting,
    around: Around<'_>,
    notice: &Notice<'_>,
) -> Result<SessionLock, Failure> {
    SessionLock::acquire(around.state, id, waiting, |pid| notice.held(pid)).await
}

async fn warn(display: &Display, warnings: Vec<String>) {
    for warning in warnings {
        let _ = display.updates().send(Update::Warning(warning)).await;
    }
}

/// Says once that somebody else is waited for.
struct Notice<'a> {
    display: &'a Display,
    said: Cell<bool>,
}

impl<'a> Notice<'a> {
    fn new(display: &'a Display) -> Self {
        Self {
            display,
            said: Cell::new(false),
        }
    }

    fn held(&self, pid: Option<u32>) {
        if !self.said.replace(true) {
            // A queue that is full this early has no reader.
            let _ = self.display.updates().try_send(Update::Status(Status::Waiting { pid }));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::types::RuleAction;
    use crate::request::Typed;

    #[test]
    fn rules_are_changed_only_where_they_are_not_as_they_should_be() {
        let rule = |name: &str, action| Rule::new(name, "*", action);
        let wanted = [rule("*", RuleAction::Ask), rule("bash", RuleAction::Deny)];
        let stale = [rule("edit", RuleAction::Deny)];
        let none = [no_rules()];
        let cases: [(&[&[Rule]], Step); 8] = [
            (&[&wanted], Step::Nothing),
            (&[&none, &wanted], Step::Nothing),
            (&[&none, &none, &wanted], Step::Nothing),
            (&[], Step::Add),
            (&[&none], Step::Add),
            (&[&stale, &wanted], Step::Replace),
            (&[&none, &stale], Step::Replace),
            (&[&wanted, &wanted], Step::Replace),
        ];
        for (stored, expected) in cases {
            let stored: Vec<Rule> = stored.concat();
            assert_eq!(step(&stored, &wanted), expected, "{stored:?}");
        }
        assert_eq!(step(&none, &[]), Step::Nothing);
    }

    #[test]
    fn only_an_id_becomes_a_part_of_an_address() {
        assert!(is_id("ses_e05b08795ffe8gBmuApMI3Z0JA"));
        for text in ["ses_", "ses_a/b", "ses_..", "ses_a?b", "e05b08795ffe8g", "msg_1", ""] {
            assert!(!is_id(text), "{text}");
        }
    }

    /// What a request names, and which of it was typed, in a session that used other names.
    fn names(typed: Typed, last: &serde_json::Value) -> (Option<String>, Option<String>, VariantChoice) {
        let origin = Origin {
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
        let nothing = Typed::default();
        assert_eq!(names(nothing, &last), (some("q/a/last"), some("plan"), variant("high")));
        let typed = Typed {
            variant: true,
            ..nothing
        };
        assert_eq!(names(typed, &last), (some("q/a/last"), some("plan"), variant("asked")));
        let typed = Typed { model: true, ..nothing };
        assert_eq!(names(typed, &last), (some("p/asked"), some("plan"), variant("asked")));
        // An agent that is typed brings its own model.
        let typed = Typed { agent: true, ..nothing };
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
