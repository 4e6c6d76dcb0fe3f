//! The dialog's own slash commands: one table for parsing, help, hints and completion.

/// A slash command of the dialog.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SlashCommand {
    Help,
    New,
    Sessions,
    Resume,
    Model,
    Agent,
    Effort,
    Compact,
    Undo,
    Redo,
    Retry,
    Diff,
    Todo,
    Cost,
    Expand,
    Copy,
    Save,
    Editor,
    Exit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Description {
    pub command: SlashCommand,
    /// The name, without the slash.
    pub name: &'static str,
    /// The arguments; empty when the command takes none.
    pub arguments: &'static str,
    pub help: &'static str,
}

const fn row(command: SlashCommand, name: &'static str, arguments: &'static str, help: &'static str) -> Description {
    Description {
        command,
        name,
        arguments,
        help,
    }
}

/// All commands, in the order of the help.
pub const COMMANDS: [Description; 19] = [
    row(SlashCommand::Help, "help", "", "show this help"),
    row(SlashCommand::New, "new", "", "begin a new session"),
    row(
        SlashCommand::Sessions,
        "sessions",
        "[WORDS]",
        "list the sessions of this directory",
    ),
    row(
        SlashCommand::Resume,
        "resume",
        "[ID|TITLE]",
        "go on with another session",
    ),
    row(SlashCommand::Model, "model", "[MODEL]", "choose the model"),
    row(SlashCommand::Agent, "agent", "[NAME]", "choose the agent"),
    row(
        SlashCommand::Effort,
        "effort",
        "[LEVEL]",
        "choose how hard the model thinks",
    ),
    row(
        SlashCommand::Compact,
        "compact",
        "",
        "replace the conversation by a summary",
    ),
    row(
        SlashCommand::Undo,
        "undo",
        "",
        "take the last prompt back, and the changes of files that came with it",
    ),
    row(SlashCommand::Redo, "redo", "", "bring back what /undo took"),
    row(
        SlashCommand::Retry,
        "retry",
        "",
        "take the last prompt back and send it again",
    ),
    row(SlashCommand::Diff, "diff", "", "show what this session changed"),
    row(SlashCommand::Todo, "todo", "", "show the agent's list of things to do"),
    row(SlashCommand::Cost, "cost", "", "show tokens and cost of this session"),
    row(
        SlashCommand::Expand,
        "expand",
        "[N]",
        "show the last tool's output, or that of the Nth from the end",
    ),
    row(SlashCommand::Copy, "copy", "", "copy the last answer to the clipboard"),
    row(
        SlashCommand::Save,
        "save",
        "[FILE]",
        "write the conversation to a Markdown file",
    ),
    row(SlashCommand::Editor, "editor", "[TEXT]", "write a prompt in an editor"),
    row(SlashCommand::Exit, "exit", "", "leave; so do Ctrl-D, and Ctrl-C twice"),
];

impl SlashCommand {
    pub fn find(name: &str) -> Option<Self> {
        let name = if name == "quit" { "exit" } else { name };
        COMMANDS.iter().find(|row| row.name == name).map(|row| row.command)
    }
}

/// The levels that `/effort` accepts; `default` is the model's own.
pub const EFFORTS: [&str; 6] = ["none", "low", "medium", "high", "max", "default"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_is_found_by_its_name() {
        for row in COMMANDS {
            assert_eq!(SlashCommand::find(row.name), Some(row.command));
        }
        assert_eq!(SlashCommand::find("quit"), Some(SlashCommand::Exit));
        assert_eq!(SlashCommand::find("Help"), None);
    }
}
