//! The command tree: what words mean, and that its help keeps to one style.

use std::num::{NonZeroU32, NonZeroU64};
use std::path::PathBuf;
use std::time::Duration;

use clap::error::ErrorKind;

use super::*;
use crate::error::{Failure, FailureKind};
use crate::request::{
    AgentLimits, Approver, BusySession, Checks, ConfigScope, Confirmation, Effect, EngineChoice, Execution, Follow,
    InUse, Inclusion, Manner, Network, OnDenial, OutputMode, PermissionRequest, PolicyRule, Preset, PromptSource,
    Reasoning, RehearsalChoice, Rendering, RuleOrigin, RulePattern, RunRequest, ServerAction, ServerChoice,
    ServerReference, SessionChoice, SessionLifetime, SessionScope, SessionStart, StdinUse, StopChoice, TrustChoice,
    VariantChoice, Verbosity, Warmth, WorktreeChoice,
};
use crate::settings::{ENTRIES, Origin, Setting, SettingValue as _, Settings};

fn parse(words: &[&str]) -> Result<Cli, clap::Error> {
    Cli::parse_words(
        std::iter::once("opencode-rs")
            .chain(words.iter().copied())
            .map(OsString::from)
            .collect(),
    )
}

/// The request of `run` that the words mean; settings are the flags alone.
fn run_with(settings: &Settings, words: &[&str]) -> Result<RunRequest, Failure> {
    let cli = parse(words).unwrap();
    match cli.into_command() {
        CliCommand::Run(args) => args.resolve(settings),
        other => panic!("{words:?} is {other:?}"),
    }
}

fn run(words: &[&str]) -> RunRequest {
    run_with(&Settings::default(), words).unwrap()
}

fn refused(words: &[&str]) -> ErrorKind {
    parse(words).unwrap_err().kind()
}

fn user<T>(value: T) -> Option<Setting<T>> {
    Some(Setting {
        value,
        origin: Origin::User(PathBuf::from("/u/config.toml")),
    })
}

#[test]
fn the_tree_is_sound() {
    Cli::tree().debug_assert();
}

#[test]
fn the_defaults_that_config_shows_are_those_that_hold() {
    let holds = run(&["-k", "--auto-tools", "--approver", "x", "Say it"]);
    let Warmth::Keep { keep_for } = holds.connect.warmth else {
        panic!("{:?}", holds.connect.warmth);
    };
    let Approver::Program { timeout, .. } = holds.permission.approver else {
        panic!("{:?}", holds.permission.approver);
    };
    for (key, value) in [
        ("keep_for", keep_for.show()),
        ("approver_timeout", timeout.show()),
        ("retry_budget", holds.limits.retry_budget.show()),
        ("max_retries", holds.limits.max_retries.show()),
    ] {
        let entry = ENTRIES.iter().find(|entry| entry.key == key).unwrap();
        assert_eq!(entry.default_value(), value, "{key}");
    }
}

#[test]
fn words_that_begin_with_no_command_are_a_prompt() {
    let cases: [(&[&str], &str); 14] = [
        (&["explain", "this"], "explain this"),
        (&["explain", "models"], "explain models"),
        (&["-m", "x/y", "explain", "config"], "explain config"),
        (&["--model=x/y", "explain", "config"], "explain config"),
        (&["-mx/y", "explain", "run"], "explain run"),
        (&["explain", "-m", "x/y", "config"], "explain config"),
        (&["--", "models"], "models"),
        (&["-q", "--", "models", "--help"], "models --help"),
        (&["run", "models"], "models"),
        (&["run", "--", "-x"], "-x"),
        (&["run", "run"], "run"),
        (&["chats"], "chats"),
        (&["help", "me", "now"], "help me now"),
        (&["-q", "help", "me", "-m", "x/y"], "help me"),
    ];
    for (words, prompt) in cases {
        assert_eq!(
            run(words).prompt,
            PromptSource::Arguments(prompt.to_owned()),
            "{words:?}"
        );
    }
}

#[test]
fn a_first_word_that_is_a_command_is_one_also_after_options() {
    let is_models = |words: &[&str]| matches!(parse(words).unwrap().into_command(), CliCommand::Models(_));
    assert!(is_models(&["models"]));
    assert!(is_models(&["-q", "models"]));
    assert!(is_models(&["-d", "/tmp", "models", "anthropic"]));
    assert!(is_models(&["-vvd", "/tmp", "models"]));
    assert!(is_models(&["--directory", "/tmp", "--offline", "models"]));
    assert!(is_models(&["--rehearse", "models"]));
    // The value of an option is no word of its own.
    assert_eq!(run(&["--title", "models", "hi"]).title.as_deref(), Some("models"));
    assert_eq!(run(&["-d", "models", "hi"]).connect.directory, Some("models".into()));
    // An option that the command does not have is refused, not taken for a prompt's.
    assert_eq!(refused(&["-m", "x/y", "models"]), ErrorKind::UnknownArgument);
}

#[test]
fn options_of_every_command_may_stand_anywhere() {
    for words in [
        &["-v", "config", "show"],
        &["config", "-v", "show"],
        &["config", "show", "-v"],
    ] {
        let flags = parse(words).unwrap().global.flags();
        assert_eq!(flags.verbosity, Some((Verbosity::Verbose, "--verbose")), "{words:?}");
    }
    assert_eq!(
        parse(&["hi", "-vv"]).unwrap().global.flags().verbosity.unwrap().0,
        Verbosity::Trace
    );
    assert_eq!(
        parse(&["run", "-q", "hi"]).unwrap().global.flags().verbosity.unwrap().0,
        Verbosity::Quiet
    );
}

#[test]
fn the_prompt_keeps_its_spaces_newlines_and_quotes() {
    let odd = "  a\n\t\"b\" 'c' $d `e` \\ ü\u{1f600} ";
    assert_eq!(run(&[odd, "x"]).prompt, PromptSource::Arguments(format!("{odd} x")));
}

#[test]
fn a_last_dash_is_stdin_and_every_other_dash_is_a_word() {
    let of = |words: &[&str]| {
        let request = run(words);
        (request.prompt, request.stdin)
    };
    let text = |text: &str| PromptSource::Arguments(text.to_owned());
    assert_eq!(of(&["-"]), (PromptSource::Stdin, StdinUse::Always));
    assert_eq!(of(&["sum", "up", "-"]), (text("sum up"), StdinUse::Always));
    assert_eq!(of(&["a", "-", "b"]), (text("a - b"), StdinUse::WhenPiped));
    assert_eq!(of(&["--", "-"]), (text("-"), StdinUse::WhenPiped));
    assert_eq!(of(&["--prompt-file", "-"]), (PromptSource::Stdin, StdinUse::Always));
    assert_eq!(
        of(&["--prompt-file", "p"]),
        (
            PromptSource::File {
                words: String::new(),
                path: "p".into()
            },
            StdinUse::WhenPiped
        )
    );
    assert_eq!(of(&["-n", "a"]), (text("a"), StdinUse::Never));
    for word in ["-continue", "-output", "-verbose"] {
        assert!(parse(&[word, "x"]).is_err(), "{word}");
    }
    assert_eq!(of(&[]), (PromptSource::Stdin, StdinUse::WhenPiped));
    assert_eq!(
        of(&["-e", "a", "b"]),
        (
            PromptSource::Editor {
                initial: "a b".to_owned()
            },
            StdinUse::WhenPiped
        )
    );
    let failure = run_with(&Settings::default(), &["-n", "-"]).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Usage);
}

#[test]
fn each_file_flag_takes_one_value() {
    let request = run(&["-f", "a", "-f", "b", "review", "--file=c"]);
    assert_eq!(request.attachments, ["a", "b", "c"].map(PathBuf::from));
    assert_eq!(request.prompt, PromptSource::Arguments("review".to_owned()));
}

#[test]
fn a_script_is_given_to_rehearse_with_an_equals_sign_only() {
    assert_eq!(run(&["hi"]).connect.rehearsal, RehearsalChoice::Off);
    let request = run(&["--rehearse", "hi"]);
    assert_eq!(request.connect.rehearsal, RehearsalChoice::Plain);
    assert_eq!(request.prompt, PromptSource::Arguments("hi".to_owned()));
    let request = run(&["--rehearse=a.toml", "hi"]);
    assert_eq!(request.connect.rehearsal, RehearsalChoice::Script("a.toml".into()));
    assert_eq!(refused(&["--rehearse=", "hi"]), ErrorKind::InvalidValue);
}

#[test]
fn impossible_combinations_are_refused() {
    let conflicts: [&[&str]; 9] = [
        &["--variant", "a", "--effort", "low", "hi"],
        &["--system", "a", "--system-file", "b", "hi"],
        &["--prompt-file", "a", "-e"],
        &["--attach", "http://h", "-p", "1", "hi"],
        &["--attach", "http://h", "--engine", "e", "hi"],
        &["--attach", "http://h", "--bare", "hi"],
        &["--attach", "http://h", "--rehearse", "hi"],
        &["-q", "-v", "hi"],
        &["models", "-q", "-v"],
    ];
    for words in conflicts {
        assert_eq!(refused(words), ErrorKind::ArgumentConflict, "{words:?}");
    }
    assert!(run_with(&Settings::default(), &["--include-raw", "hi"]).is_err());
    assert!(
        run(&["--include-raw", "--output-format", "stream-json", "hi"])
            .output
            .include_raw
    );
}

#[test]
fn bad_values_are_refused() {
    let bad: [&[&str]; 10] = [
        &["-m", "x/", "hi"],
        &["-m", "", "hi"],
        &["--timeout", "soon", "hi"],
        &["--timeout", "1.s", "hi"],
        &["-p", "0", "hi"],
        &["-p", "65536", "hi"],
        &["--attach", "127.0.0.1:4096", "hi"],
        &["--attach", "ftp://h/", "hi"],
        &["--agent", " ", "hi"],
        &["--max-retries", "-1", "hi"],
    ];
    for words in bad {
        let kind = refused(words);
        assert!(
            matches!(
                kind,
                ErrorKind::ValueValidation | ErrorKind::InvalidValue | ErrorKind::UnknownArgument
            ),
            "{words:?}: {kind:?}"
        );
    }
    assert_eq!(refused(&["--output-format", "yaml", "hi"]), ErrorKind::InvalidValue);
}

#[test]
fn flags_choose_the_session_that_goes_on() {
    let of = |start, keep_as: Option<&str>| SessionChoice {
        start,
        keep_as: keep_as.map(str::to_owned),
        ..SessionChoice::default()
    };
    let named = SessionStart::Named("Tests".to_owned());
    for (words, expected) in [
        (&[][..], SessionChoice::default()),
        (&["-k"], of(SessionStart::Kept, Some("default"))),
        (&["--name", "a b"], of(SessionStart::Kept, Some("a b"))),
        (&["-k", "--new"], of(SessionStart::New, Some("default"))),
        (&["-c"], of(SessionStart::Latest, None)),
        (&["-s", "Tests"], of(named.clone(), None)),
        (&["--name", "x", "-s", "Tests"], of(named.clone(), Some("x"))),
        (
            &["-k", "--fork", "--no-wait"],
            SessionChoice {
                manner: Manner::Fork,
                waiting: BusySession::Refused,
                ..of(SessionStart::Kept, Some("default"))
            },
        ),
    ] {
        let words: Vec<&str> = words.iter().copied().chain(["hi"]).collect();
        assert_eq!(run(&words).session, expected, "{words:?}");
    }
    for words in [
        &["-c", "-s", "x"][..],
        &["-k", "--new", "-c"],
        &["-k", "--new", "--fork"],
        &["-k", "--ephemeral"],
        &["--name", "x", "--ephemeral"],
        &["--name", &"x".repeat(81)],
        &["--name", "\n"],
    ] {
        let words: Vec<&str> = words.iter().copied().chain(["hi"]).collect();
        assert!(
            matches!(
                refused(&words),
                ErrorKind::ArgumentConflict | ErrorKind::ValueValidation
            ),
            "{words:?}"
        );
    }
    for (words, message) in [
        (&["--new"][..], "cannot use `--new` without `--keep`"),
        (&["--fork"], "cannot use `--fork` without a session"),
        (&["--keep-for", "1m"], "cannot use `--keep-for` without `--keep`"),
        (
            &["-c", "--ephemeral"],
            "cannot use `--ephemeral` with a session that is there",
        ),
        (&["-k", "--fresh"], "cannot use `--fresh` with `--keep`"),
        (&["-k", "--worktree"], "cannot use `--worktree` with a conversation"),
        (
            &["-s", "x", "--worktree=w"],
            "cannot use `--worktree` with a conversation",
        ),
    ] {
        let words: Vec<&str> = words.iter().copied().chain(["hi"]).collect();
        let failure = run_with(&Settings::default(), &words).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Usage);
        assert!(failure.message.starts_with(message), "{failure}");
        assert!(!failure.hints.is_empty(), "{failure}");
    }
}

#[test]
fn a_kept_conversation_keeps_a_server_warm_and_a_port_is_private() {
    let warmth = |settings: &Settings, words: &[&str]| {
        let words: Vec<&str> = words.iter().copied().chain(["hi"]).collect();
        run_with(settings, &words).unwrap().connect.warmth
    };
    let plain = Settings::default();
    let minutes = |minutes: u64| Warmth::Keep {
        keep_for: Duration::from_secs(60 * minutes),
    };
    let set = Settings {
        keep_for: user(Duration::from_secs(300)),
        ..Settings::default()
    };
    assert_eq!(warmth(&plain, &[]), Warmth::IfThere);
    assert_eq!(warmth(&set, &["-c"]), Warmth::IfThere);
    assert_eq!(warmth(&plain, &["--fresh"]), Warmth::Fresh);
    assert_eq!(warmth(&plain, &["-p", "4096"]), Warmth::Fresh);
    assert_eq!(warmth(&plain, &["-k"]), minutes(30));
    assert_eq!(warmth(&set, &["-k"]), minutes(5));
    assert_eq!(warmth(&set, &["--name", "x", "--keep-for", "2h"]), minutes(120));
    assert_eq!(warmth(&plain, &["-k", "-p", "4096"]), Warmth::Fresh);
    assert_eq!(warmth(&plain, &["-k", "--attach", "http://h:1"]), Warmth::IfThere);
    let always = Settings {
        keep_warm: user(Duration::from_secs(600)),
        ..Settings::default()
    };
    assert_eq!(warmth(&always, &[]), minutes(10));
    assert_eq!(warmth(&always, &["-c"]), minutes(10));
    assert_eq!(warmth(&always, &["--rehearse"]), minutes(10));
    assert_eq!(warmth(&always, &["-k"]), minutes(30));
    for private in [&["--fresh"][..], &["-p", "4096"]] {
        assert_eq!(warmth(&always, private), Warmth::Fresh);
    }
    for cold in [&["--rehearse=script.toml"][..], &["--worktree"]] {
        assert_eq!(warmth(&always, cold), Warmth::IfThere);
    }
}

#[test]
fn a_server_that_is_started_is_ours_and_stays() {
    let start = |settings: &Settings, words: &[&str]| {
        let words = [&["server", "start"], words].concat();
        let CliCommand::Server(args) = parse(&words).unwrap().into_command() else {
            panic!("{words:?}");
        };
        match args.resolve(settings)?.action {
            ServerAction::Start { connect, .. } => Ok((connect.server, connect.warmth)),
            other => panic!("{other:?}"),
        }
    };
    let stays = |seconds| Warmth::Keep {
        keep_for: Duration::from_secs(seconds),
    };
    let set = Settings {
        attach: user("http://h:1".parse().unwrap()),
        keep_for: user(Duration::from_secs(300)),
        ..Settings::default()
    };
    let free = ServerChoice::Start { port: None };
    let port = ServerChoice::Start { port: Some(4096) };
    let plain = Settings::default();
    assert_eq!(start(&plain, &[]).unwrap(), (free.clone(), stays(1800)));
    assert_eq!(start(&set, &[]).unwrap(), (free, stays(300)));
    assert_eq!(
        start(&set, &["--keep-for", "2h", "-p", "4096"]).unwrap(),
        (port, stays(7200))
    );
    for option in [&["--fresh"][..], &["--attach", "http://h:1"]] {
        let failure: Failure = start(&plain, option).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Usage);
        assert!(failure.message.contains(option[0]), "{failure}");
    }
}

#[test]
fn servers_are_meant_by_id_by_directory_or_all() {
    let action = |words: &[&str]| {
        let words = [&["server"], words].concat();
        let CliCommand::Server(args) = parse(&words).unwrap().into_command() else {
            panic!("{words:?}");
        };
        args.resolve(&Settings::default()).unwrap().action
    };
    let id = |id: &str| ServerReference::Id(id.to_owned());
    let here = ServerReference::OfDirectory(None);
    let stop = |which, in_use| ServerAction::Stop { which, in_use };
    assert_eq!(action(&["list"]), ServerAction::List(None));
    assert_eq!(action(&["list", "-d", "x"]), ServerAction::List(Some("x".into())));
    assert_eq!(action(&["status"]), ServerAction::Status(here.clone()));
    assert_eq!(action(&["stop"]), stop(StopChoice::These(vec![here]), InUse::Spare));
    assert_eq!(
        action(&["stop", "a", "b", "--force"]),
        stop(StopChoice::These(vec![id("a"), id("b")]), InUse::Stop)
    );
    assert_eq!(action(&["stop", "--all"]), stop(StopChoice::All, InUse::Spare));
    assert_eq!(
        action(&["logs", "a", "-f", "-n", "3"]),
        ServerAction::Logs {
            server: id("a"),
            lines: Some(3),
            follow: Follow::UntilTheEnd,
        }
    );
    for words in [
        &["stop", "a", "--all"][..],
        &["stop", "-d", "x", "--all"],
        &["status", "a", "-d", "x"],
    ] {
        assert_eq!(refused(&[&["server"], words].concat()), ErrorKind::ArgumentConflict);
    }
}

#[test]
fn settings_delete_no_session_that_was_there() {
    let settings = Settings {
        ephemeral: user(true),
        ..Settings::default()
    };
    let lifetime = |words: &[&str]| {
        let words: Vec<&str> = words.iter().copied().chain(["hi"]).collect();
        run_with(&settings, &words).unwrap().lifetime
    };
    assert_eq!(lifetime(&[]), SessionLifetime::Ephemeral);
    assert_eq!(lifetime(&["-c", "--fork"]), SessionLifetime::Ephemeral);
    for words in [&["-k"][..], &["-c"], &["-s", "x"], &["-k", "--new"], &["-k", "--fork"]] {
        assert_eq!(lifetime(words), SessionLifetime::Kept, "{words:?}");
    }
}

fn permission(settings: &Settings, words: &[&str]) -> Result<PermissionRequest, Failure> {
    let words: Vec<&str> = words.iter().copied().chain(["hi"]).collect();
    let asked = run_with(settings, &words).map(|request| request.permission);
    asked.map(|asked| PermissionRequest {
        switched: None,
        ..asked
    })
}

#[test]
fn a_dialog_may_switch_tools_on_and_off() {
    let allowed: RulePattern = "bash:ls".parse().unwrap();
    let settings = Settings {
        allow: vec![user(vec![allowed]).unwrap()],
        ..Settings::default()
    };
    let mut request = run_with(&settings, &["hi", "--deny", "read:x"]).unwrap().permission;
    let plain = request.clone();
    assert_eq!((request.preset, listed(&request).len()), (Preset::LookOnly, 1));
    request.switch_tools();
    assert_eq!((request.preset, listed(&request).len()), (Preset::AutoTools, 2));
    request.switch_tools();
    assert_eq!(request, plain);
    let mut request = run_with(&settings, &["hi", "--auto-tools", "-y"]).unwrap().permission;
    request.switch_tools();
    assert_eq!((request.preset, listed(&request).len()), (Preset::LookOnly, 0));
}

fn listed(request: &PermissionRequest) -> Vec<String> {
    request.rules.iter().map(ToString::to_string).collect()
}

#[test]
fn without_auto_tools_the_model_looks_and_nothing_widens_that() {
    let plain = Settings::default();
    assert_eq!(permission(&plain, &[]).unwrap(), PermissionRequest::default());
    for (flag, words) in [
        ("--allow", &["--allow", "bash:ls"][..]),
        ("--yes", &["-y"]),
        ("--approver", &["--approver", "x"]),
        ("--add-dir", &["--add-dir", "/tmp"]),
        ("--allow", &["--read-only", "--allow", "bash"]),
    ] {
        let failure = permission(&plain, words).unwrap_err();
        assert_eq!(
            (failure.kind, failure.message),
            (
                FailureKind::Usage,
                format!("cannot use `{flag}` without `--auto-tools`: the model may look and not touch")
            )
        );
        assert!(failure.hints[0].contains("`--auto-tools`"), "{words:?}");
    }
    // What narrows is welcome; what the settings allow is without effect.
    let settings = Settings {
        allow: vec![user(vec!["bash:ls".parse().unwrap()]).unwrap()],
        add_dirs: vec![user(vec![PathBuf::from("/d")]).unwrap()],
        approver: user("ask-bob".to_owned()),
        ..Settings::default()
    };
    let request = permission(
        &settings,
        &["--read-only", "--deny", "read:x", "--ask", "grep", "--fail-on-deny"],
    )
    .unwrap();
    assert_eq!(
        request,
        PermissionRequest {
            rules: vec![
                rule(Effect::Deny, "read:x", RuleOrigin::Flag("--deny")),
                rule(Effect::Ask, "grep", RuleOrigin::Flag("--ask")),
            ],
            on_denial: OnDenial::Fail,
            ..PermissionRequest::default()
        }
    );
}

fn rule(effect: Effect, pattern: &str, origin: RuleOrigin) -> PolicyRule {
    PolicyRule {
        effect,
        pattern: pattern.parse().unwrap(),
        origin,
    }
}

#[test]
fn rules_add_up_and_each_keeps_its_origin() {
    let project = Setting {
        value: vec!["bash:curl *".parse().unwrap()],
        origin: Origin::Project(PathBuf::from("/p/.opencode-rs.toml")),
    };
    let settings = Settings {
        auto_tools: user(true),
        deny: vec![user(vec!["bash:rm *".parse().unwrap()]).unwrap(), project],
        allow: vec![user(vec!["bash:ls".parse().unwrap()]).unwrap()],
        add_dirs: vec![user(vec![PathBuf::from("/d")]).unwrap()],
        ..Settings::default()
    };
    let words = [
        "--deny",
        "write",
        "--allow",
        "bash:git diff *",
        "--allow=webfetch:https://x/*",
    ];
    let request = permission(&settings, &words).unwrap();
    assert_eq!(
        listed(&request),
        [
            "deny bash:rm * (/u/config.toml)",
            "deny bash:curl * (/p/.opencode-rs.toml)",
            "deny edit (--deny)",
            "allow bash:ls (/u/config.toml)",
            "allow bash:git diff * (--allow)",
            "allow webfetch:https://x/* (--allow)",
        ]
    );
    assert_eq!(
        (request.preset, request.added_directories),
        (Preset::AutoTools, vec![PathBuf::from("/d")])
    );
    // Where nothing may change, nothing that allows is left.
    let request = permission(&settings, &["--read-only", "--allow", "bash"]).unwrap();
    assert_eq!(request.preset, Preset::ReadOnly);
    assert!(request.rules.iter().all(|rule| rule.effect == Effect::Deny));
}

#[test]
fn who_answers_is_decided_by_flags_then_by_the_higher_setting() {
    let program = |command: &str, seconds| Approver::Program {
        command: command.to_owned(),
        timeout: Duration::from_secs(seconds),
    };
    let who = |settings: &Settings, words: &[&str]| permission(settings, words).unwrap().approver;
    let mut settings = Settings {
        auto_tools: user(true),
        ..Settings::default()
    };
    assert_eq!(who(&settings, &[]), Approver::Person);
    assert_eq!(who(&settings, &["-y"]), Approver::Yes);
    assert_eq!(who(&settings, &["--no-input"]), Approver::Nobody);
    assert_eq!(who(&settings, &["--approver", "a b"]), program("a b", 60));
    settings.approver = user("bob".to_owned());
    settings.approver_timeout = user(Duration::from_secs(5));
    assert_eq!(who(&settings, &[]), program("bob", 5));
    assert_eq!(who(&settings, &["--approver-timeout", "1s"]), program("bob", 1));
    assert_eq!(who(&settings, &["--no-input"]), Approver::Nobody);
    settings.no_input = user(true);
    assert_eq!(who(&settings, &[]), Approver::Nobody);
    assert_eq!(who(&settings, &["-y"]), Approver::Yes);
    settings.approver = Some(Setting {
        value: "env".to_owned(),
        origin: Origin::Environment("OPENCODE_RS_APPROVER".to_owned()),
    });
    assert_eq!(who(&settings, &[]), program("env", 5));
    for words in [
        &["-y", "--no-input", "hi"],
        &["-y", "--approver=x", "hi"],
        &["--no-input", "--approver=x", "hi"],
    ] {
        assert_eq!(refused(words), ErrorKind::ArgumentConflict, "{words:?}");
    }
}

#[test]
fn what_decides_about_permissions_is_not_edited_unasked() {
    let settings = Settings {
        policy: user(PathBuf::from("/absent/ci.toml")),
        ..Settings::default()
    };
    let words = ["--auto-tools", "--approver", "python3 -u ./tools/approve.py --strict"];
    assert_eq!(
        listed(&permission(&settings, &words).unwrap()),
        [
            "ask edit:/absent/ci.toml (--policy)",
            "ask edit:tools/approve.py (--approver)"
        ]
    );
    assert_eq!(permission(&settings, &[]).unwrap(), PermissionRequest::default());
}

#[test]
fn no_input_asks_nobody_for_trust_either() {
    let trust = |settings: &Settings, words: &[&str]| match parse(words).unwrap().into_command() {
        CliCommand::Models(args) => args.resolve(settings).connect.trust,
        other => panic!("{other:?}"),
    };
    let plain = Settings::default();
    assert_eq!(trust(&plain, &["models"]), TrustChoice::Ask);
    assert_eq!(trust(&plain, &["models", "--no-input"]), TrustChoice::AskNobody);
    assert_eq!(
        trust(&plain, &["models", "--no-input", "--trust"]),
        TrustChoice::Granted
    );
    let settings = Settings {
        no_input: user(true),
        ..Settings::default()
    };
    assert_eq!(trust(&settings, &["models"]), TrustChoice::AskNobody);
}

#[test]
fn a_rule_that_is_none_is_refused_by_name() {
    for (text, reason) in [
        ("", "`` is no rule: a rule is written `TOOL`"),
        ("bash:", "`bash:` is no rule"),
        ("a b:c", "`a b:c` is no rule"),
        ("bahs:rm *", "`bahs:rm *` names no tool; did you mean `bash`?"),
        ("webfetsh", "did you mean `webfetch`?"),
    ] {
        let error = parse(&["--deny", text, "hi"]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ValueValidation, "{text}");
        assert!(error.to_string().contains(reason), "{text}: {error}");
    }
    // Names that are nobody's business but an MCP server's.
    for text in ["github_create_issue", "bahs*", "zzz", "*", "Bash:ls", "bash:a:b"] {
        assert!(parse(&["--deny", text, "hi"]).is_ok(), "{text}");
    }
}

#[test]
fn limits_and_checks_are_read() {
    let words = "--max-turns 3 --max-tool-calls 4 --max-tokens 5 --max-cost 0.5 --require-change --worktree=fix-1 hi";
    let words: Vec<&str> = ["--verify", "cargo test"].into_iter().chain(words.split(' ')).collect();
    let settings = Settings {
        max_turns: user(NonZeroU32::MAX),
        ..Settings::default()
    };
    let request = run_with(&settings, &words).unwrap();
    assert_eq!(
        request.limits.agent,
        AgentLimits {
            turns: NonZeroU32::new(3),
            tool_calls: NonZeroU32::new(4),
            tokens: NonZeroU64::new(5),
            cost: Some("0.5".parse().unwrap()),
        }
    );
    let checks = Checks {
        require_change: true,
        verify: Some("cargo test".to_owned()),
    };
    assert_eq!(request.checks, checks);
    assert_eq!(request.worktree, Some(WorktreeChoice::Named("fix-1".to_owned())));
    let unnamed = run_with(&settings, &["--worktree", "hi"]).unwrap();
    assert_eq!(unnamed.worktree, Some(WorktreeChoice::Unnamed));
    assert_eq!(unnamed.limits.agent.turns, Some(NonZeroU32::MAX));
}

#[test]
fn limits_and_names_that_mean_nothing_are_refused() {
    for flag in ["--max-turns", "--max-tool-calls", "--max-tokens", "--max-cost"] {
        for number in ["0", "-1", "many", ""] {
            assert_eq!(
                refused(&[&format!("{flag}={number}"), "hi"]),
                ErrorKind::ValueValidation,
                "{flag} {number}"
            );
        }
    }
    assert_eq!(refused(&["--verify", " ", "hi"]), ErrorKind::ValueValidation);
    for name in ["../x", ".x", "-x", "x.lock", "a..b", "a/b", "a b", "é", "x."] {
        assert_eq!(
            refused(&[&format!("--worktree={name}"), "hi"]),
            ErrorKind::ValueValidation,
            "{name}"
        );
    }
}

#[cfg(unix)]
#[test]
fn an_argument_that_is_not_unicode_is_a_usage_error() {
    use std::os::unix::ffi::OsStringExt as _;
    let words = vec!["opencode-rs".into(), OsString::from_vec(b"a\xff".to_vec())];
    let error = Cli::parse_words(words).unwrap_err();
    assert_eq!((error.kind(), error.exit_code()), (ErrorKind::InvalidUtf8, 2));
}

#[test]
fn flags_win_over_settings_and_zero_is_no_limit() {
    let settings = Settings {
        model: user("a/b".parse().unwrap()),
        timeout: user(Duration::from_secs(60)),
        stall_timeout: user(Duration::from_secs(7)),
        output_format: user(OutputMode::Json),
        offline: user(true),
        bare: user(false),
        ..Settings::default()
    };
    let request = run_with(&settings, &["-m", "c/d", "--timeout", "0", "--bare", "hi"]).unwrap();
    assert_eq!(request.names.model.unwrap().as_str(), "c/d");
    assert_eq!(request.connect.timeout, None);
    assert_eq!(request.limits.stall_timeout, Some(Duration::from_secs(7)));
    assert_eq!(request.limits.max_retries, 5);
    assert_eq!(request.output.mode, OutputMode::Json);
    assert_eq!(request.connect.network, Network::Offline);
    assert_eq!(request.connect.config_scope, ConfigScope::Bare);
}

#[test]
fn of_two_settings_that_exclude_each_other_the_higher_counts() {
    let higher = Origin::Environment("OPENCODE_RS_EFFORT".to_owned());
    let mut settings = Settings {
        variant: user("thinking".to_owned()),
        ..Settings::default()
    };
    let variant = |settings: &Settings, words: &[&str]| run_with(settings, words).map(|request| request.names.variant);
    assert_eq!(
        variant(&settings, &["hi"]).unwrap(),
        VariantChoice::Named("thinking".to_owned())
    );
    settings.effort = user(crate::request::Effort::Low);
    assert_eq!(variant(&settings, &["hi"]).unwrap_err().kind, FailureKind::Usage);
    assert_eq!(
        variant(&settings, &["--variant", "x", "hi"]).unwrap(),
        VariantChoice::Named("x".to_owned())
    );
    settings.effort = settings.effort.map(|effort| Setting {
        origin: higher,
        ..effort
    });
    assert_eq!(
        variant(&settings, &["hi"]).unwrap(),
        VariantChoice::Effort(crate::request::Effort::Low)
    );
}

#[test]
fn a_flag_for_our_own_server_wins_over_an_address_in_the_settings() {
    let url: url::Url = "http://127.0.0.1:4096/".parse().unwrap();
    let settings = Settings {
        attach: user(url.clone()),
        ..Settings::default()
    };
    let server = |words: &[&str]| run_with(&settings, words).unwrap().connect.server;
    assert_eq!(server(&["hi"]), ServerChoice::Attach(url));
    assert_eq!(server(&["-p", "5", "hi"]), ServerChoice::Start { port: Some(5) });
    assert_eq!(server(&["--rehearse", "hi"]), ServerChoice::Start { port: None });
    let engine = run_with(&settings, &["--engine", "/e", "hi"]).unwrap().connect.engine;
    assert_eq!(
        engine,
        EngineChoice::Path {
            path: "/e".into(),
            named_by: "`--engine`".to_owned()
        }
    );
}

#[test]
fn the_directory_and_bare_are_known_before_the_settings() {
    let cli = parse(&["-d", "x", "--bare", "hi"]).unwrap();
    assert_eq!((cli.directory(), cli.bare()), (Some(&PathBuf::from("x")), true));
    let cli = parse(&["config", "show", "-d", "y"]).unwrap();
    assert_eq!((cli.directory(), cli.bare()), (Some(&PathBuf::from("y")), false));
}

#[test]
fn api_takes_method_path_and_fields_like_gh() {
    let resolve = |words: &[&str]| match parse(words).unwrap().into_command() {
        CliCommand::Api(args) => args.resolve(&Settings::default()),
        other => panic!("{other:?}"),
    };
    let request = resolve(&[
        "api",
        "post",
        "session",
        "-F",
        "title=x",
        "--raw-field",
        "n=1",
        "-H",
        "X-A: b",
    ])
    .unwrap();
    assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/session"));
    let keys: Vec<_> = request.fields.iter().map(|field| field.key.as_str()).collect();
    assert_eq!(keys, ["title", "n"]);
    assert_eq!(request.headers, [("X-A".to_owned(), "b".to_owned())]);
    assert!(resolve(&["api", "POST", "/x", "--input", "-", "-F", "a=@-"]).is_err());
    assert!(resolve(&["api", "GET", "/x", "--input", "f"]).is_err());
    assert_eq!(refused(&["api", "GET"]), ErrorKind::MissingRequiredArgument);
    assert_eq!(refused(&["api", "BREW", "/x"]), ErrorKind::ValueValidation);
}

#[test]
fn a_session_is_named_or_the_last_one_and_nobody_is_asked_twice() {
    let resolve = |words: &[&str]| match parse(words).unwrap().into_command() {
        CliCommand::Session(args) => args.resolve(&Settings::default()),
        other => panic!("{other:?}"),
    };
    let show = resolve(&["session", "show", "-d", "x", "--thinking"]);
    assert_eq!(show.connect.directory, Some("x".into()));
    assert_eq!(
        show.action,
        SessionAction::Show {
            target: SessionTarget::default(),
            reasoning: Reasoning::Shown,
            rendering: Rendering::Markdown,
        }
    );
    let delete = resolve(&["-q", "session", "delete", "-y", "--all", "4f2a", "77c1"]);
    assert_eq!(delete.confirmation, Confirmation::Given);
    let SessionAction::Delete { sessions, scope, .. } = delete.action else {
        panic!("{:?}", delete.action);
    };
    assert_eq!(
        (sessions, scope),
        (vec!["4f2a".to_owned(), "77c1".to_owned()], SessionScope::Everywhere)
    );
    let prune = resolve(&["session", "prune", "--older-than", "30d", "--dry-run", "--no-input"]);
    assert_eq!(prune.confirmation, Confirmation::NobodyToAsk);
    let SessionAction::Prune(prune) = prune.action else {
        panic!("{:?}", prune.action);
    };
    assert_eq!(prune.older_than, Duration::from_secs(30 * 86_400));
    assert_eq!(
        (prune.scope, prune.kept, prune.execution),
        (SessionScope::Directory, Inclusion::LeftOut, Execution::DryRun)
    );
    assert_eq!(refused(&["session", "delete"]), ErrorKind::MissingRequiredArgument);
    assert_eq!(refused(&["session", "share"]), ErrorKind::MissingRequiredArgument);
    assert_eq!(refused(&["session", "prune"]), ErrorKind::MissingRequiredArgument);
    assert_eq!(
        refused(&["session", "export", "--force"]),
        ErrorKind::MissingRequiredArgument
    );
    assert_eq!(
        refused(&["session", "delete", "x", "--yes", "--no-input"]),
        ErrorKind::ArgumentConflict
    );
}

/// Every command with its full name.
fn commands() -> Vec<(String, clap::Command)> {
    fn walk(command: &clap::Command, name: String, all: &mut Vec<(String, clap::Command)>) {
        for below in command.get_subcommands() {
            walk(below, format!("{name} {}", below.get_name()), all);
        }
        all.push((name, command.clone()));
    }
    let mut tree = Cli::tree();
    tree.build();
    let mut all = Vec::new();
    walk(&tree, "opencode-rs".to_owned(), &mut all);
    all
}

/// What is wrong with the first line of a help text.
fn fault(line: &str) -> Option<&'static str> {
    let first = line.split_whitespace().next().unwrap_or_default();
    if !first.starts_with(|c: char| c.is_ascii_uppercase()) {
        Some("does not begin with a capital letter")
    } else if first.ends_with('s') {
        Some("is not imperative")
    } else if line.ends_with('.') {
        Some("ends with a full stop")
    } else if line.contains('\n') {
        Some("is more than one line")
    } else {
        None
    }
}

#[test]
fn help_is_imperative_capitalised_and_without_full_stop() {
    let mut faults = Vec::new();
    for (name, command) in commands() {
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        if let Some(fault) = fault(&about) {
            faults.push(format!("{name}: `{about}` {fault}"));
        }
        for arg in command.get_arguments().filter(|arg| !arg.is_hide_set()) {
            let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
            if let Some(fault) = fault(&help) {
                faults.push(format!("{name}, {}: `{help}` {fault}", arg.get_id()));
            }
            let built_in = matches!(arg.get_id().as_str(), "help" | "version");
            if !arg.is_positional() && !built_in && arg.get_help_heading().is_none() {
                faults.push(format!("{name}, {}: has no heading", arg.get_id()));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_command_has_examples_and_they_parse() {
    for (name, command) in commands() {
        let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        let lines = after.strip_prefix("Examples:\n").unwrap_or_default().lines();
        // The program's help has the exit statuses below them.
        let lines: Vec<&str> = lines.take_while(|line| !line.is_empty()).collect();
        assert!(!lines.is_empty(), "{name} has no examples");
        for line in lines {
            let words = shell_words::split(line).unwrap();
            let ours = words
                .split(|word| matches!(word.as_str(), "|" | ">" | "&"))
                .find(|part| part.first().is_some_and(|word| word == "opencode-rs"))
                .unwrap_or_else(|| panic!("{name}: `{line}` does not call us"));
            let parsed = Cli::parse_words(ours.iter().map(OsString::from).collect());
            if let Err(error) = parsed.map_err(Box::new)
                && error.use_stderr()
            {
                panic!("{name}: `{line}`: {error}");
            }
        }
    }
}

fn chat(words: &[&str]) -> crate::request::RunRequest {
    let words: Vec<&str> = std::iter::once("chat").chain(words.iter().copied()).collect();
    match parse(&words).unwrap().into_command() {
        CliCommand::Chat(args) => args.resolve(&Settings::default()).unwrap(),
        other => panic!("{words:?} is {other:?}"),
    }
}

#[test]
fn a_dialog_may_begin_with_words_and_with_a_session() {
    use crate::request::NotInADialog;
    assert_eq!(chat(&[]).session.start, SessionStart::New);
    assert_eq!(chat(&["-c"]).session.start, SessionStart::Latest);
    let named = chat(&["-s", "the parser", "go", "on"]);
    assert_eq!(named.session.start, SessionStart::Named("the parser".to_owned()));
    assert_eq!(named.prompt, PromptSource::Arguments("go on".to_owned()));
    assert_eq!(refused(&["chat", "-c", "-s", "x"]), ErrorKind::ArgumentConflict);

    // Without a word the program is a dialog too, and what only a single prompt can give is refused.
    assert!(parse(&["-m", "a/b"]).unwrap().is_empty());
    assert!(!parse(&["hi"]).unwrap().is_empty() && !parse(&["run"]).unwrap().is_empty());
    assert_eq!(run(&["--worktree"]).into_dialog(), Err(NotInADialog("--worktree")));
    assert_eq!(
        run(&["-m", "a/b"]).into_dialog().unwrap().names.model,
        chat(&["-m", "a/b"]).names.model
    );
}

#[test]
fn a_prompt_that_looks_like_short_options_is_refused() {
    let refused = |words: &[&str]| parse(words).unwrap_err();
    for words in [
        &["-help me"][..],
        &["-help"],
        &["-Verify it"],
        &["-qh"],
        &["-fix the bug"],
        &["-continue from here"],
        &["- fix\n- add"],
        &["run", "-hello world"],
        &["-q", "word", "-x y"],
        &["session", "list", "-hx"],
    ] {
        let error = refused(words);
        assert_eq!(error.kind(), ErrorKind::UnknownArgument, "{words:?}");
        assert!(
            error.to_string().contains("tip: write `--` before a prompt"),
            "{words:?}: {error}"
        );
    }
    assert_eq!(refused(&["-h"]).kind(), ErrorKind::DisplayHelp);
    assert_eq!(refused(&["-V"]).kind(), ErrorKind::DisplayVersion);
    for words in [
        &["--", "-help me"][..],
        &["--system=- be brief", "hi"],
        &["-o=my file", "hi"],
        &["-fnotes.txt", "hi"],
        &["-mhost/v", "hi"],
        &["-o", "my file", "hi"],
        &["api", "GET", "/x", "-HX-A: h V"],
        &["say", "session", "-q"],
    ] {
        assert!(parse(words).is_ok(), "{words:?}: {:?}", parse(words).err());
    }
}

#[test]
fn the_format_of_a_refused_run_is_known() {
    let mode = |words: &[&str]| {
        let words = std::iter::once("opencode-rs").chain(words.iter().copied());
        mode_of_refused(&words.map(OsString::from).collect::<Vec<_>>())
    };
    assert_eq!(mode(&["--output-format", "json", "--bogus"]), Some(OutputMode::Json));
    assert_eq!(
        mode(&["run", "--x", "--output-format=stream-json"]),
        Some(OutputMode::StreamJson)
    );
    assert_eq!(mode(&["--bogus", "--", "--output-format", "json"]), None);
    assert_eq!(mode(&["--output-format", "yaml"]), None);
    assert_eq!(mode(&["-q", "models", "--output-format", "json", "--bogus"]), None);
}
