//! `doctor`.

use super::Exit;
use crate::context::Context;
use crate::error::Failure;
use crate::request::DoctorRequest;

/// Runs the command.
///
/// # Errors
///
/// Always, for now.
pub async fn run(_context: &Context, _request: DoctorRequest) -> Result<Exit, Failure> {
    Err(Failure::usage("cannot do this yet"))
}
