//! `agents`: what can be named with `--agent`.

use serde_json::{Value, json};

use super::table::{Column, or_dash, write_entries};
use crate::client::types::Agent;
use crate::connect::select;
use crate::connect::visit::visit;
use crate::context::Context;
use crate::error::Failure;
use crate::request::{Verbosity, VisitRequest};

const COLUMNS: [Column; 5] = [
    Column::Text("AGENT"),
    Column::Text("MODE"),
    Column::Text("MODEL"),
    Column::Text("NOTES"),
    Column::Flexible("DESCRIPTION"),
];

/// Runs the command. The engine's own helpers are listed with `-v` only.
///
/// # Errors
///
/// When the engine cannot be asked, or stdout cannot be written.
pub async fn run(context: &Context, request: VisitRequest) -> Result<(), Failure> {
    let entries = visit(context, &request.connect, &request.output, async |connection| {
        let (agents, config) = tokio::try_join!(connection.client.agents(), connection.client.config())?;
        let configured = config.get("default_agent").and_then(Value::as_str);
        // A run refuses an invalid default agent. The list shows the other agents all the same.
        let default = select::agent(None, configured, &agents).ok().flatten();
        let default = default.map(|agent| agent.name.as_str());
        let all = request.connect.verbosity > Verbosity::Normal;
        let mut agents: Vec<&Agent> = agents.iter().filter(|agent| all || !agent.hidden).collect();
        agents.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(agents
            .into_iter()
            .map(|agent| entry(agent, default))
            .collect::<Vec<_>>())
    })
    .await?;
    write_entries(context, &request.output, &entries, &COLUMNS, cells)
}

/// An agent, as the JSON document shows it. Fields are added, never renamed.
fn entry(agent: &Agent, default: Option<&str>) -> Value {
    json!({
        "name": agent.name,
        "mode": agent.mode,
        "description": agent.description,
        // The model that it insists on.
        "model": agent.model.as_ref().map(ToString::to_string),
        "variant": agent.variant,
        // Whether it comes with the engine.
        "native": agent.native,
        // Whether the engine itself brings this helper agent.
        "hidden": agent.hidden,
        // Whether it is used when none is named.
        "default": default == Some(agent.name.as_str()),
    })
}

fn cells(entry: &Value) -> Vec<String> {
    let text = |field: &str| entry[field].as_str().unwrap_or_default().to_owned();
    let mut notes = vec!["default", "native", "hidden"];
    notes.retain(|note| entry[*note] == true);
    vec![
        text("name"),
        or_dash(text("mode")),
        or_dash(text("model")),
        or_dash(notes.join(",")),
        text("description"),
    ]
}
