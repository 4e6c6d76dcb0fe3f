//! `docs/records.md`: the keys of all documents as tables, made from the schemas.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::schema;
use crate::request::{SchemaName, Word as _};

const HEAD: &str = "\
# Records and files

Written by `opencode-rs generate docs`; do not edit. `opencode-rs generate schema NAME` prints each of these documents as a
JSON Schema, and [`schemas/`](../schemas) holds all of them.

What the program writes is stable within one `schema_version`: keys and types are added, never renamed, so ignore what you
do not know. Each key is always present; what is unknown is `null`. A document has a `type`, and a list has `items`. At the
top of a document `version` is that of opencode-rs, within an engine that of the engine. Dollars are decimal texts, and
their keys end in `_usd`.
";

const GROUPS: [(&str, &str, &[SchemaName]); 4] = [
    (
        "Records of a run",
        "`--output-format json` prints one record when the run ends, `--output-format stream-json` one a line.",
        &[SchemaName::Result, SchemaName::StreamJson],
    ),
    (
        "The approver",
        "`--approver COMMAND` starts the command for each question. It reads one request and writes one reply.",
        &[
            SchemaName::ApproverRequest,
            SchemaName::ApproverPermission,
            SchemaName::ApproverQuestion,
        ],
    ),
    (
        "Files",
        "An editor completes them when their first line is `#:schema PATH` with the path of the schema.",
        &[
            SchemaName::Settings,
            SchemaName::ProjectSettings,
            SchemaName::PolicyFile,
            SchemaName::Script,
            SchemaName::AuditLog,
        ],
    ),
    ("Documents of commands", "Printed with `--output-format json`.", &[]),
];

type Definitions = BTreeMap<String, Value>;

pub(super) fn markdown() -> String {
    let mut definitions = Definitions::new();
    let grouped: Vec<SchemaName> = GROUPS.iter().flat_map(|(_, _, names)| *names).copied().collect();
    let rest = SchemaName::WORDS.iter().map(|(_, name)| *name);
    let rest: Vec<SchemaName> = rest.filter(|name| !grouped.contains(name)).collect();
    let mut text = HEAD.to_owned();
    for (heading, about, names) in GROUPS {
        let _ = write!(text, "\n## {heading}\n\n{about}\n");
        for name in if names.is_empty() { &rest } else { names } {
            let schema = schema::of(*name).to_value();
            if let Some(Value::Object(new)) = schema.get("definitions") {
                definitions.extend(new.clone());
            }
            let _ = write!(text, "\n### `{}`\n\n{}.\n", name.as_str(), name.about());
            text.push_str(&body(&schema, &definitions));
        }
    }
    text.push_str("\n## Parts\n");
    let has_place = |name: &str, schema: &Value| is_list_of_words(schema) || SchemaName::of_word(name).is_some();
    for (name, schema) in definitions.iter().filter(|(name, schema)| !has_place(name, schema)) {
        let _ = write!(text, "\n### {name}\n");
        if let Some(about) = description(schema) {
            let _ = write!(text, "\n{}\n", sentence(&about));
        }
        text.push_str(&body(schema, &definitions));
    }
    text
}

/// The keys of an object, or the forms of which a value has one.
fn body(schema: &Value, definitions: &Definitions) -> String {
    let Some(forms) = schema["oneOf"].as_array().or_else(|| schema["anyOf"].as_array()) else {
        return table(schema, definitions);
    };
    let mut text = String::new();
    for form in forms {
        let about = description(form).map_or(String::new(), |about| format!(": {}", sentence(&about)));
        let keys = reference(form).map_or(String::new(), |name| format!(" Keys: those of {}.", link(name)));
        let _ = write!(text, "\n**{}**{about}{keys}\n", tag(form).unwrap_or_default());
        text.push_str(&table(form, definitions));
    }
    text
}

fn table(schema: &Value, definitions: &Definitions) -> String {
    let Some(properties) = schema["properties"].as_object() else {
        return String::new();
    };
    let needed = schema["required"].as_array();
    let rows: Vec<String> = properties
        .iter()
        .filter(|(_, property)| property.get("const").is_none() || property.get("description").is_some())
        .map(|(key, property)| {
            let mut form = form(property, definitions);
            let mut about = description(property).map_or(String::new(), |about| sentence(&about));
            if needed.is_none_or(|needed| needed.iter().all(|name| name != key)) {
                form.truncate(form.strip_suffix(", `null`").unwrap_or(&form).len());
                if let Some(default) = property.get("default").filter(|default| !default.is_null()) {
                    let _ = write!(about, " Default: `{default}`.");
                }
                if needed.is_some() {
                    form.push_str(", optional");
                }
            }
            format!("| `{key}` | {form} | {} |\n", about.trim().replace('|', "\\|"))
        })
        .collect();
    if rows.is_empty() {
        return String::new();
    }
    format!("\n| key | value | meaning |\n|---|---|---|\n{}", rows.concat())
}

/// The form of a value, in words.
fn form(schema: &Value, definitions: &Definitions) -> String {
    if let Some(name) = reference(schema) {
        return match definitions.get(name) {
            Some(words) if is_list_of_words(words) => form(words, definitions),
            _ => link(name),
        };
    }
    if let Some(word) = schema.get("const") {
        return format!("`{word}`");
    }
    if let Some(words) = schema["enum"].as_array() {
        return joined(words.iter().map(|word| format!("`{word}`")));
    }
    if let Some(forms) = schema["anyOf"].as_array().or_else(|| schema["oneOf"].as_array()) {
        return joined(forms.iter().map(|each| form(each, definitions)));
    }
    match &schema["type"] {
        Value::String(kind) => named(kind, schema, definitions),
        Value::Array(kinds) => joined(
            kinds
                .iter()
                .filter_map(Value::as_str)
                .map(|kind| named(kind, schema, definitions)),
        ),
        _ => "any value".to_owned(),
    }
}

fn named(kind: &str, schema: &Value, definitions: &Definitions) -> String {
    match kind {
        "string" => "text".to_owned(),
        "integer" => "whole number".to_owned(),
        "boolean" => "`true`, `false`".to_owned(),
        "array" => format!("list of: {}", form(&schema["items"], definitions)),
        "object" => match schema.get("additionalProperties") {
            Some(each @ Value::Object(_)) if reference(each).is_some() => {
                format!("table of: {}", form(each, definitions))
            }
            _ => "table".to_owned(),
        },
        "null" => "`null`".to_owned(),
        other => other.to_owned(),
    }
}

fn joined(forms: impl Iterator<Item = String>) -> String {
    forms.collect::<Vec<_>>().join(", ")
}

/// The name of the definition that a schema points to.
fn reference(schema: &Value) -> Option<&str> {
    let inner = schema["allOf"].as_array().and_then(|all| all.first()).unwrap_or(schema);
    inner["$ref"].as_str()?.rsplit('/').next()
}

/// The word by which a form is told from the others.
fn tag(form: &Value) -> Option<String> {
    if let Some(word) = form["const"].as_str() {
        return Some(format!("`{word}`"));
    }
    if let Some(words) = form["enum"].as_array() {
        return Some(joined(
            words
                .iter()
                .map(|word| format!("`{}`", word.as_str().unwrap_or_default())),
        ));
    }
    let properties: &Map<String, Value> = form["properties"].as_object()?;
    let (key, word) = properties
        .iter()
        .find_map(|(key, each)| Some((key, each["const"].as_str()?)))?;
    Some(format!("`\"{key}\": \"{word}\"`"))
}

/// Whether it is one of some words that need no explanation.
fn is_list_of_words(schema: &Value) -> bool {
    schema.get("enum").is_some()
}

fn description(schema: &Value) -> Option<String> {
    let text = schema["description"].as_str()?;
    Some(text.split_whitespace().collect::<Vec<_>>().join(" "))
}

fn sentence(text: &str) -> String {
    let end = if text.ends_with(['.', ':', '!']) { "" } else { "." };
    format!("{text}{end}")
}

fn link(name: &str) -> String {
    format!("[{name}](#{})", name.to_lowercase())
}
