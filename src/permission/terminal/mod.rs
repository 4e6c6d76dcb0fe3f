//! A person at the terminal, wherever stdin, stdout and stderr lead.
//!
//! In: an [`Ask`](super::Ask) or the model's questions, and a [`Withdrawal`](super::Withdrawal). Out: the
//! answer, and a line on the terminal that says what it was. Invariants: everything of the model's is shown with what
//! is hidden in it written out; Enter alone, what was typed before the question stood there, and what is pasted never
//! allow anything; whatever ends a question (an answer, a withdrawal, a terminal that goes away, a panic) leaves the
//! terminal as it was.
//!
//! | file | what |
//! | --- | --- |
//! | `facts`, `parts` | what a person has to know to decide |
//! | `permission`, `question` | the two sorts of questions |
//!
//! [`asking`](crate::asking) draws the rows and reads the keys.

#[cfg(unix)]
mod facts;
#[cfg(unix)]
mod parts;
#[cfg(unix)]
mod permission;
#[cfg(unix)]
mod question;

use std::path::Path;

use super::{Answer, Ask, ModelQuestion, Prompter, QuestionAnswer, Withdrawal};
#[cfg(unix)]
use crate::asking::{Board, Device};
use crate::terminal::{Screen, TerminalStyle};

/// A person at a terminal.
///
/// [`Prompter::ask`] and [`Prompter::question`] block their thread while the person thinks, hold the [`Screen`] and give
/// it back when they return.
#[derive(Debug)]
pub struct TerminalPrompter {
    #[cfg(unix)]
    device: Device,
    #[cfg(not(unix))]
    device: std::convert::Infallible,
    #[cfg_attr(not(unix), expect(dead_code, reason = "nobody is asked there"))]
    screen: Screen,
    #[cfg_attr(not(unix), expect(dead_code, reason = "nobody is asked there"))]
    style: TerminalStyle,
}

impl TerminalPrompter {
    /// The controlling terminal of this process, if it has one and may read from it.
    #[cfg(unix)]
    pub fn open(screen: Screen, style: TerminalStyle) -> Option<Self> {
        let device = Device::controlling()?;
        Some(Self { device, screen, style })
    }

    /// None: terminals of this system are not asked at.
    #[cfg(not(unix))]
    pub fn open(_screen: Screen, _style: TerminalStyle) -> Option<Self> {
        None
    }

    /// The terminal at a path.
    ///
    /// # Errors
    ///
    /// When it cannot be opened for reading and writing, or is no terminal.
    #[cfg(unix)]
    pub fn at(path: &Path, screen: Screen, style: TerminalStyle) -> std::io::Result<Self> {
        let device = Device::open(path)?;
        Ok(Self { device, screen, style })
    }

    /// Fails: terminals of this system are not asked at.
    ///
    /// # Errors
    ///
    /// Always.
    #[cfg(not(unix))]
    pub fn at(_path: &Path, _screen: Screen, _style: TerminalStyle) -> std::io::Result<Self> {
        Err(std::io::ErrorKind::Unsupported.into())
    }
}

#[cfg(unix)]
impl Prompter for TerminalPrompter {
    fn ask(&mut self, ask: &Ask, withdrawal: &Withdrawal) -> Answer {
        match Board::new(&self.device, self.style, &self.screen, withdrawal) {
            Ok(board) => permission::put(board, ask),
            Err(_) => Answer::Nobody,
        }
    }

    fn question(
        &mut self,
        questions: &[ModelQuestion],
        subagent: Option<&str>,
        withdrawal: &Withdrawal,
    ) -> QuestionAnswer {
        match Board::new(&self.device, self.style, &self.screen, withdrawal) {
            Ok(board) => question::put(board, questions, subagent),
            Err(_) => QuestionAnswer::Nobody,
        }
    }
}

#[cfg(not(unix))]
impl Prompter for TerminalPrompter {
    fn ask(&mut self, _: &Ask, _: &Withdrawal) -> Answer {
        match self.device {}
    }

    fn question(&mut self, _: &[ModelQuestion], _: Option<&str>, _: &Withdrawal) -> QuestionAnswer {
        match self.device {}
    }
}
