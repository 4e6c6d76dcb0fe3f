//! The gate's place in an engine.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::{GATE_VARIABLE, PACKAGE_REGISTRY_VARIABLE};
use crate::context::Environment;
use crate::env_vars;
use crate::gate::Hub;

/// Puts the gate into an engine: its plugin, the shell whose lines we understand, and what the commands of the model see
/// instead of the variables that are the engine's alone.
pub fn guard_engine(
    hub: &Hub,
    environment: &Environment,
    config: &mut Value,
    variables: &mut Vec<(OsString, OsString)>,
) {
    // `--bare` sets it; that run reads no configuration that could name other plugins.
    variables.retain(|(name, _)| name != "OPENCODE_PURE");
    config["plugin"] = json!([hub.plugin().url()]);
    if cfg!(unix) {
        // Other shells read the same line differently: zsh runs code in a glob, for one.
        let shell = which::which("bash").unwrap_or_else(|_| PathBuf::from("/bin/sh"));
        config["shell"] = json!(shell);
    }
    // The engine runs git in a repository that may be a partial clone whose remote names a program to run.
    variables.push(("GIT_NO_LAZY_FETCH".into(), "1".into()));
    let mut shown: BTreeMap<String, String> = BTreeMap::new();
    let ours = variables.iter().filter_map(|(name, _)| name.to_str());
    for name in ours.chain([
        env_vars::ENGINE_CONFIG_CONTENT,
        PACKAGE_REGISTRY_VARIABLE,
        "OPENCODE_CLIENT",
    ]) {
        let theirs = environment.text(name).unwrap_or_default();
        shown.insert(name.to_owned(), theirs.to_owned());
    }
    variables.push((GATE_VARIABLE.into(), hub.variable(&shown).into()));
}
