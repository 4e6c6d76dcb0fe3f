//! Prompts from a pipe.

use crate::support::{Model, Sandbox, Stdin};

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

#[test]
fn the_model_of_a_resumed_session_is_looked_up_in_the_whole_catalog_too() {
    let sandbox = Sandbox::new();
    let model = Model::start("[[reply]]\ntext = \"ok\"\ntimes = \"always\"");
    let config = "home/.config/opencode/opencode.json";
    sandbox.write(config, model.engine_config());
    sandbox.run(["Say it"]).finish().expect(0).writes("ok\n");
    // The provider has another name now, so the cut catalog has no model of the session's name.
    sandbox.write(config, model.engine_config().replace("rehearsal", "other"));
    for (arguments, stdin) in [
        (&["-vv", "-c", "Again"][..], Stdin::Null),
        (&["chat", "-vv", "-c"], Stdin::Bytes(b"Again\n".to_vec())),
    ] {
        let run = sandbox.run(arguments.iter().copied()).stdin(stdin);
        run.finish().expect(2).says(&[
            "the engine reads a cut catalog",
            "the model of the session is not in the cut catalog; starting again",
            "error: cannot find model `rehearsal/scripted`",
            "hint: the session used model `rehearsal/scripted`",
        ]);
        sandbox.expect_nothing_left();
    }
}
