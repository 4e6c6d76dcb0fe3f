//! The line editor: `reedline`, with this program's keys, completion and history.
//!
//! Enter sends; Alt-Enter, Ctrl-J and Enter after a backslash begin a new line; Tab completes; a paste is inserted and
//! never sent.

use std::borrow::Cow;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use nu_ansi_term::{Color, Style};
use reedline::{
    ColumnarMenu, Completer, CompletionResult, DefaultHinter, EditCommand, EditMode, Emacs, FileBackedHistory,
    Highlighter, History as _, HistoryItem, Keybindings, MenuBuilder as _, Prompt, PromptEditMode, PromptHistorySearch,
    PromptHistorySearchStatus, Reedline, ReedlineEvent, ReedlineMenu, ReedlineRawEvent, Signal, Span, StyledText,
    Suggestion, default_emacs_keybindings,
};

use super::completion::Completion;
use super::history::CAPACITY;
use super::late_answer::LateAnswer;
use super::paste::Pastes;
use super::plain::{ConsoleRequest, TypedLine, ends_with_continuation};
use crate::support::mutex;

const MENU: &str = "completion";

pub struct Editor {
    entries: Reedline,
    choices: Reedline,
    typed: TypedText,
    late: LateAnswer,
    /// Set while the editor has the terminal.
    busy: Arc<AtomicBool>,
}

impl Editor {
    /// An editor whose history begins with these entries.
    pub fn new(
        history: Vec<String>,
        completion: Completion,
        pastes: Pastes,
        color: bool,
        busy: Arc<AtomicBool>,
    ) -> Self {
        let (typed, late) = (TypedText::default(), LateAnswer::default());
        let mut past = FileBackedHistory::new(CAPACITY).unwrap_or_default();
        for entry in history {
            // An in-memory history cannot fail.
            let _ = past.save(HistoryItem::from_command_line(entry));
        }
        let menu = ColumnarMenu::default()
            .with_name(MENU)
            .with_columns(2)
            .with_marker(super::plain::PROMPT);
        let hinter = DefaultHinter::default().with_style(Style::new().fg(Color::DarkGray));
        let entries = Reedline::create()
            .with_history(Box::new(past))
            .with_history_exclusion_prefix(Some(" ".to_owned()))
            .with_completer(Box::new(Candidates(completion)))
            .with_menu(ReedlineMenu::EngineCompleter(Box::new(menu)))
            .with_partial_completions(true)
            .with_quick_completions(true)
            .with_highlighter(Box::new(Watcher(typed.clone(), late.clone())))
            .with_hinter(Box::new(hinter))
            .with_edit_mode(Box::new(EmacsKeys {
                emacs: Emacs::new(entry_keys()),
                typed: typed.clone(),
                late: late.clone(),
                pastes,
            }))
            .use_bracketed_paste(true)
            .with_ansi_colors(color);
        let mut choice_keys = default_emacs_keybindings();
        choice_keys.add_binding(KeyModifiers::NONE, KeyCode::Esc, ReedlineEvent::CtrlC);
        let choices = Reedline::create()
            .with_highlighter(Box::new(Watcher(typed.clone(), late.clone())))
            .with_edit_mode(Box::new(Emacs::new(choice_keys)))
            .disable_hints()
            .with_ansi_colors(color);
        Self {
            entries,
            choices,
            typed,
            late,
            busy,
        }
    }

    pub(super) fn remember(&mut self, line: &str) {
        if !line.starts_with(' ') {
            // An in-memory history cannot fail.
            let _ = self.entries.history_mut().save(HistoryItem::from_command_line(line));
        }
    }

    /// Reads a line that begins with the text `initial`, or with what was typed before the dialog was suspended.
    pub(super) fn read(&mut self, wanted: &ConsoleRequest, initial: &str) -> io::Result<TypedLine> {
        self.typed.set(false, false);
        if !initial.is_empty() {
            self.entries
                .run_edit_commands(&[EditCommand::InsertString(initial.to_owned())]);
        }
        self.late.drop_all();
        self.late.may_be_asked();
        self.busy.store(true, Ordering::Relaxed);
        let signal = match wanted {
            ConsoleRequest::Entry => self.entries.read_line(&Words(super::plain::PROMPT)),
            ConsoleRequest::Choice(words) => self.choices.read_line(&Words(words)),
        };
        self.busy.store(false, Ordering::Relaxed);
        Ok(match signal.map_err(|error| io::Error::other(error.to_string()))? {
            Signal::Success(text) => TypedLine::Text(text),
            Signal::CtrlC => TypedLine::Interrupted {
                had_text: self.typed.get().any,
            },
            Signal::HostCommand(_) => TypedLine::Suspended,
            _ => TypedLine::End,
        })
    }
}

/// Keys as in emacs, and those that this program adds.
fn entry_keys() -> Keybindings {
    let mut keys = default_emacs_keybindings();
    keys.add_binding(
        KeyModifiers::NONE,
        KeyCode::Tab,
        ReedlineEvent::UntilFound(vec![ReedlineEvent::Menu(MENU.to_owned()), ReedlineEvent::MenuNext]),
    );
    keys.add_binding(KeyModifiers::SHIFT, KeyCode::BackTab, ReedlineEvent::MenuPrevious);
    let new_line = || ReedlineEvent::Edit(vec![EditCommand::InsertNewline]);
    keys.add_binding(KeyModifiers::ALT, KeyCode::Enter, new_line());
    keys.add_binding(KeyModifiers::SHIFT, KeyCode::Enter, new_line());
    keys.add_binding(KeyModifiers::CONTROL, KeyCode::Char('j'), new_line());
    keys.add_binding(
        KeyModifiers::CONTROL,
        KeyCode::Char('z'),
        ReedlineEvent::ExecuteHostCommand(String::new()),
    );
    keys
}

/// The content of the line, as the keys need it. The editor updates it with each redraw; keys between two redraws
/// update it as well.
#[derive(Debug, Clone, Default)]
struct TypedText(Arc<Mutex<EditorState>>);

#[derive(Debug, Clone, Copy, Default)]
struct EditorState {
    any: bool,
    /// A single backslash precedes the cursor.
    continues: bool,
}

impl TypedText {
    fn get(&self) -> EditorState {
        *mutex::lock(&self.0)
    }

    fn set(&self, any: bool, continues: bool) {
        *mutex::lock(&self.0) = EditorState { any, continues };
    }
}

/// Observes the content of the line; highlights nothing.
struct Watcher(TypedText, LateAnswer);

impl Highlighter for Watcher {
    fn highlight(&self, line: &str, cursor: usize) -> StyledText {
        let continues = line.get(..cursor).is_some_and(ends_with_continuation);
        self.0.set(!line.is_empty(), continues);
        self.1.drawn();
        let mut text = StyledText::new();
        text.push((Style::default(), line.to_owned()));
        text
    }
}

/// Keys as in emacs, and bracketed pastes.
struct EmacsKeys {
    emacs: Emacs,
    typed: TypedText,
    late: LateAnswer,
    pastes: Pastes,
}

impl EditMode for EmacsKeys {
    fn parse_event(&mut self, event: ReedlineRawEvent) -> ReedlineEvent {
        let event: Event = event.into();
        let state = self.typed.get();
        match &event {
            Event::Resize(..) => self.late.may_be_asked(),
            Event::Paste(text) => {
                self.typed.set(true, false);
                return ReedlineEvent::Edit(vec![EditCommand::InsertString(self.pastes.fold(text))]);
            }
            Event::Key(KeyEvent {
                code: KeyCode::Enter,
                modifiers: KeyModifiers::NONE,
                ..
            }) if state.continues => {
                self.typed.set(true, false);
                return ReedlineEvent::Edit(vec![EditCommand::Backspace, EditCommand::InsertNewline]);
            }
            Event::Key(KeyEvent {
                code: KeyCode::Char(letter),
                modifiers: KeyModifiers::NONE | KeyModifiers::SHIFT,
                ..
            }) => self.typed.set(true, *letter == '\\' && !state.continues),
            _ => {}
        }
        match ReedlineRawEvent::try_from(event) {
            Ok(event) => self.emacs.parse_event(event),
            Err(()) => ReedlineEvent::None,
        }
    }

    fn edit_mode(&self) -> PromptEditMode {
        self.emacs.edit_mode()
    }
}

/// Adapts the candidates to the editor's interface.
struct Candidates(Completion);

impl Completer for Candidates {
    fn complete(&mut self, line: &str, pos: usize) -> CompletionResult {
        let suggestions: Vec<Suggestion> = self
            .0
            .candidates(line, pos)
            .into_iter()
            .map(|candidate| Suggestion {
                // After a directory the user may go on with its contents.
                append_whitespace: !candidate.value.ends_with('/'),
                span: Span::new(candidate.start, pos),
                description: (!candidate.about.is_empty()).then_some(candidate.about),
                value: candidate.value,
                ..Suggestion::default()
            })
            .collect();
        if suggestions.is_empty() {
            // The one suggestion closes the menu, which would say `NO RECORDS FOUND`.
            return CompletionResult::fresh(vec![Suggestion {
                value: line.get(..pos).unwrap_or(line).to_owned(),
                span: Span::new(0, pos),
                ..Suggestion::default()
            }]);
        }
        CompletionResult::fresh(suggestions)
    }
}

/// The prompt text before a line.
struct Words<'a>(&'a str);

impl Prompt for Words<'_> {
    fn render_prompt_left(&self) -> Cow<'_, str> {
        Cow::Borrowed("")
    }

    fn render_prompt_right(&self) -> Cow<'_, str> {
        Cow::Borrowed("")
    }

    fn render_prompt_indicator(&self, _mode: PromptEditMode) -> Cow<'_, str> {
        Cow::Borrowed(self.0)
    }

    fn render_prompt_multiline_indicator(&self) -> Cow<'_, str> {
        Cow::Borrowed(super::plain::MORE)
    }

    fn render_prompt_history_search_indicator(&self, search: PromptHistorySearch) -> Cow<'_, str> {
        let failing = match search.status {
            PromptHistorySearchStatus::Passing => "",
            PromptHistorySearchStatus::Failing => "nothing with ",
        };
        Cow::Owned(format!("(searching: {failing}{}) ", search.term))
    }
}
