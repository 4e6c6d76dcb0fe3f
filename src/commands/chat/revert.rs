//! `/undo`, `/redo`, `/retry`, `/compact`: what becomes of what was said.

use super::dialog::{Dialog, NextStep};
use super::sessions::text_of;
use crate::chat::ShellNote;
use crate::client::types::MessageWithParts;
use crate::conversation::ConversationLock;
use crate::error::Failure;
use crate::input::PromptParts;
use crate::request::BusySession;
use crate::terminal::one_line;

/// Limit of file names in a note.
const MOST_FILES: usize = 8;

/// The prompts of a session, and where it stands among them.
struct PromptHistory {
    /// Id and text, oldest first.
    all: Vec<(String, String)>,
    /// How many of them count; those after it are taken back.
    standing: usize,
}

impl PromptHistory {
    fn of(messages: &[MessageWithParts], reverted: Option<&str>) -> Self {
        let all: Vec<(String, String)> = messages
            .iter()
            .filter(|message| message.info.role == "user")
            .map(|message| (message.info.id.clone(), text_of(message)))
            // What the engine says to itself is no prompt: it goes with the one before.
            .filter(|(_, text)| !text.is_empty())
            .collect();
        let from = reverted.and_then(|id| messages.iter().position(|message| message.info.id == id));
        let standing = match from {
            None => all.len(),
            Some(from) => all
                .iter()
                .take_while(|(id, _)| messages[..from].iter().any(|message| message.info.id == *id))
                .count(),
        };
        Self { all, standing }
    }
}

impl Dialog<'_, '_> {
    /// The right to change a session; a failure while another command is at work on it.
    async fn hold(&self, id: &str) -> Result<ConversationLock, Failure> {
        ConversationLock::of_session(&self.chat.names, id, BusySession::Refused, |_| ()).await
    }

    async fn prompts(&self) -> Result<PromptHistory, Failure> {
        let (client, id) = (self.client()?, self.session()?);
        let reading = async {
            let session = client.session(&id).await?;
            let messages = client.messages_after(&id, None).await?;
            let reverted = session.revert.map(|revert| revert.message_id);
            Ok(PromptHistory::of(
                &messages,
                reverted.as_deref().filter(|id| !id.is_empty()),
            ))
        };
        self.waiting(reading).await
    }

    /// Takes the last prompt back; gives its text.
    async fn take_back(&mut self) -> Result<(String, Vec<String>), Failure> {
        let _held = self.hold(&self.session()?).await?;
        let prompts = self.prompts().await?;
        let Some((message, text)) = prompts.standing.checked_sub(1).map(|at| prompts.all[at].clone()) else {
            return Err(Failure::usage("there is nothing to take back"));
        };
        let (client, id) = (self.client()?, self.session()?);
        let reverting = async {
            // Asked before: what is taken back has no changes any more.
            let files = client.diff(&id, &message).await.unwrap_or_default();
            client.revert_session(&id, &message).await?;
            Ok(files.into_iter().map(|file| file.file).collect::<Vec<_>>())
        };
        let files = self.waiting(reverting).await?;
        Ok((text, files))
    }

    pub(super) async fn undo(&mut self) -> Result<(), Failure> {
        let (text, files) = self.take_back().await?;
        self.note(&format!("took back: {}", one_line(&text, 60)));
        self.tell_files("files are as they were before: ", &files);
        self.note("/redo brings it back, until the next prompt");
        self.next_line = match self.chat.last_asked.take_if(|asked| asked.command.is_some()) {
            // The engine's text of a command is its template.
            Some(asked) => asked.prompt.text,
            None => ShellNote::strip(&text).to_owned(),
        };
        Ok(())
    }

    fn tell_files(&self, words: &str, files: &[String]) {
        if files.is_empty() {
            self.note("no file was changed by it, as far as the engine knows");
            return;
        }
        let more = files.len().saturating_sub(MOST_FILES);
        let named: Vec<&str> = files.iter().take(MOST_FILES).map(String::as_str).collect();
        let more = match more {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        self.note(&format!("{words}{}{more}", named.join(", ")));
    }

    pub(super) async fn redo(&mut self) -> Result<(), Failure> {
        let _held = self.hold(&self.session()?).await?;
        let prompts = self.prompts().await?;
        let Some((_, text)) = prompts.all.get(prompts.standing) else {
            return Err(Failure::usage("there is nothing to bring back"));
        };
        let (client, id) = (self.client()?, self.session()?);
        let next = prompts.all.get(prompts.standing + 1).map(|(id, _)| id.clone());
        let bringing = async {
            match next {
                // Several were taken back: one of them comes back, with its files.
                Some(next) => client.revert_session(&id, &next).await?,
                None => client.unrevert_session(&id).await?,
            };
            Ok(())
        };
        self.waiting(bringing).await?;
        self.note(&format!("brought back: {}", one_line(text, 60)));
        Ok(())
    }

    pub(super) async fn retry(&mut self) -> Result<NextStep, Failure> {
        let (text, files) = self.take_back().await?;
        if !files.is_empty() {
            self.tell_files("files are as they were before: ", &files);
        }
        self.note(&format!("again: {}", one_line(&text, 60)));
        // What was typed here is known with its files; of another session there is the text.
        let asked = match self.chat.last_asked.clone() {
            Some(asked) if asked.command.is_some() || asked.prompt.text == text => asked,
            _ => PromptParts::from(text).into(),
        };
        self.turn(asked).await
    }

    pub(super) async fn compact(&mut self) -> Result<(), Failure> {
        let (client, id) = (self.client()?, self.session()?);
        let Some(model) = self.chat.last_model.clone() else {
            return Err(Failure::usage("cannot tell which model shall write the summary").hint("send a prompt first"));
        };
        let _held = self.hold(&id).await?;
        self.note("the model writes a summary; Esc stops it");
        let done = self.waiting(async { Ok(client.summarize(&id, &model).await?) }).await;
        if let Err(failure) = done {
            // Whatever came in between: nothing goes on behind our back.
            let _ = client.abort(&id).await;
            return Err(failure);
        }
        self.chat.standing.used = 0;
        self.note("the summary takes the place of the conversation from here on");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::types::{MessageInfo, Part, PartKind};

    fn message(id: &str, role: &str, text: &str) -> MessageWithParts {
        MessageWithParts {
            info: MessageInfo {
                id: id.to_owned(),
                role: role.to_owned(),
                ..MessageInfo::default()
            },
            parts: vec![Part {
                kind: PartKind::Text,
                text: text.to_owned(),
                ..Part::default()
            }],
        }
    }

    #[test]
    fn what_is_taken_back_does_not_stand() {
        let messages = [
            message("1", "user", "one"),
            message("2", "assistant", "answer"),
            message("3", "user", ""),
            message("4", "user", "two"),
        ];
        let standing = |reverted| PromptHistory::of(&messages, reverted).standing;
        assert_eq!(PromptHistory::of(&messages, None).all.len(), 2);
        assert_eq!(
            [None, Some("4"), Some("3"), Some("1"), Some("unknown")].map(standing),
            [2, 1, 1, 0, 2]
        );
    }
}
