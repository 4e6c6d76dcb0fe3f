//! A question that only `y` answers with yes.

use super::board::{Board, Input};
use super::keys::Key;
use super::line::{StyledLine, TextStyle};
use super::{Gone, TOO_SOON};

/// Asks for `y` or `n`. Enter and Esc are no, and what was typed before the question stood there is no answer.
pub(crate) fn confirm(mut board: Board<'_>, question: &str) -> Result<bool, Gone> {
    let answer = answer(&mut board, question);
    let said = match answer {
        Ok(true) => "yes",
        Ok(false) => "no",
        Err(_) => "not answered",
    };
    let line = StyledLine::of(TextStyle::Strong, &format!("{question} {said}"));
    let (rows, _) = line.wrap(board.columns(), usize::MAX);
    board.leave(&rows);
    answer
}

fn answer(board: &mut Board<'_>, question: &str) -> Result<bool, Gone> {
    let mut is_too_soon = false;
    board.ask_anew();
    loop {
        let hint = if is_too_soon { TOO_SOON } else { "y: yes, n: no" };
        let line = StyledLine::of(TextStyle::Strong, question).own(TextStyle::Faint, &format!(" ({hint})"));
        let (rows, _) = line.wrap(board.columns(), usize::MAX);
        board.draw(&rows, None)?;
        let Input::Key(key) = board.next()? else {
            continue;
        };
        is_too_soon = !board.is_pause_over();
        match key {
            _ if is_too_soon => {}
            Key::Char('y' | 'Y') => return Ok(true),
            Key::Char('n' | 'N') | Key::Enter | Key::Escape => return Ok(false),
            _ => {}
        }
    }
}
