//! `models`: what can be named with `--model`, and what each can do.

use std::io::{self, Write as _};

use serde_json::{Value, json};

use super::table::{Column, or_dash, write_entries};
use crate::client::types::{Model, Provider, Providers};
use crate::connect::select;
use crate::connect::visit::{EVERYTHING, visit_for};
use crate::context::Context;
use crate::error::Failure;
use crate::request::{HOSTED_PROVIDER, ModelsRequest, Verbosity};

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
    let entries = visit_for(
        context,
        &request.connect,
        &request.output,
        EVERYTHING,
        async |connection| {
            let (providers, config) = tokio::try_join!(connection.client.providers(), connection.client.config())?;
            let configured = config.get("model").and_then(Value::as_str);
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
    let chosen = entries.iter().any(|entry| entry["default"] == true);
    write_entries(context, &request.output, &entries, &COLUMNS, |entry| {
        cells(entry, chosen)
    })?;
    if entries.is_empty() && request.connect.verbosity > Verbosity::Quiet {
        let _ = writeln!(
            io::stderr(),
            "warning: no provider has credentials, so there is no model\n\
             hint: set the key of a provider, for example `ANTHROPIC_API_KEY`, or log in with `opencode-rs auth login`"
        );
    }
    Ok(())
}

fn entries(providers: &Providers, only: Option<&str>, configured: Option<&str>) -> Vec<Value> {
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
                let mut entry = entry(provider, id, model);
                entry["default"] = (entry["id"].as_str() == configured).into();
                entry["provider_default"] = (favourite == Some(id)).into();
                entry
            })
        })
        .collect()
}

/// A model, as the JSON document shows it. Fields are added, never renamed.
fn entry(provider: &Provider, id: &str, model: &Model) -> Value {
    // Null where the engine does not know.
    let known = |tokens: u64| (tokens > 0).then_some(tokens);
    let (can, cost) = (&model.capabilities, &model.cost);
    let input = [
        ("text", can.input.text),
        ("image", can.input.image),
        ("pdf", can.input.pdf),
        ("audio", can.input.audio),
        ("video", can.input.video),
    ];
    let input = input.into_iter().filter_map(|(kind, can)| can.then_some(kind));
    json!({
        "id": format!("{}/{id}", provider.id),
        "provider": provider.id,
        "provider_name": provider.name,
        "model": id,
        "name": model.name,
        "status": model.status,
        // Whether it is the model of the configuration, which is used when none is named.
        "default": false,
        // Whether this is the provider's model that the engine would choose.
        "provider_default": false,
        "context_tokens": known(model.limit.context),
        "output_tokens": known(model.limit.output),
        "reasoning": can.reasoning,
        "tools": can.toolcall,
        "attachments": can.attachment,
        // Kinds of content that it reads.
        "input": input.collect::<Vec<_>>(),
        // Dollars per million tokens; null where no price is known.
        "price": cost.is_known().then(|| json!({ "input": cost.input, "output": cost.output })),
        "variants": model.variants.keys().collect::<Vec<_>>(),
    })
}

/// The row; `chosen` says that one of the models is the configured one.
fn cells(entry: &Value, chosen: bool) -> Vec<String> {
    let text = |field: &str| entry[field].as_str().unwrap_or_default();
    let list = |field: &str| entry[field].as_array().into_iter().flatten().filter_map(Value::as_str);
    let price = |of: &str| {
        entry["price"][of]
            .as_f64()
            .map_or_else(|| "-".to_owned(), |price| price.to_string())
    };
    let mut abilities = vec!["reasoning", "tools"];
    abilities.retain(|ability| entry[*ability] == true);
    abilities.extend(list("input").filter(|kind| *kind != "text"));
    let mut notes = Vec::new();
    if text("provider") == HOSTED_PROVIDER {
        notes.push("hosted");
    }
    if entry["default"] == true {
        notes.push("default");
    } else if entry["provider_default"] == true && !chosen {
        notes.push("provider-default");
    }
    if !matches!(text("status"), "" | "active") {
        notes.push(text("status"));
    }
    vec![
        text("id").to_owned(),
        text("name").to_owned(),
        entry["context_tokens"].as_u64().map_or_else(|| "-".to_owned(), tokens),
        // With commas and without spaces, so that they stay one field.
        or_dash(abilities.join(",")),
        price("input"),
        price("output"),
        or_dash(list("variants").collect::<Vec<_>>().join(",")),
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
