//! `/model`, `/agent`, `/effort`, `/sessions`, `/resume`, `-c`.

use super::{attached, rows, wait_for_answers, wait_until};
use crate::support::{LONG, Sandbox, until};

#[test]
fn model_agent_and_effort_are_checked_and_hold_for_the_next_prompt() {
    let sandbox = Sandbox::new();
    let _model = sandbox.share_engine("");
    let mut pty = attached(&sandbox, "");
    pty.send("/model\r");
    pty.wait_for("> rehearsal/scripted (in use)");
    pty.send("\u{1b}");
    wait_until(&pty, "an empty prompt", |screen| rows(screen).last() == Some(&">"));
    pty.send("/model rehearsal/nonsense\r");
    pty.wait_for("cannot find model `rehearsal/nonsense`");
    pty.send("/model scripted\r");
    pty.wait_for("model rehearsal/scripted");
    pty.send("/agent paln\r");
    pty.wait_for("did you mean `plan`?");
    pty.send("/agent\r");
    pty.wait_for("> build (in use)");
    pty.send("plan\r");
    pty.wait_for("agent plan");
    pty.send("Hello\r");
    pty.wait_for("rehearsal/scripted · plan");
    pty.send("/effort low\r");
    until("an answer about the effort", LONG, || {
        let screen = pty.screen();
        screen
            .contains("model rehearsal/scripted has no levels of effort")
            .then_some(())
    });
    pty.send("/agent build\r");
    pty.wait_for("agent build");
    pty.send("Hello again\r");
    pty.wait_for("rehearsal/scripted · build");
    pty.send("\u{4}");
    assert_eq!(pty.finish(), 0);
    sandbox.expect_nothing_left();
}

#[test]
fn sessions_are_listed_and_resumed() {
    let sandbox = Sandbox::new();
    let script = r#"
[[reply]]
match = "Alice"
text = "Hello Alice"

[[reply]]
match = "Bob"
text = "Hello Bob"
times = "always"
"#;
    let _model = sandbox.share_engine(script);
    let mut pty = attached(&sandbox, "");
    pty.send("I am Alice\r");
    pty.wait_for("Hello Alice");
    pty.wait_for("· build");
    pty.send("/new\r");
    pty.wait_for("a new session begins");
    pty.send("I am Bob\r");
    pty.wait_for("Hello Bob");
    pty.wait_for(">");
    pty.send("/sessions\r");
    let screen = pty.wait_for("just now  I am Alice");
    assert!(
        rows(&screen)
            .iter()
            .any(|row| row.starts_with("* ses_") && row.ends_with("just now  I am Bob")),
        "{screen}"
    );
    pty.send("/resume\r");
    pty.wait_for("> I am Bob (in use)");
    pty.send("\u{1b}[B\r");
    pty.wait_for("resumed `I am Alice`: 1 prompts so far");
    pty.wait_for("Hello Alice");
    pty.send("Bob is here\r");
    wait_for_answers(&pty, 3);
    pty.send("/resume nobody\r");
    pty.wait_for("cannot find session `nobody`");
    pty.send("/resume alice\r");
    pty.wait_for("resumed `I am Alice`: 2 prompts so far");
    pty.send("/save talk.md\r");
    pty.wait_for("talk.md");
    until("the file", LONG, || {
        let path = sandbox.path("project/talk.md");
        std::fs::read_to_string(path).ok().filter(|text| text.contains("Bob"))
    });
    assert_eq!(
        sandbox.read("project/talk.md"),
        "# I am Alice\n\n## User\n\nI am Alice\n\n## Assistant\n\nHello Alice\n\n## User\n\nBob is here\n\n## Assistant\n\nHello Bob\n"
    );
    pty.send("/save talk.md\r");
    pty.wait_for("name another file");
    pty.send("/compact\r");
    pty.wait_for("the summary takes the place of the conversation");
    pty.send("/copy\r");
    pty.wait_for("handed to the terminal's clipboard");
    assert!(pty.everything().contains("\u{1b}]52;c;SGVsbG8gQm9i\u{7}"));
    pty.send("\u{4}");
    assert_eq!(pty.finish(), 0);

    // The last one, from the command line.
    let mut pty = attached(&sandbox, "-c");
    pty.send("/cost\r");
    pty.wait_for("model calls  3");
    pty.send("\u{4}");
    assert_eq!(pty.finish(), 0);
    sandbox.expect_nothing_left();
}
