//! What every step of a prompt receives.

use std::path::Path;
use std::time::Instant;

use super::display::Display;
use crate::context::Context;
use crate::request::RunRequest;

#[derive(Clone, Copy)]
pub(crate) struct PromptContext<'a> {
    pub(crate) context: &'a Context,
    pub(crate) request: &'a RunRequest,
    pub(crate) directory: &'a Path,
    /// Where the names of conversations and the locks of sessions are kept.
    pub(crate) state: &'a Path,
    pub(crate) display: &'a Display,
    /// `--timeout` and the times of the phases count from here.
    pub(crate) begun: Instant,
}

impl PromptContext<'_> {
    pub(crate) fn deadline(&self) -> Option<tokio::time::Instant> {
        let limit = self.request.connect.timeout?;
        Some(tokio::time::Instant::from_std(self.begun) + limit)
    }
}
