//! What the real bash does with lines that are allowed.
//!
//! Lines are put together at random from what shells are made of. Where the policy allows one, bash runs it in a directory
//! where every program is a stand-in that says that it ran: nothing else than what the rules name may have run.

use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use opencode_rs::request::{Effect, Preset};
use proptest::prelude::*;

use super::table::{Ground, ground, shell};

/// Programs that the lines name; those that pass others on are the real ones.
const STAND_INS: [&str; 6] = ["rm", "touch", "git", "ls", "cat", "x"];
const REAL: [&str; 8] = ["env", "nohup", "timeout", "nice", "xargs", "sh", "find", "setsid"];

fn programs(ground: &Ground) -> std::path::PathBuf {
    let folder = ground.root.join("bin");
    std::fs::create_dir(&folder).unwrap();
    for name in STAND_INS {
        let path = folder.join(name);
        std::fs::write(
            &path,
            format!("#!/bin/bash\n: > {}/ran-$RUN-{name}\n", ground.root.display()),
        )
        .unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    for name in REAL {
        if let Some(path) = ["/usr/bin", "/bin"]
            .iter()
            .map(|folder| Path::new(folder).join(name))
            .find(|path| path.exists())
        {
            std::os::unix::fs::symlink(path, folder.join(name)).unwrap();
        }
    }
    folder
}

/// Runs a line and tells which stand-ins ran.
fn run(ground: &Ground, programs: &Path, line: &str) -> Vec<&'static str> {
    static RUNS: AtomicUsize = AtomicUsize::new(0);
    let number = RUNS.fetch_add(1, Ordering::Relaxed).to_string();
    let (mut output, input) = std::io::pipe().unwrap();
    let mut child = Command::new("/bin/bash")
        .args(["--norc", "--noprofile", "-c", line])
        .current_dir(ground.directory())
        .env_clear()
        .env("PATH", programs)
        .env("HOME", ground.root.join("home"))
        .env("RUN", &number)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(input)
        .spawn()
        .unwrap();
    // What goes on in the background holds the pipe as long as it lives.
    let (ended, end) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let read = output.read_to_end(&mut Vec::new());
        drop(ended.send(read));
    });
    // A line that never ends, or closes its streams, is not waited for.
    drop(end.recv_timeout(Duration::from_secs(1)));
    drop(child.kill());
    child.wait().unwrap();
    STAND_INS
        .into_iter()
        .filter(|name| ground.root.join(format!("ran-{number}-{name}")).exists())
        .collect()
}

fn line() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "rm",
        "touch",
        "git",
        "ls",
        "cat",
        "echo",
        "x",
        "a",
        " ",
        " ",
        " ",
        " ",
        " ",
        "\n",
        ";",
        "&",
        "|",
        "&&",
        "||",
        "(",
        ")",
        "{ ",
        "; }",
        "$(",
        "`",
        "\"",
        "'",
        "$'",
        "\\",
        "\\\n",
        "<<E\n",
        "\nE\n",
        "<<'E'\n",
        "<<-E\n",
        "<<<",
        "<(",
        ">",
        ">>",
        "2>&1",
        "<",
        "#",
        "!",
        "=",
        "A=",
        "if ",
        "; then ",
        "; fi",
        "while ",
        "; do ",
        "; done",
        "for a in ",
        "case ",
        " in ",
        "esac",
        ";;",
        "a) ",
        "[[ ",
        " ]]",
        "[ ",
        " ]",
        "$((",
        "))",
        "((",
        "${",
        "}",
        ":-",
        "$a",
        "$@",
        "~",
        "*",
        "?",
        "time ",
        "env ",
        "nohup ",
        "timeout 1 ",
        "nice ",
        "command ",
        "exec ",
        "eval ",
        "xargs ",
        "sh -c ",
        "f() ",
        "function f ",
        "f",
        "-",
        "--",
        ",",
        "{",
        "..",
        "\t",
        "\r",
        "coproc ",
        "select ",
        "until ",
        "&>",
        ">|",
        "|&",
        "$\"",
        "\\'",
        "\\\"",
        "\u{b}",
        "\u{c}",
        "\u{a0}",
        "=~ ",
        "$[",
        "]",
        "a[",
        "+=",
        "declare ",
        "export ",
        "readonly ",
        "E",
        "<&",
        ">&",
        "1",
        "@(",
        "?(",
        "!(",
        "^",
        "%",
        "set ",
        "then",
        "do",
        "done",
        "{a,b}",
        "\\\\",
    ]);
    prop::collection::vec(piece, 1..14).prop_map(|pieces| pieces.concat())
}

/// Whole statements put into each other, so that more of them mean something.
fn nested() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "git",
        "ls a",
        "echo a",
        "rm a",
        "touch b",
        "echo 'rm a'",
        "echo \"rm\"",
        "cat a",
        "echo \\; rm",
        "echo a#b",
        "# rm a\nls",
        "A=rm",
        "echo $A",
        "$A a",
        "echo ';' rm",
        "git \\\n rm",
        "ls # rm",
        "echo \"$(rm a)\"",
        "echo '$(rm a)'",
        "cat <<E\nrm a\nE\n",
        "cat <<'E'\n$(rm a)\nE\n",
        "cat <<E\n $(rm a)\nE\n",
        "cat <<-E\n\ta\n\t$(touch a)\n\tE\n",
        "[\t-v 'a[$(rm a)]' ]",
        "[[ 'a[$(touch a)]' -eq 1 ]]",
        "A='b[$(rm a)]'; a=([A]=1)",
        "A='b[$(touch a)]'; [[ A -eq 1 ]]",
        "[ $A 'a[$(rm a)]' ]",
        "echo `rm a`",
        "echo $((1))",
        ">o rm a",
        "ls >o",
        "[[ a < b ]]",
        "[[ a =~ (rm) ]]",
    ]);
    leaf.prop_map(str::to_owned).prop_recursive(4, 24, 3, |inner| {
        let shape = prop::sample::select(vec![
            "@; %",
            "@ && %",
            "@ | %",
            "@\n%",
            "( @ )",
            "{ @; }",
            "! @",
            "if @; then %; fi",
            "while ! @; do %; done",
            "for a in 1; do @; done",
            "case a in a) @ ;; esac",
            "echo $(@)",
            "echo \"$(@)\"",
            "echo `@`",
            "cat <(@)",
            "cat <<E\n$(@)\nE\n%",
            "cat <<'E'\n@\nE\n%",
            "f() { @; }; %",
            "@ & %",
            "@ || %",
            "time @",
            "env @",
            "nohup @",
            "eval '@'",
            "sh -c '@'",
            "[[ -n $(@) ]]",
            "a=$(@); %",
            "echo ${a:-$(@)}",
            "@ > o",
            "@ 2>&1 | %",
            "coproc @",
            "command @",
            "case $(@) in *) % ;; esac",
            "echo <<E; @\nE\n%",
            "echo <<-E | @\n\tE\n%",
            "(( $(@) ))",
            "echo $(( $(@) + 1 ))",
            "if ! @; then %; else @; fi",
            "until @; do %; done",
            "{ @; } > o",
            "( @ ) | %",
            "@; # %",
            "echo \"`@`\"",
            "function g { @; }; %",
            "! { @; }",
            "sh -c \"@\"",
            "eval \"@\"",
            "xargs -I{} @",
            "env A=1 @",
            "echo 'x' | xargs @",
            "timeout 1 @",
            "$(@)",
            "`@`",
            "@ $(%)",
            "@ <<< $(%)",
            "@ <<E\n$(%)\nE\n",
            "@ <<E\n $(%)\n a\nE\n",
            "@ <<-E\n\t`%`\nE\n",
            "@ <<E\n \"$(%)\" ${a:- $(@)}\nE\n",
            "echo \" $(@) ${a:- $(%)}\"",
            "echo \"\n\t`@`\n $(%)\"",
            "a=( $(@)\n $(%) )",
            "[[ $(@) =~ $(%) ]]",
            "case \" $(@)\" in \"$(%)\") ls ;; esac",
            "read -r a < <(@); echo \"$a\" | %",
            "A=$(@) %",
            "a=(@)",
            "export a=@",
            "find . -maxdepth 0 -exec @ \\;",
            "for a in $(@); do %; done",
            "@ |& %",
        ]);
        (shape, inner.clone(), inner).prop_map(|(shape, one, two)| shape.replace('@', &one).replace('%', &two))
    })
}

fn check(lines: &[String]) -> Result<(), TestCaseError> {
    let ground = ground();
    let programs = programs(&ground);
    let narrow = [
        "deny bash:rm *",
        "allow bash:git *",
        "allow bash:ls *",
        "allow bash:cat *",
        "allow bash:echo *",
    ]
    .map(str::to_owned);
    let wide = ["deny bash:rm *", "allow bash"].map(str::to_owned);
    let mut found = Vec::new();
    for line in lines {
        let action = shell(line);
        let wide = ground.policy(Preset::AutoTools, &wide).judge(&action);
        let narrow = ground.policy(Preset::AutoTools, &narrow).judge(&action);
        if wide.effect != Effect::Allow && narrow.effect != Effect::Allow {
            continue;
        }
        let ran = run(&ground, &programs, line);
        if ran.contains(&"rm") {
            found.push(format!("{line:?} ran `rm`: {wide:?} {narrow:?}"));
        }
        if narrow.effect == Effect::Allow && ran.iter().any(|name| matches!(*name, "touch" | "x")) {
            found.push(format!("{line:?} ran {ran:?}: {narrow:?}"));
        }
    }
    prop_assert!(found.is_empty(), "{}", found.join("\n"));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20, max_shrink_iters: 0, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_real_shell_runs_nothing_that_was_not_allowed(
        random in prop::collection::vec(line(), 60),
        nested in prop::collection::vec(nested(), 60),
    ) {
        check(&random)?;
        check(&nested)?;
    }
}
