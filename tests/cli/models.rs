//! `models`.

use serde_json::json;

use super::sandbox::Finished;
use super::support::{Home, finish};
use crate::support::schemas;

#[test]
fn a_pipe_gets_one_model_a_line_beginning_with_what_dash_m_takes() {
    let home = Home::new();
    let lines = "\
rehearsal/reasoner\tScripted, reasoning\t200k\treasoning,tools\t1\t2\thigh,low,medium\t
rehearsal/scripted\tScripted\t200k\ttools\t1\t2\t-\tdefault
rehearsal/vision\tScripted, vision\t200k\ttools,image,pdf\t1\t2\t-\t
";
    let expected = Finished {
        code: Some(0),
        stdout: lines.to_owned(),
        stderr: String::new(),
    };
    assert_eq!(home.run(&["models", "--rehearse"]), expected);
    assert!(home.temporary_files().is_empty(), "{:?}", home.temporary_files());
}

#[test]
fn the_document_says_what_each_model_can_do() {
    let home = Home::new();
    let finished = home.run(&["models", "rehearsal", "--rehearse", "--output-format", "json"]);
    assert_eq!((finished.code, finished.stderr.as_str()), (Some(0), ""));
    let models = schemas::items(&finished.stdout);
    assert_eq!(models.len(), 3);
    assert_eq!(
        models[2],
        json!({
            "id": "rehearsal/vision",
            "provider": "rehearsal",
            "provider_name": "Rehearsal",
            "model": "vision",
            "name": "Scripted, vision",
            "status": "active",
            "default": false,
            "provider_default": true,
            "context_tokens": 200_000,
            "input_tokens": null,
            "output_tokens": 32_000,
            "reasoning": false,
            "tools": true,
            "attachments": true,
            "temperature": true,
            "interleaved": false,
            "input": ["text", "image", "pdf"],
            "output": ["text"],
            "price_usd": {"input": "1", "output": "2", "cache_read": "0.1", "cache_write": "1.25"},
            "price_tiers_usd": [],
            "release_date": null,
            "package": "@ai-sdk/openai-compatible",
            "variants": [],
        })
    );
    assert_eq!(models[1]["default"], true);
}

#[test]
fn models_are_chosen_by_what_they_can_do() {
    let home = Home::new();
    let listed = home.run(&["models", "--rehearse", "--can", "tools,image"]).stdout;
    assert_eq!(listed.split_once('\t').unwrap().0, "rehearsal/vision");
    let none = home.run(&["models", "--rehearse", "--can", "video"]);
    assert_eq!((none.code, none.stdout.as_str()), (Some(0), ""));
    assert!(
        none.stderr.contains("no usable model can do all of this: video"),
        "{}",
        none.stderr
    );
    let refused = home.run(&["models", "--can", "fly"]);
    assert_eq!(refused.code, Some(2), "{}", refused.stderr);
}

#[test]
fn a_provider_without_credentials_is_another_failure_than_a_slip() {
    let home = Home::new();
    let run = |provider: &str| {
        let mut command = home.command(&["models", provider]);
        finish(command.env("OPENCODE_CONFIG_CONTENT", r#"{"enabled_providers":["anthropic"]}"#))
    };
    let expected = Finished {
        code: Some(4),
        stdout: String::new(),
        stderr: "error: cannot use provider `groq`: it has no credentials\n\
                 hint: set `GROQ_API_KEY`, or log in with `opencode-rs auth login`\n"
            .to_owned(),
    };
    assert_eq!(run("groq"), expected);
    let slip = run("antropic");
    assert_eq!((slip.code, slip.stdout.as_str()), (Some(2), ""));
    assert!(
        slip.stderr.contains("cannot find provider `antropic`") && slip.stderr.contains("did you mean `anthropic`"),
        "{slip:?}"
    );
}

#[test]
fn no_model_at_all_is_an_empty_list_and_a_warning() {
    let home = Home::new();
    let mut command = home.command(&["models", "--output-format", "json"]);
    let finished = finish(command.env("OPENCODE_CONFIG_CONTENT", r#"{"enabled_providers":["anthropic"]}"#));
    assert_eq!(
        (finished.code, finished.json()),
        (Some(0), json!({"type": "models", "schema_version": 1, "items": []}))
    );
    assert!(
        finished.stderr.starts_with("warning: no provider has credentials"),
        "{finished:?}"
    );
}

#[test]
fn the_time_limit_ends_it_and_leaves_nothing() {
    let home = Home::new();
    let finished = home.run(&["models", "--rehearse", "--timeout", "50ms"]);
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(124), ""));
    assert!(
        finished.stderr.starts_with("error: cannot finish within 0.05 s"),
        "{finished:?}"
    );
}
