//! Where the engine has its files.

use std::path::{Path, PathBuf};

use crate::context::Environment;

/// Names of configuration files, in any of the places.
const CONFIG_NAMES: [&str; 3] = ["config.json", "opencode.json", "opencode.jsonc"];

/// The places that the engine reads, as it finds them from its environment and directory.
#[derive(Debug)]
pub(super) struct EngineFiles {
    home: PathBuf,
    config: PathBuf,
    data: PathBuf,
    cache: PathBuf,
    directory: PathBuf,
    /// `directory` and everything above it, also as it is without symbolic links.
    ancestors: Vec<PathBuf>,
    extra_config: Option<PathBuf>,
    extra_directory: Option<PathBuf>,
    database: Option<PathBuf>,
    program_data: Option<PathBuf>,
}

impl EngineFiles {
    /// `home` is used where the environment has none. `None` when a place depends on where the engine is started.
    pub(super) fn of(environment: &Environment, home: &Path, directory: &Path) -> Option<Self> {
        let path = |name: &str| environment.text(name).map(PathBuf::from);
        let home_variable = if cfg!(windows) { "USERPROFILE" } else { "HOME" };
        let home = path(home_variable).unwrap_or_else(|| home.to_path_buf());
        let base = |name: &str, default: &str| path(name).unwrap_or_else(|| home.join(default)).join("opencode");
        let data = base("XDG_DATA_HOME", ".local/share");
        // A name of a database in memory or elsewhere is not looked after.
        let database = environment
            .os("OPENCODE_DB")
            .is_none()
            .then(|| data.join("opencode.db"));
        let real = directory.canonicalize().ok()?;
        let ancestors = directory.ancestors().chain(real.ancestors());
        let files = Self {
            ancestors: ancestors.map(Path::to_path_buf).collect(),
            config: base("XDG_CONFIG_HOME", ".config"),
            cache: base("XDG_CACHE_HOME", ".cache"),
            data,
            directory: directory.to_path_buf(),
            extra_config: path("OPENCODE_CONFIG"),
            extra_directory: path("OPENCODE_CONFIG_DIR"),
            database,
            program_data: path("ProgramData"),
            home,
        };
        files.are_fixed().then_some(files)
    }

    fn are_fixed(&self) -> bool {
        let places = [&self.home, &self.config, &self.cache, &self.data, &self.directory];
        let extra = [&self.extra_config, &self.extra_directory];
        let mut all = places.into_iter().chain(extra.into_iter().flatten());
        all.all(|place| place.is_absolute())
    }

    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    pub(super) fn credentials(&self) -> PathBuf {
        self.data.join("auth.json")
    }

    /// The database; none when it is somewhere else than usual.
    pub(super) fn database(&self) -> Option<PathBuf> {
        self.database.clone()
    }

    /// The catalog that the engine downloaded, if it did.
    pub(super) fn downloaded_catalog(&self) -> PathBuf {
        self.cache.join("models.json")
    }

    /// Every place where a configuration file may be, whether or not this engine looks there.
    pub(super) fn configs(&self) -> Vec<PathBuf> {
        let mut directories = self.config_directories();
        directories.extend(self.ancestors.iter().cloned());
        let mut files: Vec<PathBuf> = directories
            .iter()
            .flat_map(|directory| CONFIG_NAMES.map(|name| directory.join(name)))
            .collect();
        files.extend(self.extra_config.clone());
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
        plugins || self.config.join("config").exists() || self.has_managed_preferences()
    }

    /// Resolves the path of a `{file:…}`.
    pub(super) fn resolve(&self, path: &str, directory: &Path) -> PathBuf {
        match path.strip_prefix("~/") {
            Some(rest) => self.home.join(rest),
            None => directory.join(path),
        }
    }

    /// Every directory that may hold configuration, agents, plugins and the like.
    pub(super) fn config_directories(&self) -> Vec<PathBuf> {
        let mut directories = vec![self.config.clone(), self.home.join(".opencode")];
        directories.extend(self.ancestors.iter().map(|ancestor| ancestor.join(".opencode")));
        directories.extend(self.extra_directory.clone());
        directories.push(PathBuf::from("/etc/opencode"));
        directories.push(PathBuf::from("/Library/Application Support/opencode"));
        let program_data = self.program_data.clone();
        directories.push(
            program_data
                .unwrap_or_else(|| PathBuf::from("C:\\ProgramData"))
                .join("opencode"),
        );
        directories
    }

    /// On macOS an administrator may set preferences, which are not read here.
    fn has_managed_preferences(&self) -> bool {
        const NAME: &str = "ai.opencode.managed.plist";
        let root = Path::new("/Library/Managed Preferences");
        let of_user = self.home.file_name().map(|user| root.join(user).join(NAME));
        cfg!(target_os = "macos") && (root.join(NAME).exists() || of_user.is_some_and(|path| path.exists()))
    }
}
