//! What `engine` prints, and on which stream.

use std::sync::Arc;

use opencode_rs::commands::engine::execute;
use opencode_rs::commands::table::TableStyle;
use opencode_rs::error::Failure;
use opencode_rs::request::{
    EngineAction, EngineChoice, EngineCommandRequest, ListFormat, ListOutput, Network, Verbosity,
};
use opencode_rs::support::progress::Progress;
use semver::Version;
use serde_json::json;

use super::world::{VERSION, World, engine_script};
use crate::support::schemas;

struct Silent;

impl Progress for Silent {
    fn begin(&self, _what: &str, _total: Option<u64>) {}
    fn advance(&self, _bytes: u64) {}
    fn note(&self, _line: &str) {}
    fn finish(&self) {}
}

struct Printed {
    result: Result<(), Failure>,
    stdout: String,
    stderr: String,
}

async fn run(world: &World, action: EngineAction, format: ListFormat) -> Printed {
    let request = EngineCommandRequest {
        action,
        choice: EngineChoice::Search,
        network: Network::Offline,
        output: ListOutput {
            format,
            ..ListOutput::default()
        },
        verbosity: Verbosity::Verbose,
    };
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let result = execute(
        &request,
        &world.environment(),
        &world.directories,
        Arc::new(Silent),
        &mut stdout,
        &mut stderr,
        TableStyle::PIPE,
    )
    .await;
    Printed {
        result,
        stdout: String::from_utf8(stdout).unwrap(),
        stderr: String::from_utf8(stderr).unwrap(),
    }
}

/// A world whose machine is this one, since the commands look at it themselves, with one version of our own installed.
async fn with_installed() -> (World, String) {
    let mut world = World::new().await;
    world.machine = opencode_rs::engine::Host::detect(&world.environment()).unwrap();
    let archive = super::world::tar_gz("opencode", &engine_script(&VERSION));
    world.publish_github(&VERSION, &[(world.target(), &archive)]);
    let path = world.install(&VERSION).await.unwrap().path.display().to_string();
    (world, path)
}

#[tokio::test]
async fn which_prints_the_path_alone_and_explains_on_stderr() {
    let (mut world, path) = with_installed().await;
    let foreign = world.program("one/opencode", "#!/bin/sh\necho 2.0.1\n");
    world.set(
        "PATH",
        &format!("{}:/usr/bin:/bin", foreign.parent().unwrap().display()),
    );
    let printed = run(&world, EngineAction::Which, ListFormat::Text).await;
    printed.result.unwrap();
    assert_eq!(printed.stdout, format!("{path}\n"));
    assert_eq!(
        printed.stderr,
        format!(
            "`opencode 1.18.90`, installed by `opencode-rs`\n\
             skipped `{}`: its version 2.0.1 is not supported (1.17.19 or later, below 2.0.0)\n",
            foreign.display()
        )
    );
    let printed = run(&world, EngineAction::Which, ListFormat::Json).await;
    let record = schemas::document(&printed.stdout);
    assert_eq!(record["engine"]["path"], json!(path));
    assert_eq!(record["candidates"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn which_fails_where_there_is_no_engine() {
    let world = World::new().await;
    let printed = run(&world, EngineAction::Which, ListFormat::Text).await;
    let failure = printed.result.unwrap_err();
    assert_eq!(
        (failure.kind.exit_code(), failure.message.as_str()),
        (127, "cannot find an engine")
    );
    assert_eq!(printed.stdout, "");
}

#[tokio::test]
async fn list_shows_all_and_marks_the_one_in_use() {
    let (mut world, path) = with_installed().await;
    let foreign = world.program("one/opencode", "#!/bin/sh\necho 2.0.1\n");
    world.set(
        "PATH",
        &format!("{}:/usr/bin:/bin", foreign.parent().unwrap().display()),
    );
    let printed = run(&world, EngineAction::List, ListFormat::Text).await;
    printed.result.unwrap();
    assert_eq!(
        printed.stdout,
        format!(
            "\t-\tpath\t{}\t(its version 2.0.1 is not supported (1.17.19 or later, below 2.0.0))\n\
             *\t1.18.90\tstore\t{path}\t\n",
            foreign.display()
        )
    );
}

#[tokio::test]
async fn use_prefers_an_installed_version_and_says_when_something_comes_first() {
    let (mut world, _) = with_installed().await;
    let missing = run(&world, EngineAction::Use(Version::new(1, 18, 91)), ListFormat::Text).await;
    let failure = missing.result.unwrap_err();
    assert_eq!(
        failure.hints,
        ["`opencode-rs engine list` shows what is there; `opencode-rs engine install 1.18.91` installs it"]
    );

    let newer = format!("data/opencode-rs/engines/1.18.95-{}/opencode", world.target());
    let newer = world.program(&newer, &engine_script(&Version::new(1, 18, 95)));
    let which = run(&world, EngineAction::Which, ListFormat::Text).await;
    assert_eq!(which.stdout, format!("{}\n", newer.display()));
    let printed = run(&world, EngineAction::Use(VERSION), ListFormat::Text).await;
    printed.result.unwrap();
    assert_eq!(
        printed.stderr,
        "`opencode 1.18.90` is preferred among the installed engines\n"
    );
    let which = run(&world, EngineAction::Which, ListFormat::Text).await;
    assert!(which.stdout.contains("1.18.90"), "{}", which.stdout);

    let first = world.program("one/opencode", &engine_script(&Version::new(1, 18, 92)));
    world.set("PATH", &format!("{}:/usr/bin:/bin", first.parent().unwrap().display()));
    let printed = run(&world, EngineAction::Use(VERSION), ListFormat::Text).await;
    let warning = format!(
        "warning: runs use `{}` (1.18.92), which comes first: found on `PATH`",
        first.display()
    );
    assert_eq!(printed.stderr.lines().last(), Some(warning.as_str()));
}

#[tokio::test]
async fn verify_tells_a_changed_engine_from_an_intact_one() {
    let (world, path) = with_installed().await;
    let printed = run(&world, EngineAction::Verify(None), ListFormat::Text).await;
    printed.result.unwrap();
    assert_eq!(printed.stdout, format!("intact\t1.18.90\t{path}\n"));
    std::fs::write(&path, "changed").unwrap();
    let printed = run(&world, EngineAction::Verify(Some(VERSION)), ListFormat::Text).await;
    let failure = printed.result.unwrap_err();
    assert_eq!(printed.stdout, format!("changed\t1.18.90\t{path}\n"));
    assert_eq!(failure.kind.exit_code(), 126);
    assert_eq!(failure.causes, [format!("`{path}` has changed")]);
    assert_eq!(
        failure.hints,
        ["run `opencode-rs engine install 1.18.90` to replace it"]
    );
}

#[tokio::test]
async fn remove_takes_away_what_we_installed_and_nothing_else() {
    let (world, _) = with_installed().await;
    run(&world, EngineAction::Use(VERSION), ListFormat::Text)
        .await
        .result
        .unwrap();
    let printed = run(&world, EngineAction::Remove(VERSION), ListFormat::Text).await;
    printed.result.unwrap();
    assert_eq!(world.stored(), Vec::<String>::new());

    let by_hand = format!("data/opencode-rs/engines/1.18.90-{}/opencode", world.target());
    let by_hand = world.program(&by_hand, &engine_script(&VERSION));
    let printed = run(&world, EngineAction::Remove(VERSION), ListFormat::Text).await;
    assert!(printed.result.is_err());
    assert!(by_hand.exists());
}

#[tokio::test]
async fn install_says_where_the_engine_is() {
    let (world, path) = with_installed().await;
    let printed = run(&world, EngineAction::Install(Some(VERSION)), ListFormat::Text).await;
    printed.result.unwrap();
    assert_eq!(printed.stdout, format!("{path}\n"));
    assert_eq!(printed.stderr, "`opencode 1.18.90` is installed already\n");
}
