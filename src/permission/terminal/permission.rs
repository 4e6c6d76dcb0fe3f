//! May it do that? The question, its answers, and the line that stays.
//!
//! Invariants: nothing is allowed by a key that came before the pause of the question was over, and nothing before all
//! of what is asked has been on the screen.

use super::facts::{Facts, ShownFacts, subject};
use crate::asking::{
    Board, EditedLine, Gone, Input, Key, StyledLine, TOO_SOON, TextField, TextStyle, menu, pager, type_line,
};
use crate::permission::preset::plain_reason;
use crate::permission::{Answer, Ask};
use crate::request::{PolicyRule, RulePattern};
use crate::support::visible::visible;

/// The least rows for the facts before the answers have to share.
const LEAST_FACTS: usize = 4;
/// A subject in the line that stays.
const LONGEST_SUBJECT: usize = 200;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PermissionChoice {
    Once,
    Session,
    Edit,
    Deny,
    Reason,
    ShowAll,
}

impl PermissionChoice {
    const fn key(self) -> char {
        match self {
            Self::Once => 'y',
            Self::Session => 'a',
            Self::Edit => 'e',
            Self::Deny => 'n',
            Self::Reason => 'r',
            Self::ShowAll => 's',
        }
    }

    /// Whether the choice allows something, or leads there.
    const fn allows(self) -> bool {
        matches!(self, Self::Once | Self::Session | Self::Edit)
    }
}

/// Puts a permission to the person.
pub(super) fn put(board: Board<'_>, ask: &Ask) -> Answer {
    let mut asking = PermissionDialog::new(board, ask);
    let answer = match asking.answer() {
        Ok(answer) => answer,
        Err(Gone::Interrupted) => Answer::Interrupted,
        Err(Gone::Withdrawn) => {
            asking.leave(&[], "no longer asked: ", None);
            return Answer::Nobody;
        }
        Err(Gone::Closed) => Answer::Nobody,
    };
    let (said, granted) = match &answer {
        Answer::Once => ("allowed once: ", None),
        Answer::Session(rules) => ("allowed for this session: ", Some(rules.as_slice())),
        Answer::Deny => ("denied: ", None),
        Answer::DenyBecause(_) => ("denied, and the model is told why: ", None),
        Answer::Interrupted => ("denied, since the run was interrupted: ", None),
        Answer::Nobody => ("not answered, so denied: ", None),
    };
    let facts = asking.facts_alone();
    asking.leave(&facts, said, granted);
    answer
}

struct PermissionDialog<'a, 'b> {
    board: Board<'a>,
    ask: &'b Ask,
    facts: Facts,
    choices: Vec<PermissionChoice>,
    cursor: usize,
    /// Whether all that is asked has been on the screen.
    was_read: bool,
    /// Why the last key did nothing.
    note: Option<&'static str>,
}

impl<'a, 'b> PermissionDialog<'a, 'b> {
    fn new(board: Board<'a>, ask: &'b Ask) -> Self {
        let mut choices = vec![
            PermissionChoice::Once,
            PermissionChoice::Session,
            PermissionChoice::Edit,
            PermissionChoice::Deny,
            PermissionChoice::Reason,
            PermissionChoice::ShowAll,
        ];
        if ask.judgement.grant.is_empty() {
            choices.retain(|&choice| !matches!(choice, PermissionChoice::Session | PermissionChoice::Edit));
        }
        let cursor = choices
            .iter()
            .position(|&choice| choice == PermissionChoice::Deny)
            .unwrap_or(0);
        Self {
            board,
            ask,
            facts: Facts::new(ask),
            choices,
            cursor,
            was_read: false,
            note: None,
        }
    }

    fn answer(&mut self) -> Result<Answer, Gone> {
        loop {
            self.draw()?;
            let Input::Key(key) = self.board.next()? else {
                continue;
            };
            self.note = None;
            let Some(choice) = self.chosen(key) else {
                continue;
            };
            if choice.allows() && (!self.board.is_pause_over() || self.board.repeats(key)?) {
                self.note = Some(TOO_SOON);
            } else if let Some(answer) = self.take(choice)? {
                return Ok(answer);
            }
        }
    }

    /// What a key chooses; moves the cursor.
    fn chosen(&mut self, key: Key) -> Option<PermissionChoice> {
        match key {
            Key::Up | Key::Char('k') => self.cursor = self.cursor.saturating_sub(1),
            Key::Down | Key::Char('j') => self.cursor = (self.cursor + 1).min(self.choices.len() - 1),
            Key::Enter => return Some(self.choices[self.cursor]),
            Key::Char(c) => return self.choices.iter().copied().find(|choice| choice.key() == c),
            _ => {}
        }
        None
    }

    /// Does what was chosen; none when the question still stands.
    fn take(&mut self, choice: PermissionChoice) -> Result<Option<Answer>, Gone> {
        if choice.allows() && !self.was_read {
            self.show_everything()?;
            self.note = Some(match self.was_read {
                true => "everything was shown: press it again",
                false => "the end was not shown: press it again, and go on with space",
            });
            return Ok(None);
        }
        match choice {
            PermissionChoice::Once => Ok(Some(Answer::Once)),
            PermissionChoice::Session => Ok(Some(Answer::Session(self.ask.judgement.grant.clone()))),
            PermissionChoice::Edit => {
                let edited = self.edited_grant()?;
                self.board.ask_anew();
                Ok(edited.map(Answer::Session))
            }
            PermissionChoice::Deny => Ok(Some(Answer::Deny)),
            PermissionChoice::Reason => {
                let reason = self.reason()?;
                self.board.ask_anew();
                Ok(reason.map(Answer::DenyBecause))
            }
            PermissionChoice::ShowAll => {
                self.show_everything()?;
                Ok(None)
            }
        }
    }

    fn show_everything(&mut self) -> Result<(), Gone> {
        self.was_read |= pager::show(&mut self.board, &self.facts.all(self.ask))?;
        self.board.ask_anew();
        Ok(())
    }

    fn draw(&mut self) -> Result<(), Gone> {
        let (columns, rows) = (self.board.columns(), self.board.rows());
        let entries: Vec<StyledLine> = self
            .choices
            .iter()
            .enumerate()
            .map(|(index, &choice)| self.entry(index, choice))
            .collect();
        let all = menu::height(&entries, columns);
        let note = self
            .note
            .map(|note| StyledLine::of(TextStyle::Warning, note).cut(columns));
        let fits = all + usize::from(note.is_some()) + LEAST_FACTS <= rows;
        let room = if fits {
            all
        } else {
            rows.saturating_sub(LEAST_FACTS).max(1)
        };
        let mut answers = menu::show(&entries, self.cursor, columns, room);
        if !fits {
            answers.push(note.unwrap_or_else(|| self.keys().cut(columns)));
        } else if let Some(note) = note {
            answers.push(note);
        }
        let ShownFacts { rows: mut block, whole } = self.facts_in(rows - answers.len());
        self.was_read |= whole && fits;
        block.extend(answers);
        self.board.draw(&block, None)
    }

    /// The facts in so many rows.
    fn facts_in(&self, room: usize) -> ShownFacts {
        self.facts.rows(self.board.columns(), room, most_content(&self.board))
    }

    fn entry(&self, index: usize, choice: PermissionChoice) -> StyledLine {
        let marked = index == self.cursor;
        let look = if marked { TextStyle::Chosen } else { TextStyle::Plain };
        let line = menu::entry(marked)
            .own(TextStyle::Strong, &choice.key().to_string())
            .own(look, "  ");
        match choice {
            PermissionChoice::Once => line.own(look, "allow once"),
            PermissionChoice::Session => self
                .granted(line.own(look, "allow "), look)
                .own(look, " for the rest of this session"),
            PermissionChoice::Edit => line.own(look, "edit that pattern, then allow it for the rest of this session"),
            PermissionChoice::Deny => line.own(look, "deny, and stop the run"),
            PermissionChoice::Reason => line.own(look, "deny, and tell the model why"),
            PermissionChoice::ShowAll => line.own(look, "show everything"),
        }
    }

    fn granted(&self, mut line: StyledLine, look: TextStyle) -> StyledLine {
        for (index, rule) in self.ask.judgement.grant.iter().enumerate() {
            line = with_rule(line.own(look, if index > 0 { ", " } else { "" }), look, rule)
                .own(TextStyle::Faint, reach(&rule.pattern));
        }
        line
    }

    fn keys(&self) -> StyledLine {
        let keys: Vec<String> = self.choices.iter().map(|choice| choice.key().to_string()).collect();
        StyledLine::of(TextStyle::Faint, &format!("keys: {}", keys.join(" ")))
    }

    /// Lets the person type why not; none when they went back.
    fn reason(&mut self) -> Result<Option<String>, Gone> {
        let hint = StyledLine::of(TextStyle::Faint, "Enter sends it, Esc goes back");
        let text = self.typed(&mut TextField::default(), "tell the model: ", &hint)?;
        Ok(text.filter(|text| !text.is_empty()))
    }

    /// Lets the person edit the rules that would be granted, one after the other; none when they went back.
    fn edited_grant(&mut self) -> Result<Option<Vec<PolicyRule>>, Gone> {
        let mut rules = self.ask.judgement.grant.clone();
        let many = rules.len();
        for index in 0..many {
            let tool = rules[index].pattern.tool.clone();
            let label = if many > 1 {
                format!("allow ({} of {many}) {}:", index + 1, visible(&tool))
            } else {
                format!("allow {}:", visible(&tool))
            };
            let mut editor = TextField::with_text(rules[index].pattern.pattern.as_deref().unwrap_or("*"));
            let mut hint = StyledLine::of(
                TextStyle::Faint,
                "`*` is any text; Enter allows it for the rest of this session, Esc goes back",
            );
            loop {
                let Some(text) = self.typed(&mut editor, &label, &hint)? else {
                    return Ok(None);
                };
                match edited_rule(&tool, &text) {
                    Ok(pattern) => rules[index].pattern = pattern,
                    Err(fault) => {
                        hint = StyledLine::of(TextStyle::Warning, &fault);
                        continue;
                    }
                }
                match self.ask.check_grant(&rules) {
                    Ok(()) => break,
                    Err(reason) => {
                        hint = StyledLine::new(2)
                            .own(TextStyle::Warning, "that does not allow this call: ")
                            .foreign(TextStyle::Plain, &plain_reason(&reason));
                    }
                }
            }
        }
        Ok(Some(rules))
    }

    /// Lets the person type a line below the facts; none when they went back.
    fn typed(&mut self, editor: &mut TextField, label: &str, hint: &StyledLine) -> Result<Option<String>, Gone> {
        let facts = &self.facts;
        let least_above = LEAST_FACTS;
        let asked = EditedLine {
            label,
            hint,
            least_above,
        };
        type_line(&mut self.board, editor, &asked, |board, room| {
            facts.rows(board.columns(), room, most_content(board)).rows
        })
    }

    fn facts_alone(&self) -> Vec<StyledLine> {
        self.facts_in(self.board.rows().saturating_sub(2)).rows
    }

    fn leave(self, facts: &[StyledLine], said: &str, granted: Option<&[PolicyRule]>) {
        let mut line = StyledLine::new(0).own(TextStyle::Strong, said);
        match granted {
            Some(rules) => {
                for (index, rule) in rules.iter().enumerate() {
                    line = with_rule(
                        line.own(TextStyle::Plain, if index > 0 { ", " } else { "" }),
                        TextStyle::Plain,
                        rule,
                    );
                }
            }
            None => {
                let subject: String = subject(self.ask).chars().take(LONGEST_SUBJECT).collect();
                line = line.foreign(TextStyle::Plain, &subject);
            }
        }
        let mut rows = facts.to_vec();
        rows.push(line.cut(self.board.columns()));
        self.board.leave(&rows);
    }
}

/// The most rows that the content of a call takes.
fn most_content(board: &Board<'_>) -> usize {
    board.screen_rows() * 2 / 3
}

fn with_rule(line: StyledLine, look: TextStyle, rule: &PolicyRule) -> StyledLine {
    line.own(look, "`")
        .foreign(look, &rule.pattern.to_string())
        .own(look, "`")
}

/// How much a rule allows, behind the rule itself.
fn reach(pattern: &RulePattern) -> &'static str {
    match &pattern.pattern {
        Some(text) if text.contains(['*', '?']) => " (a pattern)",
        Some(_) if pattern.tool == "bash" => " (exactly this)",
        // A file that is edited, a subagent that is started: other calls that name the same are meant as well.
        _ => " (every use)",
    }
}

/// The rule that a person typed for a tool, with or without the name of the tool before it.
fn edited_rule(tool: &str, text: &str) -> Result<RulePattern, String> {
    let pattern = text
        .strip_prefix(tool)
        .and_then(|rest| rest.strip_prefix(':'))
        .unwrap_or(text);
    let rule: RulePattern = format!("{tool}:{pattern}")
        .parse()
        .map_err(|_| "that is no rule: type a pattern, in which `*` is any text".to_owned())?;
    Ok(rule)
}
