//! Every environment variable that the program reads, with its effect. Help, README and code refer to this file.

use std::ffi::OsString;

/// Prefix of the variables that set a flag's value: `OPENCODE_RS_MODEL` sets `--model`.
pub const PREFIX: &str = "OPENCODE_RS_";
/// Variables with this prefix that set no setting. With the last two this program talks to a shell that completes words and
/// to the gate in an engine.
pub const OWN: [&str; 6] = [
    ENGINE,
    GITHUB_API,
    GITHUB_DOWNLOAD,
    PROFILE,
    "OPENCODE_RS_COMPLETE",
    "OPENCODE_RS_GATE",
];
/// Path of the engine to use; the same as `--engine`. An unusable path is an error; no other engine is tried.
pub const ENGINE: &str = "OPENCODE_RS_ENGINE";
/// Base address of the GitHub API, for a mirror.
pub const GITHUB_API: &str = "OPENCODE_RS_GITHUB_API";
/// Base address of GitHub release downloads, for a mirror.
pub const GITHUB_DOWNLOAD: &str = "OPENCODE_RS_GITHUB_DOWNLOAD";
/// Token for the GitHub API; `GITHUB_TOKEN` wins over `GH_TOKEN`. Sent to the API host alone.
pub const GITHUB_TOKEN: &str = "GITHUB_TOKEN";
pub const GH_TOKEN: &str = "GH_TOKEN";
/// Password of a server that `--attach` names (user `opencode`, or [`SERVER_USERNAME`]).
pub const SERVER_PASSWORD: &str = "OPENCODE_SERVER_PASSWORD";
/// User name for `--attach`.
pub const SERVER_USERNAME: &str = "OPENCODE_SERVER_USERNAME";
/// Inline configuration of the engine; for the server that we start, our configuration is merged over it.
pub const ENGINE_CONFIG_CONTENT: &str = "OPENCODE_CONFIG_CONTENT";
/// Turns colour off when it is not empty.
pub const NO_COLOR: &str = "NO_COLOR";
/// Turns colour on, terminal or not, unless it is `0`.
pub const CLICOLOR_FORCE: &str = "CLICOLOR_FORCE";
pub const FORCE_COLOR: &str = "FORCE_COLOR";
/// Turns colour off when it is `0`.
pub const CLICOLOR: &str = "CLICOLOR";
/// The kind of terminal; `dumb` has no colour and no cursor.
pub const TERM: &str = "TERM";
/// Variables with which git points its hooks at one repository, its index and its settings. They are right only for the
/// git command that runs the hook: any other process that inherits them writes into the user's index. The list is that
/// of `git rev-parse --local-env-vars`, without `GIT_CONFIG_COUNT`, which is the user's outside of a hook, and with the
/// variables that git gives to the hooks of a push.
const OF_GIT_HOOKS: [&str; 17] = [
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_CONFIG",
    "GIT_CONFIG_PARAMETERS",
    "GIT_DIR",
    "GIT_GRAFT_FILE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_INTERNAL_SUPER_PREFIX",
    "GIT_NAMESPACE",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_QUARANTINE_PATH",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
];
/// Beginnings of the variables that tell a hook of the commit that is being made, and how git was called. Outside of a
/// hook they are the user's own.
const OF_HOOKED_COMMIT: [&str; 8] = [
    "GIT_AUTHOR_",
    "GIT_COMMITTER_DATE",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_KEY_",
    "GIT_CONFIG_VALUE_",
    "GIT_EXEC_PATH",
    "GIT_PUSH_OPTION_",
    "GIT_REFLOG_ACTION",
];

/// Those variables of this process that git set for a hook. No program that we start may get them.
pub fn of_git_hook() -> Vec<OsString> {
    let is_in_hook = OF_GIT_HOOKS.iter().any(|name| std::env::var_os(name).is_some());
    let names = std::env::vars_os().map(|(name, _)| name);
    let is_of_hook = |name: &str| {
        OF_GIT_HOOKS.contains(&name) || OF_HOOKED_COMMIT.iter().any(|beginning| name.starts_with(beginning))
    };
    names
        .filter(|name| is_in_hook && name.to_str().is_some_and(is_of_hook))
        .collect()
}
/// The editor of `--editor`; wins over [`EDITOR`].
pub const VISUAL: &str = "VISUAL";
pub const EDITOR: &str = "EDITOR";
/// The `[profiles.NAME]` table of the user's settings to apply; the same as `--profile`.
pub const PROFILE: &str = "OPENCODE_RS_PROFILE";
/// Address of the npm registry, the source of the engine when GitHub does not answer; npm's own variable.
pub const NPM_REGISTRY: &str = "npm_config_registry";
/// A file of certificates to trust besides the system's; Node's own variable.
pub const NODE_EXTRA_CA_CERTS: &str = "NODE_EXTRA_CA_CERTS";
