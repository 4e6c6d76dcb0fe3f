//! Which of several engines is used, and the message when there is no engine.

use std::path::PathBuf;

use opencode_rs::engine::{Engine, EngineCandidate, Error, Rejection, candidates, ensure};
use opencode_rs::error::FailureKind;
use opencode_rs::request::{EngineChoice, EngineSource, Network};
use semver::Version;

use super::world::{VERSION, World, engine_script};

fn named(path: PathBuf) -> EngineChoice {
    EngineChoice::Path {
        path,
        named_by: "`--engine`".to_owned(),
    }
}

#[tokio::test]
async fn the_first_usable_engine_is_used_and_the_others_have_reasons() {
    let mut world = World::new().await;
    let foreign = world.program("one/opencode", "#!/bin/sh\necho opencode v2.0.26\n");
    let placeholder = world.program("two/opencode", "echo the postinstall script was not run\n");
    let home = world.program("home/.opencode/bin/opencode", &engine_script(&VERSION));
    let stored = world.program(
        "data/opencode-rs/engines/1.18.33-linux-x64/opencode",
        &engine_script(&Version::new(1, 18, 33)),
    );
    let root = world.root.path().display().to_string();
    world.set("PATH", &format!("{root}/one:{root}/two:/usr/bin:/bin"));
    let environment = world.environment();
    let request = world.request(&EngineChoice::Search, Network::Offline, &environment);

    let used = ensure(&request).await.unwrap();
    assert_eq!(
        used,
        Engine {
            path: home.clone(),
            version: VERSION,
            source: EngineSource::Home,
        }
    );
    // Named, since its user expects its conversations; the placeholder is not.
    assert_eq!(
        world.notes.all(),
        [format!(
            "`{}` is `opencode 2.0.26`, which speaks another protocol: `opencode {VERSION}` (`{}`) is used beside it, and \
             does not see the conversations and logins of version 2",
            foreign.display(),
            home.display()
        )]
    );
    let candidate = |path, source, verdict| EngineCandidate { path, source, verdict };
    assert_eq!(
        candidates(&request).await,
        [
            candidate(
                foreign,
                EngineSource::Path,
                Err(Rejection::Unsupported(Version::new(2, 0, 26)))
            ),
            candidate(placeholder, EngineSource::Path, Err(Rejection::Placeholder)),
            candidate(home, EngineSource::Home, Ok(VERSION)),
            candidate(stored, EngineSource::Store, Ok(Version::new(1, 18, 33))),
        ]
    );
}

#[tokio::test]
async fn an_engine_of_version_2_behind_the_one_that_is_used_is_named_and_not_run() {
    let mut world = World::new().await;
    let used = world.program("one/opencode", &engine_script(&VERSION));
    let proof = world.root.path().join("it-ran");
    let foreign = world.program(
        "node_modules/@opencode/cli/bin/opencode",
        &format!("#!/bin/sh\ntouch {}\necho 2.0.26\n", proof.display()),
    );
    let package = foreign.parent().unwrap().with_file_name("package.json");
    std::fs::write(package, r#"{"name": "@opencode/cli", "version": "2.0.26"}"#).unwrap();
    // A launcher may lead anywhere, and is not asked.
    world.program("three/opencode", &format!("#!/bin/sh\ntouch {}\n", proof.display()));
    let root = world.root.path().display().to_string();
    let bin = foreign.parent().unwrap().display();
    world.set("PATH", &format!("{root}/one:{bin}:{root}/three:/usr/bin:/bin"));
    let environment = world.environment();
    let request = world.request(&EngineChoice::Search, Network::Offline, &environment);
    assert_eq!(ensure(&request).await.unwrap().path, used);
    let notes = world.notes.all();
    assert_eq!(notes.len(), 1, "{notes:?}");
    let expected = format!(
        "`{}` is `opencode 2.0.26`, which speaks another protocol",
        foreign.display()
    );
    assert!(notes[0].starts_with(&expected), "{notes:?}");
    assert!(!proof.exists());
}

#[tokio::test]
async fn a_named_engine_is_used_or_is_an_error() {
    let world = World::new().await;
    let environment = world.environment();
    let good = world.program("good", &engine_script(&VERSION));
    let choice = named(good.clone());
    let request = world.request(&choice, Network::Offline, &environment);
    let engine = ensure(&request).await.unwrap();
    assert_eq!((engine.path, engine.source), (good, EngineSource::Explicit));

    let choice = named(world.root.path().join("missing"));
    let request = world.request(&choice, Network::Online, &environment);
    let failure = ensure(&request).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::EngineMissing);
    assert!(
        failure
            .message
            .ends_with("/missing` named by `--engine`: it does not exist"),
        "{failure}"
    );

    let choice = named(world.program("second", "#!/bin/sh\necho 2.0.1\n"));
    let request = world.request(&choice, Network::Online, &environment);
    let failure = ensure(&request).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Engine);
    assert_eq!(world.host.paths(), Vec::<String>::new());
}

#[tokio::test]
async fn without_any_engine_the_pinned_one_is_downloaded_or_all_reasons_are_listed() {
    let mut world = World::new().await;
    let broken = world.program("one/opencode", "#!/bin/sh\necho broken >&2\nexit 1\n");
    let root = world.root.path().display().to_string();
    world.set("PATH", &format!("{root}/one:/usr/bin:/bin"));
    let environment = world.environment();
    let request = world.request(&EngineChoice::Search, Network::Online, &environment);
    let failure = ensure(&request).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::EngineMissing);
    assert_eq!(
        failure.message,
        "cannot find an engine, and cannot install `opencode 1.18.33`"
    );
    assert_eq!(
        failure.causes.last().unwrap(),
        &format!(
            "skipped `{}`: `--version` ended with status 1: broken",
            broken.display()
        )
    );
    let pinned = World::asset_path(&Version::new(1, 18, 33), world.target());
    assert_eq!(world.host.paths()[0], pinned);
}

#[tokio::test]
async fn an_engine_of_ours_that_was_cut_is_skipped_without_running_it() {
    let world = World::new().await;
    let archive = super::world::tar_gz("opencode", &engine_script(&VERSION));
    world.publish_github(&VERSION, &[(world.target(), &archive)]);
    let path = world.install(&VERSION).await.unwrap().path;
    let proof = world.root.path().join("it-ran");
    std::fs::write(&path, format!("#!/bin/sh\ntouch {}\n", proof.display())).unwrap();
    let environment = world.environment();
    let request = world.request(&EngineChoice::Search, Network::Offline, &environment);
    let found = candidates(&request).await;
    assert!(matches!(found[0].verdict, Err(Rejection::Damaged { .. })), "{found:?}");
    assert!(!proof.exists());
}

#[tokio::test]
async fn a_slow_engine_is_waited_for() {
    let mut world = World::new().await;
    let slow = world.program("one/opencode", &format!("#!/bin/sh\nsleep 14\necho {VERSION}\n"));
    let root = world.root.path().display().to_string();
    world.set("PATH", &format!("{root}/one:/usr/bin:/bin"));
    let environment = world.environment();
    let request = world.request(&EngineChoice::Search, Network::Online, &environment);
    assert_eq!(ensure(&request).await.unwrap().path, slow);
    let waiting = format!("waiting up to 60 s for `{} --version`", slow.display());
    assert_eq!(world.notes.all(), [waiting]);
    assert_eq!(world.host.paths(), Vec::<String>::new());
}

#[tokio::test]
async fn what_this_machine_cannot_run_now_is_no_reason_for_a_download() {
    let mut world = World::new().await;
    world.program("one/opencode", "#!/bin/sh\nkill -KILL $$\n");
    let root = world.root.path().display().to_string();
    world.set("PATH", &format!("{root}/one:/usr/bin:/bin"));
    let environment = world.environment();
    let request = world.request(&EngineChoice::Search, Network::Online, &environment);
    let failure = ensure(&request).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Engine);
    assert_eq!(failure.message, "cannot find out whether there is an engine");
    let cause = format!("skipped `{root}/one/opencode`: `--version` was killed by signal 9");
    assert_eq!(failure.causes, [cause]);
    assert_eq!(world.host.paths(), Vec::<String>::new());
}

#[tokio::test]
async fn a_verified_download_that_this_machine_cannot_run_now_stays() {
    let world = World::new().await;
    let archive = super::world::tar_gz("opencode", "#!/bin/sh\nkill -KILL $$\n");
    world.publish_github(&VERSION, &[(world.target(), &archive)]);
    for _ in 0..2 {
        let error = world.install(&VERSION).await.unwrap_err();
        assert!(
            matches!(
                &error,
                Error::NotRunnable {
                    rejection: Rejection::Killed(9),
                    ..
                }
            ),
            "{error}"
        );
        assert_eq!(world.stored(), [format!("1.18.90-{}", world.target())]);
    }
    assert_eq!(world.host.paths().len(), 2, "the release and its file are fetched once");
}

#[tokio::test]
async fn a_directory_for_temporary_files_that_cannot_be_used_does_not_cost_the_engine() {
    let mut world = World::new().await;
    let engine = world.program("one/opencode", &engine_script(&VERSION));
    let root = world.root.path().display().to_string();
    world.set("PATH", &format!("{root}/one:/usr/bin:/bin"));
    for base in ["/nope", "relative", &engine.display().to_string()] {
        world.set("TMPDIR", base);
        let environment = world.environment();
        let request = world.request(&EngineChoice::Search, Network::Online, &environment);
        assert_eq!(ensure(&request).await.unwrap().path, engine, "{base}");
    }
}

#[tokio::test]
async fn each_candidate_that_is_passed_over_is_named_before_a_download() {
    let mut world = World::new().await;
    world.program("one/opencode", "#!/bin/sh\necho 1.3.14\n");
    world.program("two/opencode", "#!/usr/bin/env no-such-node\n");
    let root = world.root.path().display().to_string();
    world.set("PATH", &format!("{root}/one:{root}/two:/usr/bin:/bin"));
    let environment = world.environment();
    let request = world.request(&EngineChoice::Search, Network::Online, &environment);
    ensure(&request).await.unwrap_err();
    let notes = world.notes.all();
    let old = format!("skipped `{root}/one/opencode`: its version 1.3.14 is not supported");
    let script = format!("skipped `{root}/two/opencode`: its interpreter `no-such-node` is not on `PATH`");
    assert!(notes[0].starts_with(&old), "{notes:?}");
    assert_eq!(notes[1], script);
}
