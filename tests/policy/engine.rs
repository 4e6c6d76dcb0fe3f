//! The rows of the tables, run: the built program, a real engine, and a model that calls what the rows say.
//!
//! Each call stands in a message of its own, and its id is the name of its row; a plugin of the user's puts that name into
//! the environment of the shell, and stand-ins for all programs into its path. What is allowed comes first. Nobody is there
//! to be asked, so what asks must not run either. Seen are: what the result says about the call, what the stand-ins wrote
//! down, and all files before and after.
//!
//! That a canary is silent proves nothing unless it can sing: every line is also run by a plain bash, in a place of its
//! own. What is allowed must leave the same traces there and here; of the rest it is known which would leave traces.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use opencode_rs::request::{Effect, Preset};
use serde_json::{Value, json};

use super::canaries::{Canaries, Changes, Entry, Trace, changes, tree};
use super::table::{Case, Ground, cases, ground, ground_in};
use crate::support::{Sandbox, empty_registry};

/// How many calls one engine is given: each makes the next request longer.
const MOST_CALLS: usize = 120;

/// What the engine and the tests themselves write beside what the rows speak of.
const OURS: [&str; 8] = [
    "tmp",
    "project",
    "script.toml",
    "canaries",
    "home/.config",
    "home/.local",
    "home/.cache",
    "home/.bun",
];

/// No tools, but permissions: nothing can call them.
const NOT_CALLED: [&str; 2] = ["doom_loop", "external_directory"];

/// Tools that the engine does not offer here, or that nobody has; a call of them is a call of `invalid`.
const NOT_OFFERED: [&str; 7] = [
    "apply_patch",
    "StructuredOutput",
    "invalid",
    "lsp",
    "plan_exit",
    "question",
    "websearch",
];

/// Tools of a server and tools that nobody knows, made real: they leave a trace of their own.
const OTHER_TOOLS: [&str; 4] = ["fake_add", "list_mcp_resources", "made_up", "read_mcp_resource"];

/// Rows that a plain bash does not run: it would look for a host.
const NOT_RUN_PLAINLY: [&str; 1] = ["/dev/tcp/"];

/// A run of the program: rows whose rules do not get in each other's way.
struct Pack {
    preset: Preset,
    rules: Vec<String>,
    cases: Vec<Case>,
}

/// Puts rows together whose effects stay the same when their rules are put together, so that few engines are started.
fn packs(ground: &Ground, cases: Vec<Case>) -> Vec<Pack> {
    let mut units: Vec<Pack> = Vec::new();
    for case in cases {
        let same = |unit: &&mut Pack| (unit.preset, &unit.rules) == (case.preset, &case.rules);
        match units.iter_mut().find(same) {
            Some(unit) => unit.cases.push(case),
            None => units.push(Pack {
                preset: case.preset,
                rules: case.rules.clone(),
                cases: vec![case],
            }),
        }
    }
    units.sort_by_key(|unit| std::cmp::Reverse(unit.cases.len()));
    let mut packs: Vec<Pack> = Vec::new();
    for unit in units {
        let fitting = packs.iter_mut().find_map(|pack| {
            let rules = together(&pack.rules, &unit.rules);
            let policy = ground.policy(unit.preset, &rules);
            let fits = pack.preset == unit.preset
                && pack.cases.len() + unit.cases.len() <= MOST_CALLS
                && unit
                    .cases
                    .iter()
                    .chain(&pack.cases)
                    .all(|case| case.judged_by(&policy, ground).effect == case.expect);
            fits.then_some((pack, rules))
        });
        match fitting {
            Some((pack, rules)) => {
                pack.rules = rules;
                pack.cases.extend(unit.cases);
            }
            None => packs.push(unit),
        }
    }
    for pack in &mut packs {
        // What must not run cannot hide behind what runs after it.
        pack.cases.sort_by_key(|case| case.expect != Effect::Allow);
    }
    packs
}

fn together(rules: &[String], more: &[String]) -> Vec<String> {
    let mut all = rules.to_vec();
    all.extend(more.iter().filter(|rule| !rules.contains(rule)).cloned());
    all
}

/// The arguments as a model sends them: what the tool needs besides what the row is about.
fn arguments(case: &Case, ground: &Ground) -> Value {
    let mut arguments = case.arguments(ground);
    let given = case.input.starts_with('{');
    let more = match case.tool.as_str() {
        "bash" => json!({ "description": case.name }),
        "write" if !given => json!({ "content": text_of(case) }),
        "edit" if !given && case.expect == Effect::Allow => json!({ "oldString": "", "newString": text_of(case) }),
        "edit" if !given => json!({ "oldString": "the text", "newString": "another text" }),
        "task" if !given => json!({ "description": case.name }),
        "todowrite" => json!({ "todos": [] }),
        _ => json!({}),
    };
    let all = arguments.as_object_mut().unwrap();
    all.extend(more.as_object().unwrap().clone());
    arguments
}

/// What a row writes.
fn text_of(case: &Case) -> String {
    format!("written by {}\n", case.name)
}

/// What comes of a row that runs.
#[derive(Debug, Default)]
struct Effects {
    traces: Vec<Trace>,
    changes: Changes,
}

/// Runs a line in a plain bash, in a place of its own, and sees what comes of it; and what a tool for files is to write.
fn effects(canaries: &Canaries, case: &Case) -> Effects {
    let ground = ground();
    canaries.settle(&ground);
    let arguments = case.arguments(&ground);
    let mut effects = Effects::default();
    if case.tool == "write" || case.tool == "edit" {
        let path = case.input.replace("@ROOT@/", "../");
        let path = Path::new("work").join(path);
        let path: PathBuf = path.to_str().unwrap().replace("work/../", "").into();
        for parent in path.ancestors().skip(1).filter(|path| !path.as_os_str().is_empty()) {
            effects.changes.insert(parent.to_owned(), Some(Entry::Directory));
        }
        effects.changes.insert(path, Some(Entry::File(text_of(case))));
    }
    if OTHER_TOOLS.contains(&case.tool.as_str()) {
        effects.traces.push(Trace {
            row: case.tool.clone(),
            call: "a tool".to_owned(),
        });
    }
    if case.tool != "bash" || NOT_RUN_PLAINLY.iter().any(|part| case.input.contains(part)) {
        return effects;
    }
    let Some(line) = arguments["command"].as_str().filter(|line| !line.contains('\0')) else {
        return effects;
    };
    let directory = match arguments.get("workdir") {
        None => ground.directory(),
        Some(Value::String(path)) => ground.directory().join(path),
        Some(_) => return effects,
    };
    let before = tree(&ground, &[]);
    effects.traces = canaries.run(&ground, &directory, &case.name, line);
    effects.changes = changes(&before, &tree(&ground, &[]));
    effects
}

/// Stands where a proxy is: writes down where anybody wants to go, and lets nobody through.
struct Outside {
    address: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Outside {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let theirs = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let mut line = String::new();
                drop(BufReader::new(&stream).read_line(&mut line));
                theirs.lock().unwrap().push(line.trim_end().to_owned());
                drop(
                    (&stream).write_all(b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"),
                );
            }
        });
        Self { address, asked }
    }
}

/// The plugin that names rows, and the tools of the user's that stand for those of a server.
fn install_marks(sandbox: &Sandbox, canaries: &Canaries) {
    let programs = json!(canaries.programs());
    let log = json!(canaries.log());
    sandbox.write(
        "home/.config/opencode/plugin/marks.js",
        format!(
            "export const Marks = async () => ({{ 'shell.env': async ({{ callID }}, output) => {{\n\
             output.env.ROW = callID; output.env.PATH = {programs}; }} }})\n"
        ),
    );
    for name in OTHER_TOOLS {
        sandbox.write(
            &format!("home/.config/opencode/tool/{name}.js"),
            format!(
                "import fs from 'node:fs'\n\
                 export default {{ description: 'x', args: {{}}, async execute() {{\n\
                 fs.appendFileSync({log}, '{name}\\ta tool\\n'); return 'ran' }} }}\n"
            ),
        );
    }
    sandbox.write(
        "home/.config/opencode/skill/x/SKILL.md",
        "---\nname: x\ndescription: for the tests\n---\nNothing.\n",
    );
}

/// A model that makes these calls, one after the other.
fn script(pack: &Pack, ground: &Ground) -> String {
    let mut script = String::new();
    for case in &pack.cases {
        // Arguments as text are sent as they are.
        let words = [&case.tool, &case.name, &arguments(case, ground).to_string()]
            .map(|text| toml::Value::String(text.clone()).to_string());
        let [name, id, arguments] = words;
        script.push_str(&format!(
            "[[reply]]\ntool_calls = [{{ name = {name}, id = {id}, arguments = {arguments} }}]\n"
        ));
    }
    script + "[[reply]]\ntext = \"Done.\"\n"
}

/// What a pack showed.
#[derive(Default)]
struct Seen {
    allowed: usize,
    refused: usize,
    /// Of those refused, how many leave traces where nobody refuses them.
    would_show: usize,
    /// The others.
    silent: Vec<String>,
    wrong: Vec<String>,
    calls_of_engines: Vec<(usize, Duration)>,
}

impl Seen {
    fn add(&mut self, other: Seen) {
        self.allowed += other.allowed;
        self.refused += other.refused;
        self.would_show += other.would_show;
        self.silent.extend(other.silent);
        self.wrong.extend(other.wrong);
        self.calls_of_engines.extend(other.calls_of_engines);
    }
}

/// Runs a pack and compares everything.
fn run(pack: &Pack, effects: &BTreeMap<String, Effects>) -> Seen {
    let sandbox = Sandbox::new();
    let ground = ground_in(&sandbox.path(""));
    let canaries = Canaries::new(ground.root.join("canaries"));
    canaries.settle(&ground);
    install_marks(&sandbox, &canaries);
    let outside = Outside::new();
    let extra = ground.root.join("extra");
    let mut flags: Vec<String> = ["--no-input", "--trust", "--output-format=json", "--add-dir"]
        .map(str::to_owned)
        .to_vec();
    flags.push(extra.to_str().unwrap().to_owned());
    match pack.preset {
        Preset::AutoTools => flags.push("--auto-tools".to_owned()),
        Preset::LookOnly => {}
        Preset::ReadOnly => flags.extend(["--auto-tools", "--read-only"].map(str::to_owned)),
    }
    for rule in &pack.rules {
        let (effect, pattern) = rule.split_once(' ').unwrap();
        flags.push(format!("--{effect}={}", ground.fill(pattern)));
    }
    flags.push("Try everything".to_owned());
    let before = tree(&ground, &OURS);
    let mut program = sandbox
        .rehearse(&script(pack, &ground), flags)
        .directory(ground.directory())
        .env("npm_config_registry", empty_registry())
        .env("NO_PROXY", "127.0.0.1,localhost");
    for name in ["HTTP_PROXY", "HTTPS_PROXY"] {
        program = program.env(name, &outside.address);
    }
    let finished = program.finish();
    let took = finished.took;
    let record = finished.expect(0).record();
    let mut seen = Seen {
        calls_of_engines: vec![(pack.cases.len(), took)],
        ..Seen::default()
    };
    let mut traces: Vec<Trace> = canaries.traces(&ground);
    let mut expected = before.clone();
    for case in &pack.cases {
        let effects = &effects[&case.name];
        let left: Vec<Trace> = traces
            .extract_if(.., |trace| trace.row == case.name || trace.row == case.tool)
            .collect();
        let outcome = Outcome::of(&record, case);
        if case.expect == Effect::Allow {
            seen.allowed += 1;
            seen.wrong.extend(outcome.wrong_for_allowed(case));
            if sorted(&left) != sorted(&effects.traces) {
                seen.wrong
                    .push(format!("{case:?} left {left:?} instead of {:?}", effects.traces));
            }
            for (path, entry) in &effects.changes {
                match entry {
                    Some(entry) => expected.insert(path.clone(), entry.clone()),
                    None => expected.remove(path),
                };
            }
        } else {
            seen.refused += 1;
            seen.wrong.extend(outcome.wrong_for_refused(case));
            if !left.is_empty() {
                seen.wrong.push(format!("{case:?} ran: {left:?}"));
            }
            if effects.traces.is_empty() && effects.changes.is_empty() {
                seen.silent.push(format!("{} {:?}", case.tool, case.input));
            } else {
                seen.would_show += 1;
            }
        }
    }
    // Nobody's: a command may take the mark out of its environment.
    if !traces.is_empty() {
        seen.wrong.push(format!("nobody knows who left {traces:?}"));
    }
    let wrong = changes(&expected, &tree(&ground, &OURS));
    if !wrong.is_empty() {
        seen.wrong.push(format!("files are not as they should be: {wrong:#?}"));
    }
    seen.wrong.extend(wrong_addresses(pack, &outside));
    sandbox.expect_nothing_left();
    seen
}

fn sorted(traces: &[Trace]) -> BTreeSet<&Trace> {
    traces.iter().collect()
}

/// Which addresses were gone to and must not, or the other way round.
fn wrong_addresses(pack: &Pack, outside: &Outside) -> Vec<String> {
    let asked = outside.asked.lock().unwrap();
    let host = |case: &Case| url::Url::parse(&case.input).ok()?.host_str().map(str::to_owned);
    let fetches = |effect: fn(Effect) -> bool| -> BTreeSet<String> {
        pack.cases
            .iter()
            .filter(|case| case.tool == "webfetch" && effect(case.expect))
            .filter_map(host)
            .collect()
    };
    let allowed = fetches(|effect| effect == Effect::Allow);
    let refused = fetches(|effect| effect != Effect::Allow);
    let mut wrong = Vec::new();
    for host in &allowed {
        if !asked.iter().any(|line| line.contains(host.as_str())) {
            wrong.push(format!("nobody went to {host}: {asked:?}"));
        }
    }
    for host in refused.difference(&allowed) {
        if asked.iter().any(|line| line.contains(host.as_str())) {
            wrong.push(format!("somebody went to {host}: {asked:?}"));
        }
    }
    wrong
}

/// What the result says about a call.
struct Outcome<'a> {
    calls: Vec<&'a Value>,
    denied: Vec<&'a Value>,
}

impl<'a> Outcome<'a> {
    fn of(record: &'a Value, case: &Case) -> Self {
        let named = |list: &'a str, field: &'a str| {
            record[list]
                .as_array()
                .unwrap()
                .iter()
                .filter(move |item| item[field] == case.name)
        };
        Self {
            calls: named("tool_calls", "call_id").collect(),
            denied: named("permissions", "id")
                .filter(|permission| permission["decision"] == "denied")
                .collect(),
        }
    }

    fn wrong_for_allowed(&self, case: &Case) -> Option<String> {
        let offered = !NOT_OFFERED.contains(&case.tool.as_str());
        let fine = match self.calls.as_slice() {
            [call] if case.tool == "webfetch" => call["tool"] == "webfetch",
            [call] if offered => call["status"] == "completed" && call["tool"] == case.tool.as_str(),
            [call] => call["tool"] == "invalid",
            _ => false,
        };
        (!fine || !self.denied.is_empty())
            .then(|| format!("{case:?} is allowed and yet {:?}, {:?}", self.calls, self.denied))
    }

    fn wrong_for_refused(&self, case: &Case) -> Option<String> {
        let by = match case.expect {
            Effect::Ask => &["nobody"][..],
            _ => &["rule", "preset"],
        };
        let fine = match (self.calls.as_slice(), self.denied.as_slice()) {
            // A tool that is denied altogether, or that nobody has, is not there.
            ([call], []) => call["tool"] == "invalid",
            ([call], [denied]) => {
                call["status"] == "error" && denied["by"].as_str().is_some_and(|name| by.contains(&name))
            }
            _ => false,
        };
        (!fine).then(|| format!("{case:?} is refused and yet {:?}, {:?}", self.calls, self.denied))
    }
}

/// Runs all rows of a table, two engines at a time.
fn run_table(table: &str) -> Seen {
    let began = Instant::now();
    let ground = ground();
    let cases: Vec<Case> = cases(table)
        .into_iter()
        .filter(|case| !NOT_CALLED.contains(&case.tool.as_str()))
        .collect();
    let place = tempfile::tempdir().unwrap();
    let canaries = Canaries::new(place.path().join("canaries"));
    let effects: BTreeMap<String, Effects> = cases
        .iter()
        .map(|case| (case.name.clone(), effects(&canaries, case)))
        .collect();
    let plain = began.elapsed();
    canaries.settle(&ground);
    let packs = packs(&ground, cases);
    let packed = began.elapsed();
    let mut seen = Seen::default();
    std::thread::scope(|scope| {
        let runs: Vec<_> = packs.iter().map(|pack| scope.spawn(|| run(pack, &effects))).collect();
        for run in runs {
            seen.add(run.join().unwrap());
        }
    });
    println!(
        "{table}: {} allowed, {} refused, {} of which would have left traces, by {} engines in {:?} (plain {plain:?}, packed {packed:?})\n{:?}\nsilent: {:#?}",
        seen.allowed,
        seen.refused,
        seen.would_show,
        packs.len(),
        began.elapsed(),
        seen.calls_of_engines,
        seen.silent
    );
    assert!(
        seen.wrong.is_empty(),
        "{}:\n{}",
        seen.wrong.len(),
        seen.wrong.join("\n")
    );
    seen
}

#[test]
fn of_four_hundred_commands_only_those_that_are_allowed_run() {
    let seen = run_table("commands");
    assert!(seen.allowed >= 70 && seen.refused >= 330);
}

#[test]
fn of_a_hundred_and_thirty_files_only_those_that_are_allowed_are_touched() {
    let seen = run_table("paths");
    assert!(seen.allowed >= 30 && seen.refused >= 100);
}

#[test]
fn no_way_out_of_the_directory_is_open() {
    let seen = run_table("escapes");
    assert!(seen.allowed >= 3 && seen.refused >= 45);
}

#[test]
fn other_tools_run_only_where_they_are_allowed() {
    let seen = run_table("tools");
    assert!(seen.allowed >= 15 && seen.refused >= 25);
}
