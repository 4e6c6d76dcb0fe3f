//! Which warm server fits a command: the slot and the fingerprint.
//!
//! The *slot* says which server is meant: directory, engine, environment, and what else was asked for. Two commands with
//! different ones have nothing to do with each other. The *fingerprint* says how everything looks that the engine reads
//! once: its own program file, configuration, agents, plugins, credentials. When it changes, the server of the slot is
//! replaced, before the next prompt and not after.

#[cfg(unix)]
pub(crate) use unix::{is_any_in, lease};

#[cfg(unix)]
pub(crate) use crate::warm::Lease;

use std::path::Path;
use std::time::Duration;

use super::setup::Setup;
use crate::context::Context;
use crate::engine::Engine;
#[cfg(not(unix))]
use crate::error::Failure;
use crate::request::ConnectRequest;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WarmChoice {
    Find,
    /// One that is there, else a new one; it stays so long after the last use.
    FindOrStart {
        keep_for: Duration,
    },
}

/// What decides which server it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WarmSpec<'a> {
    pub(crate) context: &'a Context,
    pub(crate) request: &'a ConnectRequest,
    pub(crate) directory: &'a Path,
    pub(crate) port: Option<u16>,
    pub(crate) engine: &'a Engine,
    pub(crate) setup: &'a Setup,
    /// Whether the engine reads all of its catalog.
    pub(crate) whole: bool,
}

/// There are no warm servers on this system.
#[cfg(not(unix))]
pub(crate) fn is_any_in(_: &Context, _: &Path) -> bool {
    false
}

/// There are no warm servers on this system.
#[cfg(not(unix))]
pub(crate) async fn lease(_: WarmSpec<'_>, _: WarmChoice) -> Result<Option<Lease>, Failure> {
    Ok(None)
}

/// A hold on a warm server, which there never is on this system.
#[cfg(not(unix))]
#[derive(Debug)]
pub(crate) enum Lease {}

#[cfg(not(unix))]
impl Lease {
    pub(crate) fn endpoint(&self) -> &crate::api::Endpoint {
        match *self {}
    }

    pub(crate) async fn open_gate(&self) -> Result<crate::gate::Gate, Failure> {
        match *self {}
    }

    pub(crate) async fn prompting(&self, _: Option<&str>) {
        match *self {}
    }

    pub(crate) async fn gone(&self) {
        match *self {}
    }
}

#[cfg(unix)]
mod unix {
    use std::collections::BTreeMap;
    use std::fs;
    use std::os::unix::fs::MetadataExt as _;
    use std::path::{Path, PathBuf};
    use std::time::Duration;

    use jsonc_parser::ParseOptions;
    use serde_json::{Value, json};
    use sha2::{Digest as _, Sha256};

    use super::{Lease, WarmChoice, WarmSpec};
    use crate::catalog;
    use crate::context::{Context, Environment};
    use crate::env_vars;
    use crate::error::Failure;
    use crate::request::RehearsalChoice;
    use crate::support::hexadecimal::hexadecimal;
    use crate::warm::{self, LeaseTerms, RehearsalOrders, ServerRecord, SupervisorOrders, WarmRequest};

    /// How long a server may take to be had.
    const DEADLINE: Duration = Duration::from_secs(90);

    /// Variables that differ from terminal to terminal and shell to shell, and mean nothing to an engine.
    const PASSING: &[&str] = &[
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
    const KINDS: &[&str] = &[
        "agent", "agents", "command", "commands", "mode", "modes", "plugin", "plugins", "skill", "skills", "tool",
        "tools",
    ];
    /// Where the engine finds skills of other programs.
    const FOREIGN_SKILLS: &[&str] = &[".claude/skills", ".agents/skills"];
    /// More files than this are not looked at; a server is then one that never fits.
    const MOST_FILES: usize = 5000;

    /// Whether a warm server may be there for a directory, dead or alive.
    pub(crate) fn is_any_in(context: &Context, directory: &Path) -> bool {
        let records = ServerRecord::list(&context.directories.state);
        records.iter().any(|record| record.directory == directory)
    }

    /// A hold on a warm server, where one is to be had.
    ///
    /// # Errors
    ///
    /// When one was to be started, and cannot be.
    pub(crate) async fn lease(place: WarmSpec<'_>, choice: WarmChoice) -> Result<Option<Lease>, Failure> {
        let context = place.context;
        let rehearsal = rehearsal(place)?;
        let Some(wanted) = wanted(place, rehearsal.as_ref(), choice) else {
            tracing::debug!("what the engine reads here is not known, so its server is not shared");
            return Ok(None);
        };
        match choice {
            WarmChoice::Find => Ok(warm::find(&context.directories, &wanted).await),
            WarmChoice::FindOrStart { keep_for } => {
                let orders = orders(place, &wanted, rehearsal, keep_for);
                warm::find_or_start(&context.directories, &context.environment, &wanted, &orders, DEADLINE).await
            }
        }
    }

    fn rehearsal(place: WarmSpec<'_>) -> Result<Option<RehearsalOrders>, Failure> {
        Ok(match &place.request.rehearsal {
            RehearsalChoice::Off => None,
            RehearsalChoice::Plain => Some(RehearsalOrders {
                script: None,
                name: String::new(),
            }),
            RehearsalChoice::Script(path) => Some(RehearsalOrders {
                script: Some(fs::read_to_string(path).map_err(|error| {
                    Failure::usage(format!("cannot read rehearsal script `{}`", path.display())).caused_by(&error)
                })?),
                name: path.display().to_string(),
            }),
        })
    }

    fn wanted(place: WarmSpec<'_>, rehearsal: Option<&RehearsalOrders>, choice: WarmChoice) -> Option<WarmRequest> {
        Some(WarmRequest {
            slot: slot(place, rehearsal),
            port: place.port,
            terms: LeaseTerms {
                fingerprint: fingerprint(place)?,
                keep_for: match choice {
                    WarmChoice::Find => None,
                    WarmChoice::FindOrStart { keep_for } => Some(keep_for),
                },
            },
        })
    }

    fn orders(
        place: WarmSpec<'_>,
        wanted: &WarmRequest,
        rehearsal: Option<RehearsalOrders>,
        keep_for: Duration,
    ) -> SupervisorOrders {
        let directories = &place.context.directories;
        SupervisorOrders {
            slot: wanted.slot.clone(),
            fingerprint: wanted.terms.fingerprint.clone(),
            keep_for: keep_for.as_secs(),
            engine: place.engine.path.clone(),
            engine_version: place.engine.version.clone(),
            engine_source: place.engine.source,
            directory: place.directory.to_path_buf(),
            port: place.port,
            config: place.setup.config.clone(),
            variables: place.setup.variables.clone(),
            rehearsal,
            home: directories.home.clone(),
            config_directory: directories.config.clone(),
            data: directories.data.clone(),
            state: directories.state.clone(),
            cache: directories.cache.clone(),
        }
    }

    /// Which server is meant, as a digest: some of it is secret.
    fn slot(place: WarmSpec<'_>, rehearsal: Option<&RehearsalOrders>) -> String {
        let mut digest = Sha256::new();
        let mut add = |bytes: &[u8]| {
            digest.update(bytes.len().to_le_bytes());
            digest.update(bytes);
        };
        add(env!("CARGO_PKG_VERSION").as_bytes());
        add(place.directory.as_os_str().as_encoded_bytes());
        add(place.engine.path.as_os_str().as_encoded_bytes());
        for (name, value) in relevant(&place.context.environment) {
            add(name);
            add(value);
        }
        add(place.setup.config.to_string().as_bytes());
        for (name, value) in &place.setup.variables {
            // The cut catalog follows the credentials, which the fingerprint looks after.
            if name != "OPENCODE_MODELS_PATH" {
                add(name.as_encoded_bytes());
                add(value.as_encoded_bytes());
            }
        }
        add(format!("{:?} {:?}", place.whole, rehearsal).as_bytes());
        hexadecimal(&digest.finalize()[..16])
    }

    /// The variables that an engine and its commands may care about, in order of their names.
    fn relevant(environment: &Environment) -> impl Iterator<Item = (&[u8], &[u8])> {
        environment
            .iter()
            .map(|(name, value)| (name.as_encoded_bytes(), value.as_encoded_bytes()))
            .filter(|(name, _)| {
                !name.starts_with(env_vars::PREFIX.as_bytes())
                    && !PASSING.iter().any(|passing| passing.as_bytes() == *name)
            })
    }

    /// How everything looks that the engine reads once; `None` where that is not known.
    fn fingerprint(place: WarmSpec<'_>) -> Option<String> {
        let Context {
            environment,
            directories,
            ..
        } = place.context;
        // What the engine will have.
        let environment: Environment = environment
            .iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .chain(place.setup.variables.iter().cloned())
            .collect();
        let places = catalog::configuration_places(&environment, &directories.home, place.directory)?;
        let mut looks = BTreeMap::new();
        looks.insert(place.engine.path.clone(), look(&place.engine.path)?);
        for file in &places.files {
            let Ok(text) = fs::read_to_string(file) else {
                continue;
            };
            named_files(&text, file.parent()?, &directories.home, &mut looks);
            looks.insert(file.clone(), configuration(text));
        }
        if let Some(text) = environment.text(env_vars::ENGINE_CONFIG_CONTENT) {
            named_files(text, place.directory, &directories.home, &mut looks);
        }
        if let Some(look) = credentials(&places.credentials) {
            looks.insert(places.credentials.clone(), look);
        }
        for directory in &places.directories {
            for kind in KINDS {
                files_below(&directory.join(kind), &mut looks)?;
            }
            // Skills that other agents' programs share, in the home and in the directories of the project.
            if directory.ends_with(".opencode")
                && let Some(place) = directory.parent()
            {
                for skills in FOREIGN_SKILLS {
                    files_below(&place.join(skills), &mut looks)?;
                }
            }
        }
        let catalog = place
            .setup
            .variables
            .iter()
            .find(|(name, _)| name == "OPENCODE_MODELS_PATH")
            .map(|(_, path)| path.to_string_lossy().into_owned());
        let mut digest = Sha256::new();
        digest.update(json!([place.engine.version.to_string(), catalog]).to_string());
        for (path, look) in looks {
            digest.update(path.as_os_str().as_encoded_bytes());
            digest.update([0]);
            digest.update(look);
            digest.update([0]);
        }
        Some(hexadecimal(&digest.finalize()[..16]))
    }

    /// A file as far as it can be told without reading it.
    fn look(path: &Path) -> Option<String> {
        let metadata = fs::metadata(path).ok()?;
        Some(format!(
            "{} {} {}.{}",
            metadata.ino(),
            metadata.len(),
            metadata.mtime(),
            metadata.mtime_nsec()
        ))
    }

    /// What a configuration file says. The engine adds `$schema` by itself.
    fn configuration(text: String) -> String {
        match jsonc_parser::parse_to_serde_value::<Value>(&text, &ParseOptions::default()) {
            Ok(Value::Object(mut object)) => {
                object.shift_remove("$schema");
                Value::Object(object).to_string()
            }
            _ => text,
        }
    }

    /// Adds the looks of the files whose contents a configuration takes over: `{file:PATH}`.
    fn named_files(text: &str, base: &Path, home: &Path, looks: &mut BTreeMap<PathBuf, String>) {
        for named in text.split("{file:").skip(1).filter_map(|rest| rest.split_once('}')) {
            let path = match named.0.strip_prefix("~/") {
                Some(rest) => home.join(rest),
                None => base.join(named.0),
            };
            // That it is missing is a look, too.
            let look = look(&path).unwrap_or_default();
            looks.insert(path, look);
        }
    }

    /// Which credentials there are. The tokens of a login are renewed by the engine itself, every hour or so.
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

    /// Adds the looks of all files below a directory; `None` when they are too many.
    fn files_below(directory: &Path, looks: &mut BTreeMap<PathBuf, String>) -> Option<()> {
        let Ok(entries) = fs::read_dir(directory) else {
            return Some(());
        };
        for entry in entries.flatten() {
            let path = entry.path();
            if entry.file_name() == "node_modules" {
                continue;
            }
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                files_below(&path, looks)?;
            } else if let Some(look) = look(&path) {
                looks.insert(path, look);
            }
            if looks.len() > MOST_FILES {
                return None;
            }
        }
        Some(())
    }
}
