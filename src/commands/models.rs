//! `models`: what can be named with `--model`, and what each can do.

use std::io::{self, Write as _};

use serde::Serialize;

use super::CommandEnd;
use super::table::{Column, or_dash, write_entries};
use crate::client::types::{Model, Provider, Providers};
use crate::connect::select;
use crate::connect::visit::{EVERYTHING, visit_for};
use crate::context::Context;
use crate::error::Failure;
use crate::request::{ModelRef, ModelsRequest, Verbosity};

const COLUMNS: [Column; 8] = [
    Column::Text("MODEL"),
    Column::Flexible("NAME"),
    Column::Number("CONTEXT"),
    Column::Text("CAN"),
    Column::Number("$/M IN"),
    Column::Number("$/M OUT"),
    Column::Flexible("VARIANTS"),
    Column::Text("NOTES"),
];

/// Runs the command.
///
/// # Errors
///
/// When the engine cannot be asked, the provider does not exist or has no credentials, or stdout cannot be written.
pub async fn run(context: &Context, request: ModelsRequest) -> Result<CommandEnd, Failure> {
    let entries = visit_for(
        context,
        &request.connect,
        &request.output,
        EVERYTHING,
        async |connection| {
            let (providers, config) = tokio::try_join!(connection.client.providers(), connection.client.config())?;
            let configured = config.get("model").and_then(serde_json::Value::as_str);
            if let Some(id) = &request.provider
                && let Err(missing) = select::provider(id, &providers)
            {
                return Err(select::explain_missing(missing, context, connection).await);
            }
            Ok(entries(&providers, request.provider.as_deref(), configured))
        },
    )
    .await?;
    // Where no model is configured, the engine takes one of the providers' own favourites.
    let chosen = entries.iter().any(|entry| entry.default);
    write_entries(context, &request.output, &entries, &COLUMNS, |entry| {
        entry.cells(chosen)
    })?;
    if entries.is_empty() && request.connect.verbosity > Verbosity::Quiet {
        let _ = writeln!(
            io::stderr(),
            "warning: no provider has credentials, so there is no model\n\
             hint: set the key of a provider, for example `ANTHROPIC_API_KEY`, or log in with `opencode auth login`"
        );
    }
    Ok(CommandEnd::Success)
}

/// A model, as the JSON document shows it. Fields are added, never renamed.
#[expect(
    clippy::struct_excessive_bools,
    reason = "a record for programs: each is a field of its own"
)]
#[derive(Debug, Serialize)]
struct ModelEntry {
    id: String,
    provider: String,
    provider_name: String,
    model: String,
    name: String,
    status: String,
    /// Whether it is the model of the configuration, which is used when none is named.
    default: bool,
    /// Whether this is the provider's model that the engine would choose.
    provider_default: bool,
    /// Tokens; null where the engine does not know.
    context_tokens: Option<u64>,
    output_tokens: Option<u64>,
    reasoning: bool,
    tools: bool,
    attachments: bool,
    /// Kinds of content that it reads.
    input: Vec<&'static str>,
    /// Null where no price is known.
    price: Option<Price>,
    variants: Vec<String>,
}

/// Dollars per million tokens.
#[derive(Debug, Clone, Copy, Serialize)]
struct Price {
    input: f64,
    output: f64,
}

fn entries(providers: &Providers, only: Option<&str>, configured: Option<&str>) -> Vec<ModelEntry> {
    let mut listed: Vec<&Provider> = providers
        .providers
        .iter()
        .filter(|provider| only.is_none_or(|only| provider.id == only))
        .collect();
    listed.sort_by(|a, b| a.id.cmp(&b.id));
    listed
        .into_iter()
        .flat_map(|provider| {
            let favourite = providers.default.get(&provider.id);
            provider.models.iter().map(move |(id, model)| {
                let reference = ModelRef {
                    provider: provider.id.clone(),
                    model: id.clone(),
                };
                let name = reference.to_string();
                let mut entry = ModelEntry::new(reference, provider, model);
                entry.default = configured == Some(name.as_str());
                entry.provider_default = favourite == Some(id);
                entry
            })
        })
        .collect()
}

impl ModelEntry {
    fn new(reference: ModelRef, provider: &Provider, model: &Model) -> Self {
        let known = |tokens: u64| (tokens > 0).then_some(tokens);
        let reads = &model.capabilities.input;
        let input = [
            ("text", reads.text),
            ("image", reads.image),
            ("pdf", reads.pdf),
            ("audio", reads.audio),
            ("video", reads.video),
        ];
        Self {
            id: reference.to_string(),
            provider: reference.provider,
            provider_name: provider.name.clone(),
            model: reference.model,
            name: model.name.clone(),
            status: model.status.clone(),
            default: false,
            provider_default: false,
            context_tokens: known(model.limit.context),
            output_tokens: known(model.limit.output),
            reasoning: model.capabilities.reasoning,
            tools: model.capabilities.toolcall,
            attachments: model.capabilities.attachment,
            input: input
                .into_iter()
                .filter_map(|(kind, can)| can.then_some(kind))
                .collect(),
            price: model.cost.is_known().then_some(Price {
                input: model.cost.input,
                output: model.cost.output,
            }),
            variants: model.variants.keys().cloned().collect(),
        }
    }

    /// The row; `chosen` says that one of the models is the configured one.
    fn cells(&self, chosen: bool) -> Vec<String> {
        let abilities = [("reasoning", self.reasoning), ("tools", self.tools)]
            .into_iter()
            .filter_map(|(name, can)| can.then_some(name))
            .chain(self.input.iter().copied().filter(|kind| *kind != "text"));
        let price = |of: fn(Price) -> f64| self.price.map_or_else(|| "-".to_owned(), |price| of(price).to_string());
        let mut notes = Vec::new();
        if self.default {
            notes.push("default");
        } else if self.provider_default && !chosen {
            notes.push("provider-default");
        }
        if !matches!(self.status.as_str(), "" | "active") {
            notes.push(self.status.as_str());
        }
        vec![
            self.id.clone(),
            self.name.clone(),
            self.context_tokens.map_or_else(|| "-".to_owned(), tokens),
            // With commas and without spaces, so that they stay one field.
            or_dash(abilities.collect::<Vec<_>>().join(",")),
            price(|price| price.input),
            price(|price| price.output),
            or_dash(self.variants.join(",")),
            notes.join(","),
        ]
    }
}

/// A number of tokens, short: `200k`, `1M`, `1.05M`.
fn tokens(count: u64) -> String {
    match count {
        0..1_000 => count.to_string(),
        1_000..1_000_000 => format!("{}k", count / 1_000),
        _ => {
            let hundredths = count / 10_000;
            let text = format!("{}.{:02}", hundredths / 100, hundredths % 100);
            format!("{}M", text.trim_end_matches('0').trim_end_matches('.'))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_short_and_not_more_than_there_are() {
        let shown: Vec<String> = [800, 8_192, 200_000, 1_000_000, 1_048_576, 1_100_000]
            .map(tokens)
            .to_vec();
        assert_eq!(shown, ["800", "8k", "200k", "1M", "1.04M", "1.1M"]);
    }
}
