//! Answers: cancelled, resized, with tools, with what the person's own commands said.

use super::{PROMPT, attached, rows, scripted, wait_for_answers, wait_for_empty_line, wait_until};
use crate::support::{LONG, Sandbox, until};

#[test]
fn ctrl_c_cancels_the_turn_and_the_conversation_goes_on() {
    let sandbox = Sandbox::new();
    let script = r#"
[[reply]]
text = "Alpha beta.\n\nGamma delta."
fault = "stall"
after_chunks = 3

[[reply]]
match = "again"
text = "here **again**"
usage = { input = 150_000, output = 2_000 }
"#;
    let _model = sandbox.share_engine(script);
    let mut pty = attached(&sandbox, "");
    pty.send("Count\r");
    pty.wait_for("Alpha beta.");
    pty.send("\u{3}");
    pty.wait_for("cancelled; what was said so far stays in the conversation");
    pty.send("once again\r");
    let screen = pty.wait_for("rehearsal/scripted · build · 152k of 200k (76%)");
    assert!(screen.contains("here again"), "{screen}");
    // A second press during a turn leaves at once; the first one ended the turn in the engine.
    pty.send("\u{4}");
    assert_eq!(pty.finish(), 0);
    sandbox.expect_nothing_left();
}

#[test]
fn a_window_that_changes_its_size_in_the_middle_of_an_answer() {
    let sandbox = Sandbox::new();
    let script = r#"
[[reply]]
text = "The quick brown fox jumps over the lazy dog and runs away. "
repeat = 8
chunk_delay = "15ms"
"#;
    let _model = sandbox.share_engine(script);
    let mut pty = attached(&sandbox, "");
    pty.send("Tell me\r");
    pty.wait_for("lazy dog");
    pty.resize(40, 20);
    let screen = pty.wait_for("· build");
    pty.wait_for(PROMPT);
    let words = screen.split_whitespace().filter(|word| *word == "fox").count();
    assert!(words >= 5, "{screen}");
    assert!(rows(&screen).iter().all(|row| row.chars().count() <= 40), "{screen}");
    pty.send("a prompt that is longer than the forty columns of this window\r");
    wait_for_answers(&pty, 2);
    let screen = pty.screen();
    assert!(screen.contains("> a prompt that is longer than the forty"), "{screen}");
    pty.send("\u{4}");
    assert_eq!(pty.finish(), 0);
}

#[test]
fn own_commands_go_along_with_the_next_prompt() {
    let sandbox = Sandbox::new();
    let model = sandbox.share_engine("");
    let mut pty = attached(&sandbox, "");
    pty.send("!echo out; echo err >&2; exit 3\r");
    let screen = pty.wait_for("its output goes along with your next prompt");
    for row in ["out", "err", "exit status 3"] {
        assert!(rows(&screen).contains(&row), "{screen}");
    }
    wait_for_empty_line(&pty);
    pty.send("!!test -t 1 && echo a terminal\r");
    until("the terminal is the command's", LONG, || {
        rows(&pty.screen()).contains(&"a terminal").then_some(())
    });
    assert_eq!(model.count(), 0);
    wait_for_empty_line(&pty);
    pty.send("Why?\r");
    pty.wait_for("· build");
    let prompt = model.last_prompt();
    for text in [
        "Why?\n\n<shell>\n",
        "$ echo out; echo err >&2; exit 3\n",
        "out\n",
        "err\n",
        "(exit status 3)\n</shell>",
    ] {
        assert!(prompt.contains(text), "no {text:?} in {prompt}");
    }
    pty.send("And now?\r");
    until("the second prompt", LONG, || (model.count() >= 2).then_some(()));
    assert_eq!(model.last_prompt(), "And now?");
    // A process in the background delays nothing.
    pty.send("!sleep 3 & echo begun\r");
    wait_until(&pty, "a second command", |_| {
        pty.everything().matches("its output goes along").count() >= 2
    });
    wait_for_empty_line(&pty);
    // Ctrl-C is the command's own.
    pty.send("!sleep 100\r");
    until("the command runs", LONG, || {
        sandbox
            .processes()
            .iter()
            .any(|process| process.command.contains("sleep 100"))
            .then_some(())
    });
    pty.send("\u{3}");
    pty.wait_for("ended by a signal");
    wait_for_empty_line(&pty);
    pty.send("\u{4}");
    assert_eq!(pty.finish(), 0);
    sandbox.expect_nothing_left();
}

#[test]
fn tools_are_shown_in_a_line_each_and_a_grant_lasts_for_the_session() {
    let sandbox = Sandbox::new();
    let script = r#"
[[reply]]
tool_calls = [{ name = "bash", arguments = { command = "seq 3; sleep 2", description = "count" } }]

[[reply]]
tool_result = "1"
text = "first"

[[reply]]
match = "more"
tool_calls = [{ name = "bash", arguments = { command = "seq 3; sleep 2", description = "count" } }]

[[reply]]
text = "second"
"#;
    let mut pty = scripted(&sandbox, script, &["--auto-tools"]);
    pty.send("Count\r");
    pty.wait_for("allow `bash:seq 3`");
    pty.answer("a");
    pty.wait_for("first");
    pty.wait_for("· build");
    pty.send("/expand\r");
    let screen = pty.wait_for("bash seq 3");
    assert!(screen.contains("tool: bash seq 3"), "{screen}");
    until("the output", LONG, || {
        rows(&pty.screen()).ends_with(&["1", "2", "3", ">"]).then_some(())
    });
    // Not asked again.
    pty.send("more\r");
    pty.wait_for("second");
    let everything = pty.everything();
    assert!(everything.contains("running bash seq 3; sleep 2"), "{everything}");
    // A new session asks anew.
    pty.send("/cost\r");
    pty.wait_for("model calls  4");
    pty.send("/new\r");
    pty.wait_for("a new session begins");
    pty.send("/cost\r");
    pty.wait_for("there is no session yet");
    pty.send("/exit\r");
    assert_eq!(pty.finish(), 0);
    sandbox.expect_nothing_left();
}
