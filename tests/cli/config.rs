//! `config`: precedence, origins, and what a project may not set.

use std::fs;

use serde_json::{Value, json};

use crate::cli::sandbox::Sandbox;

/// One setting of `config show --output-format json`, with the output on stderr.
fn shown(sandbox: &Sandbox, key: &str, arguments: &[&str], variables: &[(&str, &str)]) -> (Value, String) {
    let mut all = vec!["config", "show", "--output-format", "json"];
    all.extend(arguments);
    let finished = sandbox.finish(sandbox.command(&all).envs(variables.iter().copied()));
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    let mut setting = finished.json()["settings"][key].take();
    setting.as_object_mut().unwrap().remove("sources");
    (setting, finished.stderr)
}

fn project_file(sandbox: &Sandbox, text: &str) {
    sandbox.write(&sandbox.project().join(".opencode-rs.toml"), text);
}

#[test]
fn the_highest_source_decides_and_is_named() {
    let sandbox = Sandbox::new();
    let model = |arguments: &[&str], variables: &[(&str, &str)]| shown(&sandbox, "model", arguments, variables).0;
    assert_eq!(
        model(&[], &[]),
        json!({"value": null, "origin": "default", "from": null})
    );

    sandbox.write(
        &sandbox.user_file(),
        "model = \"u/m\"\n[profiles.work]\nmodel = \"w/m\"\n",
    );
    let user_file = "[ROOT]/home/config/opencode-rs/config.toml";
    assert_eq!(
        model(&[], &[]),
        json!({"value": "u/m", "origin": "user", "from": user_file})
    );
    let work = json!({"value": "w/m", "origin": "profile", "from": format!("{user_file}, profile `work`")});
    assert_eq!(model(&["--profile", "work"], &[]), work);
    assert_eq!(model(&[], &[("OPENCODE_RS_PROFILE", "work")]), work);

    project_file(&sandbox, "model = \"p/m\"\n");
    let project = json!({"value": "p/m", "origin": "project", "from": "[ROOT]/project/.opencode-rs.toml"});
    assert_eq!(model(&["--profile", "work"], &[]), project);

    let variable = ("OPENCODE_RS_MODEL", "e/m");
    let environment = json!({
        "value": "e/m", "origin": "environment", "from": "environment variable `OPENCODE_RS_MODEL`"
    });
    assert_eq!(model(&["--profile", "work"], &[variable]), environment);
    assert_eq!(model(&[], &[("OPENCODE_RS_MODEL", "")]), project);

    let verbosity = shown(&sandbox, "verbosity", &["-v"], &[("OPENCODE_RS_VERBOSITY", "quiet")]).0;
    assert_eq!(
        verbosity,
        json!({"value": "verbose", "origin": "flag", "from": "flag `--verbose`"})
    );
}

#[test]
fn a_project_may_not_widen_what_is_safe() {
    let sandbox = Sandbox::new();
    sandbox.write(&sandbox.user_file(), "offline = true\nbare = true\n");
    project_file(
        &sandbox,
        "engine = \"/evil\"\nattach = \"http://evil.example\"\ntrusted_directories = [\"/\"]\n\
         rehearse_script = \"x\"\nsystem_file = \"/etc/passwd\"\nverbosity = \"quiet\"\noffline = false\nport = 1\n\
         agent = \"plan\"\n[profiles.x]\n",
    );
    let all = [
        "engine",
        "attach",
        "trusted_directories",
        "rehearse_script",
        "system_file",
        "verbosity",
        "port",
    ];
    for key in all {
        let (setting, stderr) = shown(&sandbox, key, &[], &[]);
        assert_eq!(setting["origin"], "default", "{key}");
        assert!(
            stderr.contains(&format!("warning: `{key}` in `[ROOT]/project/.opencode-rs.toml`")),
            "{key}: {stderr}"
        );
    }
    let (offline, stderr) = shown(&sandbox, "offline", &[], &[]);
    assert_eq!((&offline["value"], &offline["origin"]), (&json!(true), &json!("user")));
    assert!(
        stderr.contains("line 7, is ignored: a project may turn this on, not off"),
        "{stderr}"
    );
    assert!(
        stderr.contains("the profiles in `[ROOT]/project/.opencode-rs.toml` are ignored"),
        "{stderr}"
    );
    assert_eq!(shown(&sandbox, "agent", &[], &[]).0["value"], "plan");
}

#[test]
fn a_project_may_narrow() {
    let sandbox = Sandbox::new();
    project_file(&sandbox, "offline = true\nbare = true\n");
    let (offline, stderr) = shown(&sandbox, "offline", &[], &[]);
    assert_eq!(
        (&offline["value"], &offline["origin"], stderr.as_str()),
        (&json!(true), &json!("project"), "")
    );
}

#[test]
fn the_project_file_is_found_up_to_the_root_of_the_work_tree() {
    let sandbox = Sandbox::new();
    let deep = sandbox.project().join("repo/a/b");
    fs::create_dir_all(&deep).unwrap();
    project_file(&sandbox, "agent = \"outside\"\n");
    let agent = || shown(&sandbox, "agent", &["-d", "repo/a/b"], &[]).0["value"].clone();
    // No work tree: only the directory itself counts.
    assert_eq!(agent(), Value::Null);
    fs::create_dir(sandbox.project().join("repo/.git")).unwrap();
    assert_eq!(agent(), Value::Null);
    sandbox.write(&sandbox.project().join("repo/.opencode-rs.toml"), "agent = \"root\"\n");
    assert_eq!(agent(), "root");
    sandbox.write(&deep.join(".opencode-rs.toml"), "agent = \"deep\"\n");
    assert_eq!(agent(), "deep");
}

#[test]
fn an_unknown_key_is_a_warning_with_the_nearest_name() {
    let sandbox = Sandbox::new();
    sandbox.write(&sandbox.user_file(), "\nmodle = \"a/b\"\n[profiles.p]\nzzzz = 1\n");
    let finished = sandbox.run(&["config", "path"]);
    assert_eq!(finished.code, Some(0));
    assert_eq!(
        finished.stderr,
        "warning: unknown setting `modle` in `[ROOT]/home/config/opencode-rs/config.toml`, line 2; did you mean `model`?\n\
         warning: unknown setting `profiles.p.zzzz` in `[ROOT]/home/config/opencode-rs/config.toml`, line 4\n"
    );
    assert_eq!(sandbox.run(&["-q", "config", "path"]).stderr, "");
}

#[test]
fn a_bad_value_is_a_usage_failure_with_file_key_and_line() {
    let sandbox = Sandbox::new();
    let cases = [
        (
            "\ntimeout = \"soon\"",
            "`timeout`",
            "line 2: a duration is written `90`",
        ),
        ("max_retries = -1", "`max_retries`", "line 1: a whole number from 0"),
        ("effort = \"huge\"", "`effort`", "`huge` is none of `none`, `low`"),
        ("bare = 1", "`bare`", "`true` or `false` is wanted, not an integer"),
        (
            "attach = \"http://u:hunter2@h\"",
            "`attach`",
            "credentials do not belong into an address",
        ),
        (
            "trusted_directories = [\"a\"]",
            "`trusted_directories`",
            "`a` is not absolute",
        ),
        (
            "[profiles.x]\nport = 0",
            "`profiles.x.port`",
            "line 2: a whole number from 1",
        ),
        ("profiles = 1", "`profiles`", "a table is wanted"),
        ("model = ", "settings file", "line 1"),
    ];
    for (text, key, reason) in cases {
        sandbox.write(&sandbox.user_file(), text);
        let finished = sandbox.run(&["config", "show", "--profile", "x"]);
        assert_eq!((finished.code, finished.stdout.as_str()), (Some(2), ""), "{text}");
        let stderr = finished.stderr;
        assert!(stderr.starts_with("error: cannot "), "{text}: {stderr}");
        assert!(stderr.contains(key) && stderr.contains(reason), "{text}: {stderr}");
        assert!(
            stderr.contains("[ROOT]/home/config/opencode-rs/config.toml"),
            "{text}: {stderr}"
        );
        assert!(!stderr.contains("hunter2"), "{text}: {stderr}");
    }
}

#[test]
fn a_bad_variable_is_a_usage_failure_with_its_name() {
    let sandbox = Sandbox::new();
    let finished = sandbox.finish(sandbox.command(&["config", "show"]).env("OPENCODE_RS_COLOR", "pink"));
    assert_eq!(finished.code, Some(2));
    assert_eq!(
        finished.stderr,
        "error: cannot use environment variable `OPENCODE_RS_COLOR`: `pink` is none of `auto`, `always`, `never`\n"
    );
}

#[test]
fn an_unknown_profile_is_refused_with_the_nearest_name() {
    let sandbox = Sandbox::new();
    sandbox.write(&sandbox.user_file(), "[profiles.work]\n");
    let finished = sandbox.run(&["config", "show", "--profile", "wrok"]);
    assert_eq!(finished.code, Some(2));
    assert!(
        finished.stderr.contains("cannot find profile `wrok`"),
        "{}",
        finished.stderr
    );
    assert!(
        finished.stderr.contains("hint: did you mean `work`?"),
        "{}",
        finished.stderr
    );
}

#[test]
fn paths_are_meant_from_the_file_and_home_may_be_a_tilde() {
    let sandbox = Sandbox::new();
    sandbox.write(
        &sandbox.user_file(),
        "engine = \"bin/opencode\"\nsystem_file = \"/abs\"\ntrusted_directories = [\"~/src\", \"/work\"]\n",
    );
    let value = |key: &str| shown(&sandbox, key, &[], &[]).0["value"].clone();
    assert_eq!(value("engine"), "[ROOT]/home/config/opencode-rs/bin/opencode");
    assert_eq!(value("system_file"), "/abs");
    assert_eq!(value("trusted_directories"), json!(["[ROOT]/home/src", "/work"]));
}

#[test]
fn the_table_shows_every_setting_and_hides_control_characters() {
    let sandbox = Sandbox::new();
    project_file(&sandbox, "agent = \"a\\u001b[2Jb\"\n");
    let finished = sandbox.run(&["config", "show"]);
    assert_eq!(finished.code, Some(0));
    let lines: Vec<&str> = finished.stdout.lines().collect();
    assert_eq!(lines.len(), opencode_rs::settings::ENTRIES.len());
    let agent: Vec<&str> = lines[1].split('\t').collect();
    assert_eq!(agent, ["agent", "a\\u{1b}[2Jb", "[ROOT]/project/.opencode-rs.toml"]);
    assert!(
        lines
            .iter()
            .any(|line| line.split('\t').eq(["max_retries", "5", "default"]))
    );
}

#[test]
fn the_files_are_named_whether_they_exist_or_not() {
    let sandbox = Sandbox::new();
    assert_eq!(
        sandbox.run(&["config", "path"]).stdout,
        "user\t[ROOT]/home/config/opencode-rs/config.toml\t(does not exist)\n"
    );
    sandbox.write(&sandbox.user_file(), "");
    project_file(&sandbox, "");
    assert_eq!(
        sandbox.run(&["config", "path"]).stdout,
        "user\t[ROOT]/home/config/opencode-rs/config.toml\t\nproject\t[ROOT]/project/.opencode-rs.toml\t\n"
    );
}

#[cfg(unix)]
#[test]
fn a_named_pipe_in_place_of_a_project_file_does_not_hang() {
    let sandbox = Sandbox::new();
    let pipe = sandbox.project().join(".opencode-rs.toml");
    rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::from_raw_mode(0o600)).unwrap();
    let finished = sandbox.run(&["config", "show"]);
    assert_eq!(finished.code, Some(2));
    assert!(
        finished.stderr.contains("it is not a regular file"),
        "{}",
        finished.stderr
    );
}

#[test]
fn one_value_is_printed_alone_and_an_unknown_name_is_refused() {
    let sandbox = Sandbox::new();
    sandbox.write(&sandbox.user_file(), "deny = [\"bash:rm *\", \"edit:x\"]\n");
    let get = |key: &str| sandbox.run(&["config", "get", key]);
    assert_eq!(get("keep_for").stdout, "30m\n");
    assert_eq!(get("model").stdout, "");
    assert_eq!(get("deny").stdout, "bash:rm *\nedit:x\n");
    let refused = get("modle");
    assert_eq!(refused.code, Some(2));
    assert!(refused.stderr.contains("did you mean `model`?"), "{}", refused.stderr);
}

#[test]
fn a_variable_that_is_almost_a_setting_is_warned_of() {
    let sandbox = Sandbox::new();
    let command = &mut sandbox.command(&["config", "path"]);
    let finished = sandbox.finish(command.env("OPENCODE_RS_TIMOUT", "5m"));
    assert_eq!(finished.code, Some(0));
    assert_eq!(
        finished.stderr,
        "warning: unknown variable `OPENCODE_RS_TIMOUT`; did you mean `OPENCODE_RS_TIMEOUT`?\n"
    );
}
