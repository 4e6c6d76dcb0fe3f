//! Completions, by the shells themselves: each asks the built program.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cli::sandbox::Sandbox;

/// What is typed before Tab, and a word that must be offered.
const LINES: [(&str, &str); 7] = [
    ("opencode-rs se", "session"),
    ("opencode-rs session re", "rename"),
    ("opencode-rs server st", "start"),
    ("opencode-rs run --auto-", "--auto-tools"),
    ("opencode-rs --effort hi", "high"),
    ("opencode-rs -m acme/la", "acme/large"),
    ("opencode-rs chat --agent pl", "plan"),
];

/// Where the shell is, if it is on this machine: a shell cannot be fetched from a package registry of Rust. `.ci/run` installs
/// all of them, and sets the variable with which a missing one fails.
fn shell(name: &str) -> Option<PathBuf> {
    let places = ["/usr/bin", "/bin", "/usr/local/bin"].map(|place| Path::new(place).join(name));
    let found = places.into_iter().find(|place| place.exists());
    let is_needed = std::env::var_os("TESTS_NEED_SHELLS").is_some() || name == "bash";
    assert!(found.is_some() || !is_needed, "{name} is not installed");
    found
}

/// A home whose engine offered a model and an agent.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    let home = sandbox.user_file().ancestors().nth(3).unwrap().to_path_buf();
    let offered = r#"{"models": ["acme/large", "acme/small", "ollama/qwen3:8b"], "agents": ["build", "plan"]}"#;
    sandbox.write(&home.join("cache/opencode-rs/offered.json"), offered);
    sandbox
}

/// Runs a script of a shell that finds the program on its `PATH`.
fn output(sandbox: &Sandbox, shell: &Path, arguments: &[&str]) -> String {
    let program = Path::new(env!("CARGO_BIN_EXE_opencode-rs"));
    let ours = sandbox.command(&[]);
    let mut command = Command::new(shell);
    command.env_clear().args(arguments).current_dir(sandbox.project());
    for (name, value) in ours.get_envs() {
        command.env(name, value.unwrap());
    }
    command.env("PATH", format!("{}:/usr/bin:/bin", program.parent().unwrap().display()));
    let finished = sandbox.finish(&mut command);
    assert_eq!(finished.stderr, "");
    finished.stdout
}

#[test]
fn bash_completes_commands_options_and_values() {
    let Some(bash) = shell("bash") else { return };
    let sandbox = sandbox();
    sandbox.write(&sandbox.project().join("my notes.md"), "");
    // Bash breaks words at `=` and `:`, and puts what is offered in place of the last piece.
    let pieces = [
        ("opencode-rs --effort=hi", "high"),
        ("opencode-rs -m ollama/qwen3:8", "8b"),
        ("opencode-rs --model=ollama/qwen3:", "8b"),
        (r"opencode-rs -f my\ n", r"my\ notes.md"),
        ("opencode-rs -f \"my n", "my notes.md"),
    ];
    for (line, wanted) in LINES.into_iter().chain(pieces) {
        // What bash itself sets before it calls the function.
        let script = format!(
            "source <(opencode-rs completions bash); COMP_LINE='{line}'; COMP_POINT=${{#COMP_LINE}}; \
             $(complete -p opencode-rs | sed 's/.*-F \\([^ ]*\\).*/\\1/') opencode-rs 2>/dev/null; \
             printf '%s\\n' \"${{COMPREPLY[@]}}\""
        );
        let offered = output(&sandbox, &bash, &["--norc", "-c", &script]);
        assert!(offered.lines().any(|word| word.trim() == wanted), "{line}: {offered}");
        assert!(
            !offered.contains("models\n") || wanted != "session",
            "{line}: {offered}"
        );
    }
}

#[test]
fn fish_completes_commands_options_and_values() {
    let Some(fish) = shell("fish") else { return };
    let sandbox = sandbox();
    for (line, wanted) in LINES {
        let script = format!("opencode-rs completions fish | source; complete -C '{line}'");
        let offered = output(&sandbox, &fish, &["--no-config", "-c", &script]);
        let mut words = offered.lines().map(|line| line.split('\t').next().unwrap());
        assert!(words.any(|word| word == wanted), "{line}: {offered}");
    }
}

#[test]
fn zsh_completes_commands_options_and_values() {
    let Some(zsh) = shell("zsh") else { return };
    let sandbox = sandbox();
    for (line, wanted) in LINES {
        // A zsh at a terminal of its own, in which Tab is pressed: with one candidate the word becomes whole.
        let script = format!(
            "zmodload zsh/zpty; zpty z zsh -f -i; zpty -w z 'PS1=READY; autoload -U compinit; compinit -u -D; \
             source <(opencode-rs completions zsh); print -r -- LOAD''ED'; zpty -r -m z answer '*LOADED*READY*'; \
             zpty -w -n z $'{line}\\t'; zpty -r -m z answer '*{wanted}*'; print -r -- \"$answer\"; zpty -d z"
        );
        let answer = output(&sandbox, &zsh, &["-f", "-c", &script]);
        assert!(answer.contains(wanted), "{line}: {answer}");
    }
}

#[test]
fn the_file_for_zsh_also_answers_when_zsh_loads_it_by_itself() {
    let Some(zsh) = shell("zsh") else { return };
    let sandbox = sandbox();
    let file = sandbox.project().join("functions/_opencode-rs");
    let written = sandbox.run(&["completions", "zsh"]).stdout;
    assert!(written.starts_with("#compdef opencode-rs\n"), "{written}");
    sandbox.write(&file, written);
    let script = "zmodload zsh/zpty; zpty z zsh -f -i; zpty -w z 'PS1=READY; fpath=($PWD/functions $fpath); \
                  autoload -U compinit; compinit -u -D; print -r -- LOAD''ED'; zpty -r -m z answer '*LOADED*READY*'; \
                  zpty -w -n z $'opencode-rs session re\\t'; zpty -r -m z answer '*rename*'; print -r -- \"$answer\"; zpty -d z";
    let answer = output(&sandbox, &zsh, &["-f", "-c", script]);
    assert!(answer.contains("rename"), "{answer}");
}
