//! `--output-format text`: the answer, as it arrives.
//!
//! Into a pipe go the model's bytes, text parts separated by a blank line, and one final line feed unless there is one.
//! On a terminal the answer is sanitised, and laid out as Markdown unless `--raw` was given.
//!
//! What is on stdout cannot be taken back. When a part becomes void, because the step that wrote it is tried again, the
//! text that comes in its place is compared with what is there already: as long as both agree nothing is written again;
//! where they part, the new text is written from its beginning, and stderr says so.

use std::collections::VecDeque;
use std::io;

use super::Body;
use super::console::OutputStreams;
use super::markdown::Markdown;
use super::paint::Paint;
use crate::request::Verbosity;
use crate::terminal::{Sanitizer, Stream};
use crate::turn::{Outcome, TextDelta, Update};

/// How the answer's text becomes bytes.
enum Form {
    /// The model's bytes.
    Bytes,
    /// As the model wrote it, for a terminal.
    Sanitised(Sanitizer),
    /// Laid out for a terminal.
    Markdown(Sanitizer, Box<Markdown>),
}

pub(super) struct TextRender {
    form: Form,
    verbosity: Verbosity,
    /// Parts of the message that is being written, with their text: a retry may void them.
    parts: Vec<TextBlock>,
    message_id: String,
    /// Text of void parts that stands on stdout, oldest first, and that has not come again.
    void: VecDeque<String>,
    /// How much of the front of `void` has come again, in the part that is last in `parts`.
    repeating: Option<usize>,
    repetition_said: bool,
    /// Line feeds at the end of what was written, up to two; `None` before anything was.
    line_feeds: Option<u8>,
    /// A blank line is owed before the next text.
    separator_owed: bool,
}

struct TextBlock {
    id: String,
    text: String,
}

impl TextRender {
    /// Into a pipe or a file.
    pub(super) fn bytes(verbosity: Verbosity) -> Self {
        Self::new(Form::Bytes, verbosity)
    }

    /// To a terminal, as the model wrote it.
    pub(super) fn sanitised(verbosity: Verbosity) -> Self {
        Self::new(Form::Sanitised(Sanitizer::default()), verbosity)
    }

    /// To a terminal, as Markdown.
    pub(super) fn markdown(verbosity: Verbosity, color: bool) -> Self {
        let markdown = Box::new(Markdown::new(Paint::new(color)));
        Self::new(Form::Markdown(Sanitizer::default(), markdown), verbosity)
    }

    fn new(form: Form, verbosity: Verbosity) -> Self {
        Self {
            form,
            verbosity,
            parts: Vec::new(),
            message_id: String::new(),
            void: VecDeque::new(),
            repeating: None,
            repetition_said: false,
            line_feeds: None,
            separator_owed: false,
        }
    }

    fn text(&mut self, delta: &TextDelta, console: &mut OutputStreams) -> io::Result<()> {
        if delta.text.is_empty() {
            return Ok(());
        }
        if self.parts.last().is_none_or(|part| part.id != delta.part_id) {
            self.begin_part(delta, console)?;
        }
        if let Some(part) = self.parts.last_mut() {
            part.text.push_str(&delta.text);
        }
        let Some(matched) = self.repeating else {
            return self.write(&delta.text, console);
        };
        let expected = self.void.front().map_or("", |text| &text[matched..]);
        if expected.starts_with(&delta.text) {
            self.repeating = Some(matched + delta.text.len());
            return Ok(());
        }
        // With a later part of the void ones on stdout, going on here would be going on in the wrong place.
        if self.void.len() == 1 && delta.text.starts_with(expected) {
            let rest = &delta.text[expected.len()..];
            self.repeating = None;
            self.void.clear();
            return self.write(rest, console);
        }
        self.write_anew(console)
    }

    fn begin_part(&mut self, delta: &TextDelta, console: &mut OutputStreams) -> io::Result<()> {
        self.end_repetition(console)?;
        if delta.message_id != self.message_id {
            // What came again in full has taken the place of the void text; what did not is on stdout for good.
            self.message_id.clone_from(&delta.message_id);
            self.parts.clear();
        }
        if self.void.is_empty() {
            self.end_block(console)?;
            self.separator_owed = self.line_feeds.is_some();
        } else {
            self.repeating = Some(0);
        }
        self.parts.push(TextBlock {
            id: delta.part_id.clone(),
            text: String::new(),
        });
        Ok(())
    }

    /// The part that was repeating void text is complete. If it was shorter, what stands on stdout is not its text.
    fn end_repetition(&mut self, console: &mut OutputStreams) -> io::Result<()> {
        let Some(matched) = self.repeating.take() else {
            return Ok(());
        };
        if self.void.front().is_some_and(|text| text.len() > matched) {
            return self.write_anew(console);
        }
        self.void.pop_front();
        Ok(())
    }

    /// Writes the text of the last part from its beginning: it is not what stands on stdout.
    fn write_anew(&mut self, console: &mut OutputStreams) -> io::Result<()> {
        self.repeating = None;
        self.void.clear();
        self.end_block(console)?;
        if self.line_feeds == Some(0) {
            self.write("\n", console)?;
        }
        if !std::mem::replace(&mut self.repetition_said, true) && self.verbosity > Verbosity::Quiet {
            console
                .line("note: the model was tried again and answers differently; its text is repeated from the start");
        }
        let text = self.parts.last().map(|part| part.text.clone()).unwrap_or_default();
        self.write(&text, console)
    }

    /// The text of `part_id` does not count.
    fn make_void(&mut self, part_id: &str) {
        let Some(index) = self.parts.iter().position(|part| part.id == part_id) else {
            return;
        };
        let last = index + 1 == self.parts.len();
        let part = self.parts.remove(index);
        if last && self.repeating.take().is_some() {
            // It was repeating a void part itself; that one is still what stands on stdout.
            return;
        }
        if !part.text.is_empty() {
            self.void.push_back(part.text);
        }
    }

    /// Writes text that belongs to the answer, in the form that stdout wants.
    fn write(&mut self, text: &str, console: &mut OutputStreams) -> io::Result<()> {
        let columns = console.terminal().columns();
        match &mut self.form {
            Form::Bytes => {
                let spaced = self.spaced(text);
                console.out(spaced.as_bytes())
            }
            Form::Sanitised(sanitizer) => {
                let clean = sanitizer.push(text).into_owned();
                // A line on stderr has ended the line that the answer stood in.
                if self.line_feeds == Some(0) && !console.mid_line() {
                    self.line_feeds = Some(1);
                }
                let spaced = self.spaced(&clean);
                console.out(spaced.as_bytes())
            }
            Form::Markdown(sanitizer, markdown) => {
                if !console.mid_line() {
                    markdown.line_was_ended();
                }
                let mut shown = String::new();
                markdown.push(&sanitizer.push(text), columns, &mut shown);
                self.line_feeds = Some(1);
                console.out(shown.as_bytes())
            }
        }
    }

    /// The text with the line feeds before it that are still missing between two parts.
    fn spaced(&mut self, text: &str) -> String {
        let mut spaced = String::with_capacity(text.len() + 2);
        let leading = text.bytes().take_while(|byte| *byte == b'\n').count();
        let before = self.line_feeds.unwrap_or(0);
        let have = usize::from(before) + leading;
        if self.separator_owed && leading < text.len() {
            // The part's own line feeds count: all of them look alike.
            spaced.extend(std::iter::repeat_n('\n', 2_usize.saturating_sub(have)));
            self.separator_owed = false;
        }
        spaced.push_str(text);
        if !text.is_empty() {
            let trailing = text.bytes().rev().take_while(|byte| *byte == b'\n').count();
            let trailing = if trailing == text.len() { have } else { trailing };
            self.line_feeds = Some(u8::try_from(trailing.min(2)).unwrap_or(2));
        }
        spaced
    }

    /// Shows what a layout keeps back, so that everything the model said stands there.
    fn settle(&mut self, console: &mut OutputStreams) -> io::Result<()> {
        let columns = console.terminal().columns();
        let Form::Markdown(_, markdown) = &mut self.form else {
            return Ok(());
        };
        if !console.mid_line() {
            markdown.line_was_ended();
        }
        let mut shown = String::new();
        markdown.settle(columns, &mut shown);
        console.out(shown.as_bytes())
    }

    /// Ends the block that a layout has open, and forgets a sequence that was never closed.
    fn end_block(&mut self, console: &mut OutputStreams) -> io::Result<()> {
        let columns = console.terminal().columns();
        match &mut self.form {
            Form::Bytes => Ok(()),
            Form::Sanitised(sanitizer) => {
                *sanitizer = Sanitizer::default();
                Ok(())
            }
            Form::Markdown(sanitizer, markdown) => {
                *sanitizer = Sanitizer::default();
                if !console.mid_line() {
                    markdown.line_was_ended();
                }
                let mut shown = String::new();
                markdown.end(columns, &mut shown);
                console.out(shown.as_bytes())
            }
        }
    }
}

/// `--last`: nothing but the last message, once it is known to be the last.
pub(super) struct LastMessage(pub(super) TextRender);

impl Body for LastMessage {
    fn update(&mut self, _update: &Update, _console: &mut OutputStreams) -> io::Result<()> {
        Ok(())
    }

    fn finish(&mut self, outcome: &Outcome, console: &mut OutputStreams) -> io::Result<()> {
        self.0.write(&outcome.last_message, console)?;
        self.0.finish(outcome, console)
    }
}

impl Body for TextRender {
    fn update(&mut self, update: &Update, console: &mut OutputStreams) -> io::Result<()> {
        match update {
            Update::Text(delta) if !delta.subagent => self.text(delta, console),
            Update::TextVoid { part_id, .. } => {
                self.make_void(part_id);
                Ok(())
            }
            // These may put a line under the answer, or keep it waiting for long.
            Update::Text(_)
            | Update::Reasoning(_)
            | Update::Tool(_)
            | Update::Permission(_)
            | Update::Question(_)
            | Update::Retry(_)
            | Update::Todo(_)
            | Update::FileChange(_)
            | Update::Warning(_) => self.settle(console),
            Update::Started(_) | Update::Status(_) | Update::Raw(_) => Ok(()),
        }
    }

    fn finish(&mut self, outcome: &Outcome, console: &mut OutputStreams) -> io::Result<()> {
        if outcome.failure.is_none() {
            self.end_repetition(console)?;
        }
        self.end_block(console)?;
        match self.form {
            Form::Markdown(..) => Ok(()),
            Form::Sanitised(_) if !console.mid_line() && console.terminal().is_terminal(Stream::Stdout) => Ok(()),
            _ if self.line_feeds == Some(0) => console.out(b"\n"),
            _ => Ok(()),
        }
    }
}
