//! The gate's place in an engine.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{GATE_VARIABLE, PACKAGE_REGISTRY_VARIABLE};
use crate::context::Environment;
use crate::env_vars;
use crate::gate::Hub;

/// Puts the gate into an engine: its plugin, the shell whose lines we understand, and what the commands of the model see
/// instead of the variables that are the engine's alone.
pub fn guard_engine(
    hub: &Hub,
    directory: &Path,
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
    variables.push((GATE_VARIABLE.into(), hub.variable(directory, &shown).into()));
    variables.extend(no_bare_repositories(environment));
    // An editor that a command starts would take its keys from the command's input, a file of the model, and run it.
    let editors = ["GIT_EDITOR", "GIT_SEQUENCE_EDITOR", "EDITOR", "VISUAL"];
    variables.extend(editors.map(|name| (name.into(), ":".into())));
    // With these of the user's, bash goes to other directories, matches other files or reads another language than we do.
    let of_bash = ["CDPATH", "GLOBIGNORE", "BASHOPTS", "SHELLOPTS"];
    let set = of_bash.into_iter().filter(|name| environment.os(name).is_some());
    variables.extend(set.map(|name| (name.into(), OsString::new())));
}

/// Keeps git, also in the commands of the model, from taking a directory without `.git` for a repository: files that the
/// model may write would make one, whose configuration runs programs. Behind what the user sets in the same way.
fn no_bare_repositories(environment: &Environment) -> Vec<(OsString, OsString)> {
    let count = environment.text("GIT_CONFIG_COUNT").unwrap_or("0");
    // Git refuses anything else.
    let Ok(count) = count.parse::<u16>() else {
        return Vec::new();
    };
    vec![
        (format!("GIT_CONFIG_KEY_{count}").into(), "safe.bareRepository".into()),
        (format!("GIT_CONFIG_VALUE_{count}").into(), "explicit".into()),
        ("GIT_CONFIG_COUNT".into(), (count + 1).to_string().into()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_of_git_that_the_user_gives_stay() {
        let user: Environment = [("GIT_CONFIG_COUNT".into(), "2".into())].into_iter().collect();
        let added = no_bare_repositories(&user);
        assert_eq!(added[0].0, "GIT_CONFIG_KEY_2");
        assert_eq!(added[2], ("GIT_CONFIG_COUNT".into(), "3".into()));
    }
}
