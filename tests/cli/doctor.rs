//! `doctor`.

use serde_json::Value;

use super::sandbox::Finished;
use super::support::{Home, finish};
use crate::support::schemas;

/// The checks as name and status.
fn verdicts(report: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let checks = report["checks"].as_array().unwrap().iter();
    checks
        .map(|check| (text(&check["name"]), text(&check["status"])))
        .collect()
}

fn check<'a>(report: &'a Value, name: &str) -> &'a Value {
    let mut checks = report["checks"].as_array().unwrap().iter();
    checks
        .find(|check| check["name"] == name)
        .unwrap_or_else(|| panic!("there is no check `{name}`: {report}"))
}

fn failed(report: &Value) -> Vec<String> {
    let failed = verdicts(report).into_iter().filter(|(_, status)| status == "fail");
    failed.map(|(name, _)| name).collect()
}

#[test]
fn a_rehearsal_goes_all_the_way() {
    let home = Home::new();
    let finished = home.run(&["doctor", "--rehearse", "--output-format", "json"]);
    assert_eq!((finished.code, finished.stderr.as_str()), (Some(0), ""), "{finished:?}");
    let report = finished.json();
    assert_eq!(
        (&report["type"], &report["schema_version"], &report["ok"]),
        (&"doctor".into(), &1.into(), &true.into())
    );
    let names: Vec<String> = verdicts(&report).into_iter().map(|(name, _)| name).collect();
    let expected = [
        "program",
        "terminal",
        "tools",
        "directories",
        "disk",
        "leftovers",
        "servers",
        "environment",
        "configuration",
        "directory",
        "engine",
        "server",
        "providers",
        "model",
        "rehearsal",
    ];
    let expected: Vec<&str> = expected
        .into_iter()
        .filter(|name| cfg!(unix) || !matches!(*name, "disk" | "servers"))
        .collect();
    assert_eq!(names, expected);
    assert_eq!(check(&report, "model")["summary"], "rehearsal/scripted is configured");
    assert!(home.temporary_files().is_empty(), "{:?}", home.temporary_files());
}

#[test]
fn an_engine_that_is_not_there_is_127_and_nothing_is_started() {
    let home = Home::new();
    let finished = home.run(&["doctor", "--engine", "/no/such/engine", "--output-format", "json"]);
    assert_eq!(finished.code, Some(127));
    let report = finished.json();
    assert_eq!(report["exit_code"], 127);
    assert_eq!(failed(&report), ["engine"]);
    assert_eq!(
        check(&report, "engine")["details"][0],
        "/no/such/engine (explicit): skipped, since it does not exist"
    );
}

#[test]
fn no_usable_provider_is_4() {
    let home = Home::new();
    let mut command = home.command(&["doctor", "--offline", "--output-format", "json"]);
    let finished = finish(command.env("OPENCODE_CONFIG_CONTENT", r#"{"enabled_providers":["anthropic"]}"#));
    assert_eq!(finished.code, Some(4), "{finished:?}");
    let report = finished.json();
    assert_eq!(failed(&report), ["providers"]);
    assert_eq!(check(&report, "environment")["status"], "warn");
}

#[test]
fn a_broken_configuration_of_the_engine_is_explained() {
    let home = Home::new();
    home.write("opencode.json", r#"{"permission": {"bash": "maybe"}}"#);
    let finished = home.run(&["doctor", "--offline", "--output-format", "json"]);
    assert_eq!(finished.code, Some(2), "{finished:?}");
    let report = finished.json();
    assert_eq!(failed(&report), ["engine configuration"]);
    let summary = check(&report, "engine configuration")["summary"].as_str().unwrap();
    assert!(
        summary.contains("opencode.json") && summary.contains("permission.bash"),
        "{summary}"
    );
}

#[test]
fn a_provider_that_nobody_can_reach_is_7_and_no_secret_is_shown() {
    let home = Home::new();
    let config = r#"{"model": "local/m", "enabled_providers": ["local"], "provider": {"local": {
        "npm": "@ai-sdk/openai-compatible", "models": {"m": {}},
        "options": {"baseURL": "http://user:hunter2@127.0.0.1:9/v1", "apiKey": "hunter2"}}}}"#;
    let run = |words: &[&str]| finish(home.command(words).env("OPENCODE_CONFIG_CONTENT", config));
    let text = run(&["doctor"]);
    assert_eq!(text.code, Some(7), "{text:?}");
    assert!(text.stdout.contains("\nFAIL  reachability "), "{}", text.stdout);
    assert!(
        text.stdout.ends_with("\nA run would not work; one thing to mend.\n"),
        "{}",
        text.stdout
    );
    assert!(
        !text.stdout.contains("hunter2") && !text.stderr.contains("hunter2"),
        "{text:?}"
    );
    let words = ["doctor", "--offline", "--output-format", "json"];
    let offline = run(&words);
    assert_eq!(offline.code, Some(0), "{offline:?}");
    // The settings choose the model of a run, so that one is judged.
    let mut chosen = home.command(&words);
    let chosen = finish(
        chosen
            .env("OPENCODE_CONFIG_CONTENT", config)
            .env("OPENCODE_RS_MODEL", "local/other"),
    );
    assert_eq!(
        (chosen.code, failed(&chosen.json())),
        (Some(2), vec!["model".to_owned()])
    );
}

#[test]
fn code_that_nobody_trusts_is_listed_and_never_run() {
    let home = Home::new();
    home.write(
        ".opencode/plugin/spy.ts",
        "import { writeFileSync } from \"node:fs\"; writeFileSync(\"ran\", \"\"); export const x = async () => ({})",
    );
    let Finished { code, stdout, .. } = home.run(&["doctor", "--rehearse", "--output-format", "json"]);
    let report = schemas::document(&stdout);
    assert_eq!((code, failed(&report)), (Some(2), vec!["directory".to_owned()]));
    let listed = check(&report, "directory")["details"][0].as_str().unwrap();
    assert!(listed.contains("spy.ts"), "{listed}");
    // The rest is tried all the same, elsewhere.
    assert_eq!(check(&report, "rehearsal")["status"], "ok");
    assert!(!home.project().join("ran").exists());
}

#[test]
fn code_that_is_trusted_is_still_worth_a_look() {
    let home = Home::new();
    home.write(".opencode/command/date.md", "It is !`date`.\n");
    let asked = home.run(&["doctor", "--rehearse", "--output-format", "json"]);
    assert_eq!(asked.code, Some(2), "{asked:?}");
    let trusted = home.run(&["doctor", "--rehearse", "--trust", "--output-format", "json"]);
    assert_eq!(trusted.code, Some(0), "{trusted:?}");
    assert_eq!(check(&trusted.json(), "directory")["status"], "warn");
}

#[test]
fn what_was_checked_until_the_time_limit_is_shown() {
    let home = Home::new();
    let finished = home.run(&["doctor", "--rehearse", "--timeout", "1ms", "--output-format", "json"]);
    assert_eq!(finished.code, Some(124), "{finished:?}");
    let report = finished.json();
    assert_eq!(failed(&report), ["doctor"]);
    assert_eq!(check(&report, "program")["status"], "ok");
}
