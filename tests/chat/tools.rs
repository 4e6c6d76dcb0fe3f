//! `/auto-tools`, `/permissions`: what the model may do from the next prompt on.

use super::{rows, scripted, wait_for_answers, wait_until};
use crate::support::{Pty, Sandbox};

#[track_caller]
fn wait_for_count(pty: &Pty, text: &str, count: usize) {
    wait_until(pty, &format!("{count} times {text:?}"), |_| {
        pty.everything().matches(text).count() >= count
    });
}

#[test]
fn tools_are_let_on_after_a_yes_and_taken_back() {
    let sandbox = Sandbox::new();
    let file = sandbox.project().join("a.txt");
    // The model of a rehearsal begins anew with each engine.
    let script = format!(
        r#"
[[reply]]
tool_result = "*"
text = "that was it"
times = "always"

[[reply]]
match = "Write"
tool_calls = [{{ name = "write", arguments = {{ filePath = "{}", content = "new\n" }} }}]
times = "always"

[[reply]]
match = "Count"
tool_calls = [{{ name = "bash", arguments = {{ command = "seq 3", description = "count" }} }}]
times = "always"
"#,
        file.display()
    );
    let mut pty = scripted(&sandbox, &script, &[]);
    pty.send("Write it\r");
    wait_until(&pty, "a hint at the command", |screen| {
        screen.replace('\n', " ").contains("`/auto-tools on`")
    });
    wait_for_answers(&pty, 1);
    assert!(!file.exists());

    // Enter is no.
    pty.send("/auto-tools on\r");
    pty.wait_for("let the model run tools?");
    pty.answer("\r");
    pty.wait_for("tools stay off");
    pty.send("/auto-tools on\r");
    wait_for_count(&pty, "let the model run tools?", 3);
    let screen = pty.screen();
    assert!(screen.replace('\n', "").contains("edit files in"), "{screen}");
    pty.answer("y");
    pty.wait_for("tools on, you are asked about the rest");
    pty.send("Write it\r");
    wait_for_answers(&pty, 2);
    assert_eq!(sandbox.read("project/a.txt"), "new\n");

    pty.send("Count\r");
    pty.wait_for("allow `bash:seq 3`");
    pty.answer("a");
    wait_for_answers(&pty, 3);
    pty.send("/permissions\r");
    let screen = pty.wait_for("`/permissions forget` takes one back");
    assert!(rows(&screen).contains(&"  bash:seq 3"), "{screen}");
    pty.send("/permissions forget\r");
    pty.wait_for("> bash:seq 3");
    pty.send("\r");
    pty.wait_for("`bash:seq 3` is asked about again");
    pty.send("Count\r");
    wait_for_count(&pty, "allow once", 2);
    pty.answer("n");
    wait_until(&pty, "an empty prompt", |screen| rows(screen).last() == Some(&">"));

    std::fs::remove_file(&file).unwrap();
    pty.send("/auto-tools off\r");
    pty.wait_for("looks, changes nothing (/auto-tools on lets it work)");
    wait_until(&pty, "an empty prompt", |screen| rows(screen).last() == Some(&">"));
    pty.send("Write it\r");
    wait_for_answers(&pty, 4);
    assert!(!file.exists());
    pty.send("/q\r");
    assert_eq!(pty.finish(), 0);
    sandbox.expect_nothing_left();
}
