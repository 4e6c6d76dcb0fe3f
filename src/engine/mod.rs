//! From "which engine" to an executable.
//!
//! In: an [`EngineRequest`]. Out: an [`Engine`], or a failure that names everything that was looked at. Invariants: the
//! engine ran a moment ago, or is the same file that did; its version is supported; and what we installed ourselves is
//! complete and was verified before it became visible.
//!
//! | file | what it is about |
//! | --- | --- |
//! | `locate`, `probe`, `probe_cache`, `rejection` | what is on this machine, which version it is, why it is skipped |
//! | `platform`, `pins`, `digest` | which build runs here, what it must be |
//! | `source`, `npm_config`, `http` | who serves it |
//! | `download`, `archive`, `install`, `store` | from a socket to the store |
//! | `files` | where the engine keeps its own files |
//! | `progress_bar` | what a person sees of it |
#![expect(
    clippy::result_large_err,
    reason = "an error is made once, after work on the network or a disk; its facts are worth 200 bytes"
)]

mod archive;
mod digest;
mod download;
mod error;
pub mod files;
mod http;
mod install;
mod locate;
mod npm_config;
mod pins;
mod platform;
mod probe;
mod probe_cache;
mod progress_bar;
mod rejection;
mod source;
mod store;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use semver::Version;
use serde::{Deserialize, Serialize};

pub use digest::{Digest, Mismatch};
pub use error::Error;
pub use http::RetryLimits;
pub use install::{Scrutiny, install};
pub use platform::{ArchiveKind, BuildTarget, Cpu, Host, Instructions, Libc, Os, UnknownTarget, UnsupportedPlatform};
pub use progress_bar::DownloadBar;
pub use rejection::{EngineCandidate, Rejection};
pub use store::{EngineStore, Installed, Integrity, Receipt};

use crate::context::{Directories, Environment};
use crate::error::Failure;
use crate::request::{EngineChoice, EngineSource, Network};
use crate::support::progress::Progress;
use probe_cache::ProbeCache;

/// The engine version that this release of the program is tested with, and that it installs. Pinned here and only here.
pub const PINNED_VERSION: &str = "1.18.33";
/// The oldest engine version that is accepted.
pub const OLDEST_TESTED: Version = Version::new(1, 17, 19);
/// After this time a message tells the user what the command waits for.
const SLOW: Duration = Duration::from_secs(10);
/// The first engine version that speaks another protocol.
const FIRST_FOREIGN: Version = Version::new(2, 0, 0);

/// An engine program that runs and whose version is supported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Engine {
    pub path: PathBuf,
    pub version: Version,
    pub source: EngineSource,
}

/// What is asked for, and the part of the world that is needed for it.
#[derive(Clone)]
pub struct EngineRequest<'a> {
    pub choice: &'a EngineChoice,
    /// Whether one may be downloaded.
    pub network: Network,
    /// The variables of the process.
    pub environment: &'a Environment,
    pub directories: &'a Directories,
    pub progress: Arc<dyn Progress>,
    /// The machine; looked at when it is not given.
    pub host: Option<Host>,
    /// How long hosts are waited for.
    pub patience: RetryLimits,
}

impl<'a> EngineRequest<'a> {
    /// A request for this machine, with the usual patience.
    pub fn new(
        choice: &'a EngineChoice,
        network: Network,
        environment: &'a Environment,
        directories: &'a Directories,
        progress: Arc<dyn Progress>,
    ) -> Self {
        Self {
            choice,
            network,
            environment,
            directories,
            progress,
            host: None,
            patience: RetryLimits::default(),
        }
    }

    fn host(&self) -> Result<Host, Error> {
        match &self.host {
            Some(host) => Ok(host.clone()),
            None => Ok(Host::detect(self.environment)?),
        }
    }

    fn targets(&self) -> Vec<BuildTarget> {
        self.host().map(|host| host.targets()).unwrap_or_default()
    }
}

/// Finds an engine, or installs the pinned one.
///
/// An engine that the user named is used or is an error. Otherwise the first usable one counts: every `opencode` on
/// `PATH`, `~/.opencode/bin`, our store, a download. Dropping the future leaves nothing half-done.
///
/// # Errors
///
/// When there is no usable engine and none can be installed.
pub async fn ensure(request: &EngineRequest<'_>) -> Result<Engine, Failure> {
    let cache = ProbeCache::new(&request.directories.cache);
    if let EngineChoice::Path { path, named_by } = request.choice {
        return Ok(explicit(path, named_by, &cache, request).await?);
    }
    let mut rejected = Vec::new();
    let mut places = locate::places(request.environment, request.directories, &request.targets()).into_iter();
    while let Some(place) = places.next() {
        let path = place.path.clone();
        let candidate = tell_if_slow(request, &path, place.judge(&cache, request.environment)).await;
        match candidate.verdict {
            Ok(version) => {
                note_skipped(request, &rejected, EngineCandidate::is_local);
                for behind in places.filter(|place| place.source != EngineSource::Store) {
                    rejected.extend(behind.foreign(&cache, request.environment).await);
                }
                name_foreign(&rejected, &version, &candidate.path, request);
                return Ok(Engine {
                    path: probe::resolve_shim(&candidate.path).unwrap_or(candidate.path),
                    version,
                    source: candidate.source,
                });
            }
            Err(_) => rejected.push(candidate),
        }
    }
    // A file that this machine is too busy or too short of memory to run may well be an engine.
    if rejected.iter().any(EngineCandidate::is_local) {
        return Err(Error::none_here(rejected).into());
    }
    if request.network == Network::Online {
        note_skipped(request, &rejected, |candidate| foreign(candidate).is_none());
    }
    let version = pinned_version();
    // Boxed, since hardly any run takes this way and every run would carry its state.
    let installed = Box::pin(install(request, &version, Scrutiny::Quick)).await;
    if let Ok(engine) = &installed {
        name_foreign(&rejected, &engine.version, &engine.path, request);
    }
    Ok(installed.map_err(|source| match source {
        Error::NotRunnable { ref rejection, .. } if rejection.is_local() => source,
        source => Error::Nothing {
            version,
            rejected,
            source: Box::new(source),
        },
    })?)
}

/// Names each engine of version 2 that was passed over: its user expects it, with its conversations and logins, to answer.
fn name_foreign(rejected: &[EngineCandidate], version: &Version, path: &Path, request: &EngineRequest<'_>) {
    for candidate in rejected {
        if let Some(foreign) = foreign(candidate) {
            request.progress.note(&format!(
                "`{}` is `opencode {foreign}`, which speaks another protocol: `opencode {version}` (`{}`) is used beside \
                 it, and does not see the conversations and logins of version {}",
                candidate.path.display(),
                path.display(),
                foreign.major
            ));
        }
    }
}

/// The version of an engine that speaks another protocol.
fn foreign(candidate: &EngineCandidate) -> Option<&Version> {
    match &candidate.verdict {
        Err(Rejection::Unsupported(version)) if too_new(version) => Some(version),
        _ => None,
    }
}

/// Waits for `probing`, and tells a person when that takes long.
async fn tell_if_slow<T>(request: &EngineRequest<'_>, path: &Path, probing: impl Future<Output = T>) -> T {
    tokio::pin!(probing);
    tokio::select! {
        probed = &mut probing => return probed,
        () = tokio::time::sleep(SLOW) => {}
    }
    let line = format!(
        "waiting up to {} s for `{} --version`",
        probe::DEADLINE.as_secs(),
        path.display()
    );
    request.progress.note(&line);
    probing.await
}

fn note_skipped(
    request: &EngineRequest<'_>,
    candidates: &[EngineCandidate],
    is_noted: impl Fn(&EngineCandidate) -> bool,
) {
    let noted = candidates.iter().filter(|candidate| is_noted(candidate));
    for line in noted.filter_map(EngineCandidate::skipped) {
        request.progress.note(&line);
    }
}

/// Everything that could be the engine, in the order in which it is tried, with the verdict on each.
pub async fn candidates(request: &EngineRequest<'_>) -> Vec<EngineCandidate> {
    let cache = ProbeCache::new(&request.directories.cache);
    if let EngineChoice::Path { path, .. } = request.choice {
        return vec![EngineCandidate {
            verdict: probe::supported_version(path, &cache, request.environment).await,
            path: path.clone(),
            source: EngineSource::Explicit,
        }];
    }
    let mut candidates = Vec::new();
    for place in locate::places(request.environment, request.directories, &request.targets()) {
        candidates.push(place.judge(&cache, request.environment).await);
    }
    candidates
}

/// Removes every build of `version` that we installed, and says which.
///
/// # Errors
///
/// When no build is installed, or a build cannot be removed.
pub async fn remove(request: &EngineRequest<'_>, version: &Version) -> Result<Vec<Installed>, Error> {
    let store = EngineStore::new(request.directories);
    let installed: Vec<_> = store
        .installed()
        .into_iter()
        .filter(|installed| installed.version == *version)
        .collect();
    if installed.is_empty() {
        return Err(Error::NotInstalled(version.clone()));
    }
    for build in &installed {
        let _lock = install::lock(&store, version, build.target, &*request.progress).await?;
        store.remove(build)?;
    }
    Ok(installed)
}

pub fn pinned_version() -> Version {
    Version::parse(PINNED_VERSION).expect("the pinned version is a version, as a test makes sure")
}

/// Whether we work with this version: tested, and of the protocol that we speak.
pub fn supported(version: &Version) -> bool {
    let plain = Version::new(version.major, version.minor, version.patch);
    OLDEST_TESTED <= plain && plain < FIRST_FOREIGN
}

fn too_new(version: &Version) -> bool {
    version.major >= FIRST_FOREIGN.major
}

async fn explicit(
    path: &Path,
    named_by: &str,
    cache: &ProbeCache,
    request: &EngineRequest<'_>,
) -> Result<Engine, Error> {
    // A path without a slash would be looked for on `PATH` when it is started.
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    let probing = probe::supported_version(&absolute, cache, request.environment);
    match tell_if_slow(request, &absolute, probing).await {
        Ok(version) => Ok(Engine {
            path: probe::resolve_shim(&absolute).unwrap_or(absolute),
            version,
            source: EngineSource::Explicit,
        }),
        Err(rejection) => Err(Error::Explicit {
            path: path.to_path_buf(),
            named_by: named_by.to_owned(),
            rejection,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pinned_version_is_supported_and_versions_outside_are_not() {
        assert!(supported(&pinned_version()));
        for (version, expected) in [
            ("1.17.19", true),
            ("1.18.0", true),
            ("1.99.0", true),
            ("1.19.0-beta.1", true),
            ("1.17.18", false),
            ("2.0.0-rc.1", false),
            ("2.0.1", false),
            ("0.0.0", false),
        ] {
            assert_eq!(supported(&version.parse().unwrap()), expected, "{version}");
        }
    }
}
