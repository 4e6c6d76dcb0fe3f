//! The oldest engine that is accepted does what the pinned one does.

use std::process::Command;

use serde_json::Value;

use crate::real_engine;
use crate::support::{EnginePermit, Sandbox};

/// What a probe of this program says.
fn probe(sandbox: &Sandbox, engine: &str) -> (Option<i32>, Value, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_opencode-rs"))
        .args(["engine", "probe", engine, "--output-format=json"])
        .env_clear()
        .envs(sandbox.environment())
        // The probe must not pass the user's variables to the engine: this value would break it.
        .env("OPENCODE_CONFIG_CONTENT", "not JSON")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let report = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {said}"));
    (output.status.code(), report, said)
}

#[test]
fn everything_that_is_probed_works_with_the_oldest_accepted_engine() {
    let engine = real_engine::oldest();
    let _permit = EnginePermit::acquire();
    let sandbox = Sandbox::new();
    let (code, report, said) = probe(&sandbox, engine.to_str().unwrap());
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(report["ok"], true);
    let version = opencode_rs::engine::OLDEST_TESTED.to_string();
    assert_eq!(report["items"][0]["version"], Value::from(version));
    assert!(report["items"][0]["rows"].as_array().unwrap().len() > 50);
    // Nothing of the user's was touched.
    assert_eq!(sandbox.processes().len(), 0);
    assert!(!sandbox.path("home/.local/share/opencode").exists());
    assert!(!sandbox.path("home/.local/state").exists());
    sandbox.expect_nothing_left();
}

#[test]
fn an_engine_that_does_not_start_fails_in_its_rows() {
    let sandbox = Sandbox::new();
    let script = "#!/bin/sh\n[ \"$1\" = --version ] && echo 1.18.33 && exit\necho broken >&2\nexit 1\n";
    let engine = sandbox.write("engine/opencode", script);
    std::fs::set_permissions(&engine, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let (code, report, said) = probe(&sandbox, engine.to_str().unwrap());
    assert_eq!((code, &report["ok"]), (Some(1), &Value::from(false)), "{said}");
    assert!(
        said.contains("error: cannot do everything with `opencode 1.18.33` in "),
        "{said}"
    );
    let row = &report["items"][0]["rows"][0];
    assert_eq!(row["ok"], false);
    assert!(row["reason"].as_str().unwrap().contains("broken"), "{row}");
}
