//! The files of settings and of rules as JSON Schemas, made from the table of all settings.

use schemars::{Schema, json_schema};
use serde_json::{Map, Value, json};

use super::keys::{ENTRIES, Fallback, ProjectMay, SettingKey};
use super::policy_file::KEYS;

/// The user's `config.toml`.
pub fn user_schema() -> Schema {
    let keys = properties(|_| true, false);
    let profile = json!({ "type": "object", "properties": keys, "additionalProperties": false });
    let mut all = keys;
    all.insert(
        "profiles".to_owned(),
        json!({
            "type": "object",
            "description": "Settings that `--profile NAME` puts in force, one table for each name",
            "additionalProperties": profile,
        }),
    );
    table("The user's settings: `config.toml`.", &all)
}

/// A project's `.opencode-rs.toml`.
pub fn project_schema() -> Schema {
    let keys = properties(|entry| entry.project != ProjectMay::NotSet, true);
    table("The settings of a project: `.opencode-rs.toml`.", &keys)
}

/// The file of `--policy`.
pub fn policy_schema() -> Schema {
    table(
        "Rules: the file of `--policy`.",
        &properties(|entry| KEYS.contains(&entry.key), false),
    )
}

fn table(description: &str, properties: &Map<String, Value>) -> Schema {
    json_schema!({
        "description": description,
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    })
}

fn properties(is_meant: fn(&SettingKey) -> bool, is_project: bool) -> Map<String, Value> {
    let meant = ENTRIES.iter().filter(|entry| is_meant(entry));
    meant
        .map(|entry| (entry.key.to_owned(), property(entry, is_project)))
        .collect()
}

fn property(entry: &SettingKey, is_project: bool) -> Value {
    let mut schema = (entry.schema)();
    schema.insert("description".to_owned(), entry.about.into());
    match entry.default {
        Fallback::Is(_) => schema.insert("default".to_owned(), entry.default_value()),
        Fallback::Said(_) => None,
    };
    match entry.project {
        ProjectMay::TurnOn if is_project => schema.insert("const".to_owned(), true.into()),
        ProjectMay::TurnOff if is_project => schema.insert("const".to_owned(), false.into()),
        _ => None,
    };
    schema.to_value()
}
