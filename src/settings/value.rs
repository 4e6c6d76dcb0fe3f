//! The types that a setting can have: read from text or TOML, shown as JSON.

use std::num::{NonZeroU32, NonZeroU64};
use std::path::{Path, PathBuf};
use std::time::Duration;

use schemars::{Schema, json_schema};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use url::Url;

use crate::request::{Dollars, LoopbackUrl, ModelChoice, RulePattern, Word};
use crate::support::loopback::is_loopback;
use crate::support::names::Names;
use crate::support::{duration, nearest};

/// A value as a source holds it.
#[derive(Debug, Clone, PartialEq)]
pub enum RawValue {
    Text(String),
    /// What a variable of the environment holds: text that stands for a value of any type.
    Variable(String),
    Integer(i64),
    Boolean(bool),
    List(Vec<RawValue>),
    /// Anything else, named for messages.
    Other(&'static str),
}

impl RawValue {
    fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) | Self::Variable(_) => "a string",
            Self::Integer(_) => "an integer",
            Self::Boolean(_) => "a boolean",
            Self::List(_) => "an array",
            Self::Other(kind) => kind,
        }
    }

    fn text(&self, wanted: &str) -> Result<&str, String> {
        match self {
            Self::Text(text) | Self::Variable(text) => Ok(text),
            other => Err(format!("{wanted} is wanted, not {}", other.kind())),
        }
    }
}

pub trait SettingValue: Sized + Clone {
    /// Reads the value. Relative paths are meant from `base`; `home` replaces a leading `~`.
    ///
    /// # Errors
    ///
    /// A fragment that says what was wanted.
    fn read(raw: &RawValue, base: &Path, home: &Path) -> Result<Self, String>;

    /// The value as `config show` prints it.
    fn show(&self) -> Value;

    /// The forms of the value in a file.
    fn schema() -> Schema;
}

impl<T: Word> SettingValue for T {
    fn read(raw: &RawValue, _base: &Path, _home: &Path) -> Result<Self, String> {
        let names = T::WORDS.iter().map(|(name, _)| *name).collect::<Vec<_>>().join("`, `");
        let text = raw.text(&format!("one of `{names}`"))?;
        T::of_word(text).ok_or_else(|| format!("`{text}` is none of `{names}`"))
    }

    fn show(&self) -> Value {
        let row = T::WORDS.iter().find(|(_, value)| value == self);
        json!(row.map(|(name, _)| name))
    }

    fn schema() -> Schema {
        let words: Vec<&str> = T::WORDS.iter().map(|(word, _)| *word).collect();
        json_schema!({ "type": "string", "enum": words })
    }
}

/// Text that is not empty.
fn text() -> Schema {
    json_schema!({ "type": "string", "minLength": 1 })
}

impl SettingValue for String {
    fn read(raw: &RawValue, _base: &Path, _home: &Path) -> Result<Self, String> {
        let text = raw.text("a string")?;
        if text.is_empty() {
            return Err("it is empty".to_owned());
        }
        Ok(text.to_owned())
    }

    fn show(&self) -> Value {
        json!(self)
    }

    fn schema() -> Schema {
        text()
    }
}

impl SettingValue for bool {
    fn read(raw: &RawValue, _base: &Path, _home: &Path) -> Result<Self, String> {
        match raw {
            RawValue::Boolean(value) => Ok(*value),
            RawValue::Variable(text) => match text.to_ascii_lowercase().as_str() {
                "1" | "true" | "yes" | "on" => Ok(true),
                "0" | "false" | "no" | "off" => Ok(false),
                _ => Err(format!("`{text}` is neither `true` nor `false`")),
            },
            other => Err(format!("`true` or `false` is wanted, not {}", other.kind())),
        }
    }

    fn show(&self) -> Value {
        json!(self)
    }

    fn schema() -> Schema {
        json_schema!({ "type": "boolean" })
    }
}

/// Reads a whole number between two bounds.
fn integer<T: DeserializeOwned>(raw: &RawValue, low: i64, high: i64) -> Result<T, String> {
    let number = match raw {
        RawValue::Integer(number) => Some(*number),
        RawValue::Variable(text) => text.parse().ok(),
        _ => None,
    };
    number
        .filter(|number| (low..=high).contains(number))
        .and_then(|number| serde_json::from_value(json!(number)).ok())
        .ok_or_else(|| format!("a whole number from {low} to {high} is wanted"))
}

macro_rules! integers {
    ($($type:ty: $low:literal..=$high:expr),+ $(,)?) => {
        $(impl SettingValue for $type {
            fn read(raw: &RawValue, _base: &Path, _home: &Path) -> Result<Self, String> {
                integer(raw, $low, $high)
            }

            fn show(&self) -> Value {
                json!(self)
            }

            fn schema() -> Schema {
                json_schema!({ "type": "integer", "minimum": $low, "maximum": $high })
            }
        })+
    };
}

integers!(
    u16: 1..=i64::from(u16::MAX),
    u32: 0..=i64::from(u32::MAX),
    NonZeroU32: 1..=i64::from(u32::MAX),
    NonZeroU64: 1..=i64::MAX,
);

impl SettingValue for Dollars {
    fn read(raw: &RawValue, _base: &Path, _home: &Path) -> Result<Self, String> {
        let text = match raw {
            RawValue::Integer(dollars) => dollars.to_string(),
            // A fraction in quotes, as text: exact.
            other => other.text("an amount of dollars such as `\"0.25\"`")?.to_owned(),
        };
        text.parse()
            .map_err(|error: crate::request::ParseDollarsError| error.to_string())
    }

    fn show(&self) -> Value {
        json!(self.to_string())
    }

    fn schema() -> Schema {
        json_schema!({ "type": ["string", "integer"], "minimum": 0, "examples": ["0.25"] })
    }
}

impl SettingValue for Duration {
    fn read(raw: &RawValue, _base: &Path, _home: &Path) -> Result<Self, String> {
        let text = match raw {
            RawValue::Integer(seconds) => seconds.to_string(),
            RawValue::Text(text) | RawValue::Variable(text) => text.clone(),
            other => return Err(format!("a duration such as `\"5m\"` is wanted, not {}", other.kind())),
        };
        duration::parse(&text).map_err(|error| error.to_string())
    }

    fn show(&self) -> Value {
        json!(duration::format(*self))
    }

    fn schema() -> Schema {
        json_schema!({ "type": ["string", "integer"], "minimum": 0, "examples": ["5m"] })
    }
}

impl SettingValue for ModelChoice {
    fn read(raw: &RawValue, _base: &Path, _home: &Path) -> Result<Self, String> {
        raw.text("a string")?
            .parse()
            .map_err(|error: crate::request::ParseModelError| error.to_string())
    }

    fn show(&self) -> Value {
        json!(self.as_str())
    }

    fn schema() -> Schema {
        text()
    }
}

impl SettingValue for Url {
    fn read(raw: &RawValue, _base: &Path, _home: &Path) -> Result<Self, String> {
        server_url(raw.text("an address")?)
    }

    fn show(&self) -> Value {
        json!(self.as_str())
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string", "pattern": "^https?://" })
    }
}

impl SettingValue for LoopbackUrl {
    fn read(raw: &RawValue, base: &Path, home: &Path) -> Result<Self, String> {
        let url = Url::read(raw, base, home)?;
        match is_loopback(&url) {
            true => Ok(Self(url)),
            false => Err("an address on this machine is wanted, such as `http://127.0.0.1:11434`".to_owned()),
        }
    }

    fn show(&self) -> Value {
        self.0.show()
    }

    fn schema() -> Schema {
        Url::schema()
    }
}

impl SettingValue for PathBuf {
    fn read(raw: &RawValue, base: &Path, home: &Path) -> Result<Self, String> {
        let text = raw.text("a path")?;
        if text.is_empty() {
            return Err("it is empty".to_owned());
        }
        if text.contains('\0') {
            return Err("it holds a NUL character".to_owned());
        }
        Ok(match text.strip_prefix('~') {
            Some("") => home.to_path_buf(),
            Some(rest) if rest.starts_with('/') => home.join(rest.trim_start_matches('/')),
            _ => base.join(text),
        })
    }

    fn show(&self) -> Value {
        json!(self.to_string_lossy())
    }

    fn schema() -> Schema {
        text()
    }
}

impl SettingValue for Vec<PathBuf> {
    fn read(raw: &RawValue, base: &Path, home: &Path) -> Result<Self, String> {
        let RawValue::List(items) = raw else {
            return Err(format!("an array of paths is wanted, not {}", raw.kind()));
        };
        items
            .iter()
            .map(|item| {
                let written = item.text("a path")?;
                if !Path::new(written).is_absolute() && written != "~" && !written.starts_with("~/") {
                    return Err(format!("`{written}` is not absolute"));
                }
                PathBuf::read(item, base, home)
            })
            .collect()
    }

    fn show(&self) -> Value {
        self.iter().map(PathBuf::show).collect()
    }

    fn schema() -> Schema {
        json_schema!({ "type": "array", "items": { "type": "string", "pattern": "^(/|~/|~$|[A-Za-z]:|\\\\)" } })
    }
}

impl SettingValue for Vec<RulePattern> {
    fn read(raw: &RawValue, _base: &Path, _home: &Path) -> Result<Self, String> {
        let RawValue::List(items) = raw else {
            return Err(format!(
                "an array of rules such as `[\"bash:git diff *\"]` is wanted, not {}",
                raw.kind()
            ));
        };
        items.iter().map(|item| rule(item.text("a rule")?)).collect()
    }

    fn show(&self) -> Value {
        self.iter().map(|pattern| json!(pattern.to_string())).collect()
    }

    fn schema() -> Schema {
        json_schema!({ "type": "array", "items": text(), "examples": [["bash:git diff *"]] })
    }
}

/// Tools that a rule can be about, as the engine names what it asks for.
const TOOLS: Names = Names(
    "bash doom_loop edit external_directory glob grep list question read skill task todowrite webfetch websearch",
);

/// Reads a rule, `TOOL` or `TOOL:PATTERN`.
///
/// # Errors
///
/// A fragment that names the rule and says what is wrong. A name that is almost a tool's is refused: a `deny` for
/// `bahs` would deny nothing.
pub fn rule(text: &str) -> Result<RulePattern, String> {
    let pattern: RulePattern = text
        .parse()
        .map_err(|error: crate::request::ParseRuleError| format!("`{text}` is no rule: {error}"))?;
    match meant_tool(&pattern.tool) {
        Some(near) => Err(format!(
            "`{text}` names no tool; did you mean `{near}`? (For a tool that is really called so, write `{}*`)",
            pattern.tool
        )),
        None => Ok(pattern),
    }
}

/// The tool that a name is almost that of.
pub fn meant_tool(tool: &str) -> Option<&'static str> {
    // The tools of MCP servers and plugins have names of their own, mostly with an underscore.
    if tool.contains(['_', '*', '?', '-', '.']) || TOOLS.contains(tool) {
        return None;
    }
    let near = *nearest::nearest(tool, TOOLS.iter()).first()?;
    (strsim::jaro_winkler(tool, near) > 0.85).then_some(near)
}

/// Reads the address of a server: `http` or `https`, without credentials, query or fragment.
///
/// # Errors
///
/// A fragment that says what is wrong. A password in the address is refused, since arguments and settings are seen by
/// others; it is never repeated in the message.
pub fn server_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|_| "an address such as `http://127.0.0.1:4096` is wanted".to_owned())?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err("an address that begins with `http://` or `https://` is wanted".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(format!(
            "credentials do not belong into an address; set `{}` instead",
            crate::env_vars::SERVER_PASSWORD
        ));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("an address without `?` and `#` is wanted".to_owned());
    }
    Ok(url)
}
