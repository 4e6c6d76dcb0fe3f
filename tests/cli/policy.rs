//! Permissions as a user states them: flags, settings, a file of rules.

use std::fs;

use serde_json::{Value, json};

use crate::cli::sandbox::{Finished, Sandbox};

/// Runs `config show` and gives the JSON of one setting.
fn setting(sandbox: &Sandbox, key: &str) -> (Value, Finished) {
    let finished = sandbox.run(&["config", "show", "--output-format", "json"]);
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    let document: Value = serde_json::from_str(&finished.stdout).unwrap();
    (document["settings"][key].clone(), finished)
}

fn project_file(sandbox: &Sandbox, text: &str) {
    sandbox.write(&sandbox.project().join(".opencode-rs.toml"), text);
}

#[test]
fn rules_of_all_files_add_up_and_a_project_can_only_narrow() {
    let sandbox = Sandbox::new();
    sandbox.write(
        &sandbox.user_file(),
        "deny = [\"bash:rm *\"]\nallow = [\"bash:ls\"]\npolicy = \"rules.toml\"\n",
    );
    let rules = sandbox.user_file().with_file_name("rules.toml");
    sandbox.write(&rules, "deny = [\"webfetch\"]\n");
    project_file(
        &sandbox,
        "deny = [\"bash:curl *\", \"write:secrets/**\"]\nallow = [\"bash\"]\nadd_dirs = [\"/\"]\npolicy = \"p.toml\"\n\
         auto_tools = true\napprover = \"true\"\n",
    );
    let (deny, finished) = setting(&sandbox, "deny");
    let (user, project, policy) = (
        "[ROOT]/home/config/opencode-rs/config.toml",
        "[ROOT]/project/.opencode-rs.toml",
        "[ROOT]/home/config/opencode-rs/rules.toml",
    );
    assert_eq!(
        deny,
        json!({
            "value": ["bash:rm *", "bash:curl *", "edit:secrets/**", "webfetch"],
            "origin": "policy",
            "from": policy,
            "sources": [
                {"value": ["bash:rm *"], "origin": "user", "from": user},
                {"value": ["bash:curl *", "edit:secrets/**"], "origin": "project", "from": project},
                {"value": ["webfetch"], "origin": "policy", "from": policy},
            ],
        })
    );
    for (line, key) in [(2, "allow"), (3, "add_dirs"), (4, "policy"), (6, "approver")] {
        let warning = format!("warning: `{key}` in `{project}`, line {line}, is ignored: a project may not set this\n");
        assert!(finished.stderr.contains(&warning), "{}", finished.stderr);
    }
    assert!(
        finished
            .stderr
            .contains("line 5, is ignored: a project may turn this off, not on"),
        "{}",
        finished.stderr
    );
    assert_eq!(
        setting(&sandbox, "allow").0,
        json!({"value": ["bash:ls"], "origin": "user", "from": user})
    );
    // In the table each source has a line.
    let table = sandbox.run(&["config", "show"]).stdout;
    let lines: Vec<&str> = table.lines().filter(|line| line.starts_with("deny ")).collect();
    assert_eq!(lines.len(), 3, "{table}");
}

#[test]
fn a_project_turns_on_what_narrows_and_cannot_turn_it_off_by_other_words() {
    let sandbox = Sandbox::new();
    sandbox.write(
        &sandbox.user_file(),
        "auto_tools = true\nread_only = true\noffline = true\n",
    );
    project_file(
        &sandbox,
        "auto_tools = false\nread_only = \"no\"\noffline = \"false\"\nno_input = true\nfail_on_deny = true\n",
    );
    let value = |key: &str| setting(&sandbox, key).0["value"].clone();
    assert_eq!(value("auto_tools"), false);
    assert_eq!(value("read_only"), true);
    assert_eq!(value("offline"), true);
    assert_eq!(value("no_input"), true);
    assert_eq!(value("fail_on_deny"), true);
    project_file(&sandbox, "auto_tools = \"yes\"\n");
    assert_eq!(setting(&sandbox, "auto_tools").0["origin"], "user");
}

#[test]
fn a_policy_file_that_is_not_understood_stops_the_run() {
    let sandbox = Sandbox::new();
    let file = sandbox.project().join("rules.toml");
    let cases = [
        (
            "\ndenny = [\"bash\"]\n",
            "error: cannot use policy file `[ROOT]/project/rules.toml`, line 2: it has no key `denny`\n\
             hint: did you mean `deny`?\n",
        ),
        (
            "model = \"a/b\"\n",
            "error: cannot use policy file `[ROOT]/project/rules.toml`, line 1: it has no key `model`\n\
             hint: a policy file has `deny`, `ask`, `allow`, `read_only`, `add_dirs`\n",
        ),
        (
            "deny = \"bash\"\n",
            "error: cannot use `deny` in policy file `[ROOT]/project/rules.toml`, line 1: an array of rules such as \
             `[\"bash:git diff *\"]` is wanted, not a string\n",
        ),
        (
            "deny = [\"bash:ls\", \"raed\"]\n",
            "error: cannot use `deny` in policy file `[ROOT]/project/rules.toml`, line 1: `raed` names no tool; did you \
             mean `read`? (For a tool that is really called so, write `raed*`)\n",
        ),
        (
            "ask = []\ndeny = [\n",
            "error: cannot read policy file `[ROOT]/project/rules.toml`, line 2: ",
        ),
    ];
    for (text, expected) in cases {
        sandbox.write(&file, text);
        let finished = sandbox.run(&["--policy", "rules.toml", "hi"]);
        assert_eq!((finished.code, finished.stdout.as_str()), (Some(2), ""), "{text}");
        assert!(finished.stderr.starts_with(expected), "{text}: {}", finished.stderr);
    }
    fs::remove_file(&file).unwrap();
    let finished = sandbox.run(&["--policy", "rules.toml", "hi"]);
    assert_eq!(finished.code, Some(2));
    assert!(
        finished
            .stderr
            .starts_with("error: cannot read policy file `[ROOT]/project/rules.toml`\n  caused by: "),
        "{}",
        finished.stderr
    );
}

#[test]
fn a_policy_file_narrows_and_takes_no_narrowing_back() {
    let sandbox = Sandbox::new();
    sandbox.write(&sandbox.user_file(), "read_only = true\npolicy = \"rules.toml\"\n");
    let rules = sandbox.user_file().with_file_name("rules.toml");
    sandbox.write(&rules, "read_only = false\n");
    assert_eq!(setting(&sandbox, "read_only").0["origin"], "user");
    sandbox.write(&sandbox.user_file(), "policy = \"rules.toml\"\n");
    sandbox.write(&rules, "read_only = true\n");
    assert_eq!(setting(&sandbox, "read_only").0["origin"], "policy");
}

#[test]
fn a_directory_to_add_must_be_one() {
    let sandbox = Sandbox::new();
    sandbox.write(&sandbox.project().join("file"), "");
    for (name, reason) in [("absent", "No such file or directory"), ("file", "not a directory")] {
        let finished = sandbox.run(&["--auto-tools", "--add-dir", name, "hi"]);
        assert_eq!(finished.code, Some(2));
        assert!(
            finished
                .stderr
                .starts_with(&format!("error: cannot use `--add-dir {name}`\n"))
                && finished.stderr.contains(reason),
            "{}",
            finished.stderr
        );
    }
}

#[test]
fn what_widens_needs_auto_tools_and_says_so() {
    let finished = Sandbox::new().run(&["--allow", "bash:ls", "hi"]);
    assert_eq!(
        (finished.code, finished.stderr.as_str()),
        (
            Some(2),
            "error: cannot use `--allow` without `--auto-tools`: the model may look and not touch\n\
             hint: add `--auto-tools` to let the model run tools, or leave out `--allow`\n"
        )
    );
}
