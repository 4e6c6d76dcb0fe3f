//! What the model wants to do, in the terms of the rules.

use serde_json::Value;

use crate::client::types::PermissionAsk;
use crate::support::names::Names;

/// Placeholder of an unusable path: no file system has a file of this name.
const UNREADABLE: &str = "\0";

/// Something that the model wants to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    Shell {
        command: String,
        /// Where, when it is not the directory itself.
        workdir: Option<String>,
    },
    /// `read`: a file or a directory.
    Read {
        /// Its path, as the model wrote it.
        path: String,
    },
    /// `edit`: all that writes files.
    Edit {
        /// Their paths, as the model wrote them.
        paths: Vec<String>,
    },
    /// `glob`, `grep`, `list`: looking for files, or in them.
    Search {
        tool: String,
        /// Where, when it is not the directory itself.
        path: Option<String>,
        /// For what: the glob of `glob` and `list`; the glob of the files that `grep` looks into, or nothing.
        pattern: String,
    },
    Fetch {
        url: String,
    },
    Subagent {
        name: String,
    },
    /// `external_directory`: the engine has noticed paths outside of the directory.
    Outside {
        paths: Vec<String>,
    },
    /// `doom_loop`: the same call over and over.
    Repeat {
        /// The tool that is called.
        tool: String,
    },
    /// Everything else: MCP tools, tools of plugins, what the engine has besides.
    Other {
        tool: String,
        /// What the engine says it is about, such as a skill's name.
        subject: Option<String>,
    },
}

/// The names of the engine's own tools, those of some versions and settings included.
const ENGINE_TOOLS: Names = Names(
    "StructuredOutput apply_patch bash edit glob grep invalid list lsp multiedit patch plan_enter plan_exit \
     question read skill task todoread todowrite webfetch websearch write",
);

impl Action {
    /// Whether calls of a tool by this name count as calls of the engine's own tool.
    pub fn is_known(tool: &str) -> bool {
        ENGINE_TOOLS.contains(tool)
    }

    /// The action of a tool call, from the tool's name and its arguments. What is missing or of another type than the
    /// engine wants is left empty or unreadable, and then never judged as harmless.
    pub fn of_call(tool: &str, arguments: &Value) -> Self {
        let text = |name: &str| arguments.get(name).and_then(Value::as_str).map(str::to_owned);
        // An argument that may be left out; of another type it is no path at all.
        let place = |name: &str| match arguments.get(name) {
            None | Some(Value::Null) => None,
            Some(Value::String(path)) if path.is_empty() => None,
            Some(Value::String(path)) => Some(path.clone()),
            Some(_) => Some(UNREADABLE.to_owned()),
        };
        match tool {
            "bash" => Self::Shell {
                command: text("command").unwrap_or_default(),
                workdir: place("workdir"),
            },
            "read" => Self::Read {
                path: text("filePath").unwrap_or_default(),
            },
            "write" | "edit" | "multiedit" => Self::Edit {
                paths: text("filePath").into_iter().collect(),
            },
            "apply_patch" | "patch" => Self::Edit {
                paths: text("patchText").map(|patch| patched_paths(&patch)).unwrap_or_default(),
            },
            "glob" | "grep" | "list" => Self::Search {
                tool: tool.to_owned(),
                path: place("path"),
                pattern: match (tool, text("pattern"), place("include")) {
                    // What a regular expression looks for is no path; where it looks is.
                    ("grep", _, include) => include.unwrap_or_default(),
                    (_, pattern, _) => pattern.unwrap_or_default(),
                },
            },
            "webfetch" => Self::Fetch {
                url: text("url").unwrap_or_default(),
            },
            "task" => Self::Subagent {
                name: text("subagent_type").unwrap_or_default(),
            },
            "skill" => Self::Other {
                tool: tool.to_owned(),
                subject: text("name"),
            },
            "websearch" => Self::Other {
                tool: tool.to_owned(),
                subject: text("query"),
            },
            _ => Self::Other {
                tool: tool.to_owned(),
                subject: None,
            },
        }
    }

    /// The action that the engine asks about.
    pub fn of_ask(ask: &PermissionAsk) -> Self {
        let text = |name: &str| ask.metadata.get(name).and_then(Value::as_str).map(str::to_owned);
        // Several patterns where one is expected are no path at all.
        let only = || match ask.patterns.as_slice() {
            [pattern] => pattern.clone(),
            _ => String::new(),
        };
        match ask.permission.as_str() {
            "bash" => Self::Shell {
                command: text("command").unwrap_or_else(|| ask.patterns.join("\n")),
                workdir: None,
            },
            "read" => Self::Read {
                path: text("filepath").or_else(|| text("filePath")).unwrap_or_else(only),
            },
            "edit" => Self::Edit {
                paths: edited_paths(ask),
            },
            "glob" | "grep" | "list" => Self::Search {
                tool: ask.permission.clone(),
                path: text("path"),
                pattern: match ask.permission.as_str() {
                    "grep" => text("include").unwrap_or_default(),
                    _ => text("pattern").unwrap_or_else(only),
                },
            },
            "external_directory" => {
                let mut paths: Vec<String> = ask.patterns.clone();
                paths.extend(text("filepath"));
                Self::Outside { paths }
            }
            "webfetch" => Self::Fetch {
                url: text("url").unwrap_or_else(only),
            },
            "task" => Self::Subagent {
                name: text("subagent_type").unwrap_or_else(only),
            },
            "doom_loop" => Self::Repeat {
                tool: text("tool").unwrap_or_else(only),
            },
            "skill" | "websearch" => Self::Other {
                tool: ask.permission.clone(),
                subject: ask.patterns.first().cloned(),
            },
            _ => Self::Other {
                tool: ask.permission.clone(),
                subject: None,
            },
        }
    }

    /// The tool as rules name it: `bash`, `edit` for all that writes, `webfetch`, ...
    pub fn tool(&self) -> &str {
        match self {
            Self::Shell { .. } => "bash",
            Self::Read { .. } => "read",
            Self::Edit { .. } => "edit",
            Self::Search { tool, .. } | Self::Other { tool, .. } => tool,
            Self::Fetch { .. } => "webfetch",
            Self::Subagent { .. } => "task",
            Self::Outside { .. } => "external_directory",
            Self::Repeat { .. } => "doom_loop",
        }
    }

    /// On what, a line each: commands, paths, an address. For records and messages; not cleaned for a terminal.
    pub fn subjects(&self) -> Vec<String> {
        match self {
            Self::Shell { command, .. } => vec![command.clone()],
            Self::Read { path } => vec![path.clone()],
            Self::Edit { paths } | Self::Outside { paths } => paths.clone(),
            Self::Search { pattern, .. } => vec![pattern.clone()],
            Self::Fetch { url } => vec![url.clone()],
            Self::Subagent { name } => vec![name.clone()],
            Self::Repeat { tool } => vec![tool.clone()],
            Self::Other { subject, .. } => subject.iter().cloned().collect(),
        }
    }
}

/// The files that a patch touches. A patch that names none, or names one in a way that we do not know, yields one that
/// is no path.
fn patched_paths(patch: &str) -> Vec<String> {
    const HEADS: [&str; 4] = ["*** Add File:", "*** Update File:", "*** Delete File:", "*** Move to:"];
    const MARKS: [&str; 4] = ["*** Begin Patch", "*** End Patch", "*** End of File", "***"];
    let mut paths = Vec::new();
    for line in patch.lines() {
        let line = line.trim();
        if let Some(path) = HEADS.iter().find_map(|head| line.strip_prefix(head)) {
            paths.push(path.trim().to_owned());
        } else if line.starts_with("***") && !MARKS.contains(&line) {
            paths.push(UNREADABLE.to_owned());
        }
    }
    paths
}

/// The files of an edit that the engine asks about: those of its metadata, else those that it names.
fn edited_paths(ask: &PermissionAsk) -> Vec<String> {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    let files = ask.metadata.get("files").and_then(Value::as_array);
    let mut paths: Vec<String> = files
        .into_iter()
        .flatten()
        .flat_map(|file| ["filePath", "movePath"].map(|name| text(file.get(name))))
        .flatten()
        .collect();
    if ask.patterns.len() == 1 {
        paths.extend(text(ask.metadata.get("filepath")));
    }
    if paths.is_empty() {
        paths.clone_from(&ask.patterns);
    }
    paths
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_patch_touches_every_file_that_it_names() {
        let patch = "*** Begin Patch\n*** Add File: a.txt\n+x\n*** Update File: b.txt\n*** Move to: ../c.txt\n\
                     @@\n-x\n*** Delete File: d.txt\n*** End Patch";
        assert_eq!(
            Action::of_call("apply_patch", &json!({"patchText": patch})),
            Action::Edit {
                paths: ["a.txt", "b.txt", "../c.txt", "d.txt"].map(str::to_owned).to_vec()
            }
        );
    }

    #[test]
    fn arguments_of_another_type_are_no_paths() {
        assert_eq!(
            Action::of_call("edit", &json!({"filePath": ["a"]})),
            Action::Edit { paths: Vec::new() }
        );
        assert_eq!(
            Action::of_call("bash", &json!({"command": "ls", "workdir": 1})),
            Action::Shell {
                command: "ls".into(),
                workdir: Some("\0".into())
            }
        );
    }

    #[test]
    fn an_ask_of_the_engine_is_the_same_action_as_the_call() {
        let ask = PermissionAsk {
            permission: "edit".into(),
            patterns: vec!["a.txt".into()],
            metadata: json!({"filepath": "/p/a.txt", "diff": ""}),
            ..PermissionAsk::default()
        };
        assert_eq!(
            Action::of_ask(&ask),
            Action::Edit {
                paths: vec!["/p/a.txt".into()]
            }
        );
    }
}
