use std::io::{self, Write};
use std::time::{Duration, Instant};

use opencode_rs::context::Environment;
use opencode_rs::error::{Failure, FailureKind};
use opencode_rs::render::{Spinner, Streams, renderer};
use opencode_rs::request::{OutputMode, OutputRequest, Rendering};
use opencode_rs::terminal::{Screen, Terminal};
use opencode_rs::turn::{Outcome, Update};

use super::{Bytes, Outputs, Stage, outcome, text, void};

const REPEATED: &str = "note: the model was tried again and answers differently; its text is repeated from the start\n";

/// The end of a run without changed files, about which there is no message.
fn unchanged() -> Outcome {
    Outcome {
        files: Vec::new(),
        ..outcome()
    }
}

fn answer(updates: &[Update]) -> (String, String) {
    Stage::new(&OutputRequest::default(), Outputs::Pipes).play(updates, &unchanged())
}

fn stdout(updates: &[Update]) -> String {
    answer(updates).0
}

#[test]
fn bytes_go_unchanged_with_one_final_line_feed() {
    assert_eq!(stdout(&[]), "");
    assert_eq!(stdout(&[text("1", "")]), "");
    assert_eq!(stdout(&[text("1", "a"), text("1", "b")]), "ab\n");
    assert_eq!(stdout(&[text("1", "a\n")]), "a\n");
    assert_eq!(stdout(&[text("1", "a\n\n")]), "a\n\n");
    assert_eq!(stdout(&[text("1", "\u{1b}[31m\u{202e}\r\n")]), "\u{1b}[31m\u{202e}\r\n");
}

#[test]
fn parts_are_separated_by_a_blank_line_and_no_more() {
    for (first, second) in [
        ("a", "b"),
        ("a\n", "b"),
        ("a\n\n", "b"),
        ("a", "\nb"),
        ("a\n", "\nb"),
        ("a", "\n\nb"),
    ] {
        assert_eq!(
            stdout(&[text("1", first), text("2", second)]),
            "a\n\nb\n",
            "{first:?} {second:?}"
        );
    }
    assert_eq!(stdout(&[text("1", "a"), text("2", "\n"), text("2", "b")]), "a\n\nb\n");
    assert_eq!(stdout(&[text("1", "a"), text("2", ""), text("3", "b")]), "a\n\nb\n");
}

#[test]
fn text_is_there_as_soon_as_it_arrives() {
    let mut stage = Stage::new(&OutputRequest::default(), Outputs::Pipes);
    stage.update(&text("1", "a"));
    assert_eq!(stage.stdout.text(), "a");
}

#[test]
fn text_that_comes_again_the_same_is_not_written_again() {
    let updates = [
        text("1", "one two"),
        void("1"),
        text("2", "one"),
        text("2", " two three"),
    ];
    assert_eq!(answer(&updates), ("one two three\n".to_owned(), String::new()));
    let exact = [text("1", "one"), void("1"), text("2", "one"), text("3", "two")];
    assert_eq!(stdout(&exact), "one\n\ntwo\n");
    let twice = [
        text("1", "abc"),
        void("1"),
        text("2", "ab"),
        void("2"),
        text("3", "abcd"),
    ];
    assert_eq!(stdout(&twice), "abcd\n");
    let both = [
        text("1", "a"),
        text("2", "b"),
        void("1"),
        void("2"),
        text("3", "a"),
        text("4", "bc"),
    ];
    assert_eq!(stdout(&both), "a\n\nbc\n");
}

#[test]
fn text_that_comes_again_differently_is_written_anew_and_said_once() {
    let updates = [text("1", "one two"), void("1"), text("2", "one "), text("2", "six")];
    assert_eq!(answer(&updates), ("one two\none six\n".to_owned(), REPEATED.to_owned()));
    let again = [
        text("1", "one"),
        void("1"),
        text("2", "two"),
        void("2"),
        text("3", "three"),
    ];
    assert_eq!(answer(&again), ("one\ntwo\nthree\n".to_owned(), REPEATED.to_owned()));
    let shorter = [text("1", "one two"), void("1"), text("2", "one")];
    assert_eq!(answer(&shorter), ("one two\none\n".to_owned(), REPEATED.to_owned()));
}

#[test]
fn void_text_that_never_comes_again_stays_in_a_failure() {
    let failed = Outcome {
        failure: Some(Failure::new(FailureKind::Provider, "cannot reach the model")),
        ..unchanged()
    };
    let updates = [text("1", "one two"), void("1"), text("2", "one")];
    let (stdout, stderr) = Stage::new(&OutputRequest::default(), Outputs::Pipes).play(&updates, &failed);
    assert_eq!(stdout, "one two\n");
    assert_eq!(stderr, "error: cannot reach the model\n");
}

#[test]
fn no_escape_sequence_of_the_model_reaches_a_terminal() {
    for rendering in [Rendering::Raw, Rendering::Markdown] {
        let request = OutputRequest {
            rendering,
            ..OutputRequest::default()
        };
        let mut stage = Stage::new(&request, Outputs::Terminal("dumb"));
        let pieces = ["a\u{1b}", "]0;tit", "le\u{7}b \u{9b}2", "Jc &#27;[1m\n`\u{1b}[8m`"];
        let updates = pieces.map(|piece| text("1", piece));
        let (shown, _) = stage.play(&updates, &outcome());
        assert!(!shown.contains(|c: char| c.is_control() && c != '\n'), "{shown:?}");
        assert!(shown.starts_with("ab c "), "{shown:?}");
    }
}

#[test]
fn a_closed_stdout_is_a_broken_pipe_and_stderr_stays_quiet() {
    struct Closed;
    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let stderr = Bytes::default();
    for mode in [OutputMode::Text, OutputMode::StreamJson, OutputMode::Json] {
        let request = OutputRequest {
            mode,
            ..OutputRequest::default()
        };
        let streams = Streams {
            stdout: Box::new(Closed),
            stderr: Box::new(stderr.clone()),
            terminal: Terminal::none(&Environment::default()),
            screen: Screen::plain(),
            spinner: Spinner::silent(),
        };
        let mut renderer = renderer(&request, streams);
        let updated = renderer
            .update(&Update::Started(Box::default()))
            .and_then(|()| renderer.update(&text("1", "a")));
        if mode != OutputMode::Json {
            assert_eq!(updated.unwrap_err().kind(), io::ErrorKind::BrokenPipe);
        }
        let failed = Outcome {
            failure: Some(Failure::new(FailureKind::BrokenPipe, "cannot write to stdout")),
            ..outcome()
        };
        assert_eq!(renderer.finish(&failed).unwrap_err().kind(), io::ErrorKind::BrokenPipe);
    }
    assert_eq!(stderr.text(), "");
}

#[test]
fn a_hundred_thousand_pieces_cost_little() {
    for mode in [OutputMode::Text, OutputMode::StreamJson] {
        let request = OutputRequest {
            mode,
            ..OutputRequest::default()
        };
        let began = Instant::now();
        let mut stage = Stage::new(&request, Outputs::Pipes);
        let piece = text("1", "word ");
        for _ in 0..100_000 {
            stage.update(&piece);
        }
        stage.update(&void("1"));
        let piece = text("2", "word ");
        for _ in 0..100_000 {
            stage.update(&piece);
        }
        stage.finish(&outcome());
        // Far above the time of an unoptimised build, far below quadratic time.
        assert!(
            began.elapsed() < Duration::from_secs(20),
            "{mode:?} took {:?}",
            began.elapsed()
        );
    }
}
