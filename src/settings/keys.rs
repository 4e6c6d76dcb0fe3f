//! Every setting: its name, its type, what a project may do with it.

use std::num::{NonZeroU32, NonZeroU64};
use std::path::{Path, PathBuf};
use std::time::Duration;

use schemars::Schema;
use serde_json::Value;
use url::Url;

use super::value::{RawValue, SettingValue};
use super::{Origin, Setting};
use crate::request::{ColorChoice, Dollars, Effort, LoopbackUrl, ModelChoice, OutputMode, RulePattern, Verbosity};

/// What a project's own file may do with a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProjectMay {
    /// Set it to anything: nothing about it is dangerous.
    Set,
    /// Turn it on, never off: on is the narrower state.
    TurnOn,
    /// Turn it off, never on: off is the narrower state.
    TurnOff,
    /// Nothing. It could make us run, reach or trust something, or hide what happens.
    NotSet,
}

/// One setting, as a row of the table of all settings.
#[derive(Debug, Clone, Copy)]
pub struct SettingKey {
    /// The key in files. The environment variable is the prefix and this in capitals.
    pub key: &'static str,
    /// What it is, in one line.
    pub about: &'static str,
    /// What `config show` prints. The value that holds is a constant of `request` or `cli`.
    pub default: Fallback,
    /// What a project may do with it.
    pub project: ProjectMay,
    /// Whether the environment may set it.
    pub environment: bool,
    /// Reads a value into its place.
    pub(super) set: fn(&mut Settings, &RawValue, Origin, &Path, &Path) -> Result<(), String>,
    /// The forms of the value in a file.
    pub(super) schema: fn() -> Schema,
    /// Shows the default as any other value.
    show_default: fn(&str) -> Value,
    /// The values with their origins.
    get: fn(&Settings) -> Vec<(Value, &Origin)>,
}

/// The default of a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fallback {
    /// This value, as one would write it.
    Is(&'static str),
    /// Something that has no value here, in words.
    Said(&'static str),
}

impl SettingKey {
    /// The environment variable that sets it.
    pub fn variable(&self) -> String {
        format!("{}{}", crate::env_vars::PREFIX, self.key.to_ascii_uppercase())
    }

    /// The default value; null where it is known only later.
    pub fn default_value(&self) -> Value {
        match self.default {
            Fallback::Is(text) => (self.show_default)(text),
            Fallback::Said(_) => Value::Null,
        }
    }

    /// The values that are set, with their origins: at most one value, or for a list that adds up one for each source, the
    /// lowest first.
    pub fn values_in<'a>(&self, settings: &'a Settings) -> Vec<(Value, &'a Origin)> {
        (self.get)(settings)
    }
}

/// The values of a setting, with their origins.
fn shown<'a, T: SettingValue + 'a>(set: impl IntoIterator<Item = &'a Setting<T>>) -> Vec<(Value, &'a Origin)> {
    set.into_iter()
        .map(|setting| (setting.value.show(), &setting.origin))
        .collect()
}

macro_rules! settings {
    (
        $($key:ident: $type:ty, $project:ident, $environment:literal, $default:expr, $about:literal;)+
        => lists that add up:
        $($list:ident: $list_type:ty, $list_project:ident, $list_about:literal;)+
    ) => {
        /// The settings that are set; an absent setting has its default.
        #[derive(Debug, Clone, Default, PartialEq, Eq)]
        pub struct Settings {
            $(#[doc = $about] pub $key: Option<Setting<$type>>,)+
            $(#[doc = $list_about] pub $list: Vec<Setting<$list_type>>,)+
            /// Things worth telling: unknown keys, values that a project may not set.
            pub warnings: Vec<String>,
        }

        /// Every setting, in the order in which `config show` prints them.
        pub const ENTRIES: &[SettingKey] = &[
            $(settings!(entry $key: $type, replace, $project, $environment, $default, $about),)+
            $(settings!(entry $list: $list_type, push, $list_project, false, Fallback::Said("none"), $list_about),)+
        ];
    };
    (entry $key:ident: $type:ty, $put:ident, $project:ident, $environment:literal, $default:expr, $about:literal) => {
        SettingKey {
            key: stringify!($key),
            about: $about,
            default: $default,
            project: ProjectMay::$project,
            environment: $environment,
            set: |settings, raw, origin, base, home| {
                let value = <$type as SettingValue>::read(raw, base, home)?;
                settings.$key.$put(Setting { value, origin });
                Ok(())
            },
            schema: <$type as SettingValue>::schema,
            show_default: |text| {
                let raw = RawValue::Variable(text.to_owned());
                <$type as SettingValue>::read(&raw, Path::new("/"), Path::new("/")).map_or(Value::Null, |value| value.show())
            },
            get: |settings| shown(&settings.$key),
        }
    };
}

settings! {
    model: ModelChoice, Set, true, Fallback::Said("the engine's"), "The model, as with `--model`";
    agent: String, Set, true, Fallback::Said("the engine's"), "The agent, as with `--agent`";
    variant: String, Set, true, Fallback::Said("the model's"), "The variant of the model, as with `--variant`";
    effort: Effort, Set, true, Fallback::Said("the model's"), "The level of effort, as with `--effort`";
    system: String, Set, true, Fallback::Said("none"), "Text added to the system prompt, as with `--system`";
    system_file: PathBuf, NotSet, true, Fallback::Said("none"), "File added to the system prompt, as with `--system-file`";
    ephemeral: bool, Set, true, Fallback::Is("false"), "Whether new sessions are deleted after the run, as with `--ephemeral`";
    keep_for: Duration, NotSet, true, Fallback::Is("30m"), "How long a kept server stays after its last use, as with `--keep-for`";
    keep_warm: Duration, NotSet, true, Fallback::Said("off"), "How long a server stays ready for the next plain prompt; without it, only `-k` leaves one";
    timeout: Duration, Set, true, Fallback::Said("none"), "Limit on the whole run, as with `--timeout`";
    stall_timeout: Duration, Set, true, Fallback::Said("none"), "Limit on silence, as with `--stall-timeout`";
    max_retries: u32, Set, true, Fallback::Is("5"), "How often a provider is tried again, as with `--max-retries`";
    retry_budget: Duration, Set, true, Fallback::Is("5m"), "How long retries may take, as with `--retry-budget`";
    max_turns: NonZeroU32, NotSet, true, Fallback::Said("none"), "How often the model may be called, as with `--max-turns`";
    max_tool_calls: NonZeroU32, NotSet, true, Fallback::Said("none"), "How many tools may be called, as with `--max-tool-calls`";
    max_tokens: NonZeroU64, NotSet, true, Fallback::Said("none"), "How many tokens may be used, as with `--max-tokens`";
    max_cost: Dollars, NotSet, true, Fallback::Said("none"), "How many dollars a run may cost, as with `--max-cost`";
    output_format: OutputMode, NotSet, true, Fallback::Is("text"), "The format of stdout of `run`, as with `--output-format`";
    include_raw: bool, NotSet, true, Fallback::Is("false"), "Whether stream-json holds the engine's events, as with `--include-raw`";
    color: ColorChoice, Set, true, Fallback::Is("auto"), "Colour, as with `--color`";
    verbosity: Verbosity, NotSet, true, Fallback::Is("normal"), "`quiet`, `normal`, `verbose` or `trace`, as with `-q` and `-v`";
    progress: bool, Set, true, Fallback::Is("true"), "Whether progress is drawn; `--no-progress` turns it off";
    thinking: bool, Set, true, Fallback::Is("false"), "Whether reasoning is shown, as with `--thinking`";
    raw: bool, Set, true, Fallback::Is("false"), "Whether Markdown stays as it is, as with `--raw`";
    engine: PathBuf, NotSet, true, Fallback::Said("searched"), "The engine program, as with `--engine`";
    offline: bool, TurnOn, true, Fallback::Is("false"), "Whether nothing is downloaded, as with `--offline`";
    bare: bool, TurnOn, true, Fallback::Is("false"), "Whether the engine's configuration is ignored, as with `--bare`";
    attach: Url, NotSet, true, Fallback::Said("none"), "A server that another program runs, as with `--attach`";
    port: u16, NotSet, true, Fallback::Said("a free one"), "The port of a server started here, as with `--port`";
    ollama_url: LoopbackUrl, NotSet, true, Fallback::Is("http://127.0.0.1:11434"), "Where Ollama listens, for models such as `ollama/NAME`";
    lmstudio_url: LoopbackUrl, NotSet, true, Fallback::Is("http://127.0.0.1:1234"), "Where LM Studio listens, for models such as `lmstudio/NAME`";
    llamacpp_url: LoopbackUrl, NotSet, true, Fallback::Is("http://127.0.0.1:8080"), "Where llama.cpp listens, for models such as `llamacpp/NAME`";
    rehearse_script: PathBuf, NotSet, true, Fallback::Said("the built-in answer"), "The script of `--rehearse` without a value";
    trusted_directories: Vec<PathBuf>, NotSet, false, Fallback::Said("none"), "Directories whose code and settings are trusted, with all below them";
    auto_tools: bool, TurnOff, true, Fallback::Is("false"), "Whether the model may run tools, as with `--auto-tools`";
    read_only: bool, TurnOn, true, Fallback::Is("false"), "Whether every change is denied, as with `--read-only`";
    policy: PathBuf, NotSet, true, Fallback::Said("none"), "The file of rules, as with `--policy`";
    no_input: bool, TurnOn, true, Fallback::Is("false"), "Whether no question is asked, as with `--no-input`";
    approver: String, NotSet, true, Fallback::Said("a person"), "The command that answers permissions, as with `--approver`";
    approver_timeout: Duration, NotSet, true, Fallback::Is("60s"), "How long the approver may take, as with `--approver-timeout`";
    fail_on_deny: bool, TurnOn, true, Fallback::Is("false"), "Whether any denial fails the run, as with `--fail-on-deny`";

    => lists that add up:
    deny: Vec<RulePattern>, Set, "Rules that deny, as with `--deny`";
    ask: Vec<RulePattern>, Set, "Rules that ask, as with `--ask`";
    allow: Vec<RulePattern>, NotSet, "Rules that allow, as with `--allow`";
    add_dirs: Vec<PathBuf>, NotSet, "Directories that are treated like the working directory, as with `--add-dir`";
}

/// The setting with this key.
pub(super) fn entry(key: &str) -> Option<&'static SettingKey> {
    ENTRIES.iter().find(|entry| entry.key == key)
}
