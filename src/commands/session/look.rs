//! Looking at sessions: in the engine's store, else through an engine.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::RunningCommand;
use super::entry::{SessionEntry, kept_names};
use super::find;
use crate::cli::SessionTarget;
use crate::client::types::{SessionFilter, TodoItem};
use crate::client::{Client, Error as ApiError};
use crate::connect::rehearsed;
use crate::connect::visit::{USUAL, visit, visit_for};
use crate::connect::{self, Connection, Needs};
use crate::conversation::ConversationLock;
use crate::error::{Failure, FailureKind};
use crate::request::{BusySession, ConnectRequest, ServerChoice, SessionScope};
use crate::store::{SessionStore, Unreadable};
use crate::support::loopback::is_loopback;
use crate::transcript::Transcript;

/// Where sessions are looked at. Both give the same.
pub(super) enum SessionSource<'a> {
    Store(&'a SessionStore),
    Server(&'a Client),
}

/// Why something cannot be looked at.
#[derive(Debug, thiserror::Error)]
pub(super) enum LookupFailure {
    /// The store cannot be read; an engine may know more.
    #[error(transparent)]
    Store(#[from] Unreadable),
    #[error(transparent)]
    Final(#[from] Failure),
}

impl From<ApiError> for LookupFailure {
    fn from(error: ApiError) -> Self {
        Self::Final(error.into())
    }
}

impl From<LookupFailure> for Failure {
    fn from(failure: LookupFailure) -> Self {
        match failure {
            LookupFailure::Final(failure) => failure,
            LookupFailure::Store(error) => Self::from_error(FailureKind::Engine, &error),
        }
    }
}

impl SessionSource<'_> {
    async fn sessions(&self, filter: &SessionFilter) -> Result<Vec<Value>, LookupFailure> {
        Ok(match self {
            Self::Store(store) => store.sessions(filter)?,
            Self::Server(client) => client.sessions(filter).await?,
        })
    }

    /// The sessions of a directory, or of all, as lists show them.
    pub(super) async fn entries(
        &self,
        call: RunningCommand<'_>,
        directory: &Path,
        scope: SessionScope,
        mut filter: SessionFilter,
    ) -> Result<Vec<SessionEntry>, LookupFailure> {
        filter.directory = (scope == SessionScope::Directory).then(|| directory.to_string_lossy().into_owned());
        let sessions = self.sessions(&filter).await?;
        let kept = kept_names(call, directory, scope);
        Ok(sessions
            .iter()
            .map(|session| SessionEntry::new(session, &kept))
            .collect())
    }

    pub(super) async fn session(&self, id: &str) -> Result<Option<Value>, LookupFailure> {
        match self {
            Self::Store(store) => Ok(store.session(id)?),
            Self::Server(client) => match client.session_document(id).await {
                Ok(session) => Ok(Some(session)),
                Err(error) if error.status().is_some_and(|status| status.as_u16() == 404) => Ok(None),
                Err(error) => Err(error.into()),
            },
        }
    }

    pub(super) async fn messages(&self, id: &str) -> Result<Vec<Value>, LookupFailure> {
        Ok(match self {
            Self::Store(store) => store.messages(id)?,
            Self::Server(client) => client.message_documents(id).await.map_err(|error| {
                let has_schema = error.status().is_some_and(|status| status.as_u16() == 400);
                let hint = "this engine does not list a conversation in which an answer had a schema";
                Failure::from(error).hint_if(has_schema, hint)
            })?,
        })
    }

    pub(super) async fn todo(&self, id: &str) -> Result<Vec<TodoItem>, LookupFailure> {
        let items = match self {
            Self::Store(store) => store.todo(id)?,
            Self::Server(client) => client.todo(id).await?,
        };
        Ok(items
            .into_iter()
            .filter_map(|item| serde_json::from_value(item).ok())
            .collect())
    }

    pub(super) async fn document(&self, id: &str) -> Result<Transcript, LookupFailure> {
        let Some(info) = self.session(id).await? else {
            return Err(gone(id).into());
        };
        Ok(Transcript::new(info, self.messages(id).await?))
    }

    /// The session that is meant.
    pub(super) async fn find(
        &self,
        call: RunningCommand<'_>,
        directory: &Path,
        target: &SessionTarget,
    ) -> Result<SessionEntry, LookupFailure> {
        let everything = self
            .sessions(&SessionFilter {
                children: true,
                archived: true,
                ..SessionFilter::default()
            })
            .await?;
        let kept = kept_names(call, directory, target.scope);
        let entries = everything.iter().map(|session| SessionEntry::new(session, &kept));
        let here_is = directory.to_string_lossy();
        let (here, elsewhere): (Vec<SessionEntry>, Vec<SessionEntry>) =
            entries.partition(|entry| target.scope == SessionScope::Everywhere || entry.directory == *here_is);
        let Some(reference) = &target.reference else {
            return Ok(find::last(&here)?.clone());
        };
        let gone = kept.iter().find(|kept| {
            kept.name == *reference && !here.iter().chain(&elsewhere).any(|entry| entry.id == kept.session_id)
        });
        if let Some(kept) = gone {
            return Err(Failure::usage(format!(
                "cannot find the session that is kept as `{reference}`: `{}` does not exist any more",
                kept.session_id
            ))
            .hint("`opencode-rs session list` shows what there is")
            .into());
        }
        Ok(find::find(reference, &here, &elsewhere)?.clone())
    }
}

/// The failure of a session that was there.
pub(super) fn gone(id: &str) -> Failure {
    Failure::failed(format!("cannot find session `{id}`: it is gone"))
}

impl RunningCommand<'_> {
    /// The engine's store, when it is readable and belongs to this request.
    pub(super) fn store(self) -> Option<SessionStore> {
        if matches!(self.request.connect.server, ServerChoice::Attach(_)) {
            // Its store is wherever it has it.
            return None;
        }
        let database = rehearsed::database(self.context, &self.request.connect.rehearsal)?;
        match SessionStore::open(&database) {
            Ok(store) => Some(store),
            Err(error) => {
                tracing::debug!(%error, path = %database.display(), "the store is left to an engine");
                None
            }
        }
    }

    /// Does `work` on the engine's store, else on an engine.
    pub(super) async fn look<T>(
        self,
        work: impl AsyncFn(&SessionSource<'_>, &Path) -> Result<T, LookupFailure>,
    ) -> Result<T, Failure> {
        let request = &self.request.connect;
        let directory = connect::directory(self.context, request)?;
        if let Some(store) = self.store() {
            match work(&SessionSource::Store(&store), &directory).await {
                Ok(result) => return Ok(result),
                Err(LookupFailure::Final(failure)) => return Err(failure),
                Err(LookupFailure::Store(error)) => tracing::debug!(%error, "the store is left to an engine"),
            }
        }
        visit(self.context, request, &self.request.output, async |connection| {
            Ok(work(&SessionSource::Server(&connection.client), &directory).await?)
        })
        .await
    }

    /// The session that is meant.
    pub(super) async fn find(self, target: &SessionTarget) -> Result<SessionEntry, Failure> {
        self.look(async |source, directory| source.find(self, directory, target).await)
            .await
    }

    /// The session that is meant, with everything in it.
    pub(super) async fn read(self, target: &SessionTarget) -> Result<(SessionEntry, Transcript), Failure> {
        self.look(async |source, directory| {
            let entry = source.find(self, directory, target).await?;
            let document = source.document(&entry.id).await?;
            Ok((entry, document))
        })
        .await
    }

    /// Does `work` on a connection in the directory of a session: what the engine does there is what was asked and trusted
    /// there.
    pub(super) async fn change<T>(
        self,
        directory: &str,
        work: impl AsyncFnOnce(&Connection) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        self.change_with(directory, USUAL, work).await
    }

    /// The same on a server with these needs.
    pub(super) async fn change_with<T>(
        self,
        directory: &str,
        needs: Needs<'_>,
        work: impl AsyncFnOnce(&Connection) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let request = self.request_in(directory);
        visit_for(self.context, &request, &self.request.output, needs, work).await
    }

    fn request_in(self, directory: &str) -> ConnectRequest {
        let mut request = self.request.connect.clone();
        let is_local = !matches!(&request.server, ServerChoice::Attach(url) if !is_loopback(url));
        // A deleted directory contains no code. The engine works without the directory as well as it can.
        if !is_local || Path::new(directory).is_dir() {
            request.directory = Some(PathBuf::from(directory));
        }
        request
    }

    /// The right to change a session, which one command has at a time.
    ///
    /// # Errors
    ///
    /// When another command has it.
    pub(super) async fn lock(self, id: &str) -> Result<ConversationLock, Failure> {
        let state = rehearsed::names(self.context, &self.request.connect.rehearsal);
        let lock = ConversationLock::of_session(&state, id, BusySession::Refused, |_| ()).await;
        lock.map_err(|mut failure| {
            // A lock that cannot be had for another reason has a cause.
            if failure.causes.is_empty() {
                failure.message = failure
                    .message
                    .replace("continue this conversation", &format!("change session `{id}`"));
                failure.hints = vec![format!(
                    "wait until it is done, or end it with `opencode-rs session abort {id}`"
                )];
            }
            failure
        })
    }
}

/// Sees that a session is not at work.
///
/// # Errors
///
/// When it is, or the engine cannot be asked.
pub(super) async fn expect_idle(client: &Client, id: &str) -> Result<(), Failure> {
    if is_busy(client, id).await? {
        return Err(busy(id));
    }
    Ok(())
}

/// Whether a session is at work on this server.
pub(super) async fn is_busy(client: &Client, id: &str) -> Result<bool, Failure> {
    use crate::client::types::SessionStatus;
    let statuses = client.session_statuses().await?;
    Ok(statuses.get(id).is_some_and(|status| *status != SessionStatus::Idle))
}

/// What the engine refuses because the session is at work, said in our words.
pub(super) fn refused(id: &str) -> impl Fn(ApiError) -> Failure {
    move |error| match &error {
        ApiError::Status { name: Some(name), .. } if name == "SessionBusyError" => busy(id),
        ApiError::Status { status, .. } if status.as_u16() == 404 => gone(id),
        _ => error.into(),
    }
}

fn busy(id: &str) -> Failure {
    Failure::failed(format!("cannot change session `{id}`: it is at work")).hint(format!(
        "wait until it is done, or end it with `opencode-rs session abort {id}`"
    ))
}
