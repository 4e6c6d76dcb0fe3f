//! The user's prompts among the messages, and references to messages.

use std::ops::Range;

use super::document::{Transcript, TranscriptMessage, holds, text};

/// Length of the shortest accepted id prefix, not counting `msg_`.
const MIN_ID_PREFIX: usize = 4;
/// All message ids begin with this.
const PREFIX: &str = "msg_";

/// The positions of the prompts among the visible messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PromptPositions {
    positions: Vec<usize>,
    end: usize,
}

/// Why a reference names no message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnknownMessage {
    /// No prompt has this number.
    #[error("cannot find prompt {0}: the conversation has {1}")]
    Number(usize, usize),
    /// No message has this id.
    #[error("cannot find message `{0}` in the conversation")]
    Id(String),
    #[error("cannot tell which message `{0}` is: {1} begin so")]
    Ambiguous(String, usize),
}

impl PromptPositions {
    pub fn of(document: &Transcript) -> Self {
        let messages = document.visible();
        let positions = (0..messages.len())
            .filter(|&position| is_prompt(&messages[position]))
            .collect();
        Self {
            positions,
            end: messages.len(),
        }
    }

    pub fn count(&self) -> usize {
        self.positions.len()
    }

    /// The number of the prompt at this position, counted from one.
    pub fn number(&self, position: usize) -> Option<usize> {
        self.positions.binary_search(&position).ok().map(|index| index + 1)
    }

    /// The messages of the turn that contains the message at `position`: its prompt and everything before the next
    /// prompt.
    pub fn turn(&self, position: usize) -> Range<usize> {
        let next = self.positions.partition_point(|&prompt| prompt <= position);
        let start = next.checked_sub(1).map_or(0, |index| self.positions[index]);
        start..self.positions.get(next).copied().unwrap_or(self.end)
    }

    pub fn last(&self) -> Option<usize> {
        self.positions.last().copied()
    }

    /// The position of the message that `reference` names: by the number of a prompt, an id, or an id prefix.
    ///
    /// # Errors
    ///
    /// When the reference names no message or several.
    pub fn find(&self, document: &Transcript, reference: &str) -> Result<usize, UnknownMessage> {
        let messages = document.visible();
        if let Some(position) = messages.iter().position(|message| message.id() == reference) {
            return Ok(position);
        }
        if let Ok(number) = reference.parse::<usize>()
            && reference.len() < MIN_ID_PREFIX
        {
            return number
                .checked_sub(1)
                .and_then(|index| self.positions.get(index).copied())
                .ok_or(UnknownMessage::Number(number, self.count()));
        }
        let begins = reference.strip_prefix(PREFIX).unwrap_or(reference);
        let meant: Vec<usize> = (0..messages.len())
            .filter(|&position| {
                let id = messages[position].id();
                begins.len() >= MIN_ID_PREFIX && id.strip_prefix(PREFIX).unwrap_or(id).starts_with(begins)
            })
            .collect();
        match meant[..] {
            [position] => Ok(position),
            [] => Err(UnknownMessage::Id(reference.to_owned())),
            _ => Err(UnknownMessage::Ambiguous(reference.to_owned(), meant.len())),
        }
    }
}

/// Whether a person wrote the message: the engine writes user messages too, whose parts are all synthetic.
fn is_prompt(message: &TranscriptMessage) -> bool {
    message.is_of_user()
        && message.parts.iter().any(|part| match text(part, "type") {
            "text" => !holds(part, "synthetic"),
            kind => matches!(kind, "file" | "agent" | "subtask"),
        })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Two prompts, the first answered in two steps, with a message by the engine between them.
    pub(super) fn document() -> Transcript {
        let message = |id: &str, role: &str, synthetic: bool| {
            json!({
                "info": { "id": id, "role": role },
                "parts": [{ "id": format!("prt_{id}"), "type": "text", "text": id, "synthetic": synthetic }],
            })
        };
        Transcript::new(
            json!({ "id": "ses_1" }),
            vec![
                message("msg_aaaa1", "user", false),
                message("msg_aaaa2", "assistant", false),
                message("msg_bbbb1", "user", true),
                message("msg_bbbb2", "assistant", false),
                message("msg_cccc1", "user", false),
                message("msg_cccc2", "assistant", false),
            ],
        )
    }

    #[test]
    fn a_turn_is_a_prompt_and_all_up_to_the_next() {
        let prompts = PromptPositions::of(&document());
        assert_eq!(prompts.count(), 2);
        assert_eq!(prompts.turn(0), 0..4);
        assert_eq!(prompts.turn(3), 0..4);
        assert_eq!(prompts.turn(5), 4..6);
        assert_eq!(prompts.last(), Some(4));
        assert_eq!((prompts.number(4), prompts.number(2)), (Some(2), None));
    }

    #[test]
    fn a_message_is_named_by_number_id_or_the_beginning_of_one() {
        let document = document();
        let prompts = PromptPositions::of(&document);
        let find = |reference: &str| prompts.find(&document, reference);
        assert_eq!(find("1"), Ok(0));
        assert_eq!(find("2"), Ok(4));
        assert_eq!(find("3"), Err(UnknownMessage::Number(3, 2)));
        assert_eq!(find("0"), Err(UnknownMessage::Number(0, 2)));
        assert_eq!(find("msg_bbbb2"), Ok(3));
        assert_eq!(find("bbbb2"), Ok(3));
        assert_eq!(find("cccc"), Err(UnknownMessage::Ambiguous("cccc".to_owned(), 2)));
        assert_eq!(find("ccc"), Err(UnknownMessage::Id("ccc".to_owned())));
    }

    #[test]
    fn what_is_reverted_does_not_count() {
        let mut document = document();
        document.info["revert"] = json!({ "messageID": "msg_cccc1" });
        let prompts = PromptPositions::of(&document);
        assert_eq!((prompts.count(), prompts.turn(0)), (1, 0..4));
        assert_eq!(prompts.find(&document, "2"), Err(UnknownMessage::Number(2, 1)));
    }
}
