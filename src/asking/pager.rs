//! Pages, for what is longer than a question has room for.

use super::Gone;
use super::board::{Board, Input};
use super::keys::Key;
use super::line::{StyledLine, TextStyle};

/// Shows lines until the person has seen enough: whether the last one was shown.
pub(crate) fn show(board: &mut Board<'_>, lines: &[StyledLine]) -> Result<bool, Gone> {
    board.switch(true)?;
    let shown = if board.can_redraw() {
        pages(board, lines)
    } else {
        rolls(board, lines)
    };
    let was_end_shown = shown?;
    board.switch(false)?;
    Ok(was_end_shown)
}

fn wrapped(lines: &[StyledLine], columns: usize) -> Vec<StyledLine> {
    lines.iter().flat_map(|line| line.wrap(columns, usize::MAX).0).collect()
}

/// Forth and back on a screen of its own.
fn pages(board: &mut Board<'_>, lines: &[StyledLine]) -> Result<bool, Gone> {
    let mut rows = wrapped(lines, board.columns());
    let mut top = 0;
    let mut was_end_shown = false;
    loop {
        let height = board.screen_rows().saturating_sub(1).max(1);
        let last = rows.len().saturating_sub(height);
        top = top.min(last);
        let end = (top + height).min(rows.len());
        let mut page = rows[top..end].to_vec();
        let status = format!(
            "q: back, space: on, b: up - rows {}-{end} of {}{}",
            top + 1,
            rows.len(),
            if end == rows.len() { " (end)" } else { "" }
        );
        page.push(StyledLine::of(TextStyle::Strong, &status).cut(board.columns()));
        board.page(&page)?;
        was_end_shown |= end == rows.len();
        match board.next()? {
            Input::Resized => rows = wrapped(lines, board.columns()),
            Input::Key(key) => match key {
                Key::Char('q' | 's') | Key::Escape | Key::Left => return Ok(was_end_shown),
                Key::Char(' ' | 'f') | Key::PageDown => top += height,
                Key::Char('b') | Key::PageUp => top = top.saturating_sub(height),
                Key::Enter | Key::Down | Key::Char('j') => top += 1,
                Key::Up | Key::Char('k') => top = top.saturating_sub(1),
                Key::Home | Key::Char('g') => top = 0,
                Key::End | Key::Char('G') => top = last,
                _ => {}
            },
        }
    }
}

/// One page after the other, where the cursor cannot go back.
fn rolls(board: &mut Board<'_>, lines: &[StyledLine]) -> Result<bool, Gone> {
    let rows = wrapped(lines, board.columns());
    let height = board.screen_rows().saturating_sub(1).max(1);
    let mut pages = rows.chunks(height).peekable();
    while let Some(page) = pages.next() {
        board.page(page)?;
        board.feed()?;
        if pages.peek().is_none() {
            return Ok(true);
        }
        board.page(&[StyledLine::of(TextStyle::Strong, "q: back, space: on").cut(board.columns())])?;
        let on = loop {
            match board.next()? {
                Input::Key(Key::Char(' ') | Key::Enter | Key::Down | Key::PageDown) => break true,
                Input::Key(Key::Char('q') | Key::Escape) => break false,
                _ => {}
            }
        };
        board.feed()?;
        if !on {
            break;
        }
    }
    Ok(false)
}
