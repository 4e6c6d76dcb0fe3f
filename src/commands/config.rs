//! `config`: the settings in use.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::{write_document, write_stdout};
use crate::error::Failure;
use crate::request::{ConfigRequest, ListFormat};
use crate::settings::{ENTRIES, Fallback, Files, Origin, SettingKey, Settings};
use crate::support::visible::visible;

/// Shows settings, or the files that they are read from.
///
/// # Errors
///
/// When stdout cannot be written.
pub fn run(request: &ConfigRequest, settings: &Settings, files: &Files) -> Result<(), Failure> {
    match request {
        ConfigRequest::Show(output) => match output.format {
            ListFormat::Text => write_stdout(settings_as_text(settings).as_bytes()),
            ListFormat::Json => write_document(&settings_as_json(settings)),
        },
        ConfigRequest::Path(output) => match output.format {
            ListFormat::Text => write_stdout(files_as_text(files).as_bytes()),
            ListFormat::Json => write_document(&files_as_json(files)),
        },
    }
}

/// One line a setting: key, value, origin, in columns. A list that adds up has one for each source.
fn settings_as_text(settings: &Settings) -> String {
    let rows: Vec<[String; 3]> = ENTRIES.iter().flat_map(|entry| rows_of(entry, settings)).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    // A value may be a whole system prompt; the columns are for the ordinary ones.
    let (key, value) = (width(0), width(1).min(40));
    rows.iter()
        .map(|row| format!("{:key$}  {:value$}  {}\n", row[0], row[1], row[2]))
        .collect()
}

fn rows_of(entry: &SettingKey, settings: &Settings) -> Vec<[String; 3]> {
    let row = |value: &str, origin: &str| {
        [
            entry.key.to_owned(),
            visible(value).into_owned(),
            visible(origin).into_owned(),
        ]
    };
    let set = entry.values_in(settings);
    if set.is_empty() {
        return vec![match entry.default {
            Fallback::Is(text) => row(text, "default"),
            Fallback::Said(words) => row(&format!("({words})"), "default"),
        }];
    }
    set.iter()
        .map(|(value, origin)| row(&one_line(value), &origin.to_string()))
        .collect()
}

fn one_line(value: &Value) -> String {
    match value {
        Value::String(text) if !text.contains(['\n', '\t']) => text.clone(),
        other => other.to_string(),
    }
}

fn settings_as_json(settings: &Settings) -> Value {
    let settings: Map<String, Value> = ENTRIES
        .iter()
        .map(|entry| (entry.key.to_owned(), shown(entry, &entry.values_in(settings))))
        .collect();
    json!({"schema_version": 1, "settings": settings})
}

/// A value with its origin; a list from several sources has the highest one there, and all of them in `sources`.
fn shown(entry: &SettingKey, set: &[(Value, &Origin)]) -> Value {
    let one = |(value, origin): &(Value, &Origin)| json!({"value": value, "origin": origin.word(), "from": origin.to_string()});
    match set {
        [] => json!({"value": entry.default_value(), "origin": "default", "from": null}),
        [only] => one(only),
        [.., (_, highest)] => {
            let all: Vec<&Value> = set.iter().filter_map(|(value, _)| value.as_array()).flatten().collect();
            let sources: Vec<Value> = set.iter().map(one).collect();
            json!({"value": all, "origin": highest.word(), "from": highest.to_string(), "sources": sources})
        }
    }
}

fn files_as_text(files: &Files) -> String {
    let line = |name: &str, path: &Path| {
        let absent = if path.exists() { "" } else { "  (does not exist)" };
        format!("{name:7}  {}{absent}\n", visible(&path.to_string_lossy()))
    };
    let mut text = line("user", &files.user);
    if let Some(project) = &files.project {
        text.push_str(&line("project", project));
    }
    text
}

fn files_as_json(files: &Files) -> Value {
    let shown = |path: &Path| json!({"path": path.to_string_lossy(), "exists": path.exists()});
    json!({
        "schema_version": 1,
        "user": shown(&files.user),
        "project": files.project.as_deref().map(shown),
    })
}
