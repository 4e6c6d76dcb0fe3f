//! A home with an engine program to cut a catalog for.

use std::fs;
use std::path::{Path, PathBuf};

use opencode_rs::catalog::{CatalogChoice, CatalogRequest, CutCatalog, choose};
use opencode_rs::context::{Directories, Environment};
use opencode_rs::engine::{Engine, PINNED_VERSION};
use opencode_rs::request::EngineSource;

pub(crate) struct CatalogHome {
    directory: tempfile::TempDir,
    pub(crate) engine: Engine,
}

impl CatalogHome {
    pub(crate) fn with(program: PathBuf) -> Self {
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir(directory.path().join("project")).unwrap();
        Self {
            directory,
            engine: Engine {
                path: program,
                version: PINNED_VERSION.parse().unwrap(),
                source: EngineSource::Explicit,
            },
        }
    }

    /// An engine program that is nothing but a catalog among other bytes.
    pub(crate) fn with_catalog(literal: &str) -> Self {
        let mut home = Self::with(PathBuf::new());
        let mut program = vec![0x90; 3 << 20];
        program.extend_from_slice(b"p=n.sync(()=>(");
        program.extend_from_slice(literal.as_bytes());
        program.extend_from_slice(b")),u=n.fn(\"x\")");
        program.extend_from_slice(&[0x90; 100]);
        home.engine.path = home.path().join("program");
        fs::write(&home.engine.path, program).unwrap();
        home
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn directories(&self) -> Directories {
        let path = |name: &str| self.path().join("ours").join(name);
        Directories {
            home: self.path().to_path_buf(),
            config: path("config"),
            data: path("data"),
            state: path("state"),
            cache: path("cache"),
        }
    }

    /// Writes a file of the engine or the project.
    pub(crate) fn write(&self, path: &str, contents: &[u8]) {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, contents).unwrap();
    }

    pub(crate) fn prepare(&self, variables: &[(&str, &str)]) -> Option<CutCatalog> {
        self.prepare_naming(&[], variables)
    }

    pub(crate) fn prepare_naming(&self, named: &[&str], variables: &[(&str, &str)]) -> Option<CutCatalog> {
        self.choose(named, variables).cut
    }

    pub(crate) fn choose(&self, named: &[&str], variables: &[(&str, &str)]) -> CatalogChoice {
        let environment: Environment = [("HOME", self.path().to_str().unwrap())]
            .iter()
            .chain(variables)
            .map(|(name, value)| ((*name).into(), (*value).into()))
            .collect();
        choose(&CatalogRequest {
            engine: &self.engine,
            environment: &environment,
            directories: &self.directories(),
            directory: &self.path().join("project"),
            named,
        })
    }

    /// The ids of the providers of the catalog for these variables.
    pub(crate) fn providers(&self, variables: &[(&str, &str)]) -> Option<Vec<String>> {
        self.prepare(variables).map(|cut| cut.providers)
    }
}
