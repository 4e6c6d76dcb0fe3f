//! `run`.

use tokio::time::Instant;

use super::Exit;
use crate::context::Context;
use crate::error::Failure;
use crate::input::{self, Surroundings};
use crate::request::RunRequest;

/// Runs the command.
///
/// # Errors
///
/// When the prompt cannot be read; and always, for now.
pub async fn run(context: &Context, request: RunRequest) -> Result<Exit, Failure> {
    let around = Surroundings {
        cwd: &context.cwd,
        environment: &context.environment,
        streams: context.streams,
        interrupts: &context.interrupts,
        deadline: request
            .connect
            .timeout
            .map(|timeout| Instant::from_std(context.started) + timeout),
        verbosity: request.connect.verbosity,
    };
    let parts = input::gather(&request.prompt, request.stdin, &request.attachments, around).await?;
    Err(Failure::usage(format!(
        "cannot send a prompt of {} bytes yet",
        parts.text.len()
    )))
}
