//! Engines that are missing, broken, or die.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::Signal;
use serde_json::Value;

use crate::support::{Finished, LONG, Sandbox, until};

fn program(sandbox: &Sandbox, name: &str, text: &str, mode: u32) -> PathBuf {
    let path = sandbox.write(name, text);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
    path
}

/// A run with this engine program, which fails with 126 and names it.
#[track_caller]
fn unusable(sandbox: &Sandbox, engine: &Path) -> Finished {
    let finished = sandbox
        .run_without_engine(
            ["--rehearse", "--output-format", "json", "--engine"]
                .map(Into::into)
                .into_iter()
                .chain([engine.as_os_str().to_owned(), "Say it".into()]),
        )
        .finish()
        .expect(126);
    let record = finished.record();
    assert_eq!(
        [&record["outcome"], &record["error"]["kind"]],
        [&Value::from("engine"), &Value::from("engine")]
    );
    sandbox.expect_nothing_left();
    finished.says(&["error: ", &engine.to_string_lossy()])
}

#[test]
fn no_engine_and_no_network_allowed_ends_the_run_with_127() {
    let sandbox = Sandbox::new();
    let finished = sandbox
        .run_without_engine(["--offline", "--output-format", "json", "Say it"])
        .env("PATH", "/nonexistent")
        .finish()
        .expect(127);
    let record = finished.record();
    assert_eq!(
        [&record["outcome"], &record["error"]["kind"]],
        [&Value::from("engine"), &Value::from("engine_missing")]
    );
    finished.says(&["error: ", "hint: "]);
    sandbox.expect_nothing_left();
}

#[test]
fn a_named_engine_that_does_not_exist_ends_the_run_with_127_and_no_other_is_used() {
    let sandbox = Sandbox::new();
    let finished = sandbox
        .run([
            "--rehearse",
            "--output-format",
            "json",
            "--engine",
            "/no/such/opencode",
            "Say it",
        ])
        .finish()
        .expect(127)
        .says(&["error: cannot use the engine `/no/such/opencode` named by `--engine`: it does not exist\n"]);
    let record = finished.record();
    assert_eq!(record["error"]["kind"], "engine_missing");
    assert_eq!(record["rehearsal"], true);
}

#[test]
fn a_named_engine_that_is_none_ends_the_run_with_126() {
    let sandbox = Sandbox::new();
    unusable(&sandbox, &sandbox.path("project"));
    unusable(&sandbox, &program(&sandbox, "text", "just words", 0o644));
    unusable(&sandbox, &program(&sandbox, "text-x", "just words", 0o755));
    unusable(
        &sandbox,
        &program(&sandbox, "foreign", "#!/bin/sh\necho hello\n", 0o755),
    );
    unusable(&sandbox, &program(&sandbox, "old", "#!/bin/sh\necho 0.3.0\n", 0o755));
    unusable(
        &sandbox,
        &program(
            &sandbox,
            "stub",
            "#!/bin/sh\necho 'It seems that your package manager failed to install the right version' >&2\nexit 1\n",
            0o755,
        ),
    );
}

#[test]
fn an_engine_that_dies_at_once_ends_the_run_with_126_and_its_last_words() {
    let sandbox = Sandbox::new();
    let engine = program(
        &sandbox,
        "dying",
        "#!/bin/sh\ncase \"$*\" in *--version*) echo 1.18.33;; *) echo 'no more room' >&2; exit 3;; esac\n",
        0o755,
    );
    unusable(&sandbox, &engine).says(&["no more room"]);
}

#[test]
fn an_engine_that_is_killed_in_the_middle_of_a_turn_ends_the_run_with_126() {
    let sandbox = Sandbox::new();
    let script = "[[reply]]\ntext = \"one two three\"\nfault = \"stall\"\nafter_chunks = 1";
    let mut running = sandbox
        .rehearse(script, ["--output-format", "stream-json", "Say it"])
        .start();
    running.wait_for_stdout("\"type\":\"text\"");
    sandbox.engine().expect("the engine runs").signal(Signal::KILL);
    let finished = running.finish().expect(126);
    let records = finished.records();
    let result = records.last().unwrap();
    assert_eq!(
        [&result["outcome"], &result["error"]["kind"]],
        [&Value::from("engine"), &Value::from("engine")]
    );
    finished.says(&["error: cannot go on: the engine ended by itself: "]);
    sandbox.expect_nothing_left();
}

#[test]
fn killing_our_program_leaves_no_engine() {
    let sandbox = Sandbox::new();
    let script = "[[reply]]\ntext = \"one two three\"\nfault = \"stall\"\nafter_chunks = 1";
    let mut running = sandbox.rehearse(script, ["Say it"]).start();
    running.wait_for_stdout("one");
    assert!(sandbox.engine().is_some());
    running.signal(Signal::KILL);
    let finished = running.finish();
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&finished.status), Some(9));
    sandbox.expect_nothing_left();
}

/// A program that is asked for its version has a temporary directory. What stays of it when we are killed goes with a later run.
#[test]
fn a_kill_while_a_program_is_asked_for_its_version_leaves_nothing_for_long() {
    let sandbox = Sandbox::new();
    let asked = sandbox.path("asked");
    let text = format!("#!/bin/sh\ntouch {}; exec sleep 5\n", asked.display());
    let slow = program(&sandbox, "slow/opencode", &text, 0o755);
    let run = sandbox.run_without_engine(["--rehearse", "--engine", slow.to_str().unwrap(), "Say it"]);
    let running = run.start_at_once();
    until("the program is asked", LONG, || asked.exists().then_some(()));
    running.signal(Signal::KILL);
    running.finish();
    let left: Vec<PathBuf> = std::fs::read_dir(sandbox.path("tmp"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    let [left] = left.as_slice() else { panic!("{left:?}") };
    // What is younger than a minute may be in use.
    let old = std::time::SystemTime::now() - Duration::from_secs(120);
    std::fs::File::open(left).unwrap().set_modified(old).unwrap();
    sandbox
        .rehearse("[[reply]]\ntext = \"ok\"", ["Say it"])
        .finish()
        .expect(0);
    until("the program has ended", LONG, || {
        sandbox.processes().is_empty().then_some(())
    });
    sandbox.expect_nothing_left();
}

#[test]
fn a_search_without_ripgrep_is_told_once() {
    let sandbox = Sandbox::new();
    std::fs::create_dir(sandbox.path("bin")).unwrap();
    for name in ["git", "sh"] {
        std::os::unix::fs::symlink(which::which(name).unwrap(), sandbox.path("bin").join(name)).unwrap();
    }
    let script = "[[reply]]\ntool_calls = [{ name = \"grep\", arguments = { pattern = \"fox\" } }, \
                  { name = \"glob\", arguments = { pattern = \"*\" } }]\n[[reply]]\ntext = \"I could not search.\"";
    let finished = sandbox
        .rehearse(script, ["Search"])
        .env("PATH", sandbox.path("bin"))
        // The engine cannot download one either.
        .env("HTTPS_PROXY", "http://127.0.0.1:9")
        .finish()
        .expect(0)
        .writes("I could not search.\n");
    assert_eq!(
        finished.stderr.matches("failed: ripgrep execution failed").count(),
        2,
        "{}",
        finished.stderr
    );
    assert_eq!(
        finished
            .stderr
            .matches("warning: the engine has no ripgrep (`rg`)")
            .count(),
        1,
        "{}",
        finished.stderr
    );
    sandbox.expect_nothing_left();
}
