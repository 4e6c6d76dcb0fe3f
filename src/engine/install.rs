//! From a version to an engine in our store.
//!
//! Invariants: a directory appears in the store complete, verified and probed, by one rename, or not at all. A process
//! that writes there holds the destination's lock; after waiting for the lock it looks again before it fetches. Dropping
//! the future, or the death of the process, leaves at most a directory `.staging-…`, which the next installation of the
//! same destination removes.

use std::fs;
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

use semver::Version;

use super::download;
use super::error::Error;
use super::http::without_credentials;
use super::platform::BuildTarget;
use super::probe;
use super::probe_cache::{Identity, ProbeCache};
use super::rejection::Rejection;
use super::source::{Artifact, ReleaseSource, release_url};
use super::store::{EngineStore, Installed, Integrity, Receipt, write_receipt};
use super::{Engine, EngineRequest, supported};
use crate::request::{EngineSource, Network};
use crate::support::file_mark::file_mark;
use crate::support::lock::Lock;
use crate::support::timestamp::rfc3339;

const RENAME_ATTEMPTS: u32 = 20;
const RENAME_PAUSE: Duration = Duration::from_millis(500);

/// How closely something that is there already is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scrutiny {
    /// The size and a probe; what a run can afford.
    Quick,
    /// The hash of the whole file too; for `engine install`, which repairs.
    Thorough,
}

/// Makes sure that `version` is in the store, for the best build that runs here.
///
/// # Errors
///
/// When it cannot be fetched, verified, written or run. Nothing is then installed.
pub async fn install(request: &EngineRequest<'_>, version: &Version, scrutiny: Scrutiny) -> Result<Engine, Error> {
    if !supported(version) {
        return Err(Error::UnsupportedVersion(version.clone()));
    }
    let targets = request.host()?.targets();
    let installer = Installer {
        request,
        version,
        scrutiny,
        store: EngineStore::new(request.directories),
        cache: ProbeCache::new(&request.directories.cache),
    };
    // Another build of the same version may be there already.
    for target in &targets {
        match installer.present(*target).await {
            Ok(Some(engine)) => return Ok(engine),
            Ok(None) => {}
            Err(error) if error.suggests_another_build() => {}
            Err(error) => return Err(error),
        }
    }
    let Some(first) = targets.first().copied() else {
        return Err(Error::NotInstalled(version.clone()));
    };
    if request.network == Network::Offline {
        return Err(Error::Offline {
            version: version.clone(),
            url: release_url(request.environment, version, first)?,
            member: first.executable(),
            destination: installer.store.executable(version, first),
        });
    }
    installer.fetch_from_sources(&targets).await
}

struct Installer<'a> {
    request: &'a EngineRequest<'a>,
    version: &'a Version,
    scrutiny: Scrutiny,
    store: EngineStore,
    cache: ProbeCache,
}

impl Installer<'_> {
    async fn fetch_from_sources(&self, targets: &[BuildTarget]) -> Result<Engine, Error> {
        let mut sources = Vec::new();
        let mut attempts = Vec::new();
        for source in ReleaseSource::all(
            self.request.environment,
            self.request.directories,
            self.request.patience,
        ) {
            match source {
                Ok(source) => sources.push(source),
                Err(error) => attempts.push(error),
            }
        }
        for target in targets {
            match self.install_target(*target, &mut sources, &mut attempts).await {
                Ok(Some(engine)) => return Ok(engine),
                Ok(None) => {}
                Err(error) if error.suggests_another_build() && targets.last() != Some(target) => {
                    self.request.progress.note(&format!("{error}; trying another build"));
                    attempts.push(error);
                }
                Err(error) => return Err(error),
            }
            if sources.is_empty() {
                break;
            }
        }
        Err(Error::Sources {
            version: self.version.clone(),
            attempts,
        })
    }

    /// Installs one build; `None` when no source had it. Sources that are out of reach are taken off the list.
    async fn install_target(
        &self,
        target: BuildTarget,
        sources: &mut Vec<ReleaseSource>,
        attempts: &mut Vec<Error>,
    ) -> Result<Option<Engine>, Error> {
        let _lock = lock(&self.store, self.version, target, &*self.request.progress).await?;
        if let Some(engine) = self.present(target).await? {
            return Ok(Some(engine));
        }
        self.store.sweep(self.version, target);
        let mut next = 0;
        while let Some(source) = sources.get(next) {
            match self.install_from(target, source).await {
                Ok(engine) => return Ok(Some(engine)),
                Err(error) if error.suggests_another_source() => {
                    tracing::info!(%target, %error, "a source does not help");
                    if error.is_out_of_reach() {
                        sources.remove(next);
                    } else {
                        next += 1;
                    }
                    attempts.push(error);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }

    async fn install_from(&self, target: BuildTarget, source: &ReleaseSource) -> Result<Engine, Error> {
        let progress = &*self.request.progress;
        let artifact = source.resolve(self.version, target, progress).await?;
        let label = format!("opencode {}", self.version);
        let (staging, unpacked) = source
            .http()
            .patiently(progress, || async {
                let staging = tempfile::Builder::new()
                    .prefix(&EngineStore::staging_prefix(self.version, target))
                    .tempdir_in(&self.store.root)
                    .map_err(|error| Error::file("write", &self.store.root, error))?;
                let file = staging.path().join(target.executable());
                let unpacked = download::fetch(source.http(), &artifact, &file, &label, progress).await?;
                Ok((staging, unpacked))
            })
            .await?;
        let receipt = receipt(self.version, target, &artifact, &unpacked);
        self.complete(target, staging, receipt).await
    }

    /// Probes what is in the staging directory, and makes it visible.
    async fn complete(
        &self,
        target: BuildTarget,
        staging: tempfile::TempDir,
        mut receipt: Receipt,
    ) -> Result<Engine, Error> {
        let staged = staging.path().join(target.executable());
        // A cache of its own: the path in staging is of no interest later.
        let throwaway = ProbeCache::new(staging.path());
        let judged = self.expect_version(&staged, &throwaway).await;
        // A file with the right hash stays, when it is this machine that cannot run it now.
        let unseen = match judged.map_err(|rejection| (rejection.is_local(), self.not_runnable(target, rejection))) {
            Ok(()) => None,
            Err((true, error)) => Some(error),
            Err((false, error)) => return Err(error),
        };
        throwaway.forget();
        if let Ok(metadata) = fs::metadata(&staged) {
            receipt.mark = file_mark(&metadata);
        }
        write_receipt(staging.path(), &receipt)?;
        sync_directory(staging.path())?;

        let directory = self.store.directory(self.version, target);
        if directory.exists() {
            // Damaged, and ours: `present` has made sure of that.
            self.store.discard(self.version, target)?;
        }
        rename_patiently(staging.path(), &directory)
            .await
            .map_err(|error| Error::file("write", &directory, error))?;
        // Nothing is left at the old path.
        let _ = staging.keep();
        sync_directory(&self.store.root)?;
        if let Some(error) = unseen {
            return Err(error);
        }
        let path = directory.join(target.executable());
        let (Ok(canonical), Ok(identity)) = (fs::canonicalize(&path), Identity::of(&path)) else {
            // Nothing but a virus scanner takes a file away in this moment.
            let why = "it vanished right after it was installed; an antivirus program may have removed it";
            return Err(self.not_runnable(target, Rejection::Unusable(why.to_owned())));
        };
        if identity.size != receipt.size {
            return Err(self.not_runnable(target, Rejection::Missing));
        }
        // The file that was probed a moment ago; launchers are never remembered, so a small one is not either.
        if probe::is_engine(&canonical) {
            self.cache.store(&canonical, &identity, Some(self.version));
        }
        Ok(Engine {
            path,
            version: self.version.clone(),
            source: EngineSource::Download,
        })
    }

    fn not_runnable(&self, target: BuildTarget, rejection: Rejection) -> Error {
        Error::NotRunnable {
            version: self.version.clone(),
            target,
            rejection,
        }
    }

    async fn expect_version(&self, path: &Path, cache: &ProbeCache) -> Result<(), Rejection> {
        let found = probe::version(path, cache, self.request.environment).await?;
        if found == *self.version {
            return Ok(());
        }
        Err(Rejection::OtherVersion {
            found,
            expected: self.version.clone(),
        })
    }

    /// What is in the destination already, if it is of use.
    async fn present(&self, target: BuildTarget) -> Result<Option<Engine>, Error> {
        let directory = self.store.directory(self.version, target);
        let Some(installed) = self.store.find(self.version, target) else {
            // A directory without executable: not ours, unless it is as empty as a removal leaves it.
            return match fs::read_dir(&directory).map(|mut entries| entries.next().is_some()) {
                Ok(true) => Err(Error::InTheWay {
                    path: directory,
                    reason: format!("it has no `{}`", target.executable()),
                }),
                _ => Ok(None),
            };
        };
        match self.rejection(&installed).await? {
            None => Ok(Some(Engine {
                path: installed.path,
                version: installed.version,
                source: EngineSource::Store,
            })),
            // Fetching the same bytes again would not make them run.
            Some(rejection) if installed.verify()? == Integrity::Intact => Err(self.not_runnable(target, rejection)),
            Some(rejection) if rejection.is_local() => Err(self.not_runnable(target, rejection)),
            Some(rejection) if installed.receipt.is_some() => {
                tracing::info!(path = %installed.path.display(), %rejection, "an installed engine is replaced");
                Ok(None)
            }
            Some(rejection) => Err(Error::InTheWay {
                path: directory,
                reason: rejection.to_string(),
            }),
        }
    }

    async fn rejection(&self, installed: &Installed) -> Result<Option<Rejection>, Error> {
        if let Some(receipt) = &installed.receipt {
            let found = fs::metadata(&installed.path)
                .map_err(|error| Error::file("read", &installed.path, error))?
                .len();
            if found != receipt.size {
                return Ok(Some(Rejection::Damaged {
                    found,
                    expected: receipt.size,
                }));
            }
        }
        if self.scrutiny == Scrutiny::Thorough
            && let Integrity::Changed(_) = installed.verify()?
        {
            return Ok(Some(Rejection::Unusable("its hash has changed".to_owned())));
        }
        Ok(self.expect_version(&installed.path, &self.cache).await.err())
    }
}

/// Waits for the destination's lock. Cancelled by dropping the future.
pub(super) async fn lock(
    store: &EngineStore,
    version: &Version,
    target: BuildTarget,
    progress: &dyn crate::support::progress::Progress,
) -> Result<Lock, Error> {
    let path = store.lock_file(version, target);
    let waiting = || {
        progress.note(&format!(
            "waiting for another process that installs `opencode {version}`"
        ));
    };
    let lock = Lock::acquire_when_free(&path, waiting).await;
    lock.map_err(|error| Error::file("write", &path, error))
}

fn receipt(
    version: &Version,
    target: BuildTarget,
    artifact: &Artifact,
    unpacked: &super::archive::Unpacked,
) -> Receipt {
    let archive = artifact
        .expected
        .archive()
        .map_or_else(|| unpacked.archive.sha256, |expected| unpacked.archive.like(&expected));
    Receipt {
        schema_version: 1,
        version: version.clone(),
        target: target.to_string(),
        source: artifact.source.to_owned(),
        url: without_credentials(&artifact.url).to_string(),
        archive: archive.to_string(),
        executable: unpacked.executable.to_string(),
        size: unpacked.size,
        mark: String::new(),
        installed_at: rfc3339(SystemTime::now()),
    }
}

/// Renames; on Windows again for a while, since scanners open every new program.
async fn rename_patiently(from: &Path, to: &Path) -> io::Result<()> {
    let mut left = if cfg!(windows) { RENAME_ATTEMPTS } else { 1 };
    loop {
        left -= 1;
        match fs::rename(from, to) {
            Err(error) if left > 0 && error.kind() == io::ErrorKind::PermissionDenied => {
                tokio::time::sleep(RENAME_PAUSE).await;
            }
            result => return result,
        }
    }
}

#[cfg(unix)]
fn sync_directory(path: &Path) -> Result<(), Error> {
    fs::File::open(path)
        .and_then(|directory| directory.sync_all())
        .map_err(|error| Error::file("write", path, error))
}

#[cfg(not(unix))]
fn sync_directory(_path: &Path) -> Result<(), Error> {
    Ok(())
}
