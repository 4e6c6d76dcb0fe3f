//! Everything on this machine that could be the engine.

use std::collections::HashSet;
use std::path::PathBuf;

use semver::Version;

use super::platform::BuildTarget;
use super::probe;
use super::probe_cache::ProbeCache;
use super::rejection::{EngineCandidate, Rejection};
use super::store::{EngineStore, Installed};
use super::too_new;
use crate::context::{Directories, Environment};
use crate::request::EngineSource;
use crate::support::brought::Brought;

/// A file that has not been looked at yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CandidatePath {
    pub(super) path: PathBuf,
    pub(super) source: EngineSource,
    /// What our own store says that it is. A file that was placed there by hand has no receipt.
    expected: Option<Installed>,
}

impl CandidatePath {
    pub(super) async fn judge(self, cache: &ProbeCache, environment: &Environment) -> EngineCandidate {
        let verdict = self.verdict(cache, environment).await;
        tracing::debug!(path = %self.path.display(), source = self.source.as_str(), ?verdict, "looked at a candidate");
        EngineCandidate {
            path: self.path,
            source: self.source,
            verdict,
        }
    }

    /// The file as a candidate that is passed over, where it is an engine of another protocol.
    pub(super) async fn foreign(self, cache: &ProbeCache, environment: &Environment) -> Option<EngineCandidate> {
        let version = probe::version_of_unused(&self.path, cache, environment, probe::UNUSED_PROBE_TIMEOUT).await?;
        too_new(&version).then_some(EngineCandidate {
            path: self.path,
            source: self.source,
            verdict: Err(Rejection::Unsupported(version)),
        })
    }

    async fn verdict(&self, cache: &ProbeCache, environment: &Environment) -> Result<Version, Rejection> {
        let receipt = self.expected.as_ref().and_then(|installed| installed.receipt.as_ref());
        if let Some(expected) = receipt.map(|receipt| receipt.size) {
            let found = std::fs::metadata(&self.path).map_err(|_| Rejection::Missing)?.len();
            if found != expected {
                return Err(Rejection::Damaged { found, expected });
            }
        }
        let version = probe::supported_version(&self.path, cache, environment).await?;
        match &self.expected {
            Some(expected) if expected.version != version => Err(Rejection::OtherVersion {
                found: version,
                expected: expected.version.clone(),
            }),
            _ => Ok(version),
        }
    }
}

/// Every place where an engine is, in the order in which they are tried: `PATH`, the engine's own directory, our store.
///
/// One file that is reached by several names counts once.
pub(super) fn places(
    environment: &Environment,
    directories: &Directories,
    targets: &[BuildTarget],
) -> Vec<CandidatePath> {
    let stored = EngineStore::new(directories).in_order_of_use(targets).into_iter();
    let home = directories
        .home
        .join(".opencode/bin")
        .join(if cfg!(windows) { "opencode.exe" } else { "opencode" });
    // A home that came with a project holds what its author put there.
    let is_users = || {
        let cwd = std::env::current_dir().unwrap_or_default();
        Brought::new(&cwd, &directories.home).home().is_none()
    };
    let found = on_path(environment)
        .into_iter()
        .map(|path| (path, EngineSource::Path, None))
        .chain((home.exists() && is_users()).then_some((home, EngineSource::Home, None)))
        .chain(stored.map(|installed| (installed.path.clone(), EngineSource::Store, Some(installed))));
    let mut seen = HashSet::new();
    found
        .filter(|(path, ..)| seen.insert(std::fs::canonicalize(path).unwrap_or_else(|_| path.clone())))
        .map(|(path, source, expected)| CandidatePath { path, source, expected })
        .collect()
}

/// Every `opencode` in the absolute directories of `PATH`.
///
/// Relative ones are left out: a directory that was just cloned must not choose what is executed.
fn on_path(environment: &Environment) -> Vec<PathBuf> {
    let Some(absolute) = environment.absolute_path() else {
        return Vec::new();
    };
    which::which_in_global("opencode", Some(absolute)).map_or_else(|_| Vec::new(), Iterator::collect)
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    #[test]
    fn all_of_path_then_home_then_the_store_and_each_file_once() {
        let root = tempfile::tempdir().unwrap();
        let base = root.path();
        let program = |name: &str| {
            let path = base.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, "#!/bin/sh\n").unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
            path
        };
        let (first, second) = (program("one/opencode"), program("two/opencode"));
        std::fs::create_dir(base.join("three")).unwrap();
        symlink(&first, base.join("three/opencode")).unwrap();
        let home = program("home/.opencode/bin/opencode");
        let stored = program("data/engines/1.18.33-linux-x64/opencode");
        program("data/engines/1.18.33-darwin-arm64/opencode");
        std::fs::write(base.join("one/opencode.txt"), "").unwrap();

        let path = format!("relative:{0}/one:{0}/two:{0}/three:{0}/nowhere", base.display());
        let environment: Environment = [("PATH".into(), path.into())].into_iter().collect();
        let directories = Directories {
            home: base.join("home"),
            config: base.join("config"),
            data: base.join("data"),
            state: base.join("state"),
            cache: base.join("cache"),
        };
        let found: Vec<_> = places(&environment, &directories, &["linux-x64".parse().unwrap()])
            .into_iter()
            .map(|place| (place.path, place.source))
            .collect();
        assert_eq!(
            found,
            [
                (first, EngineSource::Path),
                (second, EngineSource::Path),
                (home, EngineSource::Home),
                (stored, EngineSource::Store),
            ]
        );
    }
}
