//! Which model, agent and variant: what was asked for, against what the engine has.
//!
//! In: names as typed, the engine's lists. Out: names that exist, or a failure with the nearest ones. Always
//! true: nothing is replaced by something else in silence.

use std::collections::BTreeMap;

use super::Connection;
use crate::catalog;
use crate::client::types::{Agent, Model, Provider, Providers};
use crate::context::Context;
use crate::error::{ErrorClass, Failure, FailureKind};
use crate::request::{Effort, LocalServerKind, ModelChoice, ModelRef, VariantChoice};
use crate::support::nearest::{nearest, quoted};

#[derive(Debug, Clone)]
pub(crate) struct Selected<'a> {
    pub(crate) reference: ModelRef,
    pub(crate) model: &'a Model,
}

/// Why a model cannot be had.
#[derive(Debug)]
pub(crate) enum Missing {
    /// The provider is not among those that can be used; it may exist, and have no credentials.
    Provider {
        provider: String,
        /// What to say if it does not exist at all.
        failure: Failure,
    },
    /// The provider has no such model, or no provider has it.
    Model(Failure),
}

impl Missing {
    /// The failure, where nothing more is known.
    pub(crate) fn into_failure(self) -> Failure {
        match self {
            Self::Provider { failure, .. } | Self::Model(failure) => failure,
        }
    }
}

/// Finds the model that was asked for.
///
/// # Errors
///
/// When it does not exist, or several providers have it.
pub(crate) fn model<'a>(choice: &ModelChoice, providers: &'a Providers) -> Result<Selected<'a>, Missing> {
    let provider_named = |id: &str| providers.providers.iter().find(|provider| provider.id == id);
    let named = choice
        .as_ref()
        .and_then(|reference| Some((provider_named(&reference.provider)?, reference)));
    if let Some((provider, reference)) = &named
        && let Some(model) = provider.models.get(&reference.model)
    {
        return Ok(Selected {
            reference: reference.clone(),
            model,
        });
    }
    // Model ids hold slashes, so what looks like a provider may be a part of the model's own name.
    let owners: Vec<&Provider> = providers
        .providers
        .iter()
        .filter(|provider| provider.models.contains_key(choice.as_str()))
        .collect();
    match (&owners[..], choice.as_ref()) {
        ([], Some(_)) if let Some((provider, reference)) = &named => {
            Err(Missing::Model(unknown_model(reference, provider)))
        }
        ([owner], _) => Ok(Selected {
            reference: ModelRef {
                provider: owner.id.clone(),
                model: choice.as_str().to_owned(),
            },
            model: &owner.models[choice.as_str()],
        }),
        ([], Some(reference)) => Err(Missing::Provider {
            failure: unknown_provider(&reference, providers),
            provider: reference.provider,
        }),
        ([], None) => Err(Missing::Model(unknown_bare_model(choice.as_str(), providers))),
        (several, _) => {
            let names: Vec<String> = several
                .iter()
                .map(|owner| format!("{}/{}", owner.id, choice.as_str()))
                .collect();
            Err(Missing::Model(
                Failure::usage(format!(
                    "cannot choose model `{}`: several providers have it",
                    choice.as_str()
                ))
                .hint(format!("name one of them: {}", quoted(&names))),
            ))
        }
    }
}

/// The models of one provider, named alone.
///
/// # Errors
///
/// When it is not among those that can be used.
pub(crate) fn provider<'a>(id: &str, providers: &'a Providers) -> Result<&'a Provider, Missing> {
    providers
        .providers
        .iter()
        .find(|provider| provider.id == id)
        .ok_or_else(|| Missing::Provider {
            provider: id.to_owned(),
            failure: with_nearest(
                Failure::usage(format!("cannot find provider `{id}`")),
                id,
                ids(providers),
                "opencode-rs models",
            ),
        })
}

/// The failure for `missing`. A provider that exists but cannot be used lacks credentials, which is another failure than
/// a wrong name.
pub(crate) async fn explain_missing(missing: Missing, context: &Context, connection: &Connection) -> Failure {
    let Missing::Provider { provider, failure } = missing else {
        return missing.into_failure();
    };
    let ours = connection
        .program
        .as_ref()
        .and_then(|engine| catalog::known_providers(engine, &context.directories));
    let known: BTreeMap<String, Vec<String>> = match ours {
        Some(known) => known,
        None => match connection.client.all_providers().await {
            Ok(known) => known,
            Err(error) => {
                tracing::debug!(%error, "cannot list all providers");
                return failure;
            }
        },
    };
    let Some(variables) = known.get(&provider) else {
        // A name that is close to one without credentials is a slip all the same.
        let near: Vec<&str> = known
            .keys()
            .map(String::as_str)
            .filter(|known| strsim::damerau_levenshtein(&provider, known) <= 2)
            .collect();
        if near.is_empty() || failure.hints.iter().any(|hint| hint.starts_with("did you mean")) {
            return failure;
        }
        return failure.hint(format!("did you mean {}?", quoted(&near)));
    };
    let failure = Failure::new(
        FailureKind::Auth,
        format!("cannot use provider `{provider}`: it has no credentials"),
    );
    match variables.first() {
        Some(variable) => failure.hint(format!("set `{variable}`, or log in with `opencode-rs auth login`")),
        None => failure.hint("log in with `opencode-rs auth login`"),
    }
}

/// The failure when there is no model at all.
pub(crate) fn no_credentials() -> Failure {
    Failure::new(FailureKind::Auth, "cannot choose a model: no provider has credentials")
        .hint("set the key of a provider, for example `ANTHROPIC_API_KEY`, or log in with `opencode-rs auth login`")
        .hint("`--rehearse` tries the program out without any model")
}

fn ids(providers: &Providers) -> impl Iterator<Item = &str> {
    providers.providers.iter().map(|provider| provider.id.as_str())
}

fn unknown_model(reference: &ModelRef, provider: &Provider) -> Failure {
    let failure = Failure::usage(format!("cannot find model `{reference}`")).class(ErrorClass::ModelNotFound);
    // The provider is right, so it must not count for the likeness.
    let near: Vec<String> = nearest(&reference.model, provider.models.keys().map(String::as_str))
        .into_iter()
        .map(|model| format!("{}/{model}", provider.id))
        .collect();
    let is_local = LocalServerKind::ALL.iter().any(|kind| kind.id() == provider.id);
    let list = if is_local { "--local" } else { &provider.id };
    with_hint(failure, &near, &format!("opencode-rs models {list}"))
}

fn unknown_provider(reference: &ModelRef, providers: &Providers) -> Failure {
    let failure = Failure::usage(format!(
        "cannot find model `{reference}`: there is no provider `{}`",
        reference.provider
    ))
    .class(ErrorClass::ModelNotFound);
    with_nearest(failure, &reference.provider, ids(providers), "opencode-rs models")
}

fn unknown_bare_model(name: &str, providers: &Providers) -> Failure {
    let known: Vec<String> = providers
        .providers
        .iter()
        .flat_map(|provider| provider.models.keys().map(|model| format!("{}/{model}", provider.id)))
        .collect();
    let failure = Failure::usage(format!("cannot find model `{name}`")).class(ErrorClass::ModelNotFound);
    // The part behind the slash is what was typed, so that is compared.
    let models = known.iter().filter_map(|full| Some(full.split_once('/')?.1));
    let mut near: Vec<&String> = Vec::new();
    for close in nearest(name, models) {
        let end = format!("/{close}");
        near.extend(known.iter().filter(|full| full.ends_with(&end)));
    }
    near.truncate(3);
    let is_unknown = near.is_empty();
    with_hint(failure, &near, "opencode-rs models").hint_if(
        is_unknown,
        format!(
            "a model of this machine is named with its server: `ollama/{name}`; `opencode-rs models --local` lists them"
        ),
    )
}

fn with_nearest<'a>(failure: Failure, name: &str, known: impl Iterator<Item = &'a str>, list: &str) -> Failure {
    with_hint(failure, &nearest(name, known), list)
}

fn with_hint<S: AsRef<str>>(failure: Failure, near: &[S], list: &str) -> Failure {
    if near.is_empty() {
        failure.hint(format!("`{list}` lists what there is"))
    } else {
        failure.hint(format!("did you mean {}?", quoted(near)))
    }
}

/// Finds the agent that was asked for, or the engine's default.
///
/// # Errors
///
/// When it does not exist.
pub(crate) fn agent<'a>(
    choice: Option<&str>,
    configured: Option<&str>,
    agents: &'a [Agent],
) -> Result<Option<&'a Agent>, Failure> {
    let Some(name) = choice else {
        if let Some(name) = configured.filter(|name| !name.is_empty()) {
            return default_agent(name, agents).map(Some);
        }
        let build = agents.iter().find(|agent| agent.name == "build");
        return Ok(build.or_else(|| agents.iter().find(|agent| agent.mode != "subagent" && !agent.hidden)));
    };
    if let Some(agent) = agents.iter().find(|agent| agent.name == name) {
        return Ok(Some(agent));
    }
    Err(unknown_agent(format!("cannot find agent `{name}`"), name, agents))
}

/// The agent that the engine's configuration names; the engine refuses the same ones.
fn default_agent<'a>(name: &str, agents: &'a [Agent]) -> Result<&'a Agent, Failure> {
    let of_configuration = format!("agent `{name}` of the engine's configuration (`default_agent`)");
    let Some(agent) = agents.iter().find(|agent| agent.name == name) else {
        return Err(unknown_agent(format!("cannot find {of_configuration}"), name, agents));
    };
    let why = match agent.mode.as_str() {
        "subagent" => "it is a subagent",
        _ if agent.hidden => "it is hidden",
        _ => return Ok(agent),
    };
    Err(Failure::usage(format!("cannot use {of_configuration}: {why}"))
        .hint("change `default_agent` in `opencode.json`, or name another agent with `--agent`"))
}

fn unknown_agent(message: String, name: &str, agents: &[Agent]) -> Failure {
    let shown = agents.iter().filter(|agent| !agent.hidden);
    let known = shown.map(|agent| agent.name.as_str());
    with_nearest(Failure::usage(message), name, known, "opencode-rs agents")
}

/// Finds the variant that was asked for.
///
/// # Errors
///
/// When the model has none that fits.
pub(crate) fn variant(choice: &VariantChoice, selected: Option<&Selected<'_>>) -> Result<Option<String>, Failure> {
    let (what, wanted) = match choice {
        VariantChoice::Default => return Ok(None),
        VariantChoice::Named(name) => ("variant", name.clone()),
        VariantChoice::Effort(effort) => ("effort", effort.as_str().to_owned()),
    };
    let Some(selected) = selected else {
        return Err(
            Failure::usage(format!("cannot use {what} `{wanted}`: the model is not known"))
                .hint("name the model with `--model`"),
        );
    };
    let known: Vec<&str> = selected.model.variants.keys().map(String::as_str).collect();
    let found = match choice {
        VariantChoice::Effort(effort) => {
            // A model that does not reason spends no effort on it.
            if *effort == Effort::None && !selected.model.capabilities.reasoning {
                return Ok(None);
            }
            effort_names(*effort)
                .iter()
                .find(|name| known.contains(name))
                .map(|name| (*name).to_owned())
        }
        _ => known.contains(&wanted.as_str()).then(|| wanted.clone()),
    };
    if found.is_some() {
        return Ok(found);
    }
    let failure = Failure::usage(format!(
        "cannot use {what} `{wanted}` with model `{}`",
        selected.reference
    ));
    Err(if known.is_empty() {
        failure.hint("this model has no variants; leave the flag out, or choose another model")
    } else {
        failure.hint(format!("its variants are {}", quoted(&known)))
    })
}

/// Names of variants that providers use for a level, the best fit first.
fn effort_names(effort: Effort) -> &'static [&'static str] {
    match effort {
        Effort::None => &["none", "off", "disabled"],
        Effort::Low => &["low", "minimal"],
        Effort::Medium => &["medium", "default"],
        Effort::High => &["high"],
        Effort::Max => &["max", "xhigh", "high"],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::FailureKind;
    use serde_json::json;

    #[test]
    fn a_configured_agent_that_is_none_is_refused() {
        let agents: Vec<Agent> = serde_json::from_value(json!([
            {"name": "build", "mode": "primary"}, {"name": "general", "mode": "subagent"},
            {"name": "title", "mode": "primary", "hidden": true}, {"name": "both", "mode": "all"},
        ]))
        .unwrap();
        let of = |choice, configured| agent(choice, configured, &agents).map(|agent| agent.unwrap().name.as_str());
        assert_eq!(of(None, None).unwrap(), "build");
        assert_eq!(of(None, Some("")).unwrap(), "build");
        assert_eq!(of(None, Some("both")).unwrap(), "both");
        // What is typed wins, and what is configured is not looked at.
        assert_eq!(of(Some("build"), Some("gone")).unwrap(), "build");
        for (name, message) in [
            (
                "gone",
                "cannot find agent `gone` of the engine's configuration (`default_agent`)",
            ),
            (
                "general",
                "cannot use agent `general` of the engine's configuration (`default_agent`): it is a subagent",
            ),
            (
                "title",
                "cannot use agent `title` of the engine's configuration (`default_agent`): it is hidden",
            ),
        ] {
            let failure = of(None, Some(name)).unwrap_err();
            assert_eq!(
                (failure.kind, failure.to_string().as_str()),
                (FailureKind::Usage, message)
            );
        }
    }

    fn providers() -> Providers {
        serde_json::from_value(json!({"providers": [
            {"id": "acme", "models": {
                "swift": {"id": "swift", "capabilities": {"reasoning": true}, "variants": {"low": {}, "high": {}}},
                "lab/deep": {"id": "lab/deep"}, "shared": {"id": "shared"}}},
            {"id": "zeta", "models": {"shared": {"id": "shared"}, "only": {"id": "only"}}},
        ]}))
        .unwrap()
    }

    fn chosen(name: &str) -> Result<String, Failure> {
        model(&name.parse().unwrap(), &providers())
            .map(|selected| selected.reference.to_string())
            .map_err(Missing::into_failure)
    }

    #[test]
    fn a_provider_may_be_left_out_when_only_one_has_the_model() {
        assert_eq!(chosen("acme/swift").unwrap(), "acme/swift");
        assert_eq!(chosen("only").unwrap(), "zeta/only");
        assert_eq!(chosen("lab/deep").unwrap(), "acme/lab/deep");
        let ambiguous = chosen("shared").unwrap_err();
        assert_eq!(ambiguous.hints, ["name one of them: `acme/shared`, `zeta/shared`"]);
    }

    #[test]
    fn a_models_own_name_may_begin_with_a_slash_or_with_the_name_of_another_provider() {
        let providers: Providers = serde_json::from_value(json!({"providers": [
            {"id": "vendor", "models": {"y": {"id": "y"}}},
            {"id": "router", "models": {"vendor/x": {"id": "vendor/x"}, "/my/llms/Qwen3": {"id": "/my/llms/Qwen3"}}},
        ]}))
        .unwrap();
        let chosen = |name: &str| {
            let selected = model(&name.parse().unwrap(), &providers).map_err(Missing::into_failure);
            selected.map(|selected| selected.reference.to_string())
        };
        assert_eq!(chosen("/my/llms/Qwen3").unwrap(), "router//my/llms/Qwen3");
        assert_eq!(chosen("router//my/llms/Qwen3").unwrap(), "router//my/llms/Qwen3");
        assert_eq!(chosen("vendor/x").unwrap(), "router/vendor/x");
        assert_eq!(chosen("vendor/y").unwrap(), "vendor/y");
        let refused = |name: &str| chosen(name).unwrap_err().to_string();
        assert_eq!(refused("vendor/z"), "cannot find model `vendor/z`");
        assert_eq!(refused("/nowhere"), "cannot find model `/nowhere`");
    }

    #[test]
    fn an_unknown_name_is_refused_with_the_nearest() {
        let failure = chosen("acme/swfit").unwrap_err();
        assert_eq!(failure.kind, FailureKind::Usage);
        assert_eq!(failure.hints, ["did you mean `acme/swift`?"]);
        assert_eq!(chosen("swft").unwrap_err().hints, ["did you mean `acme/swift`?"]);
        assert_eq!(chosen("acne/swift").unwrap_err().hints, ["did you mean `acme`?"]);
    }

    #[test]
    fn an_unknown_agent_is_refused_and_the_default_is_the_configured_one() {
        let agents: Vec<Agent> =
            serde_json::from_value(json!([{"name": "build"}, {"name": "plan"}, {"name": "title", "hidden": true}]))
                .unwrap();
        assert_eq!(agent(None, None, &agents).unwrap().unwrap().name, "build");
        assert_eq!(agent(None, Some("plan"), &agents).unwrap().unwrap().name, "plan");
        let failure = agent(Some("pln"), None, &agents).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Usage);
        assert_eq!(failure.hints, ["did you mean `plan`?"]);
    }

    #[test]
    fn an_effort_finds_the_variant_that_fits() {
        let providers = providers();
        let swift = model(&"acme/swift".parse().unwrap(), &providers).unwrap();
        let effort = |effort| variant(&VariantChoice::Effort(effort), Some(&swift));
        assert_eq!(effort(Effort::Max).unwrap().as_deref(), Some("high"));
        assert_eq!(effort(Effort::Low).unwrap().as_deref(), Some("low"));
        assert_eq!(
            effort(Effort::Medium).unwrap_err().hints,
            ["its variants are `high`, `low`"]
        );
        let plain = model(&"zeta/only".parse().unwrap(), &providers).unwrap();
        assert_eq!(
            variant(&VariantChoice::Effort(Effort::None), Some(&plain)).unwrap(),
            None
        );
        let named = VariantChoice::Named("deep".into());
        assert_eq!(variant(&named, Some(&plain)).unwrap_err().kind, FailureKind::Usage);
    }
}
