//! Usage errors, and where a prompt comes from.

use std::io::{Read as _, Write as _};
use std::process::{Child, ChildStdin, Stdio};

use crate::cli::sandbox::{Finished, Sandbox};

/// Flags that let a run fail right after it has read its prompt, whichever engines are installed.
const NO_ENGINE: [&str; 2] = ["--engine", "/nonexistent/opencode"];

fn spawn_with_pipe(sandbox: &Sandbox, arguments: &[&str]) -> (Child, ChildStdin) {
    let mut child = sandbox
        .command(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let stdin = child.stdin.take().unwrap();
    (child, stdin)
}

fn piped(arguments: &[&str], bytes: &[u8]) -> Finished {
    let sandbox = Sandbox::new();
    let (child, mut stdin) = spawn_with_pipe(&sandbox, arguments);
    // The program may end before it has read all of it.
    let _ = stdin.write_all(bytes);
    drop(stdin);
    sandbox.wait(child)
}

#[test]
fn unknown_flags_exit_2_on_stderr() {
    let finished = Sandbox::new().run(&["--frobnicate", "hi"]);
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(2), ""));
    assert!(
        finished.stderr.starts_with("error: unknown option `--frobnicate`"),
        "{}",
        finished.stderr
    );
}

#[test]
fn a_login_without_a_terminal_is_refused_and_does_not_wait() {
    for command in ["login", "logout"] {
        let finished = piped(&["auth", command], b"");
        assert_eq!(finished.code, Some(2), "{}", finished.stderr);
        assert!(finished.stderr.contains("ANTHROPIC_API_KEY"), "{}", finished.stderr);
    }
}

#[test]
fn a_command_of_a_neighbour_or_a_slip_is_no_prompt() {
    let sandbox = Sandbox::new();
    for (words, meant) in [
        (&["login"][..], "auth login"),
        (&["upgrade"], "engine install"),
        (&["sessions"], "session list"),
        (&["-q", "stats"], "session list"),
        (&["serve"], "server start"),
        (&["resume"], "chat -c"),
        (&["export"], "session export"),
        (&["init"], "/init"),
        (&["mcp", "list"], "engine exec -- mcp list"),
        (&["exec", "fix", "it"], "run"),
        (&["completion", "bash"], "completions SHELL"),
        (&["modles"], "`opencode-rs models`"),
        (&["chta"], "`opencode-rs chat`"),
        (&["sesion", "list"], "`opencode-rs session list`"),
    ] {
        let finished = sandbox.run(words);
        assert_eq!((finished.code, finished.stdout.as_str()), (Some(2), ""), "{words:?}");
        let [error, hint, prompt, ""] = finished.stderr.split('\n').collect::<Vec<_>>()[..] else {
            panic!("{words:?}: {}", finished.stderr);
        };
        assert!(error.ends_with("is no command of this program"), "{error}");
        assert!(hint.contains(meant), "{words:?}: {hint}");
        assert!(
            prompt.starts_with("hint: to send it as a prompt: `opencode-rs -- "),
            "{prompt}"
        );
    }
    // What only begins like one is a prompt.
    for words in [
        &["update the readme"][..],
        &["update", "the", "readme"],
        &["--", "login"],
        &["run", "modles"],
        &["explain"],
    ] {
        let finished = sandbox.run(&[&NO_ENGINE, words].concat());
        assert!(
            !finished.stderr.contains("no command"),
            "{words:?}: {}",
            finished.stderr
        );
    }
}

#[test]
fn an_option_of_a_neighbour_is_taken_or_says_what_to_type() {
    let sandbox = Sandbox::new();
    for (words, hint) in [
        (&["-p", "explain this"][..], "a prompt needs no option"),
        (&["--dangerously-skip-permissions", "hi"], "--auto-tools -y"),
        (&["--yolo", "hi"], "--auto-tools -y"),
        (&["--disallowedTools", "Bash", "hi"], "`--deny RULE`"),
        (&["--allowedTools=Bash", "hi"], "--allow RULE"),
        (&["--permission-mode", "plan", "hi"], "--read-only"),
        (&["--system-prompt", "x", "hi"], "--system"),
        (&["--format", "json", "hi"], "--output-format"),
        (&["--json-schema", "/nonexistent", "hi"], "/nonexistent"),
        (&["-o", "json", "hi"], "`--output-format json`"),
        (&["--efort", "high", "hi"], "did you mean `--effort`?"),
        (&["session", "shwo"], "did you mean `show`?"),
    ] {
        let finished = sandbox.run(words);
        assert_eq!((finished.code, finished.stdout.as_str()), (Some(2), ""), "{words:?}");
        assert!(finished.stderr.contains(hint), "{words:?}: {}", finished.stderr);
        assert!(!finished.stderr.contains("tip:"), "{words:?}: {}", finished.stderr);
    }
    let sent = |words: &[&str]| {
        let finished = sandbox.run(&[&NO_ENGINE, words].concat());
        assert!(
            finished.stderr.contains("/nonexistent/opencode"),
            "{words:?}: {}",
            finished.stderr
        );
        finished
    };
    for words in [
        &["--print", "hi there"][..],
        &["--prompt", "hi there"],
        &["-C", "/", "hi there"],
        &["--cd", "/", "hi there"],
        &["--resume", "x", "hi there"],
        &["--append-system-prompt", "x", "hi there"],
        &["--max-budget-usd", "1", "hi there"],
    ] {
        sent(words);
    }
    let records = sent(&["--json", "hi there"]).stdout;
    assert!(records.starts_with("{\"type\":\"init\""), "{records}");
}

#[test]
fn help_and_version_are_commands_too() {
    let sandbox = Sandbox::new();
    for (command, option) in [
        (&["help"][..], &["--help"][..]),
        (&["help", "session", "list"], &["session", "list", "--help"]),
        (&["session", "help", "list"], &["session", "list", "--help"]),
        (&["version"], &["--version"]),
        (&["completions", "bash"], &["generate", "completions", "bash"]),
    ] {
        let [by_command, by_option] = [command, option].map(|words| sandbox.run(words));
        assert_eq!(by_command.code, Some(0), "{command:?}: {}", by_command.stderr);
        assert_eq!(by_command.stdout, by_option.stdout, "{command:?}");
    }
    assert!(sandbox.run(&["help", "modles"]).stderr.contains("`models`"));
}

#[test]
fn a_refused_command_line_has_its_record() {
    let sandbox = Sandbox::new();
    for (arguments, records) in [
        (&["--output-format", "json", "--frobnicate", "hi"][..], 1),
        (&["--output-format=stream-json", "--timeout", "x", "hi"], 2),
        (&["--frobnicate", "hi", "--output-format", "text"], 0),
        (&["models", "--output-format", "json", "--frobnicate"], 0),
    ] {
        let finished = sandbox.run(arguments);
        assert_eq!(finished.code, Some(2), "{arguments:?}");
        let lines: Vec<serde_json::Value> = finished
            .stdout
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(lines.len(), records, "{arguments:?}: {}", finished.stdout);
        if let Some(last) = lines.last() {
            assert_eq!(last["exit_code"], 2);
            assert_eq!(last["error"]["kind"], "usage");
            let message = last["error"]["message"].as_str().unwrap();
            assert!(finished.stderr.contains(message), "{message}\n{}", finished.stderr);
        }
    }
    // From the environment, and from the settings.
    let by_variable = sandbox.finish(
        sandbox
            .command(&["--frobnicate"])
            .env("OPENCODE_RS_OUTPUT_FORMAT", "json"),
    );
    assert!(
        by_variable.stdout.contains("\"outcome\":\"usage\""),
        "{}",
        by_variable.stdout
    );
}

#[test]
fn a_usage_error_writes_hidden_characters_out() {
    let finished = Sandbox::new().run(&["policy", "test", "zz\u{1b}]0;x\u{7}\u{202e}"]);
    assert_eq!(finished.code, Some(2));
    assert!(finished.stderr.contains("zz"), "{}", finished.stderr);
    let hidden = |c| matches!(c, '\u{1b}' | '\u{7}' | '\u{202e}');
    assert!(!finished.stderr.contains(hidden), "{:?}", finished.stderr);
}

#[cfg(unix)]
#[test]
fn an_argument_that_is_not_unicode_exits_2() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;
    let sandbox = Sandbox::new();
    let finished = sandbox.finish(sandbox.command(&[]).arg(OsStr::from_bytes(b"a\xff")));
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(2), ""));
    assert!(finished.stderr.contains("invalid UTF-8"), "{}", finished.stderr);
}

#[test]
fn no_prompt_at_all_is_a_usage_error_with_a_hint() {
    let expected = Finished {
        code: Some(2),
        stdout: String::new(),
        stderr: "error: cannot run without a prompt\n\
                 hint: write it after the command, such as `opencode-rs explain this project`, or pipe it in\n"
            .to_owned(),
    };
    let sandbox = Sandbox::new();
    for arguments in [&[][..], &["run"], &["-n"], &["   "], &["--", "\n\t"], &["-"]] {
        assert_eq!(sandbox.run(arguments), expected, "{arguments:?}");
    }
    assert_eq!(piped(&[], b""), expected);
    assert_eq!(piped(&[], b" \n"), expected);
    assert_eq!(piped(&["-n"], b"not read"), expected);
}

#[test]
fn stdin_that_is_no_text_is_refused_with_the_place() {
    let finished = piped(&["explain"], b"ab\nc\xffd");
    assert_eq!(finished.code, Some(2));
    assert!(
        finished
            .stderr
            .contains("cannot use stdin as text: invalid UTF-8 at byte 5, line 2"),
        "{}",
        finished.stderr
    );
    let finished = piped(&[], b"a\0b");
    assert!(
        finished.stderr.contains("a NUL character at byte 2, line 1"),
        "{}",
        finished.stderr
    );
}

#[test]
fn more_than_10_mb_is_refused() {
    let finished = piped(&[], &vec![b'a'; 10 * 1024 * 1024 + 1]);
    assert_eq!(finished.code, Some(2));
    assert!(
        finished.stderr.contains("cannot send stdin: it is longer than 10 MB"),
        "{}",
        finished.stderr
    );
    let finished = piped(&["x"], &vec![b'a'; 10 * 1024 * 1024]);
    assert!(
        finished
            .stderr
            .contains("cannot send the prompt: it is longer than 10 MB"),
        "{}",
        finished.stderr
    );
}

#[test]
fn a_silent_stdin_does_not_hold_up_a_run_that_fails_anyway() {
    let sandbox = Sandbox::new();
    let arguments = [&NO_ENGINE[..], &["explain"]].concat();
    let (child, stdin) = spawn_with_pipe(&sandbox, &arguments);
    let finished = sandbox.wait(child);
    drop(stdin);
    assert!(finished.stderr.contains("cannot use the engine"), "{}", finished.stderr);
    assert!(!finished.stderr.contains("without a prompt"), "{}", finished.stderr);
}

#[test]
fn no_stdin_never_waits_for_it() {
    let sandbox = Sandbox::new();
    let arguments = [&NO_ENGINE[..], &["-n", "explain"]].concat();
    let (child, stdin) = spawn_with_pipe(&sandbox, &arguments);
    let finished = sandbox.wait(child);
    drop(stdin);
    assert!(!finished.stderr.contains("stdin"), "{}", finished.stderr);
}

#[test]
fn a_silent_stdin_that_is_the_prompt_is_waited_for_until_the_timeout() {
    for arguments in [&["--timeout", "1500ms"][..], &["--timeout", "1500ms", "explain", "-"]] {
        let sandbox = Sandbox::new();
        let (child, stdin) = spawn_with_pipe(&sandbox, arguments);
        let finished = sandbox.wait(child);
        drop(stdin);
        assert_eq!(finished.code, Some(124), "{}", finished.stderr);
        assert!(
            finished.stderr.contains("waiting for stdin; with `--no-stdin`"),
            "{}",
            finished.stderr
        );
    }
}

#[test]
fn stdin_that_has_begun_is_read_to_its_end() {
    let sandbox = Sandbox::new();
    let (mut child, mut stdin) = spawn_with_pipe(&sandbox, &["explain"]);
    stdin.write_all(b"good\n").unwrap();
    // The program has the first piece, or will find both together: the end decides in either case.
    stdin.flush().unwrap();
    assert!(child.try_wait().unwrap().is_none());
    stdin.write_all(b"\xff").unwrap();
    drop(stdin);
    let finished = sandbox.wait(child);
    assert!(
        finished.stderr.contains("invalid UTF-8 at byte 6, line 2"),
        "{}",
        finished.stderr
    );
}

#[cfg(unix)]
#[test]
fn a_signal_ends_the_wait_for_stdin() {
    use rustix::process::{Pid, Signal, kill_process};
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143), (Signal::HUP, 143)] {
        let sandbox = Sandbox::new();
        let (mut child, stdin) = spawn_with_pipe(&sandbox, &[]);
        // Once it says that it waits, its handlers are in place.
        let mut stderr = child.stderr.take().unwrap();
        let mut said = [0_u8; 17];
        stderr.read_exact(&mut said).unwrap();
        assert_eq!(&said, b"waiting for stdin");
        child.stderr = Some(stderr);
        kill_process(Pid::from_child(&child), signal).unwrap();
        let finished = sandbox.wait(child);
        drop(stdin);
        assert_eq!(
            (finished.code, finished.stdout.as_str()),
            (Some(code), ""),
            "{}",
            finished.stderr
        );
    }
}

#[test]
fn a_missing_attachment_is_told_before_stdin_is_waited_for() {
    let sandbox = Sandbox::new();
    let (child, stdin) = spawn_with_pipe(&sandbox, &["-f", "no/such", "explain", "-"]);
    let finished = sandbox.wait(child);
    drop(stdin);
    assert_eq!(finished.code, Some(2));
    assert_eq!(
        finished.stderr,
        "error: cannot read `no/such`\n  caused by: No such file or directory\n"
    );
}

#[test]
fn a_prompt_file_must_be_text() {
    let sandbox = Sandbox::new();
    sandbox.write(&sandbox.project().join("p.bin"), b"\xfe\xffab");
    let finished = sandbox.run(&["--prompt-file", "p.bin"]);
    assert_eq!(finished.code, Some(2));
    assert!(
        finished
            .stderr
            .contains("cannot use `p.bin` as text: invalid UTF-8 at byte 1, line 1"),
        "{}",
        finished.stderr
    );
    // An attachment is refused in the same words, and stdin is read once.
    assert_eq!(sandbox.run(&["-f", "p.bin", "hi"]).stderr, finished.stderr);
    for (arguments, said) in [
        (&["-n", "-f", "-", "hi"], "cannot read stdin (`-`) with `--no-stdin`"),
        (&["-f", "-", "hi", "-"], "cannot use stdin twice"),
    ] {
        let refused = sandbox.run(arguments);
        assert_eq!(refused.code, Some(2), "{}", refused.stderr);
        assert!(refused.stderr.contains(said), "{}", refused.stderr);
    }
    assert!(
        sandbox
            .run(&["--prompt-file", "."])
            .stderr
            .contains("it is a directory")
    );
}

#[cfg(unix)]
#[test]
fn a_named_pipe_without_a_writer_does_not_outlast_the_timeout() {
    let sandbox = Sandbox::new();
    let pipe = sandbox.project().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    for arguments in [
        &["--timeout", "300ms", "--prompt-file", "pipe"][..],
        &["--timeout", "300ms", "-f", "pipe", "hi"],
    ] {
        assert_eq!(sandbox.run(arguments).code, Some(124), "{arguments:?}");
    }
}

#[test]
fn a_run_that_is_refused_before_it_begins_writes_its_records_all_the_same() {
    let sandbox = Sandbox::new();
    let refused = ["--output-format", "json", "--no-stdin", "x", "-"];
    let finished = sandbox.run(&refused);
    assert_eq!(finished.code, Some(2), "{}", finished.stderr);
    let record = finished.json();
    assert_eq!((&record["type"], &record["exit_code"]), (&"result".into(), &2.into()));
    assert_eq!(record["error"]["kind"], "usage");

    sandbox.write(&sandbox.user_file(), "output_format = \"stream-json\"");
    let finished = sandbox.run(&refused[2..]);
    let types: Vec<String> = finished
        .stdout
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["type"].to_string())
        .collect();
    assert_eq!(types, ["\"init\"", "\"result\""]);
}
