//! Faults of sources and disks: nothing is installed, and the message names the cause.

use opencode_rs::engine::{Error, PINNED_VERSION, Scrutiny, install, pinned_version};
use opencode_rs::error::Failure;
use opencode_rs::request::{EngineChoice, Network};
use semver::Version;
use serde_json::json;

use super::release_host::Reply;
use super::world::{VERSION, World, engine_script, integrity, sha256, tar_gz};

/// The failure of an installation, after a look at the store.
async fn failure(world: &World, version: &Version) -> Failure {
    let error = world.install(version).await.unwrap_err();
    assert_eq!(world.stored(), Vec::<String>::new());
    let failure = Failure::from(error);
    assert!(matches!(failure.kind.exit_code(), 126 | 127), "{failure:?}");
    failure
}

fn archive() -> Vec<u8> {
    tar_gz("opencode", &engine_script(&VERSION))
}

#[tokio::test]
async fn a_wrong_hash_installs_nothing_and_asks_nobody_else() {
    let world = World::new().await;
    let target = world.target();
    world.publish_github(&VERSION, &[(target, &archive())]);
    world.publish_npm(
        &VERSION,
        target,
        &tar_gz("package/bin/opencode", &engine_script(&VERSION)),
    );
    let replaced = tar_gz("opencode", "#!/bin/sh\necho 1.18.90 # and more\n");
    world
        .host
        .reply(&World::asset_path(&VERSION, target), Reply::Body(replaced.clone()));
    let failure = failure(&world, &VERSION).await;
    let expected = format!(
        "cannot trust `{}`: the hash of the archive is not the expected one (expected {}, found {})",
        world.host.url(&World::asset_path(&VERSION, target)),
        sha256(&archive()),
        sha256(&replaced)
    );
    assert_eq!(failure.message, expected);
    assert_eq!(world.host.paths().len(), 2, "the registry is not asked");
}

#[tokio::test]
async fn the_pinned_engine_must_be_the_known_one_whatever_its_source_says() {
    let world = World::new().await;
    let (version, target) = (pinned_version(), world.target());
    let fake = tar_gz("opencode", &engine_script(&version));
    world.publish_github(&version, &[(target, &fake)]);
    let failure_of_github = failure(&world, &version).await;
    assert!(
        failure_of_github.message.contains("the hash of the executable"),
        "{failure_of_github}"
    );
    // Its hash is known, so the API is not asked.
    assert_eq!(world.host.paths(), [World::asset_path(&version, target)]);

    let world = World::new().await;
    world.publish_npm(&version, target, &fake);
    let failure_of_npm = failure(&world, &version).await;
    assert!(
        failure_of_npm.message.contains("the hash of the package"),
        "{failure_of_npm}"
    );
    assert!(failure_of_npm.message.contains(&integrity(&fake)), "{failure_of_npm}");
}

#[tokio::test]
async fn a_broken_connection_is_tried_again() {
    let world = World::new().await;
    let target = world.target();
    let archive = archive();
    world.publish_github(&VERSION, &[(target, &archive)]);
    world.host.replies(
        &World::asset_path(&VERSION, target),
        vec![
            Reply::Reset,
            Reply::Truncated(archive.clone(), archive.len() / 2),
            Reply::Body(archive),
        ],
    );
    world.install(&VERSION).await.unwrap();
    assert_eq!(world.host.paths().len(), 4);
    let notes = world.notes.all();
    let again = notes.iter().filter(|note| note.contains("trying again")).count();
    assert_eq!(again, 2, "{notes:?}");
    assert_eq!(world.stored(), ["1.18.90-linux-x64"]);
}

#[tokio::test]
async fn an_overloaded_host_is_tried_again_when_it_says() {
    let world = World::new().await;
    let target = world.target();
    world.publish_github(&VERSION, &[(target, &archive())]);
    world.host.replies(
        &World::asset_path(&VERSION, target),
        vec![
            Reply::Status(503, vec![("retry-after", "0".to_owned())]),
            Reply::Body(archive()),
        ],
    );
    world.install(&VERSION).await.unwrap();
    assert_eq!(world.host.paths().len(), 3);
}

#[tokio::test]
async fn a_body_that_is_always_cut_fails_after_some_attempts() {
    let world = World::new().await;
    let target = world.target();
    let archive = archive();
    world.publish_github(&VERSION, &[(target, &archive)]);
    world.host.reply(
        &World::asset_path(&VERSION, target),
        Reply::Truncated(archive.clone(), archive.len() - 1),
    );
    let failure = failure(&world, &VERSION).await;
    assert_eq!(failure.message, "cannot download `opencode 1.18.90`");
    assert!(failure.causes[0].starts_with("cannot finish reading"), "{failure:?}");
    let asset = World::asset_path(&VERSION, target);
    assert_eq!(world.host.paths().iter().filter(|path| **path == asset).count(), 3);
}

#[tokio::test]
async fn a_rate_limit_leads_to_the_registry_at_once() {
    let world = World::new().await;
    let target = world.target();
    let headers = vec![
        ("x-ratelimit-remaining", "0".to_owned()),
        ("x-ratelimit-reset", "1795178096".to_owned()),
    ];
    world
        .host
        .reply(&World::api_path(&VERSION), Reply::Status(403, headers));
    world.publish_npm(&VERSION, target, &archive());
    world.install(&VERSION).await.unwrap();
    assert_eq!(
        world.host.paths(),
        [
            World::api_path(&VERSION),
            World::manifest_path(&VERSION, target),
            World::tarball_path(&VERSION, target),
        ]
    );
}

#[tokio::test]
async fn an_unreachable_github_leads_to_the_registry() {
    let mut world = World::new().await;
    let target = world.target();
    // A port without a listener: it was free a moment ago.
    let free = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    world.set("OPENCODE_RS_GITHUB_API", &format!("http://{free}"));
    world.publish_npm(&VERSION, target, &archive());
    world.install(&VERSION).await.unwrap();
    assert_eq!(world.host.paths().len(), 2);
}

#[tokio::test]
async fn when_no_source_has_it_every_source_is_named() {
    let world = World::new().await;
    let failure = failure(&world, &VERSION).await;
    assert_eq!(failure.message, "cannot download `opencode 1.18.90`");
    let missing = |path: String| format!("`{}` does not exist", world.host.url(&path));
    let baseline = world.machine.targets()[1];
    assert_eq!(
        failure.causes,
        [
            missing(World::api_path(&VERSION)),
            missing(World::manifest_path(&VERSION, world.target())),
            missing(World::manifest_path(&VERSION, baseline)),
        ]
    );
}

#[tokio::test]
async fn too_large_an_archive_is_refused_before_it_is_read() {
    let world = World::new().await;
    let target = world.target();
    world.publish_github(&VERSION, &[(target, &archive())]);
    world.host.reply(
        &World::asset_path(&VERSION, target),
        Reply::Announced(300 * 1024 * 1024),
    );
    let failure = failure(&world, &VERSION).await;
    assert!(
        failure.causes[0].ends_with("the archive has more than 268435456 bytes"),
        "{failure:?}"
    );
}

#[tokio::test]
async fn an_archive_of_another_shape_is_refused() {
    for (name, problem) in [
        ("bin/linux/opencode", "there is no `opencode` in it"),
        ("../opencode", "it has an entry that leaves its directory"),
        ("/tmp/opencode", "it has an entry that leaves its directory"),
    ] {
        let world = World::new().await;
        world.publish_github(&VERSION, &[(world.target(), &tar_gz(name, &engine_script(&VERSION)))]);
        let failure = failure(&world, &VERSION).await;
        assert!(failure.causes[0].ends_with(problem), "{name}: {failure:?}");
    }
}

#[tokio::test]
async fn without_a_published_hash_nothing_is_downloaded() {
    let world = World::new().await;
    let target = world.target();
    let release = json!({ "assets": [{ "name": target.asset(), "digest": null }] });
    world.host.reply(
        &World::api_path(&VERSION),
        Reply::Body(release.to_string().into_bytes()),
    );
    world.publish_manifest(&VERSION, target, "sha1-abcd");
    let failure = failure(&world, &VERSION).await;
    let no_hash = |path: String| format!("cannot verify `{}`: no hash is published for it", world.host.url(&path));
    assert_eq!(
        failure.causes[..2],
        [
            no_hash(World::asset_path(&VERSION, target)),
            no_hash(World::tarball_path(&VERSION, target)),
        ]
    );
}

#[tokio::test]
async fn offline_the_message_names_file_address_and_place() {
    let world = World::new().await;
    let environment = world.environment();
    let request = world.request(&EngineChoice::Search, Network::Offline, &environment);
    let error = install(&request, &VERSION, Scrutiny::Quick).await.unwrap_err();
    let failure = Failure::from(error);
    assert_eq!(failure.kind.exit_code(), 127);
    assert_eq!(
        failure.message,
        "cannot download `opencode 1.18.90`: `--offline` is set"
    );
    let hint = format!(
        "download {}, unpack `opencode` from it to `{}`, and make it executable",
        world.host.url(&World::asset_path(&VERSION, world.target())),
        world.store().join("1.18.90-linux-x64/opencode").display()
    );
    assert_eq!(failure.hints, [hint]);
    assert_eq!(world.host.paths(), Vec::<String>::new());
}

#[tokio::test]
async fn a_directory_that_cannot_be_written_is_named() {
    let mut world = World::new().await;
    let file = world.program("a-file", "");
    world.directories.data = file.join("below");
    let failure = failure(&world, &VERSION).await;
    assert!(failure.message.starts_with("cannot write `"), "{failure}");
    assert!(failure.message.contains("a-file/below/engines"), "{failure}");
    assert_eq!(
        world.host.paths(),
        Vec::<String>::new(),
        "nothing is downloaded for nothing"
    );
}

#[tokio::test]
async fn an_unsupported_version_is_a_usage_error() {
    let world = World::new().await;
    for version in ["2.0.1", "1.17.0"] {
        let error = world.install(&version.parse().unwrap()).await.unwrap_err();
        assert!(matches!(error, Error::UnsupportedVersion(_)));
        let failure = Failure::from(error);
        assert_eq!(failure.kind.exit_code(), 2);
        assert!(failure.hints[0].contains(PINNED_VERSION));
    }
}
