//! Answers that follow a JSON Schema.

use serde_json::{Value, json};

use crate::support::{EnginePermit, Finished, Model, Run, Sandbox};

const NUMBER: &str = r#"{"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}"#;
/// Models that think refuse a request that leaves them no choice.
const NO_FORCE: &str = "[[reply]]\ntool_choice = 'required'\ntimes = 'always'\nstatus = 400\n";

/// A server that is kept, and the model behind it.
struct Kept {
    model: Model,
    sandbox: Sandbox,
    _permit: EnginePermit,
}

impl Kept {
    fn new(script: &str) -> Self {
        Self {
            _permit: EnginePermit::acquire(),
            model: Model::start(&format!("{NO_FORCE}{script}")),
            sandbox: Sandbox::new(),
        }
    }

    fn run(&self, arguments: &[&str]) -> Run {
        let run = self.sandbox.run(arguments.iter().copied());
        run.env("OPENCODE_CONFIG_CONTENT", self.model.engine_config())
    }

    fn finish(&self, arguments: &[&str]) -> Finished {
        self.run(arguments).start_at_once().finish()
    }

    fn end(self) {
        self.finish(&["server", "stop"]).expect(0);
        self.sandbox.expect_nothing_left();
    }
}

/// A reply that gives the answer with these arguments.
fn answer(arguments: &str) -> String {
    format!("[[reply]]\ntool_calls = [{{ name = 'answer*', arguments = '{arguments}' }}]\n")
}

/// The arguments that the tools for answers take, of those that a request offers.
fn answer_tools(request: &Value) -> Vec<&Value> {
    let tools = request["tools"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tool| &tool["function"]);
    let answers = tools.filter(|tool| tool["name"].as_str().unwrap().starts_with("answer"));
    answers.map(|tool| &tool["parameters"]).collect()
}

fn text(text: &str) -> String {
    format!("[[reply]]\ntext = '''{text}'''\n")
}

#[test]
fn what_is_wrong_goes_back_to_the_model_and_the_right_answer_ends_the_turn_and_leaves_the_session_whole() {
    let script = [
        answer(r#"{"n": "five"}"#),
        answer("{}"),
        text("It is five."),
        answer(r#"{"n": 5}"#),
        text("Still here."),
        text("And here."),
    ];
    let kept = Kept::new(&script.concat());
    let finished = kept.finish(&[
        "-k",
        "--schema",
        NUMBER,
        "--schema-retries=3",
        "--output-format=json",
        "Count",
    ]);
    let record = finished.expect(0).record();
    assert_eq!(
        [&record["structured"], &record["result"], &record["last_message"]],
        [&json!({"n": 5}), &json!(r#"{"n":5}"#), &json!(r#"{"n":5}"#)]
    );
    assert_eq!(
        record["schema"],
        json!({"attempts": 4, "errors": [
            "/n: \"five\" is not of type \"integer\"",
            "/: \"n\" is a required property",
            "the answer is no JSON"
        ]})
    );
    // As many as there were wrong answers, and one.
    assert_eq!((kept.model.count(), &record["turns"]), (4, &json!(4)));
    let schema: Value = serde_json::from_str(NUMBER).unwrap();
    for request in kept.model.requests() {
        assert_eq!(answer_tools(&request), [&schema]);
    }
    let session = record["session_id"].as_str().unwrap();
    kept.finish(&["-k", "Are you there?"]).expect(0).writes("Still here.\n");
    assert_eq!(kept.model.count(), 5);
    assert_eq!(answer_tools(kept.model.requests().last().unwrap()), [&json!(null); 0]);
    let shown = kept.finish(&["session", "show", session]).expect(0);
    assert!(
        shown.stdout.contains("```json\n{\n  \"n\": 5\n}\n```") && shown.stdout.contains("Still here."),
        "{}",
        shown.stdout
    );
    kept.finish(&["session", "export", session]).expect(0);
    let copy = kept.finish(&["session", "fork", session]).expect(0);
    kept.finish(&["-s", copy.stdout.trim_end(), "Go on"])
        .expect(0)
        .writes("And here.\n");
    kept.finish(&["session", "revert", session, "--yes"]).expect(0);
    kept.end();
}

#[test]
fn an_answer_that_is_never_right_is_no_answer() {
    let script = [
        answer(r#"{"n": 1.5}"#),
        text("```\n{}\n```"),
        // No JSON: the engine calls a tool of its own instead.
        answer(r#"{"n": 1"#),
        text("One too many."),
    ];
    let kept = Kept::new(&script.concat());
    let finished = kept.finish(&["-k", "--title=t", "--schema", NUMBER, "Count"]).expect(3);
    let finished = finished.says(&[
        "none of 3 answers follows the schema",
        "/n: 1.5 is not of type",
        "the arguments of the tool are no JSON",
    ]);
    assert_eq!(finished.stdout, "");
    assert_eq!(kept.model.count(), 3);
    // In each format: a plain text is no answer.
    for format in ["text", "json", "stream-json"] {
        let arguments = [
            "-k",
            "--output-format",
            format,
            "--schema",
            NUMBER,
            "--schema-retries=0",
        ];
        let finished = kept.finish(&[&arguments[..], &["Count"]].concat()).expect(3);
        assert_eq!(finished.stdout.is_empty(), format == "text", "{}", finished.stdout);
    }
    kept.end();
}

#[test]
fn twenty_runs_on_one_server_get_their_own_shape_each() {
    let script: String = (0..20)
        .flat_map(|run| {
            let condition = format!("[[reply]]\nmatch = 'shape {run}.'\noffers = 'answer*'\n");
            let arguments = [
                r#"{"wrong": 1}"#.to_owned(),
                json!({format!("v{run}"): run}).to_string(),
            ];
            arguments.map(|arguments| answer(&arguments).replacen("[[reply]]\n", &condition, 1))
        })
        .collect();
    let kept = Kept::new(&script);
    kept.finish(&["server", "start"]).expect(0);
    let running: Vec<_> = (0..20)
        .map(|run| {
            let key = format!("v{run}");
            let schema = json!({"type": "object", "properties": {&key: {"const": run}}, "required": [key], "additionalProperties": false});
            let format = ["text", "json", "stream-json"][run % 3];
            let arguments = ["--schema", &schema.to_string(), "--output-format", format, &format!("shape {run}.")].map(str::to_owned);
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            kept.run(&arguments).start_at_once()
        })
        .collect();
    for (run, running) in running.into_iter().enumerate() {
        let finished = running.finish().expect(0);
        let last: Value = serde_json::from_str(finished.stdout.lines().last().unwrap()).unwrap();
        let value = if run % 3 == 0 { &last } else { &last["structured"] };
        assert_eq!(*value, json!({format!("v{run}"): run}));
    }
    let requests = kept.model.requests();
    assert_eq!((kept.model.count(), requests.len()), (40, 40));
    for request in &requests {
        let prompt = request["messages"].to_string();
        let [parameters] = answer_tools(request)[..] else {
            panic!("{request}")
        };
        let key = parameters["required"][0].as_str().unwrap();
        assert!(prompt.contains(&format!("shape {}.", &key[1..])), "{key}: {prompt}");
    }
    kept.end();
}

#[test]
fn subagents_give_no_answer_and_what_is_denied_stays_denied() {
    let task = "{\"description\": \"look\", \"prompt\": \"look\", \"subagent_type\": \"general\"}";
    let script = format!(
        "{NO_FORCE}[[reply]]\ncaller = 'subagent'\noffers = 'answer*'\ntext = 'It can answer.'\n\
         [[reply]]\ncaller = 'subagent'\ntext = 'It cannot answer.'\n\
         [[reply]]\ntool_calls = [{{ name = 'task', arguments = '{task}' }}]\n\
         [[reply]]\ntool_result = 'It cannot answer.'\ntool_calls = [{{ name = 'bash', arguments = {{ command = 'touch made', description = 'x' }} }}]\n\
         [[reply]]\ntool_calls = [{{ name = 'answer', arguments = {{ value = ['right'] }} }}]\n"
    );
    let sandbox = Sandbox::new();
    let schema = r#"{"type": "array", "items": {"enum": ["right"]}}"#;
    let arguments = [
        "--auto-tools",
        "--no-input",
        "--allow=task",
        "--deny=bash",
        "--schema",
        schema,
        "Look",
    ];
    let finished = sandbox.rehearse(&script, arguments).finish().expect(0);
    finished.writes("[\"right\"]\n");
    assert!(!sandbox.project().join("made").exists());
    sandbox.expect_nothing_left();
}

#[test]
fn a_server_that_is_not_ours_is_asked_for_text() {
    let sandbox = Sandbox::new();
    let model = sandbox.share_engine(&[text("Five."), text("```json\n5\n```")].concat());
    let arguments = ["--title=t", "--schema", r#"{"type": "integer"}"#, "Count"];
    sandbox.attached(arguments).finish().expect(0).writes("5\n");
    assert_eq!(model.count(), 2);
}
