//! Choosing from a list, and saying yes: at the terminal itself where it can be redrawn.

use super::dialog::Dialog;
use crate::chat::{Choice, ConsoleRequest, TypedLine};
use crate::error::Failure;

/// How many choices a plain terminal gets.
const MOST_NUMBERED: usize = 30;

/// How a question at the terminal ended.
enum QuestionEnd<T> {
    Answered(T),
    Gone,
    /// This terminal cannot be asked at.
    NoTerminal,
}

impl Dialog<'_, '_> {
    /// Lets the person choose one of several; `None` when the person wants none of them.
    pub(super) async fn choose(&mut self, what: &str, choices: Vec<Choice>) -> Result<Option<String>, Failure> {
        #[cfg(unix)]
        if self.is_edited() {
            let what = what.to_owned();
            let asked = self
                .ask(crate::asking::TypedBefore::Kept, move |board| {
                    use crate::asking::{self, ListEntry};
                    let entries: Vec<ListEntry<'_>> = choices
                        .iter()
                        .map(|choice| ListEntry {
                            name: &choice.name,
                            about: &choice.about,
                            is_in_use: choice.is_in_use,
                        })
                        .collect();
                    let chosen = asking::choose(board, &what, &entries)?;
                    Ok(chosen.map(|index| choices[index].value.clone()))
                })
                .await?;
            return Ok(match asked {
                QuestionEnd::Answered(chosen) => chosen,
                QuestionEnd::Gone | QuestionEnd::NoTerminal => None,
            });
        }
        self.choose_number(what, &choices).await
    }

    /// The same with a numbered list, for a terminal that cannot be redrawn.
    async fn choose_number(&mut self, what: &str, choices: &[Choice]) -> Result<Option<String>, Failure> {
        for (number, choice) in choices.iter().take(MOST_NUMBERED).enumerate() {
            let mark = if choice.is_in_use { '*' } else { ' ' };
            self.row(&format!("{mark}{:>3}  {}", number + 1, choice.name), &choice.about);
        }
        if choices.len() > MOST_NUMBERED {
            self.print(&format!("      and {} more, by name", choices.len() - MOST_NUMBERED));
        }
        let words = format!("{what} (number or name, Enter for none): ");
        let TypedLine::Text(typed) = self.read(ConsoleRequest::Choice(words)).await? else {
            return Ok(None);
        };
        let typed = typed.trim();
        if typed.is_empty() {
            return Ok(None);
        }
        let by_number = typed
            .parse::<usize>()
            .ok()
            .and_then(|number| choices.get(number.checked_sub(1)?));
        Ok(Some(
            by_number.map_or_else(|| typed.to_owned(), |choice| choice.value.clone()),
        ))
    }

    /// Asks for yes or no, at the terminal alone.
    ///
    /// # Errors
    ///
    /// When there is no terminal to ask at, or a signal ends the dialog.
    pub(super) async fn confirm(&mut self, question: &'static str) -> Result<bool, Failure> {
        #[cfg(unix)]
        let asked = self
            .ask(crate::asking::TypedBefore::Discarded, move |board| {
                crate::asking::confirm(board, question)
            })
            .await?;
        #[cfg(not(unix))]
        let asked = {
            let _ = question;
            QuestionEnd::NoTerminal
        };
        match asked {
            QuestionEnd::Answered(yes) => Ok(yes),
            QuestionEnd::Gone => Ok(false),
            QuestionEnd::NoTerminal => Err(Failure::usage("cannot ask: this terminal takes no questions")
                .hint("leave the dialog, and start it with `--auto-tools`")),
        }
    }

    /// Puts a question on the terminal. Meanwhile no tool runs.
    #[cfg(unix)]
    async fn ask<T: Send + 'static>(
        &mut self,
        typed: crate::asking::TypedBefore,
        question: impl FnOnce(crate::asking::Board<'_>) -> Result<T, crate::asking::Gone> + Send + 'static,
    ) -> Result<QuestionEnd<T>, Failure> {
        use crate::asking::{Board, Device};
        use crate::terminal::{Screen, TerminalStyle};
        let Some(device) = Device::controlling() else {
            return Ok(QuestionEnd::NoTerminal);
        };
        let interrupts = self.chat.context.interrupts.clone();
        let withdrawal = interrupts.token().child_token();
        let style = TerminalStyle::new(&self.terminal, self.chat.run.output.color);
        let mut asking = tokio::task::spawn_blocking(move || {
            let board = Board::open(&device, style, &Screen::plain(), &withdrawal, typed)?;
            question(board)
        });
        let answer = tokio::select! {
            answer = &mut asking => answer,
            () = self.chat.refuse_calls() => return Ok(QuestionEnd::Gone),
        };
        if interrupts.reason().is_some() {
            self.modes.restore();
            return Err(interrupts.failure("the dialog"));
        }
        Ok(match answer {
            Ok(Ok(answer)) => QuestionEnd::Answered(answer),
            _ => QuestionEnd::Gone,
        })
    }
}
