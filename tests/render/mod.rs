//! What the renderers write, byte by byte.
//!
//! The golden files are in `tests/data/render`. `UPDATE_GOLDEN=1 cargo test --test main render` writes them anew; the
//! difference is then read and committed.

mod records;
mod runs;
mod text;

use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex};

use opencode_rs::context::Environment;
use opencode_rs::error::{Failure, FailureKind};
use opencode_rs::render::{Render, Spinner, Streams, renderer};
use opencode_rs::request::{EngineSource, ModelRef, OutputRequest};
use opencode_rs::terminal::{Screen, Stream, Terminal};
use opencode_rs::turn::{
    AuditScope, ChangeStatus, DecidedBy, Decision, EngineInfo, FileChange, Outcome, PermissionRecord, Phases, Retry,
    TextDelta, TodoItem, ToolCall, ToolStatus, TurnStart, TurnStatus, Update, Usage,
};
use serde_json::json;

/// A writer that the test can read.
#[derive(Clone, Default)]
struct Bytes(Arc<Mutex<Vec<u8>>>);

impl Bytes {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Bytes {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What stdout and stderr are.
#[derive(Clone, Copy)]
enum Outputs {
    Pipes,
    /// Both are one terminal, so both texts come in one order.
    Terminal(&'static str),
}

/// A renderer and its output.
struct Stage {
    renderer: Box<dyn Render>,
    stdout: Bytes,
    stderr: Bytes,
}

impl Stage {
    fn new(request: &OutputRequest, outputs: Outputs) -> Self {
        let stdout = Bytes::default();
        let (terminal, stderr) = match outputs {
            Outputs::Pipes => (Terminal::none(&Environment::default()), Bytes::default()),
            Outputs::Terminal(term) => {
                let environment: Environment = [("TERM".into(), term.into())].into_iter().collect();
                let terminal = Terminal::none(&environment)
                    .with(Stream::Stdout, 60)
                    .with(Stream::Stderr, 60);
                (terminal, stdout.clone())
            }
        };
        let streams = Streams {
            stdout: Box::new(stdout.clone()),
            stderr: Box::new(stderr.clone()),
            terminal,
            screen: Screen::plain(),
            spinner: Spinner::silent(),
        };
        Self {
            renderer: renderer(request, streams),
            stdout,
            stderr,
        }
    }

    fn update(&mut self, update: &Update) {
        self.renderer.update(update).unwrap();
    }

    fn finish(&mut self, outcome: &Outcome) -> (String, String) {
        self.renderer.finish(outcome).unwrap();
        (self.stdout.text(), self.stderr.text())
    }

    fn play(&mut self, updates: &[Update], outcome: &Outcome) -> (String, String) {
        for update in updates {
            self.update(update);
        }
        self.finish(outcome)
    }
}

/// Compares `text` with the golden file `name`, which contains `[VERSION]` for the program's version.
#[track_caller]
fn golden(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/render")
        .join(name);
    let version = format!("\"version\":\"{}\",\"engine\"", env!("CARGO_PKG_VERSION"));
    let text = text.replace(&version, "\"version\":\"[VERSION]\",\"engine\"");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &text).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(text, expected, "{} differs", path.display());
}

fn model() -> ModelRef {
    ModelRef {
        provider: "anthropic".to_owned(),
        model: "claude-x".to_owned(),
    }
}

fn engine() -> EngineInfo {
    EngineInfo {
        version: "1.18.33".to_owned(),
        path: Some("/opt/opencode".to_owned()),
        source: Some(EngineSource::Store),
    }
}

fn started() -> TurnStart {
    TurnStart {
        is_engines_choice: false,
        engine: Some(engine()),
        capabilities: vec!["tools".to_owned(), "schema".to_owned()],
        model: Some(model()),
        agent: Some("build".to_owned()),
        variant: None,
        directory: "/proj".to_owned(),
        conversation: None,
        resumed: false,
        session_id: Some("ses_1".to_owned()),
        rehearsal: false,
    }
}

fn delta(part: &str, text: &str) -> TextDelta {
    TextDelta {
        session_id: "ses_1".to_owned(),
        message_id: "msg_1".to_owned(),
        part_id: part.to_owned(),
        text: text.to_owned(),
        subagent: false,
    }
}

fn text(part: &str, piece: &str) -> Update {
    Update::Text(delta(part, piece))
}

fn void(part: &str) -> Update {
    Update::TextVoid {
        part_id: part.to_owned(),
        session_id: "ses_1".to_owned(),
    }
}

fn read_call() -> ToolCall {
    ToolCall {
        parent_session_id: None,
        session_id: "ses_1".to_owned(),
        message_id: "msg_1".to_owned(),
        call_id: "call_1".to_owned(),
        tool: "read".to_owned(),
        status: ToolStatus::Completed,
        title: Some("src/main.rs".to_owned()),
        input: json!({"filePath": "/proj/src/main.rs"}),
        output: Some("fn main() {}".to_owned()),
        error: None,
        exit_code: None,
        duration_ms: Some(12),
        subagent: false,
    }
}

fn bash_call() -> ToolCall {
    ToolCall {
        parent_session_id: None,
        call_id: "call_2".to_owned(),
        tool: "bash".to_owned(),
        title: Some("Run the tests".to_owned()),
        input: json!({"command": "cargo test --all \u{1b}[2J\n  --quiet", "description": "Run the tests"}),
        output: Some("1 failed".to_owned()),
        exit_code: Some(101),
        duration_ms: Some(4_210),
        ..read_call()
    }
}

fn edit_call() -> ToolCall {
    ToolCall {
        parent_session_id: Some("ses_0".to_owned()),
        call_id: "call_3".to_owned(),
        tool: "edit".to_owned(),
        status: ToolStatus::Error,
        title: None,
        input: json!({"filePath": "src/lib.rs"}),
        output: None,
        error: Some("oldString not found in content\nof the file".to_owned()),
        duration_ms: Some(3),
        subagent: true,
        ..read_call()
    }
}

fn permission(decision: Decision) -> PermissionRecord {
    PermissionRecord {
        id: "per_1".to_owned(),
        session_id: "ses_1".to_owned(),
        parent_session_id: None,
        permission: "bash".to_owned(),
        tool: "bash".to_owned(),
        patterns: vec!["rm -rf build".to_owned()],
        decision,
        by: DecidedBy::Nobody,
        scope: AuditScope::Once,
        rule: "the preset: bash asks".to_owned(),
        reason: "nobody to ask".to_owned(),
        subagent: false,
    }
}

fn retry() -> Retry {
    Retry {
        session_id: "ses_1".to_owned(),
        attempt: 2,
        max_attempts: 5,
        message: "rate limited".to_owned(),
        delay_ms: 4_000,
    }
}

fn todo() -> Vec<TodoItem> {
    [("look", "completed"), ("repair", "in_progress")]
        .map(|(content, status)| TodoItem {
            content: content.to_owned(),
            status: status.to_owned(),
            priority: "high".to_owned(),
        })
        .into()
}

/// A run with everything in it: reasoning, tools, a retry that repeats, a refusal, a subagent.
fn updates() -> Vec<Update> {
    let busy = TurnStatus::Busy {
        session_id: "ses_1".to_owned(),
    };
    let running = ToolCall {
        parent_session_id: None,
        status: ToolStatus::Running,
        output: None,
        duration_ms: None,
        ..read_call()
    };
    let subagent = TextDelta {
        session_id: "ses_2".to_owned(),
        subagent: true,
        ..delta("prt_s", "found it")
    };
    vec![
        Update::Started(Box::new(started())),
        Update::Status(busy),
        Update::Reasoning(delta("prt_r", "The user wants\na **fix**.")),
        text("prt_1", "Let me "),
        text("prt_1", "look"),
        Update::Tool(running),
        text("prt_1", "."),
        Update::Tool(read_call()),
        Update::Permission(permission(Decision::Denied)),
        Update::Status(TurnStatus::SubagentStarted {
            session_id: "ses_2".to_owned(),
            parent_id: "ses_1".to_owned(),
        }),
        Update::Text(subagent),
        Update::Tool(edit_call()),
        Update::Tool(bash_call()),
        text("prt_2", "The **tests** fail,"),
        Update::Retry(retry()),
        void("prt_2"),
        text("prt_3", "The **tests**"),
        text("prt_3", " fail, see `main.rs`:\n\n```rust\nfn main() {}\n```"),
        Update::Todo(todo()),
        Update::FileChange(file_change()),
        Update::Warning("the server closed the stream twice".to_owned()),
        Update::Raw(json!({"type": "server.heartbeat"})),
    ]
}

fn file_change() -> FileChange {
    FileChange {
        path: "/proj/src/lib.rs".to_owned(),
        status: Some(ChangeStatus::Modified),
        additions: Some(10),
        deletions: Some(3),
    }
}

fn outcome() -> Outcome {
    Outcome {
        result: "Let me look.\n\nThe **tests** fail, see `main.rs`:\n\n```rust\nfn main() {}\n```".to_owned(),
        last_message: "The **tests** fail, see `main.rs`:\n\n```rust\nfn main() {}\n```".to_owned(),
        session_id: Some("ses_1".to_owned()),
        message_id: Some("msg_1".to_owned()),
        model: Some(model()),
        agent: Some("build".to_owned()),
        usage: Some(Usage {
            input: 1_200,
            output: 80,
            reasoning: 20,
            cache_read: 1_000,
            cache_write: 0,
            total: 2_300,
        }),
        cost_usd: Some("0.0123".to_owned()),
        turns: 2,
        tool_calls: vec![read_call(), edit_call(), bash_call()],
        permissions: vec![permission(Decision::Denied)],
        files: vec![file_change()],
        retries: 1,
        phases: Phases {
            engine_ms: Some(20),
            server_ms: Some(900),
            session_ms: Some(110),
            first_token_ms: Some(700),
            total_ms: 6_400,
        },
        engine: Some(engine()),
        ..Outcome::empty("/proj".to_owned())
    }
}

/// A run that ended before there was an engine.
fn early_failure() -> Outcome {
    let mut failure = Failure::new(FailureKind::EngineMissing, "cannot find the engine `opencode`")
        .hint("install it with `opencode-rs engine install`")
        .hint("or name it with `--engine`");
    failure.causes = vec![
        "cannot download release 1.18.33".to_owned(),
        "no route to host".to_owned(),
    ];
    Outcome {
        failure: Some(failure),
        ..Outcome::empty("/proj".to_owned())
    }
}
