//! What the answer looks like on stdout, in files and in records.

use serde_json::json;

use super::{record_of, text_of};
use crate::support::{Sandbox, schemas};

const TWO_STEPS: &str = "[[reply]]\ntext = \"Let me look.\"\n\
    tool_calls = [{ name = \"glob\", arguments = { pattern = \"*\" } }]\nusage = { input = 10, output = 5 }\n\
    [[reply]]\ntext = \"Nothing there.\"\nusage = { input = 20, output = 7 }";

#[test]
fn the_texts_of_several_steps_are_given_once_each_with_a_blank_line_between() {
    text_of(TWO_STEPS, &[], 0)
        .writes("Let me look.\n\nNothing there.\n")
        .says(&["tool: glob "]);
    let (record, _) = record_of(TWO_STEPS, &[], 0);
    assert_eq!(record["result"], "Let me look.\n\nNothing there.");
    assert_eq!(record["turns"], 2);
    assert_eq!(record["tool_calls"].as_array().unwrap().len(), 1);
    assert_eq!(
        record["usage"],
        json!({"input": 30, "output": 12, "reasoning": 0, "cache_read": 0, "cache_write": 0, "total": 42})
    );
    // One dollar a million tokens in, two out.
    assert_eq!(record["cost_usd"], "0.000054");
}

#[test]
fn stream_json_begins_with_init_and_its_pieces_make_the_result() {
    let sandbox = Sandbox::new();
    let finished = sandbox
        .rehearse(TWO_STEPS, ["--output-format", "stream-json", "Look"])
        .finish()
        .expect(0);
    let records = finished.records();
    let init = &records[0];
    assert_eq!(
        [
            &init["schema_version"],
            &init["rehearsal"],
            &init["model"],
            &init["agent"],
            &init["directory"]
        ],
        [
            &json!(1),
            &json!(true),
            &json!("rehearsal/scripted"),
            &json!("build"),
            &json!(sandbox.project())
        ]
    );
    let pieces: Vec<&str> = records
        .iter()
        .filter(|record| record["type"] == "text")
        .map(|record| record["text"].as_str().unwrap())
        .collect();
    assert_eq!(pieces.concat(), "Let me look.Nothing there.");
    let result = records.last().unwrap();
    assert_eq!(result["result"], "Let me look.\n\nNothing there.");
    assert_eq!(result["session_id"], init["session_id"]);
    assert_eq!(result["rehearsal"], true);
    sandbox.expect_nothing_left();
}

#[test]
fn every_byte_of_the_answer_reaches_a_pipe() {
    let answer = "tab\\t \\u001b[31mred\\u001b[0m ✓ 漢字 \\\"quoted\\\" `code`\\r\\n* not a list\\n";
    let expected = "tab\t \u{1b}[31mred\u{1b}[0m ✓ 漢字 \"quoted\" `code`\r\n* not a list\n";
    let script = format!("[[reply]]\ntext = \"{answer}\"\nchunk_size = 3");
    let finished = text_of(&script, &["--color", "never"], 0);
    // The engine trims white space at the end of a text.
    assert_eq!(finished.stdout.trim_end(), expected.trim_end());
    assert!(finished.stdout.ends_with("list\n") && !finished.stdout.ends_with("\n\n"));
}

#[test]
fn a_large_answer_arrives_whole() {
    let script = "[[reply]]\ntext = \"0123456789abcde\\n\"\nrepeat = 20000\nchunk_size = 4000";
    let finished = text_of(script, &[], 0);
    assert_eq!(finished.stdout.len(), 320_000);
    assert!(finished.stdout.lines().all(|line| line == "0123456789abcde"));
}

const REASONING: &str = "[[reply]]\nreasoning = \"Hm, let me think.\"\ntext = \"Done.\"";

#[test]
fn reasoning_is_shown_on_stderr_and_only_when_asked_for() {
    text_of(REASONING, &["-m", "rehearsal/reasoner"], 0)
        .writes("Done.\n")
        .says_only("");
    text_of(REASONING, &["-m", "rehearsal/reasoner", "--thinking"], 0)
        .writes("Done.\n")
        .says(&["Hm, let me think."]);
}

#[test]
fn the_answer_goes_to_a_file_too_and_failure_leaves_the_file_alone() {
    let sandbox = Sandbox::new();
    sandbox.write("project/answer.txt", "old");
    let _model = sandbox.share_engine("[[reply]]\nstatus = 401\n[[reply]]\ntext = \"new\"");
    sandbox
        .attached(["-o", "answer.txt", "Say it"])
        .finish()
        .expect(4)
        .writes("");
    assert_eq!(sandbox.read("project/answer.txt"), "old");
    sandbox
        .attached(["-o", "answer.txt", "Say it"])
        .finish()
        .expect(0)
        .writes("new\n");
    assert_eq!(sandbox.read("project/answer.txt"), "new\n");
    let names: Vec<_> = std::fs::read_dir(sandbox.project())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(names, ["answer.txt"]);
    sandbox.expect_nothing_left();
}

#[test]
fn an_answer_file_that_cannot_be_written_is_refused_before_anything_starts() {
    let sandbox = Sandbox::new();
    sandbox
        .rehearse("", ["-o", "no/such/place.txt", "Say it"])
        .finish()
        .expect(2)
        .writes("")
        .says(&[
            "error: cannot write `no/such/place.txt`",
            "hint: name a file in a directory",
        ]);
}

/// Titles of the sessions that the engine has stored for the project.
fn titles(sandbox: &Sandbox) -> Vec<String> {
    let output = sandbox
        .attached(["session", "list", "--output-format", "json"])
        .finish()
        .expect(0)
        .stdout;
    schemas::items(&output)
        .iter()
        .map(|session| session["title"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn sessions_have_the_title_that_was_asked_for_and_ephemeral_ones_are_gone() {
    let sandbox = Sandbox::new();
    let _model = sandbox.share_engine("[[reply]]\ntext = \"ok\"\ntimes = 3\n[[reply]]\nstatus = 401");
    sandbox
        .attached(["--title", "My own \"title\"", "Say it"])
        .finish()
        .expect(0);
    sandbox.attached(["First line\nsecond line"]).finish().expect(0);
    sandbox
        .attached(["--ephemeral", "--title", "Secret", "Say it"])
        .finish()
        .expect(0)
        .writes("ok\n");
    sandbox
        .attached(["--ephemeral", "--title", "Secret", "Say it"])
        .finish()
        .expect(4);
    let mut titles = titles(&sandbox);
    titles.sort();
    assert_eq!(titles, ["First line", "My own \"title\""]);
}

#[test]
fn an_added_system_prompt_reaches_the_model() {
    let script = "[[reply]]\nsystem = \"Speak like a pirate\"\ntext = \"Arr\"\n[[reply]]\ntext = \"Hello\"";
    text_of(script, &["--system", "Speak like a pirate"], 0).writes("Arr\n");
    text_of(script, &[], 0).writes("Hello\n");
}

#[test]
fn a_quiet_run_says_nothing_but_that_it_is_a_rehearsal() {
    text_of(TWO_STEPS, &["-q"], 0)
        .writes("Let me look.\n\nNothing there.\n")
        .says_only("");
}
