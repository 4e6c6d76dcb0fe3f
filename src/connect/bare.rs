//! `--bare`: neither the user's nor the project's configuration, but for providers and credentials.

use std::ffi::OsString;
use std::path::Path;

use serde_json::Value;

use crate::context::Context;
use crate::engine::files::{CONFIG_NAMES, EngineFiles, NAMED_CONFIG, NAMED_DIRECTORY};
use crate::error::Failure;
use crate::support::atomic_file::{Access, create_directory};
use crate::support::overlay::overlay;

/// What is kept of a configuration.
const KEPT: [&str; 5] = [
    "provider",
    "enabled_providers",
    "disabled_providers",
    "model",
    "small_model",
];
/// Makes the engine read nothing but `config`, into which the providers of the user's configuration are copied.
pub(crate) fn apply(
    context: &Context,
    config: &mut Value,
    variables: &mut Vec<(OsString, OsString)>,
) -> Result<(), Failure> {
    let files = EngineFiles::of(context);
    let users = CONFIG_NAMES.map(|name| files.config.join(name));
    for source in users.into_iter().chain(files.named_config) {
        keep_providers(&source, config)?;
    }
    // An empty configuration home of our own. It stays, since the engine puts files of its own into it.
    let empty = context.directories.cache.join("bare");
    create_directory(&empty, Access::Private)
        .map_err(|error| Failure::failed(format!("cannot create `{}`", empty.display())).caused_by(&error))?;
    variables.push(("XDG_CONFIG_HOME".into(), empty.into()));
    for name in [
        "OPENCODE_DISABLE_PROJECT_CONFIG",
        "OPENCODE_PURE",
        "OPENCODE_DISABLE_EXTERNAL_SKILLS",
        "OPENCODE_DISABLE_CLAUDE_CODE",
    ] {
        variables.push((name.into(), "1".into()));
    }
    for name in [NAMED_CONFIG, NAMED_DIRECTORY] {
        variables.push((name.into(), OsString::new()));
    }
    Ok(())
}

fn keep_providers(path: &Path, config: &mut Value) -> Result<(), Failure> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => {
            return Err(Failure::usage(format!("cannot read `{}`", path.display())).caused_by(&error));
        }
    };
    let value: Option<Value> = jsonc_parser::parse_to_serde_value(&text, &jsonc_parser::ParseOptions::default())
        .map_err(|error| Failure::usage(format!("cannot read `{}`", path.display())).caused_by(&error))?;
    for key in KEPT {
        if let Some(kept) = value.as_ref().and_then(|value| value.get(key)) {
            overlay(&mut config[key], kept.clone());
        }
    }
    Ok(())
}
