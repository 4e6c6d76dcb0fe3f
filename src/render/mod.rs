//! A turn as bytes.

use std::io;

use crate::turn::{Outcome, Update};

/// A consumer of a turn. Layout state only: matching a tool's end to its beginning is the turn's work.
pub trait Render {
    /// Shows one change.
    ///
    /// # Errors
    ///
    /// When stdout cannot be written; `BrokenPipe` ends the run with 141.
    fn update(&mut self, update: &Update) -> io::Result<()>;

    /// Shows the end. Called exactly once, last.
    ///
    /// # Errors
    ///
    /// As for `update`.
    fn finish(&mut self, outcome: &Outcome) -> io::Result<()>;
}
