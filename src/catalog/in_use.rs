//! Which providers may be usable: those that a variable, a credential or a configuration file enables.
//!
//! Read from the engine's own rules, and widened: a provider too many costs nothing, one too few would hide models. Where
//! something may enable providers that cannot be seen from here (a plugin, an account, remote configuration), there is
//! no answer.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::config_files::ConfigFiles;
use super::source::ProviderEntry;
use crate::context::Environment;
use crate::request::HOSTED_PROVIDER;
use crate::store::may_hold_account;

/// Providers that the engine enables by variables other than those in the catalog, by the beginning of their names.
const FAMILIES: &[(&str, &[&str])] = &[
    ("AWS_", &["amazon-bedrock"]),
    ("AZURE_", &["azure", "azure-cognitive-services"]),
    ("GOOGLE_", &["google-vertex", "google-vertex-anthropic"]),
    ("GCP_", &["google-vertex", "google-vertex-anthropic"]),
    ("GCLOUD_", &["google-vertex", "google-vertex-anthropic"]),
    ("VERTEX_", &["google-vertex", "google-vertex-anthropic"]),
    ("AICORE_", &["sap-ai-core"]),
    ("GITLAB_", &["gitlab"]),
    ("CLOUDFLARE_", &["cloudflare-workers-ai", "cloudflare-ai-gateway"]),
    ("CF_", &["cloudflare-workers-ai", "cloudflare-ai-gateway"]),
    ("SNOWFLAKE_", &["snowflake-cortex"]),
    ("OPENCODE_CONSOLE", &["opencode", "opencode-go"]),
];

/// The largest configuration file that is looked into.
const LARGEST_CONFIG: u64 = 4 << 20;

/// The ids of all providers that may be usable, and the text of the configuration; none in doubt.
pub(super) fn providers(
    entries: &[ProviderEntry],
    named: &[&str],
    environment: &Environment,
    files: &ConfigFiles,
) -> Option<(BTreeSet<String>, String)> {
    if files.may_hold_plugins() || may_hold_account(files.database.as_ref()?) {
        return None;
    }
    let mut wanted: BTreeSet<&str> = named.iter().copied().collect();
    wanted.insert(HOSTED_PROVIDER);
    for (name, _) in environment.iter().filter(|(_, value)| !value.is_empty()) {
        let name = name.to_string_lossy();
        for (beginning, providers) in FAMILIES {
            if name.starts_with(beginning) {
                wanted.extend(*providers);
            }
        }
        let enabled = entries.iter().filter(|entry| entry.env.iter().any(|env| *env == name));
        wanted.extend(enabled.map(|entry| entry.id.as_str()));
    }
    let credentials = credentials(environment, files)?;
    wanted.extend(credentials.iter().map(String::as_str));
    let config = config_text(environment, files)?;
    let mentioned = entries.iter().filter(|entry| mentions(&config, &entry.id));
    wanted.extend(mentioned.map(|entry| entry.id.as_str()));
    let wanted = entries.iter().filter(|entry| wanted.contains(entry.id.as_str()));
    Some((wanted.map(|entry| entry.id.clone()).collect(), config))
}

/// The providers with stored credentials. A credential of the kind `wellknown` brings remote configuration: a doubt.
fn credentials(environment: &Environment, files: &ConfigFiles) -> Option<Vec<String>> {
    let mut texts: Vec<String> = Vec::new();
    texts.extend(read(&files.credentials())?);
    if let Some(content) = environment.os("OPENCODE_AUTH_CONTENT") {
        texts.push(content.to_str()?.to_owned());
    }
    let mut ids = Vec::new();
    for text in texts {
        let Value::Object(credentials) = serde_json::from_str(&text).ok()? else {
            return None;
        };
        for (id, credential) in credentials {
            if credential.get("type").and_then(Value::as_str) == Some("wellknown") {
                return None;
            }
            ids.push(id.trim_end_matches('/').to_owned());
        }
    }
    Some(ids)
}

/// The text of everything that may be configuration, with what it substitutes.
fn config_text(environment: &Environment, files: &ConfigFiles) -> Option<String> {
    let mut all = String::new();
    let mut add = |text: &str, directory: &Path| -> Option<()> {
        // A name written in escapes would not be found.
        if text.contains("\\u") || mentions_plugins(text) {
            return None;
        }
        all.push_str(text);
        all.push('\n');
        for (kind, argument) in substitutions(text) {
            if kind == "env" {
                all.push_str(environment.os(argument).map_or(Some(""), |value| value.to_str())?);
            } else if let Some(text) = read(&files.resolve(argument, directory))? {
                all.push_str(&text);
            }
            all.push('\n');
        }
        Some(())
    };
    for path in files.configs() {
        if let Some(text) = read(&path)? {
            add(&text, path.parent()?)?;
        }
    }
    if let Some(content) = environment.os("OPENCODE_CONFIG_CONTENT") {
        add(content.to_str()?, &files.directory)?;
    }
    Some(all)
}

/// Whether a configuration has a key for plugins that is not an empty list.
fn mentions_plugins(text: &str) -> bool {
    text.match_indices("\"plugin\"").any(|(at, key)| {
        let rest: String = text[at + key.len()..]
            .chars()
            .filter(|c| !c.is_whitespace())
            .take(3)
            .collect();
        rest.starts_with(':') && rest != ":[]"
    })
}

/// The `{env:NAME}` and `{file:PATH}` of a text.
fn substitutions(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.split('{').skip(1).filter_map(|piece| {
        let (inside, _) = piece.split_once('}')?;
        let (kind, argument) = inside.split_once(':')?;
        matches!(kind, "env" | "file").then(|| (kind, argument.trim()))
    })
}

/// Whether `text` holds `id` as a word of its own.
fn mentions(text: &str, id: &str) -> bool {
    let is_inside = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    text.match_indices(id)
        .any(|(at, _)| !text[..at].ends_with(is_inside) && !text[at + id.len()..].starts_with(is_inside))
}

/// A file's text: the outer `None` is a doubt, the inner one a file that does not exist.
#[expect(clippy::option_option, reason = "a doubt is not an absence")]
fn read(path: &PathBuf) -> Option<Option<String>> {
    match fs::metadata(path) {
        Ok(metadata) if metadata.len() > LARGEST_CONFIG => None,
        Ok(_) => fs::read_to_string(path).ok().map(Some),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Some(None),
        Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_is_mentioned_only_as_a_whole_word() {
        assert!(mentions(r#"{"provider":{"openai":{}}}"#, "openai"));
        assert!(mentions(r#"{"model":"openai/gpt-5"}"#, "openai"));
        assert!(!mentions(r#"{"npm":"@ai-sdk/openai-compatible"}"#, "openai"));
        assert!(!mentions(r#"{"model":"azure-openai"}"#, "openai"));
    }

    #[test]
    fn plugins_count_unless_there_are_none() {
        assert!(mentions_plugins(r#"{"plugin": ["x"]}"#));
        assert!(mentions_plugins("{\"plugin\"\n:\n[ // why\n\"x\"]}"));
        assert!(!mentions_plugins(r#"{"plugin": [ ]}"#));
        assert!(!mentions_plugins(
            r#"{"command":{"x":{"template":"the \"plugin\" word"}}}"#
        ));
    }

    #[test]
    fn substitutions_are_found() {
        let found: Vec<_> = substitutions(r#"{"a":"{env:KEY}","b":"{file:~/x.txt}","c":{"d":1}}"#).collect();
        assert_eq!(found, [("env", "KEY"), ("file", "~/x.txt")]);
    }
}
