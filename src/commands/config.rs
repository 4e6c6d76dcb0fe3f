//! `config`: the settings in use.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::document::{CommandDocument, write_document};
use super::table::{Column, Table};
use super::write_stdout;
use crate::context::Context;
use crate::error::Failure;
use crate::input;
use crate::request::{ConfigRequest, ListFormat, SchemaName};
use crate::settings::{self, ENTRIES, Fallback, Files, Flags, Origin, ProjectFile, SettingKey, Settings};
use crate::support::atomic_file::{self, Access};
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
            ListFormat::Json => write_document(&ConfigDocument::of(ENTRIES, settings)),
        },
        ConfigRequest::Get(key, output) => {
            let entry = ENTRIES.iter().find(|entry| entry.key == key);
            let entry = entry.ok_or_else(|| Failure::usage(format!("there is no setting `{key}`")))?;
            match output.format {
                ListFormat::Text => write_stdout(value_as_text(entry, settings).as_bytes()),
                ListFormat::Json => write_document(&ConfigDocument::of(std::slice::from_ref(entry), settings)),
            }
        }
        // Settings that cannot be read do not stop it, so `app` begins it before it reads them.
        ConfigRequest::Edit => Ok(()),
        ConfigRequest::Path(output) => match output.format {
            ListFormat::Text => Table::new(&FILE_COLUMNS, file_rows(files)).print(context, output),
            ListFormat::Json => write_document(&ConfigFilesDocument::of(files)),
        },
    }
}

/// Opens the user's settings file in the editor, and reads the settings afterwards.
///
/// # Errors
///
/// When there is no editor or no terminal, and when the settings cannot be used afterwards; the file stays as it was left.
pub async fn edit(context: &Context, flags: &Flags) -> Result<(), Failure> {
    let file = Files::locate(&context.directories, &context.cwd).user;
    let is_new = !file.exists();
    if is_new {
        atomic_file::create_directory(atomic_file::directory_of(&file), Access::Private)
            .and_then(|()| atomic_file::write_new(&file, template().as_bytes(), Access::Private))
            .map_err(|error| Failure::cannot_write(&file, &error))?;
    }
    let edited = input::edit_file(&file, context).await;
    if is_new && std::fs::read_to_string(&file).is_ok_and(|text| text == template()) {
        // Nothing was written down.
        std::fs::remove_file(&file).map_err(|error| Failure::cannot_write(&file, &error))?;
    }
    edited?;
    match settings::load(flags, context, &context.cwd, ProjectFile::Ignored) {
        Ok(settings) => {
            for warning in &settings.warnings {
                let _ = writeln!(io::stderr(), "warning: {}", visible(warning));
            }
            Ok(())
        }
        Err(error) => Err(Failure::from(error).hint("`opencode-rs config edit` opens the file again")),
    }
}

/// What a new file begins with: every setting with its meaning and default, none of them set.
fn template() -> String {
    let mut text = "# Settings of opencode-rs. Take the `#` away from a line to set it.\n".to_owned();
    for entry in ENTRIES {
        let (default, value) = match entry.default {
            // TOML writes what a setting can be as JSON does.
            Fallback::Is(_) => (String::new(), entry.default_value().to_string()),
            Fallback::Said(words) => (format!(" (default: {words})"), String::new()),
        };
        let about = format!("# {}{default}", entry.about);
        text.push_str(&["", &about, &format!("# {} = {value}", entry.key), ""].join("\n"));
    }
    text
}

/// The value alone, for scripts; a list has a line for each entry.
fn value_as_text(entry: &SettingKey, settings: &Settings) -> String {
    let set = entry.values_in(settings);
    let values: Vec<&Value> = set
        .iter()
        .flat_map(|(value, _)| {
            value
                .as_array()
                .map_or_else(|| vec![value], |items| items.iter().collect())
        })
        .collect();
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match (values.as_slice(), entry.default) {
        ([], Fallback::Is(default)) => format!("{default}\n"),
        (values, _) => values
            .iter()
            .map(|value| format!("{}\n", visible(&text(value))))
            .collect(),
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
    /// Every setting, or the one that was asked for, by its key.
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
    fn of(keys: &[SettingKey], settings: &Settings) -> Self {
        let entry = |key: &SettingKey| (key.key, SettingEntry::of(key, key.values_in(settings)));
        Self {
            settings: keys.iter().map(entry).collect(),
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
