//! Which warm server fits a spec: the slot and the fingerprint.
//!
//! The *slot* says which server is meant: directory, engine, environment, and the rest of the spec. Servers with different
//! slots have nothing to do with each other. The *fingerprint* covers everything that the engine reads once: its own program
//! file, configuration, agents, plugins, credentials. When the fingerprint changes, a new server replaces that of the slot
//! before the next prompt.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use jsonc_parser::ParseOptions;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::record::ServerRecord;
use crate::catalog::ConfigFiles;
use crate::context::{Directories, Environment};
use crate::env_vars;
use crate::server::{CATALOG_VARIABLE, ServerSpec};
use crate::support::hexadecimal::hexadecimal;

/// Variables that differ between terminals and shells and mean nothing to an engine.
const TERMINAL_VARIABLES: &[&str] = &[
    "_",
    "ALACRITTY_LOG",
    "ALACRITTY_SOCKET",
    "ALACRITTY_WINDOW_ID",
    "CLICOLOR",
    "CLICOLOR_FORCE",
    "COLORFGBG",
    "COLORTERM",
    "COLUMNS",
    "FORCE_COLOR",
    "GNOME_TERMINAL_SCREEN",
    "GPG_TTY",
    "HISTFILE",
    "INVOCATION_ID",
    "ITERM_SESSION_ID",
    "JOURNAL_STREAM",
    "KITTY_PID",
    "KITTY_WINDOW_ID",
    "KONSOLE_DBUS_SESSION",
    "KONSOLE_DBUS_WINDOW",
    "LINES",
    "MAKEFLAGS",
    "MAKELEVEL",
    "MFLAGS",
    "NO_COLOR",
    "OLDPWD",
    "PWD",
    "SHLVL",
    "SSH_CLIENT",
    "SSH_CONNECTION",
    "SSH_TTY",
    "STY",
    "SYSTEMD_EXEC_PID",
    "TERM",
    "TERMINATOR_UUID",
    "TERM_PROGRAM",
    "TERM_PROGRAM_VERSION",
    "TERM_SESSION_ID",
    "TMUX",
    "TMUX_PANE",
    "VTE_VERSION",
    "WEZTERM_PANE",
    "WEZTERM_UNIX_SOCKET",
    "WINDOW",
    "WINDOWID",
    "XDG_ACTIVATION_TOKEN",
    "XDG_SESSION_ID",
];

/// Directories below those of the configuration whose files the engine reads once.
const INPUT_DIRECTORIES: &[&str] = &[
    "agent", "agents", "command", "commands", "mode", "modes", "plugin", "plugins", "skill", "skills", "tool", "tools",
];
/// Where the engine finds the skills of other programs.
const FOREIGN_SKILLS: &[&str] = &[".claude/skills", ".agents/skills"];
/// Limit of files in a fingerprint. With more files there is no fingerprint, and the server is not shared.
const FILE_LIMIT: usize = 5000;

/// The slot and the fingerprint of a server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ServerKey {
    pub(super) slot: String,
    pub(super) fingerprint: String,
    /// The digest of the spec's provider on this machine.
    pub(super) local_provider: Option<String>,
}

impl ServerKey {
    /// `None` when it is not known what the engine reads, so that its server cannot be shared.
    pub(super) fn new(spec: &ServerSpec, environment: &Environment, directories: &Directories) -> Option<Self> {
        Some(Self {
            slot: slot(spec, environment),
            fingerprint: fingerprint(spec, environment, &directories.home)?,
            local_provider: spec.local_provider.as_ref().map(|provider| {
                let digest = Sha256::digest(provider.to_string());
                hexadecimal(&digest[..16])
            }),
        })
    }

    /// A server that knows a provider on this machine also answers those who use none.
    pub(super) fn fits(&self, record: &ServerRecord) -> bool {
        record.slot == self.slot
            && record.fingerprint == self.fingerprint
            && (self.local_provider.is_none() || record.local_provider == self.local_provider)
    }
}

/// A digest, since some of the variables are secret.
fn slot(spec: &ServerSpec, environment: &Environment) -> String {
    let mut digest = Sha256::new();
    let mut add = |bytes: &[u8]| {
        digest.update(bytes.len().to_le_bytes());
        digest.update(bytes);
    };
    add(env!("CARGO_PKG_VERSION").as_bytes());
    add(spec.directory.as_os_str().as_encoded_bytes());
    add(spec.engine.path.as_os_str().as_encoded_bytes());
    for (name, value) in relevant(environment) {
        add(name);
        add(value);
    }
    add(spec.config.to_string().as_bytes());
    for (name, value) in &spec.variables {
        // The cut catalog follows the credentials, which the fingerprint covers.
        if name != CATALOG_VARIABLE {
            add(name.as_encoded_bytes());
            add(value.as_encoded_bytes());
        }
    }
    add(format!("{:?} {:?}", spec.whole_catalog, spec.rehearsal).as_bytes());
    hexadecimal(&digest.finalize()[..16])
}

/// The variables that an engine or its commands may read, in order of their names.
fn relevant(environment: &Environment) -> impl Iterator<Item = (&[u8], &[u8])> {
    environment
        .iter()
        .map(|(name, value)| (name.as_encoded_bytes(), value.as_encoded_bytes()))
        .filter(|(name, _)| {
            !name.starts_with(env_vars::PREFIX.as_bytes())
                && !TERMINAL_VARIABLES.iter().any(|passing| passing.as_bytes() == *name)
        })
}

/// A digest of everything that the engine reads once; `None` when that is not known.
fn fingerprint(spec: &ServerSpec, environment: &Environment, home: &Path) -> Option<String> {
    let environment = environment.with(spec.variables.iter().cloned());
    let places = ConfigFiles::of(&environment, home, &spec.directory)?;
    let mut inputs = BTreeMap::new();
    inputs.insert(spec.engine.path.clone(), stamp(&spec.engine.path)?);
    for file in places.configs() {
        let Ok(text) = fs::read_to_string(&file) else {
            continue;
        };
        named_files(&text, file.parent()?, home, &mut inputs);
        inputs.insert(file, configuration(text));
    }
    if let Some(text) = environment.text(env_vars::ENGINE_CONFIG_CONTENT) {
        named_files(text, &spec.directory, home, &mut inputs);
    }
    let accounts = places.credentials();
    if let Some(text) = credentials(&accounts) {
        inputs.insert(accounts, text);
    }
    for directory in places.config_directories() {
        for kind in INPUT_DIRECTORIES {
            files_below(&directory.join(kind), &mut inputs)?;
        }
        // Shared skills are in the home and in the directories of the project.
        if directory.ends_with(".opencode")
            && let Some(place) = directory.parent()
        {
            for skills in FOREIGN_SKILLS {
                files_below(&place.join(skills), &mut inputs)?;
            }
        }
    }
    let catalog = spec.catalog().map(|path| path.to_string_lossy());
    let mut digest = Sha256::new();
    digest.update(json!([spec.engine.version.to_string(), catalog]).to_string());
    for (path, content) in inputs {
        digest.update(path.as_os_str().as_encoded_bytes());
        digest.update([0]);
        digest.update(content);
        digest.update([0]);
    }
    Some(hexadecimal(&digest.finalize()[..16]))
}

/// Identity, size and modification time of a file.
fn stamp(path: &Path) -> Option<String> {
    let metadata = fs::metadata(path).ok()?;
    Some(format!(
        "{} {} {}.{}",
        metadata.ino(),
        metadata.len(),
        metadata.mtime(),
        metadata.mtime_nsec()
    ))
}

/// A configuration without `$schema`, which the engine adds by itself.
fn configuration(text: String) -> String {
    match jsonc_parser::parse_to_serde_value::<Value>(&text, &ParseOptions::default()) {
        Ok(Value::Object(mut object)) => {
            object.shift_remove("$schema");
            Value::Object(object).to_string()
        }
        _ => text,
    }
}

/// Adds the files whose contents a configuration includes: `{file:PATH}`.
fn named_files(text: &str, base: &Path, home: &Path, inputs: &mut BTreeMap<PathBuf, String>) {
    for named in text.split("{file:").skip(1).filter_map(|rest| rest.split_once('}')) {
        let path = match named.0.strip_prefix("~/") {
            Some(rest) => home.join(rest),
            None => base.join(named.0),
        };
        // A missing file counts too.
        let stamp = stamp(&path).unwrap_or_default();
        inputs.insert(path, stamp);
    }
}

/// The credentials without the tokens of logins, which the engine renews by itself about every hour.
fn credentials(path: &Path) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    let Ok(Value::Object(mut accounts)) = serde_json::from_str(&text) else {
        return Some(text);
    };
    for account in accounts.values_mut() {
        if let Value::Object(account) = account
            && account.get("type").and_then(Value::as_str) == Some("oauth")
        {
            for renewed in ["access", "refresh", "expires"] {
                account.shift_remove(renewed);
            }
        }
    }
    Some(Value::Object(accounts).to_string())
}

/// Adds all files below a directory; `None` when there are too many.
fn files_below(directory: &Path, inputs: &mut BTreeMap<PathBuf, String>) -> Option<()> {
    let Ok(entries) = fs::read_dir(directory) else {
        return Some(());
    };
    for entry in entries.flatten() {
        let path = entry.path();
        if entry.file_name() == "node_modules" {
            continue;
        }
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            files_below(&path, inputs)?;
        } else if let Some(stamp) = stamp(&path) {
            inputs.insert(path, stamp);
        }
        if inputs.len() > FILE_LIMIT {
            return None;
        }
    }
    Some(())
}
