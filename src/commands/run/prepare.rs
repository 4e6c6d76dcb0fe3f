//! Everything before the prompt is sent: input, engine, server, names checked, session made.

use std::path::{Path, PathBuf};

use tokio::time::Instant;

use super::answer_file::AnswerFile;
use super::session::{self, SessionLocks};
use super::{Display, Stages};
use crate::api::types::{Agent, NewSession, Prompt, PromptPart, Providers, Rule, RuleAction};
use crate::commands::agent_files;
use crate::commands::connect::{self, Catalog, Connection, Needs, Snapshots};
use crate::commands::protected;
use crate::commands::rehearsed;
use crate::commands::select::{self, Selected};
use crate::context::Context;
use crate::engine::files::EngineFiles;
use crate::error::{Failure, FailureKind};
use crate::events::EventStream;
use crate::gate::Gate;
use crate::input::{self, InputContext, PromptParts};
use crate::permission::{self, Action, AuditLog, Policy};
use crate::request::{
    Effect, ModelChoice, ModelRef, Preset, PromptSource, RehearsalChoice, RunRequest, ServerChoice, StdinUse,
};
use crate::support::output_files::OutputFiles;
use crate::support::{identifier, state_file};
use crate::turn::{Answerer, Permissions, Turn, TurnStart, Update};

/// The longest title that we make up, in characters.
const TITLE_LENGTH: usize = 60;

/// A turn that is ready to be driven.
pub(super) struct Prepared {
    pub(super) connection: Connection,
    pub(super) events: EventStream,
    pub(super) turn: Turn,
    /// Whether the model has a price; without one a cost of zero means nothing.
    pub(super) cost_is_known: bool,
    /// Whether the engine's configuration names MCP servers.
    pub(super) has_mcp: bool,
    /// Whether stdin was given up before it said anything.
    pub(super) gave_up_stdin: bool,
    pub(super) answer_file: Option<AnswerFile>,
    /// The right to speak in the session.
    pub(super) claim: SessionLocks,
}

/// Does all of it. Bad input is refused before anything starts.
///
/// Dropping the future leaves no process and no prompt.
pub(super) async fn prepare(
    context: &Context,
    request: &RunRequest,
    display: &Display,
    answerer: Answerer,
) -> Result<Prepared, Failure> {
    let directory = connect::directory(context, &request.connect)?;
    let answer_file = request
        .output
        .last_message_file
        .as_deref()
        .map(|path| AnswerFile::check(&context.cwd.join(path), path))
        .transpose()?;
    let around = InputContext {
        cwd: &context.cwd,
        environment: &context.environment,
        streams: context.streams,
        interrupts: &context.interrupts,
        deadline: super::deadline(context, request),
        verbosity: request.connect.verbosity,
    };
    input::note_file_among_words(&request.words_beside_files, around);
    let files = input::read_attachments(&request.attachments, around).await?;
    let system = match &request.system {
        Some(system) => input::read_system(system, around).await?,
        None => None,
    };
    let names = rehearsed::names(context, &request.connect.rehearsal);
    let session_around = session::SessionContext {
        state: &names,
        directory: &directory,
        display,
    };
    let mut claim = session::claim(request, session_around).await?;
    let reading = input::read_prompt(&request.prompt, request.stdin, around);
    let connecting = connect_and_ask(context, request, &directory, display, answerer.takes_questions());
    let (text, ready) = if has_own_text(request) {
        // What is piped in comes in while the engine starts.
        tokio::try_join!(reading, connecting)?
    } else {
        let text = reading.await?;
        (text, connecting.await?)
    };
    let input::PromptText { text, gave_up_stdin } = text;
    let prompt = PromptParts { text, files };
    let origin = session::find(request, &ready.connection.client, &mut claim, session_around).await?;
    let request = &origin.as_ref().map_or_else(
        || request.clone(),
        |origin| origin.with_last_names(request, &ready.offer.agents),
    );
    let ready = if ready.connection.catalog_is_cut && !everything_is_there(request, &ready.offer) {
        tracing::debug!("the model of the session is not in the cut catalog; starting again");
        drop(ready.events);
        ready.connection.close().await;
        connect_and_ask(context, request, &directory, display, answerer.takes_questions()).await?
    } else {
        ready
    };
    let ReadyConnection {
        connection,
        mut events,
        offer,
        gate,
    } = ready;
    let policy = policy(context, request, &connection);
    if let Some(warning) = warning_of_attached(request, &connection, &policy) {
        let _ = display.updates().send(Update::Warning(warning.to_owned())).await;
    }
    if connection.is_ours() {
        for warning in agent_files::warnings(context, &directory, &offer.agents) {
            let _ = display.updates().send(Update::Warning(warning)).await;
        }
    }
    let chosen = choose(context, request, &connection, &offer, &prompt)
        .await
        .map_err(|failure| match &origin {
            Some(origin) => origin.explain(failure),
            None => failure,
        })?;
    let mut permissions = permissions(context, request, &connection, &chosen, policy, gate, answerer)?;
    let new = NewSession {
        title: request.title.clone().unwrap_or_else(|| title_of(&prompt.text)),
        permission: permissions.session_rules.clone(),
    };
    let client = &connection.client;
    let settled = session::settle(request, client, &mut claim, origin, new, &chosen, session_around).await?;
    session::skip_what_was_before(&mut events, &settled).await;
    permissions.session_rules = settled.rules;
    let mut turn = turn_in(settled.id, request, &connection, chosen, prompt, system, permissions)?;
    turn.started.conversation.clone_from(&request.session.keep_as);
    turn.started.resumed = settled.resumed;
    turn.outputs = OutputFiles::of_process(answer_file.as_ref().map(|file| file.path().to_path_buf()));
    Ok(Prepared {
        cost_is_known: offer.cost_is_known(turn.started.model.as_ref()),
        has_mcp: offer
            .config
            .get("mcp")
            .and_then(serde_json::Value::as_object)
            .is_some_and(|mcp| !mcp.is_empty()),
        connection,
        events,
        turn,
        gave_up_stdin,
        answer_file,
        claim,
    })
}

/// What a person has to know of somebody else's server, whose tools they let run.
pub(in crate::commands) fn warning_of_attached(
    request: &RunRequest,
    connection: &Connection,
    policy: &Policy,
) -> Option<&'static str> {
    if connection.is_ours() || request.permission.preset != Preset::AutoTools {
        return None;
    }
    Some(if allows_subagents(policy) {
        "this server is not ours: what its subagents do is asked about only as far as its own configuration says"
    } else {
        "this server is not ours, so its subagents could not be guarded, and are refused; `--allow task` lets them run"
    })
}

/// Whether the prompt cannot turn out to be empty, whatever stdin brings.
fn has_own_text(request: &RunRequest) -> bool {
    matches!(&request.prompt, PromptSource::Arguments(text) if !text.trim().is_empty())
        && request.stdin != StdinUse::Always
}

/// A connection with an open stream of events, and what the engine offers.
pub(in crate::commands) struct ReadyConnection {
    pub(in crate::commands) connection: Connection,
    pub(in crate::commands) events: EventStream,
    pub(in crate::commands) offer: EngineCatalog,
    pub(in crate::commands) gate: Option<Gate>,
}

/// What the engine offers in the directory.
#[derive(Debug, Clone)]
pub(in crate::commands) struct EngineCatalog {
    pub(in crate::commands) providers: Providers,
    pub(in crate::commands) agents: Vec<Agent>,
    pub(in crate::commands) config: serde_json::Value,
}

impl EngineCatalog {
    /// Whether a model has a price; without one a cost of zero means nothing.
    pub(in crate::commands) fn cost_is_known(&self, model: Option<&ModelRef>) -> bool {
        model
            .and_then(|model| self.providers.model(model))
            .is_some_and(|model| model.cost.is_known())
    }
}

pub(in crate::commands) async fn connect_and_ask(
    context: &Context,
    request: &RunRequest,
    directory: &Path,
    display: &Display,
    questions: bool,
) -> Result<ReadyConnection, Failure> {
    let stages = Stages {
        display,
        progress: super::progress(context, request, display),
    };
    let named = request.model.as_ref().and_then(ModelChoice::as_ref);
    let mut catalog = Catalog::For(named.as_ref().map(|model| model.provider.as_str()));
    loop {
        let guarded = is_guarded(context, request);
        let needs = Needs {
            catalog,
            // A plain prompt changes nothing.
            snapshots: match request.permission.preset {
                Preset::AutoTools => Snapshots::AsConfigured,
                Preset::LookOnly | Preset::ReadOnly => Snapshots::Off,
            },
            guarded,
            questions,
        };
        let connection = connect::connect(context, &request.connect, directory, needs, &stages).await?;
        let gate = if guarded { connection.open_gate().await? } else { None };
        let ready = ask(connection, gate).await?;
        // A part of the catalog must never hide a model: what is not found there is looked for in all of it.
        if ready.connection.catalog_is_cut && !everything_is_there(request, &ready.offer) {
            tracing::debug!("a name is not in the cut catalog; starting again with the whole one");
            drop(ready.events);
            ready.connection.close().await;
            catalog = Catalog::Whole;
            continue;
        }
        return Ok(ready);
    }
}

/// Whether tool calls have to pass a gate: also those of a plain prompt. Rules of its session keep it from touching
/// anything, and subagents inherit them; but the engine takes a link for what it is called, and not for where it leads.
/// Requests of the engine's could say that as well, but two that are refused at once end the turn.
///
/// On somebody else's server there is no place for a gate, nor in an engine that shall load no plugins.
fn is_guarded(context: &Context, request: &RunRequest) -> bool {
    let ours = matches!(request.connect.server, ServerChoice::Start { .. });
    let is_plain = request.permission.preset == Preset::LookOnly && request.permission.rules.is_empty();
    ours && !(is_plain && connect::is_pure(context))
}

async fn ask(mut connection: Connection, mut gate: Option<Gate>) -> Result<ReadyConnection, Failure> {
    let client = connection.client.clone();
    let asking = async {
        // The stream is open before the prompt goes out, and the list of providers is what takes the engine longest.
        let answer = tokio::try_join!(
            EventStream::open(client.clone()),
            client.providers(),
            client.agents(),
            client.config(),
        )?;
        if let Some(gate) = &mut gate {
            gate.ready().await?;
        }
        Ok::<_, Failure>(answer)
    };
    let gone = connect::server_gone(&mut connection.server, connection.lease.as_deref());
    let answer = tokio::select! {
        answer = asking => answer,
        failure = gone => return Err(failure),
    };
    let (events, providers, agents, config) = answer?;
    Ok(ReadyConnection {
        connection,
        events,
        gate,
        offer: EngineCatalog {
            providers,
            agents,
            config,
        },
    })
}

/// Whether the model that was named is there, and that of the agent. What other agents want is not looked for: a provider
/// that could be used would be in the cut catalog, and a second start would only find out the same.
fn everything_is_there(request: &RunRequest, offer: &EngineCatalog) -> bool {
    let named = request
        .model
        .as_ref()
        .is_none_or(|choice| select::model(choice, &offer.providers).is_ok());
    let default = offer.config.get("default_agent").and_then(serde_json::Value::as_str);
    // An agent that is none is refused later, with the reason.
    let agent = select::agent(request.agent.as_deref(), default, &offer.agents)
        .ok()
        .flatten();
    let of_agent = agent.and_then(|agent| agent.model.as_ref());
    named && of_agent.is_none_or(|model| offer.providers.model(model).is_some())
}

#[derive(Debug, Clone)]
pub(in crate::commands) struct Chosen {
    pub(in crate::commands) model: Option<ModelRef>,
    pub(in crate::commands) agent: Option<String>,
    pub(in crate::commands) variant: Option<String>,
    /// The agent's rules in the engine's own configuration.
    agent_rules: Vec<Rule>,
}

/// Checks the names against what the engine offers.
pub(in crate::commands) async fn choose(
    context: &Context,
    request: &RunRequest,
    connection: &Connection,
    offer: &EngineCatalog,
    prompt: &PromptParts,
) -> Result<Chosen, Failure> {
    let text_of = |key: &str| offer.config.get(key).and_then(serde_json::Value::as_str);
    let default = text_of("default_agent");
    let agent = select::agent(request.agent.as_deref(), default, &offer.agents).map_err(|failure| {
        let file = request.agent.as_deref().or(default).and_then(|name| {
            let is_known = offer.agents.iter().any(|agent| agent.name == name);
            agent_files::find(context, &connection.directory, name).filter(|_| !is_known)
        });
        match file {
            Some(file) => failure.hint(format!("`{}` is there, and the engine did not take it", file.display())),
            None => failure,
        }
    })?;
    let choice = model_choice(request, agent, text_of("model"))?;
    let selected = match &choice {
        Some(choice) => match select::model(choice, &offer.providers) {
            Ok(selected) => Some(selected),
            Err(missing) => return Err(select::explain_missing(missing, context, connection).await),
        },
        None if offer
            .providers
            .providers
            .iter()
            .all(|provider| provider.models.is_empty()) =>
        {
            return Err(select::no_credentials());
        }
        None => None,
    };
    check_abilities(prompt, selected.as_ref())?;
    Ok(Chosen {
        variant: select::variant(&request.variant, selected.as_ref())?,
        model: selected.map(|selected| selected.reference),
        agent: agent.map(|agent| agent.name.clone()),
        agent_rules: agent.map_or_else(Vec::new, |agent| agent.permission.clone()),
    })
}

/// What decides in a turn: the policy, whoever answers, and the rules that the session needs for it.
pub(in crate::commands) fn permissions(
    context: &Context,
    request: &RunRequest,
    connection: &Connection,
    chosen: &Chosen,
    policy: Policy,
    gate: Option<Gate>,
    answerer: Answerer,
) -> Result<Permissions, Failure> {
    let agent_rules = chosen.agent_rules.clone();
    let state = &context.directories.state;
    let audit = match AuditLog::open(state) {
        Ok(audit) => Some(audit),
        // All that a plain prompt has to write down is what it refused.
        Err(_) if request.permission.preset == Preset::LookOnly => None,
        Err(error) => {
            return Err(Failure::new(
                FailureKind::Failed,
                format!("cannot write decisions down in `{}`", state.display()),
            )
            .caused_by(&error)
            .hint(if state_file::is_no_file(&error) {
                format!("move `{}` away", AuditLog::path_in(state).display())
            } else {
                "make the directory writable, or set `XDG_STATE_HOME`".to_owned()
            }));
        }
    };
    let mut rules = session_rules(request, connection, &agent_rules, &policy, &answerer);
    if request.permission.preset == Preset::LookOnly && connection.is_ours() {
        let kept = kept_output(context).join("*");
        rules.push(Rule::new(
            "external_directory",
            kept.to_string_lossy(),
            RuleAction::Allow,
        ));
    }
    Ok(Permissions {
        policy,
        preset: request.permission.preset,
        gate,
        answerer,
        agent_rules,
        session_rules: rules,
        directory: connection.directory.clone(),
        limits: request.limits.agent,
        audit,
    })
}

/// A turn in a session that is there.
pub(in crate::commands) fn turn_in(
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

/// The rules of the session, which the engine judges last.
fn session_rules(
    request: &RunRequest,
    connection: &Connection,
    agent: &[Rule],
    policy: &Policy,
    answerer: &Answerer,
) -> Vec<Rule> {
    let is_ours = connection.is_ours();
    let mut rules = match request.permission.preset {
        Preset::LookOnly if is_ours || request.permission.rules.is_empty() => permission::look_only(agent),
        _ if is_ours => permission::ask_about_everything(agent, &policy.removed_tools()),
        _ => {
            let named: Vec<String> = request
                .permission
                .rules
                .iter()
                .filter(|rule| rule.effect != Effect::Deny)
                .map(|rule| rule.pattern.tool.clone())
                .collect();
            permission::ask_about_what_asks(agent, &policy.removed_tools(), &named)
        }
    };
    if !is_ours && request.permission.preset != Preset::LookOnly {
        // What a subagent does there is asked by its agent's rules alone, and those may be of any kind.
        if !allows_subagents(policy) {
            rules.push(Rule::new("task", "*", RuleAction::Deny));
        }
    }
    let questions = if answerer.takes_questions() {
        RuleAction::Allow
    } else {
        RuleAction::Deny
    };
    rules.push(Rule::new("question", "*", questions));
    rules
}

/// Where the engine keeps what it cuts off a tool's long output. It tells the model to read it there.
fn kept_output(context: &Context) -> PathBuf {
    EngineFiles::of(context).data.join("tool-output")
}

/// The rules of the run.
pub(in crate::commands) fn policy(context: &Context, request: &RunRequest, connection: &Connection) -> Policy {
    Policy::new(&request.permission, &connection.directory, &context.directories.home)
        .with_readable(kept_output(context))
        .with_protected(protected::places(context))
}

/// Whether a rule, and not a preset alone, lets subagents run.
fn allows_subagents(policy: &Policy) -> bool {
    let judgement = policy.judge(&Action::Subagent { name: "*".to_owned() });
    judgement.effect == Effect::Allow && !judgement.by_preset
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

/// The model to name: the flag's, the agent's own, the configuration's. None leaves the choice to the engine.
fn model_choice(
    request: &RunRequest,
    agent: Option<&Agent>,
    configured: Option<&str>,
) -> Result<Option<ModelChoice>, Failure> {
    if let Some(choice) = &request.model {
        return Ok(Some(choice.clone()));
    }
    let own = agent.and_then(|agent| agent.model.as_ref()).map(ToString::to_string);
    own.as_deref()
        .or(configured)
        .map(|name| {
            name.parse().map_err(|error| {
                Failure::usage(format!("cannot use model `{name}` of the engine's configuration")).caused_by(&error)
            })
        })
        .transpose()
}

/// The engine would silently replace an attachment that the model cannot read.
fn check_abilities(prompt: &PromptParts, selected: Option<&Selected<'_>>) -> Result<(), Failure> {
    let Some(selected) = selected else {
        return Ok(());
    };
    let input = &selected.model.capabilities.input;
    let lacking = if prompt.needs_image() && !input.image {
        "images"
    } else if prompt.needs_pdf() && !input.pdf {
        "PDF documents"
    } else {
        return Ok(());
    };
    Err(Failure::usage(format!(
        "cannot attach {lacking}: model `{}` does not read them",
        selected.reference
    ))
    .hint("choose a model that does with `--model`; `opencode-rs models` shows what each can do"))
}

/// The beginning of the prompt's first line.
pub(in crate::commands) fn title_of(prompt: &str) -> String {
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
