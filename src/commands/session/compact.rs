//! `session compact`.

use std::cell::OnceCell;
use std::time::Duration;

use super::RunningCommand;
use super::edit::document_of;
use super::entry::CompactedSession;
use super::look::{expect_idle, refused};
use crate::cli::SessionTarget;
use crate::client::Client;
use crate::connect::select;
use crate::connect::visit::USUAL;
use crate::connect::{Connection, Needs};
use crate::error::{Failure, FailureKind};
use crate::request::{ModelChoice, ModelRef};

/// How long a server may take to end a turn when we are on our way out.
const PATIENCE: Duration = Duration::from_secs(2);

pub(super) async fn compact(
    call: RunningCommand<'_>,
    target: &SessionTarget,
    model: Option<&ModelChoice>,
) -> Result<(), Failure> {
    let (entry, document) = call.read(target).await?;
    let id = entry.id.as_str();
    let Some(last_message) = document.visible().last() else {
        return Err(Failure::usage(format!("cannot compact `{id}`: it has no messages")));
    };
    let wanted = match (model, document.last_model()) {
        (Some(choice), _) => choice.clone(),
        (None, Some(last)) => as_choice(&last)?,
        (None, None) => {
            return Err(
                Failure::usage(format!("cannot compact `{id}`: no message of it names a model"))
                    .hint("name one with `--model`"),
            );
        }
    };
    let _lock = call.lock(id).await?;
    let at_work: OnceCell<Client> = OnceCell::new();
    let provider = wanted.as_ref().map(|model| model.provider);
    let needs = Needs {
        provider: provider.as_deref(),
        ..USUAL
    };
    let result = call
        .change_with(&entry.directory, needs, async |connection| {
            let client = &connection.client;
            expect_idle(client, id).await?;
            let model = existing(call, connection, &wanted).await?;
            // Set once, here.
            let _ = at_work.set(client.clone());
            client.summarize(id, &model).await.map_err(refused(id))?;
            expect_summary(client, id, last_message.id()).await?;
            Ok(model)
        })
        .await;
    if let (Err(failure), Some(client)) = (&result, at_work.get())
        && is_stop(failure)
    {
        end_elsewhere(client, id).await;
    }
    let model = result?;
    call.say(&format!("`{id}` is compacted; {model} wrote the summary"));
    let compacted = CompactedSession {
        id: id.to_owned(),
        model: model.to_string(),
    };
    document_of(call, &compacted)
}

async fn existing(
    call: RunningCommand<'_>,
    connection: &Connection,
    wanted: &ModelChoice,
) -> Result<ModelRef, Failure> {
    let providers = connection.client.providers().await?;
    match select::model(wanted, &providers) {
        Ok(selected) => Ok(selected.reference),
        Err(missing) => Err(select::explain_missing(missing, call.context, connection).await),
    }
}

/// Sees that the model wrote a summary after the message `last`: the engine's own answer does not tell.
async fn expect_summary(client: &Client, id: &str, last: &str) -> Result<(), Failure> {
    let news = client.messages_after(id, Some(last)).await?;
    let Some(summary) = news.iter().rev().find(|message| message.info.is_summary()) else {
        return Err(Failure::failed(format!(
            "cannot compact `{id}`: the model wrote no summary"
        )));
    };
    match &summary.info.error {
        None => Ok(()),
        Some(error) => Err(Failure::new(
            FailureKind::Provider,
            format!("cannot compact `{id}`: {}", error.data.message),
        )),
    }
}

fn as_choice(model: &ModelRef) -> Result<ModelChoice, Failure> {
    model
        .to_string()
        .parse()
        .map_err(|error| Failure::usage(format!("cannot use model `{model}`")).caused_by(&error))
}

fn is_stop(failure: &Failure) -> bool {
    matches!(
        failure.kind,
        FailureKind::Interrupted | FailureKind::Terminated | FailureKind::Timeout
    )
}

/// Ends what a session does on a server that outlives us. That of a server of our own is over already.
async fn end_elsewhere(client: &Client, id: &str) {
    let _ = tokio::time::timeout(PATIENCE, client.abort(id)).await;
}
