//! A terminal that can do nothing.

use super::{rows, wait_until};
use crate::support::{Pty, Sandbox};

/// Waits for a prompt. The terminal shows keys when they are typed, before a prompt that is still to come.
#[track_caller]
fn wait_for_prompt(pty: &Pty) {
    wait_until(pty, "a new prompt", |screen| rows(screen).last() == Some(&">"));
}

#[test]
fn a_dumb_terminal_gets_plain_lines_and_no_escape_sequence() {
    let sandbox = Sandbox::new();
    let script = "[[reply]]\ntext = \"some **bold** answer\"\n[[reply]]\ntext = \"Alpha beta.\\n\\nGamma delta.\"\nfault = \"stall\"\nafter_chunks = 3\n";
    let mut pty = Pty::rehearse_on("dumb", &sandbox, script, &["chat"]);
    pty.wait_for("Ctrl-D leaves");
    wait_for_prompt(&pty);
    pty.send("Hello \\\n");
    pty.wait_for("\n. ");
    pty.send("you\n");
    pty.wait_for("answer");
    pty.wait_for("· build");
    wait_for_prompt(&pty);
    pty.send("Count\n");
    pty.wait_for("Alpha beta.");
    pty.send("\u{3}");
    pty.wait_for("cancelled;");
    wait_for_prompt(&pty);
    pty.send("/model\n");
    pty.wait_for("model (number or name, Enter for none):");
    pty.send("\n");
    wait_for_prompt(&pty);
    pty.send("\u{3}");
    pty.wait_for("press Ctrl-C again to leave");
    pty.send("/todo\n");
    pty.wait_for("the agent has no list of things to do");
    wait_for_prompt(&pty);
    pty.send("/auto-tools on\n");
    pty.wait_for("let the model run tools?");
    pty.answer("n");
    pty.wait_for("tools stay off");
    wait_for_prompt(&pty);
    pty.send("\u{3}");
    pty.send("\u{4}");
    assert_eq!(pty.finish(), 0);
    let everything = pty.everything();
    assert!(!everything.contains('\u{1b}'), "{everything:?}");
    sandbox.expect_nothing_left();
}

#[test]
fn ctrl_c_twice_leaves_a_plain_dialog() {
    let sandbox = Sandbox::new();
    let mut pty = Pty::rehearse_on("dumb", &sandbox, "", &["chat", "-q"]);
    pty.wait_for("> ");
    pty.send("\u{3}");
    pty.wait_for("press Ctrl-C again to leave");
    pty.send("\u{3}");
    assert_eq!(pty.finish(), 0);
    sandbox.expect_nothing_left();
}
