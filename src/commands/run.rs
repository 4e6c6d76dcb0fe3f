//! `run`.

use super::Exit;
use crate::context::Context;
use crate::error::Failure;
use crate::request::RunRequest;

/// Runs the command.
///
/// # Errors
///
/// Always, for now.
pub async fn run(_context: &Context, _request: RunRequest) -> Result<Exit, Failure> {
    Err(Failure::usage("cannot do this yet"))
}
