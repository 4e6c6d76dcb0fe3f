//! Code that a directory brings along runs only where somebody trusts it.

use std::path::Path;

use crate::support::Sandbox;

const SCRIPT: &str = "[[reply]]\ntext = \"ok\"";

/// A plugin that shows that it ran.
fn plugin(canary: &Path) -> String {
    format!(
        "import fs from 'node:fs'\nfs.writeFileSync({:?}, 'ran')\nexport const P = async () => ({{}})\n",
        canary.to_str().unwrap()
    )
}

#[test]
fn a_plugin_of_the_directory_does_not_run_unless_it_is_trusted() {
    let sandbox = Sandbox::new();
    let canary = sandbox.path("canary");
    sandbox.write("project/.opencode/plugin/p.js", plugin(&canary));
    let finished = sandbox
        .rehearse(SCRIPT, ["--output-format", "json", "Say it"])
        .finish()
        .expect(2)
        .says(&["error: ", "p.js", "hint: ", "--trust"]);
    assert_eq!(finished.record()["error"]["kind"], "usage");
    assert!(!canary.exists());
    sandbox.expect_nothing_left();
    sandbox
        .rehearse(SCRIPT, ["--trust", "Say it"])
        .finish()
        .expect(0)
        .writes("ok\n");
    assert!(canary.exists(), "the plugin did not run, so the test shows nothing");
}

#[test]
fn servers_and_commands_of_the_directory_are_named_and_refused() {
    for (file, text) in [
        (
            "opencode.json",
            "{\"mcp\":{\"tool\":{\"type\":\"local\",\"command\":[\"touch\",\"canary\"]}}}",
        ),
        ("opencode.jsonc", "{/* a comment */ \"plugin\":[\"file://./evil.js\"]}"),
        (".opencode/command/x.md", "Look at !`touch canary`\n"),
    ] {
        let sandbox = Sandbox::new();
        sandbox.write(&format!("project/{file}"), text);
        sandbox
            .rehearse(SCRIPT, ["Say it"])
            .finish()
            .expect(2)
            .writes("")
            .says(&["error: ", file, "--trust"]);
        assert!(!sandbox.path("project/canary").exists());
        sandbox.expect_nothing_left();
    }
}
