//! `/new`, `/sessions`, `/resume`: which session the dialog goes on with.

use std::time::{Duration, Instant, UNIX_EPOCH};

use super::conversation::Conversation;
use super::dialog::Dialog;
use crate::chat::Choice;
use crate::client::Client;
use crate::client::types::{MessageWithParts, PartKind, Session};
use crate::error::Failure;
use crate::prompting::Display;
use crate::prompting::session;
use crate::request::{Manner, SessionStart};
use crate::support::amounts;
use crate::support::nearest::quoted;
use crate::terminal::{one_line, sanitize};

/// How many sessions are looked at.
const MOST: usize = 100;
const LISTED: usize = 15;
/// How much of the last answer is shown again.
const RECAP_LINES: usize = 12;

/// Opens the session that the dialog begins with, and gives its title; `None` for a new session.
pub(super) async fn begin(chat: &mut Conversation<'_>) -> Result<Option<String>, Failure> {
    let choice = &chat.run.session;
    // A copy is made with the first prompt.
    if choice.start == SessionStart::New || choice.manner == Manner::Fork {
        return Ok(None);
    }
    let display = chat.display()?;
    let found = Box::pin(find_chosen(chat, &display)).await;
    display.drained().await;
    let Some(session) = found? else {
        return Ok(None);
    };
    let title = session.title.clone();
    chat.set_session(Some(session));
    Ok(Some(title))
}

async fn find_chosen(chat: &mut Conversation<'_>, display: &Display) -> Result<Option<Session>, Failure> {
    if chat.link.is_none() {
        chat.connect(display).await?;
    }
    let Some(client) = chat.client().cloned() else {
        return Ok(None);
    };
    let prompt = chat.prompt(display, Instant::now());
    // Released when this returns: between prompts, other commands may go on with the conversation.
    let mut locks = session::lock_kept(prompt).await?;
    let found = session::find(prompt, &client, &mut locks).await?;
    Ok(found.map(|session| session.info))
}

async fn newest(client: &Client, search: Option<&str>) -> Result<Vec<Session>, Failure> {
    Ok(client.root_sessions(MOST, search).await?)
}

/// The sessions that a person may mean by an id, its beginning, or a title.
async fn find(client: &Client, wanted: &str) -> Result<Vec<Session>, Failure> {
    let all = newest(client, None).await?;
    let lower = wanted.to_lowercase();
    let by = |fits: &dyn Fn(&Session) -> bool| all.iter().filter(|session| fits(session)).cloned().collect::<Vec<_>>();
    let tries = [
        by(&|session| session.id == wanted),
        by(&|session| session.title.to_lowercase() == lower),
        by(&|session| session.id.starts_with(wanted)),
        by(&|session| session.title.to_lowercase().contains(&lower)),
    ];
    tries.into_iter().find(|found| !found.is_empty()).ok_or_else(|| {
        Failure::usage(format!("cannot find session `{wanted}` in this directory"))
            .hint("`/sessions` in the dialog lists what there is")
    })
}

impl Dialog<'_, '_> {
    pub(super) fn begin_anew(&mut self) {
        self.chat.set_session(None);
        self.notes.clear();
        self.note("a new session begins with the next prompt");
    }

    pub(super) async fn list_sessions(&mut self, search: &str) -> Result<(), Failure> {
        let sessions = self.sessions(search).await?;
        if sessions.is_empty() {
            self.note("there are no sessions here");
        }
        let current = self.chat.session.as_ref().map(|held| held.id.clone());
        for session in sessions.iter().take(LISTED) {
            let is_current = Some(&session.id) == current.as_ref();
            let mark = if is_current { '*' } else { ' ' };
            let left = format!("{mark} {}  {:>14}", session.id, age(session.time.updated));
            self.row(&left, &session.title);
        }
        if sessions.len() > LISTED {
            self.note(&format!(
                "and {} older ones; `/sessions WORDS` searches titles",
                sessions.len() - LISTED
            ));
        }
        Ok(())
    }

    pub(super) async fn resume(&mut self, wanted: &str) -> Result<(), Failure> {
        let client = self.client()?;
        let mut found = if wanted.is_empty() {
            self.sessions("").await?
        } else {
            self.waiting(find(&client, wanted)).await?
        };
        if found.is_empty() {
            self.note("there are no sessions here");
            return Ok(());
        }
        // One that was named is meant; of all sessions the person chooses.
        if found.len() > 1 || wanted.is_empty() {
            let current = self.chat.session.as_ref().map(|held| held.id.clone());
            let choice = |session: &Session| Choice {
                is_in_use: Some(&session.id) == current.as_ref(),
                value: session.id.clone(),
                name: session.title.clone(),
                about: age(session.time.updated),
            };
            let choices = found.iter().map(choice).collect();
            let Some(id) = self.choose("session", choices).await? else {
                return Ok(());
            };
            found = match found.into_iter().find(|session| session.id == id) {
                Some(session) => vec![session],
                // A plain terminal takes any words.
                None => self.waiting(find(&client, &id)).await?,
            };
        }
        let session = match <[Session; 1]>::try_from(found) {
            Ok([session]) => session,
            Err(several) => {
                let ids: Vec<&str> = several.iter().take(5).map(|session| session.id.as_str()).collect();
                return Err(
                    Failure::usage(format!("cannot choose a session: {} fit", several.len()))
                        .hint(format!("name one of them: {}", quoted(&ids))),
                );
            }
        };
        let messages = self.messages(&session.id).await?;
        let title = session.title.clone();
        self.chat.set_session(Some(session));
        let last = messages.iter().rev().find(|message| message.info.is_assistant());
        self.chat.last_model = last.and_then(|message| message.info.model_ref());
        self.notes.clear();
        let prompts = messages.iter().filter(|message| message.info.role == "user").count();
        self.note(&format!("resumed `{title}`: {prompts} prompts so far"));
        self.recap(&messages);
        Ok(())
    }

    pub(super) async fn rename(&mut self, title: &str) -> Result<(), Failure> {
        let (client, id) = (self.client()?, self.session()?);
        if title.is_empty() {
            return Err(Failure::usage("cannot rename the session: there is no title").hint("type `/rename TITLE`"));
        }
        self.waiting(async { Ok(client.rename_session(&id, title).await?) })
            .await?;
        if let Some(held) = &mut self.chat.session {
            title.clone_into(&mut held.title);
        }
        self.note(&format!("this session is `{title}` now"));
        Ok(())
    }

    pub(super) async fn fork(&mut self) -> Result<(), Failure> {
        let (client, id) = (self.client()?, self.session()?);
        let copy: Session = self
            .waiting(async { Ok(client.fork_session(&id, None).await?) })
            .await?;
        self.note(&format!(
            "the next prompt goes to a copy, `{}`; `{id}` stays as it is",
            copy.title
        ));
        self.chat.go_on_with_copy(copy);
        Ok(())
    }

    /// Shows the end of a conversation.
    fn recap(&mut self, messages: &[MessageWithParts]) {
        let said = |message: &&MessageWithParts| !text_of(message).is_empty();
        let mut said = messages.iter().rev().filter(said);
        let answer = said
            .clone()
            .find(|message| message.info.is_assistant() && !message.info.is_summary());
        if let Some(prompt) = said.find(|message| message.info.role == "user") {
            let columns = self.terminal.columns();
            self.note(&one_line(&format!("> {}", text_of(prompt)), 2 * columns));
        }
        let Some(answer) = answer else { return };
        let text = text_of(answer);
        let clean = sanitize(&text).into_owned();
        let lines: Vec<&str> = clean.lines().collect();
        if lines.len() > RECAP_LINES {
            self.note(&format!(
                "({} lines of the answer before these)",
                lines.len() - RECAP_LINES
            ));
        }
        for line in &lines[lines.len().saturating_sub(RECAP_LINES)..] {
            self.print(&self.dim(line));
        }
        self.chat.answer = text;
    }

    async fn sessions(&self, search: &str) -> Result<Vec<Session>, Failure> {
        let client = self.client()?;
        let search = (!search.is_empty()).then_some(search);
        self.waiting(newest(&client, search)).await
    }

    pub(super) async fn messages(&self, session: &str) -> Result<Vec<MessageWithParts>, Failure> {
        let client = self.client()?;
        self.waiting(async { Ok(client.messages_after(session, None).await?) })
            .await
    }

    /// The engine, which is there from the beginning; should it be gone, the next prompt brings it back.
    pub(super) fn client(&self) -> Result<Client, Failure> {
        self.chat
            .client()
            .cloned()
            .ok_or_else(|| Failure::usage("there is no engine").hint("send a prompt, which starts it again"))
    }
}

/// What was written in a message, without what the engine added.
pub(super) fn text_of(message: &MessageWithParts) -> String {
    let parts = message
        .parts
        .iter()
        .filter(|part| part.kind == PartKind::Text && !part.synthetic && !part.ignored && !part.text.trim().is_empty());
    parts.map(|part| part.text.as_str()).collect::<Vec<_>>().join("\n\n")
}

/// How long ago something was.
fn age(millis: f64) -> String {
    let then = Duration::try_from_secs_f64(millis / 1_000.0).unwrap_or_default();
    amounts::age((UNIX_EPOCH + then).elapsed().unwrap_or_default())
}
