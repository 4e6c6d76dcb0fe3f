//! `agents`: what can be named with `--agent`.

use serde::Serialize;

use super::CommandEnd;
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
pub async fn run(context: &Context, request: VisitRequest) -> Result<CommandEnd, Failure> {
    let entries = visit(context, &request.connect, &request.output, async |connection| {
        let (agents, config) = tokio::try_join!(connection.client.agents(), connection.client.config())?;
        let configured = config.get("default_agent").and_then(serde_json::Value::as_str);
        // A run refuses an invalid default agent. The list shows the other agents all the same.
        let default = select::agent(None, configured, &agents).ok().flatten();
        let default = default.map(|agent| agent.name.as_str());
        let all = request.connect.verbosity > Verbosity::Normal;
        let mut entries: Vec<AgentEntry> = agents
            .iter()
            .filter(|agent| all || !agent.hidden)
            .map(|agent| AgentEntry::new(agent, default))
            .collect();
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    })
    .await?;
    write_entries(context, &request.output, &entries, &COLUMNS, AgentEntry::cells)?;
    Ok(CommandEnd::Success)
}

/// An agent, as the JSON document shows it. Fields are added, never renamed.
#[derive(Debug, Serialize)]
struct AgentEntry {
    name: String,
    mode: String,
    description: Option<String>,
    /// The model that it insists on.
    model: Option<String>,
    variant: Option<String>,
    /// Whether it comes with the engine.
    native: bool,
    /// Whether the engine itself brings this helper agent.
    hidden: bool,
    /// Whether it is used when none is named.
    default: bool,
}

impl AgentEntry {
    fn new(agent: &Agent, default: Option<&str>) -> Self {
        Self {
            name: agent.name.clone(),
            mode: agent.mode.clone(),
            description: agent.description.clone(),
            model: agent.model.as_ref().map(ToString::to_string),
            variant: agent.variant.clone(),
            native: agent.native,
            hidden: agent.hidden,
            default: default == Some(agent.name.as_str()),
        }
    }

    fn cells(&self) -> Vec<String> {
        let notes: Vec<&str> = [
            ("default", self.default),
            ("native", self.native),
            ("hidden", self.hidden),
        ]
        .into_iter()
        .filter_map(|(word, holds)| holds.then_some(word))
        .collect();
        vec![
            self.name.clone(),
            or_dash(self.mode.clone()),
            or_dash(self.model.clone().unwrap_or_default()),
            or_dash(notes.join(",")),
            self.description.clone().unwrap_or_default(),
        ]
    }
}
