//! From a call as a person types it to what the rules judge.

use serde_json::{Map, Value, json};

use crate::permission::Action;
use crate::request::TypedCall;

/// The argument of each tool that says on what it works.
const SUBJECTS: [(&str, &str); 14] = [
    ("bash", "command"),
    ("read", "filePath"),
    ("edit", "filePath"),
    ("write", "filePath"),
    ("multiedit", "filePath"),
    ("apply_patch", "filePath"),
    ("patch", "filePath"),
    ("list", "path"),
    ("glob", "pattern"),
    ("grep", "pattern"),
    ("webfetch", "url"),
    ("websearch", "query"),
    ("task", "subagent_type"),
    ("skill", "name"),
];

/// The action that the engine would ask about.
pub(super) fn action(call: &TypedCall) -> Action {
    let input = call.input.as_deref();
    let arguments = arguments(call);
    match (call.tool.as_str(), input) {
        // What the engine asks about on its own has no tool behind it.
        ("external_directory", Some(path)) => Action::Outside {
            paths: vec![path.to_owned()],
        },
        ("doom_loop", Some(tool)) => Action::Repeat { tool: tool.to_owned() },
        // A patch names its files in its text; here it is the file that counts.
        ("apply_patch" | "patch" | "multiedit", _) => Action::of_call("edit", &arguments),
        // Nobody knows what the argument of another tool is called, and the rules see it all the same.
        (tool, Some(subject)) if !arguments_are_known(tool) && !is_object(subject) => Action::Other {
            tool: tool.to_owned(),
            subject: Some(subject.to_owned()),
        },
        (tool, _) => Action::of_call(tool, &arguments),
    }
}

fn arguments(call: &TypedCall) -> Value {
    let Some(input) = &call.input else {
        return Value::Object(Map::new());
    };
    if let Ok(Value::Object(all)) = serde_json::from_str(input) {
        return Value::Object(all);
    }
    match SUBJECTS.iter().find(|(tool, _)| *tool == call.tool) {
        Some((_, name)) => json!({ *name: input }),
        None => Value::Object(Map::new()),
    }
}

fn arguments_are_known(tool: &str) -> bool {
    SUBJECTS.iter().any(|(known, _)| *known == tool)
}

fn is_object(text: &str) -> bool {
    matches!(serde_json::from_str(text), Ok(Value::Object(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments_of(tool: &str, input: Option<&str>) -> Value {
        arguments(&TypedCall {
            tool: tool.to_owned(),
            input: input.map(str::to_owned),
        })
    }

    #[test]
    fn an_input_is_the_argument_that_counts_or_all_of_them() {
        assert_eq!(arguments_of("bash", Some("git push")), json!({"command": "git push"}));
        assert_eq!(arguments_of("bash", Some("{ ls; }")), json!({"command": "{ ls; }"}));
        assert_eq!(
            arguments_of("bash", Some("{\"command\": \"ls\", \"workdir\": \"/\"}")),
            json!({"command": "ls", "workdir": "/"})
        );
        assert_eq!(arguments_of("write", Some("a")), json!({"filePath": "a"}));
        assert_eq!(arguments_of("todowrite", None), json!({}));
    }

    #[test]
    fn what_has_no_tool_behind_it_is_judged_too() {
        let action_of = |tool: &str, input: &str| {
            action(&TypedCall {
                tool: tool.to_owned(),
                input: Some(input.to_owned()),
            })
        };
        assert_eq!(
            action_of("external_directory", "/x"),
            Action::Outside {
                paths: vec!["/x".to_owned()]
            }
        );
        assert_eq!(
            action_of("doom_loop", "bash"),
            Action::Repeat {
                tool: "bash".to_owned()
            }
        );
        assert_eq!(
            action_of("github_search", "x"),
            Action::Other {
                tool: "github_search".to_owned(),
                subject: Some("x".to_owned())
            }
        );
    }
}
