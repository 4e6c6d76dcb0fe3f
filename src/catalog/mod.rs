//! The small model catalog, cut from the engine's own.
//!
//! The engine spends half a second and 200 MB on a catalog of more than two hundred providers, of which a run uses one or
//! two. `OPENCODE_MODELS_PATH` gives it a smaller one.
//!
//! In: the engine, and the environment and directory that it will run with. Out: a file with the providers that
//! may be usable there, in the engine's own order, or nothing. Invariants: with the file the engine offers the same
//! providers and models as without; wherever that is not certain there is no file. So a wrong cache entry, an unknown engine
//! version or an odd configuration costs time and never a model.
//!
//! The rules for enabling providers are those of one version. For every other version the cut catalog proves itself, see
//! `trial`: a run that finds another offer starts the engine again with the whole catalog.
//!
//! The first run with an engine reads its program once (some 200 ms); later ones read a small index.
//! The catalog holds only for a server that is started with `OPENCODE_DISABLE_MODELS_FETCH=1`, and not for listings of all
//! providers that exist (`GET /provider`).

mod config_files;
mod in_use;
mod literal;
mod source;
mod trial;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use semver::Version;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::context::{Directories, Environment};
use crate::engine::Engine;
use crate::error::Failure;
use crate::support::atomic_file::{self, Access};
use crate::support::hexadecimal::hexadecimal;
use crate::support::names::Names;
use crate::support::state_file;

pub use config_files::ConfigFiles;
use source::{CatalogFile, ProviderEntry, ReadError, SourceKind};
pub use trial::CatalogTrial;

/// The versions whose rules for enabling providers are known to be those in `in_use`, by the comparison in
/// `tests/catalog`. A cut catalog for another version has a [trial](CatalogTrial).
const KNOWN_VERSIONS: [Version; 1] = [Version::new(1, 18, 33)];
/// Changes when what is written to the cache changes.
const FORMAT: u32 = 1;
/// Cut catalogs that are kept; they are small and quickly made again.
const KEPT: usize = 32;

/// Variables with which the engine reads another catalog, or configuration from elsewhere.
const MOVED: Names =
    Names("OPENCODE_MODELS_PATH OPENCODE_MODELS_URL OPENCODE_TEST_HOME OPENCODE_TEST_MANAGED_CONFIG_DIR");

/// What a catalog is cut for.
#[derive(Debug, Clone, Copy)]
pub struct CatalogRequest<'a> {
    /// The engine that will read it.
    pub engine: &'a Engine,
    /// The environment that the engine will have, inline configuration included; without plugins of our own, since a
    /// plugin may enable providers and so is a reason to cut nothing.
    pub environment: &'a Environment,
    pub directories: &'a Directories,
    pub directory: &'a Path,
    /// Providers that are named for this run, usable or not.
    pub named: &'a [&'a str],
}

/// A catalog with fewer providers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CutCatalog {
    pub path: PathBuf,
    /// The providers in it, in the engine's order.
    pub providers: Vec<String>,
}

/// What is remembered about a catalog; no entries where it could not be read.
#[derive(Debug, Serialize, Deserialize)]
struct Index {
    format: u32,
    source: CatalogFile,
    entries: Option<Vec<ProviderEntry>>,
}

/// The catalog of a run.
#[derive(Debug, Default)]
pub struct CatalogChoice {
    /// The whole catalog is used without one.
    pub cut: Option<CutCatalog>,
    /// To be told what the engine offers, when its version is unknown.
    pub trial: Option<CatalogTrial>,
}

/// Cuts a catalog, or finds the catalog that was cut before. In any doubt the engine uses the whole catalog.
pub fn choose(request: &CatalogRequest<'_>) -> CatalogChoice {
    let Some((cut, config)) = prepare(request) else {
        return CatalogChoice::default();
    };
    if KNOWN_VERSIONS.contains(&request.engine.version) {
        return CatalogChoice {
            cut: Some(cut),
            trial: None,
        };
    }
    // What is offered depends on the configuration too, and the record on how this version of ours writes it.
    let key = hash(format!("{} {config} {}", cut.path.display(), env!("CARGO_PKG_VERSION")).as_bytes());
    let trial = CatalogTrial::read(cache(request.directories).join(format!("offer-{key}.json")));
    CatalogChoice {
        cut: Some(cut).filter(|_| trial.as_ref().is_some_and(CatalogTrial::uses_cut)),
        trial,
    }
}

/// The cut catalog, and the configuration that it was cut for.
fn prepare(request: &CatalogRequest<'_>) -> Option<(CutCatalog, String)> {
    if MOVED.iter().any(|name| request.environment.os(name).is_some()) {
        return None;
    }
    let files = ConfigFiles::of(request.environment, &request.directories.home, request.directory)?;
    let source = source(request.engine, &files).ok()?;
    let cache = cache(request.directories);
    let entries = entries(&source, &cache)?;
    let (wanted, config) = in_use::providers(&entries, request.named, request.environment, &files)?;
    let cut = cut(&source, &entries, &wanted, &cache);
    let cut = cut.inspect_err(|error| tracing::debug!(%error, "no small catalog"));
    Some((cut.ok()?, config))
}

/// Every provider in the engine's own catalog, usable or not, with the variables of which one is mostly enough to make it
/// usable; `None` when the catalog cannot be read.
pub fn known_providers(engine: &Engine, directories: &Directories) -> Option<BTreeMap<String, Vec<String>>> {
    let source = CatalogFile::of(SourceKind::Program, &engine.path, &engine.version).ok()?;
    let entries = entries(&source, &cache(directories))?;
    Some(entries.into_iter().map(|entry| (entry.id, entry.env)).collect())
}

/// A catalog without any provider, for an engine whose providers are all in its configuration.
///
/// # Errors
///
/// When the file cannot be written.
pub fn empty(directories: &Directories) -> Result<PathBuf, Failure> {
    let path = cache(directories).join("empty.json");
    if state_file::read(&path).is_ok_and(|bytes| bytes == b"{}") {
        return Ok(path);
    }
    state_file::replace(&path, b"{}").map_err(|error| Failure::cannot_write(&path, &error))?;
    Ok(path)
}

fn cache(directories: &Directories) -> PathBuf {
    directories.cache.join("catalogs")
}

/// The catalog that the engine would use: the downloaded catalog, else the built-in one.
fn source(engine: &Engine, files: &ConfigFiles) -> io::Result<CatalogFile> {
    match CatalogFile::of(SourceKind::File, &files.downloaded_catalog(), &engine.version) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            CatalogFile::of(SourceKind::Program, &engine.path, &engine.version)
        }
        downloaded => downloaded,
    }
}

/// The providers of `source`, from the index where there is one.
fn entries(source: &CatalogFile, cache: &Path) -> Option<Vec<ProviderEntry>> {
    let path = cache.join(format!("index-{}.json", hash(&serde_json::to_vec(source).ok()?)));
    if let Some(index) = state_file::read_json::<Index>(&path)
        && index.format == FORMAT
        && index.source == *source
    {
        return index.entries;
    }
    let entries = match source.entries() {
        Ok(entries) => Some(entries),
        // This may be gone next time, so it is not remembered.
        Err(ReadError::Io(error)) => {
            tracing::debug!(%error, "cannot read the engine's catalog");
            return None;
        }
        Err(error) => {
            tracing::debug!(%error, "the engine's catalog has an unknown shape");
            None
        }
    };
    let index = Index {
        format: FORMAT,
        source: source.clone(),
        entries,
    };
    // An index that cannot be kept is made again: slower, nothing else.
    let _ = atomic_file::write_json(&path, &index, Access::Private);
    index.entries
}

fn cut(
    source: &CatalogFile,
    entries: &[ProviderEntry],
    wanted: &BTreeSet<String>,
    cache: &Path,
) -> Result<CutCatalog, ReadError> {
    let chosen: Vec<&ProviderEntry> = entries.iter().filter(|entry| wanted.contains(&entry.id)).collect();
    let providers: Vec<String> = chosen.iter().map(|entry| entry.id.clone()).collect();
    let key = serde_json::to_vec(&(FORMAT, source, &providers))?;
    let path = cache.join(format!("{}.json", hash(&key)));
    if path.is_file() {
        return Ok(CutCatalog { path, providers });
    }
    let mut file = state_file::open(&source.path)?;
    let mut json = b"{".to_vec();
    for entry in chosen {
        if json.len() > 1 {
            json.push(b',');
        }
        serde_json::to_writer(&mut json, &entry.id)?;
        json.push(b':');
        json.extend_from_slice(&source.provider(&mut file, entry)?);
    }
    json.push(b'}');
    atomic_file::write(&path, &json, Access::Private)?;
    remove_old(cache);
    Ok(CutCatalog { path, providers })
}

/// Removes the oldest files beyond [`KEPT`]. An engine that still wants one falls back to its own catalog.
fn remove_old(cache: &Path) {
    let mut files: Vec<(SystemTime, PathBuf)> = state_file::entries(cache)
        .filter_map(|entry| {
            let is_ours = entry.path().extension().is_some_and(|extension| extension == "json");
            is_ours.then_some((entry.metadata().ok()?.modified().ok()?, entry.path()))
        })
        .collect();
    files.sort();
    let surplus = files.len().saturating_sub(KEPT);
    for (_, path) in files.into_iter().take(surplus) {
        let _ = fs::remove_file(path);
    }
}

fn hash(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes)[..12])
}
