use std::time::{Duration, Instant};

use opencode_rs::context::Environment;
use opencode_rs::render::{Phase, Spinner, Streams, renderer};
use opencode_rs::request::{OutputMode, OutputRequest, Reasoning, Rendering, Verbosity};
use opencode_rs::terminal::{Screen, Stream, Terminal};

use super::{Bytes, Outputs, Stage, early_failure, golden, outcome, updates};

/// Plays the run and compares both streams with their golden files.
#[track_caller]
fn compare(name: &str, request: &OutputRequest, outputs: Outputs) {
    let (stdout, stderr) = Stage::new(request, outputs).play(&updates(), &outcome());
    match outputs {
        Outputs::Pipes => {
            golden(&format!("runs/{name}.stdout"), &stdout);
            golden(&format!("runs/{name}.stderr"), &stderr);
        }
        Outputs::Terminal(_) => golden(&format!("runs/{name}.terminal"), &stdout),
    }
}

fn mode(mode: OutputMode) -> OutputRequest {
    OutputRequest {
        mode,
        ..OutputRequest::default()
    }
}

#[test]
fn text_into_pipes() {
    compare("text", &OutputRequest::default(), Outputs::Pipes);
}

#[test]
fn quiet_text_into_pipes() {
    let request = OutputRequest {
        verbosity: Verbosity::Quiet,
        ..OutputRequest::default()
    };
    compare("text_quiet", &request, Outputs::Pipes);
}

#[test]
fn verbose_text_with_reasoning_into_pipes() {
    let request = OutputRequest {
        verbosity: Verbosity::Verbose,
        reasoning: Reasoning::Shown,
        ..OutputRequest::default()
    };
    compare("text_verbose", &request, Outputs::Pipes);
}

#[test]
fn text_on_a_dumb_terminal() {
    let request = OutputRequest {
        reasoning: Reasoning::Shown,
        ..OutputRequest::default()
    };
    compare("text_dumb", &request, Outputs::Terminal("dumb"));
}

#[test]
fn text_on_a_terminal_with_colour() {
    let request = OutputRequest {
        verbosity: Verbosity::Verbose,
        reasoning: Reasoning::Shown,
        ..OutputRequest::default()
    };
    compare("text_colour", &request, Outputs::Terminal("xterm-256color"));
}

#[test]
fn raw_text_on_a_terminal() {
    let request = OutputRequest {
        rendering: Rendering::Raw,
        ..OutputRequest::default()
    };
    compare("text_raw", &request, Outputs::Terminal("dumb"));
}

#[test]
fn json_into_pipes() {
    compare("json", &mode(OutputMode::Json), Outputs::Pipes);
}

#[test]
fn stream_json_into_pipes() {
    let request = OutputRequest {
        include_raw: true,
        ..mode(OutputMode::StreamJson)
    };
    compare("stream_json", &request, Outputs::Pipes);
}

#[test]
fn a_run_that_fails_before_it_begins_is_reported_in_every_mode() {
    for (name, request) in [
        ("text", OutputRequest::default()),
        ("json", mode(OutputMode::Json)),
        ("stream_json", mode(OutputMode::StreamJson)),
    ] {
        let (stdout, stderr) = Stage::new(&request, Outputs::Pipes).finish(&early_failure());
        golden(&format!("runs/failed_{name}.stdout"), &stdout);
        golden(&format!("runs/failed_{name}.stderr"), &stderr);
    }
}

#[test]
fn raw_events_are_left_out_unless_asked_for() {
    let (stdout, _) = Stage::new(&mode(OutputMode::StreamJson), Outputs::Pipes).play(&updates(), &outcome());
    assert!(!stdout.contains("heartbeat"));
    assert!(stdout.starts_with("{\"type\":\"init\","));
    assert!(stdout.lines().last().unwrap().starts_with("{\"type\":\"result\","));
}

#[test]
fn a_rehearsal_is_named_once_even_when_quiet() {
    let request = OutputRequest {
        verbosity: Verbosity::Quiet,
        ..OutputRequest::default()
    };
    let mut updates = updates();
    if let opencode_rs::turn::Update::Started(started) = &mut updates[0] {
        started.rehearsal = true;
    }
    let mut outcome = outcome();
    outcome.rehearsal = true;
    let (_, stderr) = Stage::new(&request, Outputs::Pipes).play(&updates, &outcome);
    assert_eq!(stderr, "rehearsal: the scripted model answers, no real one\n");
}

#[test]
fn the_waiting_line_leaves_no_trace_once_the_answer_comes() {
    let shared = Bytes::default();
    let environment: Environment = [("TERM".into(), "xterm".into())].into_iter().collect();
    let terminal = Terminal::none(&environment)
        .with(Stream::Stdout, 60)
        .with(Stream::Stderr, 60);
    let screen = Screen::with_waiting_line(Box::new(shared.clone()));
    let spinner = Spinner::new(&screen, terminal);
    let streams = Streams {
        stdout: Box::new(shared.clone()),
        stderr: Box::new(shared.clone()),
        terminal,
        screen,
        spinner: spinner.clone(),
    };
    let mut renderer = renderer(&OutputRequest::default(), streams);
    let deadline = Instant::now() + Duration::from_secs(300);
    let drawn = |words: &str| {
        while !shared.text().contains(words) {
            assert!(Instant::now() < deadline, "no {words:?} within 300 s");
            std::thread::yield_now();
        }
    };
    spinner.set(Phase::StartingServer);
    drawn("starting server");
    let updates = updates();
    renderer.update(&updates[0]).unwrap();
    drawn("waiting for anthropic/claude-x");
    for update in &updates[1..] {
        renderer.update(update).unwrap();
    }
    renderer.finish(&outcome()).unwrap();
    let mut parser = vt100::Parser::new(24, 60, 0);
    parser.process(shared.text().replace('\n', "\r\n").as_bytes());
    let shown = parser.screen().contents();
    assert!(
        shown.starts_with("Let me look.\ntool: read src/main.rs (12 ms)\n"),
        "{shown}"
    );
    assert!(!shown.contains("waiting") && !shown.contains("starting"), "{shown}");
}
