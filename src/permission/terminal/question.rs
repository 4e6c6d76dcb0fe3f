//! The model's own questions, one after the other.
//!
//! Nothing dangerous hangs on the answers, so Enter takes what the cursor is on; but no answer is a key that came before
//! the pause of the question was over.

use crate::asking::{Board, EditedLine, Gone, Input, Key, StyledLine, TOO_SOON, TextField, TextStyle, menu, type_line};
use crate::permission::{ModelQuestion, QuestionAnswer};

/// The least rows for the question itself.
const LEAST_TEXT: usize = 3;
/// Digits choose only this many.
const MOST_DIGITS: usize = 9;

/// Puts questions to the person.
pub(super) fn put(board: Board<'_>, questions: &[ModelQuestion], subagent: Option<&str>) -> QuestionAnswer {
    let mut asking = QuestionDialog {
        board,
        questions,
        subagent,
        answers: Vec::new(),
    };
    match asking.answers() {
        Ok(true) => {
            let answers = std::mem::take(&mut asking.answers);
            let given = asking.given(&answers);
            asking.leave(&given);
            QuestionAnswer::Answers(answers)
        }
        Ok(false) => {
            asking.leave_line("dismissed: ");
            QuestionAnswer::Dismissed
        }
        Err(Gone::Interrupted) => {
            asking.leave_line("not answered, since the run was interrupted: ");
            QuestionAnswer::Interrupted
        }
        Err(Gone::Withdrawn) => {
            asking.leave_line("no longer asked: ");
            QuestionAnswer::Nobody
        }
        Err(Gone::Closed) => {
            asking.leave_line("not answered: ");
            QuestionAnswer::Nobody
        }
    }
}

struct QuestionDialog<'a, 'b> {
    board: Board<'a>,
    questions: &'b [ModelQuestion],
    subagent: Option<&'b str>,
    answers: Vec<Vec<String>>,
}

/// What became of one question.
enum QuestionResult {
    Answer(Vec<String>),
    Back,
    Dismissed,
}

/// One question while it stands.
struct QuestionState {
    cursor: usize,
    /// Which options are chosen, where several may be.
    chosen: Vec<bool>,
    typed: Option<String>,
    /// The last answer was none at all, and Enter once more means it.
    sure: bool,
    /// The last key came before the pause was over.
    too_soon: bool,
}

impl QuestionDialog<'_, '_> {
    fn answers(&mut self) -> Result<bool, Gone> {
        while let Some(question) = self.questions.get(self.answers.len()) {
            match self.one(question)? {
                QuestionResult::Answer(answer) => self.answers.push(answer),
                QuestionResult::Back => {
                    self.answers.pop();
                }
                QuestionResult::Dismissed => return Ok(false),
            }
        }
        Ok(true)
    }

    fn one(&mut self, question: &ModelQuestion) -> Result<QuestionResult, Gone> {
        let own = question.options.len();
        let mut state = QuestionState {
            cursor: 0,
            chosen: vec![false; own],
            typed: None,
            sure: false,
            too_soon: false,
        };
        self.board.ask_anew();
        loop {
            self.draw(question, &state)?;
            let Input::Key(key) = self.board.next()? else {
                continue;
            };
            let was_sure = std::mem::take(&mut state.sure);
            let answers = matches!(key, Key::Enter | Key::Char(' ' | '1'..='9'));
            state.too_soon = answers && !self.board.is_pause_over();
            if state.too_soon {
                continue;
            }
            let (target, toggles) = match key {
                Key::Up | Key::Char('k') => {
                    state.cursor = state.cursor.saturating_sub(1);
                    continue;
                }
                Key::Down | Key::Char('j') => {
                    state.cursor = (state.cursor + 1).min(own);
                    continue;
                }
                Key::Left | Key::Char('b') if !self.answers.is_empty() => return Ok(QuestionResult::Back),
                Key::Escape => return Ok(QuestionResult::Dismissed),
                Key::Char(' ') if question.multiple => (state.cursor, true),
                Key::Char(digit @ '1'..='9') => {
                    let index = digit as usize - '1' as usize;
                    if index > own {
                        continue;
                    }
                    state.cursor = index;
                    (index, question.multiple)
                }
                Key::Enter => (state.cursor, false),
                _ => continue,
            };
            if !question.multiple {
                match question.options.get(target) {
                    Some(option) => return Ok(QuestionResult::Answer(vec![option.label.clone()])),
                    None => {
                        if let Some(text) = self.typed(question)? {
                            return Ok(QuestionResult::Answer(vec![text]));
                        }
                        self.board.ask_anew();
                    }
                }
                continue;
            }
            let answer = state.answer(question);
            if let Some(chosen) = state.chosen.get_mut(target).filter(|_| toggles) {
                *chosen = !*chosen;
            } else if target == own && (toggles || answer.is_empty()) {
                // Once more takes back what was typed.
                state.typed = match state.typed {
                    Some(_) => None,
                    None => self.typed(question)?,
                };
            } else if !answer.is_empty() || was_sure {
                return Ok(QuestionResult::Answer(answer));
            } else {
                state.sure = true;
            }
        }
    }

    fn typed(&mut self, question: &ModelQuestion) -> Result<Option<String>, Gone> {
        let hint = StyledLine::of(TextStyle::Faint, "Enter sends it, Esc goes back");
        let text = self.text(question);
        let asked = EditedLine {
            label: "answer: ",
            hint: &hint,
            least_above: LEAST_TEXT,
        };
        let typed = type_line(&mut self.board, &mut TextField::default(), &asked, |board, room| {
            fitted(&text, board.columns(), room)
        })?;
        Ok(typed.filter(|text| !text.is_empty()))
    }

    fn draw(&mut self, question: &ModelQuestion, state: &QuestionState) -> Result<(), Gone> {
        let (columns, rows) = (self.board.columns(), self.board.rows());
        let entries = state.entries(question);
        let hint = StyledLine::of(TextStyle::Faint, self.hint(question, state)).cut(columns);
        let room = rows.saturating_sub(LEAST_TEXT + 1).max(1);
        let shown = menu::show(&entries, state.cursor, columns, room);
        let mut block = fitted(&self.text(question), columns, rows - shown.len() - 1);
        block.extend(shown);
        block.push(hint);
        self.board.draw(&block, None)
    }

    fn hint(&self, question: &ModelQuestion, state: &QuestionState) -> &'static str {
        match (question.multiple, self.answers.is_empty()) {
            _ if state.too_soon => TOO_SOON,
            (true, _) if state.sure => "nothing is chosen: Enter once more answers with nothing",
            (true, true) => "space chooses, Enter accepts, Esc dismisses",
            (true, false) => "space chooses, Enter accepts, b goes back, Esc dismisses",
            (false, true) => "Enter chooses, Esc dismisses",
            (false, false) => "Enter chooses, b goes back, Esc dismisses",
        }
    }

    /// Who asks, and what: a line for each line of it.
    fn text(&self, question: &ModelQuestion) -> Vec<StyledLine> {
        let mut heading = match self.subagent {
            Some(name) => StyledLine::new(2)
                .own(TextStyle::Strong, "subagent \"")
                .foreign(TextStyle::Strong, &prose(name))
                .own(TextStyle::Strong, "\" asks"),
            None => StyledLine::of(TextStyle::Strong, "opencode asks"),
        };
        if self.questions.len() > 1 {
            let number = format!(", question {} of {}", self.answers.len() + 1, self.questions.len());
            heading = heading.own(TextStyle::Strong, &number);
        }
        if !question.header.is_empty() {
            heading = heading
                .own(TextStyle::Strong, ": ")
                .foreign(TextStyle::Strong, &prose(&question.header));
        }
        let question = prose(&question.question);
        let lines = question
            .lines()
            .map(|line| StyledLine::new(0).code(TextStyle::Plain, line));
        std::iter::once(heading).chain(lines).collect()
    }

    /// The questions and what was said to them.
    fn given(&self, answers: &[Vec<String>]) -> Vec<StyledLine> {
        let rows = self.questions.iter().zip(answers).map(|(question, answer)| {
            let line = StyledLine::new(0)
                .own(TextStyle::Strong, "answered: ")
                .foreign(TextStyle::Faint, &prose(name(question)))
                .own(TextStyle::Faint, ": ");
            if answer.is_empty() {
                line.own(TextStyle::Faint, "nothing")
            } else {
                line.foreign(TextStyle::Plain, &prose(&answer.join(", ")))
            }
        });
        rows.map(|line| line.cut(self.board.columns())).collect()
    }

    fn leave_line(self, said: &str) {
        let name = self
            .questions
            .get(self.answers.len())
            .or(self.questions.first())
            .map_or("", name);
        let line = StyledLine::new(0)
            .own(TextStyle::Strong, said)
            .foreign(TextStyle::Plain, &prose(name));
        let rows = [line.cut(self.board.columns())];
        self.board.leave(&rows);
    }

    fn leave(self, rows: &[StyledLine]) {
        // Where it can be redrawn they take the place of the last question, of which nothing is left to say.
        let fitting = rows.len().saturating_sub(self.board.rows());
        self.board.leave(&rows[fitting..]);
    }
}

impl QuestionState {
    fn answer(&self, question: &ModelQuestion) -> Vec<String> {
        let chosen = question.options.iter().zip(&self.chosen).filter(|(_, chosen)| **chosen);
        chosen
            .map(|(option, _)| option.label.clone())
            .chain(self.typed.clone())
            .collect()
    }

    fn entries(&self, question: &ModelQuestion) -> Vec<StyledLine> {
        let own = question.options.len();
        let mut entries = Vec::with_capacity(own + 1);
        for (index, option) in question.options.iter().enumerate() {
            let line = self.entry(question, index, self.chosen[index]);
            let line = line.foreign(self.look(index), &prose(&option.label));
            entries.push(if option.description.is_empty() {
                line
            } else {
                line.own(TextStyle::Faint, "  ")
                    .foreign(TextStyle::Faint, &prose(&option.description))
            });
        }
        let line = self.entry(question, own, self.typed.is_some());
        entries.push(match &self.typed {
            Some(text) => line.foreign(self.look(own), text),
            None => line.own(self.look(own), "type an answer"),
        });
        entries
    }

    fn entry(&self, question: &ModelQuestion, index: usize, chosen: bool) -> StyledLine {
        let look = self.look(index);
        let number = if index < MOST_DIGITS {
            format!("{}. ", index + 1)
        } else {
            "   ".to_owned()
        };
        let line = menu::entry(index == self.cursor);
        let line = match (question.multiple, chosen) {
            (false, _) => line,
            (true, true) => line.own(look, "[x] "),
            (true, false) => line.own(look, "[ ] "),
        };
        line.own(look, &number)
    }

    fn look(&self, index: usize) -> TextStyle {
        if index == self.cursor {
            TextStyle::Chosen
        } else {
            TextStyle::Plain
        }
    }
}

/// A heading and lines in at most `room` rows.
fn fitted(text: &[StyledLine], columns: usize, room: usize) -> Vec<StyledLine> {
    let Some((heading, lines)) = text.split_first() else {
        return Vec::new();
    };
    let mut rows = vec![heading.cut(columns)];
    rows.extend(lines.iter().flat_map(|line| line.wrap(columns, room).0));
    if rows.len() > room {
        rows.truncate(room.max(1) - 1);
        rows.push(StyledLine::of(TextStyle::Faint, "…"));
    }
    rows
}

fn name(question: &ModelQuestion) -> &str {
    if question.header.is_empty() {
        &question.question
    } else {
        &question.header
    }
}

/// Text without what makes a sign a coloured one: models like those, and in a question they do no harm.
fn prose(text: &str) -> String {
    text.replace('\u{fe0f}', "")
}
