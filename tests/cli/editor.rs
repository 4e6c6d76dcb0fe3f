//! `--editor`, on a terminal of its own.

use std::fs;
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;

use portable_pty::{CommandBuilder, PtySize, native_pty_system};

use crate::cli::sandbox::Sandbox;

/// Runs the program on a terminal, with a script as its editor; gives exit status and everything shown.
fn edit(sandbox: &Sandbox, script: &str, arguments: &[&str]) -> (u32, String) {
    let editor = sandbox.project().join("my editor.sh");
    sandbox.write(&editor, format!("#!/bin/sh\n{script}\n"));
    fs::set_permissions(&editor, fs::Permissions::from_mode(0o700)).unwrap();
    let pair = native_pty_system().openpty(PtySize::default()).unwrap();
    let plain = sandbox.command(arguments);
    let mut command = CommandBuilder::new(plain.get_program());
    command.args(plain.get_args());
    command.cwd(plain.get_current_dir().unwrap());
    command.env_clear();
    for (name, value) in plain.get_envs() {
        command.env(name, value.unwrap());
    }
    command.env("VISUAL", format!("'{}' --flag", editor.display()));
    command.env("EDITOR", "/nonexistent/editor");
    let mut child = pair.slave.spawn_command(command).unwrap();
    drop(pair.slave);
    let mut shown = Vec::new();
    // The end of a terminal is an error on Linux.
    let _ = pair.master.try_clone_reader().unwrap().read_to_end(&mut shown);
    let status = child.wait().unwrap();
    (status.exit_code(), String::from_utf8_lossy(&shown).into_owned())
}

#[test]
fn the_editor_gets_a_private_markdown_file_with_the_words() {
    let sandbox = Sandbox::new();
    let script = "cp \"$2\" seen; echo \"$1 $2\" > args; stat -c %a \"$2\" > mode; : > \"$2\"";
    let (code, shown) = edit(&sandbox, script, &["-e", "review", "this"]);
    let read = |name: &str| fs::read_to_string(sandbox.project().join(name)).unwrap();
    assert_eq!(read("seen"), "review this");
    assert_eq!(read("mode"), "600\n");
    let arguments = read("args");
    assert!(
        arguments.starts_with("--flag ") && arguments.ends_with(".md\n"),
        "{arguments}"
    );
    assert_eq!(code, 2);
    assert!(shown.contains("the editor left none"), "{shown}");
    let file = arguments.trim_start_matches("--flag ").trim();
    assert!(!fs::exists(file).unwrap(), "the file stays behind");
}

#[test]
fn an_editor_that_fails_ends_the_run() {
    let sandbox = Sandbox::new();
    let (code, shown) = edit(&sandbox, "exit 3", &["-e", "review"]);
    assert_eq!(code, 2);
    assert!(shown.contains("it ended with exit status: 3"), "{shown}");
}

#[test]
fn an_editor_that_replaces_the_file_is_read_by_name() {
    let sandbox = Sandbox::new();
    let (code, shown) = edit(&sandbox, "printf 'a\\0b' > new; mv new \"$2\"", &["-e"]);
    assert_eq!(code, 2);
    assert!(
        shown.contains("cannot use what the editor left as text: a NUL character at byte 2"),
        "{shown}"
    );
}

#[test]
fn the_settings_are_edited_and_checked() {
    let sandbox = Sandbox::new();
    // What is only looked at leaves no file.
    let (code, shown) = edit(&sandbox, "cp \"$2\" template", &["config", "edit"]);
    assert_eq!(code, 0, "{shown}");
    assert!(!sandbox.user_file().exists());
    let template = fs::read_to_string(sandbox.project().join("template")).unwrap();
    assert!(template.contains("\n# keep_for = \"30m\"\n"), "{template}");

    let (code, shown) = edit(&sandbox, "echo 'model = 1' > \"$2\"", &["config", "edit"]);
    assert_eq!(code, 2, "{shown}");
    assert!(
        shown.contains("line 1: a string is wanted") && shown.contains("`opencode-rs config edit` opens"),
        "{shown}"
    );
    // A file that cannot be read can still be edited.
    let (code, shown) = edit(&sandbox, "echo 'model = \"a/b\"' > \"$2\"", &["config", "edit"]);
    assert_eq!((code, shown.as_str()), (0, ""));
    assert_eq!(sandbox.run(&["config", "get", "model"]).stdout, "a/b\n");
}
