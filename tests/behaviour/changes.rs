//! Which files a turn changed, by tools, by shell commands and by subagents, with and without git.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use opencode_rs::client::EventStream;
use opencode_rs::client::types::{Prompt, PromptPart};
use opencode_rs::client::{Client, Endpoint};
use opencode_rs::permission::Policy;
use opencode_rs::rehearsal::{self, Script};
use opencode_rs::request::{AgentLimits, ModelRef, PermissionRequest, Preset, ToolsSwitch};
use opencode_rs::support::output_files::OutputFiles;
use opencode_rs::turn::{self, Answerer, ChangeStatus, FileChange, Permissions, Turn, TurnStart, complete_changes};
use serde_json::json;
use tokio::sync::mpsc;

use crate::real_engine::RealEngine;

const SCRIPT: &str = r#"
[[reply]]
tool_calls = [
    { name = "write", arguments = { filePath = "new.txt", content = "a\nb\nc\n" } },
    { name = "read", arguments = { filePath = "kept.txt" } },
]
[[reply]]
tool_calls = [
    { name = "edit", arguments = { filePath = "kept.txt", oldString = "one", newString = "uno\ndue" } },
    { name = "write", arguments = { filePath = "debug.log", content = "x\n" } },
    { name = "bash", arguments = { command = "printf 'q\\n' > shell.txt; rm gone.txt; printf 'a\\nb\\n' > new.txt", description = "x" } },
    { name = "task", arguments = { description = "sub", prompt = "do", subagent_type = "general" } },
]
[[reply]]
text = "Done."
[[reply]]
caller = "subagent"
tool_calls = [{ name = "write", arguments = { filePath = "sub.txt", content = "s\n" } }]
[[reply]]
caller = "subagent"
text = "Done too."
"#;

fn git(directory: &Path, arguments: &str) {
    let done = Command::new("git")
        .args(["-c", "user.name=n", "-c", "user.email=n@example.invalid"])
        .args(arguments.split(' '))
        .current_dir(directory)
        .status()
        .unwrap();
    assert!(done.success(), "git {arguments}");
}

/// The files that a turn changes which may do everything.
async fn changed(prepare: impl FnOnce(&Path)) -> Vec<(String, Option<ChangeStatus>, Option<u64>, Option<u64>)> {
    let home = tempfile::tempdir().unwrap();
    let project = home.path().join("project");
    std::fs::create_dir(&project).unwrap();
    for (name, text) in [
        ("kept.txt", "one\ntwo\n"),
        ("gone.txt", "g\ng\n"),
        (".gitignore", "*.log\n"),
    ] {
        std::fs::write(project.join(name), text).unwrap();
    }
    prepare(&project);
    let model = rehearsal::serve(Script::parse(SCRIPT, "script.toml").unwrap(), None)
        .await
        .unwrap();
    let engine = RealEngine::with_model(home.path(), &model.engine_config().to_string(), &[]);
    let endpoint = Endpoint::new(engine.url().parse().unwrap(), None);
    let client = Client::new(endpoint, Some(&project.canonicalize().unwrap())).unwrap();
    let session = engine.post("/session", &json!({"title": "test"})).await;
    let session_id = session["id"].as_str().unwrap().to_owned();
    let events = EventStream::open(client.clone()).await.unwrap();
    let (updates, mut shown) = mpsc::channel(16);
    tokio::spawn(async move { while shown.recv().await.is_some() {} });
    let turn = Turn {
        client: client.clone(),
        session_id: session_id.clone(),
        prompt: Prompt {
            message_id: "msg_0000000000001".to_owned(),
            model: Some(ModelRef {
                provider: rehearsal::PROVIDER.to_owned(),
                model: rehearsal::DEFAULT_MODEL.to_owned(),
            }),
            agent: Some("build".to_owned()),
            variant: None,
            system: None,
            parts: vec![PromptPart::Text {
                id: "prt_0000000000001".to_owned(),
                text: "Do it".to_owned(),
            }],
        },
        command: None,
        max_retries: 0,
        retry_budget: Duration::ZERO,
        stall_timeout: Some(Duration::from_secs(60)),
        limits: AgentLimits::default(),
        updates,
        deadline: None,
        include_raw: false,
        outputs: OutputFiles::default(),
        started: TurnStart::default(),
    };
    let permissions = Permissions {
        answer: None,
        policy: Policy::new(
            &PermissionRequest {
                preset: Preset::AutoTools,
                ..PermissionRequest::default()
            },
            &project,
            home.path(),
        ),
        // Not the one with which the engine would be expected to ask about everything.
        preset: Preset::LookOnly,
        switch: ToolsSwitch::Flag,
        gate: None,
        answerer: Answerer::Yes,
        agent_rules: Vec::new(),
        session_rules: Vec::new(),
        directory: project.clone(),
        audit: None,
    };
    let mut driven = turn::drive(
        turn,
        permissions,
        events,
        std::future::pending(),
        std::future::pending(),
    )
    .await;
    assert!(driven.failure.is_none(), "{:?}", driven.failure);
    complete_changes(&client, &session_id, &mut driven.state, Duration::from_secs(10)).await;
    let root = project.canonicalize().unwrap();
    let mut files: Vec<_> = driven
        .state
        .files()
        .iter()
        .map(|file: &FileChange| {
            let path = Path::new(&file.path).strip_prefix(&root).unwrap();
            let path = path.to_string_lossy().into_owned();
            (path, file.status, file.additions, file.deletions)
        })
        .collect();
    files.sort_by(|a, b| a.0.cmp(&b.0));
    files
}

#[tokio::test]
async fn in_a_repository_every_change_is_seen_with_its_lines() {
    let files = changed(|project| {
        git(project, "init -q");
        git(project, "add -A");
        git(project, "commit -q -m first");
    })
    .await;
    let file =
        |name: &str, status, additions, deletions| (name.to_owned(), Some(status), Some(additions), Some(deletions));
    assert_eq!(
        files,
        [
            // Not seen by git, but a tool wrote it.
            file("debug.log", ChangeStatus::Added, 1, 0),
            file("gone.txt", ChangeStatus::Deleted, 0, 2),
            file("kept.txt", ChangeStatus::Modified, 2, 1),
            file("new.txt", ChangeStatus::Added, 2, 0),
            file("shell.txt", ChangeStatus::Added, 1, 0),
            file("sub.txt", ChangeStatus::Added, 1, 0),
        ]
    );
}

#[tokio::test]
async fn without_git_the_changes_of_tools_are_seen() {
    let files = changed(|_| ()).await;
    let file =
        |name: &str, status, additions, deletions| (name.to_owned(), Some(status), Some(additions), Some(deletions));
    assert_eq!(
        files,
        [
            file("debug.log", ChangeStatus::Added, 1, 0),
            file("kept.txt", ChangeStatus::Modified, 2, 1),
            file("new.txt", ChangeStatus::Added, 3, 0),
            file("sub.txt", ChangeStatus::Added, 1, 0),
        ]
    );
}
