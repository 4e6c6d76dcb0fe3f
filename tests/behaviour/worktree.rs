//! `--worktree`: the agent works beside the user's own tree, and its work can be taken over.
//!
//! What an agent would do is done by a command of `--verify`, which runs in the same place.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::support::{Finished, Sandbox};

const PLAIN: &str = "[[reply]]\ntext = \"ok\"";

/// Runs a command line as a user would, with the sandbox's environment; gives its stdout.
#[track_caller]
fn shell(sandbox: &Sandbox, directory: &str, line: &str) -> String {
    let output = Command::new("sh")
        .args(["-c", line])
        .env_clear()
        .envs(sandbox.environment())
        .current_dir(sandbox.path(directory))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{line}: {}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

/// A project that is a repository with one commit. Its path needs quoting.
fn repository() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write(
        "home/.gitconfig",
        "[user]\nname = n\nemail = n@example.invalid\n[diff]\nnoprefix = true\n[init]\ndefaultBranch = main\n",
    );
    sandbox.write("project/it's here/kept.txt", "one\ntwo\n");
    sandbox.write("project/it's here/gone.txt", "gone\n");
    sandbox.write("project/it's here/sub/in.txt", "in\n");
    sandbox.write("project/it's here/.gitignore", "*.log\n");
    shell(
        &sandbox,
        "project/it's here",
        "git init -q && git add -A && git commit -q -m first",
    );
    sandbox
}

#[track_caller]
fn run(sandbox: &Sandbox, arguments: &[&str], code: i32) -> Finished {
    let finished = sandbox
        .rehearse(
            PLAIN,
            ["--output-format", "json"].iter().chain(arguments).chain(&["Do it"]),
        )
        .directory(sandbox.path("project/it's here"))
        .finish()
        .expect(code);
    sandbox.expect_nothing_left();
    finished
}

fn git(sandbox: &Sandbox, arguments: &str) -> String {
    shell(sandbox, "project/it's here", &format!("git {arguments}"))
}

fn worktrees(sandbox: &Sandbox) -> Vec<PathBuf> {
    match std::fs::read_dir(sandbox.path("home/.local/state/opencode-rs/worktrees")) {
        Ok(entries) => entries.map(|entry| entry.unwrap().path()).collect(),
        Err(_) => Vec::new(),
    }
}

#[track_caller]
fn assert_no_trace(sandbox: &Sandbox) {
    assert_eq!(worktrees(sandbox), Vec::<PathBuf>::new());
    assert_eq!(git(sandbox, "worktree list").lines().count(), 1);
    assert_eq!(git(sandbox, "branch --format='%(refname:short)'"), "main\n");
}

/// The command that a line with this label shows.
#[track_caller]
fn shown<'a>(finished: &'a Finished, label: &str) -> &'a str {
    finished
        .stderr
        .lines()
        .find_map(|line| line.trim_start().strip_prefix(label))
        .unwrap_or_else(|| panic!("no {label:?} in:\n{}", finished.stderr))
        .trim()
}

/// Every file below a directory but git's own, with its content and whether it may be run.
fn files(directory: &Path) -> Vec<(PathBuf, Vec<u8>, bool)> {
    use std::os::unix::fs::PermissionsExt as _;
    let mut found = Vec::new();
    let mut open = vec![directory.to_path_buf()];
    while let Some(place) = open.pop() {
        for entry in std::fs::read_dir(&place).unwrap() {
            let path = entry.unwrap().path();
            if path.file_name().unwrap() == ".git" {
                continue;
            }
            let metadata = path.symlink_metadata().unwrap();
            if metadata.is_dir() {
                open.push(path);
                continue;
            }
            let content = if metadata.is_symlink() {
                std::fs::read_link(&path).unwrap().into_os_string().into_encoded_bytes()
            } else {
                std::fs::read(&path).unwrap()
            };
            let relative = path.strip_prefix(directory).unwrap().to_path_buf();
            found.push((relative, content, metadata.permissions().mode() & 0o100 != 0));
        }
    }
    found.sort();
    found
}

#[test]
fn a_worktree_in_which_nothing_changed_is_removed() {
    let sandbox = repository();
    let finished = run(
        &sandbox,
        &["--worktree", "--verify", "test -f kept.txt && echo x > some.log"],
        0,
    );
    let worktree = &finished.record()["worktree"];
    assert_eq!(worktree["kept"], false);
    assert_eq!(worktree["base"], git(&sandbox, "rev-parse HEAD").trim());
    let branch = worktree["branch"].as_str().unwrap();
    assert!(branch.starts_with("opencode-rs/"), "{branch}");
    assert_ne!(finished.record()["directory"], json!(sandbox.path("project/it's here")));
    finished.says(&["worktree: nothing changed, so it was removed\n"]);
    assert_no_trace(&sandbox);
}

#[test]
fn a_change_is_taken_over_with_the_printed_command_and_thrown_away_with_the_other() {
    let sandbox = repository();
    let work = "cd .. && printf 'uno\\n' > kept.txt && rm gone.txt && mkdir -p 'new dir' \
                && head -c 1000 /dev/urandom > 'new dir/bin ary' && printf 'x  \\n' > sub/run.sh && chmod +x sub/run.sh \
                && : > empty && ln -s kept.txt link && printf 'é' > 'é.txt' && echo x > ignored.log \
                && git add -A && git commit -q -m mine && echo later > later.txt";
    let before = files(&sandbox.path("project/it's here"));
    let finished = run(&sandbox, &["-d", "sub", "--worktree=fix-1", "--verify", work], 0);
    let original = sandbox.path("project/it's here");
    assert_eq!(files(&original), before);
    let record = finished.record();
    let worktree = &record["worktree"];
    let path = PathBuf::from(worktree["path"].as_str().unwrap());
    assert_eq!(
        (&worktree["kept"], &worktree["branch"]),
        (&json!(true), &json!("opencode-rs/fix-1"))
    );
    assert_eq!(record["directory"], json!(path.join("sub")));
    assert!(shown(&finished, "worktree:").contains("opencode-rs/fix-1"));
    let diff = shell(&sandbox, "tmp", shown(&finished, "look at it:"));
    assert!(diff.contains("+later") && diff.contains("+uno"), "{diff}");
    shell(&sandbox, "tmp", shown(&finished, "take it over:"));
    let mut wanted = files(&path);
    wanted.retain(|(path, ..)| path != Path::new("ignored.log"));
    assert_eq!(files(&original), wanted);
    shell(&sandbox, "tmp", shown(&finished, "throw it away:"));
    assert_no_trace(&sandbox);
}

#[test]
fn a_worktree_needs_a_repository_with_a_commit() {
    let sandbox = Sandbox::new();
    let finished = sandbox
        .rehearse(PLAIN, ["--output-format", "json", "--worktree", "Do it"])
        .finish()
        .expect(2)
        .says(&["is in no git repository", "hint: "]);
    let record = finished.record();
    assert_eq!(
        (&record["error"]["kind"], &record["worktree"]),
        (&json!("usage"), &Value::Null)
    );
    assert_eq!((&record["engine"], &record["session_id"]), (&Value::Null, &Value::Null));
    shell(&sandbox, "project", "git init -q");
    sandbox
        .rehearse(PLAIN, ["--worktree", "Do it"])
        .finish()
        .expect(2)
        .writes("")
        .says(&["has no commit"]);
    assert_eq!(worktrees(&sandbox), Vec::<PathBuf>::new());
}

#[test]
fn uncommitted_changes_are_left_out_with_a_warning_and_a_name_is_used_once() {
    let sandbox = repository();
    sandbox.write("project/it's here/kept.txt", "not committed\n");
    run(&sandbox, &["--worktree=a", "--verify", "grep -q one kept.txt"], 0).says(&["warning: ", "uncommitted changes"]);
    git(&sandbox, "branch opencode-rs/a");
    run(&sandbox, &["--worktree=a"], 2).says(&["the branch `opencode-rs/a` exists already"]);
    assert_eq!(worktrees(&sandbox), Vec::<PathBuf>::new());
}

#[test]
fn no_hook_of_the_repository_runs() {
    let sandbox = repository();
    let canary = sandbox.path("canary");
    for hook in ["post-checkout", "post-index-change", "reference-transaction"] {
        let hook = format!("project/it's here/.git/hooks/{hook}");
        sandbox.write(&hook, format!("#!/bin/sh\necho ran >> '{}'\n", canary.display()));
        shell(
            &sandbox,
            "project",
            &format!("chmod +x \"{}\"", sandbox.path(&hook).display()),
        );
    }
    run(&sandbox, &["--worktree"], 0);
    assert!(!canary.exists());
    assert_no_trace(&sandbox);
}

#[test]
fn no_program_that_the_repository_names_runs() {
    let sandbox = repository();
    sandbox.write(
        "project/it's here/.gitattributes",
        "*.txt filter=a=b diff=d\n*.bin filter=f\n",
    );
    sandbox.write("project/it's here/data.bin", "data\n");
    sandbox.write("project/it's here/more.bin", "data\n");
    git(&sandbox, "add -A");
    git(&sandbox, "commit -q -m attributes");
    let canary = sandbox.path("canary");
    let touch = |name: &str| format!("echo {name} >> '{}'; cat", canary.display());
    let included = sandbox.write(
        "included",
        format!("[filter \"f\"]\nprocess = \"{}\"\nrequired = true\n", touch("process")),
    );
    let own = std::fs::read_to_string(sandbox.path("project/it's here/.git/config")).unwrap();
    let programs = [
        ("filter \"a=b\"", "smudge"),
        ("filter \"a=b\"", "clean"),
        ("filter \"f\"", "clean"),
        ("core", "fsmonitor"),
        ("core", "pager"),
        ("core", "sshCommand"),
        ("core", "alternateRefsCommand"),
        ("diff", "external"),
        ("diff \"d\"", "textconv"),
        ("diff \"d\"", "command"),
        ("credential", "helper"),
        ("alias", "status"),
        ("gpg", "program"),
    ]
    .map(|(section, key)| format!("[{section}]\n{key} = \"{}\"\n", touch(key)))
    .concat();
    let included = format!("[include]\npath = \"{}\"\n", included.display());
    let remote =
        "[remote \"origin\"]\nurl = \"ext::sh -c 'touch canary'\"\npromisor = true\n[protocol]\nallow = always\n";
    let config = [&own, &programs, &included, remote].concat();
    sandbox.write("project/it's here/.git/config", config);
    // What has changed is compared, through the filters.
    sandbox.write("project/it's here/kept.txt", "other\n");
    sandbox.write("project/it's here/data.bin", "other data\n");
    // Git compares the contents only of a file whose size is as before and whose time is not.
    let same_size = sandbox.write("project/it's here/more.bin", "atad\n");
    let file = std::fs::File::options().write(true).open(same_size).unwrap();
    file.set_modified(std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000))
        .unwrap();
    drop(file);
    let finished = run(
        &sandbox,
        &[
            "--trust",
            "--worktree",
            "--verify",
            "grep -q one kept.txt && echo three > kept.txt",
        ],
        0,
    )
    .says(&["warning: no filter program of git", "and 4 more"]);
    assert!(!canary.exists(), "{}", std::fs::read_to_string(&canary).unwrap());
    assert_eq!(finished.record()["worktree"]["kept"], true);
    // The same without our settings: these programs are such as git runs.
    let _ = Command::new("git")
        .args(["status", "--porcelain"])
        .env_clear()
        .envs(sandbox.environment())
        .current_dir(sandbox.path("project/it's here"))
        .output();
    let ran = std::fs::read_to_string(&canary).expect("nothing ran, so the test shows nothing");
    assert!(ran.contains("process") && ran.contains("fsmonitor"), "{ran}");
}

#[test]
fn what_an_agent_writes_cannot_lead_git_elsewhere() {
    let sandbox = repository();
    let canary = sandbox.path("canary");
    sandbox.write("evil.sh", format!("#!/bin/sh\necho ran >> '{}'\n", canary.display()));
    let evil = sandbox.path("evil.sh");
    let work = format!(
        "chmod +x {evil} && rm .git && git init -q && git config core.fsmonitor {evil} && echo x > new.txt",
        evil = evil.display()
    );
    let finished = run(&sandbox, &["--worktree", "--verify", &work], 0)
        .says(&["its file `.git` had been changed and was put back"]);
    assert_eq!(finished.record()["worktree"]["kept"], true);
    shell(&sandbox, "tmp", shown(&finished, "look at it:"));
    assert!(!canary.exists(), "a program of the agent's ran");
    let aside = shown(
        &finished,
        "its file `.git` had been changed and was put back; what was found is",
    );
    assert!(Path::new(aside).join("config").is_file());
    std::fs::remove_dir_all(aside).unwrap();
    shell(&sandbox, "tmp", shown(&finished, "throw it away:"));
    assert_no_trace(&sandbox);
}

#[test]
fn trust_in_a_directory_is_trust_in_the_same_code_in_its_worktree() {
    let sandbox = repository();
    let formatter = |ending: &str| {
        let formatter = json!({"command": ["true"], "extensions": [ending]});
        // The engine writes the schema's address into a configuration that lacks it.
        json!({"$schema": "https://opencode.ai/config.json", "formatter": {"mine": formatter}}).to_string()
    };
    sandbox.write("project/it's here/opencode.json", formatter(".a"));
    git(&sandbox, "add -A");
    git(&sandbox, "commit -q -m formatter");
    run(&sandbox, &["--worktree"], 2).says(&["opencode.json", "--trust"]);
    let trusted = json!([sandbox.path("project/it's here")]);
    sandbox.write(
        "home/.config/opencode-rs/config.toml",
        format!("trusted_directories = {trusted}\n"),
    );
    run(&sandbox, &["--worktree"], 0);
    // The trusted file differs from the file of the last commit.
    sandbox.write("project/it's here/opencode.json", formatter(".b"));
    run(&sandbox, &["--worktree"], 2).says(&["opencode.json", "--trust"]);
    assert_no_trace(&sandbox);
}

#[test]
fn an_interrupted_run_removes_its_worktree_or_keeps_what_was_done() {
    let sandbox = repository();
    for (work, kept) in [("true", false), ("echo x > new.txt", true)] {
        let command = format!("{work}; echo verifying; sleep 1000");
        let running = sandbox
            .rehearse(
                PLAIN,
                ["--output-format", "json", "--worktree", "--verify", &command, "Do it"],
            )
            .directory(sandbox.path("project/it's here"))
            .start();
        running.wait_for_stderr("verifying");
        running.signal(Signal::INT);
        let finished = running.finish().expect(130);
        assert_eq!(finished.record()["worktree"]["kept"], kept);
        sandbox.expect_nothing_left();
        if kept {
            shell(&sandbox, "tmp", shown(&finished, "throw it away:"));
        }
        assert_no_trace(&sandbox);
    }
}
