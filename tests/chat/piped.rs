//! Prompts from a pipe.

use crate::support::{Sandbox, Stdin};

#[test]
fn each_line_is_a_prompt_and_answers_are_all_there_is() {
    let sandbox = Sandbox::new();
    sandbox.write("project/a.txt", "");
    let script = r#"
[[reply]]
match = "*Alice*"
text = "Hello Alice"

[[reply]]
match = "*fail*"
status = 401

[[reply]]
match = "/help*"
text = "that is no command"

[[reply]]
text = "Your name is Alice"
"#;
    let finished = sandbox
        .rehearse(script, ["chat"])
        .stdin(Stdin::Bytes(
            b"My name is Alice\n\nnow fail\n/help me with @a.txt\nWhat is my name?".to_vec(),
        ))
        .finish()
        .expect(4);
    assert_eq!(
        finished.stdout, "Hello Alice\nthat is no command\nYour name is Alice\n",
        "{}",
        finished.stderr
    );
    assert!(
        finished.stderr.contains("error: cannot get an answer"),
        "{}",
        finished.stderr
    );
    assert_eq!(finished.stderr.matches("rehearsal:").count(), 1, "{}", finished.stderr);
    sandbox.expect_nothing_left();

    // The conversation is there, and goes on.
    let finished = sandbox
        .rehearse("", ["chat", "-q", "-c"])
        .stdin(Stdin::Bytes(b"And now?\n".to_vec()))
        .finish()
        .expect(0);
    assert!(finished.stdout.contains("And now?"), "{}", finished.stdout);
    finished.says_only("");
    sandbox.expect_nothing_left();
}

#[test]
fn nothing_to_ask_is_nothing_to_do() {
    let sandbox = Sandbox::new();
    sandbox.rehearse("", ["chat"]).finish().expect(0).writes("");
}
