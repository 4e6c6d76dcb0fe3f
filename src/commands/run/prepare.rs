//! Everything before the prompt is sent: input, connection, session, names.

use super::answer_file;
use crate::error::Failure;
use crate::input::{self, InputContext, PromptParts};
use crate::prompting::permissions::{answerer, policy, warning_of_attached};
use crate::prompting::prepare::{Target, TurnInput};
use crate::prompting::ready::ReadyConnection;
use crate::prompting::session::lock_kept;
use crate::prompting::turn::PreparedTurn;
use crate::prompting::{PromptContext, agent_files};
use crate::request::{PromptSource, RehearsalChoice, RunRequest, StdinUse};
use crate::support::output_files::OutputFiles;

/// A run whose prompt can be sent.
pub(super) struct PreparedRun {
    pub(super) ready: ReadyConnection,
    pub(super) turn: PreparedTurn,
    /// Whether stdin was given up before it brought anything.
    pub(super) gave_up_stdin: bool,
}

/// Reads the input, connects and prepares the turn. Bad input is refused before anything starts.
///
/// Dropping the future leaves no process and no prompt.
pub(super) async fn prepare(prompt: PromptContext<'_>) -> Result<PreparedRun, Failure> {
    let PromptContext { context, request, .. } = prompt;
    let answer_file = request
        .output
        .last_message_file
        .as_deref()
        .map(|typed| answer_file::check(context, typed))
        .transpose()?;
    let event_log = request.output.event_log.as_ref().map(|typed| context.cwd.join(typed));
    let input = InputContext {
        deadline: prompt.deadline(),
        ..InputContext::new(context, request.connect.verbosity)
    };
    input::note_file_among_words(&request.words_beside_files, input);
    if request.connect.rehearsal == RehearsalChoice::Plain {
        input::note_script_among_words(&request.prompt, input);
    }
    let files = input::read_attachments(&request.attachments, input).await?;
    let system = input::read_system(request.system.as_ref(), input).await?;
    let schema = match &request.schema {
        Some(choice) => Some((input::read_schema(&choice.source, input).await?, choice.retries)),
        None => None,
    };
    let answerer = answerer(prompt);
    let locks = lock_kept(prompt).await?;
    let reading = input::read_prompt(&request.prompt, request.stdin, input);
    let connecting = ReadyConnection::open(prompt, &request.names, answerer.takes_questions());
    let (text, mut ready) = if has_own_text(request) {
        // The engine starts while piped input is read.
        tokio::try_join!(reading, connecting)?
    } else {
        let text = reading.await?;
        (text, connecting.await?)
    };
    let input::PromptText { text, gave_up_stdin } = text;
    let target = Target::find(prompt, locks, &mut ready).await?;
    let policy = policy(context, request, &ready.connection);
    if let Some(warning) = warning_of_attached(request, &ready.connection, &policy) {
        prompt.display.warn(warning).await;
    }
    if ready.connection.is_ours() {
        for warning in agent_files::warnings(context, prompt.directory, &ready.catalog.agents) {
            prompt.display.warn(warning).await;
        }
    }
    let input = TurnInput {
        parts: PromptParts { text, files },
        system,
        policy,
        answerer,
        schema,
    };
    let mut prepared = target.prepare(prompt, &mut ready, input).await?;
    prepared.turn.outputs = OutputFiles::of_process(answer_file.into_iter().chain(event_log).collect());
    Ok(PreparedRun {
        ready,
        turn: prepared,
        gave_up_stdin,
    })
}

/// Whether the prompt cannot turn out to be empty, whatever stdin brings.
fn has_own_text(request: &RunRequest) -> bool {
    matches!(&request.prompt, PromptSource::Arguments(text) if !text.trim().is_empty())
        && request.stdin != StdinUse::Always
}
