//! `config`: the settings in use.

use std::io::{self, Write as _};
use std::path::Path;

use serde_json::{Map, Value, json};

use super::{write_document, write_stdout};
use crate::context::Context;
use crate::error::Failure;
use crate::input;
use crate::request::{ConfigRequest, ListFormat};
use crate::settings::{self, ENTRIES, Fallback, Files, Flags, Origin, ProjectFile, SettingKey, Settings};
use crate::support::atomic_file::{self, Access};
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
        ConfigRequest::Get(key, output) => {
            let entry = ENTRIES.iter().find(|entry| entry.key == key);
            let entry = entry.ok_or_else(|| Failure::usage(format!("there is no setting `{key}`")))?;
            match output.format {
                ListFormat::Text => write_stdout(value_as_text(entry, settings).as_bytes()),
                ListFormat::Json => write_document(&shown(entry, &entry.values_in(settings))),
            }
        }
        // Settings that cannot be read do not stop it, so `app` begins it before it reads them.
        ConfigRequest::Edit => Ok(()),
        ConfigRequest::Path(output) => match output.format {
            ListFormat::Text => write_stdout(files_as_text(files).as_bytes()),
            ListFormat::Json => write_document(&files_as_json(files)),
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
