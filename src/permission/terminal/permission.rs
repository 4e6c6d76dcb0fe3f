//! May it do that? The question, its five answers, and the line that stays.

use super::Gone;
use super::board::{Board, Input};
use super::editor::{Edited, Editor};
use super::facts::{Facts, subject};
use super::keys::Key;
use super::line::{Line, Look};
use super::{menu, pager};
use crate::permission::{Answer, Ask};

/// The least rows for the facts before the answers have to share.
const LEAST_FACTS: usize = 4;
/// A subject in the line that stays.
const LONGEST_SUBJECT: usize = 200;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Choice {
    Once,
    Session,
    Deny,
    Reason,
    ShowAll,
}

impl Choice {
    const fn key(self) -> char {
        match self {
            Self::Once => 'y',
            Self::Session => 'a',
            Self::Deny => 'n',
            Self::Reason => 'r',
            Self::ShowAll => 's',
        }
    }
}

/// Puts a permission to the person.
pub(super) fn put(board: Board<'_>, ask: &Ask) -> Answer {
    let mut asking = Asking::new(board, ask);
    let answer = match asking.answer() {
        Ok(answer) => answer,
        Err(Gone::Interrupted) => Answer::Interrupted,
        Err(Gone::Withdrawn) => {
            asking.leave(&[], "no longer asked: ");
            return Answer::Nobody;
        }
        Err(Gone::Closed) => Answer::Nobody,
    };
    let said = match &answer {
        Answer::Once => "allowed once: ",
        Answer::Session => "allowed for this session: ",
        Answer::Deny => "denied: ",
        Answer::DenyBecause(_) => "denied, and the model is told why: ",
        Answer::Interrupted => "denied, since the run was interrupted: ",
        Answer::Nobody => "not answered, so denied: ",
    };
    let facts = asking.facts_alone();
    asking.leave(&facts, said);
    answer
}

struct Asking<'a, 'b> {
    board: Board<'a>,
    ask: &'b Ask,
    facts: Facts,
    choices: Vec<Choice>,
    cursor: usize,
    /// Whether what would be granted has stood there as a whole.
    grant_was_read: bool,
}

impl<'a, 'b> Asking<'a, 'b> {
    fn new(board: Board<'a>, ask: &'b Ask) -> Self {
        let mut choices = vec![
            Choice::Once,
            Choice::Session,
            Choice::Deny,
            Choice::Reason,
            Choice::ShowAll,
        ];
        if ask.judgement.grant.is_empty() {
            choices.retain(|&choice| choice != Choice::Session);
        }
        let cursor = choices.iter().position(|&choice| choice == Choice::Deny).unwrap_or(0);
        Self {
            board,
            ask,
            facts: Facts::new(ask),
            choices,
            cursor,
            grant_was_read: false,
        }
    }

    fn answer(&mut self) -> Result<Answer, Gone> {
        loop {
            self.draw()?;
            let Input::Key(key) = self.board.next()? else {
                continue;
            };
            let chosen = match key {
                Key::Up | Key::Char('k') => {
                    self.cursor = self.cursor.saturating_sub(1);
                    continue;
                }
                Key::Down | Key::Char('j') => {
                    self.cursor = (self.cursor + 1).min(self.choices.len() - 1);
                    continue;
                }
                Key::Enter => self.cursor,
                Key::Char(c) => match self.choices.iter().position(|choice| choice.key() == c) {
                    Some(index) => index,
                    None => continue,
                },
                _ => continue,
            };
            match self.choices[chosen] {
                Choice::Once => return Ok(Answer::Once),
                Choice::Session if self.grant_was_read => return Ok(Answer::Session),
                Choice::Session => self.let_grant_be_read(chosen)?,
                Choice::Deny => return Ok(Answer::Deny),
                Choice::Reason => {
                    if let Some(reason) = self.reason()? {
                        return Ok(Answer::DenyBecause(reason));
                    }
                }
                Choice::ShowAll => pager::show(&mut self.board, &self.facts.all(self.ask))?,
            }
        }
    }

    /// In a small window the entry may not stand there, or only its beginning.
    fn let_grant_be_read(&mut self, index: usize) -> Result<(), Gone> {
        if self.cursor != index {
            self.cursor = index;
            return Ok(());
        }
        let line = self.entry(index, Choice::Session);
        pager::show(&mut self.board, &[line])?;
        self.grant_was_read = true;
        Ok(())
    }

    fn draw(&mut self) -> Result<(), Gone> {
        let (columns, rows) = (self.board.columns(), self.board.rows());
        let entries: Vec<Line> = self
            .choices
            .iter()
            .enumerate()
            .map(|(index, &choice)| self.entry(index, choice))
            .collect();
        let all = menu::height(&entries, columns);
        let fits = all + LEAST_FACTS <= rows;
        let room = if fits {
            all
        } else {
            rows.saturating_sub(LEAST_FACTS).max(1)
        };
        let mut shown = menu::show(&entries, self.cursor, columns, room);
        if !fits {
            shown.rows.push(self.keys().cut(columns));
        }
        let most = self.board.screen_rows() * 2 / 3;
        let mut block = self.facts.rows(columns, rows - shown.rows.len(), most);
        block.extend(shown.rows);
        let mut whole = self.choices[shown.whole].iter();
        self.grant_was_read |= whole.any(|&choice| choice == Choice::Session);
        self.board.draw(&block, None)
    }

    fn entry(&self, index: usize, choice: Choice) -> Line {
        let marked = index == self.cursor;
        let look = if marked { Look::Chosen } else { Look::Plain };
        let line = menu::entry(marked)
            .own(Look::Strong, &choice.key().to_string())
            .own(look, "  ");
        match choice {
            Choice::Once => line.own(look, "allow once"),
            Choice::Session => self
                .granted(line.own(look, "allow "), look)
                .own(look, " for the rest of this session"),
            Choice::Deny => line.own(look, "deny, and stop the run"),
            Choice::Reason => line.own(look, "deny, and tell the model why"),
            Choice::ShowAll => line.own(look, "show everything"),
        }
    }

    fn granted(&self, mut line: Line, look: Look) -> Line {
        for (index, rule) in self.ask.judgement.grant.iter().enumerate() {
            line = line
                .own(look, if index > 0 { ", `" } else { "`" })
                .foreign(look, &rule.pattern.to_string())
                .own(look, "`");
        }
        line
    }

    fn keys(&self) -> Line {
        let keys: Vec<String> = self.choices.iter().map(|choice| choice.key().to_string()).collect();
        Line::of(Look::Faint, &format!("keys: {}", keys.join(" ")))
    }

    /// Lets the person type; none when they went back.
    fn reason(&mut self) -> Result<Option<String>, Gone> {
        let mut editor = Editor::default();
        loop {
            let (columns, rows) = (self.board.columns(), self.board.rows());
            let hint = Line::of(Look::Faint, "Enter sends it, Esc goes back").cut(columns);
            let room = rows.saturating_sub(LEAST_FACTS).clamp(1, self.board.screen_rows());
            let (typed, (row, column)) = editor.show("tell the model: ", columns, room.min(6));
            let most = self.board.screen_rows() * 2 / 3;
            let mut block = self.facts.rows(columns, rows - typed.len() - 1, most);
            block.push(hint);
            let caret = (block.len() + row, column);
            block.extend(typed);
            self.board.draw(&block, Some(caret))?;
            let Input::Key(key) = self.board.next()? else {
                continue;
            };
            match editor.press(key) {
                Edited::Changed => {}
                Edited::Back => return Ok(None),
                Edited::Done => return Ok(Some(editor.text()).filter(|text| !text.is_empty())),
            }
        }
    }

    fn facts_alone(&self) -> Vec<Line> {
        let rows = self.board.rows().saturating_sub(2);
        let most = self.board.screen_rows() * 2 / 3;
        self.facts.rows(self.board.columns(), rows, most)
    }

    fn leave(self, facts: &[Line], said: &str) {
        let subject: String = subject(self.ask).chars().take(LONGEST_SUBJECT).collect();
        let line = Line::new(0).own(Look::Strong, said);
        let line = if said.starts_with("allowed for") {
            self.granted(line, Look::Plain)
        } else {
            line.foreign(Look::Plain, &subject)
        };
        let mut rows = facts.to_vec();
        rows.push(line.cut(self.board.columns()));
        self.board.leave(&rows);
    }
}
