//! From a call as a person types it to what the rules judge.

use serde_json::{Map, Value, json};

use crate::permission::Action;
use crate::request::{RulePattern, TypedCall};

/// The argument of each tool that says on what it works. For `grep` that is the place: what is looked for is no path.
const SUBJECTS: [(&str, &str); 10] = [
    ("bash", "command"),
    ("read", "filePath"),
    ("edit", "filePath"),
    ("list", "path"),
    ("glob", "pattern"),
    ("grep", "path"),
    ("webfetch", "url"),
    ("websearch", "query"),
    ("task", "subagent_type"),
    ("skill", "name"),
];

/// The action that the engine would ask about.
pub(super) fn action(call: &TypedCall) -> Action {
    let Some(input) = &call.input else {
        return Action::of_call(&rule_name(&call.tool), &Value::Object(Map::new()));
    };
    if let Ok(all @ Value::Object(_)) = serde_json::from_str(input) {
        return Action::of_call(&call.tool, &all);
    }
    let tool = rule_name(&call.tool);
    if let Some((_, name)) = SUBJECTS.iter().find(|(known, _)| *known == tool) {
        return Action::of_call(&tool, &json!({ *name: input }));
    }
    match tool.as_str() {
        // What the engine asks about on its own has no tool behind it.
        "external_directory" => Action::Outside {
            paths: vec![input.clone()],
        },
        "doom_loop" => Action::Repeat { tool: input.clone() },
        // The names of another tool's arguments are unknown. The rules see the arguments all the same.
        _ => Action::Other {
            tool,
            subject: Some(input.clone()),
        },
    }
}

/// The tool as rules name it: `edit` for `write`.
fn rule_name(tool: &str) -> String {
    tool.parse()
        .map_or_else(|_| tool.to_owned(), |pattern: RulePattern| pattern.tool)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn action_of(tool: &str, input: Option<&str>) -> Action {
        action(&TypedCall {
            tool: tool.to_owned(),
            input: input.map(str::to_owned),
        })
    }

    #[test]
    fn an_input_is_the_argument_that_counts_or_all_of_them() {
        for (tool, input, called, arguments) in [
            ("bash", Some("git push"), "bash", json!({"command": "git push"})),
            ("Shell", Some("{ ls; }"), "bash", json!({"command": "{ ls; }"})),
            (
                "bash",
                Some("{\"command\": \"ls\", \"workdir\": \"/\"}"),
                "bash",
                json!({"command": "ls", "workdir": "/"}),
            ),
            ("write", Some("a"), "edit", json!({"filePath": "a"})),
            ("apply_patch", Some("a"), "edit", json!({"filePath": "a"})),
            (
                "apply_patch",
                Some("{\"patchText\": \"x\"}"),
                "apply_patch",
                json!({"patchText": "x"}),
            ),
            ("grep", Some("src"), "grep", json!({"path": "src"})),
            ("todowrite", None, "todowrite", json!({})),
        ] {
            assert_eq!(
                action_of(tool, input),
                Action::of_call(called, &arguments),
                "{tool} {input:?}"
            );
        }
    }

    #[test]
    fn what_has_no_tool_behind_it_is_judged_too() {
        assert_eq!(
            action_of("external_directory", Some("/x")),
            Action::Outside {
                paths: vec!["/x".to_owned()]
            }
        );
        assert_eq!(
            action_of("doom_loop", Some("bash")),
            Action::Repeat {
                tool: "bash".to_owned()
            }
        );
        assert_eq!(
            action_of("github_search", Some("x")),
            Action::Other {
                tool: "github_search".to_owned(),
                subject: Some("x".to_owned())
            }
        );
    }
}
