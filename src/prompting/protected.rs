//! Where this program and the engine keep their own files, which the model edits after a question only.

use std::path::{Path, PathBuf};

use crate::context::Context;
use crate::engine::files::EngineFiles;
use crate::permission::{ProtectedPlaces, normal};
use crate::support::git_settings::starts_programs;
use crate::support::names::Names;

/// The places, as this process and the engines that it starts find them, for an agent in `directory`.
pub(crate) fn places(context: &Context, directory: &Path) -> ProtectedPlaces {
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
    let mut starting: Vec<PathBuf> = STARTING_VARIABLES.iter().flat_map(places_in).collect();
    starting.extend(programs_of_git(context, directory));
    ProtectedPlaces {
        own,
        starting,
        excepted,
    }
}

/// The files and directories in the project that git's settings name: git starts what is there.
fn programs_of_git(context: &Context, directory: &Path) -> Vec<PathBuf> {
    let git = |arguments: &[&str]| {
        let output = context.environment.git(directory).args(arguments).output();
        let output = output.map(|output| output.stdout).unwrap_or_default();
        String::from_utf8_lossy(&output).into_owned()
    };
    let settings = git(&["config", "--null", "--list", "--show-origin"]);
    let top = directory.ancestors().find(|place| place.join(".git").exists());
    let top = top.unwrap_or(directory);
    let mut found = Vec::new();
    // What holds the whole project would protect everything in it.
    let mut add = |place: PathBuf| {
        let place = normal(&place);
        // That has its own protection.
        let is_known = place.components().any(|part| part.as_os_str() == ".git");
        if !is_known && place.starts_with(top) && !directory.starts_with(&place) {
            found.push(place);
        }
    };
    // The repository may have another name than `.git`.
    if !settings.is_empty() {
        let repository = git(&["rev-parse", "--git-dir", "--git-common-dir"]);
        repository.lines().for_each(|place| add(directory.join(place)));
    }
    let fields: Vec<&str> = settings.split('\0').collect();
    for (origin, setting) in fields.chunks_exact(2).map(|pair| (pair[0], pair[1])) {
        // Where the setting stands, under whatever name.
        let file = origin.strip_prefix("file:").map(|file| directory.join(file));
        let beside = file
            .as_deref()
            .and_then(Path::parent)
            .unwrap_or(directory)
            .to_path_buf();
        file.into_iter().for_each(&mut add);
        let (name, value) = setting.split_once('\n').unwrap_or((setting, ""));
        if !starts_programs(name) {
            continue;
        }
        let words = value.split(|c: char| c.is_whitespace() || "'\"!;&|<>()=".contains(c));
        for word in words.filter(|word| !word.is_empty()) {
            let home = word
                .strip_prefix("~/")
                .map(|below| context.directories.home.join(below));
            let word = home.unwrap_or_else(|| PathBuf::from(word));
            let places = [directory, top, &beside].map(|base| base.join(&word));
            let is_place = |place: &PathBuf| name == "core.hookspath" || name.starts_with("include") || place.exists();
            places.into_iter().filter(is_place).for_each(&mut add);
        }
    }
    found
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
