//! `rehearse`: the scripted model on its own, for other programs.

use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::CommandEnd;
use super::document::{CommandDocument, PrintedDocument};
use crate::cli::RehearseArgs;
use crate::context::Context;
use crate::env_vars;
use crate::error::{Failure, stdout_failure};
use crate::rehearsal::{self, MODELS, PROVIDER, Rehearsal, Script, ScriptText};
use crate::request::{ListFormat, SchemaName};
use crate::support::lines::json_line;

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

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct RehearsalDocument<'a> {
    /// The address of an API as OpenAI has it.
    base_url: &'a str,
    api_key: &'a str,
    /// The models that can be asked for, `provider/model`.
    models: Vec<String>,
    /// The configuration with which the engine uses this model.
    engine_config: Value,
}

impl CommandDocument for RehearsalDocument<'_> {
    const TYPE: SchemaName = SchemaName::Rehearsal;
}

fn announce(rehearsal: &Rehearsal, format: ListFormat, out: &mut dyn Write) -> io::Result<()> {
    let models: Vec<String> = MODELS.iter().map(|model| format!("{PROVIDER}/{model}")).collect();
    let config = rehearsal.engine_config();
    match format {
        ListFormat::Json => {
            let document = RehearsalDocument {
                base_url: rehearsal.base_url.as_str(),
                api_key: rehearsal.api_key.expose(),
                models,
                engine_config: config,
            };
            out.write_all(&json_line(&PrintedDocument::new(&document))?)?;
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
