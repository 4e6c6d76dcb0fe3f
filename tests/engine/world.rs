//! A machine of its own for each test: home, directories, variables, and a release host.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use flate2::Compression;
use flate2::write::GzEncoder;
use opencode_rs::context::{Directories, Environment};
use opencode_rs::engine::{
    BuildTarget, Cpu, Engine, EngineRequest, Error, Host, Libc, Os, RetryLimits, Scrutiny, install,
};
use opencode_rs::request::{EngineChoice, Network};
use opencode_rs::support::progress::Progress;
use semver::Version;
use serde_json::json;
use sha2::{Digest as _, Sha256, Sha512};
use tempfile::TempDir;

use super::release_host::{ReleaseHost, Reply};

/// No real version: those may be in the table of known hashes.
pub(crate) const VERSION: Version = Version::new(1, 18, 90);

pub(crate) struct World {
    pub(crate) root: TempDir,
    pub(crate) host: ReleaseHost,
    pub(crate) directories: Directories,
    pub(crate) machine: Host,
    pub(crate) notes: Arc<Notes>,
    variables: Vec<(String, String)>,
}

/// A watcher that remembers.
#[derive(Debug, Default)]
pub(crate) struct Notes(Mutex<Vec<String>>);

impl Notes {
    pub(crate) fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

impl Progress for Notes {
    fn begin(&self, what: &str, _total: Option<u64>) {
        self.note(&format!("begin {what}"));
    }
    fn advance(&self, _bytes: u64) {}
    fn note(&self, line: &str) {
        self.0.lock().unwrap().push(line.to_owned());
    }
    fn finish(&self) {
        self.note("finish");
    }
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(ReleaseHost::start().await)
    }

    /// The same with a host that speaks TLS; its certificate is in a file.
    pub(crate) async fn encrypted() -> (Self, PathBuf) {
        let (host, certificate) = ReleaseHost::start_encrypted().await;
        let world = Self::with(host);
        let file = world.root.path().join("certificate.pem");
        std::fs::write(&file, certificate).unwrap();
        (world, file)
    }

    fn with(host: ReleaseHost) -> Self {
        let root = tempfile::tempdir().unwrap();
        let below = |name: &str| root.path().join(name);
        std::fs::create_dir(below("home")).unwrap();
        let directories = Directories {
            home: below("home"),
            config: below("config/opencode-rs"),
            data: below("data/opencode-rs"),
            state: below("state/opencode-rs"),
            cache: below("cache/opencode-rs"),
        };
        let variables = vec![
            ("PATH".to_owned(), "/usr/bin:/bin".to_owned()),
            ("HOME".to_owned(), below("home").display().to_string()),
            ("OPENCODE_RS_GITHUB_API".to_owned(), host.url("/api")),
            ("OPENCODE_RS_GITHUB_DOWNLOAD".to_owned(), host.url("/dl")),
            ("npm_config_registry".to_owned(), host.url("/npm")),
            ("npm_config_globalconfig".to_owned(), "/nonexistent".to_owned()),
        ];
        Self {
            machine: Host {
                os: Os::Linux,
                cpus: vec![Cpu::X64],
                libcs: vec![Libc::Glibc],
                avx2: true,
            },
            root,
            host,
            directories,
            notes: Arc::new(Notes::default()),
            variables,
        }
    }

    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.variables.retain(|(known, _)| known != name);
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    pub(crate) fn environment(&self) -> Environment {
        self.variables
            .iter()
            .map(|(name, value)| (name.into(), value.into()))
            .collect()
    }

    pub(crate) fn target(&self) -> BuildTarget {
        self.machine.targets()[0]
    }

    pub(crate) fn request<'a>(
        &'a self,
        choice: &'a EngineChoice,
        network: Network,
        environment: &'a Environment,
    ) -> EngineRequest<'a> {
        let progress: Arc<dyn Progress> = self.notes.clone();
        EngineRequest {
            host: Some(self.machine.clone()),
            patience: RetryLimits {
                connect: Duration::from_secs(5),
                read: Duration::from_secs(5),
                attempts: 3,
                connection_attempts: 2,
                first_pause: Duration::from_millis(1),
                longest_pause: Duration::from_millis(1),
            },
            ..EngineRequest::new(choice, network, environment, &self.directories, progress)
        }
    }

    pub(crate) async fn install(&self, version: &Version) -> Result<Engine, Error> {
        let environment = self.environment();
        let request = self.request(&EngineChoice::Search, Network::Online, &environment);
        install(&request, version, Scrutiny::Thorough).await
    }

    pub(crate) fn store(&self) -> PathBuf {
        self.directories.data.join("engines")
    }

    /// The names in the store, without those of locks.
    pub(crate) fn stored(&self) -> Vec<String> {
        let mut names: Vec<_> = std::fs::read_dir(self.store())
            .into_iter()
            .flatten()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| !name.starts_with(".lock-"))
            .collect();
        names.sort();
        names
    }

    pub(crate) fn api_path(version: &Version) -> String {
        format!("/api/repos/anomalyco/opencode/releases/tags/v{version}")
    }

    pub(crate) fn asset_path(version: &Version, target: BuildTarget) -> String {
        format!("/dl/anomalyco/opencode/releases/download/v{version}/{}", target.asset())
    }

    pub(crate) fn manifest_path(version: &Version, target: BuildTarget) -> String {
        format!("/npm/{}/{version}", target.npm_package())
    }

    pub(crate) fn tarball_path(version: &Version, target: BuildTarget) -> String {
        format!("/npm/{0}/-/{0}-{version}.tgz", target.npm_package())
    }

    /// Publishes a release of several builds, with their hashes.
    pub(crate) fn publish_github(&self, version: &Version, archives: &[(BuildTarget, &[u8])]) {
        let assets: Vec<_> = archives
            .iter()
            .map(|(target, archive)| json!({ "name": target.asset(), "digest": sha256(archive) }))
            .collect();
        let release = json!({ "tag_name": format!("v{version}"), "assets": assets });
        self.host
            .reply(&Self::api_path(version), Reply::Body(release.to_string().into_bytes()));
        for (target, archive) in archives {
            self.host
                .reply(&Self::asset_path(version, *target), Reply::Body(archive.to_vec()));
        }
    }

    /// Publishes one build's package, with its hash.
    pub(crate) fn publish_npm(&self, version: &Version, target: BuildTarget, archive: &[u8]) {
        self.publish_manifest(version, target, &integrity(archive));
        self.host
            .reply(&Self::tarball_path(version, target), Reply::Body(archive.to_vec()));
    }

    pub(crate) fn publish_manifest(&self, version: &Version, target: BuildTarget, integrity: &str) {
        let manifest = json!({
            "name": target.npm_package(),
            "version": version.to_string(),
            "dist": { "tarball": self.host.url(&Self::tarball_path(version, target)), "integrity": integrity },
        });
        self.host.reply(
            &Self::manifest_path(version, target),
            Reply::Body(manifest.to_string().into_bytes()),
        );
    }

    /// An executable file in a directory below the root.
    pub(crate) fn program(&self, path: &str, contents: &str) -> PathBuf {
        let path = self.root.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, contents).unwrap();
        make_executable(&path);
        path
    }
}

fn make_executable(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// An engine that knows its version, and nothing else.
pub(crate) fn engine_script(version: &Version) -> String {
    format!("#!/bin/sh\necho {version}\n")
}

/// A release file of Linux: the engine at the root.
pub(crate) fn tar_gz(name: &str, contents: &str) -> Vec<u8> {
    let mut builder = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    let mut header = tar::Header::new_gnu();
    header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
    header.set_size(contents.len() as u64);
    header.set_mode(0o755);
    header.set_cksum();
    builder.append(&header, contents.as_bytes()).unwrap();
    builder.into_inner().unwrap().finish().unwrap()
}

/// A release file of macOS and Windows.
pub(crate) fn zip_file(name: &str, contents: &str) -> Vec<u8> {
    use std::io::Write as _;
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    writer
        .start_file(name, zip::write::SimpleFileOptions::default())
        .unwrap();
    writer.write_all(contents.as_bytes()).unwrap();
    writer.finish().unwrap().into_inner()
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    let hex: Vec<_> = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{}", hex.concat())
}

pub(crate) fn integrity(bytes: &[u8]) -> String {
    let encoded = base64::engine::general_purpose::STANDARD.encode(Sha512::digest(bytes));
    format!("sha512-{encoded}")
}
