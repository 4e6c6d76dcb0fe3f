//! `models`: what can be named with `--model`, and what each can do.

use std::io::{self, Write as _};

use schemars::JsonSchema;
use serde::Serialize;

use super::document::ListItem;
use super::table::{Column, or_dash, write_entries};
use super::unless_interrupted;
use crate::client::types::{CacheCost, Modalities, Model, Provider, Providers};
use crate::connect::local_models::{self, LocalModel};
use crate::connect::select;
use crate::connect::visit::{EVERYTHING, visit_for};
use crate::context::Context;
use crate::error::Failure;
use crate::request::{
    Ability, HOSTED_PROVIDER, LocalServer, LocalServerKind, ModelPlace, ModelsRequest, SchemaName, Verbosity,
};
use crate::turn::decimal;

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
pub async fn run(context: &Context, request: ModelsRequest) -> Result<(), Failure> {
    if request.place == ModelPlace::ThisMachine {
        return unless_interrupted(context, "the command", list_local(context, &request)).await;
    }
    let mut entries = visit_for(
        context,
        &request.connect,
        &request.output,
        EVERYTHING,
        async |connection| {
            let (providers, config) = tokio::try_join!(connection.client.providers(), connection.client.config())?;
            // The settings come before the engine's configuration.
            let usual = request.usual.as_ref().map(|usual| select::model(usual, &providers));
            let usual = usual.and_then(|found| Some(found.ok()?.reference.to_string()));
            let configured = usual.as_deref().or_else(|| config.get("model")?.as_str());
            if let Some(id) = &request.provider
                && let Err(missing) = select::provider(id, &providers)
            {
                return Err(select::explain_missing(missing, context, connection).await);
            }
            Ok(entries(&providers, request.provider.as_deref(), configured))
        },
    )
    .await?;
    entries.retain(|entry| entry.can_all(&request.can));
    // Where no model is configured, the engine takes one of the providers' own favourites.
    let chosen = entries.iter().any(|entry| entry.default);
    write_entries(context, &request.output, &entries, &COLUMNS, |entry| {
        cells(entry, chosen)
    })?;
    if entries.is_empty() && !request.can.is_empty() && request.connect.verbosity > Verbosity::Quiet {
        let wanted: Vec<&str> = request.can.iter().map(|ability| ability.as_str()).collect();
        let _ = writeln!(
            io::stderr(),
            "note: no usable model can do all of this: {}",
            wanted.join(", ")
        );
    }
    if entries.is_empty() && request.can.is_empty() && request.connect.verbosity > Verbosity::Quiet {
        let _ = writeln!(
            io::stderr(),
            "warning: no provider has credentials, so there is no model\n\
             hint: set the key of a provider, for example `ANTHROPIC_API_KEY`, or log in with `opencode-rs auth login`"
        );
    }
    Ok(())
}

/// Lists the models of the servers on this machine. One that is not there is told, and no failure where another one is.
async fn list_local(context: &Context, request: &ModelsRequest) -> Result<(), Failure> {
    let servers = request.connect.local_servers.0.iter();
    let wanted: Vec<&LocalServer> = servers
        .filter(|server| request.provider.as_ref().is_none_or(|id| server.kind.id() == id))
        .collect();
    if wanted.is_empty() {
        return Err(
            Failure::usage("cannot list the models of that provider: it is no server on this machine")
                .hint("name `ollama`, `lmstudio` or `llamacpp`"),
        );
    }
    let answers = futures_util::future::join_all(wanted.iter().map(|server| local_models::models(server))).await;
    let mut entries = Vec::new();
    let mut failures = Vec::new();
    for (server, answer) in wanted.iter().zip(answers) {
        match answer {
            Ok(models) => entries.extend(models.into_iter().map(|model| {
                let mut entry = ModelEntry::local(server.kind, model);
                entry.default = request.usual.as_ref().is_some_and(|usual| usual.as_str() == entry.id);
                entry
            })),
            Err(failure) => failures.push(failure),
        }
    }
    if failures.len() == wanted.len()
        && let Some(failure) = failures.pop()
    {
        let others = failures.into_iter().map(|failure| failure.message);
        return Err(others.fold(failure, |failure, other| failure.hint(other)));
    }
    if request.connect.verbosity > Verbosity::Quiet {
        for failure in &failures {
            let _ = writeln!(io::stderr(), "note: {}", failure.message);
        }
    }
    entries.retain(|entry| entry.can_all(&request.can));
    write_entries(context, &request.output, &entries, &COLUMNS, |entry| cells(entry, true))
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
                let mut entry = ModelEntry::new(provider, id, model);
                entry.default = Some(entry.id.as_str()) == configured;
                entry.provider_default = favourite == Some(id);
                entry
            })
        })
        .collect()
}

/// A model that can be named with `--model`.
#[derive(Debug, Serialize, JsonSchema)]
#[expect(clippy::struct_excessive_bools, reason = "a document")]
pub(super) struct ModelEntry {
    /// `provider/model`, as `--model` takes it.
    id: String,
    provider: String,
    provider_name: String,
    /// The id of the model at its provider.
    model: String,
    name: String,
    /// The engine's word for its state, such as `active` or `deprecated`.
    status: String,
    /// Whether it is the model of the settings or of the engine's configuration, which is used when none is named.
    default: bool,
    /// Whether this is the provider's model that the engine would choose.
    provider_default: bool,
    /// How many tokens a conversation can have; null where the engine does not know.
    context_tokens: Option<u64>,
    /// How many tokens a prompt can have; null where there is no limit besides that of the conversation.
    input_tokens: Option<u64>,
    /// How many tokens an answer can have; null where the engine does not know.
    output_tokens: Option<u64>,
    reasoning: bool,
    tools: bool,
    attachments: bool,
    /// Whether its temperature can be set.
    temperature: bool,
    /// Whether it thinks between tool calls.
    interleaved: bool,
    /// Kinds of content that it reads: `text`, `image`, `pdf`, `audio`, `video`.
    input: Vec<&'static str>,
    /// Kinds of content that it writes.
    output: Vec<&'static str>,
    /// Null where no price is known.
    price_usd: Option<Price>,
    /// The prices of conversations that are longer than this.
    price_tiers_usd: Vec<PriceTier>,
    /// When it came out, such as `2025-09-29`; null where the engine does not know.
    release_date: Option<String>,
    /// The npm package with which the engine calls it.
    package: Option<String>,
    /// What `--variant` takes.
    variants: Vec<String>,
}

impl ListItem for ModelEntry {
    const LIST: SchemaName = SchemaName::Models;
}

/// Dollars for a million tokens, as decimal texts.
#[derive(Debug, Serialize, JsonSchema)]
struct Price {
    input: String,
    output: String,
    /// Of tokens that come from the provider's cache.
    cache_read: String,
    cache_write: String,
}

/// Prices from a length of the conversation on.
#[derive(Debug, Serialize, JsonSchema)]
struct PriceTier {
    /// Tokens of the conversation.
    from_tokens: u64,
    #[serde(flatten)]
    price: Price,
}

impl Price {
    fn new(input: f64, output: f64, cache: CacheCost) -> Self {
        Self {
            input: decimal(input),
            output: decimal(output),
            cache_read: decimal(cache.read),
            cache_write: decimal(cache.write),
        }
    }
}

impl ModelEntry {
    fn local(server: LocalServerKind, model: LocalModel) -> Self {
        let images = model.images.then_some("image");
        Self {
            id: format!("{}/{}", server.id(), model.id),
            provider: server.id().to_owned(),
            provider_name: server.name().to_owned(),
            name: model.id.clone(),
            model: model.id,
            status: "active".to_owned(),
            default: false,
            provider_default: false,
            context_tokens: model.context,
            input_tokens: None,
            output_tokens: None,
            reasoning: false,
            tools: model.tools.unwrap_or(true),
            attachments: model.images,
            temperature: true,
            interleaved: false,
            input: std::iter::once("text").chain(images).collect(),
            output: vec!["text"],
            price_usd: None,
            price_tiers_usd: Vec::new(),
            release_date: None,
            package: None,
            variants: Vec::new(),
        }
    }

    fn new(provider: &Provider, id: &str, model: &Model) -> Self {
        let known = |tokens: u64| (tokens > 0).then_some(tokens);
        let (can, cost) = (&model.capabilities, &model.cost);
        let text = |text: &String| (!text.is_empty()).then(|| text.clone());
        let tiers = cost.tiers.iter().filter(|tier| tier.tier.size > 0);
        Self {
            id: format!("{}/{id}", provider.id),
            provider: provider.id.clone(),
            provider_name: provider.name.clone(),
            model: id.to_owned(),
            name: model.name.clone(),
            status: model.status.clone(),
            default: false,
            provider_default: false,
            context_tokens: known(model.limit.context),
            input_tokens: known(model.limit.input),
            output_tokens: known(model.limit.output),
            reasoning: can.reasoning,
            tools: can.toolcall,
            attachments: can.attachment,
            temperature: can.temperature,
            interleaved: can.interleaved == true || can.interleaved.is_object(),
            input: kinds(can.input),
            output: kinds(can.output),
            price_usd: cost.is_known().then(|| Price::new(cost.input, cost.output, cost.cache)),
            price_tiers_usd: tiers
                .map(|tier| PriceTier {
                    from_tokens: tier.tier.size,
                    price: Price::new(tier.input, tier.output, tier.cache),
                })
                .collect(),
            release_date: text(&model.release_date),
            package: text(&model.api.npm),
            variants: model.variants.keys().cloned().collect(),
        }
    }
}

impl ModelEntry {
    fn can_all(&self, wanted: &[Ability]) -> bool {
        wanted.iter().all(|ability| match ability {
            Ability::Tools => self.tools,
            Ability::Reasoning => self.reasoning,
            Ability::Temperature => self.temperature,
            Ability::Attachments => self.attachments,
            Ability::Image | Ability::Pdf | Ability::Audio | Ability::Video => self.input.contains(&ability.as_str()),
        })
    }
}

/// The names of kinds of content.
fn kinds(of: Modalities) -> Vec<&'static str> {
    let all = [
        ("text", of.text),
        ("image", of.image),
        ("pdf", of.pdf),
        ("audio", of.audio),
        ("video", of.video),
    ];
    all.into_iter().filter_map(|(kind, can)| can.then_some(kind)).collect()
}

/// The row; `chosen` says that one of the models is the configured one.
fn cells(entry: &ModelEntry, chosen: bool) -> Vec<String> {
    let price = |of: fn(&Price) -> &String| {
        entry
            .price_usd
            .as_ref()
            .map_or("-", |price| of(price).as_str())
            .to_owned()
    };
    let mut abilities = Vec::new();
    abilities.extend(entry.reasoning.then_some("reasoning"));
    abilities.extend(entry.tools.then_some("tools"));
    abilities.extend(entry.input.iter().filter(|kind| **kind != "text"));
    let mut notes = Vec::new();
    if entry.provider == HOSTED_PROVIDER {
        notes.push("hosted");
    }
    if entry.default {
        notes.push("default");
    } else if entry.provider_default && !chosen {
        notes.push("provider-default");
    }
    if !matches!(entry.status.as_str(), "" | "active") {
        notes.push(&entry.status);
    }
    vec![
        entry.id.clone(),
        entry.name.clone(),
        entry.context_tokens.map_or_else(|| "-".to_owned(), tokens),
        // With commas and without spaces, so that they stay one field.
        or_dash(abilities.join(",")),
        price(|price| &price.input),
        price(|price| &price.output),
        or_dash(entry.variants.join(",")),
        notes.join(","),
    ]
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
