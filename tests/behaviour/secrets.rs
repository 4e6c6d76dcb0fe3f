//! The server's password and the model's token are in environments, never in arguments or output.

use crate::support::{LONG, Sandbox, until};

#[test]
fn neither_password_nor_token_is_in_arguments_or_output() {
    let sandbox = Sandbox::new();
    let script = "[[reply]]\ntext = \"one two three\"\nfault = \"stall\"\nafter_chunks = 1";
    let mut running = sandbox
        .rehearse(script, ["-vv", "--stall-timeout", "2s", "Say it"])
        .start();
    running.wait_for_stdout("one");
    let engine = until("the engine runs", LONG, || sandbox.engine());
    let environment = engine.environment();
    let value = |name: &str| {
        environment
            .iter()
            .find_map(|pair| pair.strip_prefix(&format!("{name}=")).map(str::to_owned))
            .unwrap_or_else(|| panic!("the engine has no `{name}`"))
    };
    let password = value("OPENCODE_SERVER_PASSWORD");
    let config: serde_json::Value = serde_json::from_str(&value("OPENCODE_CONFIG_CONTENT")).unwrap();
    let token = config["provider"]["rehearsal"]["options"]["apiKey"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(password.len() >= 16 && token.len() >= 16);
    let processes = sandbox.processes();
    assert!(processes.len() >= 2, "{processes:#?}");
    for process in &processes {
        assert!(
            !process.command.contains(&password) && !process.command.contains(&token),
            "{process:#?}"
        );
    }
    let finished = running.finish().expect(124);
    for output in [&finished.stdout, &finished.stderr] {
        assert!(!output.contains(&password) && !output.contains(&token));
    }
    sandbox.expect_nothing_left();
}
