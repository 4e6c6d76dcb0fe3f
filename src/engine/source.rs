//! The places that serve the engine: GitHub's releases, then the npm registry.
//!
//! In: a version and a build. Out: an [`Artifact`], an archive with the hashes that it must have. Invariants: there is
//! no artifact without a hash.

use reqwest::header::{ACCEPT, HeaderName};
use semver::Version;
use serde::Deserialize;
use url::Url;

use super::digest::{Digest, Mismatch};
use super::error::Error;
use super::http::{HostTrust, Http, RetryLimits, base_address, check_encrypted};
use super::npm_config::NpmConfig;
use super::pins;
use super::platform::{ArchiveKind, BuildTarget};
use crate::context::{Directories, Environment};
use crate::env_vars;
use crate::support::loopback::is_loopback;
use crate::support::progress::Progress;
use crate::support::secret::Secret;

const REPOSITORY: &str = "anomalyco/opencode";
const GITHUB_API: &str = "https://api.github.com/";
const GITHUB_DOWNLOAD: &str = "https://github.com/";
const API_VERSION: (HeaderName, &str) = (HeaderName::from_static("x-github-api-version"), "2022-11-28");

/// An archive that can be fetched and verified.
#[derive(Debug)]
pub(super) struct Artifact {
    pub(super) source: &'static str,
    pub(super) url: Url,
    pub(super) authorization: Option<Secret>,
    pub(super) kind: ArchiveKind,
    /// The name of the executable in it.
    pub(super) executable: &'static str,
    pub(super) expected: ExpectedHashes,
}

/// The hashes that an archive and the executable in it must have: one of them at least.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ExpectedHashes {
    Archive(Digest),
    Executable(Digest),
    Both { archive: Digest, executable: Digest },
}

impl ExpectedHashes {
    pub(super) const fn archive(&self) -> Option<Digest> {
        match self {
            Self::Archive(archive) | Self::Both { archive, .. } => Some(*archive),
            Self::Executable(_) => None,
        }
    }

    pub(super) const fn executable(&self) -> Option<Digest> {
        match self {
            Self::Executable(executable) | Self::Both { executable, .. } => Some(*executable),
            Self::Archive(_) => None,
        }
    }
}

/// A place that serves the engine.
#[derive(Debug)]
pub(super) enum ReleaseSource {
    GitHub(Box<GitHub>),
    Npm(Box<Npm>),
}

impl ReleaseSource {
    /// The sources of this user, in the order in which they are asked. One that cannot be set up is in its place as an
    /// error, so that it is reported only if no other one has the engine.
    pub(super) fn all(
        environment: &Environment,
        directories: &Directories,
        patience: RetryLimits,
    ) -> Vec<Result<Self, Error>> {
        vec![
            GitHub::new(environment, patience).map(|github| Self::GitHub(Box::new(github))),
            Npm::new(environment, directories, patience).map(|npm| Self::Npm(Box::new(npm))),
        ]
    }

    pub(super) const fn http(&self) -> &Http {
        match self {
            Self::GitHub(github) => &github.http,
            Self::Npm(npm) => &npm.http,
        }
    }

    /// Finds the archive of one build of exactly this version.
    pub(super) async fn resolve(
        &self,
        version: &Version,
        target: BuildTarget,
        progress: &dyn Progress,
    ) -> Result<Artifact, Error> {
        match self {
            Self::GitHub(github) => github.resolve(version, target, progress).await,
            Self::Npm(npm) => npm.resolve(version, target, progress).await,
        }
    }
}

/// Where the release file of a build is, for a message: without asking anybody.
pub(super) fn release_url(environment: &Environment, version: &Version, target: BuildTarget) -> Result<Url, Error> {
    let base = base_address(environment.text(env_vars::GITHUB_DOWNLOAD).unwrap_or(GITHUB_DOWNLOAD))?;
    below(
        &base,
        &format!("{REPOSITORY}/releases/download/v{version}/{}", target.asset()),
    )
}

/// GitHub's releases, or a mirror of them.
#[derive(Debug)]
pub(super) struct GitHub {
    http: Http,
    api: Url,
    environment: Environment,
}

#[derive(Debug, Deserialize)]
struct Release {
    #[serde(default)]
    assets: Vec<Asset>,
}

#[derive(Debug, Deserialize)]
struct Asset {
    name: String,
    digest: Option<String>,
}

impl GitHub {
    fn new(environment: &Environment, patience: RetryLimits) -> Result<Self, Error> {
        Ok(Self {
            api: base_address(environment.text(env_vars::GITHUB_API).unwrap_or(GITHUB_API))?,
            http: Http::new(patience, HostTrust::of_environment(environment))?,
            environment: environment.clone(),
        })
    }

    async fn resolve(
        &self,
        version: &Version,
        target: BuildTarget,
        progress: &dyn Progress,
    ) -> Result<Artifact, Error> {
        let url = release_url(&self.environment, version, target)?;
        let expected = match pins::find(version, target) {
            // No question to the API, whose limit is shared by everybody behind one address.
            Some(pin) => ExpectedHashes::Executable(pin.executable),
            None => ExpectedHashes::Archive(self.published_digest(version, target, &url, progress).await?),
        };
        Ok(Artifact {
            source: "github",
            url,
            authorization: None,
            kind: target.archive_kind(),
            executable: target.executable(),
            expected,
        })
    }

    async fn published_digest(
        &self,
        version: &Version,
        target: BuildTarget,
        file: &Url,
        progress: &dyn Progress,
    ) -> Result<Digest, Error> {
        let url = below(&self.api, &format!("repos/{REPOSITORY}/releases/tags/v{version}"))?;
        let headers = [(ACCEPT, "application/vnd.github+json"), API_VERSION];
        let token = self.token();
        let release: Release = match self.http.json(&url, &headers, token.as_ref(), progress).await {
            // A token that has expired is worse than none.
            Err(Error::Status { status: 401, .. }) if token.is_some() => {
                self.http.json(&url, &headers, None, progress).await?
            }
            answer => answer?,
        };
        let name = target.asset();
        let asset = release
            .assets
            .into_iter()
            .find(|asset| asset.name == name)
            .ok_or_else(|| Error::NotPublished { url: file.clone() })?;
        asset
            .digest
            .as_deref()
            .and_then(Digest::from_hex)
            .ok_or_else(|| Error::NoHash { url: file.clone() })
    }

    fn token(&self) -> Option<Secret> {
        if self.api.scheme() != "https" && !is_loopback(&self.api) {
            return None;
        }
        [env_vars::GITHUB_TOKEN, env_vars::GH_TOKEN]
            .iter()
            .find_map(|name| self.environment.text(name))
            // Secrets of CI systems often end with a newline.
            .map(|token| Secret::new(format!("Bearer {}", token.trim())))
    }
}

/// The npm registry's package of one build.
#[derive(Debug)]
pub(super) struct Npm {
    http: Http,
    config: NpmConfig,
}

#[derive(Debug, Deserialize)]
struct Manifest {
    version: String,
    dist: Dist,
}

#[derive(Debug, Deserialize)]
struct Dist {
    tarball: String,
    integrity: Option<String>,
}

impl Npm {
    fn new(environment: &Environment, directories: &Directories, patience: RetryLimits) -> Result<Self, Error> {
        let config = NpmConfig::read(environment, directories)?;
        Ok(Self {
            http: Http::new(patience, config.trust())?,
            config,
        })
    }

    async fn resolve(
        &self,
        version: &Version,
        target: BuildTarget,
        progress: &dyn Progress,
    ) -> Result<Artifact, Error> {
        let url = below(&self.config.registry, &format!("{}/{version}", target.npm_package()))?;
        let authorization = self.config.authorization(&url);
        let headers = [(ACCEPT, "application/json")];
        let manifest: Manifest = self.http.json(&url, &headers, authorization.as_ref(), progress).await?;
        // Mirrors lag behind, and some answer with what they have.
        if manifest.version != version.to_string() {
            return Err(Error::NotPublished { url });
        }
        let tarball = manifest
            .dist
            .tarball
            .parse()
            .map_err(|_| Error::answer(&url, "its `dist.tarball` is no address"))?;
        let tarball = self.config.tarball(&tarball);
        check_encrypted(&tarball, &self.config.registry)?;
        let published = manifest.dist.integrity.as_deref().and_then(Digest::from_integrity);
        let expected = match (pins::find(version, target), published) {
            (Some(pin), published) => {
                if let Some(found @ Digest::Sha512(_)) = published {
                    let compared = Mismatch::compare("the package", pin.npm_integrity, found);
                    compared.map_err(|mismatch| Error::HashMismatch { url, mismatch })?;
                }
                ExpectedHashes::Both {
                    archive: pin.npm_integrity,
                    executable: pin.executable,
                }
            }
            (None, Some(archive)) => ExpectedHashes::Archive(archive),
            (None, None) => return Err(Error::NoHash { url: tarball }),
        };
        Ok(Artifact {
            source: "npm",
            authorization: self.config.authorization(&tarball),
            url: tarball,
            kind: ArchiveKind::TarGz,
            executable: target.executable(),
            expected,
        })
    }
}

fn below(base: &Url, path: &str) -> Result<Url, Error> {
    base.join(path).map_err(|_| Error::Address {
        address: base.to_string(),
        problem: "nothing can be appended to it",
    })
}
