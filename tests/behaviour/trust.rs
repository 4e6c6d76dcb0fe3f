//! Code that a directory brings along runs, and files outside of the directory are read, only when the user trusts it.

use std::path::Path;
use std::process::Command;

#[cfg(unix)]
use rustix::process::{Pid, Signal, kill_process};

use crate::real_engine::RealEngine;
use crate::support::{Finished, LONG, Model, Pty, Sandbox, until};

const SCRIPT: &str = "[[reply]]\ntext = \"ok\"\ntimes = \"always\"";
/// Says whether the model was told what `secret` holds.
const TELLTALE: &str = "[[reply]]\nsystem = \"TOP-SECRET\"\ntext = \"told\"\ntimes = \"always\"\n\
    [[reply]]\ntext = \"not told\"\ntimes = \"always\"";

#[cfg(unix)]
fn link(sandbox: &Sandbox, target: &str, name: &str) {
    let name = sandbox.path(name);
    std::fs::create_dir_all(name.parent().unwrap()).unwrap();
    std::os::unix::fs::symlink(target, name).unwrap();
}

/// One engine for several directories of a sandbox, and runs that are attached to it. A directory needs trust there, too.
struct Directories {
    // The engine goes before the directories that it works in.
    engine: RealEngine,
    _model: Model,
    sandbox: Sandbox,
}

impl Directories {
    /// The model answers as `script` says. `TOKEN` in the environment is a secret.
    fn new(script: &str) -> Self {
        let sandbox = Sandbox::new();
        let model = Model::start(script);
        let engine = RealEngine::with_model(
            &sandbox.path("home"),
            &model.engine_config(),
            &[("TOKEN", "TOP-SECRET")],
        );
        Self {
            engine,
            _model: model,
            sandbox,
        }
    }

    fn run(&self, directory: &str, arguments: &[&str]) -> Finished {
        let url = self.engine.url();
        self.sandbox
            .attached(["--attach", &url].iter().chain(arguments))
            .directory(self.sandbox.path(directory))
            .env("TOKEN", "TOP-SECRET")
            .finish()
    }
}

/// A plugin that shows that it ran.
fn plugin(canary: &Path) -> String {
    format!(
        "import fs from 'node:fs'\nfs.writeFileSync({:?}, 'ran')\nexport const P = async () => ({{}})\n",
        canary.to_str().unwrap()
    )
}

#[test]
fn a_plugin_of_the_directory_does_not_run_unless_it_is_trusted() {
    let sandbox = Sandbox::new();
    let canary = sandbox.path("canary");
    sandbox.write("project/.opencode/plugin/p.js", plugin(&canary));
    let finished = sandbox
        .rehearse(SCRIPT, ["--output-format", "json", "Say it"])
        .finish()
        .expect(2)
        .says(&["error: ", "p.js", "hint: ", "--trust"]);
    assert_eq!(finished.record()["error"]["kind"], "usage");
    assert!(!canary.exists());
    sandbox.expect_nothing_left();
    sandbox
        .rehearse(SCRIPT, ["--trust", "Say it"])
        .finish()
        .expect(0)
        .writes("ok\n");
    assert!(canary.exists(), "the plugin did not run, so the test shows nothing");
}

#[test]
fn no_file_of_the_directory_takes_the_place_of_the_engines_own_modules() {
    let sandbox = Sandbox::new();
    let canary = sandbox.path("canary");
    let code = format!(
        "require('fs').writeFileSync({:?}, 'ran'); module.exports = {{}}\n",
        canary.to_str().unwrap()
    );
    let paths = "{\"compilerOptions\":{\"paths\":{\"*\":[\"./x.js\"]}}}";
    for file in ["project/tsconfig.json", "project/below/jsconfig.json"] {
        sandbox.write(file, paths);
        sandbox.write(Path::new(file).with_file_name("x.js").to_str().unwrap(), &code);
    }
    let works = "[[reply]]\ntool_calls = [{ name = \"bash\", arguments = { command = \"pwd\", description = \"x\" } }, \
        { name = \"grep\", arguments = { pattern = \"x\" } }]\n[[reply]]\ntext = \"ok\"\ntimes = \"always\"";
    for (script, flags) in [
        (SCRIPT, &["Say it"][..]),
        (SCRIPT, &["--bare", "Say it"]),
        (works, &["--auto-tools", "--yes", "Say it"]),
    ] {
        sandbox
            .rehearse(script, flags)
            .directory(sandbox.path("project/below"))
            .finish()
            .expect(0)
            .writes("ok\n");
        assert!(!canary.exists());
    }
    // The engine's runtime does run it where it works, so the test shows something.
    let mut engine = Command::new(crate::real_engine::path());
    engine
        .args(["models"])
        .current_dir(sandbox.path("project/below"))
        .env_clear()
        .envs(sandbox.environment())
        .stdin(std::process::Stdio::null());
    let mut engine = engine.spawn().unwrap();
    until("the file runs", LONG, || canary.exists().then_some(()));
    let _ = engine.kill();
    engine.wait().unwrap();
}

#[test]
fn configuration_that_the_environment_names_in_the_directory_is_asked_about() {
    let sandbox = Sandbox::new();
    let canary = sandbox.path("canary");
    sandbox.write("project/ci/plugin/p.js", plugin(&canary));
    sandbox.write("project/one.json", "{\"plugin\":[\"./ci/plugin/p.js\"]}");
    for (variable, value, found) in [
        ("OPENCODE_CONFIG", "one.json", "one.json"),
        ("OPENCODE_CONFIG_DIR", "ci", "p.js"),
    ] {
        sandbox
            .rehearse(SCRIPT, ["Say it"])
            .env(variable, value)
            .finish()
            .expect(2)
            .writes("")
            .says(&["error: ", found, "--trust"]);
        assert!(!canary.exists());
        sandbox.expect_nothing_left();
        sandbox
            .rehearse(SCRIPT, ["--trust", "Say it"])
            .env(variable, value)
            .finish()
            .expect(0)
            .writes("ok\n");
        assert!(canary.exists(), "the plugin did not run, so the test shows nothing");
        std::fs::remove_file(&canary).unwrap();
    }
}

#[test]
fn servers_and_commands_of_the_directory_are_named_and_refused() {
    for (file, text) in [
        (
            "opencode.json",
            "{\"mcp\":{\"tool\":{\"type\":\"local\",\"command\":[\"touch\",\"canary\"]}}}",
        ),
        ("opencode.jsonc", "{/* a comment */ \"plugin\":[\"file://./evil.js\"]}"),
        (".opencode/command/x.md", "Look at !`touch canary`\n"),
    ] {
        let sandbox = Sandbox::new();
        sandbox.write(&format!("project/{file}"), text);
        sandbox
            .rehearse(SCRIPT, ["Say it"])
            .finish()
            .expect(2)
            .writes("")
            .says(&["error: ", file, "--trust"]);
        assert!(!sandbox.path("project/canary").exists());
        sandbox.expect_nothing_left();
    }
}

#[test]
fn no_directory_that_looks_like_a_repository_hides_what_lies_above() {
    let directories = Directories::new(SCRIPT);
    let sandbox = &directories.sandbox;
    for forged in ["garbage", "elsewhere"] {
        for code in ["plugin", "mcp"] {
            let case = format!("{forged}-{code}");
            let canary = sandbox.path(&format!("{case}/canary"));
            if code == "plugin" {
                sandbox.write(&format!("{case}/project/.opencode/plugin/p.js"), plugin(&canary));
            } else {
                let touch = ["touch", canary.to_str().unwrap()];
                let config = serde_json::json!({ "mcp": { "x": { "type": "local", "command": touch } } });
                sandbox.write(&format!("{case}/project/opencode.json"), config.to_string());
            }
            let package = sandbox.path(&format!("{case}/project/pkg"));
            std::fs::create_dir(&package).unwrap();
            if forged == "garbage" {
                sandbox.write(&format!("{case}/project/pkg/.git/HEAD"), "garbage");
                for name in ["objects", "refs"] {
                    std::fs::create_dir(package.join(".git").join(name)).unwrap();
                }
            } else {
                std::fs::create_dir(sandbox.path(&format!("{case}/elsewhere"))).unwrap();
                for arguments in [&["init", "-q"][..], &["config", "core.worktree", "../../../elsewhere"]] {
                    let mut git = Command::new("git");
                    git.args(arguments).current_dir(&package);
                    assert!(git.env_clear().envs(sandbox.environment()).status().unwrap().success());
                }
            }
            let run = |arguments: &[&str]| directories.run(&format!("{case}/project/pkg"), arguments);
            run(&["Say it"]).expect(2).writes("").says(&["error: ", "--trust"]);
            assert!(!canary.exists(), "{forged} {code}");
            run(&["--trust", "Say it"]).expect(0).writes("ok\n");
            assert!(
                canary.exists(),
                "{forged} {code}: it did not run, so the test shows nothing"
            );
        }
    }
}

#[cfg(unix)]
#[test]
fn nothing_outside_is_told_to_the_model_unless_the_directory_is_trusted() {
    let configs = [
        r#"{"agent": {"build": {"prompt": "{file:ROOT/secret}"}}}"#,
        r#"{"agent": {"build": {"prompt": "{file:~/../secret}"}}}"#,
        r#"{"agent": {"build": {"prompt": "{env:TOKEN}"}}}"#,
        r#"{"agent": {"build": {"prompt": "{fi{env:NONE}le:../secret}"}}}"#,
        r#"{"agent": {"build": {"prompt": "{file:prod.env}"}}}"#,
        r#"{"instructions": ["ROOT/secret"]}"#,
        r#"{"instructions": ["../secret"]}"#,
        r#"{"instructions": ["docs/*.md"]}"#,
        r#"{"instructions": ["project/../secret"]}"#,
        r#"{"instructions": [".{.,x}/secret"]}"#,
        r#"{"instructions": ["{,x}ROOT/secret"]}"#,
    ];
    let links = ["AGENTS.md", "CLAUDE.md", "CONTEXT.md"];
    let directories = Directories::new(TELLTALE);
    let sandbox = &directories.sandbox;
    // Beside the home.
    sandbox.write("secret", "TOP-SECRET");
    for case in 0..configs.len() + links.len() {
        let root = sandbox.path(&case.to_string());
        sandbox.write(&format!("{case}/secret"), "TOP-SECRET");
        sandbox.write(&format!("{case}/project/prod.env"), "TOP-SECRET");
        link(sandbox, "../../secret", &format!("{case}/project/docs/a.md"));
        if let Some(text) = configs.get(case) {
            let text = text.replace("ROOT", root.to_str().unwrap());
            sandbox.write(&format!("{case}/project/opencode.json"), text);
        } else {
            let name = links[case - configs.len()];
            link(sandbox, "../secret", &format!("{case}/project/{name}"));
        }
        let run = |arguments: &[&str]| directories.run(&format!("{case}/project"), arguments);
        run(&["Say it"])
            .expect(2)
            .writes("")
            .says(&["error: ", "--trust", "trusted_directories"]);
        run(&["--trust", "Say it"]).expect(0).writes("told\n");
    }
}

#[cfg(unix)]
#[test]
fn an_instruction_file_beside_a_file_that_is_read_is_read_too() {
    const READS: &str = "[[reply]]\ntool_result = \"TOP-SECRET\"\ntext = \"told\"\n\
        [[reply]]\ntool_calls = [{ name = \"read\", arguments = { filePath = \"sub/deep/f.txt\" } }]\n\
        [[reply]]\ntext = \"not told\"";
    let sandbox = Sandbox::new();
    sandbox.write("secret", "TOP-SECRET");
    sandbox.write("project/sub/deep/f.txt", "harmless");
    sandbox.write("project/notes.md", "notes");
    let run = |arguments: &[&str]| sandbox.rehearse(READS, arguments.iter().copied()).finish().expect(0);
    link(&sandbox, "../notes.md", "project/sub/AGENTS.md");
    run(&["Read it"]).writes("not told\n").says(&["tool: read"]);
    std::fs::remove_file(sandbox.path("project/sub/AGENTS.md")).unwrap();
    link(&sandbox, "../../secret", "project/sub/AGENTS.md");
    run(&["Read it"]).writes("not told\n").says(&["sub/AGENTS.md"]);
    run(&["--auto-tools", "Read it"])
        .writes("not told\n")
        .says(&["sub/AGENTS.md"]);
    run(&["--auto-tools", "--yes", "Read it"]).writes("told\n");
}

#[test]
fn a_head_in_a_language_that_runs_needs_trust() {
    let directories = Directories::new(SCRIPT);
    let sandbox = &directories.sandbox;
    for (case, (before, name)) in [
        ("", ".opencode/agent/a.md"),
        ("", ".claude/skills/a/SKILL.md"),
        // The engine drops two byte order marks, but not on a busy machine.
        ("\u{feff}\u{feff}", ".opencode/agent/a.md"),
    ]
    .into_iter()
    .enumerate()
    {
        let canary = sandbox.path(&format!("{case}/canary"));
        let path = format!("{:?}", canary.to_str().unwrap());
        let text = format!(
            "{before}---js\n{{name: 'a', description: String(process.getBuiltinModule('fs').writeFileSync({path}, ''))}}\n---\n"
        );
        sandbox.write(&format!("{case}/project/{name}"), text);
        let run = |arguments: &[&str]| directories.run(&format!("{case}/project"), arguments);
        run(&["Say it"]).expect(2).says(&[name, "--trust"]);
        assert!(!canary.exists(), "{name}");
        run(&["--trust", "Say it"]).expect(0);
        assert!(
            canary.exists() || !before.is_empty(),
            "{name}: it did not run, so the test shows nothing"
        );
    }
}

#[test]
fn a_home_above_the_directory_that_is_not_the_accounts_is_looked_through() {
    let sandbox = Sandbox::new();
    let canary = sandbox.path("canary");
    sandbox.write("ws/.opencode/plugin/p.js", plugin(&canary));
    std::fs::create_dir_all(sandbox.path("ws/pkg/.git")).unwrap();
    let run = |arguments: &[&str]| {
        let run = sandbox.rehearse(SCRIPT, arguments.iter().copied());
        run.directory(sandbox.path("ws/pkg"))
            .env("HOME", sandbox.path("ws"))
            .finish()
    };
    run(&["Say it"]).expect(2).says(&["p.js", "--trust"]);
    assert!(!canary.exists());
    run(&["--trust", "Say it"]).expect(0);
    assert!(canary.exists(), "it did not run, so the test shows nothing");
}

#[test]
fn no_engine_and_no_settings_of_git_come_with_a_home_in_the_project() {
    let sandbox = Sandbox::new();
    let canary = sandbox.path("canary");
    let engine = sandbox.write(
        "project/.opencode/bin/opencode",
        format!("#!/bin/sh\ntouch '{}'\n", canary.display()),
    );
    #[cfg(unix)]
    std::fs::set_permissions(engine, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let home = sandbox.project();
    for (arguments, code) in [(&["engine", "list"][..], 0), (&["--offline", "Say it"], 2)] {
        let mut run = sandbox.run(arguments).env("HOME", &home);
        if code == 0 {
            run = run.env("OPENCODE_RS_ENGINE", "");
        }
        run.finish().expect(code);
        assert!(!canary.exists(), "{arguments:?}");
    }
    std::fs::remove_dir_all(sandbox.path("project/.opencode")).unwrap();
    sandbox.write("project/.gitconfig", "[core]\nfsmonitor = touch canary\n");
    let run = sandbox.rehearse(SCRIPT, ["Say it"]).env("HOME", &home);
    run.finish().expect(2).says(&[".gitconfig", "--trust"]);
}

#[test]
#[cfg(unix)]
fn the_engines_own_git_runs_no_program_of_a_repository_in_the_directory() {
    let sandbox = Sandbox::new();
    let canary = sandbox.path("canary");
    let git = |directory: &str, arguments: &[&str]| {
        let mut git = Command::new("git");
        git.current_dir(sandbox.path(directory))
            .env_clear()
            .envs(sandbox.environment());
        let name = ["-c", "user.name=n", "-c", "user.email=n@example.invalid"];
        assert!(
            git.args(name).args(arguments).status().unwrap().success(),
            "{arguments:?}"
        );
    };
    std::fs::create_dir_all(sandbox.path("project/sub")).unwrap();
    for directory in ["project", "project/sub"] {
        git(directory, &["init", "-q"]);
        git(directory, &["commit", "-q", "--allow-empty", "-m", "first"]);
    }
    git(
        "project/sub",
        &[
            "config",
            "core.fsmonitor",
            &format!("touch {}; false", canary.display()),
        ],
    );
    let script = "[[reply]]\ntool_calls = [{ name = \"write\", arguments = { filePath = \"a\", content = \"a\" } }]\n\
        [[reply]]\ntool_calls = [{ name = \"write\", arguments = { filePath = \"b\", content = \"b\" } }]\n\
        [[reply]]\ntext = \"ok\"\ntimes = \"always\"";
    sandbox.rehearse(script, ["--auto-tools", "Say it"]).finish().expect(0);
    assert!(!canary.exists());
    // The user's git does look there, so the test shows something.
    git("project", &["add", "-A"]);
    git("project", &["status"]);
    assert!(canary.exists());
}

#[test]
fn configuration_directories_in_the_project_are_the_projects() {
    let sandbox = Sandbox::new();
    let canary = sandbox.path("canary");
    sandbox.write("project/.xdg/opencode/plugin/p.js", plugin(&canary));
    let run = sandbox.rehearse(SCRIPT, ["Say it"]);
    run.env("XDG_CONFIG_HOME", sandbox.path("project/.xdg"))
        .finish()
        .expect(2)
        .says(&["p.js", "--trust"]);
    assert!(!canary.exists());
}

#[test]
fn settings_of_a_home_in_the_project_only_narrow() {
    let sandbox = Sandbox::new();
    let canary = sandbox.path("canary");
    sandbox.write("project/.opencode/plugin/p.js", plugin(&canary));
    let project = sandbox.path("project");
    sandbox.write(
        "project/.config/opencode-rs/config.toml",
        format!(
            "trusted_directories = [{project:?}]\nengine = {:?}\n",
            project.join("evil.sh")
        ),
    );
    sandbox
        .rehearse(SCRIPT, ["Say it"])
        .env("HOME", &project)
        .env("XDG_CONFIG_HOME", project.join(".config"))
        .finish()
        .expect(2)
        .says(&[
            "`trusted_directories`",
            "`engine`",
            "a project may not set this",
            "p.js",
            "--trust",
        ]);
    assert!(!canary.exists());
}

#[test]
fn the_engines_own_git_fetches_nothing() {
    let sandbox = Sandbox::new();
    let canary = sandbox.path("canary");
    let project = sandbox.path("project");
    let git = |arguments: &[&str]| {
        let mut git = Command::new("git");
        git.args(arguments).current_dir(&project).env_clear();
        let output = git.envs(sandbox.environment()).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    git(&["init", "-q"]);
    git(&[
        "-c",
        "user.name=a",
        "-c",
        "user.email=a@b",
        "commit",
        "-q",
        "--allow-empty",
        "-m",
        "a",
    ]);
    for (name, value) in [
        ("core.repositoryformatversion", "1"),
        ("extensions.partialClone", "evil"),
        ("remote.evil.url", "/"),
        ("remote.evil.promisor", "true"),
        (
            "remote.evil.uploadpack",
            &*format!("touch {}; git-upload-pack", canary.display()),
        ),
        ("protocol.allow", "always"),
    ] {
        git(&["config", name, value]);
    }
    let head = git(&["rev-parse", "HEAD"]);
    std::fs::remove_file(project.join(".git/objects").join(&head[..2]).join(&head[2..])).unwrap();
    sandbox
        .rehearse(SCRIPT, ["--trust", "Say it"])
        .finish()
        .expect(0)
        .writes("ok\n");
    assert!(!canary.exists());
    // The model's own commands see what the user has set, but what makes bash another one; they start no editor, and take no
    // directory for a repository.
    let script = "[[reply]]\ntool_result = \"lazy=. editor=: bare=explicit cd=.\"\ntext = \"told\"\n\
        [[reply]]\ntool_calls = [{ name = \"bash\", arguments = { command = \"echo lazy=$GIT_NO_LAZY_FETCH. editor=$GIT_EDITOR bare=$(git config safe.bareRepository) cd=$CDPATH$GLOBIGNORE.\", description = \"x\" } }]";
    sandbox
        .rehearse(script, ["--trust", "--auto-tools", "--yes", "Do it"])
        .env("CDPATH", sandbox.path(""))
        .env("GLOBIGNORE", "*")
        .finish()
        .expect(0)
        .writes("told\n");
}

#[test]
fn a_home_in_the_directory_does_not_hide_it() {
    for home in ["project", "project/.home"] {
        let sandbox = Sandbox::new();
        sandbox.write(
            "project/opencode.json",
            "{\"mcp\":{\"tool\":{\"type\":\"local\",\"command\":[\"touch\",\"canary\"]}}}",
        );
        std::fs::create_dir_all(sandbox.path(home)).unwrap();
        sandbox
            .rehearse(SCRIPT, ["Say it"])
            .env("HOME", sandbox.path(home))
            .finish()
            .expect(2)
            .says(&["opencode.json", "--trust"]);
        assert!(!sandbox.path("project/canary").exists());
    }
}

#[test]
fn a_byte_order_mark_and_other_line_ends_are_no_reason_to_distrust() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "project/opencode.json",
        "\u{feff}{\"model\": \"rehearsal/scripted\"}\r\n",
    );
    sandbox.rehearse(SCRIPT, ["Say it"]).finish().expect(0).writes("ok\n");
}

#[cfg(unix)]
#[test]
fn a_person_at_a_terminal_is_asked_about_what_reads_outside() {
    for (keys, told) in [("\x1b[B", true), ("", false)] {
        let sandbox = Sandbox::new();
        sandbox.write("secret", "TOP-SECRET");
        link(&sandbox, "../secret", "project/AGENTS.md");
        let mut person = Pty::rehearse(&sandbox, TELLTALE, &["Say it"]);
        person.wait_for("Trust it?");
        person.wait_for("> no, do not work here");
        if told {
            person.send(keys);
            person.wait_for("> yes, I have looked at it");
        }
        person.send("\r");
        let code = person.finish();
        let shown = person.everything();
        assert!(shown.contains("tells the model what stands in"), "{shown}");
        assert_eq!(
            (code, shown.contains("told")),
            (if told { 0 } else { 2 }, told),
            "{shown}"
        );
    }
}

#[cfg(unix)]
#[test]
fn a_signal_that_ends_the_question_leaves_the_terminal_as_it_was() {
    let sandbox = Sandbox::new();
    sandbox.write("project/.opencode/plugin/p.js", "export const P = async () => ({})\n");
    let mut person = Pty::rehearse(&sandbox, SCRIPT, &["Say it"]);
    person.wait_for("> no, do not work here");
    until("single keys", LONG, || (!person.is_in_line_mode()).then_some(()));
    kill_process(Pid::from_raw(person.pid()).unwrap(), Signal::TERM).unwrap();
    assert_eq!(person.finish(), 143);
    let shown = person.wait_for("the run was terminated");
    assert!(person.is_in_line_mode(), "{shown}");
    assert!(!person.hides_its_cursor(), "{shown}");
}
