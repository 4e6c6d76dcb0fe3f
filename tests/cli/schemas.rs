//! `generate schema`, and the files that users write against it.

use std::fmt::Write as _;
use std::path::Path;

use opencode_rs::rehearsal::Script;
use opencode_rs::request::{SchemaName, Word as _};
use opencode_rs::settings::{ENTRIES, ProjectMay};
use serde_json::Value;

use super::sandbox::Sandbox;
use crate::support::schemas::{expect_valid, faults};

fn toml(text: &str) -> Value {
    toml::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

#[test]
fn every_golden_record_is_as_its_schema_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/render");
    let mut checked = 0;
    for folder in ["records", "runs"] {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
            for record in text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
                let is_record = record.get("type").is_some();
                assert!(is_record || !record.is_object(), "{record}");
                if is_record {
                    expect_valid(SchemaName::StreamJson, &record);
                    checked += 1;
                }
                if record["type"] == "result" {
                    expect_valid(SchemaName::Result, &record);
                }
            }
        }
    }
    assert!(checked > 40, "{checked}");
}

#[test]
fn a_record_that_lacks_a_key_or_has_a_wrong_one_is_not_as_the_schema_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/render/records/result.json");
    let record: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let changes: [fn(&mut Value); 5] = [
        |record| drop(record.as_object_mut().unwrap().remove("cost_usd")),
        |record| record["cost_usd"] = 0.5.into(),
        |record| record["outcome"] = "well".into(),
        |record| record["tool_calls"][0]["status"] = "done".into(),
        |record| record["schema_version"] = 2.into(),
    ];
    for change in changes {
        let mut wrong = record.clone();
        change(&mut wrong);
        assert_ne!(faults(SchemaName::Result, &wrong), Vec::<String>::new());
        assert_ne!(faults(SchemaName::StreamJson, &wrong), Vec::<String>::new());
    }
}

/// A value for a setting, as a user would write it.
fn example(key: &str) -> &'static str {
    match key {
        "model" => "\"provider/model\"",
        "effort" => "\"high\"",
        "color" => "\"never\"",
        "verbosity" => "\"normal\"",
        "output_format" => "\"json\"",
        "attach" | "ollama_url" | "lmstudio_url" | "llamacpp_url" => "\"http://127.0.0.1:4096\"",
        "max_cost" => "\"0.25\"",
        "max_retries" | "max_turns" | "max_tool_calls" | "max_tokens" | "port" => "7",
        "deny" | "ask" | "allow" => "[\"bash:git push *\"]",
        "trusted_directories" | "add_dirs" => "[\"~/src\"]",
        "approver_timeout" => "90",
        _ => "",
    }
}

/// A line for each setting of which the schema has a form.
fn every_setting(is_meant: impl Fn(ProjectMay) -> bool) -> String {
    let mut text = String::new();
    let schema = opencode_rs::commands::generate::schema(SchemaName::Settings);
    for entry in ENTRIES.iter().filter(|entry| is_meant(entry.project)) {
        let value = match (example(entry.key), &schema["properties"][entry.key]["type"]) {
            ("", Value::String(kind)) if kind == "boolean" => match entry.project {
                ProjectMay::TurnOff => "false",
                _ => "true",
            },
            ("", Value::Array(_)) => "\"5m\"",
            ("", _) => "\"words\"",
            (value, _) => value,
        };
        writeln!(text, "{} = {value}", entry.key).unwrap();
    }
    text
}

#[test]
fn files_of_settings_and_rules_that_the_program_takes_are_as_their_schemas_say() {
    let sandbox = Sandbox::new();
    let user = every_setting(|_| true).replace("policy = \"words\"", "policy = \"rules.toml\"");
    let user = format!("{user}\n[profiles.work]\nmodel = \"other\"\n");
    let project = every_setting(|project| project != ProjectMay::NotSet);
    let rules = "deny = [\"bash:rm *\"]\nask = []\nallow = [\"bash\"]\nread_only = true\nadd_dirs = [\"/usr\"]\n";
    expect_valid(SchemaName::Settings, &toml(&user));
    expect_valid(SchemaName::ProjectSettings, &toml(&project));
    expect_valid(SchemaName::PolicyFile, &toml(rules));
    sandbox.write(&sandbox.user_file(), &user);
    sandbox.write(&sandbox.user_file().with_file_name("rules.toml"), rules);
    sandbox.write(&sandbox.project().join(".opencode-rs.toml"), &project);
    let shown = sandbox.run(&["config", "show", "--profile", "work", "--output-format", "json"]);
    assert_eq!((shown.code, shown.stderr.as_str()), (Some(0), ""));
    shown.json();
}

#[test]
fn files_that_the_program_refuses_or_warns_of_are_not_as_their_schemas_say() {
    let sandbox = Sandbox::new();
    for line in [
        "modle = \"a/b\"",
        "model = 7",
        "effort = \"huge\"",
        "max_turns = 0",
        "port = 70000",
        "attach = \"ftp://x\"",
        "deny = \"bash\"",
        "add_dirs = [\"relative\"]",
        "offline = 7",
        "timeout = true",
    ] {
        sandbox.write(&sandbox.user_file(), line);
        let shown = sandbox.run(&["config", "show"]);
        assert!(
            shown.code == Some(2) || shown.stderr.contains("warning"),
            "{line}: {shown:?}"
        );
        assert_ne!(
            faults(SchemaName::Settings, &toml(line)),
            Vec::<String>::new(),
            "{line}"
        );
    }
    for line in ["engine = \"/x\"", "offline = false", "auto_tools = true", "allow = []"] {
        assert_ne!(
            faults(SchemaName::ProjectSettings, &toml(line)),
            Vec::<String>::new(),
            "{line}"
        );
    }
    assert_ne!(
        faults(SchemaName::PolicyFile, &toml("model = \"a/b\"")),
        Vec::<String>::new()
    );
}

#[test]
fn the_schema_of_scripts_takes_what_the_program_takes() {
    let taken = [
        include_str!("../../src/commands/probe/script.toml"),
        "afterwards = \"repeat\"\n[[reply]]\nmatch = \"x\"\ntimes = \"always\"\nhang = true\ntext = \"a\"\nrepeat = 2\n\
         usage = { input = 1, output = 2 }\ntool_calls = [{ name = \"read\", arguments = { filePath = \"a\" } }]",
        "[[reply]]\nstatus = 429\nheaders = { retry-after = 1 }\nbody = { a = [1] }\n",
    ];
    for text in taken {
        Script::parse(text, "script").unwrap();
        expect_valid(SchemaName::Script, &toml(text));
    }
    for text in [
        "[[reply]]\ntetx = \"x\"",
        "[[reply]]\ntimes = 0",
        "[[reply]]\ntimes = \"often\"",
        "[[reply]]\nhang = 3",
        "[[reply]]\nstatus = 200",
        "[[reply]]\nfault = \"rest\"",
        "[[reply]]\nchunk_size = 0",
        "[[reply]]\ntool_calls = [{ arguments = {} }]",
        "[[reply]]\nusage = { in = 1 }",
        "afterwards = \"stop\"",
    ] {
        Script::parse(text, "script").unwrap_err();
        assert_ne!(faults(SchemaName::Script, &toml(text)), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn the_program_prints_one_schema_lists_them_and_writes_all() {
    let sandbox = Sandbox::new();
    let one = sandbox.run(&["generate", "schema", "sessions"]);
    assert_eq!((one.code, one.stderr.as_str()), (Some(0), ""));
    let schema: Value = serde_json::from_str(&one.stdout).unwrap();
    assert_eq!(schema["title"], "sessions");
    assert_eq!(schema["properties"]["type"]["const"], "sessions");

    let names = sandbox.run(&["generate", "schema"]).stdout;
    let names: Vec<&str> = names
        .lines()
        .filter_map(|line| Some(line.split_once('\t')?.0))
        .collect();
    let words: Vec<&str> = SchemaName::WORDS.iter().map(|(word, _)| *word).collect();
    assert_eq!(names, words);

    assert_eq!(sandbox.run(&["generate", "schema", "--out", "schemas"]).code, Some(0));
    let written = std::fs::read_dir(sandbox.project().join("schemas")).unwrap().count();
    assert_eq!(written, words.len());
    assert_eq!(sandbox.run(&["generate", "schema", "session"]).code, Some(0));
    let unknown = sandbox.run(&["generate", "schema", "sesions"]);
    assert_eq!(unknown.code, Some(2));
    assert!(unknown.stderr.contains("sessions"), "{}", unknown.stderr);
}
