//! Conversations: listed, shown, changed, passed on.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use opencode_rs::request::SchemaName;
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::real_engine::RealEngine;
use crate::support::{Finished, LONG, Model, Pty, Sandbox, schemas, until};

/// A model that writes a to-do list, a file and a subagent's file, and reports it.
const BUSY: &str = r#"
[[reply]]
tool_calls = [
    { name = "todowrite", arguments = { todos = [{ content = "one\u001b[31m", status = "completed", priority = "high" }, { content = "two", status = "pending", priority = "low" }] } },
    { name = "write", arguments = { filePath = "new.txt", content = "a\nb\n" } },
    { name = "bash", arguments = { command = "exit 3", description = "fails" } },
    { name = "task", arguments = { description = "sub", prompt = "do", subagent_type = "general" } },
]
reasoning = "Let me think."
[[reply]]
caller = "subagent"
text = "Done below."
[[reply]]
text = "All *done*."
times = "always"
"#;

const ANSWER: &str = "[[reply]]\ntext = \"answered\"\ntimes = \"always\"";

/// The program on sessions, where no engine is needed: none could be found.
fn look(sandbox: &Sandbox, arguments: &[&str]) -> Finished {
    sandbox
        .run_without_engine(["session"].iter().chain(arguments))
        .env("OPENCODE_RS_ENGINE", "/nowhere/opencode")
        .start_at_once()
        .finish()
}

/// The program on sessions, with an engine.
fn session(sandbox: &Sandbox, arguments: &[&str]) -> Finished {
    sandbox.run(["session"].iter().chain(arguments)).finish()
}

/// The document of a command; a conversation is as the engine has it, and has no `type`.
#[track_caller]
fn document(finished: &Finished) -> Value {
    let text = &finished.stdout;
    let value: Value =
        serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}\n{}", finished.stderr));
    if value.get("messages").is_none() {
        return schemas::document(text);
    }
    schemas::expect_valid(SchemaName::Export, &value);
    value
}

fn listed(sandbox: &Sandbox, arguments: &[&str]) -> Vec<Value> {
    let arguments: Vec<&str> = ["list", "--output-format=json"]
        .iter()
        .chain(arguments)
        .copied()
        .collect();
    schemas::items(&look(sandbox, &arguments).expect(0).stdout)
}

fn ids(entries: &[Value]) -> Vec<&str> {
    entries.iter().map(|entry| entry["id"].as_str().unwrap()).collect()
}

/// A conversation with a title, made by a run; its id.
fn converse(sandbox: &Sandbox, script: &str, title: &str, arguments: &[&str]) -> String {
    let finished = sandbox
        .rehearse(
            script,
            ["--title", title, "--output-format=json"].iter().chain(arguments),
        )
        .finish()
        .expect(0);
    finished.record()["session_id"].as_str().unwrap().to_owned()
}

fn git(directory: &Path, arguments: &[&str]) -> bool {
    Command::new("git")
        .args(["-c", "user.name=n", "-c", "user.email=n@example.invalid"])
        .args(arguments)
        .current_dir(directory)
        .status()
        .unwrap()
        .success()
}

/// An export with so many turns, one of which has a prompt of so many bytes.
fn long_conversation(id: &str, title: &str, turns: u64, largest: usize) -> Value {
    let start = 1_760_000_000_000_u64;
    let messages: Vec<Value> = (0..turns)
        .flat_map(|turn| {
            let time = start + turn * 10_000;
            let text = if turn == turns / 2 {
                "é".repeat(largest / 2)
            } else {
                format!("question {turn}")
            };
            let (user, assistant) = (format!("msg_{id}{turn:06}0"), format!("msg_{id}{turn:06}1"));
            let part = |message: &str, number: u64, text: &str| {
                json!({ "id": format!("prt_{id}{turn:06}{number}"), "messageID": message, "sessionID": format!("ses_{id}"),
                    "type": "text", "text": text })
            };
            [
                json!({
                    "info": { "id": user, "sessionID": format!("ses_{id}"), "role": "user", "time": { "created": time },
                        "agent": "build", "model": { "providerID": "rehearsal", "modelID": "scripted" } },
                    "parts": [part(&user, 0, &text)],
                }),
                json!({
                    "info": { "id": assistant, "sessionID": format!("ses_{id}"), "role": "assistant", "parentID": user,
                        "mode": "build", "agent": "build", "path": { "cwd": "/p", "root": "/p" }, "cost": 0,
                        "tokens": { "input": 1, "output": 1, "reasoning": 0, "cache": { "read": 0, "write": 0 } },
                        "providerID": "rehearsal", "modelID": "scripted", "finish": "stop",
                        "time": { "created": time + 1, "completed": time + 2 } },
                    "parts": [part(&assistant, 1, &format!("answer {turn}"))],
                }),
            ]
        })
        .collect();
    json!({
        "info": { "id": format!("ses_{id}"), "title": title, "slug": "a-slug", "version": "1.18.33",
            "directory": "/p", "projectID": "global", "time": { "created": start, "updated": start } },
        "messages": messages,
    })
}

/// Sees that two documents are equal, and shows the first line that is not.
#[track_caller]
fn same(left: &Value, right: &Value) {
    if left != right {
        let lines = [left, right].map(|value| format!("{:#}", sorted(value)));
        let differs = lines[0]
            .lines()
            .zip(lines[1].lines())
            .find(|(left, right)| left != right);
        panic!("{differs:#?}");
    }
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Array(values) => values.iter().map(sorted).collect(),
        Value::Object(values) => {
            let mut entries: Vec<_> = values.iter().collect();
            entries.sort_by_key(|(name, _)| name.as_str());
            entries
                .into_iter()
                .map(|(name, value)| (name.clone(), sorted(value)))
                .collect()
        }
        other => other.clone(),
    }
}

/// The files of the engine's store, with their contents.
fn store_files(sandbox: &Sandbox) -> Vec<(PathBuf, Vec<u8>)> {
    let entries = std::fs::read_dir(sandbox.path("home/.local/share/opencode")).unwrap();
    let mut files: Vec<_> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .map(|path| (path.clone(), std::fs::read(&path).unwrap()))
        .collect();
    files.sort();
    files
}

fn import(sandbox: &Sandbox, conversation: &Value) -> Finished {
    let file = sandbox.write("conversation.json", conversation.to_string());
    session(sandbox, &["import", file.to_str().unwrap()])
}

/// One engine on the sessions of a sandbox, for several commands: each is attached to it.
struct Server<'a> {
    sandbox: &'a Sandbox,
    engine: RealEngine,
}

impl<'a> Server<'a> {
    fn start(sandbox: &'a Sandbox) -> Self {
        let engine = RealEngine::start_in(&sandbox.path("home"), &[]);
        Self { sandbox, engine }
    }

    fn session(&self, arguments: &[&str]) -> Finished {
        let url = self.engine.url();
        let attached = ["--attach", &url];
        let arguments = ["session"].iter().chain(arguments).chain(&attached);
        self.sandbox.attached(arguments).finish()
    }

    fn import(&self, conversation: &Value) -> Finished {
        let file = self.sandbox.write("conversation.json", conversation.to_string());
        self.session(&["import", file.to_str().unwrap()])
    }

    /// `session delete` at a terminal.
    fn delete(&self, reference: &str) -> Pty {
        let line = format!("$OPENCODE_RS session delete {reference} --attach {}", self.engine.url());
        Pty::shell_at_once(self.sandbox, "", &line)
    }
}

#[test]
fn the_store_and_an_engine_tell_the_same() {
    let sandbox = Sandbox::new();
    let project = sandbox.project();
    assert!(git(&project, &["init", "-q"]) && git(&project, &["commit", "-q", "--allow-empty", "-m", "first"]));
    let busy = converse(&sandbox, BUSY, "Busy work", &["--auto-tools", "--yes", "Do it"]);
    std::fs::create_dir(sandbox.path("elsewhere")).unwrap();
    let elsewhere = sandbox.path("elsewhere");
    let other = converse(&sandbox, ANSWER, "Other", &["-d", elsewhere.to_str().unwrap(), "Hi"]);
    let mut formed = long_conversation("5555a", "Formed", 1, 2);
    formed["messages"][0]["info"]["format"] = json!({ "type": "text" });
    import(&sandbox, &formed).expect(0);
    let formed = "ses_5555a";
    let title = "title=Busy \u{1b}[31mwork";
    let renamed = sandbox.run(["api", "PATCH", &format!("/session/{busy}"), "-F", title]);
    renamed.finish().expect(0);

    let here = listed(&sandbox, &[]);
    assert_eq!(ids(&here), [busy.as_str(), formed]);
    let all = listed(&sandbox, &["--all", "--children"]);
    assert_eq!(all.len(), 4, "{all:#?}");
    assert_eq!(
        ids(&listed(&sandbox, &["--all", "--search", "OTHER"])),
        [other.as_str()]
    );
    let one = look(&sandbox, &["list", "--limit", "1"]).expect(0);
    assert!(
        one.stdout.starts_with(&busy) && one.stdout.lines().count() == 1,
        "{}",
        one.stdout
    );
    one.says(&["there are more: `--limit 0` shows all"]);
    // No title reaches a reader of lines as anything but words.
    let text = look(&sandbox, &["list"]).expect(0).stdout;
    assert!(text.contains("Busy work") && !text.contains('\u{1b}'), "{text}");

    let shown = look(&sandbox, &["show", &busy]).expect(0).stdout;
    for words in [
        "## Prompt 1\n\nDo it\n",
        "- `write` `new.txt`\n",
        "- `bash` `exit 3` (exit status 3)\n",
        "- `task` `sub`\n",
        "\nAll *done*.\n",
    ] {
        assert!(shown.contains(words), "no {words:?} in\n{shown}");
    }
    assert!(!shown.contains("Let me think"), "{shown}");
    let thinking = look(&sandbox, &["show", "--thinking", &busy]).expect(0).stdout;
    assert!(thinking.contains("> Let me think."), "{thinking}");
    let todo = look(&sandbox, &["todo", &busy]).expect(0).stdout;
    assert_eq!(todo, "completed\thigh\tone\npending\tlow\ttwo\n");
    // Which an engine does not list.
    look(&sandbox, &["show", formed]).expect(0);

    let engine = RealEngine::start_in(&sandbox.path("home"), &[]);
    let url = engine.url();
    let asked = |arguments: &[&str]| {
        let finished = sandbox
            .run_without_engine(["session"].iter().chain(arguments).chain(&["--attach", &url]))
            .start_at_once()
            .finish();
        document(&finished.expect(0))
    };
    for arguments in [
        &["list", "--output-format=json"][..],
        &["list", "--output-format=json", "--all", "--children", "--archived"],
        &["list", "--output-format=json", "--all", "--search", "BUS"],
        &["list", "--output-format=json", "--limit", "1"],
        &["show", "--output-format=json", &busy],
        &["show", "--output-format=json", &other],
        &["export", &busy],
        &["todo", "--output-format=json", &busy],
    ] {
        let stored = document(&look(&sandbox, arguments).expect(0));
        same(&stored, &asked(arguments));
    }
    // While an engine uses the store. The engine may write once by itself.
    until("a look changes nothing", LONG, || {
        let before = store_files(&sandbox);
        look(&sandbox, &["list"]).expect(0);
        look(&sandbox, &["show", &busy]).expect(0);
        (before == store_files(&sandbox)).then_some(())
    });
    let refused = sandbox.run_without_engine(["session", "show", formed, "--attach", &url]);
    refused
        .start_at_once()
        .finish()
        .expect(126)
        .says(&["does not list a conversation in which an answer had a schema"]);
}

#[test]
fn a_session_that_is_not_the_only_one_or_not_here_is_refused_with_what_there_is() {
    let sandbox = Sandbox::new();
    let look_for = |reference: &str| look(&sandbox, &["show", reference]);
    // The store does not exist yet: the engine would have to be asked, and there is no engine.
    look_for("x").expect(127);
    let server = Server::start(&sandbox);
    server
        .import(&long_conversation("aaaa1", "Same", 1, 2))
        .expect(0)
        .writes("ses_aaaa1\n");
    server.import(&long_conversation("aaaa2", "Same", 1, 2)).expect(0);
    server
        .import(&long_conversation("bbbb1", "Release notes", 1, 2))
        .expect(0);

    look_for("aaaa").expect(2).says(&[
        "cannot tell which session `aaaa` is: 2 could be meant",
        "`ses_aaaa1` \"Same\"",
        "`ses_aaaa2` \"Same\"",
        " ago",
    ]);
    look_for("Same").expect(2);
    look_for("ses_aaaa1").expect(0);
    look_for("bbbb").expect(0);
    look_for("Release")
        .expect(2)
        .says(&["did you mean `ses_bbbb1` \"Release notes\""]);
    let elsewhere = sandbox.path("tmp");
    let from_elsewhere = |arguments: &[&str]| {
        let directory = ["-d", elsewhere.to_str().unwrap()];
        let arguments: Vec<&str> = arguments.iter().chain(&directory).copied().collect();
        look(&sandbox, &arguments)
    };
    from_elsewhere(&["show", "bbbb"]).expect(2).says(&[
        "cannot find session `bbbb` in this directory",
        &format!("is of `{}`", sandbox.project().display()),
        "--all",
    ]);
    from_elsewhere(&["show", "bbbb", "--all"]).expect(0);
    from_elsewhere(&["show", "ses_bbbb1"]).expect(0);
    from_elsewhere(&["show"]).expect(2).says(&["there is none yet"]);
    let nothing = from_elsewhere(&["list"]).expect(0).writes("");
    nothing.says(&["this directory has no sessions"]);
}

#[test]
fn a_session_is_exported_deleted_and_imported_again() {
    let sandbox = Sandbox::new();
    let id = converse(&sandbox, BUSY, "Work", &["--auto-tools", "--yes", "Do it in /home"]);
    let exported = sandbox.path("work.json");
    let file = exported.to_str().unwrap();
    look(&sandbox, &["export", &id, "-o", file]).expect(0).writes("");
    let before: Value = serde_json::from_str(&sandbox.read("work.json")).unwrap();
    look(&sandbox, &["export", &id, "-o", file])
        .expect(2)
        .says(&["it exists", "--force"]);
    look(&sandbox, &["export", &id, "-o", file, "--force", "--format=markdown"]).expect(0);
    assert!(sandbox.read("work.json").starts_with("# Work\n"));
    look(&sandbox, &["import", file])
        .expect(2)
        .says(&["it is not an export of a session"]);
    look(&sandbox, &["export", &id, "-o", file, "--force"]).expect(0);

    look(&sandbox, &["import", file])
        .expect(2)
        .says(&["it is there already", "--copy"]);
    look(&sandbox, &["delete", &id])
        .expect(2)
        .says(&["cannot delete 1 session: nobody is there to say yes", "--yes"]);
    session(&sandbox, &["delete", "--yes", &id]).expect(0).writes("");
    assert_eq!(listed(&sandbox, &["--all", "--children"]), Vec::<Value>::new());
    look(&sandbox, &["show", &id]).expect(2);

    session(&sandbox, &["import", file])
        .expect(0)
        .writes(&format!("{id}\n"));
    let again = document(&look(&sandbox, &["export", &id]).expect(0));
    let mut expected = before.clone();
    // Rules stay behind.
    expected["info"].as_object_mut().unwrap().remove("permission");
    same(&again, &expected);

    let copied = session(&sandbox, &["import", file, "--copy", "--title", "A copy"]).expect(0);
    let copy = copied.stdout.trim().to_owned();
    assert_ne!(copy, id);
    let of = |session: &str| {
        let shown = look(&sandbox, &["show", session]).expect(0).stdout;
        let at = shown.find("## ").unwrap();
        shown[at..].to_owned()
    };
    assert_eq!(of(&copy), of(&id));

    let sanitized = look(&sandbox, &["export", "--sanitize", &id]).expect(0).stdout;
    assert!(
        sanitized.contains("All *done*.") && sanitized.contains("exit 3"),
        "{sanitized}"
    );
    for secret in [r"a\nb\n", sandbox.path("home").to_str().unwrap(), "Let me think"] {
        assert!(!sanitized.contains(secret), "{secret:?} in {sanitized}");
    }
    let file = sandbox.write("sanitized.json", &sanitized);
    session(&sandbox, &["import", file.to_str().unwrap(), "--copy"]).expect(0);
    sandbox.expect_nothing_left();
}

#[test]
fn what_an_engine_does_not_take_leaves_nothing() {
    let sandbox = Sandbox::new();
    let mut bad = long_conversation("cccc1", "Bad", 2, 2);
    bad["messages"][3]["parts"][0]["type"] = json!("of another engine");
    import(&sandbox, &bad)
        .expect(2)
        .writes("")
        .says(&["cannot import the session: the engine does not take it"]);
    assert_eq!(listed(&sandbox, &["--all"]), Vec::<Value>::new());
    // Message ids that another session uses are not taken over.
    import(&sandbox, &long_conversation("dddd1", "First", 1, 2)).expect(0);
    let first = document(&look(&sandbox, &["export", "dddd1"]).expect(0));
    let mut second = long_conversation("dddd1", "Second", 1, 2);
    second["info"]["id"] = json!("ses_dddd2");
    for message in second["messages"].as_array_mut().unwrap() {
        message["info"]["sessionID"] = json!("ses_dddd2");
        message["parts"][0]["sessionID"] = json!("ses_dddd2");
        message["parts"][0]["text"] = json!("of the second");
    }
    import(&sandbox, &second).expect(0);
    same(&document(&look(&sandbox, &["export", "dddd1"]).expect(0)), &first);
    let shown = look(&sandbox, &["show", "dddd2"]).expect(0).stdout;
    assert_eq!(shown.matches("of the second").count(), 2, "{shown}");
}

#[test]
fn a_long_conversation_with_a_large_message_is_handled_in_seconds() {
    const LIMIT: Duration = LONG;
    let sandbox = Sandbox::new();
    let conversation = long_conversation("eeee1", "Long", 200, 5_000_000);
    let begin = Instant::now();
    import(&sandbox, &conversation).expect(0);
    let shown = look(&sandbox, &["show", "eeee1"]).expect(0).stdout;
    assert!(shown.len() > 5_000_000 && shown.ends_with("## Answer\n\nanswer 199\n"));
    assert_eq!(listed(&sandbox, &[]).len(), 1);
    let exported = document(&look(&sandbox, &["export", "eeee1"]).expect(0));
    same(&exported["messages"], &conversation["messages"]);
    let copy = session(&sandbox, &["fork", "eeee1", "--at", "150"]).expect(0);
    let copy = copy.stdout.trim();
    let messages = |id: &str| {
        let exported = document(&look(&sandbox, &["export", id]).expect(0));
        exported["messages"].as_array().unwrap().len()
    };
    assert_eq!((messages("eeee1"), messages(copy)), (400, 300));
    assert!(begin.elapsed() < LIMIT, "{:?}", begin.elapsed());

    let engine = RealEngine::start_in(&sandbox.path("home"), &[]);
    let attached = sandbox
        .run_without_engine(["session", "export", "eeee1", "--attach", &engine.url()])
        .start_at_once()
        .finish();
    same(&document(&attached.expect(0)), &exported);
    drop(engine);

    let goes_on = sandbox.run(["-s", "eeee1", "--rehearse", "--output-format", "json", "and now"]);
    let goes_on = goes_on.env("OPENCODE_DB", sandbox.database());
    let record = goes_on.finish().expect(0).record();
    assert_eq!(record["session_id"], "ses_eeee1");
    let answer = record["result"].as_str().unwrap();
    assert!(answer.ends_with("The prompt begins: and now"), "{answer}");
}

#[test]
fn prompts_are_undone_with_their_files_and_that_is_taken_back() {
    let sandbox = Sandbox::new();
    let project = sandbox.project();
    sandbox.write("project/kept.txt", "one\ntwo\n");
    assert!(git(&project, &["init", "-q"]) && git(&project, &["add", "-A"]));
    assert!(git(&project, &["commit", "-q", "-m", "first"]));
    let script = r#"
[[reply]]
tool_calls = [
    { name = "write", arguments = { filePath = "new.txt", content = "a\n" } },
    { name = "read", arguments = { filePath = "kept.txt" } },
]
[[reply]]
tool_calls = [{ name = "edit", arguments = { filePath = "kept.txt", oldString = "one", newString = "uno" } }]
[[reply]]
text = "Done."
"#;
    let id = converse(&sandbox, script, "Change", &["--auto-tools", "Do it"]);
    assert_eq!(sandbox.read("project/kept.txt"), "uno\ntwo\n");

    let diff = look(&sandbox, &["diff", &id]).expect(0).stdout;
    for line in [
        "diff --git a/kept.txt b/kept.txt\n",
        "\n-one\n+uno\n",
        "\n--- /dev/null\n+++ b/new.txt\n",
        "\n+a\n",
    ] {
        assert!(diff.contains(line), "no {line:?} in\n{diff}");
    }
    let patch = sandbox.write("change.diff", &diff);
    assert!(
        git(&project, &["apply", "--check", "--reverse", patch.to_str().unwrap()]),
        "{diff}"
    );

    look(&sandbox, &["revert", &id])
        .expect(2)
        .says(&["cannot undo the last prompt", "--yes"]);
    let server = Server::start(&sandbox);
    server.session(&["revert", "--yes", &id]).expect(0).writes("");
    assert_eq!(sandbox.read("project/kept.txt"), "one\ntwo\n");
    assert!(!sandbox.path("project/new.txt").exists());
    let shown = look(&sandbox, &["show", &id]).expect(0);
    assert!(!shown.stdout.contains("Do it"), "{}", shown.stdout);
    shown.says(&["messages are undone and not shown"]);
    look(&sandbox, &["revert", "--yes", &id])
        .expect(2)
        .says(&["it has no prompts"]);

    server.session(&["unrevert", &id]).expect(0);
    assert_eq!(sandbox.read("project/kept.txt"), "uno\ntwo\n");
    assert_eq!(sandbox.read("project/new.txt"), "a\n");
    look(&sandbox, &["unrevert", &id])
        .expect(2)
        .says(&["nothing is undone"]);
    look(&sandbox, &["revert", "--to", "7", "--yes", &id])
        .expect(2)
        .says(&["cannot find prompt 7: the conversation has 1"]);
}

#[test]
fn a_session_is_renamed_copied_compacted_and_found_idle() {
    let sandbox = Sandbox::new();
    let id = converse(&sandbox, ANSWER, "First", &["Say it"]);
    let server = Server::start(&sandbox);
    server.session(&["rename", "First", "Second"]).expect(0).writes("");
    let renamed = listed(&sandbox, &[]);
    assert_eq!(renamed[0]["title"], "Second");

    let copy = server.session(&["fork", "Second", "--title", "Copy"]).expect(0);
    let copy = copy.stdout.trim().to_owned();
    let titles: Vec<Value> = listed(&sandbox, &[])
        .iter()
        .map(|entry| entry["title"].clone())
        .collect();
    assert_eq!(titles, ["Copy", "Second"]);
    look(&sandbox, &["fork", "Second", "--at", "9"]).expect(2);

    server.session(&["abort", &id]).expect(0).says(&["no turn runs in"]);

    // No outside address is reachable, so nothing can be published.
    look(&sandbox, &["share", &id])
        .expect(2)
        .says(&["nobody is there to say yes"]);
    server.session(&["unshare", &id]).expect(0).says(&["is not shared"]);
    drop(server);

    look(&sandbox, &["compact", "--model", "nobody/nothing", &copy]).expect(127);
    let script = sandbox.write("script.toml", ANSWER);
    let rehearse = format!("--rehearse={}", script.display());
    let compact = |arguments: &[&str]| {
        let run = sandbox.run(["session", "compact", &rehearse].iter().chain(arguments));
        run.env("OPENCODE_DB", sandbox.database()).finish()
    };
    compact(&["--model", "nobody/nothing", &copy]).expect(2);
    compact(&[&copy]).expect(0).says(&["is compacted"]);
    let shown = look(&sandbox, &["show", &copy]).expect(0).stdout;
    assert!(
        shown.contains("## Summary of what came before\n\nThis was a rehearsal"),
        "{shown}"
    );
}

#[test]
fn old_sessions_are_pruned_after_a_look_at_what_would_go() {
    let sandbox = Sandbox::new();
    let young = converse(&sandbox, ANSWER, "Young", &["Say it"]);
    let server = Server::start(&sandbox);
    server.import(&long_conversation("ffff1", "Old", 1, 2)).expect(0);
    let dry = look(&sandbox, &["prune", "--older-than", "30d", "--dry-run"]).expect(0);
    assert!(
        dry.stdout.starts_with("ses_ffff1\t") && dry.stdout.lines().count() == 1,
        "{}",
        dry.stdout
    );
    dry.says(&["1 session would be deleted"]);
    let told = look(
        &sandbox,
        &["prune", "--older-than=30d", "--dry-run", "--output-format=json"],
    )
    .expect(0);
    assert_eq!(document(&told)["would_delete"][0]["id"], "ses_ffff1");
    look(&sandbox, &["prune", "--older-than", "30d"])
        .expect(2)
        .says(&["--yes"]);
    look(&sandbox, &["prune", "--older-than", "999d"])
        .expect(0)
        .says(&["no session is older than 999d"]);
    assert_eq!(listed(&sandbox, &[]).len(), 2);
    server
        .session(&["prune", "--older-than", "30d", "--yes"])
        .expect(0)
        .says(&["deleted 1 session"]);
    assert_eq!(ids(&listed(&sandbox, &[])), [young]);
}

#[test]
fn a_session_that_another_command_works_on_is_left_alone() {
    let sandbox = Sandbox::new();
    let server = Server::start(&sandbox);
    server.import(&long_conversation("abcd1", "Worked on", 1, 2)).expect(0);
    let path = sandbox.path("home/.local/state/opencode-rs/locks/session-ses_abcd1.lock");
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let file = std::fs::File::create(&path).unwrap();
    file.lock().unwrap();
    look(&sandbox, &["revert", "--yes", "abcd1"])
        .expect(1)
        .says(&["another command is using it", "session abort ses_abcd1"]);
    server
        .session(&["delete", "--yes", "abcd1"])
        .expect(1)
        .says(&["another command is using it"]);
    server
        .session(&["prune", "--yes", "--older-than", "1d"])
        .expect(0)
        .says(&["stays: it is at work", "deleted 0 sessions"]);
    server
        .session(&["abort", "abcd1"])
        .expect(1)
        .says(&["another command does it", "interrupt that command"]);
    drop(file);
    server.session(&["delete", "--yes", "abcd1"]).expect(0);
    assert_eq!(listed(&sandbox, &[]), Vec::<Value>::new());
}

#[test]
fn a_person_is_asked_before_a_session_is_deleted_and_enter_alone_keeps_it() {
    let sandbox = Sandbox::new();
    let server = Server::start(&sandbox);
    server
        .import(&long_conversation("abab1", "Dear \u{1b}[2J", 1, 2))
        .expect(0);
    let mut pty = server.delete("abab1");
    let screen = pty.wait_for("Really delete 1 session?");
    assert!(screen.contains("`ses_abab1` \"Dear\""), "{screen}");
    pty.send("\r");
    assert_eq!(pty.finish(), 1);
    assert!(pty.screen().contains("the answer was no"), "{}", pty.screen());
    drop(pty);
    assert_eq!(listed(&sandbox, &[]).len(), 1);

    let mut pty = server.delete("abab1");
    pty.wait_for("Really delete 1 session?");
    pty.send("\u{3}");
    assert_eq!(pty.finish(), 130);
    drop(pty);
    assert_eq!(listed(&sandbox, &[]).len(), 1);

    let mut pty = server.delete("abab1");
    pty.wait_for("Really delete 1 session?");
    pty.send("\u{1b}[B\r");
    assert_eq!(pty.finish(), 0);
    drop(pty);
    assert_eq!(listed(&sandbox, &[]), Vec::<Value>::new());
    drop(server);
    sandbox.expect_nothing_left();
}

#[test]
fn a_conversation_is_rendered_on_a_terminal_without_what_it_would_obey() {
    let sandbox = Sandbox::new();
    let mut conversation = long_conversation("acac1", "Evil", 1, 2);
    conversation["messages"][1]["parts"][0]["text"] = json!("# Head\n\u{1b}]0;owned\u{7}**bold**");
    import(&sandbox, &conversation).expect(0);
    let mut pty = Pty::shell(&sandbox, "", "$OPENCODE_RS session show acac1");
    assert_eq!(pty.finish(), 0);
    let screen = pty.wait_for("bold");
    assert!(!screen.contains("**"), "{screen}");
    assert!(!pty.everything().contains("owned"), "{:?}", pty.everything());
    drop(pty);
    // In a pipe the output is unchanged.
    let shown = look(&sandbox, &["show", "acac1"]).expect(0).stdout;
    assert!(shown.contains("\u{1b}]0;owned\u{7}**bold**"), "{shown:?}");
}

#[test]
fn sessions_of_a_directory_that_is_gone_are_listed_and_deleted() {
    let sandbox = Sandbox::new();
    let gone = sandbox.path("gone");
    std::fs::create_dir(&gone).unwrap();
    let id = converse(&sandbox, ANSWER, "Gone", &["-d", gone.to_str().unwrap(), "Hi"]);
    std::fs::remove_dir_all(&gone).unwrap();
    assert_eq!(ids(&listed(&sandbox, &["--all"])), [id.as_str()]);
    look(&sandbox, &["show", &id]).expect(0);
    session(&sandbox, &["delete", "--yes", "--all", "Gone"]).expect(0);
    assert_eq!(listed(&sandbox, &["--all"]), Vec::<Value>::new());
    assert!(!gone.exists());
}

#[test]
fn a_session_at_work_is_not_changed_and_abort_ends_its_turn() {
    let sandbox = Sandbox::new();
    let model = Model::start(
        "[[reply]]\nmatch = \"Wait\"\ntext = \"one two\"\nfault = \"stall\"\nafter_chunks = 1\ntimes = \"always\"\n\
         [[reply]]\ncaller = \"summary\"\ntext = \"one two\"\nfault = \"stall\"\nafter_chunks = 1\ntimes = \"always\"\n\
         [[reply]]\ntext = \"answered\"\ntimes = \"always\"",
    );
    let config = model.engine_config();
    let engine = RealEngine::with_model(&sandbox.path("home"), &config, &[]);
    let url = engine.url();
    let attached = |arguments: &[&str]| {
        sandbox
            .run_without_engine(arguments.iter().chain(&["--attach", &url]))
            .start_at_once()
    };
    let mut run = attached(&["--title", "At work", "Wait"]);
    run.wait_for_stdout("one");
    let on_it = |arguments: &[&str]| {
        let arguments: Vec<&str> = ["session"].iter().chain(arguments).copied().collect();
        attached(&arguments).finish()
    };
    for arguments in [
        &["revert", "--yes", "At work"][..],
        &["delete", "--yes", "At work"],
        &["compact", "At work"],
    ] {
        on_it(arguments)
            .expect(1)
            .says(&["another command is using it", "session abort ses_"]);
    }
    on_it(&["abort", "At work"]).expect(0).says(&["ended what"]);
    run.finish().expect(1);
    on_it(&["abort", "At work"]).expect(0).says(&["no turn runs in"]);

    // A kept conversation has its name here too, and is not pruned.
    let kept = attached(&["-k", "--name", "docs", "--title", "Kept", "Say it"]);
    kept.finish().expect(0).writes("answered\n");
    assert_eq!(listed(&sandbox, &["--search", "Kept"])[0]["name"], "docs");
    let shown = look(&sandbox, &["show", "docs"]).expect(0).stdout;
    assert!(shown.starts_with("# Kept\n"), "{shown}");
    let prune = look(&sandbox, &["prune", "--older-than", "0", "--dry-run"]).expect(0);
    assert!(
        prune.stdout.contains("At work") && !prune.stdout.contains("Kept"),
        "{}",
        prune.stdout
    );
    prune.says(&["not counted: 1 session kept under a name"]);
    let all = look(&sandbox, &["prune", "--older-than", "0", "--dry-run", "--kept"]).expect(0);
    assert_eq!(all.stdout.lines().count(), 2);

    // A compaction that is interrupted is over on the server too.
    let before = model.count();
    let summary = attached(&["session", "compact", "At work"]);
    until("the model is asked", LONG, || (model.count() > before).then_some(()));
    summary.signal(Signal::INT);
    summary.finish().expect(130);
    on_it(&["abort", "At work"]).expect(0).says(&["no turn runs in"]);
    on_it(&["delete", "--yes", "At work"]).expect(0);
}

#[test]
fn code_of_another_directory_does_not_run_because_a_session_of_it_is_named() {
    let sandbox = Sandbox::new();
    let elsewhere = sandbox.path("elsewhere");
    std::fs::create_dir(&elsewhere).unwrap();
    let id = converse(&sandbox, ANSWER, "Other", &["-d", elsewhere.to_str().unwrap(), "Hi"]);
    let canary = sandbox.path("canary");
    sandbox.write(
        "elsewhere/.opencode/plugin/x.js",
        format!("require('fs').writeFileSync({:?}, '');", canary.to_str().unwrap()),
    );
    look(&sandbox, &["show", &id]).expect(0);
    session(&sandbox, &["rename", &id, "Mine"]).expect(2).says(&["--trust"]);
    session(&sandbox, &["delete", "--yes", &id])
        .expect(2)
        .says(&["--trust"]);
    session(&sandbox, &["prune", "--all", "--yes", "--older-than", "0"])
        .expect(2)
        .says(&["--trust"]);
    assert!(!canary.exists());
    assert_eq!(ids(&listed(&sandbox, &["--all"])), [id.as_str()]);
}

#[test]
fn a_rehearsal_is_not_among_the_real_sessions() {
    let sandbox = Sandbox::new();
    import(&sandbox, &long_conversation("5555a", "Real", 1, 2)).expect(0);
    let keep = sandbox.run(["-k", "--keep-for", "1s", "--rehearse", "Hello"]);
    keep.finish().expect(0);
    assert_eq!(ids(&listed(&sandbox, &[])), ["ses_5555a"]);
    let rehearsed = listed(&sandbox, &["--rehearse"]);
    assert_eq!((rehearsed.len(), &rehearsed[0]["name"]), (1, &json!("default")));
    let goes_on = sandbox.run(["-c", "--rehearse", "--output-format", "json", "And now"]);
    assert_eq!(goes_on.finish().expect(0).record()["session_id"], rehearsed[0]["id"]);
    assert!(!sandbox.path("home/.local/state/opencode-rs/conversations").exists());
}
