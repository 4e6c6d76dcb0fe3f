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
    let configuration = context.environment.text("XDG_CONFIG_HOME");
    ProtectedPlaces {
        own,
        configuration: configuration.map(|path| context.cwd.join(path)).into_iter().collect(),
        excepted,
    }
}
