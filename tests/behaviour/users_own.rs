//! No data of the user is lost or misreported: the index of a repository whose hook runs the program, files that the
//! user names, the changes that a run reports.

use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::real_engine;
use crate::support::{EnginePermit, LONG, Model, Sandbox};

/// Runs a command line with the sandbox's environment and `$RS`, the program with a real engine; returns its exit
/// status and output.
fn shell(sandbox: &Sandbox, directory: &str, line: &str) -> (Option<i32>, String) {
    let output = Command::new("bash")
        .args(["-c", &format!("exec 2>&1\n{line}")])
        .env_clear()
        .envs(sandbox.environment())
        .env("RS", env!("CARGO_BIN_EXE_opencode-rs"))
        .env("OPENCODE_RS_ENGINE", real_engine::path())
        .current_dir(sandbox.path(directory))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    (output.status.code(), text)
}

/// A repository with one commit in `project`.
fn repository() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write(
        "home/.gitconfig",
        "[user]\nname = n\nemail = n@example.invalid\n[init]\ndefaultBranch = main\n",
    );
    sandbox.write("project/f", "1\n");
    let (code, said) = shell(&sandbox, "project", "git init -q && git add f && git commit -qm one");
    assert_eq!(code, Some(0), "{said}");
    sandbox
}

#[test]
fn a_commit_whose_hook_runs_an_agent_holds_what_was_staged() {
    let sandbox = repository();
    let script = sandbox.write(
        "hook.toml",
        r#"
[[reply]]
tool_calls = [
    { name = "write", arguments = { filePath = "new.txt", content = "x\n" } },
    { name = "bash", arguments = { command = "env > of_model.env; git status --short > of_model.git", description = "d" } },
]
[[reply]]
text = "done"
"#,
    );
    let hook = sandbox.write(
        "project/.git/hooks/pre-commit",
        format!(
            "#!/bin/sh\nenv > \"$HOME/of_hook.env\"\nexec \"$RS\" --rehearse='{}' --auto-tools -y \
             --verify 'env > of_verify.env' $EXTRA 'repair it'\n",
            script.display()
        ),
    );
    std::fs::set_permissions(hook, std::fs::Permissions::from_mode(0o755)).unwrap();
    let permit = EnginePermit::acquire();
    let line = "echo 2 > g && git add g && GIT_SSH_COMMAND=ssh git commit --author 'A <a@example.invalid>' -qm two";
    let (code, said) = shell(&sandbox, "project", line);
    assert_eq!(code, Some(0), "{said}");
    let of_hook = sandbox.read("home/of_hook.env");
    assert!(of_hook.contains("GIT_INDEX_FILE="), "git sets it: {of_hook}");
    for name in ["project/of_model.env", "project/of_verify.env"] {
        let environment = sandbox.read(name);
        assert!(environment.contains("GIT_SSH_COMMAND=ssh\n"), "{name}: {environment}");
        assert!(!environment.contains("GIT_INDEX_FILE"), "{name}: {environment}");
        for of_commit in ["GIT_PREFIX", "GIT_AUTHOR_", "GIT_EXEC_PATH"] {
            assert!(!environment.contains(of_commit), "{name}: {environment}");
        }
    }
    let (_, state) = shell(
        &sandbox,
        "project",
        "git show --format= --name-only HEAD; git fsck; git diff --cached --name-only; cat new.txt",
    );
    assert_eq!(state, "g\nx\n");

    // In a linked working tree git names the whole repository to its hooks.
    let line = "git worktree add -q ../linked -b linked && cd ../linked && echo 3 > h && git add h && \
                EXTRA=--worktree git commit -qm three";
    let (code, said) = shell(&sandbox, "project", line);
    assert_eq!(code, Some(0), "{said}");
    let (_, state) = shell(
        &sandbox,
        "linked",
        "git show --format= --name-only HEAD; git status --short; git fsck",
    );
    assert_eq!(state, "h\n");
    drop(permit);
    sandbox.expect_nothing_left();
}

#[test]
fn an_answer_goes_into_a_pipe_and_into_what_a_link_leads_to() {
    let sandbox = Sandbox::new();
    sandbox.write("project/kept", "old\n");
    std::fs::set_permissions(sandbox.path("project/kept"), std::fs::Permissions::from_mode(0o600)).unwrap();
    let script = sandbox.write("script.toml", "[[reply]]\ntext = \"ok\"\ntimes = \"always\"");
    let permit = EnginePermit::acquire();
    let line = format!(
        "mkfifo pipe && ln -s kept link && ln -s /dev/null null && rs() {{ \"$RS\" -q --rehearse='{}' \"$@\" >out; }}\n\
         cat pipe > read & rs -o pipe hi && wait && rs -o link hi && rs -o null hi && \"$RS\" -q --rehearse='{}' -o /dev/stdout hi | cat > both && rs -o /dev/stdout hi",
        script.display(),
        script.display()
    );
    let (code, said) = shell(&sandbox, "project", &line);
    drop(permit);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(sandbox.read("project/read"), "ok\n");
    assert_eq!(sandbox.read("project/kept"), "ok\n");
    for both in ["project/both", "project/out"] {
        assert_eq!(sandbox.read(both).matches("ok").count(), 2, "{both}");
    }
    let mode = sandbox.path("project/kept").metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(sandbox.path("project/link").is_symlink());
    assert!(sandbox.path("project/null").is_symlink());
    assert!(!std::fs::metadata("/dev/null").unwrap().is_file());
    assert!(std::path::Path::new("/dev/stdout").is_symlink());
    sandbox.expect_nothing_left();
}

#[test]
fn the_run_changed_what_its_tools_changed() {
    let sandbox = repository();
    let read = "[[reply]]\ntool_calls = [{ name = \"read\", arguments = { filePath = \"f\" } }]\n[[reply]]\ntext = \"I did nothing.\"";
    let write = "[[reply]]\ntool_calls = [{ name = \"bash\", arguments = { command = \"echo b > b.txt\", description = \"d\" } }]\n[[reply]]\ntext = \"Done.\"";
    let permit = EnginePermit::acquire();
    let look = "[[reply]]\ntool_calls = [{ name = \"bash\", arguments = { command = \"touch /dev/null\", description = \"d\" } }]\n[[reply]]\ntext = \"Done.\"";
    let to_file = "> log.json 2> err.txt";
    let to_tee = "2> err.txt | tee log.json > /dev/null; exit ${PIPESTATUS[0]}";
    for (script, output, files, code) in [
        (read, to_file, json!([]), 3),
        (look, to_tee, json!([]), 3),
        (write, to_file, json!(["b.txt"]), 0),
    ] {
        let script = sandbox.write("script.toml", script);
        let line = format!(
            "\"$RS\" --rehearse='{}' --auto-tools -y --require-change --output-format json hi {output}",
            script.display()
        );
        let (status, _) = shell(&sandbox, "project", &line);
        let stderr = sandbox.read("project/err.txt");
        assert_eq!(status, Some(code), "{stderr}");
        let record: Value = serde_json::from_str(&sandbox.read("project/log.json")).unwrap();
        let changed: Vec<&str> = record["files"]
            .as_array()
            .unwrap()
            .iter()
            .map(|file| file["path"].as_str().unwrap().rsplit('/').next().unwrap())
            .collect();
        assert_eq!(json!(changed), files);
        assert_eq!(stderr.contains("changed:"), code == 0, "{stderr}");
    }
    drop(permit);
    sandbox.expect_nothing_left();
}

#[test]
fn a_reader_that_goes_away_ends_a_run_that_writes_nothing_yet() {
    let sandbox = Sandbox::new();
    let (reader, writer) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC).unwrap();
    let running = sandbox
        .rehearse(
            "[[reply]]\ndelay = \"10m\"\ntext = \"late\"",
            ["-v", "--output-format", "json", "Say it"],
        )
        .writing_to(writer.into())
        .start();
    running.wait_for_stderr("session ses_");
    let began = std::time::Instant::now();
    drop(reader);
    running.finish().expect(141);
    assert!(began.elapsed() < LONG, "{:?}", began.elapsed());
    sandbox.expect_nothing_left();
}

#[test]
fn the_last_message_can_be_had_alone() {
    let sandbox = Sandbox::new();
    sandbox.write("project/f", "1\n");
    let script = "[[reply]]\ntext = \"Let me look at the diff first.\"\n\
                  tool_calls = [{ name = \"read\", arguments = { filePath = \"f\" } }]\n[[reply]]\ntext = \"fix: the message\"";
    // For two runs.
    let _model = sandbox.share_engine(&format!("{script}\n{script}"));
    let record = sandbox
        .attached(["--output-format", "json", "-o", "answer", "Do it"])
        .finish()
        .expect(0)
        .record();
    assert_eq!(
        [&record["result"], &record["last_message"]],
        ["Let me look at the diff first.\n\nfix: the message", "fix: the message"]
    );
    assert_eq!(sandbox.read("project/answer"), "fix: the message\n");
    sandbox
        .attached(["--last", "Do it"])
        .finish()
        .expect(0)
        .writes("fix: the message\n");
    sandbox.expect_nothing_left();
}

#[test]
fn a_proxy_is_not_asked_for_what_is_on_this_machine() {
    let sandbox = Sandbox::new();
    let mut run = sandbox.rehearse("[[reply]]\ntext = \"ok\"", ["Say it"]);
    for name in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"] {
        run = run.env(name, "http://127.0.0.1:9");
    }
    run.finish().expect(0).writes("ok\n");
    sandbox.expect_nothing_left();
}

#[test]
fn extensions_that_fail_are_told() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "home/.config/opencode/opencode.json",
        json!({"mcp": {"dead": {"type": "local", "command": ["/nonexistent/server"]},
            "off": {"type": "local", "command": ["/nonexistent/other"], "enabled": false}}})
        .to_string(),
    );
    let agent = sandbox.write(
        "home/.config/opencode/agent/bad.md",
        "---\ndescription: \"open\nmode: [primary\n---\nBe brief.\n",
    );
    let disabled = sandbox.write(
        "home/.config/opencode/agent/gone.md",
        "---\ndescription: d\ndisable: true\n---\nBe brief.\n",
    );
    let finished = sandbox
        // With MCP servers of the user's, a project is asked about.
        .rehearse(
            "[[reply]]\ntext = \"ok\"",
            ["--trust", "--output-format", "json", "Say it"],
        )
        .finish()
        .expect(0)
        .says(&[
            "warning: the model has no tools of the MCP server `dead`: ",
            &format!(
                "warning: the head of `{}` is no YAML, so the agent `bad` has none of its settings",
                agent.display()
            ),
        ]);
    assert!(!finished.stderr.contains("gone.md"), "{}", finished.stderr);
    let missing = &finished.record()["missing_mcp"];
    assert_eq!(missing.as_array().map(Vec::len), Some(1), "{missing}");
    assert_eq!([&missing[0]["name"], &missing[0]["status"]], ["dead", "failed"]);
    sandbox
        .rehearse("[[reply]]\ntext = \"ok\"", ["--trust", "--agent", "gone", "Say it"])
        .finish()
        .expect(2)
        .says(&[
            "error: cannot find agent `gone`",
            &format!(
                "hint: `{}` is there, and the engine did not take it\n",
                disabled.display()
            ),
        ]);
    sandbox.expect_nothing_left();
}

#[test]
fn an_agent_whose_provider_has_no_key_costs_no_second_start() {
    let sandbox = Sandbox::new();
    let model = Model::start("[[reply]]\ntext = \"ok\"\ntimes = \"always\"\nusage = { input = 9, output = 1 }");
    sandbox.write("home/.config/opencode/opencode.json", model.engine_config());
    sandbox.write(
        "home/.config/opencode/agent/opus.md",
        "---\ndescription: d\nmode: primary\nmodel: anthropic/claude-opus-4-5\n---\nBe brief.\n",
    );
    let finished = sandbox.run(["-vv", "Say it"]).finish().expect(0).writes("ok\n");
    assert!(
        finished.stderr.contains("the engine reads a cut catalog"),
        "{}",
        finished.stderr
    );
    assert!(!finished.stderr.contains("starting again"), "{}", finished.stderr);
    sandbox.expect_nothing_left();
}

#[test]
fn a_directory_that_is_not_utf_8_is_refused_before_anything_starts() {
    use std::os::unix::ffi::OsStrExt as _;
    let sandbox = Sandbox::new();
    let directory = sandbox.path("project").join(std::ffi::OsStr::from_bytes(b"caf\xe9"));
    std::fs::create_dir(&directory).unwrap();
    let run = sandbox.rehearse("[[reply]]\ntext = \"ok\"", ["Say it"]);
    run.directory(&directory)
        .start_at_once()
        .finish()
        .expect(2)
        .says(&["its path is not UTF-8", "hint: rename the directory"]);
}

#[test]
fn tokens_that_the_provider_does_not_count_are_unknown() {
    let sandbox = Sandbox::new();
    let script = "[[reply]]\ntext = \"ok\"\nusage = { input = 0, output = 0 }";
    let arguments = ["--output-format", "json", "--max-tokens", "10", "Say it"];
    let _model = sandbox.share_engine(script);
    let finished = sandbox.attached(arguments).finish().expect(0);
    let record = finished.record();
    assert_eq!([&record["usage"], &record["cost_usd"]], [&Value::Null, &Value::Null]);
    finished.says(&["warning: the provider does not say how many tokens were used, so `--max-tokens`"]);
    sandbox.expect_nothing_left();
}
