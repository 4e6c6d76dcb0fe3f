//! A settings file as rows of keys and values that know their lines.

use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::{SettingsError, SettingsFileKind};
use super::value::RawValue;
use crate::support::state_file;

/// No settings file is longer than this, in bytes.
const LONGEST: u64 = 1024 * 1024;
/// As the standard library says it.
const NOT_UTF8: &str = "stream did not contain valid UTF-8";

/// A file that was read.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct SettingsFile {
    pub(super) path: PathBuf,
    /// The keys at the top.
    pub(super) rows: Vec<SettingRow>,
    /// The tables `[profiles.NAME]`.
    pub(super) profiles: Vec<(String, Vec<SettingRow>)>,
}

/// One key with its value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct SettingRow {
    pub(super) key: String,
    pub(super) line: usize,
    pub(super) value: RawValue,
}

impl SettingRow {
    /// The error about a value that is not of its kind. `prefix`: the table of the row, with its dot.
    pub(super) fn bad_value(&self, kind: SettingsFileKind, path: &Path, prefix: &str, reason: String) -> SettingsError {
        SettingsError::BadValue {
            kind,
            path: path.to_path_buf(),
            key: format!("{prefix}{}", self.key),
            line: self.line,
            reason,
        }
    }
}

/// Reads a settings file; a missing file has no rows.
pub(super) fn read(path: &Path) -> Result<SettingsFile, SettingsError> {
    let text = text(SettingsFileKind::Settings, path)?;
    text.map_or_else(|| Ok(SettingsFile::default()), |text| parse(path, &text))
}

/// The text of a file, if there is one.
pub(super) fn text(kind: SettingsFileKind, path: &Path) -> Result<Option<String>, SettingsError> {
    let unreadable = |source| SettingsError::Unreadable {
        kind,
        path: path.to_path_buf(),
        source,
    };
    match state_file::read_foreign(path, LONGEST) {
        Ok(bytes) => String::from_utf8(bytes)
            .map(Some)
            .map_err(|_| unreadable(std::io::Error::new(std::io::ErrorKind::InvalidData, NOT_UTF8))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unreadable(error)),
    }
}

/// The rows of a file without profiles.
pub(super) fn plain_rows(kind: SettingsFileKind, path: &Path, text: &str) -> Result<Vec<SettingRow>, SettingsError> {
    let text = without_mark(text);
    Ok(rows(text, table(kind, path, text)?.get_ref(), None))
}

/// Without the mark that some editors put in front.
fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

fn table<'a>(kind: SettingsFileKind, path: &Path, text: &'a str) -> Result<Spanned<DeTable<'a>>, SettingsError> {
    DeTable::parse(text).map_err(|error| SettingsError::Malformed {
        kind,
        path: path.to_path_buf(),
        line: error.span().map_or(1, |span| line_of(text, span.start)),
        reason: error.message().lines().collect::<Vec<_>>().join(", "),
    })
}

fn parse(path: &Path, text: &str) -> Result<SettingsFile, SettingsError> {
    let text = without_mark(text);
    let table = table(SettingsFileKind::Settings, path, text)?;
    let mut file = SettingsFile {
        path: path.to_path_buf(),
        rows: rows(text, table.get_ref(), Some("profiles")),
        profiles: Vec::new(),
    };
    if let Some(profiles) = table.get_ref().get("profiles") {
        let bad = |key: &str, span: std::ops::Range<usize>| SettingsError::BadValue {
            kind: SettingsFileKind::Settings,
            path: path.to_path_buf(),
            key: key.to_owned(),
            line: line_of(text, span.start),
            reason: "a table is wanted".to_owned(),
        };
        let tables = profiles
            .get_ref()
            .as_table()
            .ok_or_else(|| bad("profiles", profiles.span()))?;
        for (name, profile) in tables {
            let table = profile
                .get_ref()
                .as_table()
                .ok_or_else(|| bad(&format!("profiles.{}", name.get_ref()), profile.span()))?;
            file.profiles
                .push((name.get_ref().clone().into_owned(), rows(text, table, None)));
        }
    }
    Ok(file)
}

fn rows(text: &str, table: &DeTable<'_>, except: Option<&str>) -> Vec<SettingRow> {
    let mut rows: Vec<SettingRow> = table
        .iter()
        .filter(|(key, _)| Some(key.get_ref().as_ref()) != except)
        .map(|(key, value)| SettingRow {
            key: key.get_ref().clone().into_owned(),
            line: line_of(text, key.span().start),
            value: raw(value),
        })
        .collect();
    rows.sort_by_key(|row| row.line);
    rows
}

fn raw(value: &Spanned<DeValue<'_>>) -> RawValue {
    match value.get_ref() {
        DeValue::String(text) => RawValue::Text(text.clone().into_owned()),
        DeValue::Integer(number) => i64::from_str_radix(&number.as_str().replace('_', ""), number.radix())
            .map_or(RawValue::Other("a number that is too large"), RawValue::Integer),
        DeValue::Boolean(value) => RawValue::Boolean(*value),
        DeValue::Array(items) => RawValue::List(items.iter().map(raw).collect()),
        DeValue::Float(_) => RawValue::Other("a decimal number"),
        DeValue::Datetime(_) => RawValue::Other("a date"),
        DeValue::Table(_) => RawValue::Other("a table"),
    }
}

/// The line that holds a byte, from 1.
fn line_of(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}
