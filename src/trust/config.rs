//! What in an engine's configuration file leads to code, sends something away, or is not known to be harmless.
//!
//! In: the configuration as the engine parses it, without its `{file:…}` and `{env:…}`. Out: the findings. Always
//! true: a key that this file does not name is a finding, at every level that the engine gives a meaning to. The names are
//! those of the schema of engine 1.18.33 and of what it takes from configurations of version 2.

use crate::support::names::Names;
use serde_json::{Map, Value};

use super::ItemKind;
use super::template::Template;

/// One finding in a configuration.
#[derive(Debug, PartialEq)]
pub(super) struct ConfigFinding {
    pub(super) kind: ItemKind,
    /// The keys that lead to the value.
    pub(super) key: String,
    pub(super) summary: String,
    /// The part of the configuration that says so: a change of it is a change of the finding.
    pub(super) value: Value,
}

impl ConfigFinding {
    fn new(kind: ItemKind, key: &str, summary: String, value: &Value) -> Self {
        Self {
            kind,
            key: key.to_owned(),
            summary,
            value: value.clone(),
        }
    }
}

const EXPERIMENTAL: Names = Names(
    "batch_tool continue_loop_on_deny disable_paste_summary mcp_timeout portable_shell_scanner primary_tools \
     subagent_depth",
);

const TUI: Names = Names("diff_style keybinds scroll_acceleration scroll_speed theme");

/// The keys that an agent may have. What an agent may do is decided by this program.
const AGENT: Names = Names(
    "color description disable disabled frequencyPenalty hidden maxOutputTokens maxSteps maxTokens mode model name \
     options permission presencePenalty prompt reasoningEffort reasoningSummary request seed steps system \
     temperature textVerbosity thinking tools topK topP top_k top_p variant",
);

const COMMAND: Names = Names("agent description model subtask template variant");

const PROVIDER: Names = Names("blacklist id models name whitelist");
const PROVIDER_OPTIONS: Names = Names("chunkTimeout headerTimeout setCacheKey timeout");
const MODEL: Names = Names(
    "attachment cost experimental family headers id interleaved limit modalities name options reasoning \
     release_date status temperature tool_call variants",
);

/// Everything in `config` that is not known to be harmless. The paths of `instructions` and `skills` are not looked at.
pub(super) fn findings(config: &Map<String, Value>) -> Vec<ConfigFinding> {
    let mut found = Vec::new();
    for (key, value) in config {
        match key.as_str() {
            // Which model works, how it looks and how much it keeps. What tools may do is decided by us, whatever stands here.
            "$schema" | "attachment" | "autoupdate" | "compaction" | "default_agent" | "disabled_providers"
            | "enabled_providers" | "keybinds" | "layout" | "logLevel" | "media" | "model" | "permission"
            | "small_model" | "snapshot" | "snapshots" | "subagent_depth" | "theme" | "tool_output" | "tools"
            | "username" | "watcher" => {}
            "share" if matches!(value.as_str(), Some("disabled" | "manual")) => {}
            "autoshare" if !some(value) => {}
            "experimental" => unknown_keys(key, value, EXPERIMENTAL, &mut found),
            "tui" => unknown_keys(key, value, TUI, &mut found),
            "agent" | "agents" | "mode" => each(key, value, &mut found, |key, _, value, found| {
                unknown_keys(key, value, AGENT, found);
            }),
            "plugin" | "plugins" => plugins(key, value, &mut found),
            "mcp" => each(key, value, &mut found, mcp),
            "provider" | "providers" => each(key, value, &mut found, provider),
            "formatter" => servers(ItemKind::Formatter, key, "formatter", value, &mut found),
            "lsp" => servers(ItemKind::LanguageServer, key, "language server", value, &mut found),
            "shell" => found.extend(some(value).then(|| {
                ConfigFinding::new(
                    ItemKind::Shell,
                    key,
                    format!("runs every command with `{}`", plain(value)),
                    value,
                )
            })),
            "command" | "commands" => each(key, value, &mut found, command),
            "reference" | "references" => each(key, value, &mut found, reference),
            "skills" if value.is_array() => urls(key, value, "fetches skills from", &mut found),
            "skills" => {
                unknown_keys(key, value, Names("paths urls"), &mut found);
                urls(key, value, "fetches skills from", &mut found);
            }
            "instructions" if value.is_array() => urls(key, value, "fetches instructions from", &mut found),
            _ => unknown(key, value, &mut found),
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

/// Looks at each member of an object. Anything but an object is not known to be harmless.
fn each(
    key: &str,
    value: &Value,
    found: &mut Vec<ConfigFinding>,
    look: fn(&str, &str, &Value, &mut Vec<ConfigFinding>),
) {
    match value.as_object() {
        Some(members) => {
            for (name, value) in members {
                look(&format!("{key}.{name}"), name, value, found);
            }
        }
        None => unknown(key, value, found),
    }
}

fn unknown_keys(key: &str, value: &Value, known: Names, found: &mut Vec<ConfigFinding>) {
    match value.as_object() {
        Some(members) => {
            for (name, value) in members.iter().filter(|(name, _)| !known.contains(name)) {
                unknown(&format!("{key}.{name}"), value, found);
            }
        }
        None => unknown(key, value, found),
    }
}

fn unknown(key: &str, value: &Value, found: &mut Vec<ConfigFinding>) {
    if !value.is_null() {
        found.push(ConfigFinding::new(
            ItemKind::Setting,
            key,
            format!("sets `{key}`, which is not known to be harmless, to `{}`", plain(value)),
            value,
        ));
    }
}

fn plugins(key: &str, value: &Value, found: &mut Vec<ConfigFinding>) {
    let Some(plugins) = value.as_array() else {
        return unknown(key, value, found);
    };
    for (index, plugin) in plugins.iter().enumerate() {
        // `"name"`, `["name", options]` or `{"package": "name"}`.
        let name = match plugin {
            Value::Array(parts) => parts.first().map_or_else(String::new, plain),
            Value::Object(fields) => fields.get("package").map_or_else(|| plain(plugin), plain),
            other => plain(other),
        };
        found.push(ConfigFinding::new(
            ItemKind::Plugin,
            &format!("{key}.{index}"),
            format!("loads plugin `{name}`"),
            plugin,
        ));
    }
}

fn mcp(key: &str, name: &str, value: &Value, found: &mut Vec<ConfigFinding>) {
    // Configurations of version 2 have a level more.
    if name == "servers" {
        return each(key, value, found, mcp);
    }
    // Only switches one on or off that was configured elsewhere, by the user.
    let is_switch = |(name, value): (&String, &Value)| (name == "enabled" || name == "disabled") && value.is_boolean();
    if value.as_object().is_some_and(|members| members.iter().all(is_switch)) {
        return;
    }
    let summary = match (value.get("command"), value.get("url")) {
        (Some(command), _) => format!("MCP server `{name}` runs `{}`", plain(command)),
        (None, Some(url)) => format!("MCP server `{name}` connects to `{}`", plain(url)),
        (None, None) => format!("changes MCP server `{name}`: `{}`", plain(value)),
    };
    found.push(ConfigFinding::new(ItemKind::Mcp, key, summary, value));
}

/// A package, an address, a secret; models and prices are harmless.
fn provider(key: &str, name: &str, value: &Value, found: &mut Vec<ConfigFinding>) {
    let mut facts = Vec::new();
    collect(value, &mut Vec::new(), &mut facts);
    if facts.is_empty() {
        return;
    }
    let listed: Vec<String> = facts
        .iter()
        // Of the others the value may be a secret.
        .map(|(path, value)| match leads_out(path, value) {
            true => format!("{path} `{}`", plain(value)),
            false => path.clone(),
        })
        .collect();
    found.push(ConfigFinding::new(
        ItemKind::Provider,
        key,
        format!("provider `{name}`: {}", listed.join(", ")),
        &Value::Object(facts.into_iter().collect()),
    ));
}

fn leads_out(path: &str, value: &Value) -> bool {
    let key = path.rsplit('.').next().unwrap_or(path).to_ascii_lowercase();
    let named = ["npm", "api", "baseurl", "url", "endpoint"].contains(&key.as_str());
    let text = value.as_str().unwrap_or_default();
    let address = ["http:", "https:", "file:"]
        .iter()
        .any(|scheme| text.starts_with(scheme));
    named || address
}

/// The values in a provider that are not known to be harmless, each with the keys that lead to it.
fn collect<'a>(value: &'a Value, path: &mut Vec<&'a str>, facts: &mut Vec<(String, Value)>) {
    let known: Option<Names> = match path[..] {
        [] => Some(PROVIDER),
        ["options"] => Some(PROVIDER_OPTIONS),
        ["models", _] => Some(MODEL),
        ["models", _, "provider"] => Some(Names("")),
        // Names of models, and their parameters.
        _ => None,
    };
    let Value::Object(members) = value else {
        let is_strange = path.is_empty() && !value.is_null();
        if is_strange || leads_out(path.last().copied().unwrap_or_default(), value) {
            facts.push((path.join("."), value.clone()));
        }
        for value in value.as_array().into_iter().flatten() {
            collect(value, path, facts);
        }
        return;
    };
    for (name, value) in members {
        path.push(name);
        // Their members are looked at one by one.
        let is_level = path[..] == ["options"] || matches!(path[..], ["models", _, "provider"]);
        if is_level && value.is_object() || known.is_none_or(|known| known.contains(name)) {
            collect(value, path, facts);
        } else {
            facts.push((path.join("."), value.clone()));
        }
        path.pop();
    }
}

/// Any value but `false` turns the built-in ones on, and those may run programs out of the directory.
fn servers(kind: ItemKind, key: &str, noun: &str, value: &Value, found: &mut Vec<ConfigFinding>) {
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
    found.push(ConfigFinding::new(kind, key, summary, value));
}

fn command(key: &str, name: &str, value: &Value, found: &mut Vec<ConfigFinding>) {
    unknown_keys(key, value, COMMAND, found);
    let Some(template) = value.get("template") else {
        return;
    };
    let text = plain(template);
    if Template::new(&text).command().is_some() {
        found.push(ConfigFinding::new(
            ItemKind::Command,
            key,
            format!("command `/{name}` runs shell commands: `{text}`"),
            template,
        ));
    }
}

fn reference(key: &str, name: &str, value: &Value, found: &mut Vec<ConfigFinding>) {
    if value.is_object() {
        unknown_keys(key, value, Names("branch description hidden path repository"), found);
        // Where it says both, the engine decides which counts.
        if value.get("repository").is_none() && value.get("path").is_some_and(Value::is_string) {
            return;
        }
    }
    let repository = value.get("repository").unwrap_or(value);
    let text = plain(repository);
    let local = ["./", "../", "/", "~"].iter().any(|start| text.starts_with(start)) || text == ".";
    if !local {
        found.push(ConfigFinding::new(
            ItemKind::Remote,
            key,
            format!("reference `{name}` clones `{text}`"),
            value,
        ));
    }
}

fn urls(key: &str, value: &Value, what: &str, found: &mut Vec<ConfigFinding>) {
    let addresses = strings(value).into_iter().filter(|text| is_address(text));
    found
        .extend(addresses.map(|url| ConfigFinding::new(ItemKind::Remote, key, format!("{what} `{url}`"), &url.into())));
}

/// Whether the engine fetches this instead of reading a file.
pub(super) fn is_address(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    text.starts_with("http://") || text.starts_with("https://")
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
        one(
            json!({"mcp": {"servers": {"x": {"type": "local", "command": ["node", "mcp.js"]}}}}),
            ItemKind::Mcp,
            "MCP server `x` runs `node mcp.js`",
        );
        one(
            json!({"mcp": {"users": {"environment": {"LD_PRELOAD": "./x.so"}}}}),
            ItemKind::Mcp,
            r#"changes MCP server `users`: `{"environment":{"LD_PRELOAD":"./x.so"}}`"#,
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
            json!({"provider": {"p": {"options": {"baseURL": "x", "timeout": 1}}}}),
            ItemKind::Provider,
            "provider `p`: options.baseURL `x`",
        );
        one(
            json!({"provider": {"p": {"models": {"m": {"provider": {"npm": "evil"}, "name": "M"}}}}}),
            ItemKind::Provider,
            "provider `p`: models.m.provider.npm `evil`",
        );
        one(
            json!({"provider": {"p": {"options": {"apiKey": "secret"}, "models": {"m": {"options": {"x": ["http://e"]}}}}}}),
            ItemKind::Provider,
            "provider `p`: options.apiKey, models.m.options.x `http://e`",
        );
        let model = json!({"name": "M", "cost": {"input": 1}, "options": {"effort": "low"}});
        let harmless = json!({"name": "P", "options": {"timeout": 1}, "models": {"m": model}, "whitelist": ["m"]});
        assert_eq!(found(json!({ "provider": { "p": harmless } })), []);
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
        assert_eq!(
            found(json!({"formatter": false, "lsp": false, "experimental": {"batch_tool": true}})),
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
    #[test]
    fn what_is_not_known_is_a_finding_with_its_name_at_every_level() {
        for (config, key) in [
            (json!({"hooks": {"start": "./x"}}), "hooks"),
            (json!({"share": "auto"}), "share"),
            (json!({"enterprise": {"url": "https://e"}}), "enterprise"),
            (json!({"server": {"hostname": "0.0.0.0"}}), "server"),
            (json!({"experimental": {"hook": {}}}), "experimental.hook"),
            (json!({"agent": {"x": {"runs": "./x"}}}), "agent.x.runs"),
            (json!({"command": {"c": {"shell": "./x"}}}), "command.c.shell"),
            (json!({"instructions": {"a": "b"}}), "instructions"),
            (json!({"tui": {"plugin": ["x"]}}), "tui.plugin"),
        ] {
            let found = found(config);
            let [(ItemKind::Setting, summary)] = &found[..] else {
                panic!("{key}: {found:?}");
            };
            assert!(summary.starts_with(&format!("sets `{key}`")), "{summary}");
        }
    }
}
