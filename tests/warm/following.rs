//! A warm server follows the user: what the engine reads once is never out of date.

use serde_json::Value;

use super::{STAYS, Warm, plain};

/// One more prompt in the same conversation; the id of the server that answered.
fn asked(warm: &Warm, prompt: &str) -> Value {
    let run = warm.keep(&["--keep-for", STAYS, prompt]);
    run.start_at_once().finish().expect(0).writes(&plain(prompt));
    // A server with an old fingerprint ends at once, because no command uses it.
    crate::support::until("one server is left", crate::support::LONG, || {
        (warm.records().len() == 1).then_some(())
    });
    warm.record()["id"].clone()
}

#[test]
fn whatever_changes_there_is_a_new_server_before_the_next_prompt() {
    let warm = Warm::for_two();
    warm.sandbox.write("project/opencode.json", "{\"username\": \"one\"}");
    warm.sandbox.write("project/name.txt", "Alice");
    let mut last = asked(&warm, "first");
    assert_eq!(asked(&warm, "nothing changed"), last);
    let changes: [(&str, &str); 7] = [
        ("project/opencode.json", "{\"username\": \"{file:name.txt}\"}"),
        ("project/name.txt", "Bob, this time"),
        (
            "project/.agents/skills/look/SKILL.md",
            "---\nname: look\ndescription: looks\n---\nLook.",
        ),
        ("home/.config/opencode/opencode.json", "{\"username\": \"three\"}"),
        (
            "home/.local/share/opencode/auth.json",
            "{\"acme\":{\"type\":\"api\",\"key\":\"k\"}}",
        ),
        (
            "project/.opencode/agent/tester.md",
            "---\ndescription: tests\n---\nTest.",
        ),
        ("home/.config/opencode/command/hi.md", "Say hi"),
    ];
    for (file, text) in changes {
        warm.sandbox.write(file, text);
        let now = asked(&warm, file);
        assert_ne!(now, last, "{file}");
        last = now;
    }
    // The tokens of a login are renewed by the engine, and that is no change.
    let login = |access: &str| {
        format!("{{\"acme\":{{\"type\":\"oauth\",\"access\":\"{access}\",\"refresh\":\"r{access}\",\"expires\":1}}}}")
    };
    warm.sandbox.write("home/.local/share/opencode/auth.json", login("a"));
    let last = asked(&warm, "a login");
    warm.sandbox.write("home/.local/share/opencode/auth.json", login("b"));
    assert_eq!(asked(&warm, "renewed"), last);
}
