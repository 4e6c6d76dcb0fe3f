//! Every place where the engine may find something that decides about providers.

use std::path::{Path, PathBuf};

use crate::context::Environment;
use crate::engine::files::{CONFIG_NAMES, EngineFiles, NAMED_DATABASE};

/// The places that the engine reads, as it finds them from its environment and directory.
#[derive(Debug)]
pub struct ConfigFiles {
    engine: EngineFiles,
    pub(super) directory: PathBuf,
    /// `directory` and everything above it, also as it is without symbolic links.
    ancestors: Vec<PathBuf>,
    /// The database; none when it is somewhere else than usual.
    pub(super) database: Option<PathBuf>,
}

impl ConfigFiles {
    /// `home` is used where the environment has none. `None` when a place depends on where the engine is started.
    pub fn of(environment: &Environment, home: &Path, directory: &Path) -> Option<Self> {
        let engine = EngineFiles::new(|name| environment.os(name), home, Path::new(""));
        let real = directory.canonicalize().ok()?;
        let ancestors = directory.ancestors().chain(real.ancestors());
        let is_fixed = |place: &PathBuf| place.is_absolute();
        let named = [&engine.named_config, &engine.named_directory];
        let are_fixed = [&engine.home, &engine.config, &engine.cache, &engine.data]
            .into_iter()
            .all(is_fixed)
            && named.into_iter().flatten().all(is_fixed)
            && directory.is_absolute();
        if !are_fixed {
            return None;
        }
        Some(Self {
            ancestors: ancestors.map(Path::to_path_buf).collect(),
            directory: directory.to_path_buf(),
            // A database in memory or elsewhere is not looked after.
            database: engine.database().filter(|_| environment.os(NAMED_DATABASE).is_none()),
            engine,
        })
    }

    pub fn credentials(&self) -> PathBuf {
        self.engine.credentials()
    }

    /// The catalog that the engine downloaded, if it did.
    pub(super) fn downloaded_catalog(&self) -> PathBuf {
        self.engine.cache.join("models.json")
    }

    /// Every place where a configuration file may be, whether or not this engine looks there.
    pub fn configs(&self) -> Vec<PathBuf> {
        let mut directories = self.config_directories();
        directories.extend(self.ancestors.iter().cloned());
        let mut files: Vec<PathBuf> = directories
            .iter()
            .flat_map(|directory| CONFIG_NAMES.map(|name| directory.join(name)))
            .collect();
        files.extend(self.engine.named_config.clone());
        files
    }

    /// Whether there is something that changes the configuration by running, or that is in an old or foreign format.
    pub(super) fn may_hold_plugins(&self) -> bool {
        let plugins = self
            .config_directories()
            .into_iter()
            .flat_map(|directory| [directory.join("plugin"), directory.join("plugins")])
            .any(|directory| directory.exists());
        // The configuration of the first versions, in TOML.
        plugins || self.engine.config.join("config").exists() || self.has_managed_preferences()
    }

    /// Resolves the path of a `{file:…}`.
    pub(super) fn resolve(&self, path: &str, directory: &Path) -> PathBuf {
        match path.strip_prefix("~/") {
            Some(rest) => self.engine.home.join(rest),
            None => directory.join(path),
        }
    }

    /// Every directory that may hold configuration, agents, plugins and the like.
    pub fn config_directories(&self) -> Vec<PathBuf> {
        let ancestors = self.ancestors.iter().map(PathBuf::as_path);
        let mut directories = self.engine.config_directories(ancestors);
        directories.extend(self.engine.managed());
        directories
    }

    /// On macOS an administrator may set preferences, which are not read here.
    fn has_managed_preferences(&self) -> bool {
        const NAME: &str = "ai.opencode.managed.plist";
        let root = Path::new("/Library/Managed Preferences");
        let of_user = self.engine.home.file_name().map(|user| root.join(user).join(NAME));
        cfg!(target_os = "macos") && (root.join(NAME).exists() || of_user.is_some_and(|path| path.exists()))
    }
}
