//! Where this program and the engine keep their own files, which the model edits after a question only.

use std::path::PathBuf;

use crate::context::Context;
use crate::permission::ProtectedPlaces;

/// The places, as this process and the engines that it starts find them.
pub(crate) fn places(context: &Context) -> ProtectedPlaces {
    let directories = &context.directories;
    let variable = |name: &str| context.environment.text(name).map(|path| context.cwd.join(path));
    let data = context.engine_directory("XDG_DATA_HOME", ".local/share");
    let program_data = variable("ProgramData").unwrap_or_else(|| PathBuf::from("C:\\ProgramData"));
    let mut own = vec![
        directories.config.clone(),
        directories.data.clone(),
        directories.state.clone(),
        directories.cache.clone(),
        data.clone(),
        context.engine_directory("XDG_CONFIG_HOME", ".config"),
        context.engine_directory("XDG_STATE_HOME", ".local/state"),
        context.engine_directory("XDG_CACHE_HOME", ".cache"),
        directories.home.join(".opencode"),
        PathBuf::from("/etc/opencode"),
        PathBuf::from("/Library/Application Support/opencode"),
        program_data.join("opencode"),
    ];
    own.extend(
        ["OPENCODE_CONFIG", "OPENCODE_CONFIG_DIR"]
            .into_iter()
            .filter_map(variable),
    );
    ProtectedPlaces {
        own,
        configuration: variable("XDG_CONFIG_HOME").into_iter().collect(),
        excepted: vec![directories.state.join("worktrees"), data.join("worktree")],
    }
}
