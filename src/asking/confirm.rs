//! A question that only `y` answers with yes.

use super::board::{Board, Input};
use super::keys::Key;
use super::line::{StyledLine, TextStyle};
use super::{Gone, TOO_SOON};

/// Shows `facts` and asks for `y` or `n`. Enter and Esc are no, and so is what was typed before the question stood there.
pub(crate) fn confirm(mut board: Board<'_>, facts: &[StyledLine], question: &str) -> Result<bool, Gone> {
    let answer = answer(&mut board, facts, question);
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

fn answer(board: &mut Board<'_>, facts: &[StyledLine], question: &str) -> Result<bool, Gone> {
    let mut is_too_soon = false;
    board.ask_anew();
    loop {
        let columns = board.columns();
        let hint = if is_too_soon { TOO_SOON } else { "y: yes, n: no" };
        let asked = StyledLine::of(TextStyle::Strong, question).own(TextStyle::Faint, &format!(" ({hint})"));
        let (asked, _) = asked.wrap(columns, usize::MAX);
        let mut rows: Vec<StyledLine> = facts.iter().flat_map(|fact| fact.wrap(columns, usize::MAX).0).collect();
        // Where the rows can be drawn again, they have to fit: the last facts are the most important ones.
        let surplus = (rows.len() + asked.len()).saturating_sub(board.rows());
        rows.drain(..surplus.min(rows.len()));
        rows.extend(asked);
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
