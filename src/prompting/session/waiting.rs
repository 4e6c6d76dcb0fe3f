//! Waits for another command that holds the lock of a session, and for a prompt whose command is gone.

use std::cell::Cell;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::client::Client;
use crate::conversation::ConversationLock;
use crate::error::Failure;
use crate::prompting::PromptContext;
use crate::prompting::display::Display;
use crate::request::BusySession;
use crate::turn::{TurnStatus, Update};

/// How long an earlier prompt may go on in a session that no other command of this program has locked.
const EARLIER_PROMPT_TIMEOUT: Duration = Duration::from_secs(30);
/// For the end of a session after an abort.
const ABORT_TIMEOUT: Duration = Duration::from_secs(10);
/// Between two checks whether a session is idle.
const IDLE_CHECK: Duration = Duration::from_millis(100);

/// Waits until a session that none of our commands holds has come to rest: the client of its prompt was killed, or is
/// another program. In the end its prompt is ended.
pub(super) async fn wait_until_idle(
    client: &Client,
    id: &str,
    waiting: BusySession,
    display: &Display,
) -> Result<(), Failure> {
    if waiting == BusySession::Refused {
        return Err(Failure::failed(format!(
            "cannot go on with session `{id}`: it is at work on an earlier prompt"
        ))
        .hint("leave out `--no-wait` to wait for it"));
    }
    let note = TurnStatus::AtWork {
        session_id: id.to_owned(),
    };
    let _ = display.updates().send(Update::Status(note)).await;
    if is_idle_within(client, id, EARLIER_PROMPT_TIMEOUT).await? {
        return Ok(());
    }
    let seconds = EARLIER_PROMPT_TIMEOUT.as_secs();
    let warning = format!("the session was at work on an earlier prompt for more than {seconds} s, which is ended now");
    display.warn(warning).await;
    client.abort(id).await?;
    if is_idle_within(client, id, ABORT_TIMEOUT).await? {
        return Ok(());
    }
    Err(Failure::engine(format!(
        "cannot go on with session `{id}`: it is at work on an earlier prompt, and cannot be stopped"
    ))
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
        sleep(IDLE_CHECK).await;
    }
}

pub(super) async fn lock_session(
    id: &str,
    waiting: BusySession,
    prompt: PromptContext<'_>,
    notice: &Notice<'_>,
) -> Result<ConversationLock, Failure> {
    ConversationLock::of_session(prompt.state, id, waiting, |pid| notice.held(pid)).await
}

pub(super) async fn warn(display: &Display, warnings: Vec<String>) {
    for warning in warnings {
        display.warn(warning).await;
    }
}

/// Reports once that this command waits for another.
pub(super) struct Notice<'a> {
    display: &'a Display,
    said: Cell<bool>,
}

impl<'a> Notice<'a> {
    pub(super) fn new(display: &'a Display) -> Self {
        Self {
            display,
            said: Cell::new(false),
        }
    }

    pub(super) fn held(&self, pid: Option<u32>) {
        if !self.said.replace(true) {
            // A queue that is full this early has no reader.
            let _ = self
                .display
                .updates()
                .try_send(Update::Status(TurnStatus::Waiting { pid }));
        }
    }
}
