//! Providers, the model that a run would use, and the way to it.

use std::time::Duration;

use serde::Deserialize as _;
use serde_json::Value;
use url::Url;

use super::check::{Check, DoctorReport};
use crate::client::types::{Agent, NewSession, PartKind, Prompt, PromptPart, Provider, Providers};
use crate::client::{Client, Error};
use crate::connect::Connection;
use crate::connect::select;
use crate::context::Context;
use crate::env_vars;
use crate::error::{Failure, FailureKind};
use crate::permission;
use crate::prompting::names::model_choice;
use crate::rehearsal;
use crate::request::{ModelChoice, ModelRef, Network, RehearsalChoice, VisitRequest};
use crate::support::identifier;

/// How long an address may take to answer.
const REACHING: Duration = Duration::from_secs(10);
/// How long the rehearsal's answer may take.
const ANSWERING: Duration = Duration::from_secs(120);
/// More addresses are not tried.
const MOST_ADDRESSES: usize = 8;

/// What the engine says about itself in the directory.
struct EngineModels {
    providers: Providers,
    /// The same, with what the types leave out.
    raw: Value,
    agents: Vec<Agent>,
    config: Value,
}

/// Makes the checks that need an engine.
pub(super) async fn examine(
    context: &Context,
    request: &VisitRequest,
    connection: &Connection,
    report: &mut DoctorReport,
) {
    let offer = match ask(&connection.client).await {
        Ok(offer) => offer,
        Err(error) => return report.push("engine configuration", Check::of_failure(&error.into())),
    };
    let check = providers(context, &offer.providers);
    let any = check.is_passed();
    report.push("providers", check);
    if !any {
        return;
    }
    let chosen = match model(context, connection, &offer, request.model.as_ref()).await {
        Ok((check, chosen)) => {
            report.push("model", check);
            chosen
        }
        Err(failure) => return report.push("model", Check::of_failure(&failure)),
    };
    if request.connect.rehearsal != RehearsalChoice::Off {
        report.push("rehearsal", rehearse(&connection.client, &offer).await);
    } else if request.connect.network == Network::Offline {
        report.push("reachability", Check::ok("not tried, because of `--offline`"));
    } else {
        report.push("reachability", reach(context, &offer, chosen.as_ref()).await);
    }
}

async fn ask(client: &Client) -> Result<EngineModels, Error> {
    let (raw, agents, config) = tokio::try_join!(client.provider_documents(), client.agents(), client.config(),)?;
    Ok(EngineModels {
        providers: Providers::deserialize(&raw).unwrap_or_default(),
        raw,
        agents,
        config,
    })
}

fn providers(context: &Context, providers: &Providers) -> Check {
    let mut usable: Vec<&Provider> = providers.providers.iter().collect();
    usable.retain(|provider| !provider.models.is_empty());
    if usable.is_empty() {
        return Check::of_failure(&select::no_credentials());
    }
    let details = usable
        .iter()
        .map(|provider| {
            let credentials = credentials(context, provider);
            format!("{}: {} models, {credentials}", provider.id, provider.models.len())
        })
        .collect();
    let names: Vec<&str> = usable.iter().map(|provider| provider.id.as_str()).collect();
    Check::ok(names.join(", ")).details(details)
}

/// Where a provider's credentials come from.
fn credentials(context: &Context, provider: &Provider) -> String {
    match provider.source.as_str() {
        "env" => {
            let set: Vec<String> = provider
                .env
                .iter()
                .filter(|name| context.environment.text(name).is_some())
                .map(|name| format!("`{name}`"))
                .collect();
            format!("credentials from {}", set.join(", "))
        }
        "api" => "credentials from `opencode-rs auth login`".to_owned(),
        "config" => "set up in the configuration".to_owned(),
        "custom" => "set up by the engine itself".to_owned(),
        other => format!("credentials from `{other}`"),
    }
}

/// The model that a run without `--model` would use; `None` when the engine would choose.
async fn model(
    context: &Context,
    connection: &Connection,
    offer: &EngineModels,
    usual: Option<&ModelChoice>,
) -> Result<(Check, Option<ModelRef>), Failure> {
    let text_of = |key: &str| offer.config.get(key).and_then(Value::as_str);
    let agent = select::agent(None, text_of("default_agent"), &offer.agents)?;
    let Some(choice) = model_choice(usual, agent, text_of("model"))? else {
        let details = offer
            .providers
            .default
            .iter()
            .map(|(provider, model)| format!("of {provider}: {provider}/{model}"));
        let check = Check::ok("none is configured: the engine chooses");
        return Ok((check.details(details.collect()), None));
    };
    match select::model(&choice, &offer.providers) {
        Ok(selected) => {
            let by = if usual.is_some() { "set for runs" } else { "configured" };
            let check = Check::ok(format!("{} is {by}", selected.reference));
            Ok((check, Some(selected.reference)))
        }
        Err(missing) => Err(select::explain_missing(missing, context, connection).await),
    }
}

/// Knocks at the providers' addresses, without credentials and without a prompt. Any answer will do.
async fn reach(context: &Context, offer: &EngineModels, chosen: Option<&ModelRef>) -> Check {
    let models: Vec<ModelRef> = match chosen {
        Some(model) => vec![model.clone()],
        None => {
            let defaults = offer.providers.default.iter();
            defaults
                .map(|(provider, model)| ModelRef::new(provider, model))
                .collect()
        }
    };
    let mut addresses: Vec<(String, Url)> = Vec::new();
    for model in models {
        if let Some(url) = address(&offer.raw, &model)
            && !addresses.iter().any(|(_, known)| known.origin() == url.origin())
        {
            addresses.push((model.provider, url));
        }
    }
    addresses.truncate(MOST_ADDRESSES);
    if addresses.is_empty() {
        return Check::ok("not tried: the engine does not say where the provider is");
    }
    let client = match http(context) {
        Ok(client) => client,
        Err(failure) => return Check::warn(format!("not tried: {failure}")),
    };
    let knocks = addresses.iter().map(|(_, url)| client.head(url.clone()).send());
    let answers = futures_util::future::join_all(knocks).await;
    let mut details = Vec::new();
    let mut reached = 0;
    for ((provider, url), answer) in addresses.iter().zip(answers) {
        let host = url.host_str().unwrap_or_default();
        match answer {
            Ok(_) => {
                reached += 1;
                details.push(format!("{provider}: {host} answers"));
            }
            Err(error) => {
                let why = Failure::from_error(FailureKind::Provider, &error.without_url());
                details.push(format!("{provider}: {host} does not answer: {why}"));
            }
        }
    }
    let check = if reached == addresses.len() {
        Check::ok("the provider answers")
    } else if reached > 0 {
        Check::warn(format!("{reached} of {} providers answer", addresses.len()))
            .hint("name a model of one that answers with `--model`")
    } else {
        Check::fail(FailureKind::Provider, "no provider answers")
            .hint("check network and proxy; `--offline` skips this check")
    };
    check.details(details)
}

/// The address of a model's provider, when the engine reports one.
fn address(raw: &Value, model: &ModelRef) -> Option<Url> {
    let provider = raw
        .get("providers")?
        .as_array()?
        .iter()
        .find(|provider| provider.get("id").and_then(Value::as_str) == Some(&model.provider))?;
    let of_provider = provider.pointer("/options/baseURL").and_then(Value::as_str);
    let of_model = provider
        .get("models")
        .and_then(|models| models.get(&model.model))
        .and_then(|model| model.pointer("/api/url"))
        .and_then(Value::as_str);
    let text = of_provider.or(of_model).filter(|text| !text.is_empty())?;
    let mut url = Url::parse(text).ok().filter(|url| url.has_host())?;
    // An address may hold credentials. The connection test needs none.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_query(None);
    matches!(url.scheme(), "http" | "https").then_some(url)
}

fn http(context: &Context) -> Result<reqwest::Client, Failure> {
    let failure =
        |error: &(dyn std::error::Error + 'static)| Failure::failed("cannot prepare the HTTP client").caused_by(error);
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("opencode-rs/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .timeout(REACHING);
    if let Some(path) = context.environment.text(env_vars::NODE_EXTRA_CA_CERTS) {
        let pem = std::fs::read(path).map_err(|error| failure(&error))?;
        let certificates = reqwest::Certificate::from_pem_bundle(&pem).map_err(|error| failure(&error))?;
        builder = builder.tls_certs_merge(certificates);
    }
    builder.build().map_err(|error| failure(&error))
}

/// Runs one whole prompt through the engine and the scripted model.
async fn rehearse(client: &Client, offer: &EngineModels) -> Check {
    let outcome = tokio::time::timeout(ANSWERING, prompt(client, offer)).await;
    let outcome = outcome.unwrap_or_else(|_| {
        let late = format!("the rehearsal did not end within {} s", ANSWERING.as_secs());
        Err(Failure::new(FailureKind::Timeout, late))
    });
    match outcome {
        Ok(()) => Check::ok("a prompt went to the scripted model and came back answered")
            .details(vec!["real providers are not looked at in a rehearsal".to_owned()]),
        Err(failure) => Check::of_failure(&failure),
    }
}

async fn prompt(client: &Client, offer: &EngineModels) -> Result<(), Failure> {
    let agent = select::agent(None, None, &offer.agents)?;
    let session = client
        .create_session(&NewSession {
            title: "opencode-rs doctor".to_owned(),
            permission: permission::look_only(agent.map_or(&[], |agent| &agent.permission)),
        })
        .await?;
    let answer = answer(client, &session.id, agent).await;
    let deleted = client.delete_session(&session.id).await;
    answer?;
    Ok(deleted?)
}

async fn answer(client: &Client, session: &str, agent: Option<&Agent>) -> Result<(), Failure> {
    let id = |prefix| {
        identifier::ascending(prefix)
            .map_err(|error| Failure::failed("cannot make an id for the prompt").caused_by(&error))
    };
    let prompt = Prompt {
        message_id: id("msg")?,
        model: Some(ModelRef::new(rehearsal::PROVIDER, rehearsal::DEFAULT_MODEL)),
        agent: agent.map(|agent| agent.name.clone()),
        variant: None,
        system: None,
        parts: vec![PromptPart::Text {
            id: id("prt")?,
            text: "Is everything in place?".to_owned(),
        }],
    };
    let answer = client.prompt(session, &prompt).await?;
    if let Some(error) = &answer.info.error {
        return Err(Failure::failed(format!(
            "the rehearsal failed: {}: {}",
            error.name, error.data.message
        )));
    }
    let has_text = answer
        .parts
        .iter()
        .any(|part| part.kind == PartKind::Text && !part.text.trim().is_empty());
    if has_text {
        return Ok(());
    }
    let empty = "the rehearsal's answer is empty";
    Err(Failure::new(FailureKind::InvalidResult, empty))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_address_is_the_configured_one_and_holds_no_credentials() {
        let raw = json!({"providers": [
            {"id": "a", "options": {"baseURL": "https://user:secret@a.example/v1?key=secret"},
             "models": {"m": {"api": {"url": "https://catalog.example"}}}},
            {"id": "b", "models": {"m": {"api": {"url": "https://b.example/v1"}}, "n": {"api": {"url": ""}}}},
        ]});
        let find =
            |provider: &str, model: &str| address(&raw, &ModelRef::new(provider, model)).map(|url| url.to_string());
        assert_eq!(find("a", "m").as_deref(), Some("https://a.example/v1"));
        assert_eq!(find("b", "m").as_deref(), Some("https://b.example/v1"));
        assert_eq!(find("b", "n"), None);
        assert_eq!(find("c", "m"), None);
    }
}
