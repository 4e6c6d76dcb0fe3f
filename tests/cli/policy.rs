//! Permissions as a user states them: flags, settings, a file of rules.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::cli::sandbox::{Finished, Sandbox};
use crate::support::schemas;

/// Runs `config show` and gives the JSON of one setting.
fn setting(sandbox: &Sandbox, key: &str) -> (Value, Finished) {
    let finished = sandbox.run(&["config", "show", "--output-format", "json"]);
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    (finished.json()["settings"][key].take(), finished)
}

/// Runs git in a directory, without settings of the user.
#[track_caller]
fn git(directory: &Path, arguments: &[&str]) {
    let mut git = std::process::Command::new("git");
    let git = git
        .current_dir(directory)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap());
    assert!(git.args(arguments).status().unwrap().success(), "{arguments:?}");
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
        setting(&sandbox, "allow").0["sources"],
        json!([{"value": ["bash:ls"], "origin": "user", "from": user}])
    );
    // In the table each source has a line.
    let table = sandbox.run(&["config", "show"]).stdout;
    let lines: Vec<&str> = table.lines().filter(|line| line.starts_with("deny\t")).collect();
    assert_eq!(lines.len(), 3, "{table}");
}

#[test]
fn a_project_turns_on_what_narrows_and_cannot_turn_it_off() {
    let sandbox = Sandbox::new();
    sandbox.write(
        &sandbox.user_file(),
        "auto_tools = true\nread_only = true\noffline = true\n",
    );
    project_file(
        &sandbox,
        "auto_tools = false\nread_only = false\noffline = false\nno_input = true\nfail_on_deny = true\n",
    );
    let value = |key: &str| setting(&sandbox, key).0["value"].clone();
    assert_eq!(value("auto_tools"), false);
    assert_eq!(value("read_only"), true);
    assert_eq!(value("offline"), true);
    assert_eq!(value("no_input"), true);
    assert_eq!(value("fail_on_deny"), true);
    project_file(&sandbox, "auto_tools = true\n");
    assert_eq!(setting(&sandbox, "auto_tools").0["origin"], "user");
    // A word may mean either.
    project_file(&sandbox, "auto_tools = \"yes\"\n");
    let refused = sandbox.run(&["config", "show"]);
    assert_eq!(refused.code, Some(2));
    let said = "line 1: `true` or `false` is wanted, not a string";
    assert!(refused.stderr.contains(said), "{}", refused.stderr);
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
    let finished = sandbox.run(&["--policy", "./rules.toml", "hi"]);
    assert_eq!(finished.code, Some(2));
    assert!(
        finished.stderr.starts_with(
            "error: cannot read policy file `[ROOT]/project/rules.toml`\n  caused by: it does not exist\n"
        ),
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
fn a_variable_that_cannot_deny_is_not_believed_to() {
    let sandbox = Sandbox::new();
    for name in ["DENY", "ASK", "ALLOW", "ADD_DIRS"] {
        let name = format!("OPENCODE_RS_{name}");
        let finished = sandbox.finish(sandbox.command(&["config", "show"]).env(&name, "bash"));
        assert_eq!(
            (finished.code, finished.stderr),
            (
                Some(2),
                format!(
                    "error: cannot use environment variable `{name}`: a list is set in a file, not in the environment\n"
                )
            )
        );
    }
    let mut command = sandbox.command(&["config", "show", "--output-format", "json"]);
    let finished = sandbox.finish(
        command
            .env("OPENCODE_RS_AUTO_TOOLS", "1")
            .env("OPENCODE_RS_APPROVER", "bob"),
    );
    let document = finished.json();
    assert_eq!(
        (
            &document["settings"]["auto_tools"]["value"],
            &document["settings"]["approver"]["value"]
        ),
        (&json!(true), &json!("bob"))
    );
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

/// The document of a `policy` command.
fn document(sandbox: &Sandbox, arguments: &[&str]) -> Value {
    let all: Vec<&str> = ["policy"]
        .into_iter()
        .chain(arguments.iter().copied())
        .chain(["--output-format", "json"])
        .collect();
    let finished = sandbox.run(&all);
    assert_eq!((finished.code, finished.stderr.as_str()), (Some(0), ""), "{all:?}");
    finished.json()
}

#[test]
fn show_names_every_rule_with_its_origin_the_strictest_first() {
    let sandbox = Sandbox::new();
    sandbox.write(&sandbox.user_file(), "allow = [\"bash:ls\"]\n");
    project_file(&sandbox, "ask = [\"edit\"]\n");
    sandbox.write(
        &sandbox.project().join("ci.toml"),
        "deny = [\"webfetch\"]\nadd_dirs = [\"/usr\"]\n",
    );
    let words = [
        "show",
        "--auto-tools",
        "--policy=ci.toml",
        "--deny",
        "bash:a\u{1b}b *",
        "--add-dir=.",
        "--approver=ask bob",
        "--fail-on-deny",
    ];
    let shown = document(&sandbox, &words);
    assert_eq!(
        shown["rules"],
        json!([
            {"effect": "deny", "rule": "webfetch", "origin": "[ROOT]/project/ci.toml"},
            {"effect": "deny", "rule": "bash:a\u{1b}b *", "origin": "--deny"},
            {"effect": "ask", "rule": "edit", "origin": "[ROOT]/project/.opencode-rs.toml"},
            {"effect": "ask", "rule": "edit:[ROOT]/project/ci.toml", "origin": "--policy"},
            {"effect": "allow", "rule": "bash:ls", "origin": "[ROOT]/home/config/opencode-rs/config.toml"},
        ])
    );
    assert_eq!(
        (
            &shown["preset"],
            &shown["directories"],
            &shown["approver"],
            &shown["fail_on_deny"]
        ),
        (
            &json!("auto-tools"),
            &json!(["[ROOT]/project", "/usr", "[ROOT]/project"]),
            &json!({"kind": "program", "command": "ask bob", "timeout_ms": 60_000}),
            &json!(true)
        )
    );
    let text = sandbox
        .run(&[
            "policy",
            "show",
            "--auto-tools",
            "--deny",
            "bash:a\u{1b}b *",
            "--no-input",
        ])
        .stdout;
    assert_eq!(text.lines().next(), Some("deny\tbash:a\\u{1b}b *\t--deny"));
    assert!(
        text.contains("\nrun\ta run with `--auto-tools`, as `--auto-tools` says\ndirectory\t[ROOT]/project\n"),
        "{text}"
    );
    assert!(
        text.contains("\nanswers\tnobody: what asks is denied (--no-input)\n"),
        "{text}"
    );
    // Without tools nothing that allows is in force.
    let plain = document(&sandbox, &["show", "--plain"]);
    assert_eq!(plain["preset"], "look-only");
    assert_eq!(plain["rules"].as_array().unwrap().len(), 1);
    let narrowed = document(&sandbox, &["show", "--auto-tools", "--read-only"]);
    assert_eq!(narrowed["preset"], "read-only");
}

#[test]
fn show_judges_for_the_directory_that_is_named() {
    let sandbox = Sandbox::new();
    sandbox.write(&sandbox.project().join("a/.opencode-rs.toml"), "deny = [\"bash\"]\n");
    let shown = document(&sandbox, &["show", "-d", "a"]);
    assert_eq!(shown["directories"], json!(["[ROOT]/project/a"]));
    assert_eq!(shown["rules"][0]["origin"], "[ROOT]/project/a/.opencode-rs.toml");
    let finished = sandbox.run(&["policy", "show", "-d", "absent"]);
    assert_eq!(finished.code, Some(2));
    assert!(
        finished.stderr.contains("cannot work in `[ROOT]/project/absent`"),
        "{}",
        finished.stderr
    );
}

#[test]
fn test_says_what_would_happen_and_expect_makes_it_a_check() {
    let sandbox = Sandbox::new();
    let verdicts = document(&sandbox, &["test", "--auto-tools", "bash:make", "websearch:x"]);
    let effects: Vec<(&Value, &Value)> = verdicts["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|verdict| (&verdict["tool"], &verdict["effect"]))
        .collect();
    assert_eq!(
        effects,
        [(&json!("bash"), &json!("ask")), (&json!("websearch"), &json!("ask"))]
    );
    assert_eq!(
        sandbox
            .run(&["policy", "test", "--auto-tools", "bash:make", "--expect", "ask"])
            .code,
        Some(0)
    );
    let finished = sandbox.run(&["policy", "test", "--auto-tools", "bash:make\nrm x", "--expect", "deny"]);
    assert_eq!(finished.code, Some(3));
    assert!(
        finished.stdout.starts_with("ask\tbash:make\\nrm x\t"),
        "{}",
        finished.stdout
    );
    assert_eq!(
        finished.stderr,
        "judged: a run with `--auto-tools`, as `--auto-tools` says\n\
         error: not every call is `deny`\n  caused by: `bash:make\\nrm x` is `ask`\n\
         hint: `opencode-rs policy explain CALL` shows each part of a call with its rule\n"
    );
}

/// `policy` judges the run that the settings describe, and reports each setting's origin.
#[test]
fn the_run_of_the_settings_is_judged_and_named() {
    let sandbox = Sandbox::new();
    let judged = |arguments: &[&str], variable: Option<&str>| {
        let mut command = sandbox.command(&["policy", "test", "edit:a", "read:/usr/x"]);
        command.args(arguments);
        if let Some(value) = variable {
            command.env("OPENCODE_RS_AUTO_TOOLS", value);
        }
        let finished = sandbox.finish(&mut command);
        assert_eq!(finished.code, Some(0), "{}", finished.stderr);
        let effects: Vec<String> = finished
            .stdout
            .lines()
            .map(|line| line.split_whitespace().next().unwrap().to_owned())
            .collect();
        (effects.join(" "), finished.stderr)
    };
    let told = |run: &str| format!("judged: {run}\n");
    assert_eq!(
        judged(&[], None),
        (
            "deny deny".to_owned(),
            told("a plain prompt: nothing sets `--auto-tools`")
        )
    );
    assert_eq!(
        judged(&["--auto-tools"], None),
        (
            "allow ask".to_owned(),
            told("a run with `--auto-tools`, as `--auto-tools` says")
        )
    );
    assert_eq!(
        judged(&[], Some("true")),
        (
            "allow ask".to_owned(),
            told("a run with `--auto-tools`, as environment variable `OPENCODE_RS_AUTO_TOOLS` says")
        )
    );
    sandbox.write(
        &sandbox.user_file(),
        "auto_tools = true\nadd_dirs = [\"/usr\"]\n[profiles.careful]\nread_only = true\n[profiles.plain]\nauto_tools = false\n",
    );
    let file = "[ROOT]/home/config/opencode-rs/config.toml";
    assert_eq!(
        judged(&[], None),
        (
            "allow allow".to_owned(),
            told(&format!("a run with `--auto-tools`, as {file} says"))
        )
    );
    assert_eq!(
        judged(&["--profile", "careful"], None),
        (
            "deny allow".to_owned(),
            told(&format!("a run with `--auto-tools --read-only`, as {file} says"))
        )
    );
    assert_eq!(
        judged(&["--profile", "plain"], None),
        (
            "deny deny".to_owned(),
            told(&format!("a plain prompt, as {file}, profile `plain` says"))
        )
    );
    assert_eq!(
        judged(&["--plain"], None),
        ("deny deny".to_owned(), told("a plain prompt, as `--plain` says"))
    );
    // A project turns tools off, and never on.
    project_file(&sandbox, "auto_tools = false\n");
    let (effects, told) = judged(&[], None);
    assert_eq!(effects, "deny deny");
    assert!(
        told.contains("a plain prompt, as [ROOT]/project/.opencode-rs.toml says"),
        "{told}"
    );
    let shown = document(&sandbox, &["show"]);
    assert_eq!(
        (&shown["preset"], &shown["auto_tools_from"]),
        (&json!("look-only"), &json!("[ROOT]/project/.opencode-rs.toml"))
    );
    let verdicts = document(&sandbox, &["test", "edit:a"]);
    assert_eq!(verdicts["items"][0]["preset"], "look-only");
    // What would be refused in a run is refused here.
    let finished = sandbox.run(&["policy", "test", "--allow", "bash", "bash:ls"]);
    assert_eq!(finished.code, Some(2));
    assert!(
        finished.stderr.contains("cannot use `--allow` without `--auto-tools`"),
        "{}",
        finished.stderr
    );
}

/// The effects of calls, in order.
fn effects(sandbox: &Sandbox, flags: &[&str], calls: &[&str]) -> Vec<String> {
    effects_with(sandbox, flags, calls, |_| {})
}

/// The same after `change` of the command: its directory, its variables.
fn effects_with(
    sandbox: &Sandbox,
    flags: &[&str],
    calls: &[&str],
    change: impl FnOnce(&mut std::process::Command),
) -> Vec<String> {
    let words = [&["policy", "test"], flags, calls, &["--output-format", "json"]].concat();
    let mut command = sandbox.command(&words);
    change(&mut command);
    let finished = sandbox.finish(&mut command);
    assert_eq!((finished.code, finished.stderr.as_str()), (Some(0), ""), "{words:?}");
    let effect = |verdict: &Value| verdict["effect"].as_str().unwrap().to_owned();
    schemas::items(&finished.stdout).iter().map(effect).collect()
}

/// What `policy show` and the README say of the presets, asked of the presets.
#[test]
fn the_presets_are_those_of_the_readme() {
    let sandbox = Sandbox::new();
    let (plain, auto, read_only) = (
        &["--plain"][..],
        &["--auto-tools"][..],
        &["--auto-tools", "--read-only"][..],
    );
    let table = [
        ("read:src/a.rs", "allow", "allow", "allow"),
        ("glob:**/*.rs", "allow", "allow", "allow"),
        ("grep:src", "allow", "allow", "allow"),
        ("list:src", "allow", "allow", "allow"),
        ("edit:src/a.rs", "deny", "allow", "deny"),
        ("write:src/a.rs", "deny", "allow", "deny"),
        ("edit:.git/hooks/pre-commit", "deny", "ask", "deny"),
        ("edit:.envrc", "deny", "ask", "deny"),
        ("bash:ls", "deny", "ask", "deny"),
        ("read:.env", "deny", "ask", "ask"),
        ("read:/etc/passwd", "deny", "ask", "ask"),
        ("read:../x", "deny", "ask", "ask"),
        ("edit:../x", "deny", "ask", "deny"),
        ("external_directory:/etc", "deny", "ask", "ask"),
        ("webfetch:https://docs.rs/", "deny", "ask", "deny"),
        ("github_create_issue", "deny", "ask", "deny"),
        ("task:explore", "deny", "allow", "allow"),
        ("doom_loop:bash", "deny", "ask", "ask"),
        ("todowrite", "deny", "allow", "allow"),
    ];
    let calls: Vec<&str> = table.iter().map(|row| row.0).collect();
    for (flags, expected) in [
        (plain, table.map(|row| row.1)),
        (auto, table.map(|row| row.2)),
        (read_only, table.map(|row| row.3)),
    ] {
        let found = effects(&sandbox, flags, &calls);
        let found: Vec<(&str, &str)> = calls.iter().copied().zip(found.iter().map(String::as_str)).collect();
        let expected: Vec<(&str, &str)> = calls.iter().copied().zip(expected).collect();
        assert_eq!(found, expected, "{flags:?}");
    }
}

#[test]
fn rules_of_every_source_decide_the_stricter_first() {
    let sandbox = Sandbox::new();
    sandbox.write(
        &sandbox.user_file(),
        "allow = [\"bash:cargo *\", \"bash:rm *\", \"webfetch:https://docs.rs/*\"]\npolicy = \"rules.toml\"\n",
    );
    sandbox.write(
        &sandbox.user_file().with_file_name("rules.toml"),
        "ask = [\"bash:rm *\"]\nadd_dirs = [\"/usr\"]\n",
    );
    project_file(&sandbox, "deny = [\"bash:cargo publish *\", \"write:docs/**\"]\n");
    let calls = [
        "bash:cargo test",
        "bash:cargo test && cargo publish",
        "bash:cargo test; make",
        "bash:rm x",
        "bash:ls",
        "edit:docs/a.md",
        "edit:x/../docs/a.md",
        "read:/usr/share/x",
        "webfetch:https://docs.rs/serde",
        "webfetch:https://docs.rs.evil.example/",
    ];
    assert_eq!(
        effects(&sandbox, &["--auto-tools", "--deny", "bash:ls"], &calls),
        [
            "allow", "deny", "ask", "ask", "deny", "deny", "deny", "allow", "allow", "ask"
        ]
    );
}

#[test]
fn a_project_cannot_open_by_asking_what_a_plain_prompt_denies() {
    let sandbox = Sandbox::new();
    project_file(&sandbox, "ask = [\"*\"]\n");
    assert_eq!(
        effects(
            &sandbox,
            &["--plain"],
            &["bash:ls", "edit:x", "read:/etc/passwd", "webfetch:https://x/", "read:x"]
        ),
        ["deny", "deny", "deny", "deny", "ask"]
    );
}

#[test]
fn the_file_of_rules_and_the_approver_are_not_edited_unasked() {
    let sandbox = Sandbox::new();
    sandbox.write(&sandbox.project().join("ci/rules.toml"), "allow = [\"bash:cargo *\"]\n");
    let flags = [
        "--auto-tools",
        "--policy=ci/rules.toml",
        "--approver=python3 ./ci/approve.py",
    ];
    let calls = [
        "edit:ci/rules.toml",
        "edit:x/../ci/rules.toml",
        "bash:cargo test > ci/rules.toml",
        "write:ci/approve.py",
        "edit:ci/other",
    ];
    assert_eq!(effects(&sandbox, &flags, &calls), ["ask", "ask", "ask", "ask", "allow"]);
}

#[test]
fn explain_shows_each_part_with_its_rule_and_what_a_session_would_grant() {
    let sandbox = Sandbox::new();
    let explained = |flags: &[&str], call: &str| {
        let words: Vec<&str> = ["policy", "explain", "--auto-tools"]
            .into_iter()
            .chain(flags.iter().copied())
            .chain([call])
            .collect();
        let finished = sandbox.run(&words);
        assert_eq!((finished.code, finished.stderr.as_str()), (Some(0), ""));
        finished.stdout
    };
    assert_eq!(
        explained(
            &["--allow=bash:cargo *", "--deny=bash:git push *"],
            "bash:cargo test && make && git push"
        ),
        "deny  bash:cargo test && make && git push\n\
         decided by: `deny bash:git push *` (--deny)\nrun: a run with `--auto-tools`, as `--auto-tools` says\n\n\
         allow\tcargo test\t`allow bash:cargo *` (--allow)\n\
         ask\tmake\tthe preset: bash asks\n\
         deny\tgit push\t`deny bash:git push *` (--deny)\n"
    );
    let asked = explained(&[], "bash:make test");
    assert!(
        asked.starts_with(
            "ask  bash:make test\ndecided by: the preset: bash asks\nrun: a run with `--auto-tools`, as `--auto-tools` says\n\
             for the rest of the session: bash:make"
        ),
        "{asked}"
    );
    let verdict = document(&sandbox, &["explain", "--auto-tools", "bash:make test"]);
    assert_eq!(
        (&verdict["effect"], &verdict["by_preset"], &verdict["parts"]),
        (
            &json!("ask"),
            &json!(true),
            &json!([{"what": "make test", "effect": "ask", "rule": "the preset: bash asks"}])
        )
    );
    assert_eq!(verdict["grant"].as_array().unwrap().len(), 1);
}

#[test]
fn a_call_that_is_none_is_a_usage_error() {
    let sandbox = Sandbox::new();
    for call in ["git push", ":x", "bash:", "ba*h:x", ""] {
        let finished = sandbox.run(&["policy", "test", call]);
        assert_eq!(finished.code, Some(2), "{call}");
        assert!(
            finished.stderr.contains("a call is written `TOOL` or `TOOL:INPUT`"),
            "{}",
            finished.stderr
        );
    }
    assert_eq!(sandbox.run(&["policy", "test"]).code, Some(2));
    let finished = sandbox.run(&["policy", "test", "--plain", "--allow=bash", "bash:ls"]);
    assert_eq!(finished.code, Some(2));
    assert!(
        finished.stderr.contains("without `--auto-tools`"),
        "{}",
        finished.stderr
    );
}

fn log_file(sandbox: &Sandbox) -> std::path::PathBuf {
    sandbox
        .user_file()
        .parent()
        .unwrap()
        .join("../../state/opencode-rs/audit.jsonl")
}

fn decision(number: usize, session: &str, decision: &str) -> String {
    json!({
        "time": format!("2026-01-01T00:00:0{number}.000Z"), "session_id": session, "directory": "/p", "tool": "bash",
        "permission": "bash", "patterns": ["a\u{9b}b\nc"], "decision": decision, "by": "person", "rule": "ask bash",
        "scope": null, "subagent": number == 2, "pid": 1, "version": "0.1.0", "of_a_later_version": 1,
    })
    .to_string()
}

#[test]
fn the_log_is_shown_newest_last_and_damaged_lines_are_counted() {
    let sandbox = Sandbox::new();
    assert_eq!(
        document(&sandbox, &["log"]),
        json!({"type": "policy_log", "schema_version": 1, "items": []})
    );
    let file = log_file(&sandbox);
    sandbox.write(&file, "");
    sandbox.write(
        &file.with_file_name("audit.jsonl.1"),
        format!("{}\n", decision(1, "ses_1", "allowed")),
    );
    sandbox.write(
        &file,
        format!(
            "{}\nnonsense\n{}\n",
            decision(2, "ses_2", "denied"),
            decision(3, "ses_1", "denied")
        ),
    );
    let times = |arguments: &[&str]| -> Vec<String> {
        let words: Vec<&str> = ["policy", "log"].into_iter().chain(arguments.iter().copied()).collect();
        let finished = sandbox.run(&words);
        assert_eq!(
            (finished.code, finished.stderr.as_str()),
            (Some(0), "warning: 1 damaged line of the audit log skipped\n")
        );
        let first = |line: &str| line.split(['.', 'T']).nth(1).unwrap()[6..].to_owned();
        finished.stdout.lines().map(first).collect()
    };
    assert_eq!(times(&[]), ["01", "02", "03"]);
    assert_eq!(times(&["--limit", "2"]), ["02", "03"]);
    assert_eq!(times(&["--limit", "0", "--session", "ses_1"]), ["01", "03"]);
    assert_eq!(times(&["--decision", "denied", "--limit", "1"]), ["03"]);
    assert_eq!(times(&["--decision", "allowed"]), ["01"]);
    let line = sandbox.run(&["policy", "log", "--session", "ses_2"]).stdout;
    assert_eq!(
        line,
        "2026-01-01T00:00:02.000Z\tdenied\tperson\tbash\ta\\u{9b}b\\nc\task bash\tses_2 (subagent)\n"
    );
    let printed = sandbox.run(&["policy", "log", "--limit=1", "--output-format", "json"]);
    let last = &schemas::items(&printed.stdout)[0];
    assert_eq!(last["session_id"], "ses_1");
    assert_eq!(last["time"], "2026-01-01T00:00:03.000Z");
}

#[cfg(unix)]
#[test]
fn a_log_that_is_a_link_is_not_followed() {
    let sandbox = Sandbox::new();
    let file = log_file(&sandbox);
    sandbox.write(&file.with_file_name("other"), decision(1, "s", "denied"));
    std::os::unix::fs::symlink(file.with_file_name("other"), &file).unwrap();
    let finished = sandbox.run(&["policy", "log"]);
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(1), ""));
    assert!(
        finished
            .stderr
            .starts_with("error: cannot read the audit log in `[ROOT]/home/state/opencode-rs`\n"),
        "{}",
        finished.stderr
    );
}

/// The home of a sandbox as the place to work in, and directories in it that are added: what starts programs is asked
/// about all the same.
#[test]
fn what_gits_settings_start_is_asked_about() {
    let sandbox = Sandbox::new();
    let git = |arguments: &[&str]| git(&sandbox.project(), arguments);
    git(&["init", "-q"]);
    git(&["config", "core.hooksPath", "hk"]);
    git(&["config", "filter.x.clean", "sh ./tools/clean.sh %f"]);
    git(&["config", "alias.y", "!scripts/y.sh"]);
    git(&["config", "user.name", "docs"]);
    git(&["config", "include.path", "../team.gitconfig"]);
    git(&["config", "filter.python.clean", "python3 -m checks.run"]);
    git(&["config", "core.editor", "$PWD/scripts/edit.sh"]);
    std::fs::create_dir(sandbox.project().join("part")).unwrap();
    std::fs::write(sandbox.project().join("part/.git"), "gitdir: ../store-of-part\n").unwrap();
    std::fs::write(
        sandbox.project().join(".gitmodules"),
        "[submodule \"p\"]\n\tpath = part\n",
    )
    .unwrap();
    std::fs::write(sandbox.project().join("team.gitconfig"), "").unwrap();
    for file in [
        "tools/clean.sh",
        "tools/other.sh",
        "scripts/y.sh",
        "scripts/edit.sh",
        "docs/a.md",
    ] {
        let file = sandbox.project().join(file);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, "").unwrap();
    }
    let calls = [
        "hk/pre-commit",
        "tools/clean.sh",
        "scripts/y.sh",
        "team.gitconfig",
        "checks/run.py",
        "checks.py",
        "scripts/edit.sh",
        "store-of-part/config",
        "tools/other.sh",
        "docs/a.md",
    ];
    let calls = calls.map(|path| format!("edit:{path}"));
    let calls: Vec<&str> = calls.iter().map(String::as_str).collect();
    for flags in [&["--auto-tools"][..], &["--auto-tools", "--allow", "edit"]] {
        let found = effects(&sandbox, flags, &calls);
        assert_eq!(found, [vec!["ask"; 8], vec!["allow"; 2]].concat(), "{flags:?}");
    }
    let flags = ["--auto-tools", "--allow", "edit:hk/**", "--allow", "edit:.git/**"];
    let calls = ["edit:hk/pre-commit", "edit:.git/config", "edit:tools/clean.sh"];
    assert_eq!(effects(&sandbox, &flags, &calls), ["allow", "allow", "ask"]);
    // A repository under another name.
    std::fs::remove_dir_all(sandbox.project().join(".git")).unwrap();
    git(&["init", "-q", "--separate-git-dir", "store"]);
    let calls = ["edit:store/config", "edit:store/hooks/pre-commit"];
    assert_eq!(effects(&sandbox, &["--auto-tools"], &calls), ["ask", "ask"]);
}

/// What git shows or starts in an allowed line that no rule about git says.
#[test]
fn git_that_starts_programs_or_shows_secrets_is_asked_about() {
    let sandbox = Sandbox::new();
    let git = |arguments: &[&str]| git(&sandbox.project(), arguments);
    let calls = [
        "bash:git status",
        "bash:git add -A",
        "bash:git add a.txt",
        "bash:git diff",
        "bash:git remote -v",
    ];
    let judged = || effects(&sandbox, &["--auto-tools", "--allow", "bash:git *"], &calls);
    git(&["init", "-q"]);
    std::fs::write(sandbox.project().join("a.txt"), "a").unwrap();
    assert_eq!(judged(), ["allow"; 5]);
    std::fs::write(sandbox.project().join("server.key"), "a").unwrap();
    assert_eq!(judged(), ["allow", "ask", "allow", "allow", "allow"]);
    git(&["add", "-A"]);
    assert_eq!(judged(), ["allow", "ask", "allow", "ask", "allow"]);
    let shown = effects(
        &sandbox,
        &["--auto-tools", "--allow", "bash:git *"],
        &[
            "bash:git status --verb",
            "bash:git commit -v --dry-run",
            "bash:git checkout -p",
        ],
    );
    assert_eq!(shown, ["ask"; 3]);
    git(&["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "-m", "a"]);
    assert_eq!(judged(), ["allow"; 5]);
    // Who moves a directory moves the hooks in it.
    git(&["config", "core.hooksPath", "tools/hooks"]);
    let moves = effects(
        &sandbox,
        &["--auto-tools", "--allow", "bash:git *", "--allow", "bash:mv *"],
        &[
            "bash:git mv tools t2",
            "bash:mv tools t2",
            "bash:git mv -f new tools",
            "bash:git config user.name",
        ],
    );
    assert_eq!(moves, ["ask", "ask", "ask", "allow"]);
    git(&["config", "--unset", "core.hooksPath"]);
    git(&["remote", "add", "origin", "https://me:word@example.com/a.git"]);
    assert_eq!(judged(), ["allow", "allow", "allow", "allow", "ask"]);
    git(&["config", "filter.x.clean", "git-lfs clean -- %f"]);
    assert_eq!(judged(), ["allow", "allow", "allow", "allow", "ask"]);
    git(&["config", "core.fsmonitor", "touch run"]);
    assert_eq!(judged(), ["ask"; 5]);
}

/// Files of the project to which links lead from where something is started or kept secret.
#[cfg(unix)]
#[test]
fn what_is_started_by_a_link_is_asked_about_under_its_own_name() {
    use std::os::unix::fs::symlink;
    let sandbox = Sandbox::new();
    let home = sandbox.user_file().ancestors().nth(3).unwrap().to_path_buf();
    let project = home.join("dotfiles");
    for file in [
        "bashrc",
        "nvim/init.lua",
        "scripts/check.sh",
        "tool/foo.sh",
        "notes.md",
        "conf/direnv",
        "conf/values",
    ] {
        sandbox.write(&project.join(file), "");
    }
    for (link, target) in [
        (project.join(".envrc"), "conf/direnv"),
        (project.join(".env"), "conf/values"),
        (home.join(".bashrc"), "bashrc"),
        (home.join(".config/nvim"), "nvim"),
        (home.join("bin/foo"), "tool/foo.sh"),
        (project.join("hk/pre-commit"), "scripts/check.sh"),
    ] {
        std::fs::create_dir_all(link.parent().unwrap()).unwrap();
        symlink(project.join(target), link).unwrap();
    }
    git(&project, &["init", "-q"]);
    git(&project, &["config", "core.hooksPath", "hk"]);
    let calls = [
        "edit:bashrc",
        "edit:nvim/lua/new.lua",
        "edit:scripts/check.sh",
        "edit:tool/foo.sh",
        "edit:conf/direnv",
        "read:conf/values",
        "edit:notes.md",
        "edit:scripts/other.sh",
        "read:conf/direnv",
    ];
    let path = format!("{}:/usr/bin:/bin", home.join("bin").display());
    let found = effects_with(&sandbox, &["--auto-tools", "--allow", "edit"], &calls, |command| {
        command.current_dir(&project).env("PATH", path);
    });
    assert_eq!(found[..6], ["ask"; 6]);
    assert_eq!(found[6..], ["allow"; 3]);
}

/// What the shell looks for in the project before it looks elsewhere.
#[cfg(unix)]
#[test]
fn programs_in_a_directory_of_path_that_holds_the_project_are_asked_about() {
    use std::os::unix::fs::PermissionsExt as _;
    let sandbox = Sandbox::new();
    for (file, mode) in [("deploy.sh", 0o755), ("notes.md", 0o644)] {
        let file = sandbox.project().join(file);
        std::fs::write(&file, "").unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
    }
    let calls = [
        "edit:git",
        "edit:deploy.sh",
        "edit:.env.sh",
        "edit:notes.md",
        "edit:sub/git",
    ];
    let path = std::env::var("PATH").unwrap();
    let named = sandbox.project().to_string_lossy().into_owned();
    for place in [".", "", &named] {
        let path = format!("{path}:{place}");
        let variables = [("PATH", &*path), ("BASH_ENV", "$PWD/.env.sh")];
        let found = effects_with(&sandbox, &["--auto-tools", "--allow", "edit"], &calls, |command| {
            command.envs(variables);
        });
        assert_eq!(found, ["ask", "ask", "ask", "allow", "allow"], "{place}");
    }
}

#[test]
fn protected_places_ask_in_the_home_and_in_what_is_added() {
    let sandbox = Sandbox::new();
    let home = sandbox.user_file().ancestors().nth(3).unwrap().to_path_buf();
    let own = [
        "config/opencode-rs/config.toml",
        "state/opencode-rs/trust.json",
        "cache/opencode-rs/gate-1.js",
        "config/opencode/plugin/x.js",
        "config/opencode/opencode.json",
        "data/opencode/auth.json",
        ".opencode/plugin/x.js",
    ];
    let starting = [
        "config/fish/config.fish",
        ".config/systemd/user/x.service",
        ".config/autostart/x.desktop",
        ".config/environment.d/x.conf",
        ".config/git/config",
        ".local/bin/git",
        ".local/share/applications/x.desktop",
        ".bashrc",
        ".xprofile",
        ".pam_environment",
        "bin/git",
    ];
    let edits = |places: &[&str]| -> Vec<String> {
        places
            .iter()
            .map(|place| format!("edit:{}", home.join(place).display()))
            .collect()
    };
    let all_ask = |flags: &[&str], places: &[&str]| {
        let calls = edits(places);
        let calls: Vec<&str> = calls.iter().map(String::as_str).collect();
        let found = effects(&sandbox, flags, &calls);
        assert!(
            found.iter().all(|effect| effect == "ask"),
            "{flags:?}: {found:?} of {calls:?}"
        );
    };
    let home_text = home.to_str().unwrap();
    let in_home = ["--auto-tools", "-d", home_text];
    for extra in [
        &[][..],
        &["--allow", "edit"],
        &["--allow", "edit:**"],
        &["--allow", "*"],
    ] {
        let flags = [&in_home[..], extra].concat();
        all_ask(&flags, &own);
        all_ask(&flags, &starting);
    }
    for added in ["config", ".config", ".local", "state", "cache"] {
        std::fs::create_dir_all(home.join(added)).unwrap();
        let added = home.join(added);
        let flags = ["--auto-tools", "--add-dir", added.to_str().unwrap(), "--allow", "edit"];
        let of_it: Vec<&str> = own
            .iter()
            .chain(&starting)
            .copied()
            .filter(|place| home.join(place).starts_with(&added))
            .collect();
        all_ask(&flags, &of_it);
        assert!(!of_it.is_empty());
    }
    // A rule about a place never allows the program's own files; a rule that names the very file does.
    let wide = format!("edit:{home_text}/config/**");
    all_ask(&[&in_home[..], &["--allow", &wide]].concat(), &own);
    let file = format!("edit:{home_text}/config/opencode/opencode.json");
    let named = [&in_home[..], &["--allow", &file]].concat();
    assert_eq!(effects(&sandbox, &named, &[&file]), ["allow"]);
    // What starts programs is named by its part.
    let part = [&in_home[..], &["--allow", "edit:.config/git/**"]].concat();
    assert_eq!(
        effects(&sandbox, &part, &["edit:.config/git/config", "edit:.config/fish/x"]),
        ["allow", "ask"]
    );
    // A shell line that writes there asks too, and the rest of the home is edited as ever.
    let lines = [&in_home[..], &["--allow", "bash:echo *", "--allow", "edit"]].concat();
    assert_eq!(
        effects(
            &sandbox,
            &lines,
            &[
                "bash:echo x > .config/fish/config.fish",
                "bash:echo x > config/opencode/opencode.json",
                "bash:echo x > notes.txt",
                "edit:notes.txt",
                "edit:.gitignore",
                "edit:.github/workflows/ci.yml",
            ]
        ),
        ["ask", "ask", "allow", "allow", "allow", "allow"]
    );
    // The engine's credentials are not read either.
    assert_eq!(
        effects(
            &sandbox,
            &["-d", home_text],
            &["read:data/opencode/auth.json", "read:.netrc", "read:notes.txt"]
        ),
        ["deny", "deny", "allow"]
    );
}

/// Output is the same on a terminal and in a pipe, and contains no character that a terminal obeys, reorders or hides.
#[test]
fn json_documents_hold_no_character_that_a_terminal_obeys() {
    let sandbox = Sandbox::new();
    let hostile = "a\u{9b}31m\u{202e}b\u{200b}c\u{2028}d\u{7f}e\u{feff}";
    let escaped = "a\\u009b31m\\u202eb\\u200bc\\u2028d\\u007fe\\ufeff";
    sandbox.write(&log_file(&sandbox), format!("{}\n", decision(1, hostile, "denied")));
    let file = sandbox.project().join(".opencode-rs.toml");
    sandbox.write(&file, format!("deny = [\"bash:{escaped}\"]\n"));
    let call = format!("bash:{hostile}");
    for words in [
        &["policy", "show"][..],
        &["policy", "test", &call],
        &["policy", "explain", &call],
        &["policy", "log"],
        &["config", "show"],
    ] {
        let all: Vec<&str> = words.iter().copied().chain(["--output-format", "json"]).collect();
        let finished = sandbox.run(&all);
        assert_eq!(finished.code, Some(0), "{}", finished.stderr);
        assert!(finished.stdout.contains(escaped), "{words:?}: {}", finished.stdout);
        assert!(
            !finished
                .stdout
                .contains(['\u{9b}', '\u{202e}', '\u{200b}', '\u{2028}', '\u{7f}', '\u{feff}'])
        );
        finished.json();
    }
}
