//! Esc, Ctrl-Z, and what is typed while an answer comes.

use super::{PROMPT, SHARED_ENGINE, attached, rows, wait_for_answers, wait_for_empty_line, wait_until};
use crate::support::{LONG, Pty, Sandbox, until};

const STALLS: &str = r#"
[[reply]]
match = "Count"
text = "Alpha beta.\n\nGamma delta."
fault = "stall"
after_chunks = 3
"#;

#[test]
fn esc_cancels_the_turn_and_what_was_typed_meanwhile_is_kept() {
    let sandbox = Sandbox::new();
    let model = sandbox.share_engine(STALLS);
    let mut pty = attached(&sandbox, "");
    pty.send("Count\r");
    pty.wait_for("Alpha beta.");
    // Arrows begin with the same byte, and cancel nothing.
    pty.send("one\u{1b}[D\u{1b}[C\rtwo");
    pty.send("\u{1b}");
    pty.wait_for("cancelled; what was said so far stays in the conversation");
    // The line that was sent meanwhile is the next prompt, the other one waits to be sent.
    pty.wait_for("> one");
    wait_for_answers(&pty, 1);
    assert_eq!(model.last_prompt(), "one");
    pty.wait_for("> two");
    pty.send(" and three\r");
    wait_for_answers(&pty, 2);
    assert_eq!(model.last_prompt(), "two and three");
    pty.send("\u{4}");
    assert_eq!(pty.finish(), 0);
    sandbox.expect_nothing_left();
}

#[test]
fn ctrl_z_suspends_the_dialog_and_fg_comes_back_to_what_was_typed() {
    let sandbox = Sandbox::new();
    let model = sandbox.share_engine("");
    // A shell with job control, which goes on when its job stops.
    let line = format!(
        "{SHARED_ENGINE}set -m; $OPENCODE_RS chat -m rehearsal/scripted; echo stopped with $?; read go; fg; \
         echo left with $?"
    );
    let mut pty = Pty::shell_at_once(&sandbox, "", &line);
    pty.wait_for("Ctrl-D leaves");
    pty.wait_for(PROMPT);
    pty.send("half a");
    pty.wait_for("> half a");
    pty.send("\u{1a}");
    pty.wait_for("stopped with 148");
    until("lines for the shell", LONG, || pty.is_in_line_mode().then_some(()));
    pty.send("go\n");
    wait_until(&pty, "the prompt again", |screen| {
        rows(screen).last() == Some(&"> half a")
    });
    pty.send(" prompt\r");
    wait_for_answers(&pty, 1);
    assert_eq!(model.last_prompt(), "half a prompt");
    pty.send("\u{4}");
    pty.wait_for("left with 0");
    assert_eq!(pty.finish(), 0);
    sandbox.expect_nothing_left();
}

#[test]
fn tab_has_nothing_to_shout_and_slips_are_told() {
    let sandbox = Sandbox::new();
    let model = sandbox.share_engine("");
    let mut pty = attached(&sandbox, "");
    pty.send("\t");
    pty.wait_for("/sessions");
    super::clear(&mut pty);
    pty.send("words");
    pty.wait_for("> words");
    pty.send("\t");
    pty.send(" more\r");
    wait_for_answers(&pty, 1);
    assert_eq!(model.last_prompt(), "words more");
    assert!(!pty.everything().contains("NO RECORDS"));
    pty.send("!true\r");
    pty.wait_for("no output, so nothing goes along with your next prompt");
    wait_for_empty_line(&pty);
    pty.send("@nosuch.txt look\r");
    pty.wait_for("there is no file `nosuch.txt`; the name goes as it is");
    wait_for_answers(&pty, 2);
    assert_eq!(model.last_prompt(), "@nosuch.txt look");
    pty.send("\u{4}");
    assert_eq!(pty.finish(), 0);
    sandbox.expect_nothing_left();
}
