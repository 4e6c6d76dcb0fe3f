//! `/undo`, `/redo`, `/retry`, `/diff`, in a git repository.

use std::process::Command;

use super::{clear, rows, scripted, wait_for_answers, wait_until};
use crate::support::{Pty, Sandbox};

fn git(sandbox: &Sandbox, arguments: &[&str]) {
    let status = Command::new("git")
        .args(["-c", "user.name=n", "-c", "user.email=e@example.org"])
        .args(arguments)
        .current_dir(sandbox.path("project"))
        .env_clear()
        .envs(sandbox.environment())
        .status()
        .unwrap();
    assert!(status.success());
}

#[track_caller]
fn wait_for_contents(sandbox: &Sandbox, pty: &Pty, expected: &str) {
    wait_until(pty, &format!("file with {expected:?}"), |_| {
        sandbox.read("project/a.txt") == expected
    });
}

#[track_caller]
fn wait_for_line(pty: &Pty, line: &str) {
    wait_until(pty, &format!("line {line:?}"), |screen| {
        rows(screen).last() == Some(&line)
    });
}

#[test]
fn a_prompt_is_taken_back_with_its_changes_and_brought_back() {
    let sandbox = Sandbox::new();
    git(&sandbox, &["init", "-q"]);
    let file = sandbox.write("project/a.txt", "old\n");
    git(&sandbox, &["add", "."]);
    git(&sandbox, &["commit", "-qm", "first"]);
    let script = format!(
        r#"
[[reply]]
tool_result = "*"
text = "changed it"
times = "always"

[[reply]]
match = "Change"
tool_calls = [{{ name = "write", arguments = {{ filePath = "{}", content = "new\n" }} }}]
times = "always"

[[reply]]
match = "which"
text = "which one?"
"#,
        file.display()
    );
    let mut pty = scripted(&sandbox, &script, &["--auto-tools", "--allow", "edit"]);
    pty.send("/undo\r");
    pty.wait_for("there is no session yet");
    pty.send("Say which\r");
    pty.wait_for("which one?");
    pty.wait_for("· build");
    pty.send("Change it\r");
    pty.wait_for("changed it");
    wait_for_contents(&sandbox, &pty, "new\n");
    pty.wait_for("changed: 1 file");
    wait_for_answers(&pty, 2);
    pty.send("/diff\r");
    pty.wait_for("modified a.txt (+1 -1)");
    pty.wait_for("-old");
    pty.wait_for("+new");

    pty.send("/undo\r");
    let screen = pty.wait_for("files are as they were before: a.txt");
    assert!(screen.contains("took back: Change it"), "{screen}");
    wait_for_contents(&sandbox, &pty, "old\n");
    // The prompt is in the line again.
    wait_for_line(&pty, "> Change it");
    clear(&mut pty);
    pty.send("/redo\r");
    pty.wait_for("brought back: Change it");
    wait_for_contents(&sandbox, &pty, "new\n");
    pty.send("/redo\r");
    pty.wait_for("there is nothing to bring back");

    pty.send("/retry\r");
    pty.wait_for("again: Change it");
    wait_until(&pty, "a third turn", |_| {
        pty.everything().matches("changed it").count() >= 2
    });
    wait_for_contents(&sandbox, &pty, "new\n");
    wait_for_answers(&pty, 3);

    // Twice, down to the first prompt.
    pty.send("/undo\r");
    wait_until(&pty, "a second taking back", |_| {
        pty.everything().matches("took back: Change it").count() >= 2
    });
    wait_for_contents(&sandbox, &pty, "old\n");
    wait_for_line(&pty, "> Change it");
    clear(&mut pty);
    pty.send("/undo\r");
    pty.wait_for("took back: Say which");
    wait_for_line(&pty, "> Say which");
    clear(&mut pty);
    pty.send("/undo\r");
    pty.wait_for("there is nothing to take back");
    pty.send("/redo\r");
    pty.wait_for("brought back: Say which");
    assert_eq!(sandbox.read("project/a.txt"), "old\n");
    pty.send("\u{4}");
    assert_eq!(pty.finish(), 0);
    sandbox.expect_nothing_left();
}
