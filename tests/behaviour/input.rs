//! Prompts arrive as they were written, and stdin never holds a run up.

use crate::support::{LONG, Model, Sandbox, Stdin};

// With scripted usage, so that the engine does not take the prompt for too long a conversation.
const OK: &str = "[[reply]]\ntext = \"ok\"\ntimes = \"always\"\nusage = { input = 9, output = 1 }";

/// A sandbox whose runs are attached, and the model that they ask.
fn with_model() -> (Sandbox, Model) {
    let sandbox = Sandbox::new();
    let model = sandbox.share_engine(OK);
    (sandbox, model)
}

#[test]
fn every_character_of_a_prompt_arrives() {
    let (sandbox, model) = with_model();
    let strange = "  \"double\" 'single' `back` $HOME %s \\n \\ \t{json: [1]}\r\nsecond line\n\n  ünïcode 漢字 🦀 \u{202e}rtl\u{feff}  \n";
    sandbox.attached(["--", strange]).finish().expect(0).writes("ok\n");
    assert_eq!(model.last_prompt(), strange);
    sandbox
        .attached(["--", "-n", "--help", "-"])
        .finish()
        .expect(0)
        .writes("ok\n");
    assert_eq!(model.last_prompt(), "-n --help -");
    sandbox
        .attached(["run", "models", "of", "planes"])
        .finish()
        .expect(0)
        .writes("ok\n");
    assert_eq!(model.last_prompt(), "models of planes");
    sandbox.expect_nothing_left();
}

#[test]
fn ten_megabytes_arrive_unchanged() {
    let (sandbox, model) = with_model();
    let line = "0123456789 äöü 漢字 \"quoted\" \\ \u{1f980}\n";
    let prompt = line.repeat(10_000_000 / line.len());
    let file = sandbox.write("prompt.txt", &prompt);
    sandbox
        .attached(["--prompt-file".as_ref(), file.as_os_str()])
        .finish()
        .expect(0)
        .writes("ok\n");
    // Not `assert_eq`, which would print both.
    assert!(model.last_prompt() == prompt, "the prompt file was changed on its way");
    sandbox
        .attached(["-"])
        .stdin(Stdin::Bytes(prompt.clone().into_bytes()))
        .finish()
        .expect(0)
        .writes("ok\n");
    assert!(model.last_prompt() == prompt, "stdin was changed on its way");
    sandbox.write("project/p.txt", "the file\n");
    sandbox
        .attached(["--prompt-file", "p.txt", "and", "this"])
        .finish()
        .expect(0)
        .writes("ok\n");
    assert_eq!(model.last_prompt(), "and this\n\nthe file\n");
    assert_eq!(model.count(), 3);
    sandbox.expect_nothing_left();
}

#[test]
fn more_than_ten_megabytes_are_refused() {
    let sandbox = Sandbox::new();
    sandbox
        .run(["--rehearse", "-"])
        .stdin(Stdin::Bytes(vec![b'x'; 11 << 20]))
        .finish()
        .expect(2)
        .writes("")
        .says(&["error: cannot send stdin: it is longer than 10 MB\n", "hint: "]);
    sandbox.expect_nothing_left();
}

#[test]
fn piped_text_follows_the_prompt_in_a_block() {
    let (sandbox, model) = with_model();
    let piped = |arguments: &[&str], text: &str| {
        sandbox
            .attached(arguments)
            .stdin(Stdin::Bytes(text.into()))
            .finish()
            .expect(0)
            .writes("ok\n");
        model.last_prompt()
    };
    assert_eq!(piped(&["sum", "up"], "a\nb\n"), "sum up\n\n<stdin>\na\nb\n</stdin>");
    assert_eq!(piped(&[], "only piped\n"), "only piped\n");
    assert_eq!(piped(&["-n", "sum", "up"], "a\n"), "sum up");
    assert_eq!(piped(&["sum up"], ""), "sum up");
}

#[test]
fn an_open_and_silent_stdin_holds_nothing_up() {
    let (sandbox, _model) = with_model();
    let finished = sandbox
        .attached(["--output-format", "json", "Say it"])
        .stdin(Stdin::Silent)
        .finish()
        .expect(0)
        .says(&["--no-stdin"]);
    assert!(finished.took < LONG / 3);
    let record = finished.record();
    assert_eq!(record["result"], "ok");
    assert_eq!(record["stdin_given_up"], true);
    assert!(!finished.stderr.contains("brought something"), "{}", finished.stderr);
    sandbox
        .attached(["-n", "Say it"])
        .stdin(Stdin::Silent)
        .finish()
        .expect(0)
        .writes("ok\n")
        .says_only("");
    sandbox.expect_nothing_left();
}

#[test]
fn what_stdin_brings_after_it_was_given_up_is_warned_of() {
    let (sandbox, model) = with_model();
    let (reader, writer) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC).unwrap();
    let held = model.hold();
    let running = sandbox.attached(["Say it"]).stdin(Stdin::File(reader.into())).start();
    running.wait_for_stderr("going on without stdin");
    rustix::io::write(&writer, b"late\n").unwrap();
    drop(held);
    running
        .finish()
        .expect(0)
        .writes("ok\n")
        .says(&["warning: stdin brought something after it was given up"]);
    assert_eq!(model.last_prompt(), "Say it");
}

#[test]
fn input_that_may_not_be_meant_is_told() {
    let (sandbox, model) = with_model();
    sandbox.write("project/a.txt", "of a\n");
    sandbox.write("project/b.txt", "of b\n");
    let run = |arguments: &[&str], stdin: &str| {
        let run = sandbox.attached(arguments).stdin(Stdin::Bytes(stdin.into()));
        let finished = run.finish().expect(0).writes("ok\n");
        (finished.stderr, model.last_prompt())
    };
    let (said, prompt) = run(&["-f", "a.txt", "b.txt", "sum up"], "1\n2\n");
    assert_eq!(
        said,
        "`b.txt` is a word of the prompt and a file; `-f` takes one file, so write `-f b.txt` to attach it\n\
         stdin: 2 lines added to the prompt; `-n` prevents that\n"
    );
    assert!(prompt.contains("of a") && !prompt.contains("of b"), "{prompt}");
    // Stdin that was asked for is not remarked on; attached, it is no part of the prompt's text.
    assert_eq!(run(&["sum up", "-"], "1\n").0, "");
    let (said, prompt) = run(&["-f", "-", "sum up"], "of stdin\n");
    assert_eq!(said, "");
    assert!(prompt.contains("of stdin") && !prompt.contains("<stdin>"), "{prompt}");
    drop(model);
    sandbox.expect_nothing_left();
}

#[test]
fn no_prompt_at_all_is_refused_before_anything_starts() {
    let sandbox = Sandbox::new();
    for arguments in [vec!["--rehearse"], vec!["--rehearse", "  "]] {
        sandbox
            .run(arguments)
            .finish()
            .expect(2)
            .writes("")
            .says(&["error: cannot run without a prompt\n", "hint: "]);
    }
    sandbox
        .rehearse("", ["-f", "missing.txt", "--output-format", "json", "Say it"])
        .finish()
        .expect(2)
        .says(&["missing.txt"]);
}

#[test]
fn the_engine_never_inherits_our_stdin() {
    let sandbox = Sandbox::new();
    let model = Model::start(OK);
    sandbox.write("home/.config/opencode/opencode.json", model.engine_config());
    let text = "x".repeat(300_000);
    sandbox
        .run(["Say", "it"])
        .stdin(Stdin::Bytes(text.clone().into_bytes()))
        .finish()
        .expect(0);
    assert_eq!(
        model.last_prompt().len(),
        "Say it\n\n<stdin>\n".len() + text.len() + "\n</stdin>".len()
    );
}
