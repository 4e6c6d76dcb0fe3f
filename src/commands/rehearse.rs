//! `rehearse`: the scripted model on its own, for other programs.

use std::io::{self, Write};

use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::env_vars;
use crate::error::{Failure, FailureKind};
use crate::rehearsal::{self, MODELS, PROVIDER, Rehearsal, Script};
use crate::request::{RehearseFormat, RehearseRequest};

/// Serves until `cancel`; address, token and engine configuration go to `out` as soon as requests are answered.
///
/// # Errors
///
/// When the script cannot be used, the port cannot be listened on, or `out` cannot be written.
pub async fn run(request: RehearseRequest, cancel: CancellationToken, out: &mut dyn Write) -> Result<(), Failure> {
    let script = match &request.script {
        Some(path) => Script::load(path)?,
        None => Script::plain(),
    };
    let rehearsal = rehearsal::serve(script, request.port).await?;
    announce(&rehearsal, request.format, out).map_err(|error| {
        let kind = match error.kind() {
            io::ErrorKind::BrokenPipe => FailureKind::BrokenPipe,
            _ => FailureKind::Failed,
        };
        Failure::new(kind, "cannot write to stdout").caused_by(&error)
    })?;
    cancel.cancelled().await;
    Ok(())
}

fn announce(rehearsal: &Rehearsal, format: RehearseFormat, out: &mut dyn Write) -> io::Result<()> {
    let models: Vec<String> = MODELS.iter().map(|model| format!("{PROVIDER}/{model}")).collect();
    let config = rehearsal.engine_config();
    match format {
        RehearseFormat::Json => {
            let record = json!({
                "type": "rehearsal",
                "schema_version": 1,
                "base_url": rehearsal.base_url().as_str(),
                "api_key": rehearsal.api_key().expose(),
                "models": models,
                "engine_config": config,
            });
            writeln!(out, "{record}")?;
        }
        RehearseFormat::Text => {
            writeln!(out, "base URL: {}", rehearsal.base_url())?;
            writeln!(out, "API key:  {}", rehearsal.api_key().expose())?;
            writeln!(out, "models:   {}", models.join(", "))?;
            writeln!(out)?;
            writeln!(out, "# for the engine:")?;
            // JSON has no single quotes outside of strings, and these strings are ours: none inside either.
            writeln!(out, "export {}='{config}'", env_vars::ENGINE_CONFIG_CONTENT)?;
        }
    }
    out.flush()
}
