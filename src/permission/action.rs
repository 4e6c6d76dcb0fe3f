//! What the model wants to do, in the terms of the rules.

use serde_json::Value;

use crate::api::types::PermissionAsk;

/// Something that the model wants to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// `bash`: a shell line.
    Shell {
        /// The line, or lines.
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
        /// Which of them.
        tool: String,
        /// Where, when it is not the directory itself.
        path: Option<String>,
        /// For what: a glob or a regular expression.
        pattern: String,
    },
    /// `webfetch`.
    Fetch {
        /// The address.
        url: String,
    },
    /// `task`: starting a subagent.
    Subagent {
        /// Which one.
        name: String,
    },
    /// `external_directory`: the engine has noticed paths outside of the directory.
    Outside {
        /// The paths.
        paths: Vec<String>,
    },
    /// `doom_loop`: the same call over and over.
    Repeat {
        /// The tool that is called.
        tool: String,
    },
    /// Everything else: MCP tools, tools of plugins, what the engine has besides.
    Other {
        /// The tool's name.
        tool: String,
        /// What the engine says it is about, such as a skill's name.
        subject: Option<String>,
    },
}

impl Action {
    /// The action of a tool call, from the tool's name and its arguments.
    pub fn of_call(tool: &str, arguments: &Value) -> Self {
        let _ = arguments;
        Self::Other {
            tool: tool.to_owned(),
            subject: None,
        }
    }

    /// The action that the engine asks about.
    pub fn of_ask(ask: &PermissionAsk) -> Self {
        Self::Other {
            tool: ask.permission.clone(),
            subject: ask.patterns.first().cloned(),
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
