//! The dialog's own slash commands: one table for parsing, help, hints and completion.

use clap::ValueEnum;
use clap::builder::PossibleValue;

/// A slash command of the dialog, in the order of the help, which shows these comments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SlashCommand {
    /// show this help
    Help,
    /// begin a new session
    New,
    /// list the sessions of this directory
    Sessions,
    /// go on with another session
    Resume,
    /// choose the model
    Model,
    /// choose the agent
    Agent,
    /// choose how hard the model thinks
    Effort,
    /// replace the conversation by a summary
    Compact,
    /// take the last prompt back, and the changes of files that came with it
    Undo,
    /// bring back what /undo took
    Redo,
    /// take the last prompt back and send it again
    Retry,
    /// show what this session changed
    Diff,
    /// show the agent's list of things to do
    Todo,
    /// show tokens and cost of this session
    Cost,
    /// show the last tool's output, or that of the Nth from the end
    Expand,
    /// copy the last answer to the clipboard
    Copy,
    /// write the conversation to a Markdown file
    Save,
    /// write a prompt in an editor
    Editor,
    /// leave; so do Ctrl-D, and Ctrl-C twice
    #[value(alias = "quit")]
    Exit,
}

impl SlashCommand {
    pub fn find(name: &str) -> Option<Self> {
        Self::from_str(name, /*ignore_case*/ false).ok()
    }

    /// The name, without the slash.
    pub fn name(self) -> String {
        self.value().get_name().to_owned()
    }

    pub fn help(self) -> String {
        self.value().get_help().map(ToString::to_string).unwrap_or_default()
    }

    /// The arguments; empty when the command takes none.
    pub fn arguments(self) -> &'static str {
        match self {
            Self::Sessions => "[WORDS]",
            Self::Resume => "[ID|TITLE]",
            Self::Model => "[MODEL]",
            Self::Agent => "[NAME]",
            Self::Effort => "[LEVEL]",
            Self::Expand => "[N]",
            Self::Save => "[FILE]",
            Self::Editor => "[TEXT]",
            _ => "",
        }
    }

    fn value(self) -> PossibleValue {
        self.to_possible_value().expect("no command is hidden")
    }
}

/// The levels that `/effort` accepts; `default` is the model's own.
pub const EFFORTS: [&str; 6] = ["none", "low", "medium", "high", "max", "default"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_is_found_by_its_name() {
        for command in SlashCommand::value_variants() {
            assert_eq!(SlashCommand::find(&command.name()), Some(*command));
        }
        assert_eq!(SlashCommand::find("quit"), Some(SlashCommand::Exit));
        assert_eq!(SlashCommand::find("Help"), None);
    }
}
