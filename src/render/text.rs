//! `--output-format text`: the answer, as it arrives.
//!
//! A pipe gets the model's bytes, text parts separated by a blank line, and a final line feed unless the text ends with
//! one. On a terminal the answer is sanitised, and laid out as Markdown unless `--raw` was given.
//!
//! Output on stdout cannot be taken back. When a part becomes void, because the engine retries its step, the new text
//! is compared with the void text on stdout: while both agree nothing is written; where they differ, the new text is
//! written from its beginning, and a note on stderr says so.

use std::collections::VecDeque;
use std::io;

use super::Body;
use super::console::OutputStreams;
use super::markdown::Markdown;
use crate::request::Verbosity;
use crate::terminal::{Sanitizer, Stream};
use crate::turn::{Outcome, TextDelta, Update};

/// How the answer's text becomes bytes.
#[derive(Default)]
pub(super) enum Form {
    /// The model's bytes, for a pipe or a file.
    #[default]
    Bytes,
    /// The model's text, sanitised for a terminal.
    Sanitised(Sanitizer),
    /// Laid out for a terminal.
    Markdown(Sanitizer, Box<Markdown>),
}

#[derive(Default)]
pub(super) struct TextRender {
    form: Form,
    verbosity: Verbosity,
    /// Parts of the current message with their text: a retry may void them.
    parts: Vec<TextBlock>,
    message_id: String,
    /// Void text that is on stdout and was not repeated yet, oldest first.
    void: VecDeque<String>,
    /// How many bytes of the front of `void` the last of `parts` has repeated.
    repeating: Option<usize>,
    repetition_said: bool,
    /// Line feeds at the end of the output, up to two; `None` before any output.
    line_feeds: Option<u8>,
    /// A blank line must precede the next text.
    separator_owed: bool,
}

struct TextBlock {
    id: String,
    text: String,
}

impl TextRender {
    pub(super) fn new(form: Form, verbosity: Verbosity) -> Self {
        Self {
            form,
            verbosity,
            ..Self::default()
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
        // When a later void part is on stdout too, the rest of this text would appear in the wrong place.
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
            // Fully repeated void text counts as the new text; other void text stays on stdout for good.
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

    /// Ends a part that repeated void text. If the part is shorter, stdout shows a different text, so the part is
    /// written.
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

    /// Writes the text of the last part from its beginning, because stdout shows a different text.
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

    /// Marks the text of `part_id` as void.
    fn make_void(&mut self, part_id: &str) {
        let Some(index) = self.parts.iter().position(|part| part.id == part_id) else {
            return;
        };
        let last = index + 1 == self.parts.len();
        let part = self.parts.remove(index);
        if last && self.repeating.take().is_some() {
            // The part was itself repeating a void part, which is still the text on stdout.
            return;
        }
        if !part.text.is_empty() {
            self.void.push_back(part.text);
        }
    }

    /// Writes text of the answer in the form for stdout.
    fn write(&mut self, text: &str, console: &mut OutputStreams) -> io::Result<()> {
        match &mut self.form {
            Form::Bytes => {
                let spaced = self.spaced(text);
                console.out(spaced.as_bytes())
            }
            Form::Sanitised(sanitizer) => {
                let clean = sanitizer.push(text).into_owned();
                // A line on stderr has ended the line of the answer.
                if self.line_feeds == Some(0) && !console.mid_line() {
                    self.line_feeds = Some(1);
                }
                let spaced = self.spaced(&clean);
                console.out(spaced.as_bytes())
            }
            Form::Markdown(sanitizer, _) => {
                let clean = sanitizer.push(text).into_owned();
                self.line_feeds = Some(1);
                self.lay_out(console, |markdown, columns, shown| {
                    markdown.push(&clean, columns, shown)
                })
            }
        }
    }

    /// Lets the layout write to stdout, if the form has one.
    fn lay_out(
        &mut self,
        console: &mut OutputStreams,
        write: impl FnOnce(&mut Markdown, usize, &mut String),
    ) -> io::Result<()> {
        let Form::Markdown(_, markdown) = &mut self.form else {
            return Ok(());
        };
        if !console.mid_line() {
            markdown.line_was_ended();
        }
        let mut shown = String::new();
        write(markdown, console.terminal().columns(), &mut shown);
        console.out(shown.as_bytes())
    }

    /// Adds the missing line feeds between two parts.
    fn spaced(&mut self, text: &str) -> String {
        let mut spaced = String::with_capacity(text.len() + 2);
        let leading = text.bytes().take_while(|byte| *byte == b'\n').count();
        let before = self.line_feeds.unwrap_or(0);
        let have = usize::from(before) + leading;
        if self.separator_owed && leading < text.len() {
            // Line feeds at the beginning of the part count too.
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

    /// Ends the layout's open block, and drops an unfinished escape sequence.
    fn end_block(&mut self, console: &mut OutputStreams) -> io::Result<()> {
        if let Form::Sanitised(sanitizer) | Form::Markdown(sanitizer, _) = &mut self.form {
            *sanitizer = Sanitizer::default();
        }
        self.lay_out(console, Markdown::end)
    }
}

/// `--last`: shows only the last message, once it is certain to be the last.
pub(super) struct LastMessage(pub(super) TextRender);

impl Body for LastMessage {
    fn finish(&mut self, outcome: &Outcome, console: &mut OutputStreams) -> io::Result<()> {
        // Whoever reads JSON must not get what is none.
        if outcome.schema.is_none() || outcome.structured.is_some() {
            self.0.write(&outcome.last_message, console)?;
        }
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
            // These may write a line below the answer, or delay it: all of the model's text is shown before.
            Update::Text(_)
            | Update::Reasoning(_)
            | Update::Tool(_)
            | Update::Permission(_)
            | Update::Question(_)
            | Update::Retry(_)
            | Update::Todo(_)
            | Update::FileChange(_)
            | Update::Warning(_) => self.lay_out(console, Markdown::settle),
            Update::Started(_) | Update::Status(_) | Update::Usage(_) | Update::Raw(_) => Ok(()),
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
