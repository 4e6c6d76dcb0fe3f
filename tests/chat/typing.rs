//! Keys, pastes, completion, history.

use std::os::unix::fs::PermissionsExt as _;

use super::{PROMPT, attached, clear, rows};
use crate::support::{LONG, Model, Sandbox, until};

/// Waits until the model has been asked `count` times, and gives its last prompt.
#[track_caller]
fn prompt_number(model: &Model, count: u64) -> String {
    until(&format!("{count} requests"), LONG, || {
        (model.count() >= count).then_some(())
    });
    model.last_prompt()
}

#[test]
fn lines_pastes_and_the_history() {
    let sandbox = Sandbox::new();
    let model = sandbox.share_engine("");
    let mut pty = attached(&sandbox, "");

    // Three ways to a new line.
    pty.send("one\ntwo\u{1b}\rthree\\\rfour");
    let screen = pty.wait_for("four");
    assert!(
        rows(&screen).ends_with(&["> one", ". two", ". three", ". four"]),
        "{screen}"
    );
    pty.send("\r");
    assert_eq!(prompt_number(&model, 1), "one\ntwo\nthree\nfour");
    pty.wait_for("· build");

    // A paste is inserted, line feeds and all, and not sent.
    pty.send("\u{1b}[200~first \\\r\nsecond\u{1b}[201~");
    pty.wait_for(". second");
    pty.send(" end\r");
    assert_eq!(prompt_number(&model, 2), "first \\\nsecond end");

    // A long one is a word on the screen, and whole in the prompt.
    let long: String = (0..20_000).map(|number| format!("line {number}\n")).collect();
    pty.send(&format!("read \u{1b}[200~{long}\u{1b}[201~"));
    pty.wait_for("read [pasted 20000 lines #1]");
    assert_eq!(model.count(), 2);
    pty.send("carefully\r");
    assert_eq!(prompt_number(&model, 3), format!("read {long}carefully"));

    // A leading space keeps it out of the history; Ctrl-C empties the line.
    pty.wait_for("read [pasted");
    pty.send(" secret\r");
    assert_eq!(prompt_number(&model, 4), "secret");
    pty.wait_for("> ");
    pty.send("\u{1b}[A");
    pty.wait_for("> read [pasted 20000 lines #1]carefully");
    clear(&mut pty);
    pty.send("\u{3}");
    pty.wait_for("press Ctrl-C again to leave");
    pty.send("\u{3}");
    assert_eq!(pty.finish(), 0);

    let directory = sandbox.path("home/.local/state/opencode-rs/history");
    let files: Vec<_> = std::fs::read_dir(&directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    let [file] = &files[..] else { panic!("{files:?}") };
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&directory), mode(file)), (0o700, 0o600));
    assert_eq!(
        std::fs::read_to_string(file).unwrap(),
        "\"one\\ntwo\\nthree\\nfour\"\n\"first \\\\\\nsecond end\"\n"
    );
    sandbox.expect_nothing_left();

    // Another dialog remembers.
    let mut pty = attached(&sandbox, "");
    pty.send("\u{1b}[A");
    pty.wait_for("> first \\");
    clear(&mut pty);
    pty.send("\u{4}");
    assert_eq!(pty.finish(), 0);
}

#[test]
fn tab_completes_and_an_unknown_command_sends_nothing() {
    let sandbox = Sandbox::new();
    sandbox.write("project/notes/plan b.md", "PLAN");
    sandbox.write("project/notes.txt", "");
    let model = sandbox.share_engine("");
    let mut pty = attached(&sandbox, "");

    pty.send("/mod\t");
    pty.wait_for("> /model ");
    pty.send("scri\t");
    pty.wait_for("> /model rehearsal/scripted");
    clear(&mut pty);

    pty.send("/re");
    pty.wait_for("> /re");
    pty.send("\t");
    let screen = pty.wait_for("/retry");
    assert!(screen.contains("/resume") && screen.contains("/redo"), "{screen}");
    clear(&mut pty);

    pty.send("read @notes/pl\t");
    pty.wait_for("> read @\"notes/plan b.md\"");
    pty.send("\r");
    let prompt = prompt_number(&model, 1);
    assert!(
        prompt.contains("read @\"notes/plan b.md\"") && prompt.contains("PLAN"),
        "{prompt}"
    );

    pty.wait_for("· build");
    pty.send("/modle x\r");
    let screen = pty.wait_for("did you mean `/model`");
    assert!(
        screen.contains("cannot find a command `/modle`; nothing was sent"),
        "{screen}"
    );
    pty.send("\\/usr is a directory, \\@notes.txt is none\r");
    assert_eq!(prompt_number(&model, 2), "/usr is a directory, @notes.txt is none");
    pty.wait_for(PROMPT);
    pty.send("/exit\r");
    assert_eq!(pty.finish(), 0);
    assert_eq!(model.count(), 2);
}
