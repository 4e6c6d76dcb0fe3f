//! Where this program and the engine keep their own files, which the model edits after a question only.

use std::path::PathBuf;

use crate::context::Context;
use crate::engine::files::EngineFiles;
use crate::permission::ProtectedPlaces;
use crate::support::names::Names;

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
    let places_in = |name: &str| -> Vec<PathBuf> {
        let places = std::env::split_paths(context.environment.os(name).unwrap_or_default());
        let places = places.map(|place| context.cwd.join(place));
        // What holds the directory where the agent works would protect everything in it.
        places.filter(|place| !context.cwd.starts_with(place)).collect()
    };
    ProtectedPlaces {
        own,
        starting: STARTING_VARIABLES.iter().flat_map(places_in).collect(),
        excepted,
    }
}

/// Variables that name programs, libraries that each program loads, or settings with which shells and programs start others.
const STARTING_VARIABLES: Names = Names(
    "PATH XDG_CONFIG_HOME BASH_ENV CARGO_HOME CURL_HOME ENV GIT_ASKPASS GIT_CONFIG_GLOBAL GIT_CONFIG_SYSTEM GIT_EXEC_PATH \
     GIT_EXTERNAL_DIFF GIT_PAGER GIT_SSH GIT_TEMPLATE_DIR LD_LIBRARY_PATH LD_PRELOAD MAKEFILES MANPAGER \
     NPM_CONFIG_GLOBALCONFIG NPM_CONFIG_SCRIPT_SHELL NPM_CONFIG_USERCONFIG PAGER PIP_CONFIG_FILE PYTHONSTARTUP \
     RIPGREP_CONFIG_PATH RUSTC RUSTC_WORKSPACE_WRAPPER RUSTC_WRAPPER SSH_ASKPASS WGETRC ZDOTDIR npm_config_globalconfig \
     npm_config_script_shell npm_config_userconfig",
);

/// The variables that the commands of the model have from us.
pub(crate) fn exported(context: &Context) -> Vec<String> {
    let names = context
        .environment
        .iter()
        .map(|(name, _)| name.to_string_lossy().into_owned());
    names.collect()
}
