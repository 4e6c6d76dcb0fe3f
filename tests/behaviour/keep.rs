//! Conversations that go on.

use std::path::Path;

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::real_engine::RealEngine;
use crate::support::{Finished, Model, Running, Sandbox};

/// Answers that say which prompt they are for, each with the same usage.
const ECHOES: &str = "\
    [[reply]]\nmatch = \"Alice\"\ntext = \"Hello Alice\"\nusage = { input = 100, output = 10 }\ntimes = \"always\"\n\
    [[reply]]\nmatch = \"name\"\ntext = \"You are Alice\"\nusage = { input = 100, output = 10 }\ntimes = \"always\"\n\
    [[reply]]\nmatch = \"slow\"\ntext = \"one two three four five six seven\"\nchunk_delay = \"1s\"\ntimes = \"always\"\n\
    [[reply]]\ntext = \"answered\"\nusage = { input = 100, output = 10 }\ntimes = \"always\"";

/// A server of another program, and runs attached to it: many runs for the start of one engine.
struct World {
    // The engine goes before the directories that it works in.
    engine: RealEngine,
    model: Model,
    sandbox: Sandbox,
    runtime: tokio::runtime::Runtime,
}

impl World {
    fn new(script: &str) -> Self {
        Self::with_config(script, |config| config)
    }

    fn with_config(script: &str, change: impl FnOnce(Value) -> Value) -> Self {
        let sandbox = Sandbox::new();
        let model = Model::start(script);
        let config = change(serde_json::from_str(&model.engine_config()).unwrap()).to_string();
        let engine = RealEngine::with_model(&sandbox.path(""), &config, &[]);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        Self {
            engine,
            model,
            sandbox,
            runtime,
        }
    }

    fn start(&self, arguments: &[&str]) -> Running {
        let url = self.engine.url();
        let all = ["--attach", &url, "--output-format", "json"];
        self.sandbox
            .run_without_engine(all.iter().chain(arguments))
            .start_at_once()
    }

    #[track_caller]
    fn run(&self, arguments: &[&str]) -> Value {
        self.start(arguments).finish().expect(0).record()
    }

    #[track_caller]
    fn refused(&self, arguments: &[&str]) -> Finished {
        self.start(arguments).finish().expect(2)
    }

    fn get(&self, path: &str) -> Value {
        self.runtime.block_on(self.engine.get(path))
    }

    fn session(&self, id: &str) -> Value {
        self.get(&format!("/session/{id}"))
    }

    /// The texts of a session's messages, each as `role: text`.
    fn messages(&self, id: &str) -> Vec<String> {
        let messages = self.get(&format!("/session/{id}/message"));
        let text = |message: &Value| -> String {
            let parts = message["parts"].as_array().unwrap();
            parts.iter().filter_map(|part| part["text"].as_str()).collect()
        };
        let messages = messages.as_array().unwrap().iter();
        messages
            .map(|message| format!("{}: {}", message["info"]["role"].as_str().unwrap(), text(message)))
            .collect()
    }
}

fn id_of(record: &Value) -> &str {
    record["session_id"].as_str().unwrap()
}

#[test]
fn a_kept_conversation_goes_on_and_counts_each_turn_alone() {
    let world = World::new(ECHOES);
    let first = world.run(&["-k", "I am Alice"]);
    let second = world.run(&["-k", "Which name?"]);
    assert_eq!(
        world.model.conversation(),
        ["user: I am Alice", "assistant: Hello Alice", "user: Which name?"]
    );
    assert_eq!(id_of(&first), id_of(&second));
    let facts = |record: &Value| {
        json!([
            record["conversation"],
            record["resumed"],
            record["result"],
            record["turns"]
        ])
    };
    assert_eq!(facts(&first), json!(["default", false, "Hello Alice", 1]));
    assert_eq!(facts(&second), json!(["default", true, "You are Alice", 1]));
    assert_eq!(first["usage"], second["usage"]);
    assert_eq!(first["cost_usd"], second["cost_usd"]);

    // Other names and other directories are other conversations; so is a prompt without any.
    let other = world.sandbox.path("other");
    std::fs::create_dir(&other).unwrap();
    let other = other.to_str().unwrap();
    for arguments in [
        &["--name", "other", "Which name?"][..],
        &["-k", "-d", other, "Which name?"],
        &["Which name?"],
    ] {
        let record = world.run(arguments);
        assert_eq!(record["resumed"], false, "{arguments:?}");
        assert_ne!(id_of(&record), id_of(&first), "{arguments:?}");
        assert_eq!(world.model.conversation(), ["user: Which name?"], "{arguments:?}");
    }
    // A shell completes the kept names, and what the engine offered.
    let offered = |line: &[&str]| {
        let words = ["--", "opencode-rs"].iter().chain(line);
        let run = world.sandbox.run_without_engine(words);
        run.env("OPENCODE_RS_COMPLETE", "fish").finish().expect(0).stdout
    };
    assert_eq!(offered(&["-s", ""]), "other\ndefault\n");
    assert!(offered(&["-m", "rehearsal/"]).contains("rehearsal/scripted\n"));
    assert!(offered(&["--agent", ""]).contains("plan\n"));
    let record = world.run(&["--name", "other", "Say it"]);
    assert_eq!(facts(&record), json!(["other", true, "answered", 1]));

    // The rules are as they were: nothing was added to them.
    let rules = |record: &Value| world.session(id_of(record))["permission"].clone();
    assert_eq!(rules(&second), rules(&world.run(&["Say it"])));

    // Starting over leaves the old one where it is.
    let finished = world.start(&["-k", "--new", "-v", "Which name?"]).finish().expect(0);
    let third = finished
        .says(&[&format!("conversation default was session {}", id_of(&first))])
        .record();
    assert_eq!(facts(&third), json!(["default", false, "You are Alice", 1]));
    assert_ne!(id_of(&third), id_of(&first));
    assert_eq!(world.messages(id_of(&first)).len(), 4);
    assert_eq!(id_of(&world.run(&["-k", "Say it"])), id_of(&third));
}

#[test]
fn a_session_is_found_by_all_its_names_and_copied_and_named_anew() {
    let world = World::new(ECHOES);
    let finished = world.refused(&["-c", "Say it"]);
    let said = finished.says(&[
        "error: cannot go on with the last session: there is none in `",
        "hint: leave out `--continue`",
    ]);
    assert_eq!(said.record()["error"]["kind"], "usage");

    let kept = world.run(&["--name", "work", "--title", "Greetings", "I am Alice"]);
    let id = id_of(&kept).to_owned();
    let short = &id[..id.len() - 4];
    for reference in [&id, short, short.strip_prefix("ses_").unwrap(), "work", "Greetings"] {
        let record = world.run(&["-s", reference, "Which name?"]);
        assert_eq!(
            (id_of(&record), &record["resumed"]),
            (id.as_str(), &json!(true)),
            "{reference}"
        );
        assert_eq!(record["conversation"], Value::Null);
    }
    let other = world.run(&["--title", "Greetings", "Say it"]);
    assert_eq!(id_of(&world.run(&["-c", "Say it"])), id_of(&other));

    world.refused(&["-s", "Greetings", "Say it"]).says(&[
        "cannot tell which session `Greetings` is: 2 could be meant",
        &id,
        id_of(&other),
    ]);
    world.refused(&["-s", "wrok", "Say it"]).says(&["did you mean `work`?"]);
    world
        .refused(&["-s", "ses_000000000000aaaaaaaaaaaaaa", "Say it"])
        .says(&[
            "cannot find session `ses_000000000000aaaaaaaaaaaaaa`",
            "`opencode-rs session list`",
        ]);

    // A copy goes on, and the original stays as it is.
    let before = world.messages(&id);
    let copy = world.run(&["-s", &id, "--fork", "--title", "Copy", "Which name?"]);
    assert_ne!(id_of(&copy), id);
    assert_eq!((&copy["resumed"], &copy["turns"]), (&json!(true), &json!(1)));
    assert_eq!(copy["usage"], kept["usage"]);
    assert_eq!(world.session(id_of(&copy))["title"], "Copy");
    assert_eq!(world.messages(&id), before);
    assert_eq!(world.messages(id_of(&copy)).len(), before.len() + 2);
    assert_eq!(id_of(&world.run(&["--name", "work", "Say it"])), id);
    let kept_copy = world.run(&["--name", "work", "--fork", "Say it"]);
    assert_ne!(id_of(&kept_copy), id);
    assert_eq!(id_of(&world.run(&["--name", "work", "Say it"])), id_of(&kept_copy));
    world.refused(&["--name", "none", "--fork", "Say it"]).says(&[
        "cannot copy conversation `none`: nothing is kept under this name",
        "other conversations kept here: `work`",
    ]);
    let passing = world.run(&["-c", "--fork", "--ephemeral", "Say it"]);
    let ids: Vec<Value> = world
        .get("/session")
        .as_array()
        .unwrap()
        .iter()
        .map(|session| session["id"].clone())
        .collect();
    assert!(
        ids.contains(&json!(id)) && !ids.contains(&passing["session_id"]),
        "{ids:?}"
    );

    world.run(&["-s", &id, "--title", "Farewells", "Say it"]);
    assert_eq!(world.session(&id)["title"], "Farewells");
    world.run(&["-s", &id, "Say it"]);
    assert_eq!(world.session(&id)["title"], "Farewells");

    // In another directory the session belongs to another project.
    let elsewhere = world.sandbox.path("elsewhere");
    std::fs::create_dir(&elsewhere).unwrap();
    let elsewhere = elsewhere.to_str().unwrap();
    let project = world.sandbox.project();
    let project = project.to_str().unwrap();
    world.refused(&["-d", elsewhere, "-s", &id, "Say it"]).says(&[
        &format!("it belongs to `{project}`"),
        &format!("hint: add `-d {project}`"),
    ]);
    world
        .refused(&["-d", elsewhere, "-s", "work", "Say it"])
        .says(&[&format!("`work` is kept for `{project}`: add `-d {project}`")]);
    world
        .refused(&["-d", elsewhere, "-c", "Say it"])
        .says(&["there is none in `"]);
}

/// The file in which the program stores which session a name means.
fn record_of(sandbox: &Sandbox, name: &str) -> std::path::PathBuf {
    let conversations = sandbox.path("home/.local/state/opencode-rs/conversations");
    let directories: Vec<_> = std::fs::read_dir(conversations)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    directories[0].join(format!("{name}.json"))
}

fn point_at(file: &Path, session: &str) {
    let mut record: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    record["session_id"] = json!(session);
    std::fs::write(file, record.to_string()).unwrap();
}

#[test]
fn a_kept_session_that_is_gone_or_foreign_is_an_error_and_no_new_one() {
    let world = World::new(ECHOES);
    world.run(&["--name", "work", "Say it"]);
    let record = world.run(&["-k", "I am Alice"]);
    let file = record_of(&world.sandbox, "default");
    let requests = world.model.count();

    point_at(&file, "ses_000000000000aaaaaaaaaaaaaa");
    let finished = world.refused(&["-k", "Say it"]);
    let said = finished.says(&[
        "error: cannot go on with conversation `default`: its session `ses_000000000000aaaaaaaaaaaaaa` does not exist any more",
        "hint: `--new` starts over under this name",
        "hint: other conversations kept here: `work`",
        "hint: `opencode-rs session list` shows",
    ]);
    assert_eq!(said.record()["error"]["kind"], "usage");

    let elsewhere = world.sandbox.path("elsewhere");
    std::fs::create_dir(&elsewhere).unwrap();
    let foreign = world.run(&["-d", elsewhere.to_str().unwrap(), "Say it"]);
    point_at(&file, id_of(&foreign));
    world.refused(&["-k", "Say it"]).says(&[
        "here: it belongs to `",
        "elsewhere`",
        "hint: add `-d ",
        "`--new` starts conversation `default` over here",
    ]);
    assert_eq!(world.model.count(), requests + 1, "nobody was asked");

    std::fs::write(&file, "{").unwrap();
    let finished = world.start(&["-k", "Say it"]).finish().expect(0);
    let fresh = finished.says(&["is damaged and was set aside"]).record();
    assert_eq!(fresh["resumed"], false);
    // The conversation is still kept.
    assert_eq!(
        id_of(&world.run(&["-k", "-s", id_of(&record), "Which name?"])),
        id_of(&record)
    );
    assert_eq!(id_of(&world.run(&["-k", "Say it"])), id_of(&record));
}

#[test]
fn a_second_command_on_a_conversation_waits_and_answers_do_not_mix() {
    let world = World::new(ECHOES);
    // Two that begin it at once make one session.
    let prompts = ["I am Alice", "Say it"];
    let records: Vec<Value> = prompts
        .map(|prompt| world.start(&["-k", prompt]))
        .map(|running| running.finish().expect(0).record())
        .to_vec();
    assert_eq!(records[0]["session_id"], records[1]["session_id"]);
    assert_eq!(
        [&records[0]["result"], &records[1]["result"]],
        ["Hello Alice", "answered"]
    );
    let id = id_of(&records[0]);

    let url = world.engine.url();
    let mut slow = world
        .sandbox
        .run_without_engine(["--attach", &url, "-k", "Be slow"])
        .start_at_once();
    slow.wait_for_stdout("one");
    let held = world.model.hold();
    let waiting = world.start(&["-k", "I am Alice"]);
    let named = world.start(&["-s", id, "Which name?"]);
    for running in [&waiting, &named] {
        running.wait_for_stderr("note: waiting for another command on this conversation (process ");
    }
    let finished = world.start(&["-c", "--no-wait", "Say it"]).finish().expect(1);
    finished.says(&[
        "error: cannot continue this conversation: another command is using it (process ",
        "hint: leave out `--no-wait` to wait for it",
    ]);
    let gone = world
        .start(&["-k", "--timeout", "500ms", "Say it"])
        .finish()
        .expect(124);
    assert_eq!(gone.record()["outcome"], "timeout");
    let stopped = world.start(&["-k", "Say it"]);
    stopped.wait_for_stderr("waiting for another command");
    stopped.signal(Signal::INT);
    stopped.finish().expect(130);

    drop(held);
    slow.finish().expect(0).writes("one two three four five six seven\n");
    assert_eq!(waiting.finish().expect(0).record()["result"], "Hello Alice");
    assert_eq!(named.finish().expect(0).record()["result"], "You are Alice");
    // Each prompt is followed by its own answer.
    let said = world.messages(id);
    let mut pairs: Vec<[&str; 2]> = said
        .chunks(2)
        .map(|pair| [pair[0].as_str(), pair[1].as_str()])
        .collect();
    pairs.sort_unstable();
    assert_eq!(
        pairs,
        [
            ["user: Be slow", "assistant: one two three four five six seven"],
            ["user: I am Alice", "assistant: Hello Alice"],
            ["user: I am Alice", "assistant: Hello Alice"],
            ["user: Say it", "assistant: answered"],
            ["user: Which name?", "assistant: You are Alice"],
        ]
    );
    let locks = world.sandbox.path("home/.local/state/opencode-rs/locks");
    assert_eq!(std::fs::read_dir(locks).unwrap().count(), 0);
}

#[test]
fn a_session_that_is_still_at_work_is_waited_for() {
    let world = World::new(ECHOES);
    let url = world.engine.url();
    let mut killed = world
        .sandbox
        .run_without_engine(["--attach", &url, "-k", "Be slow"])
        .start_at_once();
    killed.wait_for_stdout("one");
    let held = world.model.hold();
    killed.signal(Signal::KILL);
    drop(killed.finish());
    let finished = world.start(&["-k", "--no-wait", "Say it"]).finish().expect(1);
    finished.says(&["it is at work on an earlier prompt", "hint: leave out `--no-wait`"]);
    let waiting = world.start(&["-k", "Which name?"]);
    waiting.wait_for_stderr("note: waiting until session ");
    drop(held);
    let record = waiting.finish().expect(0).record();
    assert_eq!(
        (&record["result"], &record["turns"]),
        (&json!("You are Alice"), &json!(1))
    );
    assert_eq!(
        world.messages(id_of(&record)),
        [
            "user: Be slow",
            "assistant: one two three four five six seven",
            "user: Which name?",
            "assistant: You are Alice"
        ]
    );
}

#[test]
fn a_conversation_goes_on_with_its_model_and_agent_until_others_are_named() {
    let reviewer = |mut config: Value| {
        config["agent"] = json!({"reviewer": {"mode": "primary", "description": "x"}});
        config
    };
    let world = World::with_config(ECHOES, reviewer);
    let names = |arguments: &[&str]| {
        let record = world.run(arguments);
        let session = world.session(id_of(&record));
        json!([record["model"], record["agent"], session["model"]["variant"]])
    };
    let typed = [
        "-k",
        "-m",
        "rehearsal/reasoner",
        "--agent",
        "reviewer",
        "--variant",
        "high",
        "Say it",
    ];
    let chosen = json!(["rehearsal/reasoner", "reviewer", "high"]);
    assert_eq!(names(&typed), chosen);
    assert_eq!(names(&["-k", "Say it"]), chosen);
    assert_eq!(names(&["-k", "--fork", "Say it"]), chosen);
    assert_eq!(
        names(&["-k", "-m", "scripted", "Say it"]),
        json!(["rehearsal/scripted", "reviewer", "default"])
    );
    assert_eq!(
        names(&["-k", "--agent", "build", "Say it"]),
        json!(["rehearsal/scripted", "build", "default"])
    );
    world.sandbox.write(
        "home/.config/opencode-rs/config.toml",
        "model = \"rehearsal/vision\"\nagent = \"plan\"\n",
    );
    assert_eq!(
        names(&["-k", "Say it"]),
        json!(["rehearsal/scripted", "build", "default"])
    );
    assert_eq!(names(&["Say it"]), json!(["rehearsal/vision", "plan", "default"]));
}

#[test]
fn a_session_of_another_program_is_given_back_without_our_rules() {
    let world = World::new(ECHOES);
    let made = world
        .runtime
        .block_on(world.engine.post("/session", &json!({"title": "Theirs"})));
    let id = made["id"].as_str().unwrap();
    for prompt in ["I am Alice", "Which name?"] {
        let record = world.run(&["-s", "Theirs", prompt]);
        assert_eq!(id_of(&record), id);
        let rules = world.session(id)["permission"].clone();
        assert_eq!(
            rules,
            json!([{"permission": "opencode-rs", "pattern": "*", "action": "deny"}])
        );
    }
    assert_eq!(
        world.messages(id),
        [
            "user: I am Alice",
            "assistant: Hello Alice",
            "user: Which name?",
            "assistant: You are Alice"
        ]
    );
}

/// A subagent that touches a file.
const DELEGATES: &str = "\
    [[reply]]\ncaller = \"subagent\"\ntool_result = \"*\"\ntext = \"Touched.\"\nusage = { input = 100, output = 10 }\ntimes = \"always\"\n\
    [[reply]]\ntool_result = \"*\"\ntext = \"Delegated.\"\nusage = { input = 100, output = 10 }\ntimes = \"always\"\n\
    [[reply]]\nmatch = \"Delegate\"\nusage = { input = 100, output = 10 }\ntimes = \"always\"\n\
    tool_calls = [{ name = \"task\", arguments = { description = \"x\", prompt = \"go\", subagent_type = \"general\" } }]\n\
    [[reply]]\ncaller = \"subagent\"\ntimes = \"always\"\nusage = { input = 100, output = 10 }\n\
    tool_calls = [{ name = \"bash\", arguments = { command = \"touch canary\", description = \"touch\" } }]\n\
    [[reply]]\ntext = \"answered\"\nusage = { input = 100, output = 10 }\ntimes = \"always\"";

#[test]
fn what_a_plain_prompt_denied_hampers_no_later_subagent_and_its_usage_counts_once() {
    let sandbox = Sandbox::new();
    let run = |arguments: &[&str]| {
        let arguments = ["--output-format", "json", "-k"].iter().chain(arguments);
        sandbox.rehearse(DELEGATES, arguments).finish().expect(0).record()
    };
    let counted = |record: &Value| {
        let calls = record["tool_calls"].as_array().unwrap().iter();
        let calls: Vec<[&Value; 2]> = calls.map(|call| [&call["tool"], &call["status"]]).collect();
        json!([record["usage"]["output"], record["turns"], calls, record["result"]])
    };
    let canary = sandbox.path("project/canary");
    let plain = run(&["Say it"]);
    assert_eq!(counted(&plain), json!([10, 1, [], "answered"]));
    let delegated = json!([40, 2, [["task", "completed"], ["bash", "completed"]], "Delegated."]);
    for _ in 0..2 {
        let record = run(&["--auto-tools", "-y", "Delegate it"]);
        assert_eq!(counted(&record), delegated, "{record:#}");
        std::fs::remove_file(&canary).unwrap();
    }
    let plain_again = run(&["Say it"]);
    assert_eq!(counted(&plain_again), counted(&plain));
    // What tools may do is as narrow again as it was.
    let denied = run(&["Delegate it"]);
    assert_eq!(denied["tool_calls"][0]["status"], "error", "{denied:#}");
    assert!(!canary.exists());
    assert_eq!(denied["session_id"], plain["session_id"]);
}

#[test]
fn the_rules_of_a_session_are_those_of_the_last_run_alone() {
    let world = World::new(ECHOES);
    let rules = |arguments: &[&str]| {
        let record = world.run(arguments);
        let stored = world.session(id_of(&record))["permission"].clone();
        let stored: Vec<Value> = stored.as_array().unwrap().clone();
        let said: Vec<String> = world.messages(id_of(&record));
        assert!(said.iter().all(|text| !text.contains("no message")), "{said:?}");
        // The rule about a tool that no engine has marks the absence of other rules.
        stored
            .into_iter()
            .filter(|rule| rule["permission"] != "opencode-rs")
            .collect::<Vec<_>>()
    };
    let with_tools = ["--auto-tools", "--allow", "task", "-y", "Say it"];
    let plain = rules(&["Say it"]);
    let wide = rules(&with_tools);
    assert_ne!(plain, wide);
    for _ in 0..3 {
        assert_eq!(rules(&["-k", "Say it"]), plain);
        assert_eq!(rules(&["-k", "Say it"]), plain);
        assert_eq!(rules(&[&["-k"], &with_tools[..]].concat()), wide);
        assert_eq!(rules(&["-k", "--fork", "Say it"]), plain);
    }
}

#[test]
fn a_client_that_is_killed_in_the_middle_loses_nothing_but_the_rest_of_its_answer() {
    let sandbox = Sandbox::new();
    let script = "\
        [[reply]]\nmatch = \"Wait\"\ntext = \"one two three\"\nfault = \"stall\"\nafter_chunks = 1\ntimes = \"always\"\n\
        [[reply]]\nmatch = \"go on\"\ntext = \"Going on\"\ntimes = \"always\"";
    let mut killed = sandbox.rehearse(script, ["-k", "Wait for it"]).start();
    killed.wait_for_stdout("one");
    killed.signal(Signal::KILL);
    drop(killed.finish());
    let finished = sandbox
        .rehearse(script, ["-k", "--output-format", "json", "Please go on"])
        .finish()
        .expect(0);
    let record = finished.record();
    assert_eq!(record["result"], "Going on");
    assert_eq!((&record["resumed"], &record["turns"]), (&json!(true), &json!(1)));
    let exported = sandbox.run_engine(["export", id_of(&record)]).expect(0).stdout;
    let exported: Value = serde_json::from_str(&exported).unwrap();
    let roles: Vec<&str> = exported["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|message| message["info"]["role"].as_str().unwrap())
        .collect();
    assert_eq!(roles, ["user", "assistant", "user", "assistant"]);
    assert_eq!(exported["messages"][0]["parts"][0]["text"], "Wait for it");
}
