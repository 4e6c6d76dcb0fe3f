//! The real engine offers the same with a cut catalog as with its own.

use opencode_rs::catalog::known_providers;
use serde_json::Value;

use super::support::CatalogHome;
use crate::real_engine::{self, RealEngine};

/// What the engine offers, with its own catalog and with the cut one.
async fn offers(home: &CatalogHome, variables: &[(&str, &str)]) -> (Value, Value) {
    let cut = home.prepare(variables).expect("a catalog is cut");
    let with = [variables, &[("OPENCODE_MODELS_PATH", cut.path.to_str().unwrap())]].concat();
    let cut_offer = RealEngine::start_in(home.path(), &with).get("/config/providers").await;
    let own = RealEngine::start_in(home.path(), variables);
    (own.get("/config/providers").await, cut_offer)
}

fn ids(offer: &Value) -> Vec<&str> {
    let providers = offer["providers"].as_array().unwrap();
    providers
        .iter()
        .filter_map(|provider| provider["id"].as_str())
        .collect()
}

#[tokio::test]
async fn keys_in_the_environment_offer_the_same_models() {
    let home = CatalogHome::with(real_engine::path());
    let variables = [("ANTHROPIC_API_KEY", "x"), ("OPENAI_API_KEY", "x")];
    let (own, cut) = offers(&home, &variables).await;
    assert_eq!(ids(&own), ["anthropic", "openai", "opencode"]);
    assert_eq!(own.to_string(), cut.to_string());
}

#[tokio::test]
async fn credentials_configuration_and_special_variables_offer_the_same_models() {
    let home = CatalogHome::with(real_engine::path());
    home.write(
        ".local/share/opencode/auth.json",
        br#"{"mistral":{"type":"api","key":"x"},"github-copilot":{"type":"oauth","refresh":"x","access":"x","expires":0}}"#,
    );
    home.write(
        ".config/opencode/opencode.json",
        br#"{"provider":{"groq":{"options":{"apiKey":"x"}},"nvidia":{}}}"#,
    );
    let variables = [
        ("AWS_PROFILE", "work"),
        ("GOOGLE_CLOUD_PROJECT", "p"),
        ("GITLAB_TOKEN", "x"),
        ("AICORE_SERVICE_KEY", "x"),
        ("AZURE_RESOURCE_NAME", "x"),
        ("CLOUDFLARE_ACCOUNT_ID", "x"),
        ("CLOUDFLARE_API_KEY", "x"),
    ];
    let (own, cut) = offers(&home, &variables).await;
    let offered = ids(&own);
    for id in [
        "mistral",
        "github-copilot",
        "groq",
        "nvidia",
        "amazon-bedrock",
        "google-vertex",
        "gitlab",
        "sap-ai-core",
    ] {
        assert!(offered.contains(&id), "{id} in {offered:?}");
    }
    assert_eq!(own.to_string(), cut.to_string());
}

#[tokio::test]
async fn every_provider_there_is_comes_out_as_it_is() {
    let home = CatalogHome::with(real_engine::path());
    let known = known_providers(&home.engine, &home.directories()).expect("the catalog is read");
    let mut names: Vec<&str> = known
        .values()
        .flat_map(|variables| variables.iter().map(String::as_str))
        .collect();
    names.sort_unstable();
    names.dedup();
    let variables: Vec<(&str, &str)> = names.into_iter().map(|name| (name, "x")).collect();
    let (own, cut) = offers(&home, &variables).await;
    assert!(ids(&own).len() > 200, "{:?}", ids(&own));
    assert!(own == cut, "the engine offers something else");
    assert_eq!(own.to_string(), cut.to_string());
}
