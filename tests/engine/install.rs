//! What an installation leaves, and from where.

use std::os::unix::fs::PermissionsExt as _;

use opencode_rs::engine::{BuildTarget, Cpu, Engine, EngineStore, Error, Host, Os, Rejection, ensure};
use opencode_rs::request::{EngineChoice, EngineSource, Network};
use semver::Version;
use serde_json::{Value, json};

use super::release_host::{Reply, Seen};
use super::world::{VERSION, World, engine_script, integrity, sha256, tar_gz, zip_file};

#[tokio::test]
async fn a_release_is_verified_installed_and_found_again() {
    let world = World::new().await;
    let target = world.target();
    let script = engine_script(&VERSION);
    let archive = tar_gz("opencode", &script);
    world.publish_github(&VERSION, &[(target, &archive)]);

    let engine = world.install(&VERSION).await.unwrap();

    let path = world.store().join("1.18.90-linux-x64/opencode");
    let expected = Engine {
        path: path.clone(),
        version: VERSION,
        source: EngineSource::Download,
    };
    assert_eq!(engine, expected);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), script);
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o755);
    assert_eq!(world.stored(), ["1.18.90-linux-x64"]);
    let asset = World::asset_path(&VERSION, target);
    assert_eq!(world.host.paths(), [World::api_path(&VERSION), asset.clone()]);

    let receipt = std::fs::read(path.with_file_name("receipt.json")).unwrap();
    let mut receipt: Value = serde_json::from_slice(&receipt).unwrap();
    let installed_at = receipt.as_object_mut().unwrap().remove("installed_at").unwrap();
    assert_eq!(installed_at.as_str().unwrap().len(), "2026-11-20T12:34:56.789Z".len());
    // Tells this file from every copy of it.
    let mark = receipt.as_object_mut().unwrap().remove("mark").unwrap();
    assert_eq!(
        mark,
        opencode_rs::support::file_mark::file_mark(&std::fs::metadata(&path).unwrap())
    );
    let noted = json!({
        "schema_version": 1,
        "version": "1.18.90",
        "target": "linux-x64",
        "source": "github",
        "url": world.host.url(&asset),
        "archive": sha256(&archive),
        "executable": sha256(script.as_bytes()),
        "size": script.len(),
    });
    assert_eq!(receipt, noted);

    // Another run finds the installed engine, and contacts no host.
    let environment = world.environment();
    let request = world.request(&EngineChoice::Search, Network::Offline, &environment);
    let again = ensure(&request).await.unwrap();
    let stored = Engine {
        source: EngineSource::Store,
        ..expected
    };
    assert_eq!(again, stored);
    assert_eq!(world.install(&VERSION).await.unwrap(), stored);
    assert_eq!(world.host.paths().len(), 2);
}

#[tokio::test]
async fn a_zip_file_is_installed_where_releases_are_zip_files() {
    let mut world = World::new().await;
    world.machine = Host {
        os: Os::MacOs,
        cpus: vec![Cpu::Arm64],
        libcs: Vec::new(),
        avx2: false,
    };
    let script = engine_script(&VERSION);
    world.publish_github(&VERSION, &[(world.target(), &zip_file("opencode", &script))]);
    let engine = world.install(&VERSION).await.unwrap();
    assert_eq!(engine.path, world.store().join("1.18.90-darwin-arm64/opencode"));
    let mut files: Vec<_> = std::fs::read_dir(engine.path.parent().unwrap())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    assert_eq!(files, ["opencode", "receipt.json"]);
}

#[tokio::test]
async fn the_registry_serves_what_github_does_not_and_gets_its_credentials() {
    let mut world = World::new().await;
    world.set("GITHUB_TOKEN", "github-secret\n");
    let target = world.target();
    let address = world.host.url("/npm/").replace("http:", "");
    std::fs::write(
        world.directories.home.join(".npmrc"),
        format!("{address}:_authToken=npm-secret\n"),
    )
    .unwrap();
    let archive = tar_gz("package/bin/opencode", &engine_script(&VERSION));
    world.publish_npm(&VERSION, target, &archive);

    world.install(&VERSION).await.unwrap();

    let seen = |path: String, secret: &str| Seen {
        path,
        authorization: Some(format!("Bearer {secret}")),
    };
    assert_eq!(
        world.host.seen(),
        [
            seen(World::api_path(&VERSION), "github-secret"),
            seen(World::manifest_path(&VERSION, target), "npm-secret"),
            seen(World::tarball_path(&VERSION, target), "npm-secret"),
        ]
    );
    let store = EngineStore::new(&world.directories);
    let receipt = store.find(&VERSION, target).unwrap().receipt.unwrap();
    assert_eq!((receipt.source.as_str(), receipt.archive), ("npm", integrity(&archive)));
}

#[tokio::test]
async fn a_refused_token_is_dropped() {
    let mut world = World::new().await;
    world.set("GITHUB_TOKEN", "expired");
    let archive = tar_gz("opencode", &engine_script(&VERSION));
    world.publish_github(&VERSION, &[(world.target(), &archive)]);
    let release = json!({ "assets": [{ "name": world.target().asset(), "digest": sha256(&archive) }] });
    world.host.replies(
        &World::api_path(&VERSION),
        vec![
            Reply::Status(401, Vec::new()),
            Reply::Body(release.to_string().into_bytes()),
        ],
    );
    world.install(&VERSION).await.unwrap();
    let authorizations: Vec<_> = world.host.seen().into_iter().map(|seen| seen.authorization).collect();
    assert_eq!(authorizations, [Some("Bearer expired".to_owned()), None, None]);
}

#[tokio::test]
async fn a_build_that_needs_other_instructions_gives_way_to_the_baseline_build() {
    let world = World::new().await;
    let baseline: BuildTarget = "linux-x64-baseline".parse().unwrap();
    let dies = tar_gz("opencode", "#!/bin/sh\nkill -ILL $$\n");
    let runs = tar_gz("opencode", &engine_script(&VERSION));
    world.publish_github(&VERSION, &[(world.target(), &dies), (baseline, &runs)]);
    let engine = world.install(&VERSION).await.unwrap();
    assert_eq!(engine.path, world.store().join("1.18.90-linux-x64-baseline/opencode"));
    assert_eq!(world.stored(), ["1.18.90-linux-x64-baseline"]);
}

#[tokio::test]
async fn a_build_that_a_mirror_lacks_gives_way_to_the_next_one() {
    let world = World::new().await;
    let baseline: BuildTarget = "linux-x64-baseline".parse().unwrap();
    let archive = tar_gz("package/bin/opencode", &engine_script(&VERSION));
    world.publish_npm(&VERSION, baseline, &archive);
    let engine = world.install(&VERSION).await.unwrap();
    assert_eq!(engine.path, world.store().join("1.18.90-linux-x64-baseline/opencode"));
}

#[tokio::test]
async fn ten_installers_at_once_download_once() {
    let world = World::new().await;
    let archive = tar_gz("opencode", &engine_script(&VERSION));
    world.publish_github(&VERSION, &[(world.target(), &archive)]);
    let version = VERSION;
    let engines = futures_util::future::join_all((0..10).map(|_| world.install(&version))).await;
    let mut sources: Vec<_> = engines.into_iter().map(|engine| engine.unwrap().source).collect();
    sources.sort_by_key(|source| source.as_str());
    let mut expected = vec![EngineSource::Store; 10];
    expected[0] = EngineSource::Download;
    assert_eq!(sources, expected);
    assert_eq!(world.host.paths().len(), 2);
    let waited = |note: &&String| note.starts_with("waiting for another process");
    assert_eq!(world.notes.all().iter().filter(waited).count(), 9);
}

#[tokio::test]
async fn dropping_an_installation_leaves_nothing_and_the_next_one_succeeds() {
    let world = World::new().await;
    let target = world.target();
    let archive = tar_gz("opencode", &engine_script(&VERSION));
    world.publish_github(&VERSION, &[(target, &archive)]);
    world.host.replies(
        &World::asset_path(&VERSION, target),
        vec![Reply::Stalled(archive.clone(), archive.len() / 2), Reply::Body(archive)],
    );
    {
        let version = VERSION;
        let installing = world.install(&version);
        tokio::select! {
            result = installing => panic!("it cannot end: {result:?}"),
            () = world.host.requested(2) => {}
        }
    }
    assert_eq!(world.stored(), Vec::<String>::new());
    world.install(&VERSION).await.unwrap();
    assert_eq!(world.stored(), ["1.18.90-linux-x64"]);
}

#[tokio::test]
async fn what_a_killed_installation_left_is_removed_by_the_next_one() {
    let world = World::new().await;
    let archive = tar_gz("opencode", &engine_script(&VERSION));
    world.publish_github(&VERSION, &[(world.target(), &archive)]);
    world.program(
        "data/opencode-rs/engines/.staging-1.18.90-linux-x64-abc/opencode",
        "half",
    );
    world.program(
        "data/opencode-rs/engines/.staging-1.18.91-linux-x64-abc/opencode",
        "another's",
    );
    world.install(&VERSION).await.unwrap();
    assert_eq!(world.stored(), [".staging-1.18.91-linux-x64-abc", "1.18.90-linux-x64"]);
}

#[tokio::test]
async fn a_damaged_engine_of_ours_is_replaced() {
    let world = World::new().await;
    let script = engine_script(&VERSION);
    world.publish_github(&VERSION, &[(world.target(), &tar_gz("opencode", &script))]);
    let path = world.install(&VERSION).await.unwrap().path;
    // The same length and the same version: only the hash tells.
    std::fs::write(&path, script.replace("echo ", "echo\t")).unwrap();
    let engine = world.install(&VERSION).await.unwrap();
    assert_eq!(engine.source, EngineSource::Download);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), script);
    assert_eq!(world.stored(), ["1.18.90-linux-x64"]);
}

#[tokio::test]
async fn what_the_user_placed_by_hand_is_used_and_never_changed() {
    let world = World::new().await;
    let path = world.program(
        "data/opencode-rs/engines/1.18.90-linux-x64/opencode",
        &engine_script(&VERSION),
    );
    let engine = world.install(&VERSION).await.unwrap();
    assert_eq!((engine.path, engine.source), (path.clone(), EngineSource::Store));
    std::fs::write(&path, "#!/bin/sh\necho 1.18.91\n").unwrap();
    let error = world.install(&VERSION).await.unwrap_err();
    assert!(matches!(error, Error::InTheWay { .. }), "{error}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "#!/bin/sh\necho 1.18.91\n");
    assert_eq!(world.host.paths(), Vec::<String>::new());
}

#[tokio::test]
async fn an_executable_that_says_another_version_is_not_installed() {
    let world = World::new().await;
    let other = Version::new(1, 18, 91);
    world.publish_github(
        &VERSION,
        &[(world.target(), &tar_gz("opencode", &engine_script(&other)))],
    );
    let error = world.install(&VERSION).await.unwrap_err();
    let expected = Rejection::OtherVersion {
        found: other,
        expected: VERSION,
    };
    assert!(
        matches!(&error, Error::NotRunnable { rejection, .. } if *rejection == expected),
        "{error}"
    );
    assert_eq!(world.stored(), Vec::<String>::new());
}
