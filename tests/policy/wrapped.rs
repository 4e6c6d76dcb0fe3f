//! A denied command stays denied, or at least asked about, in every wrapper.

use opencode_rs::permission::Action;
use opencode_rs::request::{Effect, Preset};
use proptest::prelude::*;

use super::table::{ground, shell};

/// Ways of writing `rm` and its arguments.
fn dressed_word() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "rm x",
        "r''m x",
        "\\rm x",
        "\"rm\" x",
        "'rm' x",
        "$'\\x72m' x",
        "/bin/rm x",
        "r$@m x",
        "{rm,x}",
        "rm\tx",
        "r\\\nm x",
        "./rm x",
        "r\"m\" x",
        "${z}rm x",
        "r$(:)m x",
        "$'r'm x",
        "rm -rf -- x",
    ])
}

/// Ways of running it.
fn wrapping() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "@",
        "echo a; @",
        "echo a && @",
        "echo a | @",
        "echo a\n@",
        "( @ )",
        "{ @; }",
        "if true; then @; fi",
        "while @; do :; done",
        "for i in 1; do @; done",
        "case x in x) @ ;; esac",
        "echo $(@)",
        "echo `@`",
        "echo \"$(@)\"",
        "cat <(@)",
        "echo <<E\n$(@)\nE",
        "cat <<< $(@)",
        "f() { @; }; f",
        "! @",
        "time @",
        "nohup @",
        "timeout 5 @",
        "nice -n 5 @",
        "env @",
        "env A=1 @",
        "env -u A @",
        "command @",
        "exec @",
        "xargs @",
        "xargs -n 1 @",
        "sudo @",
        "eval '@'",
        "find . -exec @ \\;",
        "A=1 @",
        "echo a & @",
        "coproc @",
        "echo $((1 + $(@)))",
        "[[ -n $(@) ]]",
        "x=$(@)",
        "echo ${x:-$(@)}",
        "> out @",
        "@ > out",
        "echo a || @",
        "until @; do :; done",
        "stdbuf -oL @",
        "setsid @",
        "busybox @",
        "git status; @",
        "echo a |& @",
        "cd sub && @",
        "export X=$(@)",
        "echo x > $(@)",
        "function f { @; }; f",
        "a=(1 $(@))",
        "echo x 2>&1; @",
        "# x\n@",
        "echo 'a'; @",
        "echo a;@",
        "\n\n@\n",
        "cat <<'E' | @\nx\nE",
        "cat <<E; @\nx\nE",
    ])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_denied_command_is_never_allowed(word in dressed_word(), outer in wrapping(), inner in wrapping()) {
        // A line end within would put the word into the text of the here-document.
        prop_assume!(!(outer.contains("<<") && inner.contains('\n')));
        let ground = ground();
        let rules = ["deny bash:rm *", "allow bash"].map(str::to_owned);
        let policy = ground.policy(Preset::AutoTools, &rules);
        for line in [outer.replace('@', word), outer.replace('@', &inner.replace('@', word))] {
            let judgement = policy.judge(&shell(&line));
            prop_assert_ne!(judgement.effect, Effect::Allow, "{}", line);
        }
    }

    #[test]
    fn judging_takes_any_text(line in "\\PC*", nasty in "[-a-c\u{a0}\u{e9}\u{1f600} $`'\"\\\\(){}<>|&;#=~*?\\[\\]!\n]{0,60}") {
        let ground = ground();
        let rules = ["deny bash:rm *", "allow bash:a *", "deny read:*.pem", "ask edit:docs/**"].map(str::to_owned);
        let policy = ground.policy(Preset::AutoTools, &rules);
        let wide = ground.policy(Preset::AutoTools, &["allow bash".to_owned()]);
        for text in [&line, &nasty, &format!("git -{line}"), &format!("sed {nasty}"), &format!("a -{nasty} ={line}")] {
            policy.judge(&shell(text));
            wide.judge(&shell(text));
            policy.judge(&Action::Read { path: text.clone() });
            policy.judge(&Action::Fetch { url: text.clone() });
            policy.judge(&Action::Search { tool: "glob".into(), path: Some(text.clone()), pattern: text.clone() });
        }
    }
}

#[test]
fn a_plainly_wrapped_denied_command_is_denied() {
    let ground = ground();
    let policy = ground.policy(
        Preset::AutoTools,
        &["deny bash:rm *".to_owned(), "allow bash".to_owned()],
    );
    let mut asked = Vec::new();
    for outer in [
        "@",
        "echo a; @",
        "( @ )",
        "{ @; }",
        "if true; then @; fi",
        "echo $(@)",
        "echo `@`",
        "cat <(@)",
        "time @",
        "nohup @",
        "timeout -k 1 5 @",
        "env A=1 @",
        "env -i @",
        "xargs @",
        "xargs -I{} @",
        "sudo -u root @",
        "eval '@'",
        "sh -c '@'",
        "bash -lc \"@\"",
        "find . -exec @ {} +",
        "command @",
        "exec @",
        "echo '@' | sh",
        "bash <<< '@'",
        "ssh host '@'",
        "su -c '@'",
        "watch '@'",
        "parallel @ ::: a",
        "flock f @",
        "script -c '@'",
        "strace -f @",
        "busybox @",
        "f() { @; }; f",
        "cat <<E\n$(@)\nE",
        "X=rm; $X x; @",
        "git bisect run @",
        "git submodule foreach '@'",
        "git rebase -x '@' main",
        "find . -execdir @ \\;",
        "nice -n 19 nohup @",
        "if ! ( @ ",
        "python3 -c 'import os; os.system(\"@\")'",
        "git -c core.pager='@' log",
        "env -S '@'",
        "trap '@' EXIT",
        "alias x='@'",
    ] {
        let line = outer.replace('@', "rm x");
        let judgement = policy.judge(&shell(&line));
        if judgement.effect != Effect::Deny {
            asked.push(format!("{line:?}: {judgement:?}"));
        }
    }
    assert!(asked.is_empty(), "{}", asked.join("\n"));
}

#[test]
fn a_line_of_any_size_is_judged_in_no_time() {
    let ground = ground();
    let policy = ground.policy(
        Preset::AutoTools,
        &["deny bash:rm *".to_owned(), "allow bash".to_owned()],
    );
    let before = std::time::Instant::now();
    for line in [
        "(".repeat(10_000),
        "$(".repeat(10_000),
        "echo $(".repeat(5_000) + &")".repeat(5_000),
        "a ".repeat(500_000),
        "a;".repeat(20_000),
        "if ".repeat(10_000),
        "`".repeat(10_001),
        "\"$(\"".repeat(5_000),
        "{a,".repeat(10_000),
        "echo a | ".repeat(4_000),
        "a && ".repeat(8_000),
        "<<E ".repeat(5_000),
        "while true; do ".repeat(3_000),
        "~".repeat(40_000),
        "a".repeat(1_000_000),
    ] {
        let judgement = policy.judge(&shell(&line));
        assert_ne!(judgement.effect, Effect::Allow, "{}", &line[..40]);
        let denied = policy.judge(&shell(&format!("{line}\nrm x\n")));
        assert_ne!(denied.effect, Effect::Allow);
    }
    assert!(before.elapsed().as_secs() < 40, "{:?}", before.elapsed());
}

/// The grammar's scanner asks about digits with a table of 256 characters.
#[test]
fn characters_beyond_any_table_are_judged() {
    let ground = ground();
    let policy = ground.policy(Preset::AutoTools, &[]);
    for c in ['\u{e9}', '\u{3000}', '\u{2028}', '\u{fffd}', '\u{1f600}', '\u{10ffff}'] {
        for shape in [
            "echo {1@",
            "echo {1..@}",
            "@<<1",
            "cat <<@\n@\n@",
            "1@>x",
            "${@}",
            "((@))",
            "x=@ y",
        ] {
            let judgement = policy.judge(&shell(&shape.replace('@', &c.to_string())));
            assert_ne!(judgement.effect, Effect::Allow, "{shape} with {c:?}");
        }
    }
}
