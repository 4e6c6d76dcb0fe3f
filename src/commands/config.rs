//! `config`: the settings in use.

use std::collections::BTreeMap;
use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::document::{CommandDocument, write_document};
use super::table::{Column, Table};
use crate::context::Context;
use crate::error::Failure;
use crate::request::{ConfigRequest, ListFormat, SchemaName};
use crate::settings::{ENTRIES, Fallback, Files, Origin, SettingKey, Settings};
use crate::support::visible::visible;

/// Shows settings, or the files that they are read from.
///
/// # Errors
///
/// When stdout cannot be written.
pub fn run(context: &Context, request: &ConfigRequest, settings: &Settings, files: &Files) -> Result<(), Failure> {
    match request {
        ConfigRequest::Show(output) => match output.format {
            ListFormat::Text => {
                let rows = ENTRIES.iter().flat_map(|entry| rows_of(entry, settings));
                Table::new(&SETTING_COLUMNS, rows).print(context, output)
            }
            ListFormat::Json => write_document(&ConfigDocument::of(settings)),
        },
        ConfigRequest::Path(output) => match output.format {
            ListFormat::Text => Table::new(&FILE_COLUMNS, file_rows(files)).print(context, output),
            ListFormat::Json => write_document(&ConfigFilesDocument::of(files)),
        },
    }
}

const SETTING_COLUMNS: [Column; 3] = [
    Column::Text("SETTING"),
    Column::Flexible("VALUE"),
    Column::Text("ORIGIN"),
];
const FILE_COLUMNS: [Column; 3] = [Column::Text("FILE"), Column::Text("PATH"), Column::Text("NOTES")];

/// The rows of a setting: key, value, origin. A list that adds up has one for each source.
fn rows_of(entry: &SettingKey, settings: &Settings) -> Vec<Vec<String>> {
    let row = |value: &str, origin: &str| {
        vec![
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

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ConfigDocument {
    /// Every setting, by its key.
    settings: BTreeMap<&'static str, SettingEntry>,
}

impl CommandDocument for ConfigDocument {
    const TYPE: SchemaName = SchemaName::Config;
}

/// The value of a setting, and where it comes from.
#[derive(Debug, Serialize, JsonSchema)]
struct SettingEntry {
    /// The value that holds; null where it is known only later. The lists of rules add up.
    value: Value,
    /// `default`, `user`, `profile`, `project`, `environment`, `policy` or `flag`: the highest source that sets it.
    origin: &'static str,
    /// That source in words: a file, a variable, a flag; null for a default.
    from: Option<String>,
    /// Every source that counts, the lowest first.
    sources: Vec<SettingSource>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct SettingSource {
    value: Value,
    origin: &'static str,
    from: String,
}

impl ConfigDocument {
    fn of(settings: &Settings) -> Self {
        let entry = |key: &SettingKey| (key.key, SettingEntry::of(key, key.values_in(settings)));
        Self {
            settings: ENTRIES.iter().map(entry).collect(),
        }
    }
}

impl SettingEntry {
    fn of(key: &SettingKey, set: Vec<(Value, &Origin)>) -> Self {
        let value = match &set[..] {
            [] => key.default_value(),
            [(value, _)] => value.clone(),
            several => several
                .iter()
                .filter_map(|(value, _)| value.as_array())
                .flatten()
                .cloned()
                .collect(),
        };
        let highest = set.last().map(|(_, origin)| *origin);
        Self {
            value,
            origin: highest.map_or("default", Origin::word),
            from: highest.map(ToString::to_string),
            sources: set
                .into_iter()
                .map(|(value, origin)| SettingSource {
                    value,
                    origin: origin.word(),
                    from: origin.to_string(),
                })
                .collect(),
        }
    }
}

fn file_rows(files: &Files) -> Vec<Vec<String>> {
    let row = |name: &str, path: &Path| {
        let note = if path.exists() { "" } else { "(does not exist)" };
        vec![
            name.to_owned(),
            visible(&path.to_string_lossy()).into_owned(),
            note.to_owned(),
        ]
    };
    let mut rows = vec![row("user", &files.user)];
    rows.extend(files.project.as_deref().map(|project| row("project", project)));
    rows
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ConfigFilesDocument {
    user: ConfigFile,
    /// The project's file; null where there is none.
    project: Option<ConfigFile>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct ConfigFile {
    path: String,
    exists: bool,
}

impl CommandDocument for ConfigFilesDocument {
    const TYPE: SchemaName = SchemaName::ConfigFiles;
}

impl ConfigFilesDocument {
    fn of(files: &Files) -> Self {
        let file = |path: &Path| ConfigFile {
            path: path.to_string_lossy().into_owned(),
            exists: path.exists(),
        };
        Self {
            user: file(&files.user),
            project: files.project.as_deref().map(file),
        }
    }
}
