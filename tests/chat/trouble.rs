//! What goes wrong: an engine that dies, signals, commands that run shells.

use rustix::process::{Pid, Signal, kill_process};

use super::{PROMPT, scripted, wait_for_answers, wait_for_empty_line, with_model};
use crate::support::{LONG, Model, Pty, Sandbox, until};

fn kill(pid: i32, signal: Signal) {
    kill_process(Pid::from_raw(pid).unwrap(), signal).unwrap();
}

#[test]
fn an_engine_that_dies_is_started_again_and_the_session_goes_on() {
    let sandbox = Sandbox::new();
    let model = Model::start("");
    let mut pty = with_model(&sandbox, &model, "");
    pty.send("My name is Alice\r");
    pty.wait_for("· build");
    kill(sandbox.engine().unwrap().pid, Signal::KILL);
    until("the engine is gone", LONG, || sandbox.engine().is_none().then_some(()));
    pty.send("What is my name?\r");
    pty.wait_for("the engine is gone; it is started again, and the session goes on");
    wait_for_answers(&pty, 2);
    assert_eq!(model.count(), 2);
    assert_eq!(model.user_messages(), ["My name is Alice", "What is my name?"]);
    pty.send("\u{4}");
    assert_eq!(pty.finish(), 0);
    sandbox.expect_nothing_left();
}

#[test]
fn a_signal_ends_the_dialog_and_the_terminal_is_as_it_was() {
    let sandbox = Sandbox::new();
    // The shell that started it looks at the modes before and after.
    let line = "stty -a > before; $OPENCODE_RS chat --rehearse=$SCRIPT; echo status $?; stty -a > after; cmp before after && echo same modes";
    let mut pty = Pty::shell(&sandbox, "", line);
    pty.wait_for("Ctrl-D leaves");
    pty.wait_for(PROMPT);
    let ours = until("our program", LONG, || {
        sandbox
            .processes()
            .into_iter()
            .find(|process| process.command.contains("opencode-rs chat"))
    });
    kill(ours.pid, Signal::TERM);
    pty.wait_for("status 143");
    pty.wait_for("same modes");
    assert_eq!(pty.finish(), 0);
    sandbox.expect_nothing_left();
}

#[test]
fn without_words_on_a_terminal_the_program_is_the_dialog() {
    let sandbox = Sandbox::new();
    let mut pty = Pty::rehearse(&sandbox, "", &[]);
    pty.wait_for("Ctrl-D leaves");
    pty.wait_for(PROMPT);
    pty.send("\u{4}");
    assert_eq!(pty.finish(), 0);
    sandbox.expect_nothing_left();
}

#[test]
fn a_command_whose_template_runs_a_shell_asks_before() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "project/.opencode/command/look.md",
        "---\ndescription: Look around\n---\nThis is here: !`touch ran; echo there $ARGUMENTS`",
    );
    sandbox.write("project/.opencode/command/greet.md", "Greet $ARGUMENTS nicely");
    let mut pty = scripted(&sandbox, "", &["--trust"]);
    pty.send("/look now\r");
    let screen = pty.wait_for("run them? (yes or no):");
    assert!(screen.contains("touch ran; echo there $ARGUMENTS"), "{screen}");
    pty.send("\r");
    pty.wait_for("/look was not run");
    assert!(!sandbox.path("project/ran").exists());
    pty.send("/greet Alice\r");
    pty.wait_for("Greet Alice nicely");
    pty.wait_for("· build");
    // What this writes is for a prompt, and never for the shell of a template.
    pty.send("!echo 'x; touch stolen; x'\r");
    pty.wait_for("its output goes along");
    wait_for_empty_line(&pty);
    pty.send("/look now\r");
    until("the second question", LONG, || {
        (pty.everything().matches("run them?").count() >= 2).then_some(())
    });
    pty.send("yes\r");
    pty.wait_for("This is here: there");
    assert!(sandbox.path("project/ran").exists());
    assert!(!sandbox.path("project/stolen").exists());
    pty.send("\u{4}");
    assert_eq!(pty.finish(), 0);
    sandbox.expect_nothing_left();
}
