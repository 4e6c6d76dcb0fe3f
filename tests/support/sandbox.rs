//! A home, a project and a directory for temporary files that belong to one test.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Instant;

use tempfile::TempDir;

use super::processes::{self, Process};
use super::ripgrep::path_with_ripgrep;
use super::run::{Finished, Run};
use super::schemas;
use super::shared;
use super::until::{LONG, until};
use super::{Model, NO_PACKAGES};
use crate::real_engine;
use opencode_rs::rehearsal::Script;
use opencode_rs::request::SchemaName;

/// Directories of one test. Dropping it kills all processes that still run in them.
pub(crate) struct Sandbox {
    root: TempDir,
}

impl Sandbox {
    pub(crate) fn new() -> Self {
        let root = tempfile::Builder::new().prefix("e2e-").tempdir().unwrap();
        for directory in ["home", "project", "tmp"] {
            std::fs::create_dir(root.path().join(directory)).unwrap();
        }
        Self { root }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    /// The agent's directory, as the program shows it.
    pub(crate) fn project(&self) -> PathBuf {
        std::fs::canonicalize(self.path("project")).unwrap()
    }

    /// Writes a file, with the directories that lead to it.
    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// The environment of everything that runs here: these variables and no others.
    pub(crate) fn environment(&self) -> Vec<(OsString, OsString)> {
        let home = self.path("home");
        let mut variables: Vec<(OsString, OsString)> = vec![
            ("PATH".into(), path_with_ripgrep()),
            ("HOME".into(), home.clone().into()),
            ("TMPDIR".into(), self.path("tmp").into()),
        ];
        variables.extend(NO_PACKAGES.map(|(name, value)| (name.into(), value.into())));
        for (name, directory) in [
            ("XDG_DATA_HOME", ".local/share"),
            ("XDG_CONFIG_HOME", ".config"),
            ("XDG_CACHE_HOME", ".cache"),
            ("XDG_STATE_HOME", ".local/state"),
        ] {
            variables.push((name.into(), home.join(directory).into()));
        }
        variables
    }

    /// The program with these arguments, in the project, with a real engine. Stdin is `/dev/null`.
    pub(crate) fn run<A: Into<OsString>>(&self, arguments: impl IntoIterator<Item = A>) -> Run {
        real_engine::copy_probes(&self.path("home/.cache"));
        self.run_without_engine(arguments)
            .env("OPENCODE_RS_ENGINE", real_engine::path())
    }

    /// Makes [`Sandbox::attached`] runs of the engine that tests share, in which a model answers as `script` says until it is
    /// dropped.
    pub(crate) fn share_engine(&self, script: &str) -> Model {
        let model = Model::start(script);
        // Above the project, so that the project is empty. The program asks whether to trust an address of a model.
        self.write("opencode.json", model.engine_config());
        let root = std::fs::canonicalize(self.root.path()).unwrap();
        self.write(
            "home/.config/opencode-rs/config.toml",
            format!("attach = {:?}\ntrusted_directories = [{root:?}]\n", shared::url()),
        );
        model
    }

    /// The program with these arguments, in the project, attached to the engine that tests share.
    pub(crate) fn attached<A: Into<OsString>>(&self, arguments: impl IntoIterator<Item = A>) -> Run {
        self.run_without_engine(arguments).without_permit()
    }

    /// The same, with no engine named.
    pub(crate) fn run_without_engine<A: Into<OsString>>(&self, arguments: impl IntoIterator<Item = A>) -> Run {
        Run::new(
            env!("CARGO_BIN_EXE_opencode-rs"),
            arguments.into_iter().map(Into::into).collect(),
            self.environment(),
            self.path("project"),
        )
    }

    /// The program against a scripted model that answers as `script` says. Its sessions are among the real ones.
    pub(crate) fn rehearse<A: Into<OsString>>(&self, script: &str, arguments: impl IntoIterator<Item = A>) -> Run {
        self.rehearse_apart(script, arguments)
            .env("OPENCODE_DB", self.database())
    }

    /// The same with sessions in the store of rehearsals, as a user has it.
    pub(crate) fn rehearse_apart<A: Into<OsString>>(
        &self,
        script: &str,
        arguments: impl IntoIterator<Item = A>,
    ) -> Run {
        if Script::parse(script, "script.toml").is_ok() {
            schemas::expect_valid(SchemaName::Script, &toml::from_str(script).unwrap());
        }
        let script = self.write("script.toml", script);
        let mut option = OsString::from("--rehearse=");
        option.push(script);
        let arguments: Vec<OsString> = std::iter::once(option)
            .chain(arguments.into_iter().map(Into::into))
            .collect();
        self.run(arguments)
    }

    /// The store of real sessions. A rehearsal that uses it leaves a store that tests read without a rehearsal.
    pub(crate) fn database(&self) -> PathBuf {
        self.path("home/.local/share/opencode/opencode.db")
    }

    /// The engine itself, without our program, run to its end.
    pub(crate) fn run_engine<A: Into<OsString>>(&self, arguments: impl IntoIterator<Item = A>) -> Finished {
        self.engine_alone(arguments).finish()
    }

    /// The engine itself, without our program.
    pub(crate) fn engine_alone<A: Into<OsString>>(&self, arguments: impl IntoIterator<Item = A>) -> Run {
        Run::new(
            real_engine::path(),
            arguments.into_iter().map(Into::into).collect(),
            self.environment(),
            self.path("project"),
        )
        .env("OPENCODE_DISABLE_MODELS_FETCH", "1")
        .env("OPENCODE_DISABLE_AUTOUPDATE", "1")
    }

    /// Every process that was started here and lives.
    pub(crate) fn processes(&self) -> Vec<Process> {
        processes::of(self.root.path())
    }

    /// The engine that runs here.
    pub(crate) fn engine(&self) -> Option<Process> {
        self.processes().into_iter().find(Process::is_engine)
    }

    /// Sees that nothing which was started here is left: no process, no temporary file.
    pub(crate) fn expect_nothing_left(&self) {
        let end = Instant::now() + LONG;
        until("nothing is left", 2 * LONG, || {
            let left = (self.processes(), list(&self.path("tmp")));
            if left.0.is_empty() && left.1.is_empty() {
                return Some(());
            }
            assert!(Instant::now() < end, "left after {LONG:?}: {left:#?}");
            None
        });
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        for process in self.processes() {
            if let Some(pid) = rustix::process::Pid::from_raw(process.pid) {
                let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
            }
        }
    }
}

fn list(directory: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect()
}
