//! What the person types while no line is read: it waits for the next prompt. Esc does not wait.

use std::collections::VecDeque;
#[cfg(unix)]
use std::time::Duration;

#[cfg(unix)]
use crate::asking::{Key, KeyWatch, TextField};
#[cfg(unix)]
use crate::chat::ends_with_continuation;
use crate::chat::{Pastes, TypedLine};
use crate::terminal::Screen;

/// How long the rest of a paste may take to come.
#[cfg(unix)]
const PASTE_TIMEOUT: Duration = Duration::from_secs(5);

#[derive(Default)]
pub(super) struct TypedAhead {
    /// `None` where keys come in whole lines.
    #[cfg(unix)]
    watch: Option<KeyWatch>,
    #[cfg(unix)]
    field: TextField,
    /// What is pasted at the moment.
    #[cfg(unix)]
    paste: String,
    #[cfg(unix)]
    pastes: Pastes,
    /// Lines that were sent, oldest first.
    lines: VecDeque<TypedLine>,
}

impl TypedAhead {
    #[cfg(unix)]
    pub(super) fn open(pastes: Pastes) -> Self {
        Self {
            watch: KeyWatch::open(),
            pastes,
            ..Self::default()
        }
    }

    #[cfg(not(unix))]
    pub(super) fn open(_pastes: Pastes) -> Self {
        Self::default()
    }

    /// Takes the rest of a paste, or of a sequence, that has begun: no part of it is for the line editor.
    pub(super) async fn settle(&mut self) {
        #[cfg(unix)]
        {
            let screen = Screen::plain();
            while let Some(watch) = self.watch.as_mut().filter(|watch| watch.is_midway()) {
                match tokio::time::timeout(PASTE_TIMEOUT, watch.next(&screen)).await {
                    Ok(Ok(key)) => self.press(key),
                    _ => break,
                }
            }
            self.end_paste();
        }
    }

    /// The next line that was sent.
    pub(super) fn line(&mut self) -> Option<TypedLine> {
        self.lines.pop_front()
    }

    /// What was typed after the last line.
    pub(super) fn rest(&mut self) -> String {
        #[cfg(unix)]
        return self.field.take();
        #[cfg(not(unix))]
        String::new()
    }

    /// Resolves when the person presses Esc. Keeps all other keys; those that are pressed while something else has `screen`
    /// are not for this. Cancel-safe.
    #[cfg(unix)]
    pub(super) async fn escape(&mut self, screen: &Screen) {
        while let Some(watch) = &mut self.watch {
            match watch.next(screen).await {
                Ok(Key::Escape) => return,
                Ok(key) => self.press(key),
                Err(error) => {
                    tracing::debug!(%error, "cannot read keys during a turn");
                    self.watch = None;
                }
            }
        }
        std::future::pending().await
    }

    #[cfg(not(unix))]
    pub(super) async fn escape(&mut self, _screen: &Screen) {
        std::future::pending().await
    }

    /// A paste is inserted, and never sent.
    #[cfg(unix)]
    fn end_paste(&mut self) {
        if !self.paste.is_empty() {
            let folded = self.pastes.fold(&std::mem::take(&mut self.paste));
            for c in folded.chars() {
                self.field.press(Key::Char(c));
            }
        }
    }

    #[cfg(unix)]
    fn press(&mut self, key: Key) {
        if let Key::Pasted(c) = key {
            self.paste.push(c);
            return;
        }
        self.end_paste();
        match key {
            Key::Enter => {
                let mut text = self.field.take();
                if ends_with_continuation(&text) {
                    text.pop();
                    text.push('\n');
                    self.field = TextField::with_text(&text);
                } else {
                    self.lines.push_back(TypedLine::Text(text));
                }
            }
            Key::EndOfInput if self.field.is_empty() => self.lines.push_back(TypedLine::End),
            key => {
                self.field.press(key);
            }
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn lines_and_the_rest_wait_for_the_prompt() {
        let mut typed = TypedAhead::default();
        for key in "one\\".chars().map(Key::Char).chain([Key::Enter]) {
            typed.press(key);
        }
        for key in "twox"
            .chars()
            .map(Key::Char)
            .chain([Key::Backspace, Key::Enter, Key::Char('h')])
        {
            typed.press(key);
        }
        assert_eq!(typed.line(), Some(TypedLine::Text("one\ntwo".to_owned())));
        assert_eq!((typed.line(), typed.rest().as_str()), (None, "h"));
        for key in ['a', '\r', '\n', 'b']
            .map(Key::Pasted)
            .into_iter()
            .chain([Key::Char('c')])
        {
            typed.press(key);
        }
        assert_eq!((typed.line(), typed.rest().as_str()), (None, "a\nbc"));
        typed.press(Key::EndOfInput);
        assert_eq!(typed.line(), Some(TypedLine::End));
    }
}
