//! Where this program and the engine keep their own files, which the model edits after a question only.

use crate::context::Context;
use crate::engine::files::EngineFiles;
use crate::permission::ProtectedPlaces;

/// The places, as this process and the engines that it starts find them.
pub(crate) fn places(context: &Context) -> ProtectedPlaces {
    let directories = &context.directories;
    let engine = EngineFiles::of(context);
    let mut own = vec![
        directories.config.clone(),
        directories.data.clone(),
        directories.state.clone(),
        directories.cache.clone(),
        engine.home.join(".opencode"),
    ];
    own.extend(engine.managed());
    let named = [&engine.named_config, &engine.named_directory];
    own.extend(named.into_iter().flatten().map(|path| context.cwd.join(path)));
    let excepted = vec![directories.state.join("worktrees"), engine.data.join("worktree")];
    own.extend([engine.data, engine.config, engine.state, engine.cache]);
    let variable = |name: &str| context.environment.text(name).map(|path| context.cwd.join(path));
    let programs = std::env::split_paths(context.environment.os("PATH").unwrap_or_default())
        // A directory that holds the one where the agent works would protect everything in it.
        .filter(|path| path.is_absolute() && !context.cwd.starts_with(path));
    ProtectedPlaces {
        own,
        starting: STARTING_VARIABLES
            .into_iter()
            .filter_map(variable)
            .chain(programs)
            .collect(),
        excepted,
    }
}

/// Variables that name a file or directory of settings with which shells and programs start others.
const STARTING_VARIABLES: [&str; 13] = [
    "XDG_CONFIG_HOME",
    "BASH_ENV",
    "CARGO_HOME",
    "CURL_HOME",
    "ENV",
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_SYSTEM",
    "NPM_CONFIG_USERCONFIG",
    "PIP_CONFIG_FILE",
    "PYTHONSTARTUP",
    "RIPGREP_CONFIG_PATH",
    "ZDOTDIR",
    "npm_config_userconfig",
];

/// The variables that the commands of the model have from us.
pub(crate) fn exported(context: &Context) -> Vec<String> {
    let names = context
        .environment
        .iter()
        .map(|(name, _)| name.to_string_lossy().into_owned());
    names.collect()
}
