//! Homes for the programs: the same for both, and nobody's.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{Error, PROGRAM};

/// What the model is asked.
pub(crate) const PROMPT: &str = "Say hello";
/// How every answer ends.
pub(crate) const ANSWER: &str = "Say hello";

/// A home directory, an empty directory to work in, and one for temporary files. Gone when dropped.
#[derive(Debug)]
pub(crate) struct Home {
    root: TempDir,
}

impl Home {
    /// An empty one; `whose` is for messages.
    pub(crate) fn new(whose: &str) -> Result<Self, Error> {
        let create = || {
            let root = TempDir::with_prefix("opencode-rs-bench-")?;
            for name in ["home", "project", "tmp"] {
                fs::create_dir(root.path().join(name))?;
            }
            Ok(root)
        };
        let root = create().map_err(|error: std::io::Error| format!("cannot make a home for `{whose}`: {error}"))?;
        Ok(Self { root })
    }

    /// One with this configuration of the engine as the user's own.
    pub(crate) fn with_config(whose: &str, config: &Value) -> Result<Self, Error> {
        let home = Self::new(whose)?;
        let directory = home.engine_config();
        fs::create_dir_all(&directory)
            .and_then(|()| fs::write(directory.join("opencode.json"), config.to_string()))
            .map_err(|error| format!("cannot write to `{}`: {error}", directory.display()))?;
        Ok(home)
    }

    fn engine_config(&self) -> std::path::PathBuf {
        self.root.path().join("home/.config/opencode")
    }

    /// The same, in which the engine was used before.
    pub(crate) fn for_engine(whose: &str, version: &str, config: &Value) -> Result<Self, Error> {
        let home = Self::with_config(whose, config)?;
        let directory = home.engine_config();
        // The engine installs its plugin package into this directory in the background, which takes longer than a run
        // does. This is how it looks for what is installed, so it neither installs anew in each run nor goes out.
        let lock =
            json!({ "lockfileVersion": 3, "packages": { "": { "dependencies": { "@opencode-ai/plugin": version } } } });
        let write = || {
            fs::create_dir_all(directory.join("node_modules"))?;
            fs::write(directory.join("package-lock.json"), lock.to_string())
        };
        write().map_err(|error| format!("cannot write to `{}`: {error}", directory.display()))?;
        Ok(home)
    }

    /// Makes the directory to work in a git repository.
    ///
    /// # Errors
    ///
    /// When there is no `git`.
    pub(crate) fn make_repository(&self) -> Result<(), Error> {
        let mut git = Command::new("git");
        let made = self.quiet(git.args(["init", "--quiet"])).status();
        match made {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(format!("`git init` failed: {status}")),
            Err(error) => Err(format!("cannot run `git`: {error}")),
        }
    }

    /// The home directory itself.
    pub(crate) fn directory(&self) -> std::path::PathBuf {
        self.root.path().join("home")
    }

    /// Our program with this engine.
    pub(crate) fn opencode_rs(&self, engine: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        self.quiet(command.args(arguments)).env("OPENCODE_RS_ENGINE", engine);
        command
    }

    /// The engine's own `run`.
    pub(crate) fn opencode_run(&self, engine: &Path) -> Command {
        let mut command = Command::new(engine);
        self.quiet(command.args(["run", PROMPT]));
        command
    }

    /// Puts a program into this home, where it has no reason to go out. Our program tells the engine so by itself; for
    /// `opencode run` it is a favour.
    pub(crate) fn quiet<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command
            .current_dir(self.root.path().join("project"))
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.root.path().join("home"))
            .env("TMPDIR", self.root.path().join("tmp"))
            .env("TERM", "dumb")
            .env("OPENCODE_DISABLE_MODELS_FETCH", "1")
            .env("OPENCODE_DISABLE_AUTOUPDATE", "1")
            .env("OPENCODE_DISABLE_LSP_DOWNLOAD", "1")
    }
}
