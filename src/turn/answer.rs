//! The text of a turn: what was sent to the renderer, what is still open, what is void.

use std::collections::HashMap;

use super::update::{TextDelta, Update};
use crate::client::types::{Part, PartKind};

/// All text and reasoning parts of a turn, in the order in which they began.
///
/// The parts of the answer are sent strictly in this order: a part waits until the part before it is closed or void.
/// Reasoning and the text of subagents are sent as they arrive.
#[derive(Debug, Default)]
pub(super) struct TurnText {
    parts: Vec<TextPart>,
    index: HashMap<String, usize>,
    /// Indices of the parts of the answer; the parts before `head` are complete.
    queue: Vec<usize>,
    head: usize,
}

#[expect(
    clippy::struct_excessive_bools,
    reason = "independent facts; most combinations occur"
)]
#[derive(Debug)]
struct TextPart {
    id: String,
    message_id: String,
    session_id: String,
    kind: PartKind,
    subagent: bool,
    text: String,
    /// How many bytes of `text` were sent.
    given: usize,
    /// The engine will add no more text.
    closed: bool,
    /// The part belongs to a failed try.
    void: bool,
    /// Deltas may have been missed: send nothing until the whole text is known.
    distrusted: bool,
}

impl TurnText {
    /// Takes a part as the engine has it now. After a `live` event, deltas continue its text.
    pub(super) fn part(&mut self, part: &Part, subagent: bool, live: bool, out: &mut Vec<Update>) {
        let closed = part.time.end.is_some();
        let position = match self.index.get(&part.id) {
            Some(&position) => position,
            None => self.insert(part, subagent),
        };
        let known = &mut self.parts[position];
        if known.void {
            return;
        }
        // The engine stores an open part without its text, so an empty text means nothing while the part is open.
        if closed || !part.text.is_empty() && part.text.len() >= known.text.len() {
            known.replace(&part.text);
            known.distrusted = false;
        }
        known.closed |= closed;
        if !closed && !live {
            known.distrusted = true;
        }
        self.give_out_from(position, out);
    }

    /// Appends a piece of text. Ignores a piece of an unknown part: the part belongs to another session, or a gap cut
    /// off its beginning.
    pub(super) fn delta(&mut self, part_id: &str, text: &str, out: &mut Vec<Update>) {
        let Some(&position) = self.index.get(part_id) else {
            return;
        };
        let part = &mut self.parts[position];
        if part.void || part.closed || part.distrusted {
            return;
        }
        part.text.push_str(text);
        self.give_out_from(position, out);
    }

    /// Marks a part whose text was damaged on the way: nothing more is sent until its whole text is known.
    pub(super) fn distrust(&mut self, part_id: &str) {
        if let Some(&position) = self.index.get(part_id) {
            self.parts[position].distrusted = true;
        }
    }

    /// Marks a part as void: it belongs to a failed try.
    pub(super) fn make_void(&mut self, part_id: &str, out: &mut Vec<Update>) {
        let Some(&position) = self.index.get(part_id) else {
            return;
        };
        let part = &mut self.parts[position];
        if std::mem::replace(&mut part.void, true) {
            return;
        }
        if part.given > 0 && part.kind == PartKind::Text {
            out.push(Update::TextVoid {
                part_id: part.id.clone(),
                session_id: part.session_id.clone(),
            });
        }
    }

    /// Closes all parts of a complete message.
    pub(super) fn close_message(&mut self, message_id: &str) {
        for part in self.parts.iter_mut().rev() {
            if part.message_id == message_id {
                part.closed = true;
            }
        }
    }

    pub(super) fn distrust_open_text(&mut self) {
        for part in &mut self.parts {
            part.distrusted |= !part.closed;
        }
    }

    /// Sends what the order of the parts allows.
    pub(super) fn give_out(&mut self, out: &mut Vec<Update>) {
        while let Some(&position) = self.queue.get(self.head) {
            let part = &mut self.parts[position];
            part.give(out);
            if !part.closed && !part.void {
                return;
            }
            self.head += 1;
        }
    }

    /// The whole answer: its parts, separated by a blank line.
    pub(super) fn text(&self) -> String {
        joined(self.valid())
    }

    /// The text of the last message that has any.
    pub(super) fn last_message(&self) -> String {
        let last = self.valid().last().map(|part| part.message_id.as_str());
        joined(self.valid().filter(|part| Some(part.message_id.as_str()) == last))
    }

    /// The parts of the answer that are not void.
    fn valid(&self) -> impl Iterator<Item = &TextPart> {
        let parts = self.queue.iter().map(|&position| &self.parts[position]);
        parts.filter(|part| !part.void && !part.text.is_empty())
    }

    fn insert(&mut self, part: &Part, subagent: bool) -> usize {
        let position = self.parts.len();
        self.index.insert(part.id.clone(), position);
        self.parts.push(TextPart {
            id: part.id.clone(),
            message_id: part.message_id.clone(),
            session_id: part.session_id.clone(),
            kind: part.kind,
            subagent,
            text: String::new(),
            given: 0,
            closed: false,
            void: false,
            distrusted: false,
        });
        if part.kind == PartKind::Text && !subagent {
            self.queue.push(position);
        }
        position
    }

    fn give_out_from(&mut self, position: usize, out: &mut Vec<Update>) {
        let part = &mut self.parts[position];
        if part.kind == PartKind::Text && !part.subagent {
            self.give_out(out);
        } else {
            part.give(out);
        }
    }
}

/// Joins the texts of parts with a blank line.
fn joined<'a>(parts: impl Iterator<Item = &'a TextPart>) -> String {
    let mut text = String::new();
    for part in parts {
        if !text.is_empty() {
            let have = text.len() - text.trim_end_matches('\n').len();
            text.extend(std::iter::repeat_n('\n', 2_usize.saturating_sub(have)));
        }
        text.push_str(&part.text);
    }
    text
}

impl TextPart {
    /// Replaces the text by the engine's whole text, which is right when the pieces differ from it.
    fn replace(&mut self, whole: &str) {
        if whole.as_bytes().starts_with(&self.text.as_bytes()[..self.given]) {
            whole.clone_into(&mut self.text);
        } else {
            // Text that was sent cannot be taken back: the engine trims white space at the end, and a plugin may
            // rewrite the text.
            whole.clone_into(&mut self.text);
            self.given = self.text.len();
        }
    }

    fn give(&mut self, out: &mut Vec<Update>) {
        if self.void || self.distrusted && !self.closed || self.given >= self.text.len() {
            return;
        }
        let delta = TextDelta {
            session_id: self.session_id.clone(),
            message_id: self.message_id.clone(),
            part_id: self.id.clone(),
            text: self.text[self.given..].to_owned(),
            subagent: self.subagent,
        };
        self.given = self.text.len();
        out.push(if self.kind == PartKind::Reasoning {
            Update::Reasoning(delta)
        } else {
            Update::Text(delta)
        });
    }
}
