//! The environment of the engine, and the gate's place in it.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use jsonc_parser::ParseOptions;
use serde_json::{Map, Value, json};

use super::{PACKAGE_REGISTRY_VARIABLE, StartError};
use crate::context::Environment;
use crate::env_vars;
use crate::gate::Hub;
use crate::support::names::Names;
use crate::support::overlay::overlay;
use crate::support::secret::Secret;

/// Tells the tool gate, a plugin, where our socket is. Only the engine sees it.
pub const GATE_VARIABLE: &str = "OPENCODE_RS_GATE";
/// The name of the client for the engine. The engine offers its `question` tool to some names only, not to this one.
const CLIENT: &str = "opencode-rs";
/// Set to `1` unless the user has set them: an engine that goes out on its own accord is slow and unwanted.
const QUIET: [&str; 3] = [
    "OPENCODE_DISABLE_MODELS_FETCH",
    "OPENCODE_DISABLE_AUTOUPDATE",
    "OPENCODE_DISABLE_LSP_DOWNLOAD",
];

/// The engine's whole environment: the user's without our own variables, then ours, then the caller's `variables`, then
/// the password.
pub(super) fn of_engine(
    user: &Environment,
    directory: &Path,
    config: Value,
    variables: Vec<(OsString, OsString)>,
    password: &Secret,
) -> Result<BTreeMap<OsString, OsString>, StartError> {
    let mut all: BTreeMap<OsString, OsString> = user
        .iter()
        .filter(|(name, _)| !name.as_encoded_bytes().starts_with(env_vars::PREFIX.as_bytes()))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    for name in QUIET {
        all.entry(name.into()).or_insert_with(|| "1".into());
    }
    without_proxy_on_loopback(&mut all);
    for name in PATHS.iter() {
        if let Some(path) = all.get_mut(OsStr::new(name)).filter(|path| !path.is_empty()) {
            *path = directory.join(&*path).into();
        }
    }
    if let Some(path) = user.absolute_path() {
        let name = if user.os("PATH").is_some() { "PATH" } else { "Path" };
        all.insert(name.into(), path);
    }
    all.insert("OPENCODE_CLIENT".into(), CLIENT.into());
    let merged = merged_config(user.os(env_vars::ENGINE_CONFIG_CONTENT), config)?;
    all.insert(env_vars::ENGINE_CONFIG_CONTENT.into(), merged.into());
    all.extend(variables);
    // Last: nothing may take the password away, and the user name is the engine's default.
    all.insert(env_vars::SERVER_PASSWORD.into(), password.expose().into());
    all.remove(OsStr::new(env_vars::SERVER_USERNAME));
    Ok(all)
}

/// Variables with paths, which the user means from where the agent works. The engine's process works elsewhere.
const PATHS: Names = Names(
    "HOME USERPROFILE XDG_CONFIG_HOME XDG_DATA_HOME XDG_STATE_HOME XDG_CACHE_HOME OPENCODE_CONFIG OPENCODE_CONFIG_DIR \
     OPENCODE_MODELS_PATH NODE_EXTRA_CA_CERTS SSL_CERT_FILE SSL_CERT_DIR",
);

/// Names under which programs look for the hosts that they reach without a proxy; which of them wins differs.
const NO_PROXY: [&str; 2] = ["NO_PROXY", "no_proxy"];
/// This machine: no proxy reaches its servers, and none may see what is sent to them.
const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// Adds this machine to the hosts that are reached without a proxy.
fn without_proxy_on_loopback(all: &mut BTreeMap<OsString, OsString>) {
    let theirs = NO_PROXY.map(|name| all.get(OsStr::new(name)).cloned());
    let either = theirs.iter().flatten().next().cloned().unwrap_or_default();
    for (name, own) in NO_PROXY.into_iter().zip(theirs) {
        let mut hosts = own.unwrap_or_else(|| either.clone());
        let text = hosts.to_string_lossy().into_owned();
        let known: Vec<&str> = text.split([',', ' ']).map(str::trim).collect();
        if !known.contains(&"*") {
            for host in LOOPBACK.iter().filter(|host| !known.contains(host)) {
                if !hosts.is_empty() {
                    hosts.push(",");
                }
                hosts.push(host);
            }
        }
        all.insert(name.into(), hosts);
    }
}

fn merged_config(theirs: Option<&OsStr>, ours: Value) -> Result<String, StartError> {
    let bad = |reason: String| StartError::UserConfig { reason };
    let mut merged = match theirs {
        None => Value::Object(Map::new()),
        Some(text) => {
            let text = text.to_str().ok_or_else(|| bad("it is not UTF-8".to_owned()))?;
            // Absent and blank are the same to the engine.
            jsonc_parser::parse_to_serde_value::<Option<Value>>(text, &ParseOptions::default())
                .map_err(|error| bad(error.to_string()))?
                .unwrap_or_else(|| Value::Object(Map::new()))
        }
    };
    if !merged.is_object() {
        return Err(bad("it is not an object".to_owned()));
    }
    let ours = with_their_plugins(&merged, ours);
    overlay(&mut merged, ours);
    Ok(merged.to_string())
}

/// Plugins add up, and ours come last: the engine calls them in this order.
fn with_their_plugins(theirs: &Value, mut ours: Value) -> Value {
    if let (Some(Value::Array(theirs)), Some(Value::Array(ours))) = (theirs.get("plugin"), ours.get_mut("plugin")) {
        ours.splice(0..0, theirs.iter().cloned());
    }
    ours
}

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
    // Git reads as many settings as this number says: the model's commands get the first of those below, the engine all.
    if let Some((name, count)) = settings_of_git(environment, &[BARE]).first() {
        let text = |text: &OsString| text.to_string_lossy().into_owned();
        shown.insert(text(name), text(count));
    }
    variables.push((GATE_VARIABLE.into(), hub.variable(directory, &shown).into()));
    variables.extend(settings_of_git(environment, &[BARE, MONITOR, HOOKS]));
    // An editor that a command starts would take its keys from the command's input, a file of the model, and run it.
    let editors = ["GIT_EDITOR", "GIT_SEQUENCE_EDITOR", "EDITOR", "VISUAL"];
    variables.extend(editors.map(|name| (name.into(), ":".into())));
    // With these of the user's, bash goes to other directories, matches other files or reads another language than we do, and
    // searches look into more files.
    let of_bash = ["CDPATH", "GLOBIGNORE", "BASHOPTS", "SHELLOPTS", "RIPGREP_CONFIG_PATH"];
    let set = of_bash.into_iter().filter(|name| environment.os(name).is_some());
    variables.extend(set.map(|name| (name.into(), OsString::new())));
}

/// Keeps git, also in the commands of the model, from taking a directory without `.git` for a repository: files that the
/// model may write would make one, whose configuration runs programs.
const BARE: (&str, &str) = ("safe.bareRepository", "explicit");
/// Keep the engine's own git from programs of repositories in the directory, into which its comparisons lead.
const MONITOR: (&str, &str) = ("core.fsmonitor", "false");
const HOOKS: (&str, &str) = ("core.hooksPath", "/dev/null");

/// Settings for git, behind those that the user gives in the same way; first the number of all.
fn settings_of_git(environment: &Environment, settings: &[(&str, &str)]) -> Vec<(OsString, OsString)> {
    let count = environment.text("GIT_CONFIG_COUNT").unwrap_or("0");
    // Git refuses anything else.
    let Ok(count) = count.parse::<usize>() else {
        return Vec::new();
    };
    let mut variables = vec![("GIT_CONFIG_COUNT".into(), (count + settings.len()).to_string().into())];
    for (number, (name, value)) in (count..).zip(settings) {
        variables.push((format!("GIT_CONFIG_KEY_{number}").into(), name.into()));
        variables.push((format!("GIT_CONFIG_VALUE_{number}").into(), value.into()));
    }
    variables
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_of_git_that_the_user_gives_stay() {
        let user: Environment = [("GIT_CONFIG_COUNT".into(), "2".into())].into_iter().collect();
        let added = settings_of_git(&user, &[BARE, MONITOR]);
        assert_eq!(added[0], ("GIT_CONFIG_COUNT".into(), "4".into()));
        assert_eq!(added[1], ("GIT_CONFIG_KEY_2".into(), "safe.bareRepository".into()));
        assert_eq!(added[4], ("GIT_CONFIG_VALUE_3".into(), "false".into()));
    }

    fn environment(pairs: &[(&str, &str)]) -> Environment {
        pairs.iter().map(|(name, value)| (name.into(), value.into())).collect()
    }

    #[test]
    fn the_users_environment_passes_without_our_own_variables() {
        let user = environment(&[
            ("HOME", "/home/u"),
            ("OPENCODE_RS_MODEL", "a/b"),
            ("OPENCODE_CONFIG", "ci/one.json"),
            ("OPENCODE_SERVER_PASSWORD", "of somebody else"),
            ("OPENCODE_SERVER_USERNAME", "somebody"),
            ("OPENCODE_DISABLE_MODELS_FETCH", "0"),
            ("OPENCODE_PURE", "1"),
        ]);
        let variables = vec![
            ("OPENCODE_PURE".into(), "0".into()),
            ("OPENCODE_SERVER_PASSWORD".into(), "".into()),
        ];
        let all = of_engine(&user, Path::new("/p"), json!({}), variables, &Secret::new("pw")).unwrap();
        let expected = [
            ("HOME", "/home/u"),
            ("NO_PROXY", "localhost,127.0.0.1,::1"),
            ("no_proxy", "localhost,127.0.0.1,::1"),
            ("OPENCODE_CLIENT", "opencode-rs"),
            ("OPENCODE_CONFIG", "/p/ci/one.json"),
            ("OPENCODE_CONFIG_CONTENT", "{}"),
            ("OPENCODE_DISABLE_AUTOUPDATE", "1"),
            ("OPENCODE_DISABLE_LSP_DOWNLOAD", "1"),
            ("OPENCODE_DISABLE_MODELS_FETCH", "0"),
            ("OPENCODE_PURE", "0"),
            ("OPENCODE_SERVER_PASSWORD", "pw"),
        ];
        let expected: BTreeMap<OsString, OsString> = expected
            .iter()
            .map(|(name, value)| (name.into(), value.into()))
            .collect();
        assert_eq!(all, expected);
    }

    #[test]
    fn this_machine_is_reached_without_a_proxy() {
        for (set, upper, lower) in [
            (
                vec![("NO_PROXY", "a.corp, localhost")],
                "a.corp, localhost,127.0.0.1,::1",
                "a.corp, localhost,127.0.0.1,::1",
            ),
            (
                vec![("NO_PROXY", "a"), ("no_proxy", "b")],
                "a,localhost,127.0.0.1,::1",
                "b,localhost,127.0.0.1,::1",
            ),
            (vec![("no_proxy", "*")], "*", "*"),
            (
                vec![("no_proxy", "")],
                "localhost,127.0.0.1,::1",
                "localhost,127.0.0.1,::1",
            ),
        ] {
            let all = of_engine(
                &environment(&set),
                Path::new("/p"),
                json!({}),
                Vec::new(),
                &Secret::new("pw"),
            )
            .unwrap();
            let value = |name: &str| all[OsStr::new(name)].to_str().unwrap();
            assert_eq!((value("NO_PROXY"), value("no_proxy")), (upper, lower), "{set:?}");
        }
    }

    #[test]
    fn our_configuration_wins_and_the_rest_of_theirs_stays() {
        let theirs = r#"{
            // JSON with comments and commas
            "model": "a/b", "permission": {"bash": {"*": "deny", "rm *": "allow"}, "edit": "allow",},
        }"#;
        let ours = json!({"permission": {"bash": {"*": "ask"}, "edit": {"*": "ask"}}, "share": "disabled"});
        assert_eq!(
            merged_config(Some(theirs.as_ref()), ours).unwrap(),
            r#"{"model":"a/b","permission":{"bash":{"rm *":"allow","*":"ask"},"edit":{"*":"ask"}},"share":"disabled"}"#
        );
    }

    #[test]
    fn our_plugins_come_after_theirs() {
        assert_eq!(
            merged_config(Some(r#"{"plugin":["a","b"]}"#.as_ref()), json!({"plugin": ["c"]})).unwrap(),
            r#"{"plugin":["a","b","c"]}"#
        );
    }

    #[test]
    fn a_configuration_that_cannot_be_read_is_the_users_to_repair() {
        for text in ["{bad", "[]", "\"text\""] {
            let error = merged_config(Some(text.as_ref()), json!({})).unwrap_err();
            assert!(matches!(error, StartError::UserConfig { .. }), "{text}");
        }
        assert_eq!(
            merged_config(Some("  ".as_ref()), json!({"a": 1})).unwrap(),
            r#"{"a":1}"#
        );
    }
}
