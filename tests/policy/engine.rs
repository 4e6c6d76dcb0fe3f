//! The rows of the tables, run: the built program, a real engine, and a model that makes the calls of the rows.
//!
//! Each call is in a message of its own, and its id is the name of its row; a plugin of the user puts that name into
//! the environment of the shell, and stand-ins for all programs into its path. Allowed calls come first. There is no
//! approver, so a call that asks must not run either. The tests look at: what the result says about the call, what the
//! stand-ins recorded, and all files before and after.
//!
//! A silent canary proves nothing unless it can sing: a plain bash also runs every line, in a place of its own. An
//! allowed line must leave the same traces in both; of the other lines the tests know which would leave traces.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use opencode_rs::request::{Effect, Preset};
use serde_json::{Value, json};

use super::canaries::{Canaries, Trace, changes, tree};
use super::exceptions::{NOT_CALLED, NOT_OFFERED, OPEN, OTHER_TOOLS, SILENT, STRICTER, is_open};
use super::outside::{Outside, wrong_addresses};
use super::packs::{Pack, as_called, packs};
use super::plainly::{plainly, text_of};
use super::table::{Case, Ground, cases, ground, ground_in, tables};
use crate::support::{Sandbox, empty_registry};

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

/// The plugin that names rows, and the tools of the user's that stand for those of a server.
fn install_marks(sandbox: &Sandbox, canaries: &Canaries) {
    let programs = json!(canaries.programs());
    let log = json!(canaries.log());
    sandbox.write(
        "home/.config/opencode/plugin/marks.js",
        format!(
            "export const Marks = async () => ({{\n\
             'tool.execute.before': async ({{ callID }}) => {{ globalThis.ROW = callID; }},\n\
             'shell.env': async ({{ callID }}, output) => {{\n\
             output.env.ROW = callID; output.env.PATH = {programs}; }} }})\n"
        ),
    );
    for name in OTHER_TOOLS {
        sandbox.write(
            &format!("home/.config/opencode/tool/{name}.js"),
            format!(
                "import fs from 'node:fs'\n\
                 export default {{ description: 'x', args: {{}}, async execute() {{\n\
                 fs.appendFileSync({log}, `${{globalThis.ROW}}\\t{name}\\n`); return 'ran' }} }}\n"
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
    let replies = pack.cases.iter().map(|case| {
        // Arguments as text are sent as they are.
        let words = [&case.tool, &case.name, &arguments(case, ground).to_string()]
            .map(|text| toml::Value::String(text.clone()).to_string());
        let [name, id, arguments] = words;
        format!("[[reply]]\ntool_calls = [{{ name = {name}, id = {id}, arguments = {arguments} }}]\n")
    });
    replies.collect::<String>() + "[[reply]]\ntext = \"Done.\"\n"
}

/// Rules as the user's settings hold them.
fn settings(rules: impl Iterator<Item = String>) -> String {
    let mut lists: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for rule in rules {
        let (effect, pattern) = rule.split_once(' ').unwrap();
        lists.entry(effect.to_owned()).or_default().push(pattern.to_owned());
    }
    toml::to_string(&lists).unwrap()
}

/// What a pack showed.
#[derive(Default)]
struct Seen {
    allowed: usize,
    refused: usize,
    /// Of [`OPEN`].
    open: usize,
    /// How many of the refused lines leave traces in the plain bash.
    would_show: usize,
    wrong: Vec<String>,
    calls_of_engines: Vec<(usize, Duration)>,
}

impl Seen {
    fn add(&mut self, other: Seen) {
        self.allowed += other.allowed;
        self.refused += other.refused;
        self.open += other.open;
        self.would_show += other.would_show;
        self.wrong.extend(other.wrong);
        self.calls_of_engines.extend(other.calls_of_engines);
    }
}

/// Runs a pack and compares everything.
fn run(pack: &Pack) -> Seen {
    let effects = plainly(&pack.cases);
    let sandbox = Sandbox::new();
    let ground = ground_in(&sandbox.path(""));
    let canaries = Canaries::new(ground.root.join("canaries"));
    canaries.settle(&ground);
    install_marks(&sandbox, &canaries);
    let outside = Outside::new();
    let mut flags = ["--no-input", "--trust", "--output-format=json"]
        .map(str::to_owned)
        .to_vec();
    let rules = pack.rules.iter().map(|rule| ground.fill(rule));
    if pack.preset == Preset::LookOnly {
        // Rules for a plain prompt can only come from a file: on the command line they are a mistake, and are named one.
        sandbox.write("home/.config/opencode-rs/config.toml", settings(rules));
    } else {
        flags.push("--auto-tools".to_owned());
        flags.push(format!("--add-dir={}", ground.root.join("extra").display()));
        flags.extend(rules.map(|rule| format!("--{}", rule.replacen(' ', "=", 1))));
    }
    if pack.preset == Preset::ReadOnly {
        flags.push("--read-only".to_owned());
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
        let left: Vec<Trace> = traces.extract_if(.., |trace| trace.row == case.name).collect();
        let outcome = Outcome::of(&record, case);
        if case.expect == Effect::Allow {
            seen.allowed += 1;
            seen.wrong.extend(outcome.wrong_for_allowed(case));
            if STRICTER.contains(&case.input.as_str()) {
                if !left.is_empty() {
                    seen.wrong.push(format!("{case:?} ran: {left:?}"));
                }
                continue;
            }
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
        } else if is_open(case) {
            seen.open += 1;
            if outcome.wrong_for_refused(case).is_none() {
                seen.wrong.push(format!("{case:?} does not run any more"));
            }
        } else {
            seen.refused += 1;
            seen.wrong.extend(outcome.wrong_for_refused(case));
            if !left.is_empty() {
                seen.wrong.push(format!("{case:?} ran: {left:?}"));
            }
            if effects.traces.is_empty() && effects.changes.is_empty() {
                if case.tool == "bash" && !SILENT.contains(&case.input.as_str()) {
                    seen.wrong.push(format!(
                        "{case:?} would leave no trace: it needs a stand-in for its program, or a place in `SILENT`"
                    ));
                }
            } else {
                seen.would_show += 1;
            }
        }
    }
    // The trace belongs to no row: a command may remove the mark from its environment.
    if !traces.is_empty() {
        seen.wrong.push(format!("nobody knows who left {traces:?}"));
    }
    let wrong = changes(&expected, &tree(&ground, &OURS));
    if !wrong.is_empty() {
        seen.wrong.push(format!("files are not as they should be: {wrong:#?}"));
    }
    seen.wrong.extend(wrong_addresses(&pack.cases, &outside));
    sandbox.expect_nothing_left();
    seen
}

fn sorted(traces: &[Trace]) -> BTreeSet<&Trace> {
    traces.iter().collect()
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
            [call] => is_not_there(call),
            _ => false,
        };
        let stricter = STRICTER.contains(&case.input.as_str());
        if stricter {
            return self.wrong_for_refused(&Case {
                expect: Effect::Ask,
                ..case.clone()
            });
        }
        // Without an approver the engine does not offer its question tool, and the record says so.
        let asks_nobody = case.tool == "question" && self.denied.iter().all(|denied| denied["by"] == "nobody");
        (!fine || !(asks_nobody || self.denied.is_empty()))
            .then(|| format!("{case:?} is allowed and yet {:?}, {:?}", self.calls, self.denied))
    }

    fn wrong_for_refused(&self, case: &Case) -> Option<String> {
        let by = match case.expect {
            Effect::Ask => &["nobody"][..],
            _ => &["rule", "preset"],
        };
        let fine = match (self.calls.as_slice(), self.denied.as_slice()) {
            // A tool that is denied altogether, or that does not exist, is not offered. In a plain prompt the engine's
            // own rules refuse some calls; there these rules are ours.
            ([call], []) => is_not_there(call) || case.preset == Preset::LookOnly && is_refused_by_engine(call),
            // The record reports a removed tool as a denial too.
            ([call], [denied]) if is_not_there(call) => denied["by"].is_string(),
            ([call], [denied]) => {
                call["status"] == "error"
                    && call["output"].is_null()
                    && denied["by"].as_str().is_some_and(|name| by.contains(&name))
            }
            _ => false,
        };
        (!fine).then(|| format!("{case:?} is refused and yet {:?}, {:?}", self.calls, self.denied))
    }
}

#[test]
fn of_the_rows_of_the_tables_only_those_that_are_allowed_run() {
    let began = Instant::now();
    let ground = ground();
    let is_wanted =
        |at: usize, case: &Case| case.expect == Effect::Allow || is_open(case) || at.is_multiple_of(share());
    let cases: Vec<Case> = tables()
        .iter()
        .flat_map(|table| cases(table))
        .filter(|case| !NOT_CALLED.contains(&case.tool.as_str()))
        .enumerate()
        .filter(|(at, case)| is_wanted(*at, case))
        .map(|(_, case)| as_called(case, &ground))
        .collect();
    let packs = packs(&ground, cases);
    let mut seen = Seen::default();
    // Each waits until one more engine may run.
    std::thread::scope(|scope| {
        let runs: Vec<_> = packs.iter().map(|pack| scope.spawn(|| run(pack))).collect();
        for run in runs {
            match run.join() {
                Ok(run) => seen.add(run),
                Err(_) => seen.wrong.push("a run failed; see above".to_owned()),
            }
        }
    });
    let numbers = format!(
        "{} allowed, {} refused ({} of them would have shown), {} open, by {} engines in {:?}: {:?}",
        seen.allowed,
        seen.refused,
        seen.would_show,
        seen.open,
        packs.len(),
        began.elapsed(),
        seen.calls_of_engines,
    );
    assert!(seen.wrong.is_empty(), "{numbers}\n{}", seen.wrong.join("\n"));
    assert!(
        seen.allowed >= 160 && seen.refused >= 580 / share() && seen.would_show >= 420 / share(),
        "{numbers}"
    );
    assert_eq!(seen.open, OPEN.len());
}

/// Of how many refused rows one is tried; `POLICY_ROWS=all` tries each of them, in some minutes.
fn share() -> usize {
    match std::env::var("POLICY_ROWS").as_deref() {
        Ok("all") => 1,
        _ => 4,
    }
}

/// Whether a call met no tool: the engine calls `invalid` instead, and fails where that is not there either.
fn is_not_there(call: &Value) -> bool {
    let error = call["error"].as_str().unwrap_or_default();
    call["tool"] == "invalid" || error.starts_with("Model tried to call unavailable tool 'invalid'")
}

fn is_refused_by_engine(call: &Value) -> bool {
    let error = call["error"].as_str().unwrap_or_default();
    call["status"] == "error"
        && call["output"].is_null()
        && error.starts_with("The user has specified a rule which prevents you")
}
