//! Everything before the prompt is sent: input, engine, server, names checked, session made.

use super::answer_file::AnswerFile;
use crate::api::types::NewSession;
use crate::connect::{self, Connection, rehearsed};
use crate::context::Context;
use crate::error::Failure;
use crate::events::EventStream;
use crate::input::{self, InputContext, PromptParts};
use crate::prompting::names::choose;
use crate::prompting::permissions::{permissions, policy, warning_of_attached};
use crate::prompting::ready::{ReadyConnection, connect_and_ask, everything_is_there};
use crate::prompting::session::{self, SessionLocks};
use crate::prompting::turn::{title_of, turn_in};
use crate::prompting::{Display, agent_files};
use crate::request::{PromptSource, RunRequest, StdinUse};
use crate::support::output_files::OutputFiles;
use crate::turn::{Answerer, Turn, Update};

/// A turn that is ready to be driven.
pub(crate) struct Prepared {
    pub(crate) connection: Connection,
    pub(crate) events: EventStream,
    pub(crate) turn: Turn,
    /// Whether the model has a price; without one a cost of zero means nothing.
    pub(crate) cost_is_known: bool,
    /// Whether the engine's configuration names MCP servers.
    pub(crate) has_mcp: bool,
    /// Whether stdin was given up before it said anything.
    pub(crate) gave_up_stdin: bool,
    pub(crate) answer_file: Option<AnswerFile>,
    /// The right to speak in the session.
    pub(crate) claim: SessionLocks,
}

/// Does all of it. Bad input is refused before anything starts.
///
/// Dropping the future leaves no process and no prompt.
pub(crate) async fn prepare(
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

/// Whether the prompt cannot turn out to be empty, whatever stdin brings.
fn has_own_text(request: &RunRequest) -> bool {
    matches!(&request.prompt, PromptSource::Arguments(text) if !text.trim().is_empty())
        && request.stdin != StdinUse::Always
}
