//! Model servers on this machine, found by themselves.
//!
//! In: the name of a provider (`ollama`, `lmstudio`, `llamacpp`) and the address of its server. Out: the models there, and a
//! provider for the engine's configuration. Invariants: nothing beyond loopback is asked, no redirect is followed and no
//! proxy used; a provider of that name in the user's own configuration stays as it is.

use std::path::Path;
use std::time::Duration;

use serde_json::{Map, Value, json};
use url::Url;

use crate::catalog::ConfigFiles;
use crate::client;
use crate::context::Context;
use crate::env_vars;
use crate::error::{Failure, FailureKind};
use crate::request::{LocalServer, LocalServerKind, LocalServers};
use crate::support::state_file;

/// A server answers at once, even when it loads a model.
const TIMEOUT: Duration = Duration::from_secs(5);
/// The largest answer that is read, in bytes.
const LARGEST: usize = 4 << 20;

/// A model that a server has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct LocalModel {
    pub(crate) id: String,
    /// Tokens that fit; `None` where the server does not tell.
    pub(crate) context: Option<u64>,
    /// Whether it calls tools; `None` where the server does not tell.
    pub(crate) tools: Option<bool>,
    pub(crate) images: bool,
}

/// The provider for the engine's configuration, when `id` is that of a server on this machine. A provider of that name in the
/// engine's own configuration comes first.
///
/// # Errors
///
/// When the server does not answer, or has no models.
pub(super) async fn provider(
    context: &Context,
    servers: &LocalServers,
    directory: &Path,
    id: &str,
) -> Result<Option<Value>, Failure> {
    let Some(server) = servers.0.iter().find(|server| server.kind.id() == id) else {
        return Ok(None);
    };
    if is_configured(context, directory, id) {
        return Ok(None);
    }
    let models = models(server).await?;
    if models.is_empty() {
        return Err(Failure::usage(format!(
            "cannot use a model of `{id}`: the server at `{}` has none",
            server.url
        ))
        .hint(server.kind.how_to_get_a_model()));
    }
    let entry = |model: &LocalModel| {
        let mut entry = json!({ "name": model.id, "tool_call": model.tools.unwrap_or(true) });
        if let Some(context) = model.context {
            // The engine wants both, and summarises a conversation that leaves no room for the longest answer.
            entry["limit"] = json!({ "context": context, "output": context / 4 });
        }
        if model.images {
            entry["attachment"] = json!(true);
            entry["modalities"] = json!({ "input": ["text", "image"], "output": ["text"] });
        }
        (model.id.clone(), entry)
    };
    Ok(Some(json!({
        "npm": "@ai-sdk/openai-compatible",
        "name": server.kind.name(),
        // Some clients want a key; these servers take any.
        "options": { "baseURL": joined(&server.url, "v1").as_str(), "apiKey": "none" },
        "models": models.iter().map(entry).collect::<Map<String, Value>>(),
    })))
}

/// Whether the user's or the project's configuration of the engine names a provider.
fn is_configured(context: &Context, directory: &Path, id: &str) -> bool {
    let name = format!("\"{id}\"");
    let inline = context.environment.text(env_vars::ENGINE_CONFIG_CONTENT);
    let files = ConfigFiles::of(&context.environment, &context.directories.home, directory);
    let files = files.map(|files| files.configs()).unwrap_or_default();
    let mut texts = files
        .iter()
        .filter_map(|file| state_file::read_foreign(file, LARGEST as u64).ok());
    let is_in = |text: &[u8]| memchr::memmem::find(text, name.as_bytes()).is_some();
    inline.is_some_and(|text| is_in(text.as_bytes())) || texts.any(|text| is_in(&text))
}

/// The models of a server.
///
/// # Errors
///
/// When it does not answer as such a server does.
pub(crate) async fn models(server: &LocalServer) -> Result<Vec<LocalModel>, Failure> {
    let http = client::http_for(&server.url)
        .timeout(TIMEOUT)
        .build()
        .map_err(|error| Failure::failed("cannot prepare the HTTP client").caused_by(&error))?;
    let listed = get(&http, joined(&server.url, "v1/models"))
        .await
        .map_err(|why| unreachable(server, &why))?;
    let Some(listed) = listed["data"].as_array() else {
        return Err(unreachable(server, "what answers there is no such server"));
    };
    let ids = listed
        .iter()
        .filter_map(|model| Some((model["id"].as_str()?.to_owned(), model)));
    let mut models = Vec::new();
    // The common list has names only; LM Studio and llama.cpp have lists of their own for the rest.
    let details = match server.kind {
        LocalServerKind::LmStudio => get(&http, joined(&server.url, "api/v0/models")).await,
        LocalServerKind::LlamaCpp => get(&http, joined(&server.url, "props")).await,
        LocalServerKind::Ollama => Ok(Value::Null),
    };
    let details = details.unwrap_or_default();
    for (id, listed) in ids {
        models.push(match server.kind {
            LocalServerKind::Ollama => of_ollama(&http, &server.url, id).await,
            LocalServerKind::LmStudio => of_lm_studio(&details, id),
            LocalServerKind::LlamaCpp => LocalModel {
                context: details["default_generation_settings"]["n_ctx"]
                    .as_u64()
                    .or_else(|| listed["meta"]["n_ctx_train"].as_u64()),
                images: details["modalities"]["vision"] == true,
                id,
                ..LocalModel::default()
            },
        });
    }
    // Embedding models answer no prompt.
    models.retain(|model| !model.id.to_ascii_lowercase().contains("embed"));
    models.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(models)
}

async fn of_ollama(http: &reqwest::Client, url: &Url, id: String) -> LocalModel {
    let request = http.post(joined(url, "api/show")).json(&json!({ "model": id }));
    let shown = answer(request).await.unwrap_or_default();
    let has = |ability: &str| {
        shown["capabilities"]
            .as_array()
            .map(|all| all.iter().any(|one| one == ability))
    };
    // What the model was made with, unless its file of parameters sets less room: `num_ctx 8192`, one parameter per line.
    let parameters = shown["parameters"].as_str().unwrap_or_default().lines();
    let mut set = parameters.filter_map(|line| line.trim().strip_prefix("num_ctx")?.trim().parse().ok());
    let information = shown["model_info"].as_object().into_iter().flatten();
    LocalModel {
        context: set.next_back().or_else(|| {
            let mut made_with = information.filter(|(key, _)| key.ends_with(".context_length"));
            made_with.find_map(|(_, value)| value.as_u64())
        }),
        tools: has("tools"),
        images: has("vision") == Some(true),
        id,
    }
}

fn of_lm_studio(details: &Value, id: String) -> LocalModel {
    let all = details["data"].as_array().into_iter().flatten();
    let Some(model) = all.into_iter().find(|model| model["id"] == *id) else {
        return LocalModel {
            id,
            ..LocalModel::default()
        };
    };
    let abilities = model["capabilities"].as_array();
    LocalModel {
        context: model["loaded_context_length"]
            .as_u64()
            .or_else(|| model["max_context_length"].as_u64()),
        tools: abilities.map(|all| all.iter().any(|one| one == "tool_use")),
        images: model["type"] == "vlm",
        id,
    }
}

async fn get(http: &reqwest::Client, url: Url) -> Result<Value, String> {
    answer(http.get(url)).await
}

/// The JSON that a server answers, or why there is none.
async fn answer(request: reqwest::RequestBuilder) -> Result<Value, String> {
    let mut response = request.send().await.map_err(|error| match error.is_connect() {
        true => "nothing listens there".to_owned(),
        false if error.is_timeout() => "it does not answer".to_owned(),
        false => error.without_url().to_string(),
    })?;
    if !response.status().is_success() {
        return Err(format!("it answers with status {}", response.status().as_u16()));
    }
    let mut bytes = Vec::new();
    while let Some(piece) = response
        .chunk()
        .await
        .map_err(|error| error.without_url().to_string())?
    {
        bytes.extend_from_slice(&piece);
        if bytes.len() > LARGEST {
            return Err("its answer does not end".to_owned());
        }
    }
    serde_json::from_slice(&bytes).map_err(|_| "its answer is no JSON".to_owned())
}

/// An address below that of a server, whether that ends with a slash, or with the `v1` that other programs want there.
fn joined(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    let start = base.path().trim_end_matches('/').trim_end_matches("/v1").to_owned();
    url.set_path(&format!("{start}/{path}"));
    url
}

fn unreachable(server: &LocalServer, why: &str) -> Failure {
    let (name, url) = (server.kind.name(), &server.url);
    Failure::new(
        FailureKind::Provider,
        format!("cannot ask {name} at `{url}` for its models: {why}"),
    )
    .hint(format!(
        "start {name}, or set `{}` to its address; `opencode-rs models --local` looks again",
        server.kind.setting()
    ))
}
