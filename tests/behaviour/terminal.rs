//! A run on a terminal of 80 columns.

use std::io::Read as _;
use std::sync::mpsc::{Receiver, channel};
use std::time::Instant;

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use crate::real_engine;
use crate::support::{EnginePermit, LONG, Pty, Sandbox};

const SIZE: PtySize = PtySize {
    rows: 24,
    cols: 80,
    pixel_width: 0,
    pixel_height: 0,
};

/// The program on a terminal.
struct OnTerminal {
    child: Box<dyn Child + Send + Sync>,
    master: Option<Box<dyn MasterPty + Send>>,
    shown: Receiver<Vec<u8>>,
    _permit: EnginePermit,
}

impl OnTerminal {
    fn start(sandbox: &Sandbox, term: &str, script: &str, arguments: &[&str]) -> Self {
        Self::start_reading_until(None, sandbox, term, script, arguments)
    }

    /// Reading ends when `last` is shown. A reader holds the terminal open, as the terminal itself does.
    fn start_reading_until(
        last: Option<&'static str>,
        sandbox: &Sandbox,
        term: &str,
        script: &str,
        arguments: &[&str],
    ) -> Self {
        let permit = EnginePermit::acquire();
        let script = sandbox.write("script.toml", script);
        let pair = native_pty_system().openpty(SIZE).unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_opencode-rs"));
        command.arg(format!("--rehearse={}", script.display()));
        command.args(arguments);
        command.cwd(sandbox.path("project"));
        command.env_clear();
        for (name, value) in sandbox.environment() {
            command.env(name, value);
        }
        command.env("OPENCODE_RS_ENGINE", real_engine::path());
        real_engine::copy_probes(&sandbox.path("home/.cache"));
        command.env("TERM", term);
        let child = pair.slave.spawn_command(command).unwrap();
        let mut reader = pair.master.try_clone_reader().unwrap();
        let (sender, shown) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            let mut shown = Vec::new();
            // The end of a terminal is an error on Linux.
            while let Ok(length @ 1..) = reader.read(&mut buffer) {
                shown.extend_from_slice(&buffer[..length]);
                if last.is_some_and(|last| String::from_utf8_lossy(&shown).contains(last)) {
                    break;
                }
            }
            drop(reader);
            let _ = sender.send(shown);
        });
        Self {
            child,
            master: Some(pair.master),
            shown,
            _permit: permit,
        }
    }

    /// Exit status, and everything that was shown.
    fn finish(mut self) -> (u32, String) {
        let shown = self.shown.recv_timeout(LONG).unwrap();
        let status = self.child.wait().unwrap();
        (status.exit_code(), String::from_utf8_lossy(&shown).into_owned())
    }
}

fn screen(shown: &str) -> String {
    let mut parser = vt100::Parser::new(SIZE.rows, SIZE.cols, 0);
    parser.process(shown.as_bytes());
    parser.screen().contents()
}

const MARKDOWN: &str = "[[reply]]\ntext = \"# Plan\\n\\nUse **bold** and `code`, not \\u001B[31mred\\u001B[0m.\\n\\n\
    - one\\n- two\\n\\n```rust\\nfn main() {}\\n```\\n\"\n";

#[test]
fn the_answer_is_rendered_and_the_waiting_line_leaves_no_trace() {
    let sandbox = Sandbox::new();
    let (code, shown) = OnTerminal::start(&sandbox, "xterm-256color", MARKDOWN, &["Say it"]).finish();
    assert_eq!(code, 0, "{shown:?}");
    assert!(shown.contains("starting server"), "{shown:?}");
    assert!(
        !shown.contains("\u{1b}[31m"),
        "the model's colour came through: {shown:?}"
    );
    assert!(shown.contains("\u{1b}[0;1mbold"), "{shown:?}");
    let screen = screen(&shown);
    let (answer, cost) = screen.rsplit_once('\n').unwrap();
    assert_eq!(
        answer,
        "rehearsal: the scripted model answers, no real one\nPlan\n\nUse bold and code, not red.\n\n• one\n• two\n\n\
         ```rust\nfn main() {}\n```"
    );
    assert!(cost.starts_with("2 tokens in, 23 out · $0.000048 · "), "{cost}");
    sandbox.expect_nothing_left();
}

#[test]
fn a_dumb_terminal_gets_no_escape_sequence() {
    let sandbox = Sandbox::new();
    let (code, shown) = OnTerminal::start(&sandbox, "dumb", MARKDOWN, &["Say it"]).finish();
    assert_eq!(code, 0, "{shown:?}");
    assert!(!shown.contains('\u{1b}'), "{shown:?}");
    assert!(shown.contains("Use **bold** and `code`, not red."), "{shown:?}");
}

#[test]
fn with_no_input_nobody_is_asked_for_trust_on_a_terminal_either() {
    let sandbox = Sandbox::new();
    sandbox.write("project/.opencode/plugin/p.js", "export const P = async () => ({})\n");
    let answer = "[[reply]]\ntext = \"ok\"\n";
    let mut running = OnTerminal::start_reading_until(Some("Trust it?"), &sandbox, "dumb", answer, &["Say it"]);
    let shown = running.shown.recv_timeout(LONG).unwrap();
    assert!(
        String::from_utf8_lossy(&shown).contains("Trust it?"),
        "it is not asked, so the test shows nothing: {}",
        String::from_utf8_lossy(&shown)
    );
    drop(running.master.take());
    assert_ne!(running.child.wait().unwrap().exit_code(), 0);
    drop(running);
    let (code, shown) = OnTerminal::start(&sandbox, "dumb", answer, &["--no-input", "Say it"]).finish();
    assert_eq!(code, 2, "{shown}");
    assert!(!shown.contains("Trust it?"), "{shown}");
    assert!(shown.contains("nobody can be asked"), "{shown}");
    sandbox.expect_nothing_left();
}

#[test]
fn a_terminal_that_is_closed_ends_the_run_and_leaves_nothing() {
    let sandbox = Sandbox::new();
    let script = "[[reply]]\ntext = \"one two three\"\nfault = \"stall\"\nafter_chunks = 1\n";
    let mut running = OnTerminal::start_reading_until(Some("one"), &sandbox, "xterm-256color", script, &["Say it"]);
    running.shown.recv_timeout(LONG).unwrap();
    // The last handle of the terminal: the kernel sends SIGHUP, and writing fails from now on.
    drop(running.master.take());
    let closed = Instant::now();
    let status = running.child.wait().unwrap();
    assert_eq!(status.exit_code(), 143);
    assert!(closed.elapsed() < LONG, "it took {:?}", closed.elapsed());
    sandbox.expect_nothing_left();
}

#[test]
fn raw_output_on_a_terminal_is_the_text_without_what_could_harm_it() {
    let sandbox = Sandbox::new();
    let (code, shown) = OnTerminal::start(&sandbox, "xterm-256color", MARKDOWN, &["--raw", "-q", "Say it"]).finish();
    assert_eq!(code, 0, "{shown:?}");
    assert!(
        shown.contains("# Plan\r\n\r\nUse **bold** and `code`, not red."),
        "{shown:?}"
    );
    assert!(!shown.contains('\u{1b}'), "{shown:?}");
}

#[test]
fn who_often_waits_for_an_engine_is_told_once_how_to_keep_one() {
    let sandbox = Sandbox::new();
    let line = "for i in 1 2 3 4; do $OPENCODE_RS --rehearse=$SCRIPT \"run $i\"; echo \"end $i\"; done";
    let mut pty = Pty::shell(&sandbox, "[[reply]]\ntext = \"ok\"", line);
    pty.wait_for("end 2");
    assert!(!pty.everything().contains("keep_warm"), "{}", pty.screen());
    assert_eq!(pty.finish(), 0);
    assert_eq!(
        pty.everything().matches("keep_warm = \"30m\"").count(),
        1,
        "{}",
        pty.screen()
    );
    sandbox.expect_nothing_left();
}
