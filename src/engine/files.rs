//! Where the engine keeps its files, and which variables move them: the one place that knows.
//!
//! The engine follows the XDG names on every platform, below the home that the system names.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use crate::context::Context;

/// Names of configuration files in a directory of configuration; a later one wins.
pub const CONFIG_NAMES: [&str; 3] = ["config.json", "opencode.json", "opencode.jsonc"];
/// One more file of configuration, and one more directory.
pub const NAMED_CONFIG: &str = "OPENCODE_CONFIG";
pub const NAMED_DIRECTORY: &str = "OPENCODE_CONFIG_DIR";
/// The database: its name in the data directory, a path, or `:memory:`.
pub const NAMED_DATABASE: &str = "OPENCODE_DB";

#[derive(Debug, Clone)]
pub struct EngineFiles {
    pub home: PathBuf,
    pub config: PathBuf,
    pub data: PathBuf,
    pub state: PathBuf,
    pub cache: PathBuf,
    /// As the variables have them: the engine reads them from the directory that it works in.
    pub named_config: Option<PathBuf>,
    pub named_directory: Option<PathBuf>,
    named_database: Option<OsString>,
    program_data: Option<PathBuf>,
}

impl EngineFiles {
    /// Those of the engines that this process starts.
    pub fn of(context: &Context) -> Self {
        let home = &context.directories.home;
        Self::new(|name| context.environment.os(name), home, &context.cwd)
    }

    /// Those of an engine with these variables. `home` counts where they have none; relative paths are meant from `base`.
    pub fn new<'a>(variable: impl Fn(&str) -> Option<&'a OsStr>, home: &Path, base: &Path) -> Self {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        let path = |name: &str| set(name).map(PathBuf::from);
        let home = path(if cfg!(windows) { "USERPROFILE" } else { "HOME" })
            .map_or_else(|| home.to_path_buf(), |home| base.join(home));
        let below = |name: &str, fallback: &str| {
            let directory = path(name).map_or_else(|| home.join(fallback), |path| base.join(path));
            directory.join("opencode")
        };
        Self {
            config: below("XDG_CONFIG_HOME", ".config"),
            data: below("XDG_DATA_HOME", ".local/share"),
            state: below("XDG_STATE_HOME", ".local/state"),
            cache: below("XDG_CACHE_HOME", ".cache"),
            named_config: path(NAMED_CONFIG),
            named_directory: path(NAMED_DIRECTORY),
            named_database: set(NAMED_DATABASE).map(OsStr::to_owned),
            program_data: path("ProgramData").map(|path| base.join(path)),
            home,
        }
    }

    /// The database, if it is a file.
    pub fn database(&self) -> Option<PathBuf> {
        match &self.named_database {
            Some(name) if name == ":memory:" => None,
            Some(name) => Some(self.data.join(name)),
            None => Some(self.data.join("opencode.db")),
        }
    }

    pub fn credentials(&self) -> PathBuf {
        self.data.join("auth.json")
    }

    /// Where an administrator puts configuration.
    pub fn managed(&self) -> [PathBuf; 3] {
        let program_data = self.program_data.clone();
        [
            PathBuf::from("/etc/opencode"),
            PathBuf::from("/Library/Application Support/opencode"),
            program_data
                .unwrap_or_else(|| PathBuf::from("C:\\ProgramData"))
                .join("opencode"),
        ]
    }

    /// The user's directories of configuration, agents, plugins and the like, and those of the project: a `.opencode` in
    /// each of `ancestors`.
    pub fn config_directories<'a>(&self, ancestors: impl Iterator<Item = &'a Path>) -> Vec<PathBuf> {
        let users = [self.config.clone(), self.home.join(".opencode")];
        let projects = ancestors.map(|ancestor| ancestor.join(".opencode"));
        users
            .into_iter()
            .chain(projects)
            .chain(self.named_directory.clone())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_database_is_where_the_engine_looks_for_it() {
        let home = Path::new("/home/fallback");
        let find = |pairs: &[(&str, &'static str)]| {
            let variable = |name: &str| {
                pairs
                    .iter()
                    .find(|(known, _)| *known == name)
                    .map(|(_, value)| OsStr::new(*value))
            };
            EngineFiles::new(variable, home, Path::new("")).database()
        };
        let expect = |path: &str| Some(PathBuf::from(path));
        assert_eq!(find(&[]), expect("/home/fallback/.local/share/opencode/opencode.db"));
        assert_eq!(find(&[("HOME", "/h")]), expect("/h/.local/share/opencode/opencode.db"));
        assert_eq!(
            find(&[("HOME", "/h"), ("XDG_DATA_HOME", "/d")]),
            expect("/d/opencode/opencode.db")
        );
        assert_eq!(
            find(&[("XDG_DATA_HOME", "/d"), ("OPENCODE_DB", "my.db")]),
            expect("/d/opencode/my.db")
        );
        assert_eq!(
            find(&[("XDG_DATA_HOME", "/d"), ("OPENCODE_DB", "/e/my.db")]),
            expect("/e/my.db")
        );
        assert_eq!(find(&[("OPENCODE_DB", ":memory:")]), None);
    }
}
