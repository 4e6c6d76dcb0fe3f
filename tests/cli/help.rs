//! `--help` and `--version`.

use std::io::Read as _;
use std::process::Stdio;

use crate::cli::sandbox::{Finished, Sandbox};

#[test]
fn help_and_version_go_to_stdout_and_exit_0() {
    let sandbox = Sandbox::new();
    let version = Finished {
        code: Some(0),
        stdout: format!("opencode-rs {}\n", env!("CARGO_PKG_VERSION")),
        stderr: String::new(),
    };
    assert_eq!(sandbox.run(&["--version"]), version);
    assert_eq!(sandbox.run(&["-V"]), version);
    for arguments in [&["--help"][..], &["-h"], &["run", "--help"], &["config", "show", "-h"]] {
        let finished = sandbox.run(arguments);
        assert_eq!(
            (finished.code, finished.stderr.as_str()),
            (Some(0), ""),
            "{arguments:?}"
        );
        assert!(finished.stdout.contains("Usage: opencode-rs"), "{arguments:?}");
        assert!(finished.stdout.contains("Examples:"), "{arguments:?}");
    }
}

#[test]
fn help_needs_no_home_no_directory_and_no_settings() {
    let sandbox = Sandbox::new();
    sandbox.write(&sandbox.user_file(), "this is no TOML");
    let finished = sandbox.finish(sandbox.command(&["--help"]).env_remove("HOME"));
    assert_eq!(finished.code, Some(0));
}

#[test]
fn a_command_without_its_word_shows_help_and_exits_2() {
    let finished = Sandbox::new().run(&["config"]);
    assert_eq!(finished.code, Some(2));
    assert!(
        finished.stderr.contains("Usage: opencode-rs config"),
        "{}",
        finished.stderr
    );
    assert_eq!(finished.stdout, "");
}

#[cfg(unix)]
#[test]
fn a_reader_that_went_away_is_a_quiet_141() {
    let sandbox = Sandbox::new();
    for arguments in [
        &["--help"][..],
        &["config", "show"],
        &["generate", "completions", "bash"],
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut child = sandbox
            .command(arguments)
            .stdin(Stdio::null())
            .stdout(writer)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stderr = String::new();
        child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        assert_eq!(
            (child.wait().unwrap().code(), stderr.as_str()),
            (Some(141), ""),
            "{arguments:?}"
        );
    }
}
