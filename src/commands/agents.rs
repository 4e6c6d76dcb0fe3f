//! `agents`: what can be named with `--agent`.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::document::ListItem;
use super::table::{Column, or_dash, write_entries};
use crate::client::types::Agent;
use crate::connect::select;
use crate::connect::visit::visit;
use crate::context::Context;
use crate::error::Failure;
use crate::request::{SchemaName, Verbosity, VisitRequest};

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
            .map(|agent| AgentEntry::new(agent, default))
            .collect::<Vec<_>>())
    })
    .await?;
    write_entries(context, &request.output, &entries, &COLUMNS, cells)
}

/// An agent that can be named with `--agent`.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct AgentEntry {
    name: String,
    /// The engine's word for its use: `primary`, `subagent` or `all`.
    mode: String,
    description: Option<String>,
    /// The model that it insists on, `provider/model`.
    model: Option<String>,
    variant: Option<String>,
    /// Whether it comes with the engine.
    native: bool,
    /// Whether it is a helper of the engine itself, which is listed with `-v` only.
    hidden: bool,
    /// Whether it is used when none is named.
    default: bool,
}

impl ListItem for AgentEntry {
    const LIST: SchemaName = SchemaName::Agents;
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
}

fn cells(entry: &AgentEntry) -> Vec<String> {
    let notes = [
        ("default", entry.default),
        ("native", entry.native),
        ("hidden", entry.hidden),
    ];
    let notes: Vec<&str> = notes
        .into_iter()
        .filter_map(|(note, holds)| holds.then_some(note))
        .collect();
    vec![
        entry.name.clone(),
        or_dash(entry.mode.clone()),
        or_dash(entry.model.clone().unwrap_or_default()),
        or_dash(notes.join(",")),
        entry.description.clone().unwrap_or_default(),
    ]
}
