//! What in an engine's configuration file leads to code.

use serde_json::{Map, Value};

use super::ItemKind;

/// One finding in a configuration.
#[derive(Debug, PartialEq)]
pub(super) struct Found {
    pub(super) kind: ItemKind,
    pub(super) summary: String,
    /// The part of the configuration that says so: a change of it is a change of the finding.
    pub(super) value: Value,
}

/// Everything that leads to code in `config`.
pub(super) fn findings(config: &Map<String, Value>) -> Vec<Found> {
    let mut found = Vec::new();
    for (key, value) in config {
        match key.as_str() {
            "plugin" | "plugins" => plugins(value, &mut found),
            "mcp" => each(value, &mut found, mcp),
            "provider" | "providers" => each(value, &mut found, provider),
            "formatter" => servers(ItemKind::Formatter, "formatter", value, &mut found),
            "lsp" => servers(ItemKind::LanguageServer, "language server", value, &mut found),
            "shell" => found.extend(some(value).then(|| Found {
                kind: ItemKind::Shell,
                summary: format!("runs every command with `{}`", plain(value)),
                value: value.clone(),
            })),
            "experimental" => {
                for key in ["hook", "hooks"] {
                    hooks(value.get(key), &mut found);
                }
            }
            "hook" | "hooks" => hooks(Some(value), &mut found),
            "command" | "commands" => each(value, &mut found, command),
            "reference" | "references" => each(value, &mut found, reference),
            "skills" => urls(value, "fetches skills from", &mut found),
            "instructions" => urls(value, "fetches instructions from", &mut found),
            _ => {}
        }
    }
    found
}

/// Every string anywhere in `value`.
pub(super) fn strings(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(values) => values.iter().flat_map(strings).collect(),
        Value::Object(fields) => fields.values().flat_map(strings).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => Vec::new(),
    }
}

fn each(value: &Value, found: &mut Vec<Found>, look: fn(&str, &Value) -> Option<Found>) {
    for (name, value) in value.as_object().into_iter().flatten() {
        found.extend(look(name, value));
    }
}

fn plugins(value: &Value, found: &mut Vec<Found>) {
    for plugin in value.as_array().into_iter().flatten() {
        // `"name"`, `["name", options]` or `{"package": "name"}`.
        let name = match plugin {
            Value::Array(parts) => parts.first().map_or_else(String::new, plain),
            Value::Object(fields) => fields.get("package").map_or_else(|| plain(plugin), plain),
            other => plain(other),
        };
        found.push(Found {
            kind: ItemKind::Plugin,
            summary: format!("loads plugin `{name}`"),
            value: plugin.clone(),
        });
    }
}

fn mcp(name: &str, value: &Value) -> Option<Found> {
    let summary = match (value.get("command"), value.get("url")) {
        (Some(command), _) => format!("MCP server `{name}` runs `{}`", plain(command)),
        (None, Some(url)) => format!("MCP server `{name}` connects to `{}`", plain(url)),
        // Only switches one on or off that was configured elsewhere, by the user.
        (None, None) => return None,
    };
    Some(Found {
        kind: ItemKind::Mcp,
        summary,
        value: value.clone(),
    })
}

/// A package, an address, or something that reads the environment or a file; models and prices are harmless.
fn provider(name: &str, value: &Value) -> Option<Found> {
    let mut facts = Vec::new();
    collect(value, "", &mut facts);
    let facts: Map<String, Value> = facts
        .into_iter()
        .filter(|(path, value)| leads_out(path, value))
        .collect();
    if facts.is_empty() {
        return None;
    }
    let listed: Vec<String> = facts
        .iter()
        .map(|(path, value)| format!("{path} `{}`", plain(value)))
        .collect();
    Some(Found {
        kind: ItemKind::Provider,
        summary: format!("provider `{name}`: {}", listed.join(", ")),
        value: Value::Object(facts),
    })
}

fn leads_out(path: &str, value: &Value) -> bool {
    let key = path.rsplit('.').next().unwrap_or(path).to_ascii_lowercase();
    let named = ["npm", "api", "baseurl", "url", "endpoint"].contains(&key.as_str());
    let text = value.as_str().unwrap_or_default();
    let address = ["http:", "https:", "file:"]
        .iter()
        .any(|scheme| text.starts_with(scheme));
    named || address || text.contains("{env:") || text.contains("{file:")
}

/// The strings in `value`, each with the keys that lead to it.
fn collect(value: &Value, path: &str, facts: &mut Vec<(String, Value)>) {
    let below = |key: &str| {
        if path.is_empty() {
            key.to_owned()
        } else {
            format!("{path}.{key}")
        }
    };
    match value {
        Value::String(_) => facts.push((path.to_owned(), value.clone())),
        Value::Object(fields) => {
            for (key, value) in fields {
                collect(value, &below(key), facts);
            }
        }
        Value::Array(values) => {
            for (index, value) in values.iter().enumerate() {
                collect(value, &below(&index.to_string()), facts);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Any value but `false` turns the built-in ones on, and those may run programs out of the directory.
fn servers(kind: ItemKind, noun: &str, value: &Value, found: &mut Vec<Found>) {
    if !some(value) {
        return;
    }
    let commands: Vec<String> = value
        .as_object()
        .into_iter()
        .flatten()
        .filter_map(|(name, entry)| Some(format!("`{name}` runs `{}`", plain(entry.get("command")?))))
        .collect();
    let summary = if commands.is_empty() {
        format!("turns on the built-in {noun}s")
    } else {
        format!("{noun} {}", commands.join(", "))
    };
    found.push(Found {
        kind,
        summary,
        value: value.clone(),
    });
}

fn hooks(value: Option<&Value>, found: &mut Vec<Found>) {
    if let Some(value) = value.filter(|value| some(value)) {
        found.push(Found {
            kind: ItemKind::Hook,
            summary: format!("runs hooks `{}`", plain(value)),
            value: value.clone(),
        });
    }
}

fn command(name: &str, value: &Value) -> Option<Found> {
    let template = value.get("template")?;
    let text = plain(template);
    // A file that is put in here can hold anything.
    (text.contains("!`") || text.contains("{file:")).then(|| Found {
        kind: ItemKind::Command,
        summary: format!("command `/{name}` runs shell commands: `{text}`"),
        value: template.clone(),
    })
}

fn reference(name: &str, value: &Value) -> Option<Found> {
    let repository = value.get("repository").unwrap_or(value).as_str()?;
    let local = ["./", "../", "/", "~"]
        .iter()
        .any(|start| repository.starts_with(start))
        || repository == ".";
    (!local).then(|| Found {
        kind: ItemKind::Remote,
        summary: format!("reference `{name}` clones `{repository}`"),
        value: value.clone(),
    })
}

fn urls(value: &Value, what: &str, found: &mut Vec<Found>) {
    let addresses = strings(value).into_iter().filter(|text| text.starts_with("http"));
    found.extend(addresses.map(|url| Found {
        kind: ItemKind::Remote,
        summary: format!("{what} `{url}`"),
        value: url.into(),
    }));
}

fn some(value: &Value) -> bool {
    !matches!(value, Value::Null | Value::Bool(false))
}

/// A value as a person would write it: words of a list with spaces between.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(plain).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(config: Value) -> Vec<(ItemKind, String)> {
        let Value::Object(config) = config else {
            panic!("not an object");
        };
        findings(&config)
            .into_iter()
            .map(|found| (found.kind, found.summary))
            .collect()
    }

    fn one(config: Value, kind: ItemKind, summary: &str) {
        assert_eq!(found(config), [(kind, summary.to_owned())]);
    }

    #[test]
    fn plugins_are_found_in_every_spelling() {
        one(json!({"plugin": ["a@1"]}), ItemKind::Plugin, "loads plugin `a@1`");
        one(
            json!({"plugin": [["./b.ts", {"x": 1}]]}),
            ItemKind::Plugin,
            "loads plugin `./b.ts`",
        );
        one(
            json!({"plugins": [{"package": "c"}]}),
            ItemKind::Plugin,
            "loads plugin `c`",
        );
    }

    #[test]
    fn mcp_servers_are_found_whether_started_or_connected_to() {
        one(
            json!({"mcp": {"x": {"type": "local", "command": ["node", "mcp.js"]}}}),
            ItemKind::Mcp,
            "MCP server `x` runs `node mcp.js`",
        );
        one(
            json!({"mcp": {"x": {"type": "remote", "url": "https://e/mcp"}}}),
            ItemKind::Mcp,
            "MCP server `x` connects to `https://e/mcp`",
        );
        assert_eq!(found(json!({"mcp": {"x": {"enabled": false}}})), []);
    }

    #[test]
    fn providers_are_found_by_what_leads_out_of_the_directory() {
        one(
            json!({"provider": {"p": {"npm": "evil"}}}),
            ItemKind::Provider,
            "provider `p`: npm `evil`",
        );
        one(
            json!({"provider": {"p": {"api": "https://e"}}}),
            ItemKind::Provider,
            "provider `p`: api `https://e`",
        );
        one(
            json!({"provider": {"p": {"options": {"baseURL": "{env:X}", "timeout": 1}}}}),
            ItemKind::Provider,
            "provider `p`: options.baseURL `{env:X}`",
        );
        one(
            json!({"provider": {"p": {"models": {"m": {"provider": {"npm": "evil"}, "name": "M"}}}}}),
            ItemKind::Provider,
            "provider `p`: models.m.provider.npm `evil`",
        );
        one(
            json!({"provider": {"p": {"options": {"headers": {"x": "{file:~/.ssh/id}"}}}}}),
            ItemKind::Provider,
            "provider `p`: options.headers.x `{file:~/.ssh/id}`",
        );
        assert_eq!(found(json!({"provider": {"p": {"models": {"m": {"name": "M"}}}}})), []);
    }

    #[test]
    fn programs_that_the_engine_starts_are_found() {
        one(
            json!({"formatter": {"f": {"command": ["./fmt", "$FILE"]}}}),
            ItemKind::Formatter,
            "formatter `f` runs `./fmt $FILE`",
        );
        one(
            json!({"formatter": true}),
            ItemKind::Formatter,
            "turns on the built-in formatters",
        );
        one(
            json!({"lsp": {}}),
            ItemKind::LanguageServer,
            "turns on the built-in language servers",
        );
        one(
            json!({"shell": "./sh"}),
            ItemKind::Shell,
            "runs every command with `./sh`",
        );
        one(
            json!({"experimental": {"hook": {"session_completed": [{"command": ["./x"]}]}}}),
            ItemKind::Hook,
            "runs hooks `{\"session_completed\":[{\"command\":[\"./x\"]}]}`",
        );
        assert_eq!(
            found(json!({"formatter": false, "lsp": false, "experimental": {"batch": true}})),
            []
        );
    }

    #[test]
    fn commands_are_found_only_with_shell_escapes() {
        one(
            json!({"command": {"c": {"template": "see !`git log`"}}}),
            ItemKind::Command,
            "command `/c` runs shell commands: `see !`git log``",
        );
        assert_eq!(found(json!({"command": {"c": {"template": "say `hello`!"}}})), []);
    }

    #[test]
    fn what_is_fetched_is_found() {
        one(
            json!({"references": {"r": {"repository": "ext::sh -c x"}}}),
            ItemKind::Remote,
            "reference `r` clones `ext::sh -c x`",
        );
        one(
            json!({"instructions": ["AGENTS.md", "https://e/x"]}),
            ItemKind::Remote,
            "fetches instructions from `https://e/x`",
        );
        assert_eq!(found(json!({"references": {"r": "../docs", "s": {"path": "x"}}})), []);
    }

    #[test]
    fn a_configuration_that_runs_nothing_has_no_findings() {
        let config = json!({
            "$schema": "https://opencode.ai/config.json", "model": "a/b", "permission": {"bash": "allow"},
            "agent": {"x": {"prompt": "!`x`"}}, "instructions": ["a.md"], "plugin": [], "mcp": {},
        });
        assert_eq!(found(config), []);
    }
}
