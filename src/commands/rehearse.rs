//! `rehearse`: the scripted model on its own, for other programs.

use std::io::{self, Write};

use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::CommandEnd;
use crate::cli::RehearseArgs;
use crate::context::Context;
use crate::env_vars;
use crate::error::{Failure, stdout_failure};
use crate::rehearsal::{self, MODELS, PROVIDER, Rehearsal, Script, ScriptText};
use crate::request::ListFormat;

/// Serves until a signal ends it; address, token and engine configuration go to stdout as soon as requests are answered.
///
/// # Errors
///
/// When the script cannot be used, the port cannot be listened on, or stdout cannot be written.
pub async fn run(context: &Context, request: RehearseArgs) -> Result<CommandEnd, Failure> {
    let token = context.interrupts.token().clone();
    serve(request, token, &mut io::stdout()).await?;
    // Being stopped is how it ends; the status says by what all the same.
    Ok(context
        .interrupts
        .reason()
        .map_or(CommandEnd::Success, |reason| CommandEnd::Reported(reason.into())))
}

/// Serves until `cancel`; the announcement goes to `out`.
///
/// # Errors
///
/// As for [`run`].
pub async fn serve(request: RehearseArgs, cancel: CancellationToken, out: &mut dyn Write) -> Result<(), Failure> {
    let script = match &request.script {
        Some(path) => tokio::select! {
            () = cancel.cancelled() => return Ok(()),
            text = ScriptText::read(path) => text?.parse()?,
        },
        None => Script::default(),
    };
    let rehearsal = rehearsal::serve(script, request.port).await?;
    announce(&rehearsal, request.output_format, out).map_err(|error| stdout_failure(&error))?;
    cancel.cancelled().await;
    Ok(())
}

fn announce(rehearsal: &Rehearsal, format: ListFormat, out: &mut dyn Write) -> io::Result<()> {
    let models: Vec<String> = MODELS.iter().map(|model| format!("{PROVIDER}/{model}")).collect();
    let config = rehearsal.engine_config();
    match format {
        ListFormat::Json => {
            let record = json!({
                "type": "rehearsal",
                "schema_version": 1,
                "base_url": rehearsal.base_url.as_str(),
                "api_key": rehearsal.api_key.expose(),
                "models": models,
                "engine_config": config,
            });
            writeln!(out, "{record}")?;
        }
        ListFormat::Text => {
            writeln!(out, "base URL: {}", rehearsal.base_url)?;
            writeln!(out, "API key:  {}", rehearsal.api_key.expose())?;
            writeln!(out, "models:   {}", models.join(", "))?;
            writeln!(out)?;
            writeln!(out, "# for the engine:")?;
            // JSON has no single quotes outside of strings, and these strings are ours: none inside either.
            writeln!(out, "export {}='{config}'", env_vars::ENGINE_CONFIG_CONTENT)?;
        }
    }
    out.flush()
}
